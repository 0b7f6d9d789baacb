"""A bot with one run of one script: FOLDER WRITES. It kills itself after so many transactions, or before the one
of a negative number; 0: never.

In a database that is new it starts the run; else it goes on where the last one was. It presses Run, or Retry, when
that is offered, and ends when the run has ended.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from bot import runs
from bot.core.offer import offer
from bot.core.run import Button, Press
from bot.performing import Performer
from bot.reach.local import LocalReach
from bot.store.writer import Writer
from tests.walking import ALEX, clock, house, never, runbook, stored

TEXT = """\
# Mend a guest

## Do it
- Run on: bot

```sh
echo once >>"$disk"
sleep 0.3
echo end
```

**Check**:

```sh
[ -s "$disk" ]
```
"""


class Mortal(Writer):
    """A writer at one of whose writes the power fails."""

    count = mortal = 0

    async def do(self, *args, **more):
        if args[0] is stored:
            return await super().do(*args, **more)
        self.count += 1
        if self.count == -self.mortal:
            os.kill(os.getpid(), signal.SIGKILL)
        done = await super().do(*args, **more)
        if self.count == self.mortal:
            os.kill(os.getpid(), signal.SIGKILL)
        return done


async def live(folder: Path, writes: int) -> None:
    writer, here, text = Mortal(clock), house(folder), runbook(TEXT)
    await writer.open(folder / "caretaker.db")
    writer.mortal = writes
    performer = Performer(writer, here, lambda _run, _place: LocalReach(), {}, lambda _: None, never)
    if not await writer.do(lambda store, _now: store.runs.get(1)):
        values = {"disk": str(folder / "done")}
        performer.perform(await writer.do(runs.start, here, text, values, runs.Aim(None, None), ALEX))
    else:
        await performer.take_up(await writer.do(runs.resume, here, "the bot was off"))
    while not (run := await writer.do(stored)).ended:
        offered = {Button.RUN, Button.RETRY}.intersection(offer(run, text).buttons)
        for button in offered:
            press = Press(button, run.current, run.version, "")
            performer.perform(await writer.do(runs.move, here, run.id, press, ALEX))
        await asyncio.sleep(0.05)
    await performer.close()
    await writer.close()


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), int(sys.argv[2])))
