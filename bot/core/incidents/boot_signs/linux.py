"""What Linux prints until it gives up, what fsck prints, and what daemons write on a console."""

from bot.core.incidents.boot_signs.sign import (
    Part,
    Phase,
    Wait,
    begins,
    cause,
    fails,
    goes,
    noise,
    table,
    waits,
)

CHECKED = "its file systems are checked"
UNREPAIRED = "fsck could not repair a file system"
DAMAGED = "a file system is damaged"
CHECKS = frozenset({CHECKED, UNREPAIRED, DAMAGED})
"""What rows say of an fsck at work."""
QUESTION = "fsck asks a question"
"""What rows say of a question that others ask, too, where no fsck runs."""

INITRAMFS = "its initramfs starts"
_ROOT_LOST = "the kernel could not mount the root file system"
_NO_INIT = "the kernel found no init that it could run"

KERNEL = table(
    Phase.KERNEL,
    begins(r"\bLinux version \d+\.\d+", "the kernel starts", "Linux init/version.c: linux_banner"),
    begins(r"^(Uncompressing Linux|Booting Linux on physical CPU)", "the kernel starts", "Linux arch/*/boot"),
    goes(r"^Run /init as init process", INITRAMFS, "Linux init/main.c"),
    goes(
        r"^(Command line:|Kernel command line:|BIOS-provided physical RAM map|Run \S+ as init process)",
        "the kernel starts",
        "Linux init/main.c",
    ),
    goes(r"^Decompressing Linux\.\.\.", "the kernel is unpacked", "Linux arch/x86/boot/compressed/misc.c"),
    cause(
        r"^VFS: (Cannot open root device|Unable to mount root fs)|^List of all (partitions|bdev filesystems)",
        Part.ROOT,
        _ROOT_LOST,
        "Linux init/do_mounts.c: mount_root_generic",
    ),
    cause(
        r"^(Initramfs unpacking failed|.*invalid compressed format|.*junk (at the end of|in) compressed)",
        Part.KERNEL,
        "the initramfs is damaged",
        "Linux init/initramfs.c",
    ).but(disk=True),
    cause(
        r"^(Failed to execute /|Starting init: \S+ exists but couldn't execute|request_module: runaway loop)",
        Part.INIT,
        _NO_INIT,
        "Linux init/main.c: run_init_process",
    ),
    cause(
        r"error while loading shared libraries", Part.INIT, "init's libraries are missing", "glibc elf/dl-load.c"
    ),
    fails(r"Kernel panic - not syncing: VFS", Part.ROOT, _ROOT_LOST, "Linux init/do_mounts.c"),
    fails(
        r"Kernel panic - not syncing: (No (working )?init found|Requested init|Attempted to kill init|"
        r".*switch_root|No init)",
        Part.INIT,
        _NO_INIT,
        "Linux init/main.c, kernel/exit.c: do_exit",
    ),
    fails(r"Kernel panic - not syncing", Part.KERNEL, "the kernel panicked", "Linux kernel/panic.c"),
    fails(
        r"^Entering kdb \(|^\[\d+\](kdb|more)>",
        Part.KERNEL,
        "the kernel stands in its debugger",
        "Linux kernel/debug/kdb/kdb_main.c: kdb_local",
    ).but(after=12),
    fails(r"^\W*KERNEL PANIC!\W*$", Part.KERNEL, "the kernel panicked", "Linux drivers/gpu/drm/drm_panic.c").but(
        after=20
    ),
    fails(r"^-- System halted", Part.KERNEL, "the kernel could not be unpacked", "Linux x86/boot/compressed").but(
        disk=True
    ),
    fails(
        r"^(This kernel requires|Unable to boot - please use a kernel)",
        Part.KERNEL,
        "the kernel does not fit this processor",
        "Linux arch/x86/boot/cpu.c",
    ),
    noise(
        r"^(Call Trace:|Hardware name:|CPU: \d+ PID:|RIP: |RSP: |R[A-D]X: |Code: |Modules linked in|Kernel "
        r"Offset:|"
        r"Rebooting in \d+ seconds|<\/?TASK>|\? ?\w+\+0x|\w[\w.]*\+0x[0-9a-f]+/0x|---\[ end|Stack:|FS: |CS: )",
        "Linux kernel/panic.c, lib/dump_stack.c",
    ),
    goes(
        r"^systemd\[1\]: Running in initrd|^Trying to unpack rootfs image",
        "the initramfs starts",
        "systemd src/core/main.c; Linux init/initramfs.c",
    ),
)
_PANICS = tuple(row.but(logged=True, after=80) if "panic" in row.pattern and row.part else row for row in KERNEL)

FSCK = table(
    Phase.EARLY,
    goes(
        r"^(fsck from util-linux|\[/sbin/fsck|e2fsck \d|fsck\.\w+ \d|fsck \d)",
        CHECKED,
        "util-linux fsck.c; e2fsprogs",
    ),
    goes(
        r"^\S+: (recovering journal|clean, \d+/\d+|\|=* *\|? *[\d.]+%|.*(check forced))",
        CHECKED,
        "e2fsprogs e2fsck/unix.c",
    ),
    goes(
        r"^Pass \d[A-D]?: |^Checking (all )?file ?systems",
        CHECKED,
        "e2fsprogs e2fsck/pass1.c",
    ),
    cause(
        r"UNEXPECTED (INCONSISTENCY|SOFT UPDATE INCONSISTENCY)",
        Part.ROOT,
        UNREPAIRED,
        "e2fsprogs e2fsck/unix.c; FreeBSD fsck_ffs",
    ),
    cause(
        r"^fsck(\.\w+)? (exited with status code [4-9]|failed)|requires a manual fsck",
        Part.ROOT,
        UNREPAIRED,
        "initramfs-tools scripts/functions: _checkfs_once",
    ),
    cause(
        r"(bad magic number in super-?block|superblock (could not be read|is corrupt)|Metadata corruption "
        r"detected|"
        r"Structure needs cleaning|no valid filesystem type|wrong fs type)",
        Part.ROOT,
        DAMAGED,
        "e2fsprogs; Linux fs/xfs; util-linux mount",
    ).but(plain=True),
    waits(
        r"(<[yn]>|\[yn\])\s*\??\s*(:|yes|no|y|n)?$",
        Wait.FSCK,
        "fsck asks whether to repair",
        "e2fsprogs e2fsck/util.c: ask_yn; FreeBSD fsck_ffs",
    ).but(after=0),
    waits(
        r"(\((y|n|yes|no)/(y|n|yes|no|a)[^)]*\)|\[y/n\])\s*\??\s*(:|yes|no|y|n)?$",
        Wait.FSCK,
        QUESTION,
        "e2fsprogs, dosfstools; anybody else asks so, too",
    ).but(after=0),
    waits(
        r"^(Fix|Clear|Ignore error|Abort|Force rewrite|Recreate|Salvage|Reconnect|Continue|Update standard "
        r"superblock|"
        r"Remove|Adjust)\? ",
        Wait.FSCK,
        "fsck asks whether to repair",
        "e2fsprogs; fsck_ffs",
    ).but(after=0),
)

CHATTER = table(
    Phase.LATE,
    noise(r"^(<\d+>)?[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d ", "syslog"),
    noise(r"^\S{0,12}\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d", "journal, cloud-init and most daemons"),
    noise(
        r"^(ci-info: |Cloud-init v\.|cloud-init\[\d+\]: |-----(BEGIN|END) SSH HOST KEY|ssh-\w+ AAAA|ecdsa-\S+ "
        r"AAAA|"
        r"ec2: |#{10,})",
        "cloud-init cc_ssh_authkey_fingerprints.py, write-ssh-key-fingerprints",
    ),
    noise(
        r"^(audit: |type=\d+ audit|time=\"|level=|\{\"|I\d{4} |random: crng|IPv6: ADDRCONF)",
        "daemons on the console",
    ),
)

SIGNS = (*CHATTER, *_PANICS, *FSCK)
