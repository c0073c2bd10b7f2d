"""What an action of a plan says to everybody, kept: https://hl7.org/fhir/R4/requestgroup.html."""

from __future__ import annotations

from typing import Any

from publisher.apply.carried import carried
from publisher.apply.said import Said
from publisher.language import TRANSLATION
from publisher.repository import Artifact, Rendition

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


def test_texts_and_conditions_that_stop_it_are_carried_and_what_it_leads_to_is_not() -> None:
    assert carried(plan(REST), REST, "en") == IN_ENGLISH


def test_each_language_has_its_own_texts_however_often_it_is_asked_for() -> None:
    tired = plan(REST)
    told = [carried(tired, REST, language)["title"] for language in ("sv", "en", "sv", "en")]
    assert told == ["Vila", "Rest", "Vila", "Rest"]


def test_what_a_caller_does_to_an_action_reaches_neither_the_next_caller_nor_the_plan() -> None:
    tired = plan(REST)
    first = carried(tired, REST, "en")
    first["title"] = "Run"
    first["documentation"][0]["label"] = "S-2"
    first["documentation"].append({"type": "citation"})
    first["condition"][0]["kind"] = "start"
    assert carried(tired, REST, "en") == IN_ENGLISH
    assert STOP["kind"] == "stop"


def test_action_that_stands_alike_in_another_plan_is_that_plans_own() -> None:
    other = {**REST, "title": "Sleep"}
    assert carried(plan(REST), REST, "en")["title"] == "Rest"
    assert carried(plan(other), other, "en")["title"] == "Sleep"


def test_action_that_came_with_a_request_is_read_each_time() -> None:
    action = {**REST}
    tired = plan(action, published=False)
    assert carried(tired, action, "en")["title"] == "Rest"
    action["title"] = "Sleep"
    assert carried(tired, action, "en")["title"] == "Sleep"


def test_what_is_said_is_the_same_for_the_same_objects_only() -> None:
    tired = plan(REST)
    said = Said(tired, REST, "", "en")
    assert said == Said(tired, REST, "", "en")
    assert said != Said(tired, {**REST}, "", "en")
    assert said != Said(plan(REST), REST, "", "en")
    assert said != Said(tired, REST, "", "sv")
    assert said != "en"
