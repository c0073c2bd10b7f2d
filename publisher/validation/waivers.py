"""Mark the findings that topic.yaml leaves as they are, with the reason, and say which waivers no finding needs.

Implements suppressions as SARIF has them (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, 3.35). What
makes a resource no valid FHIR is never waived: errors are, where a rule on knowledge artifacts finds them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from publisher.issue import Issue
from publisher.r4.json_path import json_path
from publisher.rules import FAMILIES
from publisher.topic import did_you_mean
from publisher.validation.rule_table import PLAN_RULES, RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from publisher.topic import RuleWaiver, Topic
    from publisher.validation.context import Context

_GATES = {code: rule.severity for rules in FAMILIES.values() for code, rule in rules.items()}
_ERRORS = ("fatal", "error")


class Waivers:
    """The waivers of one topic, and which of them a finding has met, for the artifacts that were looked at."""

    def __init__(self, waivers: Iterable[RuleWaiver]) -> None:
        self._waivers = tuple(waivers)
        self._met: set[int] = set()
        self._seen: set[str] = set()

    def applied(self, resource: Any, issues: Iterable[Issue]) -> Iterator[Issue]:
        """Yield the issues of an artifact, those that are waived with the reason."""
        name = _name(resource)
        self._seen.add(name)
        of_artifact = [(at, one) for at, one in enumerate(self._waivers) if one.artifact == name]
        for issue in issues:
            yield self._applied(resource, issue, of_artifact) if of_artifact else issue

    def _applied(self, resource: Any, issue: Issue, waivers: list[tuple[int, RuleWaiver]]) -> Issue:
        for at, one in waivers:
            if one.rule == issue.rule and _may_be_waived(issue) and _is_at(one.element, issue, resource):
                self._met.add(at)
                return replace(issue, waived=one.reason)
        return issue

    def unused(self, rules: Iterable[str]) -> Iterator[Issue]:
        """Yield the waivers of these rules whose artifact was looked at, and that no finding met."""
        for at, one in enumerate(self._waivers):
            if at not in self._met and one.artifact in self._seen and one.rule in rules:
                place = f" at {one.element}" if one.element else ""
                diagnostics = (
                    f"{one.rule} is waived for {one.artifact}{place}, but is not found there; take the waiver out."
                )
                yield Issue.warning("conflict", "waiver-unused", diagnostics, source=one.source)


def waiver_is_sound(topic: Topic, context: Context) -> Iterator[Issue]:
    """Check that every waiver of a rule is of one that can be waived, in an artifact of the topic."""
    artifacts = [f"{one.type}/{one.id}" for one in context.repository if one.topic == topic.id]
    known = {**_GATES, **{code: rule.severity for code, rule in RULES.items()}}
    for one in topic.rule_waivers:
        if one.rule not in known:
            hint = did_you_mean(one.rule, known) or "; docs/reference/rules.md lists them."
            diagnostics = f"'{one.rule}' is waived, but no rule is called so{hint}"
            yield Issue.error("not-found", "waiver-unknown", diagnostics, source=one.source)
        elif known[one.rule] in _ERRORS and one.rule not in PLAN_RULES:
            diagnostics = (
                f"{one.rule} is an error that no reason outweighs; take the waiver out and correct what it finds."
            )
            yield Issue.error("business-rule", "waiver-refused", diagnostics, source=one.source)
        elif one.artifact not in artifacts:
            hint = did_you_mean(one.artifact, artifacts) or "; take the waiver out."
            diagnostics = f"{one.rule} is waived for {one.artifact}, which the topic does not have{hint}"
            yield Issue.error("not-found", "waiver-unknown", diagnostics, source=one.source)


def gate_rules() -> frozenset[str]:
    """Return the rules that compiling alone looks at."""
    return frozenset(_GATES) - RULES.keys()


def _may_be_waived(issue: Issue) -> bool:
    return issue.severity not in _ERRORS or issue.rule in PLAN_RULES


def _is_at(element: str | None, issue: Issue, resource: Any) -> bool:
    """Return whether an issue is in the element that is named by its id, or by its FHIRPath."""
    expression = issue.expression or ""
    if element is None or expression == element or expression.startswith((f"{element}.", f"{element}[")):
        return True
    value = resource
    for step in json_path(resource, expression):
        value = value[step]
        if isinstance(value, dict) and value.get("id") == element:
            return True
    return False


def _name(resource: Any) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id')}" if isinstance(resource, dict) else ""
