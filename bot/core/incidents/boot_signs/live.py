"""What is not the machine's own system, though it asks for a login: live, rescue and installers' systems."""

from bot.core.incidents.boot_signs.sign import Phase, Wait, goes, lives, owns, table, unsure, waits

LIVE = "it booted a live or rescue system, not its own"
UNNAMED = "its login names no host, so it may be a live or rescue system, and not its own"
IN_MEMORY = "it runs in memory from a medium, which may be its own or a live system's"
BY_NAME = "by the host name at its login it may be a live or rescue system, and not its own"
WRITTEN = "a line looks like its login with a name typed, and may be a program's complaint"
OFFERED = "it offers a console, as some do while they still start"
BY_ITSELF = "nobody had to log in, as on a live or rescue system, which it may be, and not its own"
RESCUE = "it stands at the prompt of a rescue or installation medium, not of its own system"

CRASHED = "its kernel panicked, and the crash kernel runs in its place"

_MEDIUM = (  # words of which a host's name has one on a medium, an installer or a provider's rescue system
    r"rescue\d*|recovery|live(?:cd|usb|iso|dvd)?|install(?:er|ation)?|netboot|pxe\w*|enlist|commissioning|ephemeral"
)
_DISTRIBUTION = (  # what media that ask for a login call themselves; an installed system may be called so, too
    r"slackware|crux|porteus|puppypc|devuan|manjaro|artix|antix|mx|garuda|endeavouros|cachyos|parrot|mageia|solus|"
    r"k3os|rancher|harvester|kairos|cos|gnu|[kx]ubuntu|lubuntu|ghostbsd|nomadbsd|maas"
)

KERNELS = table(
    Phase.KERNEL,
    goes(r"command line: .*\belfcorehdr=", CRASHED, "Linux kernel/crash_dump.c: what kexec tells a crash kernel"),
    owns(
        r"command line: .*\bvyos-union=",
        "VyOS on a disk boots its image by live-boot",
        Phase.KERNEL,
    ),
    lives(
        r"command line: .*(\bboot=(live|casper)\b|\brd\.live\.\w+|\broot=(live|squash):|\b\w*iso(basedir|label|"
        r"device|search\w+|-scan/filename)=|\bfindiso=|/casper/|\bcoreos\.live\w*[.=]|BOOT_IMAGE=\S*/live\d*/|"
        r"\binst\.(stage2|repo|ks)=|\bsysresc\w*=|\bnfsroot=\S*/live|\bcdroot\b|\blooptype=squashfs\b|"
        r"\bcloud-config-url=http|\bipa-api-url=|\bautoinstall\b|\bk3os\.mode=(live|install)\b)",
        "casper; live-boot; dracut dmsquash-live; cloud-initramfs-rooturl; archiso, miso; anaconda; "
        "Fedora CoreOS; Gentoo's media; MAAS; Ironic; subiquity; k3OS: kernel command lines",
        Phase.KERNEL,
    ),
    lives(
        r"command line: .*(\bsnapd_recovery_mode=(recover|install|factory-reset)\b|/recovery\.(img|squashfs)\b|"
        r"\brecovery-mode\b|\binitrd=initrd\.cgz\b.*\broot=/dev/ram0\b)",
        "snapd cmd_initramfs_mounts.go; elemental and Kairos immucore; Relax-and-Recover: kernel command lines",
        Phase.KERNEL,
    ),
    lives(
        r"command line: .*\bmodules=\S*\bloop,squashfs",
        "Alpine's medium, which a system without a disk of its own starts from, too",
        Phase.KERNEL,
    ).but(weak=True),
    lives(
        r"command line: .*\b(root=(/dev/ram\d*|tmpfs)\b|rdinit=)",
        "Linux init/main.c, init/do_mounts.c: a system that stays in its ramdisk",
        Phase.KERNEL,
    ).but(weak=True),
    owns(
        r"command line: .*\b(root=(UUID|PARTUUID|LABEL)=|root=/dev/(mapper/|disk/|[vsh]d|xvd|nvme|mmcblk)|"
        r"ostree=)",
        "a disk's root file system on the kernel's command line",
        Phase.KERNEL,
    ).but(weak=True),
    lives(
        r"^(Trying to mount root|Mounting( root)?) from (cd9660:|ufs:/dev/(md0|ufs/OPNsense_Install))"
        r"(?!.* failed)",
        "FreeBSD, DragonFly sys/kern/vfs_mountroot.c, vfs_conf.c: media; mfsBSD; OPNsense's installation image",
        Phase.KERNEL,
    ),
    lives(
        r"^root on (rd0a|md0[a-p])\b",
        "OpenBSD distrib/amd64/ramdisk_cd; NetBSD distrib: ramdisks of their installers",
        Phase.KERNEL,
    ),
)

START = table(
    Phase.EARLY,
    lives(r"^\* Mounting modloop", "Alpine init.d/modloop", Phase.EARLY).but(weak=True),
    owns(r"^procd: - (ubus|init)( complete)? -", "OpenWrt procd state.c", Phase.LATE),
    lives(
        r"^Exit on error \[\d+\]|^start: Installing new DSM|^\W*(Microsoft Windows.* )?Recovery Console\b|"
        r"^Which Windows installation would you like",
        "Synology DSM's ramdisk, which asks for a login, too; Windows XP's Recovery Console",
        Phase.EARLY,
    ),
    lives(
        r"^(Begin: (Running|Mounting) .*(/scripts/(casper|live)|root file system from)|live-(boot|config)\b|"
        r"(:: )?(running )?(early |late )?hook \[archiso\w*\]|:: Mounting '/dev/disk/by-\w+/(ARCH|RESCUE)\w*'|"
        r"\[  OK  \] .*(dracut live|live-config|archiso|casper-md5|Subiquity|Ironic Python Agent|Anaconda)|"
        r"Starting installer, one moment|"
        r"anaconda \d\S* for )",
        "casper; live-boot; archiso initcpio hooks; dracut dmsquash-live; anaconda",
        Phase.EARLY,
    ),
    lives(
        r"^\W*Welcome to .{1,60}\b(live ?(CD|DVD|USB|system|image|medium|environment)|"
        r"installation (disk|CD|DVD|USB|image|program)|rescue (system|disk|CD)|installer)\b",
        "Slackware, SUSE, Gentoo, FreeDOS, OpenBSD, Proxmox and others: how media greet",
        Phase.LATE,
    ),
    lives(
        r"^\W*(SystemRescue\w* \d|Welcome to Grml|Grml\w* \d\S* |Clonezilla live|GParted Live|Finnix \S+ ready|"
        r"Welcome to the Fedora CoreOS live environment|Welcome! +OPNsense is running in live mode|"
        r"FreeBSD/\S+ \(mfsbsd\) |Welcome to (the )?\w* ?Rescue System|Welcome to the Hetzner Rescue|KNOPPIX|"
        r"The \"nixos\" and \"root\" accounts have empty passwords|(Welcome to )?Relax-and-Recover(\.| \d)|"
        r"\* ReaR rescue environment)",
        "SystemRescue; grml-live; Clonezilla; Hetzner's rescue; nixpkgs installation-device.nix; OPNsense; ReaR",
        Phase.LATE,
    ),
    owns(
        r"^(\w*BSD|DragonFly)/\S+ \((?!Amnesiac\b)[\w.-]+\) \(\w+\)$",
        "BSD getty: a host's name above the login, which an unnamed medium has none of",
        Phase.LATE,
    ).but(weak=True),
)

LOGINS = table(
    Phase.UP,
    waits(
        r"^RESCUE [\w.-]+( login:.*|:\S* #)\s*$", Wait.PROMPT, LIVE, "Relax-and-Recover skel/default: getty, PS1"
    ).but(after=6),
    waits(
        r"^(\S+ login: (live|liveuser|tc|knoppix)|(debian|kali|nixos|ubuntu|localhost\S*) login: (user|kali|nixos)"
        r") \(automatic login\)",
        Wait.PROMPT,
        LIVE,
        "live-config, Kali, livesys-scripts, nixpkgs: live media log their own account in",
    ).but(after=6),
    waits(
        r"^(archiso|sysresc(ue)?(cd)?|grml\d*|localhost-live|livecd|livesys|clonezilla|gparted|partedmagic|recovery|"
        r"\w*knoppix|void-live|finnix|slax|rescuezilla|anaconda|rescue|tails|amnesia) login:",
        Wait.PROMPT,
        BY_NAME,
        "archiso; SystemRescue; grml-live; Fedora livesys; elemental's recovery: such systems' own host names",
    ).but(after=6),
    unsure(
        r"^((localhost(\.localdomain)?|\(none\)) login:|((console )?login|login name)\s?[:：]\s*"
        r"(\S{1,64}( \(automatic login\))?)?$)",
        UNNAMED,
        "getty on a system without a host name: live media, and whoever gave it none",
    ),
    unsure(
        rf"^((?:[\w.]+-)*({_MEDIUM})(-[\w.-]+)*|({_DISTRIBUTION})(-?\d+)?|ubuntu-server)(\.[\w.-]+)? login:",
        BY_NAME,
        "media's /etc/hostname; subiquity; OVH's rescue: installed systems are called that, too",
    ),
    unsure(
        r"^(?!homeassistant )\S+ login: \S{1,64} \(automatic login\)",
        BY_ITSELF,
        "agetty --autologin: casper's and most other media, and an installed kiosk or test machine",
    ),
    waits(
        r"^X:\\[^<>|]{0,80}>",
        Wait.PROMPT,
        RESCUE,
        "Windows PE, WinRE: their RAM disk is X:",
    ).but(after=6),
    waits(r"^[AB]:\\[^<>|]{0,80}>", Wait.PROMPT, RESCUE, "DOS COMMAND.COM on a floppy").but(after=6),
    waits(
        r"^\W*(Start_?Clonezilla|Choose mode: \W*device-image|Start Clonezilla or enter login shell)",
        Wait.MENU,
        "it stands at a rescue medium's menu",
        "Clonezilla ocs-live-run-menu",
    ).but(after=24),
)

SIGNS = (*LOGINS, *KERNELS, *START)

NO_LOGIN = unsure("", BY_ITSELF, "a shell's prompt that no login led to")
