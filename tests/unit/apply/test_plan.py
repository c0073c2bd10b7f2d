"""PlanDefinition/$apply: conditions, groups, behaviours, nested definitions; https://hl7.org/fhir/R4/plandefinition.html."""

from __future__ import annotations

from typing import Any

import pytest

from publisher.extension import EVALUATION_MODE
from tests.unit.apply.builders import (
    BASE,
    PATIENT,
    activity,
    bundle,
    care_plan,
    contained,
    does,
    plan,
    results,
    told,
    value,
    when,
)

FEMALE, MALE = "Patient.gender = 'female'", "%subject.gender = 'male'"
BEHAVIOURS = {
    "groupingBehavior": "sentence-group",
    "selectionBehavior": "at-most-one",
    "requiredBehavior": "could",
    "precheckBehavior": "no",
    "cardinalityBehavior": "single",
}


def ids(result: dict[str, Any]) -> list[str]:
    groups = contained(result, "RequestGroup")
    return [each["id"] for each in groups[0]["action"]] if groups else []


def test_conditions_of_one_kind_combine_by_and() -> None:
    both = {"condition": [*when(FEMALE)["condition"], *when("1 = 1")["condition"]]}
    one = {"condition": [*when(FEMALE)["condition"], *when(MALE)["condition"]]}
    result = care_plan(plan(does(**both), does(id="b", **one), does(id="c", **when(MALE))), activity())
    assert ids(result) == ["a"]
    assert told(result) == []


def test_start_and_stop_are_carried_and_not_evaluated() -> None:
    result = care_plan(plan(does(**when("no such thing (", kind="start"))), activity())
    (group,) = contained(result, "RequestGroup")
    assert group["action"][0]["condition"][0]["kind"] == "start"
    assert told(result) == []


@pytest.mark.parametrize("expression", ["Patient.gender", "1 +", "%nobody", "Patient.name.exists() and no.such()"])
def test_a_condition_that_is_none_or_fails_is_told(expression: str) -> None:
    result = care_plan(plan(does(**when(expression))), activity())
    assert ids(result) == []
    assert told(result) == [("warning", "action-undetermined")]


def test_a_plan_read_as_plain_takes_an_empty_condition_for_no_and_one_that_tracks_does_not() -> None:
    definition = plan(does(**when("Patient.deceased")))
    assert told(care_plan(definition, activity())) == []
    assert told(care_plan(definition, activity(), evaluationMode=["tracked"])) == [("warning", "action-undetermined")]


def test_without_the_subject_a_condition_on_it_stays_open_where_missing_data_are_tracked() -> None:
    result = care_plan(plan(does(**when(MALE))), activity(), evaluationMode=["tracked"], data=None)
    (outcome,) = contained(result, "OperationOutcome")
    assert outcome["issue"][0]["code"] == "incomplete"


@pytest.mark.parametrize(("expression", "applies"), [("Patient.gender.empty()", True), (FEMALE, False)])
def test_an_action_that_is_read_as_plain_goes_by_what_is_there_in_a_plan_that_tracks(
    expression: str, applies: bool
) -> None:
    plain = {"extension": [{"url": EVALUATION_MODE, "valueCode": "plain"}]}
    definition = plan(does(**when(expression), **plain), does(id="b", **when(expression)))
    result = care_plan(definition, activity(), evaluationMode=["tracked"], data=None)
    assert ids(result) == (["a"] if applies else [])
    assert told(result) == [("warning", "action-undetermined")]


def test_a_group_keeps_its_behaviours_and_the_order_of_its_actions() -> None:
    group = {
        "id": "g",
        "title": "Group",
        **BEHAVIOURS,
        "action": [does(id="x"), does(id="y", **when(MALE)), does(id="z")],
    }
    (found,) = contained(care_plan(plan(group), activity()), "RequestGroup")
    (action,) = found["action"]
    assert {name: action[name] for name in BEHAVIOURS} == BEHAVIOURS
    assert [each["id"] for each in action["action"]] == ["x", "z"]
    assert "resource" not in action


def test_children_of_an_action_that_does_not_apply_are_not_looked_at() -> None:
    group = {"id": "g", **when(MALE), "action": [does(**when("1 +"))]}
    assert told(care_plan(plan(group), activity())) == []


def test_related_actions_timing_texts_and_documentation_are_carried() -> None:
    carried = {
        "prefix": "1",
        "description": "D",
        "textEquivalent": "T",
        "priority": "asap",
        "code": [{"text": "c"}],
        "timingDuration": {"value": 3, "unit": "d"},
        "relatedAction": [{"actionId": "b", "relationship": "before", "offsetDuration": {"value": 1}}],
        "documentation": [{"type": "citation", "label": "L"}],
        "type": {"coding": [{"code": "create"}]},
    }
    (group,) = contained(care_plan(plan(does(**carried)), activity()), "RequestGroup")
    assert {name: group["action"][0][name] for name in carried} == carried


def test_participants_are_the_subject_the_practitioner_or_a_role_in_words() -> None:
    kinds = [
        {"type": "patient"},
        {"type": "practitioner"},
        {"type": "practitioner", "role": {"text": "nurse"}},
        {"type": "related-person", "role": {"coding": [{"code": "p", "display": "parent"}]}},
    ]
    result = care_plan(plan(does(participant=kinds)), activity(), practitioner=["Practitioner/p"])
    assert contained(result, "RequestGroup")[0]["action"][0]["participant"] == [
        {"reference": "Patient/1"},
        {"reference": "Practitioner/p"},
        {"type": "Practitioner", "display": "nurse"},
        {"type": "RelatedPerson", "display": "parent"},
    ]


def test_a_nested_plan_is_a_care_plan_of_its_own_and_an_option() -> None:
    inner = plan(does(), name="inner", title="Inner")
    outer = plan({"id": "n", "definitionCanonical": "http://example.org/PlanDefinition/inner|1"})
    result = care_plan(outer, inner, activity())
    (nested,) = contained(result, "CarePlan")
    assert (nested["intent"], nested["title"]) == ("option", "Inner")
    assert contained(result, "RequestGroup")[0]["action"][0]["resource"] == {"reference": f"#{nested['id']}"}


def test_what_is_told_of_nested_plans_is_told_apart_by_its_place() -> None:
    leads = "http://example.org/PlanDefinition/"
    inner = plan(does(**when("1 + 'x' = 1")), name="inner")
    outer = plan(
        does(id="m", definitionCanonical=f"{leads}middle"),
        does(id="n", definitionCanonical=f"{leads}inner"),
        does(id="o", **when("1 + 'x' = 1")),
    )
    middle = plan(does(id="n", definitionCanonical=f"{leads}inner"), name="middle")
    resources = (outer, middle, inner, activity())
    inside = "definition.resolve().action[0]"
    places = [f"action[0].{inside}.{inside}", f"action[1].{inside}", "action[2]"]
    (outcome,) = contained(care_plan(*resources), "OperationOutcome")
    assert [each["expression"] for each in outcome["issue"]] == [[each] for each in places]
    groups = [each for each in results(*resources) if each["resourceType"] == "RequestGroup"]
    told_there = [contained(each, "OperationOutcome") for each in groups]
    assert [[one["issue"][0]["expression"] for one in each] for each in told_there] == [
        [["action[2]"]], [], [["action[0]"]], [["action[0]"]],
    ]  # fmt: skip


def test_a_nested_plan_that_is_not_understood_is_told_where_it_is_led_to() -> None:
    leads = "http://example.org/PlanDefinition/"
    inner = plan(does(), name="inner", modifierExtension=[{"url": "http://example.org/e", "valueBoolean": True}])
    middle = plan(does(id="n", definitionCanonical=f"{leads}inner"), name="middle")
    outer = plan(*(does(id=name, definitionCanonical=f"{leads}{name}") for name in ("middle", "inner")))
    (outcome,) = contained(care_plan(outer, middle, inner), "OperationOutcome")
    places = ["action[0].definition.resolve().action[0].definition", "action[1].definition"]
    assert [each["expression"] for each in outcome["issue"]] == [[each] for each in places]


def test_a_nested_plan_that_fails_does_not_fail_the_rest() -> None:
    inner = plan(does(), name="inner", library=["http://example.org/Library/gone"])
    outer = plan({"id": "n", "definitionCanonical": "http://example.org/PlanDefinition/inner"}, does())
    result = care_plan(outer, inner, activity())
    assert ids(result) == ["a"]
    assert told(result) == [("error", "library-missing")]
    (issue,) = contained(result, "OperationOutcome")[0]["issue"]
    assert issue["expression"] == ["action[0].definition"]


def test_an_activity_may_be_contained_in_the_plan() -> None:
    inner = {**activity("Task"), "id": "here"}
    outer = plan({"definitionCanonical": "#here"}, {"definitionCanonical": "#gone"}, contained=[inner])
    result = care_plan(outer)
    assert [each["resourceType"] for each in result["contained"]] == ["RequestGroup", "Task", "OperationOutcome"]
    assert told(result) == [("error", "definition-missing")]


def test_a_questionnaire_is_referred_to_in_the_care_plan_and_a_task_in_the_bundle() -> None:
    canonical = "http://example.org/Questionnaire/q|3"
    definition = plan({"id": "ask", "title": "Ask", "definitionCanonical": canonical})
    (group,) = contained(care_plan(definition), "RequestGroup")
    assert group["action"][0]["resource"] == {"reference": canonical}
    _, task = results(definition)
    assert (task["resourceType"], task["input"][0]["valueCanonical"]) == ("Task", canonical)
    assert task["code"]["coding"][0]["code"] == "collect-information"


def test_plans_that_multiply_each_other_come_to_an_end_that_is_told() -> None:
    levels = [
        plan(
            *({"id": f"a{n}", "definitionCanonical": f"{BASE}/PlanDefinition/n{level + 1}"} for n in range(20)),
            name=f"n{level}",
        )
        for level in range(8)
    ]
    result = care_plan(*levels, plan({"id": "leaf", "title": "x"}, name="n8"))
    assert {rule for _, rule in told(result)} == {"nested-costly"}
    assert 0 < len(contained(result, "CommunicationRequest")) <= 10_000


def test_a_chain_of_plans_has_an_end_that_is_told() -> None:
    chain = [
        plan({"id": "a", "definitionCanonical": f"{BASE}/PlanDefinition/n{level + 1}"}, name=f"n{level}")
        for level in range(400)
    ]
    result = care_plan(*chain, plan({"id": "leaf", "title": "x"}, name="n400"))
    assert told(result) == [("error", "nested-costly")]


@pytest.mark.parametrize(
    ("expression", "resource", "issues"),
    [
        ("%subject", {"reference": "Patient/1"}, []),
        ("'Task/7'", {"reference": "Task/7"}, []),
        ("'x'", {"reference": "#task-1"}, [("error", "dynamic-value")]),
        ("5", {"reference": "#task-1"}, [("error", "dynamic-value")]),
        ("{}", {"reference": "#task-1"}, []),
    ],
)
def test_a_dynamic_value_may_name_the_resource_of_an_action(
    expression: str, resource: dict[str, str], issues: list[tuple[str, str]]
) -> None:
    action = does(dynamicValue=[value("%action.resource", expression)])
    result = care_plan(plan(action), activity("Task"))
    assert contained(result, "RequestGroup")[0]["action"][0]["resource"] == resource
    assert told(result) == issues


def test_a_transform_is_told_and_the_action_goes_on() -> None:
    result = care_plan(plan(does(transform="http://example.org/StructureMap/m")), activity())
    assert ids(result) == ["a"]
    assert told(result) == [("error", "transform")]


def test_an_action_without_words_is_a_message_without_payload() -> None:
    (message,) = contained(care_plan(plan({"id": "x"})), "CommunicationRequest")
    assert "payload" not in message


def test_goals_of_the_plan_are_proposed_to_the_patient() -> None:
    goal = {
        "category": {"text": "c"},
        "description": {"text": "to improve"},
        "priority": {"text": "high"},
        "start": {"text": "now"},
        "addresses": [{"text": "cramp"}],
        "target": [{"measure": {"text": "m"}, "detailQuantity": {"value": 1}, "due": {"value": 3, "unit": "d"}}],
    }
    result = care_plan(plan(does(), goal=[goal]), activity())
    (found,) = contained(result, "Goal")
    assert {name: item for name, item in found.items() if name != "id"} == {
        "resourceType": "Goal",
        "lifecycleStatus": "proposed",
        "category": [{"text": "c"}],
        "priority": {"text": "high"},
        "description": {"text": "to improve"},
        "subject": {"reference": "Patient/1"},
        "startCodeableConcept": {"text": "now"},
        "target": [
            {"measure": {"text": "m"}, "detailQuantity": {"value": 1}, "dueDuration": {"value": 3, "unit": "d"}}
        ],
        "addresses": [{"display": "cramp"}],
    }
    assert result["goal"] == [{"reference": f"#{found['id']}"}]


def test_texts_come_in_the_language_asked_for() -> None:
    translated = {"extension": [{"url": "lang", "valueCode": "sv"}, {"url": "content", "valueString": "Svenska"}]}
    extension = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/translation", **translated}]}
    action = does(_title=extension, _description=extension, description="English")
    definition = plan(action, title="Plan", _title=extension, language="en")
    result = care_plan(definition, activity("Task"), userLanguage=[{"coding": [{"code": "sv-SE"}]}])
    assert contained(result, "RequestGroup")[0]["action"][0]["title"] == "Svenska"
    assert contained(result, "Task")[0]["description"] == "Svenska"
    assert (result["title"], result["language"]) == ("Svenska", "sv")
    assert "English" not in str(result)


def test_a_result_is_not_said_to_be_in_a_language_that_its_texts_are_not_in() -> None:
    assert care_plan(plan(does(), title="Plan", language="de"), activity())["language"] == "de"
    assert "language" not in care_plan(plan(does(), title="Plan"), activity())


def test_other_resources_of_other_patients_are_no_evidence() -> None:
    other = {"resourceType": "Patient", "id": "2", "gender": "male"}
    assert ids(care_plan(plan(does(**when(MALE))), activity(), data=[bundle(PATIENT, other)])) == []
