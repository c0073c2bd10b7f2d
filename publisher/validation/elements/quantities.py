"""Check that the codes of quantities in UCUM are written in its grammar.

Implements https://hl7.org/fhir/R4/datatypes.html#Quantity and https://ucum.org/ucum.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from publisher.validation.nodes import Finding, Node, text
from publisher.validation.primitives import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge

_UCUM = "http://unitsofmeasure.org"


def unit_is_ucum(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that the code of a unit is one of UCUM, where that is its system."""
    code = text(node.value, "code")
    if code is not None and node.value.get("system") == _UCUM and not _is_unit(code):
        sentence = f"{shown(code)} is not read as a UCUM code; write one such as mg, h or {{tablet}}"
        yield "unit-unknown", node.at("code"), sentence


@cache
def _is_unit(code: str) -> bool:
    from publisher.expression.ucum import parse

    return parse(code) is not None
