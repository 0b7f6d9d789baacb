"""What UEFI's loaders print: shim, systemd-boot, rEFInd, and kernels' EFI stubs."""

from bot.core.incidents.boot_signs.sign import Part, Phase, Wait, cause, counts, fails, goes, table, waits

_NO_KERNEL = "the boot loader could not load the kernel"
_MENU = "it stands at the boot loader's menu"

EFI = table(
    Phase.LOADER,
    cause(
        r"^(failed to (open|load)( image)?|Failed to read header|Malformed Security Header)",
        Part.LOADER,
        "a boot loader's file is missing or damaged",
        "shim shim.c: load_image",
    ).but(plain=True),
    fails(
        r"start_image\(\) returned|StartImage failed|^Failed to start (MokManager|loader)",
        Part.LOADER,
        "a boot loader's file is missing or damaged",
        "shim shim.c: init_grub; fallback.c",
    ).but(plain=True),
    fails(
        r"^(Something has gone seriously wrong:|Verifying shim SBAT|Bootloader has not verified|System is "
        r"compromised)",
        Part.LOADER,
        "secure boot refuses what it should start",
        "shim shim.c, sbat.c",
    ).but(disk=False, after=8),
    fails(
        r"Security (Policy )?Violation|Bootloader has not verified|System is compromised|verification failed",
        Part.LOADER,
        "secure boot refuses what it should start",
        "shim shim.c: verify_buffer, sbat.c",
    )
    .but(plain=True)
    .but(disk=False, after=8),
    fails(
        r"(is not signed|bad shim signature|prohibited by secure boot policy)",
        Part.LOADER,
        "secure boot refuses what it should start",
        "grub kern/efi/sb.c; edk2",
    )
    .but(plain=True)
    .but(disk=False),
    waits(
        r"^\W*(Perform MOK management|Shim UEFI key management)\W*$",
        Wait.MENU,
        "it asks about a secure boot key",
        "shim MokManager.c",
    ).but(after=16),
    goes(
        r"^System BootOrder not found|^(Creating boot entry|Reset System)",
        "the firmware's boot entries are made anew",
        "shim fallback.c",
    ),
    goes(r"^EFI stub: (?!ERROR)", "the kernel starts", "Linux drivers/firmware/efi/libstub"),
    fails(r"^EFI stub: ERROR|efi_stub_entry\(\) failed", Part.KERNEL, _NO_KERNEL, "Linux efi/libstub").but(
        disk=True
    ),
)

SYSTEMD_BOOT = table(
    Phase.LOADER,
    counts(r"^\W*Boot in \d+ ?s", "its menu counts down", "systemd src/boot/efi/boot.c: menu_run"),
    waits(
        r"^\W*(Reboot Into Firmware Interface|EFI Default Loader|Power Off The System)\W*$",
        Wait.MENU,
        _MENU,
        "systemd src/boot/efi/boot.c: config_load_all_entries",
    ).but(after=8),
    fails(r"^\S*boot\.c:\d+@\w+: ", Part.LOADER, _NO_KERNEL, "systemd src/boot/efi/boot.c: log_internal"),
    fails(
        r"^(\S*boot\.c:\d+\S*: )?(No loader found|Error (loading|preparing|opening|getting|registering)|"
        r"Failed to (execute|prepare|load|open|allocate|start image)|Unable to (open|determine|find))",
        Part.LOADER,
        "the boot loader could not load the kernel",
        "systemd src/boot/efi/boot.c",
    ).but(plain=True),
)

REFIND = table(
    Phase.LOADER,
    waits(
        r"\brEFI(nd|t)\b.*Main Menu|^Use arrow keys to move cursor", Wait.MENU, _MENU, "rEFInd refind/menu.c"
    ).but(after=24),
    counts(r"\d+ seconds until automatic selection", "its menu counts down", "rEFInd refind/menu.c"),
    goes(
        r"rEFInd - Booting OS|^Starting \S+\.efi", "the boot loader starts an entry", "rEFInd refind/launch_efi.c"
    ),
    fails(
        r"^(Invalid loader file|Error: .* (while (loading|starting)|loading)|\* Hit any key to continue)",
        Part.LOADER,
        "a boot loader's file is missing or damaged",
        "rEFInd refind/launch_efi.c",
    ).but(plain=True),
)

SIGNS = (*SYSTEMD_BOOT, *REFIND, *EFI)
