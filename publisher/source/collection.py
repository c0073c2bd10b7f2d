"""What every topic has and no author writes: its statements as codes, its guide, its manifest, its provenance.

Implements the packaging of https://hl7.org/fhir/uv/crmi/artifact-lifecycle.html (a manifest library and an
implementation guide a package) and https://hl7.org/fhir/R4/provenance.html. completion.py lists the contents.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from publisher.narrative_labels import LABELS
from publisher.source.metadata import artifact_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publisher.issue import Source
    from publisher.source.catalogue import TopicFolder
    from publisher.topic import Document, Publisher, SourceRecord, Statement, Topic

FHIR_VERSION = "4.0.1"
MANIFEST = "library-type#asset-collection"


@dataclass(frozen=True, slots=True)
class MadeDocument:
    """A resource as an author would write it, made of topic.yaml, where all of it is said to stand."""

    value: Any
    origin: Document

    @property
    def file(self) -> str:
        """Return the name of topic.yaml as the author knows it."""
        return self.origin.file

    def locate(self, _path: str) -> Source:
        """Return the head of topic.yaml."""
        return self.origin.locate("id")


def whole(folder: TopicFolder, publisher: Publisher) -> TopicFolder:
    """Return `folder` with what is made for its topic; what an author wrote stays instead."""
    written = {_key(document.value) for document in folder.resources}
    made = [one for one in _made(folder.topic, publisher) if _key(one) not in written]
    return replace(folder, resources=(*folder.resources, *(MadeDocument(one, folder.document) for one in made)))


def package_id(topic: Topic, publisher: Publisher) -> str:
    """Return the name of the package that holds the topic."""
    return f"{publisher.package_prefix}.{topic.id}"


def _key(resource: Mapping[str, Any]) -> tuple[str, str]:
    """Return what a topic has one of: a guide, a provenance; of the other types any number, by id."""
    kind = str(resource["resourceType"])
    return kind, "" if kind in ("ImplementationGuide", "Provenance") else str(resource["id"])


def _made(topic: Topic, publisher: Publisher) -> Iterator[dict[str, Any]]:
    if topic.statements:
        yield _statements(topic)
    yield _guide(topic, publisher)
    yield _manifest(topic)
    if topic.record:
        yield _provenance(topic, topic.record, publisher)


def _statements(topic: Topic) -> dict[str, Any]:
    return {
        "resourceType": "CodeSystem",
        "id": f"{topic.id}-statements",
        "title": _titled(topic, "statements-of"),
        "description": _words(topic, "statements-are"),
        "caseSensitive": True,
        "content": "complete",
        "property": [
            {"code": "type", "type": "string", "description": _words(topic, "statement-type")},
            {"code": "strength", "type": "string", "description": _words(topic, "statement-strength")},
            {"code": "from", "type": "code", "description": _words(topic, "statement-from")},
        ],
        "concept": [_concept(one) for one in topic.statements.values()],
    }


def _concept(statement: Statement) -> dict[str, Any]:
    """Return a statement as a concept: its id is the code, and its text in each language the display."""
    properties = [{"code": "type", "valueString": statement.type}]
    if statement.strength:
        properties.append({"code": "strength", "valueString": statement.strength})
    properties += [{"code": "from", "valueCode": origin} for origin in statement.derives_from]
    return {"code": statement.id, "display": dict(statement.text), "property": properties}


def _guide(topic: Topic, publisher: Publisher) -> dict[str, Any]:
    name = package_id(topic, publisher)
    return {
        "resourceType": "ImplementationGuide",
        "id": name,
        "title": dict(topic.title),
        "description": dict(topic.description),
        "packageId": name,
        "fhirVersion": [FHIR_VERSION],
    }


def _manifest(topic: Topic) -> dict[str, Any]:
    return {
        "resourceType": "Library",
        "id": f"{artifact_name('', topic.id)}Manifest",
        "title": _titled(topic, "manifest-of"),
        "description": _words(topic, "manifest-is"),
        "type": MANIFEST,
    }


def _provenance(topic: Topic, record: SourceRecord, publisher: Publisher) -> dict[str, Any]:
    """Return who wrote the topic as artifacts and from which very text; nobody has approved or signed it."""
    attachment = {"url": record.url, "language": record.language, "size": record.size}
    source = {
        "resourceType": "DocumentReference",
        "id": "source",
        "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": _named_information(record.sha256)},
        "status": "current",
        "content": [{"attachment": attachment}],
    }
    assembler = {"type": "Organization", "display": publisher.name}
    agents = [{"type": "provenance-participant-type#assembler", "who": assembler}]
    if topic.author:
        agents.append({"type": "provenance-participant-type#author", "who": {"display": dict(topic.author)}})
    return {
        "resourceType": "Provenance",
        "id": f"{topic.id}-provenance",
        "meta": {"versionId": topic.version},
        "contained": [source],
        "target": [{"reference": f"ImplementationGuide/{package_id(topic, publisher)}"}],
        "recorded": f"{topic.date}T00:00:00Z",
        "agent": agents,
        "entity": [{"role": "source", "what": {"reference": "#source", "display": record.title}}],
    }


def _named_information(sha256: str) -> str:
    """Return the address of a text by its hash, https://www.rfc-editor.org/rfc/rfc6920."""
    return f"ni:///sha-256;{base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip('=')}"


def _titled(topic: Topic, label: str) -> dict[str, str]:
    return {language: _label(language, label).format(title=title) for language, title in topic.title.items()}


def _words(topic: Topic, label: str) -> dict[str, str]:
    return {language: _label(language, label) for language in topic.title}


def _label(language: str, label: str) -> str:
    return LABELS.get(language, LABELS["en"])[label]
