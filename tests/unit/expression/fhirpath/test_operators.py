"""Operators: three-valued logic, equality, order, arithmetic and date arithmetic."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.expression.fhirpath.conftest import OBSERVATION, found

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.issue import Issue

TRUTH: dict[str, Callable[[bool | None, bool | None], bool | None]] = {
    "and": lambda a, b: False if a is False or b is False else None if a is None or b is None else True,
    "or": lambda a, b: True if a or b else None if a is None or b is None else False,
    "xor": lambda a, b: None if a is None or b is None else a is not b,
    "implies": lambda a, b: True if a is False or b else None if a is None or b is None else False,
}
WRITTEN = {True: "true", False: "false", None: "{}"}


@pytest.mark.parametrize(("operator", "left", "right"), list(product(TRUTH, WRITTEN, WRITTEN)))
def test_logic_is_three_valued(operator: str, left: bool | None, right: bool | None) -> None:
    expected = TRUTH[operator](left, right)

    assert found(f"{WRITTEN[left]} {operator} {WRITTEN[right]}") == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gender = 'female'", True),
        ("gender != 'female'", False),
        ("'a' = 'A'", False),
        ("'a' ~ 'A'", True),
        ("'a  b' ~ 'A\\tb'", True),
        ("1 = 1.0", True),
        ("true = 1", False),
        ("{} = 1", None),
        ("{} ~ {}", True),
        ("{} !~ 1", True),
        ("(1 | 2) = (1 | 2)", True),
        ("(1 | 2) = (2 | 1)", False),
        ("(1 | 2) ~ (2 | 1)", True),
        ("(1 | 2) = 1", False),
        ("1.2 / 1.8 ~ 0.67", True),
        ("2.5 ~ 3", True),
        ("name = name", True),
        ("name ~ name", True),
        ("name.first() = name.last()", False),
        ("name.first() ~ name.last()", False),
        ("@2012-04 = @2012-04-15", None),
        ("@2012-04 ~ @2012-04-15", False),
        ("@2012-04-15T15:00:00+02:00 = @2012-04-15T16:00:00+03:00", True),
        ("@2012-04-15T15:00:00Z = @2012-04-15T15:00:00", None),
        ("birthDate = @1951-03-02", True),
        ("birthDate = @T10", False),
        ("4 'g' = 4000 'mg'", True),
        ("4 'g' ~ 4040 'mg'", True),
        ("1 year = 1 'a'", None),
        ("1 year ~ 1 'a'", True),
        ("7 days = 1 week", True),
        ("1 'm' = 1 's'", None),
        ("1 'm' ~ 1 's'", False),
        ("'a' in ('a' | 'b')", True),
        ("gender in ('male' | 'female')", True),
        ("('a' | 'b') contains 'c'", False),
        ("{} in (1 | 2)", None),
    ],
)
def test_equality_and_membership(text: str, expected: bool | None) -> None:
    assert found(text) == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("value = 185 '[lb_av]'", True),
        ("value > 1 'kg'", True),
        ("value < 200 '[lb_av]'", True),
        ("value.value > 180.0", True),
        ("effective < @2016-04-01", True),
        ("effective < @2016-03-28T10:00:00Z", None),
        ("extension.value = 41 years", True),
    ],
)
def test_fhir_values_compare_as_system_values(text: str, expected: bool | None) -> None:
    assert found(text, OBSERVATION) == ([] if expected is None else [expected])


def test_a_quantity_with_a_comparator_is_not_equal_to_a_number_and_has_no_order() -> None:
    below = {"resourceType": "Observation", "valueQuantity": {"value": 5, "comparator": "<", "code": "g"}}

    assert found("value = 5 'g'", below) == [False]
    assert found("value < 6 'g'", below) == []
    assert found("value = value", below) == [True]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 < 2", True),
        ("'a' < 'b'", True),
        ("2 >= 2.0", True),
        ("@2018-03 < @2018-03-01", None),
        ("@2018-03-01T10:30:00 <= @2018-03-01T10:30:00.0", True),
        ("@T10:30 > @T09", True),
        ("8 days > 1 week", True),
        ("1 'm' > 1 's'", None),
        ("1 < {}", None),
    ],
)
def test_order(text: str, expected: bool | None) -> None:
    assert found(text) == ([] if expected is None else [expected])


@pytest.mark.parametrize("text", ["1 < 'a'", "true < false", "@2015 < @T10", "name < name.first()", "1 > 2 is Boolean"])
def test_what_has_no_order_is_refused(text: str, refusal: Callable[..., Issue]) -> None:
    assert refusal(text).rule == "fhirpath-evaluation"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2", 3),
        ("2147483647 + 1", None),
        ("2147483647L + 1L", 2147483648),
        ("0.1 + 0.2", Decimal("0.3")),
        ("1.8 - 1.2", Decimal("0.6")),
        ("1.2 * 1.8", Decimal("2.16")),
        ("1 / 4", Decimal("0.25")),
        ("1 / 0", None),
        ("5 div 2", 2),
        ("-5 div 2", -2),
        ("5.5 div 0.7", 7),
        ("5 mod 0", None),
        ("-5 mod 3", -2),
        ("2.2 mod 1.8", Decimal("0.4")),
        ("0 / -1", Decimal(0)),
        ("'a' + 'b'", "ab"),
        ("'a' + {}", None),
        ("'a' & {}", "a"),
        ("-(1.5)", Decimal("-1.5")),
        ("+1", 1),
        ("-(3 'g').value", Decimal(-3)),
        ("(1 'm' + 50 'cm').value", Decimal(150)),
        ("(2 'cm' * 3 'cm').unit", "cm2"),
        ("1 'm' + 1 's'", None),
        ("@2020-01-31 + 1 month", "2020-02-29"),
        ("@2019-02-28 + 1 year", "2020-02-28"),
        ("@1973-12-25 + 7.7 days", "1974-01-01"),
        ("@1974-12-25 - 1 'month'", "1974-11-25"),
        ("@2016-02 + 30 days", "2016-03"),
        ("@T23:30 + 1 hour", "00:30"),
        ("@2012-04-15T15:00:00+02:00 + 1 'h'", "2012-04-15T16:00:00+02:00"),
        ("@9999-12-31 + 1 day", None),
    ],
)
def test_arithmetic_is_exact(text: str, expected: Any) -> None:
    assert found(text) == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("'a' - 'b'", "cannot calculate"),
        ("@2020-01-01 + 1", "cannot calculate"),
        ("@1973-12-25 + 1 'mo'", "write a calendar unit"),
        ("@1974-12-25 - 1 'cm'", "write a calendar unit"),
        ("@T10:30 + 1 day", "use hours or less"),
        ("-'a'", "after its sign"),
        ("+'a'", "after its sign"),
        ("(1 | 2) & 'a'", "several items"),
        ("1 & 'a'", "toString()"),
        ("1 div 'a'", "no number"),
        ("1 'm' * true", "convert it"),
        ("true and (1 | 2)", "several items"),
    ],
)
def test_operands_that_have_no_meaning_are_refused(text: str, says: str, refusal: Callable[..., Issue]) -> None:
    assert says in refusal(text).diagnostics


@pytest.mark.parametrize(
    ("text", "expected"),
    [("true and 'foo'", [True]), ("true and name.first()", [True]), ("iif('x', 1, 2)", [1]), ("(0).not()", [False])],
)
def test_a_single_item_that_is_no_boolean_counts_as_true(text: str, expected: list[Any]) -> None:
    assert found(text) == expected
