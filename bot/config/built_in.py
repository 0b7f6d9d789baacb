"""What lab.yaml's checks are good for, and which there are without saying."""

from bot.config.values import Check, Host

HOST_PROBE = "host"
"""The probe that looks into a host over SSH."""


SSH_PORT = 22
"""A connection there proves nothing: an initramfs that waits for a passphrase accepts one, too."""


def can_prove(check: Check) -> bool:
    """Whether its passing shows that its target's own system is up."""
    return check.probe != "tcp" or check.params.port != SSH_PORT


def looks_inside(host: Host) -> bool:
    """Whether a host is looked into without saying: it has `ssh`, and no check of its own that does the same."""
    return host.ssh is not None and all(check.probe != HOST_PROBE for check in host.checks.values())
