"""A runbook that prints the bot's secrets: none gets to Slack, into the database or into the log."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_to_bytes

import pytest

from bot.workspace.records import ALEX
from bot.workspace.server import Box
from tests.story.person import Person
from tests.terminal.commands import started, tokens
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.real]

PASSWORD = "swordfish/4711"
LAB = f"""\
slack: {{{{channel: homelab}}}}
people: {{{{alex: {{{{slack: {ALEX.id}, roles: admin, owner: true}}}}}}}}
runbooks: {{{{run_on_bot: true}}}}
hosts:
  atlas: {{{{watched: false, backup: {{{{repository: /srv/restic, password_file: {{folder}}/password}}}}}}}}
"""

BLAB = """\
# Blab

## In two pieces
- Run on: bot

```sh
cat {folder}/first; sleep 1; cat {folder}/second; printf ' \\r\\n'
cat {folder}/first; printf '\\033[31m \\r'; cat {folder}/second; echo
cat {folder}/password; echo
```

## In a file
- Run on: bot

```sh
for i in $(seq 200); do echo "a line that fills the message"; done; cat {folder}/first; cat {folder}/second
```

## In a list
- Run on: bot
- Choose: which

```sh
cat {folder}/first {folder}/second; echo; echo plain
```

## In a failure
- Run on: bot

```sh
cat {folder}/first {folder}/second {folder}/password >&2
exit 3
```
"""


@dataclass
class Tap:
    """Between bot and Slack: it passes on all that is said, and keeps what the bot said."""

    port: int
    said: list[bytes] = field(default_factory=list)

    def leaks(self, secret: str) -> list[bytes]:
        """Where a secret was said, but for the places that say who is asking."""
        whole = b"".join(self.said)
        for own in (f"Authorization: Bearer {secret}", f"token={quote(secret)}"):
            whole = whole.replace(own.encode(), b"")
        plain = unquote_to_bytes(whole.replace(b"+", b" "))
        return [text for text in (whole, plain) if secret.encode() in text]


@asynccontextmanager
async def tapped(port: int) -> AsyncIterator[Tap]:
    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kept: list[bytes] | None) -> None:
        with suppress(OSError, asyncio.CancelledError):
            while piece := await reader.read(65_536):
                if kept is not None:
                    kept.append(piece)
                writer.write(piece)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        said: list[bytes] = []
        await asyncio.gather(copy(reader, far_writer, said), copy(far_reader, writer, None))
        tap.said += said

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    tap = Tap(server.sockets[0].getsockname()[1])
    async with server:
        yield tap


async def test_what_a_runbook_prints_of_the_bots_secrets_stays_in(tmp_path):
    (tmp_path / "lab.yaml").write_text(LAB.format(folder=tmp_path))
    (tmp_path / "password").write_text(PASSWORD)
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "blab.md").write_text(BLAB.format(folder=tmp_path))
    async with Box.start() as box:
        token, port = box.bot_token, int(box.url.rpartition(":")[2])
        (tmp_path / "first").write_text(token[:8])
        (tmp_path / "second").write_text(token[8:])
        async with tapped(port) as tap:
            env = tokens(box) | {"SLACK_API_URL": f"http://127.0.0.1:{tap.port}/api/"}
            async with started("run", "--verbose", folder=tmp_path, env=env) as bot:
                await until(lambda: box.sockets.connected == 1, 20)
                alex = Person(box, ALEX)
                await walk(alex)
                (tmp_path / "runbooks" / "told.md").write_text(f"# Told\n\n## {token}\n- Run on: {token}\n")
                await alex.sees("There is a mistake in a runbook", "[secret]")
                assert "[secret]" in await alex.types(f"/lab run {token} atlas")
                bot.process.terminate()
                ended = await bot.ends()
        files = [box.workspace.files.content(*name) for name in kept_files(alex)]
        assert any(b"[secret]" in (file or b"") for file in files), "the long output came as a file"
    assert all(token.encode() not in (file or b"") for file in files)
    for secret in (token, box.app_token, PASSWORD):
        assert not tap.leaks(secret)
        assert secret not in ended.out + ended.err
        for file in (tmp_path / "data").iterdir():
            assert secret.encode() not in file.read_bytes(), file


async def walk(alex: Person) -> None:
    """Through all four steps."""
    await alex.types("/lab run blab")
    await alex.press("Run", on="In two pieces")
    await alex.sees("Output of step 1", "[secret]")
    await alex.press("Run", on="In a file")
    await alex.sees("Output of step 2")
    await alex.press("Run", on="In a list")
    await alex.press("Choose", on="In a list")
    await alex.fills("Choose", which="[secret]")
    await alex.press("Run", on="In a failure")
    await alex.sees("Step 4 of 4", "failed", "exit status 3: [secret]")


def kept_files(alex: Person) -> list[tuple[str, ...]]:
    """Where the files of the channel are kept."""
    files = [file for message in alex.everything() for file in message.get("files", [])]
    return [tuple(file["url_private"].split("/")[-3:-1]) for file in files]
