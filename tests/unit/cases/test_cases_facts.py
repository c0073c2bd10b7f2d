"""Compact facts become the FHIR that a record would send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.cases.conftest import Patients

CODES = "https://example.org/fhir/CodeSystem/knee-pain-codes"


def only(answer: dict[str, Any]) -> dict[str, Any]:
    (entry,) = answer["entry"]
    resource: dict[str, Any] = entry["resource"]
    return resource


def test_a_fact_is_a_whole_resource_about_the_patient(patients: Patients) -> None:
    condition = only(patients.results()[0].prepared.prefetch["conditions"])
    assert condition["id"] == "condition-1"
    assert condition["subject"] == {"reference": "Patient/preliminary-diagnosis"}
    assert condition["code"]["coding"][0]["system"] == CODES
    assert condition["clinicalStatus"]["coding"][0]["code"] == "active"


def test_the_patient_comes_with_the_name_of_the_case_unless_absent(patients: Patients) -> None:
    first = patients.results()[0].prepared
    assert first.prefetch["patient"]["id"] == "preliminary-diagnosis"
    assert "patient" not in patients.request("patient: absent").prefetch


@pytest.mark.parametrize(
    ("written", "element"),
    [
        ("Something in words", {"medicationCodeableConcept": {"text": "Something in words"}}),
        ("Medication/x", {"medicationReference": {"reference": "Medication/x"}}),
        ("'#x'", {"medicationReference": {"reference": "#x"}}),
        ("{display: X}", {"medicationReference": {"display": "X"}}),
        (
            "'https://record.example/Medication/x'",
            {"medicationReference": {"reference": "https://record.example/Medication/x"}},
        ),
        (
            "{system: 'urn:x', code: '1'}",
            {"medicationCodeableConcept": {"coding": [{"system": "urn:x", "code": "1"}]}},
        ),
    ],
)
def test_a_medicine_is_words_a_reference_or_a_coding(patients: Patients, written: str, element: dict[str, Any]) -> None:
    prescription = only(patients.request(f"medications: [{{MedicationRequest: {written}}}]").prefetch["medications"])
    assert element.items() <= prescription.items()
    assert prescription["intent"] == "order"


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("empty", {"resourceType": "Bundle", "type": "searchset", "total": 0}),
        ("no-data", None),
    ],
)
def test_a_word_for_what_a_key_brings(patients: Patients, word: str, answer: Any) -> None:
    assert patients.request(f"medications: {word}").prefetch["medications"] == answer


def test_a_refusal_is_an_outcome_and_a_part_has_a_next_page(patients: Patients) -> None:
    assert patients.request("medications: refused").prefetch["medications"]["resourceType"] == "OperationOutcome"
    patients.change("medications: refused", "medications: {partial: [{MedicationRequest: x}]}")
    answer = patients.results()[0].prepared.prefetch["medications"]
    assert [link["relation"] for link in answer["link"]] == ["next"]
    assert only(answer)["resourceType"] == "MedicationRequest"


def test_a_medicine_beside_its_prescription_is_included(patients: Patients) -> None:
    facts = "[{MedicationRequest: Medication/m}, {Medication: x, id: m}]"
    answer = patients.request(f"medications: {facts}").prefetch["medications"]
    assert [entry["search"]["mode"] for entry in answer["entry"]] == ["match", "include"]
    assert answer["total"] == 1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("condition-clinical#active", "condition-clinical#activ", "code-unknown"),
        ("knee-pain-codes#example-condition", "no-such#x", "system-unknown"),
        ("clinicalStatus:", "clinicalState:", "element-unknown"),
        ("conditions:\n", "condition:\n", "case-key-unknown: No service asks for the prefetch key 'condition'; did"),
    ],
)
def test_a_mistake_in_a_fact_is_told_at_its_place(patients: Patients, old: str, new: str, said: str) -> None:
    patients.change(old, new)
    issue = patients.issues()[0]
    assert said in issue
    assert issue.startswith("knee-pain.yaml:1")


def test_an_element_of_codes_takes_the_same_forms(patients: Patients) -> None:
    fact = (
        "{MedicationRequest: x, reasonCode: [words, {system: 'urn:x', code: '1'}, knee-pain-codes#example-condition]}"
    )
    reasons = only(patients.request(f"medications: [{fact}]").prefetch["medications"])["reasonCode"]
    assert reasons[:2] == [{"text": "words"}, {"coding": [{"system": "urn:x", "code": "1"}]}]
    assert reasons[2]["coding"][0]["system"] == CODES


def test_what_a_record_leaves_out_is_no_mistake(patients: Patients) -> None:
    patients.request("medications: [{MedicationRequest: x}]")
    assert patients.issues() == []


def test_a_record_may_write_a_status_in_another_code_system(patients: Patients) -> None:
    foreign = "{coding: [{system: 'https://record.example/status', code: active}]}"
    patients.change("clinicalStatus: condition-clinical#active", f"clinicalStatus: {foreign}")
    assert not [issue for issue in patients.issues() if "code-not-allowed" in issue]


def test_a_plain_code_that_r4_does_not_have_is_a_mistake(patients: Patients) -> None:
    patients.request("medications: [{MedicationRequest: x, status: ongoing}]")
    (issue,) = patients.issues()
    assert issue.startswith("knee-pain.yaml:14")
    assert "error code-not-allowed: MedicationRequest.status 'ongoing' is not a code of" in issue
