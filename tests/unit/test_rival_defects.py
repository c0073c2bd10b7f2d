"""What a widespread engine for the same content gets wrong: a test for each, that ours does not."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from publisher.apply.inputs import Inputs
from publisher.apply.tree import AppliedAction, AppliedActivity, AppliedPlan, Decision
from publisher.card_faces import Faces
from publisher.card_rules import ruling_of
from publisher.cards import Setting, cards_of
from publisher.hooks import HookServices
from publisher.issue import IssueError
from publisher.repository import Artifact, Repository
from tests.topics.server import client_of
from tests.unit.apply.builders import (
    NOW,
    PATIENT,
    activity,
    apply,
    bundle,
    care_plan,
    contained,
    does,
    knowledge,
    plan,
    request,
    told,
    value,
    when,
)
from tests.unit.apply.sneeze import KNOWLEDGE, SELECT, concept, condition, draft

APPLIED = Decision("applied")
BOOLEAN = "{urn:hl7-org:elm-types:r1}Boolean"


def cards(*rules: AppliedAction) -> list[dict[str, Any]]:
    root = AppliedAction({"id": "scope"}, "action[0]", APPLIED, children=rules)
    service = Artifact(plan(title="Service"), {})
    applied = AppliedPlan(service, (root,))
    setting = Setting(Faces(Repository([]), "https://cds.example", "en"), Inputs("Patient/1", "en"))
    return [card.value for card in cards_of(applied, ruling_of(applied), setting)]


@pytest.mark.parametrize("expression", ["1 +", "Patient.gender", "%nobody = 1"])
def test_1_a_condition_that_fails_or_is_no_condition_leaves_a_mark(expression: str) -> None:
    result = care_plan(plan(does(**when(expression))), activity())
    assert told(result) == [("warning", "action-undetermined")]


@pytest.mark.parametrize("kind", ["MedicationRequest", "ServiceRequest"])
def test_2_a_result_is_a_draft_and_a_proposal(kind: str) -> None:
    found = request(activity(kind, intent="order", status="active"))
    assert (found["status"], found["intent"]) == ("draft", "proposal")


def test_3_timing_quantity_priority_place_and_participant_need_no_dynamic_value() -> None:
    role = {"text": "nurse"}
    said = {
        "timingDateTime": "2026-12-01",
        "quantity": {"value": 1},
        "priority": "stat",
        "location": {"reference": "Location/l"},
        "participant": [{"type": "practitioner", "role": role}],
    }
    found = request(activity(**said))
    assert (found["occurrenceDateTime"], found["quantityQuantity"]) == ("2026-12-01", {"value": 1})
    assert (found["priority"], found["locationReference"], found["performerType"]) == (
        "stat",
        [{"reference": "Location/l"}],
        role,
    )


def test_4_prefix_behaviours_and_participant_reach_the_request_group() -> None:
    behaviours = {
        "groupingBehavior": "visual-group",
        "selectionBehavior": "any",
        "requiredBehavior": "must",
        "precheckBehavior": "yes",
        "cardinalityBehavior": "multiple",
        "prefix": "1",
    }
    result = care_plan(plan(does(**behaviours, participant=[{"type": "patient"}])), activity())
    (group,) = contained(result, "RequestGroup")
    assert behaviours.items() <= group["action"][0].items()
    assert group["action"][0]["participant"] == [{"reference": "Patient/1"}]


def test_5_a_suggestion_reaches_the_card() -> None:
    offered = AppliedActivity(Artifact(activity(code={"text": "x"}), {}), "action[0]")
    (card,) = cards(AppliedAction({"id": "a", "title": "A"}, "action[0]", APPLIED, activity=offered))
    assert card["suggestions"][0]["actions"][0]["resource"]["resourceType"] == "ServiceRequest"


@pytest.mark.parametrize("priority", [None, "routine", "urgent", "asap", "stat"])
def test_6_every_card_has_indicator_and_source_whatever_the_priority(priority: str | None) -> None:
    action = {"id": "a", "title": "A", **({"priority": priority} if priority else {})}
    (card,) = cards(AppliedAction(action, "action[0]", APPLIED))
    assert card["indicator"] in ("info", "warning", "critical")
    assert card["source"]["label"]


@pytest.mark.parametrize("behavior", ["any", "all", "all-or-none", "exactly-one", "at-most-one", "one-or-more"])
def test_7_a_card_has_the_selection_behaviours_of_cds_hooks_only(behavior: str) -> None:
    offered = AppliedActivity(Artifact(activity(code={"text": "x"}), {}), "action[0]")
    action = {"id": "a", "title": "A", "selectionBehavior": behavior}
    (card,) = cards(AppliedAction(action, "action[0]", APPLIED, activity=offered))
    assert card["selectionBehavior"] in ("any", "at-most-one")


def test_8_cards_are_json_and_neither_token_nor_patient_reaches_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    answer = served(select(draft("a")), fhirAuthorization={"access_token": "sesame", "token_type": "Bearer"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    logged = "".join(capsys.readouterr())
    assert '"status": 200' in logged
    assert "sesame" not in logged
    assert "patient-8" not in logged


def test_10_cards_are_those_of_cds_hooks_2() -> None:
    (card,) = served(select(draft("a"))).json["cards"]
    assert card["selectionBehavior"] in ("any", "at-most-one")
    assert {"uuid", "summary", "detail", "indicator", "source"} <= card.keys()
    assert all(action["type"] in ("create", "delete") for each in card["suggestions"] for action in each["actions"])
    assert all(
        "resourceId" in each for one in card["suggestions"] for each in one["actions"] if each["type"] == "delete"
    )


def select(*drafts: dict[str, Any]) -> dict[str, Any]:
    """Return a request of order-select about the patient 8, with all drafts selected."""
    about = [{**each, "subject": {"reference": "Patient/patient-8"}} for each in drafts]
    context = {"userId": "Practitioner/1", "patientId": "patient-8", "draftOrders": bundle(*about)}
    return {
        "hook": "order-select",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {**context, "selections": [f"MedicationRequest/{each['id']}" for each in drafts]},
        "prefetch": {"conditions": bundle({**condition(), "subject": {"reference": "Patient/patient-8"}})},
    }


def served(request: dict[str, Any], **more: Any) -> Any:
    """Return the answer of the running application to a hook request."""
    client = client_of(KNOWLEDGE.repository, now=lambda: NOW)
    return client.post(f"/cds-services/{SELECT}", json={**request, **more})


def test_9_only_what_was_sent_is_read() -> None:
    result = care_plan(plan(does(**when("%subject.gender = 'female'"))), activity(), data=[bundle()])
    assert "activity" not in result


def test_11_selections_of_order_select_decide_which_drafts_are_judged() -> None:
    services = HookServices(KNOWLEDGE, base_url="https://x", now=lambda: NOW, evaluate_drafts=True)

    def cards_for(selected: str) -> list[Any]:
        drafts = bundle(draft("a"), draft("b", medicationCodeableConcept=concept("other-product")))
        context = {"userId": "Practitioner/1", "patientId": "1", "draftOrders": drafts}
        call = {
            "hook": "order-select",
            "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
            "context": {**context, "selections": [f"MedicationRequest/{selected}"]},
            "prefetch": {"conditions": bundle(condition())},
        }
        answer = services.call(SELECT, call, "en")
        assert answer.status == 200, answer.body
        return [card["summary"] for card in answer.body["cards"]]

    assert cards_for("a") != cards_for("b")


def library(name: str, **definitions: bool) -> dict[str, Any]:
    statements = [
        {"name": each, "expression": {"type": "Literal", "valueType": BOOLEAN, "value": str(holds).lower()}}
        for each, holds in definitions.items()
    ]
    elm = {"library": {"identifier": {"id": name}, "statements": {"def": statements}}}
    content = {"contentType": "application/elm+json", "data": base64.b64encode(json.dumps(elm).encode()).decode()}
    identity = {"id": name, "url": f"http://example.org/Library/{name}", "version": "1", "status": "active"}
    return {"resourceType": "Library", **identity, "content": [content]}


@pytest.mark.parametrize(
    ("name", "actions"), [("OnlyOne", 1), ("OnlyTwo", 0), ("One.Both", 1), ('"Two"."Both"', 0), ("Both", 0)]
)
def test_12_a_plan_may_have_several_libraries(name: str, actions: int) -> None:
    definition = plan(
        does(**when(name, "text/cql-identifier")),
        library=["http://example.org/Library/One", "http://example.org/Library/Two"],
    )
    held = [activity(), library("One", Both=True, OnlyOne=True), library("Two", Both=False, OnlyTwo=False)]
    result = care_plan(definition, *held)
    assert len(contained(result, "RequestGroup")) == actions
    assert told(result) == ([("warning", "action-undetermined")] if name == "Both" else [])


def test_13_applying_changes_nothing_that_is_held_or_sent() -> None:
    definitions = [
        plan(does(dynamicValue=[value("%action.title", "'T'")])),
        activity(dynamicValue=[value("note", "'n'")]),
    ]
    sent = bundle(PATIENT)
    before = json.dumps([definitions, sent])
    care_plan(*definitions, data=[sent])
    assert json.dumps([definitions, sent]) == before


@pytest.mark.parametrize("suffix", ["", "|2"])
def test_14_a_definition_is_found_by_its_whole_canonical(suffix: str) -> None:
    definition = plan({"definitionCanonical": f"http://example.org/ActivityDefinition/act{suffix}"})
    assert contained(care_plan(definition, activity()), "ServiceRequest")


def test_14_a_version_that_is_not_held_is_not_replaced_by_another() -> None:
    definition = plan({"definitionCanonical": "http://example.org/ActivityDefinition/act|9"})
    assert told(care_plan(definition, activity())) == [("error", "definition-missing")]


def test_a_refusal_says_what_is_wrong_and_what_to_do() -> None:
    with pytest.raises(IssueError) as refused:
        apply("PlanDefinition/apply", knowledge(), "gone")
    assert [each.diagnostics for each in refused.value.report] == [
        "The PlanDefinition that was named is not held here."
    ]
