"""The elements of a resource that a person changes on the pages to try, each as the text of one form field.

A field is a view of one element of https://hl7.org/fhir/R4/resourcelist.html: what it does not show stays as it is.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from publisher.validation.primitives import CHECKS
from server.pages.fact_answers import question_fields
from server.pages.fact_field import TRUTH, Field, UnfitError, listed_in, part_of, put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Resource = dict[str, Any]
    Find = Callable[[str, str], Resource]

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
_NUMBER: Final = re.compile(r"[+-]?\d{1,17}(\.\d{1,17})?", re.ASCII)  # digits enough for any measured value
_LABEL = re.compile(r".*\((?P<code>[^()\s]+)\)\s*")
GENDERS = ("female", "male", "other", "unknown")
CLINICAL = ("active", "recurrence", "relapse", "inactive", "remission", "resolved")
VERIFICATION = ("confirmed", "unconfirmed", "provisional", "differential", "refuted", "entered-in-error")
RESULTS = ("final", "registered", "preliminary", "amended", "corrected", "cancelled", "entered-in-error", "unknown")
INTERPRETATIONS = ("L", "N", "H", "LL", "HH", "A", "POS", "NEG")
COMPARATORS = ("<", "<=", ">=", ">")
PRESCRIBED = ("active", "on-hold", "completed", "stopped", "cancelled", "draft", "entered-in-error", "unknown")
ORDERED = ("active", "on-hold", "completed", "revoked", "draft", "entered-in-error", "unknown")


def label_of(code: str, display: str | None) -> str:
    """Return how a code stands in a field: `a display (CODE)`."""
    return f"{display} ({code})" if display else f"({code})"


def code_in(label: str) -> str | None:
    """Return the code that a label ends with."""
    match = _LABEL.fullmatch(label)
    return match["code"] if match else None


def fields_of(resource: Resource, questionnaire: Resource | None, find: Find, language: str) -> list[Field]:
    """Return the fields of a resource; `find` gives the CodeableConcept that a text means for a type."""
    kind = resource.get("resourceType")
    if kind == "QuestionnaireResponse":
        return [date_field("authored"), *question_fields(questionnaire, language)] if questionnaire else []
    fields = _FIELDS.get(str(kind))
    return list(fields(resource, find)) if fields else []


def _patient(_: Resource, __: Find) -> Iterator[Field]:
    yield _code("gender", GENDERS)
    yield date_field("birthDate", "date")


def _condition(resource: Resource, find: Find) -> Iterator[Field]:
    yield _concept("code", find, "Condition")
    yield _status("clinicalStatus", CLINICAL, f"{_TERMINOLOGY}condition-clinical")
    yield _status("verificationStatus", VERIFICATION, f"{_TERMINOLOGY}condition-ver-status")
    yield from _dates(resource, "onset", "onsetDateTime")


def _medicine(resource: Resource, find: Find) -> Iterator[Field]:
    if "medicationReference" not in resource:
        yield _concept("medicationCodeableConcept", find, "MedicationRequest")
    yield _code("status", PRESCRIBED)
    yield date_field("authoredOn")
    yield _concept("reasonCode", find, "Condition", is_list=True)


def _order(_: Resource, find: Find) -> Iterator[Field]:
    yield _concept("code", find, "ServiceRequest")
    yield _code("status", ORDERED)
    yield date_field("authoredOn")


def _observation(resource: Resource, find: Find) -> Iterator[Field]:
    yield _concept("code", find, "Observation")
    yield _code("status", RESULTS)
    yield from _dates(resource, "effective", "effectiveDateTime")
    value = next((name for name in resource if name.startswith("value")), None)
    if value == "valueBoolean":
        yield _code(value, TRUTH)
    if value in (None, "valueCodeableConcept"):
        yield _concept("valueCodeableConcept", find, "Condition")  # a finding
    if value in (None, "valueQuantity"):
        if "comparator" in part_of(resource, "valueQuantity"):
            yield _quantity("comparator", "choice", COMPARATORS)
        yield from (_quantity("value", "number"), _quantity("unit", "text"))
        if len(listed_in(resource.get("referenceRange", {}))) == 1:
            yield from (_range("low"), _range("high"))
    yield _status("interpretation", INTERPRETATIONS, f"{_TERMINOLOGY}v3-ObservationInterpretation", is_list=True)


def _medication(_: Resource, find: Find) -> Iterator[Field]:
    yield _concept("code", find, "MedicationRequest")


_FIELDS: Final[Mapping[str, Callable[[Resource, Find], Iterator[Field]]]] = {
    "Patient": _patient,
    "Condition": _condition,
    "MedicationRequest": _medicine,
    "Medication": _medication,
    "ServiceRequest": _order,
    "Observation": _observation,
}


def _code(name: str, choices: tuple[str, ...]) -> Field:
    """Return the field of a code or a boolean."""

    def read(resource: Resource) -> str:
        value = resource.get(name)
        return str(value).lower() if isinstance(value, bool) else value if isinstance(value, str) else ""

    def write(resource: Resource, written: str) -> None:
        put(resource, name, written == "true" if written in TRUTH else written)

    return Field(name, "choice", read, write, choices)


def date_field(name: str, kind: str = "dateTime") -> Field:
    """Return the field of a date, or a date and time, as FHIR writes it."""

    def read(resource: Resource) -> str:
        value = resource.get(name)
        return value if isinstance(value, str) else ""

    def write(resource: Resource, written: str) -> None:
        if written and CHECKS[kind](written) is not None:
            raise UnfitError(written)
        put(resource, name, written)

    return Field(name, "date", read, write)


def _dates(resource: Resource, choice: str, name: str) -> Iterator[Field]:
    """Yield the field of a date that may have other types: none where it has one."""
    if all(each == name or not each.startswith(choice) for each in resource):
        yield date_field(name)


def _status(name: str, choices: tuple[str, ...], system: str, *, is_list: bool = False) -> Field:
    """Return the field of a concept whose codes are few and have words of ours."""

    def read(resource: Resource) -> str:
        coding = next(_codings(resource.get(name)), {})
        return str(coding.get("code", ""))

    def write(resource: Resource, written: str) -> None:
        concept = {"coding": [{"system": system, "code": written}]} if written else None
        put(resource, name, [concept] if concept and is_list else concept)

    return Field(name, "choice", read, write, choices)


def _concept(name: str, find: Find, kind: str, *, is_list: bool = False) -> Field:
    """Return the field of a concept that has any code, those of `kind` offered, or only words."""

    def read(resource: Resource) -> str:
        coding = next((each for each in _codings(resource.get(name)) if each.get("code")), None)
        words = next((each["text"] for each in listed_in(resource.get(name)) if isinstance(each.get("text"), str)), "")
        return label_of(str(coding["code"]), coding.get("display") or words) if coding else words

    def write(resource: Resource, written: str) -> None:
        code = code_in(written)
        if code and any(each.get("code") == code for each in _codings(resource.get(name))):
            return
        concept = find(kind, written) if written else None
        put(resource, name, [concept] if concept and is_list else concept)

    return Field(name, "code", read, write, offered=kind)


def has_code(value: Any) -> bool:
    """Return whether a concept, or any of several, has a code."""
    return any(each.get("code") for each in _codings(value))


def _codings(value: Any) -> Iterator[Resource]:
    for concept in listed_in(value):
        yield from listed_in(concept.get("coding"))


def _number(written: str) -> Decimal | None:
    plain = written.replace(",", ".").replace("\N{MINUS SIGN}", "-")
    if plain and not _NUMBER.fullmatch(plain):
        raise UnfitError(written)
    return Decimal(plain) if plain else None


def _quantity(part: str, kind: str, choices: tuple[str, ...] = ()) -> Field:
    """Return the field of one part of a measured value; a unit that was changed has no code."""

    def read(resource: Resource) -> str:
        return str(part_of(resource, "valueQuantity").get(part, ""))

    def write(resource: Resource, written: str) -> None:
        value: Any = _number(written) if part == "value" else written
        quantity = dict(part_of(resource, "valueQuantity"))
        if part == "unit":
            quantity = {name: each for name, each in quantity.items() if name not in ("system", "code")}
        put(quantity, part, value)
        put(resource, "valueQuantity", quantity)

    return Field(part, kind, read, write, choices)


def _range(end: str) -> Field:
    """Return the field of one end of the reference range, in the unit of the value."""

    def read(resource: Resource) -> str:
        ranges = listed_in(resource.get("referenceRange"))
        return str(part_of(ranges[0], end).get("value", "")) if ranges else ""

    def write(resource: Resource, written: str) -> None:
        ranges = listed_in(resource.get("referenceRange"))
        own, number = dict(ranges[0]) if ranges else {}, _number(written)
        like = {name: each for name, each in part_of(resource, "valueQuantity").items() if name != "comparator"}
        put(own, end, {**like, **part_of(own, end), "value": number} if number is not None else None)
        put(resource, "referenceRange", [own] if own else None)

    return Field(end, "number", read, write)
