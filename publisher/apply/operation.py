"""The operations `$apply` and `$r5.apply`: parameters in; a CarePlan, a Bundle or a request out. Nothing is stored.

https://hl7.org/fhir/R4/plandefinition-operation-apply.html and activitydefinition-operation-apply.html, with `url`,
`version`, `parameters`, `data` and `prefetchData` of CPG
(https://hl7.org/fhir/uv/cpg/OperationDefinition-cpg-plandefinition-apply.html).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from publisher.apply.bundle import bundle
from publisher.apply.call import Caller, definition_of, logic_parameters
from publisher.apply.care_plan import care_plan
from publisher.apply.content import inline_of, malformed, misshapen
from publisher.apply.data import context_of, held_in
from publisher.apply.evaluate import evaluate_operation
from publisher.apply.parameters import KNOWN, flag, inputs_of, mode_of, notes_of, subjects_of
from publisher.apply.plan import apply_activity, apply_plan
from publisher.apply.questionnaire import questionnaires_of
from publisher.apply.reading import types_read
from publisher.apply.refusals import place, refused
from publisher.apply.request import request_of
from publisher.apply.request_group import messages_of
from publisher.apply.trace import trace_of, trace_parameter
from publisher.extension import MESSAGES
from publisher.issue import Issue, IssueError, Report
from publisher.language import language_of
from publisher.r4.written import Written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from publisher.apply.inputs import Inputs
    from publisher.apply.knowledge import Knowledge
    from publisher.apply.questionnaire import Asked
    from publisher.apply.request import Request
    from publisher.apply.trace import TracedAction
    from publisher.apply.tree import AppliedPlan
    from publisher.expression.context import DataContext
    from publisher.repository import Artifact, Resource


# How many resources one call may read, for each of its subjects all that came, and what a subject costs without any.
MOST_READ = 100_000
LEAST_READ = 100
Operation = Callable[["Knowledge", "str | None", "Mapping[str, list[Any]]", Caller], "Written"]


@dataclass(frozen=True, slots=True)
class _Call:
    """One call of an operation, with what was found for it; `main` is the definition that is applied."""

    knowledge: Knowledge
    main: Artifact
    values: Mapping[str, list[Any]]
    caller: Caller

    def applied(self, inputs: Inputs, context: DataContext) -> AppliedPlan:
        """Return the tree of the plan for one subject."""
        given = self._given(context, inputs)
        applied = apply_plan(
            self.knowledge, self.main, context, inputs=inputs, explains=flag(self.values, "trace"), **given
        )
        return replace(applied, issues=(*applied.issues, *self._notes(inputs, context)))

    def missing(self, applied: AppliedPlan, inputs: Inputs) -> list[Asked]:
        """Return the Questionnaires of what is missing to decide what was left undetermined."""
        return questionnaires_of(applied, self.knowledge, inputs, drafts=self.caller.evaluate_drafts)

    def inputs(self, subject: str) -> Inputs:
        """Return the inputs for one subject."""
        caller = self.caller
        return inputs_of(self.values, subject, caller.language, caller.languages, caller.now)

    def context(self, subject: str) -> DataContext:
        """Return the data of one subject."""
        kinds = types_read(self.knowledge, self.main)
        return context_of(self.values, subject.partition("/")[2], self._requirements, kinds)

    def activity(self, inputs: Inputs, context: DataContext) -> tuple[Request | None, list[Issue]]:
        """Return the request of the activity for one subject, and what could not be carried."""
        applied = apply_activity(self.knowledge, self.main, context, inputs=inputs, **self._given(context, inputs))
        request, issues = request_of(applied, inputs, intent="proposal")
        return request, [*issues, *self._notes(inputs, context)]

    def _notes(self, inputs: Inputs, context: DataContext) -> Iterable[Issue]:
        yield from notes_of(self.values, inputs, self.caller.languages, context)
        if self.caller.inline_content:
            yield from misshapen(self.values, inline_of(self.main.type))

    def _requirements(self) -> Iterable[Any]:
        return self.knowledge.requirements(self.main)

    def _logic_parameters(self, context: DataContext, inputs: Inputs) -> dict[str, Any]:
        given = self.values.get("parameters", [])
        libraries = self.knowledge.libraries_below(self.main) if given else []
        return logic_parameters(libraries, given, inputs.subject.partition("/")[2], context)

    def _given(self, context: DataContext, inputs: Inputs) -> dict[str, Any]:
        return {
            "parameters": self._logic_parameters(context, inputs),
            "now": self.caller.now,
            "tracked": mode_of(self.values),
        }


def apply_operation(
    knowledge: Knowledge, plan_id: str | None, values: Mapping[str, list[Any]], caller: Caller
) -> Written:
    """Return the CarePlan of `$apply`; `values` holds each parameter's values by name; IssueError on bad input."""
    call = _call(knowledge, "PlanDefinition", plan_id, values, caller)
    subjects = subjects_of(values)
    if len(subjects) > 1:
        raise refused("subject-repeated", at=place("subject"), operation="$apply", answer="CarePlan")
    inputs, context = call.inputs(subjects[0]), call.context(subjects[0])
    applied = call.applied(inputs, context)
    result = care_plan(applied, inputs, call.missing(applied, inputs))
    return _answer([result], [trace_of(applied, inputs.language)] if flag(values, "trace") else [])


def r5_apply_operation(
    knowledge: Knowledge, plan_id: str | None, values: Mapping[str, list[Any]], caller: Caller
) -> Written:
    """Return the Bundle of `$r5.apply`, or for several subjects a Parameters with a Bundle for each."""
    call = _call(knowledge, "PlanDefinition", plan_id, values, caller)
    results, traces = [], []
    seed, subjects = _seed(call), subjects_of(values)
    if len(subjects) > 1 and len(subjects) * (LEAST_READ + held_in(values)) > MOST_READ:
        raise refused("subjects-costly", at=place("subject"), count=len(subjects))
    for subject in subjects:
        inputs, context = call.inputs(subject), call.context(subject)
        applied = call.applied(inputs, context)
        missing = call.missing(applied, inputs)
        results.append(bundle(applied, inputs, missing, seed=f"{seed}|{subject}", base_url=caller.base_url))
        if flag(values, "trace"):
            traces.append(trace_of(applied, inputs.language))
    return _answer(results, traces)


def activity_apply_operation(
    knowledge: Knowledge, activity_id: str | None, values: Mapping[str, list[Any]], caller: Caller
) -> Written:
    """Return the request of `ActivityDefinition/$apply`; IssueError where no request can be made."""
    call = _call(knowledge, "ActivityDefinition", activity_id, values, caller)
    subjects = subjects_of(values)
    if len(subjects) > 1:
        operation = "ActivityDefinition/$apply"
        raise refused("subject-repeated", at=place("subject"), operation=operation, answer="request")
    inputs = call.inputs(subjects[0])
    request, issues = call.activity(inputs, call.context(subjects[0]))
    if request is None:
        raise IssueError(Report([each for each in issues if each.is_error] or issues))
    spoken = language_of(call.main.resource, inputs.language)
    # a dynamic value may have given it a language, contained resources and extensions of its own
    found = {"resourceType": request.kind, **({"language": spoken} if spoken else {}), **request.whole.value}
    if issues:
        found["contained"] = [*found.get("contained", ()), messages_of(issues, inputs.language)]
        told = {"url": MESSAGES, "valueReference": {"reference": "#messages"}}
        found["extension"] = [*found.get("extension", ()), told]
    return Written.of(found)


def _shaped(operation: Operation, inline: str) -> Operation:
    """Return an operation that refuses content whose shape it cannot read, unless all of it was validated here.

    `inline` is the parameter in which its definition may come.
    """

    def apply(
        knowledge: Knowledge, artifact_id: str | None, values: Mapping[str, list[Any]], caller: Caller
    ) -> Written:
        try:
            return operation(knowledge, artifact_id, values, caller)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            if not caller.inline_content and not caller.foreign_content:
                raise
            raise malformed(values, inline) from error

    return apply


# The operations by type and code.
OPERATIONS: Mapping[str, Operation] = {
    "PlanDefinition/apply": _shaped(apply_operation, "planDefinition"),
    "PlanDefinition/r5.apply": _shaped(r5_apply_operation, "planDefinition"),
    "ActivityDefinition/apply": _shaped(activity_apply_operation, "activityDefinition"),
    "Library/evaluate": _shaped(evaluate_operation, "library"),
}


def _call(
    knowledge: Knowledge, kind: str, artifact_id: str | None, values: Mapping[str, list[Any]], caller: Caller
) -> _Call:
    known = KNOWN if kind == "PlanDefinition" else KNOWN - {"trace"}
    knowledge, main = definition_of(knowledge, kind, artifact_id, values, caller, known=known)
    return _Call(knowledge, main, values, caller)


def _seed(call: _Call) -> str:
    """Return what ids follow from: the release, the plan, and the canonical request with its evaluation date."""
    canonical = json.dumps(call.values, sort_keys=True, separators=(",", ":"), default=str)
    request = hashlib.sha256(f"{call.caller.now.date()}|{canonical}".encode()).hexdigest()
    return f"{call.caller.release}|{call.main.canonical}|{request}"


def _answer(results: list[Written], traces: list[list[TracedAction]]) -> Written:
    """Return the one result itself; several, or one with its trace, as Parameters."""
    if len(results) == 1 and not traces:
        return results[0]
    parameters: list[Written | Resource] = []
    for index, result in enumerate(results):
        parameters.append(Written.of({"name": "return", "resource": result}))
        if traces:
            parameters.append(trace_parameter(traces[index]))
    return Written.of({"resourceType": "Parameters", "parameter": parameters})
