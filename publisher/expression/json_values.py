"""Values of an evaluation as JSON: FHIR elements as they arrived, System values in the shape of their FHIR types.

https://hl7.org/fhir/R4/json.html and https://hl7.org/fhir/uv/cql/conformance.html. An interval of any point type is
told by its bounds and whether they belong to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.expression.interval import Interval
from publisher.expression.quantity import CALENDAR, Quantity, Ratio
from publisher.expression.temporal import Date, DateTime, Time
from publisher.expression.values import Choice, Code, CodeSystem, Concept, ValueSet

if TYPE_CHECKING:
    from collections.abc import Callable

UCUM = "http://unitsofmeasure.org"


def as_json(value: Any) -> Any:
    """Return a value with nothing in it but objects, arrays, texts, numbers, booleans and null."""
    shape = _SHAPES.get(type(value))
    if shape is not None:
        return shape(value)
    if isinstance(value, list | tuple):
        return [as_json(each) for each in value]
    if isinstance(value, dict):
        return {name: as_json(each) for name, each in value.items()}
    return value


def _moment(value: Any) -> str:
    text = str(value)
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def _quantity(value: Quantity) -> dict[str, Any]:
    if value.unit == "1":
        return {"value": value.value, "system": UCUM, "code": "1"}
    return {
        "value": value.value,
        "unit": value.unit,
        "system": UCUM,
        "code": CALENDAR.get(value.unit, value.unit),
    }


def _ratio(value: Ratio) -> dict[str, Any]:
    return {"numerator": _quantity(value.numerator), "denominator": _quantity(value.denominator)}


def _coding(value: Code) -> dict[str, Any]:
    parts = {"system": value.system, "version": value.version, "code": value.code, "display": value.display}
    return _present(parts)


def _concept(value: Concept) -> dict[str, Any]:
    return _present({"coding": [_coding(code) for code in value.codes], "text": value.display})


def _interval(value: Interval) -> dict[str, Any]:
    bounds = {"low": as_json(value.low), "high": as_json(value.high)}
    return {**bounds, "lowClosed": value.low_closed, "highClosed": value.high_closed}


def _reference(value: ValueSet | CodeSystem) -> dict[str, Any]:
    return _present({"id": value.id, "version": value.version, "name": value.name})


def _present(parts: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in parts.items() if part is not None}


_SHAPES: dict[type, Callable[[Any], Any]] = {
    Choice: lambda value: as_json(value.value),
    Code: _coding,
    CodeSystem: _reference,
    Concept: _concept,
    Date: _moment,
    DateTime: _moment,
    Interval: _interval,
    Quantity: _quantity,
    Ratio: _ratio,
    Time: _moment,
    ValueSet: _reference,
}
