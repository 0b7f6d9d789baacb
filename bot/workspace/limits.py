"""What Slack refuses about messages and views as a whole: sizes, totals, ids that must be unique.

A block on its own is judged by block_kit.py. Where Slack publishes no number the safe one stands, so that what
passes here passes there. Sources, under docs.slack.dev unless said otherwise: blocks a message and a view,
reference/block-kit/blocks; text, reference/methods/chat.postMessage ("Truncating content") and chat.update
(msg_too_long); all text in blocks together: unpublished, refusals were reported from 11,341 and from 13,172
characters on (github.com/slackapi/bolt-js/issues/2509); view size, reference/methods/views.open (view_too_large).
"""

import json
from collections import Counter
from typing import Any, Final

from bot.workspace.block_kit import BLOCK, VIEW, active_ids
from bot.workspace.records import Json
from bot.workspace.schema import Complaints, array, objects, texts

MOST_BLOCKS: Final = 50
MOST_TEXT: Final = 40_000
MOST_TEXT_OF_UPDATE: Final = 4_000
MOST_TEXT_IN_BLOCKS: Final = 11_000
MOST_VIEW_BYTES: Final = 250_000
MOST_METADATA_BYTES: Final = 8_000

_BLOCKS: Final = array(BLOCK, most=MOST_BLOCKS, least=0)


class Refusal(Exception):
    """Slack says no. `error` is its word for it, `messages` say what is wrong where, `details` go along."""

    def __init__(self, error: str, messages: list[str] | None = None, **details: Any) -> None:
        super().__init__(error)
        self.error = error
        self.messages = messages or []
        self.details = details


def check_message(text: object, blocks: object, *, most_text: int = MOST_TEXT) -> None:
    """Raise Refusal for what Slack wouldn't take as a message's `text` and `blocks` (None: not given)."""
    if not isinstance(text, str):
        raise Refusal("invalid_arguments", ["[ERROR] must be a string [json-pointer:/text]"])
    if blocks is not None and not isinstance(blocks, list):
        raise Refusal("invalid_blocks_format")
    if not text and not blocks:
        raise Refusal("no_text")
    if len(text) > most_text:
        raise Refusal("msg_too_long")
    complaints = Complaints()
    _BLOCKS(blocks or [], "/blocks", complaints)
    _judge_ids(objects(blocks), "/blocks", complaints)
    if complaints.messages:
        raise Refusal("invalid_blocks", complaints.messages)
    _check_totals(objects(blocks))


def check_view(view: object) -> None:
    """Raise Refusal for what Slack wouldn't open, update or publish as a view."""
    complaints = Complaints()
    VIEW(view, "/view", complaints)
    blocks = objects(view.get("blocks")) if isinstance(view, dict) else []
    _judge_ids(blocks, "/view/blocks", complaints)
    has_inputs = any(block.get("type") == "input" for block in blocks)
    if has_inputs and isinstance(view, dict) and view.get("type") == "modal" and not view.get("submit"):
        complaints.add("/view", "missing required field: submit")
    if complaints.messages:
        raise Refusal("invalid_arguments", complaints.messages)
    if len(json.dumps(view)) > MOST_VIEW_BYTES:
        raise Refusal("view_too_large")


def check_metadata(metadata: object) -> None:
    """Raise Refusal for metadata that isn't {event_type, event_payload} of a moderate size."""
    fields = metadata if isinstance(metadata, dict) else {}
    if not isinstance(fields.get("event_type"), str) or not isinstance(fields.get("event_payload"), dict):
        raise Refusal("invalid_metadata_format")
    if len(json.dumps(metadata)) > MOST_METADATA_BYTES:
        raise Refusal("metadata_too_large")


def _judge_ids(blocks: list[Json], at: str, complaints: Complaints) -> None:
    """A block_id is unique in its message or view, an action_id in its block."""
    for block_id in _repeated([block["block_id"] for block in blocks if isinstance(block.get("block_id"), str)]):
        complaints.add(at, f'`block_id` "{block_id}" already exists for another block')
    for number, block in enumerate(blocks):
        for action_id in _repeated(active_ids(block)):
            complaints.add(f"{at}/{number}", f'`action_id` "{action_id}" already exists for another element')


def _check_totals(blocks: list[Json]) -> None:
    if sum(map(len, texts(blocks))) > MOST_TEXT_IN_BLOCKS:
        raise Refusal("msg_blocks_too_long")
    if sum(block["type"] == "table" for block in blocks) > 1:
        raise Refusal("only_one_table_allowed")


def _repeated(words: list[str]) -> list[str]:
    return [word for word, times in Counter(words).items() if times > 1]
