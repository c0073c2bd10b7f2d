"""What a condition is, and the atoms that it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.proof.substitution import STATES, substituted

if TYPE_CHECKING:
    from publisher.proof.atoms import Condition
    from tests.unit.proof.conftest import Logic


def names(condition: Condition) -> list[str]:
    return [one.name for one in condition.atoms]


def test_atoms_are_the_definitions_below_that_refer_to_no_other(logic: Logic) -> None:
    logic.write(A="data", B="data", Both="A and B", Top="Both and not B")
    logic.plan("use-cream: Top -> ActivityDefinition/use-cream")
    assert names(logic.conditions()["Top"]) == ["A", "B"]


def test_a_condition_that_refers_to_none_is_its_own_atom(logic: Logic) -> None:
    logic.write(A="data")
    logic.plan("use-cream: A -> ActivityDefinition/use-cream")
    assert names(logic.conditions()["A"]) == ["A"]


def test_a_function_leads_to_the_definitions_that_it_refers_to(logic: Logic) -> None:
    logic.write(A="data", fun_A="not A", Top="some A")
    logic.plan("use-cream: Top -> ActivityDefinition/use-cream")
    assert names(logic.conditions()["Top"]) == ["A"]


def test_a_definition_that_reads_data_is_an_atom_whatever_else_it_refers_to(logic: Logic) -> None:
    logic.write(A="data", B="data", Mixed="A and data", Top="Mixed and B")
    logic.plan("use-cream: Top -> ActivityDefinition/use-cream")
    assert names(logic.conditions()["Top"]) == ["Mixed", "B"]


def test_only_what_plans_name_is_a_condition(logic: Logic) -> None:
    logic.write(A="data", B="data", Unused="A and B")
    logic.plan("use-cream: A -> ActivityDefinition/use-cream", "other: A")
    assert list(logic.conditions()) == ["A"]


def test_atoms_are_given_values_and_the_condition_is_evaluated(logic: Logic) -> None:
    logic.write(A="data", B="data", Top="A and not B", Known="is known A")
    logic.plan("use-cream: Top -> ActivityDefinition/use-cream", "other: Known")
    conditions, terminology = logic.conditions(), logic.knowledge.terminology
    a, b = (atom.key for atom in conditions["Top"].atoms)
    table = {
        (one, other): substituted(conditions["Top"].definition, {a: one, b: other}, terminology)
        for one in STATES
        for other in STATES
    }
    assert [pair for pair, state in table.items() if state == "true"] == [("true", "false")]
    assert [table["true", other] for other in STATES] == ["false", "true", "null", "open"]
    assert {table["false", other] for other in STATES} == {"false"}
    known = conditions["Known"].definition
    assert [substituted(known, {a: one}, terminology) for one in STATES] == ["true", "true", "false", "open"]
