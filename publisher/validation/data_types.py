"""Check the invariants of data types: what parts of a Period, Timing, Quantity and others ask of each other.

Implements constraints of https://hl7.org/fhir/R4/datatypes.html and https://hl7.org/fhir/R4/metadatatypes.html.
Written out here, they cost a look at the keys each time; `CONSTRAINTS` names those that are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeGuard

# The rule, the child it is about if any, and the end of a sentence that starts with the element.
DataTypeProblem = tuple[str, str | None, str]
DataTypeCheck = Callable[[dict[str, Any]], Iterator[DataTypeProblem]]

CONSTRAINTS = frozenset(
    {
        "att-1",
        "cpt-2",
        "drq-1",
        "drq-2",
        "exp-1",
        "per-1",
        "qty-3",
        "rat-1",
        "rng-2",
        "trd-1",
        "trd-2",
        "trd-3",
    }
    | {f"tim-{number}" for number in (1, 2, 4, 5, 6, 7, 8, 9, 10)}
)

_EVENTS_WITHOUT_OFFSET = frozenset({"C", "CM", "CD", "CV"})
_DATE_TIME = len("2026-01-01T")


def check_period(period: dict[str, Any]) -> Iterator[DataTypeProblem]:
    """Yield a period that ends before it starts (per-1)."""
    start, end = period.get("start"), period.get("end")
    if isinstance(start, str) and isinstance(end, str) and _is_before(end, start):
        yield (
            "period-reversed",
            None,
            f"ends on {end} before it starts on {start} (per-1); swap or correct them",
        )


def check_range(value: dict[str, Any]) -> Iterator[DataTypeProblem]:
    """Yield a range whose low end is above its high end, both in one unit (rng-2)."""
    low, high = value.get("low"), value.get("high")
    if not isinstance(low, dict) or not isinstance(high, dict):
        return
    same_unit = all(low.get(key) == high.get(key) for key in ("system", "code", "unit"))
    bottom, top = low.get("value"), high.get("value")
    if same_unit and _is_number(bottom) and _is_number(top) and bottom > top:
        yield "range-reversed", None, f"runs from {bottom} down to {top} (rng-2); swap or correct them"


def check_quantity(quantity: dict[str, Any]) -> Iterator[DataTypeProblem]:
    """Yield a unit code without the system it comes from (qty-3)."""
    if "code" in quantity and not _has(quantity, "system"):
        yield (
            "unit-system-missing",
            "system",
            "is missing beside the unit's code (qty-3); name the code system",
        )


def check_ratio(ratio: dict[str, Any]) -> Iterator[DataTypeProblem]:
    """Yield a ratio with one part only, or with nothing at all (rat-1)."""
    parts = [key for key in ("numerator", "denominator") if key in ratio]
    if len(parts) == 1 or (not parts and "extension" not in ratio):
        yield "ratio-incomplete", None, "needs both numerator and denominator (rat-1); add what is missing"


def check_attachment(attachment: dict[str, Any]) -> Iterator[DataTypeProblem]:
    """Yield data whose media type is not said (att-1)."""
    if "data" in attachment and not _has(attachment, "contentType"):
        yield "attachment-type-missing", "contentType", "is missing beside data (att-1); name the media type"


def check_contact_point(contact: dict[str, Any]) -> Iterator[DataTypeProblem]:
    """Yield a telephone number, address or the like of unsaid kind (cpt-2)."""
    if "value" in contact and not _has(contact, "system"):
        yield (
            "contact-system-missing",
            "system",
            "is missing beside the value (cpt-2); say phone, email or other",
        )


def check_expression(expression: dict[str, Any]) -> Iterator[DataTypeProblem]:
    """Yield an Expression that holds none (exp-1)."""
    if not _has(expression, "expression") and not _has(expression, "reference"):
        yield "expression-empty", None, "has neither expression nor reference (exp-1); give one"


def check_filter(value: dict[str, Any]) -> Iterator[DataTypeProblem]:
    """Yield a filter of a DataRequirement without exactly one of path and searchParam (drq-1, drq-2)."""
    if _has(value, "path") == _has(value, "searchParam"):
        yield (
            "filter-path-or-parameter",
            None,
            "needs path or searchParam, one of them (drq-1, drq-2); give one",
        )


def check_trigger(trigger: dict[str, Any]) -> Iterator[DataTypeProblem]:
    """Yield a trigger whose parts do not fit its type (trd-1 to trd-3)."""
    has_timing = any(key.startswith("timing") for key in trigger)
    if "data" in trigger and has_timing:
        yield "trigger-data-and-timing", None, "has data and timing (trd-1); keep one of them"
    if "condition" in trigger and "data" not in trigger:
        yield "trigger-condition-without-data", "condition", "needs data to look at (trd-2); add data"
    kind = trigger.get("type")
    if kind == "named-event" and not _has(trigger, "name"):
        yield "trigger-incomplete", "name", "is missing, which a named-event needs (trd-3); name the event"
    elif kind == "periodic" and not has_timing:
        yield "trigger-incomplete", "timing", "is missing, which a periodic trigger needs (trd-3); add it"
    elif isinstance(kind, str) and kind.startswith("data-") and "data" not in trigger:
        yield "trigger-incomplete", "data", f"is missing, which a {kind} trigger needs (trd-3); add it"


def check_repeat(repeat: dict[str, Any]) -> Iterator[DataTypeProblem]:
    """Yield parts of Timing.repeat that lack each other or clash (tim-1 to tim-10)."""
    for name, number in (("duration", 1), ("period", 2)):
        if name in repeat and not _has(repeat, f"{name}Unit"):
            yield (
                "timing-unit-missing",
                f"{name}Unit",
                f"is missing beside {name} (tim-{number}); name the unit",
            )
        if _is_number(repeat.get(name)) and repeat[name] < 0:
            yield "timing-negative", name, f"is {repeat[name]} (tim-{number + 3}); write 0 or more"
    for name, number in (("period", 6), ("duration", 7), ("count", 8)):
        if f"{name}Max" in repeat and not _has(repeat, name):
            yield "timing-maximum-alone", name, f"is missing beside {name}Max (tim-{number}); add it"
    when = repeat.get("when")
    if "offset" in repeat:
        events = when if isinstance(when, list) else []
        if not events or any(isinstance(e, str) and e in _EVENTS_WITHOUT_OFFSET for e in events):
            yield (
                "timing-offset",
                "offset",
                "needs an event in when that is no meal as such (tim-9); correct when",
            )
    if "timeOfDay" in repeat and when:
        yield "timing-when-and-time", "when", "clashes with timeOfDay (tim-10); keep one of them"


CHECKS: dict[str, DataTypeCheck] = {
    "Attachment": check_attachment,
    "ContactPoint": check_contact_point,
    "DataRequirement.codeFilter": check_filter,
    "DataRequirement.dateFilter": check_filter,
    "Expression": check_expression,
    "Period": check_period,
    "Range": check_range,
    "Ratio": check_ratio,
    "Timing.repeat": check_repeat,
    "TriggerDefinition": check_trigger,
} | dict.fromkeys(
    ("Age", "Count", "Distance", "Duration", "MoneyQuantity", "Quantity", "SimpleQuantity"), check_quantity
)


def _has(value: dict[str, Any], key: str) -> bool:
    """Return whether a primitive is there, be it only as an extension."""
    return key in value or f"_{key}" in value


def _is_number(value: object) -> TypeGuard[Decimal]:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _is_before(first: str, second: str) -> bool:
    """Return whether one dateTime is surely before another, whatever their precisions leave open."""
    if len(first) > _DATE_TIME and len(second) > _DATE_TIME:
        try:
            return datetime.fromisoformat(first) < datetime.fromisoformat(second)
        except (ValueError, TypeError):
            return False
    length = min(len(first), len(second), _DATE_TIME - 1)
    return first[:length] < second[:length]
