"""Keep of R4's profiles on resources what validating needs: their differentials without prose."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]

_KEPT = ("url", "version", "type", "kind", "derivation", "baseDefinition")
_ELEMENT = ("id", "path", "sliceName", "slicing", "min", "max", "type", "constraint", "mustSupport", "binding")
_VALUES = ("fixed", "pattern", "minValue", "maxValue")
_PROSE = ("description", "xpath", "extension")


def is_profile(definition: Row) -> bool:
    """Return whether a StructureDefinition is a profile on a resource."""
    return definition.get("derivation") == "constraint" and definition.get("kind") == "resource"


def profile_row(definition: Row) -> Row:
    """Return a profile as a StructureDefinition with what is kept of it."""
    row = {key: definition[key] for key in _KEPT if key in definition}
    elements = [_element(each) for each in definition["differential"]["element"]]
    return {"url": row.pop("url"), "resourceType": "StructureDefinition", **row, "differential": {"element": elements}}


def _element(element: Row) -> Row:
    kept = {key: value for key, value in element.items() if key in _ELEMENT or key.startswith(_VALUES)}
    if "valueSet" not in kept.get("binding", {"valueSet": ""}):
        del kept["binding"]
    without: Row = _without_prose(kept)
    if "binding" in without:
        without["binding"]["valueSet"] = without["binding"]["valueSet"].partition("|")[0]
    return without


def _without_prose(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_prose(one) for key, one in value.items() if key not in _PROSE}
    return [_without_prose(one) for one in value] if isinstance(value, list) else value
