"""What a guest is made of, read from its libvirt XML. It asks nobody and judges nothing."""

from xml.etree import ElementTree as ET

from bot.core.guest import GuestInfo

AGENT_CHANNEL = "org.qemu.guest_agent.0"


def guest_info(xml: str, *, autostart: bool, persistent: bool) -> GuestInfo:
    """A guest's libvirt XML, read. Disks the host has no file or device for (network, CD-ROM) are left out."""
    tree = ET.fromstring(xml)  # noqa: S314  written by libvirt, not by a guest
    disks = [disk for disk in tree.iterfind("devices/disk") if disk.get("device", "disk") == "disk"]
    disks.sort(key=_boot_order)
    sources = (source for disk in disks if (source := disk.find("source")) is not None)
    log_file = _console_log(tree)
    return GuestInfo(
        name=tree.findtext("name", ""),
        uuid=tree.findtext("uuid", ""),
        autostart=autostart,
        persistent=persistent,
        has_agent=tree.find(f"devices/channel/target[@name='{AGENT_CHANNEL}']") is not None,
        disks=tuple(path for source in sources if (path := source.get("file") or source.get("dev"))),
        title=tree.findtext("title", ""),
        nvram=tree.findtext("os/nvram") or None,
        console_log=log_file.get("file", log_file.get("path")) if log_file is not None else None,
        boot_order=_tried_first(tree),
        console_appended=log_file is not None and log_file.get("append") == "on",
    )


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
