"""Which tokens were used already: one bounded SQLite file that every process of a server shares.

https://cds-hooks.hl7.org/2.0/#trusting-cds-clients: a `jti` is for one use. Kept are a hash and the time after which
the token is refused anyway; nothing that tells who called.
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
_MADE = (
    "PRAGMA journal_mode = WAL",
    "CREATE TABLE IF NOT EXISTS seen (token BLOB PRIMARY KEY, ends INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS seen_ends ON seen (ends)",
)


class ReplayStore:
    """The tokens that were used and have not ended."""

    def __init__(self, path: Path, *, most: int = MOST_TOKENS) -> None:
        self._path = path
        self._most = most
        try:
            self._open().close()
        except (OSError, sqlite3.Error) as error:
            wrong = f"Used tokens cannot be kept in this file ({error}), which must be its own; "
            wrong += "choose another with --tokens."
            raise IssueError(Issue.error("no-store", "tokens-file", wrong, source=Source(str(path)))) from None

    def accept(self, issuer: str, token_id: str, ends: int, now: int) -> bool:
        """Return whether a token is new, and remember it.

        RefusalError with 503 where the file is full or cannot be used: nobody is let in whose token was not remembered.
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
                database.execute("DELETE FROM seen WHERE ends < ?", (now,))
                (held,) = database.execute("SELECT count(*) FROM seen").fetchone()
                if held >= self._most:
                    raise sqlite3.DataError("full")
                return database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (digest, ends)).rowcount == 1
            finally:
                database.execute("COMMIT")

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
