"""Check CodeSystems: supplements, properties and their types.

Implements https://hl7.org/fhir/R4/codesystem.html#properties and https://hl7.org/fhir/R4/codesystem.html#supplements.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.validation.nodes import Finding, Node, items, text
from publisher.validation.primitives import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge

_PROPERTIES = "http://hl7.org/fhir/concept-properties#"
_TYPES = {
    "inactive": "boolean",
    "status": "code",
    "effectiveDate": "dateTime",
    "deprecationDate": "dateTime",
    "retirementDate": "dateTime",
    "notSelectable": "boolean",
    "parent": "code",
    "child": "code",
    "partOf": "code",
    "synonym": "code",
    "comment": "string",
    "itemWeight": "decimal",
}
_DECLARED_NOWHERE = frozenset(_TYPES)


def supplement_says_so(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that a CodeSystem with `supplements` is a supplement, and the reverse."""
    is_supplement, content = "supplements" in node.value, node.value.get("content")
    if is_supplement and content != "supplement":
        yield (
            "supplement-content",
            node.at("content"),
            f"is {content}, but a CodeSystem is supplemented; write supplement",
        )
    elif content == "supplement" and not is_supplement:
        yield "supplement-content", node.at("supplements"), "is missing beside content supplement; name the CodeSystem"


def code_is_unique(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that no two concepts have one code (csd-1)."""
    seen: set[str] = set()
    pending = [(each, node.at("concept", index)) for index, each in items(node.value, "concept")][::-1]
    while pending:
        concept, place = pending.pop()
        code = text(concept, "code")
        if code is not None and code in seen:
            yield (
                "code-repeated",
                (place, ".code"),
                f"{shown(code)} is the code of another concept too; give each its own",
            )
        seen.add(code or "")
        pending += [(each, (place, ".concept", index)) for index, each in items(concept, "concept")][::-1]


def property_is_sound(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that each property is defined once, under the type of its uri."""
    seen: dict[str, set[str]] = {"code": set(), "uri": set()}
    for index, each in items(node.value, "property"):
        place = node.at("property", index)
        for key, known in seen.items():
            value = text(each, key)
            if value is not None and value in known and (key == "code" or value.startswith(_PROPERTIES)):
                yield "property-repeated", (place, f".{key}"), f"{shown(value)} is defined above; keep one of them"
            known.add(value or "")
        yield from _standard(each, place)


def _standard(each: dict[str, Any], place: Any) -> Iterator[Finding]:
    uri, kind = text(each, "uri") or "", text(each, "type")
    name = uri.removeprefix(_PROPERTIES) if uri.startswith(_PROPERTIES) else None
    expected = _TYPES.get(name or "")
    if expected is not None and kind is not None and kind != expected:
        yield "property-type", (place, ".type"), f"is {kind}, but {uri} is of type {expected}; write that"


def concept_property_fits(node: Node, knowledge: Knowledge) -> Iterator[Finding]:
    """Check that the properties of concepts are defined, with the type that they have there."""
    if "property" not in node.value:
        return
    types = knowledge.about(node.resource, "property types", _property_types)
    for index, each in items(node.value, "property"):
        code, place = text(each, "code"), node.at("property", index)
        if code is None:
            continue
        key = next((key for key in each if key.startswith("value")), None)
        if code not in types:
            if code not in _DECLARED_NOWHERE:
                yield "property-undefined", (place, ".code"), f"{shown(code)} is defined by no property; define it"
        elif key is not None and types[code] and key.removeprefix("value").lower() != str(types[code]).lower():
            yield "property-value-type", place, f"has {key}, but {code} is of type {types[code]}; correct one of them"


def _property_types(resource: dict[str, Any]) -> dict[str | None, str | None]:
    return {text(each, "code"): text(each, "type") for _, each in items(resource, "property")}
