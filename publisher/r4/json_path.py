"""Find the JSON key or item that a FHIRPath expression names, as far as it is there.

Implements the expressions of https://hl7.org/fhir/R4/operationoutcome-definitions.html#OperationOutcome.issue.expression.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from publisher.r4.json_scan import Path

_STEP = re.compile(r"\.?(?:ofType\((?P<type>\w+)\)|(?P<name>\w+)(?:\[x\])?)|\[(?P<index>\d+)\]")


def json_path(value: Any, expression: str) -> Path:
    """Return the path of keys and indexes that a FHIRPath names in `value`, as far as it is there."""
    path: Path = ()
    sibling: tuple[Path, Any] | None = None
    for step in _steps(expression, value):
        found = _child(path, value, step) or (_child(*sibling, step) if sibling else None)
        if found is None:
            break
        sibling = _sibling(path, value, step, sibling)
        path, value = found
    return path


def _steps(expression: str, value: Any) -> list[str | int]:
    """Return the names and indexes of a FHIRPath up to the first step that is neither."""
    steps: list[str | int] = []
    position = 0
    while match := _STEP.match(expression, position):
        position = match.end()
        if match["index"]:
            steps.append(int(match["index"]))
        elif match["type"] and steps and isinstance(steps[-1], str):
            steps[-1] += match["type"][0].upper() + match["type"][1:]
        elif match["name"]:
            steps.append(match["name"])
    starts_with_type = steps and isinstance(value, dict) and steps[0] not in value
    return steps[1:] if starts_with_type and str(steps[0])[:1].isupper() else steps


def _child(path: Path, value: Any, step: str | int) -> tuple[Path, Any] | None:
    if isinstance(step, int):
        if isinstance(value, list):
            return ((*path, step), value[step]) if step < len(value) else None
        return (path, value) if step == 0 else None
    if isinstance(value, list) and len(value) == 1:
        path, value = (*path, 0), value[0]
    if not isinstance(value, dict):
        return None
    for key in (step, f"_{step}"):
        if key in value:
            return (*path, key), value[key]
    return None


def _sibling(path: Path, value: Any, step: str | int, sibling: tuple[Path, Any] | None) -> tuple[Path, Any] | None:
    """Return the `_name` object that stands beside the primitive that `step` leads to."""
    if isinstance(step, int):
        return _child(*sibling, step) if sibling else None
    if isinstance(value, dict) and f"_{step}" in value:
        return (*path, f"_{step}"), value[f"_{step}"]
    return None
