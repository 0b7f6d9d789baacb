"""Files: an upload slot, the bytes that came, and what Slack tells about them."""

import mimetypes
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from bot.workspace.records import App, Json


@dataclass(slots=True)
class Upload:
    """A slot for one file. `content` is None until the bytes came; `done` once it was completed and shared."""

    id: str
    secret: str
    name: str
    length: int
    alt_text: str
    content: bytes | None = None
    done: bool = False


class Files:
    """Keeps uploads in memory. `base` gives the box's own URL, without a slash at its end."""

    def __init__(self, app: App, base: Callable[[], str], clock: Callable[[], float]) -> None:
        self._app = app
        self._base = base
        self._clock = clock
        self._uploads: dict[str, Upload] = {}
        self._files: dict[str, Json] = {}

    def reserve(self, name: str, length: int, alt_text: str) -> Upload:
        """A slot for a file of exactly `length` bytes."""
        upload = Upload(f"F{secrets.token_hex(5).upper()}", secrets.token_urlsafe(24), name, length, alt_text)
        self._uploads[upload.id] = upload
        return upload

    def upload_url(self, upload: Upload) -> str:
        """Where its bytes are to be posted."""
        return f"{self._base()}/upload/v1/{upload.secret}"

    def receive(self, secret: str, content: bytes) -> bool:
        """Take the bytes of an upload; False when there is no such slot or the length is another."""
        upload = next((u for u in self._uploads.values() if u.secret == secret), None)
        if upload is None or len(content) != upload.length:
            return False
        upload.content = content
        return True

    def upload(self, file_id: str) -> Upload | None:
        """The slot, also once it is a file."""
        return self._uploads.get(file_id)

    def complete(self, upload: Upload, title: str) -> Json:
        """Make it a file and return what Slack tells about it."""
        upload.done = True
        mimetype = mimetypes.guess_type(upload.name)[0] or "application/octet-stream"
        extension = upload.name.rpartition(".")[2] if "." in upload.name else "text"
        address = f"{self._base()}/files/{upload.id}/{upload.secret}/{quote(upload.name, safe='')}"
        file = {
            "id": upload.id,
            "created": int(self._clock()),
            "name": upload.name,
            "title": title or upload.name,
            "mimetype": mimetype,
            "filetype": extension,
            "pretty_type": extension.upper(),
            "user": self._app.user_id,
            "size": upload.length,
            "mode": "snippet" if mimetype.startswith("text/") else "hosted",
            "alt_txt": upload.alt_text,
            "url_private": address,
            "url_private_download": address,
            "permalink": address,
            "shares": {},
        }
        self._files[upload.id] = file
        return file

    def get(self, file_id: str) -> Json | None:
        """What Slack tells about a completed file."""
        return self._files.get(file_id)

    def by_url(self, url: str) -> Json | None:
        """The completed file with this `url_private`."""
        return next((file for file in self._files.values() if file["url_private"] == url), None)

    def content(self, file_id: str, secret: str) -> bytes | None:
        """The bytes, for whoever knows the file's address."""
        upload = self._uploads.get(file_id)
        return upload.content if upload and upload.secret == secret else None

    def clear(self) -> None:
        """Forget everything."""
        self._uploads.clear()
        self._files.clear()
