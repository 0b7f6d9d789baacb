"""What becomes of all that is planned or under way when the system's clock is set."""

from datetime import datetime, timedelta

from bot.config import Config
from bot.core.clock_step import shifted
from bot.core.incident import Event, EventKind, Tell
from bot.incidents import rules_of
from bot.store import Store
from bot.store.outbox import Parcel
from bot.usecases.run_records import shift_runs
from bot.views.times import lasted


def clock_stepped(store: Store, now: datetime, config: Config, step: timedelta) -> None:
    """The system's clock was set: what is planned by the old time shifts with it, and that is on record.

    What is open began, and what ended a moment ago did so, as long before now as before the step.
    """
    store.alive.write(f"The clock was set by {step.total_seconds():+.0f} s.", now)
    store.alive.shift(step)
    store.alive.renew(now)
    store.outbox.shift(step)
    store.second_channel.shift(step)
    store.silences.shift(step, now - step)
    store.targets.shift(step)
    store.inventory.shift(step)
    store.script_records.shift(step)
    store.boots.keep({guest: shifted(one, step) for guest, one in store.boots.all().items()}, now)
    store.left_off.keep([one.shifted(step) for one in store.left_off.all().values()])
    shift_runs(store, step)
    since = min(now, now - step) - rules_of(config).remembered
    store.incidents.save([one.shifted(step) for one in store.incidents.current(since).values()])
    words = f"the system's clock was set by {'+' if step > timedelta(0) else '−'}{lasted(abs(step))}"
    for incident in store.incidents.live():
        note = f"{words}; what stands before this line is by the old clock"
        store.incidents.append([Event(incident.id, now, EventKind.NOTE, note)])
        store.outbox.add(Parcel(f"incident:{incident.id}", Tell.CARD), now, now)
