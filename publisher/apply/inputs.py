"""What $apply was told besides the plan and the data: the subject, the encounter, who asks, where, in which language.

https://hl7.org/fhir/R4/plandefinition-operation-apply.html. Expressions see them as `%subject`, `%encounter` and so on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from publisher.r4.written import Place, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publisher.repository import Resource

# By input, the types that it may be of; one that is named by its id alone is of the first.
REFERENCES: Mapping[str, tuple[str, ...]] = {
    "encounter": ("Encounter",),
    "practitioner": ("Practitioner", "PractitionerRole"),
    "organization": ("Organization",),
}
CONCEPTS = ("userType", "userLanguage", "userTaskContext", "setting", "settingContext")


@dataclass(frozen=True)
class Inputs:
    """The inputs of one application.

    `subject` is a reference such as `Patient/1`, `references` holds those of encounter, practitioner and organization,
    `concepts` the CodeableConcepts, `moment` the time of the evaluation as FHIR writes it.
    """

    subject: str
    language: str
    references: Mapping[str, str] = field(default_factory=dict)
    concepts: Mapping[str, Resource] = field(default_factory=dict)
    moment: str | None = None

    def reference(self, name: str) -> Resource | None:
        """Return the Reference of one input, or None where it was not given."""
        target = self.subject if name == "subject" else self.references.get(name)
        return {"reference": target} if target else None

    @property
    def requester(self) -> Resource | None:
        """Return who asks: the practitioner, else the organization."""
        return self.reference("practitioner") or self.reference("organization")

    def given(self) -> dict[str, Any]:
        """Return what requests say of a call, by name; of all but the subject that which was given."""
        named = {
            "subject": self.reference("subject"),
            "encounter": self.reference("encounter"),
            "requester": self.requester,
            "practitioner": self.reference("practitioner"),
            "moment": self.moment,
        }
        return {name: value for name, value in named.items() if value}

    def asking(self) -> dict[str, Any]:
        """Return in which encounter a request is made and by whom, as far as it is given."""
        found = {"encounter": self.reference("encounter"), "requester": self.requester}
        return {name: value for name, value in found.items() if value}

    @cached_property
    def written(self) -> dict[str, str]:
        """Return the same as it is written."""
        return {name: text_of(value) for name, value in self.given().items()}

    def variables(self) -> Iterator[tuple[str, Any]]:
        """Yield what expressions see, by name: references as Reference, an input that was not given as nothing."""
        for name in ("subject", *REFERENCES):
            yield name, self.reference(name)
        for name in CONCEPTS:
            yield name, self.concepts.get(name)


class Anybody(Inputs):
    """Inputs of which a place is kept for each that is given: what is made for them is a form."""

    @cached_property
    def written(self) -> dict[str, str]:
        """Return the places."""
        return {name: Place(name).text for name in self.given()}
