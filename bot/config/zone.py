"""The zone in which people are told times that Slack does not put into their own."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo


class SystemZone(tzinfo):
    """The system's own zone, whatever it is set to at that time of the year."""

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        """How far ahead of UTC it is."""
        return _local(moment).utcoffset()

    def dst(self, moment: datetime | None) -> timedelta | None:
        """Nobody asks."""
        return None if moment is None else timedelta(0)

    def tzname(self, moment: datetime | None) -> str | None:
        """What it is called."""
        return _local(moment).tzname()

    def fromutc(self, moment: datetime) -> datetime:
        """A moment of UTC in this zone."""
        return moment.replace(tzinfo=UTC).astimezone().replace(tzinfo=self)


def zone_of(name: str | None) -> tzinfo:
    """The zone of that name, which is known to be one; without a name, the system's."""
    return SystemZone() if name is None else ZoneInfo(name)


def _local(moment: datetime | None) -> datetime:
    return (moment or datetime.now(UTC)).replace(tzinfo=None).astimezone()
