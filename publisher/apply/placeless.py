"""What a definition says of its request and R4 has no place for, or does not allow there: it is told.

https://hl7.org/fhir/R4/activitydefinition.html#12.17.3.3. What would not be valid is left out, where the rest keeps its
meaning without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.apply.fitting import forbidden_within, forbidding, is_target
from publisher.apply.omissions import omitted
from publisher.r4 import definitions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.apply.requests.shape import Shape
    from publisher.apply.said import Said
    from publisher.issue import Issue
    from publisher.repository import Resource

# What an ActivityDefinition says of the request that it describes, and the action that leads to it why it is made; the
# rest is about the definition itself.
DESCRIBING = (
    "code", "priority", "doNotPerform", "timingTiming", "timingDateTime", "timingAge", "timingPeriod", "timingRange",
    "timingDuration", "location", "participant", "productReference", "productCodeableConcept", "quantity", "dosage",
    "bodySite", "specimenRequirement", "observationRequirement", "observationResultRequirement", "reason",
)  # fmt: skip


def is_patient(participant: Resource) -> bool:
    """Return whether a participant is the patient, and not somebody known by a role."""
    return participant.get("type") == "patient" and "role" not in participant


def placeless(said: Said, definition: Resource, shape: Shape) -> Iterator[Issue]:
    """Yield a warning for each thing that a definition says and its request has no place for."""
    for name in DESCRIBING:
        for element in _without_place(shape, name, definition[name]) if name in definition else ():
            whose = said.path if name == "reason" else said.artifact.canonical
            told = {"name": whose, "element": element, "kind": shape.kind}
            yield omitted("activity-element", said.path, severity="warning", **told)


def without_others(said: Said, carried: Resource, shape: Shape) -> Iterator[Issue]:
    """Take codes and references away that R4 does not allow where they would stand, and yield an issue for each.

    A code further in is told and stays: without it, what it is a part of would mean something else.
    """
    children = definitions.children(shape.kind)
    for name in [each for each, value in carried.items() if each in children and isinstance(value, str)]:
        if value_set := forbidding([carried[name]], children[name]):
            del carried[name]
            told = {"name": said.artifact.canonical, "element": name, "kind": value_set}
            yield omitted("activity-code", said.path, severity="warning", **told)
    for place, value_set in forbidden_within(carried, shape.kind):
        told = {"name": said.artifact.canonical, "element": place, "kind": value_set}
        yield omitted("code-within", said.path, severity="warning", **told)
    for name in [each for each in carried if each in children and children[each].content == "Reference"]:
        references = carried[name] if isinstance(carried[name], list) else [carried[name]]
        others = [each["reference"] for each in references if not is_target(each, children[name])]
        if others:
            del carried[name]
            told = {"name": said.artifact.canonical, "element": name, "reference": others}
            yield omitted("activity-target", said.path, severity="warning", **told)


def _without_place(shape: Shape, name: str, value: Any) -> Iterator[str]:
    """Yield what of an element has no place in a request: all of it, or of those who take part some."""
    held = [_is_carried(shape, name, value)]
    if name == "participant":
        held = [("role" in each and held[0]) or bool(shape.performer and is_patient(each)) for each in value]
    if any(held):
        yield from (f"{name}[{index}]" for index, each in enumerate(held) if not each)
    else:
        yield name


def _is_carried(shape: Shape, name: str, value: Any) -> bool:
    carry = shape.carried.get(name)
    return carry is not None and (bool(carry(value)) or value is False)
