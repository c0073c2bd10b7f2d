"""Look up what FHIR R4 4.0.1 defines; everything is read on first use from the data beside this module.

Serves https://hl7.org/fhir/R4/definitions.html; `tools/r4_definitions.py` makes the data.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher.r4.elements import Child, Element, TypeDefinition, TypeReference
from publisher.r4.extensions import ExtensionDefinition
from publisher.r4.operations import Operation
from publisher.r4.search_parameters import SearchParameter
from publisher.r4.terminology import CodeSystem, ValueSet

if TYPE_CHECKING:
    from collections.abc import Mapping

_DATA = Path(__file__).parent / "definitions"
_EXAMPLE_PARAMETER = '{"url":"http://hl7.org/fhir/SearchParameter/example'  # R4 publishes three to learn from
_HEAD = '{"url":"'
_BACKBONES = ("BackboneElement", "Element")


@cache
def types(kind: str | None = None) -> tuple[str, ...]:
    """Return the names of all types, or of one kind: resource, complex-type or primitive-type."""
    return tuple(name for name, row in _index().items() if kind in (None, row["kind"]))


def is_resource(name: str) -> bool:
    """Return whether `name` is a resource type that an instance can have."""
    return name in _resources()


def kind_of(name: str) -> str | None:
    """Return whether `name` is a resource, complex-type or primitive-type; None where R4 has no such type."""
    row = _index().get(name)
    return row["kind"] if row is not None else None


def is_primitive(name: str) -> bool:
    """Return whether `name` is a primitive type."""
    row = _index().get(name)
    return row is not None and row["kind"] == "primitive-type"


def ancestors(name: str) -> tuple[str, ...]:
    """Return the type itself and every type it specialises, nearest first."""
    found: list[str] = []
    current: str | None = name
    while current is not None:
        found.append(current)
        current = _index().get(current, {}).get("base")
    return tuple(found)


@cache
def type_definition(name: str) -> TypeDefinition | None:
    """Return a type with its elements, or None where R4 has no such type."""
    if name not in _index():
        return None
    return TypeDefinition.from_rows(_rows(_text(f"types/{name}.jsonl")))


@cache
def children(path: str) -> Mapping[str, Child]:
    """Return the children of a type or element by JSON name, choices under each of their names.

    `path` is a type, or an element path in JSON names such as `PlanDefinition.action.timingTiming`.
    """
    content = _content(path)
    definition = type_definition(content.partition(".")[0]) if content else None
    if definition is None:
        return {}
    prefix = f"{content}."
    found: dict[str, Child] = {}
    for each in definition.elements:
        if each.path.startswith(prefix) and "." not in each.path[len(prefix) :]:
            for child in _named(each):
                found[child.key] = child
    return found


@cache
def element(path: str) -> Element | None:
    """Return the element at a path, also through data types, content references and JSON choice names."""
    parent, _, name = path.rpartition(".")
    if not parent:
        return None
    for child in children(parent).values():
        if name in (child.key, child.element.name, f"{child.element.name}[x]"):
            return child.element
    return None


@cache
def search_parameters(resource_type: str) -> tuple[SearchParameter, ...]:
    """Return the search parameters of a resource type, those of all resources included, by code."""
    bases = ancestors(resource_type)
    wanted = [json.loads(row) for row in _search_parameter_rows() if _is_based_on(row, bases)]
    return tuple(sorted((SearchParameter.from_row(row) for row in wanted), key=lambda each: each.code))


@cache
def search_parameter(url: str) -> SearchParameter | None:
    """Return the search parameter with a canonical url."""
    rows = _section("search-parameters.jsonl", url)
    return SearchParameter.from_row(rows[0]) if rows else None


@cache
def value_set(canonical: str) -> ValueSet | None:
    """Return the value set with a canonical url, whatever version it asks for; None where not known."""
    rows = _section("value-sets.jsonl", canonical.partition("|")[0])
    if not rows or "unpublished" in rows[0]:
        return None
    row = rows[0]
    systems = {system: _codes(system, listed) for system, listed in row["systems"].items()}
    return ValueSet(row["url"], row.get("version"), systems, row.get("partial", False))


@cache
def code_system(url: str) -> CodeSystem | None:
    """Return the code system with a url, where all its codes are known here."""
    bare = url.partition("|")[0]
    rows = _section("code-systems.jsonl", bare) or _section("more-code-systems.jsonl", bare)
    return CodeSystem.from_rows(rows) if rows else None


@cache
def extension(url: str) -> ExtensionDefinition | None:
    """Return the definition of an extension of R4 or of HL7's extensions pack."""
    rows = _section("extensions.jsonl", url)
    return ExtensionDefinition.from_row(rows[0]) if rows else None


@cache
def operations() -> tuple[Operation, ...]:
    """Return the operations that R4 defines."""
    return tuple(Operation.from_row(row) for row in _rows(_text("operations.jsonl")))


@cache
def profile(url: str) -> dict[str, Any] | None:
    """Return the profile of R4 with a canonical url as a StructureDefinition, its differential without prose."""
    rows = _section("profiles.jsonl", url)
    return rows[0] if rows else None


def operation(resource_type: str, code: str) -> Operation | None:
    """Return R4's operation `code` of a resource type, or the one for every type."""
    for name in ancestors(resource_type):
        for each in operations():
            if each.code == code and name in each.resource:
                return each
    return None


@cache
def manifest() -> dict[str, Any]:
    """Return where the data come from, what they count and what was corrected in them."""
    found: dict[str, Any] = json.loads(_text("manifest.json"))
    return found


@cache
def _index() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_text("types.json"))
    return found


@cache
def _resources() -> frozenset[str]:
    return frozenset(name for name, row in _index().items() if row["kind"] == "resource" and "abstract" not in row)


def _content(path: str) -> str | None:
    """Return the type or backbone path under which the children of `path` are defined."""
    name, *steps = path.split(".")
    content = name if name in _index() else None
    for step in steps:
        child = children(content).get(step) if content else None
        content = child.content if child else None
    return content


def _named(each: Element) -> list[Child]:
    if each.content_reference is not None:
        return [Child(each.name, each, TypeReference("BackboneElement"), each.content_reference)]
    if not each.is_choice:
        reference = each.types[0]
        is_backbone = reference.code in _BACKBONES
        return [Child(each.name, each, reference, each.path if is_backbone else _type_content(reference))]
    return [
        Child(
            each.name + reference.code[0].upper() + reference.code[1:],
            each,
            reference,
            _type_content(reference),
        )
        for reference in each.types
    ]


def _type_content(reference: TypeReference) -> str:
    for profile in reference.profiles:
        if profile in _index():
            return profile
    return reference.code


def _codes(system: str, listed: bool | list[Any] | None) -> Mapping[str, str | None] | None:  # noqa: FBT001
    if listed is None:
        return None
    whole = code_system(system)
    displays = whole.displays if whole else {}
    if isinstance(listed, bool):
        return displays
    pairs = ((row, displays.get(row)) if isinstance(row, str) else (row[0], row[-1]) for row in listed)
    return {code: display if display != code else displays.get(code) for code, display in pairs}


@cache
def _text(name: str) -> str:
    return (_DATA / name).read_text(encoding="utf-8")


def _rows(lines: str) -> list[Any]:
    rows: list[Any] = json.loads("[" + lines.rstrip().replace("\n", ",") + "]")
    return rows


def _section(name: str, url: str) -> list[Any]:
    """Return the row that starts with `url` and the concept rows that follow it."""
    start = _starts(name).get(url)
    if start is None:
        return []
    text = _text(name)
    end = text.find("\n{", start)
    return _rows(text[start:end] if end >= 0 else text[start:])


@cache
def _starts(name: str) -> Mapping[str, int]:
    """Return where the row of each url starts in the data."""
    found, start = {}, 0
    for line in _text(name).split("\n"):
        if line.startswith(_HEAD):
            found[line[len(_HEAD) : line.index('"', len(_HEAD))]] = start
        start += len(line) + 1
    return found


@cache
def _search_parameter_rows() -> list[str]:
    return _text("search-parameters.jsonl").rstrip().split("\n")


def _is_based_on(row: str, bases: tuple[str, ...]) -> bool:
    if row.startswith(_EXAMPLE_PARAMETER):
        return False
    listed = row[row.index('"base":[') : row.index("]")]
    return any(f'"{name}"' in listed for name in bases)
