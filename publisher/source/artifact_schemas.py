"""JSON Schemas of the artifact files, from the R4 definitions and the six shorthands, so that an editor completes them.

Written in https://json-schema.org/draft/2020-12/json-schema-core for the elements of
https://hl7.org/fhir/R4/resourcelist.html. They guide an author; the compiler alone says what is valid.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from publisher.r4.definitions import children, is_primitive, is_resource, types, value_set
from publisher.source.own_schemas import DIALECT, LANGUAGE_KEY, OWN_SCHEMAS, STATEMENT_ID, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from publisher.r4.elements import Child
    from publisher.source.own_schemas import Schema

DATA_TYPES: Final = "data-types.json"
ARTIFACT: Final = "artifact.json"
TOPIC_TYPES: Final = (
    "ActivityDefinition",
    "CodeSystem",
    "ConceptMap",
    "ImplementationGuide",
    "Library",
    "Medication",
    "MedicationKnowledge",
    "NamingSystem",
    "OperationDefinition",
    "PlanDefinition",
    "Provenance",
    "Questionnaire",
    "StructureDefinition",
    "ValueSet",
)

_INHERITED: Final = (
    *("url", "version", "name", "status", "experimental", "date"),
    *("publisher", "jurisdiction", "language"),
)
_INHERITED_BY: Final[Mapping[str, tuple[str, ...]]] = {"Library": ("type",)}
_IDENTIFYING: Final = ("id", "name", "version")
_NUMBERS: Final[Mapping[str, Schema]] = {
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "unsignedInt": {"type": "integer", "minimum": 0},
    "positiveInt": {"type": "integer", "minimum": 1},
    "decimal": {"type": "number"},
}
_CANONICAL: Final = r"^(?:#|[A-Z]\w+/[A-Za-z0-9.-]+(?:\|\S+)?$|[^:]+:)"
_SHORT: Final[Mapping[str, Schema]] = {
    "Coding": {"type": "string", "pattern": r"^.+#[^#]+$", "description": "a coding written as system#code"},
    "CodeableConcept": {"$ref": "#/$defs/short.Coding"},
    "Expression": {"type": "string", "minLength": 1, "description": "the name of a CQL definition"},
}
_CODES: Final = "codes."
_TEXT_TYPES: Final = ("string", "markdown")
_CONCEPT: Final = "ValueSet.compose.include.concept"


def schemas() -> dict[str, Schema]:
    """Return every schema by the name of its file."""
    own = {f"{name}.json": schema for name, schema in OWN_SCHEMAS.items()}
    of_types = {f"{kind}.json": resource_schema(kind) for kind in TOPIC_TYPES}
    used = [reference for schema in of_types.values() for reference in _references(schema)]
    return {**own, ARTIFACT: _any_artifact(), **of_types, DATA_TYPES: _data_types(used)}


def resource_schema(kind: str) -> Schema:
    """Return the schema of one resource type, with its own parts; data types stand in their own file."""
    parts: dict[str, Schema] = {}
    schema = _object(kind, parts, DATA_TYPES)
    defs = {"$defs": dict(sorted(parts.items()))} if parts else {}
    return {"$schema": DIALECT, "title": kind, **schema, **defs}


def written(schema: Schema) -> str:
    """Return the text of a schema file: one line a definition, in the same order every time."""
    head = {key: value for key, value in schema.items() if key != "$defs"}
    rows = [f'"{key}": {_compact(value)}' for key, value in head.items()]
    if schema.get("$defs"):
        defs = ",\n".join(f"  {json.dumps(key)}: {_compact(value)}" for key, value in schema["$defs"].items())
        rows.append(f'"$defs": {{\n{defs}\n }}')
    return "{\n " + ",\n ".join(rows) + "\n}\n"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _any_artifact() -> Schema:
    """Return the schema that chooses by resourceType."""
    choices = [
        {"if": {"properties": {"resourceType": {"const": kind}}}, "then": {"$ref": f"{kind}.json"}}
        for kind in TOPIC_TYPES
    ]
    kinds = {"resourceType": {"enum": [one for one in types("resource") if is_resource(one)]}}
    return {
        "$schema": DIALECT,
        "title": "An artifact of a topic, whatever its type",
        "type": "object",
        "properties": kinds,
        "required": ["resourceType"],
        "allOf": choices,
    }


def _data_types(used: Iterable[str]) -> Schema:
    """Return the schema file of everything that `used` names, and what that names in turn."""
    found: dict[str, Schema] = {}
    waiting = sorted(set(used))
    while waiting:
        name = waiting.pop()
        if name not in found:
            defined = _definitions(name)
            found.update(defined)
            waiting += _references(list(defined.values()))
    return {"$schema": DIALECT, "title": "The data types of FHIR R4", "$defs": dict(sorted(found.items()))}


def _definitions(name: str) -> dict[str, Schema]:
    """Return the schema called `name`, with those of its own parts."""
    if name in _OTHERS:
        return {name: _OTHERS[name]}
    if name.startswith(_CODES):
        codes = value_set(f"http://hl7.org/fhir/ValueSet/{name.removeprefix(_CODES)}")
        return {name: {"enum": sorted(codes.codes or ()) if codes else []}}
    if is_primitive(name):
        return {name: _NUMBERS.get(name) or {"type": "string"}}
    parts: dict[str, Schema] = {}
    return {name: _object(name, parts, ""), **parts}


def _object(content: str, parts: dict[str, Schema], file: str) -> Schema:
    """Return the schema of what stands at `content`; its backbone elements go to `parts`."""
    members = children(content)
    is_root = is_resource(content)
    properties: Schema = {"resourceType": {"const": content}} if is_root else {}
    properties |= {key: _member(child, parts, file) for key, child in members.items()}
    if is_root or content == "PlanDefinition.action":
        properties["derivedFrom"] = _derived_from(members.get("derivedFrom"), file)
    optional = (*_INHERITED, *_INHERITED_BY.get(content, ())) if is_root else ()
    required = [key for key, one in members.items() if _is_required(one) and key not in optional]
    required = [*(("resourceType", "id") if is_root else ()), *required]
    return {
        "type": "object",
        "properties": properties,
        "patternProperties": {"^_[a-z]": _reference("sibling", file)},
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def _is_required(child: Child) -> bool:
    return child.element.min > 0 and not child.element.is_choice


def _derived_from(child: Child | None, file: str) -> Schema:
    """Return the schema of the statements an element derives from, beside FHIR's own element of that name."""
    statement = _reference("statement-id", file)
    item = {"anyOf": [statement, _reference("canonical", file)]} if child else statement
    return {"type": "array", "items": item, "minItems": 1}


def _member(child: Child, parts: dict[str, Schema], file: str) -> Schema:
    if "." in child.content:
        if child.content not in parts:
            parts[child.content] = {}  # an action holds actions
            parts[child.content] = _object(child.content, parts, file)
        whole_item: Schema = {"$ref": f"#/$defs/{child.content}"}
        item = {"anyOf": [{"type": "string"}, whole_item]} if child.content == _CONCEPT else whole_item
    else:
        item = _item(child, file)
    if not child.element.is_list:
        return item
    items = {"type": "array", "items": item, "minItems": 1}
    if child.type.code in _SHORT or child.type.code == "canonical":
        return {"anyOf": [_single(child, file), items]}
    return items


def _single(child: Child, file: str) -> Schema:
    """Return the schema of the one text that may stand for a list of one."""
    return _reference("canonical" if child.type.code == "canonical" else f"short.{child.type.code}", file)


def _item(child: Child, file: str) -> Schema:
    code = child.type.code
    if code in _TEXT_TYPES and child.key not in _IDENTIFYING:
        return _reference("translatable", file)
    if code == "code" and child.element.binding and child.element.binding.strength == "required":
        codes = value_set(child.element.binding.value_set)
        if codes and codes.codes:
            return _reference(_CODES + codes.url.rpartition("/")[2], file)
    if code in _SHORT:
        return {"anyOf": [_reference(f"short.{code}", file), _reference(code, file)]}
    return _reference(child.content if child.content in types() else code, file)


def _reference(name: str, file: str) -> Schema:
    return {"$ref": f"{file}#/$defs/{name}"}


def _references(value: Any) -> list[str]:
    """Return the names of the data types that a schema refers to."""
    if isinstance(value, list):
        return [name for one in value for name in _references(one)]
    if not isinstance(value, dict):
        return []
    named = value.get("$ref")
    here = [named.rpartition("/")[2]] if isinstance(named, str) and not _is_part(named) else []
    return here + [name for one in value.values() for name in _references(one)]


def _is_part(named: str) -> bool:
    """Return whether a reference is to a backbone element, which stands beside what refers to it."""
    name = named.rpartition("/")[2]
    return "." in name and name.partition(".")[0] in types()


_OTHERS: Final[Mapping[str, Schema]] = {
    "translatable": {
        "anyOf": [{"type": "string"}, {"$ref": "#/$defs/texts"}],
        "description": "a text, or a text by language such as {sv: ..., en: ...}",
    },
    "texts": {
        "type": "object",
        "patternProperties": {LANGUAGE_KEY: {"type": "string", "minLength": 1}},
        "additionalProperties": False,
        "minProperties": 1,
    },
    "canonical": {"type": "string", "pattern": _CANONICAL, "description": "Type/id, or an address"},
    "statement-id": {"type": "string", "pattern": whole(STATEMENT_ID), "description": "the id of a statement"},
    "sibling": {"type": ["object", "array"]},
    "Resource": {"type": "object", "required": ["resourceType"]},
    **{f"short.{name}": schema for name, schema in _SHORT.items()},
}
