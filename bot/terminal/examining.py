"""`check` and `doctor`: what looks once. `check` probes the lab; `doctor` asks what the bot itself still lacks."""

import argparse
import asyncio
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from bot.app import folders, knowledge, probe_params
from bot.clock import Clock
from bot.config import Config, ConfigError, Host, load, load_secrets
from bot.core.health import CheckName, Health, Observation, Target, TargetKind, target_id
from bot.core.jobs import Place, PlaceKind
from bot.hypervisor import Hypervisor, HypervisorUnreachable
from bot.library import Library
from bot.probes import Parts, discover
from bot.probes.hypervisor import HypervisorProbe
from bot.reach import Refused, Script, Unreachable
from bot.rounds import checks_of
from bot.sightings import guest_target
from bot.slack import Slack
from bot.slack_errors import SlackError
from bot.slack_exam import SlackExam, examine
from bot.ways import Ways

MARKS = {Health.OK: "ok", Health.FAIL: "FAIL", Health.UNKNOWN: "unknown"}
PATIENCE = timedelta(seconds=10)


def check(options: argparse.Namespace) -> int:
    """Probe everything once and print a table; 1 if anything fails."""
    config = load(options.config, probes=probe_params())
    seen = asyncio.run(look_once(config))
    width = max((len(one.target) for one in seen), default=0)
    for one in sorted(seen, key=lambda o: (o.health is Health.OK, o.target)):
        print(f"{MARKS[one.health]:<8} {one.target:<{width}}  {one.fingerprint.check:<11} {one.why}")
    failing = sum(one.health is Health.FAIL for one in seen)
    print(f"\n{len(seen)} looks: {failing} fail, {sum(one.health is Health.UNKNOWN for one in seen)} unknown")
    return 1 if failing else 0


async def look_once(config: Config) -> list[Observation]:
    """One look of every check, and one at every hypervisor's guests."""
    clock = Clock()
    async with _hypervisors(config) as hypervisors:
        ways = Ways(config, hypervisors.__getitem__)
        parts = Parts(clock.now, hypervisors, ways.read_end)
        made = [discover()[check.probe].make(watched, check.params, parts) for watched, check in checks_of(config)]
        looks = [probe.look() for probe in made]
        looks += [_look_at_guests(config, host, hypervisor, clock) for host, hypervisor in hypervisors.items()]
        seen = [one for found in await asyncio.gather(*looks) for one in found]
        for probe in made:
            await probe.close()
        await ways.close()
        return seen


async def _look_at_guests(config: Config, host: str, hypervisor: Hypervisor, clock: Clock) -> list[Observation]:
    try:
        guests = [guest_target(config, host, info) for info in await hypervisor.guests()]
    except HypervisorUnreachable:
        guests = []
    here = Target(target_id(TargetKind.HOST, host))
    probe = HypervisorProbe(
        here, CheckName("hypervisor"), hypervisor, lambda: {g.id: g for g in guests}, clock.now
    )
    return list(await probe.look())


@asynccontextmanager
async def _hypervisors(config: Config) -> AsyncIterator[dict[str, Hypervisor]]:
    uris = {host.name: host.hypervisor for host in config.hosts.values() if host.hypervisor}
    made = {name: Hypervisor(name, uri, on_event=lambda _: None) for name, uri in uris.items()}
    for hypervisor in made.values():
        await hypervisor.start()
    try:
        yield made
    finally:
        for hypervisor in made.values():
            await hypervisor.close()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing doctor looked at. `mend`: what to do about it, None if it is well."""

    what: str
    mend: str | None = None


def doctor(options: argparse.Namespace) -> int:
    """Say what is missing before the bot can run, and how to mend it; 1 if anything is."""
    config = load(options.config, probes=probe_params())
    findings = asyncio.run(diagnose(config, post=options.post))
    for one in findings:
        print(f"{'ok     ' if one.mend is None else 'MISSING'}  {one.what}")
        if one.mend is not None:
            print(f"         → {one.mend}")
    return 1 if any(one.mend for one in findings) else 0


async def diagnose(config: Config, *, post: bool) -> list[Finding]:
    """Look at Slack, hypervisors, SSH, runbooks and the data folder."""
    findings = [Finding(f"{config.path.name} is in order")]
    findings += await _of_slack(config, post=post)
    async with _hypervisors(config) as hypervisors:
        findings += [await _of_hypervisor(host, one) for host, one in hypervisors.items()]
    ways = Ways(config, hypervisors.__getitem__)
    findings += [await _of_ssh(host, ways) for host in config.hosts.values() if host.ssh]
    await ways.close()
    broken = Library(folders(config), knowledge(config)).refresh().broken
    findings += [Finding("a runbook has a mistake", line) for one in broken for line in one.lines]
    return [*findings, _of_data(config)]


async def _of_slack(config: Config, *, post: bool) -> list[Finding]:
    try:
        secrets = load_secrets(os.environ)
    except ConfigError as mistake:
        return [Finding("the Slack tokens", line) for line in str(mistake).splitlines()]
    found = [Finding("a token's file", warning) for warning in secrets.warnings]
    async with Slack(bot_token=secrets.bot_token, app_token=secrets.app_token, api_url=secrets.api_url) as slack:
        try:
            exam = await examine(slack, config.slack.channel)
            if post and exam.in_channel and exam.channel:
                await slack.post(
                    exam.channel, "A test message from `caretaker doctor`: I can speak here.", [], key="doctor"
                )
                found.append(Finding(f"a test message was posted to #{config.slack.channel}"))
        except SlackError as why:
            return [*found, Finding("Slack", f"{why}; see the README on creating the Slack app")]
    return [*found, *_of_exam(exam, config.slack.channel)]


def _of_exam(exam: SlackExam, channel: str) -> Iterable[Finding]:
    yield Finding(f"the bot token opens the workspace '{exam.team}'")
    if exam.missing:
        yield Finding(
            f"scopes: {', '.join(exam.missing)}", "paste `./caretaker manifest` into the app, then reinstall it"
        )
    if exam.channel is None:
        yield Finding(
            f"the channel #{channel}", "create it, or correct slack.channel; invite the bot if it is private"
        )
    elif not exam.in_channel:
        yield Finding(f"the bot in #{channel}", f"in Slack, write in #{channel}: /invite @Caretaker")
    else:
        yield Finding(f"the bot is in #{channel}")
    if exam.app_token is None:
        yield Finding("the app token opens Socket Mode")
    else:
        yield Finding(f"the app token: {exam.app_token}", "make one with connections:write (Basic Information)")


async def _of_hypervisor(host: str, hypervisor: Hypervisor) -> Finding:
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            guests = await hypervisor.states()
    except (HypervisorUnreachable, TimeoutError) as why:
        return Finding(f"libvirt on {host}", f"{why or 'it does not answer'}; try the same URI with virsh -c")
    return Finding(f"libvirt on {host} answers: {len(guests)} guests")


async def _of_ssh(host: Host, ways: Ways) -> Finding:
    what = f"SSH to {host.name}"
    try:
        reach = ways.to(Place(PlaceKind.HOST, host.name))
        await reach.run(Script("sh", "true"), values={}, limit=PATIENCE)
    except (Unreachable, Refused) as why:
        return Finding(what, f"{why}")
    return Finding(f"{what} works")


def _of_data(config: Config) -> Finding:
    try:
        config.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as why:
        return Finding(f"the data folder {config.data}", f"cannot make it: because {why.strerror}")
    if not os.access(config.data, os.W_OK):
        return Finding(f"the data folder {config.data}", "it cannot be written; change its owner or set data:")
    return Finding(f"the data folder {config.data} can be written")
