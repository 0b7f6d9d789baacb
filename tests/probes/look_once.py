"""One look of a TCP probe by a process of its own, in whatever network that was started: prints what it saw."""

import asyncio
import json
import sys
import time
from datetime import timedelta

from bot.probes.tcp import Params, TcpProbe
from tests.probes.parts import parts, watched


async def main(address: str, port: str, seconds: str, looks: str = "1") -> None:
    probe = TcpProbe(
        watched("host:atlas", address), Params(int(port), timeout=timedelta(seconds=float(seconds))), parts()
    )
    began = time.monotonic()
    for _ in range(int(looks)):
        (seen,) = await probe.look()
    told = {"health": seen.health, "evidence": seen.evidence, "why": seen.why}
    print(json.dumps({**told, "seconds": time.monotonic() - began}))


asyncio.run(main(*sys.argv[1:]))
