"""Whose agent answers in a guest: its own system's, by what it was seen to be, or another's."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.incidents.boot_place import Source
from bot.core.incidents.boot_reading import Reading
from bot.core.incidents.boot_signs import Stage
from bot.core.incidents.guest_boot import GuestBoot
from bot.core.incidents.guest_system import NOT_ASKED, System, Whose, system_told

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PATIENCE = timedelta(minutes=3)
WEB1 = System("debian", "Debian GNU/Linux", "web1")
RESCUE = System("arch", "Arch Linux", "sysrescue")
LOGIN = Reading(Stage.UP, "it asks for a login", "sysrescue login:")


def known() -> GuestBoot:
    """It was seen to be web1, and has started anew."""
    return GuestBoot().polled(NOON, running=True).answered(NOON, 1, WEB1).began(NOON)


def why(boot: GuestBoot) -> str:
    return boot.where(NOON, PATIENCE).why


def test_a_guest_that_was_never_asked_has_nothing_to_be_compared_with() -> None:
    assert NOT_ASKED.answered(WEB1) == Whose(WEB1)


@pytest.mark.parametrize(
    "other", [RESCUE, System("debian", "Debian GNU/Linux", "debian"), System("arch", "", "web1")]
)
def test_the_agent_of_another_system_proves_nothing_after_a_start(other) -> None:
    boot = known()
    boot = boot.answered(NOON, boot.starts, other)
    assert (boot.proof, boot.whose) == ("", Whose(WEB1, other))
    assert not boot.where(NOON, PATIENCE).proven


def test_the_other_system_is_named_and_what_it_was_before() -> None:
    boot = known()
    words = (
        "its agent answers for another system, “sysrescue” (Arch Linux); it was “web1” (Debian GNU/Linux) before"
    )
    boot = boot.answered(NOON, boot.starts, RESCUE)
    assert why(boot) == words
    assert boot.where(NOON + 2 * PATIENCE, PATIENCE).why == words
    assert not boot.is_stuck(NOON + 2 * PATIENCE, PATIENCE, timedelta(0)), "it has come up, as another"


def test_its_own_system_may_get_its_name_late() -> None:
    boot = known()
    boot = boot.answered(NOON, boot.starts, System("debian", "", "localhost")).answered(NOON, boot.starts, WEB1)
    assert (boot.proof, boot.whose) == ("its agent answers", Whose(WEB1))


@pytest.mark.parametrize(
    "same",
    [
        System("debian", "Debian 13", "web1"),
        System("Debian", "", "WEB1.example.org"),
        System("", "", "web1"),
        System("debian", "Debian GNU/Linux", ""),
        None,
    ],
)
def test_an_upgrade_another_domain_and_what_is_not_told_make_no_other_system(same) -> None:
    boot = known()
    boot = boot.answered(NOON, boot.starts, same)
    assert (boot.proof, boot.whose.other) == ("its agent answers", None)
    assert boot.whose.own is not None
    assert (boot.whose.own.id.casefold(), boot.whose.own.host) == ("debian", "web1")


def test_a_name_that_changes_without_a_start_is_its_new_one() -> None:
    boot = known()
    renamed = System("debian", "Debian GNU/Linux", "shop")
    boot = boot.answered(NOON, boot.starts, WEB1).answered(NOON, boot.starts, renamed)
    assert boot.proof == "its agent answers"
    again = boot.began(NOON)
    assert again.answered(NOON, again.starts, renamed).proof == "its agent answers"
    assert again.answered(NOON, again.starts, WEB1).proof == "", "that was before"


def test_what_answered_before_a_start_tells_nothing_after_it() -> None:
    boot = known()
    assert boot.answered(NOON, boot.starts - 1, RESCUE) == boot
    off = boot.ended(NOON)
    assert off.answered(NOON, off.starts, RESCUE) == off


def test_another_system_is_its_own_once_that_is_known_and_until_then_at_each_start_another() -> None:
    whose = Whose(WEB1).answered(RESCUE)
    assert whose.anew() == Whose(WEB1)
    assert whose.accepted() == Whose(RESCUE)
    assert whose.accepted().answered(RESCUE).doubt is None
    assert whose.accepted().anew().answered(WEB1).other == WEB1


def test_a_system_whose_agent_falls_silent_is_still_another() -> None:
    boot = known()
    boot = boot.answered(NOON, boot.starts, RESCUE).answered(NOON, boot.starts)
    assert boot.whose.other == RESCUE


def test_a_login_that_proved_it_proves_it_no_longer_once_another_systems_agent_answers() -> None:
    boot = known()
    boot = boot.read(LOGIN, NOON, boot.starts, Source.SCREEN, fresh=True)
    assert boot.proof
    assert not boot.answered(NOON, boot.starts, RESCUE).proof


@pytest.mark.parametrize(
    "about",
    [
        {"id": "systemrescue"},
        {"id": "nixos", "variant-id": "installer"},
        {"id": "buckos", "variant-id": "live"},
        {"id": "fedora", "variant-id": "workstation-live"},
    ],
)
def test_what_calls_itself_a_live_system_is_none_of_a_guest_that_was_never_asked(about) -> None:
    told = system_told(about, {"host-name": "nixos"})
    assert told is not None
    doubt = NOT_ASKED.answered(told).doubt
    assert doubt is not None
    assert "that calls itself" in doubt.why
    own = System(told.id, told.name, told.hostname)
    assert Whose(own).answered(told).other == told, "an installed one of the same name is another"
    assert Whose(told).answered(told).doubt is None, "a person has said so"


@pytest.mark.parametrize("about", [{"id": "alivelinux"}, {"id": "debian", "variant-id": "delivery"}])
def test_a_word_that_only_holds_another_makes_no_live_system(about) -> None:
    told = system_told(about, {})
    assert told is not None
    assert not told.live


def test_what_an_agent_tells_is_one_short_line_of_words_or_nothing() -> None:
    told = system_told({"id": 7, "name": "a\n\fb" + "x" * 999}, {"host-name": "web1\r\n"})
    assert told == System("", "a b" + "x" * 61, "web1")
    assert system_told({}, {}) is None
    assert system_told({"name": "Debian"}, {"host-name": ["web1"]}) is None
