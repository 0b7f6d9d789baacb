"""Web API: files, in the three steps Slack has: reserve an address, post the bytes there, complete and share."""

from typing import Final

from bot.workspace.api_call import TIER_4, Call, method
from bot.workspace.api_chat import thread
from bot.workspace.files import Upload
from bot.workspace.limits import Refusal
from bot.workspace.records import Channel, Json
from bot.workspace.schema import objects

MOST_ALT_TEXT: Final = 1_000


@method("files.getUploadURLExternal", scope="files:write", rate=TIER_4)
def get_upload_url(call: Call) -> Json:
    """An address for the bytes of one file of a known length."""
    name, length = call.needs("filename"), call.whole("length", 0)
    if length <= 0:
        raise Refusal("missing_argument")
    described = call.text("alt_txt") or call.text("alt_text")
    if len(described) > MOST_ALT_TEXT:
        raise Refusal("alt_txt_too_large")
    upload = call.workspace.files.reserve(name, length, described)
    return {"upload_url": call.workspace.files.upload_url(upload), "file_id": upload.id}


@method("files.completeUploadExternal", scope="files:write", rate=TIER_4)
def complete_upload(call: Call) -> Json:
    """Make files of the uploads and, with a channel, post them there in one message."""
    wanted = objects(call.value("files"))
    if not wanted:
        raise Refusal("invalid_arguments", ["[ERROR] missing required field: files"])
    uploads = [_received(call, str(entry.get("id"))) for entry in wanted]
    where = {"channel": call.text("channel_id") or call.text("channels")}
    spot = Call(call.workspace, call.sockets, call.scopes, call.args | where)
    channel = _shared_in(spot) if where["channel"] else None
    replying = thread(spot, channel) if channel else {}
    titles = [str(entry.get("title") or "") for entry in wanted]
    files = [call.workspace.files.complete(*one) for one in zip(uploads, titles, strict=True)]
    if channel:
        message = call.workspace.as_bot({"text": call.text("initial_comment"), "files": files, **replying})
        posted = call.workspace.messages.post(channel.id, message)
        for file in files:
            file["shares"] = {"public": {channel.id: [{"ts": posted["ts"], **replying}]}}
    return {"files": files}


@method("files.info", scope="files:read", rate=TIER_4)
def info(call: Call) -> Json:
    """What is known of a file."""
    file = call.workspace.files.get(call.needs("file"))
    if file is None:
        raise Refusal("file_not_found")
    return {"file": file}


def _shared_in(call: Call) -> Channel:
    """The channel to share a file in, with this method's own words for what keeps it out."""
    channel = call.joined()
    if channel.is_archived:
        raise Refusal("invalid_channel")
    if channel.is_read_only:
        raise Refusal("posting_to_channel_denied")
    return channel


def _received(call: Call, file_id: str) -> Upload:
    upload = call.workspace.files.upload(file_id)
    if upload is None or upload.content is None or upload.done:
        raise Refusal("file_not_found")
    return upload
