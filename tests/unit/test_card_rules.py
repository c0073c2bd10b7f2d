"""Which actions of an applied tree make cards, and what a card gathers from below its action."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from publisher.apply.inputs import Inputs
from publisher.apply.tree import AppliedAction, AppliedActivity, AppliedPlan, Decision, DynamicValue
from publisher.card_faces import Faces
from publisher.card_rules import ruling_of
from publisher.cards import Setting, cards_of
from publisher.expression.causes import Cause
from publisher.hooks import HookServices
from publisher.repository import Artifact, Repository
from tests.artifacts.patients import hook_request
from tests.unit.apply.builders import activity, knowledge, plan, when
from tests.unit.test_cards import APPLIED, SETTING, cards, rule, service

NO_LIST = Decision("undetermined", (Cause("refused", "MedicationRequest"),))
NO_PROBLEMS = Decision("undetermined", (Cause("not-supplied", "Condition"),))
NOT = Decision("not-applied")


def below(action: AppliedAction, *children: AppliedAction) -> AppliedAction:
    """Return an action with others below it, in the tree and in its plan."""
    held = [child.action for child in children]
    placed = tuple(replace(child, path=f"{action.path}.action[{n}]") for n, child in enumerate(children))
    return replace(action, action={**action.action, "action": held}, children=placed)


def group(*children: AppliedAction, **action: Any) -> AppliedAction:
    head = rule("group", groupingBehavior="visual-group", **{"description": "What may add to it:", **action})
    return below(head, *children)


def line(name: str, decision: Decision = APPLIED, **action: Any) -> AppliedAction:
    return rule(name, decision, description=f"About {name}.", **action)


def offering(name: str, **action: Any) -> AppliedAction:
    """Return an action that leads to an activity."""
    held = Artifact({**activity(), "title": f"Offer of {name}"}, {})
    leads = rule(name, definitionCanonical=str(held.canonical), **action)
    return replace(leads, activity=AppliedActivity(held, "action", overrides=leads.action))


def statement(*ids: str) -> dict[str, Any]:
    return {"documentation": [{"type": "derived-from", "label": each} for each in ids]}


def nested(name: str, *actions: AppliedAction) -> AppliedAction:
    """Return an action that leads to a plan of its own."""
    resource = {"resourceType": "PlanDefinition", "id": name, "url": f"http://x/{name}", "version": "1"}
    leads = rule(name, definitionCanonical=f"http://x/{name}|1")
    return replace(leads, plan=AppliedPlan(Artifact({**resource, "status": "active"}, {}), actions))


def provenance(card: dict[str, Any]) -> dict[str, Any]:
    (found,) = card["extension"].values()
    return dict(found)


def labels(card: dict[str, Any]) -> list[str]:
    return [each["label"] for each in card.get("suggestions", ())]


def test_a_visual_group_is_one_card_with_a_line_for_each_part_that_applies() -> None:
    (card,) = cards(group(line("a"), line("b", NOT), rule("c"), title="Look at these"))
    assert card["summary"] == "Look at these"
    assert card["detail"].startswith("What may add to it:\n\n- About a.\n- c")


def test_a_suggestion_is_about_the_patient_of_its_call_and_has_a_uuid_of_its_own() -> None:
    applied = AppliedPlan(service(), (below(rule("scope"), offering("a"), offering("b")),))
    settings = [replace(SETTING, inputs=Inputs(f"Patient/{name}", "en"), instance=name) for name in ("p", "q")]
    made = [card.value for setting in settings for card in cards_of(applied, ruling_of(applied), setting)]
    found = [each for card in made for each in card["suggestions"]]
    about = [(each["label"], each["actions"][0]["resource"]["subject"]["reference"]) for each in found]
    assert about == [(f"Offer of {name}", f"Patient/{who}") for who in "pq" for name in "ab"]
    assert len({each["uuid"] for each in found}) == len(found)


def test_what_a_card_says_is_of_the_parts_that_apply_to_its_patient() -> None:
    texts = []
    for states in ((APPLIED, NOT), (NOT, APPLIED), (APPLIED, NOT)):
        parts = [line(name, state, **statement(f"S-{name}")) for name, state in zip("ab", states, strict=True)]
        (card,) = cards(group(*parts))
        texts.append((provenance(card)["statements"], card["detail"]))
    assert [statements for statements, _ in texts] == [["S-a"], ["S-b"], ["S-a"]]
    assert texts[0] == texts[2]
    assert "Based on: S-b." in texts[1][1]


def test_a_visual_group_without_a_part_that_applies_is_no_card() -> None:
    assert cards(group(line("a", NOT))) == []
    assert cards(group(line("a", NOT), offering("review"))) == []


def test_a_visual_group_with_a_condition_of_its_own_is_a_card_without_any_part() -> None:
    (card,) = cards(group(line("a", NOT), title="Look at this", **when("true")))
    assert card["summary"] == "Look at this"
    assert card["detail"] == "What may add to it:"


def test_the_card_of_a_group_is_as_urgent_as_its_most_urgent_part() -> None:
    (card,) = cards(group(line("a"), line("b", priority="urgent"), line("c", NOT, priority="stat")))
    assert card["indicator"] == "warning"
    (card,) = cards(group(line("a"), priority="stat"))
    assert card["indicator"] == "critical"


def test_a_group_names_its_statements_and_those_of_its_parts_once_each() -> None:
    parts = [line("a", **statement("S-2", "S-1")), line("b", NOT, **statement("S-9")), line("c", **statement("S-3"))]
    (card,) = cards(group(*parts, **statement("S-1")))
    assert provenance(card)["statements"] == ["S-1", "S-2", "S-3"]
    assert provenance(card)["action"] == "group"
    assert "Based on: S-1, S-2, S-3." in card["detail"]


def test_a_part_that_leads_somewhere_and_says_nothing_adds_its_suggestion_alone() -> None:
    (card,) = cards(group(line("a"), offering("review"), below(line("b"), offering("b-review"))))
    assert "review" not in card["detail"]
    assert labels(card) == ["Offer of review", "Offer of b-review"]


def test_a_part_that_cannot_be_decided_is_something_to_find_out() -> None:
    (card,) = cards(group(line("a"), line("b", NO_LIST)))
    assert "- b: cannot be decided, because the medication list could not be provided." in card["detail"]
    assert "About b" not in card["detail"]


def test_the_actions_of_a_group_or_plan_in_a_group_are_its_parts() -> None:
    inner = group(line("a"), line("b", NO_LIST))
    (card,) = cards(group(inner, nested("plan", line("c"), line("d", NOT))))
    assert "- About a.\n- About c." in card["detail"]
    assert "- b: cannot be decided" in card["detail"]
    assert card["source"]["url"].endswith("/PlanDefinition/s/1")


def test_a_group_that_leads_to_a_plan_gathers_the_actions_of_that_plan() -> None:
    leads = nested("plan", line("a"), line("b"))
    head = replace(leads, action={**leads.action, "groupingBehavior": "visual-group", "title": "Both"})
    (card,) = cards(head)
    assert (card["summary"], card["detail"].startswith("- About a.\n- About b.")) == ("Both", True)


def test_a_plan_that_is_withdrawn_says_nothing() -> None:
    def withdrawn(leads: AppliedAction) -> AppliedAction:
        assert leads.plan is not None
        resource = {**leads.plan.artifact.resource, "status": "retired"}
        return replace(leads, plan=replace(leads.plan, artifact=Artifact(resource, {})))

    rules = withdrawn(nested("plan", line("a"), line("b", NO_LIST)))
    (card,) = cards(rules, line("c"), group(line("d"), title="G"))[:1]
    assert (card["summary"], "cannot be decided" in card["detail"]) == ("c", False)
    assert cards(group(rules)) == []
    assert cards(replace(rules, action={**rules.action, "groupingBehavior": "visual-group"})) == []


def test_an_action_that_only_holds_others_is_looked_through() -> None:
    found = cards(below(rule("gate-open"), line("a"), nested("plan", line("b"))), line("c"))
    assert [card["summary"] for card in found] == ["a", "b", "c"]


def test_an_action_that_says_something_itself_is_a_rule_with_what_is_below_it() -> None:
    (card,) = cards(below(line("a"), below(rule("more"), offering("deep"))))
    assert (card["summary"], labels(card)) == ("a", ["Offer of deep"])


def test_what_waits_for_the_same_is_told_in_one_line() -> None:
    undecided = [line("b", NO_LIST), line("c", NO_PROBLEMS), line("d", NO_LIST), line("e", NO_LIST)]
    (card,) = cards(line("a"), *undecided)
    assert (
        "**To find out**\n\n"
        "- b, d and e: cannot be decided, because the medication list could not be provided.\n"
        "- c: cannot be decided, because the data supplied did not include the problem list."
    ) in card["detail"]


def test_a_rule_is_named_by_the_action_that_leads_to_its_plan_and_a_part_by_itself() -> None:
    rules = nested("plan", line("b", NO_LIST), line("c", NO_LIST))
    parts = group(line("d"), line("e", NO_PROBLEMS), nested("inner", line("f", NO_PROBLEMS)))
    detail = cards(rules, nested("outer", parts))[0]["detail"]
    assert "- plan: cannot be decided, because the medication list" in detail
    assert "- e and inner: cannot be decided, because the data supplied did not include" in detail


def test_value_sets_that_judged_the_same_type_are_told_of_together() -> None:
    root = below(rule("scope"), line("a"))
    counts = (("http://x/v1", 2), ("http://x/v2", 2), ("http://x/v3", 2), ("http://x/v4", 1))
    judges = {"http://x/v1": "Condition", "http://x/v2": "MedicationRequest", "http://x/v3": "MedicationRequest"}
    applied = AppliedPlan(service(), (root,), unrecognised=counts)
    setting = Setting(Faces(Repository([]), "https://cds.example", "sv"), Inputs("Patient/p", "sv"), judges)
    (card,) = (each.value for each in cards_of(applied, ruling_of(applied), setting))
    told = [one for one in card["detail"].splitlines() if one.startswith("- ")]
    said = "uppgifter saknar kod ur de kodverk som används och har inte bedömts."
    assert told == [
        f"- http://x/v1: 2 {said}",
        f"- http://x/v2 och http://x/v3: 2 {said}",
        "- http://x/v4: 1 uppgift saknar kod ur de kodverk som används och har inte bedömts.",
    ]


def test_a_gate_stands_alone_where_the_action_that_holds_the_others_does_not_apply() -> None:
    gate = {"id": "gate", "title": "Gate", "description": "Stop.", "priority": "stat"}
    rules = {"id": "open", "title": "Open", "action": [{"id": "r", "title": "R", "description": "Rule."}]}
    hook = {"trigger": [{"type": "named-event", "name": "patient-view"}]}

    def summaries(closed: str, not_closed: str) -> list[str]:
        scope = {"id": "scope", **hook, "action": [{**gate, **when(closed)}, {**rules, **when(not_closed)}]}
        held = knowledge(plan(scope, name="view", title="View"))
        now = datetime(2026, 11, 22, tzinfo=UTC)
        services = HookServices(held, base_url="https://cds.example", now=lambda: now, evaluate_drafts=False)
        answer = services.call("view", hook_request("patient-view"), "en")
        return [card["summary"] for card in answer.body["cards"]]

    assert summaries("true", "false") == ["Gate"]
    assert summaries("false", "true") == ["R"]


def test_a_scope_that_says_something_is_a_rule_itself() -> None:
    scope = below(rule("scope", description="Do this.", groupingBehavior="visual-group"), line("a"), line("b", NOT))
    applied = AppliedPlan(service(), (scope,))
    (card,) = (each.value for each in cards_of(applied, ruling_of(applied), SETTING))
    assert (card["summary"], card["detail"]) == ("scope", "Do this.\n\n- About a.")


def test_a_scope_that_leads_somewhere_is_a_rule_itself() -> None:
    scope = offering("scope", title="Sneezing")
    applied = AppliedPlan(service(), (scope,))
    found = [each.value for each in cards_of(applied, ruling_of(applied), SETTING)]
    assert [(card["summary"], labels(card)) for card in found] == [("Sneezing", ["Offer of scope"])]
    led = nested("led", rule("inner", title="Inner"))
    (only,) = ruling_of(AppliedPlan(service(), (led,))).firing
    assert only.action.id == "inner"


def test_a_text_that_is_computed_stands_in_the_place_of_the_written_one() -> None:
    values = (DynamicValue("action.description", ("Found: *x* <b>",)),)
    (card,) = cards(replace(line("a"), values=values))
    assert card["detail"] == r"Found\: \*x\* &lt;b&gt;"
