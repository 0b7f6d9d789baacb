"""Which secrets the bot holds, by lab.yaml and the files it names."""

from pathlib import Path

import pytest

from bot.config import Secrets, load
from bot.config.held import secrets_held
from bot.vocabulary import probe_params

KEY_LINE = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW"
TOKENS = Secrets("xoxb-the-bots", "xapp-the-apps")


@pytest.fixture
def lab(tmp_path) -> Path:
    (tmp_path / "key").write_text(
        f"-----BEGIN OPENSSH PRIVATE KEY-----\n{KEY_LINE}\nshort=\n-----END OPENSSH PRIVATE KEY-----\n"
    )
    (tmp_path / "password").write_text("of the repository\n")
    (tmp_path / "huge").write_text("x" * 100_000)
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    path = tmp_path / "lab.yaml"
    path.write_text(f"""\
slack: {{channel: homelab}}
people: {{alex: {{slack: U012AB3CD, roles: admin, owner: true}}}}
hosts:
  atlas:
    ssh: {{key: {tmp_path}/key}}
    backup: {{repository: "rest:https://lab:sw%40rdfish@backups.lan/", password_file: {tmp_path}/password}}
  borea:
    ssh: {{}}
    backup: {{repository: "s3:https://x/?api_key=k-0815", password_file: {tmp_path}/none}}
  crete:
    backup: {{repository: /srv/restic, password_file: {tmp_path}/huge}}
  delos:
    backup: {{repository: /srv/restic, password_file: {tmp_path}/binary}}
""")
    return path


def test_tokens_passwords_in_addresses_and_what_is_in_files_are_secrets(lab) -> None:
    held = secrets_held(load(lab, probes=probe_params(), env={}), TOKENS) - {""}
    assert held == {
        "xoxb-the-bots",
        "xapp-the-apps",
        KEY_LINE,
        "of the repository",
        "sw%40rdfish",
        "sw@rdfish",
        "k-0815",
    }
