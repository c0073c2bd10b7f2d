"""Statements both ways: what carries them, what waives them, and conditions without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from publisher.repository import Artifact
from publisher.validation.coverage import (
    condition_is_derived,
    coverage,
    coverage_table,
    statement_is_carried,
    waiver_is_of_unused,
)
from tests.unit.validation.conftest import derived, resource, topic

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.validation.context import Context

PLAN = resource(
    "PlanDefinition",
    "care",
    relatedArtifact=derived("A-1"),
    action=[{"id": "one", "documentation": derived("A-2"), "action": [{"documentation": derived("A-2")}]}],
)
MEDICATION = {
    "resourceType": "Medication",
    "id": "cream",
    "extension": [
        {
            "url": "http://hl7.org/fhir/StructureDefinition/artifact-relatedArtifact",
            "valueRelatedArtifact": derived("A-3")[0],
        }
    ],
}


def test_coverage_names_every_element_that_carries_a_statement() -> None:
    found = coverage(topic(), [Artifact(PLAN, {}, "nails"), Artifact(MEDICATION, {}, "nails")])
    assert found == {
        "A-1": ("PlanDefinition/care",),
        "A-2": ("PlanDefinition/care.action[0]", "PlanDefinition/care.action[0].action[0]"),
        "A-3": ("Medication/cream",),
        "DER-1": (),
    }


def test_artifacts_of_other_topics_carry_nothing_for_this_one() -> None:
    assert set(coverage(topic(), [Artifact(PLAN, {}, "toes")]).values()) == {()}


def test_the_table_tells_carriers_reasons_and_what_is_nowhere() -> None:
    table = coverage_table(topic(("DER-1", "Asked elsewhere.")), [Artifact(PLAN, {}, "nails")])
    assert table.splitlines() == [
        "A-1\tPlanDefinition/care",
        "A-2\tPlanDefinition/care.action[0], PlanDefinition/care.action[0].action[0]",
        "A-3\tnowhere",
        "DER-1\twaived: Asked elsewhere.",
    ]


def test_a_statement_that_is_neither_carried_nor_waived_is_unused(context: Callable[..., Context]) -> None:
    waived = topic(("DER-1", "Asked elsewhere."))
    (issue,) = statement_is_carried(waived, context(PLAN, of=waived))
    assert (issue.severity, issue.rule) == ("error", "statement-unused")
    assert issue.diagnostics == "No artifact derives from A-3; name it in derivedFrom, or waive it in topic.yaml."


def test_statements_that_are_carried_or_waived_are_silent(context: Callable[..., Context]) -> None:
    waived = topic(("DER-1", "Asked elsewhere."))
    assert list(statement_is_carried(waived, context(PLAN, MEDICATION, of=waived))) == []
    assert list(waiver_is_of_unused(waived, context(PLAN, MEDICATION, of=waived))) == []


@pytest.mark.parametrize(
    ("waivers", "rule", "diagnostics"),
    [
        ([("A-1", "x")], "waiver-needless", "A-1 is waived, but PlanDefinition/care carries it; take the waiver out."),
        ([("A-9", "x")], "waiver-unknown", "'A-9' is waived, but no statement of this topic; did you mean A-3?"),
        ([("DER-1", "x"), ("DER-1", "y")], "waiver-repeated", "DER-1 is waived twice; keep one waiver."),
    ],
)
def test_waivers_that_are_wrong(
    context: Callable[..., Context], waivers: list[tuple[str, str]], rule: str, diagnostics: str
) -> None:
    waived = topic(*waivers)
    (issue,) = waiver_is_of_unused(waived, context(PLAN, of=waived))
    assert (issue.rule, issue.diagnostics) == (rule, diagnostics)


CONDITION = {"kind": "applicability", "expression": {"language": "text/cql-identifier", "expression": "X"}}
REASONED = {**CONDITION, "expression": {**CONDITION["expression"], "description": "Only adults are meant."}}


def test_a_condition_without_statement_or_reason_is_told(context: Callable[..., Context]) -> None:
    child = {"id": "two", "condition": [REASONED, CONDITION]}
    plan = resource("PlanDefinition", "p", action=[{"documentation": derived("A-1"), "action": [child]}])
    (issue,) = condition_is_derived(plan, context(plan))
    assert (issue.rule, issue.expression) == (
        "condition-not-derived",
        "PlanDefinition.action[0].action[0].condition[1]",
    )


def test_a_statement_on_the_action_or_a_reason_is_enough(context: Callable[..., Context]) -> None:
    actions = [{"documentation": derived("A-1"), "condition": [CONDITION]}, {"condition": [REASONED]}]
    plan = resource("PlanDefinition", "p", action=actions)
    assert list(condition_is_derived(plan, context(plan))) == []
