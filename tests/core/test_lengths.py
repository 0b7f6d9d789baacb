"""Moments in what a command prints are told in the owner's zone."""

from zoneinfo import ZoneInfo

import pytest

from bot.core.lengths import moments_in

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("2026-02-28T02:00:00.123456789Z, from atlas", "2026-02-28 03:00 CET, from atlas"),
        ("2026-07-01T23:30:00-05:00 and 2026-07-01T23:30+0200", "2026-07-02 06:30 CEST and 2026-07-01 23:30 CEST"),
        ("no zone: 2026-02-28T02:00:00", "no zone: 2026-02-28T02:00:00"),
        ("no day: 2026-02-30T02:00:00Z", "no day: 2026-02-30T02:00:00Z"),
        ("no year: 9999-12-31T23:30:00-05:00", "no year: 9999-12-31T23:30:00-05:00"),
        ("", ""),
    ],
)
def test_a_moment_that_says_its_zone_is_told_in_ours(said, told) -> None:
    assert moments_in(said, BERLIN) == told
