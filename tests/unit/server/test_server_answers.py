"""A question's field changes its own answer in a QuestionnaireResponse, and nothing else."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from publisher.apply.answers import YES_NO
from server.pages.fact_answers import question_fields

CODED = "http://hl7.org/fhir/ValueSet/yesnodontknow"
QUESTIONNAIRE: dict[str, Any] = {
    "resourceType": "Questionnaire",
    "item": [
        {
            "linkId": "group",
            "type": "group",
            "item": [
                {
                    "linkId": "sneezes",
                    "type": "choice",
                    "answerValueSet": CODED,
                    "item": [{"linkId": "often", "type": "boolean"}],
                },
                {"linkId": "dust", "type": "choice", "answerValueSet": CODED},
            ],
        }
    ],
}
FIELDS = {field.name: field for field in question_fields(QUESTIONNAIRE, "en")}
ELSEWHERE = {"linkId": "of-another", "answer": [{"valueString": "kept"}]}


def coded(link_id: str, word: str, *below: dict[str, Any]) -> dict[str, Any]:
    nested = {"item": list(below)} if below else {}
    return {"linkId": link_id, "answer": [{"valueCoding": dict(YES_NO[word]), **nested}]}


def group(*items: dict[str, Any]) -> dict[str, Any]:
    return {"linkId": "group", "item": list(items)}


def changed(items: list[dict[str, Any]], name: str, written: str) -> Any:
    response = {"resourceType": "QuestionnaireResponse", "item": copy.deepcopy(items)}
    FIELDS[name].change(response, written)
    assert FIELDS[name].read(response) == written
    return response.get("item")


OFTEN = {"linkId": "often", "answer": [{"valueBoolean": True}]}


@pytest.mark.parametrize(
    ("before", "name", "written", "after"),
    [
        ([], "dust", "yes", [group(coded("dust", "yes"))]),
        ([ELSEWHERE], "dust", "yes", [ELSEWHERE, group(coded("dust", "yes"))]),
        ([group(ELSEWHERE)], "dust", "yes", [group(ELSEWHERE, coded("dust", "yes"))]),
        ([group(coded("dust", "no"), ELSEWHERE)], "dust", "yes", [group(coded("dust", "yes"), ELSEWHERE)]),
        ([group(coded("dust", "no"), ELSEWHERE)], "dust", "", [group(ELSEWHERE)]),
        ([group(coded("dust", "no"))], "dust", "", None),
        ([coded("dust", "no")], "dust", "not-known", [coded("dust", "not-known")]),
        ([group(coded("sneezes", "yes", ELSEWHERE))], "sneezes", "no", [group(coded("sneezes", "no", ELSEWHERE))]),
        ([coded("sneezes", "yes")], "often", "true", [coded("sneezes", "yes", OFTEN)]),
        ([group(coded("sneezes", "yes", OFTEN))], "often", "", [group(coded("sneezes", "yes"))]),
        ([], "often", "true", [group(OFTEN)]),
    ],
)
def test_an_answer_is_changed_where_it_stands_and_others_stay(
    before: list[dict[str, Any]], name: str, written: str, after: Any
) -> None:
    assert changed(before, name, written) == after


def test_of_a_question_that_was_answered_twice_the_first_answer_is_shown_and_changed() -> None:
    twice = [group(coded("dust", "no")), group(coded("dust", "not-known"))]
    assert changed(twice, "dust", "yes") == [group(coded("dust", "yes")), group(coded("dust", "not-known"))]
