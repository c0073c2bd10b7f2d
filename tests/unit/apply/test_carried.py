"""What an action of a plan says to everybody, kept: https://hl7.org/fhir/R4/requestgroup.html."""

from __future__ import annotations

from typing import Any

from publisher.apply.care_plan import care_plan
from publisher.apply.carried import carried
from publisher.apply.inputs import Inputs
from publisher.apply.said import Said
from publisher.apply.tree import AppliedAction, AppliedPlan, Decision, DynamicValue
from publisher.language import TRANSLATION
from publisher.repository import Artifact, Rendition
from tests.unit.apply.builders import contained

SWEDISH = {"url": TRANSLATION, "extension": [
    {"url": "lang", "valueCode": "sv"}, {"url": "content", "valueString": "Vila"},
]}  # fmt: skip
STOP = {"kind": "stop", "expression": {"language": "text/cql", "expression": "Is over"}}
FOR_WHOM = {"kind": "applicability", "expression": {"language": "text/cql", "expression": "Is tired"}}
REST = {
    "id": "rest",
    "title": "Rest",
    "_title": {"extension": [SWEDISH]},
    "documentation": [{"type": "derived-from", "label": "S-1"}],
    "condition": [FOR_WHOM, STOP],
    "definitionCanonical": "https://x.example/ActivityDefinition/rest",
}
IN_ENGLISH = {
    "id": "rest", "title": "Rest", "documentation": [{"type": "derived-from", "label": "S-1"}], "condition": [STOP],
}  # fmt: skip


def plan(action: dict[str, Any], *, published: bool = True) -> Artifact:
    resource = {"resourceType": "PlanDefinition", "id": "tired", "action": [action]}
    return Artifact(resource, {"en": Rendition.of(b"{}")} if published else {})


def read(action: dict[str, Any], language: str = "en", *, of: Artifact | None = None) -> dict[str, Any]:
    """Return what is carried over from an action, which is read as it is written."""
    found = carried(of or plan(action), action, language)
    assert found.members.value == found.said
    return {"id": found.id, **found.said}


def test_texts_and_conditions_that_stop_it_are_carried_and_what_it_leads_to_is_not() -> None:
    assert read(REST) == IN_ENGLISH


def test_each_language_has_its_own_texts_however_often_it_is_asked_for() -> None:
    tired = plan(REST)
    told = [read(REST, language, of=tired)["title"] for language in ("sv", "en", "sv", "en")]
    assert told == ["Vila", "Rest", "Vila", "Rest"]


def test_a_value_for_one_patient_reaches_neither_the_next_one_nor_the_plan() -> None:
    tired = plan(REST)
    changed = DynamicValue("documentation[0].label", ("S-2",))
    said = [_label(tired, values) for values in ((), (changed,), ())]
    assert said == ["S-1", "S-2", "S-1"]
    assert REST["documentation"] == [{"type": "derived-from", "label": "S-1"}]


def _label(tired: Artifact, values: tuple[DynamicValue, ...]) -> str:
    action = AppliedAction(REST, "action[0]", Decision("applied"), values=values, target={"reference": "Task/1"})
    result = care_plan(AppliedPlan(tired, (action,)), Inputs("Patient/1", "en")).value
    (group,) = contained(result, "RequestGroup")
    label: str = group["action"][0]["documentation"][0]["label"]
    return label


def test_action_that_stands_alike_in_another_plan_is_that_plans_own() -> None:
    other = {**REST, "title": "Sleep"}
    assert read(REST)["title"] == "Rest"
    assert read(other)["title"] == "Sleep"


def test_action_that_came_with_a_request_is_read_each_time() -> None:
    action = {**REST}
    tired = plan(action, published=False)
    assert carried(tired, action, "en").said["title"] == "Rest"
    action["title"] = "Sleep"
    assert carried(tired, action, "en").said["title"] == "Sleep"


def test_what_is_said_is_the_same_for_the_same_objects_only() -> None:
    tired = plan(REST)
    said = Said(tired, REST, "", "en")
    assert said == Said(tired, REST, "", "en")
    assert said != Said(tired, {**REST}, "", "en")
    assert said != Said(plan(REST), REST, "", "en")
    assert said != Said(tired, REST, "", "sv")
    assert said != "en"
