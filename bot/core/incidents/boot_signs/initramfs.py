"""What initramfs systems print: initramfs-tools, dracut, mkinitcpio, Alpine, NixOS, Gentoo, ZFS; passphrases."""

from bot.core.incidents.boot_signs.sign import Part, Phase, Wait, cause, fails, goes, shell, table, waits

_NO_ROOT = "the root file system could not be mounted"
_NO_INIT = "the root file system has no init that could be run"
_SHELL = "the boot stopped in a shell of its initramfs"

DEBIAN = table(
    Phase.EARLY,
    goes(
        r"^(Begin: |Loading, please wait|Starting systemd-udevd|Starting version \d|done\.$|Running /scripts)",
        "its initramfs looks for the root file system",
        "initramfs-tools scripts/functions",
    ),
    goes(
        r"^(Volume group \".*\"|Cannot process volume group|\d+ logical volume\(s\)|mdadm: |Scanning for|lvmetad|"
        r"WARNING: Failed to connect to lvm|Reading all physical volumes)",
        "its initramfs looks for the root file system",
        "lvm2 tools; mdadm",
    ),
    cause(
        r"^(ALERT! |Gave up waiting for (root|suspend)|Failure: File system check of the root)",
        Part.ROOT,
        _NO_ROOT,
        "initramfs-tools scripts/local: local_device_setup",
    ),
    cause(
        r"^(mount: )?(mounting \S+ on /(root|new_?root|sysroot|mnt-root|mnt)\S* failed|Failed to mount \S+ as "
        r"root)",
        Part.ROOT,
        _NO_ROOT,
        "initramfs-tools scripts/local; busybox mount",
    ),
    cause(
        r"(Target filesystem doesn't have requested|No init found\. Try passing|no /?s?bin/init found|"
        r"/sbin/init does not exist|can't (execute|run) '?/sbin/init)",
        Part.INIT,
        _NO_INIT,
        "initramfs-tools init; klibc run-init; busybox switch_root; mkinitcpio init",
    ),
    cause(
        r"maximum number of tries exceeded|^cryptsetup: ERROR: .*(not found|failed to)",
        Part.ROOT,
        "the encrypted disk was not unlocked",
        "cryptsetup debian/functions",
    ),
    fails(r"^\(initramfs\)( |$)", Part.ROOT, _SHELL, "initramfs-tools scripts/functions: panic").but(
        after=12, by_cause=True
    ),
)

DRACUT = table(
    Phase.EARLY,
    cause(
        r"^(dracut-initqueue\[\d+\]: )?Warning: (/dev/\S+|.*) does not exist|dracut.*(Could not boot|FATAL|"
        r"not all (disks|initqueue))|^dracut: (FATAL|Refusing)",
        Part.ROOT,
        _NO_ROOT,
        "dracut modules.d/98dracut-systemd, 99base",
    ),
    cause(
        r"^\[FAILED\] Failed to mount /?sysroot|^\[FAILED\] Failed to start (Switch Root|File System Check on)",
        Part.ROOT,
        _NO_ROOT,
        "systemd initrd-root-fs.target",
    ),
    cause(
        r"^Failed to switch root|Specified switch root path .* does not seem to be an OS tree",
        Part.INIT,
        _NO_INIT,
        "systemd src/systemctl/systemctl-switch-root.c, src/core",
    ),
    goes(r"^(dracut(-[\w-]+)?\[\d+\]: |dracut: )", "its initramfs looks for the root file system", "dracut"),
    fails(
        r"^Entering emergency mode\. Exit the shell|^Generating \"/run/initramfs/rdsosreport",
        Part.ROOT,
        _SHELL,
        "dracut modules.d/98dracut-systemd/dracut-emergency.sh",
    ).but(after=12, by_cause=True),
    fails(
        r"^(dracut|initqueue|switch_root|pre-\w+|cmdline|mount|emergency)?:/\S*# ?",
        Part.ROOT,
        _SHELL,
        "dracut modules.d/99base/dracut-lib.sh: emergency_shell",
    ).but(after=12, by_cause=True),
)

ARCH = table(
    Phase.EARLY,
    goes(
        r"^:: (running|Triggering|mounting|performing|Loading|Starting)",
        "its initramfs looks for the root file system",
        "mkinitcpio init_functions",
    ),
    goes(
        r"^Waiting \d+ seconds for (device|the root)",
        "its initramfs waits for a device",
        "mkinitcpio init_functions",
    ),
    cause(
        r"^(:: )?ERROR: (device '?\S+ not found|'\S+' device did not show up|"
        r"Failed to mount|Unable to find root device|resume: )",
        Part.ROOT,
        _NO_ROOT,
        "mkinitcpio init_functions: default_mount_handler",
    ),
    cause(r"ERROR: Root device mounted successfully, but", Part.INIT, _NO_INIT, "mkinitcpio init"),
    fails(
        r"^(You are now being dropped into an emergency shell|Bailing out, you are on your own)",
        Part.ROOT,
        _SHELL,
        "mkinitcpio init_functions: launch_interactive_shell",
    ).but(after=8, by_cause=True),
    fails(r"^\[rootfs \S*\]# ?", Part.ROOT, _SHELL, "mkinitcpio init_functions").but(after=12, by_cause=True),
)

OTHERS = table(
    Phase.EARLY,
    goes(r"^<<< NixOS Stage [12] >>>", "its initramfs looks for the root file system", "nixpkgs stage-1-init.sh"),
    goes(
        r"^(waiting for (device|/dev)|mounting \S+ on /|running udev|starting device mapper|"
        r"running activation script|checking \S+\.\.\.$)",
        "its initramfs looks for the root file system",
        "nixpkgs stage-1-init.sh",
    ),
    cause(r"^Timed out waiting for device", Part.ROOT, _NO_ROOT, "nixpkgs stage-1-init.sh"),
    cause(r"stage 2 init script .* not found", Part.INIT, _NO_INIT, "nixpkgs stage-1-init.sh"),
    fails(
        r"^An error occurred in stage 1 of the boot process", Part.ROOT, _NO_ROOT, "nixpkgs stage-1-init.sh: fail"
    ).but(after=12, by_cause=True),
    goes(
        r"^\* (Mounting (boot media|root)|Loading boot drivers|Installing packages)",
        "its initramfs looks for the root file system",
        "Alpine mkinitfs initramfs-init.in",
    ),
    cause(
        r"^(\* )?Mounting (boot media|root)[^:]*: ?failed|^Mounting root failed",
        Part.ROOT,
        _NO_ROOT,
        "Alpine mkinitfs initramfs-init.in",
    ),
    fails(
        r"^initramfs emergency recovery shell launched", Part.ROOT, _SHELL, "Alpine mkinitfs initramfs-init.in"
    ).but(after=12, by_cause=True),
    goes(
        r"^>> ?(Activating|Determining|Loading|Mounting|Scanning|Booting|Looking|Attempting)",
        "its initramfs looks for the root file system",
        "Gentoo genkernel defaults/initrd.scripts",
    ),
    fails(
        r"^!! ?(Could not find the root|Could not mount specified ROOT|The filesystem mounted at|Please "
        r"specify another"
        r"|Block device .* is not a valid root|Could not find CD)|^Please specify another value|^root block "
        r"device\(",
        Part.ROOT,
        _NO_ROOT,
        "Gentoo genkernel defaults/linuxrc, initrd.scripts",
    ).but(after=8),
    fails(r"^(rescueshell|genkernel\S*) \S* ?#", Part.ROOT, _SHELL, "Gentoo genkernel").but(after=12),
    cause(
        r"^(Message: )?cannot import '|^Failed to (import|mount) (pool|filesystem|root)|no such pool available|"
        r"^No pool(s)? (imported|found)",
        Part.ROOT,
        "the ZFS pool with the root file system was not imported",
        "OpenZFS contrib/initramfs/scripts/zfs",
    ),
    fails(
        r"^Manually (import|mount|load) .* and (then )?exit",
        Part.ROOT,
        "the ZFS pool with the root file system was not imported",
        "OpenZFS contrib/initramfs/scripts/zfs",
    ).but(after=8),
    fails(
        r"^scheme@\(\S+\)>",
        Part.ROOT,
        _SHELL,
        "Guix gnu/build/linux-boot.scm: its Guile prompt",
    ).but(after=6, by_cause=True),
    fails(
        r"Trouble ahead\.|You can try to fix it\. Type 'exit' when", Part.ROOT, _SHELL, "Slackware initrd init"
    ).but(after=6, by_cause=True),
)

_ASKS = "it asks for a disk's passphrase"

PASSPHRASES = table(
    Phase.EARLY,
    waits(
        r"^(\W* )?Please (unlock disk|enter (the )?(LUKS |LUKS2 )?(passphrase|pass phrase|password|PIN|"
        r"recovery key|"
        r"token PIN))\b.*",
        Wait.PASSPHRASE,
        _ASKS,
        "cryptsetup-initramfs; systemd src/cryptsetup/cryptsetup.c",
    ).but(after=2),
    waits(
        r"^(\W* )?(GELI )?(Enter (the )?)?(disk |LUKS |volume |GELI )?(passphrase|pass phrase)( for "
        r".{1,120}?)?\s?:+\s*"
        r"(\(press TAB for no echo\))?\s*[*.]*$",
        Wait.PASSPHRASE,
        _ASKS,
        "cryptsetup; mkinitcpio encrypt; NixOS luksroot.nix; FreeBSD geli; OpenBSD boot",
    ).but(after=1),
    waits(
        r"^(\W* )?(Password \[/dev/\S+ \(\S+\)\]|Encrypted ZFS password for [^:]+):",
        Wait.PASSPHRASE,
        _ASKS,
        "dracut modules.d/90crypt/crypt-lib.sh: ask_for_password; Ubuntu zfs-initramfs",
    ).but(after=1),
    waits(
        r"^(\W* )?Please (confirm presence on security token|verify user) to unlock",
        Wait.PASSPHRASE,
        "it waits for a security token that unlocks a disk",
        "systemd src/shared/libfido2-util.c",
    ).but(after=2),
    waits(r"^A password is required to access the", Wait.PASSPHRASE, _ASKS, "mkinitcpio hooks/encrypt").but(
        after=3
    ),
    waits(
        r"(passphrase|PIN|recovery key|key) for .{1,100}:\s*(\(press TAB for no echo\))?\s*[*.]*$",
        Wait.PASSPHRASE,
        _ASKS,
        "cryptsetup; zfs load-key; systemd-ask-password",
    ).but(after=1),
    waits(
        r"^Enter password for .*:\s*$|^(VeraCrypt|TrueCrypt) Boot Loader",
        Wait.PASSPHRASE,
        _ASKS,
        "VeraCrypt Boot/Windows",
    ).but(after=6),
    waits(r"To unlock (the )?root partition.*cryptroot-unlock", Wait.PASSPHRASE, _ASKS, "dropbear-initramfs").but(
        after=2
    ),
    goes(
        r"cryptsetup failed, bad password|^No key available with this passphrase",
        "a passphrase was wrong",
        "cryptsetup",
    ),
)

SHELLS = table(
    Phase.EARLY,
    shell(
        r"^(?:\([\w.-]+\) )?\[?(?P<who>[\w.-]*@[\w().-]*)[: ][^#$%>]{0,80}\]?\s?[#$%>❯](?: +(?P<typed>.*))?$",
        "a shell's prompt stands on its console",
        "bash, zsh, csh: user@host",
    ),
    shell(
        r"^(?P<who>[\w.-]+):[~/]\S*\s?[#$](?: +(?P<typed>.*))?$",
        "a shell's prompt stands on its console",
        "busybox ash on Alpine; bash",
    ),
    shell(
        r"^(?P<who>(?:sh|bash|ash|dash|zsh)-[\d.]+|[~/][\w./-]*|\[[^\]]{1,40}\])\s?[#$](?: +(?P<typed>.*))?$",
        "a shell's prompt stands on its console",
        "bash, dash, busybox ash",
    ),
    shell(r"^(?P<who>)[#$%](?P<typed>)$", "a shell's prompt stands on its console", "sh"),
)

_AT_A_SHELL = "a shell's prompt stands there, as somebody is at one"

GUESSED = table(
    Phase.EARLY,
    shell(
        r"^(?P<who>\[[^\]]*\]\[[^\]\s]+@[^\]]+\]\S*):(?: +(?P<typed>.*))?$",
        _AT_A_SHELL,
        "tcsh on pfSense",
    ),
    shell(r"^(?P<who>\[[^\]\s]+@[^\]]+\])(?: >)?(?: +(?P<typed>.*))?$", _AT_A_SHELL, "ESXi's ash; RouterOS"),
    shell(r"^(?P<who>➜) +\S+(?: +(?P<typed>.*))?$", _AT_A_SHELL, "zsh with oh-my-zsh"),
    shell(r"^(?P<who>[a-z][\w.-]*)%(?: +(?P<typed>\S.*))?$", _AT_A_SHELL, "zsh, csh"),
    shell(
        r"^(?P<who>(?=[\w~/\[({└╰])(?:[^\s#$>❯]+ ){0,3}[^\s#$>❯]*(?<![=<|:;,.])) ?[#$>❯»λ](?: +(?P<typed>\S.*))?$",
        _AT_A_SHELL,
        "a host, a user, a path, a time or a status before the sign, as people set them up",
    ),
    shell(r"^(?P<who>)[#$%❯](?: +(?P<typed>[a-z.~/_(\d].*))?$", _AT_A_SHELL, "sh; zsh with pure"),
)

RESCUES = table(
    Phase.EARLY,
    shell(r"^(?P<who>\(initramfs\))(?: +(?P<typed>.*))?$", _SHELL, "initramfs-tools scripts/functions: panic"),
    shell(
        r"^(?P<who>(?:dracut|initqueue|switch_root|pre-\w+|cmdline|mount|emergency)?:)/\S*#(?: +(?P<typed>.*))?$",
        _SHELL,
        "dracut modules.d/99base/dracut-lib.sh: emergency_shell",
    ),
    shell(r"^(?P<who>\[rootfs) \S*\]#(?: +(?P<typed>.*))?$", _SHELL, "mkinitcpio init_functions"),
    shell(r"^(?P<who>rescueshell|genkernel)\S* \S* ?#(?: +(?P<typed>.*))?$", _SHELL, "Gentoo genkernel"),
)

SIGNS = (*PASSPHRASES, *DEBIAN, *DRACUT, *ARCH, *OTHERS)
