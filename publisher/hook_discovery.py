"""Which CDS Hooks services there are, and how discovery describes them.

https://cds-hooks.hl7.org/2.0/#discovery. A service is a hook-level PlanDefinition: one whose actions are triggered by
the named event of its hook. `version` and `hookVersion` are as in the 3.0 ballot where that is what a client is told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from publisher import wording
from publisher.apply.barred import barred
from publisher.hook_request import CONTEXTS
from publisher.issue import IssueError
from publisher.language import text
from publisher.prefetch import Settings, keys_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publisher.apply.knowledge import Knowledge
    from publisher.prefetch import Key
    from publisher.repository import Artifact, Resource

# https://cds-hooks.hl7.org/hooks: the version of each hook that is answered.
HOOK_VERSIONS: Mapping[str, str] = {
    "patient-view": "1.0",
    "order-select": "1.0",
    "order-sign": "1.0",
    "problem-list-item-create": "0.1.0",
}
# By the release of CDS Hooks that discovery follows: the `version` that it tells.
RELEASES: Mapping[str, str] = {"2.0": "2.0.0", "3.0": "3.0.0-ballot"}


@dataclass(frozen=True, slots=True)
class Service:
    """A hook-level plan with its hook, the prefetch keys that its logic needs, and what value sets are asked about."""

    plan: Artifact
    hook: str
    keys: tuple[Key, ...]
    judges: Mapping[str, str] = field(default_factory=dict)


def services_of(knowledge: Knowledge, settings: Settings, statuses: tuple[str, ...]) -> Iterator[Service]:
    """Yield the services of the plans that have one of `statuses`."""
    for plan in knowledge.repository.of_type("PlanDefinition"):
        hook = hook_of(plan)
        if hook in CONTEXTS and plan.status in statuses and _can_be_evaluated(knowledge, plan):
            needs = knowledge.requirements(plan)
            judges = {each.value_set: each.type for each in needs if each.value_set}
            yield Service(plan, str(hook), keys_for(needs, settings), judges)


def hook_of(plan: Artifact) -> str | None:
    """Return the hook of a hook-level plan: the named event that triggers an action of its own."""
    triggers = (trigger for action in plan.resource.get("action", ()) for trigger in action.get("trigger", ()))
    return next((str(each.get("name")) for each in triggers if each.get("type") == "named-event"), None)


def _can_be_evaluated(knowledge: Knowledge, plan: Artifact) -> bool:
    """Return whether a plan can be applied and its logic is here: one of others may not, and is then no service."""
    if barred(plan.resource, plan.type, plan.canonical):
        return False
    try:
        knowledge.requirements(plan)
    except IssueError:
        return False
    return True


def rules_of(knowledge: Knowledge, plan: Artifact) -> Iterator[tuple[Artifact, Resource, str]]:
    """Yield every action of a plan and of the plans it leads to, with the plan that it stands in and its name there."""
    waiting, seen = [plan], {plan.canonical}
    while waiting:
        held = waiting.pop()
        for action, path in _placed(held.resource, "action"):
            yield held, action, str(action.get("id", path))
            led = knowledge.repository.resolve(action.get("definitionCanonical", ""))
            if led is not None and led.type == "PlanDefinition" and led.canonical not in seen:
                seen.add(led.canonical)
                waiting.append(led)


def _placed(parent: Resource, path: str) -> Iterator[tuple[Resource, str]]:
    """Yield every action below a plan or action with its path, by which one without an id is called."""
    for index, action in enumerate(parent.get("action", ())):
        yield action, f"{path}[{index}]"
        yield from _placed(action, f"{path}[{index}].action")


def described(service: Service, language: str, release: str) -> Resource:
    """Return a service as discovery lists it."""
    resource = service.plan.resource
    description = text(resource, "description", language) or service.plan.id
    if service.plan.status == "draft":
        description = f"{description} {wording.say('draft', language)}"
    entry: Resource = {
        "hook": service.hook,
        "title": text(resource, "title", language),
        "description": description,
        "id": service.plan.id,
    }
    if service.keys:
        entry["prefetch"] = {key.name: key.query for key in service.keys}
    entry["usageRequirements"] = wording.say("usage", language)
    entry["version"] = RELEASES[release]
    if release != "2.0":  # a reader of 2.0 may refuse what it does not know
        entry["hookVersion"] = HOOK_VERSIONS[service.hook]
    return entry
