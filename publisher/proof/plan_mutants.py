"""Small wrong versions of a topic's plans: each differs from the compiled plan in one place.

https://hl7.org/fhir/R4/plandefinition.html. As `elm_mutants`, for what a plan says itself: conditions, priorities,
where an action leads, what stands under it, in which order, and from which statements it derives.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from publisher.repository import Resource

PRIORITIES: Final[Mapping[str, str]] = {"routine": "urgent", "urgent": "routine", "asap": "routine", "stat": "routine"}
NEGATION: Final = "Negation of "

Change = tuple[str, dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class PlanMutant:
    """A wrong version of a plan; `negated` is the condition whose negation the library must define for it."""

    id: str
    what: str
    place: str
    plan: Resource = field(repr=False, compare=False)
    negated: str | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """What may be put in the place of something else: conditions of the topic, and canonicals by resource type."""

    conditions: Sequence[str]
    definitions: Mapping[str, Sequence[str]]


def plan_mutants(plan: Resource, names: Names) -> Iterator[PlanMutant]:
    """Yield the mutants of one plan."""
    for changed, what, action, negated in _of_actions(plan, names):
        yield PlanMutant(f"plan/{plan['id']}/{action}/{what}", what, f"{plan['id']}, action {action}", changed, negated)


def _of_actions(parent: Resource, names: Names) -> Iterator[tuple[Resource, str, str, str | None]]:
    """Yield the parent with one change in or below one of its actions, what it is, and in which action."""
    actions: list[Resource] = parent.get("action", [])
    for index, action in enumerate(actions):
        name = str(action.get("id", index))
        yield _with(parent, _without(actions, index)), "action removed", name, None
        if index + 1 < len(actions):
            swapped = [*actions[:index], actions[index + 1], action, *actions[index + 2 :]]
            yield _with(parent, swapped), "after the next action", name, None
        for what, changed, negated in _of_action(action, names):
            yield _with(parent, [*actions[:index], changed, *actions[index + 1 :]]), what, name, negated
        for changed, what, inner, negated in _of_actions(action, names):
            yield _with(parent, [*actions[:index], changed, *actions[index + 1 :]]), what, inner, negated


def _of_action(action: Resource, names: Names) -> Iterator[tuple[str, Resource, str | None]]:
    yield from _conditions(action, names)
    if action.get("priority") in PRIORITIES:
        other = PRIORITIES[action["priority"]]
        yield f"priority {action['priority']} to {other}", {**action, "priority": other}, None
    yield from ((what, changed, None) for what, changed in _definition(action, names))
    for index, each in enumerate(action.get("dynamicValue", ())):
        rest = {**action, "dynamicValue": _without(action["dynamicValue"], index)}
        yield f"dynamic value {each.get('path')} removed", rest, None
    for index, each in enumerate(action.get("documentation", ())):
        if each.get("type") == "derived-from" and "label" in each:
            rest = {**action, "documentation": _without(action["documentation"], index)}
            yield f"statement {each['label']} removed", rest, None


def _conditions(action: Resource, names: Names) -> Iterator[tuple[str, Resource, str | None]]:
    conditions: list[Resource] = action.get("condition", [])
    for index, each in enumerate(conditions):
        name = str(each.get("expression", {}).get("expression"))
        yield f"condition '{name}' dropped", {**action, "condition": _without(conditions, index)}, None
        for what, other, negated in (
            (f"condition '{name}' negated", f"{NEGATION}{name}", name),
            (f"condition '{name}' swapped", _next(names.conditions, name), None),
        ):
            if other is not None:
                changed = {**each, "expression": {**each["expression"], "expression": other}}
                yield what, {**action, "condition": [*conditions[:index], changed, *conditions[index + 1 :]]}, negated


def _definition(action: Resource, names: Names) -> Iterator[tuple[str, Resource]]:
    canonical = action.get("definitionCanonical")
    if canonical is None:
        return
    kind = str(canonical).rpartition("/")[0].rpartition("/")[2]
    tail = str(canonical).rpartition("/")[2].partition("|")[0]
    yield f"{tail} removed", {key: part for key, part in action.items() if key != "definitionCanonical"}
    other = _next(names.definitions.get(kind, ()), str(canonical))
    if other is not None:
        yield f"{tail} to another {kind}", {**action, "definitionCanonical": other}


def _next(items: Sequence[str], one: str) -> str | None:
    """Return the item behind `one`, the first behind the last; None where there is no other."""
    if one not in items or len(items) < 2:  # noqa: PLR2004  itself and another
        return None
    return items[(items.index(one) + 1) % len(items)]


def _with(parent: Resource, actions: list[Resource]) -> Resource:
    rest = {key: part for key, part in parent.items() if key != "action"}
    return {**rest, "action": actions} if actions else rest


def _without(items: Sequence[Any], index: int) -> list[Any]:
    return [*items[:index], *items[index + 1 :]]
