"""What kernels write when a system that has come up is no longer well: damaged disks, faults, tasks that hang.

Whichever file system or driver it is: what counts is that one was made read-only, was given up or found damaged.
"""

from bot.core.incidents.boot_signs.sign import Part, Phase, hangs, heals, hurts, table

_DISK = "its kernel can't read or write a disk"
_FILES = "its kernel found a file system damaged"
_READ_ONLY = "its kernel made a file system read-only"
_REFUSED = r"critical target error, .*\((DISCARD|WRITE_ZEROES)\)"  # done otherwise, or not needed
_DISKS = r"(?:x?vd|[sh]d|nvme|mmcblk|md)\w+"  # no floppy, CD or loop: those are empty, and no harm
_LOST = r"dm-\d+, .*lost \w+ page write"  # what is read of one may be of a snapshot that is gone meanwhile
_IMAGE = r"(?!loop)"  # a file system in a file, such as a container's, is not the machine's own
_BSD_DISK = r"(?!cd|fd|md|vnd)[a-z]{2,5}\d+"
_FS = (  # a kernel's file system writes: no program does, and it is none of an image or a CD
    r"^(?!systemd|fs)(?!.*\b(?:loop|sr|cd)\d)"
    r"(?:[\w/-]*fs[\w-]*|ubi\d*|hammer\d?|error(?=: \(device))\b(?: \w+){0,2} ?[:(]"
)

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
        r"^sd \S+: (\[\w+\] )?(rejecting I/O to (offline|dead) device|Device offlined - )|"
        r"^nvme \w+: (Disabling device after reset failure|Removing after probe failure)|"
        r"^(md/\S*: ?)?(md\w+:? )?(Operation continuing on 0 devices|Cannot continue operation \(|"
        r"Disk failure on \S+ detected, failing array)|^JBD2: Detected IO errors",
        Part.DISK,
        _DISK,
        "Linux drivers/scsi/scsi_lib.c, scsi_error.c; drivers/nvme/host/pci.c; drivers/md; fs/jbd2",
    ),
    hurts(
        r"^device-mapper: (verity|crypt|integrity|writecache|raid|era|clone|cache|thin|space map \w+)\b(?!-fec)"
        r".*(is corrupted|INTEGRITY AEAD ERROR|checksum failed|(?i:I/O error)|needs_check|aborting current|"
        r"switching (pool|cache) to (?!write\b))",
        Part.DISK,
        _DISK,
        "Linux drivers/md/dm-verity-target.c, dm-crypt.c, dm-integrity.c, dm-thin.c, dm-cache-target.c",
    ),
    hangs(
        r"^ata\d+(\.\d\d)?: disabled?( device)?$",
        "its kernel gave up a drive that does not answer",
        "Linux drivers/ata/libata-core.c: ata_dev_disable, of a disk as of a CD drive",
    ),
    hurts(
        r"^g_vfs_done\(\):(?!cd|md|fd)\w\S*\[(READ|WRITE)\(.*\)\] ?error = [56]\b|"
        r"^\((da|ada|nda|sd)\d+:(?!umass)\S+\): Error [56], (Retries exhausted|Unretryable error)|"
        rf"^{_BSD_DISK}[a-p]?: (hard )?error (cmd=|(reading|writing) fsbn)(?!.*retrying)|"
        r"^swap_pager: I/O error - page(in|out) failed",
        Part.DISK,
        _DISK,
        "FreeBSD sys/geom/geom_vfs.c: g_vfs_done, EIO, ENXIO; sys/cam/cam_periph.c; NetBSD, FreeBSD "
        "sys/kern/subr_disk.c: diskerr; sys/vm/swap_pager.c",
    ),
    hurts(
        r"^sd\d+\((?!umass)\S+\): Check Condition \(error \S+\) on opcode 0x(0[8a]|2[8a]|8[8a]|35)\b",
        Part.DISK,
        _DISK,
        "OpenBSD sys/scsi/scsi_base.c: scsi_print_sense; reading, writing, flushing",
    ),
    hurts(
        r"^/(?!mnt\b|media\b)\S*: unmounted, device lost|^UFS: forcibly unmounting \S+ from /(?!mnt\b|media\b)|"
        r"^/\S*: bad dir ino ",
        Part.FILES,
        _FILES,
        "FreeBSD sys/ufs/ffs/ffs_subr.c: ffs_fsfail_cleanup; sys/ufs/ufs/ufs_lookup.c: ufs_dirbad",
    ),
    hurts(
        r"^UNRAID device not found",
        Part.DISK,
        "the flash drive with its settings was not found",
        "Unraid bzroot: /etc/rc.d/rc.S waits for the label UNRAID, and goes on without",
    ),
    hangs(
        r"^swap_pager: indefinite wait buffer",
        "its kernel waits for its swap's disk",
        "FreeBSD sys/vm/swap_pager.c: swap_pager_getpages",
    ),
    hurts(
        r"^(Solaris: )?WARNING: Pool '.{1,80}' has encountered an uncorrectable I/O failure and has been "
        r"suspended",
        Part.DISK,
        "a ZFS pool can't be written, and is suspended",
        "OpenZFS module/zfs/zio.c: zio_suspend",
    ),
    hurts(
        rf"{_FS}.*\b((re-?mount|forc|switch)(ing|ed)?|(been )?set|is now|emergency)\b.{{0,30}}\bread[- ]?only|"
        rf"^Remounting filesystem read-only$|^Aborting journal on device {_IMAGE}",
        Part.FILES,
        _READ_ONLY,
        "Linux fs/ext4/super.c: ext4_handle_error; fs/{ext2,reiserfs,ocfs2,nilfs2,f2fs,fat,btrfs,bcachefs,jfs,"
        "hpfs,ubifs}; drivers/mtd/ubi; fs/jbd2/journal.c; DragonFly sys/vfs/hammer",
    ),
    hurts(
        rf"{_FS}.*\b(file ?system (consistency error|withdrawn|has been shut down)|shutting down filesystem|"
        r"withdraw this file system|withdrawn$|stopped filesystem)",
        Part.FILES,
        _FILES,
        "Linux fs/gfs2/util.c: gfs2_withdraw; fs/xfs/xfs_fsops.c: xfs_do_force_shutdown; fs/f2fs/super.c",
    ),
    hurts(
        rf"^(?!BTRFS|UDF)[\w-]+:? (error|panic|abort)\w* \(device {_IMAGE}|^ERROR: \(device {_IMAGE}|"
        rf"^(EXT2-fs|NILFS) \({_IMAGE}\S+\): error|^EXT4-fs \({_IMAGE}\S+\): Delayed block allocation failed|"
        rf"^XFS \({_IMAGE}\S+\): ((metadata|log) I/O error|"
        r"Corruption of in-memory|Corruption detected|Metadata (corruption|CRC error) detected)|"
        r"^SQUASHFS error: .*(data probably corrupt|failed to read block|Unable to read page)|"
        rf"^erofs:? \(device {_IMAGE}\S+\): .*(failed to decompress|corrupt|bogus)|"
        r"^BTRFS(: error| error| critical)( \(|:)(?!.*device loop)"
        r".*(IO failure|Filesystem corrupted|corrupt|unrecoverable)",
        Part.FILES,
        _FILES,
        "Linux fs/ext4/super.c: __ext4_error; fs/{reiserfs,ocfs2,nilfs2,jfs,ufs,xfs,btrfs,squashfs,erofs}",
    ),
    hangs(
        r"^mce: \[Hardware Error\]: CPU \d+: Machine Check( Exception)?: \d+ Bank \d+: [abef]",
        "its processor or memory met an error that it could not correct",
        "Linux arch/x86/kernel/cpu/mce/core.c: __print_mce; bit 61 of the status, UC",
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
    hangs(
        r"^(new)?(nfs|lockd):? server (?P<of>\S+?):? (lockd )?not responding(, still trying)?$",
        "its file server does not answer",
        "Linux net/sunrpc/clnt.c: call_timeout, of a hard mount; FreeBSD, NetBSD, OpenBSD sys/nfs: nfs_msg",
    ),
    heals(
        r"^(new)?(nfs|lockd):? server (?P<of>\S+?):? (OK|(lockd )?is alive again)$",
        "Linux net/sunrpc/clnt.c: call_decode; FreeBSD, NetBSD, OpenBSD sys/nfs: nfs_msg",
    ),
)
