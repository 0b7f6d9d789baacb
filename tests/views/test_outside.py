"""Text from outside is shown letter by letter in each medium; the workspace in a box judges what is live."""

import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.health import CheckName, Fingerprint, Health, Observation, TargetId
from bot.core.mentions import deadened, undeadened
from bot.core.names import Names
from bot.views.limits import context, plain, section
from bot.views.line import line, printed
from bot.views.outside import bold, file_name, inline, safe, visible
from bot.workspace import mrkdwn
from bot.workspace.richtext import rich_text
from tests.views.wild import NOW

LIVE = [
    *("<@U0000000ALEX>", "<!channel>", "<!here|here>", "<#C0000HOMELAB>", "<https://evil.example|click>"),
    *("https://evil.example", "<mailto:a@b>", "*x*", "_x_", "~x~", "`x`", "```", ":tada:", ":+1:", ":100:"),
    *("> quoted", "&lt;", "&amp;", "*", "_", "~", ":", "<", ">", "&", "`", "a_b", "web1", " ", "\n", "\t", "- "),
    *("1. ", "**", "__x__", "![a](b)", "\x00", "\x1b[31m", "\u202e", "\u200b", "\u2066", "\ufeff", "\ud800"),
    *("\u3164", "\u2060", "\r", "é", "終"),
]
hostile = st.lists(st.sampled_from(LIVE) | st.characters(), max_size=12).map("".join)
judged = settings(max_examples=300)
NAMES = mrkdwn.Names({"U0000000ALEX": "alex"}, {"C0000HOMELAB": "homelab"}, "U0000000ALEX")
OWN = re.compile(r"</?(?:code|br|b)>|<span class=\"item\">|<span>|</span>")


def letters(html: str) -> str:
    """What HTML shows, without blanks; its own marks are no letters. Nothing else may be marked up."""
    left = OWN.sub("", html)
    assert "<" not in left, f"live: {html}"
    return re.sub(r"\s+", "", unescape(left))


def as_letters(text: str) -> str:
    return re.sub(r"\s+", "", visible(text).replace("`", "ˋ"))


@judged
@given(hostile)
def test_in_mrkdwn_nothing_lives_and_every_letter_shows(text) -> None:
    html = mrkdwn.mrkdwn(section(f"a: {safe(text)}").text.text, NAMES)
    assert "<b>" not in html
    assert letters(html) == "a:" + as_letters(text)
    assert letters(mrkdwn.mrkdwn(context(safe(text)).elements[0].text, NAMES)) == as_letters(text)


@judged
@given(hostile)
def test_in_bold_and_among_own_marks_no_mark_of_it_lives(text) -> None:
    html = mrkdwn.mrkdwn(f"🔴 *Open* · {bold(safe(text))} · *since* now", NAMES)
    assert as_letters(text) in letters(html)
    assert html.startswith("🔴 <b>Open</b>")


@judged
@given(hostile)
def test_in_code_within_a_line_it_is_one_span(text) -> None:
    html = mrkdwn.mrkdwn(f"= {inline(text, 2_000)}", NAMES)
    assert html.count("<code>") == 1
    assert letters(html) == "=" + as_letters(text.replace("\n", "⏎"))


@judged
@given(hostile)
def test_in_a_line_nothing_lives_but_what_caretaker_says(text) -> None:
    said = line(f"<@U0000000ALEX> closed it, see `/lab why`: {deadened(text)}").text
    html = mrkdwn.mrkdwn(said, NAMES)
    own = '<span class="mention mine">@alex</span> closed it, see <code>/lab why</code>: '
    assert html.startswith(own.rstrip())
    assert letters(html.removeprefix(own.rstrip())) == as_letters(deadened(text))


@judged
@given(hostile)
def test_what_was_printed_stands_in_a_block_of_code(text) -> None:
    card = line(printed("Output of step 1", text))
    html = rich_text(card.blocks[1].to_dict(), NAMES)
    assert letters(re.sub(r"</?pre>|<div[^>]*>|</div>", "", html)) == re.sub(r"\s+", "", visible(text))
    assert "<@" not in card.text


@judged
@given(hostile)
def test_in_a_label_no_emoji_comes_alive(text) -> None:
    made = plain(text, 2_000).to_dict()
    html = mrkdwn.plain(made["text"], emoji=made["emoji"])
    assert "<span" not in html
    assert made["text"] == (visible(text).strip() or "–")


@judged
@given(hostile)
def test_a_files_name_is_a_name(text) -> None:
    assert re.fullmatch(r"[\w.-]{1,60}", file_name(text), re.ASCII)
    assert not file_name(text).startswith(".")


@given(hostile, st.integers(1, 60))
def test_it_fits_and_is_cut_within_no_entity(text, most) -> None:
    made = safe(text, most)
    assert len(made) <= most
    assert not re.search(r"&(?!amp;|lt;|gt;)", made)
    assert made.count("`") % 2 == 0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("my_vm_1 at 10:30:45, 52:54:00:aa", "my_vm_1 at 10:30:45, 52:54:00:aa"),
        ("a *b* c", "a `*b*` c"),
        ("bell\x07 and \u202egnp.exe", "bell\\x07 and \\u202egnp.exe"),
        ("two\nlines", "two\nlines"),
        ("it`s", "`itˋs`"),
        ("> quoted", "`&gt;` quoted"),
        ("no\u00adhyphen \u3164", "no\\xadhyphen \\u3164"),
        ("2 < 3 & 4", "2 &lt; 3 &amp; 4"),
    ],
)
def test_ordinary_text_stays_as_it_is(text, shown) -> None:
    assert safe(text) == shown


def test_a_long_text_is_cut_with_an_ellipsis() -> None:
    assert safe("word " * 10, 12) == "word word w…"
    assert safe("x" * 50, 10) == "xxxxxxxxx…"
    assert safe("*" * 50, 10) == "`*******`…"
    assert safe("&" * 50, 12) == "&amp;&amp;…"


def test_names_and_what_was_seen_mention_nobody() -> None:
    target = TargetId("guest:1")
    assert Names({target: "<@U0000000ALEX>"})(target) == deadened("<@U0000000ALEX>") != "<@U0000000ALEX>"
    seen = Observation(Fingerprint(CheckName("ssh"), target), Health.FAIL, NOW, "said <@U0000000ALEX> `x`")
    assert line(f"web1: {seen.why}").text == "web1: said &lt;@U0000000ALEX&gt; `ˋxˋ`"
    assert undeadened(seen.why) == "said <@U0000000ALEX> `x`"
