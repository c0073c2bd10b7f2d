"""Check recommendations: what guidance advises against is not put before anyone as an offer.

Implements https://hl7.org/fhir/uv/cpg/StructureDefinition-cpg-recommendationdefinition.html (direction).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.validation.nodes import Finding, Node, items, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge

_DIRECTION = "http://hl7.org/fhir/uv/cpg/StructureDefinition/cpg-directionOfRecommendation"
_ENDING = ("remove", "update")


def advice_against_is_no_offer(node: Node, knowledge: Knowledge) -> Iterator[Finding]:
    """Check that an action that is advised against makes no request to do it."""
    if not (_is_against(node.value) or _is_against(node.resource)):
        return
    canonical = text(node.value, "definitionCanonical")
    activity = knowledge.find(canonical) if canonical else None
    if activity is None or activity.get("resourceType") != "ActivityDefinition":
        return
    if activity.get("doNotPerform") is not True and not _ends(node.value):
        sentence = "is advised against, but makes a request to do it; name an activity with doNotPerform, or none"
        yield "offer-of-not-recommended", node.path, sentence


def _is_against(action: dict[str, Any]) -> bool:
    for _, extension in items(action, "extension"):
        if extension.get("url") == _DIRECTION:
            concept = extension.get("valueCodeableConcept")
            codings = items(concept, "coding") if isinstance(concept, dict) else []
            return any(coding.get("code") == "against" for _, coding in codings)
    return False


def _ends(action: dict[str, Any]) -> bool:
    """Return whether an action stops or changes what is there."""
    kind = action.get("type")
    return isinstance(kind, dict) and any(coding.get("code") in _ENDING for _, coding in items(kind, "coding"))
