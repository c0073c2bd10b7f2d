"""What artifacts say on cards in one language, each thing looked up once.

Nothing of it depends on a patient. It is kept for as long as the artifacts are: by the elements themselves, for they
are never changed after loading. https://cds-hooks.hl7.org/2.0/#card-attributes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher import wording
from publisher.apply.inputs import Anybody
from publisher.apply.request import request_of
from publisher.apply.trace import derived_from
from publisher.card_rules import action_type, is_offer
from publisher.extension import OVERRIDE_REASONS, value_of
from publisher.language import designation, text
from publisher.r4.written import Form, Place, Written
from publisher.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from publisher.apply.inputs import Inputs
    from publisher.apply.tree import AppliedAction, AppliedActivity
    from publisher.card_rules import Rule
    from publisher.repository import Artifact, Repository, Resource

RANK = {"critical": 0, "warning": 1, "info": 2}
PROVENANCE = "example.vademecum.provenance"
MOST_BASES = 4096  # any of the parts of a rule may apply
# http://cds-hooks.hl7.org/ConceptMap/indicator-to-request-priority, read backwards
INDICATORS = {"stat": "critical", "asap": "warning", "urgent": "warning", "routine": "info"}


REMOVAL = Form(
    {
        "label": Place("label"),
        "uuid": Place("uuid"),
        "actions": [{"type": "delete", "description": Place("label"), "resourceId": Place("resource")}],
    }
)


@dataclass(frozen=True, slots=True)
class Face:
    """What an action or a definition says: its texts, and what a card takes from it as it stands.

    `statements` are the addresses of what it derives from, by statement id; one without an address has an empty one.
    """

    element: Resource = field(repr=False)
    title: str | None
    description: str | None
    indicator: str
    statements: Mapping[str, str]
    offers: bool
    removes: bool
    behavior: str
    reasons: list[Resource]

    @property
    def line(self) -> str:
        """Return what it says as one line of a list."""
        return self.description or self.title or ""


@record
class Basis:
    """What a card of a rule says whoever it is about, from all that is placed on it.

    `parts` is a line for each part that says something, `foot` the last lines; source, override reasons, and links with
    provenance are members of the card.
    """

    indicator: str
    parts: str
    foot: str
    source: Written
    reasons: Written
    links: Written


class Faces:
    """The faces of the artifacts of a release, in one language, at one address.

    What is kept by the identity of objects holds them, so that no other takes their place.
    """

    def __init__(self, repository: Repository, base_url: str, language: str) -> None:
        """Look nothing up yet."""
        self.repository = repository
        self.base_url = base_url
        self.language = language
        self._faces: dict[int, Face] = {}
        self._titles: dict[str, str] = {}
        self._proposals: dict[tuple[int, int], tuple[Resource, Artifact, Form | None]] = {}
        self._bases: dict[tuple[int, ...], tuple[Artifact, Artifact, Basis]] = {}

    def of(self, element: Resource) -> Face:
        """Return the face of an action, or of the resource of an artifact."""
        face = self._faces.get(id(element))
        if face is None:
            face = self._faces[id(element)] = self._face(element)
        return face

    def title(self, canonical: str) -> str:
        """Return the title of an artifact, or its canonical where it has none or is not held."""
        if canonical not in self._titles:
            artifact = self.repository.resolve(canonical)
            self._titles[canonical] = (artifact and self.of(artifact.resource).title) or canonical
        return self._titles[canonical]

    def proposal(self, applied: AppliedAction, activity: AppliedActivity, inputs: Inputs) -> Form | None:
        """Return the form of a suggestion to do what an action leads to; None where there is nothing to accept in it.

        Where nothing but what is filled in depends on the patient, it is kept.
        """
        if activity.values:
            return self._proposal(applied, activity, inputs)
        key = id(applied.action), id(activity.artifact)
        kept = self._proposals.get(key)
        if kept is None:
            form = self._proposal(applied, activity, Anybody(inputs.subject, self.language))
            kept = self._proposals[key] = (applied.action, activity.artifact, form)
        return kept[2]

    def basis(self, rule: Rule, service: Artifact) -> Basis:
        """Return what a card of `rule`, whose plan stands behind `service`, says to everybody."""
        key = (id(service), id(rule.plan), id(rule.action.action), *[id(each.action.action) for each in rule.parts])
        kept = self._bases.get(key)
        if kept is None:
            if len(self._bases) >= MOST_BASES:
                self._bases.clear()
            kept = self._bases[key] = (service, rule.plan, self._basis(rule, service))
        return kept[2]

    def _face(self, element: Resource) -> Face:
        behavior = element.get("selectionBehavior")
        return Face(
            element,
            text(element, "title", self.language),
            text(element, "description", self.language),
            INDICATORS.get(str(element.get("priority", "routine")), "info"),
            {label: str(one.get("url", "")) for label, one in derived_from(element).items()},
            is_offer(element),
            action_type(element) == "remove",
            behavior if behavior in ("any", "at-most-one") else "any",
            self._reasons(element),
        )

    def _proposal(self, applied: AppliedAction, activity: AppliedActivity, inputs: Inputs) -> Form | None:
        label = self.of(activity.artifact.resource).title or self.of(applied.action).title or applied.id
        request, _ = request_of(activity, inputs, intent="proposal")
        if request is None or activity.artifact.resource.get("doNotPerform"):
            return None
        act = {"type": "create", "description": label, "resource": request.written}
        return Form({"label": label, "uuid": Place("uuid"), "actions": [act]})

    def _basis(self, rule: Rule, service: Artifact) -> Basis:
        faces = [self.of(each.action.action) for each in rule.placed]
        statements: dict[str, str] = {}
        for each in faces:
            statements |= each.statements
        provenance: Resource = {"canonical": str(rule.plan.canonical), "action": rule.action.id}
        if statements:
            provenance["statements"] = list(statements)
        return Basis(
            min((each.indicator for each in faces), key=RANK.__getitem__),
            listed(each.line for each in faces[1:] if not each.offers),
            self._foot(rule.plan, service, statements),
            Written.of({"source": self._source(rule.plan, service)}),
            Written.of({"overrideReasons": faces[0].reasons} if faces[0].reasons else {}),
            Written.of({"links": self._links(rule.plan, statements), "extension": {PROVENANCE: provenance}}),
        )

    def _foot(self, plan: Artifact, service: Artifact, statements: Iterable[str]) -> str:
        """Return the last lines of a card: what it is based on, the limits of the source, that it is a draft."""
        lines = []
        if statements:
            lines.append(f"{wording.say('basis', self.language)}: {', '.join(statements)}.")
        usage = text(service.resource, "usage", self.language)
        if usage:
            lines.append(usage)
        if "draft" in (plan.status, service.status):
            lines.append(wording.say("draft", self.language))
        return "\n\n".join(lines)

    def _links(self, plan: Artifact, statements: Mapping[str, str]) -> list[Resource]:
        """Return links to the statements behind a card: on the page of its rule, and where they were taken from."""
        named = {self.base_url + plan.page: "statements"}
        named |= {url: "source" for url in statements.values() if url.startswith("http")}
        return [
            {"label": wording.say(name, self.language), "url": url, "type": "absolute"} for url, name in named.items()
        ]

    def _reasons(self, element: Resource) -> list[Resource]:
        """Return the reasons for which a reader may set a card aside, with their displays."""
        canonical = value_of(element, OVERRIDE_REASONS)
        value_set = self.repository.resolve(canonical) if canonical else None
        contains: Any = value_set.resource.get("expansion", {}).get("contains", ()) if value_set else ()
        return [
            {"code": each["code"], "system": each["system"], "display": designation(each, self.language)}
            for each in contains
        ]

    def _source(self, plan: Artifact, service: Artifact) -> Resource:
        title = text(service.resource, "title", self.language) or service.id
        publisher = service.resource.get("publisher")
        label = f"{publisher}: {title}" if publisher else title
        named = {"label": f"{label} ({plan.canonical.version})", "url": self.base_url + plan.page}
        topic = self._topic(service.resource)
        return {**named, "topic": topic} if topic else named

    def _topic(self, plan: Resource) -> Resource | None:
        """Return the coding of what a plan is about: its clinical focus."""
        for context in plan.get("useContext", ()):
            if context.get("code", {}).get("code") == "focus":
                for coding in context.get("valueCodeableConcept", {}).get("coding", ()):
                    display = text(coding, "display", self.language)
                    named = {name: coding[name] for name in ("system", "code") if name in coding}
                    return {**named, **({"display": display} if display else {})}
        return None


def listed(lines: Iterable[str]) -> str:
    """Return lines as a list in markdown, each once."""
    return "\n".join(f"- {line}" for line in dict.fromkeys(lines))
