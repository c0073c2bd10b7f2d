"""The terminology report of a topic: every code that its artifacts carry, with its row of the table and its status.

https://hl7.org/fhir/R4/terminologies.html. A code of an outside system has a row in terminology.csv; those of our own
code systems and of HL7's are by definition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.issue import Issue
from publisher.validation.codes import written_codes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from publisher.repository import Artifact
    from publisher.source.catalogue import Catalogue

OWN, DEFINED, UNKNOWN = "own", "by definition", "unknown"


@dataclass(frozen=True, slots=True)
class Term:
    """A code in use: what the table calls it and says of it, and the artifacts that carry it."""

    system: str
    code: str
    display: str
    status: str
    artifacts: tuple[str, ...]


def terms_of(artifacts: Iterable[Artifact], catalogue: Catalogue) -> list[Term]:
    """Return every code of `artifacts`, by system and code."""
    return [_term(system, code, names, catalogue) for (system, code), names in written_codes(artifacts).items()]


def _term(system: str, code: str, names: tuple[str, ...], catalogue: Catalogue) -> Term:
    row = catalogue.lock.rows.get((system, code))
    if row is not None:
        return Term(system, code, row.display, row.status, names)
    concept = catalogue.concept(system, code)
    if isinstance(concept, Issue):
        return Term(system, code, "", UNKNOWN, names)
    return Term(system, code, concept.display or "", OWN if system in catalogue.concepts else DEFINED, names)
