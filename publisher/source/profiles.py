"""Which profiles of CRMI and CPG an artifact claims: those whose demands it meets, and no others.

Implements https://hl7.org/fhir/uv/crmi/profiles.html and https://hl7.org/fhir/uv/cpg/profiles.html. The table says
what each profile asks beyond R4; that a claim holds is proved against the packages of the guides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from publisher.r4.definitions import children

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publisher.repository import Resource

CRMI: Final = "http://hl7.org/fhir/uv/crmi/StructureDefinition/crmi-"
CPG: Final = "http://hl7.org/fhir/uv/cpg/StructureDefinition/cpg-"
CAPABILITY: Final = "http://hl7.org/fhir/StructureDefinition/cqf-knowledgeCapability"
LEVEL: Final = "http://hl7.org/fhir/StructureDefinition/cqf-knowledgeRepresentationLevel"
ALGORITHM: Final = "http://hl7.org/fhir/StructureDefinition/artifact-versionAlgorithm"
SEMVER: Final = {"system": "http://hl7.org/fhir/version-algorithm", "code": "semver"}

# Types with a shareable and a publishable profile; that of a naming system asks for elements that R4 has not.
_SHARED: Final = (
    *("ActivityDefinition", "CodeSystem", "ConceptMap", "ImplementationGuide", "Library", "OperationDefinition"),
    *("PlanDefinition", "Questionnaire", "StructureDefinition", "ValueSet"),
)
_SHAREABLE: Final = ("url", "version", "name", "title", "status", "experimental", "publisher", "description")
_BEHAVIOUR: Final = ("groupingBehavior", "requiredBehavior", "precheckBehavior", "cardinalityBehavior")
_NO_WORKFLOW: Final = (*_BEHAVIOUR, "selectionBehavior", "type", "transform", "dynamicValue")
_STRUCTURED: Final = ("ActivityDefinition", "Library", "PlanDefinition", "Questionnaire")


@dataclass(frozen=True, slots=True)
class Profile:
    """What a profile asks: elements of the resource and of each action, and what actions may not have or name."""

    url: str
    of_type: str
    needs: tuple[str, ...] = ()
    type_code: str | None = None
    action_needs: tuple[str, ...] = ()
    action_lacks: tuple[str, ...] = ()
    names: str | None = None
    capability: str | None = None

    def is_met(self, resource: Resource) -> bool:
        """Return whether `resource` has what the profile asks of it."""
        return (
            resource["resourceType"] == self.of_type
            and all(key in resource for key in self.needs)
            and self.type_code in (None, *_type_codes(resource))
            and (len(resource.get("library", ())) <= 1 or not self.url.startswith(CPG))
            and all(map(self._allows, _actions(resource)))
        )

    def _allows(self, action: Mapping[str, Any]) -> bool:
        named = action.get("definitionCanonical")
        return (
            all(key in action for key in self.action_needs)
            and not any(key in action for key in self.action_lacks)
            and (self.names is None or named is None or f"/{self.names}/" in named)
        )


PROFILES: Final = (
    *(Profile(f"{CRMI}shareable{one.lower()}", one, _SHAREABLE, capability="shareable") for one in _SHARED),
    *(Profile(f"{CRMI}publishable{one.lower()}", one, ("date",), capability="publishable") for one in _SHARED),
    Profile(f"{CRMI}computablevalueset", "ValueSet", ("compose",), capability="computable"),
    Profile(f"{CRMI}computablelibrary", "Library", ("content",), "logic-library", capability="computable"),
    Profile(f"{CRMI}executablelibrary", "Library", ("content",), "logic-library", capability="executable"),
    Profile(f"{CRMI}manifestlibrary", "Library", ("relatedArtifact",), "asset-collection"),
    Profile(f"{CRMI}medicationdefinition", "Medication"),
    Profile(f"{CPG}computableactivity", "ActivityDefinition", ("kind",), capability="computable"),
    Profile(f"{CPG}computableguideline", "ImplementationGuide"),
    Profile(f"{CPG}computablequestionnaire", "Questionnaire"),
    Profile(f"{CPG}computableplandefinition", "PlanDefinition", ("type", "action"), capability="computable"),
    Profile(f"{CPG}recommendationdefinition", "PlanDefinition", ("action",), "eca-rule", names="ActivityDefinition"),
    Profile(
        f"{CPG}workflowdefinition",
        "PlanDefinition",
        ("action",),
        "workflow-definition",
        action_needs=("title", "description"),
        action_lacks=_NO_WORKFLOW,
    ),
    Profile(
        f"{CPG}pathwaydefinition",
        "PlanDefinition",
        ("action",),
        "clinical-protocol",
        action_needs=("title", "description", "code"),
        action_lacks=(*_NO_WORKFLOW, "input", "output", "relatedAction"),
        names="PlanDefinition",
    ),
)


def claimed(resource: Resource) -> Resource:
    """Return `resource` with the profiles that it meets, and with what they want every artifact to say of itself."""
    met = [one for one in PROFILES if one.is_met(resource)]
    if not met:
        return resource
    meta = resource.get("meta", {})
    profiles = dict.fromkeys([*meta.get("profile", ()), *(one.url for one in met)])
    said = {one["url"] for one in resource.get("extension", ())}
    added = [one for one in _self_description(resource, met) if one["url"] not in said]
    claims = {**resource, "meta": {**meta, "profile": list(profiles)}}
    return {**claims, "extension": [*resource.get("extension", ()), *added]} if added else claims


def _self_description(resource: Resource, met: list[Profile]) -> Iterator[dict[str, Any]]:
    """Yield the extensions by which an artifact says what it can be used for and how its versions are ordered."""
    for capability in dict.fromkeys(one.capability for one in met if one.capability):
        yield {"url": CAPABILITY, "valueCode": capability}
    if resource["resourceType"] in _STRUCTURED:
        yield {"url": LEVEL, "valueCode": "structured"}
    if "version" in children(resource["resourceType"]):
        yield {"url": ALGORITHM, "valueCoding": dict(SEMVER)}


def _type_codes(resource: Resource) -> Iterator[str]:
    kind = resource.get("type")
    codings = kind.get("coding", ()) if isinstance(kind, dict) else ()
    return (one["code"] for one in codings if "code" in one)


def _actions(parent: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for action in parent.get("action", ()):
        yield action
        yield from _actions(action)
