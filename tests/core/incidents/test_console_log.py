"""What of a console's log was written after a mark, whatever became of the file."""

from hypothesis import given
from hypothesis import strategies as st

from bot.core.guest import GuestInfo
from bot.core.health import TargetId
from bot.core.incidents.console_log import TAIL, LogEnd, Mark, sharing

END = 16_384
OLD = b"SeaBIOS (version 1.16.2)\r\nLinux\r\nweb1 login: "


def log(content: bytes) -> LogEnd:
    return LogEnd(len(content), content[-END:])


def test_what_was_appended_is_new() -> None:
    mark = log(OLD).mark
    assert log(OLD).since(mark) == ""
    assert log(OLD + b"SeaBIOS").since(mark) == "SeaBIOS"


def test_of_a_log_that_was_truncated_or_replaced_nothing_is_known_to_be_new() -> None:
    mark = log(OLD).mark
    assert log(b"SeaBIOS").since(mark) is None
    assert log(b"x" * 200).since(mark) is None, "however long it is by now"
    assert log(b"").since(mark) is None


def test_a_mark_that_is_out_of_reach_leaves_all_that_was_read() -> None:
    assert log(OLD + b"y" * 2 * END).since(log(OLD).mark) == "y" * END


def test_all_of_a_log_is_after_its_beginning() -> None:
    assert log(OLD).since(Mark()) == log(OLD).since(log(b"").mark) == OLD.decode()


@given(st.binary(max_size=400), st.binary(max_size=400), st.integers(TAIL, 200))
def test_nothing_from_before_a_mark_is_taken_for_new_however_little_is_read(before, after, read) -> None:
    mark = LogEnd(len(before), before[-read:]).mark
    whole = before + after
    assert LogEnd(len(whole), whole[-read:]).since(mark) == after[-read:].decode(errors="replace")


def test_guests_of_a_host_that_write_one_log_are_found():
    def info(log: str | None) -> GuestInfo:
        return GuestInfo("x", "x", autostart=True, persistent=True, has_agent=False, console_log=log)

    web1, web2, mail, bare = (TargetId(f"guest:{name}") for name in ("web1", "web2", "mail", "bare"))
    infos = {web1: info("/log/a"), web2: info("/log//x/../a"), mail: info("/log/b"), bare: info(None)}
    assert sharing(infos) == {web1: {web2}, web2: {web1}}
