"""What a result says, in words: its value with the unit, and how the record interprets it.

https://hl7.org/fhir/R4/observation.html and https://terminology.hl7.org/CodeSystem-v3-ObservationInterpretation.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.wording import INTERPRETATIONS, VALUES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.repository import Resource

_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


def result_words(resource: Resource, language: str) -> list[str]:
    """Return the value of a result and its interpretations, those that it has; of another resource nothing."""
    if resource.get("resourceType") != "Observation":
        return []
    found = [_value(resource, language), *_interpretations(resource, language)]
    return [each for each in found if each]


def _value(resource: Resource, language: str) -> str | None:
    quantity: Any = resource.get("valueQuantity")
    if isinstance(quantity, dict) and "value" in quantity:
        unit = quantity.get("unit", quantity.get("code"))
        return " ".join(str(each) for each in (quantity.get("comparator"), quantity["value"], unit) if each is not None)
    if isinstance(value := resource.get("valueBoolean"), bool):
        return VALUES[value][language]
    if isinstance(concept := resource.get("valueCodeableConcept"), dict):
        return _named(concept)
    value = resource.get("valueString", resource.get("valueInteger"))
    return None if value is None else str(value)


def _interpretations(resource: Resource, language: str) -> Iterator[str]:
    concepts = resource.get("interpretation")
    for concept in concepts if isinstance(concepts, list) else []:
        if isinstance(concept, dict):
            codes = [each.get("code") for each in _codings(concept) if each.get("system") == _SYSTEM]
            known = (INTERPRETATIONS[code][language] for code in codes if code in INTERPRETATIONS)
            if said := next(known, None) or _named(concept):
                yield said


def _named(concept: Resource) -> str | None:
    """Return the record's own words for a concept, else its code."""
    words = [concept.get("text"), *(each.get(name) for name in ("display", "code") for each in _codings(concept))]
    return next((each for each in words if isinstance(each, str) and each.strip()), None)


def _codings(concept: Resource) -> list[Resource]:
    codings = concept.get("coding")
    return [each for each in codings if isinstance(each, dict)] if isinstance(codings, list) else []
