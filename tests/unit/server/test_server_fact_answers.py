"""Answers to questions of other types than a yes or a no, as form fields."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from server.pages.fact_answers import question_fields
from server.pages.fact_field import UnfitError

YES = {"valueCoding": {"system": "http://terminology.hl7.org/CodeSystem/v2-0136", "code": "Y"}}


def only(kind: str) -> Any:
    (field,) = question_fields({"item": [{"linkId": "q", "text": "How?", "type": kind}]}, "en")
    return field


@pytest.mark.parametrize(
    ("kind", "control", "written", "answer"),
    [
        ("integer", "number", "33", {"valueInteger": 33}),
        ("decimal", "number", "1,5", {"valueDecimal": Decimal("1.5")}),
        ("date", "date", "2026-01", {"valueDate": "2026-01"}),
        ("time", "text", "10:00:00", {"valueTime": "10:00:00"}),
        ("text", "text", "A lot", {"valueString": "A lot"}),
    ],
)
def test_a_question_is_answered_in_its_type(kind: str, control: str, written: str, answer: dict[str, Any]) -> None:
    field, response = only(kind), {"resourceType": "QuestionnaireResponse"}
    assert (field.kind, field.label, field.read(response)) == (control, "How?", "")
    field.change(response, written)
    assert response["item"] == [{"linkId": "q", "answer": [answer]}]
    assert field.read(response) == written.replace(",", ".")
    field.change(response, "")
    assert response == {"resourceType": "QuestionnaireResponse"}


@pytest.mark.parametrize(
    ("kind", "written"), [("integer", "1.5"), ("decimal", "much"), ("date", "soon"), ("time", "1")]
)
def test_an_answer_of_another_type_cannot_stand(kind: str, written: str) -> None:
    with pytest.raises(UnfitError, match=written):
        only(kind).change({}, written)


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (YES, "yes"),
        ({"valueCoding": {"code": "OTH"}}, "OTH"),
        ({"valueString": "hardly"}, "hardly"),
        ({"valueBoolean": False}, "false"),
        ({"valueQuantity": {"value": 1}}, ""),
    ],
)
def test_an_answer_of_another_kind_than_was_asked_for_is_seen(answer: dict[str, Any], shown: str) -> None:
    assert only("boolean").read({"item": [{"linkId": "q", "answer": [answer]}]}) == shown


def test_other_types_of_question_have_no_field() -> None:
    assert list(question_fields({"item": [{"linkId": "q", "type": "attachment"}]}, "en")) == []
