"""What the shorthands of one file may name: artifacts of every topic, code systems, concepts.

Implements https://hl7.org/fhir/R4/references.html#canonical and https://hl7.org/fhir/R4/codesystem.html#4.8.2
for the artifacts that are being compiled together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher.issue import Issue
from publisher.r4.definitions import code_system
from publisher.source.terminology import Concept, Lock
from publisher.topic import code_meant, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from publisher.topic import Document, Publisher, SystemNames, Topic

_HL7 = ("http://terminology.hl7.org/", "http://hl7.org/fhir/")
_HL7_BASES = (
    "http://terminology.hl7.org/CodeSystem/",
    "http://hl7.org/fhir/",
    "http://hl7.org/fhir/CodeSystem/",
)
_HL7_SID = "http://hl7.org/fhir/sid/"
_OPEN_SYSTEMS = ("urn:iso:std:iso:3166", "urn:ietf:bcp:47", "urn:ietf:bcp:13", "urn:ietf:rfc:3986")


@dataclass(frozen=True, slots=True)
class TopicFolder:
    """A topic with the documents it was read from: its own, one a resource, and those of its worked patients."""

    topic: Topic
    document: Document
    resources: tuple[Document, ...] = ()
    cases: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every name that a file may use, whichever topic defines it."""

    publisher: Publisher
    owners: Mapping[tuple[str, str], Topic] = field(default_factory=dict)
    concepts: Mapping[str, Mapping[str, Concept]] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def url(self, resource_type: str, resource_id: str) -> str:
        """Return the address of an artifact of ours, without version."""
        return f"{self.publisher.canonical_base}/{resource_type}/{resource_id}"

    def canonical(self, resource_type: str, resource_id: str) -> str | Issue:
        """Return the canonical of the artifact that a topic defines, with that topic's version."""
        topic = self.owners.get((resource_type, resource_id))
        if topic is not None:
            return f"{self.url(resource_type, resource_id)}|{topic.version}"
        same_type = [known for kind, known in self.owners if kind == resource_type]
        hint = did_you_mean(resource_id, same_type) or self._other_type(resource_id) or "; add it, or correct the name."
        diagnostics = f"{resource_type}/{resource_id} is named, which no topic defines{hint}"
        return Issue.error("not-found", "reference-unresolved", diagnostics)

    def names_of(self, uri: str) -> SystemNames | None:
        """Return the spellings of a code system in publisher.yaml, by the address that is written."""
        return next((one for one in self.publisher.code_systems.values() if one.uri == uri), None)

    def system(self, name: str) -> str | Issue:
        """Return the address of the code system `name`: one of the settings, ours, HL7's, or an address."""
        if name in self.publisher.code_systems:
            return self.publisher.code_systems[name].uri
        if ("CodeSystem", name) in self.owners:
            return self.url("CodeSystem", name)
        found = name if ":" in name else next((base + name for base in _HL7_BASES if code_system(base + name)), None)
        if found:
            return found
        known = [*self.publisher.code_systems, *(one for kind, one in self.owners if kind == "CodeSystem")]
        hint = did_you_mean(name, known) or "; add it to codeSystems in publisher.yaml, or write its address."
        return Issue.error("code-invalid", "system-unknown", f"No code system is called '{name}'{hint}")

    def concept(self, system: str, code: str) -> Concept | Issue:
        """Return the concept, or the issue that says why this code may not be written."""
        if system in self.concepts:
            return self._own_concept(system, code)
        if system in _OPEN_SYSTEMS and (system, code) not in self.lock.rows:
            return Concept(code, None)
        if system.startswith(_HL7) and not system.startswith(_HL7_SID):
            return self._hl7_concept(system, code)
        return self.lock.concept(system, code)

    def _own_concept(self, system: str, code: str) -> Concept | Issue:
        found = self.concepts[system].get(code)
        if found:
            return found
        hint = code_meant(code, self.concepts[system]) or "; add it there, or correct the code."
        return Issue.error("code-invalid", "code-unknown", f"{system} has no code '{code}'{hint}")

    @staticmethod
    def _hl7_concept(system: str, code: str) -> Concept | Issue:
        found = code_system(system)
        if found is None:
            return Concept(code, None)
        if code in found.displays:
            return Concept(code, found.displays[code])
        hint = code_meant(code, found.displays) or "; correct the code."
        return Issue.error("code-invalid", "code-unknown", f"{system} has no code '{code}'{hint}")

    def _other_type(self, resource_id: str) -> str:
        types = [kind for kind, known in self.owners if known == resource_id]
        return f"; did you mean {types[0]}/{resource_id}?" if types else ""


def catalogue_of(publisher: Publisher, folders: Iterable[TopicFolder], lock: Lock) -> tuple[Catalogue, list[Issue]]:
    """Return the catalogue of all that `folders` define, and an issue for each artifact defined twice."""
    owners: dict[tuple[str, str], Topic] = {}
    files: dict[tuple[str, str], str] = {}
    concepts: dict[str, dict[str, Concept]] = {}
    issues: list[Issue] = []
    for folder in folders:
        for document in folder.resources:
            kind, name = document.value["resourceType"], document.value["id"]
            if (kind, name) in owners:
                diagnostics = f"{kind}/{name} is defined in {files[kind, name]} too; give one of them another id."
                issues.append(Issue.error("duplicate", "artifact-duplicate", diagnostics, source=document.locate("id")))
            owners[kind, name] = folder.topic
            files[kind, name] = document.file
            if kind == "CodeSystem":
                url = document.value.get("url") or f"{publisher.canonical_base}/CodeSystem/{name}"
                concepts[str(url)] = dict(_concepts(document.value.get("concept"), publisher))
    return Catalogue(publisher, owners, concepts, lock), issues


def _concepts(rows: Any, publisher: Publisher) -> Iterator[tuple[str, Concept]]:
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, dict) or not isinstance(row.get("code"), str):
            continue  # the shape is checked where the resource is validated
        texts = _displays(row, publisher.default_language)
        others = {language: texts[language] for language in publisher.other_languages if language in texts}
        yield row["code"], Concept(row["code"], texts.get(publisher.default_language), others)
        yield from _concepts(row.get("concept"), publisher)


def _displays(concept: Mapping[str, Any], default_language: str) -> dict[str, str]:
    """Return the display of a concept by language: a language map, or a text with its designations."""
    display = concept.get("display")
    texts = display if isinstance(display, dict) else {default_language: display}
    rows = concept.get("designation")
    designations = [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []
    found = {str(one.get("language")): one.get("value") for one in designations} | texts
    return {language: one for language, one in found.items() if isinstance(one, str)}
