"""Read the waivers of topic.yaml: statements that no artifact carries, and findings that stay, each with its reason.

Implements what https://hl7.org/fhir/uv/crmi/artifact-lifecycle.html leaves to the author's tools.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.source.keys import Keys
from publisher.source.own_schemas import ARTIFACT_ID
from publisher.topic import RuleWaiver, Waiver

if TYPE_CHECKING:
    from pathlib import Path


def waivers_from(keys: Keys) -> tuple[tuple[Waiver, ...], tuple[RuleWaiver, ...]]:
    """Return the waivers of statements and those of rules, in the order they stand."""
    of_statements, of_rules = [], []
    for one in keys.each("waivers"):
        if one.has("rule"):
            of_rules.append(_of_rule(one))
        else:
            of_statements.append(Waiver(one.text("statement"), one.text("reason"), one.locate("statement")))
        one.finish(final=False)
    return tuple(of_statements), tuple(of_rules)


def rule_waivers(path: Path) -> tuple[RuleWaiver, ...]:
    """Return the waivers of rules in a topic.yaml, or raise an IssueError with what is wrong in them."""
    from publisher.issue import IssueError
    from publisher.source.yaml import parse

    data = path.read_bytes()
    if b"rule:" not in data:
        return ()
    keys = Keys(parse(data, file=str(path)))
    found = waivers_from(keys)[1]
    if keys.report.has_errors:
        raise IssueError(keys.report)
    return found


def _of_rule(keys: Keys) -> RuleWaiver:
    return RuleWaiver(
        rule=keys.text("rule"),
        artifact=keys.text("artifact", pattern=ARTIFACT_ID),
        reason=keys.text("reason"),
        element=keys.text("element", required=False) or None,
        source=keys.locate("rule"),
    )
