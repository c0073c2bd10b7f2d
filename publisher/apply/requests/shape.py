"""How a kind of request spells what an ActivityDefinition says: one row for each element that it has a place for.

https://hl7.org/fhir/R4/activitydefinition.html#12.17.3.3. An element that stands in no row is told as lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from publisher.extension import DO_NOT_PERFORM, INSTANTIATES_CANONICAL, REASON_CODE

Resource = dict[str, Any]
Carry = Callable[[Any], Resource]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One kind of request.

    `extended` are the rows of extensions by address. `subject`, `encounter` and `requester` name the elements that hold
    them, None where there is none; `asker` is the input that may stand as requester. `performer` names the element
    for who performs it where that may be the patient. `instantiates` says how the definition is named: `list`, `one`,
    or the address of an extension. `dated` are required elements that hold the time it was made. `needs` names
    definition elements of which one must be there for the request to mean anything.
    """

    kind: str
    carried: Mapping[str, Carry] = field(default_factory=dict)
    extended: Mapping[str, Carry] = field(default_factory=dict)
    subject: str | None = "subject"
    subject_of: Callable[[Resource], Any] = lambda reference: reference
    encounter: str | None = None
    requester: str | None = None
    asker: str = "requester"
    performer: str | None = None
    status: str | None = "draft"
    has_intent: bool = False
    instantiates: str = INSTANTIATES_CANONICAL
    dated: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


def to(name: str) -> Carry:
    """Return a row that copies a value to the element `name`."""
    return lambda value: {name: value}


def to_list(name: str) -> Carry:
    """Return a row that puts a value into the list `name`, a list as it is."""
    return lambda value: {name: value if isinstance(value, list) else [value]}


def to_one(name: str) -> Carry:
    """Return a row that puts the only one of several values into the element `name`."""
    return lambda values: {name: values[0]} if len(values) == 1 else {}


def inside(name: str, inner: str) -> Carry:
    """Return a row that puts a value into the element `inner` of `name`."""
    return lambda value: {name: {inner: value}}


def occurrence(*types: str) -> dict[str, Carry]:
    """Return the rows of `occurrence[x]` for the types of timing that it allows."""
    return {f"timing{each}": to(f"occurrence{each}") for each in types}


def roles(name: str, *, many: bool = False) -> Carry:
    """Return a row that carries the roles of participants, one where the request has place for one."""

    def carry(participants: list[Resource]) -> Resource:
        found = [each["role"] for each in participants if "role" in each]
        if many:
            return {name: found} if found else {}
        return {name: found[0]} if len(found) == 1 else {}

    return carry


def reasoned(reasons: list[Resource]) -> Resource:
    """Return the extension for requests that R4 gives no `reasonCode` of their own, but allows it on."""
    return {"extension": [{"url": REASON_CODE, "valueCodeableConcept": each} for each in reasons]}


def forbidden(value: Any) -> Resource:
    """Return the modifier extension for requests that have no `doNotPerform` of their own."""
    return {"modifierExtension": [{"url": DO_NOT_PERFORM, "valueBoolean": True}]} if value else {}
