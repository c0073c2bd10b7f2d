"""enableWhen in three values: https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from publisher.apply.enable_when import holds, is_enabled

YES = {"system": "http://terminology.hl7.org/CodeSystem/v2-0136", "code": "Y"}
NO = {**YES, "code": "N"}


def when(operator: str, **answer: Any) -> dict[str, Any]:
    return {"question": "q", "operator": operator, **answer}


@pytest.mark.parametrize(
    ("condition", "answers", "expected"),
    [
        (when("=", answerBoolean=True), (True,), True),
        (when("=", answerBoolean=True), (False,), False),
        (when("=", answerBoolean=True), (), False),
        (when("=", answerBoolean=True), None, None),
        (when("!=", answerBoolean=True), (False,), True),
        (when("=", answerCoding=YES), (YES,), True),
        (when("=", answerCoding=YES), (NO,), False),
        (when("=", answerCoding=YES), ({"code": "Y"},), True),
        (when("=", answerCoding=YES), ({"system": "http://other", "code": "Y"},), False),
        (when("=", answerCoding=YES), (True,), True),
        (when("=", answerCoding=NO), (True,), False),
        (when("=", answerCoding={"code": "red"}), (True,), None),
        (when("=", answerInteger=1), (True,), None),
        (when("=", answerString="a"), ("a",), True),
        (when("=", answerString="a"), ("b", "a"), True),
        (when("=", answerDecimal=Decimal("1.0")), (1,), True),
        (when(">", answerInteger=20), (21,), True),
        (when(">", answerInteger=20), (20,), False),
        (when(">=", answerInteger=20), (20,), True),
        (when("<", answerDate="2026-01-01"), ("2025-12-31",), True),
        (when("<=", answerInteger=1), ("1",), None),
        (when("~", answerInteger=1), (1,), None),
        (when("exists", answerBoolean=True), (1,), True),
        (when("exists", answerBoolean=True), (), False),
        (when("exists", answerBoolean=False), (), True),
        (when("exists", answerBoolean=True), None, None),
    ],
)
def test_a_condition_holds_does_not_hold_or_is_open(
    condition: dict[str, Any], answers: tuple[Any, ...] | None, expected: bool | None
) -> None:
    assert holds(condition, answers) is expected


@pytest.mark.parametrize(
    ("behaviour", "answers", "expected"),
    [
        ("all", [True, True], True),
        ("all", [True, None], None),
        ("all", [False, None], False),
        ("any", [False, False], False),
        ("any", [False, None], None),
        ("any", [True, None], True),
        (None, [True, False], False),
    ],
)
def test_several_conditions_combine_as_the_item_says(
    behaviour: str | None, answers: list[bool | None], expected: bool | None
) -> None:
    conditions = [{**when("=", answerBoolean=True), "question": str(number)} for number in range(len(answers))]
    item = {"enableWhen": conditions, **({"enableBehavior": behaviour} if behaviour else {})}
    known = {str(number): None if each is None else (each,) for number, each in enumerate(answers)}
    assert is_enabled(item, known.get) is expected


def test_an_item_without_conditions_is_enabled() -> None:
    assert is_enabled({}, lambda _: None) is True
