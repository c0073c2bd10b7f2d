"""Check that the codes of quantities in UCUM are written in its grammar.

Implements https://hl7.org/fhir/R4/datatypes.html#Quantity and https://ucum.org/ucum.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from publisher.validation.elements.codings import concept_is_of_system
from publisher.validation.nodes import Finding, Node, text
from publisher.validation.primitives import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge

# Words of the singular that stand where the code belongs.
_MEANT = {
    "second": "s",
    "sec": "s",
    "minute": "min",
    "hour": "h",
    "hr": "h",
    "day": "d",
    "week": "wk",
    "month": "mo",
    "year": "a",
    "yr": "a",
    "gram": "g",
    "meter": "m",
    "metre": "m",
    "liter": "L",
    "litre": "L",
    "percent": "%",
    "unit": "[iU]",
    "iu": "[iU]",
    "tablet": "{tablet}",
    "tab": "{tablet}",
    "tbl": "{tablet}",
    "capsule": "{capsule}",
    "mcg": "ug",
    "cc": "mL",
    "lb": "[lb_av]",
    "pound": "[lb_av]",
    "inche": "[in_i]",
    "inch": "[in_i]",
}
_UCUM = "http://unitsofmeasure.org"


def unit_is_of_its_system(node: Node, knowledge: Knowledge) -> Iterator[Finding]:
    """Check that the code of a unit is one of UCUM, where that is its system, or one of a system at hand."""
    code, system = text(node.value, "code"), text(node.value, "system")
    if code is None or system is None:
        return
    if system != _UCUM:
        yield from concept_is_of_system({"code": code}, system, node.path, node, knowledge)
    elif not _is_unit(code):
        meant = _MEANT.get(code.lower().removesuffix("s"))
        advice = f"did you mean {meant}?" if meant else "write one such as mg, h or {tablet}"
        sentence = f"{shown(code)} is not read as a UCUM code; {advice}"
        yield "unit-unknown", node.at("code"), sentence


@cache
def _is_unit(code: str) -> bool:
    from publisher.expression.ucum import parse

    return parse(code) is not None
