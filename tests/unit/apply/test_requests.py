"""ActivityDefinition/$apply: what each kind of request carries, and that nothing is lost in silence."""

from __future__ import annotations

from typing import Any

import pytest

from publisher.apply.request import SHAPES
from publisher.issue import IssueError
from publisher.r4 import definitions
from publisher.r4.models import round_trip_issues
from tests.unit.apply.builders import activity, caller, care_plan, does, plan, request, sentences, told

CODE = {"coding": [{"system": "http://example.org", "code": "x"}]}
TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
TIMING = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}
INPUTS = {
    "encounter": ["Encounter/e"],
    "practitioner": ["Practitioner/p"],
    "organization": ["Organization/o"],
}
COMPLETE: dict[str, dict[str, Any]] = {
    "MedicationRequest": {"productCodeableConcept": CODE},
    "ServiceRequest": {"code": CODE},
    "DeviceRequest": {"code": CODE},
    "SupplyRequest": {"productCodeableConcept": CODE, "quantity": {"value": 1}},
    "Procedure": {"code": CODE},
    "DiagnosticReport": {"code": CODE},
}


@pytest.mark.parametrize(
    ("timing", "expected"),
    [
        ({"timingDateTime": "2026-12-01"}, {"event": ["2026-12-01"]}),
        ({"timingPeriod": {"start": "2026-12-01"}}, {"repeat": {"boundsPeriod": {"start": "2026-12-01"}}}),
    ],
)
def test_when_a_medicine_is_to_be_taken_stands_in_the_dosage(timing: dict[str, Any], expected: dict[str, Any]) -> None:
    found = request(activity("MedicationRequest", productCodeableConcept=CODE, dosage=[{"text": "one"}], **timing))
    assert (found["dosageInstruction"], told(found)) == ([{"timing": expected, "text": "one"}], [])


def test_an_appointment_is_with_the_patient_others_by_role_and_the_location() -> None:
    nurse = {"type": "practitioner", "role": {"text": "nurse"}}
    found = request(activity("Appointment", code=CODE, location={"display": "clinic"}, participant=[nurse]))
    assert found["participant"] == [
        {"actor": {"reference": "Patient/1"}, "status": "needs-action"},
        {"actor": {"display": "clinic"}, "status": "needs-action"},
        {"type": [{"text": "nurse"}], "status": "needs-action"},
    ]
    assert told(found) == []


def test_a_medication_request_carries_all_that_is_said_of_it() -> None:
    definition = activity(
        "MedicationRequest",
        productCodeableConcept=CODE,
        code={"text": "an order"},
        dosage=[{"text": "one"}],
        timingTiming=TIMING,
        quantity={"value": 30},
        priority="urgent",
        doNotPerform=False,
        participant=[{"type": "practitioner", "role": {"text": "nurse"}}],
    )
    assert request(definition, **INPUTS) == {
        "resourceType": "MedicationRequest",
        "status": "draft",
        "intent": "proposal",
        "priority": "urgent",
        "doNotPerform": False,
        "medicationCodeableConcept": CODE,
        "subject": {"reference": "Patient/1"},
        "encounter": {"reference": "Encounter/e"},
        "requester": {"reference": "Practitioner/p"},
        "performerType": {"text": "nurse"},
        "instantiatesCanonical": ["http://example.org/ActivityDefinition/act|2"],
        "dosageInstruction": [{"timing": TIMING, "text": "one"}],
        "dispenseRequest": {"quantity": {"value": 30}},
    }


def test_a_product_by_reference_comes_before_a_code() -> None:
    product = {"reference": "Medication/m"}
    found = request(activity("MedicationRequest", code=CODE, productReference=product))
    assert found["medicationReference"] == product
    assert "medicationCodeableConcept" not in found
    device = request(activity("DeviceRequest", code=CODE, productReference={"reference": "Device/d"}))
    assert device["codeReference"] == {"reference": "Device/d"}
    assert "codeCodeableConcept" not in device


def test_a_medicine_is_not_named_by_a_title() -> None:
    found = request(activity("MedicationRequest", title="Give something"))
    assert "medicationCodeableConcept" not in found
    assert told(found) == [("warning", "request-incomplete")]


def test_a_service_request_carries_place_site_time_and_quantity() -> None:
    site, place = {"text": "leg"}, {"reference": "Location/l"}
    definition = activity(
        code=CODE, bodySite=[site], location=place, quantity={"value": 2}, timingDateTime="2026-12-01", priority="asap"
    )
    found = request(definition)
    assert (found["bodySite"], found["locationReference"]) == ([site], [place])
    assert (found["quantityQuantity"], found["occurrenceDateTime"], found["priority"]) == (
        {"value": 2},
        "2026-12-01",
        "asap",
    )
    assert "contained" not in found


def test_a_code_that_r4_does_not_allow_is_left_out_and_told() -> None:
    found = request(activity(code=CODE, priority="made-up"))
    assert "priority" not in found
    assert told(found) == [("warning", "activity-code")]


def test_a_task_that_is_not_to_be_done_says_so_in_a_modifier() -> None:
    found = request(
        activity("Task", code=CODE, doNotPerform=True, timingPeriod={"start": "2026"}, location={"display": "x"})
    )
    (modifier,) = found["modifierExtension"]
    assert modifier == {"url": "http://hl7.org/fhir/StructureDefinition/request-doNotPerform", "valueBoolean": True}
    assert found["restriction"] == {"period": {"start": "2026"}}
    assert "modifierExtension" not in request(activity("Task", code=CODE, doNotPerform=False))


@pytest.mark.parametrize("kind", sorted(SHAPES))
def test_every_kind_is_a_draft_for_the_subject_and_names_its_definition(kind: str) -> None:
    found = request(activity(kind, **COMPLETE.get(kind, {"productCodeableConcept": CODE})), **INPUTS)
    assert found["resourceType"] == kind
    assert found.get("status") in (None, "draft", "preparation", "registered", "proposed")
    assert found.get("intent") in (None, "proposal")
    assert "http://example.org/ActivityDefinition/act|2" in str(found)
    assert "Patient/1" in str({name: each for name, each in found.items() if name != "contained"})
    assert set(found) - {"resourceType"} <= set(definitions.children(kind))


@pytest.mark.parametrize("kind", sorted(COMPLETE))
def test_a_complete_definition_gives_a_resource_that_the_models_take(kind: str) -> None:
    found = request(activity(kind, **COMPLETE[kind]), **INPUTS)
    assert list(round_trip_issues(found)) == []
    assert told(found) == []


@pytest.mark.parametrize(
    ("kind", "lost"),
    [
        ("Task", {"timingTiming": TIMING}),
        ("CommunicationRequest", {"quantity": {"value": 1}}),
        ("MedicationRequest", {"location": {"reference": "Location/l"}, "productCodeableConcept": CODE}),
        ("ServiceRequest", {"dosage": [{"text": "x"}]}),
        ("ServiceRequest", {"specimenRequirement": [{"reference": "SpecimenDefinition/s"}]}),
    ],
)
def test_what_r4_has_no_place_for_is_told(kind: str, lost: dict[str, Any]) -> None:
    assert ("warning", "activity-element") in told(request(activity(kind, **lost)))


def test_the_extension_of_the_guide_names_a_kind_that_r4_does_not_list() -> None:
    url = "http://hl7.org/fhir/uv/cpg/StructureDefinition/cpg-activity-kind"
    definition = activity("Task", code=CODE, extension=[{"url": url, "valueString": "Procedure"}])
    assert request(definition)["resourceType"] == "Procedure"


@pytest.mark.parametrize(
    ("definition", "rule"),
    [
        (activity("PlanDefinition"), "activity-kind"),
        (activity("ImmunizationRecommendation"), "activity-element-missing"),
        (activity(transform="http://example.org/StructureMap/m"), "transform"),
    ],
)
def test_what_cannot_be_made_is_refused(definition: dict[str, Any], rule: str) -> None:
    with pytest.raises(IssueError) as refused:
        request(definition)
    assert [each.rule for each in refused.value.report] == [rule]


def test_the_action_overrides_text_code_timing_and_participants() -> None:
    definition = activity("Task", description="old", code=CODE, timingPeriod={"start": "2026-01-01"})
    action = does(description="new", code=[{"text": "other"}], timingPeriod={"start": "2027-01-01"})
    result = care_plan(plan(action), definition)
    (task,) = [each for each in result["contained"] if each["resourceType"] == "Task"]
    assert (task["description"], task["code"]) == ("new", {"text": "other"})
    assert task["restriction"]["period"] == {"start": "2027-01-01"}
    assert task["intent"] == "option"


def test_a_failed_activity_does_not_take_its_neighbours_along() -> None:
    bad = {**activity("PlanDefinition"), "id": "bad", "url": "http://example.org/ActivityDefinition/bad"}
    result = care_plan(plan({"definitionCanonical": bad["url"]}, does()), activity(code=CODE), bad)
    assert [each["resourceType"] for each in result["contained"]] == [
        "RequestGroup",
        "ServiceRequest",
        "OperationOutcome",
    ]
    assert told(result) == [("error", "activity-kind")]


@pytest.mark.parametrize(("language", "words"), [("sv", "Nysning"), ("en", "Sneeze")])
def test_a_request_says_in_which_language_its_words_are(language: str, words: str) -> None:
    parts = [{"url": "lang", "valueCode": "en"}, {"url": "content", "valueString": "Sneeze"}]
    translated = {"extension": [{"url": TRANSLATION, "extension": parts}]}
    spoken = activity("Task", language="sv", description="Nysning", _description=translated)
    made = request(spoken, who=caller(language))
    assert (made["language"], made["description"]) == (language, words)
    assert "language" not in request(activity(code=CODE), who=caller(language))


@pytest.mark.parametrize(("kind", "element"), [("MedicationRequest", "medication[x]"), ("DeviceRequest", "code[x]")])
def test_a_product_of_a_type_that_r4_does_not_allow_there_is_told(kind: str, element: str) -> None:
    found = request(activity(kind, productReference={"reference": "Substance/s"}))
    assert "Substance" not in str({name: each for name, each in found.items() if name != "contained"})
    key = f"{element.removesuffix('[x]')}Reference"
    assert sentences(found) == [
        f"http://example.org/ActivityDefinition/act|2: {key} would refer to Substance/s, which R4 does not allow there, "
        "so it was not carried over.",
        f"http://example.org/ActivityDefinition/act|2: the {kind} lacks {element}, which R4 requires.",
    ]


@pytest.mark.parametrize(
    ("kind", "element"), [("NutritionOrder", "orderer"), ("VisionPrescription", "prescriber"), ("Claim", "enterer")]
)
def test_an_organization_asks_only_where_r4_lets_it(kind: str, element: str) -> None:
    assert element not in request(activity(kind, code=CODE), organization=["Organization/o"])
    asked = request(activity(kind, code=CODE), practitioner=["Practitioner/p"], organization=["Organization/o"])
    assert asked[element] == {"reference": "Practitioner/p"}
    assert request(activity("Task"), organization=["Organization/o"])["requester"] == {"reference": "Organization/o"}


@pytest.mark.parametrize(
    ("kind", "element", "expected"),
    [
        ("ServiceRequest", "performer", [{"reference": "Patient/1"}]),
        ("MedicationRequest", "performer", {"reference": "Patient/1"}),
        ("DeviceRequest", "performer", {"reference": "Patient/1"}),
        ("Task", "owner", {"reference": "Patient/1"}),
        ("Appointment", "participant", [{"actor": {"reference": "Patient/1"}, "status": "needs-action"}]),
    ],
)
def test_what_the_patient_does_is_performed_by_the_patient(kind: str, element: str, expected: Any) -> None:
    found = request(activity(kind, participant=[{"type": "patient"}], **COMPLETE.get(kind, {})))
    assert (found[element], told(found)) == (expected, [])


def test_the_patient_and_somebody_by_role_both_take_part() -> None:
    nurse = {"type": "practitioner", "role": {"text": "nurse"}}
    found = request(activity(code=CODE, participant=[{"type": "patient"}, nurse]))
    assert (found["performer"], found["performerType"]) == ([{"reference": "Patient/1"}], {"text": "nurse"})
    assert "performer" not in request(activity(code=CODE, participant=[nurse]))


@pytest.mark.parametrize(
    ("first", "lost"),
    [
        ({"type": "patient"}, "participant[1]"),
        ({"type": "practitioner", "role": {"text": "nurse"}}, "participant[1]"),
        ({"type": "related-person"}, "participant"),
    ],
)
@pytest.mark.parametrize("kind", ["ServiceRequest", "DeviceRequest", "Task", "Appointment"])
def test_of_those_who_take_part_the_one_without_a_place_is_told(kind: str, first: dict[str, Any], lost: str) -> None:
    found = request(activity(kind, participant=[first, {"type": "practitioner"}], **COMPLETE.get(kind, {})))
    whose = "http://example.org/ActivityDefinition/act|2"
    assert sentences(found) == [f"{whose}: {lost} has no place in the {kind} of R4, so it was not carried over."]


def test_who_takes_part_and_has_no_place_in_a_request_is_told() -> None:
    found = request(activity("SupplyRequest", **COMPLETE["SupplyRequest"], participant=[{"type": "patient"}]))
    assert told(found) == [("warning", "activity-element")]
    found = request(activity(code=CODE, participant=[{"type": "practitioner"}]))
    assert told(found) == [("warning", "activity-element")]
