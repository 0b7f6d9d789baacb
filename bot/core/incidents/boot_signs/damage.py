"""What kernels write when a system that has come up is no longer well: damaged disks, faults, tasks that hang."""

from bot.core.incidents.boot_signs.sign import Part, Phase, hangs, hurts, table

_DISK = "its kernel can't read or write a disk"
_FILES = "its kernel found a file system damaged"
_READ_ONLY = "its kernel made a file system read-only"
_REFUSED = r"critical target error, .*\((DISCARD|WRITE_ZEROES)\)"  # done otherwise, or not needed
_DISKS = r"(?:x?vd|[sh]d|nvme|mmcblk|md)\w+"  # no floppy, CD or loop: those are empty, and no harm
_LOST = r"dm-\d+, .*lost \w+ page write"  # what is read of one may be of a snapshot that is gone meanwhile
_IMAGE = r"(?!loop)"  # a file system in a file, such as a container's, is not the machine's own

SIGNS = table(
    Phase.UP,
    hurts(
        rf"(^|: )(?!{_REFUSED})((critical )?(\w+|space allocation) error|I/O error), "
        rf"dev (?:{_DISKS}|dm-\d+),? sector|^Buffer I/O error on dev(ice)? (?:{_DISKS}|{_LOST})",
        Part.DISK,
        _DISK,
        "Linux block/blk-core.c: blk_print_req_error; fs/buffer.c: buffer_io_error",
    ),
    hurts(
        r"^sd \S+: (\[\w+\] )?rejecting I/O to (offline|dead) device|"
        r"^nvme \w+: Disabling device after reset failure|"
        r"^(md/raid\S*: ?)?(md\w+:? )?Operation continuing on 0 devices|^JBD2: Detected IO errors",
        Part.DISK,
        _DISK,
        "Linux drivers/scsi/scsi_lib.c; drivers/nvme/host/pci.c: nvme_remove_dead_ctrl; drivers/md; fs/jbd2",
    ),
    hurts(
        r"^g_vfs_done\(\):(?!cd|md|fd)\w\S*\[(READ|WRITE)\(.*\)\] ?error = [56]\b",
        Part.DISK,
        _DISK,
        "FreeBSD sys/geom/geom_vfs.c: g_vfs_done; EIO, ENXIO",
    ),
    hurts(
        r"^(Solaris: )?WARNING: Pool '.{1,80}' has encountered an uncorrectable I/O failure and has been "
        r"suspended",
        Part.DISK,
        "a ZFS pool can't be written, and is suspended",
        "OpenZFS module/zfs/zio.c: zio_suspend",
    ),
    hurts(
        rf"^EXT[234]-fs \({_IMAGE}\S+\): Remounting filesystem read-only|^Aborting journal on device {_IMAGE}|"
        r"^BTRFS\S* (?!.*device loop).*\bforced readonly|^F2FS-fs .*: Remounting filesystem read-only|"
        r"^bcachefs \(\S+\):? .*emergency read[- ]only|"
        r"^(FAT|exFAT)-fs \(\S+\): Filesystem has been set read-only|"
        rf"^ERROR: \(device {_IMAGE}\S+\): remounting filesystem as read-only|"
        r"^UBIFS error \(.*\): ubifs_ro_mode\S* switched to read-only mode",
        Part.FILES,
        _READ_ONLY,
        "Linux fs/ext4/super.c: ext4_handle_error; fs/jbd2/journal.c; fs/btrfs/messages.c; fs/fat; fs/bcachefs; "
        "fs/jfs/super.c: jfs_handle_error; fs/ubifs/io.c: ubifs_ro_mode",
    ),
    hurts(
        rf"^EXT[234]-fs (error|panic) \(device {_IMAGE}|^EXT4-fs \({_IMAGE}\S+\): Delayed block allocation failed|"
        rf"^XFS \({_IMAGE}\S+\): (.*(Shutting down filesystem|Filesystem has been shut down)|"
        r"Corruption of in-memory|Corruption detected|Metadata (corruption|CRC error) detected|log I/O error)|"
        r"^SQUASHFS error: .*(data probably corrupt|failed to read block|Unable to read page)|"
        r"^F2FS-fs \(\S+\): Stopped filesystem|"
        r"^BTRFS(: error| error| critical)( \(|:)(?!.*device loop)"
        r".*(IO failure|Filesystem corrupted|corrupt|unrecoverable)",
        Part.FILES,
        _FILES,
        "Linux fs/ext4/super.c: __ext4_error; fs/xfs/xfs_fsops.c: xfs_do_force_shutdown; fs/btrfs; fs/squashfs",
    ),
    hangs(
        r"^(BUG: (unable to handle|kernel NULL pointer|Bad page)|Oops(:| -)|kernel BUG at |"
        r"general protection fault(,|:)|Unable to handle kernel |Internal error: Oops)",
        "its kernel met a fault",
        "Linux arch/x86/kernel/dumpstack.c: die; arch/x86/mm/fault.c; lib/bug.c; arch/arm64/mm/fault.c",
    ),
    hangs(
        r"^INFO: task .{1,80} blocked for more than \d+ seconds|^((NMI )?watchdog: )?BUG: (soft|hard) lockup|"
        r"^(NMI )?watchdog: .*hard LOCKUP|^(rcu: )?INFO: rcu_\w+ (self-)?detected|"
        r"^rcu: \w+ kthread (starved|timer wakeup didn't happen)|^BUG: workqueue lockup",
        "tasks of its kernel hang",
        "Linux kernel/hung_task.c, kernel/watchdog.c, kernel/rcu/tree_stall.h, kernel/workqueue.c",
    ),
)
