"""A decided answer never flips when missing data arrive, and complete data are tracked as plain CQL has them.

Thousands of random patients, each with a random part of the data taken away, against the shipped logic and against a
library with a definition for every way that an operator can decide (`libraries/Soundness.cql`). The seed is fixed.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from publisher.expression.causes import Cause
from publisher.expression.context import DataContext, Supply
from publisher.expression.evaluation import Evaluation
from publisher.expression.library import Library
from publisher.expression.terminology import Terminology
from publisher.expression.values import same
from tests.unit.expression.random_patients import (
    COLOURS,
    SHIPPED,
    TOPIC,
    Resource,
    by_type,
    coded,
    condition,
    ordered,
    patient,
    problem,
    seeded,
    topical_patient,
    torn,
)

if TYPE_CHECKING:
    import random

    from publisher.expression.definition import Outcome

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def library(path: Path) -> Library:
    return Library(json.loads(path.read_text())["library"], {"FHIRHelpers": None})


def value_set(canonical: str) -> Resource | None:
    codes = {
        "warm": [(COLOURS, "red"), (COLOURS, "orange")],
    }[canonical.rpartition("/")[2]]
    return {"compose": {"include": [{"system": s, "concept": [{"code": c}]} for s, c in codes]}}


LIBRARIES = {
    "LegCramps": SHIPPED.library(f"{TOPIC}/Library/LegCramps"),
    "Soundness": library(Path(__file__).parent / "libraries/Soundness.elm.json"),
}
TERMINOLOGIES = {"LegCramps": SHIPPED.terminology, "Soundness": Terminology(value_set)}
PATIENTS = {"LegCramps": topical_patient, "Soundness": patient}
ROUNDS = {"LegCramps": 250, "Soundness": 1100}  # the shipped logic has far more definitions to decide


def evaluation(name: str, context: DataContext, given: dict[str, Any], **more: Any) -> Evaluation:
    return Evaluation(context, TERMINOLOGIES[name], parameters=given, now=NOW, **more)


def parameters(dice: random.Random, name: str) -> dict[str, Any]:
    if name == "LegCramps":
        return {
            "ContextPrescriptions": [ordered(dice, number) for number in range(dice.randrange(3))],
            "ContextConditions": [problem(dice, 9)],
        }
    return {"Extra": [condition(dice, 9, [(COLOURS, "red"), (COLOURS, "blue")])]}


def alike(left: Outcome, right: Outcome) -> bool:
    return left.error == right.error and same(left.value, right.value)


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_decided_answer_never_flips(name: str) -> None:
    dice = seeded(20261122)
    tested, decided = LIBRARIES[name], 0
    for _ in range(ROUNDS[name]):
        resources, given = PATIENTS[name](dice), parameters(dice, name)
        complete = evaluation(name, DataContext.of(resources, closed=True), given)
        missing = evaluation(name, torn(dice, resources), given if dice.random() < 0.8 else {})
        for each in tested.definitions():
            outcome = tested.evaluate(each, missing)
            if outcome.error or outcome.is_open:
                continue
            decided += 1
            truth = tested.evaluate(each, complete)
            assert alike(outcome, truth), (each, outcome, truth, missing.context, resources)
    assert decided > ROUNDS[name]


@pytest.mark.parametrize("name", LIBRARIES)
def test_tracked_equals_plain_when_all_is_supplied(name: str) -> None:
    dice = seeded(4)
    tested = LIBRARIES[name]
    for _ in range(ROUNDS[name] // 3):
        resources, given = PATIENTS[name](dice), parameters(dice, name)
        plain, tracked = (evaluation(name, DataContext.of(resources, closed=True), given) for _ in range(2))
        for each in tested.definitions():
            one, other = (
                tested.evaluate(each, plain, tracked=False),
                tested.evaluate(each, tracked, tracked=True),
            )
            assert alike(one, other), (each, one, other, resources)
            assert not other.is_open, (each, other)


@pytest.mark.parametrize("name", LIBRARIES)
def test_what_is_irrelevant_changes_nothing(name: str) -> None:
    dice = seeded(7)
    tested = LIBRARIES[name]
    stranger = {"resourceType": "Procedure", "id": "x", "code": coded((COLOURS, "red"))}
    for _ in range(ROUNDS[name] // 5):
        resources, given = PATIENTS[name](dice), parameters(dice, name)
        one = evaluation(name, DataContext.of(resources, closed=True), given)
        other = evaluation(name, DataContext.of([*resources, stranger], closed=True), given)
        for each in tested.definitions():
            assert alike(tested.evaluate(each, one), tested.evaluate(each, other)), each


def test_the_order_of_entries_changes_no_decision_of_the_shipped_logic() -> None:
    dice, name = seeded(11), "LegCramps"
    tested = LIBRARIES[name]
    for _ in range(100):
        resources, given = PATIENTS[name](dice), parameters(dice, name)
        shuffled = dice.sample(resources, len(resources))
        one = evaluation(name, DataContext.of(resources, closed=True), given)
        other = evaluation(name, DataContext.of(shuffled, closed=True), given)
        for each in tested.definitions():
            left, right = tested.evaluate(each, one), tested.evaluate(each, other)
            if not isinstance(left.value, list):  # what a decision is made of comes in the order of the data
                assert alike(left, right), each


def test_random_patients_give_every_decision_of_the_shipped_logic_both_ways() -> None:
    """Else what is shown above would be shown of nothing."""
    dice, name, seen = seeded(3), "LegCramps", set()
    for _ in range(8 * ROUNDS[name]):
        resources, given = PATIENTS[name](dice), parameters(dice, name)
        env = evaluation(name, DataContext.of(resources, closed=True), given)
        outcomes = {each: LIBRARIES[name].evaluate(each, env) for each in LIBRARIES[name].definitions()}
        assert {each: one.error for each, one in outcomes.items() if one.error} == {}
        seen |= {(each, one.value) for each, one in outcomes.items() if isinstance(one.value, bool)}
        decisions = {each for each, _ in seen}
        one_way = {each for each in decisions if not {(each, True), (each, False)} <= seen}
        if not one_way and len(decisions) > 100:
            break
    assert one_way == set()
    assert len(decisions) > 100


def test_most_operators_decide_before_all_is_known() -> None:
    """An engine that left everything open would be sound, and of no use."""
    dice = seeded(5)
    tested = LIBRARIES["Soundness"]
    decided = dict.fromkeys(tested.definitions(), 0)
    for _ in range(150):
        resources, given = patient(dice), parameters(dice, "Soundness")
        partial = DataContext(
            {kind: Supply(tuple(items), Cause("partial", kind)) for kind, items in by_type(resources).items()}
        )
        env = evaluation("Soundness", partial, given)
        for each in tested.definitions():
            outcome = tested.evaluate(each, env)
            decided[each] += not outcome.is_open and not outcome.error
    early = {
        "Any red",
        "No red",
        "Two reds",
        "Less than two reds",
        "Id in",
        "Id contained",
        "Union",
        "With",
        "Red or small",
        "Certain of a tuple",
    }
    assert not [name for name in early if not decided[name]]


JUNK: list[Any] = [
    None,
    1,
    -1.5,
    "x",
    [],
    {},
    [1],
    [None],
    {"a": 1},
    True,
    {"coding": 5},
    {"coding": [5]},
    float("inf"),
]


def damaged(dice: random.Random, value: Any) -> Any:
    """Return JSON in which anything may stand anywhere."""
    if isinstance(value, dict):
        return {key: each if key == "resourceType" else damaged(dice, each) for key, each in value.items()}
    if isinstance(value, list):
        return [damaged(dice, each) for each in value]
    return dice.choice(JUNK) if dice.random() < 0.1 else value


@pytest.mark.parametrize("name", LIBRARIES)
def test_damaged_data_are_an_error_of_a_definition_and_never_of_the_evaluation(name: str) -> None:
    dice = seeded(13)
    for _ in range(100):
        resources = [damaged(dice, each) for each in PATIENTS[name](dice)]
        for context in (DataContext.of(resources, closed=True), torn(dice, resources)):
            env = evaluation(name, context, parameters(dice, name))
            for each in LIBRARIES[name].definitions():
                outcome = LIBRARIES[name].evaluate(each, env)
                assert outcome.error is None or outcome.code, outcome
