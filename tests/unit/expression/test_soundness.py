"""A decided answer never flips when missing data arrive, and complete data are tracked as plain CQL has them.

Thousands of random patients, each with a random part of the data taken away, against the shipped logic and against a
library with a definition for every way that an operator can decide (`libraries/Soundness.cql`). The seed is fixed.
"""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from publisher.expression.causes import Cause
from publisher.expression.context import DataContext, Supply
from publisher.expression.evaluation import Evaluation
from publisher.expression.library import Library, Outcome
from publisher.expression.terminology import Terminology
from publisher.expression.values import same

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
COLOURS = "http://colours.example"
ICD, ATC = "https://www.icd10.se/", "http://www.whocc.no/atc"

Resource = dict[str, Any]


def seeded(number: int) -> random.Random:
    return random.Random(number)


def library(path: Path) -> Library:
    return Library(json.loads(path.read_text())["library"], {"FHIRHelpers": None})


def value_set(canonical: str) -> Resource | None:
    codes = {
        "warm": [(COLOURS, "red"), (COLOURS, "orange")],
        "leg-cramp-conditions": [(ICD, "R25.2")],
        "quinine": [(ATC, "P01BC01")],
        "statins": [(ATC, "C10AA01"), (ATC, "C10AA05")],
    }[canonical.rpartition("/")[2]]
    return {"compose": {"include": [{"system": s, "concept": [{"code": c}]} for s, c in codes]}}


def coded(*codings: tuple[str, str]) -> Resource:
    return {"coding": [{"system": system, "code": code} for system, code in codings]}


def maybe(dice: random.Random, chance: float, **members: Any) -> Resource:
    return members if dice.random() < chance else {}


def condition(dice: random.Random, number: int, codes: list[tuple[str, str]]) -> Resource:
    return {
        "resourceType": "Condition",
        "id": f"c{number}",
        **maybe(dice, 0.8, code=coded(dice.choice(codes))),
        **maybe(dice, 0.8, clinicalStatus=coded(("s", dice.choice(["active", "resolved", "recurrence"])))),
        **maybe(dice, 0.3, verificationStatus=coded(("v", dice.choice(["confirmed", "refuted", "differential"])))),
    }


def observation(dice: random.Random, number: int) -> Resource:
    return {
        "resourceType": "Observation",
        "id": dice.choice([f"c{number}", f"o{number}"]),
        **maybe(
            dice,
            0.8,
            valueQuantity={"value": dice.randrange(10), "code": "1", "system": "http://unitsofmeasure.org"},
        ),
        **maybe(
            dice,
            0.8,
            effectiveDateTime=f"202{dice.randrange(5, 7)}-0{dice.randrange(1, 9)}-1{dice.randrange(10)}T08:00:00Z",
        ),
    }


def prescription(dice: random.Random, number: int) -> Resource:
    medicine = dice.choice(
        [
            {"medicationCodeableConcept": coded((ATC, dice.choice(["C10AA01", "P01BC01", "N02BE01"])))},
            {"medicationReference": {"reference": f"Medication/m{dice.randrange(3)}"}},
        ]
    )
    reason = dice.choice(
        [
            {},
            {"reasonCode": [coded((ICD, dice.choice(["R25.2", "I10.9"])))]},
            {"reasonReference": [{"reference": f"Condition/c{dice.randrange(4)}"}]},
        ]
    )
    return {
        "resourceType": "MedicationRequest",
        "id": f"r{number}",
        "status": dice.choice(["active", "stopped", "unknown", "draft"]),
        "intent": dice.choice(["order", "proposal"]),
        **maybe(dice, 0.1, doNotPerform=True),
        **medicine,
        **reason,
    }


def patient(dice: random.Random) -> list[Resource]:
    """Return all there is to know of a random patient."""
    born = maybe(dice, 0.9, birthDate=f"{dice.choice([1940, 1990, 2008, 2015])}-05-05")
    colours = [(COLOURS, dice.choice(["red", "blue", "orange"])), (ICD, "R25.2"), (ICD, "I10.9")]
    medications = [
        {"resourceType": "Medication", "id": f"m{n}", "code": coded((ATC, "C10AA05"))} for n in range(dice.randrange(3))
    ]
    return [
        {"resourceType": "Patient", "id": "p", **born},
        *(condition(dice, number, colours) for number in range(dice.randrange(5))),
        *(observation(dice, number) for number in range(dice.randrange(5))),
        *(prescription(dice, number) for number in range(dice.randrange(4))),
        *medications,
    ]


def by_type(resources: list[Resource]) -> dict[str, list[Resource]]:
    groups: dict[str, list[Resource]] = {
        name: [] for name in ("Patient", "Condition", "Observation", "MedicationRequest", "Medication")
    }
    for each in resources:
        groups[each["resourceType"]].append(each)
    return groups


def torn(dice: random.Random, resources: list[Resource]) -> DataContext:
    """Return a context from which a random part is missing, and which says so."""
    supplies = {}
    for kind, items in by_type(resources).items():
        fate = dice.choice(["whole", "whole", "partial", "absent"])
        kept = tuple(each for each in items if fate == "whole" or (fate == "partial" and dice.random() < 0.6))
        cause = None if fate == "whole" else Cause("partial" if fate == "partial" else "not-supplied", kind)
        supplies[kind] = Supply(kept, cause)
    return DataContext(supplies)


def evaluation(context: DataContext, parameters: dict[str, Any]) -> Evaluation:
    return Evaluation(context, TERMINOLOGY, parameters=parameters, now=NOW)


TERMINOLOGY = Terminology(value_set)
LIBRARIES = {
    "LegCramps": library(ROOT / "artifacts/leg-cramps/logic/LegCramps.elm.json"),
    "Soundness": library(Path(__file__).parent / "libraries/Soundness.elm.json"),
}
ROUNDS = {"LegCramps": 2500, "Soundness": 1100}


def parameters(dice: random.Random, name: str) -> dict[str, Any]:
    if name == "LegCramps":
        return {"ContextPrescriptions": [prescription(dice, number) for number in range(dice.randrange(3))]}
    return {"Extra": [condition(dice, 9, [(COLOURS, "red"), (COLOURS, "blue")])]}


def alike(left: Outcome, right: Outcome) -> bool:
    return left.error == right.error and same(left.value, right.value)


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_decided_answer_never_flips(name: str) -> None:
    dice = seeded(20261122)
    tested, decided = LIBRARIES[name], 0
    for _ in range(ROUNDS[name]):
        resources, given = patient(dice), parameters(dice, name)
        complete = evaluation(DataContext.of(resources, closed=True), given)
        missing = evaluation(torn(dice, resources), given if dice.random() < 0.8 else {})
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
        resources, given = patient(dice), parameters(dice, name)
        plain, tracked = (evaluation(DataContext.of(resources, closed=True), given) for _ in range(2))
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
        resources, given = patient(dice), parameters(dice, name)
        one = evaluation(DataContext.of(resources, closed=True), given)
        other = evaluation(DataContext.of([*resources, stranger], closed=True), given)
        for each in tested.definitions():
            assert alike(tested.evaluate(each, one), tested.evaluate(each, other)), each


def test_the_order_of_entries_changes_no_decision_of_the_shipped_logic() -> None:
    dice = seeded(11)
    tested = LIBRARIES["LegCramps"]
    for _ in range(300):
        resources, given = patient(dice), parameters(dice, "LegCramps")
        shuffled = dice.sample(resources, len(resources))
        one = evaluation(DataContext.of(resources, closed=True), given)
        other = evaluation(DataContext.of(shuffled, closed=True), given)
        for each in tested.definitions():
            assert alike(tested.evaluate(each, one), tested.evaluate(each, other)), each


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
        env = evaluation(partial, given)
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
        resources = [damaged(dice, each) for each in patient(dice)]
        for context in (DataContext.of(resources, closed=True), torn(dice, resources)):
            env = evaluation(context, parameters(dice, name))
            for each in LIBRARIES[name].definitions():
                outcome = LIBRARIES[name].evaluate(each, env)
                assert outcome.error is None or outcome.code, outcome
