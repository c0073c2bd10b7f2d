"""What a result says in words, whatever a record holds."""

from __future__ import annotations

from typing import Any

import pytest

from publisher.results import result_words

SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


def flag(code: str, **more: Any) -> dict[str, Any]:
    return {"coding": [{"system": SYSTEM, "code": code}], **more}


@pytest.mark.parametrize(
    ("elements", "said"),
    [
        ({"valueQuantity": {"value": 9, "unit": "ug/L"}, "interpretation": [flag("L")]}, ["9 ug/L", "lågt"]),
        ({"valueQuantity": {"value": 9, "code": "ug/L"}}, ["9 ug/L"]),
        ({"valueQuantity": {"comparator": "<", "value": 3}}, ["< 3"]),
        ({"valueQuantity": {"unit": "ug/L"}}, []),
        ({"interpretation": [flag("HH"), flag("A")]}, ["kritiskt högt", "avvikande"]),
        ({"interpretation": [flag("X", text="Se bilaga")]}, ["Se bilaga"]),
        ({"interpretation": [{"coding": [{"system": "urn:local", "code": "L"}]}]}, ["L"]),
        ({"valueBoolean": False}, ["nej"]),
        ({"valueCodeableConcept": {"coding": [{"code": "1", "display": "Spår"}]}}, ["Spår"]),
        ({"valueString": "Växt"}, ["Växt"]),
        ({"valueInteger": 0}, ["0"]),
        ({"valueQuantity": "9", "interpretation": {"text": "x"}}, []),
        ({"interpretation": ["x", {"coding": 3}]}, []),
    ],
)
def test_value_and_interpretation_are_said(elements: dict[str, Any], said: list[str]) -> None:
    assert result_words({"resourceType": "Observation", **elements}, "sv") == said


def test_they_are_said_in_the_language_asked_for() -> None:
    result = {"resourceType": "Observation", "valueBoolean": True, "interpretation": [flag("N")]}
    assert result_words(result, "en") == ["yes", "normal"]


def test_nothing_but_a_result_says_anything() -> None:
    assert result_words({"resourceType": "Condition", "valueBoolean": True}, "sv") == []
