"""`Library/$evaluate`: what the definitions of a library come to for one patient. Nothing is stored.

https://hl7.org/fhir/uv/cql/OperationDefinition-cql-library-evaluate.html. What missing data could change has no value
in the answer: its parameter says that it is unknown, and an OperationOutcome in the last parameter says what is
missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher import wording
from publisher.apply.call import NOBODY, definition_of, logic_parameters
from publisher.apply.data import context_of
from publisher.apply.inputs import CONCEPTS, REFERENCES
from publisher.apply.parameters import flag, inputs_of, mode_of, notes_of, subjects_of
from publisher.apply.plan import is_tracked, read
from publisher.apply.reading import ALWAYS
from publisher.apply.refusals import place, refused
from publisher.explanation import explain, missing_of, titles_of
from publisher.expression.evaluation import Evaluation
from publisher.expression.result_parameters import absent, parameters_for
from publisher.expression.specifiers import specifier_of
from publisher.intake import resources_of
from publisher.issue import Issue, Report
from publisher.r4.written import Written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from publisher.apply.call import Caller
    from publisher.apply.inputs import Inputs
    from publisher.apply.knowledge import Knowledge
    from publisher.expression.definition import Outcome
    from publisher.expression.library import Library
    from publisher.repository import Artifact, Resource

KNOWN = frozenset({
    "subject", "expression", "url", "version", "parameters", "data", "prefetchData", "useServerData", "evaluationMode",
    "trace", *REFERENCES, *CONCEPTS,
})  # fmt: skip
MESSAGES = "messages"
# Severities of Message, and those of an issue.
_SEVERITIES = {"Warning": "warning", "Error": "error"}


def evaluate_operation(
    knowledge: Knowledge, library_id: str | None, values: Mapping[str, list[Any]], caller: Caller
) -> Written:
    """Return the Parameters of `Library/$evaluate`; IssueError on bad input."""
    knowledge, artifact = definition_of(knowledge, "Library", library_id, values, caller, known=KNOWN)
    library = knowledge.library(str(artifact.canonical))
    names = _names(library, values.get("expression", []))
    subject = _subject(values)
    inputs = inputs_of(values, subject, caller.language, caller.languages, caller.now)
    needs = [need for name in names for need in library.requirements(name)]
    kinds = ALWAYS.union(need.type for need in needs)
    patient_id = subject.partition("/")[2]
    context = context_of(values, patient_id, lambda: needs, kinds)
    mode = mode_of(values)
    tracked = _is_tracked(knowledge, artifact) if mode is None else mode
    env = Evaluation(
        read(context, tracked),
        knowledge.terminology,
        parameters=logic_parameters([library], values.get("parameters", []), patient_id, context),
        now=caller.now,
        explains=flag(values, "trace"),
    )
    outcomes = {name: library.evaluate(name, env) for name in names}
    found = [each for name, outcome in outcomes.items() for each in _result(library, name, outcome)]
    issues = [
        *_issues(library, outcomes, inputs, explains=env.explains),
        *_said(env),
        *notes_of(values, inputs, caller.languages, context),
    ]
    if issues:
        messages = Report(issues).in_language(inputs.language)
        found.append({"name": MESSAGES, "resource": messages.to_operation_outcome()})
    return Written.of({"resourceType": "Parameters", "parameter": found})


def _names(library: Library, asked: list[Any]) -> list[str]:
    """Return the definitions to evaluate: those that were asked for, else all public ones."""
    for index, name in enumerate(asked):
        if not isinstance(name, str) or name not in library:
            raise refused("expression-unknown", at=place("expression", index), library=library.id)
    return list(dict.fromkeys(asked)) or library.definitions()


def _subject(values: Mapping[str, list[Any]]) -> str:
    """Return the one subject: as it was named, else the only patient of the data."""
    if values.get("subject"):
        subjects = subjects_of(values)
        if len(subjects) > 1:
            at = place("subject")
            raise refused("subject-repeated", at=at, operation="Library/$evaluate", answer="Parameters")
        return subjects[0]
    bundles = [*values.get("data", ()), *(_data(each) for each in values.get("prefetchData", ()))]
    patients = {
        str(each.get("id")) for one in bundles for each in resources_of(one) if each["resourceType"] == "Patient"
    }
    if len(patients) > 1:
        raise refused("subject-unclear", at=place("subject"), count=len(patients))
    return f"Patient/{next(iter(patients), NOBODY)}"


def _data(prefetched: Any) -> Any:
    return (prefetched.get("data") or [None])[0] if isinstance(prefetched, dict) else None


def _is_tracked(knowledge: Knowledge, library: Artifact) -> bool:
    """Return whether missing data leave values open: as a plan says that is held here and names the library."""
    resolve = knowledge.repository.resolve
    plans = knowledge.repository.of_type("PlanDefinition")
    return any(
        is_tracked(plan) and any(resolve(each) is library for each in plan.resource.get("library", ()))
        for plan in plans
    )


def _result(library: Library, name: str, outcome: Outcome) -> list[Resource]:
    if outcome.error is not None:
        return [absent(name, "error")]
    if outcome.is_open:
        return [absent(name, "unknown")]
    return parameters_for(name, outcome.value, specifier_of(library.statements(name)[0]))


def _issues(library: Library, outcomes: Mapping[str, Outcome], inputs: Inputs, *, explains: bool) -> Iterator[Issue]:
    """Yield what is open with what is missing, what failed, and with a trace why each came to what it did."""
    for name, outcome in outcomes.items():
        where = place(name)
        title = titles_of(library, name).get(inputs.language, name)
        if outcome.error is not None:
            named = f"{library.id}.{name}"
            text = wording.say("evaluation-failed", inputs.language, definition=named, error=outcome.error)
            yield Issue.error("exception", f"evaluation-{outcome.code}", text, expression=where)
        elif outcome.is_open:
            text = wording.undecided(title, missing_of(outcome), inputs.language)
            yield Issue.warning("incomplete", "evaluation-open", text, expression=where)
        elif explains:
            text = explain(library, name, outcome).sentences[inputs.language]
            yield Issue.information("informational", "evaluation-explained", text, expression=where)


def _said(env: Evaluation) -> Iterable[Issue]:
    """Return what the logic said with Message."""
    for severity, code, message in env.messages:
        said = f"{code}: {message}" if code else str(message)
        yield Issue(_SEVERITIES.get(severity, "information"), "informational", "message", said)
