"""System values of CQL as Python values, and FHIR elements as the JSON they arrived in.

Boolean, Integer, Decimal and String are bool, int, Decimal and str; a list is a list, a tuple and a FHIR element a
dict. A choice element (`medication[x]`) carries the type its JSON name tells.
See https://cql.hl7.org/09-b-cqlreference.html#types-2 and #comparison-operators-4.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from publisher.expression import interval, quantity, temporal
from publisher.expression.decimals import WORK, Long, scale, trimmed
from publisher.expression.interval import Interval
from publisher.expression.points import compare
from publisher.expression.quantity import Quantity, Ratio
from publisher.expression.temporal import Date, DateTime, Time
from publisher.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class EvaluationError(Exception):
    """A run-time error of an expression; the expression has no value, its neighbours go on.

    `code` is one of our stable words for the kind of error.
    """

    def __init__(self, message: str, code: str = "evaluation") -> None:
        super().__init__(message)
        self.code = code


@record
class Code:
    """A System.Code."""

    code: str | None
    system: str | None = None
    version: str | None = None
    display: str | None = None


@record
class Concept:
    """A System.Concept."""

    codes: tuple[Code, ...]
    display: str | None = None


@dataclass(frozen=True, slots=True)
class ValueSet:
    """A System.ValueSet: a canonical, and the version that the library asks for."""

    id: str
    version: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class CodeSystem:
    """A System.CodeSystem: a canonical, and the version that the library asks for."""

    id: str
    version: str | None = None
    name: str | None = None


@record
class Choice:
    """The value of a choice element with the FHIR type that its name told (`CodeableConcept`)."""

    type: str
    value: Any


def unwrap(value: Any) -> Any:
    """Return the value inside a choice, or `value` itself."""
    return value.value if type(value) is Choice else value


def choice_element(element: dict[str, Any], name: str, types: tuple[str, ...]) -> Choice | None:
    """Return the choice element `name[x]` of `element` that is present, among `types`."""
    for json_name, type_name in json_names(name, types):
        value = element.get(json_name)
        if value is not None:
            return Choice(type_name, value)
    return None


@lru_cache(maxsize=1024)
def json_names(name: str, types: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return the names in JSON of the choice element `name[x]`, each with its type."""
    return tuple((name + each[0].upper() + each[1:], each) for each in types)


# -- equality -------------------------------------------------------------------------------------------------------

_PLAIN = frozenset({str, int, bool, Decimal, Code, ValueSet, CodeSystem})


def equal(left: Any, right: Any) -> bool | None:
    """Return CQL `=`: null where an operand is null, or where a part of it is null and nothing else differs."""
    if type(left) is str and type(right) is str:
        return left == right
    left, right = unwrap(left), unwrap(right)
    if left is None or right is None:
        return None
    kind = type(left)
    if kind is type(right) and kind in _PLAIN:
        return bool(left == right)
    special = _EQUAL.get(kind) or _EQUAL.get(type(right))
    if special is not None:
        return special(left, right)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def _all_equal(pairs: Iterable[tuple[Any, Any]]) -> bool | None:
    result: bool | None = True
    for left, right in pairs:
        if left is None and right is None:
            continue
        same_value = equal(left, right)
        if same_value is False:
            return False
        if same_value is None:
            result = None
    return result


def _equal_lists(left: Any, right: Any) -> bool | None:
    if type(left) is not list or type(right) is not list or len(left) != len(right):
        return False
    return _all_equal(zip(left, right, strict=True))


def _equal_tuples(left: Any, right: Any) -> bool | None:
    """Compare in the order of the elements: the first that differs, or is null on one side, decides."""
    if type(left) is not dict or type(right) is not dict or left.keys() != right.keys():
        return False
    for key in left:
        if left[key] is None and right[key] is None:
            continue
        same_element = equal(left[key], right[key])
        if same_element is not True:
            return same_element
    return True


def _equal_times(left: Any, right: Any) -> bool | None:
    pair = as_times(left, right)
    return temporal.equal(*pair, exact=True) if pair else False


def as_times(left: Any, right: Any) -> tuple[Any, Any] | None:
    """Return two values of which one is a time as two times; a text is read as the other's type."""
    if type(left) is str:
        left = _read_as(left, type(right))
    if type(right) is str:
        right = _read_as(right, type(left))
    return (left, right) if type(left) in PARSERS and type(right) in PARSERS else None


def _read_as(text: str, kind: type) -> Any:
    return PARSERS[kind](text) or temporal.parse_date_time(text)


PARSERS: dict[type, Callable[[str], Any]] = {
    Date: temporal.parse_date,
    DateTime: temporal.parse_date_time,
    Time: temporal.parse_time,
}


def _equal_intervals(left: Any, right: Any) -> bool | None:
    if type(left) is Interval and type(right) is Interval:
        return interval.equal(left, right)
    return interval.same(uncertainty(left), uncertainty(right))


def uncertainty(value: Any) -> tuple[Any, Any]:
    """Return what a number, or the interval that a duration is known within, is at least and at most."""
    return (interval.start(value), interval.end(value)) if type(value) is Interval else (value, value)


def _equal_quantities(left: Any, right: Any) -> bool | None:
    return quantity.equal(left, right) if type(left) is type(right) else False


def _equal_ratios(left: Any, right: Any) -> bool | None:
    if type(left) is not type(right):
        return False
    pairs = ((left.numerator, right.numerator), (left.denominator, right.denominator))
    return interval.both(*(quantity.equal(*pair) for pair in pairs))


def _equal_concepts(left: Any, right: Any) -> bool | None:
    if type(left) is not type(right):
        return False
    return _all_equal([(list(left.codes), list(right.codes)), (left.display, right.display)])


_EQUAL: dict[type, Callable[[Any, Any], bool | None]] = {
    Interval: _equal_intervals,
    list: _equal_lists,
    dict: _equal_tuples,
    Date: _equal_times,
    DateTime: _equal_times,
    Time: _equal_times,
    Quantity: _equal_quantities,
    Ratio: _equal_ratios,
    Concept: _equal_concepts,
}


# -- equivalence ----------------------------------------------------------------------------------------------------


def equivalent(left: Any, right: Any) -> bool:
    """Return CQL `~`: null equals null, strings ignore case, codes ignore display and version."""
    left, right = unwrap(left), unwrap(right)
    if left is None or right is None:
        return left is right
    if isinstance(left, Concept) or isinstance(right, Concept):
        ours, theirs = codes_of(left), codes_of(right)
        return any(equivalent(one, other) for one in ours for other in theirs)
    special = _EQUIVALENT.get(type(left))
    if special is not None:
        return type(left) is type(right) and special(left, right)
    return equal(left, right) is True


def _loose(text: str) -> str:
    return "".join(" " if letter.isspace() else letter for letter in text.casefold())


def _like_decimals(left: Decimal, right: Decimal) -> bool:
    """Compare to the precision of the less precise; zeros at the end are no precision."""
    step = Decimal(1).scaleb(-min(scale(trimmed(left, 0)), scale(trimmed(right, 0))))
    return left.quantize(step, context=WORK) == right.quantize(step, context=WORK)


def _like_lists(left: list[Any], right: list[Any]) -> bool:
    return len(left) == len(right) and all(equivalent(a, b) for a, b in zip(left, right, strict=True))


def _like_tuples(left: dict[str, Any], right: dict[str, Any]) -> bool:
    return left.keys() == right.keys() and all(equivalent(left[key], right[key]) for key in left)


_EQUIVALENT: dict[type, Callable[[Any, Any], bool]] = {
    str: lambda left, right: _loose(left) == _loose(right),
    Code: lambda left, right: left.code == right.code and left.system == right.system,
    list: _like_lists,
    dict: _like_tuples,
    Interval: interval.equivalent,
    Quantity: quantity.equivalent,
    Ratio: quantity.ratio_equivalent,
    Date: temporal.equivalent,
    DateTime: temporal.equivalent,
    Time: temporal.equivalent,
    Decimal: _like_decimals,
}


def same(left: Any, right: Any) -> bool:
    """Return whether two list items are the same: equality in which null equals null."""
    return (left is None and right is None) or equal(left, right) is True


# -- order ----------------------------------------------------------------------------------------------------------

_ORDERED = frozenset({int, str, Decimal, Long})
_UNORDERED = frozenset({str, bool, list, dict, Code, Concept})


def order(left: Any, right: Any) -> int | None:
    """Return -1, 0 or 1; None where it is open; EvaluationError for values that have no order."""
    left, right = unwrap(left), unwrap(right)
    kind, other = type(left), type(right)
    if kind is other and kind in _ORDERED:
        return int(left > right) - int(left < right)
    if (kind in PARSERS and other is str) or (kind is str and other in PARSERS):
        left, right = as_times(left, right) or (left, right)
        kind, other = type(left), type(right)
    if kind in _UNORDERED or other in _UNORDERED:
        raise EvaluationError("the values cannot be ordered", "type")
    try:
        if kind is Interval or other is Interval:
            return _order_uncertain(uncertainty(left), uncertainty(right))
        return compare(left, right)
    except TypeError:
        raise EvaluationError("the values cannot be ordered", "type") from None


def _order_uncertain(left: tuple[Any, Any], right: tuple[Any, Any]) -> int | None:
    if interval.below(left, right):
        return -1
    if interval.below(right, left):
        return 1
    return 0 if interval.same(left, right) else None


# -- codes ----------------------------------------------------------------------------------------------------------


def codes_of(value: Any) -> tuple[Code, ...]:
    """Return the codes of a Code, a Concept, a FHIR Coding or CodeableConcept, or a list of any of them."""
    value = unwrap(value)
    if isinstance(value, Code):
        return (value,)
    if isinstance(value, Concept):
        return value.codes
    if isinstance(value, list):
        return tuple(code for item in value for code in codes_of(item))
    if isinstance(value, dict):
        if "coding" in value:
            return tuple(code_of(coding) for coding in value["coding"])
        return (code_of(value),) if "code" in value else ()
    if isinstance(value, str):
        return (Code(value),)
    return ()


def coded_pairs(value: Any) -> list[tuple[str | None, str | None]]:
    """Return system and code of the codes of a value, of a FHIR concept without making codes of them."""
    if type(value) is dict and "coding" in value:
        return [(each.get("system"), each.get("code")) for each in value["coding"]]
    return [(code.system, code.code) for code in codes_of(value)]


def code_of(coding: dict[str, Any]) -> Code:
    """Return a FHIR Coding as a System.Code (FHIRHelpers.ToCode)."""
    return Code(coding.get("code"), coding.get("system"), coding.get("version"), coding.get("display"))


def concept_of(concept: dict[str, Any]) -> Concept:
    """Return a FHIR CodeableConcept as a System.Concept (FHIRHelpers.ToConcept)."""
    return Concept(tuple(code_of(coding) for coding in concept.get("coding", ())), concept.get("text"))
