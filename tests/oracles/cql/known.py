"""The differences between our CQL and cql-execution that are understood; README.md says who is right and why."""

from __future__ import annotations

import re
from typing import Any

# Each kind of difference with who is right by the CQL specification; "open" where it does not say.
RIGHT = {
    "arithmetic-on-uncertainty": "open",
    "backward-interval": "ours",
    "collapse-of-equal-ends": "ours",
    "collapse-of-unknown-bounds": "open",
    "date-out-of-range": "ours",
    "distinct-without-return": "ours",
    "duration-at-month-end": "ours",
    "floating-point": "ours",
    "imprecise-bounds": "ours",
    "imprecise-date-arithmetic": "ours",
    "length-of-null": "ours",
    "lists-with-nulls": "ours",
    "median-of-null": "ours",
    "null-bounds": "ours",
    "operand-not-needed": "both",
    "quotient-of-8-decimals": "both",
    "relation-of-open-bounds": "ours",
    "rounding-of-negative-halves": "ours",
    "sort-with-null": "ours",
    "split-of-empty-string": "ours",
    "substring-of-empty-string": "ours",
    "text-after-number": "ours",
    "union-of-unknown-bounds": "open",
    "whole-decimal-as-integer": "ours",
}

_BARE_QUERY = re.compile(r"\) [XY] (?:where|sort|with|without) ")
_BETWEEN = re.compile(r"(?:duration|difference) in \w+ between")
_IMPRECISE = re.compile(r"@\d{4}(?:-\d\d)?(?![-\d])")
_NULL_BOUND = re.compile(r"Interval[\[(]\(?null as|, \(?null as \w+\)?[\])]|null as Interval")
_COMPUTED_BOUND = re.compile(r"Interval\[(?:Min|\(|Max|First|Date|To|Coalesce)")
_ERRORS = (
    ("Length", "reading 'type'", "length-of-null"),
    ("Collapse", "Point type of intervals", "collapse-of-unknown-bounds"),
    ("Collapse", "quantity with an undefined", "collapse-of-unknown-bounds"),
    ("Median", "reading 'unit'", "median-of-null"),
    ("Query", "isQuantity", "sort-with-null"),
    ("Width", "isQuantity", "null-bounds"),
    ("SingletonFrom", "SingletonFrom", "operand-not-needed"),
)


def known_difference(expression: str, ours: dict[str, Any], theirs: dict[str, Any]) -> str | None:
    """Return the name of the known difference that a case shows, None for none."""
    if "error" in ours:
        return _of_our_error(expression, ours["error"])
    if "error" in theirs:
        error = theirs["error"]
        return next((kind for place, text, kind in _ERRORS if text in error and place in error), None)
    return (
        _of_values(expression, ours["result"], theirs["result"])
        or _of_lists(expression, ours["result"], theirs["result"])
        or _of_bounds(expression)
        or _of_decimals(expression)
        or ("lists-with-nulls" if re.search(r"\} ?\)* !?= |\) !?= \{", expression) or "flatten" in expression else None)
    )


def _of_our_error(expression: str, error: str) -> str | None:
    if "ends before it starts" in error:
        return "backward-interval"
    if "leave the years" in error:
        return "date-out-of-range"
    if "one at most" in error and _BARE_QUERY.search(expression):
        return "distinct-without-return"
    return "arithmetic-on-uncertainty" if _BETWEEN.search(expression) else None


def _of_values(expression: str, ours: Any, theirs: Any) -> str | None:
    if isinstance(ours, int) and isinstance(theirs, int) and "duration in" in expression and abs(theirs - ours) == 1:
        return "duration-at-month-end"
    if _BETWEEN.search(expression) and isinstance(theirs, dict) and "number" in theirs:
        return "arithmetic-on-uncertainty"
    if "To" in expression and re.search(r"To(?:Decimal|Integer)\(", expression):
        return "text-after-number"
    return "substring-of-empty-string" if "Substring(" in expression and "''" in expression else None


def _of_lists(expression: str, ours: Any, theirs: Any) -> str | None:
    if "Split(" in expression:
        return "split-of-empty-string"
    if "collapse" in expression and _NULL_BOUND.search(expression):
        return "collapse-of-unknown-bounds"
    if "collapse" in expression:
        return "collapse-of-equal-ends"
    if isinstance(ours, list) and isinstance(theirs, list) and " sort " in expression and len(ours) == len(theirs):
        return "sort-with-null" if None in ours else None
    return "distinct-without-return" if _BARE_QUERY.search(expression) else None


def _of_bounds(expression: str) -> str | None:
    if "Interval" not in expression:
        is_moved = _IMPRECISE.search(expression) and re.search(r" [+-] \d+ (?:days|weeks)", expression)
        return "imprecise-date-arithmetic" if is_moved else None
    if _IMPRECISE.search(expression):
        return "imprecise-bounds"
    if re.search(r" (?:starts|ends) ", expression) and not _NULL_BOUND.search(expression):
        return "relation-of-open-bounds"
    if " union " in expression:
        return "union-of-unknown-bounds" if _NULL_BOUND.search(expression) else None
    return "null-bounds" if _NULL_BOUND.search(expression) or _COMPUTED_BOUND.search(expression) else None


def _of_decimals(expression: str) -> str | None:
    if re.search(r"(?:predecessor|successor) of", expression):
        return "whole-decimal-as-integer"
    if "Round(" in expression and "-" in expression:
        return "rounding-of-negative-halves"
    if " mod " in expression and "." in expression:
        return "floating-point"
    return "quotient-of-8-decimals" if re.search(r" / |Avg\(|Median\(", expression) else None
