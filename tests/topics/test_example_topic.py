"""The topic that only tests use compiles, its worked patients get what is expected, and they reach everything."""

from __future__ import annotations

import pytest

from publisher.cases.reached import reached
from publisher.cases_command import compiled_suite
from publisher.cli import main
from publisher.source.cql import stale
from tests.topics import EXAMPLE, ROOT

SUITE, REPORT = compiled_suite(ROOT)
assert SUITE is not None, REPORT.to_text()
RESULTS = SUITE.results()


def test_it_compiles_without_an_issue() -> None:
    assert REPORT.to_text() == ""


def test_its_elm_is_the_translation_of_its_cql() -> None:
    logic = EXAMPLE / "logic"
    assert stale(logic / "ExampleSneeze.cql", logic / "ExampleSneeze.elm.json") is None


@pytest.mark.parametrize("result", RESULTS, ids=lambda one: one.case.id)
def test_a_worked_patient_gets_what_is_expected(result: object) -> None:
    assert [str(issue) for issue in getattr(result, "issues", ["no result"])] == []


def test_every_value_of_a_condition_and_both_sides_of_a_rule_are_reached() -> None:
    assert SUITE is not None
    reach = list(reached(RESULTS, SUITE.runner.knowledge, SUITE.topics))
    assert [(one.name, one.missing) for one in reach if one.missing] == []
    assert len(reach) >= 11


def test_it_has_one_of_everything() -> None:
    assert SUITE is not None
    types = {artifact.type for artifact in SUITE.runner.knowledge.repository}
    wanted = {"PlanDefinition", "ActivityDefinition", "Questionnaire", "ValueSet", "CodeSystem", "Library"}
    assert wanted <= types


def test_the_command_finds_no_failure() -> None:
    assert main(["cases", "--root", str(ROOT)]) == 0
