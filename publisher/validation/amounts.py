"""Gate on amounts in elements: no quantity, duration or frequency is ours to give, as none is in a text.

Implements the rule of https://hl7.org/fhir/uv/cpg/methodology.html that an artifact says what its source says, for
https://hl7.org/fhir/R4/datatypes.html#Quantity and https://hl7.org/fhir/R4/datatypes.html#Timing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.issue import Issue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.repository import Resource
    from publisher.validation.context import Context

_UNITS = ("unit", "code")
_TIMED = ("period", "duration")


def amount_is_absent(resource: Resource, context: Context) -> Iterator[Issue]:
    """Check that no element gives a quantity with a unit or a timing, where the source gives none."""
    for path, element in context.elements(resource):
        value = element.get("value")
        is_quantity = value is not None and not isinstance(value, (str, dict)) and any(key in element for key in _UNITS)
        if is_quantity or any(f"{key}Unit" in element for key in _TIMED):
            diagnostics = f"{path} gives an amount, and the source gives none; take it out."
            yield Issue.error("business-rule", "quantity-forbidden", diagnostics, expression=path)
