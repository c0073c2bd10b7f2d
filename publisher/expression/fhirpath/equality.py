"""When two items, or two collections, are equal or equivalent, and in what order two items stand.

Implements https://hl7.org/fhirpath/N1/#equality, #equivalence and #comparison. Works on System values and on complex
elements as JSON; primitives have been converted before.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal, DecimalException
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from publisher.expression import quantity, temporal
from publisher.expression.decimals import WORK, Long, scale
from publisher.expression.fhirpath.element import bare
from publisher.expression.fhirpath.system import decimal, to_system
from publisher.expression.fhirpath.system import quantity as quantity_of
from publisher.expression.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from publisher.expression.fhirpath.element import Items

_NUMBERS = (int, Long, Decimal, float)
_DATES = (temporal.Date, temporal.DateTime)


class NotComparableError(Exception):
    """Two items that have no order; the caller says where."""


def equal(left: Any, right: Any) -> bool | None:
    """Return whether two System values are equal; None where that cannot be told."""
    ours, theirs = left.__class__, right.__class__
    if ours is theirs and ours in (str, bool, int):
        return bool(left == right)
    if ours in _NUMBERS and theirs in _NUMBERS:
        number = _number(left)
        return number is not None and bool(number == _number(right))
    if ours in _DATES and theirs in _DATES:
        return temporal.equal(left, right)
    if ours is temporal.Time and theirs is temporal.Time:
        return temporal.equal(left, right)
    if Quantity in (ours, theirs):
        one, other = _amount(left), _amount(right)
        return quantity.equal(one, other) if one and other else False
    return ours is theirs and bool(left == right)


def equivalent(left: Any, right: Any) -> bool:
    """Return whether two System values are the same for practical purposes."""
    ours, theirs = left.__class__, right.__class__
    if ours is str and theirs is str:
        return _loose(left) == _loose(right)
    if ours in _NUMBERS and theirs in _NUMBERS:
        return _rounded_alike(_number(left), _number(right))
    if (ours in _DATES and theirs in _DATES) or (ours is temporal.Time and theirs is temporal.Time):
        return temporal.equivalent(left, right)
    if Quantity in (ours, theirs):
        one, other = _amount(left), _amount(right)
        return one is not None and other is not None and _amounts_alike(one, other)
    if ours is dict and theirs is dict:
        return _alike(left, right)
    return ours is theirs and bool(left == right)


def order(left: Any, right: Any) -> int | None:
    """Return -1, 0 or 1, None where it cannot be told; raise NotComparableError for items that have no order."""
    ours, theirs = left.__class__, right.__class__
    if ours is str and theirs is str:
        return bool(left > right) - bool(left < right)
    if ours in _NUMBERS and theirs in _NUMBERS:
        first, second = _number(left), _number(right)
        return None if first is None or second is None else bool(first > second) - bool(first < second)
    if (ours in _DATES and theirs in _DATES) or (ours is temporal.Time and theirs is temporal.Time):
        return temporal.compare(left, right)
    if Quantity in (ours, theirs):
        one, other = _amount(left), _amount(right)
        if one is not None and other is not None:
            return quantity.compare(one, other)
    raise NotComparableError


def collections_equal(left: Items, right: Items) -> bool | None:
    """Return whether two collections hold equal items in the same order; None for an empty one."""
    if not left or not right:
        return None
    if len(left) != len(right):
        return False
    result: bool | None = True
    for one, other in zip(left, right, strict=True):
        same = equal(one, other)
        if same is False:
            return False
        if same is None:
            result = None
    return result


def collections_equivalent(left: Items, right: Items) -> bool:
    """Return whether two collections hold equivalent items in any order."""
    if len(left) != len(right):
        return False
    rest = list(right)
    for one in left:
        match = next((index for index, other in enumerate(rest) if equivalent(one, other)), None)
        if match is None:
            return False
        del rest[match]
    return True


def comparable(type_: str | None) -> Callable[[Any], Any]:
    """Return what gives the value of an item that takes part in equality; an open Quantity stays what it is."""
    convert = to_system(type_)

    def value(item: Any) -> Any:
        found = convert(item)
        return bare(item) if found is None else found

    return value


def key(value: Any) -> Hashable:
    """Return a key that two System values share just when they are equal; one that cannot be told is its own."""
    kind = value.__class__
    if kind is str:
        return str(value)
    if kind is bool:
        return (bool, value)
    if kind in _NUMBERS:
        number = _number(value)
        return str(value) if number is None else Decimal(number)
    if kind is dict or kind is list:
        return _frozen(value)
    if kind is Quantity:
        return _quantity_key(value)
    if kind is temporal.DateTime or kind is temporal.Time:
        return _moment_key(value)
    return value if isinstance(value, temporal.Date | None) else id(value)


def keyed(type_: str | None) -> Callable[[Any], Hashable]:
    """Return what gives the key of an item of a type known when compiling."""
    value = comparable(type_)
    return lambda item: key(value(item))


def _moment_key(value: Any) -> Hashable:
    offset = getattr(value, "offset", None)
    if offset is not None and value.minute is not None:
        value = temporal.add(value, -offset, "minute")
    parts = value.parts
    return (value.__class__.__name__, offset is None, *parts[:-1], parts[-1] or (0 if parts[-2] is not None else None))


def _quantity_key(value: Quantity) -> Hashable:
    unit = quantity.unit_of(value.unit)
    if unit is None:
        return ("Quantity", value.value, value.unit)
    return ("Quantity", Fraction(value.value) * unit.factor, unit.dimensions)


def _frozen(value: Any) -> Hashable:
    if isinstance(value, dict):
        return tuple(sorted((name, _frozen(each)) for name, each in value.items()))
    if isinstance(value, list):
        return ("list", *(_frozen(each) for each in value))
    return key(value)


def _number(value: Any) -> Any:
    """Return a number that can be compared, None for one that no System type can hold."""
    return value if isinstance(value, int) else decimal(value)


def _amount(value: Any) -> Quantity | None:
    """Return a Quantity for a number, a FHIR Quantity or one itself."""
    if value.__class__ is Quantity:
        return value
    if value.__class__ is dict:
        return quantity_of(value)  # type: ignore[no-any-return]
    number = _number(value) if value.__class__ in _NUMBERS else None
    return None if number is None else Quantity(Decimal(number))


def _loose(text: str) -> str:
    """Return a string without the differences that equivalence does not see: case and kind of space."""
    return " ".join(text.casefold().split())


def _rounded_alike(left: Any, right: Any) -> bool:
    """Return whether two numbers are equal at the precision of the less precise, without zeros at their ends."""
    if left is None or right is None:
        return False
    one, other = _short(left), _short(right)
    unit = Decimal(1).scaleb(-min(scale(one), scale(other)))
    try:
        return one.quantize(unit, context=WORK) == other.quantize(unit, context=WORK)
    except DecimalException:
        return one == other


def _short(value: Any) -> Decimal:
    number = Decimal(value)
    whole = number.to_integral_value(rounding=ROUND_DOWN)
    return whole if whole == number else number.normalize()


def _amounts_alike(left: Quantity, right: Quantity) -> bool:
    if quantity.equivalent(left, right):
        return True
    here = quantity.converted(right, left.unit)
    return here is not None and _rounded_alike(left.value, here.value)


def _alike(left: Any, right: Any) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        names = (left.keys() | right.keys()) - {"id"}
        return all(_alike(left.get(name), right.get(name)) for name in names)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and _paired(left, right)
    if isinstance(left, dict | list | None) or isinstance(right, dict | list | None):
        return left is right
    return equivalent(left, right)


def _paired(left: Items, right: Items) -> bool:
    rest = list(right)
    for one in left:
        match = next((index for index, other in enumerate(rest) if _alike(one, other)), None)
        if match is None:
            return False
        del rest[match]
    return True
