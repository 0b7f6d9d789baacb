"""What Caretaker remembers: the only SQL, on sqlite-utils.

Current-state tables, append-only history and the outbox live in one database, so that one transaction a use case
leaves them in agreement, whatever happens to the power. Nothing here decides anything.
"""

from bot.store.database import Store
from bot.store.failures import StoreFailed, StoreInUse

__all__ = ["Store", "StoreFailed", "StoreInUse"]
