"""`doctor`: what the bot still lacks before it can run, each finding with what mends it. It changes nothing."""

import argparse
import asyncio
import errno
import os
import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryFile

from bot.clock import Clock
from bot.config import Check, Config, ConfigError, Host, absent_files, doubts_of, load, load_secrets
from bot.core.guest import GuestEvent, GuestInfo
from bot.core.health import CheckName, Health, Kind, Observation, Target, TargetKind, target_id
from bot.core.incidents.blind_spots import Lack
from bot.core.one_machine import MEND, words
from bot.hypervisor import CannotWatch, GuestRefused, Hypervisor, HypervisorUnreachable
from bot.monitoring.targets import guest_target
from bot.probes import Parts, SshWays, Watched, discover
from bot.reach import Refusal, Refused, Script, Unreachable
from bot.reach.ssh_answer import Door, of_other_key
from bot.rounds import addresses, blind_spots
from bot.rounds.checks import checks_of, upses_of
from bot.rounds.found_at import FoundAt
from bot.rounds.guest_ssh import GuestSsh
from bot.slack import Slack
from bot.slack_errors import SlackError
from bot.slack_exam import SlackExam, examine
from bot.terminal import counted, outward
from bot.terminal.inventory import whole_inventory
from bot.terminal.one_machine import doubled
from bot.terminal.spots import mend, strangers, told
from bot.terminal.waiting import Tally, telling
from bot.vocabulary import library_of, probe_params
from bot.ways import Ways, hypervisors_of

PATIENCE = timedelta(seconds=10)
MAKE_KNOWN = "log in to each once by hand as the bot's own user, or name the file: hosts.NAME.ssh.known_hosts"
ROOM = 4 << 20  # bytes; less is soon full: of the database, its log, and a picture on its way
_FILLING = os.urandom(1 << 16)
_ROOM_MENDS = dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "make room there, or set `data` to where there is some")
CREATE_THE_APP = "see 'Create the Slack app' in the README"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `mend`: what to do about it, None if it is well.

    `note`: nothing is missing, but it is good to know.
    """

    what: str
    mend: str | None = None
    note: bool = False


def doctor(options: argparse.Namespace) -> int:
    """Say what is missing before the bot can run, and how to mend it; 1 if anything is."""
    config = load(options.config, probes=probe_params())
    findings = asyncio.run(diagnose(config, post=options.post, send_test=options.send_test))
    for one in findings:
        print(f"{'ok     ' if one.mend is None else 'note   ' if one.note else 'MISSING'}  {one.what}")
        if one.mend is not None:
            print(f"         → {one.mend}")
    return 1 if any(one.mend and not one.note for one in findings) else 0


async def diagnose(config: Config, *, post: bool, send_test: bool = False) -> list[Finding]:
    """Look at Slack, hypervisors, SSH, UPSes, checks, runbooks and the data folder at once; told in that order."""
    tally = Tally()
    async with AsyncExitStack() as opened:
        hypervisors = hypervisors_of(config, _deaf)
        for hypervisor in hypervisors.values():
            opened.push_async_callback(hypervisor.close)
        ways = Ways(config)
        opened.push_async_callback(ways.close)
        looks = [_of_slack(config, post=post), _of_outward(config, send_test=send_test)]
        looks += [_of_hypervisor(config.hosts[name], one) for name, one in hypervisors.items()]
        looks += [_of_ssh(host, ways) for host in config.hosts.values() if host.ssh]
        parts = _parts(config, {}, ways)
        looks += [_of_ups(watched, check, parts) for watched, check in upses_of(config)]
        looks += [_of_check(watched, check, parts) for watched, check in _knocks(config)]
        async with telling(lambda: tally):
            found = await asyncio.gather(*map(tally.count, looks))
            twice = await doubled(hypervisors)
            found.append([Finding(words(first, name), MEND) for name, first in twice.items()])
            once = {name: one for name, one in hypervisors.items() if name not in twice}
            found.append(await tally.count(_of_proof(config, once, ways)))
    doubts = doubts_of(config, ways.names.known)
    said = [Finding(line, "correct that line, or add what it lacks") for line in doubts]
    said += [Finding(line, "correct the path, or put the file there") for line in absent_files(config)]
    said = said or [Finding(f"{config.path} is in order")]
    return [*said, *(one for findings in found for one in findings), *_of_runbooks(config), _of_data(config)]


async def _of_slack(config: Config, *, post: bool) -> Sequence[Finding]:
    try:
        secrets = load_secrets(os.environ)
    except ConfigError as mistake:
        lines = str(mistake).splitlines()
        return [Finding(line, CREATE_THE_APP if "SLACK" in line else outward.SECTION) for line in lines]
    found = [Finding("the tokens are kept from others", warning) for warning in secrets.warnings]
    async with Slack(bot_token=secrets.bot_token, app_token=secrets.app_token, api_url=secrets.api_url) as slack:
        try:
            exam = await examine(slack, config.slack.channel)
            found += _of_exam(exam, config.slack.channel)
            if post:
                found.append(await _post(slack, exam, config.slack.channel))
        except SlackError as why:
            found.append(
                Finding(str(why), f"if it is the token, {CREATE_THE_APP}; else look at this machine's network")
            )
    return found


async def _of_outward(config: Config, *, send_test: bool) -> Sequence[Finding]:
    return [Finding(*said) for said in await outward.outward(config, send_test=send_test)]


async def _post(slack: Slack, exam: SlackExam, channel: str) -> Finding:
    if exam.channel is None or not exam.in_channel:
        return Finding("a test message can't be posted", f"see #{channel} above")
    await slack.post(exam.channel, "A test message from `caretaker doctor`: I can speak here.", [], key="doctor")
    return Finding(f"a test message was posted to #{channel}")


def _of_exam(exam: SlackExam, channel: str) -> Iterator[Finding]:
    yield Finding(f"the bot token opens the workspace '{exam.team}'")
    if exam.missing:
        mend = "paste what `./caretaker manifest` prints as the app's manifest, then reinstall the app"
        yield Finding(f"the bot token lacks: {', '.join(exam.missing)}", mend)
    if exam.channel is None:
        mend = "create it, or correct slack.channel; if it is private, invite the bot: /invite @Caretaker"
        yield Finding(f"the bot sees no channel #{channel}", mend)
    elif not exam.in_channel:
        yield Finding(f"the bot is not in #{channel}", f"in Slack, write in #{channel}: /invite @Caretaker")
    else:
        yield Finding(f"the bot is in #{channel}")
    if exam.app_token is None:
        yield Finding("the app token opens Socket Mode")
    else:
        mend = "generate one with connections:write under Basic Information, App-Level Tokens"
        yield Finding(f"the app token is refused: {exam.app_token}", mend)


async def _of_hypervisor(host: Host, hypervisor: Hypervisor) -> Sequence[Finding]:
    by_hand = f"Try it by hand, as the bot's own user: virsh -c '{host.hypervisor}' list"
    try:
        guests = await hypervisor.states()
    except CannotWatch as why:
        return [Finding(str(why), f"{why.mend} {by_hand}")]
    except HypervisorUnreachable as why:
        return [Finding(str(why), by_hand)]
    return [Finding(f"libvirt on {host.name} answers: {counted(len(guests), 'guest')}")]


async def _of_proof(config: Config, hypervisors: Mapping[str, Hypervisor], ways: Ways) -> Sequence[Finding]:
    """What could not be proven well. No guest is looked into."""
    made: dict[Target, GuestInfo] = {}
    all_told = True
    for host, hypervisor in hypervisors.items():
        try:
            made |= {guest_target(config, host, info): info for info in await whole_inventory(hypervisor)}
        except (HypervisorUnreachable, GuestRefused):
            all_told = False  # why is said already
    await addresses.learn(ways.names, config)
    keys = list(_of_known_hosts(config, ways))
    found = FoundAt(hypervisors, ways.names, lambda: made)
    ssh = GuestSsh(config, _parts(config, hypervisors, ways), found)
    spots = await blind_spots.find(config, made, {}, ssh, all_told=all_told)
    keys += [Finding(what, how, note=True) for what, how in await strangers(made, ssh)]
    minded = [spot for spot in spots if spot.lack is not Lack.IDLE]  # of what is idle its line says so
    said = [Finding(line, mend(spot, config), note=spot.note) for spot in minded for line in told(spot, config)]
    return [*keys, *said]


def _parts(config: Config, hypervisors: Mapping[str, Hypervisor], ways: Ways) -> Parts:
    by_ssh = SshWays(ways.to_host, ways.door, ways.knows, ways.ssh_proof)
    return Parts(Clock().now, hypervisors, ways.read_end, ways.names, by_ssh, zone=config.zone)


def _of_known_hosts(config: Config, ways: Ways) -> Iterator[Finding]:
    """Where the host keys stand that a machine, and a hypervisor's guests, are known by."""
    files: dict[Path, list[str]] = defaultdict(list)
    for host in config.hosts.values():
        if host.ssh or host.hypervisor:
            file = ways.door(Target(target_id(TargetKind.HOST, host.name)), host.address).known_hosts
            files[file].append(f"{host.name}{' and its guests' if host.hypervisor else ''}")
    for file, whose in files.items():
        what = f"host keys of {', '.join(whose)} are looked for in {file}"
        there = os.access(file, os.R_OK)
        yield Finding(what if there else f"{what}, which can't be read", None if there else MAKE_KNOWN, note=True)


async def _of_ssh(host: Host, ways: Ways) -> Sequence[Finding]:
    door = ways.door(Target(target_id(TargetKind.HOST, host.name)), host.address)
    try:
        await ways.to_host(host.name).run(Script("sh", "true"), values={}, limit=PATIENCE)
    except (Unreachable, Refused) as why:
        return [Finding(str(why), _mend_of_ssh(host, door, why))]
    return [Finding(f"SSH to {host.name} works")]


def _mend_of_ssh(host: Host, door: Door, why: Unreachable | Refused) -> str:
    if isinstance(why, Refused) and why.refusal is Refusal.HOST_KEY_CHANGED:
        return of_other_key(door)
    return f"try it by hand; that also asks whether to trust the host: {_by_hand(host)}"


def _by_hand(host: Host) -> str:
    """What a person types to log in as the bot does."""
    assert host.ssh is not None, "asked only for hosts that have it"
    key = ["-i", str(host.ssh.key)] if host.ssh.key else []
    known = ["-o", f"UserKnownHostsFile={host.ssh.known_hosts}"] if host.ssh.known_hosts else []
    return shlex.join(["ssh", *key, *known, "-p", str(host.ssh.port), f"{host.ssh.user}@{host.address}", "true"])


async def _of_ups(watched: Watched, check: Check, parts: Parts) -> Sequence[Finding]:
    """Whether upsd speaks for it."""
    seen = await _look(watched, check, parts)
    name, where = watched.target.name, f"{watched.address}:{getattr(check.params, 'port', '')}"
    if seen.kind is Kind.UPS_UNREACHABLE:
        mend = f"correct `address`, `port` or `ups` of ups.{name}: `upsc -l {where}` lists what is there"
        return [Finding(seen.why, mend)]
    return [Finding(f"the UPS {name} answers: {seen.why}")]


def _knocks(config: Config) -> Iterator[tuple[Watched, Check]]:
    """The checks of lab.yaml that knock somewhere, each with what it looks at; a guest by its name."""
    guests = (
        (Watched(CheckName(check.name), Target(target_id(TargetKind.GUEST, guest.name)), guest.address), check)
        for guest in config.guests.values()
        for check in guest.checks.values()
    )
    yield from (one for one in (*checks_of(config), *guests) if one[1].probe in ("tcp", "ssh"))


async def _of_check(watched: Watched, check: Check, parts: Parts) -> Sequence[Finding]:
    """Whether anything answers where it looks. A guest may be off, and what can't be looked at says nothing."""
    seen, kind = await _look(watched, check, parts), watched.target.kind
    where = f"{kind}s.{watched.target.name}.checks.{check.name}"
    if seen.health is Health.OK:
        return [Finding(f"{where}: {seen.why}")]
    mend = f"start what should answer there, or correct {where}"
    return [Finding(f"{where}: {seen.why}", mend, note=kind is TargetKind.GUEST or seen.health is Health.UNKNOWN)]


async def _look(watched: Watched, check: Check, parts: Parts) -> Observation:
    probe = discover()[check.probe].make(watched, check.params, parts)
    try:
        (seen, *_) = await probe.look()
    finally:
        await probe.close()
    return seen


def _of_runbooks(config: Config) -> Iterator[Finding]:
    library = library_of(config)
    broken = library.refresh().broken
    yield from (Finding(line, "correct that line; see docs/runbooks.md") for one in broken for line in one.lines)
    good = len(library.all())
    yield Finding(f"{counted(good, 'runbook')} {'is' if good == 1 else 'are'} in order")


def _of_data(config: Config) -> Finding:
    folder = config.data
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as why:
        return Finding(f"cannot make the data folder {folder}: because {why.strerror}", "make it, or set `data`")
    try:
        with TemporaryFile(dir=folder) as trial:
            for _ in range(ROOM // len(_FILLING)):  # an empty file takes no room, and the same byte over little
                trial.write(_FILLING)
            trial.flush()
            os.fsync(trial)
        left = os.statvfs(folder)
    except OSError as why:
        what = f"the data folder {folder} can't be written: {ROOM >> 20} MB could not be put there, because"
        mend = _ROOM_MENDS.get(why.errno or 0, "change its owner, or set `data`")
        return Finding(f"{what} {why.strerror}", mend)
    room = left.f_bavail * left.f_frsize
    return Finding(f"the data folder {folder} can be written; {_size(room)} are free there")


def _size(room: int) -> str:
    return f"{room / 2**30:.0f} GB" if room >= 10 * 2**30 else f"{room >> 20} MB"


def _deaf(_event: GuestEvent) -> None:
    """Who looks once hears no events."""
