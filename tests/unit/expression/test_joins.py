"""A join is looked up, and keeps what trying every row would keep, plain and tracked."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from publisher.expression.causes import Cause
from publisher.expression.context import DataContext, Supply
from publisher.expression.limits import Limits
from publisher.expression.nodes import joins

from .elm import FHIR, SYSTEM, Node, evaluation, library, lit, op, prop, query, retrieve, returning

if TYPE_CHECKING:
    from publisher.expression.definition import Outcome
    from publisher.expression.library import Library

STRING = {"type": "NamedTypeSpecifier", "name": f"{SYSTEM}String"}
ROWS = 40


def concatenated(*parts: Node) -> Node:
    return op("Concatenate", *parts)


def referred(source: Node) -> Node:
    reference = {
        "type": "Property",
        "path": "medicationReference",
        "source": source,
        "resultTypeName": f"{FHIR}Reference",
    }
    return {"type": "Property", "path": "reference", "source": reference, "resultTypeName": f"{SYSTEM}String"}


OPERAND: Node = {"type": "OperandRef", "name": "text"}
NAME: Node = {"type": "OperandRef", "name": "name"}
POINTS_AT = op("Or", op("Equal", OPERAND, NAME), op("EndsWith", OPERAND, concatenated(lit("/"), NAME)))
KEY = concatenated(lit("Medication/"), prop("id", "M", resultTypeName=f"{SYSTEM}String"))
REFERENCE = referred({"type": "AliasRef", "name": "R"})
CALL: Node = {"type": "FunctionRef", "name": "PointsAt", "operand": [REFERENCE, KEY], "signature": [STRING, STRING]}
CONDITIONS = {
    "called": CALL,
    "written": op("Or", op("Equal", REFERENCE, KEY), op("EndsWith", REFERENCE, concatenated(lit("/"), KEY))),
    "equal": op("Equal", REFERENCE, KEY),
    "turned": op("Equal", KEY, REFERENCE),
    "first": op("And", CALL, op("Equal", prop("status", "M"), lit("active"))),
}


def logic(condition: Node) -> Library:
    functions = [
        {
            "type": "FunctionDef",
            "name": "PointsAt",
            "operand": [{"name": name, "operandTypeSpecifier": STRING} for name in ("text", "name")],
            "expression": POINTS_AT,
        }
    ]
    named = returning(prop("code", "M"))
    where = query(retrieve("Medication"), "M", where=condition, **{"return": named})
    related = {"type": "With", "alias": "M", "expression": retrieve("Medication"), "suchThat": condition}
    definitions = {
        "where": query(retrieve("MedicationRequest"), "R", **{"return": returning(where)}),
        "with": query(retrieve("MedicationRequest"), "R", relationship=[related]),
        "without": query(retrieve("MedicationRequest"), "R", relationship=[{**related, "type": "Without"}]),
    }
    return library(definitions, functions=functions)


def record(dice: random.Random) -> list[dict[str, Any]]:
    """Return prescriptions and Medications, some of which refer to each other, and some to what is not there."""
    found: list[dict[str, Any]] = []
    for number in range(ROWS):
        medication = {"resourceType": "Medication", "code": number, "status": dice.choice(["active", "inactive"])}
        ids: list[Any] = [{}, {"id": f"a/{number}"}, *[{"id": f"m{dice.randrange(ROWS)}"}] * 6]
        found.append({**medication, **dice.choice(ids)})
        name = f"m{dice.randrange(ROWS)}"
        texts = [name, f"Medication/{name}", f"https://ehr.example/fhir/Medication/{name}", f"Medication/a/{number}"]
        text = dice.choice([*texts, "/", "", None])
        reference = {} if text is None else {"reference": text}
        request = {"resourceType": "MedicationRequest", "id": f"r{number}", "medicationReference": reference}
        found.append(request)
    return found


def outcomes(tested: Library, context: DataContext) -> list[Outcome]:
    modes = (False, True)
    return [tested.evaluate(name, evaluation(context), tracked=mode) for name in tested.definitions() for mode in modes]


@pytest.mark.parametrize("name", CONDITIONS)
@pytest.mark.parametrize("cause", [None, Cause("partial", "Medication")])
def test_what_is_looked_up_is_what_would_be_found_row_by_row(
    name: str, cause: Cause | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(7)
    for _ in range(8):
        supplies = dict(DataContext.of(record(dice), closed=True).supplies)
        supplies["Medication"] = Supply(supplies["Medication"].resources, cause)
        context = DataContext(supplies, closed=True)
        looked_up = outcomes(logic(CONDITIONS[name]), context)
        with monkeypatch.context() as patched:
            patched.setattr(joins, "FEWEST", 10**9)
            assert outcomes(logic(CONDITIONS[name]), context) == looked_up
        assert any(outcome.value for outcome in looked_up)


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_join_takes_steps_for_the_rows_and_not_for_their_product(name: str) -> None:
    medications = [{"resourceType": "Medication", "id": f"m{n}", "code": n, "status": "active"} for n in range(1000)]
    requests = [
        {"resourceType": "MedicationRequest", "medicationReference": {"reference": f"Medication/m{n}"}}
        for n in range(1000)
    ]
    context = DataContext.of([*medications, *requests], closed=True)
    for definition in ("where", "with"):
        for mode in (False, True):
            env = evaluation(context, limits=Limits(steps=20_000))
            found = logic(CONDITIONS[name]).evaluate(definition, env, tracked=mode)
            assert (found.error, len(found.value)) == (None, 1000)


@pytest.mark.parametrize(
    "condition",
    [
        op("Equal", prop("id", "M"), prop("code", "M")),
        op("Equal", lit("x"), lit("x")),
        op("Or", op("Equal", REFERENCE, KEY), op("EndsWith", REFERENCE, concatenated(lit("-"), KEY))),
        op("Or", op("Equal", REFERENCE, KEY), op("EndsWith", KEY, concatenated(lit("/"), KEY))),
        op("Or", op("Equal", REFERENCE, KEY), op("Equal", REFERENCE, lit("Medication/m1"))),
        op("Not", op("Equal", REFERENCE, KEY)),
    ],
)
def test_any_other_condition_is_tried_row_by_row(condition: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    context = DataContext.of(record(random.Random(3)), closed=True)
    found = outcomes(logic(condition), context)
    monkeypatch.setattr(joins, "FEWEST", 10**9)
    assert outcomes(logic(condition), context) == found
