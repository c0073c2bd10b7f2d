"""What the definitions of a library come to for one patient, as JSON.

A result says whether its value is firm, open (missing data could change it) or an error, with what was missing; on
request with what decided it (see `explanation`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher.evaluation_inputs import patient_of
from publisher.explanation import explain, missing_of, state_of
from publisher.expression.evaluation import Evaluation
from publisher.expression.json_values import as_json
from publisher.expression.trace import trace_of
from publisher.issue import Issue, Report

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from publisher.evaluation_inputs import Patient
    from publisher.expression.causes import Cause
    from publisher.expression.definition import Outcome
    from publisher.expression.library import Library
    from publisher.expression.terminology import Terminology

# Severities of Message, and those of an issue.
_SEVERITIES = {"Warning": "warning", "Error": "error"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A value as JSON, what it is about, and what there is to say beside it."""

    value: Any
    about: Mapping[str, str] = field(default_factory=dict)
    report: Report = field(default_factory=Report)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """Definitions of a library, to be evaluated on one patient after another; with a `language`, explained in it."""

    library: Library
    names: tuple[str, ...]
    terminology: Terminology
    parameters: Mapping[str, Any]
    now: datetime
    is_complete: bool = False
    language: str | None = None

    def answer(self, data: Any) -> Answer:
        """Return the result of each definition by name."""
        patient = patient_of(data, complete=self.is_complete)
        env = Evaluation(
            patient.context,
            self.terminology,
            parameters=self.parameters,
            now=self.now,
            explains=self.language is not None,
            traces=self.language is not None,
        )
        outcomes = {name: self.library.evaluate(name, env) for name in self.names}
        results = {name: result_of(outcome) for name, outcome in outcomes.items()}
        if self.language is not None:
            for name, outcome in outcomes.items():
                results[name] |= _explained(self.library, name, outcome, env, self.language)
        about = {"patient": f"Patient/{patient.id}"} if patient.id else {}
        return Answer(results, about, Report([*_remarks(patient, env), *_failures(self.library, outcomes)]))


def result_of(outcome: Outcome) -> dict[str, Any]:
    """Return the result of a definition as JSON."""
    result: dict[str, Any] = {"value": as_json(outcome.value), "state": state_of(outcome)}
    missing = missing_of(outcome)
    if missing:
        result["missing"] = [cause_of(each) for each in missing]
    if outcome.error is not None:
        result["error"] = {"code": outcome.code, "text": outcome.error}
    return result


def _explained(library: Library, name: str, outcome: Outcome, env: Evaluation, language: str) -> dict[str, Any]:
    """Return what decided a definition, in a sentence and as data, and the definitions that it rests on."""
    explanation = explain(library, name, outcome)
    trace = [
        {"library": each.library, "name": each.name, "value": as_json(each.value), "open": each.is_open}
        for each in trace_of(library, name, env)
    ]
    return {
        "title": explanation.titles.get(language, name),
        "sentence": explanation.sentences[language],
        "resources": explanation.to_json()["resources"],
        "trace": trace,
    }


def cause_of(cause: Cause) -> dict[str, str]:
    """Return what is missing, as JSON."""
    parts = {"kind": cause.kind, "about": cause.about, "key": cause.key, "query": cause.query, "reason": cause.reason}
    return {name: part for name, part in parts.items() if part is not None}


def _remarks(patient: Patient, env: Evaluation) -> list[Issue]:
    """Return what was left out of the data, and what the logic said with Message."""
    issues = []
    if patient.dropped:
        text = f"{patient.dropped} resource(s) are not about Patient/{patient.id} and were left out."
        issues.append(Issue.warning("informational", "subject-other", text))
    for severity, code, message in env.messages:
        said = f"{code}: {message}" if code else str(message)
        issues.append(Issue(_SEVERITIES.get(severity, "information"), "informational", "message", said))
    return issues


def _failures(library: Library, outcomes: Mapping[str, Outcome]) -> list[Issue]:
    return [
        Issue.error("exception", f"evaluation-{outcome.code}", f"{library.id}.{name} has no value: {outcome.error}.")
        for name, outcome in outcomes.items()
        if outcome.error is not None
    ]
