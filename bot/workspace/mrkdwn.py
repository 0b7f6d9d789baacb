"""Slack's text formats → HTML: mrkdwn, plain text, markdown and rich text.

Everything is escaped before anything is marked up, links keep only harmless schemes, and raw HTML stays text;
so the HTML made here is safe to insert as it is. Refuses to look anything up: names come in as a dictionary.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import groupby
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from bot.workspace.emoji import EMOJI

SAFE_LINK = re.compile(r"^(https?://|mailto:|tel:)", re.IGNORECASE)
EMOJI_NAME = re.compile(r":([a-z0-9_+'-]+):(?::skin-tone-[2-6]:)?")
FENCE = re.compile(r"\n?```\n?(.*?)\n?```\n?", re.DOTALL)
QUOTE = re.compile(r"(?:&gt;|>) ?")
BULLET = re.compile(r"\s*(?:[•◦▪-]|\d{1,3}\.) ")
INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|<(?P<ref>[^<>\n]+)>"
    r"|(?P<emoji>:[a-z0-9_+'-]+:(?::skin-tone-[2-6]:)?)"
    r"|(?<![\w*])\*(?P<bold>(?=\S)[^*\n]*[^*\s])\*(?![\w*])"
    r"|(?<![\w_])_(?P<italic>(?=\S)[^_\n]*[^_\s])_(?![\w_])"
    r"|(?<![\w~])~(?P<strike>(?=\S)[^~\n]*[^~\s])~(?![\w~])"
)
TAGS = {"bold": "b", "italic": "i", "strike": "s"}


@dataclass(frozen=True, slots=True)
class Names:
    """What mentions are called, and who is reading: the reader's own mention stands out."""

    users: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    reader: str = ""


def plain(text: str, *, emoji: bool = True) -> str:
    """A plain_text object's text as HTML: only emoji names are replaced."""
    safe = _escape(text)
    return EMOJI_NAME.sub(lambda found: emoji_html(found[0]), safe) if emoji else safe


def mrkdwn(text: str, names: Names) -> str:
    """A mrkdwn text as HTML: fences first, then quotes and list lines, then what stands within a line."""
    parts = FENCE.split(text)
    fenced = (f"<pre>{_references_as_text(part)}</pre>" for part in parts[1::2])
    running = [_lines(part, names) for part in parts[0::2]]
    return running[0] + "".join(pre + after for pre, after in zip(fenced, running[1:], strict=True))


def markdown(text: str, names: Names) -> str:
    """A markdown block's text as HTML; raw HTML in it stays text."""
    return str(_MARKDOWN.render(text, {"names": names}))


def emoji_html(name: str) -> str:
    """`:name:` (one skin tone allowed) as its character; a name not known here is left as written."""
    character = EMOJI.get(name.strip(":").split(":")[0])
    return f'<span class="emoji" title="{escape(name)}">{character}</span>' if character else escape(name)


def link_html(url: str, label: str) -> str:
    """A link opening in a new tab, or the label alone where the scheme could run something. `label` is HTML."""
    url = _decode(url)
    if not SAFE_LINK.match(url):
        return label
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{label}</a>'


def user_html(user: str, names: Names) -> str:
    """A mention of a person."""
    mine = " mine" if user == names.reader else ""
    return f'<span class="mention{mine}">@{escape(names.users.get(user, user))}</span>'


def channel_html(channel: str, names: Names) -> str:
    """A mention of a channel."""
    return f'<span class="mention">#{escape(names.channels.get(channel, channel))}</span>'


def date_html(epoch: str, pattern: str, fallback: str) -> str:
    """A moment the page writes in the reader's own time; the fallback stands until then."""
    return (
        f'<time class="date" data-epoch="{escape(epoch)}" data-pattern="{escape(pattern)}">'
        f"{_escape(fallback)}</time>"
    )


def _escape(text: str) -> str:
    return escape(_decode(text))


def _decode(text: str) -> str:
    """Slack's three entities, and no others, back to characters."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _references_as_text(text: str) -> str:
    """Inside code a link shows its label, and nothing else is read."""
    shown = re.sub(r"<(?:https?|mailto):[^<>|\n]*\|([^<>\n]*)>|<((?:https?|mailto):[^<>|\n]*)>", r"\1\2", text)
    return _escape(shown)


def _lines(text: str, names: Names) -> str:
    """Lines as HTML: quotes and list lines are blocks of their own, so only running lines need a break between."""
    html, after_running = "", False
    for quoted, group in groupby(text.split("\n"), key=lambda line: bool(QUOTE.match(line))):
        if quoted:
            html += (
                f"<blockquote>{'<br>'.join(_inline(QUOTE.sub('', line, 1), names) for line in group)}</blockquote>"
            )
            after_running = False
            continue
        for line in group:
            if marker := BULLET.match(line):
                body = _inline(line[marker.end() :], names)
                html += f'<span class="item"><span>{escape(marker[0].strip())}</span><span>{body}</span></span>'
            else:
                html += ("<br>" if after_running else "") + _inline(line, names)
            after_running = not marker
    return html


def _inline(text: str, names: Names) -> str:
    html, end = "", 0
    for found in INLINE.finditer(text):
        html += _escape(text[end : found.start()]) + _span(found, names)
        end = found.end()
    return html + _escape(text[end:])


def _span(found: re.Match[str], names: Names) -> str:
    kind, body = str(found.lastgroup), found[str(found.lastgroup)]
    if kind == "code":
        return f"<code>{_references_as_text(body)}</code>"
    if kind == "ref":
        return _reference(body, names)
    if kind == "emoji":
        return emoji_html(body)
    return f"<{TAGS[kind]}>{_inline(body, names)}</{TAGS[kind]}>"


def _reference(body: str, names: Names) -> str:
    """What stands in angle brackets: a mention, a date, a link; anything else is text."""
    target, _, label = body.partition("|")
    if target.startswith("@"):
        return user_html(target[1:], names)
    if target.startswith("#"):
        return channel_html(target[1:], names)
    if target.startswith("!date^"):
        epoch, _, pattern = target.removeprefix("!date^").partition("^")
        return date_html(epoch, pattern.partition("^")[0], label)
    if target.startswith("!"):
        return f'<span class="mention">{_escape(label or "@" + target[1:].partition("^")[0])}</span>'
    if SAFE_LINK.match(target):
        return link_html(target, _escape(label or target.removeprefix("mailto:")))
    return _escape(f"<{body}>")


def _markdown_text(_self: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, env: Any) -> str:
    """Text inside a markdown block: Slack's mentions, dates and emoji work there too."""
    pieces = re.split(r"(<[@#!][^<>\n]+>|:[a-z0-9_+'-]+:)", tokens[index].content)
    return "".join(_markdown_piece(piece, env["names"]) for piece in pieces)


def _markdown_piece(piece: str, names: Names) -> str:
    if piece.startswith("<") and piece.endswith(">"):
        return _reference(piece[1:-1], names)
    return emoji_html(piece) if EMOJI_NAME.fullmatch(piece) else escape(piece)


def _markdown_link(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    tokens[index].attrSet("target", "_blank")
    tokens[index].attrSet("rel", "noopener noreferrer")
    return self.renderToken(tokens, index, options, env)


def _markdown_cell(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """A table's cell, aligned by a class: the page allows no style within HTML."""
    style = str(tokens[index].attrs.pop("style", ""))
    tokens[index].attrSet("class", style.removeprefix("text-align:") or "left")
    return self.renderToken(tokens, index, options, env)


def _markdown_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    parser.disable("image")  # a markdown block shows no pictures; image blocks do
    parser.add_render_rule("text", _markdown_text)
    parser.add_render_rule("link_open", _markdown_link)
    parser.add_render_rule("th_open", _markdown_cell)
    parser.add_render_rule("td_open", _markdown_cell)
    return parser


_MARKDOWN = _markdown_parser()
