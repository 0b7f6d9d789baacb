"""The checks that things have without saying so in lab.yaml."""

from bot.config.values import Host

HOST_PROBE = "host"
"""The probe that looks into a host over SSH."""


def looks_inside(host: Host) -> bool:
    """Whether a host is looked into without saying: it has `ssh`, and no check of its own that does the same."""
    return host.ssh is not None and all(check.probe != HOST_PROBE for check in host.checks.values())
