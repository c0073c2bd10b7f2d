"""Quantity and Ratio: amounts with UCUM or calendar units.

https://cql.hl7.org/09-b-cqlreference.html#quantity-1. Weeks, days, hours and shorter are the same in the calendar and
in UCUM; a calendar year or month has no fixed length, so it compares with calendar years and months only.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from publisher.expression import ucum
from publisher.expression.decimals import WORK, divide, limited, text, trimmed
from publisher.expression.ucum import Unit
from publisher.record import record

# Calendar words, singular, with the UCUM code that is the same or (year, month) about the same.
CALENDAR: Final = {
    "year": "a",
    "month": "mo",
    "week": "wk",
    "day": "d",
    "hour": "h",
    "minute": "min",
    "second": "s",
    "millisecond": "ms",
}
_FROM_UCUM: Final = {code: word for word, code in CALENDAR.items()}
_CALENDAR_UNITS: Final = {
    "year": Unit(Fraction(12), (("calendar month", 1),), (("year", 1),)),
    "month": Unit(Fraction(1), (("calendar month", 1),), (("month", 1),)),
}


@record
class Quantity:
    """An amount with its unit; `1` is the unit of a bare number."""

    value: Decimal
    unit: str = "1"

    def __str__(self) -> str:
        return f"{text(self.value)} '{self.unit}'"


@dataclass(frozen=True, slots=True)
class Ratio:
    """A relation of two quantities."""

    numerator: Quantity
    denominator: Quantity

    def __str__(self) -> str:
        return f"{self.numerator}:{self.denominator}"


def calendar_unit(unit: str) -> str | None:
    """Return the calendar word, singular, that a unit is written as, or None."""
    word = unit.removesuffix("s") if unit.endswith("s") else unit
    return word if word in CALENDAR else None


def duration_unit(unit: str) -> str | None:
    """Return the calendar word for date arithmetic: of a calendar unit, or of a UCUM one of the same length."""
    word = calendar_unit(unit) or _FROM_UCUM.get(unit)
    return None if unit in ("a", "mo") else word


def unit_of(unit: str, *, loose: bool = False) -> Unit | None:
    """Return the unit that a text stands for; with `loose`, calendar years and months are those of UCUM."""
    word = calendar_unit(unit)
    if word is None:
        return ucum.parse(unit)
    return _CALENDAR_UNITS[word] if word in _CALENDAR_UNITS and not loose else ucum.parse(CALENDAR[word])


def converted(quantity: Quantity, unit: str) -> Quantity | None:
    """Return a quantity in another unit, None for one that is not comparable."""
    source, target = unit_of(quantity.unit), unit_of(unit)
    if source is None or target is None:
        return quantity if quantity.unit == unit else None
    value = ucum.converted(quantity.value, source, target)
    value = None if value is None else limited(value)
    return None if value is None else Quantity(trimmed(value), unit)


def _same_unit(left: Quantity, right: Quantity, *, loose: bool = False) -> tuple[Decimal, Decimal] | None:
    """Return both values in one unit with full accuracy; None for units that are not comparable."""
    if left.unit == right.unit:
        return left.value, right.value
    one, other = unit_of(left.unit, loose=loose), unit_of(right.unit, loose=loose)
    if one is None or other is None or not ucum.comparable(one, other):
        return None
    fine = one if one.factor <= other.factor else other
    first, second = ucum.converted(left.value, one, fine), ucum.converted(right.value, other, fine)
    return None if first is None or second is None else (first, second)


def compare(left: Quantity, right: Quantity) -> int | None:
    """Return -1, 0 or 1, or None where the units are not comparable."""
    values = _same_unit(left, right)
    if values is None:
        return None
    return (values[0] > values[1]) - (values[0] < values[1])


def equal(left: Quantity, right: Quantity) -> bool | None:
    """Return whether two quantities are the same amount; None where their units are not comparable."""
    order = compare(left, right)
    return None if order is None else order == 0


def equivalent(left: Quantity, right: Quantity) -> bool:
    """Return whether two quantities are the same amount; a calendar year is then a UCUM year."""
    if calendar_unit(left.unit) and calendar_unit(right.unit):
        values = _same_unit(left, right) or _same_unit(_in_days(left), _in_days(right))
    else:
        values = _same_unit(left, right, loose=True)
    return values is not None and values[0] == values[1]


def _in_days(quantity: Quantity) -> Quantity:
    """Return calendar years and months as the days that they about are."""
    days = {"year": 365, "month": 30}.get(calendar_unit(quantity.unit) or "")
    return quantity if days is None else Quantity(quantity.value * days, "day")


def ratio_equivalent(left: Ratio, right: Ratio) -> bool:
    """Return whether two ratios are the same relation."""
    one, other = multiply(left.numerator, right.denominator), multiply(right.numerator, left.denominator)
    return one is not None and other is not None and equivalent(one, other)


def add(left: Quantity, right: Quantity, sign: int = 1) -> Quantity | None:
    """Return the sum (`sign` -1: the difference) in the finer unit; None where the units are not comparable."""
    values = _same_unit(left, right)
    if values is None:
        return None
    total = limited(WORK.add(values[0], values[1] * sign))
    return None if total is None else Quantity(total, _finer(left, right))


def _finer(left: Quantity, right: Quantity) -> str:
    if left.unit == right.unit:
        return left.unit
    one, other = unit_of(left.unit), unit_of(right.unit)
    return left.unit if one is None or other is None or one.factor <= other.factor else right.unit


def multiply(left: Quantity, right: Quantity) -> Quantity | None:
    """Return the product, its unit the product of both; None for a unit that is unknown or a value out of range."""
    unit = _combined(left.unit, right.unit, 1)
    value = limited(WORK.multiply(left.value, right.value))
    return None if unit is None or value is None else Quantity(value, unit)


def quotient(left: Quantity, right: Quantity) -> Quantity | None:
    """Return the quotient, its unit that of both; None for a division by zero or an unknown unit."""
    values = _same_unit(left, right)
    if values is not None:
        value = divide(*values)
        return None if value is None else Quantity(value)
    unit, value = _combined(left.unit, right.unit, -1), divide(left.value, right.value)
    return None if unit is None or value is None else Quantity(value, unit)


def _combined(left: str, right: str, exponent: int) -> str | None:
    if right == "1":
        return left
    one, other = unit_of(left), unit_of(right)
    return None if one is None or other is None else ucum.text_of(ucum.product(one, other, exponent))


def parse_quantity(written: str) -> Quantity | None:
    """Return the quantity that a text (`5.5 'cm'`, `3 days`, `7`) is, or None."""
    number, _, unit = written.strip().partition(" ")
    if "'" in number:
        number, _, unit = number.partition("'")
        unit = f"'{unit}"
    unit = unit.strip()
    if unit.startswith("'"):
        unit = unit[1:-1] if len(unit) > 1 and unit.endswith("'") else "\0"
    elif unit and calendar_unit(unit) is None:
        return None
    value = parse_decimal(number)
    return None if value is None or "\0" in unit else Quantity(value, unit or "1")


def parse_decimal(written: str) -> Decimal | None:
    """Return the decimal that a text (`+25.5`) is, or None; at most 28 digits, of which 8 are decimals."""
    digits = written[1:] if written[:1] in ("+", "-") else written
    whole, point, decimals = digits.partition(".")
    if not (whole.isascii() and whole.isdigit()) or (point and not (decimals.isascii() and decimals.isdigit())):
        return None
    return limited(Decimal(written))


def parse_ratio(written: str) -> Ratio | None:
    """Return the ratio that a text (`1 'mg':2 'mL'`) is, or None."""
    for index, letter in enumerate(written):
        if letter == ":" and written[:index].count("'") % 2 == 0:
            numerator, denominator = parse_quantity(written[:index]), parse_quantity(written[index + 1 :])
            return None if numerator is None or denominator is None else Ratio(numerator, denominator)
    return None
