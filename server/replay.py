"""Which tokens were used already: one bounded SQLite file that every process of a server shares.

https://cds-hooks.hl7.org/2.0/#trusting-cds-clients: a `jti` is for one use. Kept are a hash and the time after which
the token is refused anyway; nothing that tells who called.

A clock may be put ahead and back, and those of servers that share the file differ. So it is known until when tokens
were forgotten, by the hour in which they ended, and one that ends no later may have been used. By the hour, for what
was forgotten while a clock was years ahead must bar nobody for years.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from publisher.issue import Issue, IssueError, Source
from server.outcome import RefusalError

if TYPE_CHECKING:
    from pathlib import Path

MOST_TOKENS = 200_000
MOST_HOURS = 10_000  # more than a year of them
WAIT = 30  # seconds in which no token is let go of, for that makes a use dearer
_MADE = (
    "PRAGMA journal_mode = WAL",
    "CREATE TABLE IF NOT EXISTS seen (token BLOB PRIMARY KEY, ends INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS seen_ends ON seen (ends)",
    "CREATE TABLE IF NOT EXISTS forgotten (hour INTEGER PRIMARY KEY, latest INTEGER NOT NULL)",
)
_FORGET = """
INSERT INTO forgotten SELECT ends / 3600 AS h, max(ends) FROM seen WHERE ends < ? GROUP BY h
ON CONFLICT DO UPDATE SET latest = max(latest, excluded.latest)
"""
_OLDEST = "DELETE FROM forgotten WHERE hour <= (SELECT hour FROM forgotten ORDER BY hour DESC LIMIT 1 OFFSET ?)"
# Of hours before those that are known nothing is, once there were as many.
_MAY_BE_USED = """
SELECT 1 WHERE EXISTS (SELECT 1 FROM forgotten WHERE hour = :ends / 3600 AND latest >= :ends)
OR (:ends / 3600 < (SELECT min(hour) FROM forgotten) AND (SELECT count(*) FROM forgotten) >= :most)
"""


class ReplayStore:
    """The tokens that were used and have not ended."""

    def __init__(self, path: Path, *, most: int = MOST_TOKENS, hours: int = MOST_HOURS) -> None:
        self._path = path
        self._most = most
        self._hours = hours
        try:
            self._open().close()
        except (OSError, sqlite3.Error) as error:
            wrong = f"Used tokens cannot be kept in this file ({error}), which must be its own; "
            wrong += "choose another with --tokens."
            raise IssueError(Issue.error("no-store", "tokens-file", wrong, source=Source(str(path)))) from None

    def accept(self, issuer: str, token_id: str, ends: int, now: int) -> bool:
        """Return whether a token is new, and remember it.

        RefusalError with 503 where the file is full or cannot be used, or the token may be one that was forgotten:
        nobody is let in whose token was not remembered.
        """
        digest = hashlib.sha256(f"{issuer}\0{token_id}".encode()).digest()
        try:
            return self._remember(digest, ends, now)
        except (OSError, sqlite3.Error):
            raise RefusalError("tokens-unusable") from None

    def _remember(self, digest: bytes, ends: int, now: int) -> bool:
        with closing(self._open()) as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                self._forget(database, now)
                (held,) = database.execute("SELECT count(*) FROM seen").fetchone()
                if held >= self._most:
                    raise sqlite3.DataError("full")
                if database.execute(_MAY_BE_USED, {"ends": ends, "most": self._hours}).fetchone():
                    raise sqlite3.DataError("forgotten")
                return database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (digest, ends)).rowcount == 1
            finally:
                database.execute("COMMIT")

    def _forget(self, database: sqlite3.Connection, now: int) -> None:
        """Let go of the tokens that have ended, those of some time at once, but for until when they did."""
        (oldest,) = database.execute("SELECT min(ends) FROM seen").fetchone()
        if oldest is not None and oldest < now - WAIT:
            database.execute(_FORGET, (now,))
            database.execute(_OLDEST, (self._hours,))
            database.execute("DELETE FROM seen WHERE ends < ?", (now,))

    def _open(self) -> sqlite3.Connection:
        """Open the file, which nobody but its owner may read; one that is gone is made anew."""
        if not self._path.exists():
            self._path.touch(mode=0o600)
        database = sqlite3.connect(self._path, timeout=5, isolation_level=None)
        try:
            for statement in _MADE:
                database.execute(statement)
        except sqlite3.Error:
            database.close()
            raise
        return database
