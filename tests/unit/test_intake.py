"""What arrives about a patient: whose it is, and what cannot be told leaves a doubt."""

from __future__ import annotations

from typing import Any

import pytest

from publisher.intake import ANY_TYPE, take, unresolved_medicines
from tests.artifacts.patients import PATIENT, condition, referring, searchset

SERVER = "https://ehr.example/fhir"
NUMBER = {"system": "https://ehr.example/numbers", "value": "1"}
OF_OTHERS = {"system": "https://ehr.example/numbers", "value": "2"}


def about(reference: Any, *, server: str | None = SERVER, **more: Any) -> str | None:
    """Return what became of a problem with this subject: None where it was taken, else the doubt, else `left out`."""
    taken = take([condition(subject={"reference": reference}, **more)], PATIENT, server=server)
    return None if taken.resources else taken.doubts.get("Condition", "left out")


@pytest.mark.parametrize(
    "reference",
    [
        f"Patient/{PATIENT}",
        f"./Patient/{PATIENT}",
        f"Patient/{PATIENT}/",
        f"Patient/{PATIENT}/_history/3",
        f"{SERVER}/Patient/{PATIENT}",
        f"{SERVER}//Patient/{PATIENT}",
        f"{SERVER}/Patient/{PATIENT}/_history/3",
        f"https://ehr.example:443/fhir/Patient/{PATIENT}",
        f"http://ehr.example/fhir/Patient/{PATIENT}",
        f"http://ehr.example:80/fhir/Patient/{PATIENT}",
        f"HTTPS://EHR.example/fhir/Patient/{PATIENT}/",
    ],
)
def test_a_subject_that_is_written_in_another_way_is_the_same_patient(reference: str) -> None:
    assert about(reference) is None


def test_the_address_of_the_server_may_be_written_in_another_way_too() -> None:
    for server in ("https://ehr.example:443/fhir/", "http://ehr.example/fhir", "https://EHR.example/fhir"):
        assert about(f"{SERVER}/Patient/{PATIENT}", server=server) is None


@pytest.mark.parametrize(
    "reference",
    [
        "#p",
        "urn:uuid:7d4b2d16-8f3c-4a77-a1f5-51d0a1a9c0c3",
        f"patient/{PATIENT}",
        f" Patient/{PATIENT}",
        f"https://elsewhere.example/fhir/Patient/{PATIENT}",
        f"https://ehr.example:8443/fhir/Patient/{PATIENT}",
        f"https://ehr.example:x/fhir/Patient/{PATIENT}",
        f"https://[ehr/fhir/Patient/{PATIENT}",
        "Patient?identifier=1",
        "Group/1",
        "",
    ],
)
def test_a_subject_that_may_be_the_patient_leaves_a_doubt(reference: str) -> None:
    assert about(reference) == "other-subject"


@pytest.mark.parametrize("reference", ["Patient/another", f"{SERVER}/Patient/another", "patient/another", "Device/1"])
def test_what_is_about_another_patient_is_left_out_without_a_doubt(reference: str) -> None:
    assert about(reference) == "left out"


def test_a_subject_in_the_same_bundle_is_known_by_its_address() -> None:
    address = "urn:uuid:7d4b2d16-8f3c-4a77-a1f5-51d0a1a9c0c3"
    other = {"fullUrl": address, "resource": {"resourceType": "Patient", "id": "another"}}
    bundle = {"resourceType": "Bundle", "entry": [other, {"resource": condition(subject={"reference": address})}]}
    taken = take([bundle], PATIENT)
    assert (taken.resources, taken.doubts) == ((), {})


@pytest.mark.parametrize(
    ("given", "verdict"),
    [(NUMBER, None), (OF_OTHERS, "other-subject"), ({"value": "1"}, "other-subject"), (3, "malformed")],
)
def test_a_patient_without_an_address_is_known_by_an_identifier(given: Any, verdict: str | None) -> None:
    patient = {"resourceType": "Patient", "id": PATIENT, "identifier": [NUMBER]}
    contained = condition(
        subject={"reference": "#p"}, contained=[{"resourceType": "Patient", "id": "p", "identifier": [given]}]
    )
    named = condition("E03.9", subject={"identifier": given})
    for resource in (contained, named):
        taken = take([patient, resource], PATIENT, server=SERVER)
        assert (len(taken.resources), taken.doubts.get("Condition")) == (1 if verdict else 2, verdict)


def test_the_id_of_a_contained_patient_names_nobody() -> None:
    inside = [{"resourceType": "Patient", "id": PATIENT}]
    assert about(f"#{PATIENT}", contained=inside) == "other-subject"


@pytest.mark.parametrize("kind", ["condition", "CONDITION"])
def test_a_type_in_other_letters_leaves_a_doubt_on_the_type(kind: str) -> None:
    assert take([searchset({**condition(), "resourceType": kind})], PATIENT).doubts == {"Condition": "malformed"}


@pytest.mark.parametrize("entry", [{"resource": {}}, {"resource": {"resourceType": 3}}, {"resource": []}, "text"])
def test_an_entry_that_does_not_tell_its_type_leaves_a_doubt_on_every_type(entry: Any) -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": condition()}, entry]}
    taken = take([bundle], PATIENT)
    assert (len(taken.resources), taken.doubts) == (1, {ANY_TYPE: "malformed"})


def test_a_type_that_r4_does_not_have_leaves_a_doubt_on_every_type() -> None:
    assert take([{"resourceType": "Conditions"}], PATIENT).doubts == {ANY_TYPE: "malformed"}


def test_an_entry_without_a_resource_is_no_data_and_no_doubt() -> None:
    assert take([{"resourceType": "Bundle", "entry": [{"fullUrl": "urn:x"}]}], PATIENT).doubts == {}


@pytest.mark.parametrize("code", ["I80.2 ", " I80.2", "", "I80.2\n"])
def test_a_code_with_a_blank_at_its_end_is_malformed(code: str) -> None:
    assert take([condition(code)], PATIENT).doubts == {"Condition": "malformed"}


def medication(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Medication", "id": "x", **more}


@pytest.mark.parametrize(
    ("reference", "contained", "unresolved"),
    [
        ({"reference": "Medication/x"}, [], False),
        ({"reference": "#m"}, [medication(id="m")], False),
        ({"reference": "Medication/y"}, [], True),
        ({"reference": "#m"}, [], True),
        ({"reference": "#x"}, [], True),
        ({"display": "Kinin"}, [], False),
        ({"identifier": NUMBER}, [], False),
    ],
)
def test_a_medicine_that_nothing_resolves_is_told(reference: Any, contained: Any, unresolved: bool) -> None:
    request = {**referring("x", contained=contained), "medicationReference": reference}
    assert [*unresolved_medicines([medication(), request])] == [request] * unresolved


@pytest.mark.parametrize("value", [None, "Medication/y", ["Medication/y"], {"reference": 7}])
def test_an_element_of_prescriptions_on_another_type_is_passed_over_as_any_unknown_one(value: Any) -> None:
    odd = {**condition("I80.2"), "medicationReference": value}
    assert take([odd], PATIENT).resources == (odd,)
    assert not [*unresolved_medicines([odd])]


@pytest.mark.parametrize("part", ["/", "Patient/", "/_history/", "#", "x"])
def test_a_subject_of_any_length_is_read_once(part: str) -> None:
    """Half a million characters are judged: a pattern that tries every way to part them would not come to an end."""
    assert about(f"https://ehr.example{part * 500_000} ") == "other-subject"


def test_a_bundle_in_a_bundle_is_opened_and_an_outcome_in_one_is_no_data() -> None:
    condition = {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/1"}}
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "information", "code": "informational"}]}
    inner = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": condition}, {"resource": outcome}]}
    outer = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": inner}, {"resource": outcome}]}
    taken = take([outer], "1")
    assert (taken.resources, taken.doubts) == ((condition,), {})


def test_the_address_of_an_entry_names_nothing_that_comes_after_its_bundle() -> None:
    entry = {"fullUrl": "https://ehr.example/Condition/c", "resource": {"resourceType": "Medication"}}
    after = {"resourceType": "Medication", "code": {"text": "x"}}
    taken = take([{"resourceType": "Bundle", "type": "collection", "entry": [entry]}, after], "1")
    assert [each.get("id") for each in taken.resources] == ["c", None]
