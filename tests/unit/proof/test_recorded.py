"""What is recorded of a condition is what the plan was decided by."""

from __future__ import annotations

from publisher.cases_command import compiled_suite
from publisher.proof.atoms import conditions_of
from publisher.proof.recorded import rows_of, rule_states
from publisher.proof.rules import rules_of
from tests.topics import EXAMPLE, ROOT

SUITE, _ = compiled_suite(ROOT)
assert SUITE is not None
RESULTS = SUITE.results()
KNOWLEDGE = SUITE.runner.knowledge


def test_a_condition_has_in_each_row_what_the_tree_says() -> None:
    conditions = conditions_of(KNOWLEDGE, EXAMPLE.name)
    recorded = {
        (one.name, row.case): row.decided
        for one in conditions
        for row in rows_of(conditions, RESULTS)[one.definition.key]
    }
    judged = {
        (each.expression["expression"], result.case.id): (each.is_open or each.value is None, each.value)
        for result in RESULTS
        if result.found and result.found.applied
        for action in result.found.applied.walk()
        for each in action.decision.conditions
    }
    words = {True: "true", False: "false"}
    assert recorded == {
        key: "undetermined" if is_open else words[bool(value)] for key, (is_open, value) in judged.items()
    }


def test_a_rule_is_recorded_where_its_plan_was_asked() -> None:
    states = rule_states(rules_of(KNOWLEDGE, EXAMPLE.name), RESULTS)
    assert states["example-sneeze-order-select/dust-order"] == {
        "applied": (
            "dust-for-sneeze",
            "dust-for-another-condition",
            "dust-without-a-reason",
            "dust-and-another-product-for-sneeze",
            "dust-by-apply",
        ),
        "undetermined": ("a-product-that-cannot-be-told",),
        "not-applied": ("another-product",),
    }
    assert "example-sneeze-patient-view/sneeze-advice" not in states  # it has no condition of its own
