"""What libvirt and ssh say when a connection can't be opened, and what it means: a table with its sources.

ssh and the program at the far end speak English: libvirt sets LC_ALL=C. What no line knows is refused all the
same: only what surely is the machine's silence is called that.
"""

import errno
import os
import re
from collections.abc import Sequence
from typing import Final

import libvirt

from bot.hypervisor.obstacles import Obstacle, What
from bot.hypervisor.way import Way

_LONGEST: Final = 200  # characters of what was told

_SAID: Final[Sequence[tuple[str, What]]] = (
    # OpenSSH 9.2, sshconnect.c: what is known of the host differs, is not there, or is marked as revoked.
    (r"remote host identification has changed", What.HOST_KEY_CHANGED),
    (r"host key for \S+ (has changed|was revoked|is marked as revoked)", What.HOST_KEY_CHANGED),
    (r"host key verification failed", What.HOST_KEY_UNKNOWN),
    # libssh and libssh2 in libvirt: virnetlibsshsession.c, virnetsshsession.c.
    (r"ssh host key verification failed", What.HOST_KEY_CHANGED),
    # OpenSSH, sshconnect2.c and auth.c; the second is sshd's, after MaxAuthTries keys of an agent.
    (r"permission denied \(", What.KEY),
    (r"too many authentication failures", What.KEY),
    (r"rejected by the server|authentication methods are supported by the server", What.KEY),
    # OpenSSH, misc.c and sshconnect.c. "No route" is also what a router says of a host that is gone.
    (r"could not resolve hostname", What.NAME),
    (r"unable to resolve address", What.NAME),  # libvirt, virnetsocket.c
    (r"connect to host .*: network is (unreachable|down)", What.OWN_NETWORK),
    (r"connect to host .*: connection refused", What.REFUSED),
    (r"connect to host .*: (connection timed out|no route to host|host is down)", What.SILENT),
    # OpenSSH, kex.c and packet.c: the port is taken, and what is behind it does not go on.
    (r"timed out during banner exchange|timed out waiting for ssh identification", What.STALLED),
    (r"kex_exchange_identification|unable to negotiate with|bad remote protocol version", What.SSH),
    (r"connection (closed|reset) by (\d|[0-9a-f]*:|unknown|remote host)", What.SSH),
    # The far end: virt-ssh-helper (libvirt, src/remote), OpenBSD's nc, nmap's ncat.
    (r"(virt-ssh-helper|nc|netcat|ncat): .*permission denied", What.PERMISSION),
    (r"(virt-ssh-helper|nc|netcat|ncat): .*(no such file or directory|connection refused)", What.DAEMON),
    (r"setpriv: failed to execute|exec: .*not found", What.OURS),  # of the script in ssh.py: no ssh here
    (r"not found|invalid option|usage: ", What.HELPER),  # the far shell's, or an nc that knows no -U
    (r"account is (currently not available|locked|expired)|nologin", What.SSH),
    # This machine: no ssh (virCommand's own words), or one whose configuration or key file it refuses.
    (r"cannot execute binary|cannot find '\S+' in path", What.OURS),
    (r"bad configuration option|bad owner or permissions|unprotected private key", What.OURS),
    # libvirt, virnettlscontext.c.
    (r"certificate|tls handshake|x509", What.CERTIFICATE),
)
"""What is said (a pattern, of lower case), and what it means; the first that fits."""

_CODES: Final = {
    libvirt.VIR_ERR_AUTH_FAILED: What.PERMISSION,  # virpolkit.c: "access denied by policy"; SASL's
    libvirt.VIR_ERR_AUTH_CANCELLED: What.PERMISSION,
    libvirt.VIR_ERR_AUTH_UNAVAILABLE: What.PERMISSION,  # virpolkit.c: "no polkit agent available"
    libvirt.VIR_ERR_ACCESS_DENIED: What.PERMISSION,  # viraccessmanager.c
    libvirt.VIR_ERR_OPERATION_DENIED: What.PERMISSION,  # a read-only connection
    libvirt.VIR_ERR_GNUTLS_ERROR: What.CERTIFICATE,
    libvirt.VIR_ERR_NO_CONNECT: What.UNSUPPORTED,  # no such driver there
    libvirt.VIR_ERR_NO_SUPPORT: What.UNSUPPORTED,
    libvirt.VIR_ERR_OPERATION_UNSUPPORTED: What.UNSUPPORTED,
    libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED: What.UNSUPPORTED,
    libvirt.VIR_ERR_CONFIG_UNSUPPORTED: What.UNSUPPORTED,
    libvirt.VIR_ERR_INVALID_ARG: What.OURS,  # a URI that says nothing to it
    libvirt.VIR_ERR_XML_ERROR: What.OURS,  # the test driver's file
}
_SOCKET: Final = {
    errno.ENOENT: What.DAEMON,
    errno.ECONNREFUSED: What.DAEMON,
    errno.EACCES: What.PERMISSION,
    errno.EPERM: What.PERMISSION,
}
_TCP: Final = {
    errno.ECONNREFUSED: What.REFUSED,
    errno.ETIMEDOUT: What.SILENT,
    errno.EHOSTUNREACH: What.SILENT,
    errno.EHOSTDOWN: What.SILENT,
    errno.ENETUNREACH: What.OWN_NETWORK,
    errno.ENETDOWN: What.OWN_NETWORK,
    errno.EADDRNOTAVAIL: What.OWN_NETWORK,
    errno.EAFNOSUPPORT: What.OWN_NETWORK,
    errno.EPERM: What.OWN_NETWORK,  # its own firewall
    errno.EACCES: What.OWN_NETWORK,  # a route that prohibits
    errno.EINVAL: What.OWN_NETWORK,  # a route that swallows
}
_RUN_OUT: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
"""This machine has run out of something: whatever is looked at, it says nothing of that."""


_WHY: Final = {
    What.SILENT: "{name} does not answer",
    What.REFUSED: "{name} answers, but takes no connection",
    What.KEY: "{name} refuses the bot's key",
    What.HOST_KEY_CHANGED: "the host key of {name} has changed",
    What.HOST_KEY_UNKNOWN: "the host key of {name} is not known here",
    What.PERMISSION: "{its} gives no permission",
    What.DAEMON: "{its} does not run",
    What.FROZEN: "{its} does not answer",
    What.STALLED: "{name} answers, but its SSH server does not go on",
    What.SSH: "{name} answers, but its SSH server does not let the bot in",
    What.HELPER: "{name} lacks the program that connects SSH to libvirt",
    What.CERTIFICATE: "the TLS certificate for {name} is missing or refused",
}
_MEND: Final = {
    What.REFUSED: "Start what should answer there: the SSH server of {name}, or libvirt where its URI has no ssh."
    " Or correct the port in the URI.",
    What.KEY: "Add the bot's public key to the account's authorized_keys on {name}, or correct the user or keyfile"
    " in the hypervisor's URI.",
    What.HOST_KEY_CHANGED: "Compare what “ssh-keyscan {way.scan}” shows with the key on {name}'s own console. Only"
    " if they agree: “ssh-keygen -R {way.known}”, then log in once by hand as the bot's own user.",
    What.HOST_KEY_UNKNOWN: "As the bot's own user, log in once by hand (“ssh {way.login}”), and compare the key it"
    " asks about with the one on {name}'s own console.",
    What.PERMISSION: "Add the account to the group “libvirt” on {name}, or let polkit allow it"
    " “org.libvirt.unix.manage”.",
    What.DAEMON: "Start libvirt on {name}: “systemctl start libvirtd”, or “virtqemud.socket” where it is modular.",
    What.FROZEN: "Look at libvirt's log on {name}: “journalctl -u libvirtd -u virtqemud”. Restarting libvirt"
    " leaves the guests running.",
    What.STALLED: "Look at the SSH server's log on {name}: “journalctl -u ssh”.",
    What.SSH: "Look at the SSH server's log on {name}: “journalctl -u ssh”.",
    What.HELPER: "Install netcat-openbsd on {name}, or the virt-ssh-helper that comes with libvirt's daemon.",
    What.CERTIFICATE: "Compare the certificates on both machines: “virt-pki-validate”.",
    What.OURS: "Correct the hypervisor's URI in lab.yaml, or install what is missing on the bot's machine.",
    What.UNSUPPORTED: "Correct the hypervisor's URI in lab.yaml.",
    What.OTHER: "Connect by hand, as the bot's own user, and see what it says: “virsh -c '{way.uri}' list”.",
}


def refusal(error: libvirt.libvirtError, way: Way, by_ssh: str = "") -> Obstacle:
    """Why libvirt could not connect. `by_ssh`: what ssh and the far side said, where that is known."""
    said = by_ssh.strip() or error.get_error_message() or str(error)
    return obstacle(_on_opening(error, said.lower()), way, said)


def answered(error: libvirt.libvirtError, way: Way) -> Obstacle:
    """Why libvirt, connected, would not answer."""
    said = error.get_error_message() or str(error)
    return obstacle(_CODES.get(error.get_error_code(), What.OTHER), way, said)


def of_socket(error: OSError, way: Way, where: str) -> Obstacle:
    """What the system's own error at a socket means. One of a path says nothing of a machine's power."""
    number = error.errno or 0
    what = What.OWN_NETWORK if number in _RUN_OUT else (_SOCKET if way.is_local else _TCP).get(number, What.OTHER)
    return obstacle(what, way, f"{where}: {os.strerror(number) if number else error}")


def obstacle(what: What, way: Way, said: str = "") -> Obstacle:
    """An obstacle in words. `said`: what was told, by whoever told it."""
    if what is What.REFUSED and way.begins_here:
        what = What.SILENT  # what forwards a port refuses once the machine behind that is gone
    words = {"name": way.name, "way": way, "its": f"{way.name} answers, but its libvirt"}
    if way.is_local:
        words["its"] = f"the libvirt of {way.name}, on this machine,"
    told = _short(said)
    why = _WHY.get(what, "").format(**words)
    if why and told and what is not What.HOST_KEY_CHANGED:  # of which ssh says a screenful
        why = f"{why} ({told})"
    mend = _MEND.get(what, "").format(**words)
    if what is What.DAEMON and way.is_local:
        mend += f" If {way.name} is another machine, its URI has to name it: “qemu+ssh://root@{way.name}/system”."
    return Obstacle(what, why or told or str(what), mend)


def _on_opening(error: libvirt.libvirtError, said: str) -> What:
    code = error.get_error_code()
    if code in _CODES:
        return _CODES[code]
    if said.startswith("failed to connect socket to"):
        return _SOCKET.get(error.get_int1(), What.OTHER)
    if said.startswith("unable to connect to server at"):
        return _TCP.get(error.get_int1(), What.OTHER)
    return next((what for pattern, what in _SAID if re.search(pattern, said)), What.OTHER)


def _short(said: str) -> str:
    """What was told, on one line, without what libvirt puts around ssh's own words."""
    line = " ".join(said.split())
    found = re.fullmatch(r"(?:Cannot recv data|End of file while reading data): (.+): [A-Z][^:]+", line)
    line = found[1] if found else line
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
