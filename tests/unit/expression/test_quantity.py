"""Quantities are compared and reckoned with in units of one kind; UCUM factors are exact."""

from __future__ import annotations

from decimal import Decimal

import pytest

from publisher.expression import quantity, ucum
from publisher.expression.quantity import Quantity, Ratio, parse_quantity, parse_ratio
from publisher.expression.ucum_atoms import ARBITRARY, UNITS
from tests.caches import caches_with


def q(value: str, unit: str = "1") -> Quantity:
    return Quantity(Decimal(value), unit)


@pytest.mark.parametrize("unit", [*UNITS, *ARBITRARY])
def test_every_unit_of_the_table_is_defined_by_units(unit: str) -> None:
    assert ucum.parse(unit) is not None


@pytest.mark.parametrize(
    "unit", ["mg/dL", "10*3/uL", "mm[Hg]", "kg.m/s2", "/min", "m2.(g/L)", "{tablets}", "mg{dry}", "1"]
)
def test_units_of_the_grammar(unit: str) -> None:
    assert ucum.parse(unit) is not None


@pytest.mark.parametrize("unit", ["mgg", "(g", "g)", "kg..m", "km2km", "dday", "g//L", "[bogus]", "m^2", " "])
def test_what_is_no_unit(unit: str) -> None:
    assert ucum.parse(unit) is None


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        ("37", "Cel", "[degF]", "98.6"),
        ("98.6", "[degF]", "Cel", "37"),
        ("120", "mm[Hg]", "kPa", "15.99864"),
        ("1", "[lb_av]", "g", "453.59237"),
        ("5", "mg/dL", "g/L", "0.05"),
        ("1", "mol", "mmol", "1000"),
        ("1", "wk", "d", "7"),
    ],
)
def test_conversion(value: str, source: str, target: str, expected: str) -> None:
    assert quantity.converted(q(value, source), target) == q(expected, target) or quantity.equal(
        quantity.converted(q(value, source), target) or q("0"), q(expected, target)
    )


def test_units_of_other_kinds_are_not_converted_or_compared() -> None:
    assert quantity.converted(q("1", "mg"), "mL") is None
    assert quantity.compare(q("1", "[iU]"), q("1", "U")) is None
    assert quantity.equal(q("1", "mg"), q("1", "mL")) is None
    assert not quantity.equivalent(q("1", "mg"), q("1", "mL"))


def test_comparison_between_units() -> None:
    assert quantity.equal(q("1", "g"), q("1000", "mg")) is True
    assert quantity.compare(q("1", "m"), q("99", "cm")) == 1


def test_calendar_units() -> None:
    assert quantity.equal(q("7", "days"), q("1", "week")) is True
    assert quantity.equal(q("1", "year"), q("12", "months")) is True
    assert quantity.equal(q("1", "year"), q("1", "a")) is None
    assert quantity.equal(q("1", "second"), q("1", "s")) is True
    assert quantity.equivalent(q("1", "year"), q("1", "a"))
    assert quantity.equivalent(q("1", "month"), q("30", "days"))


def test_sums_are_in_the_finer_unit() -> None:
    assert quantity.add(q("1", "m"), q("1", "cm")) == q("101", "cm")
    assert quantity.add(q("1", "m"), q("1", "g")) is None


def test_products_and_quotients_have_a_unit_of_both() -> None:
    assert quantity.multiply(q("2", "cm"), q("3", "cm")) == q("6", "cm2")
    assert quantity.quotient(q("10", "mg"), q("4", "mL")) == q("2.5", "mg/mL")
    assert quantity.quotient(q("1", "g"), q("500", "mg")) == q("2.0")
    assert quantity.quotient(q("1", "g"), q("0", "g")) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5.5 'cm'", q("5.5", "cm")), ("5.5'cm'", q("5.5", "cm")), ("3 days", q("3", "days")), ("-7", q("-7"))],
)
def test_reading_a_quantity(text: str, expected: Quantity) -> None:
    assert parse_quantity(text) == expected


@pytest.mark.parametrize("text", ["", "x", "3 foo", "3 'cm", "1e5", "'cm'", "٣"])
def test_what_is_no_quantity(text: str) -> None:
    assert parse_quantity(text) is None


def test_ratios() -> None:
    ratio = parse_ratio("1 'mg':2 'mL'")
    assert ratio == Ratio(q("1", "mg"), q("2", "mL"))
    assert str(ratio) == "1 'mg':2 'mL'"
    assert quantity.ratio_equivalent(Ratio(q("1"), q("2")), Ratio(q("2"), q("4")))
    assert parse_ratio("1") is None


@pytest.mark.parametrize("unit", ["{}", "mg{{{}}}", "{}{{tablets}}", "5.{}", "/{}"])
@pytest.mark.parametrize("word", ["Anna-Svensson", "191212121212", "x" * 10_000])
def test_no_word_of_a_record_is_kept_with_the_units(unit: str, word: str) -> None:
    """A unit of a record may be any text, a name among them, and of any length."""
    ucum.parse(unit.format(word))
    assert caches_with(word) == []


def test_units_are_kept() -> None:
    assert ucum.parse("mg/dL") is ucum.parse("mg/dL")
