"""Check the values of FHIR's primitive types: the format each one has and the value space behind it.

Implements https://hl7.org/fhir/R4/datatypes.html#primitive and https://hl7.org/fhir/R4/json.html#primitive.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from decimal import Decimal
from math import isfinite
from typing import Any

Problem = tuple[str, str]  # the rule, and the end of a sentence that starts with the element and its value
Check = Callable[[Any], Problem | None]

_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
_ZONE = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_YEAR = r"(?P<year>[0-9]{4})"
_MONTH = r"(?P<month>0[1-9]|1[0-2])"
_DAY = r"(?P<day>0[1-9]|[12][0-9]|3[01])"

_WORD = r"[^ \t\r\n\x00-\x1f\xa0]"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_WHITE_SPACE = re.compile(r"\s", re.ASCII)
_JSON_SPACE = " \t\r\n"
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FEBRUARY = 2
_SHOWN = 100
_MAX_LENGTH = 1024 * 1024
_INTEGERS = {"integer": (-(2**31), 2**31 - 1), "unsignedInt": (0, 2**31 - 1), "positiveInt": (1, 2**31 - 1)}


def shown(value: object) -> str:
    """Return a value as a diagnostic quotes it, cut to a readable length."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


_IN_QUOTES = "a string in quotes"


def _wrong_json_type(value: object, wanted: str) -> Problem:
    if isinstance(value, dict) and isinstance(value.get("reference"), str) and wanted == _IN_QUOTES:
        return "value-json-type", "is a Reference; write the url or canonical itself, as a string in quotes"
    kinds = {str: "a string", bool: "a boolean", int: "a number", dict: "an object", list: "an array"}
    kind = kinds.get(type(value), "a number")
    return "value-json-type", f"is {kind}; write {wanted}"


def _text_problem(value: str) -> Problem | None:
    """Return what no string of FHIR may be, whatever its type."""
    if not value:
        return "value-empty", "is empty; give a value or leave the element out"
    if len(value) > _MAX_LENGTH:
        return "value-invalid", f"is longer than {_MAX_LENGTH:,} characters; shorten it"
    if control := _CONTROL.search(value):
        return "value-invalid", f"holds the control character U+{ord(control[0]):04X}; take it out"
    return None


def check_string(value: Any) -> Problem | None:
    """Return what is wrong with a string or markdown."""
    if not isinstance(value, str):
        return _wrong_json_type(value, _IN_QUOTES)
    if value and not value.strip(_JSON_SPACE):
        return "value-blank", "is white space only; give words or leave the element out"
    return _text_problem(value)


def check_xhtml(value: Any) -> Problem | None:
    """Return what is wrong with a narrative as text; it has no maximum length."""
    if not isinstance(value, str):
        return _wrong_json_type(value, _IN_QUOTES)
    return None if value else _text_problem(value)


def check_boolean(value: Any) -> Problem | None:
    """Return what is wrong with a boolean."""
    return None if isinstance(value, bool) else _wrong_json_type(value, "true or false without quotes")


def check_decimal(value: Any) -> Problem | None:
    """Return what is wrong with a decimal."""
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return None
    if isinstance(value, float) and isfinite(value):
        return None
    return _wrong_json_type(value, "a number without quotes")


def check_base64(value: Any) -> Problem | None:
    """Return what is wrong with a base64Binary."""
    if not isinstance(value, str):
        return _wrong_json_type(value, _IN_QUOTES)
    if not value:
        return _text_problem(value)
    encoded = "".join(value.split())
    try:
        decoded = binascii.a2b_base64(encoded.encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        decoded = b""
    if not decoded or len(encoded) % 4:
        return "value-invalid", "is not base64; encode the bytes again, with padding"
    return None


def _integer_check(low: int, high: int) -> Check:
    def check(value: Any) -> Problem | None:
        if not isinstance(value, int) or isinstance(value, bool):
            return _wrong_json_type(value, "a whole number without quotes or decimal point")
        if low <= value <= high:
            return None
        return "value-invalid", f"is out of range; write a number from {low} to {high}"

    return check


def _pattern_check(pattern: str, advice: str) -> Check:
    matches = re.compile(pattern, re.ASCII).fullmatch  # the white space of XML Schema's \s

    def check(value: Any) -> Problem | None:
        if not isinstance(value, str):
            return _wrong_json_type(value, _IN_QUOTES)
        if matches(value):
            return None
        return _text_problem(value) or ("value-invalid", advice)

    return check


def _date_check(pattern: str, advice: str) -> Check:
    match = re.compile(pattern).fullmatch

    def check(value: Any) -> Problem | None:
        if not isinstance(value, str):
            return _wrong_json_type(value, _IN_QUOTES)
        found = match(value)
        if found is None:
            return _text_problem(value) or ("value-invalid", advice)
        year, month, day = found["year"], found["month"], found["day"]
        if year == "0000" or (day and int(day) > _days(int(year), int(month))):
            return "value-invalid", "is a day that no calendar has; correct the date"
        return None

    return check


def _days(year: int, month: int) -> int:
    is_leap_year = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return _DAYS[month - 1] + (1 if is_leap_year and month == _FEBRUARY else 0)


def _uri_check(advice: str) -> Check:
    def check(value: Any) -> Problem | None:
        if not isinstance(value, str):
            return _wrong_json_type(value, _IN_QUOTES)
        if not value or _CONTROL.search(value):
            return _text_problem(value)
        if _WHITE_SPACE.search(value):
            return "value-invalid", advice
        return _urn_problem(value) if value.startswith("urn:") else None

    return check


def _urn_problem(value: str) -> Problem | None:
    """Return what is wrong with the UUID or OID in a URI."""
    for prefix, matches, advice in _URNS:
        if value.startswith(prefix) and not matches(value):
            return "value-invalid", advice
    return None


_NO_UUID = "is not a UUID; write urn:uuid: and 32 lower-case hexadecimal digits in five groups"
_NO_OID = "is not an OID; write urn:oid:1.2.3"
_UUID = r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_OID = r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+"
_URNS = (("urn:uuid:", re.compile(_UUID).fullmatch, _NO_UUID), ("urn:oid:", re.compile(_OID).fullmatch, _NO_OID))
_NO_SPACES = _uri_check("holds white space, which no URI does; write %20 or take it out")

CHECKS: dict[str, Check] = {
    "base64Binary": check_base64,
    "boolean": check_boolean,
    "canonical": _NO_SPACES,
    "code": _pattern_check(
        rf"{_WORD}+(?:[ \t\r\n]{_WORD}+)*", "is not a code; take out leading, trailing and double white space"
    ),
    "date": _date_check(rf"{_YEAR}(?:-{_MONTH}(?:-{_DAY})?)?", "is not a date; write YYYY, YYYY-MM or YYYY-MM-DD"),
    "dateTime": _date_check(
        rf"{_YEAR}(?:-{_MONTH}(?:-{_DAY}(?:T{_CLOCK}{_ZONE})?)?)?",
        "is not a dateTime; write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss and a time zone",
    ),
    "decimal": check_decimal,
    "id": _pattern_check(
        r"[A-Za-z0-9\-.]{1,64}", "is not an id; use at most 64 letters, digits, hyphens and full stops"
    ),
    "instant": _date_check(
        rf"{_YEAR}-{_MONTH}-{_DAY}T{_CLOCK}{_ZONE}",
        "is not an instant; write YYYY-MM-DDThh:mm:ss and a time zone",
    ),
    "markdown": check_string,
    "oid": _pattern_check(_OID, _NO_OID),
    "string": check_string,
    "time": _pattern_check(_CLOCK, "is not a time; write hh:mm:ss without a time zone"),
    "uri": _NO_SPACES,
    "url": _NO_SPACES,
    "uuid": _pattern_check(_UUID, _NO_UUID),
} | {name: _integer_check(low, high) for name, (low, high) in _INTEGERS.items()}
