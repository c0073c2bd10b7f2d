"""Fit a value that logic came to into the type of the element it is for.

https://hl7.org/fhir/R4/datatypes.html. System values of CQL and FHIRPath become their FHIR types; a value that means
nothing in the type is refused, never bent.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from publisher.r4 import definitions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from publisher.r4.elements import Child

DATE_LENGTH = 10
TEXTS = frozenset({
    "string", "markdown", "code", "id", "uri", "url", "canonical", "oid", "uuid", "base64Binary", "instant", "dateTime",
    "time", "xhtml",
})  # fmt: skip
REFERENCE = frozenset({"reference", "identifier", "display"})
# https://hl7.org/fhir/R4/references.html#literal: what a text must be to be a reference, and the type that it names.
_ADDRESS = re.compile(r"#.|[a-z][a-z+.-]*:|(?:.*/)?[A-Z][A-Za-z]+/[\w.-]")
_TYPED = re.compile(r"(?:^|/)(?P<type>[A-Z][A-Za-z]+)/[\w.-]+(?:/_history/[\w.-]+)?$")
NUMBERS = frozenset({"decimal"})
INTEGERS = frozenset({"integer", "positiveInt", "unsignedInt"})


def fitted(value: Any, kind: str) -> Any:
    """Return `value` as an element of type `kind`, or None where it is no such thing."""
    if kind in PRIMITIVES:
        found = PRIMITIVES[kind](value)
        is_written = not isinstance(found, str) or (found != "" and _spelling(kind).fullmatch(found))
        return found if is_written else None  # https://hl7.org/fhir/R4/json.html#primitive: no text is empty
    fit = COMPLEX.get(kind)
    found = fit(value) if fit else value
    if not isinstance(found, dict) or kind == "Resource":
        return found if kind == "Resource" else None
    present = {name: each for name, each in found.items() if each is not None}  # as a tuple of CQL may have them
    return present if all(name.removeprefix("_") in definitions.children(kind) for name in present) else None


def is_target(reference: Any, child: Child) -> bool:
    """Return whether a Reference may stand in an element, as far as it tells the type of what it refers to."""
    named = _TYPED.search(str(reference.get("reference", ""))) if child.content == "Reference" else None
    targets = child.type.targets
    return named is None or not targets or "Resource" in targets or named["type"] in targets


@cache
def _spelling(kind: str) -> re.Pattern[str]:
    """Return how R4 has a text of a primitive type written."""
    definition = definitions.type_definition(kind)
    return re.compile(definition.regex if definition and definition.regex else r"(?s).+")


def forbidding(codes: Iterable[Any], child: Child) -> str | None:
    """Return the value set that an element is bound to firmly, where R4 lists its codes and one of these is none."""
    binding = child.element.binding if child.content == "code" else None
    allowed = definitions.value_set(binding.value_set) if binding and binding.strength == "required" else None
    if allowed is None or allowed.codes is None or allowed.codes.issuperset(codes):
        return None
    return allowed.url


def forbidden_within(element: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    """Yield the place of each code that R4 does not allow there, at any depth of a type `path`, with its value set."""
    children = definitions.children(path)
    for name in [each for each in element if each in children]:
        child = children[name]
        items = element[name] if isinstance(element[name], list) else [element[name]]
        for index, each in enumerate(items):
            place = f"{name}[{index}]" if child.element.is_list else name
            if isinstance(each, dict) and child.content != "Resource":
                yield from ((f"{place}.{inner}", found) for inner, found in forbidden_within(each, child.content))
            elif isinstance(each, str) and (value_set := forbidding([each], child)):
                yield place, value_set


def _text(value: Any) -> Any:
    if isinstance(value, dict):  # a Coding where its code is asked for
        value = value.get("code")
    return value if isinstance(value, str) else None


def _date(value: Any) -> Any:
    return value[:DATE_LENGTH] if isinstance(value, str) else None


def _integer(value: Any) -> Any:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: Any) -> Any:
    return value if isinstance(value, int | Decimal | float) and not isinstance(value, bool) else None


def _boolean(value: Any) -> Any:
    return value if isinstance(value, bool) else None


def _concept(value: Any) -> Any:
    if isinstance(value, str):
        return {"coding": [{"code": value}]}
    if isinstance(value, dict) and "coding" not in value and {"code", "system"} & value.keys():
        return {"coding": [value]} if _is_coding(value) else None
    return value if isinstance(value, dict) else None


def _is_coding(value: dict[str, Any]) -> bool:
    return all(name.removeprefix("_") in definitions.children("Coding") for name in value)


def _coding(value: Any) -> Any:
    if isinstance(value, str):
        return {"code": value}
    if isinstance(value, dict) and "coding" in value:
        return value["coding"][0] if len(value["coding"]) == 1 else None
    return value if isinstance(value, dict) else None


def _reference(value: Any) -> Any:
    if isinstance(value, str):
        return {"reference": value} if _ADDRESS.match(value) else None
    if isinstance(value, dict) and "resourceType" in value:
        return {"reference": f"{value['resourceType']}/{value['id']}"} if "id" in value else None
    return value if isinstance(value, dict) and REFERENCE & value.keys() else None


def _quantity(value: Any) -> Any:
    if isinstance(value, dict):
        return value
    return {"value": value} if _number(value) is not None else None


def _period(value: Any) -> Any:
    if isinstance(value, dict) and {"lowClosed", "highClosed"} & value.keys():
        ends = {"start": value.get("low"), "end": value.get("high")}
        return {name: end for name, end in ends.items() if end is not None}
    return value if isinstance(value, dict) else None


def _range(value: Any) -> Any:
    if isinstance(value, dict) and {"lowClosed", "highClosed"} & value.keys():
        return {name: value[name] for name in ("low", "high") if value.get(name) is not None}
    return value if isinstance(value, dict) else None


def _resource(value: Any) -> Any:
    return value if isinstance(value, dict) and "resourceType" in value else None


def _worded(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value if isinstance(value, dict) else None


PRIMITIVES: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(TEXTS, _text),
    **dict.fromkeys(NUMBERS, _number),
    **dict.fromkeys(INTEGERS, _integer),
    "date": _date,
    "boolean": _boolean,
}
COMPLEX: dict[str, Callable[[Any], Any]] = {
    "CodeableConcept": _concept,
    "Coding": _coding,
    "Reference": _reference,
    "Quantity": _quantity,
    "SimpleQuantity": _quantity,
    "Age": _quantity,
    "Duration": _quantity,
    "Period": _period,
    "Range": _range,
    "Resource": _resource,
    "Annotation": _worded,
    "Dosage": _worded,
}
