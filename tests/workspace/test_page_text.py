"""What people and the bot write, as HTML: what it means is kept, and nothing written becomes markup of its own."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.workspace.mrkdwn import Names, markdown, mrkdwn, plain
from bot.workspace.richtext import rich_text, table

NAMES = Names({"U1": "alex", "U2": "<b>robin"}, {"C1": "homelab"}, reader="U1")
TAGS = "b|i|s|u|code|pre|br|blockquote|span|time|a|div|p|h[1-6]|ul|ol|li|em|strong|hr|table|thead|tbody|tr|th|td"
ATTRIBUTES = "class|title|href|target|rel|start|data-epoch|data-pattern"
OURS = re.compile(f'</?({TAGS})( ({ATTRIBUTES})="[^"<>]*")* ?/?>')


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("*bold* _italic_ ~gone~", "<b>bold</b> <i>italic</i> <s>gone</s>"),
        ("_*both*_", "<i><b>both</b></i>"),
        ("snake_case_name 2*3*4 a~b~c", "snake_case_name 2*3*4 a~b~c"),
        ("* not bold *", "* not bold *"),
        ("`a *b* &lt;c&gt;`", "<code>a *b* &lt;c&gt;</code>"),
        ("x\n```\n*no*\n&lt;b&gt;\n```\ny", "x<pre>*no*\n&lt;b&gt;</pre>y"),
        ("&gt; one\n> two\nthree", "<blockquote>one<br>two</blockquote>three"),
        ("one\ntwo", "one<br>two"),
        ("&amp;lt;", "&amp;lt;"),
        ("Tom &amp; Jerry &lt;3", "Tom &amp; Jerry &lt;3"),
        (":nosuchemoji: at 10:30:45", ":nosuchemoji: at 10:30:45"),
        ("<@U1>", '<span class="mention mine">@alex</span>'),
        ("<@U2|other>", '<span class="mention">@&lt;b&gt;robin</span>'),
        ("<#C1>", '<span class="mention">#homelab</span>'),
        ("<!here>", '<span class="mention">@here</span>'),
        ("<javascript:alert(1)|click>", "&lt;javascript:alert(1)|click&gt;"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ],
)
def test_mrkdwn_reads_as_in_slack(written, shown):
    assert mrkdwn(written, NAMES) == shown


def test_a_link_shows_its_label_and_opens_elsewhere():
    html = mrkdwn("<https://example.org/?a=1&amp;b=2|the &lt;list&gt;>", NAMES)
    expected = (
        'href="https://example.org/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">the &lt;list&gt;</a>'
    )
    assert html == f"<a {expected}"


def test_a_list_written_with_bullets_keeps_them():
    assert mrkdwn("• one\n• *two*", NAMES).count('<span class="item"><span>•</span>') == 2


def test_a_date_carries_its_moment_and_its_fallback():
    html = mrkdwn("<!date^1700000000^{date} at {time}^https://example.org|then>", NAMES)
    assert html == '<time class="date" data-epoch="1700000000" data-pattern="{date} at {time}">then</time>'


def test_an_emoji_becomes_its_character_unless_plain_text_declines():
    assert "🔥" in mrkdwn(":fire:", NAMES)
    assert "👍" in plain(":+1::skin-tone-3:")
    assert plain(":fire:", emoji=False) == ":fire:"


def test_plain_text_marks_nothing_up():
    assert plain("*x* <b> <@U1>") == "*x* &lt;b&gt; &lt;@U1&gt;"


def test_markdown_keeps_html_as_text_and_refuses_dangerous_links():
    html = markdown("**b** <img src=x onerror=alert(1)> [x](javascript:alert(1)) <@U1> :fire:", NAMES)
    assert "<strong>b</strong>" in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert "<a" not in html
    assert '<span class="mention mine">@alex</span>' in html
    assert "🔥" in html


def test_markdown_shows_tables_and_numbered_lists():
    html = markdown("|a|b|\n|-|-:|\n|1|2|\n\n1. one\n2. two", NAMES)
    assert '<th class="left">a</th>' in html
    assert '<td class="right">2</td>' in html
    assert html.count("<li>") == 2


def test_rich_text_keeps_styles_lists_and_code():
    section = {
        "type": "rich_text_section",
        "elements": [
            {"type": "text", "text": "a<b", "style": {"bold": True, "italic": True}},
            {"type": "user", "user_id": "U1"},
            {"type": "link", "url": "javascript:alert(1)", "text": "no link"},
        ],
    }
    items = {"type": "rich_text_list", "style": "ordered", "indent": 1, "elements": [section]}
    code = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "$ ls"}]}
    html = rich_text({"elements": [section, items, code]}, NAMES)
    assert "<i><b>a&lt;b</b></i>" in html
    assert '<ol class="indent-1" start="1"><li>' in html
    assert "<pre>$ ls</pre>" in html
    assert "<a" not in html


def test_a_table_has_a_heading_and_aligned_cells():
    rows = [[{"type": "raw_text", "text": "host"}], [{"type": "raw_text", "text": "<nas1>"}]]
    html = table({"rows": rows, "column_settings": [{"align": "right"}]}, NAMES)
    expected = '<table><thead><tr><th class="right">host</th></tr></thead>'
    assert html == f'{expected}<tbody><tr><td class="right">&lt;nas1&gt;</td></tr></tbody></table>'


PIECES = [*"<>|\"'&*_~`\n^a)\\ ", "&lt;", "```", "> ", "• ", "@U1", "#C1", "!date^1^{time}", "https://x.org"]
PIECES += ["javascript:", "<script>", "<img src=x onerror=y>", ":fire:", "[a](", "|-|-:|\n"]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_whatever_is_written_only_our_own_marks_come_out(text):
    for html in (mrkdwn(text, NAMES), plain(text), markdown(text, NAMES)):
        left = OURS.sub("", html)
        assert "<" not in left, f"{text!r} became {html!r}"
        assert 'href="javascript:' not in html.lower()
