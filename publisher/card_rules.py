"""Which actions of an Applied tree make cards, what each card gathers, and what cannot be decided.

https://cds-hooks.hl7.org/2.0/#card-attributes. The actions below a topic's scope are its rules: those of a plan that
is led to, and those below an action that only holds others. An action whose children form a visual group
(https://hl7.org/fhir/R4/codesystem-action-grouping-behavior.html) is one rule: its children are parts of one card.
Without a condition of its own it has nothing to say where none of its children has.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from publisher.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from publisher.apply.tree import AppliedAction, AppliedPlan
    from publisher.repository import Artifact, Resource

VISUAL_GROUP = "visual-group"
WITHDRAWN = "retired"  # such a plan says nothing, though a plan that is in force still leads to it


@record
class Part:
    """An action with the plan it stands in."""

    action: AppliedAction
    plan: Artifact


@record
class Rule:
    """An action that makes a card, the plan it stands in, and of a visual group the parts that apply."""

    action: AppliedAction
    plan: Artifact
    parts: tuple[Part, ...] = ()

    @property
    def placed(self) -> tuple[Part, ...]:
        """Return the action and its parts."""
        return (Part(self.action, self.plan), *self.parts)

    @property
    def lines(self) -> tuple[AppliedAction, ...]:
        """Return the parts that say something, those that only offer something left out."""
        return tuple(each.action for each in self.parts if not is_offer(each.action.action))


@record
class Undecided:
    """An action that cannot be decided, and the one that names it to a reader: that which leads to its plan."""

    action: AppliedAction
    named: AppliedAction


@dataclass(slots=True)
class Ruling:
    """What the rules came to, in the order of the plan: those that fire, and what cannot be decided."""

    firing: list[Rule] = field(default_factory=list)
    undecided: list[Undecided] = field(default_factory=list)

    def add(self, actions: Iterable[AppliedAction], plan: Artifact, named: AppliedAction | None = None) -> None:
        """Take in the actions of a scope, of a plan that `named` leads to, or of an action that only holds others."""
        for action in actions:
            if action.decision.state == "undetermined":
                self.undecided.append(Undecided(action, named or action))
            elif action.decision.state == "applied":
                self._add(action, plan, named)

    def _add(self, action: AppliedAction, plan: Artifact, named: AppliedAction | None) -> None:
        if is_group(action.action):
            rule = Rule(action, plan, tuple(self._parts(action, plan)))
            if "condition" in action.action or rule.lines:
                self.firing.append(rule)
        elif action.plan is not None:
            if action.plan.artifact.status != WITHDRAWN:
                self.add(action.plan.actions, action.plan.artifact, named or action)
        elif _only_holds(action.action):
            self.add(action.children, plan, named)
        else:
            self.firing.append(Rule(action, plan))

    def _parts(self, group: AppliedAction, plan: Artifact, named: AppliedAction | None = None) -> Iterator[Part]:
        """Yield the applied actions below a visual group, down to those that say or offer something themselves."""
        below = [(each, plan) for each in group.children]
        if group.plan is not None and group.plan.artifact.status != WITHDRAWN:
            below += [(each, group.plan.artifact) for each in group.plan.actions]
        for each, owner in below:
            if each.decision.state == "undetermined":
                self.undecided.append(Undecided(each, named or each))
            elif each.decision.state == "applied":
                holds = each.plan is not None or is_group(each.action) or _only_holds(each.action)
                leads = named or (each if each.plan is not None and not is_group(each.action) else None)
                yield from self._parts(each, owner, leads) if holds else (Part(each, owner),)


def ruling_of(applied: AppliedPlan) -> Ruling:
    """Return what the rules of a hook-level plan came to; none fires where none of its scopes is firmly true.

    A scope that is open is what cannot be decided. A scope that says or leads to something is a rule itself, as
    https://hl7.org/fhir/R4/clinicalreasoning-cds-on-fhir.html has it.
    """
    ruling = Ruling()
    for scope in applied.actions:
        if scope.decision.state == "applied":
            ruling.add(scope.children if _only_scopes(scope.action) else [scope], applied.artifact)
        elif scope.decision.state == "undetermined":
            ruling.undecided.append(Undecided(scope, scope))
    return ruling


def is_group(action: Resource) -> bool:
    """Return whether the actions below `action` are shown together."""
    return action.get("groupingBehavior") == VISUAL_GROUP


def is_offer(action: Resource) -> bool:
    """Return whether an action adds a suggestion to a card and no text: it leads to something and says nothing."""
    return "description" not in action and ("definitionCanonical" in action or action_type(action) == "remove")


def action_type(action: Resource) -> str | None:
    """Return the code of an action's type."""
    return next((coding.get("code") for coding in action.get("type", {}).get("coding", ())), None)


def _only_scopes(action: Resource) -> bool:
    """Return whether an action says nothing and leads to nothing, whatever is below it."""
    return "description" not in action and "definitionCanonical" not in action


def _only_holds(action: Resource) -> bool:
    """Return whether an action is there for the actions below it: it says nothing and leads to nothing."""
    return "action" in action and _only_scopes(action)
