"""A worked patient as its file has it, with the place of each part.

The files are lists, docs/reference/worked-patients.md; their schema is checked where topics are compiled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from publisher.issue import Issue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from publisher.issue import Source
    from publisher.source.catalogue import TopicFolder
    from publisher.topic import Document

LONGEST_ID = 64  # https://hl7.org/fhir/R4/datatypes.html#id


@dataclass(frozen=True, slots=True)
class Case:
    """One worked patient: `value` is what its file says, `path` where it stands there."""

    topic: str
    document: Document = field(repr=False)
    path: str
    value: Mapping[str, Any] = field(repr=False)

    @property
    def id(self) -> str:
        """Return the name of the case."""
        return str(self.value["id"])

    @property
    def patient_id(self) -> str:
        """Return the id of the Patient, which is the name of the case."""
        return self.id[:LONGEST_ID]

    @property
    def hook(self) -> str | None:
        """Return the hook that is called, or None where a plan is applied."""
        return self.value.get("hook")

    @property
    def plan_id(self) -> str:
        """Return the id of the plan that is applied."""
        return str(self.value["apply"]).partition("/")[2]

    @property
    def expect(self) -> Mapping[str, Any]:
        """Return what must come."""
        expect: Mapping[str, Any] = self.value["expect"]
        return expect

    @property
    def now(self) -> datetime:
        """Return the moment of the question, noon of its day."""
        return datetime.fromisoformat(f"{self.value['date']}T12:00:00").replace(tzinfo=UTC)

    def at(self, part: str) -> Source:
        """Return where the part of this case called `part` (`expect.cards[0]`) stands, or its nearest parent."""
        return self.document.locate(f"{self.path}.{part}" if part else self.path)


def cases_of(folders: Iterable[TopicFolder]) -> list[Case]:
    """Return the cases of topics, in the order of their files."""
    return [
        Case(folder.topic.id, document, f"[{index}]", value)
        for folder in folders
        for document in folder.cases
        for index, value in enumerate(document.value)
    ]


def repeated_issues(cases: Iterable[Case]) -> Iterator[Issue]:
    """Yield an issue for each name that a topic gives to two cases."""
    seen: set[tuple[str, str]] = set()
    for case in cases:
        if (case.topic, case.id) in seen:
            text = f"Two cases of {case.topic} are called {case.id}; give one of them another id."
            yield Issue.error("duplicate", "case-repeated", text, source=case.at("id"))
        seen.add((case.topic, case.id))
