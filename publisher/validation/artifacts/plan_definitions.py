"""Check PlanDefinitions: links between actions, selections, conditions that deny each other, triggers' definitions.

Implements https://hl7.org/fhir/R4/plandefinition.html and https://hl7.org/fhir/R4/plandefinition-operation-apply.html.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from publisher.validation.findings import nearest
from publisher.validation.nodes import Finding, Node, items, text
from publisher.validation.primitives import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge

Action = dict[str, Any]
_DEEPEST = 32
_NOT = re.compile(r"(?:not\s*\(?(?P<before>.+?)\)?|\(?(?P<after>.+?)\)?\.not\(\))", re.IGNORECASE | re.DOTALL)
_NEEDS_SEVERAL = ("any", "all-or-none", "exactly-one", "at-most-one", "one-or-more")
_LATER = ("after", "after-start", "after-end")


def actions_have_ids(node: Node, _knowledge: Knowledge) -> Iterator[Finding]:
    """Check that actions have ids, by which cards, related actions and provenance name them."""
    actions = [action for _, action in _actions(node.value, node.path, 0)]
    without = sum("id" not in action for action in actions)
    if without:
        sentence = (
            f"has {without} of {len(actions)} actions without an id, by which others can name them; give each one"
        )
        yield "action-id-missing", node.at("action"), sentence


def links_are_within_plan(node: Node, _knowledge: Knowledge) -> Iterator[Finding]:
    """Check that goals and related actions that actions name are in the plan."""
    actions = list(_actions(node.value, node.path, 0))
    known = {text(action, "id") for _, action in actions}
    goals = {text(goal, "id") for _, goal in items(node.value, "goal")}
    for path, action in actions:
        for index, related in items(action, "relatedAction"):
            name = text(related, "actionId")
            if name is not None and name not in known:
                place = ((path, ".relatedAction", index), ".actionId")
                yield "action-related-unknown", place, _unknown(name, "action", known)
        for index, goal_name in enumerate(action["goalId"] if isinstance(action.get("goalId"), list) else ()):
            if isinstance(goal_name, str) and goal_name not in goals:
                yield "action-goal-unknown", (path, ".goalId", index), _unknown(goal_name, "goal", goals)


def _unknown(name: str, kind: str, known: set[str | None]) -> str:
    near = nearest(name, sorted(one for one in known if one))
    advice = f"did you mean {near}?" if near else "correct it"
    return f"{shown(name)} is the id of no {kind} of the plan; {advice}"


def order_has_no_cycle(node: Node, _knowledge: Knowledge) -> Iterator[Finding]:
    """Check that no action must come before itself."""
    places = {text(action, "id"): place for place, action in _actions(node.value, node.path, 0)}
    follows: dict[str, set[str]] = {}
    for _place, action in _actions(node.value, node.path, 0):
        for _, related in items(action, "relatedAction"):
            own, other, how = text(action, "id"), text(related, "actionId"), text(related, "relationship") or ""
            if own and other:
                first, second = (other, own) if how in _LATER else (own, other)
                if how.startswith(("before", "after")):
                    follows.setdefault(first, set()).add(second)
    name = _in_cycle(follows)
    if name is not None and name in places:
        way = " -> ".join(_round(name, follows))
        yield "action-cycle", places[name], f"comes before itself by related actions ({way}); take one of them out"


def selection_has_a_choice(node: Node, _knowledge: Knowledge) -> Iterator[Finding]:
    """Check that a selection behaviour stands on a group with something to choose from."""
    behaviour = text(node.value, "selectionBehavior")
    children = items(node.value, "action")
    if behaviour is not None and not children:
        if not {"definitionCanonical", "definitionUri"} & node.value.keys():
            sentence = f"is {behaviour}, but the action has none to select from; put actions in it"
            yield "action-selection-alone", node.at("selectionBehavior"), sentence
    elif behaviour in _NEEDS_SEVERAL and len(children) == 1:
        sentence = f"is {behaviour} of a single action; add others, or write all"
        yield "action-selection-few", node.at("selectionBehavior"), sentence


def conditions_can_hold(node: Node, _knowledge: Knowledge) -> Iterator[Finding]:
    """Check that no condition is always false, nor denies another one on the way to the action."""
    own = dict(_conditions(node))
    for path, expression in own.items():
        if expression.lower() in ("false", "{}"):
            yield "action-unreachable", path, "is always false, so that the action never applies; take the action out"
    above: dict[str, None] = {}
    parent = node.parent
    while parent is not None and parent.content == "PlanDefinition.action":
        above.update(dict.fromkeys(dict(_conditions(parent)).values()))
        parent = parent.parent
    for path, expression in own.items():
        others = [*above, *(each for at, each in own.items() if at != path)]
        match = _NOT.fullmatch(expression)
        denied = _plain(match["before"] or match["after"]) if match else None
        if denied in others or any(_denies(other, expression) for other in above):
            sentence = f"{shown(expression)} denies another condition on the same way; one of them must go"
            yield "conditions-contradictory", path, sentence
            return


def _denies(other: str, expression: str) -> bool:
    match = _NOT.fullmatch(other)
    return match is not None and _plain(match["before"] or match["after"]) == expression


def _conditions(node: Node) -> Iterator[tuple[Any, str]]:
    """Yield the place and the expression of each condition that decides whether an action applies."""
    for index, condition in items(node.value, "condition"):
        expression = text(condition.get("expression"), "expression")
        if expression is not None and condition.get("kind") == "applicability":
            yield ((node.at("condition", index), ".expression"), ".expression"), _plain(expression)


def _plain(expression: str) -> str:
    return " ".join(expression.split()).strip('"')


def _actions(parent: Action, path: Any, depth: int) -> Iterator[tuple[Any, Action]]:
    """Yield every action below a plan or action with its place."""
    for index, action in items(parent, "action"):
        place = (path, ".action", index)
        yield place, action
        if depth < _DEEPEST:
            yield from _actions(action, place, depth + 1)


def _round(name: str, follows: dict[str, set[str]]) -> list[str]:
    """Return a shortest way from a name back to it."""
    ways, seen = [[name]], {name}
    for way in ways:
        following = sorted(follows.get(way[-1], ()))
        if name in following:
            return [*way, name]
        ways += [[*way, one] for one in following if one not in seen]
        seen.update(following)
    return [name]


def _in_cycle(follows: dict[str, set[str]]) -> str | None:
    """Return a name that leads back to itself, or None; each name is left once all that follows it is done."""
    done: set[str] = set()
    on_way: set[str] = set()
    for start in sorted(follows):
        pending = [start]
        while pending:
            name = pending[-1]
            if name in on_way or name in done:
                pending.pop()
                on_way.discard(name)
                done.add(name)
                continue
            on_way.add(name)
            following = follows.get(name, set())
            back = following & on_way
            if back:
                return min(back)
            pending += sorted(following - done)
    return None
