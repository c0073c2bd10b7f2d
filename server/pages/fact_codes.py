"""The codes that a topic knows, by the type of resource that its logic looks for them in.

A Library says with https://hl7.org/fhir/R4/metadatatypes.html#DataRequirement which value sets it looks for where. A
value set that none of them names is for a type that is read whole and has codes of the same systems, else a medicine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from publisher.language import designation, text
from server.pages.fact_elements import code_in, label_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from publisher.repository import Artifact, Repository

    Resource = dict[str, Any]

MEDICINES: Final = "MedicationRequest"


@dataclass(frozen=True, slots=True)
class Offered:
    """A code that a field offers: its system, its concept with displays, and the value set that it is from."""

    system: str
    concept: Resource
    value_set: Resource

    def label(self, language: str) -> str:
        """Return the code as it stands in a field."""
        return label_of(str(self.concept["code"]), designation(self.concept, language))

    def group(self, language: str) -> str:
        """Return the title of the value set."""
        return text(self.value_set, "title", language) or ""

    def meant(self) -> Resource:
        """Return the CodeableConcept of the code."""
        coding = {"system": self.system, "code": self.concept["code"], "display": self.concept.get("display")}
        return {"coding": [{name: value for name, value in coding.items() if value}]}


class Codes:
    """The codes of one topic."""

    def __init__(self, repository: Repository, topic: str) -> None:
        """Read the value sets and the data requirements of `topic`."""
        held = [each for each in repository if each.topic == topic]
        sets = {each.canonical.url: each for each in held if each.type == "ValueSet"}
        self._by_type: dict[str, list[Offered]] = {}
        named: set[str] = set()
        self._whole: set[str] = set()
        for kind, filters in _filters(held):
            self._whole |= set() if filters else {kind}
            named |= {url for url in map(_value_set_of, filters) if url in sets}
            self._by_type.setdefault(kind, []).extend(_asked(filters, sets))
        for url, artifact in sets.items():
            if url not in named:
                codes = list(_codes_of(artifact.resource))
                self._by_type.setdefault(self._home(codes), []).extend(codes)

    def offered(self, kind: str, language: str) -> list[tuple[str, str]]:
        """Return what a field for the code of a type offers, each label once, with the title of its value set."""
        found: dict[str, str] = {}
        for each in self._by_type.get(kind, ()):
            found.setdefault(each.label(language), each.group(language))
        return sorted(found.items(), key=lambda one: (one[1], one[0]))

    def find(self, kind: str, written: str, language: str) -> Resource:
        """Return the concept that a text means: a code or a name that is offered, else words without a code."""
        code, plain = code_in(written), written.strip().casefold()
        offered = self._by_type.get(kind, ())
        for each in offered:
            if str(each.concept["code"]) == code or str(each.concept["code"]).casefold() == plain:
                return each.meant()
        for each in offered:
            if (designation(each.concept, language) or "").casefold() == plain:
                return each.meant()
        return {"text": written.strip()}

    def _home(self, codes: list[Offered]) -> str:
        systems = {each.system for each in codes}
        found = ((kind, {each.system for each in some}) for kind, some in self._by_type.items() if kind in self._whole)
        shared = (kind for kind, theirs in found if systems & theirs)
        return next(shared, MEDICINES)


def _filters(held: Iterable[Artifact]) -> Iterator[tuple[str, list[Resource]]]:
    for artifact in held:
        for requirement in artifact.resource.get("dataRequirement", ()) if artifact.type == "Library" else ():
            yield requirement["type"], requirement.get("codeFilter", [])


def _value_set_of(code_filter: Resource) -> str:
    return str(code_filter.get("valueSet", "")).partition("|")[0]


def _asked(filters: Iterable[Resource], sets: dict[str, Artifact]) -> Iterator[Offered]:
    for each in filters:
        if held := sets.get(_value_set_of(each)):
            yield from _codes_of(held.resource)
        for coding in each.get("code", ()):
            yield Offered(str(coding.get("system", "")), coding, {})


def _codes_of(value_set: Resource) -> Iterator[Offered]:
    """Yield the codes that the author listed, without the aliases of systems that an expansion adds."""
    for include in value_set.get("compose", {}).get("include", ()):
        for concept in include.get("concept", ()):
            yield Offered(str(include.get("system", "")), concept, value_set)
