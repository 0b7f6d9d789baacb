"""A card for who reads it without Slack: every letter that was meant, and no markup."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core.mentions import deadened
from bot.views.outside import bold, inline, safe
from bot.views.plain import Reader, plain
from bot.views.times import clock, when

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
READER = Reader(ZoneInfo("Europe/Berlin"), {"U0ALEX": "alex"}, NOON)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    "text", ["web1", "*a* _b_ ~c~", "a & b < c > d", "<@U0ALEX>", ":fire: 10:30", "x*y", "&lt;"]
)
def test_text_from_outside_comes_back_as_it_was(text):
    assert plain(safe(text), READER) == text
    assert plain(f"{bold(safe(text))} is down", READER) == f"{text} is down"
    assert plain(safe(deadened(text)), READER) == text
    assert plain(inline(text), READER) == text


def test_own_words_are_told_without_their_markup_and_people_by_their_names():
    assert (
        plain("*2 open* · <@U0ALEX> and <@U0OTHER>: `/lab ack 7`", READER)
        == "2 open · alex and U0OTHER: /lab ack 7"
    )


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (NOON, "today at 14:00"),
        (NOON - DAY, "yesterday at 14:00"),
        (NOON + timedelta(hours=11), "tomorrow at 01:00"),
        (NOON - 30 * DAY, "01 Jun at 14:00"),
        (NOON - 200 * DAY, "13 Dec 2025 at 13:00"),
    ],
)
def test_a_moment_is_told_in_the_readers_zone(moment, said):
    assert plain(f"since {when(moment)}.", READER) == f"since {said}."
    assert plain(clock(NOON), READER) == "14:00"
