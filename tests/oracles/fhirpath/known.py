"""The differences between our FHIRPath and fhirpath.js that are understood; README.md says who is right and why."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from publisher.expression import temporal

_QUANTITY = re.compile(r"\d (?:'[^']+'|days?|weeks?|years?)")
_LAZY = re.compile(r" or | and | implies |iif")


def known_difference(expression: str, ours: dict[str, Any], theirs: dict[str, Any]) -> str | None:
    """Return the name of the known difference that a case shows, None for none."""
    refusal, result, other = ours.get("error", ""), ours.get("result"), theirs.get("result")
    if "cannot calculate" in refusal or "no number" in refusal:
        return "arithmetic-on-strings"
    if "no common order" in refusal:
        return "order-of-booleans"
    if "several items" in refusal:
        return "several-and-empty"
    if result is None:
        is_product = len(_QUANTITY.findall(expression)) > 1 and re.search(r" [*/] ", expression)
        return "product-of-quantities" if is_product else None
    if other is None:
        return "operand-not-needed" if _LAZY.search(expression) or result == [] else None
    return _of_results(expression, result, other)


def _of_results(expression: str, ours: list[Any], theirs: list[Any]) -> str | None:
    if _are_one_moment(ours, theirs):
        return "moment-in-utc"
    if len(_QUANTITY.findall(expression)) > 1:
        return "product-of-quantities" if re.search(r" [*/] ", expression) else "quantities-of-two-kinds"
    if "toString" in expression and list(map(_shortened, ours)) == list(map(_shortened, theirs)):
        return "zeros-of-decimals"
    if re.search(r"\d\.\d| / ", expression) and "toString" in expression:
        return "zeros-of-decimals"
    if ".round()" in expression:
        return "rounding-of-negative-halves"
    if "setOf(" in expression or "ersetOf(" in expression:
        return "sets-with-repeats"
    if " mod " in expression or " / " in expression:
        return "floating-point"
    return "order-of-descendants" if "descendants()" in expression and len(ours) == len(theirs) else None


def _shortened(value: Any) -> Any:
    try:
        return Decimal(value).normalize()
    except (InvalidOperation, TypeError, ValueError):
        return value


def _are_one_moment(ours: list[Any], theirs: list[Any]) -> bool:
    if len(ours) != 1 or len(theirs) != 1 or not isinstance(ours[0], str) or not isinstance(theirs[0], str):
        return False
    one = temporal.parse_date_time(ours[0])
    other = temporal.parse_date_time(theirs[0].replace("-00:00", "Z"))
    return one is not None and other is not None and temporal.compare(one, other) == 0
