"""The terminology lock and the displays of codes: which code may be written, and what it is called.

Implements https://hl7.org/fhir/R4/terminologies.html for the codings of authored artifacts. Codes of outside
systems come only from the locked table; codes of our own and of HL7's systems from their definitions.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from publisher.issue import Issue, IssueError, Report, Source
from publisher.r4.check_digits import code_problem
from publisher.topic import code_meant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COLUMNS = ["system", "code", "display", "status"]
ALLOWED = ("verified", "flagged")
STATUSES = (*ALLOWED, "wrong")


@dataclass(frozen=True, slots=True)
class Concept:
    """A code that may be written: its display, and that in other languages where we define it ourselves."""

    code: str
    display: str | None
    translations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LockedCode:
    """One row of the lock: what the code is called, and whether it was verified, flagged or found wrong."""

    display: str
    status: str


@dataclass(frozen=True, slots=True)
class Lock:
    """The locked codes of systems that are neither ours nor HL7's."""

    rows: Mapping[tuple[str, str], LockedCode] = field(default_factory=dict)

    @property
    def flagged(self) -> frozenset[tuple[str, str]]:
        """Return the codes, as (system, code), that may be written but wait for a clinician's approval."""
        return frozenset(key for key, row in self.rows.items() if row.status == "flagged")

    def concept(self, system: str, code: str) -> Concept | Issue:
        """Return the locked concept, or the issue that says why this code may not be written."""
        row = self.rows.get((system, code))
        problem = code_problem(system, code) if row is None else None
        if problem:
            diagnostics = f"{code} of {system} {problem}; copy the code again from its source."
            return Issue.error("code-invalid", "code-check-digit", diagnostics)
        if row is None:
            known = (name for (owner, name), one in self.rows.items() if owner == system and one.status in ALLOWED)
            near = code_meant(code, known)
            diagnostics = f"{code} of {system} is no code of terminology.csv{near or '; verify it, and add its row.'}"
            return Issue.error("code-invalid", "code-unlocked", diagnostics)
        if row.status not in ALLOWED:
            diagnostics = f"{code} of {system} was found to be wrong; choose a verified code."
            return Issue.error("code-invalid", "code-wrong", diagnostics)
        return Concept(code, row.display or None)


def read_lock(path: Path) -> Lock:
    """Return the lock in a csv file, an empty one where there is none; raise an IssueError on bad rows."""
    if not path.is_file():
        return Lock()
    reader = csv.DictReader(io.StringIO(path.read_text("utf-8"), newline=""))
    report, rows = Report(), {}
    if list(reader.fieldnames or ()) != COLUMNS:
        diagnostics = f"The columns must be {', '.join(COLUMNS)}; correct the first line."
        raise IssueError(Issue("fatal", "structure", "lock-columns", diagnostics, source=Source(str(path))))
    for row in reader:
        key = (row["system"], row["code"])
        problem = _problem(row, repeated=key in rows)
        if problem:
            source = Source(str(path), reader.line_num)
            report.add(Issue.error("value", "lock-row", f"{problem}; correct the row.", source=source))
        rows[key] = LockedCode(row["display"] or "", row["status"] or "")
    if report.has_errors:
        raise IssueError(report)
    return Lock(rows)


def _problem(row: Mapping[str, str | None], *, repeated: bool) -> str | None:
    if any(row.get(column) is None for column in COLUMNS) or len(row) > len(COLUMNS):
        return f"A row has {len(COLUMNS)} cells"
    if repeated:
        return f"{row['code']} of {row['system']} is repeated"
    if row["status"] not in STATUSES:
        return f"The status '{row['status']}' is none of {', '.join(STATUSES)}"
    wrong = code_problem(row["system"] or "", row["code"] or "") if row["status"] in ALLOWED else None
    return f"{row['code']} of {row['system']} {wrong}" if wrong else None
