"""What systemd, sysvinit, OpenRC and runit print while a system starts and stops."""

from bot.core.incidents.boot_signs.sign import Part, Phase, Wait, cause, ends, fails, goes, table, waits

_FS_FAILED = "a file system could not be mounted"

SYSTEMD = table(
    Phase.EARLY,
    fails(
        r"Reached target.*Emergency Mode", Part.INIT, "the system stopped in emergency mode", "systemd units/"
    ).but(after=10, by_cause=True),
    goes(
        r"^Welcome to (?!GRUB|pfSense|OPNsense|the |Home Assistant|VyOS|Proxmox|TrueNAS|FreeNAS|Ubuntu \d\S* "
        r"LTS \(GNU)"
        r".{2,70}!$",
        "the system's start begins",
        "systemd src/core/main.c: status_welcome",
    ),
    waits(
        r"^Please remove the installation medium, then (press ENTER|reboot)",
        Wait.KEY,
        "it waits for its installation medium to be removed",
        "casper, subiquity: bin/casper-stop",
    ),
    ends(
        r"Reached target.*(System )?(Shutdown|Reboot|Power[- ]?Off|Halt|Unmount All|Final Step|Late Shutdown)",
        "the system goes down",
        "systemd units/shutdown.target",
    ),
    ends(r"^systemd-shutdown\[1\]: ", "the system goes down", "systemd src/shutdown/shutdown.c"),
    ends(
        r"^\[  OK  \] (Stopped|Removed|Unmounted|Deactivated|Closed) |^(Stopping|Unmounting) ",
        "the system goes down",
        "systemd src/core/job.c",
    ).but(weak=True),
    goes(r"^\[  OK  \] ", "the system starts", "systemd src/core/job.c", Phase.LATE),
    goes(
        r"^(Starting|Started|Finished|Reloading|Mounting|Expecting device|Activating swap) (?!\S+\.efi$).{3,}",
        "the system starts",
        "systemd src/core/job.c",
        Phase.LATE,
    ),
    goes(
        r"^\[[ *]{6}\] |A (start|stop) job is running for",
        "it waits for a job of its start",
        "systemd src/core/manager.c: manager_print_jobs_in_progress",
    ),
    goes(r"^\[( WARN | INFO |SKIPPED)\] ", "the system starts", "systemd src/core/job.c", Phase.LATE),
    cause(
        r"^\[(FAILED| TIME )\] (Failed to (mount|start File System Check)|Timed out waiting for device)",
        Part.ROOT,
        _FS_FAILED,
        "systemd src/core/job.c",
    ),
    cause(
        r"^\[DEPEND\] Dependency failed for .*(File Systems|File System|/|\.mount|sysroot|fsck)",
        Part.ROOT,
        _FS_FAILED,
        "systemd src/core/job.c",
    ),
    goes(
        r"^\[(FAILED|DEPEND| TIME )\] ",
        "a unit failed, and the system starts on",
        "systemd src/core/job.c",
        Phase.LATE,
    ),
    goes(
        r"^See .systemctl status", "a unit failed, and the system starts on", "systemd src/core/job.c", Phase.LATE
    ),
    fails(
        r"^(You are in|Welcome to) emergency mode",
        Part.INIT,
        "the system stopped in emergency mode",
        "systemd src/core/emergency-action, units/emergency.service.in",
    ).but(after=10, by_cause=True),
    waits(
        r"^(You are in|Welcome to) rescue mode",
        Wait.PROMPT,
        "the system stands in rescue mode",
        "systemd units/rescue.service.in",
    ).but(after=10, by_cause=True),
    fails(
        r"^\[!!!!!!\] |^systemd\[1\]: (Caught <\w+>|Executing crash shell)|"
        r"^(systemd(\[1\])?: )?Freezing execution",
        Part.INIT,
        "systemd gave up",
        "systemd src/core/crash-handler.c",
    ).but(logged=True, after=6),
)

RC = table(
    Phase.EARLY,
    goes(r"^INIT: version \S+ booting", "the system's start begins", "sysvinit src/init.c"),
    goes(r"^INIT: Entering runlevel: ?[2-5]", "the system starts", "sysvinit src/init.c", Phase.LATE),
    ends(
        r"^INIT: (Switching to|Entering) runlevel: ?[06]|^INIT: Sending processes",
        "the system goes down",
        "sysvinit src/init.c",
    ),
    ends(
        r"^(The system is going down|The system will (power ?off|reboot|halt)|Requesting system (reboot|"
        r"poweroff|halt)|"
        r"Sent SIG(TERM|KILL) to all processes|Will now (halt|restart|switch to))",
        "the system goes down",
        "systemd src/login; busybox init; sysvinit shutdown.c",
    ),
    ends(
        r"^(reboot: )?(Restarting system|Power down|machine restart|Power off not available)",
        "the system has shut down",
        "Linux kernel/reboot.c",
    ),
    ends(r"^reboot: System halted", "the system has shut down", "Linux kernel/reboot.c"),
    ends(r"^System halted", "the system has shut down", "Linux kernel/reboot.c, older; boot loaders, too").but(
        weak=True
    ),
    goes(
        r"^(OpenRC \d|OpenRC init version|INIT: .*OpenRC)", "the system's start begins", "OpenRC src/openrc/rc.c"
    ),
    goes(
        r"^\* (Mounting|Checking local|Remounting|Starting|Setting|Caching|Loading|Creating|Activating|Setting)",
        "the system starts",
        "OpenRC init.d",
        Phase.LATE,
    ),
    goes(
        r"^(\[ ok \]|\[\s*\.\.\.\.\s*\]|\[info\]|\[warn\]) ",
        "the system starts",
        "lsb init-functions.d",
        Phase.LATE,
    ),
    goes(
        r"^(- )?runit: (enter stage|leave stage)|^=> Welcome to Void|^=> (Mounting|Checking|Initializing)",
        "the system starts",
        "runit runit.c; Void void-runit/core-services",
    ),
    cause(
        r"^\* (Filesystems? couldn't be fixed|rc: Aborting|.*ERROR: fsck failed)",
        Part.ROOT,
        "fsck could not repair a file system",
        "OpenRC init.d/fsck",
    ),
    cause(
        r"^(\*\*\* )?An error occurred during the file ?system check|^General error mounting filesystems",
        Part.ROOT,
        "fsck could not repair a file system",
        "Red Hat rc.sysinit; Ubuntu mountall",
    ),
    cause(
        r"^(\[FAIL\] )?(An automatic file system check|.*A manual fsck must be performed)",
        Part.ROOT,
        "fsck could not repair a file system",
        "Debian checkroot.sh, checkfs.sh",
    ),
    fails(
        r"A maintenance shell will now be started|^\*\*\* Dropping you to a shell",
        Part.ROOT,
        "the system stopped in a maintenance shell",
        "Debian checkroot.sh; Red Hat rc.sysinit",
    ).but(after=6, logged=True),
    fails(
        r"^(Give root password for (maintenance|system maintenance)|Press Enter for maintenance|"
        r"Give root password to login)",
        Part.INIT,
        "the system stopped in a maintenance shell",
        "util-linux sulogin.c; sysvinit sulogin.c",
    ).but(weak=True, after=3, by_cause=True),
    fails(
        r"\(or (press|type) Control-D to continue|or (press|type) Control-D for normal startup",
        Part.INIT,
        "the system stopped in a maintenance shell",
        "util-linux sulogin.c",
    ).but(weak=True, by_cause=True),
    fails(
        r"^sulogin: .*(starting shell|cannot)|^\(Repair filesystem\) \d* ?#",
        Part.INIT,
        "the system stopped in a maintenance shell",
        "util-linux sulogin.c; Red Hat rc.sysinit",
    ).but(weak=True, after=4, by_cause=True),
    fails(
        r"^Cannot open access to console, the root account is locked",
        Part.INIT,
        "the system stopped in emergency mode, and its root account is locked",
        "util-linux sulogin.c",
    ).but(weak=True, after=4, by_cause=True),
)

KEYS = table(
    Phase.EARLY,
    waits(
        r"^(keys:)?(Continue to wait, or )?Press S to skip mounting or M for manual recovery",
        Wait.PROMPT,
        "it asks what to do without a file system that it could not mount",
        "Ubuntu mountall.c",
    ).but(after=6),
    fails(
        r"^Press Enter for emergency shell or wait \d",
        Part.INIT,
        "the system stopped before its emergency shell, and will start anew",
        "Fedora CoreOS ignition-ostree: coreos-emergency-shell",
    ).but(by_cause=True, after=4),
    waits(
        r"^Please enter (timezone|the new root password|hostname|system locale|keymap)\b.*:$",
        Wait.PROMPT,
        "its first start's wizard asks a question",
        "systemd src/firstboot/firstboot.c",
    ),
    waits(
        r"^-- Press any key to proceed --",
        Wait.KEY,
        "its first start's wizard waits for a key",
        "systemd src/firstboot/firstboot.c",
    ),
    waits(r"^Press Enter to continue", Wait.KEY, "it waits for a key", "util-linux sulogin.c")
    .but(plain=True)
    .but(weak=True, by_cause=True),
)

SIGNS = (*SYSTEMD, *RC, *KEYS)
