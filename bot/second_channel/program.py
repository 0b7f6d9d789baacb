"""One message by Apprise, as a program of its own: an order on stdin, what became of it on stdout, both JSON.

It is a process because Apprise takes 44 MB and a moment, and its plugins may hang. Before the first byte of the
message leaves, it leaves a mark: a file that nobody has made yet. Where that file is there, the order was called
off, and nothing leaves. It imports nothing of the bot.
"""

import json
import logging
import os
import re
import sys
import threading
from pathlib import Path
from typing import Any, Final

import apprise

_HEAD: Final = re.compile(rb"[A-Z]+ \S+ HTTP/1\.[01]\r\n")
_REFUSALS: Final = frozenset({*range(400, 500), 503}) - {408}
"""HTTP's words for "I have not done it", whatever else is wrong."""
CALLED_OFF: Final = 3  # exit code


class Leaving:
    """Notices when something leaves, by Python's audit events, and what was answered to it."""

    def __init__(self, mark: Path | None, *, all_http: bool) -> None:
        self.left = False
        self.requests = 0
        self.statuses: list[int] = []
        self._mark = mark
        self._all_http = all_http
        self._lock = threading.Lock()

    def hear(self, event: str, args: tuple[Any, ...]) -> None:
        """An audit event: it is raised before what it tells of is done."""
        if event == "http.client.send":
            self._leave()
            data = args[1]
            self.requests += isinstance(data, bytes) and bool(_HEAD.match(data))
        elif event == "smtplib.send":
            data = args[1] if isinstance(args[1], bytes) else str(args[1]).encode()
            if data[:4].lower() == b"data":
                self._leave()
        elif event == "socket.connect" and not self._all_http:
            self._leave()

    def refused(self) -> bool:
        """Whether all that left was answered, and every answer says that nothing was done."""
        answered = self.requests > 0 and len(self.statuses) == self.requests
        return self._all_http and answered and _REFUSALS.issuperset(self.statuses)

    def _leave(self) -> None:
        with self._lock:
            if not self.left and self._mark is not None:
                _make(self._mark)
            self.left = True


class Answers(logging.Handler):
    """Reads the statuses of answers where urllib3 notes them."""

    def __init__(self, leaving: Leaving) -> None:
        super().__init__(logging.DEBUG)
        self._leaving = leaving

    def emit(self, record: logging.LogRecord) -> None:
        """Urllib3's line on an answer is the one with a status among its arguments."""
        args = record.args if isinstance(record.args, tuple) else ()
        if len(args) > 5:
            self._leaving.statuses += [one for one in args[5:] if isinstance(one, int) and 100 <= one < 600][:1]


def _make(mark: Path) -> None:
    """Make the mark, on the disk. Where it is there already the order was called off."""
    try:
        made = os.open(mark, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        os._exit(CALLED_OFF)
    except OSError:
        return  # it is better told than marked
    os.fsync(made)
    os.close(made)
    folder = os.open(mark.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def main() -> int:
    """Send one message, or only see whether Apprise knows the addresses."""
    order = json.load(sys.stdin)
    asset = apprise.AppriseAsset(app_id="Caretaker", app_desc="Caretaker", storage_mode="memory")
    sender = apprise.Apprise(asset=asset)
    unknown = [number for number, url in enumerate(order["urls"], 1) if not sender.add(url)]
    if order.get("message") is None or not len(sender):
        state = "failed" if not len(sender) else "known"
        return _say(state, unknown, "Apprise knows none of the addresses" if not len(sender) else "")
    leaving = Leaving(Path(order["mark"]) if order.get("mark") else None, all_http=all(map(_is_http, sender)))
    logger = logging.getLogger("urllib3.connectionpool")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(Answers(leaving))
    sys.addaudithook(leaving.hear)
    message = order["message"]
    kind = apprise.NotifyType.SUCCESS if message["well"] else apprise.NotifyType.FAILURE
    result = sender.notify(
        body=message["body"],
        title=message["title"],
        notify_type=kind,
        body_format=apprise.NotifyFormat.TEXT,
        timeout=order["seconds"],
    )
    warnings = [entry.message for entry in result.logs()]
    return _say(_state(result.status.name, leaving, unknown), unknown, warnings[0] if warnings else "")


def _state(status: str, leaving: Leaving, unknown: list[int]) -> str:
    """What became of it. `failed`: surely nobody was reached; `doubt`: nobody knows."""
    if status == "SUCCESS":
        return "partial" if unknown else "sent"
    if status == "PARTIAL":
        return "partial"
    if not leaving.left or (status == "FAILURE" and leaving.refused()):
        return "failed"
    return "timeout" if status == "TIMEOUT" else "doubt"


def _is_http(service: Any) -> bool:
    """Whether a service speaks HTTP by `requests`, or mail by smtplib, whose every request can be heard."""
    names = vars(sys.modules[type(service).__module__])
    return "requests" in names or "smtplib" in names


def _say(state: str, unknown: list[int], why: str) -> int:
    json.dump({"state": state, "unknown": unknown, "why": why[:300]}, sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # what still hangs in a thread of a plugin holds up nobody


if __name__ == "__main__":
    main()
