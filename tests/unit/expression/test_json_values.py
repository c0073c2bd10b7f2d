"""Values are JSON in the shape of their FHIR types."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from publisher.expression.interval import Interval
from publisher.expression.json_values import as_json
from publisher.expression.quantity import Quantity, Ratio
from publisher.expression.temporal import parse_date, parse_date_time, parse_time
from publisher.expression.values import Choice, Code, CodeSystem, Concept, ValueSet

UCUM = "http://unitsofmeasure.org"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (Decimal("1.50"), Decimal("1.50")),
        (parse_date("2026-11"), "2026-11"),
        (parse_date_time("2026-11-22T10:00:00Z"), "2026-11-22T10:00:00Z"),
        (parse_date_time("2026-11-22T10:00:00+02:00"), "2026-11-22T10:00:00+02:00"),
        (parse_time("10:30"), "10:30"),
        (Quantity(Decimal(5), "mg"), {"value": 5, "unit": "mg", "system": UCUM, "code": "mg"}),
        (Quantity(Decimal(5), "day"), {"value": 5, "unit": "day", "system": UCUM, "code": "d"}),
        (Quantity(Decimal(5)), {"value": 5, "system": UCUM, "code": "1"}),
        (Code("a", "s"), {"system": "s", "code": "a"}),
        (
            Concept((Code("a", "s", None, "A"),), "t"),
            {"coding": [{"system": "s", "code": "a", "display": "A"}], "text": "t"},
        ),
        (Interval(1, 2, high_closed=False), {"low": 1, "high": 2, "lowClosed": True, "highClosed": False}),
        (ValueSet("u", None, "n"), {"id": "u", "name": "n"}),
        (CodeSystem("u", "2"), {"id": "u", "version": "2"}),
        (Choice("string", "x"), "x"),
        ([Code("a"), {"b": Choice("Code", Code("c"))}], [{"code": "a"}, {"b": {"code": "c"}}]),
    ],
)
def test_a_value_is_written_as_its_fhir_type(value: Any, expected: Any) -> None:
    assert as_json(value) == expected


def test_a_ratio_is_two_quantities() -> None:
    found = as_json(Ratio(Quantity(Decimal(1), "mg"), Quantity(Decimal(2), "mL")))

    assert (found["numerator"]["unit"], found["denominator"]["unit"]) == ("mg", "mL")
