"""The example and the JSON Schema: what an owner copies, and what their editor knows."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path

import pytest

from bot.config import ConfigError, load, schema, values
from bot.probes import discover

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "lab.example.yaml"
PROBES = {name: probe.params for name, probe in discover().items()}
KINDS = [kind for kind in vars(values).values() if isinstance(kind, type) and is_dataclass(kind)]


def test_the_example_can_be_loaded_and_shows_the_defaults():
    config = load(EXAMPLE, probes=PROBES, env={})
    assert config.timing == values.Timing()
    assert config.owner.name == "alex"
    assert {check.probe for host in config.hosts.values() for check in host.checks.values()} == {"ssh"}


def test_the_example_shows_every_setting():
    text = EXAMPLE.read_text()
    settings = {item.name for kind in KINDS for item in fields(kind)} - {"path", "name", "params"}
    assert not {name for name in settings if not re.search(rf"\b{name}:", text)}


def test_every_setting_of_every_probe_too_has_a_help():
    silent = [
        f"{kind.__name__}.{item.name}"
        for kind in [*KINDS, *PROBES.values()]
        for item in fields(kind)
        if item.name not in {"path", "name", "params"} and not item.metadata.get("help")
    ]
    assert not silent


def test_the_schema_knows_keys_helps_defaults_and_bounds():
    found = schema(PROBES)
    assert found["required"] == ["slack", "people"]
    assert found["additionalProperties"] is False
    ssh = found["$defs"]["Ssh"]["properties"]
    assert ssh["port"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 65535,
        "default": 22,
        "description": "Where its SSH server listens.",
        "title": "Port",
    }
    timing = found["$defs"]["Timing"]["properties"]
    assert timing["check_every"]["default"] == "30s"
    assert re.fullmatch(timing["check_every"]["pattern"], "1h30m")
    assert "name" not in found["$defs"]["Host"]["properties"]
    assert "path" not in found["properties"]


def test_the_schema_knows_each_probes_parameters():
    checks = schema(PROBES)["$defs"]["Host"]["properties"]["checks"]["additionalProperties"]
    assert set(checks["discriminator"]["mapping"]) == set(PROBES)
    tcp = schema(PROBES)["$defs"]["Check_by_tcp"]
    assert tcp["properties"]["probe"]["const"] == "tcp"
    assert {"port", "every", "failures"} <= tcp["properties"].keys()


def test_the_schema_is_json():
    assert json.loads(json.dumps(schema(PROBES))) == schema(PROBES)


def test_a_program_that_reads_no_file_pays_neither_for_yaml_nor_for_pydantic():
    script = "import sys, bot.config; print(sorted({'yaml', 'pydantic'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_probe_must_not_use_the_names_that_every_check_has(tmp_path):
    @dataclass(frozen=True)
    class Clash:
        every: int = field(default=1, metadata={"help": "Taken."})

    with pytest.raises(TypeError, match=r"every check has its own \{'every'\}"):
        schema({"clash": Clash})


def test_a_probe_must_not_ask_for_what_the_file_cannot_say():
    @dataclass(frozen=True)
    class Odd:
        both: int | str = field(default=1, metadata={"help": "Either."})

    with pytest.raises(TypeError, match=r"because lab.yaml has no way to write one"):
        schema({"odd": Odd})


def test_the_examples_mistakes_would_be_noticed(tmp_path):
    broken = tmp_path / "lab.yaml"
    broken.write_text(EXAMPLE.read_text().replace("powered_by: rack", "powered_by: rak"))
    with pytest.raises(ConfigError, match="did you mean 'rack'"):
        load(broken, probes=PROBES, env={})
