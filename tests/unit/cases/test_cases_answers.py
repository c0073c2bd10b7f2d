"""Answers to a questionnaire in short become a QuestionnaireResponse as a record would send it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.cases.conftest import Patients

QUESTIONNAIRE = """\
resourceType: Questionnaire
id: knee-questions
title: {sv: Frågor, en: Questions}
derivedFrom: [EX-ADV-01]
item:
  - linkId: first
    text: {sv: En fråga, en: A question}
    type: choice
    answerValueSet: http://hl7.org/fhir/ValueSet/yesnodontknow
  - linkId: more
    text: {sv: Mer, en: More}
    type: group
    item:
      - {linkId: weeks, text: {sv: Veckor, en: Weeks}, type: integer}
      - {linkId: "1.2", text: {sv: Ord, en: Words}, type: string}
      - linkId: sure
        text: {sv: Säkert, en: Sure}
        type: boolean
        item:
          - {linkId: why, text: {sv: Varför, en: Why}, type: text}
"""
V2 = "http://terminology.hl7.org/CodeSystem/v2-0136"


def answered(patients: Patients, answers: str) -> Any:
    """Return the prepared request with a response of these answers."""
    folder = patients.root / "knee-pain/questionnaires"
    folder.mkdir()
    (folder / "knee-questions.yaml").write_text(QUESTIONNAIRE, encoding="utf-8")
    return patients.request(f"answers: [{{QuestionnaireResponse: knee-questions, answers: {answers}}}]")


def response(patients: Patients, answers: str) -> dict[str, Any]:
    (entry,) = answered(patients, answers).prefetch["answers"]["entry"]
    found: dict[str, Any] = entry["resource"]
    return found


def test_a_response_is_complete_about_the_patient_and_of_the_day_of_the_case(patients: Patients) -> None:
    found = response(patients, '{first: "yes"}')
    assert patients.issues() == []
    assert found["questionnaire"] == "https://example.org/fhir/Questionnaire/knee-questions|0.1.0"
    assert (found["status"], found["authored"]) == ("completed", "2026-01-01")
    assert found["subject"] == {"reference": "Patient/preliminary-diagnosis"}
    assert found["item"] == [
        {"linkId": "first", "answer": [{"valueCoding": {"system": V2, "code": "Y", "display": "Yes"}}]}
    ]


def test_an_answer_stands_where_the_questionnaire_has_its_question(patients: Patients) -> None:
    found = response(patients, '{weeks: 33, why: words, first: not-known, "1.2": "no", sure: true}')
    (first, more) = found["item"]
    assert first["answer"][0]["valueCoding"]["code"] == "asked-unknown"
    assert more == {
        "linkId": "more",
        "item": [
            {"linkId": "weeks", "answer": [{"valueInteger": 33}]},
            {"linkId": "1.2", "answer": [{"valueString": "no"}]},
            {
                "linkId": "sure",
                "answer": [
                    {"valueBoolean": True, "item": [{"linkId": "why", "answer": [{"valueString": "words"}]}]},
                ],
            },
        ],
    }


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ('{frist: "yes"}', "knee-questions has no question 'frist'; did you mean first?"),
        ("{first: 3}", "3 answers no question of type choice; write yes, no (both in quotes), not-known or system#"),
        ("{weeks: true}", "True answers no question of type integer; write a number."),
        ('{sure: "yes"}', "'yes' answers no question of type boolean; write true or false."),
        ("{why: words}", "'why' is asked below a question that has no answer; answer that one too."),
        ("[1]", "or its answers are no {linkId: answer}; correct it."),
    ],
)
def test_an_answer_that_no_question_asks_for_is_told_at_its_place(patients: Patients, answers: str, said: str) -> None:
    answered(patients, answers)
    (issue,) = patients.issues()
    assert "error case-answers: " in issue
    assert said in issue
    assert issue.startswith("knee-pain.yaml:14:")


def test_elements_of_the_fact_come_before_what_every_record_says(patients: Patients) -> None:
    found = response(patients, '{first: "no"}, status: in-progress, authored: 2025-12-24')
    assert (found["status"], found["authored"]) == ("in-progress", "2025-12-24")


def test_answers_to_a_questionnaire_that_is_not_held_cannot_be_written_in_short(patients: Patients) -> None:
    patients.request("answers: [{QuestionnaireResponse: 'https://other.example/Questionnaire/q', answers: {a: x}}]")
    assert "https://other.example/Questionnaire/q is no Questionnaire of ours" in patients.issues()[0]
