"""Apply a PlanDefinition or an ActivityDefinition to what was supplied about one patient.

https://hl7.org/fhir/R4/plandefinition.html#12.18.3.3, with decisions in three values: several conditions combine by
And, and one that missing data could change leaves its action undetermined.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from publisher.apply.bound import UNCONDITIONAL, Led, applied_action, bound, unusable
from publisher.apply.dynamic_value import is_for_action
from publisher.apply.fitting import fitted
from publisher.apply.inputs import Inputs
from publisher.apply.logic import Logic, plain_values
from publisher.apply.omissions import omitted
from publisher.apply.tree import AppliedAction, AppliedActivity, AppliedPlan, Decision, DynamicValue, Judged
from publisher.expression.context import Supply
from publisher.expression.definition import FALSE, TRUE
from publisher.expression.evaluation import Evaluation
from publisher.extension import EVALUATION_MODE, value_of
from publisher.issue import IssueError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from publisher.apply.bound import BoundAction, BoundCondition
    from publisher.apply.knowledge import Knowledge
    from publisher.expression.context import DataContext
    from publisher.issue import Issue
    from publisher.repository import Artifact, Canonical, Resource

TARGET = "%action.resource"
# How much may come of one plan by the plans in it, which can name each other so that it has no end in practice.
MOST_ACTIONS, MOST_LEVELS = 10_000, 50
NOBODY = Inputs("Patient", "en")


def is_tracked(plan: Artifact) -> bool:
    """Return whether missing data leave a plan's conditions undetermined; foreign plans are read as plain CQL."""
    return bool(value_of(plan.resource, EVALUATION_MODE) == "tracked")


def apply_plan(  # noqa: PLR0913  what an evaluation is given from outside
    knowledge: Knowledge,
    plan: Artifact,
    context: DataContext,
    *,
    parameters: Mapping[str, Any] | None = None,
    now: datetime | None = None,
    inputs: Inputs = NOBODY,
    tracked: bool | None = None,
    explains: bool = False,
) -> AppliedPlan:
    """Return the Applied tree of `plan`, or raise IssueError where its logic is not held.

    `tracked` overrides how the plan itself says that missing data are to be read; with `explains`, each condition
    carries why it came to what it did.
    """
    tracked = is_tracked(plan) if tracked is None else tracked
    data = read(context, tracked)
    env = Evaluation(data, knowledge.terminology, parameters=parameters, now=now, explains=explains)
    applied = _Application(Logic(knowledge, env, inputs), tracked).plan(plan, (plan.canonical,))
    unrecognised = tuple((url, len(concepts)) for url, concepts in env.unrecognised.items())
    return replace(applied, unrecognised=unrecognised, evaluation=env)


def apply_activity(  # noqa: PLR0913  what an evaluation is given from outside
    knowledge: Knowledge,
    activity: Artifact,
    context: DataContext,
    *,
    parameters: Mapping[str, Any] | None = None,
    now: datetime | None = None,
    inputs: Inputs = NOBODY,
    tracked: bool | None = None,
) -> AppliedActivity:
    """Return an ActivityDefinition with what its dynamic values came to."""
    tracked = is_tracked(activity) if tracked is None else tracked
    env = Evaluation(read(context, tracked), knowledge.terminology, parameters=parameters, now=now)
    return _Application(Logic(knowledge, env, inputs), tracked).activity(activity, {}, "", ())


def read(context: DataContext, tracked: bool) -> DataContext:  # noqa: FBT001  a mode, not a flag
    """Return the data as the mode reads them: plain CQL takes what is missing for none."""
    if tracked:
        return context
    supplies = {kind: Supply(supply.resources) for kind, supply in context.supplies.items()}
    return replace(context, supplies=supplies, absent={}, closed=True)


@dataclass(frozen=True, slots=True)
class _Application:
    logic: Logic
    tracked: bool
    # how many actions the plans that were looked at have together
    spent: list[int] = field(default_factory=lambda: [0])

    def plan(self, plan: Artifact, above: tuple[Canonical, ...]) -> AppliedPlan:
        looked = bound(self.logic.knowledge, plan)
        self.spent[0] += looked.size
        return AppliedPlan(plan, self._actions(looked.actions, plan, above))

    def _actions(
        self, actions: tuple[BoundAction, ...], plan: Artifact, above: tuple[Canonical, ...]
    ) -> tuple[AppliedAction, ...]:
        found: list[AppliedAction] = []
        for each in actions:
            if each.barred is not None:
                found.append(each.barred)
                continue
            decision = self._decide(each, plan)
            settled = each.settled if decision.state == "applied" else each.refused
            if settled is not None and decision is settled.decision:
                found.append(settled)
            elif decision.state == "applied":
                found += self._applied(each, decision, plan, above)
            else:
                found.append(AppliedAction(each.action, each.path, decision))
        return tuple(found)

    def _applied(
        self, bound: BoundAction, decision: Decision, plan: Artifact, above: tuple[Canonical, ...]
    ) -> Iterator[AppliedAction]:
        """Yield an action that applies, once for each resource that a dynamic value points at."""
        action, path = bound.action, bound.path
        values, issues = self._values(action, path, plan, action)
        named = [value for each in values if each.path == TARGET for value in each.values]
        targets = [fitted(each, "Reference") for each in named]
        if None in targets:
            issues.append(omitted("path-other-type", path, path=TARGET, kind="Reference"))
        rest = tuple(each for each in values if each.path != TARGET)
        led = self._led(bound, above, rest)
        applied = applied_action(
            action,
            path,
            decision,
            led,
            children=self._actions(bound.below, plan, above),
            values=tuple(each for each in rest if led.activity is None or is_for_action(each.path)),
            issues=(*issues, *led.issues, *bound.transform),
        )
        for target in [each for each in targets if each] or [None]:
            yield applied if target is None else replace(applied, target=target)

    def _decide(self, bound: BoundAction, plan: Artifact) -> Decision:
        """Return the decision of all applicability conditions: a firm false decides, else what is open stays so.

        An action that says `plain` of itself goes by what is there: it holds or does not, whatever is missing.
        """
        tracked = self.tracked and not bound.is_plain
        judged: list[Judged] = []
        for condition in bound.conditions:
            one = self._judge(condition, plan, bound.action)
            if not judged and (one is condition.false or (one is condition.true and len(bound.conditions) == 1)):
                return condition.refusal if one is condition.false else condition.consent
            judged.append(one)
            if one.value is False and not (one.is_open and tracked) and not one.error:
                return Decision("not-applied", conditions=tuple(judged))
        open_ones = [each for each in judged if (each.is_open and tracked) or each.value is not True or each.error]
        if not open_ones:
            return Decision("applied", conditions=tuple(judged)) if judged else UNCONDITIONAL
        error = next((each.error for each in open_ones if each.error), None)
        if not tracked and not error:
            return Decision("not-applied", conditions=tuple(judged))
        causes = tuple(dict.fromkeys(cause for each in open_ones for cause in each.causes))
        called = [
            replace(each, titles=self.logic.titles(each.definition)) if each in open_ones else each for each in judged
        ]
        return Decision("undetermined", causes, error, tuple(called))

    def _judge(self, condition: BoundCondition, plan: Artifact, action: Resource) -> Judged:
        expression, definition = condition.expression, condition.definition
        if definition is None:
            outcome = self.logic.outcome(expression, plan, {}, action=action)
        else:
            outcome = definition.evaluate(self.logic.env)
            if outcome is TRUE or outcome is FALSE:
                return condition.true if outcome is TRUE else condition.false
        if outcome.error is None and outcome.value is not None and not isinstance(outcome.value, bool):
            text = f"{expression.get('expression')!r} is no condition: its value is neither true nor false"
            return Judged(expression, None, error=text, definition=definition)
        why = self.logic.explanation(definition, outcome)
        came_to = (outcome.value, outcome.is_open, outcome.causes, outcome.error)
        return Judged(expression, *came_to, definition, why)

    def _values(
        self, element: Resource, path: str, owner: Artifact, action: Resource
    ) -> tuple[list[DynamicValue], list[Issue]]:
        """Return the dynamic values by path, and an issue for each that failed or that missing data may change."""
        values: list[DynamicValue] = []
        issues: list[Issue] = []
        for index, dynamic in enumerate(element.get("dynamicValue", ())):
            outcome = self.logic.outcome(dynamic.get("expression", {}), owner, owner.resource, action=action)
            where = f"{path}.dynamicValue[{index}]".lstrip(".")
            if outcome.error:
                row = "value-language" if outcome.code == "language" else "value-failed"
                issues.append(omitted(row, where, path=dynamic.get("path"), error=outcome.error))
                continue
            if outcome.is_open and self.tracked:
                issues.append(omitted("value-open", where, severity="warning", path=dynamic.get("path")))
            found = plain_values(outcome.value)
            if found:
                values.append(DynamicValue(dynamic.get("path", ""), found))
        return values, issues

    def _led(self, bound: BoundAction, above: tuple[Canonical, ...], values: tuple[DynamicValue, ...]) -> Led:
        """Return what an action leads to by its definition, for this patient."""
        definition = bound.definition
        if definition is None:
            return bound.led
        if definition.type == "ActivityDefinition":
            return Led(activity=self.activity(definition, bound.action, bound.path, values))
        if definition.canonical in above:
            return Led(issues=(unusable(bound.action, bound.path),))
        if self.spent[0] > MOST_ACTIONS or len(above) > MOST_LEVELS:
            most: dict[str, Any] = {"actions": MOST_ACTIONS, "levels": MOST_LEVELS}
            costly = omitted("nested-costly", bound.path, action=bound.path, canonical=definition.canonical, **most)
            return Led(issues=(costly,))
        try:
            return Led(plan=self.plan(definition, (*above, definition.canonical)))
        except IssueError as failure:
            placed = (replace(each, expression=f"{bound.path}.definition") for each in failure.report)
            return Led(plan=AppliedPlan(definition, (), issues=tuple(placed)))

    def activity(
        self, definition: Artifact, action: Resource, path: str, more: tuple[DynamicValue, ...]
    ) -> AppliedActivity:
        values, issues = self._values(definition.resource, path, definition, action)
        for_request = (*values, *(each for each in more if not is_for_action(each.path)))
        return AppliedActivity(definition, path or "ActivityDefinition", for_request, action, tuple(issues))
