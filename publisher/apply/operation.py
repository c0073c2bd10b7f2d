"""The operations `$apply` and `$r5.apply`: parameters in; a CarePlan, a Bundle or a request out. Nothing is stored.

https://hl7.org/fhir/R4/plandefinition-operation-apply.html and activitydefinition-operation-apply.html, with `url`,
`version`, `parameters`, `data` and `prefetchData` of CPG
(https://hl7.org/fhir/uv/cpg/OperationDefinition-cpg-plandefinition-apply.html).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from publisher.apply.bundle import bundle
from publisher.apply.care_plan import care_plan
from publisher.apply.content import content_of, with_content
from publisher.apply.data import context_of
from publisher.apply.parameters import KNOWN, check, flag, inputs_of, mode_of, one_text, subjects_of
from publisher.apply.plan import apply_activity, apply_plan
from publisher.apply.reading import types_read
from publisher.apply.request import request_of
from publisher.apply.request_group import messages_of
from publisher.apply.trace import trace_of, trace_parameter
from publisher.expression.parameters import parameters_of
from publisher.extension import MESSAGES
from publisher.issue import Issue, IssueError, Report
from publisher.repository import Canonical

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from publisher.apply.inputs import Inputs
    from publisher.apply.knowledge import Knowledge, Translate
    from publisher.apply.trace import TracedAction
    from publisher.apply.tree import AppliedPlan
    from publisher.expression.context import DataContext
    from publisher.repository import Artifact, Resource


@dataclass(frozen=True, slots=True)
class Caller:
    """What does not come from the parameters.

    The reader's language, whether drafts may be applied, the clock, the release and the address that ids and addresses
    of results follow from; whether content may come with a request, with the translator of its CQL; and whether some of
    what is held came in a package of others, which nobody here has validated.
    """

    language: str
    languages: tuple[str, ...]
    evaluate_drafts: bool
    now: datetime
    release: str = ""
    base_url: str = "https://vademecum.example/fhir"
    inline_content: bool = False
    translate: Translate | None = None
    foreign_content: bool = False


Operation = Callable[["Knowledge", "str | None", "Mapping[str, list[Any]]", Caller], "Resource"]


@dataclass(frozen=True, slots=True)
class _Call:
    """One call of an operation, with what was found for it; `main` is the definition that is applied."""

    knowledge: Knowledge
    main: Artifact
    values: Mapping[str, list[Any]]
    caller: Caller

    def applied(self, inputs: Inputs, context: DataContext) -> AppliedPlan:
        """Return the tree of the plan for one subject."""
        explains = flag(self.values, "trace")
        return apply_plan(self.knowledge, self.main, context, inputs=inputs, explains=explains, **self._given())

    def inputs(self, subject: str) -> Inputs:
        """Return the inputs for one subject."""
        caller = self.caller
        return inputs_of(self.values, subject, caller.language, caller.languages, caller.now)

    def context(self, subject: str) -> DataContext:
        """Return the data of one subject."""
        kinds = types_read(self.knowledge, self.main)
        return context_of(self.values, subject.partition("/")[2], self._requirements, kinds)

    def activity(self, inputs: Inputs, context: DataContext) -> tuple[Resource | None, list[Issue]]:
        """Return the request of the activity for one subject, and what could not be carried."""
        applied = apply_activity(self.knowledge, self.main, context, inputs=inputs, **self._given())
        return request_of(applied, inputs, intent="proposal")

    def _requirements(self) -> Iterable[Any]:
        return self.knowledge.requirements(self.main)

    def _given(self) -> dict[str, Any]:
        return {
            "parameters": _logic_parameters(self.knowledge, self.main, self.values.get("parameters", [])),
            "now": self.caller.now,
            "tracked": mode_of(self.values),
        }


def apply_operation(
    knowledge: Knowledge, plan_id: str | None, values: Mapping[str, list[Any]], caller: Caller
) -> Resource:
    """Return the CarePlan of `$apply`; `values` holds each parameter's values by name; IssueError on bad input."""
    call = _call(knowledge, "PlanDefinition", plan_id, values, caller)
    subjects = subjects_of(values)
    if len(subjects) > 1:
        message = "$apply takes one subject, for its answer is one CarePlan; $r5.apply takes several."
        raise IssueError(Issue.error("not-supported", "subject-repeated", message))
    inputs, context = call.inputs(subjects[0]), call.context(subjects[0])
    applied = call.applied(inputs, context)
    result = care_plan(applied, inputs)
    return _answer([result], [trace_of(applied, inputs.language)] if flag(values, "trace") else [])


def r5_apply_operation(
    knowledge: Knowledge, plan_id: str | None, values: Mapping[str, list[Any]], caller: Caller
) -> Resource:
    """Return the Bundle of `$r5.apply`, or for several subjects a Parameters with a Bundle for each."""
    call = _call(knowledge, "PlanDefinition", plan_id, values, caller)
    results, traces = [], []
    seed = _seed(call)
    for subject in subjects_of(values):
        inputs, context = call.inputs(subject), call.context(subject)
        applied = call.applied(inputs, context)
        results.append(bundle(applied, inputs, seed=f"{seed}|{subject}", base_url=caller.base_url))
        if flag(values, "trace"):
            traces.append(trace_of(applied, inputs.language))
    return _answer(results, traces)


def activity_apply_operation(
    knowledge: Knowledge, activity_id: str | None, values: Mapping[str, list[Any]], caller: Caller
) -> Resource:
    """Return the request of `ActivityDefinition/$apply`; IssueError where no request can be made."""
    call = _call(knowledge, "ActivityDefinition", activity_id, values, caller)
    subjects = subjects_of(values)
    if len(subjects) > 1:
        message = "ActivityDefinition/$apply takes one subject, for its answer is one request."
        raise IssueError(Issue.error("not-supported", "subject-repeated", message))
    request, issues = call.activity(call.inputs(subjects[0]), call.context(subjects[0]))
    if request is None:
        raise IssueError(Report([each for each in issues if each.is_error] or issues))
    if issues:
        request.setdefault("contained", []).append(messages_of(issues))
        told = {"url": MESSAGES, "valueReference": {"reference": "#messages"}}
        request["extension"] = [*request.get("extension", ()), told]
    return request


def _shaped(operation: Operation) -> Operation:
    """Return an operation that refuses content whose shape it cannot read, unless all of it was validated here."""

    def apply(
        knowledge: Knowledge, artifact_id: str | None, values: Mapping[str, list[Any]], caller: Caller
    ) -> Resource:
        try:
            return operation(knowledge, artifact_id, values, caller)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            if not caller.inline_content and not caller.foreign_content:
                raise
            message = "The content to apply does not have the shape of FHIR R4, so it cannot be applied."
            raise IssueError(Issue.error("structure", "content-malformed", message)) from error

    return apply


# The operations by type and code.
OPERATIONS: Mapping[str, Operation] = {
    "PlanDefinition/apply": _shaped(apply_operation),
    "PlanDefinition/r5.apply": _shaped(r5_apply_operation),
    "ActivityDefinition/apply": _shaped(activity_apply_operation),
}


def _call(
    knowledge: Knowledge, kind: str, artifact_id: str | None, values: Mapping[str, list[Any]], caller: Caller
) -> _Call:
    inline = kind[0].lower() + kind[1:]
    check(values, (KNOWN if kind == "PlanDefinition" else KNOWN - {"trace"}) | {inline})
    content = content_of(values, inline)
    if content and not caller.inline_content:
        message = "Definitions, Libraries and terminology do not come with a request here; name one that is held."
        raise IssueError(Issue.error("not-supported", "inline-content", message))
    if content:
        knowledge = with_content(knowledge, content, caller.translate)
    if values.get(inline):
        found, drafts = knowledge.repository.get(kind, content[0]["id"]), True
        if found is not None:
            return _Call(knowledge, found, values, caller)
    else:
        drafts = caller.evaluate_drafts or bool(content)
    return _Call(knowledge, _named(knowledge, kind, artifact_id, values, drafts=drafts), values, caller)


def _named(
    knowledge: Knowledge, kind: str, artifact_id: str | None, values: Mapping[str, list[Any]], *, drafts: bool
) -> Artifact:
    """Return the definition that the address or `url` and `version` name; a draft only where drafts are applied."""
    url, version = one_text(values, "url"), one_text(values, "version")
    if artifact_id is not None:
        found, name = knowledge.repository.get(kind, artifact_id), f"{kind}/{artifact_id}"
    elif url is not None:
        canonical = Canonical.parse(url)
        named = Canonical(canonical.url, version or canonical.version)
        found, name = knowledge.repository.resolve(named), str(named)
    else:
        message = f"$apply needs a {kind}: call it on one, or name it in the parameter url."
        raise IssueError(Issue.error("required", "parameter-missing", message))
    if found is None or found.type != kind:
        raise IssueError(Issue.error("not-found", "plan-missing", f"{name} is not held here."))
    if found.status == "retired" or (found.status == "draft" and not drafts):
        message = f"{name} is {found.status}, and such plans are not applied here."
        raise IssueError(Issue.error("business-rule", "plan-status", message))
    return found


def _logic_parameters(knowledge: Knowledge, main: Artifact, values: list[Any]) -> dict[str, Any]:
    """Return the parameters of the logic out of Parameters resources."""
    if not values:
        return {}
    library = knowledge.library_of(main)
    if library is not None:
        merged: list[Any] = [item for each in values for item in _items(each)]
        return parameters_of({"resourceType": "Parameters", "parameter": merged}, library)
    return {str(item.get("name")): _value(item) for each in values for item in _items(each)}


def _items(resource: Any) -> list[Any]:
    items = resource.get("parameter", []) if isinstance(resource, dict) else None
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        message = "The parameter parameters takes a Parameters resource with the parameters of the logic."
        raise IssueError(Issue.error("value", "parameter-value", message))
    return items


def _value(item: Resource) -> Any:
    return item.get("resource") or next((value for name, value in item.items() if name.startswith("value")), None)


def _seed(call: _Call) -> str:
    """Return what ids follow from: the release, the plan, and the canonical request with its evaluation date."""
    canonical = json.dumps(call.values, sort_keys=True, separators=(",", ":"), default=str)
    request = hashlib.sha256(f"{call.caller.now.date()}|{canonical}".encode()).hexdigest()
    return f"{call.caller.release}|{call.main.canonical}|{request}"


def _answer(results: list[Resource], traces: list[list[TracedAction]]) -> Resource:
    """Return the one result itself; several, or one with its trace, as Parameters."""
    if len(results) == 1 and not traces:
        return results[0]
    parameters: list[Resource] = []
    for index, result in enumerate(results):
        parameters.append({"name": "return", "resource": result})
        if traces:
            parameters.append(trace_parameter(traces[index]))
    return {"resourceType": "Parameters", "parameter": parameters}
