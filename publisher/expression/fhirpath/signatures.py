"""What functions take and give, as far as types go: the tables that strict mode checks against.

Serves https://hl7.org/fhirpath/N1/#type-safety-and-strict-evaluation.
"""

from __future__ import annotations

from typing import Final

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

NUMBERS: Final = frozenset((INTEGER, LONG, DECIMAL))
AMOUNTS: Final = NUMBERS | {QUANTITY}
MOMENTS: Final = frozenset((DATE, DATE_TIME, TIME))
DATES: Final = frozenset((DATE, DATE_TIME))


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ON_STRINGS = _words(
    "indexOf lastIndexOf startsWith endsWith contains replace matches matchesFull replaceMatches encode decode escape"
    " unescape split join"
)
_OF_STRINGS = _words("substring upper lower length trim toChars")
_OF_BOOLEANS = _words("allTrue anyTrue allFalse anyFalse")
_OF_NUMBERS = _words("abs ceiling floor truncate round sqrt ln exp log power")
_WITH_URL = _words("extension hasExtension conformsTo memberOf checkModifiers toQuantity trace")
_WITH_COUNT = _words("substring skip take round lowBoundary highBoundary")

# The System types that a function can be called on.
FOCUS: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys((*_ON_STRINGS, *_OF_STRINGS), frozenset((STRING,))),
    **dict.fromkeys(_OF_BOOLEANS, frozenset((BOOLEAN,))),
    **dict.fromkeys(_OF_NUMBERS, AMOUNTS),
    **dict.fromkeys(("lowBoundary", "highBoundary", "precision"), AMOUNTS | MOMENTS),
    "comparable": frozenset((QUANTITY,)),
}

# The System types of the arguments.
ARGUMENTS: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys((*_ON_STRINGS, *_WITH_URL), frozenset((STRING,))),
    **dict.fromkeys(_WITH_COUNT, frozenset((INTEGER,))),
    **dict.fromkeys(("log", "power"), NUMBERS),
    "comparable": frozenset((QUANTITY,)),
}

# Functions that need an order among the items they are called on.
ORDERED: Final = frozenset(("first", "last", "tail", "skip", "take"))
# Functions whose result has none.
UNORDERED: Final = frozenset(("children", "descendants"))
# Functions that evaluate their first argument on each item, and those that do so as a condition.
LAMBDAS: Final = frozenset(("where", "select", "repeat", "repeatAll", "all", "exists", "aggregate", "sort", "iif"))
CONDITIONS: Final = frozenset(("where", "all", "exists", "iif"))
# Functions that give items of the kind they were called on.
SAME: Final = frozenset(
    _words(
        "where first last tail skip take single distinct intersect exclude trace sort checkModifiers abs defineVariable"
    )
)

_GIVES = {
    BOOLEAN: (
        "empty exists all allTrue anyTrue allFalse anyFalse subsetOf supersetOf isDistinct not hasValue is matches"
        " matchesFull startsWith endsWith contains convertsToBoolean convertsToInteger convertsToLong convertsToDecimal"
        " convertsToString convertsToDate convertsToDateTime convertsToTime convertsToQuantity conformsTo memberOf"
        " htmlChecks comparable toBoolean hasExtension"
    ),
    INTEGER: "count indexOf lastIndexOf length toInteger precision",
    LONG: "toLong",
    STRING: (
        "toString upper lower substring replace replaceMatches toChars split join trim encode decode escape unescape"
    ),
    DECIMAL: "toDecimal sqrt ln exp log",
    DATE: "toDate today",
    DATE_TIME: "toDateTime now",
    TIME: "toTime timeOfDay",
    QUANTITY: "toQuantity",
}
# The System type that a function gives, whatever it is called on.
GIVES: Final = {name: type_ for type_, names in _GIVES.items() for name in _words(names)}
