"""How much of one machine's console log is of its present boot, as far as the bot has followed it.

What was read last has to stand there still, at its place. If it does not, and stands in the file that was rotated
away, the log goes on from there. Else it was begun anew, or put back from a backup: then nothing in it is known to
be of the present boot but what is appended from then on. It may take proof back, and gives none.
"""

from dataclasses import dataclass, replace

from bot.core.incidents.boot_screen import LAST, LINES
from bot.core.incidents.console_log import BootRecord, LogEnd, Mark


@dataclass(frozen=True, slots=True)
class BootLog:
    """What is known of a console's log.

    `mark`: what it says after it is of the present boot, or, while the machine is off, of the next one; None until
    it was made. `before`: what it says before it is of an earlier boot; None where that can't be told.
    `quiet`: the machine was off at `before`; `settled`: it was off or up, so that no boot began between that and
    the start. `end`: where the log ended when it was read last. `unwatched`: nobody watched it until it ended
    there; a reset leaves the machine's process and its log as they are. `shell`: where it ended when the machine
    was last seen to stand where its boot failed, perhaps with someone at a shell there. `led`: the end of the file
    that was rotated away, which this one goes on from.
    """

    mark: Mark | None = None
    before: Mark | None = None
    quiet: bool = False
    settled: bool = False
    end: Mark | None = None
    unwatched: Mark | None = None
    shell: Mark | None = None
    led: bytes = b""

    @property
    def known(self) -> Mark | None:
        """Up to where it is known: all of that is surely of what was, once something else begins."""
        return self.end or self.mark or self.before

    def present(self, log: LogEnd) -> str:
        """What was written since the latest start, or else since an earlier one; "" where neither is known."""
        marks = [mark for mark in (self.mark, self.before) if mark is not None]
        return next((text for mark in marks if (text := log.since(mark))), "")

    def is_another(self, log: LogEnd) -> bool:
        """Whether a log is not the one that was followed so far."""
        return self.known is not None and log.since(self.known) is None

    def joined(self, log: LogEnd) -> LogEnd:
        """A log that goes on from a file that was rotated away, as if both were one."""
        return log.behind(self.led, LAST)

    def rotated(self, older: LogEnd | None) -> "BootLog":
        """It goes on in another file. `older`: the one that was rotated away; None where that can't be read."""
        if older is None or self.is_another(older):
            return replace(self, led=b"")

        def moved(mark: Mark | None) -> Mark | None:
            return mark and Mark(mark.size - older.size, mark.tail)

        marks = replace(self, mark=moved(self.mark), before=moved(self.before), end=moved(self.end))
        marks = replace(marks, unwatched=moved(self.unwatched), shell=moved(self.shell))
        return replace(marks, led=self.joined(older).last)

    def ended(self, *, up: bool) -> "BootLog":
        """Its machine is off. `up`: it had come up."""
        return BootLog(before=self.known, settled=up, led=self.led)

    def lost(self, *, decided: bool) -> "BootLog":
        """Nobody watches its machine. `decided`: that stood still at its boot, and may do so on."""
        kept = BootLog(before=self.before, shell=self.shell) if decided else BootLog(before=self.known)
        return replace(kept, led=self.led)

    def anew(self, *, off: bool, up: bool) -> "BootLog":
        """Its machine started. `off`, `up`: it was so before that."""
        quiet = off and self.mark is not None
        settled = quiet or up or (off and self.settled)
        return BootLog(before=self.known, quiet=quiet, settled=settled, led=self.led)

    def marked(self, log: LogEnd, *, truncated: bool) -> "BootLog":
        """With a mark in it. `truncated`: its host begins it anew at each start."""
        if self.mark is not None:
            return self
        if not self.is_another(log):
            return replace(self, mark=self.before if self.quiet else self.end or log.mark)
        anew = truncated and self.quiet
        return BootLog(log.mark, Mark() if anew else None, settled=anew)

    def resumed(self, record: BootRecord, log: LogEnd) -> "BootLog":
        """With the mark that is on record."""
        return replace(self, mark=record.mark, unwatched=log.mark)

    def read_to(self, log: LogEnd) -> "BootLog":
        """It was read. Another one is marked anew at its end: of what stands before that, no age is known."""
        here = log.mark
        if not self.is_another(log):
            still = self.unwatched is not None and not (log.since(self.unwatched) or "").strip()
            return replace(self, end=here, unwatched=self.unwatched if still else None)
        return BootLog(end=here) if self.mark is None else BootLog(here, end=here)

    def shows(self, log: LogEnd, *, shell: bool) -> "BootLog":
        """It was seen where its machine stands. `shell`: where someone may be at one."""
        return replace(self, shell=log.mark if shell else None)

    def is_followed(self, log: LogEnd) -> bool:
        """Whether all that was written since there may have been a shell can be read, and what led to that."""
        since = "" if self.shell is None else log.since(self.shell)
        return since is not None and len(since) <= LAST // 2 and since.count("\n") <= LINES // 2
