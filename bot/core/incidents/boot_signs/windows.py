"""What Windows prints from its boot sector to its stop screen."""

from bot.core.incidents.boot_signs.sign import (
    Part,
    Phase,
    Wait,
    begins,
    counts,
    ends,
    fails,
    goes,
    noise,
    table,
    waits,
)

_MANAGER = "Windows' boot manager could not start Windows"
_STOPPED = "Windows stopped with a blue screen"
_REPAIR = "Windows could not repair its start"

SECTORS = table(
    Phase.LOADER,
    begins(r"^FreeDOS kernel \d", "the kernel starts", "FreeDOS kernel/main.c: signon", Phase.KERNEL),
    fails(
        r"^(BOOTMGR|NTLDR) is (missing|compressed)|^BOOTMGR image is corrupt|^Couldn't find NTLDR",
        Part.LOADER,
        "Windows' boot loader is missing or damaged",
        "NTFS boot sector; bootmgr",
    ),
    fails(
        r"^A disk read error occurred", Part.LOADER, "the boot sector could not read the disk", "NTFS boot sector"
    ),
    fails(
        r"An operating system wasn.t found", Part.NOTHING, "the boot loader found no system", "Windows 8 MBR"
    ).but(after=4),
    fails(
        r"^(Bad or missing Command Interpreter|NTDETECT failed|I/O Error accessing boot sector)",
        Part.WINDOWS,
        _MANAGER,
        "DOS; ntldr",
    ),
)

MANAGER = table(
    Phase.LOADER,
    counts(
        r"Seconds until the highlighted choice will be started automatically", "its menu counts down", "bootmgr"
    ),
    waits(
        r"^(Choose an operating system to start|Windows Error Recovery$|Advanced Boot Options|Startup Settings$|"
        r"Choose Advanced Options for|Please select the operating system to start)",
        Wait.MENU,
        "it stands at Windows' boot menu",
        "bootmgr; ntldr",
    ).but(after=24),
    waits(
        r"^(ENTER=(Choose|Continue|OS Selection)|Press Enter to (try again|choose)|Press F8 for Startup)",
        Wait.MENU,
        "it stands at Windows' boot menu",
        "bootmgr",
    )
    .but(plain=True)
    .but(weak=True, after=6),
    fails(
        r"^Windows failed to (start|load)|^Your (PC|PC/Device|device) needs to be repaired|^Windows (NT "
        r")?could not start "
        r"because",
        Part.WINDOWS,
        _MANAGER,
        "bootmgr; ntldr",
    ).but(after=24, disk=True),
    fails(
        r"^(File|Status|Error code|Info): .*(\\|0xc0000|boot configuration|corrupt|missing)",
        Part.WINDOWS,
        _MANAGER,
        "bootmgr",
    )
    .but(plain=True)
    .but(after=14, disk=True),
    fails(
        r"Boot Configuration Data .*(missing|errors)|winload\.(exe|efi).*(missing|corrupt)",
        Part.WINDOWS,
        _MANAGER,
        "bootmgr",
    ).but(after=14, disk=True),
    goes(
        r"^(Windows Boot Manager|Loading (Windows )?files|Windows is loading files|Starting Windows|Loading "
        r"operating "
        r"system)",
        "Windows' boot loader starts",
        "bootmgr",
    ).but(plain=True),
)

STOPS = table(
    Phase.KERNEL,
    begins(
        r"^Computer is booting, SAC started and initialized",
        "Windows starts, and its Special Administration Console answers",
        "Windows Server sacdrv.sys",
    ),
    fails(
        r"<INSTANCE CLASSNAME=.BLUESCREEN.>|^!SAC>",
        Part.WINDOWS,
        _STOPPED,
        "Windows Server headless console: a bug check",
    ).but(after=40),
    fails(
        r"\*\*\* STOP: 0x0*(7B|ED|24|23|7A|77|135)\b|(INACCESSIBLE|UNMOUNTABLE)[ _]BOOT[ _](DEVICE|VOLUME)|"
        r"\b(NTFS|FAT|REFS)[ _]FILE[ _]SYSTEM\b|KERNEL[ _](DATA|STACK)[ _]INPAGE",
        Part.WINDOWS,
        "Windows can't read its boot disk",
        "Windows bug checks 0x7B, 0xED, 0x24, 0x7A, 0x77",
    ).but(after=14, disk=True),
    fails(
        r"^\*\*\* STOP: 0x|^STOP: [0cC]\S+|^Stop code:|^A problem has been detected and Windows",
        Part.WINDOWS,
        _STOPPED,
        "Windows bug check",
    ).but(after=24),
    fails(
        r"ran into a problem (and needs|that it couldn.t handle)|^:\($",
        Part.WINDOWS,
        _STOPPED,
        "Windows bug check",
    ).but(after=24),
    noise(r"^\d+% complete$", "Windows bug check"),
)

RECOVERY = table(
    Phase.EARLY,
    goes(
        r"^(Preparing Automatic Repair|Diagnosing your PC|CHKDSK is verifying|The type of the file system is "
        r"(NTFS|FAT))",
        "Windows checks or repairs itself",
        "Windows autochk, WinRE",
    ),
    goes(
        r"^(Preparing Automatic Repair|Diagnosing your PC|Attempting repairs|Checking (for )?disk|Scanning and "
        r"repairing "
        r"drive|CHKDSK is|Stage \d+:|Windows has (made|checked)|The type of the file system is)",
        "Windows checks or repairs itself",
        "Windows autochk, WinRE",
    ).but(plain=True),
    goes(
        r"^(Getting (Windows|devices) ready|Working on (updates|features)|Please wait (for|while)|Applying "
        r"(computer|"
        r"user|group|updates)|(Configuring|Installing) (Windows|updates?|features)|Don.t turn off your)",
        "Windows starts",
        "Windows",
    ).but(plain=True),
    counts(r"To skip disk checking, press any key within", "it counts down", "Windows autochk"),
    fails(
        r"(Automatic|Startup) Repair (couldn.t|could not|cannot) repair|Your PC (did not|couldn.t) start "
        r"(correctly|"
        r"properly)|Windows cannot repair this computer",
        Part.WINDOWS,
        _REPAIR,
        "WinRE",
    ).but(after=24, disk=True),
    waits(
        r"^(Choose an option$|Choose your keyboard layout|System Recovery Options|Continue\W+Exit and continue)",
        Wait.MENU,
        "it stands at Windows' recovery menu",
        "WinRE",
    ).but(after=24),
    waits(
        r"^(BitLocker( recovery)?$|Windows BitLocker Drive Encryption|Enter the (recovery key|PIN|password) "
        r"(for this|to "
        r"unlock)|Plug in the USB drive that has the BitLocker)",
        Wait.PASSPHRASE,
        "BitLocker asks for a key",
        "Windows bootmgr: BitLocker",
    ).but(after=24),
    ends(
        r"^It is now safe to turn off your computer|^Shutting down\.*$|^Restarting\.*$",
        "Windows has shut down",
        "Windows",
    ),
)

SIGNS = (*STOPS, *RECOVERY, *SECTORS, *MANAGER)
