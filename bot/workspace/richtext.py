"""rich_text and table blocks → HTML, as `mrkdwn` does for text: escaped first, so safe to insert.

Refuses to guess: an element of a type not known here shows its type's name in grey.
"""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from bot.workspace.mrkdwn import Names, channel_html, date_html, emoji_html, link_html, user_html

Json = Mapping[str, Any]
STYLES = {"bold": "b", "italic": "i", "strike": "s", "code": "code", "underline": "u"}


def rich_text(block: Json, names: Names) -> str:
    """A rich_text block's sections, lists, quotes and code."""
    return "".join(_part(part, names) for part in block.get("elements", []))


def table(block: Json, names: Names) -> str:
    """A table block: its first row is the heading, as Slack shows it."""
    columns: Sequence[Json | None] = block.get("column_settings") or []
    rows: Sequence[Sequence[Json]] = block.get("rows", [])
    head = "".join(_row(row, "th", columns, names) for row in rows[:1])
    body = "".join(_row(row, "td", columns, names) for row in rows[1:])
    return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"


def _row(row: Sequence[Json], tag: str, columns: Sequence[Json | None], names: Names) -> str:
    cells = ""
    for index, cell in enumerate(row):
        settings = (columns[index] if index < len(columns) else None) or {}
        align = settings.get("align", "left")
        wrap = " wrap" if settings.get("is_wrapped") else ""
        cells += f'<{tag} class="{escape(align)}{wrap}">{_cell(cell, names)}</{tag}>'
    return f"<tr>{cells}</tr>"


def _cell(cell: Json, names: Names) -> str:
    return rich_text(cell, names) if cell.get("type") == "rich_text" else escape(str(cell.get("text", "")))


def _part(part: Json, names: Names) -> str:
    kind = part.get("type")
    if kind == "rich_text_list":
        return _list(part, names)
    body = "".join(_element(element, names) for element in part.get("elements", []))
    if kind == "rich_text_preformatted":
        return f"<pre>{body}</pre>"
    if kind == "rich_text_quote":
        return f"<blockquote>{body}</blockquote>"
    return f'<div class="rich">{body}</div>'


def _list(part: Json, names: Names) -> str:
    tag = "ol" if part.get("style") == "ordered" else "ul"
    indent = min(int(part.get("indent", 0)), 8)
    items = "".join(f"<li>{_part(item, names)}</li>" for item in part.get("elements", []))
    start = f' start="{int(part.get("offset", 0)) + 1}"' if tag == "ol" else ""
    return f'<{tag} class="indent-{indent}"{start}>{items}</{tag}>'


def _element(element: Json, names: Names) -> str:
    kind = str(element.get("type"))
    make = _ELEMENTS.get(kind)
    html = make(element, names) if make else f'<span class="unknown">[{escape(kind)}]</span>'
    for style, tag in STYLES.items():
        if element.get("style", {}).get(style):
            html = f"<{tag}>{html}</{tag}>"
    return html


def _text(element: Json, _names: Names) -> str:
    return escape(element.get("text", "")).replace("\n", "<br>")


def _link(element: Json, _names: Names) -> str:
    return link_html(element["url"], escape(element.get("text") or element["url"]))


def _date(element: Json, _names: Names) -> str:
    return date_html(str(element["timestamp"]), element.get("format", "{date}"), element.get("fallback", ""))


_ELEMENTS: Mapping[str, Callable[[Json, Names], str]] = {
    "text": _text,
    "link": _link,
    "emoji": lambda element, _names: emoji_html(f":{element['name']}:"),
    "user": lambda element, names: user_html(element["user_id"], names),
    "channel": lambda element, names: channel_html(element["channel_id"], names),
    "broadcast": lambda element, _names: f'<span class="mention">@{escape(element["range"])}</span>',
    "date": _date,
}
