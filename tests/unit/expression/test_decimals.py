"""Decimals keep 28 digits and 8 decimals, and round halves away from zero."""

from __future__ import annotations

from decimal import Decimal

import pytest

from publisher.expression import decimals


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        ("1.5", 0, "2"),
        ("-1.5", 0, "-2"),
        ("-0.5", 0, "-1"),
        ("2.345", 2, "2.35"),
        ("3.14159265", 8, "3.14159265"),
    ],
)
def test_halves_are_rounded_away_from_zero(value: str, digits: int, expected: str) -> None:
    assert decimals.rounded(Decimal(value), digits) == Decimal(expected)


def test_a_result_has_eight_decimals() -> None:
    assert decimals.limited(Decimal(1) / 3) == Decimal("0.33333333")


def test_a_result_beyond_the_range_is_null() -> None:
    assert decimals.limited(Decimal("1e29")) is None
    assert decimals.limited(Decimal("Infinity")) is None


def test_a_quotient_keeps_no_zeros_of_its_own() -> None:
    assert str(decimals.divide(Decimal(10), Decimal(4))) == "2.5"
    assert str(decimals.divide(Decimal(1), Decimal(1))) == "1.0"
    assert decimals.divide(Decimal(1), Decimal(0)) is None


def test_whole_numbers_have_a_range() -> None:
    assert decimals.integer(2**31 - 1) == 2**31 - 1
    assert decimals.integer(2**31) is None
    assert decimals.long(2**63) is None
    assert type(decimals.long(1)) is decimals.Long


def test_floor_and_ceiling_of_negative_numbers() -> None:
    assert decimals.floor(Decimal("-0.1")) == -1
    assert decimals.ceiling(Decimal("-0.1")) == 0
    assert decimals.truncated_division(Decimal("-7.5"), Decimal(2)) == -3


def test_a_decimal_is_written_in_plain_digits() -> None:
    assert decimals.text(Decimal("1E+3")) == "1000"
    assert decimals.text(Decimal("1E-8")) == "0.00000001"
