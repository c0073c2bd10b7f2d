"""The Applied tree: what a plan came to for one patient; every output is a projection of it.

https://hl7.org/fhir/R4/plandefinition.html#12.18.3.3 gives the steps; an action is applied, not applied or
undetermined, and the children of one that is not applied are not looked at.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal

from publisher.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from publisher.explanation import Explanation
    from publisher.expression.causes import Cause
    from publisher.expression.definition import Definition
    from publisher.expression.evaluation import Evaluation
    from publisher.expression.requirements import Requirement
    from publisher.issue import Issue
    from publisher.repository import Artifact, Resource

State = Literal["applied", "not-applied", "undetermined"]


@record
class Judged:
    """One condition as it was judged: its Expression, and what it came to.

    `value` is None for a null; `definition` is the one that the Expression names, `titles` what it is called by
    language, where it is open. `explanation` is there only where one was asked for.
    """

    expression: Resource
    value: bool | None
    is_open: bool = False
    causes: tuple[Cause, ...] = ()
    error: str | None = None
    definition: Definition | None = field(default=None, compare=False, repr=False)
    explanation: Explanation | None = None
    titles: Mapping[str, str] = field(default_factory=dict)

    @property
    def needs(self) -> tuple[Requirement, ...]:
        """Return the data that the definition reads."""
        return self.definition.requirements if self.definition else ()


@record
class Decision:
    """Whether an action applies; `causes` say what is missing, `error` that a condition could not be computed."""

    state: State
    causes: tuple[Cause, ...] = ()
    error: str | None = None
    conditions: tuple[Judged, ...] = field(default=(), compare=False)


@record
class DynamicValue:
    """What the expression for one path came to, as JSON, the items of a list one by one."""

    path: str
    values: tuple[Any, ...]


@record
class AppliedActivity:
    """An ActivityDefinition with the dynamic values of its own and then of the action that leads to it.

    `overrides` is that action, whose description, code, timing and participants come before the definition's; its
    reason is that of the request.
    """

    artifact: Artifact
    path: str
    values: tuple[DynamicValue, ...] = ()
    overrides: Resource = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()


@record
class AppliedAction:
    """One action of a plan with its decision, and what it leads to where it applies.

    `target` is the first reference of a dynamic value for `%action.resource`, or None; an action whose value names
    several resources stands in the tree once for each. `values` are for the action itself, `questionnaire` is the
    canonical of one that it leads to.
    """

    action: Resource = field(repr=False)
    path: str
    decision: Decision
    children: tuple[AppliedAction, ...] = ()
    plan: AppliedPlan | None = None
    activity: AppliedActivity | None = None
    questionnaire: str | None = None
    values: tuple[DynamicValue, ...] = ()
    target: Resource | None = None
    issues: tuple[Issue, ...] = ()

    @property
    def id(self) -> str:
        """Return the action's id, or its path where it has none."""
        return str(self.action.get("id", self.path))

    @property
    def leads_on(self) -> bool:
        """Return whether it leads to something besides the actions below it."""
        return any(each is not None for each in (self.plan, self.activity, self.questionnaire, self.target))

    def walk(self) -> Iterator[AppliedAction]:
        """Yield this action and all below it, nested plans included."""
        yield self
        for child in self.children:
            yield from child.walk()
        if self.plan:
            yield from self.plan.walk()


@record
class AppliedPlan:
    """A plan applied to one patient.

    `unrecognised` counts, by value set, the concepts that carried no code of a system the value set knows; it is
    filled for the plan that was asked for, not for those nested in it. So is `evaluation`, that which decided it, for
    those who prove the rules.
    """

    artifact: Artifact
    actions: tuple[AppliedAction, ...]
    unrecognised: tuple[tuple[str, int], ...] = ()
    issues: tuple[Issue, ...] = ()
    evaluation: Evaluation | None = field(default=None, compare=False, repr=False)

    def walk(self) -> Iterator[AppliedAction]:
        """Yield every action, parents before children."""
        for action in self.actions:
            yield from action.walk()

    def walk_with_plans(self) -> Iterator[tuple[AppliedAction, Artifact]]:
        """Yield every action with the plan that it stands in, parents before children."""
        yield from _with_plans(self.actions, self.artifact)


def _with_plans(actions: Iterable[AppliedAction], plan: Artifact) -> Iterator[tuple[AppliedAction, Artifact]]:
    for action in actions:
        yield action, plan
        yield from _with_plans(action.children, plan)
        if action.plan is not None:
            yield from _with_plans(action.plan.actions, action.plan.artifact)
