"""A host looked at from inside, over the SSH that lab.yaml configures: its latest boot, its root file system.

One fixed script reads and changes nothing; no value from outside goes into it. What a host tells is judged in
core/incidents/host_report.py. A bot that is refused says nothing of the machine: that is the watcher's trouble.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from bot.config import Check, Host, Service
from bot.config.built_in import HOST_PROBE, looks_inside
from bot.core.facts import PROVEN_AT
from bot.core.health import INSIDE, ROOT, Evidence, Fingerprint, Health, Kind, Observation
from bot.core.incidents.host_report import (
    Finding,
    Found,
    HostReport,
    NoReport,
    judge,
    of_boot,
    other_system,
    read_report,
    start_of,
)
from bot.probes import Parts, ProbeType, Watched
from bot.probes.ssh import Watcher
from bot.reach import Finished, Refusal, Refused, Script, Unreachable
from bot.reach.ssh_answer import Answer, SshAnswer

SCRIPT: Final = """
say() { printf '%s\\n' "$*"; }
system=$(uname -s)
say system "$system"
[ "$system" = Linux ] || exit 0
proc=${HOST_PROC:-/proc} sys=${HOST_SYS:-/sys} etc=${HOST_ETC:-/etc}
say boot_id "$(cat "$proc/sys/kernel/random/boot_id")"
read -r uptime _ <"$proc/uptime"
say uptime "$uptime"
say clock "$(date +%s)"
root= device=
while read -r _ _ number _ place options rest; do
    case $place in /) device=$number root="$options ${rest#*- }" ;; esac
done <"$proc/self/mountinfo"
set -f
started() {
    [ -r "$proc/$2/stat" ] && read -r stat <"$proc/$2/stat" || return 0
    word=$1
    set -- ${stat##*) }
    say "$word" "${20}"
}
started init 1
started look self
set -- $root
say root "$1" "$2" "$4"
name=$(readlink "$sys/dev/block/$device" || :)
count=$sys/fs/ext4/${name##*/}/errors_count
[ ! -r "$count" ] || say errors "$(cat "$count")"
[ ! -r "$etc/fstab" ] || while read -r source place _ options _; do
    case "$source $place" in '#'*) ;; *' /') say fstab "$options" ;; esac
done <"$etc/fstab"
[ ! -e "$etc/initrd-release" ] && [ ! -e "${HOST_ROOT:-}/scripts/functions" ] || say initramfs
"""
"""HOST_PROC and its like: where a container that is logged in to has its host's, as other monitors know them."""

LIMIT: Final = timedelta(seconds=5)  # for the script, once it has begun
ANSWER: Final = timedelta(seconds=5)  # for each step of finding out what answers instead
PROMPT: Final = timedelta(seconds=3)
"""A look that is not over by then may never be: what else answers at its port is asked meanwhile."""
SETTLED: Final = 3
"""So many answers in a row, and it is the next silence that begins a new trouble."""
REFUSED_LOGINS: Final = 2
"""So many, and the bot tries again only after `PAUSE`: programs such as fail2ban lock out who is refused often."""
PAUSE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Params:
    """The keys of a `host` check in lab.yaml."""

    timeout: timedelta = field(
        default=timedelta(seconds=10),
        metadata={"help": "How long a look may take.", "least": timedelta(milliseconds=10)},
    )


class HostProbe:
    """Looks into one host over the SSH connection that is kept to it."""

    def __init__(self, watched: Watched, params: Params, parts: Parts) -> None:
        self._host = watched.target.name
        self._timeout = params.timeout
        self._parts = parts
        self._watcher = Watcher(watched, parts)
        self._door = parts.ssh.door(watched.target, watched.address)
        remembered = dict(parts.remembered(self._watcher.fingerprint))
        remembered.pop(PROVEN_AT, None)  # of its name, and nothing that it has told
        self._story = Story(remembered, parts.zone)
        self._twins = parts.ssh.twins
        self._twins.watch(self._host, self._door, start_of(remembered.get("boot_id", "")))
        self._refusals = 0
        self._answer: SshAnswer | None = None  # what answers at its port, asked while it was looked at
        self._refused: tuple[datetime, Sequence[Observation]] | None = None

    async def look(self) -> Sequence[Observation]:
        """What it tells of itself. Only silence is FAIL for that alone: nothing answers at its SSH port."""
        seen = await self._look()
        self._twins.looked(self._host)
        root = Fingerprint(ROOT, self._watcher.fingerprint.target)
        if not self._story.knows_root or any(one.fingerprint == root for one in seen):
            return seen
        why = "could not look inside"  # what was seen of it before is not so for ever
        return [*seen, Observation(root, Health.UNKNOWN, self._parts.now(), why)]

    async def _look(self) -> Sequence[Observation]:
        if self._refused is not None and self._parts.now() - self._refused[0] < PAUSE:
            return [replace(seen, at=self._parts.now()) for seen in self._refused[1]]
        self._answer = None
        try:
            told = await self._told()
        except Refused as why:
            seen = await self._not_let_in(why)
        except (Unreachable, TimeoutError) as why:
            seen = await self._not_reached(why)
        else:
            self._refusals, self._refused = 0, None
            return await self._judged(told)
        self._story.interrupted()
        return seen

    async def _told(self) -> Finished:
        """Its report. Raises Unreachable once nothing answers at its port, and TimeoutError."""
        looking = self._parts.ssh.to_host(self._host).run(Script("sh", SCRIPT), values={}, limit=LIMIT)
        async with asyncio.timeout(self._timeout.total_seconds()):
            telling = asyncio.create_task(looking)
            try:
                await asyncio.wait({telling}, timeout=PROMPT.total_seconds())
                if not telling.done() and await self._is_silent(telling):
                    raise Unreachable(f"cannot reach {self._host}: because nothing answers")
                return await telling
            finally:
                telling.cancel()
                await asyncio.gather(telling, return_exceptions=True)

    async def _is_silent(self, telling: asyncio.Task[Finished]) -> bool:
        """Whether nothing answers at its port, while it is being looked at."""
        asking = asyncio.ensure_future(self._parts.ssh.proof(self._door, min(self._timeout, ANSWER)))
        try:
            await asyncio.wait({telling, asking}, return_when=asyncio.FIRST_COMPLETED)
            self._answer = asking.result() if asking.done() else None
            nothing = self._answer is not None and self._answer.answer in {Answer.SILENT, Answer.REFUSED}
            return nothing and not telling.done()
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def _judged(self, told: Finished) -> Sequence[Observation]:
        """What its report comes to: its own system first, then its root file system."""
        other = other_system(told.output)
        if other is not None:
            return self._watcher.saw(Health.OK, f"its own system answers: {other}, of which no more is read")
        try:
            report = read_report(told.output)
        except NoReport as why:
            return self._watcher.saw(Health.UNKNOWN, f"it answers over SSH, but {why}")
        if doubt := await self._twins.told(self._host, report.started):
            self._story.interrupted()
            return self._doubted(doubt)
        finding, anew = self._story.told(report, self._parts.now())
        up, root = finding.up, finding.root
        seen, watching = self._watcher.saw(up.health, f"its own system answers: {up.why}", up.kind)
        facts = {**finding.facts, "booted": report.booted(self._parts.now()).isoformat()}
        facts |= {"started": "now"} if anew else {}
        evidence = Evidence.INSIDE if finding.proves else Evidence.NONE
        found = [replace(seen, facts=facts, evidence=evidence), replace(watching, health=Health.OK)]
        return found if root is None else [found[0], self._root(root), found[1]]

    def _doubted(self, doubt: SshAnswer) -> Sequence[Observation]:
        """What has told all that may be another host."""
        if doubt.is_ours:
            return self._watcher.refused(doubt.why, doubt.mend, doubt.answer)
        return self._watcher.saw(Health.UNKNOWN, doubt.why)

    def _root(self, found: Found) -> Observation:
        """What is told of its root file system is so: no second look is needed to believe it."""
        check = Fingerprint(ROOT, self._watcher.fingerprint.target)
        return Observation(check, found.health, self._parts.now(), found.why, found.kind, stated=True)

    async def _not_let_in(self, why: Refused) -> Sequence[Observation]:
        """The bot is refused. Whoever shows another key may be another system: what it is called tells more."""
        if why.refusal in (Refusal.HOST_KEY_CHANGED, Refusal.HOST_KEY_UNKNOWN):
            answer = await self._parts.ssh.proof(self._door, min(self._timeout, ANSWER))
            if answer.is_ours:
                return self._watcher.refused(answer.why, answer.mend, why.refusal.name.lower())
        words = _WHY.get(why.refusal, "{why}").format(name=self._host, why=why)
        mend = _MEND[why.refusal].format(name=self._host)
        seen = self._watcher.refused(words, mend, why.refusal.name.lower())
        self._refusals += 1
        if why.refusal is Refusal.KEY and self._refusals >= REFUSED_LOGINS:
            self._refused = self._parts.now(), seen
        return seen

    async def _not_reached(self, why: Exception) -> Sequence[Observation]:
        """It was not reached, or lost on the way: what answers instead."""
        answer = self._answer or await self._parts.ssh.proof(self._door, min(self._timeout, ANSWER))
        match answer.answer:
            case Answer.SILENT:
                return self._watcher.saw(Health.FAIL, answer.why, Kind.HOST_DOWN, answer.shows)
            case Answer.CANNOT_LOOK:
                return self._watcher.saw(Health.UNKNOWN, answer.why)
            case Answer.KNOWN_KEY:
                seconds = self._timeout.total_seconds()
                return self._watcher.saw(Health.UNKNOWN, str(why) or f"its look took longer than {seconds:g} s")
        mend = answer.mend or _MEND[Refusal.SSH].format(name=self._host)
        what = answer.answer if answer.answer in {Answer.STALLED, Answer.REFUSED} else Refusal.SSH.name.lower()
        return self._watcher.refused(answer.why, mend, what)

    async def close(self) -> None:
        """The connection is not this probe's own."""


def built_in(thing: Host | Service) -> Mapping[str, Check]:
    """The look into a host that it has without saying so in lab.yaml, by its check's name."""
    looked_into = isinstance(thing, Host) and looks_inside(thing)
    return {INSIDE: Check(INSIDE, HOST_PROBE, Params())} if looked_into else {}


class Story:
    """What is known of a host's boots: before the trouble, if there is one, and now.

    `before`: the facts remembered from before the bot's own start; `zone`: in which people are told times.
    """

    def __init__(self, before: Mapping[str, str], zone: tzinfo = UTC) -> None:
        self._before = before
        self._zone = zone
        self._last: Mapping[str, str] = {}
        self._answers = 0
        self._doubted = bool(before)
        self._uptime: timedelta | None = None  # as it told last

    @property
    def knows_root(self) -> bool:
        """Whether it has ever told how its root file system is."""
        return "boot_id" in self._before or "boot_id" in self._last

    def told(self, report: HostReport, now: datetime) -> tuple[Finding, bool]:
        """What a report comes to, and whether the host has booted since its last one."""
        last = self._last.get("boot_id", self._before.get("boot_id"))
        report = of_boot(report, last, self._uptime, now)
        self._uptime = report.uptime
        anew = last not in (None, report.boot_id)
        if anew and (self._answers or not self._before):
            self._before = self._last
        finding = judge(report, {**self._last, **self._before}, now, doubted=self._doubted, zone=self._zone)
        self._last = {**self._last, **finding.facts}
        self._answers += 1
        return finding, anew

    def interrupted(self) -> None:
        """It did not answer."""
        if self._answers >= SETTLED:
            self._before = self._last
        self._answers, self._doubted = 0, True


_WHY: Final = {
    Refusal.KEY: "{name} refuses the bot's key",
    Refusal.HOST_KEY_CHANGED: "the host key of {name} has changed",
    Refusal.HOST_KEY_UNKNOWN: "the host key of {name} is not known here",
    Refusal.SSH: "{name} answers, but its SSH server does not let the bot in ({why})",
    Refusal.SHELL: "{name} lets the bot in, but no POSIX shell answers ({why})",
}
_MEND: Final = {
    Refusal.KEY: "Add the bot's public key to the account's authorized_keys on {name}, or correct hosts.{name}.ssh"
    " in lab.yaml.",
    Refusal.HOST_KEY_CHANGED: "Compare its key with the one on {name}'s own console.",
    Refusal.HOST_KEY_UNKNOWN: "As the bot's own user, log in once by hand, and compare the key it asks about with"
    " the one on {name}'s own console.",
    Refusal.SSH: "Look at the SSH server's log on {name}: “journalctl -u ssh”.",
    Refusal.SHELL: "Give the account on {name} a POSIX shell and no forced command, or take hosts.{name}.ssh out"
    " of lab.yaml.",
    Refusal.OURS: "Correct hosts.{name}.ssh in lab.yaml, or put the file there.",
    Refusal.OTHER: "Try it by hand, as the bot's own user.",
}

PROBE = ProbeType(Params, HostProbe)
