"""lab.yaml → values; and every mistake in it, in plain words, with its line."""

import re
from dataclasses import FrozenInstanceError, dataclass, field
from datetime import timedelta
from pathlib import Path
from textwrap import dedent

import pytest

from bot.config import Backup, Check, Config, ConfigError, Expect, Host, Ssh, Timing, Ups, load

LEAST = "slack: {channel: homelab}\npeople: {alex: {slack: U0ALEX, roles: admin}}\n"
LEAST_OPEN = "slack: {channel: homelab}\npeople:\n  alex: {slack: U0ALEX, roles: admin}\n"
LEAST_LINES = LEAST.count("\n")


@dataclass(frozen=True, slots=True)
class Port:
    port: int = field(metadata={"help": "Where.", "least": 1, "most": 65535})
    within: timedelta = field(default=timedelta(seconds=3), metadata={"help": "How long."})


@dataclass(frozen=True, slots=True)
class Page:
    url: str = field(metadata={"help": "What."})
    name: str = field(default="", metadata={"help": "A parameter may be called as it likes."})
    share: float = field(default=0.5, metadata={"help": "A part of the whole.", "most": 1})
    authority: Path | None = field(default=None, metadata={"help": "A file."})
    headers: tuple[str, ...] = field(default=(), metadata={"help": "Several."})

    def __post_init__(self):
        if self.url.startswith("ftp:"):
            raise ValueError(f"{self.url!r} is not a page")


PROBES = {"port": Port, "page": Page}


@pytest.fixture
def reads(tmp_path):
    """Load what stands after the least that a file must hold."""

    def read(text: str = "", *, least: str = LEAST, probes=PROBES, **env: str) -> Config:
        path = tmp_path / "lab.yaml"
        path.write_text(least + text)
        return load(path, probes=probes, env=env)

    return read


@pytest.fixture
def mistakes(reads, tmp_path):
    """The mistakes of a file, as lines that start with the line's number (of what follows the least)."""

    def read(text: str, *, least: str = LEAST) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            reads(text, least=least)
        found = []
        for line in str(caught.value).splitlines():
            number, _, rest = line.removeprefix(f"{tmp_path}/lab.yaml:").partition(": ")
            found.append(f"{int(number) - least.count(chr(10))} {rest}")
        return found

    return read


# What a file becomes


def test_the_least_file_is_a_channel_and_an_admin(reads, tmp_path):
    config = reads()
    assert config.slack.channel == "homelab"
    assert config.owner.name == "alex"
    assert config.data == tmp_path / "data"
    assert config.timing == Timing()
    assert (config.hosts, config.guests, config.services, config.ups, config.ephemeral) == ({}, {}, {}, {}, ())


def test_a_thing_that_has_only_a_name_is_there_with_its_defaults(reads):
    config = reads("ups:\n  rack:\nhosts:\n  nas:\nservices:\n  web:\nguests:\n  web1:\n")
    assert config.ups == {"rack": Ups("rack", address="127.0.0.1", port=3493, ups="rack")}
    assert (config.hosts["nas"].address, config.services["web"].checks) == ("nas", {})
    assert config.guests["web1"].expect is None


def test_every_group_becomes_values_that_know_their_names(reads, tmp_path):
    config = reads(
        dedent("""\
        hosts:
          atlas:
            ssh: {user: admin, port: 2222, key: keys/atlas}
            hypervisor: test:///default
            powered_by: rack
            behind: gateway
            backup: {repository: /srv/r, password_file: /root/p}
            checks:
              web: {probe: port, port: 80, every: 1m, failures: 1}
        ups: {rack: {port: 1}}
        guests: {web1: {expect: any, host: atlas}}
        services: {gateway: {address: 10.0.0.1}}
        ephemeral: [ci-*, tmp-*]
        """)
    )
    check = Check("web", "port", Port(80), every=timedelta(minutes=1), failures=1)
    assert config.hosts["atlas"] == Host(
        "atlas",
        address="atlas",
        ssh=Ssh("admin", 2222, key=tmp_path / "keys/atlas"),
        hypervisor="test:///default",
        powered_by="rack",
        behind="gateway",
        backup=Backup("/srv/r", "/root/p"),
        checks={"web": check},
    )
    assert config.ups["rack"] == Ups("rack", address="127.0.0.1", port=1, ups="rack")
    assert config.guests["web1"].expect is Expect.ANY
    assert config.services["gateway"].address == "10.0.0.1"
    assert config.ephemeral == ("ci-*", "tmp-*")


def test_the_owner_is_who_says_so_and_roles_may_be_ones_own(reads):
    config = reads("  robin: {slack: W0ROBIN, roles: [hands, hands at home], owner: true}", least=LEAST_OPEN)
    assert config.owner.name == "robin"
    assert [person.roles for person in config.people] == [("admin",), ("hands", "hands at home")]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("75ms", timedelta(milliseconds=75)),
        ("0s", timedelta(0)),
        ("1.5m", timedelta(seconds=90)),
        ("1h30m", timedelta(minutes=90)),
        ("2d", timedelta(days=2)),
    ],
)
def test_a_time_is_written_with_its_unit(reads, text, meant):
    assert reads(f"timing: {{grace: {text}}}").timing.grace == meant


@pytest.mark.parametrize("name", ["on", "no", "22:22", "007", "1.10", "2024-01-01", "0x1F", "1_000"])
def test_a_text_stays_the_text_that_was_written(reads, name):
    config = reads(f"hosts:\n  {name}: {{address: {name}}}")
    assert config.hosts[name].address == name


def test_paths_know_home_and_start_at_the_files_folder(reads, tmp_path):
    config = reads("hosts: {a: {ssh: {key: ~/k, known_hosts: h}}}\nrunbooks: {folder: /books}\ndata: state")
    assert config.hosts["a"].ssh == Ssh(key=Path.home() / "k", known_hosts=tmp_path / "h")
    assert config.runbooks.folder == Path("/books")
    assert config.data == tmp_path / "state"


def test_the_environment_decides_where_the_data_is(reads, tmp_path):
    assert reads("data: state", CARETAKER_DATA="/data").data == Path("/data")


def test_a_folder_of_runbooks_beside_the_file_is_found(reads, tmp_path):
    assert reads().runbooks.folder is None
    (tmp_path / "runbooks").mkdir()
    assert reads().runbooks.folder == tmp_path / "runbooks"
    assert reads("runbooks: {folder: mine}").runbooks.folder == tmp_path / "mine"


def test_a_key_without_a_value_counts_as_not_written(reads):
    assert reads("timing:\nhosts:\n  a:\n    address:\n    ssh: {}").hosts == {"a": Host("a", ssh=Ssh())}


def test_a_list_of_one_may_be_written_without_brackets(reads):
    assert reads("ephemeral: ci-*").ephemeral == ("ci-*",)


def test_a_part_may_be_written_once_and_used_twice(reads):
    config = reads("hosts:\n  a: {ssh: &way {user: me}}\n  b: {ssh: *way}")
    assert config.hosts["b"].ssh == Ssh("me")


def test_a_checks_parameters_are_those_of_its_probe(reads):
    config = reads("services: {a: {checks: {p: {probe: page, url: u, name: n, share: 0.25, authority: ca}}}}")
    params = config.services["a"].checks["p"].params
    assert (params.url, params.name, params.share, params.authority.name) == ("u", "n", 0.25, "ca")


def test_one_probe_is_enough(reads):
    one = reads("services: {a: {checks: {p: {probe: port, port: 1}}}}", probes={"port": Port})
    assert one.services["a"].checks["p"].params == Port(1)


def test_a_value_cannot_be_changed(reads):
    with pytest.raises(FrozenInstanceError):
        reads().timing.failures = 1


def test_a_file_may_start_with_a_byte_order_mark(tmp_path):
    (tmp_path / "lab.yaml").write_text(LEAST, encoding="utf-8-sig")
    assert load(tmp_path / "lab.yaml", probes=PROBES, env={}).slack.channel == "homelab"


# What is wrong with it


def test_a_file_that_is_not_there_says_what_to_copy(tmp_path):
    with pytest.raises(ConfigError, match=r"lab.yaml: because it does not exist; copy lab.example.yaml"):
        load(tmp_path / "lab.yaml", probes=PROBES, env={})


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    with pytest.raises(ConfigError, match="because the system says: Is a directory"):
        load(tmp_path, probes=PROBES, env={})
    (tmp_path / "latin").write_bytes(b"slack: {channel: caf\xe9}")
    with pytest.raises(ConfigError, match=r"because it is not UTF-8 text \(byte 20\)"):
        load(tmp_path / "latin", probes=PROBES, env={})


def test_every_mistake_is_named_at_once_in_the_order_of_lines(mistakes):
    found = mistakes(
        dedent("""\
        hosts:
          atlas:
            addres: 10.0.0.1
            ssh: {port: abc}
            powered_by: rack
            checks:
              a: {probe: prot, port: 22}
        ups: {rck: {}}
        timing: {grace: 20}
        """)
    )
    assert found == [
        "3 cannot read hosts.atlas.addres: because 'addres' is not known here (did you mean 'address'?)",
        "4 cannot read hosts.atlas.ssh.port: because 'abc' is not a whole number from 1 to 65535",
        "5 cannot read hosts.atlas.powered_by: because 'rack' is not a UPS of this file (did you mean 'rck'?)",
        "7 cannot read hosts.atlas.checks.a: because 'prot' is not a probe (did you mean 'port'?)",
        "9 cannot read timing.grace: because '20' is not a time with its unit, such as 75ms, 30s, 10m or 4h",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("timing: {failures: 0}", "timing.failures: because '0' is not a whole number (at least 1)"),
        ("timing: {failures: true}", "timing.failures: because 'true' is not a whole number (at least 1)"),
        ("timing: {failures: [3]}", "timing.failures: because a list is not a whole number (at least 1)"),
        (
            "timing: {check_every: 1ms}",
            "timing.check_every: because '1ms' is not a time with its unit, such as 75ms, 30s, 10m or 4h (at",
        ),
        (
            "timing: {grace: 99999999999999d}",
            "timing.grace: because '99999999999999d' is not a time with its unit, such as 75ms, 30s, 10m or 4h",
        ),
        ("ups: {a: {port: 65536}}", "ups.a.port: because '65536' is not a whole number from 1 to 65535"),
        ("runbooks: {run_on_bot: on}", "runbooks.run_on_bot: because 'on' is not true or false"),
        ("guests: {a: {expect: runing}}", "guests.a.expect: because 'runing' is not one of: running, any"),
        ("guests: {a: {disk: {b: c}}}", "guests.a.disk: because a group is not a text"),
        ("guests: {a: {disk: ''}}", "guests.a.disk: because '' is not a text"),
        (
            "hosts: {a: {hypervisor: atlas}}",
            "hosts.a.hypervisor: because 'atlas' is not a libvirt URI such as qemu+ssh://root@atlas/system",
        ),
        ("time_zone: Mars/Base", "time_zone: because 'Mars/Base' is not a time zone such as Europe/Paris"),
        ("time_zone: ../etc", "time_zone: because '../etc' is not a time zone such as Europe/Paris"),
        ("time_zone: [UTC]", "time_zone: because a list is not a text"),
        (
            "hosts: atlas",
            "hosts: because 'atlas' is not a group of settings (indented lines of key: value)",
        ),
        (
            "hosts: [atlas]",
            "hosts: because this must be lines of `name:`, indented, and not a list",
        ),
        ("ephemeral: {a: b}", "ephemeral: because a group is not a list"),
        ("ephemeral: [a, {b: c}]", "ephemeral[1]: because a group is not a text"),
        ("hosts: {a: {backup: {repository: r}}}", "hosts.a.backup.password_file: because it is missing"),
        ("hosts: {a: {name: b}}", "hosts.a.name: because 'name' is not known here (known here: address, "),
        ("hosts: {a: {? [b] : c}}", "hosts.a: because a key must be a text, not a list or a group"),
    ],
)
def test_a_wrong_value_is_quoted_with_what_it_should_be(mistakes, text, expected):
    (found,) = mistakes(text)
    assert found.startswith(f"1 cannot read {expected}")


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("", "x: because it does not say what looks: add probe: and the name of one"),
        ("{port: 1}", "x: because it does not say what looks: add probe: and the name of one"),
        ("tcp", "x: because 'tcp' is not a group of settings (indented lines of key: value)"),
        ("{probe: zzz}", "x: because 'zzz' is not a probe (known here: page, port)"),
        ("{probe: http}", "x: because 'http' is not a probe; a web server takes 'tcp' for now"),
        ("{probe: port}", "x.port: because it is missing"),
        ("{probe: port, port: 0}", "x.port: because '0' is not a whole number from 1 to 65535"),
        ("{probe: port, port: 1, prot: 1}", "x.prot: because 'prot' is not known here (did you mean 'port'?)"),
        ("{probe: page, url: 'ftp:a'}", "x: because 'ftp:a' is not a page"),
        ("{probe: page, url: a, share: 1.5}", "x.share: because '1.5' is not a number (at most 1)"),
        ("{probe: page, url: a, share: nan}", "x.share: because 'nan' is not a number (at most 1)"),
    ],
)
def test_a_mistake_in_a_check_is_named_where_it_stands(mistakes, check, expected):
    assert mistakes(f"services:\n  a:\n    checks:\n      x: {check}") == [
        f"4 cannot read services.a.checks.{expected}"
    ]


@pytest.mark.parametrize(
    ("text", "spelt", "holds"),
    [
        (r'hosts: {"a\0b": {}}', r"hosts.a\x00b", r"'a\x00b' holds a control character"),
        (r'hosts: {a: {address: "a\0b"}}', "hosts.a.address", r"'a\x00b' holds a control character"),
        (r'guests: {"a\nb": }', r"guests.a\nb", r"'a\nb' holds a line break"),
        (r'ups: {rack: {ups: "r\tk"}}', "ups.rack.ups", r"'r\tk' holds a tab"),
        ("hosts:\n  a:\n    address: |\n      nas\n", "hosts.a.address", r"'nas\n' holds a line break"),
    ],
)
def test_a_control_character_is_in_no_name_and_no_text(mistakes, text, spelt, holds):
    (found,) = mistakes(text)
    assert found.endswith(f" cannot read {spelt}: because {holds}")


def test_a_comment_swallowed_the_channel(mistakes):
    found = mistakes("", least=LEAST.replace("{channel: homelab}", "\n  channel: #homelab"))
    assert found[0].endswith(
        "cannot read slack.channel: because it is empty (a # starts a comment, unless quoted)"
    )


def test_what_must_be_there_is_asked_for(mistakes):
    assert mistakes("", least="") == [
        "1 cannot read people: because it is missing",
        "1 cannot read slack: because it is missing",
    ]


@pytest.mark.parametrize("token", ["xoxb-1-2-abc", "xapp-1-A-2-b", "xoxp-1"])
@pytest.mark.parametrize("where", ["slack: {channel: %s}", "bot_token: %s", "ephemeral: [%s]"])
def test_a_token_is_refused_wherever_it_stands_and_not_repeated(reads, where, token):
    least = LEAST.splitlines(keepends=True)[1] if where.startswith("slack") else LEAST
    with pytest.raises(
        ConfigError, match="because a token does not belong in this file; put it into the"
    ) as caught:
        reads(where % token, least=least)
    assert token not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "where", "variable"),
    [
        ("heartbeat: {url: 'https://hush'}", "heartbeat.url", "CARETAKER_HEARTBEAT_URL"),
        ("heartbeat: https://hush", "heartbeat", "CARETAKER_HEARTBEAT_URL"),
        ("second_channel: {urls: ['ntfys://hush']}", "second_channel.urls", "CARETAKER_SECOND_CHANNEL"),
        ("second_channel: ['ntfys://hush']", "second_channel", "CARETAKER_SECOND_CHANNEL"),
    ],
)
def test_an_address_of_heartbeat_or_second_channel_is_told_where_it_belongs(mistakes, text, where, variable):
    (found,) = mistakes(text)
    assert found == (
        f"1 cannot read {where}: because its address is a secret and does not belong in this file; put it into "
        f"the environment ({variable}) or into a file named there ({variable}_FILE)"
    )


def test_a_key_written_twice_is_refused_with_both_lines(mistakes):
    assert mistakes("hosts:\n  a: {}\n  b: {}\n  a: {}") == [
        f"4 cannot read hosts.a: because it is written twice: first in line {LEAST_LINES + 2}"
    ]


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("hosts:\n\ta: {}", 2, "a tab stands here; use spaces"),
        ("hosts:\n  a: b: c", 2, "there is a second ': ' in this line, or the indentation is off; "),
        ("hosts:\n  - a:\n    b: 1\n   c: 2", 4, "the indentation is off, here or in the line before"),
        ("hosts: {a: [}", 1, "it is not YAML: "),
        (
            "people:\n  alex: {slack: 'U0ALEX}\n\nhosts:\n  a: {}",
            2,
            "the quote that begins in this line is never ",
        ),
        ("a: 'b\nc: d\ne: 'f'\n", 1, "a quote begins in this line and is closed in line 5; is one missing here?"),
        ('a: {b: "c}\nd: {e: "f"}\n', 1, "a quote begins in this line and is closed in line 4; is one missing"),
        ("hosts: {a: {}\nups: {}\n", 2, "it is not YAML: expected ',' or '}', but got '<scalar>'"),
        ("hosts: {a: {}\n", 1, "the bracket that opens here is never closed"),
        ("ephemeral: [ci-*, *-tmp]", 1, 'a text that begins with * needs quotes: "*-tmp"'),
        ("ephemeral:\n  - *tmp*\n", 2, 'a text that begins with * needs quotes: "*tmp*"'),
        ("ephemeral: [*]", 1, 'a text that begins with * needs quotes: "*"'),
        ("people:\n  alex: {slack: @alex}", 2, 'a text that begins with @ needs quotes: "@alex"'),
        ("people:\n  @alex:\n    slack: U0", 2, 'a text that begins with @ needs quotes: "@alex"'),
        ("a: `x`", 1, 'a text that begins with ` needs quotes: "`x`"'),
        ("---\na: 1", 1, "it is not YAML: but found another document"),
        ("a: \x07", -1, "unacceptable character #x0007"),
    ],
)
def test_what_is_not_yaml_says_where(mistakes, text, line, why):
    (found,) = mistakes(text)
    assert found.startswith(f"{line} cannot read this file: because {why}")


def test_a_part_that_contains_itself_is_refused(mistakes):
    assert "because it is nested more than 12 deep" in "".join(mistakes("hosts: &a {b: *a}"))


@pytest.mark.parametrize(
    "text", ["time_zone: “Europe/Paris”", "hosts: {a: {address: „10.0.0.1“}}", "data: ‘data’"]
)
def test_typographic_quotes_are_told_with_what_to_write(mistakes, text):
    (found,) = mistakes(text)
    assert re.search(r"in typographic quotes, which belong to the text here; write \"[\w./]+\"$", found)


def test_what_is_wrong_already_is_not_missing_too(mistakes):
    (found,) = mistakes("", least=LEAST.replace("homelab", "“homelab”"))
    assert found.endswith('write "homelab"')


def test_people_as_a_list_are_one_mistake(mistakes):
    assert mistakes("people:\n  - alex: {slack: U0ALEX}", least="slack: {channel: c}\n") == [
        "1 cannot read people: because this must be lines of `name:`, indented, and not a list"
    ]


def test_a_file_that_is_a_list_is_refused(mistakes):
    assert mistakes("- a", least="") == [
        "1 cannot read this file: because this must be lines of `name:`, indented, and not a list"
    ]
