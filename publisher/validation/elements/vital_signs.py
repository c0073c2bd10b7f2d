"""Check that vital signs are coded as R4 asks: a measurement of one kind only has its LOINC code.

Implements https://hl7.org/fhir/R4/observation-vitalsigns.html: other codes stand beside that code, not in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.validation.nodes import Finding, Node, items, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge

_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
_LOINC, _UCUM = "http://loinc.org", "http://unitsofmeasure.org"
# Units in which one kind of vital sign only is measured, with its name and the code R4 asks for.
_BY_UNIT = {
    "Cel": ("body temperature", "8310-5"),
    "[degF]": ("body temperature", "8310-5"),
    "kg/m2": ("body mass index", "39156-5"),
}


def vital_sign_has_its_code(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that an Observation in the category vital-signs has the code for what its unit measures."""
    is_error = node.value.get("status") == "entered-in-error"
    if is_error or not _has(node.value, "category", _CATEGORY, "vital-signs"):
        return
    for holder in (node.value, *(one for _, one in items(node.value, "component"))):
        quantity = holder.get("valueQuantity")
        unit = text(quantity, "code") if text(quantity, "system") == _UCUM else None
        if unit in _BY_UNIT:
            kind, code = _BY_UNIT[unit]
            if not _has(node.value, "code", _LOINC, code):
                sentence = f"lacks the code {code} of LOINC, which every {kind} among vital signs has; add it"
                yield "vital-sign-code", node.at("code"), sentence
            return


def _has(value: dict[str, object], name: str, system: str, code: str) -> bool:
    """Return whether a CodeableConcept, or one in a list, has a coding."""
    found = value.get(name)
    for concept in found if isinstance(found, list) else [found]:
        if any(one.get("system") == system and one.get("code") == code for _, one in items(concept, "coding")):
            return True
    return False
