"""What a RequestGroup.action takes over from the action of a plan, whoever it is about.

https://hl7.org/fhir/R4/requestgroup.html. Of plans that are published it is worked out once for each language.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from publisher.apply.said import Said
from publisher.language import localised

if TYPE_CHECKING:
    from publisher.repository import Artifact, Resource

ELEMENTS = (
    "prefix", "title", "description", "textEquivalent", "priority", "code", "documentation", "relatedAction",
    "timingDateTime", "timingAge", "timingPeriod", "timingDuration", "timingRange", "timingTiming", "type",
    "groupingBehavior", "selectionBehavior", "requiredBehavior", "precheckBehavior", "cardinalityBehavior",
)  # fmt: skip
NAMES = ("id", *ELEMENTS, *(f"_{name}" for name in ELEMENTS))


def carried(plan: Artifact, action: Resource, language: str) -> Resource:
    """Return what is taken over from an action of `plan`, its texts in `language`; it is the caller's to change."""
    said = Said(plan, action, "", language)
    found: Resource = _copied(_kept(said)) if said.is_published else _carried(said)
    return found


@lru_cache(maxsize=4096)
def _kept(said: Said) -> Resource:
    return _carried(said)


def _carried(said: Said) -> Resource:
    source = said.action
    found: Resource = localised({name: source[name] for name in NAMES if name in source}, said.language)
    conditions = [each for each in source.get("condition", ()) if each.get("kind") != "applicability"]
    return {**found, "condition": conditions} if conditions else found


def _copied(value: Any) -> Any:
    """Return an element of its own, that the one it is made from is not changed through."""
    if isinstance(value, dict):
        return {name: item if isinstance(item, str) else _copied(item) for name, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value
