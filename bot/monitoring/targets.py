"""What there is to watch, as targets: what lab.yaml itself names, and a hypervisor's guests."""

from collections.abc import Iterable

from bot.config import Config, Expect
from bot.core.guest import GuestInfo
from bot.core.health import Proof, Target, TargetId, TargetKind, guest_id, target_id
from bot.monitoring.addresses import looks_far
from bot.monitoring.sight import BOT


def configured(config: Config) -> Iterable[Target]:
    """The targets that lab.yaml itself names: UPSes, hosts, services."""
    for name in config.ups:
        yield Target(target_id(TargetKind.UPS, name))
    for host in config.hosts.values():
        yield Target(
            target_id(TargetKind.HOST, host.name),
            powered_by=target_id(TargetKind.UPS, host.powered_by) if host.powered_by else None,
            behind=_thing(config, host.behind),
            proof=host.proof,
        )
    if config.witnesses.ask and looks_far(config):
        yield BOT
    for service in config.services.values():
        behind = _thing(config, service.behind)
        yield Target(target_id(TargetKind.SERVICE, service.name), behind=behind, proof=service.proof)


def _thing(config: Config, name: str | None) -> TargetId | None:
    """The host or service of that name."""
    return target_id(TargetKind.HOST if name in config.hosts else TargetKind.SERVICE, name) if name else None


def guest_target(config: Config, host: str, info: GuestInfo, was: Target | None = None) -> Target:
    """A hypervisor's guest as a target, by what its hypervisor and lab.yaml say of it.

    `was`: as it was known before. What is not defined where it runs has no autostart, wanted or not, as where it
    has migrated to: there it is wanted as it was.
    """
    said = config.guests.get(info.name)
    said = said if said and said.host in (None, host) else None
    expect = said.expect if said else None
    autostart = info.autostart if info.persistent or was is None else was.wanted
    return Target(
        guest_id(info.uuid),
        name=info.name,
        runs_on=target_id(TargetKind.HOST, host),
        wanted=autostart if expect is None else expect is Expect.RUNNING,
        ephemeral=config.comes_and_goes(info.name),
        proof=said.proof if said else Proof.INSIDE,
    )
