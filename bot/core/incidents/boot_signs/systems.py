"""What only a system that has come up shows: login prompts, and the console menus of appliances."""

from bot.core.incidents.boot_signs.live import OFFERED, WRITTEN
from bot.core.incidents.boot_signs.sign import Part, Phase, Wait, fails, goes, noise, table, unsure, up, waits

_LOGIN = "it asks for a login"
_SAC = "its Special Administration Console offers a command prompt"
_CONSOLE = "its console's menu is there"

_WORDS = (  # "login:" as login and getty print it in other languages
    r"login|login name|anmeldung|anmeldename|benutzername|identifiant|nom d['’]utilisateur|"
    r"nombre de usuario|inicio de sesi[oó]n|utente|nome utente|usu[aá]rio|gebruikersnaam|aanmeldnaam|inloggning|"
    r"anv[aä]ndarnamn|brugernavn|k[aä]ytt[aä]j[aä]tunnus|u[zż]ytkownik|nazwa u[zż]ytkownika|"
    r"p[rř]ihl[aá][sš]en[ií]|"
    r"u[zž]ivatel|felhaszn[aá]l[oó]n[eé]v|kullan[iı]c[iı] ad[iı]|логин|имя пользователя|користувач|登录|登入|登錄|"
    r"用户名|"
    r"ログイン|로그인"
)

_HOST = (  # words that stand before "login:" in programs' own messages, and are no host's name
    r"(?!(?:last|first|next|new|no|root|user|admin|auto\w*|ssh|remote|iscsi|chap|failed|failure|invalid|unknown|"
    r"incorrect|bad|wrong|current|unexpected|cannot|mauvais|nuevo|falsch\w*|неверный)\b)"
)
_ADDRESS = r"\[?(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]*:[\da-f:]+)\]?:?"
_BARE = "login|login name"  # without a host's name before it; other words also ask for a network boot's account

LOGINS = table(
    Phase.UP,
    up(
        rf"^(?!last )(?:(?:[\w][\w.-]* |\S+ console )(?:{_WORDS})|(?:console )?(?:{_BARE}))\s?[:：]\s*"
        rf"(?:\S{{1,64}} \(automatic login\))?$",
        _LOGIN,
        "util-linux agetty.c; shadow login.c; busybox getty; FreeBSD getty; po files",
    ),
    unsure(
        rf"^{_HOST}[\w][\w.-]* (console )?(?:{_WORDS})\s?[:：]\s*\S.*$",
        WRITTEN,
        "util-linux agetty.c, with a name typed or a line written behind it; or any program's complaint",
    ),
    up(r"^(?!last |\(none\) )[\w(][^\[\]:>#$]{0,60}\blogin:$", _LOGIN, "getty with an issue on its line"),
    unsure(
        rf"^(?:[^\w\s]{{1,20}}|[^\[\]>#$\"']{{0,60}}[*=|~+_│║•·»-]|{_ADDRESS}) {_HOST}\w[\w.-]* login:$",
        WRITTEN,
        "getty with an issue on its line that ends in an address or an ornament",
    ),
    up(r"^Press RETURN to get started|^User Access Verification", _LOGIN, "Cisco IOS"),
    up(r"Press Ctrl[-+ ]?Alt[-+ ]?Del(ete)? to (unlock|log ?on|sign in)", _LOGIN, "Windows LogonUI"),
    unsure(
        r"^Please press Enter to activate this console", OFFERED, "busybox init.c: OpenWrt, and any initramfs"
    ).but(after=30),
    noise(
        r"^(Password:|Last login:|Login incorrect|Welcome to Ubuntu|Linux \S+ \d|Hint: |You have (new )?mail|"
        r"The programs included|the exact distribution|individual files in|Debian GNU/Linux comes with|"
        r"permitted by)",
        "login, motd",
    ),
)

APPLIANCES = table(
    Phase.UP,
    up(
        r"^Enter an option( from \d+-\d+)?:",
        _CONSOLE,
        "pfSense rc.initial; OPNsense opnsense-shell; FreeNAS, TrueNAS",
    ),
    up(r"^\*\*\* (Welcome to|\S+: (OPNsense|pfSense)) ?", _CONSOLE, "pfSense rc.initial.banner; OPNsense").but(
        after=30
    ),
    up(r"<F2> Customize System|<F12> Shut ?Down", _CONSOLE, "VMware ESXi DCUI").but(after=6),
    up(
        r"^\W*(XCP-ng|XenServer|Citrix Hypervisor) \d.*Configuration\W*$|<Up/Down> Select +<Enter>",
        _CONSOLE,
        "xsconsole",
    ).but(after=24),
    up(r"^ha > ?|^\[core-ssh ", _CONSOLE, "Home Assistant OS cli"),
    goes(
        r"^homeassistant login: root \(automatic login\)|^Waiting for the Home Assistant CLI to be ready",
        "its console waits for Home Assistant",
        "Home Assistant OS ha-cli",
        Phase.LATE,
    ),
    unsure(
        r"Home Assistant CLI not starting",
        "its console could not start Home Assistant's command line",
        "Home Assistant OS ha-cli",
    ),
    up(r"^SAC>", _SAC, "Windows Server sacdrv.sys").but(after=6, again=True),
    up(
        r"^EVENT: The CMD command is now available",
        _SAC,
        "Windows Server sacdrv.sys",
    ).but(after=6),
    up(r"^C:\\[^<>|]{0,80}>$", "its command prompt is there", "Windows cmd.exe on SAC; Server Core").but(after=6),
    up(
        r"^(Server Configuration|\W*Welcome to Windows Server)|^Enter number to select an option:",
        _CONSOLE,
        "Windows Server Core SConfig",
    ).but(after=24),
)

INSTALLERS = table(
    Phase.EARLY,
    waits(
        r"^Recovery Menu \(filesystem state",
        Wait.MENU,
        "it stands at a recovery menu",
        "Ubuntu friendly-recovery",
    ).but(after=24),
    waits(
        r"\[!{1,2}\] \S+|^\(I\)nstall, \(U\)pgrade|^Press enter to configure",
        Wait.MENU,
        "an installer asks a question",
        "Debian cdebconf; OpenBSD install.sub; Ubuntu Core console-conf",
    ).but(after=24),
    waits(
        r"^Welcome to the Proxmox .* installer$|^Console type \[\w+\]:|^\W*Installation messages in English",
        Wait.MENU,
        "an installer asks a question, or installs",
        "Proxmox pve-installer unconfigured.sh; FreeBSD bsdinstall startbsdinstall; NetBSD sysinst",
    ).but(after=24),
    fails(
        r"^#(PF|GP|DE|UD|DF) Exception \d+ in world|The system has found a problem on your machine",
        Part.KERNEL,
        "the kernel panicked",
        "VMware ESXi's purple screen",
    ).but(after=30),
)

ISSUES = table(
    Phase.LATE,
    goes(
        r"^(Debian GNU/Linux|Ubuntu|Fedora Linux|Rocky Linux|AlmaLinux|Red Hat Enterprise|CentOS|openSUSE|SUSE|"
        r"Arch Linux|"
        r"Alpine Linux|Welcome to Alpine|Void|Gentoo|NixOS|FreeBSD/|OpenBSD/|NetBSD/|Raspbian|Oracle Linux|"
        r"Kernel \d).*"
        r"(tty\w+|hvc\d|console|\(\w+\)|\\l|on an? \w+)$",
        "its login is about to be shown",
        "/etc/issue, gettytab",
    ),
    goes(r"^<<< Welcome to NixOS", "its login is about to be shown", "nixpkgs getty.nix"),
)

SIGNS = (*INSTALLERS, *APPLIANCES, *LOGINS, *ISSUES)

SESSION = up("", "someone is logged in on its console", "a shell's prompt after a login")
