"""The rules of three-valued evaluation, operator by operator: what is decided before all is known, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from publisher.expression.causes import Cause
from publisher.expression.context import DataContext, Supply
from publisher.expression.library import Library

from .elm import NULL, SYSTEM, Node, evaluation, items, library, lit, op, outcome, prop, query, retrieve, returning

Resource = dict[str, Any]

MORE = Cause("partial", "Condition")
IDS = query(retrieve("Condition"), **{"return": returning(prop("id", "X"))})
NOTHING_KNOWN = op("Exists", retrieve("Procedure"))


def conditions(*names: str, cause: Cause | None = MORE) -> DataContext:
    """Return a context with conditions, and by default more to come."""
    held = tuple({"resourceType": "Condition", "id": name, "date": name} for name in names)
    return DataContext({"Condition": Supply(held, cause)})


def decided(elm: Node, *names: str, cause: Cause | None = MORE) -> Any:
    """Return the value of a decided expression, or `...` for one that is open."""
    found = outcome(elm, conditions(*names, cause=cause))
    assert found.error is None, found.error
    return ... if found.is_open else found.value


def possible(elm: Node) -> Node:
    """Return the conditions that are kept only if something that is not known turns out."""
    return query(elm, where=op("Not", NOTHING_KNOWN))


@pytest.mark.parametrize(
    ("elm", "names", "expected"),
    [
        (op("Exists", retrieve("Condition")), ["a"], True),
        (op("Exists", retrieve("Condition")), [], ...),
        (op("Not", op("Exists", retrieve("Condition"))), [], ...),
        (op("Exists", possible(retrieve("Condition"))), ["a"], ...),
        (op("And", NOTHING_KNOWN, lit(False)), [], False),
        (op("And", lit(True), NOTHING_KNOWN), [], ...),
        (op("Or", NOTHING_KNOWN, lit(True)), [], True),
        (op("Implies", NOTHING_KNOWN, lit(True)), [], True),
        (op("Xor", NOTHING_KNOWN, lit(True)), [], ...),
        (op("Xor", NOTHING_KNOWN, NULL), [], None),
        (op("In", lit("a"), IDS), ["a"], True),
        (op("In", lit("b"), IDS), ["a"], ...),
        (op("GreaterOrEqual", op("Count"), lit(2)), ["a", "b"], True),
        (op("GreaterOrEqual", op("Count"), lit(3)), ["a", "b"], ...),
        (op("Less", op("Count"), lit(2)), ["a", "b"], False),
        (op("Greater", lit(2), op("Count")), ["a", "b"], False),
        (op("Equal", op("Count"), lit(1)), ["a", "b"], False),
        (op("Equal", op("Count"), lit(2)), ["a", "b"], ...),
        ({"type": "First", "source": IDS}, ["a"], ...),
        ({"type": "Sum", "source": IDS}, [], ...),
        (op("IsNull", {"type": "First", "source": IDS}), [], ...),
        (op("Except", items(lit("a")), IDS), ["a"], []),
        (op("Except", items(lit("b")), IDS), ["a"], ...),
        (op("Intersect", items(lit("a")), IDS), ["a"], ["a"]),
        (op("Intersect", items(lit("b")), IDS), ["a"], ...),
        (op("Includes", IDS, items(lit("a"))), ["a"], ...),
        (op("Coalesce", lit(1), NOTHING_KNOWN), [], 1),
        (op("Coalesce", NOTHING_KNOWN, lit(1)), [], ...),
        (op("Add", lit(1), NULL), [], None),
    ],
)
def test_what_a_partial_list_decides(elm: Node, names: list[str], expected: Any) -> None:
    assert decided(_counting(elm), *names) == expected


def _counting(elm: Node) -> Node:
    """Return a node in which a bare Count counts the conditions."""
    if elm.get("type") == "Count" and "source" not in elm:
        return {"type": "Count", "source": IDS}
    operand = elm.get("operand")
    return {**elm, "operand": [_counting(each) for each in operand]} if isinstance(operand, list) else elm


def test_a_count_of_possible_members_is_bounded_by_them() -> None:
    counted = {"type": "Count", "source": possible(retrieve("Condition"))}
    assert decided(op("Less", counted, lit(3)), "a", "b", cause=None) is True
    assert decided(op("Less", counted, lit(2)), "a", "b", cause=None) is ...


def test_an_open_test_decides_only_where_the_branches_agree() -> None:
    assert decided(chosen(lit(1), lit(1))) == 1
    assert decided(chosen(lit(1), lit(2))) is ...
    assert decided(chosen(NULL, NULL)) is None


def chosen(then: Node, otherwise: Node) -> Node:
    """Return a choice by something that is not known, of which it is said that it is not there."""
    return {"type": "If", "condition": op("Not", NOTHING_KNOWN), "then": then, "else": otherwise}


def tuple_of(**elements: Node) -> Node:
    return {"type": "Tuple", "element": [{"name": name, "value": each} for name, each in elements.items()]}


def of(source: Node, path: str) -> Node:
    return {"type": "Property", "path": path, "source": source}


def first_of(source: Node) -> Node:
    return {"type": "First", "source": source}


def as_list(operand: Node) -> Node:
    item = {"type": "NamedTypeSpecifier", "name": f"{SYSTEM}Any"}
    return {"type": "As", "operand": operand, "asTypeSpecifier": {"type": "ListTypeSpecifier", "elementType": item}}


LET = {"type": "QueryLetRef", "name": "L"}
EITHER = chosen(items(lit(1)), items())
CODED = {"resourceType": "Condition", "id": "a", "category": [{"text": "x"}]}


@pytest.mark.parametrize(
    "elm",
    [
        EITHER,
        {"type": "Case", "caseItem": [{"when": op("Not", NOTHING_KNOWN), "then": items(lit(1))}], "else": items()},
        op("Coalesce", chosen(NULL, items()), items(lit(1))),
        op("Coalesce", items(chosen(items(lit(1)), NULL))),
        first_of(items(EITHER)),
        op("Indexer", items(EITHER), lit(0)),
        op("SingletonFrom", items(EITHER)),
        op("Distinct", EITHER),
        op("Union", EITHER, items()),
        op("Except", EITHER, NULL),
        op("Flatten", items(EITHER)),
        {"type": "Slice", "source": EITHER},
        as_list(EITHER),
        query(EITHER),
        query(lit(1), **{"return": returning(items(lit(1)))}, where=op("Not", NOTHING_KNOWN)),
        query(lit(1), **{"return": returning(EITHER)}),
        query(items(lit(1)), let=[{"identifier": "L", "expression": EITHER}], where=op("Exists", LET)),
        of(tuple_of(a=EITHER), "a"),
        of(chosen(tuple_of(a=items(lit(1))), tuple_of(a=items())), "a"),
        of(first_of(query(possible(items(lit(1))), **{"return": returning(tuple_of(a=items(lit(1))))})), "a"),
        of(first_of(retrieve("Condition")), "category"),
    ],
)
def test_a_list_that_may_be_another_decides_nothing(elm: Node) -> None:
    found = outcome(op("Exists", elm), DataContext({"Condition": Supply((CODED,), MORE)}))
    assert (found.value, found.error, found.is_open) == (True, None, True)


@pytest.mark.parametrize(
    "elm",
    [
        of(tuple_of(a=retrieve("Condition"), b=EITHER), "a"),
        op("Coalesce", retrieve("Condition"), EITHER),
        as_list(retrieve("Condition")),
        of(first_of(query(retrieve("Condition"), "C", sort={"by": [{"type": "ByColumn", "path": "id"}]})), "category"),
        query(retrieve("Condition"), **{"return": returning(tuple_of(a=items(lit(1))))}),
    ],
)
def test_an_item_that_is_there_decides_whatever_else_may_be(elm: Node) -> None:
    cause = Cause("partial", "Condition", sorted_by="id")
    other = {"resourceType": "Condition", "id": "b"}
    found = outcome(op("Exists", elm), DataContext({"Condition": Supply((CODED, other), cause)}))
    assert (found.value, found.error, found.is_open) == (True, None, False)


def test_without_is_never_decided_by_a_list_that_may_hold_more() -> None:
    clause = {
        "alias": "Y",
        "expression": retrieve("Condition"),
        "suchThat": op("Equal", prop("id", "Y"), lit("a")),
    }
    without = op("Exists", query(items(lit(1)), relationship=[{"type": "Without", **clause}]))
    assert decided(without, "b") is ...
    assert decided(without, "a") is False
    assert decided(without, "b", cause=None) is True


def test_an_element_that_is_absent_is_a_note_and_leaves_nothing_open() -> None:
    codes = query(retrieve("Condition"), **{"return": returning(prop("code", "X"))})
    found = outcome({"type": "First", "source": codes}, conditions("a", cause=None))
    assert (found.value, found.is_open) == (None, False)
    assert [cause.about for cause in found.causes] == ["Condition.code"]


def test_an_element_that_a_tuple_lacks_is_no_element_of_a_record() -> None:
    tuples = query(
        items(lit(1)), **{"return": returning({"type": "Tuple", "element": [{"name": "code", "value": NULL}]})}
    )
    first = {"type": "First", "source": tuples}
    found = outcome({"type": "Property", "path": "code", "source": first}, DataContext(closed=True))
    assert (found.value, found.error, found.is_open, found.causes) == (None, None, False, ())


def latest(direction: str = "desc", kind: str = "First") -> Node:
    by = [{"type": "ByColumn", "path": "date", "direction": direction}]
    return {"type": kind, "source": query(retrieve("Condition"), sort={"by": by})}


@pytest.mark.parametrize(
    ("elm", "sorted_by", "names", "expected"),
    [
        (latest(), "-date", ["c", "b"], "c"),
        (latest("asc", "Last"), "-date", ["c", "b"], "c"),
        (latest("asc"), "date", ["a", "b"], "a"),
        (latest(), "date", ["a", "b"], ...),
        (latest(), None, ["c", "b"], ...),
        (latest(), "-date", ["c", "c"], ...),
        (latest(), "-date", ["c"], ...),
    ],
)
def test_the_first_of_a_sorted_page_is_decided(
    elm: Node, sorted_by: str | None, names: list[str], expected: Any
) -> None:
    found = decided(elm, *names, cause=Cause("partial", "Condition", sorted_by=sorted_by))
    assert (found if found is ... else found["id"]) == expected


def test_the_causes_of_an_open_answer_are_told() -> None:
    found = outcome(op("Exists", retrieve("Condition")), conditions())
    assert (found.value, found.is_open, found.causes) == (False, True, (MORE,))


def test_a_context_beyond_the_patient_is_never_complete() -> None:
    tested = library({"it": op("Exists", retrieve("Condition"))})
    tested.statements("it")[0]["context"] = "Unfiltered"
    everyone = Library(tested.names.elm)
    assert everyone.evaluate("it", evaluation(DataContext(closed=True))).is_open
    assert not tested.evaluate("it", evaluation(conditions(cause=None))).value
