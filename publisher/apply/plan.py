"""Apply a PlanDefinition or an ActivityDefinition to what was supplied about one patient.

https://hl7.org/fhir/R4/plandefinition.html#12.18.3.3, with decisions in three values: several conditions combine by
And, and one that missing data could change leaves its action undetermined.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from publisher.apply.dynamic_value import is_for_action
from publisher.apply.inputs import Inputs
from publisher.apply.logic import Logic, plain_values
from publisher.apply.tree import AppliedAction, AppliedActivity, AppliedPlan, Decision, DynamicValue, Judged
from publisher.expression.context import DataContext
from publisher.expression.evaluation import Evaluation
from publisher.extension import EVALUATION_MODE, value_of
from publisher.issue import Issue, IssueError
from publisher.record import record
from publisher.repository import Artifact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from publisher.apply.knowledge import Knowledge
    from publisher.repository import Canonical, Resource

TARGET = "%action.resource"
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
    return DataContext({kind: type(supply)(supply.resources) for kind, supply in context.supplies.items()}, closed=True)


@dataclass(frozen=True, slots=True)
class _Application:
    logic: Logic
    tracked: bool

    def plan(self, plan: Artifact, above: tuple[Canonical, ...]) -> AppliedPlan:
        self.logic.knowledge.libraries_of(plan)
        return AppliedPlan(plan, tuple(self._actions(plan.resource, "action", plan, above)))

    def _actions(
        self, parent: Resource, path: str, plan: Artifact, above: tuple[Canonical, ...]
    ) -> Iterator[AppliedAction]:
        for index, action in enumerate(parent.get("action", ())):
            yield from self._action(action, f"{path}[{index}]", plan, above)

    def _action(
        self, action: Resource, path: str, plan: Artifact, above: tuple[Canonical, ...]
    ) -> Iterator[AppliedAction]:
        decision = self._decide(action, plan)
        if decision.state != "applied":
            yield AppliedAction(action, path, decision)
            return
        values, issues = self._values(action, path, plan, action)
        targets = [value for each in values if each.path == TARGET for value in each.values]
        rest = tuple(each for each in values if each.path != TARGET)
        led = self._definition(action, path, plan, above, rest)
        applied = AppliedAction(
            action,
            path,
            decision,
            children=tuple(self._actions(action, f"{path}.action", plan, above)),
            plan=led.plan,
            activity=led.activity,
            questionnaire=led.questionnaire,
            values=tuple(each for each in rest if led.activity is None or is_for_action(each.path)),
            issues=(*issues, *led.issues, *_transform(action, path)),
        )
        for target in _references(targets):
            yield applied if target is None else replace(applied, target=target)

    def _decide(self, action: Resource, plan: Artifact) -> Decision:
        """Return the decision of all applicability conditions: a firm false decides, else what is open stays so.

        An action that says `plain` of itself goes by what is there: it holds or does not, whatever is missing.
        """
        tracked = self.tracked and value_of(action, EVALUATION_MODE) != "plain"
        judged: list[Judged] = []
        for condition in action.get("condition", ()):
            if condition.get("kind") == "applicability":
                judged.append(self._judge(condition.get("expression", {}), plan, action))
                is_firm = not (judged[-1].is_open and tracked)
                if judged[-1].value is False and is_firm and not judged[-1].error:
                    return Decision("not-applied", conditions=tuple(judged))
        open_ones = [each for each in judged if (each.is_open and tracked) or each.value is not True or each.error]
        if not open_ones:
            return Decision("applied", conditions=tuple(judged))
        error = next((each.error for each in open_ones if each.error), None)
        if not tracked and not error:
            return Decision("not-applied", conditions=tuple(judged))
        causes = tuple(dict.fromkeys(cause for each in open_ones for cause in each.causes))
        called = [
            replace(each, titles=self.logic.titles(each.expression, plan)) if each in open_ones else each
            for each in judged
        ]
        return Decision("undetermined", causes, error, tuple(called))

    def _judge(self, expression: Resource, plan: Artifact, action: Resource) -> Judged:
        outcome = self.logic.outcome(expression, plan, {}, action=action)
        needs = self.logic.needs(expression, plan)
        if outcome.error is None and outcome.value is not None and not isinstance(outcome.value, bool):
            text = f"{expression.get('expression')!r} is no condition: its value is neither true nor false"
            return Judged(expression, None, error=text, needs=needs)
        why = self.logic.explanation(expression, plan, outcome)
        return Judged(expression, outcome.value, outcome.is_open, outcome.causes, outcome.error, needs, why)

    def _values(
        self, element: Resource, path: str, owner: Artifact, action: Resource
    ) -> tuple[list[DynamicValue], list[Issue]]:
        """Return the dynamic values by path, and an issue for each that failed or that missing data may change."""
        values: list[DynamicValue] = []
        issues = []
        for index, dynamic in enumerate(element.get("dynamicValue", ())):
            outcome = self.logic.outcome(dynamic.get("expression", {}), owner, owner.resource, action=action)
            where = f"{path}.dynamicValue[{index}]".lstrip(".")
            if outcome.error:
                text = f"The dynamic value for {dynamic.get('path')} was left out: {outcome.error}."
                code = "not-supported" if outcome.code == "language" else "exception"
                issues.append(Issue.error(code, "dynamic-value", text, expression=where))
                continue
            if outcome.is_open and self.tracked:
                text = f"The dynamic value for {dynamic.get('path')} may change with data that are missing."
                issues.append(Issue.warning("incomplete", "dynamic-value-open", text, expression=where))
            found = plain_values(outcome.value)
            if found:
                values.append(DynamicValue(dynamic.get("path", ""), found))
        return values, issues

    def _definition(
        self,
        action: Resource,
        path: str,
        plan: Artifact,
        above: tuple[Canonical, ...],
        values: tuple[DynamicValue, ...],
    ) -> _Led:
        """Return what an action leads to by its definition."""
        canonical = action.get("definitionCanonical") or action.get("definitionUri")
        if canonical is None:
            return NOTHING
        where = f"{path}.definition"
        definition = self._resolve(canonical, plan)
        if definition is None:
            if "/Questionnaire/" in f"/{canonical}":
                return _Led(questionnaire=canonical)
            text = f"{path} leads to {canonical}, which is not held here, so nothing was proposed for it."
            return _Led(issues=(Issue.error("not-found", "definition-missing", text, expression=where),))
        if definition.type == "Questionnaire":
            return _Led(questionnaire=str(definition.canonical))
        if definition.type == "ActivityDefinition":
            return _Led(activity=self.activity(definition, action, path, values))
        if definition.type != "PlanDefinition" or definition.canonical in above:
            text = f"{path} leads to {canonical}, which cannot be applied from here."
            return _Led(issues=(Issue.error("not-supported", "definition-unusable", text, expression=where),))
        try:
            return _Led(plan=self.plan(definition, (*above, definition.canonical)))
        except IssueError as failure:
            return _Led(plan=AppliedPlan(definition, (), issues=tuple(failure.report)))

    def activity(
        self, definition: Artifact, action: Resource, path: str, more: tuple[DynamicValue, ...]
    ) -> AppliedActivity:
        values, issues = self._values(definition.resource, path, definition, action)
        for_request = (*values, *(each for each in more if not is_for_action(each.path)))
        return AppliedActivity(definition, path or "ActivityDefinition", for_request, action, tuple(issues))

    def _resolve(self, canonical: str, plan: Artifact) -> Artifact | None:
        """Return the artifact of a canonical, or the one contained in the plan that a fragment names."""
        if not canonical.startswith("#"):
            return self.logic.knowledge.repository.resolve(canonical)
        contained = (each for each in plan.resource.get("contained", ()) if each.get("id") == canonical[1:])
        return next((Artifact(each, {}, plan.topic) for each in contained), None)


@record
class _Led:
    """What an action leads to by its definition, and what went wrong on the way."""

    plan: AppliedPlan | None = None
    activity: AppliedActivity | None = None
    questionnaire: str | None = None
    issues: tuple[Issue, ...] = ()


NOTHING = _Led()


def _transform(action: Resource, path: str) -> Iterator[Issue]:
    if "transform" in action:
        text = f"{path} needs the StructureMap {action['transform']}; transforms are not run here."
        yield Issue.error("not-supported", "transform", text, expression=f"{path}.transform")


def _references(targets: list[Any]) -> list[Resource | None]:
    """Return the references that values name: a Reference, or a resource with an id; [None] where there is none."""
    found: list[Resource | None] = []
    for each in targets:
        if isinstance(each, dict) and "reference" in each:
            found.append({"reference": each["reference"]})
        elif isinstance(each, dict) and "resourceType" in each and "id" in each:
            found.append({"reference": f"{each['resourceType']}/{each['id']}"})
    return found or [None]
