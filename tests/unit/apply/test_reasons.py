"""Why an action is proposed (PlanDefinition.action.reason): in the request where R4 has a place, told where it has none.

https://hl7.org/fhir/R4/request.html (Request.reasonCode); a RequestGroup.action of R4 has no reason.
"""

from __future__ import annotations

from typing import Any

import pytest

from publisher.apply.request import SHAPES
from tests.unit.apply.builders import (
    BASE,
    activity,
    broken,
    care_plan,
    contained,
    does,
    plan,
    results,
    sentences,
    told,
    value,
)

CODE = {"coding": [{"system": "http://example.org", "code": "x"}]}
WHY, MORE = {"text": "slept badly"}, {"text": "asked for it"}
BY_EXTENSION = {"DiagnosticReport", "NutritionOrder"}
# R4 has neither the element nor, for these, the extension workflow-reasonCode.
NOWHERE = {
    "AppointmentResponse", "CarePlan", "Claim", "Contract", "EnrollmentRequest", "ImmunizationRecommendation",
    "VisionPrescription",
}  # fmt: skip
ANSWERED = f"{BASE}/Questionnaire/q"


def made(kind: str, *reasons: dict[str, Any], **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the request of a kind that an action with these reasons leads to, and the whole CarePlan."""
    definition = activity(kind, code=CODE, productCodeableConcept=CODE, **more)
    result = care_plan(plan(does(reason=list(reasons))), definition)
    return next(each for each in contained(result, kind) if each.get("action") is None), result


@pytest.mark.parametrize("kind", sorted(set(SHAPES) - NOWHERE - BY_EXTENSION - {"Task"}))
def test_the_reasons_of_an_action_are_those_of_its_request(kind: str) -> None:
    request, result = made(kind, WHY, MORE)
    assert request["reasonCode"] == [WHY, MORE]
    assert not [each for each in sentences(result) if "reason" in each]


@pytest.mark.parametrize("kind", sorted(BY_EXTENSION))
def test_where_r4_has_no_element_but_an_extension_the_reasons_stand_in_that(kind: str) -> None:
    request, result = made(kind, WHY, MORE)
    url = "http://hl7.org/fhir/StructureDefinition/workflow-reasonCode"
    reasons = [each["valueCodeableConcept"] for each in request["extension"] if each["url"] == url]
    assert reasons == [WHY, MORE]
    assert broken(request) == []
    assert not [each for each in sentences(result) if "reason" in each]


def test_a_task_has_place_for_one_reason_and_several_are_told() -> None:
    assert made("Task", WHY)[0]["reasonCode"] == WHY
    request, result = made("Task", WHY, MORE)
    assert "reasonCode" not in request
    assert "action[0]: reason has no place in the Task of R4, so it was not carried over." in sentences(result)


@pytest.mark.parametrize("kind", sorted(NOWHERE))
def test_a_request_without_a_place_for_a_reason_is_told(kind: str) -> None:
    request, result = made(kind, WHY)
    assert "slept" not in str(request)
    assert f"action[0]: reason has no place in the {kind} of R4, so it was not carried over." in sentences(result)


def test_a_message_and_the_task_of_a_questionnaire_say_why() -> None:
    actions = [{"title": "Rest", "reason": [WHY]}, does(definitionCanonical=ANSWERED, reason=[WHY])]
    found = {each["resourceType"]: each for each in results(plan(*actions))}
    assert (found["CommunicationRequest"]["reasonCode"], found["Task"]["reasonCode"]) == ([WHY], WHY)
    assert told(found["RequestGroup"]) == []


def test_several_reasons_of_a_questionnaire_and_any_in_a_care_plan_are_told() -> None:
    several = plan(does(definitionCanonical=ANSWERED, reason=[WHY, MORE]))
    group, task = results(several)
    assert "reasonCode" not in task
    assert sentences(group) == ["action[0]: reason has no place in the Task of R4, so it was not carried over."]
    assert told(care_plan(several)) == [("warning", "activity-element")]


def test_the_group_of_a_nested_plan_says_why_in_both_forms() -> None:
    outer = plan(does(definitionCanonical=f"{BASE}/PlanDefinition/inner", reason=[WHY]))
    inner = plan({"title": "Rest"}, name="inner")
    groups = [each for each in results(outer, inner) if each["resourceType"] == "RequestGroup"]
    assert [each.get("reasonCode") for each in groups] == [None, [WHY]]
    result = care_plan(outer, inner)
    assert [each.get("reasonCode") for each in contained(result, "RequestGroup")] == [None, [WHY]]
    assert (broken(result), told(result)) == ([], [])


@pytest.mark.parametrize(
    "action",
    [
        {"action": [{"title": "Rest"}]},
        {"dynamicValue": [value("%action.resource", "'Task/1'")]},
    ],
)
def test_an_action_that_makes_no_request_of_its_own_has_no_place_for_a_reason(action: dict[str, Any]) -> None:
    result = care_plan(plan({"id": "a", "reason": [WHY], **action}))
    assert sentences(result) == [
        "action[0]: reason has no place in the RequestGroup.action of R4, so it was not carried over."
    ]


def test_a_reason_comes_in_the_language_asked_for() -> None:
    parts = [{"url": "lang", "valueCode": "sv"}, {"url": "content", "valueString": "sov illa"}]
    spoken = {**WHY, "_text": {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/translation",
                                              "extension": parts}]}}  # fmt: skip
    result = care_plan(plan(does(reason=[spoken])), activity(code=CODE), userLanguage=["sv"])
    assert contained(result, "ServiceRequest")[0]["reasonCode"] == [{"text": "sov illa"}]


def test_what_a_goal_of_r4_has_no_place_for_is_told() -> None:
    page = {"type": "documentation", "url": "https://example.org/why"}
    coded = {"coding": [{"system": "http://example.org", "code": "c", "display": "Cramp"}]}
    goal = {"description": {"text": "better"}, "documentation": [page], "addresses": [{"text": "sleep"}, coded]}
    result = care_plan(plan(does(), goal=[goal]), activity(code=CODE))
    (found,) = contained(result, "Goal")
    assert found["addresses"] == [{"display": "sleep"}, {"display": "Cramp"}]
    lost = "has no place in the Goal of R4, so it was not carried over."
    named = f"{BASE}/PlanDefinition/plan|1"
    assert sentences(result) == [f"{named}: addresses[1].coding {lost}", f"{named}: documentation {lost}"]
    (outcome,) = contained(result, "OperationOutcome")
    assert [each["expression"] for each in outcome["issue"]] == [["goal[0]"]] * 2


def test_which_goal_an_action_is_for_is_told_since_r4_has_no_place_for_it() -> None:
    goal = {"id": "sleep", "description": {"text": "sleep better"}}
    result = care_plan(plan(does(goalId=["sleep"]), goal=[goal]), activity(code=CODE))
    assert sentences(result) == [
        "action[0]: goalId has no place in the RequestGroup.action of R4, so it was not carried over."
    ]
