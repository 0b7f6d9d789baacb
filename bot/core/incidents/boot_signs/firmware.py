"""What firmware prints: SeaBIOS, OVMF, iPXE, PC BIOSes, and the boot sectors they run."""

from bot.core.incidents.boot_signs.sign import (
    Part,
    Phase,
    Wait,
    begins,
    cause,
    counts,
    fails,
    goes,
    table,
    waits,
)

_FOUND_NOTHING = "the firmware found nothing to boot"
_SECTOR = "the boot sector found no system in its partition"

SEABIOS = table(
    Phase.FIRMWARE,
    begins(r"SeaBIOS \(version", "the firmware starts", "SeaBIOS src/bootsplash.c"),
    goes(r"^Press (ESC|F12) for boot menu", "the firmware starts", "SeaBIOS src/boot.c: interactive_bootmenu"),
    goes(r"^Booting from (?!local disk)\S", "the firmware tries a device", "SeaBIOS src/boot.c: do_boot"),
    goes(r"^Booting from 0000:7c00", "the firmware ran the boot sector", "SeaBIOS src/boot.c: boot_disk"),
    goes(r"^Machine UUID", "the firmware starts", "SeaBIOS src/fw/smbios.c"),
    waits(r"^Select boot device:", Wait.MENU, "it shows the firmware's boot menu", "SeaBIOS src/boot.c").but(
        after=14
    ),
    cause(
        r"^Boot failed: (not a bootable disk|could not read the boot disk|could not read from)",
        Part.NOTHING,
        _FOUND_NOTHING,
        "SeaBIOS src/boot.c: boot_disk, boot_cdrom",
    ),
    fails(r"^No bootable device\.", Part.NOTHING, _FOUND_NOTHING, "SeaBIOS src/boot.c: boot_fail").but(
        by_cause=True
    ),
)

OVMF = table(
    Phase.FIRMWARE,
    fails(
        r"^!!!! \S+ Exception Type - ",
        Part.LOADER,
        "the firmware, or what it started, stopped with an exception",
        "edk2 UefiCpuPkg CpuExceptionHandlerLib: DumpImageAndCpuContent",
    ).but(after=60, disk=False),
    goes(r"^BdsDxe: (loading|starting) Boot", "the firmware starts a boot entry", "edk2 BdsDxe/BdsEntry.c"),
    goes(
        r"EFI Internal Shell|FvFile\(7C04A583",
        "the firmware falls back to its own shell",
        "edk2 OvmfPkg PlatformBds",
    ),
    cause(
        r"^BdsDxe: failed to (load|start) Boot\w+ .UEFI (PXE|HTTP)",
        Part.NOTHING,
        "nothing answered its network boot",
        "edk2 UefiBootManagerLib BmBoot.c",
    ).but(again=True),
    cause(
        r"^BdsDxe: failed to (load|start) Boot", Part.NOTHING, _FOUND_NOTHING, "edk2 UefiBootManagerLib BmBoot.c"
    ),
    goes(r"^>>(Start|Checking) (PXE|HTTP|Media)", "it tries to boot from the network", "edk2 UefiPxeBcDxe").but(
        again=True
    ),
    cause(
        r"^\s*PXE-[EM]\d\d:", Part.NOTHING, "nothing answered its network boot", "edk2 UefiPxeBcDxe/PxeBcBoot.c"
    ).but(again=True),
    cause(
        r"^\s*Error: (Could not retrieve|Server response|Could not|Remote)",
        Part.NOTHING,
        "nothing answered its network boot",
        "edk2 NetworkPkg/HttpBootDxe",
    )
    .but(plain=True)
    .but(again=True),
    goes(
        r"^\s*(Station IP address|Server IP address|NBP file(name| size)|URI:|File Size:)",
        "it boots from the network",
        "edk2 UefiPxeBcDxe, HttpBootDxe",
    ).but(plain=True),
    goes(
        r"^\s*(Downloading NBP file|NBP file downloaded|Downloading\.\.\.)",
        "it boots from the network",
        "edk2 UefiPxeBcDxe/PxeBcBoot.c",
    ),
    fails(
        r"^(BdsDxe: )?No bootable option or device was found",
        Part.NOTHING,
        _FOUND_NOTHING,
        "edk2 BdsDxe/BdsEntry.c, BootManagerMenuApp",
    ).but(by_cause=True),
    waits(r"Press any key to enter the Boot Manager Menu", Wait.KEY, _FOUND_NOTHING, "edk2 BdsEntry.c").but(
        weak=True
    ),
    fails(
        r"UEFI Interactive Shell v\d", Part.NOTHING, "only the firmware's own shell started", "edk2 ShellPkg"
    ).but(after=60, by_cause=True),
    fails(
        r"^(Shell|FS\d+:\S*|BLK\d+:)> ?", Part.NOTHING, "it stands in the firmware's shell", "edk2 ShellPkg"
    ).but(after=20, by_cause=True),
    waits(r"^\W*Boot Maintenance Manager\W*$", Wait.MENU, "it stands in the firmware's setup", "edk2 UiApp").but(
        after=24
    ),
    waits(
        r"^\W*(Boot Manager Menu|Please select boot device:)\W*$",
        Wait.MENU,
        "it shows the firmware's boot menu",
        "edk2 BootManagerMenuApp",
    ).but(after=24),
    goes(r"^(TianoCore|Start boot option)\b", "the firmware starts", "edk2 BootGraphicsResourceTableDxe"),
    goes(r"^Press (ESCAPE|F2) for boot options", "the firmware starts", "edk2 PlatformBootManagerLib"),
)

IPXE = table(
    Phase.FIRMWARE,
    goes(
        r"^iPXE \d|^iPXE \(|^iPXE initialising|^gPXE \d",
        "it tries to boot from the network",
        "iPXE arch/x86/prefix",
    ),
    goes(r"^Configuring \(net\d[^)]*\)\.*\s*(ok)?$", "it tries to boot from the network", "iPXE usr/ifmgmt.c").but(
        plain=True
    ),
    goes(r"^net\d: ", "it tries to boot from the network", "iPXE usr/ifmgmt.c").but(plain=True),
    goes(
        r"^(https?|tftp|nfs|ftp)://\S+\.\.\.\s*(ok|\d+%)?$", "it loads over the network", "iPXE core/monojob.c"
    ).but(plain=True),
    goes(r"^(Next server|Filename|Root path):", "it loads over the network", "iPXE usr/autoboot.c").but(
        plain=True
    ),
    goes(r"^Press Ctrl-B for the iPXE", "it tries to boot from the network", "iPXE usr/prompt.c"),
    cause(r"\(https?://ipxe\.org/[0-9a-f]{8}\)$", Part.NOTHING, "its network boot failed", "iPXE hci/strerror.c"),
    cause(
        r"^(No filename or root path|Nothing to boot)",
        Part.NOTHING,
        "its network boot found nothing",
        "iPXE usr/autoboot.c",
    ).but(plain=True),
    fails(r"^No more network devices", Part.NOTHING, "its network boot found nothing", "iPXE usr/autoboot.c"),
    fails(r"^iPXE> ?", Part.NOTHING, "its network boot ended at a prompt", "iPXE hci/shell.c").but(after=6),
    waits(r"^\W*iPXE boot menu\W*$", Wait.MENU, "it shows a network boot menu", "iPXE hci/tui/menu_ui.c").but(
        after=24
    ),
)

SECTORS = table(
    Phase.FIRMWARE,
    fails(
        r"^(Missing operating system|Missing OS)\b", Part.PARTITION, _SECTOR, "Syslinux mbr/mbr.S, gptmbr.S"
    ).but(after=1),
    fails(
        r"^(Error loading operating system|Operating system load error)",
        Part.PARTITION,
        _SECTOR,
        "Syslinux mbr/mbr.S; MS-DOS MBR",
    ).but(plain=True),
    fails(r"^(Operating system not found|No operating system)", Part.PARTITION, _SECTOR, "PC BIOS; VMware").but(
        plain=True
    ),
    fails(r"^Invalid (active )?partition table", Part.PARTITION, "the partition table is damaged", "MS-DOS MBR"),
    fails(
        r"^(No active partition|No bootable partition|No O/S|Bad PBR)\b",
        Part.PARTITION,
        _SECTOR,
        "FreeBSD, OpenBSD mbr.S",
    ).but(plain=True),
    fails(
        r"^(Not a bootable disk|This is not a bootable disk)",
        Part.NOTHING,
        _FOUND_NOTHING,
        "dosfstools mkfs.fat.c",
    ),
    fails(
        r"(non-?system disk|invalid system disk|DISK BOOT FAILURE)", Part.NOTHING, _FOUND_NOTHING, "PC BIOSes; DOS"
    ).but(plain=True),
    fails(
        r"^FATAL: (No bootable medium found|Could not read from the boot medium|INT18: BOOT)",
        Part.NOTHING,
        _FOUND_NOTHING,
        "VirtualBox pcbios; Bochs rombios",
    ).but(after=4),
    fails(
        r"(no (bootable|boot) (device|disk|medium|media)\b|boot device not found|no boot disk)",
        Part.NOTHING,
        _FOUND_NOTHING,
        "PC BIOSes; VirtualBox; Bochs",
    )
    .but(plain=True)
    .but(after=4),
    fails(
        r"^FATAL: (No bootable medium|Could not read from the boot medium|INT18)",
        Part.NOTHING,
        _FOUND_NOTHING,
        "VirtualBox pcbios; Bochs rombios",
    ),
    fails(r"reboot and select proper boot device", Part.NOTHING, _FOUND_NOTHING, "AMI BIOS"),
    fails(r"^PXE-M0F: Exiting", Part.NOTHING, "its network boot found nothing", "Intel Boot Agent"),
    fails(
        r"^Remove disks or other media", Part.LOADER, "the boot sector found no loader", "FAT32 boot sector"
    ).but(plain=True),
    fails(r"^Disk (read )?error\b|^Read error\b", Part.LOADER, "the loader could not be read", "boot sectors").but(
        plain=True
    ),
    waits(r"^MBR [0-9A-F]+:", Wait.MENU, "its boot sector asks which partition to start", "Debian mbr: mbr.S"),
    waits(
        r"^(Enter (BIOS|setup|CMOS|current|user|system|power-on)? ?password|\W*Enter Password\W*$)",
        Wait.PASSPHRASE,
        "its firmware asks for a password",
        "PC BIOSes; edk2 UserAuthenticationDxe",
    ).but(plain=True),
    waits(
        r"^\W*(Press F1 to (continue|resume)|press F1 for setup)",
        Wait.KEY,
        "its firmware waits for a key",
        "PC BIOSes",
    )
    .but(plain=True)
    .but(weak=True),
    waits(
        r"(?<!-- )press (any|a) key (to|when)|press ctrl[-+ ]alt[-+ ]del(ete)? to re(start|boot)|"
        r"any key when ready",
        Wait.KEY,
        "it waits for a key",
        "boot sectors and loaders",
    )
    .but(plain=True)
    .but(weak=True, by_cause=True),
)

OTHERS = table(
    Phase.FIRMWARE,
    begins(r"^LOADPARM=\[", "the firmware starts", "QEMU pc-bios/s390-ccw/main.c"),
    begins(r"^SLOF \*{8,}", "the firmware starts", "SLOF slof/fs/banner.fs"),
    cause(r"^E340[47]: ", Part.NOTHING, _FOUND_NOTHING, "SLOF slof/fs/boot.fs"),
    fails(r"^\d+ > ?$", Part.NOTHING, _FOUND_NOTHING, "SLOF: Open Firmware's prompt").but(
        again=True, by_cause=True
    ),
    fails(
        r"^! (No (EOS|IPL|boot|virtio)|Cannot (read|find|boot)|Failed to|Bad|Wrong).*!$",
        Part.NOTHING,
        _FOUND_NOTHING,
        "QEMU pc-bios/s390-ccw: panic",
    ).but(plain=True),
    waits(
        r"^\W*Petitboot \(v?\d",
        Wait.MENU,
        "it stands at the boot loader's menu",
        "petitboot ui/ncurses/nc-cui.c",
    ).but(after=24),
    fails(
        r"^\(XEN\) (Panic on CPU \d+:|Domain 0 .*crashed|Hardware Dom0 crashed)",
        Part.KERNEL,
        "the hypervisor below it, or its first domain, crashed",
        "Xen xen/drivers/char/console.c: panic; common/shutdown.c",
    ).but(after=20),
    cause(
        r"^SD: card not detected|^Boot mode: .* order f$",
        Part.NOTHING,
        _FOUND_NOTHING,
        "Raspberry Pi 4, 5 boot EEPROM",
    ).but(again=True),
)

SIGNS = (*SEABIOS, *OVMF, *IPXE, *SECTORS, *OTHERS)
COUNTDOWNS = table(
    Phase.LOADER,
    counts(
        r"^\s*Press any key to boot from (the )?(CD|DVD|USB)",
        "it asks for a key, then goes on by itself",
        "Microsoft etfsboot.com, cdboot.efi",
    ),
)
