"""List what a topic holds and rests on: the resources of its guide, the components of its manifest.

Implements https://hl7.org/fhir/R4/implementationguide.html and the manifest of
https://hl7.org/fhir/uv/crmi/StructureDefinition-crmi-manifestlibrary.html.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher.repository import Artifact, Canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from publisher.repository import Resource

IS_OWNED = "http://hl7.org/fhir/StructureDefinition/artifact-isOwned"


@dataclass(frozen=True, slots=True)
class Contents:
    """The resources of every topic, by topic."""

    by_topic: Mapping[str, Sequence[Resource]]
    _texts: dict[str, set[str]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def guide(self, guide: Resource, topic: str) -> Resource:
        """Return the guide of `topic` with its resources, and with the guides that it rests on."""
        others = [one for one in self.by_topic[topic] if one["resourceType"] != "ImplementationGuide"]
        depends_on = [
            {"uri": one["url"], "packageId": one["packageId"], "version": one["version"]}
            for other in self._rests_on(topic)
            for one in self.by_topic[other]
            if one["resourceType"] == "ImplementationGuide"
        ]
        filled = {**guide, "definition": {"resource": [_entry(one) for one in _by_name(others)]}}
        return {**filled, "dependsOn": depends_on} if depends_on else filled

    def manifest(self, manifest: Resource, topic: str) -> Resource:
        """Return the manifest of `topic` with its components, and with what they depend on outside of it."""
        own = [one for one in self.by_topic[topic] if one["id"] != manifest["id"]]
        components = [_component(canonical) for one in _by_name(own) if (canonical := _canonical(one))]
        base = manifest["url"].removesuffix(f"Library/{manifest['id']}")
        outside = sorted({*self._named(topic), *(one for one in _depends_on(own) if not one.startswith(base))})
        depends_on = [{"type": "depends-on", "resource": one} for one in outside]
        return {**manifest, "relatedArtifact": [*manifest.get("relatedArtifact", ()), *components, *depends_on]}

    def _named(self, topic: str) -> Iterator[str]:
        """Yield the canonical of each artifact of another topic that this one names."""
        if topic not in self._texts:
            self._texts[topic] = {text.partition("|")[0] for text in _texts(self.by_topic[topic])}
        for other, resources in self.by_topic.items():
            if other != topic:
                yield from (str(_canonical(one)) for one in resources if one.get("url") in self._texts[topic])

    def _rests_on(self, topic: str) -> list[str]:
        named = set(self._named(topic))
        return [
            other
            for other, resources in self.by_topic.items()
            if other != topic and any(_canonical(one) in named for one in resources)
        ]


def _entry(resource: Resource) -> dict[str, Any]:
    return {
        "reference": {"reference": f"{resource['resourceType']}/{resource['id']}"},
        "name": resource.get("title") or resource.get("code", {}).get("text") or resource["id"],
        "exampleBoolean": False,
    }


def _component(canonical: str) -> dict[str, Any]:
    return {"extension": [{"url": IS_OWNED, "valueBoolean": True}], "type": "composed-of", "resource": canonical}


def _canonical(resource: Resource) -> str | None:
    """Return url and version of an artifact, None for a resource that is no artifact."""
    canonical = Artifact(resource, {}).canonical
    return str(canonical) if ":" in canonical.url else None


def _depends_on(resources: Iterable[Resource]) -> Iterator[str]:
    for resource in resources:
        for one in resource.get("relatedArtifact", ()):
            if one.get("type") == "depends-on" and "resource" in one:
                yield str(Canonical.parse(one["resource"]))


def _by_name(resources: Iterable[Resource]) -> list[Resource]:
    return sorted(resources, key=lambda one: (one["resourceType"], one["id"]))


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in resources."""
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict | list):
            pending += one.values() if isinstance(one, dict) else one
