"""A plan looked through once: which definition each condition means, and what each action leads to.

https://hl7.org/fhir/R4/plandefinition.html. Nothing of it depends on a patient, so what is found in a plan that is held
is kept with what is held, and so are the parts of an Applied tree that come out the same for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher.apply.barred import barred
from publisher.apply.content import INLINE
from publisher.apply.knowledge import actions_of, led_to
from publisher.apply.logic import definition_of
from publisher.apply.omissions import omitted
from publisher.apply.tree import AppliedAction, AppliedActivity, Decision, Judged
from publisher.extension import EVALUATION_MODE, value_of
from publisher.issue import IssueError
from publisher.record import record
from publisher.repository import Artifact, Canonical

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.apply.knowledge import Knowledge
    from publisher.apply.tree import AppliedPlan
    from publisher.expression.definition import Definition
    from publisher.issue import Issue
    from publisher.repository import Resource

UNCONDITIONAL = Decision("applied")
BARRED = Decision("not-applied")


@record
class Led:
    """What an action leads to by its definition, and what is wrong with that."""

    plan: AppliedPlan | None = None
    activity: AppliedActivity | None = None
    questionnaire: str | None = None
    issues: tuple[Issue, ...] = ()


NOTHING = Led()


@dataclass(frozen=True, slots=True)
class BoundCondition:
    """A condition of applicability: its Expression, and the definition that it names.

    `definition` is None for FHIRPath, for CQL that is written out, and where nothing is named that is held. `true` and
    `false` are the condition as judged where all data are there, `consent` and `refusal` what it then decides alone.
    """

    expression: Resource
    definition: Definition | None
    true: Judged
    false: Judged
    consent: Decision
    refusal: Decision

    @classmethod
    def of(cls, expression: Resource, definition: Definition | None) -> BoundCondition:
        """Return a condition with what it comes to."""
        true, false = (Judged(expression, value, definition=definition) for value in (True, False))
        consent, refusal = Decision("applied", conditions=(true,)), Decision("not-applied", conditions=(false,))
        return cls(expression, definition, true, false, consent, refusal)


@dataclass(frozen=True, slots=True)
class BoundAction:
    """An action: its conditions, the actions below it, and the definition that it leads to.

    With `is_plain` it goes by what is there, whatever is missing. `led` is what it leads to where that is the same for
    everybody; `refused` and `settled` are the action as its first condition decides it, where nothing else does, and
    `barred` is the action where it cannot be applied at all.
    """

    action: Resource = field(repr=False)
    path: str
    conditions: tuple[BoundCondition, ...]
    is_plain: bool
    below: tuple[BoundAction, ...]
    definition: Artifact | None
    led: Led
    transform: tuple[Issue, ...]
    refused: AppliedAction | None
    settled: AppliedAction | None
    barred: AppliedAction | None


@dataclass(frozen=True, slots=True)
class BoundPlan:
    """A plan with its actions; `size` is how many there are at all depths."""

    artifact: Artifact
    actions: tuple[BoundAction, ...]
    size: int


def bound(knowledge: Knowledge, plan: Artifact) -> BoundPlan:
    """Return a plan looked through, which is kept of one that is held.

    IssueError where the plan is barred, or its logic is not held.
    """
    kept = knowledge.bound.get(plan.canonical)
    if kept is not None and kept.artifact is plan:
        return kept
    if barrier := barred(plan.resource, plan.type, plan.canonical):
        raise IssueError(barrier)
    knowledge.libraries_of(plan)
    size = sum(1 for _ in actions_of(plan.resource))
    made = BoundPlan(plan, tuple(_actions(knowledge, plan, plan.resource, "action")), size)
    if "id" in plan.resource and knowledge.repository.get(plan.type, plan.id) is plan:
        knowledge.bound[plan.canonical] = made
    return made


def _actions(knowledge: Knowledge, plan: Artifact, parent: Resource, path: str) -> Iterator[BoundAction]:
    for index, action in enumerate(parent.get("action", ())):
        yield _action(knowledge, plan, action, f"{path}[{index}]")


def _action(knowledge: Knowledge, plan: Artifact, action: Resource, path: str) -> BoundAction:
    conditions = tuple(
        _condition(knowledge, plan, each.get("expression", {}))
        for each in action.get("condition", ())
        if each.get("kind") == "applicability"
    )
    definition, led = _definition(knowledge, plan, action, path)
    below, transform = tuple(_actions(knowledge, plan, action, f"{path}.action")), tuple(_transform(action, path))
    consent = conditions[0].consent if conditions else UNCONDITIONAL
    barrier = barred(action, path, path)
    is_settled = len(conditions) < 2 and not below and not _varies(action, definition)  # noqa: PLR2004  none or one
    return BoundAction(
        action,
        path,
        conditions,
        value_of(action, EVALUATION_MODE) == "plain",
        below,
        definition,
        led,
        transform,
        AppliedAction(action, path, conditions[0].refusal) if conditions else None,
        applied_action(action, path, consent, led, issues=(*led.issues, *transform)) if is_settled else None,
        AppliedAction(action, path, BARRED, issues=(barrier,)) if barrier else None,
    )


def applied_action(action: Resource, path: str, decision: Decision, led: Led, **more: Any) -> AppliedAction:
    """Return an action that applies, with what it leads to."""
    there = {"plan": led.plan, "activity": led.activity, "questionnaire": led.questionnaire}
    return AppliedAction(action, path, decision, **there, **more)  # type: ignore[arg-type]  # by the names of its fields


def _varies(action: Resource, definition: Artifact | None) -> bool:
    """Return whether what an action says or leads to depends on the patient."""
    leads_on = definition is not None and (definition.type == "PlanDefinition" or "dynamicValue" in definition.resource)
    return "dynamicValue" in action or leads_on


def _condition(knowledge: Knowledge, plan: Artifact, expression: Resource) -> BoundCondition:
    return BoundCondition.of(expression, definition_of(knowledge, expression, plan))


def _definition(knowledge: Knowledge, plan: Artifact, action: Resource, path: str) -> tuple[Artifact | None, Led]:
    """Return the plan or activity that an action leads to, and what of that is the same for everybody."""
    canonical = led_to(action)
    if canonical is None:
        return None, NOTHING
    definition = _resolved(knowledge, canonical, plan)
    if definition is not None and definition.status == "retired" and definition.topic != INLINE:
        gone = omitted("definition-retired", f"{path}.definition", action=path, canonical=canonical)
        return None, Led(issues=(gone,))
    if definition is None:
        if "/Questionnaire/" in f"/{canonical}":
            return None, Led(questionnaire=canonical)
        named = Canonical.parse(canonical)
        row = "definition-inactive" if knowledge.repository.versions(named.url) and not named.version else None
        missing = omitted(row or "definition-missing", f"{path}.definition", action=path, canonical=canonical)
        return None, Led(issues=(missing,))
    if definition.type == "Questionnaire":
        return None, Led(questionnaire=str(definition.canonical))
    if definition.type == "ActivityDefinition":
        return definition, Led(activity=AppliedActivity(definition, path or definition.type, (), action))
    if definition.type == "PlanDefinition":
        return definition, NOTHING
    return None, Led(issues=(unusable(action, path),))


def unusable(action: Resource, path: str) -> Issue:
    """Return the issue of a definition that is no plan or activity, or leads back to where it is led to."""
    return omitted("definition-unusable", f"{path}.definition", action=path, canonical=led_to(action))


def _resolved(knowledge: Knowledge, canonical: str, plan: Artifact) -> Artifact | None:
    """Return the artifact of a canonical, or the one contained in it, or in the plan itself, that a fragment names."""
    url, _, fragment = canonical.partition("#")
    outer = knowledge.repository.resolve(url) if url else plan
    if not fragment or outer is None:
        return outer
    contained = (each for each in outer.resource.get("contained", ()) if each.get("id") == fragment)
    return next((_within(outer, each) for each in contained), None)


def _within(plan: Artifact, contained: Resource) -> Artifact:
    """Return what a plan contains, named as a part of that, and seeing what stands beside it."""
    url, version = (each and each.partition("#")[0] for each in (plan.canonical.url, plan.canonical.version))
    fragment = f"#{contained['id']}"
    named = {"url": url, "version": f"{version}{fragment}"} if version else {"url": f"{url}{fragment}"}
    if "url" in contained:  # it has a name of its own
        named = {}
    beside = {"contained": plan.resource["contained"]}
    return Artifact({**named, **contained, **beside}, {}, plan.topic)


def _transform(action: Resource, path: str) -> Iterator[Issue]:
    if "transform" in action:
        yield omitted("transform", f"{path}.transform", name=path, map=action["transform"])
