"""The elements of a resource that a person changes on the pages to try, each as the text of one form field.

A field is a view of one element of https://hl7.org/fhir/R4/resourcelist.html: what it does not show stays as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from server.pages.fact_answers import question_fields
from server.pages.fact_elements import (
    code_field,
    concept_field,
    concept_fields,
    inside,
    part_field,
    period_fields,
    primitive_field,
    quantity_fields,
    range_field,
    reference_field,
    status_field,
    words_of,
)
from server.pages.fact_field import TRUTH, Field, listed_in, part_of, put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Resource = dict[str, Any]
    Find = Callable[[str, str], Resource]

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
GENDERS = ("female", "male", "other", "unknown")
CLINICAL = ("active", "recurrence", "relapse", "inactive", "remission", "resolved")
VERIFICATION = ("confirmed", "unconfirmed", "provisional", "differential", "refuted", "entered-in-error")
RESULTS = ("final", "registered", "preliminary", "amended", "corrected", "cancelled", "entered-in-error", "unknown")
INTERPRETATIONS = ("L", "N", "H", "LL", "HH", "A", "POS", "NEG")
COMPARATORS = ("<", "<=", ">=", ">")
PRESCRIBED = ("active", "on-hold", "completed", "stopped", "cancelled", "draft", "entered-in-error", "unknown")
ANSWERED = ("completed", "in-progress", "amended", "stopped", "entered-in-error")
ORDERED = ("active", "on-hold", "completed", "revoked", "draft", "entered-in-error", "unknown")
INTENTS = (
    "order", "original-order", "instance-order", "reflex-order", "filler-order", "proposal", "plan", "directive",
    "option",
)  # fmt: skip
# What a choice of types is written in beside a concept, a quantity, a period or a boolean.
_PRIMITIVES: Final = ("dateTime", "instant", "string", "integer", "time")


def fields_of(resource: Resource, questionnaire: Resource | None, find: Find, language: str) -> list[Field]:
    """Return the fields of a resource; `find` gives the CodeableConcept that a text means for a type."""
    kind = resource.get("resourceType")
    if kind == "QuestionnaireResponse":
        return list(_answers(questionnaire, language)) if questionnaire else []
    fields = _FIELDS.get(str(kind))
    return [*fields(resource, find), *_contained(resource, find, language)] if fields else []


def _answers(questionnaire: Resource, language: str) -> Iterator[Field]:
    yield code_field("status", ANSWERED)
    yield primitive_field("authored", "dateTime")
    yield from question_fields(questionnaire, language)


def _contained(resource: Resource, find: Find, language: str) -> Iterator[Field]:
    """Yield the fields of what stands inside a resource, by what refers to it."""
    for index, each in enumerate(listed_in(resource.get("contained"))):
        group = f"#{each.get('id', '')} {words_of(each)}".strip()
        for field in fields_of(each, None, find, language):
            yield inside(field, each, f"contained.{index}", group)


def _patient(_: Resource, __: Find) -> Iterator[Field]:
    yield code_field("gender", GENDERS)
    yield primitive_field("birthDate", "date")


def _condition(resource: Resource, find: Find) -> Iterator[Field]:
    yield concept_field("code", find, "Condition")
    yield status_field("clinicalStatus", CLINICAL, f"{_TERMINOLOGY}condition-clinical")
    yield status_field("verificationStatus", VERIFICATION, f"{_TERMINOLOGY}condition-ver-status")
    yield from _when(resource, "onset")
    yield primitive_field("recordedDate", "dateTime")


def _medicine(resource: Resource, find: Find) -> Iterator[Field]:
    if "medicationReference" in resource:
        yield reference_field("medicationReference")
    else:
        yield concept_field("medicationCodeableConcept", find, "MedicationRequest")
    yield code_field("status", PRESCRIBED)
    yield code_field("intent", INTENTS)
    if "doNotPerform" in resource:
        yield code_field("doNotPerform", TRUTH)
    yield primitive_field("authoredOn", "dateTime")
    yield from concept_fields(resource, "reasonCode", find, "Condition")
    for name in ("reasonReference", "supportingInformation"):
        if name in resource:
            yield reference_field(name, is_list=True)


def _order(_: Resource, find: Find) -> Iterator[Field]:
    yield concept_field("code", find, "ServiceRequest")
    yield code_field("status", ORDERED)
    yield code_field("intent", INTENTS)
    yield primitive_field("authoredOn", "dateTime")


def _observation(resource: Resource, find: Find) -> Iterator[Field]:
    yield concept_field("code", find, "Observation")
    yield code_field("status", RESULTS)
    yield from _when(resource, "effective")
    yield from _result(resource, find)
    yield from _components(resource, find)


def _components(resource: Resource, find: Find) -> Iterator[Field]:
    """Yield the fields of each part of a result, which goes with its code, and one that adds a part."""
    parts = listed_in(resource.get("component"))
    for index, part in enumerate(parts):
        place, group = f"component.{index}", f"{index + 1}. {words_of(part)}"
        for field in (_part_code(resource, part, find), *_result(part, find)):
            yield inside(field, part, place, group)
    if parts or not any(name.startswith("value") for name in resource):
        yield _new_part(resource, find)


def _part_code(resource: Resource, part: Resource, find: Find) -> Field:
    code = concept_field("code", find, "Observation")

    def write(_: Resource, written: str) -> None:
        code.write(part, written)
        if not written:
            put(resource, "component", [each for each in listed_in(resource["component"]) if each is not part])

    return replace(code, write=write)


def _new_part(resource: Resource, find: Find) -> Field:
    def write(_: Resource, written: str) -> None:
        put(resource, "component", [*listed_in(resource.get("component")), {"code": find("Observation", written)}])

    return Field("component.new", "code", lambda _: "", write, offered="Observation")


def _result(resource: Resource, find: Find) -> Iterator[Field]:
    """Yield the fields of the value of a result or of a part of one."""
    value = next((name for name in resource if name.startswith("value")), None)
    if value == "valueBoolean":
        yield code_field(value, TRUTH)
    elif value not in (None, "valueCodeableConcept", "valueQuantity"):
        yield from _choice(resource, "value")
    if value in (None, "valueCodeableConcept"):
        yield concept_field("valueCodeableConcept", find, "Condition")  # a finding
    if value in (None, "valueQuantity"):
        if "comparator" in part_of(resource, "valueQuantity"):
            yield part_field("valueQuantity", "comparator", code_field("comparator", COMPARATORS))
        yield from quantity_fields("valueQuantity")
        if len(listed_in(resource.get("referenceRange", {}))) == 1:
            yield from (range_field("low"), range_field("high"))
    yield status_field("interpretation", INTERPRETATIONS, f"{_TERMINOLOGY}v3-ObservationInterpretation", is_list=True)


def _when(resource: Resource, choice: str) -> Iterator[Field]:
    """Yield the fields of when something was: of the type that it has, else of a date."""
    if any(name.startswith(choice) for name in resource):
        yield from _choice(resource, choice)
    else:
        yield primitive_field(f"{choice}DateTime", "dateTime")


def _choice(resource: Resource, choice: str) -> Iterator[Field]:
    """Yield the fields of a choice of types by the type that it has; none where it has one that no field shows."""
    if f"{choice}Period" in resource:
        yield from period_fields(f"{choice}Period")
    if f"{choice}Age" in resource:
        yield from quantity_fields(f"{choice}Age", prefix=f"{choice}Age.")
    for kind in _PRIMITIVES:
        name = f"{choice}{kind[0].upper()}{kind[1:]}"
        if name in resource:
            yield primitive_field(name, kind)


def _medication(_: Resource, find: Find) -> Iterator[Field]:
    yield concept_field("code", find, "MedicationRequest")


_FIELDS: Final[Mapping[str, Callable[[Resource, Find], Iterator[Field]]]] = {
    "Patient": _patient,
    "Condition": _condition,
    "MedicationRequest": _medicine,
    "Medication": _medication,
    "ServiceRequest": _order,
    "Observation": _observation,
}
