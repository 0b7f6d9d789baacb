import io
import logging
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.redact import RedactedLog, Redactor
from bot.redact_stream import Stream

TOKEN, PASSWORD = "xoxb-12-abc-DEF", 'pass/word&9é"9'
REDACTOR = Redactor([TOKEN, PASSWORD, "web1", "caretaker", "", "  "])


def written(record: logging.LogRecord, *secrets: str) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(RedactedLog(Redactor(secrets), logging.Formatter("%(levelname)s %(message)s")))
    handler.handle(record)
    return stream.getvalue().strip()


def record(message: str, *args: object, error: BaseException | None = None) -> logging.LogRecord:
    trace = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("any", logging.DEBUG, __file__, 1, message, args, trace)


def test_a_known_secret_is_replaced_wherever_it_stands_and_the_inner_format_stays():
    assert (
        written(record("opening %s for %s", "hunter2-of-old", "me"), "hunter2-of-old")
        == "DEBUG opening [secret] for me"
    )


def test_a_secret_inside_a_traceback_is_replaced_too():
    try:
        raise ValueError("cannot log in with hunter2-of-old")
    except ValueError as error:
        text = written(record("failed", error=error), "hunter2-of-old")
    assert "Traceback" in text
    assert "hunter2-of-old" not in text


def test_a_secret_that_contains_another_is_replaced_whole():
    assert written(record("abc-defg-hi"), "abc-defg", "abc-defg-hi") == "DEBUG [secret]"


def test_slack_tokens_tickets_and_response_addresses_are_known_by_their_shape():
    text = written(
        record(
            "xoxb-1-abcdefghij %s wss://wss.slack.com/link/?ticket=0a1b2c&app_id=7 https://hooks.slack.com/commands/T1/2/x",
            {"token": "xapp-1-A-bcdefghij"},
        )
    )
    for secret in ("1-abc", "1-A-b", "0a1b2c", "T1/2/x"):
        assert secret not in text
    assert "app_id=7" in text


def test_text_without_secrets_is_left_alone():
    assert written(record("box of 3 apples, ticket 7"), "") == "DEBUG box of 3 apples, ticket 7"


@pytest.mark.parametrize(
    "text",
    [
        f"the token is {TOKEN}",
        f"{TOKEN}{TOKEN}",
        "xoxb-12-a\r\nbc-DEF",
        "xoxb-12-a \rbc-DEF",
        "xoxb-12\x1b[31m-abc\x1b[0m-DEF",
        "x\x1b]0;title\x07oxb-12-abc-DEF",
        "xoxb-12-\u200babc\u202e-DEF\x00",
        "xoxb-1\n2-abc-\nDEF",
        PASSWORD,
        'pass/word&amp;9é"9 and pass/word&amp;9é&quot;9',
        "pass%2Fword%269%C3%A9%229",
        'pass/word&9\\u00e9\\"9',
        "pass%2fword%269%c3%a9%229 and pass/word%269%C3%A9%229",
        'pass/word\\u00269é\\"9 and pass\\/word&9\\u00e9\\"9',
        'pass/word&9\\xe9"9 and pass/word&9\\xc3\\xa9"9',
        'pass/word\\&9é\\"9',
        "xoxb-12-\u034fabc\ufe0f-D\U000e0020EF\u180e",
        "xoxp-of-somebody-else-1234",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n-----END OPENSSH PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nb3BlbnNzaC1rZXk=",
        "wss://wss.slack.com/link/?ticket=0a1b2c-word&app_id=7",
        "https://hooks.slack.com/commands/T1/2/word",
    ],
)
def test_of_a_secret_nothing_is_left_however_it_is_written(text) -> None:
    left = REDACTOR.text(text)
    assert "[secret]" in left
    for part in ("xox", "abc", "DEF", "word", "b3Bl"):
        assert part not in left


@pytest.mark.parametrize(
    "text", ["web1 and caretaker", "", "ticket=7", "xoxb-1", "a box", "BEGIN PRIVATE KEY", "é"]
)
def test_what_can_be_an_ordinary_word_is_let_through(text) -> None:
    assert REDACTOR.text(text) == text


def test_where_a_text_was_cut_no_end_of_a_secret_is_left() -> None:
    assert REDACTOR.text("abc-DEF and more", cut=True) == "[secret] and more"
    assert REDACTOR.text("DEF and more", cut=True) == "DEF and more"
    assert REDACTOR.text("-DEF and more", cut=True) == "[secret] and more"


def test_all_texts_of_a_request_are_redacted_but_the_one_that_says_who_asks() -> None:
    given = {
        "token": TOKEN,
        "blocks": [{"text": f"a {TOKEN}"}, (TOKEN,)],
        "n": 7,
        "file": TOKEN.encode(),
        "at": b"\xff",
    }
    assert REDACTOR.all_in(given) == {
        "token": TOKEN,
        "blocks": [{"text": "a [secret]"}, ["[secret]"]],
        "n": 7,
        "file": b"[secret]",
        "at": b"\xff",
    }


def streamed(*pieces: str) -> list[str]:
    heard: list[str] = []
    stream = Stream(REDACTOR, heard.append)
    for piece in pieces:
        stream.hear(piece)
    stream.end()
    return heard


def test_a_secret_that_comes_in_pieces_is_never_passed_on() -> None:
    assert streamed("the token is xoxb-12", "-abc", "-DEF.\n") == ["the token is ", "[secret].\n"]
    assert "".join(streamed(*f"a {TOKEN} b")) == "a [secret] b"
    assert "".join(streamed("a xoxb-12\x1b[0m", "-abc-D", "EF b")) == "a [secret] b"
    assert "".join(streamed("xoxp-of-somebody", "-else-1234 b")) == "[secret] b"


def test_what_only_begins_like_a_secret_is_passed_on_once_that_is_known() -> None:
    assert streamed("12 boxes, x", "ylophones") == ["12 boxes, ", "xylophones"]
    assert streamed("42 %") == ["42 %"]
    assert streamed("it ends with xoxb-12") == ["it ends with ", "xoxb-12"]


LONG = "".join(chr(97 + n * n % 26) + str(n) for n in range(300))
BODY = "MIIEvAIBADANBgkqhkiG9w0BAQ/+=:\n" * 50
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}-----END RSA PRIVATE KEY-----"
SHORT_PEM = f"-----BEGIN PRIVATE KEY-----\n{BODY[:40]}\n-----END PRIVATE KEY-----"
HOOK = "https://hooks.slack.com/actions/T1/2/abcDEF0123456789"
LONGER = Redactor([TOKEN, PASSWORD, LONG])


def cut_up(text: str, sizes: list[int]) -> list[str]:
    pieces, at = [], 0
    while at < len(text):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(text[at : at + size])
        at += size
    return pieces


def heard_of(pieces: list[str], redactor: Redactor = LONGER) -> str:
    heard: list[str] = []
    stream = Stream(redactor, heard.append)
    for piece in pieces:
        stream.hear(piece)
    stream.end()
    return "".join(heard)


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 7, 71, 200, 255, 1000, 10_000])
@pytest.mark.parametrize(
    "secret",
    [
        LONG,
        PEM,
        SHORT_PEM,
        PEM.replace("\n", "\\n"),
        f"xoxc-{LONG * 3}",
        "\x1b[38;5;9m\r\n".join(TOKEN),
        LONG[:-1] + " \r" + LONG[-1],
    ],
)
def test_however_long_a_secret_is_that_comes_in_pieces_nothing_of_it_is_passed_on(secret, size) -> None:
    text = f"it is {secret}. {secret}, and no more"
    heard = heard_of(cut_up(text, [size]))
    assert heard == LONGER.text(text) == "it is [secret]. [secret], and no more"


def test_a_known_key_of_several_lines_is_known_wherever_its_lines_end() -> None:
    key = "dGhpcyBpcyBubyBr\nZXkgYXQgYWxsCg==\n"
    assert Redactor([key]).text("a " + key.replace("\n", "\r\n") + "b") == "a [secret]\r\nb"


def test_where_a_text_was_cut_within_a_private_key_nothing_of_it_is_left() -> None:
    assert LONGER.text(f"{PEM[100:]}\nand more", cut=True) == "[secret]\nand more"


def test_what_follows_a_private_key_is_passed_on_however_it_is_cut() -> None:
    text = f"{SHORT_PEM}\n{SHORT_PEM}\nlogin: web1 root\n-----BEGIN CERTIFICATE-----\n"
    shown = "[secret]\n[secret]\nlogin: web1 root\n-----BEGIN CERTIFICATE-----\n"
    assert {heard_of(cut_up(text, [size])) for size in range(1, len(text))} == {shown}


def test_what_begins_like_a_private_key_and_never_ends_hides_no_more_than_a_key_may_be_long() -> None:
    text = "-----BEGIN PRIVATE KEY-----\n" + "and on and on " * 3000
    heard = heard_of(cut_up(text, [997]))
    assert heard.startswith("[secret]")
    assert 22_000 - 300 < len(heard) - len("[secret]") < 22_000 + 300


@pytest.mark.parametrize("before", ["\x1b[", "\x1b[3", "\x1b]0;a title with ", "\x1b[0m\x1b["])
@pytest.mark.parametrize("secret", ["a0b1c2d3e4f5", "0123456789abc", "12;34:5 /xyzq"])
def test_a_secret_within_what_nobody_sees_is_hidden_however_it_is_broken_and_cut(before, secret) -> None:
    redactor = Redactor([secret])
    for written in (secret, f"{secret[:7]}\0{secret[7:]}", f"{secret[:8]}\x1b[0m{secret[8:]}"):
        text = f"{before}{written}\x07 and more"
        shown = f"{before}[secret]\x07 and more"
        assert redactor.text(text) == shown
        assert {heard_of(cut_up(text, [size]), redactor) for size in range(1, len(text))} == {shown}


SECRETS = (TOKEN, LONG, LONG[:400], LONG[400:], PEM, SHORT_PEM, PEM[:30], PEM[40:], HOOK, HOOK[:26], "xapp-1-A")
BITS = (
    "?ticket=ab%2Fc",
    "&tick",
    "-----",
    "-",
    "x",
    "xo",
    "\x1b[0m",
    "\x1b[",
    "\r\n",
    " ",
    "a",
    "%",
    ".",
    "é",
    '"',
)
PARTS = st.sampled_from((*SECRETS, *BITS))


@pytest.mark.slow
@given(
    st.lists(PARTS, max_size=8), st.lists(st.sampled_from([1, 2, 5, 13, 64, 300, 2000]), min_size=1, max_size=4)
)
def test_in_pieces_a_text_is_redacted_as_it_is_as_a_whole(parts, sizes) -> None:
    text = "".join(parts)
    assert heard_of(cut_up(text, sizes)) == LONGER.text(text)


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["x", "xoxb-", "-", "\r", PEM[:31], PEM, "\x1b[", "a\r", LONG[:500], "ab. "])
def test_hearing_costs_what_the_text_is_long_and_holds_no_more_than_a_secret(shape) -> None:
    def cost(size: int) -> float:
        stream = Stream(LONGER, lambda _: None)
        pieces = cut_up(shape * (size // len(shape)), [1000])
        began = time.thread_time()
        for piece in pieces:
            stream.hear(piece)
            assert len(stream._held) <= 16 * len(LONG) + 3_000
        return time.thread_time() - began

    few = max(min(cost(20_000) for _ in range(3)), 0.0005)
    assert min(cost(320_000) for _ in range(3)) < 64 * few


ODD = st.sampled_from(
    [TOKEN, TOKEN[:9], TOKEN[9:], TOKEN[:3], PASSWORD, "x", "xo", "\x1b[0m", "\r\n", " ", "a", "%"]
)


@given(st.lists(ODD, max_size=12), st.lists(st.integers(1, 9), min_size=1))
def test_however_it_is_cut_a_stream_passes_on_no_secret_and_all_else(parts, cuts) -> None:
    text, pieces, at = "".join(parts), [], 0
    while at < len(text):
        size = cuts[len(pieces) % len(cuts)]
        pieces.append(text[at : at + size])
        at += size
    heard = "".join(streamed(*pieces))
    assert TOKEN not in heard
    assert PASSWORD not in heard
    assert heard == text or REDACTOR.spans(text) or "xoxb-" in text


@pytest.mark.parametrize(
    "shape", ["x", "xoxb-", "xoxb-12-abc-", " ", "\r", "-----BEGIN PRIVATE KEY-----", "\x1b[", "x\r"]
)
def test_redacting_costs_what_the_text_is_long(shape) -> None:
    def cost(size: int) -> float:
        began = time.thread_time()
        REDACTOR.text(shape * (size // len(shape)))
        return time.thread_time() - began

    few = max(min(cost(10_000) for _ in range(3)), 0.0005)
    assert min(cost(160_000) for _ in range(3)) < 64 * few
