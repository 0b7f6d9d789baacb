"""Looks of one probe by a process of its own, in whatever network that was started: prints what it saw last."""

import asyncio
import json
import sys
import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncssh

from bot.config import Host
from bot.config.values import Ssh
from bot.probes import Parts, Watched, ssh, tcp
from bot.probes.host import HostProbe
from bot.probes.host import Params as HostParams
from tests.probes.parts import by_ssh, watched
from tests.probes.parts import parts as unknown


def probe_of(kind: str, what: Watched, port: int, patience: timedelta, parts: Parts):
    """A probe of that kind that looks there."""
    match kind:
        case "tcp":
            return tcp.TcpProbe(what, tcp.Params(port, timeout=patience), unknown())
        case "ssh":
            return ssh.SshProbe(what, ssh.Params(port, timeout=patience), parts)
    return HostProbe(what, HostParams(patience), parts)


async def main(address: str, port: str, seconds: str, looks: str, kind: str) -> None:
    what, patience = watched("host:atlas", address), timedelta(seconds=float(seconds))
    with TemporaryDirectory() as folder:
        key = Path(folder, "key")
        asyncssh.generate_private_key("ssh-ed25519").write_private_key(key)
        host = Host("atlas", address, ssh=Ssh(port=int(port), key=key, known_hosts=Path("/dev/null")))
        async with by_ssh(host) as parts:
            await looked(probe_of(kind, what, int(port), patience, parts), int(looks))


async def looked(probe, looks: int) -> None:
    """Look that often, and tell."""
    began = time.monotonic()
    for _ in range(looks):
        seen, *watching = await probe.look()
    told = {"health": seen.health, "evidence": seen.evidence, "why": seen.why, "kind": seen.kind}
    told |= {"watching": [one.kind for one in watching], "seconds": time.monotonic() - began}
    print(json.dumps(told))


asyncio.run(main(*sys.argv[1:]))
