"""When the bot's own machine has booted."""

from datetime import UTC, datetime, timedelta

from bot.monitoring.own_boot import OwnBoot, own_boot
from tests.real.machine import BOOTS

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def proc(folder, boot_id: str, uptime: str):
    (folder / "sys/kernel/random").mkdir(parents=True)
    (folder / "sys/kernel/random/boot_id").write_text(f"{boot_id}\n")
    (folder / "uptime").write_text(uptime)
    return folder


def test_it_is_told_by_the_kernel(tmp_path):
    assert own_boot(NOW, proc(tmp_path, BOOTS[0], "60.00 12.3\n")) == OwnBoot(BOOTS[0], NOW - timedelta(minutes=1))


def test_where_nothing_tells_nothing_is_known(tmp_path):
    assert own_boot(NOW, tmp_path).boot_id == ""
    assert own_boot(NOW, proc(tmp_path, BOOTS[0], "")).boot_id == ""
