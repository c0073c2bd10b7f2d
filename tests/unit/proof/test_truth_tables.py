"""Truth tables: a rule that can never apply, two that contradict, a gate that adds, and how each was come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.proof.declared import Declared, Gate
from publisher.proof.truth_tables import Finding, truth_tables
from tests.unit.proof.conftest import HEAD, TOPIC

if TYPE_CHECKING:
    from tests.unit.proof.conftest import Logic

CREAM = "ActivityDefinition/use-cream"
NO_CREAM = """\
resourceType: ActivityDefinition
id: no-cream
title: {sv: Ingen kräm, en: No cream}
kind: MedicationRequest
intent: proposal
doNotPerform: true
productCodeableConcept: atc#A11DA01
derivedFrom: [BN-TRT-01]
"""


def findings(logic: Logic, **declared: Any) -> dict[str, Finding]:
    return {one.id: one for one in truth_tables(logic.knowledge, TOPIC, Declared(**declared))}


def test_a_rule_is_reached_by_some_assignment(logic: Logic) -> None:
    logic.write(A="data", B="data", Top="A and not B")
    logic.plan(f"use-cream: Top -> {CREAM}")
    assert findings(logic) == {
        "reachable/nail-care/use-cream": Finding(
            "reachable/nail-care/use-cream", holds=True, how="every assignment of 2 atoms, 4 values"
        )
    }


def test_a_rule_that_can_never_apply_is_found(logic: Logic) -> None:
    logic.write(A="data", Not_A="not A", Top="A and Not A")
    logic.plan(f"use-cream: Top -> {CREAM}")
    assert not findings(logic)["reachable/nail-care/use-cream"].holds


def test_actions_that_are_declared_exclusive_and_can_both_apply_are_found(logic: Logic) -> None:
    logic.write(A="data", B="data", Without_A="B and not A")
    logic.plan(f"use-cream: A -> {CREAM}", "wait: B", "rest: Without A")
    found = findings(logic, exclusive=(("use-cream", "wait"), ("use-cream", "rest")))
    both = found["contradiction/nail-care/use-cream/wait"]
    assert (both.holds, dict(both.counterexample)) == (False, {"A": "true", "B": "true"})
    assert found["contradiction/nail-care/use-cream/rest"].holds


def test_an_offer_and_a_proposal_not_to_do_the_same_contradict(logic: Logic) -> None:
    logic.authoring.write("activities/no-cream.yaml", NO_CREAM)
    logic.write(A="data", B="data")
    logic.plan(f"use-cream: A -> {CREAM}", "avoid-cream: B -> ActivityDefinition/no-cream")
    assert not findings(logic)["contradiction/nail-care/use-cream/avoid-cream"].holds
    logic.write(A="data", B="not A")
    assert findings(logic)["contradiction/nail-care/use-cream/avoid-cream"].holds


def test_a_gate_that_lets_another_action_apply_is_found(logic: Logic) -> None:
    logic.write(Danger="data", A="data", Safe="A and not Danger", Worse="A and Danger")
    logic.plan("stop: Danger", f"use-cream: Safe -> {CREAM}", "worse: Worse", "always: A")
    found = findings(logic, gate=Gate("Danger", "stop"))
    assert found["gate/nail-care/use-cream"].holds
    worse = found["gate/nail-care/worse"]
    assert (worse.holds, dict(worse.counterexample)) == (False, {"Danger": "true", "A": "true"})
    assert found["gate/nail-care/always"].how == "no condition refers to the gate"
    assert "gate/nail-care/stop" not in found


def test_a_gate_that_is_made_of_atoms_stays_whole(logic: Logic) -> None:
    logic.write(One="data", Two="data", Danger="One or Two", A="data", Worse="A and Danger")
    logic.plan(f"stop: Danger -> {CREAM}", "worse: Worse")
    found = findings(logic, gate=Gate("Danger", "stop"))
    assert dict(found["gate/nail-care/worse"].counterexample) == {"Danger": "true", "A": "true"}


def many(count: int, word: str = " or ") -> dict[str, str]:
    """Return `count` atoms and a definition `Many` of them all."""
    atoms = {f"A{index}": "data" for index in range(count)}
    return {**atoms, "Many": word.join(atoms)}


def test_where_the_atoms_are_too_many_a_definition_stands_for_them_and_has_its_own_table(logic: Logic) -> None:
    logic.write(**many(9), B="data", Top="Many and B")
    logic.plan(f"use-cream: Top -> {CREAM}")
    found = findings(logic)
    assert found["reachable/nail-care/use-cream"].how == (
        "every assignment of 2 definitions that stand for their atoms, 4 values"
    )
    assert found["both-values/Many"] == Finding(
        "both-values/Many", holds=True, how="every assignment of 9 atoms, 3 values"
    )


def test_what_is_not_every_assignment_is_called_so(logic: Logic) -> None:
    logic.write(**many(12), B="data", Top="Many and B")
    logic.plan(f"use-cream: Top -> {CREAM}")
    assert findings(logic)["both-values/Many"].how == (
        "not every assignment: 12 definitions alike, and each apart from the others"
    )


def test_a_gate_below_definitions_that_stand_for_atoms_is_still_varied(logic: Logic) -> None:
    logic.write(Danger="data", **many(12), Deep="Many and Danger", Top="Deep")
    logic.plan("stop: Danger", f"use-cream: Top -> {CREAM}")
    worse = findings(logic, gate=Gate("Danger", "stop"))["gate/nail-care/use-cream"]
    assert (worse.holds, worse.counterexample[-1]) == (False, ("Danger", "true"))


def test_a_gate_that_a_condition_refers_to_beside_data_is_not_shown(logic: Logic) -> None:
    logic.write(Danger="data", Top="not Danger and data")
    logic.plan("stop: Danger", f"use-cream: Top -> {CREAM}")
    found = findings(logic, gate=Gate("Danger", "stop"))["gate/nail-care/use-cream"]
    assert (found.holds, found.how) == (
        False,
        "not shown: a condition refers to the gate and reads data itself; name what it reads",
    )


def test_a_plan_that_is_called_like_an_action_above_it_has_its_rules(logic: Logic) -> None:
    plans = {"between": "rest", "care": "soak"}
    for name, action in plans.items():
        text = f"  - id: {action}\n    title: {{sv: {action}, en: {action}}}\n    derivedFrom: [BN-TRT-01]\n"
        more = "    definitionCanonical: PlanDefinition/care\n" if action == "rest" else ""
        logic.authoring.write(f"plans/{name}.yaml", HEAD.replace("id: nail-care", f"id: {name}") + text + more)
    logic.write(A="data")
    logic.plan("care: A -> PlanDefinition/between")
    assert findings(logic)["reachable/nail-care/soak"].holds
