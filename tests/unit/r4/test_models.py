"""The second opinion of the R4B models."""

from __future__ import annotations

from decimal import Decimal

from publisher.r4.models import model_of, round_trip_issues

MEDICATION = {"resourceType": "Medication", "id": "m", "code": {"text": "x"}}


def test_a_resource_becomes_a_typed_model() -> None:
    assert model_of(MEDICATION).code.text == "x"


def test_a_resource_that_fits_comes_back_as_it_was() -> None:
    assert list(round_trip_issues(MEDICATION)) == []


def test_an_unknown_element_is_refused_with_its_place() -> None:
    (issue,) = round_trip_issues({**MEDICATION, "colour": "red"})
    assert (issue.severity, issue.code, issue.rule) == ("error", "structure", "model-refusal")
    assert "colour" in issue.diagnostics


def test_a_decimal_that_loses_a_digit_is_told() -> None:
    quantity = {"amount": {"numerator": {"value": Decimal("0.70")}, "denominator": {"value": 1}}}
    (issue,) = round_trip_issues({**MEDICATION, **quantity})
    assert issue.rule == "model-round-trip"
