"""Conversions give null for what cannot be converted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from publisher.expression import conversions
from publisher.expression.quantity import Quantity, Ratio
from publisher.expression.temporal import Date, DateTime, Time
from publisher.expression.values import Code, Concept, EvaluationError


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("Boolean", "Yes", True),
        ("Boolean", "N", False),
        ("Boolean", 1, True),
        ("Boolean", "maybe", None),
        ("Integer", "-25", -25),
        ("Integer", "2147483648", None),
        ("Integer", "2.5", None),
        ("Integer", True, 1),
        ("Long", "2147483648", 2147483648),
        ("Decimal", "+25.5", Decimal("25.5")),
        ("Decimal", 0.1, Decimal("0.1")),
        ("Decimal", ".5", None),
        ("Quantity", "5.5 'cm'", Quantity(Decimal("5.5"), "cm")),
        ("Quantity", 3, Quantity(Decimal(3))),
        (
            "Quantity",
            Ratio(Quantity(Decimal(6), "mg"), Quantity(Decimal(2), "mL")),
            Quantity(Decimal("3.0"), "mg/mL"),
        ),
        ("Ratio", "1:2", Ratio(Quantity(Decimal(1)), Quantity(Decimal(2)))),
        ("String", True, "true"),
        ("String", Decimal("18.50"), "18.50"),
        ("String", Quantity(Decimal("5.5"), "cm"), "5.5 'cm'"),
        ("String", Date(2026, 11), "2026-11"),
        ("Date", "2026-11-22T10:00:00Z", Date(2026, 11, 22)),
        ("Date", "2026/11", None),
        ("Time", "T14:30", Time(14, 30)),
        ("Time", DateTime(2026, 1, 1, 14), Time(14)),
        ("Code", Code("a"), Code("a")),
        ("Concept", [Code("a"), Code("b")], Concept((Code("a"), Code("b")))),
    ],
)
def test_conversion(name: str, given: Any, expected: Any) -> None:
    assert conversions.CONVERSIONS[name](given) == expected


def test_a_time_without_an_offset_takes_that_of_the_evaluation() -> None:
    found = conversions.to_date_time("2026-11-22T10:00", 60)
    assert found is not None
    assert (found.offset, found.assumed) == (60, True)
    written = conversions.to_date_time("2026-11-22T10:00:00Z", 60)
    assert written is not None
    assert (written.offset, written.assumed) == (0, False)


def test_a_value_without_a_text_is_an_error() -> None:
    with pytest.raises(EvaluationError, match="no text"):
        conversions.to_string(Code("a"))
