"""Who lives in the lab: its fifty guests, as a homelab collects them over the years."""

from dataclasses import dataclass
from enum import Enum, auto


class Habit(Enum):
    """How a guest lives: what a power failure does to it depends on this."""

    AUTOSTART = auto()
    FORGOTTEN = auto()  # runs, but nobody ever ticked autostart: it stays off after a power failure
    EPHEMERAL = auto()  # not defined anywhere: gone when it is off, made anew by whoever wants it
    OFF = auto()  # kept "in case"


@dataclass(frozen=True, slots=True)
class LabGuest:
    """A guest and its disk: `data` MiB that can't be compressed, or a small sparse file where it is 0."""

    name: str
    habit: Habit = Habit.AUTOSTART
    data: int = 0


_IMPORTANT = {"web1": 24, "db1": 48, "mail1": 32, "photos1": 48, "wiki1": 24, "home1": 24}
_DAILY = (
    "web2 git1 media1 dns2 vpn1 monitor1 plex1 backup1 proxy1 auth1 chat1 cal1 rss1 books1 music1 print1 scan1 "
    "unifi1 mqtt1 zigbee1 cam1 grafana1 logs1 registry1 cache1"
)
_OLD = "win7-old dc-old erp-old game-old tmpl-debian tmpl-ubuntu test-bsd lab-k8s-1 lab-k8s-2 lab-k8s-3"

ROSTER: tuple[LabGuest, ...] = (
    *(LabGuest(name, data=mebibytes) for name, mebibytes in _IMPORTANT.items()),
    *(LabGuest(name) for name in _DAILY.split()),
    LabGuest("dev2", Habit.FORGOTTEN),
    *(LabGuest(f"ci-{number}", Habit.EPHEMERAL) for number in range(1, 9)),
    *(LabGuest(name, Habit.OFF) for name in _OLD.split()),
)
