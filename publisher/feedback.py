"""What readers did with cards, counted by rule and version: the outcome and a coded reason, and nothing else.

https://cds-hooks.hl7.org/2.0/#feedback. The uuid of a card says which rule it came from (card_ids.py); no uuid, time,
comment or other text of a client is kept, so that no count can be tied to a patient or a reader. The counts are in one
SQLite file, which every process of a server shares; it holds the key that the uuids are made with as well.

A card counts once as accepted and once as overridden, however often that is told; a coded reason that is told later is
added. For a day the file holds a mark of what was told, made with a key that is never written: who has the file, and
the server no longer, cannot say of a card whether it is among them.
"""

from __future__ import annotations

import hmac
import secrets
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from publisher.hook_refusals import refused
from publisher.issue import IssueError

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

OUTCOMES = ("accepted", "overridden")
KEPT = timedelta(days=1)  # how long a card is known to have been counted
MOST_MARKS = 100_000
_TABLES = """
CREATE TABLE IF NOT EXISTS secret (key BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS rule (tag INTEGER PRIMARY KEY, canonical TEXT NOT NULL, action TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS count (
  tag INTEGER NOT NULL, service TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL, times INTEGER NOT NULL,
  PRIMARY KEY (tag, service, outcome, reason)
);
CREATE TABLE IF NOT EXISTS shown (
  tag INTEGER NOT NULL, service TEXT NOT NULL, since TEXT NOT NULL, PRIMARY KEY (tag, service)
);
CREATE TABLE IF NOT EXISTS told (mark BLOB PRIMARY KEY, ends INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS told_ends ON told (ends);
"""
_ADD = "INSERT INTO count VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET times = times + 1"
_MARK = "INSERT OR IGNORE INTO told VALUES (?, ?)"
_TAKE = """
UPDATE count SET times = times - 1 WHERE tag = ? AND service = ? AND outcome = ? AND reason = '' AND times > 0
"""
_OLDEST = """
DELETE FROM told WHERE mark IN (
  SELECT mark FROM told ORDER BY ends LIMIT max(0, (SELECT count(*) FROM told) - ?)
)
"""
_ALL = """
SELECT service, canonical, action, outcome, reason, times FROM count JOIN rule USING (tag) WHERE times > 0
ORDER BY service, canonical, action, outcome, reason
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One thing that a reader did with a card: the tag of the rule, what was done, and the coded reason or ''."""

    card: uuid.UUID
    tag: int
    outcome: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A rule that a service shows cards of, by its tag, and the day of its version (a FHIR date)."""

    tag: int
    canonical: str
    action: str
    service: str
    since: str


@dataclass(slots=True)
class Rate:
    """How often cards of one rule of one version were accepted and overridden at one service, and why."""

    service: str
    canonical: str
    action: str
    accepted: int = 0
    overridden: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """Return the part that was accepted."""
        return self.accepted / (self.accepted + self.overridden)

    def to_json(self) -> dict[str, Any]:
        """Return the rate as plain JSON."""
        about = {"service": self.service, "rule": self.canonical, "action": self.action}
        counts = {"accepted": self.accepted, "overridden": self.overridden, "share": round(self.share, 3)}
        return {**about, **counts, **({"reasons": self.reasons} if self.reasons else {})}


class FeedbackStore:
    """The counts in one file."""

    def __init__(self, path: Path, *, marks: bytes | None = None, most: int = MOST_MARKS) -> None:
        """Open the file, or make it with a key of its own.

        `marks` is the key of the marks, the same in all processes of a server; at most so many marks are held.
        """
        self._path = path
        self._marks = marks or secrets.token_bytes(32)
        self._most = most
        with self._opened() as database:
            database.executescript(_TABLES)
            database.execute(
                "INSERT INTO secret SELECT ? WHERE NOT EXISTS (SELECT 1 FROM secret)", (secrets.token_bytes(32),)
            )
        with self._opened() as database:
            (self.key,) = database.execute("SELECT key FROM secret").fetchone()

    def register(self, rules: Iterable[Shown]) -> None:
        """Remember which rule each tag means and which services show it, also when this version is served no more."""
        held = list(rules)
        with self._opened() as database:
            rows = [(each.tag, each.canonical, each.action) for each in held]
            database.executemany("INSERT OR IGNORE INTO rule VALUES (?, ?, ?)", rows)
            places = [(each.tag, each.service, each.since) for each in held]
            database.executemany("INSERT OR IGNORE INTO shown VALUES (?, ?, ?)", places)

    def since(self, tag: int, service: str) -> str | None:
        """Return the day of the version of a rule, None where the service never showed it."""
        with self._opened() as database:
            row = database.execute("SELECT since FROM shown WHERE tag = ? AND service = ?", (tag, service)).fetchone()
        return row[0] if row else None

    def add(self, service: str, outcomes: Iterable[Outcome], now: datetime) -> int:
        """Count the outcomes, all or none, and return how many had not been counted before."""
        ends, counted = int((now + KEPT).timestamp()), 0
        with self._opened() as database:
            database.execute("DELETE FROM told WHERE ends <= ?", (int(now.timestamp()),))
            for each in outcomes:
                is_new = database.execute(_MARK, (self._mark(each.card, each.outcome), ends)).rowcount == 1
                gives = each.reason and database.execute(_MARK, (self._mark(each.card, "reason"), ends)).rowcount == 1
                place = (each.tag, service, each.outcome)
                if is_new or (gives and database.execute(_TAKE, place).rowcount == 1):
                    database.execute(_ADD, (*place, each.reason))
                counted += is_new
            database.execute(_OLDEST, (self._most,))
        return counted

    def _mark(self, card: uuid.UUID, told: str) -> bytes:
        """Return the mark of what was told of a card: an outcome, or that there is a coded reason."""
        return hmac.digest(self._marks, card.bytes + told.encode(), "sha256")[:16]

    def rates(self) -> list[Rate]:
        """Return the counts by service, rule and version."""
        with self._opened() as database:
            return _rates(database)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Open the file, which nobody but its owner may read where it is made here; IssueError where it cannot be."""
        try:
            if not self._path.exists():
                self._path.touch(mode=0o600)
            with _opened(self._path) as database:
                yield database
        except (OSError, sqlite3.Error) as error:
            raise IssueError(refused("feedback-file")) from error


def read_rates(path: Path) -> list[Rate]:
    """Return the counts of a file that is only read, be it another's; sqlite3.DatabaseError where it holds none."""
    with _opened(f"{path.absolute().as_uri()}?mode=ro", uri=True) as database:
        return _rates(database)


def _rates(database: sqlite3.Connection) -> list[Rate]:
    rates: dict[tuple[str, str, str], Rate] = {}
    for service, canonical, action, outcome, reason, times in database.execute(_ALL):
        rate = rates.setdefault((service, canonical, action), Rate(service, canonical, action))
        if outcome == "accepted":
            rate.accepted += times
        else:
            rate.overridden += times
            rate.reasons |= {reason: times} if reason else {}
    return list(rates.values())


@contextmanager
def _opened(name: Path | str, *, uri: bool = False) -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(name, timeout=5, uri=uri)
    try:
        with database:
            yield database
    finally:
        database.close()


def table(rates: Iterable[Rate]) -> str:
    """Return the rates as text, a line for each rule and one for each reason."""
    lines = []
    for rate in rates:
        total = rate.accepted + rate.overridden
        lines.append(f"{rate.service}: {rate.canonical} {rate.action}\n")
        lines.append(f"  accepted {rate.accepted} of {total} ({rate.share:.0%})\n")
        lines.extend(f"  overridden because {reason}: {times}\n" for reason, times in rate.reasons.items())
    return "".join(lines)
