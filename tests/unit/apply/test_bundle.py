"""PlanDefinition/$r5.apply: the Bundle, its ids and order, GuidanceResponses, several subjects."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from publisher.issue import IssueError
from publisher.r4.models import round_trip_issues
from tests.unit.apply.builders import (
    PATIENT,
    activity,
    apply,
    bundle,
    caller,
    does,
    knowledge,
    plan,
    results,
    told,
    when,
)

HELD = knowledge(plan(does(), does(id="b"), goal=[{"description": {"text": "g"}}]), activity())


def entries(**inputs: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = apply("PlanDefinition/r5.apply", HELD, "plan", **inputs)["entry"]
    return found


def test_the_request_group_comes_first_then_goals_then_requests() -> None:
    kinds = [each["resource"]["resourceType"] for each in entries()]
    assert kinds == ["RequestGroup", "Goal", "ServiceRequest", "ServiceRequest"]


def test_every_reference_leads_to_an_entry_whose_address_follows_from_its_id() -> None:
    found = entries(who=caller(base_url="https://x.example/fhir"))
    addresses = {each["fullUrl"] for each in found}
    for each in found:
        resource = each["resource"]
        assert each["fullUrl"] == f"https://x.example/fhir/{resource['resourceType']}/{resource['id']}"
        assert uuid.UUID(resource["id"]).version == 5
    group = found[0]["resource"]
    references = [each["resource"]["reference"] for each in group["action"]]
    references.append(group["extension"][0]["valueReference"]["reference"])
    assert {f"https://x.example/fhir/{each}" for each in references} <= addresses


def test_two_actions_with_one_activity_are_two_requests() -> None:
    ids = [each["resource"]["id"] for each in entries()]
    assert len(set(ids)) == len(ids)


def test_the_same_request_gives_the_same_bytes_and_another_gives_other_ids() -> None:
    assert entries() == entries()
    other = entries(data=[bundle({**PATIENT, "gender": "male"})])
    assert {each["fullUrl"] for each in other}.isdisjoint({each["fullUrl"] for each in entries()})
    release = entries(who=caller(release="9"))
    assert release[0]["fullUrl"] != entries()[0]["fullUrl"]


def test_each_resource_is_one_that_the_models_take() -> None:
    for each in entries():
        if each["resource"]["resourceType"] != "Goal":
            assert list(round_trip_issues(each["resource"])) == []


def test_an_undetermined_action_is_a_guidance_response_that_says_what_it_needs() -> None:
    tracked = {"evaluationMode": ["tracked"], "data": None}
    group, response = results(plan(does(**when("Patient.active"))), activity(), **tracked)
    assert response["resourceType"] == "GuidanceResponse"
    assert (response["status"], response["subject"]) == ("data-required", {"reference": "Patient/1"})
    assert response["moduleCanonical"] == "http://example.org/PlanDefinition/plan|1"
    assert response["dataRequirement"] == [{"type": "Patient"}]
    assert told(group) == [("warning", "action-undetermined")]
    assert list(round_trip_issues(response)) == []


def test_issues_stand_with_the_plan_they_belong_to() -> None:
    inner = plan(does(**when("1 +")), name="inner")
    outer = plan({"definitionCanonical": "http://example.org/PlanDefinition/inner"})
    first, second = results(outer, inner, activity())
    assert (told(first), told(second)) == ([], [("warning", "action-undetermined")])


def test_a_nested_plan_of_which_nothing_is_left_leaves_nothing() -> None:
    inner = plan(does(**when("false")), name="inner")
    outer = plan({"definitionCanonical": "http://example.org/PlanDefinition/inner"}, does())
    assert [each["resourceType"] for each in results(outer, inner, activity())] == ["RequestGroup", "ServiceRequest"]


def test_many_subjects_with_much_data_are_refused_for_all_of_it_is_read_for_each() -> None:
    data = [bundle(*({"resourceType": "Condition", "id": str(number)} for number in range(1000)))]
    subjects = [f"Patient/{number}" for number in range(100)]
    with pytest.raises(IssueError, match="For each of 100 subjects all the data would be read; send fewer") as refusal:
        apply("PlanDefinition/r5.apply", HELD, "plan", subject=subjects, data=data)
    assert [(each.code, each.rule) for each in refusal.value.report] == [("too-costly", "subject-repeated")]
    parts = [{"key": ["k"], "data": data}]
    with pytest.raises(IssueError, match="For each of 100 subjects"):
        apply("PlanDefinition/r5.apply", HELD, "plan", subject=subjects, data=[], prefetchData=parts)
    assert len(apply("PlanDefinition/r5.apply", HELD, "plan", subject=subjects[:50], data=data)["parameter"]) == 50


def test_several_subjects_give_a_bundle_each() -> None:
    found = apply("PlanDefinition/r5.apply", HELD, "plan", subject=["Patient/1", "Patient/2", "1"])
    assert (found["resourceType"], [each["name"] for each in found["parameter"]]) == (
        "Parameters",
        ["return", "return"],
    )
    subjects = [each["resource"]["entry"][0]["resource"]["subject"]["reference"] for each in found["parameter"]]
    assert subjects == ["Patient/1", "Patient/2"]
    ids = [each["resource"]["id"] for each in found["parameter"]]
    assert len(set(ids)) == 2


def test_all_that_is_asked_for_says_in_which_encounter_and_by_whom() -> None:
    words, form = {"id": "w", "title": "Rest"}, {"id": "q", "definitionCanonical": "http://example.org/Questionnaire/q"}
    asked = {"encounter": ["Encounter/e"], "practitioner": ["Practitioner/p"]}
    _, *requests = results(plan(does(), words, form), activity(), **asked)
    assert [each["resourceType"] for each in requests] == ["ServiceRequest", "CommunicationRequest", "Task"]
    for each in requests:
        assert each["encounter"] == {"reference": "Encounter/e"}
        assert each["requester"] == {"reference": "Practitioner/p"}
