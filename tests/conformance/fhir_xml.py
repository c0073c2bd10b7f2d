"""Turn the XML form of a resource into its JSON form, typed by the R4 definitions: only for the inputs of tests."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from publisher.r4 import definitions

if TYPE_CHECKING:
    from pathlib import Path

_XHTML = "{http://www.w3.org/1999/xhtml}"
_WHOLE = ("integer", "positiveInt", "unsignedInt")
Pair = tuple[Any, dict[str, Any] | None]


def resource_from(path: Path) -> dict[str, Any]:
    """Return the resource in an XML or JSON file."""
    if path.suffix == ".json":
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        return found
    return _resource(ET.parse(path).getroot())  # noqa: S314  the files of the suite


def _resource(node: ET.Element) -> dict[str, Any]:
    name = _local(node)
    return {"resourceType": name, **_elements(node, name)}


def _local(node: ET.Element) -> str:
    return node.tag.rpartition("}")[2]


def _elements(node: ET.Element, type_: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    found.update((name, node.attrib[name]) for name in ("id", "url") if name in node.attrib)
    known = definitions.children(type_)
    names = dict.fromkeys(_local(child) for child in node)
    for name in names:
        child = known[name]
        pairs = [_value(each, child.content) for each in node if _local(each) == name]
        values, siblings = [value for value, _ in pairs], [sibling for _, sibling in pairs]
        for key, column in ((name, values), (f"_{name}", siblings)):
            if any(each is not None for each in column):
                found[key] = column if child.element.is_list else column[0]
    return found


def _value(node: ET.Element, type_: str) -> Pair:
    if node.tag.startswith(_XHTML):
        return ET.tostring(node, encoding="unicode"), None
    if type_ == "Resource":
        return _resource(node[0]), None
    if not definitions.is_primitive(type_):
        return _elements(node, type_), None
    return _primitive(node.get("value"), type_), _elements(node, type_) or None


def _primitive(text: str | None, type_: str) -> Any:
    if text is None or type_ == "boolean":
        return None if text is None else text == "true"
    if type_ in _WHOLE:
        return int(text)
    return Decimal(text) if type_ == "decimal" else text
