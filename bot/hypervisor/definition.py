"""What a guest is made of, read from its libvirt XML. It judges nothing, and asks for nothing but volumes."""

from collections.abc import Callable
from xml.etree import ElementTree as ET

from bot.core.guest import GuestInfo

AGENT_CHANNEL = "org.qemu.guest_agent.0"

VolumePath = Callable[[str, str], str | None]
"""The path of a storage pool's volume on its host, by pool and name; None where it has none or nobody can tell."""


def _untold(_pool: str, _volume: str) -> None:
    return None


def guest_info(xml: str, *, autostart: bool, persistent: bool, volume_path: VolumePath = _untold) -> GuestInfo:
    """A guest's libvirt XML, read. CD-ROMs and floppies are no disks."""
    tree = ET.fromstring(xml)  # noqa: S314  written by libvirt, not by a guest
    disks = [disk for disk in tree.iterfind("devices/disk") if disk.get("device", "disk") == "disk"]
    disks.sort(key=_boot_order)
    log_file = _console_log(tree)
    return GuestInfo(
        name=tree.findtext("name", ""),
        uuid=tree.findtext("uuid", ""),
        autostart=autostart,
        persistent=persistent,
        has_agent=tree.find(f"devices/channel/target[@name='{AGENT_CHANNEL}']") is not None,
        disks=tuple(path for disk in disks if (path := _path(disk, volume_path))),
        title=tree.findtext("title", ""),
        nvram=tree.findtext("os/nvram") or None,
        console_log=log_file.get("file", log_file.get("path")) if log_file is not None else None,
        boot_order=_tried_first(tree),
        console_appended=log_file is not None and log_file.get("append") == "on",
    )


def _path(disk: ET.Element, volume_path: VolumePath) -> str:
    """Its path on the host; where it has none there, what it is instead, which is no path: it keeps its place."""
    source = disk.find("source")
    if source is None:
        return ""
    if path := source.get("file") or source.get("dev"):
        return path
    pool, volume = source.get("pool"), source.get("volume")
    if pool and volume:
        return volume_path(pool, volume) or f"volume {volume} of pool {pool}"
    kind = source.get("protocol") or disk.get("type", "")
    return f"{kind} {source.get('name') or source.get('dir') or ''}".strip()


def _console_log(tree: ET.Element) -> ET.Element | None:
    """Where its serial console is written to: beside what it is connected to, or to nothing but that file."""
    log_file = tree.find("devices/serial/log[@file]")
    return tree.find("devices/serial[@type='file']/source[@path]") if log_file is None else log_file


def _tried_first(tree: ET.Element) -> tuple[str, ...]:
    """What it boots from: a kernel of its host's, else devices in their own order, else sorts of devices in one.

    Which medium lies in a drive is not said: that is changed while a guest runs.
    """
    if kernel := tree.findtext("os/kernel"):
        return (f"the kernel {kernel}",)
    ordered = [device for device in tree.iterfind("devices/*") if device.find("boot") is not None]
    by_device = tuple(map(_device, sorted(ordered, key=_boot_order)))
    return by_device or tuple(boot.get("dev", "") for boot in tree.iterfind("os/boot"))


def _device(device: ET.Element) -> str:
    """What libvirt calls its sort in an `os/boot`."""
    sort = device.get("device", device.tag) if device.tag == "disk" else device.tag
    return {"disk": "hd", "interface": "network", "floppy": "fd"}.get(sort, sort)


def _boot_order(device: ET.Element) -> int:
    """A device's own place in the boot order; those without one come after, in the order of the XML."""
    boot = device.find("boot")
    return int(boot.get("order", "0")) if boot is not None else 1_000
