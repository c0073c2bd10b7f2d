"""Cards: the projection of an Applied tree onto CDS Hooks."""

from __future__ import annotations

from typing import Any

from publisher.apply.inputs import Inputs
from publisher.apply.tree import AppliedAction, AppliedPlan, Decision
from publisher.card_faces import Faces
from publisher.card_ids import CardIds
from publisher.card_rules import ruling_of
from publisher.cards import MOST_CARDS, Setting, cards_of
from publisher.expression.causes import Cause
from publisher.repository import Artifact, Repository

APPLIED = Decision("applied")
SETTING = Setting(Faces(Repository([]), "https://cds.example", "en"), Inputs("Patient/p", "en"))


def service() -> Artifact:
    resource = {"resourceType": "PlanDefinition", "id": "s", "url": "http://x/s", "version": "1", "status": "active"}
    return Artifact({**resource, "title": "Service"}, {})


def rule(name: str, decision: Decision = APPLIED, **action: Any) -> AppliedAction:
    return AppliedAction({"id": name, "title": name, **action}, "action[0]", decision)


def cards(*rules: AppliedAction, scope: Decision = APPLIED) -> list[dict[str, Any]]:
    root = AppliedAction({"id": "scope"}, "action[0]", scope, children=rules)
    applied = AppliedPlan(service(), (root,))
    return [card.value for card in cards_of(applied, ruling_of(applied), SETTING)]


def test_at_most_three_cards_the_most_serious_first_else_in_order_of_the_plan() -> None:
    rules = [rule("a"), rule("b", priority="urgent"), rule("c"), rule("d", priority="stat"), rule("e")]
    found = cards(*rules)
    assert len(found) == MOST_CARDS
    assert [card["summary"] for card in found] == ["d", "b", "a"]
    assert [card["indicator"] for card in found] == ["critical", "warning", "info"]


def test_what_fires_and_finds_no_room_is_named_on_the_first_card() -> None:
    first, *others = cards(*[rule(name) for name in ("a", "b", "c", "d")], rule("e", priority="stat"))
    assert first["detail"].endswith("**Applies too, without a card of its own here**\n\n- c\n- d")
    assert not [card for card in others if "Applies too" in card["detail"]]
    assert "Applies too" not in cards(rule("a"), rule("b"), rule("c"))[0]["detail"]


def test_no_card_outside_the_scope() -> None:
    assert cards(rule("a"), scope=Decision("not-applied")) == []


def test_an_open_scope_is_a_card_that_says_no_more() -> None:
    undecided = Decision("undetermined", (Cause("element-absent", "Condition.clinicalStatus"),))
    (card,) = cards(rule("a"), scope=undecided)
    assert (card["summary"], card["indicator"]) == ("Service: not everything could be judged", "info")
    assert card["detail"].startswith("**To find out**\n\n- scope: cannot be decided, because clinicalStatus is not")
    assert card["extension"] == {"example.vademecum.provenance": {"canonical": "http://x/s|1", "action": "scope"}}
    named = CardIds().decode(card["uuid"])
    assert named is not None
    assert named[:2] == (CardIds().tag("http://x/s|1", "scope"), 0)
    assert not {"suggestions", "overrideReasons"} & card.keys()


def test_what_is_open_where_no_rule_fires_is_a_card_that_says_no_more() -> None:
    undecided = Decision("undetermined", (Cause("refused", "MedicationRequest"),))
    (card,) = cards(rule("b", undecided))
    assert (card["summary"], card["indicator"]) == ("Service: not everything could be judged", "info")
    assert "- b: cannot be decided, because the medication list could not be provided." in card["detail"]
    assert cards(rule("b", Decision("not-applied"))) == []


def test_an_undetermined_rule_is_a_line_of_the_first_card_and_no_card() -> None:
    undecided = Decision("undetermined", (Cause("refused", "MedicationRequest"),))
    (first, second) = cards(rule("a"), rule("b", undecided), rule("c"))
    assert "- b: cannot be decided, because the medication list could not be provided." in first["detail"]
    assert "cannot be decided" not in second["detail"]


def test_a_rule_that_failed_is_told_without_inner_details() -> None:
    failed = Decision("undetermined", error="secret reason")
    detail = cards(rule("a"), rule("b", failed))[0]["detail"]
    assert "b: cannot be decided, because its condition could not be computed." in detail
    assert "secret" not in detail


def test_a_summary_stays_under_140_characters() -> None:
    (card,) = cards(rule("word " * 60))
    assert len(card["summary"]) == 139
    assert card["summary"].endswith("…")


def test_a_card_without_suggestions_has_no_selection_behavior() -> None:
    (card,) = cards(rule("a", selectionBehavior="all"))
    assert "suggestions" not in card
    assert "selectionBehavior" not in card


def test_a_card_says_its_topic_and_links_to_what_it_rests_on() -> None:
    focus = {"code": {"code": "focus"}, "valueCodeableConcept": {"coding": [{"system": "urn:s", "code": "1"}]}}
    held = Artifact({**service().resource, "useContext": [focus]}, {})
    derived = {"type": "derived-from", "label": "S-1", "url": "https://source.example/page"}
    root = AppliedAction({"id": "scope"}, "action[0]", APPLIED, children=(rule("a", documentation=[derived]),))
    applied = AppliedPlan(held, (root,))
    (card,) = (each.value for each in cards_of(applied, ruling_of(applied), SETTING))
    assert card["source"]["topic"] == {"system": "urn:s", "code": "1"}
    assert [(each["label"], each["url"]) for each in card["links"]] == [
        ("The statements behind the card", "https://cds.example/artifacts/PlanDefinition/s/1"),
        ("The source of the statements", "https://source.example/page"),
    ]


def test_every_card_has_a_uuid_that_tells_its_rule() -> None:
    ids = CardIds()
    first, second = cards(rule("a"), rule("b"))
    tags = [ids.tag("http://x/s|1", name) for name in ("a", "b")]
    named = [ids.decode(card["uuid"]) or () for card in (first, second)]
    assert [each[:2] for each in named] == [(tag, 0) for tag in tags]
