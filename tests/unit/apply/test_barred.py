"""What cannot be applied without guessing what it means is told and not proposed; the rest goes on."""

from __future__ import annotations

from typing import Any

import pytest

from publisher.apply.barred import TYPES
from publisher.extension import IS_UNENROLLMENT
from publisher.hook_discovery import services_of
from publisher.issue import IssueError
from publisher.prefetch import Settings
from tests.unit.apply.builders import BASE, activity, caller, care_plan, contained, does, knowledge, plan, request, told

NEGATED = {"modifierExtension": [{"url": "http://example.org/negated", "valueBoolean": True}]}
OF_OTHERS = {"subjectCodeableConcept": {"coding": [{"system": TYPES, "code": "Practitioner"}]}}
CODE = {"code": {"text": "x"}}
UNKIND = {"condition": [{"expression": {"language": "text/fhirpath", "expression": "false"}}]}


def sentences(result: dict[str, Any]) -> list[str]:
    return [each["diagnostics"] for one in contained(result, "OperationOutcome") for each in one["issue"]]


def ids(result: dict[str, Any]) -> list[str]:
    return [each["id"] for group in contained(result, "RequestGroup") for each in group["action"]]


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        (NEGATED, "modifier-unknown"),
        (OF_OTHERS, "subject-type"),
        (UNKIND, "condition-kind"),
        ({"condition": [{**UNKIND["condition"][0], "kind": "sometimes"}]}, "condition-kind"),
        ({"condition": [{"kind": "start", **NEGATED}]}, "modifier-unknown"),
    ],
)
@pytest.mark.parametrize("leads", [does(), {"id": "a", "title": "Words"}, {"id": "a", "action": [does(id="c")]}])
def test_an_action_that_is_not_understood_is_told_and_the_rest_goes_on(
    said: dict[str, Any], rule: str, leads: dict[str, Any]
) -> None:
    result = care_plan(plan({**leads, **said}, does(id="b")), activity(**CODE))
    assert ids(result) == ["b"]
    assert told(result) == [("error", rule)]


def test_why_is_said_with_the_place_and_what_was_met_in_both_languages() -> None:
    definition = plan(does(**NEGATED), does(id="b", **OF_OTHERS), does(id="c", **UNKIND))
    assert sentences(care_plan(definition, activity(**CODE), who=caller("sv"))) == [
        "action[0] har modifierExtension http://example.org/negated, som kan ändra innebörden och inte förstås här, så "
        "den tillämpades inte.",
        "action[1] gäller en Practitioner, och bara det som gäller patienter tillämpas här.",
        "action[2] har ett villkor vars kind inte är något av applicability, start, stop, så den tillämpades inte; "
        "ange villkorets kind.",
    ]
    assert sentences(care_plan(definition, activity(**CODE)))[0].startswith("action[0] has the modifierExtension http")


@pytest.mark.parametrize(("said", "rule"), [(NEGATED, "modifier-unknown"), (OF_OTHERS, "subject-type")])
def test_an_activity_that_is_not_understood_is_not_proposed(said: dict[str, Any], rule: str) -> None:
    assert told(care_plan(plan(does()), activity(**CODE, **said))) == [("error", rule)]
    with pytest.raises(IssueError) as refusal:
        request(activity(**CODE, **said))
    assert [each.rule for each in refusal.value.report] == [rule]


@pytest.mark.parametrize(("said", "rule"), [(NEGATED, "modifier-unknown"), (OF_OTHERS, "subject-type")])
def test_a_plan_that_is_not_understood_is_refused_and_one_below_another_is_told(
    said: dict[str, Any], rule: str
) -> None:
    with pytest.raises(IssueError) as refusal:
        care_plan(plan(does(), **said), activity(**CODE))
    assert [each.rule for each in refusal.value.report] == [rule]
    leads = {"id": "n", "definitionCanonical": f"{BASE}/PlanDefinition/inner"}
    outer = plan(leads, does())
    result = care_plan(outer, plan(does(), name="inner", **said), activity(**CODE))
    assert ids(result) == ["a"]
    assert told(result) == [("error", rule)]


def test_a_plan_about_patients_or_a_group_of_them_is_applied() -> None:
    about = {"subjectCodeableConcept": {"coding": [{"system": TYPES, "code": "Patient"}]}}
    assert ids(care_plan(plan(does(**about), subjectReference={"reference": "Group/g"}), activity(**CODE))) == ["a"]


def test_a_task_that_ends_an_enrolment_says_so() -> None:
    ends = [{"url": IS_UNENROLLMENT, "valueBoolean": True}]
    enrols = [{"url": IS_UNENROLLMENT.replace("isUnenrollment", "enrollIn"), "valueCanonical": "http://x/Plan/p"}]
    found = request(activity("Task", **CODE, modifierExtension=ends, extension=enrols))
    assert found["modifierExtension"] == ends
    (asked,) = found["input"]
    assert (asked["type"]["coding"][0]["code"], asked["valueCanonical"]) == ("enrollment", "http://x/Plan/p")
    assert told(found) == []


@pytest.mark.parametrize("status", ["draft", "retired"])
def test_a_definition_of_which_no_version_is_active_is_told_to_be_held(status: str) -> None:
    result = care_plan(plan(does()), {**activity(**CODE), "status": status})
    assert told(result) == [("error", "definition-status")]
    assert "of which no version that is held here is active" in sentences(result)[0]
    versioned = does(definitionCanonical=f"{BASE}/ActivityDefinition/act|9")
    assert told(care_plan(plan(versioned), {**activity(**CODE), "status": status})) == [("error", "definition-missing")]


def test_a_retired_definition_is_not_proposed_from() -> None:
    leads = does(definitionCanonical=f"{BASE}/ActivityDefinition/act|2")
    result = care_plan(plan(leads), {**activity(**CODE), "status": "retired"})
    assert told(result) == [("error", "definition-status")]
    assert sentences(result)[0].endswith("act|2, which is retired, so nothing was proposed for it.")


def test_a_plan_that_is_not_understood_is_no_hook_service() -> None:
    trigger = [{"type": "named-event", "name": "patient-view"}]
    for said, offered in (({}, 1), (NEGATED, 0), (OF_OTHERS, 0)):
        held = knowledge(plan({"id": "r", "title": "Rest", "trigger": trigger}, **said))
        assert len(list(services_of(held, Settings(), ("active",)))) == offered
