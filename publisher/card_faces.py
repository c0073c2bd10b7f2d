"""What artifacts say on cards in one language, each thing looked up once.

Nothing of it depends on a patient. It is kept for as long as the artifacts are: by the elements themselves, for they
are never changed after loading. https://cds-hooks.hl7.org/2.0/#card-attributes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher.apply.trace import derived_from
from publisher.card_rules import action_type, is_offer
from publisher.extension import OVERRIDE_REASONS, value_of
from publisher.language import designation, text
from publisher.r4.written import Written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publisher.repository import Artifact, Repository, Resource

# http://cds-hooks.hl7.org/ConceptMap/indicator-to-request-priority, read backwards
INDICATORS = {"stat": "critical", "asap": "warning", "urgent": "warning", "routine": "info"}


@dataclass(frozen=True, slots=True)
class Face:
    """What an action or a definition says: its texts, and what a card takes from it as it is written.

    `statements` are the addresses of what it derives from, by statement id; one without an address has an empty one.
    """

    element: Resource = field(repr=False)
    title: str | None
    description: str | None
    indicator: str
    usage: str | None
    statements: Mapping[str, str]
    offers: bool
    removes: bool
    behavior: str
    reasons: list[Written]

    @property
    def line(self) -> str:
        """Return what it says as one line of a list."""
        return self.description or self.title or ""


class Faces:
    """The faces of the artifacts of a release, in one language, at one address."""

    def __init__(self, repository: Repository, base_url: str, language: str) -> None:
        """Look nothing up yet."""
        self.repository = repository
        self.base_url = base_url
        self.language = language
        self._faces: dict[int, Face] = {}
        self._sources: dict[tuple[int, int], tuple[Artifact, Artifact, Written]] = {}

    def of(self, element: Resource) -> Face:
        """Return the face of an action, or of the resource of an artifact."""
        face = self._faces.get(id(element))
        if face is None:
            face = self._faces[id(element)] = self._face(element)
        return face

    def source(self, plan: Artifact, service: Artifact) -> Written:
        """Return the source of a card of `plan`, which stands behind `service`."""
        key = (id(plan), id(service))
        if key not in self._sources:
            self._sources[key] = (plan, service, self._source(plan, service))
        return self._sources[key][2]

    def _face(self, element: Resource) -> Face:
        behavior = element.get("selectionBehavior")
        return Face(
            element,
            text(element, "title", self.language),
            text(element, "description", self.language),
            INDICATORS.get(str(element.get("priority", "routine")), "info"),
            text(element, "usage", self.language),
            {label: str(one.get("url", "")) for label, one in derived_from(element).items()},
            is_offer(element),
            action_type(element) == "remove",
            behavior if behavior in ("any", "at-most-one") else "any",
            self._reasons(element),
        )

    def _reasons(self, element: Resource) -> list[Written]:
        """Return the reasons for which a reader may set a card aside, with their displays."""
        canonical = value_of(element, OVERRIDE_REASONS)
        value_set = self.repository.resolve(canonical) if canonical else None
        contains: Any = value_set.resource.get("expansion", {}).get("contains", ()) if value_set else ()
        return [
            Written.of({"code": each["code"], "system": each["system"], "display": designation(each, self.language)})
            for each in contains
        ]

    def _source(self, plan: Artifact, service: Artifact) -> Written:
        title = text(service.resource, "title", self.language) or service.id
        publisher = service.resource.get("publisher")
        label = f"{publisher}: {title}" if publisher else title
        named = {"label": f"{label} ({plan.canonical.version})", "url": self.base_url + plan.page}
        topic = self._topic(service.resource)
        return Written.of({**named, "topic": topic} if topic else named)

    def _topic(self, plan: Resource) -> Resource | None:
        """Return the coding of what a plan is about: its clinical focus."""
        for context in plan.get("useContext", ()):
            if context.get("code", {}).get("code") == "focus":
                for coding in context.get("valueCodeableConcept", {}).get("coding", ()):
                    display = text(coding, "display", self.language)
                    named = {name: coding[name] for name in ("system", "code") if name in coding}
                    return {**named, **({"display": display} if display else {})}
        return None
