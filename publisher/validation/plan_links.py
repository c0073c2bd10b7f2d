"""Gates on the links of plans: goals and actions inside one, circles between several, and what nothing leads to.

Implements https://hl7.org/fhir/R4/plandefinition-definitions.html#PlanDefinition.action (goalId, relatedAction,
definition) for the artifacts of one release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.hook_request import CONTEXTS
from publisher.issue import Issue
from publisher.repository import Canonical
from publisher.topic import did_you_mean
from publisher.validation.context import walk_actions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.repository import Repository, Resource
    from publisher.validation.context import Context

# What a reader follows to use an artifact; codes and profiles of the standards may stand elsewhere.
_FOLLOWED = ("definitionCanonical", "library", "transform", "answerValueSet", "instantiatesCanonical", "valueSet")
_STANDARDS = ("http://hl7.org/", "http://terminology.hl7.org/", "#")


def goal_resolves(plan: Resource, _: Context) -> Iterator[Issue]:
    """Check that every goalId of an action is a goal of the plan."""
    goals = [one["id"] for one in plan.get("goal", ()) if "id" in one]
    for path, action, _parents in walk_actions(plan):
        for index, name in enumerate(action.get("goalId", ())):
            if name not in goals:
                hint = did_you_mean(name, goals) or "; add the goal, or take goalId out."
                diagnostics = f"'{name}' is no goal of PlanDefinition/{plan['id']}{hint}"
                yield Issue.error("not-found", "goal-unresolved", diagnostics, expression=f"{path}.goalId[{index}]")


def related_action_resolves(plan: Resource, _: Context) -> Iterator[Issue]:
    """Check that every relatedAction names another action of the same plan."""
    known = [action["id"] for _path, action, _parents in walk_actions(plan) if "id" in action]
    for path, action, _parents in walk_actions(plan):
        others = [one for one in known if one != action.get("id")]
        for index, related in enumerate(action.get("relatedAction", ())):
            name = related.get("actionId")
            if name not in others:
                hint = did_you_mean(str(name), others) or "; name one that is there."
                diagnostics = f"'{name}' is no other action of PlanDefinition/{plan['id']}{hint}"
                place = f"{path}.relatedAction[{index}].actionId"
                yield Issue.error("not-found", "related-action-unresolved", diagnostics, expression=place)


def named_event_is_a_hook(plan: Resource, _: Context) -> Iterator[Issue]:
    """Check that every named event that triggers an action is a hook that is answered, or no service comes of it."""
    for path, action, _parents in walk_actions(plan):
        for index, trigger in enumerate(action.get("trigger", ())):
            name = trigger.get("name")
            if trigger.get("type") == "named-event" and name not in CONTEXTS:
                hint = did_you_mean(str(name), CONTEXTS) or f"; the hooks are {', '.join(CONTEXTS)}."
                diagnostics = f"No hook that is answered here is called '{name}', so no service comes of it{hint}"
                place = f"{path}.trigger[{index}].name"
                yield Issue.warning("business-rule", "hook-unknown", diagnostics, expression=place)


def plan_is_acyclic(plan: Resource, context: Context) -> Iterator[Issue]:
    """Check that no plan leads back to itself through the plans that its actions name."""
    own = f"PlanDefinition/{plan['id']}"
    for path, action, _parents in walk_actions(plan):
        way = _way(_named_plan(action, context.repository), own, context.repository)
        if way:
            diagnostics = f"{own} leads back to itself ({' -> '.join([own, *way])}); take one of these links out."
            place = f"{path}.definitionCanonical"
            yield Issue.error("business-rule", "plan-cycle", diagnostics, expression=place)


def followed_link_is_ours(resource: Resource, context: Context) -> Iterator[Issue]:
    """Check that what a reader must follow is an artifact of ours or of the standards, not an unknown address."""
    base = f"{context.publisher.canonical_base}/"
    for path, parent in context.elements_with(_FOLLOWED, resource):
        for key in _FOLLOWED:
            value = parent.get(key)
            for text in value if isinstance(value, list) else [value]:
                if not isinstance(text, str) or text.startswith((base, *_STANDARDS)):
                    continue
                if not context.repository.versions(Canonical.parse(text).url):
                    known = [str(one.canonical) for one in context.repository]
                    hint = did_you_mean(text, known) or "; define it in a topic, or take the link out."
                    diagnostics = f"{text} is named, which no topic defines{hint}"
                    yield Issue.error("not-found", "reference-outside", diagnostics, expression=f"{path}.{key}")


def activity_is_reachable(resource: Resource, context: Context) -> Iterator[Issue]:
    """Check that some plan names every activity and questionnaire, or no reader would meet it."""
    kind = resource["resourceType"]
    if kind not in ("ActivityDefinition", "Questionnaire"):
        return
    url = resource.get("url", "")
    for plan in context.repository.of_type("PlanDefinition"):
        for _path, action, _parents in walk_actions(plan.resource):
            if Canonical.parse(action.get("definitionCanonical", "")).url == url:
                return
    diagnostics = f"No plan names {kind}/{resource['id']}; name it in the definitionCanonical of an action."
    yield Issue.warning("business-rule", "artifact-unreachable", diagnostics, expression=kind)


def _named_plan(action: Resource, repository: Repository) -> str | None:
    """Return the plan that an action names, as Type/id."""
    url = Canonical.parse(action.get("definitionCanonical", "")).url
    found = next((one for one in repository if one.canonical.url == url), None) if url else None
    return f"{found.type}/{found.id}" if found and found.type == "PlanDefinition" else None


def _way(start: str | None, goal: str, repository: Repository) -> list[str] | None:
    """Return the shortest way from one plan to another by the definitions of actions, or None."""
    paths, seen = [[start]] if start else [], {start}
    for path in paths:
        if path[-1] == goal:
            return [str(one) for one in path]
        plan = repository.get("PlanDefinition", str(path[-1]).partition("/")[2])
        for _place, action, _parents in walk_actions(plan.resource) if plan else ():
            named = _named_plan(action, repository)
            if named and named not in seen:
                seen.add(named)
                paths.append([*path, named])
    return None
