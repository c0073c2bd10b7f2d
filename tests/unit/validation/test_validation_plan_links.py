"""Links of plans: goals, related actions, circles, addresses that nobody knows, activities that nobody names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.validation import plan_links
from tests.unit.validation.conftest import BASE, resource

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.validation.context import Context


def plan(name: str, *actions: dict[str, Any], **elements: Any) -> dict[str, Any]:
    return resource("PlanDefinition", name, action=list(actions), **elements)


def naming(kind: str, name: str, **elements: Any) -> dict[str, Any]:
    return {"id": f"to-{name}", "definitionCanonical": f"{BASE}/{kind}/{name}|0.1.0", **elements}


def test_a_goal_of_the_plan_passes_and_another_is_told(context: Callable[..., Context]) -> None:
    one = plan("p", {"id": "a", "goalId": ["well", "wel"]}, goal=[{"id": "well"}, {"description": {}}])
    (issue,) = plan_links.goal_resolves(one, context(one))
    assert (issue.rule, issue.expression) == ("goal-unresolved", "PlanDefinition.action[0].goalId[1]")
    assert issue.diagnostics == "'wel' is no goal of PlanDefinition/p; did you mean well?"


def test_a_related_action_stands_in_the_same_plan_at_any_depth(context: Callable[..., Context]) -> None:
    inner = {"id": "inner", "relatedAction": [{"actionId": "outer", "relationship": "after"}]}
    one = plan("p", {"id": "outer", "action": [inner], "relatedAction": [{"actionId": "inner"}]})
    assert list(plan_links.related_action_resolves(one, context(one))) == []


def test_a_related_action_elsewhere_or_itself_is_told(context: Callable[..., Context]) -> None:
    one = plan("p", {"id": "a", "relatedAction": [{"actionId": "a"}, {"actionId": "of-another-plan"}]})
    issues = list(plan_links.related_action_resolves(one, context(one)))
    assert [(issue.rule, issue.expression) for issue in issues] == [
        ("related-action-unresolved", f"PlanDefinition.action[0].relatedAction[{index}].actionId") for index in (0, 1)
    ]


def test_a_circle_of_three_plans_is_told_in_each_with_its_way(context: Callable[..., Context]) -> None:
    plans = [plan(name, naming("PlanDefinition", other)) for name, other in ("ab", "bc", "ca")]
    (issue,) = plan_links.plan_is_acyclic(plans[0], context(*plans))
    assert issue.diagnostics == (
        "PlanDefinition/a leads back to itself (PlanDefinition/a -> PlanDefinition/b -> PlanDefinition/c -> "
        "PlanDefinition/a); take one of these links out."
    )


def test_a_plan_that_names_itself_is_a_circle(context: Callable[..., Context]) -> None:
    one = plan("a", {"id": "group", "action": [naming("PlanDefinition", "a")]})
    (issue,) = plan_links.plan_is_acyclic(one, context(one))
    assert issue.expression == "PlanDefinition.action[0].action[0].definitionCanonical"


def test_plans_that_meet_again_or_lead_into_a_circle_are_none(context: Callable[..., Context]) -> None:
    plans = [
        plan("a", naming("PlanDefinition", "b"), naming("PlanDefinition", "c")),
        plan("b", naming("PlanDefinition", "c")),
        plan("c", naming("PlanDefinition", "d")),
        plan("d", naming("PlanDefinition", "c")),
    ]
    assert list(plan_links.plan_is_acyclic(plans[0], context(*plans))) == []
    assert len(list(plan_links.plan_is_acyclic(plans[2], context(*plans)))) == 1


def test_what_a_reader_follows_is_ours_or_of_the_standards(context: Callable[..., Context]) -> None:
    library = resource("Library", "Own", url="https://example.net/Library/Own")
    known = ["https://example.net/Library/Own|0.1.0", "http://hl7.org/fhir/Library/FHIRHelpers", "#contained"]
    one = plan("p", library=known)
    assert list(plan_links.followed_link_is_ours(one, context(one, library))) == []
    other = plan("q", {"id": "a", "definitionCanonical": "https://example.net/x"}, library=[f"{BASE}x/Library/Own"])
    issues = list(plan_links.followed_link_is_ours(other, context(other, library)))
    assert [(issue.rule, issue.expression) for issue in issues] == [
        ("reference-outside", "PlanDefinition.library"),
        ("reference-outside", "PlanDefinition.action[0].definitionCanonical"),
    ]


def test_an_activity_that_no_plan_names_is_a_warning(context: Callable[..., Context]) -> None:
    cream, soap = resource("ActivityDefinition", "cream"), resource("ActivityDefinition", "soap")
    one = plan("p", {"id": "group", "action": [naming("ActivityDefinition", "cream")]})
    everything = context(one, cream, soap)
    assert list(plan_links.activity_is_reachable(cream, everything)) == []
    assert list(plan_links.activity_is_reachable(one, everything)) == []
    (issue,) = plan_links.activity_is_reachable(soap, everything)
    assert (issue.severity, issue.rule) == ("warning", "artifact-unreachable")
