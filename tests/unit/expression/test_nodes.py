"""Nodes of ELM, family by family, plain and tracked alike: what the official tests leave out, or cannot say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from publisher.expression.context import DataContext
from publisher.expression.interval import Interval
from publisher.expression.nodes.terminology import is_member
from publisher.expression.quantity import Quantity
from publisher.expression.temporal import Date, DateTime, Time
from publisher.expression.values import Code, Concept, ValueSet

from .elm import (
    FHIR,
    NULL,
    SYSTEM,
    Node,
    dec,
    error,
    items,
    library,
    lit,
    op,
    prop,
    query,
    retrieve,
    returning,
    value,
)


def amount(number: str, unit: str = "1") -> Node:
    return {"type": "Quantity", "value": number, "unit": unit}


def span(low: Node, high: Node, **members: Any) -> Node:
    return {"type": "Interval", "low": low, "high": high, **members}


def day(*parts: int) -> Node:
    return {"type": "Date", **dict(zip(("year", "month", "day"), map(lit, parts), strict=False))}


@pytest.mark.parametrize(
    ("elm", "expected"),
    [
        (op("Add", lit(1), dec("2.5")), Decimal("3.5")),
        (op("Add", lit(2**31 - 1), lit(1)), None),
        (op("Add", lit(1), NULL), None),
        (op("Subtract", day(2026, 3, 1), amount("1", "day")), Date(2026, 2, 28)),
        (op("Multiply", amount("2", "cm"), lit(3)), Quantity(Decimal(6), "cm")),
        (op("Divide", lit(1), lit(3)), Decimal("0.33333333")),
        (op("Divide", lit(1), lit(0)), None),
        (op("TruncatedDivide", lit(-7), lit(2)), -3),
        (op("Modulo", lit(-7), lit(2)), -1),
        (op("Modulo", dec("10.5"), lit(3)), Decimal("1.5")),
        (op("Power", lit(2), lit(-2)), Decimal("0.25")),
        (op("Round", dec("2.345"), precision=lit(2)), Decimal("2.35")),
        (op("Negate", lit(2**31)), -(2**31)),
        (op("Log", lit(16), lit(2)), Decimal("4.0")),
        (op("Truncate", dec("-2.9")), -2),
        (op("Successor", dec("1.0")), Decimal("1.00000001")),
        (op("Predecessor", day(2026, 1, 1)), Date(2025, 12, 31)),
    ],
)
def test_arithmetic(elm: Node, expected: Any) -> None:
    assert value(elm) == expected


@pytest.mark.parametrize(
    ("elm", "code"),
    [
        (op("Add", day(9999, 12, 31), amount("1", "day")), "range"),
        (op("Add", day(2026), amount("1", "mg")), "unit"),
        (op("Add", day(2026), amount("1", "a")), "unit"),
        (op("Ln", lit(0)), "range"),
        (span(lit(5), lit(1)), "range"),
        (day(2026, 2, 30), "range"),
        (op("Less", lit("a"), lit(1)), "type"),
        (op("Width", span(day(2025), day(2026))), "range"),
        (op("Subsumes", lit("a"), lit("b")), "terminology"),
        ({"type": "Property", "path": "x", "source": items(lit(1))}, "type"),
    ],
)
def test_errors_have_a_code(elm: Node, code: str) -> None:
    assert error(elm) == code


@pytest.mark.parametrize(
    ("kind", "numbers", "expected"),
    [
        ("Sum", [1, None, 2], 3),
        ("Sum", [], None),
        ("Count", [1, None, 2], 2),
        ("Min", [3, 1, 2], 1),
        ("Max", [3, 1, 2], 3),
        ("Avg", [1, 2], Decimal("1.5")),
        ("Median", [3, 1, 2, 10], Decimal("2.5")),
        ("Mode", [1, 2, 2], 2),
        ("Product", [2, 3], 6),
        ("Variance", [1, 2, 3, 4, 5], Decimal("2.5")),
        ("PopulationStdDev", [2, 4], Decimal("1.0")),
        ("GeometricMean", [2, 8], Decimal("4.0")),
    ],
)
def test_aggregates(kind: str, numbers: list[int | None], expected: Any) -> None:
    elements = [NULL if number is None else lit(number) for number in numbers]
    assert value({"type": kind, "source": items(*elements)}) == expected


@pytest.mark.parametrize(
    ("elm", "expected"),
    [
        ({"type": "Combine", "source": items(lit("a"), NULL, lit("b")), "separator": lit(",")}, "a,b"),
        ({"type": "Split", "stringToSplit": lit("a,b"), "separator": lit(",")}, ["a", "b"]),
        (
            {"type": "SplitOnMatches", "stringToSplit": lit("a1b22c"), "separatorPattern": lit("[0-9]+")},
            ["a", "b", "c"],
        ),
        ({"type": "Substring", "stringToSub": lit("abc"), "startIndex": lit(1), "length": lit(1)}, "b"),
        ({"type": "Substring", "stringToSub": lit("abc"), "startIndex": lit(5)}, None),
        ({"type": "PositionOf", "pattern": lit("c"), "string": lit("abc")}, 2),
        ({"type": "LastPositionOf", "pattern": lit("z"), "string": lit("abc")}, -1),
        (op("Matches", lit("abc"), lit("a.c")), True),
        (op("Matches", lit("abcd"), lit("a.c")), False),
        (op("ReplaceMatches", lit("abab"), lit("a"), lit("x")), "xbxb"),
        (op("Upper", lit("a")), "A"),
        (op("Length", lit("abc")), 3),
        (op("Indexer", lit("abc"), lit(1)), "b"),
    ],
)
def test_strings(elm: Node, expected: Any) -> None:
    assert value(elm) == expected


@pytest.mark.parametrize(
    ("elm", "expected"),
    [
        (op("In", lit(1), items(lit(1), lit(2))), True),
        (op("In", NULL, items(lit(1))), False),
        (op("Contains", span(lit(1), lit(5)), lit(3)), True),
        (op("Includes", items(lit(1), lit(2)), items(lit(2))), True),
        (op("ProperIncludes", items(lit(1)), items(lit(1))), False),
        (op("IncludedIn", span(lit(2), lit(3)), span(lit(1), lit(5))), True),
        (op("Union", items(lit(1), lit(2)), items(lit(2), lit(3))), [1, 2, 3]),
        (op("Intersect", items(lit(1), lit(2)), items(lit(2))), [2]),
        (op("Except", items(lit(1), lit(2)), items(lit(2))), [1]),
        (op("Except", items(lit(1)), NULL), [1]),
        (op("Distinct", items(lit(1), NULL, dec("1.0"), NULL)), [1, None]),
        (op("Flatten", items(items(lit(1)), NULL, items(lit(2)))), [1, 2]),
        ({"type": "IndexOf", "source": items(lit("a"), lit("b")), "element": lit("b")}, 1),
        ({"type": "Slice", "source": items(lit(1), lit(2), lit(3)), "startIndex": lit(1)}, [2, 3]),
        (
            {
                "type": "Slice",
                "source": items(lit(1), lit(2), lit(3)),
                "startIndex": lit(0),
                "endIndex": lit(2),
            },
            [1, 2],
        ),
        ({"type": "First", "source": items()}, None),
        (op("SingletonFrom", items(lit(1))), 1),
        (op("Union", span(lit(1), lit(4)), span(lit(3), lit(9))), Interval(1, 9)),
    ],
)
def test_lists_and_intervals(elm: Node, expected: Any) -> None:
    assert value(elm) == expected


@pytest.mark.parametrize(
    ("elm", "expected"),
    [
        ({"type": "DateTime", "year": lit(2026), "timezoneOffset": dec("1.5")}, DateTime(2026, offset=90)),
        ({"type": "Time", "hour": lit(10), "minute": lit(5)}, Time(10, 5)),
        ({"type": "Today"}, Date(2026, 11, 22)),
        (op("DateTimeComponentFrom", {"type": "Now"}, precision="Hour"), 10),
        (op("TimezoneOffsetFrom", {"type": "Now"}), Decimal(0)),
        (op("DateFrom", {"type": "Now"}), Date(2026, 11, 22)),
        (op("DurationBetween", day(2026, 1, 1), day(2026, 3, 1), precision="Month"), 2),
        (op("DifferenceBetween", day(2025, 12, 31), day(2026, 1, 1), precision="Year"), 1),
        (op("CalculateAge", day(2000, 11, 23), precision="Year"), 25),
        (op("CalculateAge", lit("2000-11-22"), precision="Year"), 26),
        (op("CalculateAgeAt", day(2000, 1, 1), day(2001, 1, 1), precision="Month"), 12),
        (op("Before", day(2026, 1, 1), day(2026, 2, 1), precision="Year"), False),
        (op("SameOrAfter", day(2026), day(2026, 2), precision="Month"), None),
        (op("GreaterOrEqual", op("CalculateAge", day(2000), precision="Year"), lit(18)), True),
        (op("GreaterOrEqual", op("CalculateAge", day(2008), precision="Year"), lit(18)), None),
    ],
)
def test_times(elm: Node, expected: Any) -> None:
    assert value(elm) == expected


def named(name: str) -> Node:
    return {"type": "NamedTypeSpecifier", "name": SYSTEM + name}


def list_of(name: str) -> Node:
    return {"type": "ListTypeSpecifier", "elementType": named(name)}


CODE = {"type": "Instance", "classType": f"{SYSTEM}Code", "element": [{"name": "code", "value": lit("a")}]}
INTERVAL = {"type": "IntervalTypeSpecifier", "pointType": named("Integer")}
CHOICE = {"type": "ChoiceTypeSpecifier", "choice": [named("String"), named("Integer")]}


@pytest.mark.parametrize(
    ("elm", "expected"),
    [
        (op("As", lit(1), asTypeSpecifier=named("String")), None),
        (op("Is", lit(1), isTypeSpecifier=named("Integer")), True),
        (op("Is", lit(True), isTypeSpecifier=named("Integer")), False),
        (op("Convert", lit("5"), toTypeSpecifier=named("Integer")), 5),
        (op("CanConvert", lit("x"), toTypeSpecifier=named("Integer")), False),
        (op("ConvertsToDate", lit("2026-13")), False),
        (op("ToQuantity", lit("5 'mg'")), Quantity(Decimal(5), "mg")),
        (op("ConvertQuantity", amount("1", "g"), lit("mg")), Quantity(Decimal(1000), "mg")),
        (op("ToConcept", CODE), Concept((Code("a"),))),
        (op("ToList", NULL), []),
        (op("As", items(lit(1)), asTypeSpecifier=list_of("String")), None),
        (op("Is", span(lit(1), lit(2)), isTypeSpecifier=INTERVAL), True),
        (op("Is", lit(1), isTypeSpecifier=CHOICE), True),
    ],
)
def test_types(elm: Node, expected: Any) -> None:
    assert value(elm) == expected


def test_a_strict_cast_of_another_type_is_an_error() -> None:
    assert error(op("As", lit(1), strict=True, asTypeSpecifier=named("String"))) == "type"


PEOPLE = items(
    *(
        {"type": "Tuple", "element": [{"name": "name", "value": lit(name)}, {"name": "age", "value": age}]}
        for name, age in (("b", lit(2)), ("a", lit(3)), ("c", NULL), ("d", lit(2)))
    )
)


def names(elm: Node) -> list[str]:
    return [each["name"] for each in value(elm)]


def test_a_query_sorts_by_columns_and_expressions_nulls_first() -> None:
    by_age = {"type": "ByColumn", "path": "age", "direction": "asc"}
    by_name = {"type": "ByColumn", "path": "name", "direction": "desc"}
    assert names(query(PEOPLE, sort={"by": [by_age, by_name]})) == ["c", "d", "b", "a"]
    by_negative = {
        "type": "ByExpression",
        "direction": "asc",
        "expression": op("Negate", {"type": "IdentifierRef", "name": "age"}),
    }
    assert names(query(PEOPLE, sort={"by": [by_negative]})) == ["c", "a", "b", "d"]


def test_a_query_sorts_its_items_themselves() -> None:
    numbers = items(lit(2), lit(3), lit(1))
    assert value(query(numbers, sort={"by": [{"type": "ByDirection", "direction": "desc"}]})) == [3, 2, 1]


def test_a_query_of_several_sources_returns_tuples() -> None:
    elm = {
        "type": "Query",
        "source": [
            {"alias": "A", "expression": items(lit(1), lit(2))},
            {"alias": "B", "expression": items(lit("x"))},
        ],
        "where": op("Greater", {"type": "AliasRef", "name": "A"}, lit(1)),
    }
    assert value(elm) == [{"A": 2, "B": "x"}]


def test_a_query_aggregates() -> None:
    total = op("Add", {"type": "QueryLetRef", "name": "T"}, {"type": "AliasRef", "name": "X"})
    clause = {"identifier": "T", "starting": lit(10), "expression": total}
    numbers = items(lit(1), lit(1), lit(2))
    assert value(query(numbers, aggregate=clause)) == 14
    assert value(query(numbers, aggregate={**clause, "distinct": True})) == 13


def test_a_query_over_one_value_returns_one() -> None:
    doubled = op("Multiply", {"type": "AliasRef", "name": "X"}, lit(2))
    assert value(query(lit(3), **{"return": returning(doubled)})) == 6
    assert value(query(NULL, **{"return": returning(doubled)})) is None
    assert value(query(lit(3), where=lit(False))) is None


def test_with_and_without() -> None:
    same = op("Equal", {"type": "AliasRef", "name": "X"}, {"type": "AliasRef", "name": "Y"})
    clause = {"alias": "Y", "expression": items(lit(2)), "suchThat": same}
    numbers = items(lit(1), lit(2))
    assert value(query(numbers, relationship=[{"type": "With", **clause}])) == [2]
    assert value(query(numbers, relationship=[{"type": "Without", **clause}])) == [1]


def test_a_return_without_all_is_distinct() -> None:
    numbers = items(lit(1), lit(1))
    item = {"type": "AliasRef", "name": "X"}
    assert value(query(numbers, **{"return": {"expression": item}})) == [1]
    assert value(query(numbers, **{"return": returning(item)})) == [1, 1]


def test_choice_elements_are_told_by_their_json_name() -> None:
    choices = [{"type": "NamedTypeSpecifier", "name": FHIR + name} for name in ("Quantity", "string")]
    medication = prop("value", "X", resultTypeSpecifier={"type": "ChoiceTypeSpecifier", "choice": choices})
    held = [
        {"resourceType": "Observation", "valueQuantity": {"value": 5}},
        {"resourceType": "Observation", "valueString": "high"},
    ]
    cast = op("As", medication, asTypeSpecifier={"type": "NamedTypeSpecifier", "name": FHIR + "string"})
    context = DataContext.of(held, closed=True)
    assert value(query(retrieve("Observation"), **{"return": returning(cast)}), context) == [None, "high"]


def test_membership_in_value_sets_counts_what_no_system_of_it_knows() -> None:
    from .elm import evaluation

    listed = {"compose": {"include": [{"system": "s", "concept": [{"code": "a"}, {"code": "X1"}]}]}}
    held = [
        {"resourceType": "Condition", "code": {"coding": [{"system": "s", "code": "a"}]}},
        {"resourceType": "Condition", "code": {"coding": [{"system": "s", "code": "b"}]}},
        {"resourceType": "Condition", "code": {"coding": [{"system": "other", "code": "a"}]}},
        {"resourceType": "Condition", "code": {"coding": [{"code": "a"}]}},
        {"resourceType": "Condition", "code": {"text": "cramp"}},
        {"resourceType": "Condition"},
        {"resourceType": "Condition", "code": {"coding": [{"system": "s", "code": "A"}]}},
        {
            "resourceType": "Condition",
            "code": {"coding": [{"system": "s", "code": "x1"}, {"system": "s", "code": "b"}]},
        },
        {
            "resourceType": "Condition",
            "code": {"coding": [{"system": "s", "code": "x1"}, {"system": "s", "code": "X1"}]},
        },
    ]
    tested = library(
        {"it": retrieve("Condition", codes={"type": "ValueSetRef", "name": "V"})},
        valueSets=[{"name": "V", "id": "http://v.example"}],
    )
    env = evaluation(DataContext.of(held, closed=True), lambda _canonical: listed)
    assert tested.evaluate("it", env).value == [held[0], held[8]]
    counted = [held[2]["code"], held[3]["code"], held[4]["code"], held[5], held[6]["code"], held[7]["code"]]
    assert env.unrecognised["http://v.example"].keys() == {id(each) for each in counted}
    found = [is_member(env, each.get("code"), ValueSet("http://w.example")) for each in held]
    assert found == [True, *[False] * 7, True]
    # A concept that is not there is no item of its own where it is only looked at.
    assert env.unrecognised["http://w.example"].keys() == {id(each) for each in counted if each is not held[5]}


def test_concepts_codes_and_systems_are_declared() -> None:
    tested = library(
        {
            "code": {"type": "CodeRef", "name": "C"},
            "concept": {"type": "ConceptRef", "name": "K"},
            "codes": {"type": "Property", "path": "codes", "source": {"type": "ConceptRef", "name": "K"}},
        },
        codeSystems=[{"name": "S", "id": "http://s.example", "version": "1"}],
        codes=[{"name": "C", "id": "c", "codeSystem": {"name": "S"}}],
        concepts=[{"name": "K", "code": [{"name": "C"}], "display": "k"}],
    )
    from .elm import evaluation

    code = Code("c", "http://s.example", "1")
    env = evaluation()
    assert tested.evaluate("code", env).value == code
    assert tested.evaluate("concept", env).value == Concept((code,), "k")
    assert tested.evaluate("codes", env).value == [code]


def test_instances_of_fhir_types_are_json() -> None:
    reference = {
        "type": "Instance",
        "classType": FHIR + "string",
        "element": [{"name": "value", "value": lit("Patient/1")}],
    }
    elm = {
        "type": "Instance",
        "classType": FHIR + "Reference",
        "element": [{"name": "reference", "value": reference}, {"name": "display", "value": NULL}],
    }
    assert value(elm) == {"reference": "Patient/1"}


def test_an_instance_of_a_resource_carries_its_type() -> None:
    instance = {"type": "Instance", "classType": FHIR + "Observation", "element": [{"name": "id", "value": lit("x")}]}
    assert value(instance) == {"resourceType": "Observation", "id": "x"}
    assert value({**instance, "element": []}) == {"resourceType": "Observation"}
    assert value({**instance, "element": [{"name": "value", "value": lit(1)}]})["resourceType"] == "Observation"


def test_elm_without_result_types_still_finds_choice_elements() -> None:
    context = DataContext.of([{"resourceType": "Observation", "valueQuantity": {"value": 5}}], closed=True)
    amount_of = {"type": "Property", "path": "value", "source": prop("value", "X")}
    assert value(query(retrieve("Observation"), **{"return": returning(amount_of)}), context) == [5]


def test_a_time_in_a_fhir_instance_has_an_offset() -> None:
    when = {"type": "DateTime", "year": lit(2026), "month": lit(1), "day": lit(2), "hour": lit(3)}
    written = {
        "type": "Instance",
        "classType": FHIR + "Period",
        "element": [{"name": "start", "value": when}],
    }
    assert value(written) == {"start": "2026-01-02T03+00:00"}
