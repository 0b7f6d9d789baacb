"""The bot's database, opened by a command only to be read, whether the bot runs or not."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from bot.config import Config
from bot.store import Store, StoreFailed
from bot.terminal import UserMistake


@contextmanager
def opened(config: Config) -> Iterator[Store]:
    """The database as it is at one moment. Raises UserMistake."""
    if not config.database.exists():
        why = "the bot has never run here; `./caretaker check` looks at everything without it"
        raise UserMistake(f"cannot read '{config.database}': because {why}")
    try:
        with closing(Store(config.database, read_only=True)) as store, store.transaction():
            if store.lacks:
                why = "an older Caretaker has written it; the bot brings it up to date when it starts"
                raise UserMistake(f"cannot read '{config.database}': because {why}")
            yield store
    except StoreFailed as why:
        raise UserMistake(str(why)) from why
