"""FHIRHelpers 4.0.1, native: conversions from FHIR elements to System values.

https://build.fhir.org/ig/cqframework/cql/using-fhirhelpers.html. FHIR primitives are their JSON values here. A bound
that is missing is unknown, not infinite, but for the end of a Period, which then goes on
(https://hl7.org/fhir/R4/datatypes.html#Period).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.expression import conversions
from publisher.expression.compiler import NotSupportedError
from publisher.expression.interval import Interval
from publisher.expression.quantity import CALENDAR, Quantity, Ratio
from publisher.expression.specifiers import local_name
from publisher.expression.values import Code, Concept, EvaluationError, code_of, concept_of, unwrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from publisher.expression.evaluation import Evaluation

UCUM = "http://unitsofmeasure.org"
CALENDAR_UNITS = "http://hl7.org/fhirpath/CodeSystem/calendar-units"
_WORDS = {code: word for word, code in CALENDAR.items()}


def to_calendar_unit(unit: str) -> str:
    """Return the calendar word of a UCUM unit of time, any other unit as it is."""
    return _WORDS.get(unit, unit)


def to_quantity(value: Any) -> Quantity | None:
    """Return a FHIR Quantity as a System one; EvaluationError where a comparator makes it a range."""
    value = unwrap(value)
    if isinstance(value, dict) and value.get("comparator") and value.get("value") is not None:
        raise EvaluationError("a Quantity with a comparator is not one value: read value and comparator", "comparator")
    return quantity_ignoring_comparator(value)


def quantity_ignoring_comparator(value: Any) -> Quantity | None:
    """Return a FHIR Quantity as a System one, whatever its comparator; EvaluationError for a unit not of UCUM."""
    value = unwrap(value)
    if not isinstance(value, dict):
        return conversions.to_quantity(value)
    amount = conversions.to_decimal(value.get("value"))
    if amount is None:
        return None
    if value.get("system", UCUM) not in (UCUM, CALENDAR_UNITS):
        raise EvaluationError(f"a Quantity whose unit is not of UCUM has no value: {value['system']}", "unit")
    return Quantity(amount, to_calendar_unit(value.get("code") or value.get("unit") or "1"))


def to_ratio(value: Any) -> Ratio | None:
    """Return a FHIR Ratio as a System one."""
    value = unwrap(value)
    if not isinstance(value, dict):
        return conversions.to_ratio(value)
    numerator, denominator = to_quantity(value.get("numerator")), to_quantity(value.get("denominator"))
    return None if numerator is None or denominator is None else Ratio(numerator, denominator)


def to_interval(env: Evaluation, value: Any, kind: str = "") -> Interval | None:
    """Return a FHIR Period, Range or Quantity as an interval."""
    value = unwrap(value)
    if not isinstance(value, dict):
        return value if isinstance(value, Interval) else None
    if kind == "Quantity" or "value" in value or "comparator" in value:
        return _quantity_interval(value)
    try:
        if kind == "Range" or "low" in value or "high" in value:
            low, high = to_quantity(value.get("low")), to_quantity(value.get("high"))
            return Interval(low, high, low is not None, high is not None, "Quantity")
        start, end = (conversions.to_date_time(value.get(name), env.offset) for name in ("start", "end"))
        return Interval(start, end, start is not None, type="DateTime")
    except ValueError as error:
        raise EvaluationError(str(error), "range") from error


def _quantity_interval(value: dict[str, Any]) -> Interval | None:
    amount, comparator = quantity_ignoring_comparator(value), value.get("comparator")
    if amount is None:
        return None
    if comparator in ("<", "<="):
        return Interval(None, amount, high_closed=comparator == "<=")
    if comparator in (">", ">="):
        return Interval(amount, None, low_closed=comparator == ">=")
    return Interval(amount, amount)


def _concept(value: Any) -> Concept:
    value = unwrap(value)
    if isinstance(value, Concept):
        return value
    return concept_of(value) if isinstance(value, dict) else Concept((Code(value),))


def _code(value: Any) -> Code:
    value = unwrap(value)
    return value if isinstance(value, Code) else code_of(value)


# The functions by name, but for those that take the offset of the evaluation.
NATIVE: dict[str, Callable[[Any], Any]] = {
    "ToString": unwrap,
    "ToBoolean": unwrap,
    "ToInteger": conversions.to_integer,
    "ToLong": conversions.to_long,
    "ToDecimal": conversions.to_decimal,
    "ToDate": conversions.to_date,
    "ToTime": conversions.to_time,
    "ToQuantity": to_quantity,
    "ToQuantityIgnoringComparator": quantity_ignoring_comparator,
    "ToCalendarUnit": to_calendar_unit,
    "ToRatio": to_ratio,
    "ToConcept": _concept,
    "ToCode": _code,
}


def native(name: str, signature: Sequence[Any] | None, operands: Sequence[Any]) -> Callable[[Evaluation, Any], Any]:
    """Return the function of a name; one for several types is told which by the signature, else by the value."""
    if name == "ToInterval":
        kind = local_name(str((signature or [{}])[0].get("name", "")))
        if not kind and operands:
            kind = local_name(str(operands[0].get("resultTypeName", "")))
        return lambda env, value: to_interval(env, value, kind)
    if name == "ToDateTime":
        return lambda env, value: conversions.to_date_time(value, env.offset)
    function = NATIVE.get(name)
    if function is None:
        raise NotSupportedError(f"FHIRHelpers has no function {name}")
    return lambda _env, value: function(value)
