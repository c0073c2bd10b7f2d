"""An element of a resource as form fields, by its data type: https://hl7.org/fhir/R4/datatypes.html."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from publisher.validation.primitives import CHECKS
from server.pages.fact_field import TRUTH, Field, UnfitError, listed_in, part_of, put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Resource = dict[str, Any]
    Find = Callable[[str, str], Resource]

NUMBERS: Final = ("integer", "decimal")
_DATES: Final = ("date", "dateTime", "instant")
_NUMBER: Final = re.compile(r"[+-]?\d{1,17}(\.\d{1,17})?", re.ASCII)  # digits enough for any measured value
_LABEL = re.compile(r".*\((?P<code>[^()\s]+)\)\s*")


def label_of(code: str, display: str | None) -> str:
    """Return how a code stands in a field: `a display (CODE)`."""
    return f"{display} ({code})" if display else f"({code})"


def code_in(label: str) -> str | None:
    """Return the code that a label ends with."""
    match = _LABEL.fullmatch(label)
    return match["code"] if match else None


def inside(field: Field, part: Resource, place: str, group: str) -> Field:
    """Return the field of an element that stands in `part` of a resource, at `place`."""

    def read(_: Resource) -> str:
        return field.read(part)

    def write(_: Resource, written: str) -> None:
        field.write(part, written)

    name = f"{place}.{field.name}"
    return replace(field, name=name, read=read, write=write, is_coded=lambda _: field.is_coded(part), group=group)


def code_field(name: str, choices: tuple[str, ...]) -> Field:
    """Return the field of a code or a boolean."""

    def read(resource: Resource) -> str:
        value = resource.get(name)
        return str(value).lower() if isinstance(value, bool) else value if isinstance(value, str) else ""

    def write(resource: Resource, written: str) -> None:
        put(resource, name, written == "true" if written in TRUTH else written)

    return Field(name, "choice", read, write, choices)


def control_of(kind: str) -> str:
    """Return what control a field has whose element is of a primitive type."""
    return "number" if kind in NUMBERS else "date" if kind in _DATES else "text"


def primitive_of(kind: str, written: str) -> Any:
    """Return a text as a value of a primitive type, or raise an UnfitError."""
    value: Any = number_of(written) if kind in NUMBERS else written
    if kind == "integer" and isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value)
    if value is None or value == "":
        return None
    if CHECKS[kind](value) is not None:
        raise UnfitError(written)
    return value


def primitive_field(name: str, kind: str) -> Field:
    """Return the field of a date, a number or words, as FHIR writes them."""

    def read(resource: Resource) -> str:
        value = resource.get(name)
        return str(value) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else ""

    def write(resource: Resource, written: str) -> None:
        put(resource, name, primitive_of(kind, written))

    return Field(name, control_of(kind), read, write)


def part_field(name: str, part: str, field: Field) -> Field:
    """Return the field of a part of an element, which is made where it is not there; it goes with its last part."""

    def write(resource: Resource, written: str) -> None:
        element = dict(part_of(resource, name))
        field.write(element, written)
        put(resource, name, element)

    return replace(field, name=part, read=lambda resource: field.read(part_of(resource, name)), write=write)


def period_fields(name: str) -> Iterator[Field]:
    """Yield the fields of the start and the end of a Period."""
    for end in ("start", "end"):
        yield part_field(name, f"{name}.{end}", primitive_field(end, "dateTime"))


def status_field(name: str, choices: tuple[str, ...], system: str, *, is_list: bool = False) -> Field:
    """Return the field of a concept whose codes are few and have words of ours."""

    def read(resource: Resource) -> str:
        coding = next(_codings(resource.get(name)), {})
        return str(coding.get("code", ""))

    def write(resource: Resource, written: str) -> None:
        concept = {"coding": [{"system": system, "code": written}]} if written else None
        put(resource, name, [concept] if concept and is_list else concept)

    return Field(name, "choice", read, write, choices)


def concept_field(name: str, find: Find, kind: str) -> Field:
    """Return the field of a concept that has any code, those of `kind` offered, or only words."""

    def read(resource: Resource) -> str:
        return _said(resource.get(name))

    def write(resource: Resource, written: str) -> None:
        if not _names(resource.get(name), written):
            put(resource, name, find(kind, written) if written else None)

    def is_coded(resource: Resource) -> bool:
        return _has_code(resource.get(name))

    return Field(name, "code", read, write, offered=kind, is_coded=is_coded)


def concept_fields(resource: Resource, name: str, find: Find, kind: str) -> Iterator[Field]:
    """Yield a field for each concept of a list, and one where there is none."""
    for index, concept in enumerate(listed_in(resource.get(name)) or [{}]):
        yield _listed_concept(name, f"{name}.{index}" if index else name, concept, concept_field(name, find, kind))


def _listed_concept(name: str, place: str, concept: Resource, alone: Field) -> Field:
    """Return the field of one concept of a list, which is put in its place, or taken away."""
    holder: Resource = {name: concept}

    def write(resource: Resource, written: str) -> None:
        before = holder.get(name)
        alone.write(holder, written)
        after, held = holder.get(name), listed_in(resource.get(name))
        listed = [after if each is before else each for each in held] if before in held else [*held, after]
        put(resource, name, [each for each in listed if each])

    return replace(
        alone, name=place, read=lambda _: alone.read(holder), write=write, is_coded=lambda _: alone.is_coded(holder)
    )


def reference_field(name: str, *, is_list: bool = False) -> Field:
    """Return the field of references, told apart by a comma where there may be several; others are words."""

    def read(resource: Resource) -> str:
        return ", ".join(map(_referred, listed_in(resource.get(name))))

    def write(resource: Resource, written: str) -> None:
        held = {_referred(each): each for each in listed_in(resource.get(name))}
        wanted = [each.strip() for each in written.split(",")] if is_list else [written]
        made = [held.get(each) or {_kind_of_reference(each): each} for each in wanted if each]
        put(resource, name, made if is_list else next(iter(made), None))

    return Field(name, "text", read, write)


def _referred(reference: Resource) -> str:
    return str(reference.get("reference") or reference.get("display") or "")


def _kind_of_reference(written: str) -> str:
    return "reference" if written.startswith("#") or ("/" in written and " " not in written) else "display"


def quantity_fields(name: str, *, prefix: str = "") -> Iterator[Field]:
    """Yield the fields of the value and the unit of a measured value; a unit that was changed has no code."""
    unit = primitive_field("unit", "string")

    def write_unit(quantity: Resource, written: str) -> None:
        for part in ("system", "code"):
            quantity.pop(part, None)
        unit.write(quantity, written)

    yield part_field(name, f"{prefix}value", primitive_field("value", "decimal"))
    yield part_field(name, f"{prefix}unit", replace(unit, write=write_unit))


def range_field(end: str) -> Field:
    """Return the field of one end of the reference range, in the unit of the value."""

    def read(resource: Resource) -> str:
        ranges = listed_in(resource.get("referenceRange"))
        return str(part_of(ranges[0], end).get("value", "")) if ranges else ""

    def write(resource: Resource, written: str) -> None:
        ranges = listed_in(resource.get("referenceRange"))
        own, number = dict(ranges[0]) if ranges else {}, number_of(written)
        like = {name: each for name, each in part_of(resource, "valueQuantity").items() if name != "comparator"}
        put(own, end, {**like, **part_of(own, end), "value": number} if number is not None else None)
        put(resource, "referenceRange", [own] if own else None)

    return Field(end, "number", read, write)


def number_of(written: str) -> Decimal | None:
    """Return a number as people write it, or raise an UnfitError."""
    plain = written.replace(",", ".").replace("\N{MINUS SIGN}", "-")
    if plain and not _NUMBER.fullmatch(plain):
        raise UnfitError(written)
    return Decimal(plain) if plain else None


def words_of(resource: Resource) -> str:
    """Return what a resource is about, in a few words."""
    for name in ("code", "medicationCodeableConcept", "medicationReference", "vaccineCode", "type"):
        concept = part_of(resource, name)
        codings = listed_in(concept.get("coding"))
        words = [concept.get("text"), concept.get("display"), concept.get("reference")]
        words += [one.get(part) for part in ("display", "code") for one in codings]
        if said := next((word for word in words if isinstance(word, str) and word), None):
            return said
    return ""


def _said(value: Any) -> str:
    """Return a concept as it stands in a field: its first code with words, or words alone."""
    coding = next((each for each in _codings(value) if each.get("code")), None)
    words = next((each["text"] for each in listed_in(value) if isinstance(each.get("text"), str)), "")
    return label_of(str(coding["code"]), coding.get("display") or words) if coding else words


def _names(value: Any, written: str) -> bool:
    """Return whether what was written ends with a code that a concept has."""
    code = code_in(written)
    return bool(code) and any(each.get("code") == code for each in _codings(value))


def _has_code(value: Any) -> bool:
    """Return whether a concept, or any of several, has a code."""
    return any(each.get("code") for each in _codings(value))


def _codings(value: Any) -> Iterator[Resource]:
    for concept in listed_in(value):
        yield from listed_in(concept.get("coding"))
