"""Compare values with the fixed values and patterns of profiles, and find the values at a path.

Implements https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.fixed_x_ and `.pattern_x_`.
"""

from __future__ import annotations

import re
from typing import Any

from publisher.validation.nodes import items

_RESOLVE = "resolve()"
_CALL = re.compile(r"(?:extension\((?P<quote>['\"])(?P<url>.+?)(?P=quote)\)|ofType\((?P<type>\w+)\))")
_STEPS = re.compile(r"extension\([^)]*\)|ofType\(\w+\)|resolve\(\)|\$this|[^.]+")


def is_fixed(value: Any, fixed: Any) -> bool:
    """Return whether a value is the fixed one, nothing more and nothing less."""
    return bool(value == fixed) and isinstance(value, bool) == isinstance(fixed, bool)


def fits_pattern(value: Any, pattern: Any) -> bool:
    """Return whether a value has every part of a pattern."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            key in value and fits_pattern(value[key], pattern[key]) for key in pattern
        )
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(fits_pattern(one, part) for one in value) for part in pattern)
    return is_fixed(value, pattern)


def steps_of(path: str) -> list[str]:
    """Return the steps of a discriminator's path; none for $this."""
    return [step for step in _STEPS.findall(path) if step != "$this"]


def values_at(value: Any, steps: list[str]) -> list[Any]:
    """Return the values at a path below a value; where a reference is to be resolved, the reference."""
    found = [value]
    for step in steps:
        if step != _RESOLVE:
            found = [one for each in found for one in _children(each, step)]
    return found


def _children(value: Any, step: str) -> list[Any]:
    if not isinstance(value, dict):
        return []
    call = _CALL.fullmatch(step)
    if call is not None:
        if call["url"]:
            return [one for _, one in items(value, "extension") if one.get("url") == call["url"]]
        return [value]
    if step in value:
        found = value[step]
        return found if isinstance(found, list) else [found]
    return [one for key, one in value.items() if re.fullmatch(rf"{re.escape(step)}[A-Z]\w*", key)]
