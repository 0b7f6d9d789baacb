"""What tells the cards of one incident or run from those of another that had its number, in rows.

A database that was restored from a backup gives numbers again that it had given since. Whoever gets one is drawn
with another mark.
"""

import secrets

from sqlite_utils import Database


class CardMarkRows:
    """The table `card_mark`. A subject is `incident:7` or `run:3`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def known(self, subject: str) -> str:
        """The mark of a subject's cards, in hexadecimal; empty where none was drawn yet."""
        rows = self._db.query("select mark from card_mark where subject = ?", [subject])
        return next((str(row["mark"]) for row in rows), "")

    def of(self, subject: str) -> str:
        """The same, made with the first card."""
        mark = self.known(subject)
        if not mark:
            mark = secrets.token_hex(4)
            self._db.table("card_mark").insert({"subject": subject, "mark": mark})
        return mark
