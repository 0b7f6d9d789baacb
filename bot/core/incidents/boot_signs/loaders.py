"""What boot loaders print: GRUB, U-Boot, Syslinux, LILO. Those of UEFI are in efi.py."""

from bot.core.incidents.boot_signs.sign import Part, Phase, Wait, begins, cause, counts, fails, goes, table, waits

_DAMAGED = "the boot loader is damaged"
_NO_KERNEL = "the boot loader could not load the kernel"
_MENU = "it stands at the boot loader's menu"

GRUB = table(
    Phase.LOADER,
    begins(
        r"GRUB loading[.,]|GRUB Loading stage",
        "the boot loader starts",
        "grub boot/i386/pc/startup_raw.S; stage1.5",
    ),
    goes(r"Welcome to GRUB!", "the boot loader starts", "grub kern/main.c"),
    fails(r"^grub rescue> ?", Part.LOADER, _DAMAGED, "grub kern/rescue_reader.c").but(after=6),
    fails(r"^grub ?> ?", Part.LOADER, "the boot loader found no configuration", "grub normal/main.c").but(after=6),
    fails(r"^Entering rescue mode", Part.LOADER, _DAMAGED, "grub kern/rescue_reader.c").but(plain=True),
    fails(
        r"Minimal BASH-like line editing",
        Part.LOADER,
        "the boot loader found no configuration",
        "grub normal/main.c",
    ).but(after=8),
    cause(r"^Loading \S+\.\.\..*failed:", Part.KERNEL, _NO_KERNEL, "Syslinux core/fs/loadfile.c")
    .but(plain=True)
    .but(disk=True),
    fails(
        r"^(?-i:error): .*you need to load the kernel first", Part.KERNEL, _NO_KERNEL, "grub loader/i386/linux.c"
    ).but(after=2, disk=True),
    cause(
        r"^(?-i:error): .*(vmlinu[xz]|bzImage|kernel|initrd|initramfs|\.img\b)",
        Part.KERNEL,
        _NO_KERNEL,
        "grub loader/i386/linux.c",
    )
    .but(plain=True)
    .but(disk=True),
    fails(
        r"^(?-i:error): .*you need to load the kernel first", Part.KERNEL, _NO_KERNEL, "grub loader/i386/linux.c"
    ).but(after=2, disk=True),
    fails(
        r"^(?-i:error): .*(invalid magic number|premature end of file|not a multiboot|invalid arch|bad shim "
        r"signature|"
        r"kernel (is )?too old)",
        Part.KERNEL,
        _NO_KERNEL,
        "grub loader/i386/linux.c, kern/efi/sb.c",
    )
    .but(plain=True)
    .but(after=2, disk=True),
    fails(
        r"^((?-i:error): |Error \d\d\b|Error \d\d?: )",
        Part.LOADER,
        "the boot loader reports an error",
        "grub kern/err.c; GRUB 0.97 stage2/common.c",
    )
    .but(plain=True)
    .but(after=2, by_cause=True),
    fails(
        r"^GRUB (Geom|Hard Disk|Floppy|Read) Error|^(GRUB ){3}", Part.LOADER, _DAMAGED, "grub boot/i386/pc/boot.S"
    ),
    fails(r"^(GRUB|GRUB _)$", Part.LOADER, "the boot loader hangs at its first stage", "GRUB 0.97 stage1.S").but(
        after=0
    ),
    waits(r"GNU GRUB\s+version", Wait.MENU, _MENU, "grub normal/menu_text.c: print_message").but(after=40),
    waits(
        r"(Use the .{1,12} keys|which entry is highlighted|press enter to boot the selected|before booting)",
        Wait.MENU,
        _MENU,
        "grub normal/menu_text.c; GRUB 0.97 stage2.c",
    ),
    counts(
        r"highlighted entry will be (executed|booted) automatically",
        "its menu counts down",
        "grub normal/menu_text.c: print_timeout",
    ),
    goes(r"^Press .?ESC.? to enter the menu", "the boot loader counts down", "GRUB 0.97 stage2.c").but(plain=True),
    waits(
        r"^Enter passphrase for (hd|lvm|md|crypto|disk)\S* ?\(",
        Wait.PASSPHRASE,
        "the boot loader asks for a disk's passphrase",
        "grub disk/cryptodisk.c",
    ),
    goes(r"^Attempting to decrypt master key", "the boot loader unlocks a disk", "grub disk/luks2.c"),
    waits(
        r"^Enter (username|password):",
        Wait.PASSPHRASE,
        "the boot loader asks for a password",
        "grub normal/auth.c",
    ),
    goes(
        r"^Booting (a command list|.{1,80}')$|^Booting .Linux",
        "the boot loader starts an entry",
        "grub normal/menu.c",
    ),
    goes(
        r"^Loading (Linux|initial ramdisk|Xen|kernel|vmlinuz|ramdisk)\b",
        "the boot loader loads the kernel",
        "grub util/grub.d/10_linux.in",
    ).but(plain=True),
    goes(
        r"^(Slot|Falling back|Chainloading|Starting Windows)\b", "the boot loader starts an entry", "grub.cfg"
    ).but(plain=True),
)

SYSLINUX = table(
    Phase.LOADER,
    goes(r"^(SYS|ISO|PXE|EXT)LINUX \d", "the boot loader starts", "Syslinux core/*.asm"),
    goes(
        r"^Loading \S+?\.\.\.\s*(ok|ready)?", "the boot loader loads the kernel", "Syslinux core/fs/loadfile.c"
    ).but(plain=True),
    goes(
        r"^(Probing EDD|Decompressing Linux|Booting the kernel)", "the kernel is unpacked", "Linux arch/x86/boot"
    ).but(plain=True),
    cause(
        r"(Failed to load (COM32 file )?\S+\.c32|isolinux.bin missing|Image checksum error|Boot error\b)",
        Part.LOADER,
        _DAMAGED,
        "Syslinux core/elflink/load_env32.c, mbr, core/isolinux.asm",
    ).but(plain=True),
    fails(
        r"(Failed to load ldlinux|isolinux.bin missing or corrupt|Image checksum error|^Boot error\b)",
        Part.LOADER,
        _DAMAGED,
        "Syslinux core/elflink/load_env32.c, core/isolinux.asm, core/diskstart.inc",
    ).but(after=1),
    cause(
        r"^((ERROR|WARNING): )?No configuration file found|^No DEFAULT or UI configuration directive",
        Part.LOADER,
        "the boot loader found no configuration",
        "Syslinux com32/elflink/ldlinux",
    ).but(plain=True),
    cause(
        r"^(Could not find kernel image|Invalid or corrupt kernel image|Cannot load a|Could not find ramdisk)",
        Part.KERNEL,
        _NO_KERNEL,
        "Syslinux com32/elflink/ldlinux/kernel.c",
    )
    .but(plain=True)
    .but(disk=True),
    fails(
        r"^(Failed to load COM32 file|Failed to open file)", Part.LOADER, _DAMAGED, "Syslinux elflink/modules.c"
    ).but(plain=True),
    waits(r"^(boot|LILO boot):", Wait.PROMPT, "it stands at the boot loader's prompt", "Syslinux cli.c; LILO")
    .but(plain=True)
    .but(by_cause=True, after=1),
    waits(r"Press \[Tab\] to edit options", Wait.MENU, _MENU, "Syslinux com32/menu/menumain.c").but(after=6),
    waits(r"^\W*(Boot menu|Installer boot menu)\W*$", Wait.MENU, _MENU, "Syslinux com32/menu").but(after=24),
    counts(
        r"Automatic boot in \d+|Automatically boot in|^Booting in \d+",
        "its menu counts down",
        "Syslinux com32/menu/menumain.c",
    ),
)

LIMINE = table(
    Phase.LOADER,
    goes(r"^limine: |^Limine \d+\.\d", "the boot loader starts", "Limine common/entry.s2.c").but(plain=True),
    fails(r"^PANIC: \w+: Failed to open ", Part.KERNEL, _NO_KERNEL, "Limine common/lib/panic.s2.c; common/protos")
    .but(plain=True)
    .but(after=6, disk=True),
)

LILO = table(
    Phase.LOADER,
    fails(
        r"^L(I|IL\?|IL-)?( \d\d)+\s*$|^(\d\d ){6,}\d\d$|^L( [0-9A-F]{2}){3,}",
        Part.LOADER,
        _DAMAGED,
        "LILO manual: disk error codes",
    ).but(after=2),
    fails(r"^(LI|LIL|LIL\?|LIL-)$", Part.LOADER, _DAMAGED, "LILO manual: how far it got").but(after=0),
    goes(
        r"^(LILO|LILO \d\S*)\s+(Loading|boot)|^Loading Linux\.+",
        "the boot loader loads the kernel",
        "LILO second.S",
    ),
    fails(r"^(Map file|Descriptor|Keytable) .*(checksum|read) error", Part.LOADER, _DAMAGED, "LILO second.S"),
)

U_BOOT = table(
    Phase.LOADER,
    begins(r"^U-Boot (SPL )?20\d\d\.\d\d", "the boot loader starts", "U-Boot lib/display_options.c"),
    counts(
        r"Hit any key to stop autoboot|Hit key to stop autoboot|to abort autoboot",
        "it counts down",
        "U-Boot common/autoboot.c",
    ),
    goes(
        r"^(Scanning (for|bootdev)|Retrieving file|Booting /|## Loading)",
        "the boot loader loads the kernel",
        "U-Boot boot/",
    ).but(plain=True),
    goes(
        r"^(## (Booting kernel|Loading init Ramdisk|Executing script)|Starting kernel \.\.\.)",
        "the boot loader loads the kernel",
        "U-Boot boot/bootm.c",
    ),
    goes(
        r"^(Loading Kernel Image|Loading Ramdisk|Loading Device Tree|Found U-Boot script|\d+ bytes read in)",
        "the boot loader loads the kernel",
        "U-Boot boot/image.c",
    ).but(plain=True),
    cause(
        r"^(No more bootdevs|\(0 bootflows, 0 valid\)|Device \d+: unknown device|\*\* Bad device|no mmc device)",
        Part.NOTHING,
        "the boot loader found nothing to boot",
        "U-Boot boot/bootflow.c, disk/part.c",
    ).but(plain=True),
    cause(
        r"^(Wrong Image Format for|ERROR: can't get kernel image)", Part.KERNEL, _NO_KERNEL, "U-Boot boot/bootm.c"
    ).but(disk=True),
    cause(
        r"^(Bad Linux|Wrong Image Format|ERROR: can't get kernel image|\*\* (Unable to read|File not found)|"
        r"Bad (Magic|Header|Data))",
        Part.KERNEL,
        _NO_KERNEL,
        "U-Boot boot/bootm.c, fs/fs.c",
    )
    .but(plain=True)
    .but(disk=True),
    fails(
        r"^(=>|U-Boot>|\w+-uboot>) ?", Part.LOADER, "it stands at the boot loader's prompt", "U-Boot cli_hush.c"
    ).but(again=True, by_cause=True, after=6),
)

COUNTDOWN = counts(r"\b\d{1,4} ?(s|с|초|sek|sec)\b|\b\d{1,4} ?秒", "its menu counts down", "grub po/*.po")
"""Of a menu in whatever language; anywhere else it means nothing."""

MENUS = table(
    Phase.LOADER,
    waits(r"^\W*netboot\.xyz \[ ?\d", Wait.MENU, _MENU, "netboot.xyz menu.ipxe").but(after=40),
    waits(r"^\W*Haiku Boot Loader\W*$", Wait.MENU, _MENU, "Haiku src/system/boot/loader/menu.cpp").but(after=24),
    waits(r"^\[ENTER\] boot\b.*\[ESCAPE\]", Wait.MENU, _MENU, "ZFSBootMenu lib/zfsbootmenu-ui.sh").but(after=40),
    fails(
        r"^Unable to successfully import a pool",
        Part.ROOT,
        "the ZFS pool with the root file system was not imported",
        "ZFSBootMenu zfsbootmenu-init.sh: a kernel and an initramfs, though it loads others",
    ).but(after=4, phase=Phase.EARLY),
    fails(
        r"^(KERN: )?(Welcome to Kernel Debugging Land|kdebug>)",
        Part.KERNEL,
        "the kernel panicked and stands in its debugger",
        "Haiku src/system/kernel/debug/debug.cpp",
    ).but(after=12),
)

SIGNS = (*GRUB, *U_BOOT, *SYSLINUX, *LIMINE, *LILO, *MENUS)
