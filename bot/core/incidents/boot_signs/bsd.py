"""What the BSDs and illumos print: their loaders, kernels, and the questions of their start."""

from bot.core.incidents.boot_signs.sign import (
    Part,
    Phase,
    Wait,
    begins,
    cause,
    counts,
    ends,
    fails,
    goes,
    noise,
    table,
    waits,
)

WRITES = (  # a driver of its unit, or a part of the kernel by its name
    r"(?:[a-z_]+\d+(?:\.\d+|[a-p])?(?:\(\S+\))?: |\([a-z]+\d+:[\w-]+:[\d:]+\): |(?:pid|uid) \d+ |Limiting \w+ |"
    r"/\S*: (?:unmounted|bad dir|write failed)|nfs server \S+: |(?:arp\w*|calcru|sonewconn|in6?_\w+|nd6_\w+|"
    r"ip6?_\w+|tcp_\w+|pf|ipfw|carp|swa?p_pager\w*|g_vfs_done\(\)|GEOM\w*|UFS|HAMMER\S*|Solaris|WARNING): )"
)
"""How lines begin that the BSDs' kernels write at any time: they carry no time stamp."""

_NO_ROOT = "the kernel could not mount the root file system"
_NO_KERNEL = "the boot loader could not load the kernel"
_SINGLE = "the system stopped in single-user mode"

LOADERS = table(
    Phase.LOADER,
    begins(
        r"^(BTX loader|Consoles: |FreeBSD/\S+ (EFI|bootstrap) loader|Console: (serial|video))",
        "the boot loader starts",
        "FreeBSD stand/i386, stand/efi",
    ),
    begins(
        r"^>> (OpenBSD|NetBSD)/\S+ (BOOT|EFI)|^(Using drive \d, partition|Loading\.{4,})",
        "the boot loader starts",
        "OpenBSD sys/stand/boot; NetBSD sys/arch/i386/stand",
    ),
    goes(
        r"^(Loading (kernel|/boot)|/boot/kernel/\S+ |Loading configured modules|booting hd\S+:|can't find "
        r"'/boot/entropy)",
        "the boot loader loads the kernel",
        "FreeBSD stand/common/boot.c; OpenBSD boot",
    ).but(plain=True),
    goes(r"^boot> ?", "the boot loader is about to start the kernel", "OpenBSD sys/stand/boot/boot.c").but(
        again=True
    ),
    counts(
        r"Autoboot in \d+|Hit \[Enter\] to boot immediately|Option \d+ will be chosen in|\bBooting \[?/?\S*\]? "
        r"in \d+",
        "it counts down",
        "FreeBSD stand/lua/menu.lua, common/boot.c; NetBSD bootmenu.c",
    ),
    waits(
        r"^\W*(Welcome to FreeBSD|\d\. Boot (Multi|Installer)|Select option, \[Enter\] for default)",
        Wait.MENU,
        "it stands at the boot loader's menu",
        "FreeBSD stand/lua/drawer.lua",
    ).but(after=24),
    waits(
        r"^Choose an option; RETURN for default",
        Wait.MENU,
        "it stands at the boot loader's menu",
        "NetBSD bootmenu.c",
    ).but(after=4),
    waits(
        r"^F\d +(FreeBSD|DOS|Drive|Linux|Win|BSD|PXE|\?\?)|^Default: F\d",
        Wait.MENU,
        "it shows boot0's menu",
        "FreeBSD stand/i386/boot0",
    ).but(after=4),
    cause(r"^can't load 'kernel'", Part.KERNEL, _NO_KERNEL, "FreeBSD stand/common/boot.c").but(
        disk=True, again=True
    ),
    cause(
        r"^(can't (load|find) '?kernel|unable to load (a )?kernel|don't know how to load module|elf64_loadimage|"
        r"cannot open \S*/?bsd|.*failed\(\d+\)\. will try|boot: .*No such file)",
        Part.KERNEL,
        _NO_KERNEL,
        "FreeBSD stand/common; OpenBSD boot.c",
    )
    .but(plain=True)
    .but(disk=True, again=True),
    cause(
        r"^(ERROR: cannot open /boot/lua|ZFS: i/o error|ZFS: can't|No ZFS pools located|gptboot: (No|invalid|"
        r"unable)|"
        r"Can't find /boot|Invalid (format|slice|label)|No /boot/(loader|kernel)|Not ufs|BTX halted|"
        r"panic: (free|zfs))",
        Part.LOADER,
        "the boot loader could not read its disk",
        "FreeBSD stand/i386",
    ).but(plain=True),
    fails(
        r"^(BTX halted|(gptzfsboot: )?No ZFS pools located|Can't find /boot/(zfs)?loader|No /boot/loader|"
        r"gptboot: No \S+ partition)",
        Part.LOADER,
        "the boot loader could not read its disk",
        "FreeBSD stand/i386/btx, gptzfsboot, boot2",
    ),
    fails(r"^ERR [MRXYZ2]\b", Part.LOADER, "the boot loader is damaged", "OpenBSD sys/arch/amd64/stand/biosboot")
    .but(plain=True)
    .but(after=0),
    fails(r"^OK( |$)", Part.LOADER, "it stands at the boot loader's prompt", "FreeBSD stand/common/interp.c").but(
        again=True, by_cause=True, after=6
    ),
)

KERNELS = table(
    Phase.KERNEL,
    begins(
        r"^(---<<BOOT>>---|Copyright \(c\) 19\d\d-20\d\d The FreeBSD Project|OpenBSD \d\.\d \(|NetBSD \d+\.\S+ \(|"
        r"(SunOS|OpenIndiana|illumos|SmartOS|OmniOS) Release|SunOS Release \d)",
        "the kernel starts",
        "FreeBSD, OpenBSD, NetBSD, illumos: copyright lines",
    ),
    goes(
        r"^(FreeBSD \d|CPU: |real memory|VT\(\w+\)|\w+\d+: <|\w+\d+ at \w+\d+)",
        "the kernel starts",
        "BSD autoconf",
    ),
    goes(
        r"^Trying to mount root from|^mountroot: waiting for|^Root mount waiting",
        "the kernel looks for the root file system",
        "FreeBSD sys/kern/vfs_mountroot.c",
    ),
    goes(r"^root on \w+\d+\w? ", "the kernel mounted the root file system", "OpenBSD, NetBSD setroot"),
    cause(
        r"^Mounting from \S+ failed with error|^(cannot|can't) mount root|mountroot: unable to (remount|find)",
        Part.ROOT,
        _NO_ROOT,
        "FreeBSD vfs_mountroot.c",
    ),
    fails(
        r"^mountroot> ?|^Manual root filesystem specification", Part.ROOT, _NO_ROOT, "FreeBSD vfs_mountroot.c"
    ).but(after=12),
    fails(
        r"^(root device( \(default \S+\))?|boot device: <unknown>|use DDB\?|file system \(default \S+\))\s?:",
        Part.ROOT,
        _NO_ROOT,
        "NetBSD sys/kern/kern_subr.c; OpenBSD sys/kern/subr_disk.c",
    ).but(logged=True),
    fails(
        r"^panic(\[cpu\d+\])?[:/ ].*(no init|init (died|not found)|/sbin/init)|^init: not found in path",
        Part.INIT,
        "the kernel found no init that it could run",
        "FreeBSD sys/kern/init_main.c",
    )
    .but(plain=True)
    .but(after=20, logged=True),
    fails(r"^panic(\[cpu\d+\])?[:/ ].*(mount|root|vfs)", Part.ROOT, _NO_ROOT, "BSD, illumos kernels")
    .but(plain=True)
    .but(after=20, logged=True),
    fails(
        r"^panic(\[cpu\d+\])?(:(?! \w+: Failed to open)|/thread)",
        Part.KERNEL,
        "the kernel panicked",
        "BSD, illumos kernels",
    )
    .but(plain=True)
    .but(after=40, logged=True),
    fails(r"^KDB: (stack backtrace|enter: panic)", Part.KERNEL, "the kernel panicked", "FreeBSD subr_kdb.c").but(
        after=40
    ),
    fails(
        r"^(Dumping \d+ out of \d+ MB|Cannot dump: )",
        Part.KERNEL,
        "the kernel panicked, and its memory is dumped",
        "FreeBSD sys/kern/kern_dump.c: dumpsys_generic, kern_shutdown.c: doadump",
    ).but(after=6),
    fails(
        r"^(db(\{\d+\})?>|ddb(\{\d+\})?>|KDB: enter: panic|Stopped at +\S+:)",
        Part.KERNEL,
        "the kernel panicked and stands in its debugger",
        "BSD ddb",
    ).but(after=12),
)

START = table(
    Phase.EARLY,
    waits(
        r"^(Should VLANs be set up now|Do you want to configure (LAGGs|VLANs) now|"
        r"Enter the (WAN|LAN) interface name)",
        Wait.PROMPT,
        "it asks which network interface is which",
        "pfSense, OPNsense: assignment of interfaces",
    ),
    goes(
        r"^\*\* (Phase \d|/dev/|Last Mounted|Root file system|SU\+J)",
        "its file systems are checked",
        "BSD fsck_ffs",
    ),
    goes(
        r"^(start_init: trying|Setting hostuuid|Setting hostid|Starting file system checks|starting network|"
        r"Mounting local "
        r"(file ?systems)|Setting hostname|Automatic boot in progress|Enter .* boot mode)",
        "the system's start begins",
        "FreeBSD rc.d; OpenBSD etc/rc",
    ),
    goes(
        r"^(Starting \w+\.$|starting \w+ daemons|Local package init|Updating motd)",
        "the system starts",
        "FreeBSD rc.subr; OpenBSD etc/rc",
        Phase.LATE,
    ),
    cause(
        r"^(Automatic file system check failed|THE FOLLOWING FILE SYSTEM|.*RUN fsck_?\S* MANUALLY|ERROR: "
        r"ABORTING BOOT|"
        r"Unknown error; help!|Mounting (root|/etc/fstab) filesystems? failed)",
        Part.ROOT,
        "fsck could not repair a file system",
        "FreeBSD libexec/rc/rc.d/fsck; OpenBSD etc/rc",
    ),
    waits(r"^Enter (full )?pathname of shell or RETURN", Wait.PROMPT, _SINGLE, "BSD sbin/init/init.c").but(
        by_cause=True, after=1
    ),
    waits(r"^Enter root password, or \^D", Wait.PROMPT, _SINGLE, "BSD sbin/init/init.c").but(
        by_cause=True, after=1
    ),
    cause(
        r"failed fatally: transitioned to maintenance|^ERROR: svc:/",
        Part.ROOT,
        "a service of its start failed",
        "illumos cmd/svc/startd",
    ).but(logged=True),
    fails(
        r"^(Requesting|Entering) System Maintenance Mode|^Enter (user name|root password) (for system "
        r"maintenance )?\("
        r"control-d",
        Part.INIT,
        "the system stopped in maintenance mode",
        "illumos cmd/sulogin",
    ).but(after=4, by_cause=True),
    ends(
        r"^(The operating system has halted|Please press any key to reboot|Uptime: \d+|syncing disks\.\.\.)",
        "the system has shut down",
        "FreeBSD sys/kern/kern_shutdown.c",
    ),
)

SIGNS = (*LOADERS, *KERNELS, *START)

CHATTER = table(Phase.LATE, noise(rf"^{WRITES}(?!.*\[\s*\d+\.\d)", "BSD sys/kern/subr_prf.c, subr_log.c"))
"""What a running kernel writes, where no other row knows it."""
