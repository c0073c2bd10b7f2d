"""No expression can hold up the process: every kind of hostile logic ends in an error of kind `limit` or `pattern`."""

from __future__ import annotations

from time import monotonic
from typing import Any

import pytest

from publisher.expression.causes import Cause
from publisher.expression.context import DataContext, Supply
from publisher.expression.evaluation import Evaluation
from publisher.expression.limits import Limits
from publisher.expression.terminology import Terminology

from .elm import NOW, error, evaluation, items, library, lit, op, outcome, prop, query, retrieve, returning

Node = dict[str, Any]
SMALL = Limits(steps=20_000, depth=50, size=10_000, seconds=2)


def loops(depth: int, size: int) -> Node:
    """Return a query over so many sources of so many items."""
    source = items(*(lit(number) for number in range(size)))
    aliases = [{"alias": f"A{number}", "expression": source} for number in range(depth)]
    return {"type": "Query", "source": aliases, "return": returning(lit(1))}


def test_a_product_of_many_sources_is_stopped() -> None:
    started = monotonic()
    assert error(loops(8, 20), limits=SMALL) == "limit"
    assert monotonic() - started < 2


def test_time_is_limited() -> None:
    assert error(loops(8, 20), limits=Limits(steps=10**12, seconds=0.05)) == "limit"


def test_a_text_cannot_be_doubled_for_ever() -> None:
    definitions: dict[str, Node] = {"d0": lit("abcdefgh" * 10)}
    for number in range(1, 60):
        reference = {"type": "ExpressionRef", "name": f"d{number - 1}"}
        definitions[f"d{number}"] = op("Concatenate", reference, reference)
    found = library(definitions).evaluate("d59", evaluation(limits=Limits(size=10_000)))
    assert found.code == "limit"


def test_a_list_cannot_be_doubled_for_ever() -> None:
    definitions: dict[str, Node] = {"d0": items(lit(1), lit(2))}
    for number in range(1, 60):
        reference = {"type": "ExpressionRef", "name": f"d{number - 1}"}
        definitions[f"d{number}"] = op("Flatten", items(reference, reference))
    assert library(definitions).evaluate("d40", evaluation(limits=SMALL)).code == "limit"


@pytest.mark.parametrize("name", ["self", "ping"])
def test_endless_recursion_is_stopped(name: str) -> None:
    call: Node = {"type": "FunctionRef", "name": {"self": "self", "ping": "pong"}[name], "operand": []}
    back: Node = {"type": "FunctionRef", "name": name, "operand": []}
    functions = [
        {"type": "FunctionDef", "name": name, "operand": [], "expression": op("Not", call)},
        {"type": "FunctionDef", "name": "pong", "operand": [], "expression": op("Not", back)},
    ]
    assert library({"it": back}, functions=functions).evaluate("it", evaluation(limits=SMALL)).code == "limit"


def test_a_definition_that_refers_to_itself_is_stopped() -> None:
    found = library({"it": op("Not", {"type": "ExpressionRef", "name": "it"})}).evaluate("it", evaluation())
    assert found.code == "limit"


def test_nodes_nested_beyond_reason_are_stopped() -> None:
    elm = lit(True)
    for _ in range(50_000):
        elm = op("Not", elm)
    assert error(elm) == "limit"


def test_expand_is_limited() -> None:
    endless = {"type": "Interval", "low": lit(1), "high": lit(2_000_000_000)}
    assert error(op("Expand", endless)) == "limit"


@pytest.mark.parametrize("regex", ["(a*)*b", "(a|aa)+$", "(.*)(.*)(.*)(.*)x", "a{0,500}a{0,500}b"])
def test_patterns_that_others_choke_on_take_linear_time(regex: str) -> None:
    started = monotonic()
    found = outcome(op("Matches", lit("a" * 2000), lit(regex)), limits=Limits(seconds=5))
    assert found.value is False or found.code == "limit" or regex == "(a|aa)+$"
    assert monotonic() - started < 10


@pytest.mark.parametrize("regex", [r"(a)\1", "(?=a)b", "(", "a{2,1}"])
def test_patterns_that_are_refused(regex: str) -> None:
    assert error(op("Matches", lit("a"), lit(regex))) == "pattern"


def test_powers_are_bounded() -> None:
    assert outcome(op("Power", lit(10), lit(2_000_000_000))).value is None
    assert error(op("Exp", lit(2_000_000_000))) == "range"


def test_an_evaluation_goes_on_after_a_definition_that_was_stopped() -> None:
    tested = library({"bad": loops(6, 20), "good": lit(1)})
    env = evaluation(limits=Limits(depth=20))
    deep: Node = {"type": "ExpressionRef", "name": "again"}
    again = library({"again": op("Not", deep), "good": lit(1)})
    assert again.evaluate("again", env).code == "limit"
    assert again.evaluate("good", env).value == 1
    assert tested.evaluate("good", env).value == 1


def test_comparing_long_lists_again_and_again_is_counted() -> None:
    many = items(*(lit(number) for number in range(200)))
    specifier = {"type": "ListTypeSpecifier", "elementType": {"type": "NamedTypeSpecifier", "name": "x"}}
    typed = {**many, "resultTypeSpecifier": specifier}
    elm = query(many, where=op("Equal", typed, typed))
    assert error(elm, limits=Limits(steps=5_000)) == "limit"


NUMBERS = [{"resourceType": "Observation", "id": str(number), "status": "final"} for number in range(500)]


def called(name: str, *operands: Node) -> Node:
    return {"type": "FunctionRef", "name": name, "operand": list(operands)}


def function(name: str, body: Node, *operands: str) -> Node:
    declared = [{"name": each, "operandTypeSpecifier": {}} for each in operands]
    return {"type": "FunctionDef", "name": name, "operand": declared, "expression": body}


def test_what_a_function_makes_of_one_list_is_worked_out_once_for_all_rows() -> None:
    rows, row = {"type": "OperandRef", "name": "rows"}, prop("id", "R")
    last = function("last", op("Max", query(rows, "R", **{"return": returning(row)})), "rows")
    standing = query(rows, "S", where=op("Equal", prop("id", "S"), called("last", rows)))
    may_be = query(retrieve("Observation"), "O", where=op("Not", op("Exists", retrieve("Flag"))))
    logic = library({"Q": called("standing", may_be)}, functions=[last, function("standing", standing, "rows")])
    supplies = {"Observation": Supply(tuple(NUMBERS)), "Flag": Supply(cause=Cause("partial", "Flag"))}
    for explains in (False, True):
        context, limits = DataContext(supplies, closed=True), Limits(steps=10_000)
        env = Evaluation(context, Terminology(lambda _: None), now=NOW, limits=limits, explains=explains)
        found = logic.evaluate("Q", env, tracked=True)
        assert (found.error, [each["id"] for each in found.value]) == (None, ["99"])
