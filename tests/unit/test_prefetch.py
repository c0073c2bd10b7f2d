"""Prefetch: what each answer to a key is worth."""

from __future__ import annotations

from typing import Any

import pytest

from publisher.expression.requirements import Requirement
from publisher.intake import take
from publisher.prefetch import Settings, context_of, judge, keys_for, uncovered
from tests.artifacts.patients import PATIENT, condition, prescription, referring, refusal, searchset

OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "incomplete"}]}
NOTE = {"resourceType": "OperationOutcome", "issue": [{"severity": "information", "code": "informational"}]}


def with_outcome(outcome: dict[str, Any]) -> dict[str, Any]:
    bundle = searchset(condition())
    bundle["entry"].append({"resource": outcome, "search": {"mode": "outcome"}})
    return bundle


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (None, None),
        (searchset(), None),
        ({"resourceType": "Bundle", "type": "searchset"}, None),
        (searchset(condition()), None),
        (with_outcome(NOTE), None),
        ({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": condition()}]}, None),
        (searchset(condition(), link=[{"relation": "next", "url": "x"}]), ("partial", "more-pages")),
        (searchset(condition(), total=2), ("partial", "more-pages")),
        (searchset(total=2), ("partial", "count-only")),
        (searchset({**condition(), "meta": {"tag": [{"code": "SUBSETTED"}]}}), ("partial", "subsetted")),
        (with_outcome(OUTCOME), ("partial", "outcome-entry")),
        (refusal(), ("refused", "operation-outcome")),
        ("text", ("refused", "malformed")),
        ({}, ("refused", "malformed")),
        ([], ("refused", "malformed")),
        ({"resourceType": "Bundle", "entry": {}}, ("refused", "malformed")),
        ({"resourceType": "Bundle", "entry": [{}]}, ("refused", "malformed")),
        ({"resourceType": "Bundle", "entry": [3]}, ("refused", "malformed")),
        ({"resourceType": "Parameters"}, ("refused", "malformed")),
        ({"resourceType": "Bundle", "type": "searchset", "total": "7"}, ("refused", "malformed")),
        ({"resourceType": "Bundle", "type": "searchset", "total": -1}, ("refused", "malformed")),
        ({"resourceType": "Bundle", "type": "searchset", "link": {"relation": "next"}}, ("refused", "malformed")),
        (searchset(condition(), link=[{"relation": "Next ", "url": "x"}]), ("partial", "more-pages")),
        (searchset(prescription()), ("partial", "other-content")),
        (searchset(searchset(condition())), ("partial", "nested")),
        (condition(), ("partial", "no-bundle")),
        (searchset(condition(), {}), ("partial", "malformed")),
        (searchset(condition(), {"resourceType": ["Condition"]}), ("partial", "malformed")),
        (searchset(condition(), {"resourceType": "Problem"}), ("partial", "malformed")),
        (with_outcome({**OUTCOME, "issue": [{"severity": "ERROR", "code": "x"}]}), ("partial", "outcome-entry")),
    ],
)
def test_an_answer_is_judged_for_what_it_may_leave_out(answer: Any, verdict: tuple[str, str] | None) -> None:
    assert judge(answer, "Condition") == verdict


def test_null_for_the_patient_is_no_patient_at_all() -> None:
    assert judge(None, "Patient") == ("not-supplied", "null")


def test_included_resources_do_not_make_a_page_complete() -> None:
    bundle = searchset(prescription(), total=2)
    bundle["entry"].append({"resource": {"resourceType": "Medication", "id": "x"}, "search": {"mode": "include"}})
    assert judge(bundle, "MedicationRequest") == ("partial", "more-pages")


def test_keys_follow_from_what_the_logic_retrieves() -> None:
    names = [key.name for key in keys_for([Requirement("MedicationRequest"), Requirement("Medication")], Settings())]
    assert names == ["medications"]
    assert keys_for([Requirement("Medication")], Settings()) == ()


def test_an_absent_key_says_which_key_and_query_would_have_helped() -> None:
    keys = keys_for([Requirement("Condition")], Settings())
    cause = context_of({}, keys, PATIENT).supply("Condition").cause
    assert cause is not None
    assert (cause.kind, cause.key, cause.reason) == ("not-supplied", "conditions", "key-absent")
    assert cause.query == "Condition?patient={{context.patientId}}"


def test_an_answer_that_is_about_another_patient_closes_nothing() -> None:
    keys = keys_for([Requirement("Condition"), Requirement("Patient")], Settings())
    other = condition(subject={"reference": "Patient/another"})
    answers = {"conditions": searchset(other), "patient": {"resourceType": "Patient", "id": "another"}}
    context = context_of(answers, keys, PATIENT)
    for kind, key in (("Condition", "conditions"), ("Patient", "patient")):
        cause = context.supply(kind).cause
        assert cause is not None
        assert (cause.kind, cause.key, cause.reason) == ("partial", key, "other-patient")
    mixed = context_of({**answers, "conditions": searchset(other, condition())}, keys, PATIENT).supply("Condition")
    assert (len(mixed.resources), mixed.cause) == (1, None)


def test_the_same_resource_under_two_keys_counts_once() -> None:
    keys = keys_for([Requirement("Condition")], Settings())
    prefetch = {"conditions": searchset(condition()), "problems": searchset(condition())}
    assert len(context_of(prefetch, keys, PATIENT).supply("Condition").resources) == 1


@pytest.mark.parametrize(
    ("reference", "closed"),
    [
        ("Medication/x", True),
        ("https://ehr.example/fhir/Medication/x", True),
        ("Medication/x/_history/2", True),
        ("urn:uuid:0b6f1c5e-6a39-4a6f-8c0a-7b6a3a1c9d55", True),
        ("Medication/y", False),
        ("Organization/x", False),
    ],
)
def test_medications_are_complete_where_they_answer_every_reference(reference: str, closed: bool) -> None:
    keys = keys_for([Requirement("MedicationRequest")], Settings())
    bundle = searchset(referring(reference))
    medication = {"resourceType": "Medication", "id": "x", "code": {"text": "x"}}
    bundle["entry"].append({"resource": medication, "search": {"mode": "include"}})
    unnamed = {"resourceType": "Medication", "code": {"text": "x"}}
    address = "urn:uuid:0b6f1c5e-6a39-4a6f-8c0a-7b6a3a1c9d55"
    bundle["entry"].append({"fullUrl": address, "resource": unnamed, "search": {"mode": "include"}})
    context = context_of({"medications": bundle}, keys, PATIENT)
    assert context.is_closed("MedicationRequest")
    assert context.is_closed("Medication") is closed


def test_two_resources_of_one_id_that_differ_are_both_evidence() -> None:
    keys = keys_for([Requirement("Condition")], Settings())
    prefetch = {"conditions": searchset(condition()), "problems": searchset(condition(clinical="resolved"))}
    assert len(context_of(prefetch, keys, PATIENT).supply("Condition").resources) == 2


def test_a_damaged_resource_takes_nothing_else_with_it() -> None:
    keys = keys_for([Requirement("Condition")], Settings())
    damaged = {**condition("E03.9"), "code": {"coding": {"x": 1}}}
    supply = context_of({"conditions": searchset(condition(), damaged)}, keys, PATIENT).supply("Condition")
    assert len(supply.resources) == 1
    assert supply.cause is not None
    assert (supply.cause.kind, supply.cause.reason) == ("partial", "malformed")


@pytest.mark.parametrize(
    ("reference", "verdict"),
    [
        ("Patient/example-patient", None),
        ("https://ehr.example/fhir/Patient/example-patient", None),
        ("Patient/example-patient/_history/3", None),
        ("urn:uuid:7d4b2d16-8f3c-4a77-a1f5-51d0a1a9c0c3", None),
        ("Patient/another", "other-patient"),
        (3, "malformed"),
    ],
)
def test_a_subject_is_compared_in_every_form(reference: Any, verdict: str | None) -> None:
    patient = {"resourceType": "Patient", "id": PATIENT}
    entry = {"fullUrl": "urn:uuid:7d4b2d16-8f3c-4a77-a1f5-51d0a1a9c0c3", "resource": patient}
    bundle = {"resourceType": "Bundle", "entry": [entry, {"resource": condition(subject={"reference": reference})}]}
    taken = take([bundle], PATIENT)
    assert [each["resourceType"] for each in taken.resources] == [
        "Patient",
        *(["Condition"] if verdict is None else []),
    ]
    assert taken.doubts == ({"Condition": verdict} if verdict in ("other-subject", "malformed") else {})


def test_where_the_server_is_known_an_address_elsewhere_is_another_patient() -> None:
    elsewhere = condition(subject={"reference": f"https://elsewhere.example/fhir/Patient/{PATIENT}"})
    assert take([elsewhere], PATIENT).resources
    assert not take([elsewhere], PATIENT, server="https://ehr.example/fhir").resources
    here = condition(subject={"reference": f"https://ehr.example/fhir/Patient/{PATIENT}"})
    assert take([here], PATIENT, server="https://ehr.example/fhir/").resources


def test_the_address_of_an_entry_makes_no_other_patient_ours() -> None:
    entry = {"fullUrl": "Patient/other", "resource": {"resourceType": "Patient", "id": PATIENT}}
    other = {"resource": condition(subject={"reference": "Patient/other"})}
    taken = take([{"resourceType": "Bundle", "entry": [entry, other]}], PATIENT)
    assert [each["resourceType"] for each in taken.resources] == ["Patient"]


def test_a_resource_that_names_nobody_leaves_a_doubt() -> None:
    assert take([condition(subject={"display": "somebody"})], PATIENT).doubts == {"Condition": "other-subject"}


def test_orders_and_answers_have_keys_of_their_own() -> None:
    needs = [Requirement("ServiceRequest"), Requirement("QuestionnaireResponse"), Requirement("Observation")]
    assert {key.name: key.query for key in keys_for(needs, Settings(patient_parameter="subject"))} == {
        "observations": "Observation?subject=Patient/{{context.patientId}}",
        "orders": "ServiceRequest?subject=Patient/{{context.patientId}}",
        "answers": "QuestionnaireResponse?subject=Patient/{{context.patientId}}",
    }


def test_a_type_that_no_key_brings_is_uncovered() -> None:
    assert uncovered([Requirement("Condition"), Requirement("Medication"), Requirement("Immunization")]) == (
        "Immunization",
    )
