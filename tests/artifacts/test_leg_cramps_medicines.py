"""The medication list of a patient with leg cramp: what is on it, what it leaves open, and what never counts."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.artifacts.patients import ATC, actions, concept, condition, prescription, referring, refusal, searchset, view

if TYPE_CHECKING:
    from collections.abc import Callable

    Call = Callable[..., dict[str, Any]]

PLAIN = ["leg-assessment", "non-drug"]
FOUND = ["leg-assessment", "possible-causes", "non-drug"]
MEDICATION = {"resourceType": "Medication", "id": "x", "code": concept(ATC, "C10AA01")}
OPEN = "- Thiazide, statin and beta-receptor stimulant: cannot be decided, because "


def first(body: dict[str, Any]) -> str:
    """Return the text of the first card, which carries what is to be found out."""
    return str(body["cards"][0]["detail"])


def test_medicines_that_may_contribute_are_named_on_one_card_and_reviewed(call: Call) -> None:
    body = call(
        view(condition(), medications=[prescription("C03AA03"), prescription("C10AA01"), prescription("R03CC02")])
    )
    assert actions(body) == FOUND
    assert {card["indicator"] for card in body["cards"]} == {"info"}
    (review,) = body["cards"][1]["suggestions"]
    assert review["actions"][0]["resource"]["resourceType"] == "Task"
    assert all(word in body["cards"][1]["detail"] for word in ("en tiazid", "en statin", "betareceptorer"))
    words = json.dumps(body, ensure_ascii=False).lower()
    assert not re.search(r"sätt ut|byt|sänk|avsluta|myopati", words)


def test_english_says_no_more(call: Call) -> None:
    card = call(view(condition(), medications=[prescription()]), "en")["cards"][1]
    assert "- The medication list holds a statin, which may contribute to the cramp." in card["detail"]
    assert "thiazide" not in card["detail"]
    assert not re.search("stop|switch|lower", card["summary"] + card["detail"])


@pytest.mark.parametrize("medications", [[], None])
def test_no_medicines_is_no_contributor_and_nothing_to_find_out(call: Call, medications: Any) -> None:
    body = call(view(condition(), medications=medications))
    assert actions(body) == PLAIN
    assert "Att ta reda på" not in first(body)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refusal(), "läkemedelslistan inte kunde hämtas"),
        (searchset(link=[{"relation": "next", "url": "x"}]), "läkemedelslistan bara delvis kom fram"),
        (searchset(total=4), "läkemedelslistan bara delvis kom fram"),
        ("not FHIR", "läkemedelslistan inte kunde hämtas"),
    ],
)
def test_an_unusable_medication_list_is_a_line_to_find_out(call: Call, answer: Any, words: str) -> None:
    body = call(view(condition(), medications=answer))
    assert actions(body) == PLAIN
    line = f"- Tiazid, statin och läkemedel som stimulerar betareceptorer: kan inte avgöras, eftersom {words}."
    assert line in first(body)


def test_a_statin_among_the_first_of_several_pages_is_enough(call: Call) -> None:
    page = searchset(prescription(), link=[{"relation": "next", "url": "x"}])
    body = call(view(condition(), medications=page), "en")
    assert actions(body) == FOUND
    assert "- Thiazide and beta-receptor stimulant: cannot be decided, because " in first(body)


@pytest.mark.parametrize("status", ["stopped", "cancelled", "entered-in-error", "completed", "draft"])
def test_a_prescription_not_in_force_never_counts(call: Call, status: str) -> None:
    body = call(view(condition(), medications=[prescription(status=status)]))
    assert actions(body) == PLAIN
    assert "Att ta reda på" not in first(body)


def test_a_prescription_that_is_paused_counts(call: Call) -> None:
    assert actions(call(view(condition(), medications=[prescription(status="on-hold")]))) == FOUND


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("sv", "- Statin: kan inte avgöras utifrån det som är dokumenterat."),
        ("en", "- Statin: cannot be decided from what is recorded."),
    ],
)
def test_a_prescription_of_unknown_status_is_a_line_to_find_out(call: Call, language: str, line: str) -> None:
    assert line in first(call(view(condition(), medications=[prescription(status="unknown")]), language))


@pytest.mark.parametrize("more", [{"intent": "proposal"}, {"intent": "option"}, {"doNotPerform": True}])
def test_a_proposal_or_an_instruction_not_to_give_is_no_current_medicine(call: Call, more: dict[str, Any]) -> None:
    body = call(view(condition(), medications=[prescription(**more)]))
    assert actions(body) == PLAIN
    assert "Att ta reda på" not in first(body)


def test_a_fixed_combination_with_a_statin_counts(call: Call) -> None:
    assert actions(call(view(condition(), medications=[prescription("C10BX03")]))) == FOUND


def test_the_beginning_of_a_code_is_no_membership(call: Call) -> None:
    assert actions(call(view(condition(), medications=[prescription("C10AA")]))) == PLAIN


def test_a_medicine_without_a_known_code_is_told(call: Call) -> None:
    unknown = prescription(medicationCodeableConcept=concept("urn:oid:1.2.752.129.2.1.5.1", "19881209000026"))
    detail = first(call(view(condition(), medications=[unknown]), "en"))
    assert (
        "- Thiazides, statins and beta agonists: 1 item carries no code of a system in use and was not judged."
        in detail
    )


def test_a_medication_is_found_by_reference_contained_or_beside(call: Call) -> None:
    contained = {**referring("#x"), "contained": [MEDICATION]}
    assert actions(call(view(condition(), medications=[contained]))) == FOUND
    beside = searchset(referring("Medication/x"), total=1)
    beside["entry"].append({"resource": MEDICATION, "search": {"mode": "include"}})
    assert actions(call(view(condition(), medications=beside))) == FOUND


@pytest.mark.parametrize(
    "reference",
    [
        {"reference": "Medication/m"},
        {"reference": "#m"},
        {"display": "Simvastatin"},
        {"identifier": {"value": "1"}},
    ],
)
def test_a_medicine_that_cannot_be_told_leaves_the_question_open(call: Call, reference: dict[str, Any]) -> None:
    body = call(view(condition(), medications=[{**referring(""), "medicationReference": reference}]), "en")
    assert actions(body) == PLAIN
    assert re.search(r"statin and beta-receptor stimulant: cannot be decided", first(body))


def test_a_prescription_without_any_medicine_leaves_the_question_open(call: Call) -> None:
    nothing = prescription()
    del nothing["medicationCodeableConcept"]
    body = call(view(condition(), medications=[nothing]), "en")
    assert re.search(r"statin and beta-receptor stimulant: cannot be decided", first(body))


def test_the_same_prescription_twice_with_different_content_hides_nothing(call: Call) -> None:
    twice = [prescription("C08DA01", id="m"), prescription("C10AA01", id="m")]
    assert actions(call(view(condition(), medications=twice))) == FOUND


def test_prescriptions_of_another_patient_are_left_out(call: Call) -> None:
    other = prescription(subject={"reference": "Patient/someone-else"})
    assert actions(call(view(condition(), medications=[other]))) == PLAIN


def test_data_without_a_subject_leave_the_question_open(call: Call) -> None:
    nobody = prescription()
    del nobody["subject"]
    assert "läkemedelslistan bara delvis kom fram" in first(call(view(condition(), medications=[nobody])))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("sv", "eftersom en post i läkemedelslistan har formen hos en annan FHIR-version"),
        ("en", "because an entry of the medication list has the shape of another FHIR release"),
    ],
)
def test_a_prescription_shaped_as_r5_leaves_the_question_open_and_is_named(
    call: Call, language: str, said: str
) -> None:
    shaped = {**prescription(), "medication": {"concept": concept(ATC, "C10AA01")}}
    del shaped["medicationCodeableConcept"]
    body = call(view(condition(), medications=[shaped]), language)
    assert actions(body) == PLAIN
    assert said in first(body)


@pytest.mark.parametrize("damage", ["text", 3, [], {"coding": "x"}, {"coding": {"a": 1}}, {"coding": [1]}])
def test_malformed_codes_make_an_answer_that_leaves_the_question_open(call: Call, damage: Any) -> None:
    body = call(view(condition(), medications=[prescription(medicationCodeableConcept=damage)]), "en")
    assert actions(body) == PLAIN
    assert OPEN in first(body)
