"""Times are told in the lab's zone wherever nobody puts them into the reader's own, with the zone's name."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot import incidents
from bot.config import Config, SlackConfig
from bot.config.zone import SystemZone
from bot.core.health import TargetId
from bot.core.incidents.situation import Gap
from bot.slack_dates import in_zone
from bot.store import Store
from bot.store.own_file import kept_at
from bot.usecases import target_picture
from bot.usecases.left_off import ran_before
from bot.views.times import clock, when
from tests.core.labs import RACK, crashed, gone, off, on_battery, unseen, up
from tests.kept_lab import ALEX, PEOPLE, KeptLab, config

BERLIN = ZoneInfo("Europe/Berlin")
SUMMER, WINTER = datetime(2026, 7, 1, 22, 30, tzinfo=UTC), datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WEB1 = TargetId("guest:web1")


@pytest.fixture
def lab(tmp_path):
    """A lab in Berlin, on a summer's night."""
    store = Store(tmp_path / "caretaker.db")
    lab = KeptLab(store, config(time_zone="Europe/Berlin"), now=SUMMER)
    lab.begin()
    lab.inventory("web1")
    lab.see(up(WEB1))
    yield lab
    store.close()


def told(lab):
    return "\n".join(waiting.parcel.text for waiting in lab.outbox)


def test_for_how_long_the_bot_was_off(lab):
    lab.see(crashed(WEB1))
    lab.now += 5 * MINUTE
    assert str(lab.begin().gap) == "I was off 00:30–00:35 CEST"
    assert "I was off 00:30–00:35 CEST. I do not know what happened meanwhile, and go on from here." in told(lab)
    over_midnight = Gap(SUMMER - timedelta(hours=3), SUMMER, zone=BERLIN)
    assert str(over_midnight) == "I was off 01 Jul 21:30–02 Jul 00:30 CEST"


def test_since_when_a_ups_can_not_be_asked(lab):
    lab.see(on_battery())
    lab.see(unseen(RACK, "ups"))
    assert "rack can't be asked since 00:30 CEST" in told(lab)


def test_until_when_a_machine_is_silenced(lab):
    lab.do(incidents.silence, lab.config, "web1", timedelta(hours=1), ALEX, "new fans")
    muted = lab.do(target_picture.why, lab.config, "web1").muted
    assert muted == "web1 is silenced until 01:30 CEST: new fans"


def test_since_when_what_ran_before_is_off(lab):
    lab.see(on_battery(), gone(TargetId("host:atlas")))
    lab.see(off(WEB1))
    assert lab.do(lambda store, _now: ran_before(store, lab.config.zone))[WEB1].startswith(
        "off since 2026-07-02 00:30 CEST"
    )


def test_names_of_files(tmp_path):
    assert kept_at(Path("caretaker.db"), SUMMER, BERLIN).name.endswith("kept-20260702-003000")


@pytest.mark.parametrize(
    ("date", "said"),
    [
        (when(SUMMER), "02 Jul 00:30 CEST"),
        (clock(SUMMER), "00:30 CEST"),
        (clock(WINTER), "13:00 CET"),
        (f"<!date^{int(WINTER.timestamp())}^{{time_secs}}|12:00:00 UTC>", "13:00:00 CET"),
    ],
)
def test_the_text_of_a_date_for_clients_that_know_none(date, said):
    shown = in_zone({"text": f"since {date} & <b>", "blocks": [{"text": date}], "ok": True}, BERLIN)
    assert shown["text"].endswith(f"|{said}> & <b>")
    assert shown["text"].partition("|")[0] == f"since {date}".partition("|")[0]
    assert shown["blocks"][0]["text"].endswith(f"|{said}>")
    assert shown["ok"] is True


def test_no_other_text_is_taken_for_a_date():
    for text in (
        "<!date^1^{time}|x>",
        "<!date^1^{time}^http://a|00:00 UTC>",
        "<!date^9999999999999^{time}|a UTC>",
    ):
        assert in_zone(text, BERLIN) == text


def test_without_a_zone_of_its_own_a_lab_is_in_the_systems():
    own = Config(Path("lab.yaml"), SlackConfig("homelab"), PEOPLE).zone
    assert isinstance(own, SystemZone)
    try:
        os.environ["TZ"] = "Europe/Berlin"
        time.tzset()
        for moment, hour, name in ((SUMMER, 0, "CEST"), (WINTER, 13, "CET")):
            local = moment.astimezone(own)
            assert (local.hour, local.tzname(), local) == (hour, name, moment)
            assert local.utcoffset() == moment.astimezone(BERLIN).utcoffset()
    finally:
        os.environ["TZ"] = "UTC"
        time.tzset()
