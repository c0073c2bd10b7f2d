"""The metadata that an artifact inherits from its topic and publisher, where its file does not say otherwise.

Implements https://hl7.org/fhir/R4/metadataresource.html; a type without those elements carries the artifact
extensions of https://hl7.org/fhir/extensions/ instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.r4.definitions import children
from publisher.repository import ARTIFACT_URL, ARTIFACT_VERSION

if TYPE_CHECKING:
    from publisher.repository import Resource
    from publisher.topic import Publisher, Topic


# The types of artifacts that R4 gives no url, and on which the extensions may stand.
_WITHOUT_URL = (
    *("Basic", "DeviceDefinition", "Group", "Medication", "MedicationKnowledge"),
    *("NamingSystem", "ObservationDefinition", "SpecimenDefinition", "Substance"),
)


def inherited(resource: Resource, topic: Topic, publisher: Publisher) -> dict[str, Any]:
    """Return the elements that `resource` inherits: those its type has and its file does not give."""
    kind, name = resource["resourceType"], resource["id"]
    elements = children(kind)
    metadata = _metadata(kind, name, topic, publisher) if "url" in elements else {}
    metadata["language"] = publisher.default_language
    if kind == "Library" and "type" not in resource:
        metadata |= _of_logic()
    return {key: one for key, one in metadata.items() if key in elements and key not in resource and one is not None}


def identity(resource: Resource, topic: Topic, publisher: Publisher) -> list[dict[str, Any]]:
    """Return the extensions that give url and version to a type that has no such elements."""
    kind, name = resource["resourceType"], resource["id"]
    if kind not in _WITHOUT_URL:
        return []
    listed = resource.get("extension")
    written = [one.get("url") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    extensions: list[dict[str, Any]] = [
        {"url": ARTIFACT_URL, "valueUri": f"{publisher.canonical_base}/{kind}/{name}"},
        {"url": ARTIFACT_VERSION, "valueString": topic.version},
    ]
    return [one for one in extensions if one["url"] not in written]


def artifact_name(resource_type: str, resource_id: str) -> str:
    """Return the computer-friendly name: a Library's id is its name, others are written in PascalCase."""
    if resource_type == "Library":
        return resource_id
    return "".join(part[:1].upper() + part[1:] for part in resource_id.replace(".", "-").split("-"))


def _metadata(kind: str, name: str, topic: Topic, publisher: Publisher) -> dict[str, Any]:
    return {
        "url": f"{publisher.canonical_base}/{kind}/{name}",
        "version": topic.version,
        "name": artifact_name(kind, name),
        "status": topic.status,
        "experimental": topic.experimental,
        "date": topic.date,
        "publisher": publisher.name,
        "jurisdiction": publisher.jurisdiction,
    }


def _of_logic() -> dict[str, Any]:
    """Return what a library is unless its file says otherwise: logic about a patient."""
    return {
        "type": "library-type#logic-library",
        "subjectCodeableConcept": "http://hl7.org/fhir/resource-types#Patient",
    }
