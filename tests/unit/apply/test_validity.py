"""What `$apply` answers is valid R4, whatever odd thing a definition says; what it cannot be is told."""

from __future__ import annotations

from typing import Any

import pytest

from publisher.apply.request import SHAPES
from publisher.extension import COLLECT_WITH
from tests.unit.apply.builders import (
    BASE,
    activity,
    broken,
    care_plan,
    contained,
    does,
    plan,
    request,
    results,
    sentences,
    told,
    value,
    when,
)

CODE = {"coding": [{"system": "http://example.org", "code": "x"}]}
REST = {"code": CODE, "productCodeableConcept": CODE, "quantity": {"value": 1}}
NAMELESS = ("url", "version")


def unnamed(definition: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a definition as it may be contained: without an address of its own."""
    return {key: each for key, each in definition.items() if key not in NAMELESS} | {"id": name}


@pytest.mark.parametrize("kind", sorted(SHAPES))
def test_what_is_not_valid_in_a_request_is_told(kind: str) -> None:
    found = request(activity(kind, **REST))
    said = " ".join(sentences(found))
    for rule, where in broken(found):
        assert rule == "element-missing"
        element = str(where).partition(".")[2]
        assert f"the {kind} lacks {element.partition('[x]')[0]}" in said


def test_a_nested_element_that_r4_requires_is_told_with_its_place() -> None:
    found = request(activity("ImmunizationRecommendation", productCodeableConcept=CODE))
    assert told(found) == [("warning", "request-incomplete")]
    assert "lacks recommendation[0].forecastStatus, which R4 requires" in sentences(found)[0]


def test_goals_of_a_nested_plan_of_which_nothing_is_left_are_left_out() -> None:
    goal = [{"description": {"text": "better"}}]
    outer = plan(does(id="n", definitionCanonical=f"{BASE}/PlanDefinition/inner"), does(id="b"))
    inner = plan(does(**when("false")), name="inner", goal=goal)
    result = care_plan(outer, inner, activity(code=CODE))
    assert contained(result, "Goal") == []
    assert broken(result) == []


def test_an_odd_goal_is_carried_as_far_as_it_goes_and_what_it_lacks_is_told() -> None:
    goal = {
        "description": {"text": "better"},
        "addresses": [{"text": "c"}, {"id": "empty"}],
        "target": [{"id": "empty"}, {"due": {"value": 3, "unit": "mo"}}],
    }
    result = care_plan(plan(does(), goal=[goal]), activity(code=CODE))
    (found,) = contained(result, "Goal")
    assert (found["addresses"], found["target"]) == ([{"display": "c"}], [{"dueDuration": {"value": 3, "unit": "mo"}}])
    assert (broken(result), told(result)) == ([], [])
    bare = {**goal, "addresses": [], "target": [{"detailQuantity": {"value": 1}}]}
    said = sentences(care_plan(plan(does(), goal=[bare]), activity(code=CODE)))
    assert said == [f"{BASE}/PlanDefinition/plan|1: the Goal lacks target[0].measure, which R4 requires."]


def test_what_a_plan_contains_is_named_as_a_part_of_it() -> None:
    questions = {"resourceType": "Questionnaire", "id": "q", "status": "active"}
    inner = unnamed(plan(does(definitionCanonical="#c"), name="p"), "p")
    leads = [does(id=name, definitionCanonical=f"#{name}") for name in ("c", "q", "p")]
    outer = plan(*leads, contained=[unnamed(activity("Task"), "c"), questions, inner])
    result = care_plan(outer)
    assert told(result) == []
    named = f"{BASE}/PlanDefinition/plan|1#"
    assert [each["instantiatesCanonical"] for each in contained(result, "Task")] == [f"{named}c"] * 2
    assert contained(result, "RequestGroup")[0]["action"][1]["resource"] == {"reference": f"{named}q"}
    (nested,) = contained(result, "CarePlan")
    assert nested["instantiatesCanonical"] == [f"{named}p"]
    assert broken(result) == []
    assert [each for one in results(outer) for each in broken(one)] == []


def test_what_a_plan_contains_under_a_name_of_its_own_is_called_by_that() -> None:
    named = activity("Task")
    del named["version"]
    result = care_plan(plan(does(definitionCanonical="#act"), contained=[named]))
    assert [each["instantiatesCanonical"] for each in contained(result, "Task")] == [named["url"]]


def test_a_code_of_an_action_that_r4_does_not_allow_is_left_out_and_told() -> None:
    result = care_plan(plan(does(priority="now", selectionBehavior="all", groupingBehavior="x")), activity(code=CODE))
    (group,) = contained(result, "RequestGroup")
    assert group["action"][0] == {
        "id": "a", "title": "A", "selectionBehavior": "all", "resource": {"reference": "#service-request-1"},
    }  # fmt: skip
    assert (broken(result), told(result)) == ([], [("warning", "activity-code")] * 2)
    assert sentences(result)[0] == (
        "action[0]: priority is no code of http://hl7.org/fhir/ValueSet/request-priority, so it was not carried over."
    )


@pytest.mark.parametrize(
    ("said", "place", "value_set"),
    [
        ({"relatedAction": [{"actionId": "b", "relationship": "x"}]}, "relatedAction[0].relationship",
         "action-relationship-type"),
        ({"documentation": [{"type": "x"}]}, "documentation[0].type", "related-artifact-type"),
    ],
)  # fmt: skip
def test_a_code_further_in_an_action_that_r4_does_not_allow_is_told(
    said: dict[str, Any], place: str, value_set: str
) -> None:
    result = care_plan(plan(does(**said)), activity(code=CODE))
    (name,) = said
    assert contained(result, "RequestGroup")[0]["action"][0][name] == said[name]
    url = f"http://hl7.org/fhir/ValueSet/{value_set}"
    assert sentences(result) == [
        f"action[0]: {place} is no code of {url} and was carried over as it is written; correct it."
    ]


def test_a_code_further_in_a_request_that_r4_does_not_allow_is_told() -> None:
    dosage = [{"timing": {"repeat": {"when": ["MORN", "x"], "periodUnit": "d"}}}]
    found = request(activity("MedicationRequest", productCodeableConcept=CODE, dosage=dosage))
    assert found["dosageInstruction"] == dosage
    place, url = "dosageInstruction[0].timing.repeat.when[1]", "http://hl7.org/fhir/ValueSet/event-timing"
    named = f"{BASE}/ActivityDefinition/act|2"
    assert sentences(found) == [
        f"{named}: {place} is no code of {url} and was carried over as it is written; correct it."
    ]


def test_a_participant_who_is_nobody_leaves_no_trace() -> None:
    result = care_plan(plan(does(participant=[{"id": "x"}, {"type": "patient"}])), activity(code=CODE))
    (group,) = contained(result, "RequestGroup")
    assert group["action"][0]["participant"] == [{"reference": "Patient/1"}]
    assert broken(result) == []


def test_a_fragment_names_what_another_plan_contains() -> None:
    inner = plan(name="inner", contained=[unnamed(activity("Task"), "c")])
    leads = [does(id=name, definitionCanonical=f"{inner['url']}|1#{name}") for name in ("c", "gone")]
    result = care_plan(plan(*leads), inner)
    (task,) = contained(result, "Task")
    assert task["instantiatesCanonical"] == f"{inner['url']}|1#c"
    assert told(result) == [("error", "definition-missing")]
    assert broken(result) == []


def test_a_medicine_that_a_definition_contains_goes_with_each_request() -> None:
    substance = {"resourceType": "Substance", "id": "s", "code": {"text": "salt"}}
    part = {"itemReference": {"reference": "#s"}}
    medicine = {"resourceType": "Medication", "id": "m", "code": {"text": "salt 1 g"}, "ingredient": [part]}
    parts = [substance, medicine, {**substance, "id": "unused"}]
    definition = activity("MedicationRequest", productReference={"reference": "#m"}, contained=parts)
    other = {**definition, "id": "act2", "url": f"{BASE}/ActivityDefinition/act2"}
    outer = plan(does(), does(id="b"), does(id="c", definitionCanonical=f"{BASE}/ActivityDefinition/act2"))

    alone = request(definition)
    assert [each["code"]["text"] for each in alone["contained"]] == ["salt 1 g", "salt"]
    assert alone["medicationReference"]["reference"] == f"#{alone['contained'][0]['id']}"
    together = care_plan(outer, definition, other)
    assert len(contained(together, "Medication")) == 2  # one for each definition, whatever it is called there
    assert len(contained(together, "MedicationRequest")) == 3
    for each in (alone, together, *results(outer, definition, other)):
        assert (broken(each), told(each)) == ([], [])


def test_a_reference_to_what_a_definition_does_not_contain_is_told() -> None:
    found = request(activity("MedicationRequest", productReference={"reference": "#gone"}))
    assert told(found) == [("warning", "reference-missing")]
    assert "refers to #gone, which it does not contain" in sentences(found)[0]


def test_words_stay_where_a_dynamic_value_of_theirs_fails() -> None:
    words = {"id": "w", "title": "Rest", "description": "Rest for a day"}
    for values in ([value("%action.description", "1 +")], [value("%action.nothing", "'x'")]):
        result = care_plan(plan({**words, "dynamicValue": values}))
        (message,) = contained(result, "CommunicationRequest")
        assert message["payload"] == [{"contentString": "Rest for a day"}]
        assert told(result) == [("error", "dynamic-value")]


def test_a_definition_beside_actions_of_its_own_is_told() -> None:
    group = does(id="g", title="G", action=[does(id="c", **when("%subject.gender = 'female'"))])
    result = care_plan(plan(group), activity("Task"))
    assert len(contained(result, "Task")) == 1
    assert told(result) == [("error", "definition-and-actions")]
    assert "its actions were kept, so give the definition an action of its own" in sentences(result)[0]
    alone = does(id="g", title="G", action=[does(id="c", **when("false"))])
    assert told(care_plan(plan(alone), activity("Task"))) == []


def test_a_task_that_collects_information_says_with_what() -> None:
    asks = [{"url": COLLECT_WITH, "valueCanonical": "http://example.org/Questionnaire/q|2"}]
    found = request(activity("Task", extension=asks))
    (asked,) = found["input"]
    assert asked["valueCanonical"] == "http://example.org/Questionnaire/q|2"
    assert asked["type"]["coding"][0]["code"] == "collect-information"
    assert broken(found) == []


def test_an_action_in_its_own_words_is_not_translated_by_those_of_the_activity() -> None:
    translated = {"extension": [{"url": "lang", "valueCode": "en"}, {"url": "content", "valueString": "activity"}]}
    sibling = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/translation", **translated}]}
    definition = activity("Task", description="aktivitet", _description=sibling, language="sv")
    (task,) = contained(care_plan(plan(does(description="åtgärd"), language="sv"), definition), "Task")
    assert task["description"] == "åtgärd"
