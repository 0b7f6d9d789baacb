"""The runbook folders: what is read, when it is read again, and what stays in use when a file breaks."""

import os
from contextlib import chdir

import pytest

from bot.config import Config, SlackConfig
from bot.core.health import Kind
from bot.core.written import Knowledge
from bot.library import Library, NoSuchRunbook, Refreshed
from bot.vocabulary import library_of

GOOD = "# Good\n- Use for: guest-down\n\n## Look\n"
BETTER = "# Better\n\n## Look twice\n"
BAD = "# Bad\n\n## Look\n- Runs on: atlas\n"
KNOWN = Knowledge(())
NOBODY = 65534


@pytest.fixture
def shipped(tmp_path):
    folder = tmp_path / "shipped"
    folder.mkdir()
    return folder


@pytest.fixture
def own(tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    return folder


@pytest.fixture
def library(shipped, own):
    return Library([own, shipped], KNOWN)


def titles(library):
    return [runbook.title for runbook in library.all()]


def test_nothing_is_read_before_the_first_look_and_nothing_changed_is_told_twice(library, shipped):
    (shipped / "a.md").write_text(GOOD)
    assert titles(library) == []
    assert library.refresh() == Refreshed(changed=("a",))
    assert library.refresh() == Refreshed()
    assert titles(library) == ["Good"]


def test_a_folder_that_is_not_there_is_an_empty_one(tmp_path):
    library = Library([tmp_path / "nowhere"], KNOWN)
    assert library.refresh() == Refreshed()
    assert library.all() == ()


def test_the_owners_own_wins_by_name_until_it_is_gone(library, shipped, own):
    (shipped / "a.md").write_text(GOOD)
    (own / "a.md").write_text(BETTER)
    library.refresh()
    assert titles(library) == ["Better"]
    (own / "a.md").unlink()
    assert library.refresh().changed == ("a",)
    assert titles(library) == ["Good"]


def test_readmes_and_what_editors_leave_are_no_runbooks(library, own):
    for name in ("README.md", "ReadMe.md", ".#a.md", ".a.md.swp", "a.md~", "a.txt"):
        (own / name).write_text(BAD)
    (own / "folder.md").mkdir()
    assert library.refresh() == Refreshed()


def test_an_edit_is_used_from_the_next_look_on(library, own):
    path = own / "a.md"
    path.write_text(GOOD)
    library.refresh()
    before = library.get("a")
    path.write_text(BETTER)
    assert library.refresh().changed == ("a",)
    assert library.get("a").title == "Better"
    assert library.get("a").hash != before.hash


def test_a_file_that_was_only_touched_is_no_change(library, own):
    path = own / "a.md"
    path.write_text(GOOD)
    library.refresh()
    before = library.get("a")
    os.utime(path, (1, 1))
    assert library.refresh() == Refreshed()
    assert library.get("a") is before


def test_an_edit_of_the_same_size_and_time_is_noticed_when_it_is_another_file(library, own):
    path, new = own / "a.md", own / "new"
    path.write_text(GOOD)
    library.refresh()
    new.write_text(GOOD.replace("Good", "Fine"))
    stat = path.stat()
    os.utime(new, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    new.replace(path)
    library.refresh()
    assert titles(library) == ["Fine"]


def test_a_file_that_breaks_is_told_once_and_stays_in_use_as_it_was(library, own):
    path = own / "a.md"
    path.write_text(GOOD)
    library.refresh()
    path.write_text(BAD)
    (broken,) = library.refresh().broken
    assert broken.in_use
    with chdir(own.parent):
        (line,) = broken.lines
    assert line == "own/a.md:4: cannot use “Runs on”: because there is no such setting (did you mean 'Run on'?)"
    assert library.refresh() == Refreshed()
    os.utime(path, (1, 1))
    assert library.refresh() == Refreshed(), "touching it says nothing new"
    assert library.get("a").title == "Good"
    assert library.broken() == (broken,)


def test_a_file_that_breaks_in_another_way_is_told_again_and_mending_it_too(library, own):
    path = own / "a.md"
    path.write_text(BAD)
    library.refresh()
    path.write_text(BAD + "- Optinal: yes\n")
    (broken,) = library.refresh().broken
    assert len(broken.problems) == 2
    path.write_text(GOOD)
    assert library.refresh() == Refreshed(changed=("a",), mended=("a",))
    assert library.broken() == ()


def test_taking_an_edit_back_mends_without_a_change(library, own):
    path = own / "a.md"
    path.write_text(GOOD)
    library.refresh()
    path.write_text(BAD)
    library.refresh()
    path.write_text(GOOD)
    assert library.refresh() == Refreshed(mended=("a",))


def test_an_own_file_that_never_was_good_is_not_replaced_by_the_shipped_one(library, own, shipped):
    (shipped / "a.md").write_text(GOOD)
    (own / "a.md").write_text(BAD)
    (broken,) = library.refresh().broken
    assert not broken.in_use
    with pytest.raises(
        NoSuchRunbook, match=r"cannot use the runbook 'a': because of .*a\.md:4: cannot use “Runs on”"
    ):
        library.get("a")


def test_a_file_that_goes_is_told(library, own):
    (own / "a.md").write_text(GOOD)
    library.refresh()
    (own / "a.md").unlink()
    assert library.refresh() == Refreshed(gone=("a",))
    with pytest.raises(NoSuchRunbook, match=r"^there is no runbook '[a-z-]+'$"):
        library.get("a")


def test_a_name_that_is_nearly_right_is_answered_with_the_right_one(library, own):
    (own / "restore-boot-disk.md").write_text(GOOD)
    library.refresh()
    with pytest.raises(NoSuchRunbook, match=r"did you mean 'restore-boot-disk'\?"):
        library.get("restore-bootdisk")


def test_a_name_like_no_other_is_answered_with_those_there_are(library, own):
    for name in ("guest-down", "restore-boot-disk"):
        (own / f"{name}.md").write_text(GOOD)
    library.refresh()
    with pytest.raises(NoSuchRunbook, match=r"runbook 'x'; there are: guest-down, restore-boot-disk$"):
        library.get("x")


def test_a_name_nobody_could_type_is_a_mistake(library, own):
    (own / "My Runbook.md").write_text(GOOD)
    (broken,) = library.refresh().broken
    assert "1: cannot use the name 'My Runbook'" in broken.lines[0]


def test_a_folder_runbooks_that_is_made_beside_lab_yaml_later_is_used(tmp_path):
    library = library_of(Config(tmp_path / "lab.yaml", SlackConfig("homelab"), ()))
    shipped = len(library.refresh().changed)
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "mine.md").write_text(GOOD)
    assert library.refresh().changed == ("mine",)
    assert len(library.all()) == shipped + 1


def test_a_file_that_is_no_text_is_a_mistake(library, own):
    (own / "a.md").write_bytes(b"# Gr\n\n\xfc\xdf")
    (broken,) = library.refresh().broken
    assert "3: cannot read this file: because it is not UTF-8 text (byte 6); save it as UTF-8" in broken.lines[0]
    assert broken.lines[0].startswith(str(own)), "a path outside of the working folder is told whole"


def test_a_folder_that_cannot_be_listed_changes_nothing(library, own):
    (own / "a.md").write_text(GOOD)
    library.refresh()
    own.chmod(0)
    me = os.geteuid()
    if me == 0:
        os.seteuid(NOBODY)  # root could list any folder
    try:
        with pytest.raises(PermissionError):
            library.refresh()
    finally:
        os.seteuid(me)
        own.chmod(0o700)
    assert titles(library) == ["Good"]


def test_runbooks_are_found_by_the_kind_of_incident(library, own):
    (own / "a.md").write_text(GOOD)
    (own / "b.md").write_text(BETTER)
    library.refresh()
    assert [runbook.name for runbook in library.for_kind(Kind.GUEST_DOWN)] == ["a"]
    assert library.for_kind(Kind.BOOT_DISK) == ()
