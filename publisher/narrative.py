"""Write the narrative of an artifact for a clinician to read, in any of its languages.

Implements https://hl7.org/fhir/R4/narrative.html (status `generated`). Every clinical word comes from the
artifact; narrative_labels.py holds the words that are ours.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.elm import elm_of, public_definitions, titles_in
from publisher.language import designation, text
from publisher.narrative_labels import LABELS
from publisher.topic import RELATED_ARTIFACT
from publisher.xhtml import Markup, div, element, heading, items, joined, paragraphs, properties, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from publisher.repository import Repository, Resource


def narrative(resource: Resource, language: str, repository: Repository) -> dict[str, str]:
    """Return the Narrative of `resource` in `language`; artifacts it names are called by their titles."""
    words = _Words(language, repository)
    body = _BODIES.get(resource["resourceType"])
    parts = [_head(resource, words), body(resource, words) if body else Markup()]
    parts.append(_statements(_related(resource), words))
    return {"status": "generated", "div": str(div(language, *parts))}


@dataclass(frozen=True, slots=True)
class _Words:
    """Finds words in one language: our labels, the texts of elements, the titles of artifacts."""

    language: str
    repository: Repository

    def label(self, key: str) -> str:
        """Return one of our own words; a code without a word of ours is shown as it is."""
        return LABELS.get(self.language, LABELS["en"]).get(key, key)

    def of(self, parent: Resource, name: str) -> str | None:
        """Return the text of an element."""
        return text(parent, name, self.language)

    def concept(self, concept: Resource | None) -> str | None:
        """Return a CodeableConcept as its text, else as the display or code of its first coding."""
        if not concept:
            return None
        coding = concept.get("coding", [{}])[0]
        return self.of(concept, "text") or self.of(coding, "display") or coding.get("code")

    def titled(self, canonical: str) -> str:
        """Return the title of the artifact that `canonical` names, where it is ours."""
        found = self.repository.resolve(canonical)
        return (self.title(found.resource) if found else None) or canonical

    def title(self, resource: Resource) -> str | None:
        """Return what a resource is called: its title, or the product that it is."""
        code = resource.get("code")
        return self.of(resource, "title") or self.concept(code if isinstance(code, dict) else None)

    def conditions(self, plan: Resource) -> dict[str, str]:
        """Return what the definitions of a plan's libraries are called, by their names."""
        held = (self.repository.resolve(canonical) for canonical in plan.get("library", ()))
        elms = (elm_of(one.resource) for one in held if one)
        return {
            one["name"]: titles[self.language]
            for elm in elms
            if elm
            for one in public_definitions(elm)
            if self.language in (titles := titles_in(one))
        }

    def named(self, resource: Resource) -> str:
        """Return what a resource without a title is called: what we call its type, or its id."""
        kind, name = resource["resourceType"], str(resource["id"])
        return LABELS.get(self.language, LABELS["en"]).get(kind, name)

    def listed(self, entry: Resource) -> tuple[str, str]:
        """Return the type and the title of a resource that a guide lists."""
        kind, _, name = entry["reference"]["reference"].partition("/")
        found = self.repository.get(kind, name)
        return kind, (self.title(found.resource) if found else None) or entry.get("name", name)

    def row(self, concept: Resource, system: str | None) -> tuple[str | None, str | None, str | None]:
        """Return code, display and system of a concept or coding."""
        display = designation(concept, self.language) if "designation" in concept else self.of(concept, "display")
        return concept.get("code"), display, system


def _head(resource: Resource, words: _Words) -> Markup:
    rows = [(words.label(name), resource.get(name)) for name in ("url", "version", "date", "publisher")]
    documents = (one for one in _related(resource) if one.get("type") == "documentation")
    return joined(
        [
            heading(words.title(resource) or words.named(resource)),
            element("p", element("b", _status(resource, words))),
            paragraphs(words.of(resource, "description")),
            paragraphs(words.of(resource, "purpose")),
            *(paragraphs(words.of(one, "display")) for one in documents),
            properties(rows),
        ]
    )


def _status(resource: Resource, words: _Words) -> str | None:
    if "url" not in resource:
        return None  # the status of a Medication is not that of an artifact
    told = [words.label(resource.get("status", "unknown"))]
    if resource.get("experimental"):
        told.append(words.label("experimental"))
    return f"{words.label('status')}: {'; '.join(told)}"


def _related(resource: Resource) -> Iterator[Resource]:
    yield from resource.get("relatedArtifact", ())
    for extension in resource.get("extension", ()):
        if extension.get("url") == RELATED_ARTIFACT:
            yield extension["valueRelatedArtifact"]


def _statements(related: Iterable[Resource], words: _Words) -> Markup:
    """Return the statements of the source that something derives from, then the literature that is not the source's."""
    told = list(related)
    derived = (_labelled(one, words) for one in told if one.get("type") == "derived-from")
    cited = (words.of(one, "citation") for one in told if one.get("type") == "citation")
    return joined([_titled_list(words.label("statements"), derived), _titled_list(words.label("literature"), cited)])


def _labelled(related: Resource, words: _Words) -> str:
    return ": ".join(filter(None, (related.get("label"), words.of(related, "display"))))


def _titled_list(title: str, parts: Iterable[str | None]) -> Markup:
    listed = items(parts)
    return joined([element("p", f"{title}:"), listed]) if listed else listed


def _plan(plan: Resource, words: _Words) -> Markup:
    libraries = properties([(words.label("library"), words.titled(one)) for one in plan.get("library", ())])
    return joined([libraries, _actions(plan, words, words.conditions(plan))])


def _actions(parent: Resource, words: _Words, called: Mapping[str, str]) -> Markup:
    return items(_action(one, words, called) for one in parent.get("action", ()))


def _action(action: Resource, words: _Words, called: Mapping[str, str]) -> Markup:
    triggers = (one.get("name") or one.get("type") for one in action.get("trigger", ()))
    conditions = (one.get("expression", {}).get("expression") for one in action.get("condition", ()))
    target = action.get("definitionCanonical") or action.get("definitionUri")
    rows = [
        (words.label("trigger"), ", ".join(filter(None, triggers))),
        (words.label("condition"), "; ".join(called.get(one, one) for one in conditions if one)),
        (words.label("definition"), words.titled(target) if target else None),
    ]
    return joined(
        [
            element("b", words.of(action, "title") or action.get("id")),
            paragraphs(words.of(action, "description")),
            properties(rows),
            _statements(action.get("documentation", ()), words),
            _actions(action, words, called),
        ]
    )


def _activity(activity: Resource, words: _Words) -> Markup:
    product = words.concept(activity.get("productCodeableConcept"))
    intent = activity.get("intent")
    rows = [
        (words.label("kind"), activity.get("kind")),
        (words.label("intent"), words.label(intent) if intent else None),
        (words.label("do-not-perform"), words.label("yes") if activity.get("doNotPerform") else None),
        (words.label("code"), words.concept(activity.get("code"))),
        (words.label("product"), product or activity.get("productReference", {}).get("reference")),
    ]
    return properties(rows)


def _value_set(value_set: Resource, words: _Words) -> Markup:
    includes = value_set.get("compose", {}).get("include", ())
    rows = [words.row(one, include.get("system")) for include in includes for one in include.get("concept", ())]
    included = [words.titled(one) for include in includes for one in include.get("valueSet", ())]
    added = value_set.get("expansion", {}).get("total", 0) - len(rows)
    spellings = words.label("spellings").format(count=added) if added > 0 and not included else None
    rights = paragraphs(words.of(value_set, "copyright"))
    return joined([_codes(rows, words), items(included), element("p", spellings), rights])


def _codes(rows: Iterable[tuple[str | None, str | None, str | None]], words: _Words) -> Markup:
    return table([words.label("code"), words.label("display"), words.label("system")], rows)


def _code_system(code_system: Resource, words: _Words) -> Markup:
    named = [one["code"] for one in code_system.get("property", ())]
    rows = [(*words.row(one, None)[:2], *(_property(one, name) for name in named)) for one in _concepts(code_system)]
    return table([words.label(one) for one in ("code", "display", *named)], rows)


def _property(concept: Resource, name: str) -> str:
    """Return the values that a concept has of one property."""
    found = (one for one in concept.get("property", ()) if one.get("code") == name)
    return ", ".join(str(one.get("valueString", one.get("valueCode"))) for one in found)


def _concepts(parent: Resource) -> Iterator[Resource]:
    for concept in parent.get("concept", ()):
        yield concept
        yield from _concepts(concept)


def _medication(medication: Resource, words: _Words) -> Markup:
    codings = medication.get("code", {}).get("coding", ())
    ingredients = (words.concept(one.get("itemCodeableConcept")) for one in medication.get("ingredient", ()))
    codes = _codes([words.row(one, one.get("system")) for one in codings], words)
    return joined([codes, _titled_list(words.label("ingredient"), ingredients)])


def _library(library: Resource, words: _Words) -> Markup:
    names = (one["name"] for one in public_definitions(elm_of(library) or {}) if one["name"] != "Patient")
    related = library.get("relatedArtifact", ())
    components = (words.titled(one["resource"]) for one in related if one.get("type") == "composed-of")
    return joined(
        [_titled_list(words.label("definitions"), names), _titled_list(words.label("composed-of"), components)]
    )


def _guide(guide: Resource, words: _Words) -> Markup:
    rows = [(words.label("package"), guide.get("packageId")), ("FHIR", ", ".join(guide.get("fhirVersion", ())))]
    listed = guide.get("definition", {}).get("resource", ())
    return joined([properties(rows), table([words.label("kind"), words.label("artifact")], map(words.listed, listed))])


def _provenance(provenance: Resource, words: _Words) -> Markup:
    agents = ((words.concept(one.get("type")), words.of(one.get("who", {}), "display")) for one in provenance["agent"])
    sources = (one.get("what", {}).get("display") for one in provenance.get("entity", ()))
    rows = [
        (words.label("recorded"), provenance["recorded"]),
        *((words.label(str(role)), who) for role, who in agents),
        (words.label("source"), "; ".join(filter(None, sources))),
        *(row for one in provenance.get("contained", ()) for row in _document(one, words)),
    ]
    signed = None if "signature" in provenance else words.label("unsigned")
    return joined([properties(rows), element("p", signed)])


def _document(document: Resource, words: _Words) -> Iterator[tuple[str, str | None]]:
    """Yield where a text that was used is, and its hash."""
    for content in document.get("content", ()):
        yield words.label("url"), content.get("attachment", {}).get("url")
    named = str(document.get("masterIdentifier", {}).get("value", "")).partition("sha-256;")[2]
    if named:
        yield "SHA-256", base64.urlsafe_b64decode(f"{named}=").hex()


def _structure_definition(definition: Resource, words: _Words) -> Markup:
    contexts = (one.get("expression") for one in definition.get("context", ()))
    return properties([(words.label("context"), ", ".join(filter(None, contexts)))])


def _questionnaire(parent: Resource, words: _Words) -> Markup:
    questions = parent.get("item", ())
    return items(joined([words.of(one, "text"), _questionnaire(one, words)]) for one in questions)


_BODIES: Mapping[str, Callable[[Resource, _Words], Markup]] = {
    "PlanDefinition": _plan,
    "ActivityDefinition": _activity,
    "ValueSet": _value_set,
    "CodeSystem": _code_system,
    "Medication": _medication,
    "Library": _library,
    "StructureDefinition": _structure_definition,
    "Questionnaire": _questionnaire,
    "ImplementationGuide": _guide,
    "Provenance": _provenance,
}
