"""Functions that convert between System types.

Implements https://hl7.org/fhirpath/N1/#conversion: each `toX` with its `convertsToX`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from publisher.expression import decimals, quantity, temporal
from publisher.expression.fhirpath.compiled import Expr, Scope, of_system, scalar
from publisher.expression.fhirpath.functions.registry import function, value_of
from publisher.expression.fhirpath.results import moment_text
from publisher.expression.fhirpath.types import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    DECIMAL,
    INTEGER,
    LONG,
    QUANTITY,
    STRING,
    TIME,
)
from publisher.expression.quantity import CALENDAR, Quantity

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.expression.decimals import Long
    from publisher.expression.fhirpath.environment import Environment
    from publisher.expression.fhirpath.syntax import Call

_TRUE = frozenset(("true", "t", "yes", "y", "1", "1.0"))
_FALSE = frozenset(("false", "f", "no", "n", "0", "0.0"))
_WHOLE = re.compile(r"[+-]?\d{1,20}", re.ASCII)


def text(value: Any) -> str | None:
    """Return a System value as a string, None for what has no text."""
    if value.__class__ is str:
        return str(value)
    if value.__class__ is bool:
        return "true" if value else "false"
    if value.__class__ is Decimal:
        return decimals.text(value)
    if value.__class__ is Quantity:
        number = decimals.text(value.value)
        return f"{number} {value.unit}" if value.unit in CALENDAR else f"{number} '{value.unit}'"
    if value is None or value.__class__ in (dict, list):
        return None
    return str(int(value)) if isinstance(value, int) else moment_text(value)


def _boolean(value: Any) -> bool | None:
    if value.__class__ is bool:
        return bool(value)
    if isinstance(value, int | Decimal):
        return {0: False, 1: True}.get(int(value)) if value == int(value) else None
    if value.__class__ is str:
        return True if value.lower() in _TRUE else False if value.lower() in _FALSE else None
    return None


def _integer(value: Any) -> int | None:
    if value.__class__ is str:
        value = int(value) if _WHOLE.fullmatch(value) else None
    return decimals.integer(int(value)) if isinstance(value, int) else None


def _long(value: Any) -> Long | None:
    if value.__class__ is str:
        value = int(value) if _WHOLE.fullmatch(value) else None
    return decimals.long(int(value)) if isinstance(value, int) else None


def _decimal(value: Any) -> Decimal | None:
    if value.__class__ is str:
        return quantity.parse_decimal(value)
    return Decimal(int(value)) if isinstance(value, int) else value if value.__class__ is Decimal else None


def _quantity(value: Any) -> Quantity | None:
    if value.__class__ is str:
        found = quantity.parse_quantity(value)
        word = quantity.calendar_unit(found.unit) if found else None
        return Quantity(found.value, word) if found and word and "'" not in value else found
    if value.__class__ is Quantity:
        return value
    number = _decimal(value)
    return None if number is None else Quantity(number)


def _date(value: Any) -> temporal.Date | None:
    if value.__class__ is temporal.DateTime:
        return temporal.to_date(value)
    if value.__class__ is str:
        moment = temporal.parse_date_time(value)
        return temporal.parse_date(value) or (temporal.to_date(moment) if moment else None)
    return value if value.__class__ is temporal.Date else None


def _date_time(value: Any) -> temporal.DateTime | None:
    if value.__class__ is temporal.Date:
        return temporal.to_date_time(value)
    if value.__class__ is str:
        return temporal.parse_date_time(value)
    return value if value.__class__ is temporal.DateTime else None


def _time(value: Any) -> temporal.Time | None:
    if value.__class__ is str:
        is_bare = "Z" not in value and "+" not in value and "-" not in value
        return temporal.parse_time(value) if is_bare else None
    return value if value.__class__ is temporal.Time else None


def _conversion(name: str, type_: str, convert: Callable[[Any], Any]) -> None:
    @function(f"to{name}")
    def to(scope: Scope, node: Call, focus: Expr) -> Expr:
        value = scalar(focus, scope, node)

        def run(env: Environment, this: Any) -> Any:
            found = value(env, this)
            return None if found is None else convert(found)

        return of_system(run, type_)

    @function(f"convertsTo{name}")
    def converts(scope: Scope, node: Call, focus: Expr) -> Expr:
        value = scalar(focus, scope, node)

        def run(env: Environment, this: Any) -> Any:
            found = value(env, this)
            return None if found is None else convert(found) is not None

        return of_system(run, BOOLEAN)


_conversion("Boolean", BOOLEAN, _boolean)
_conversion("Integer", INTEGER, _integer)
_conversion("Long", LONG, _long)
_conversion("Decimal", DECIMAL, _decimal)
_conversion("String", STRING, text)
_conversion("Date", DATE, _date)
_conversion("DateTime", DATE_TIME, _date_time)
_conversion("Time", TIME, _time)


@function("toQuantity", 0, 1)
def _to_quantity(scope: Scope, node: Call, focus: Expr) -> Expr:
    return of_system(_in_unit(scope, node, focus), QUANTITY)


@function("convertsToQuantity", 0, 1)
def _converts_to_quantity(scope: Scope, node: Call, focus: Expr) -> Expr:
    value, found = scalar(focus, scope, node), _in_unit(scope, node, focus)

    def run(env: Environment, this: Any) -> bool | None:
        return None if value(env, this) is None else found(env, this) is not None

    return of_system(run, BOOLEAN)


def _in_unit(scope: Scope, node: Call, focus: Expr) -> Callable[[Environment, Any], Quantity | None]:
    value = scalar(focus, scope, node)
    unit = value_of(scope, node.arguments[0]) if node.arguments else None

    def run(env: Environment, this: Any) -> Quantity | None:
        found = value(env, this)
        amount = None if found is None else _quantity(found)
        wanted = unit(env, this) if unit else None
        if amount is None or wanted is None:
            return amount
        return quantity.converted(amount, wanted) if isinstance(wanted, str) else None

    return run
