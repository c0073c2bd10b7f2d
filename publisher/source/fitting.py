"""Say quickly whether a value fits one of our own schemas; schema.py puts into words why one does not.

Implements the part of https://json-schema.org/draft/2020-12/json-schema-validation that own_schemas.py uses, so that
compiling a faultless topic loads no schema library.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from publisher.source.own_schemas import Schema

_KINDS: Final[Mapping[str, type]] = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
_SILENT: Final = ("$schema", "$defs", "title", "description")


def fits(value: Any, schema: Schema, root: Schema | None = None) -> bool:
    """Return whether `value` fits `schema`, whose references are to the definitions of `root`."""
    root = root or schema
    if "$ref" in schema:
        return fits(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root)
    shape = _SHAPES.get(type(value))
    checks = (_any_check(word, value, schema, root) for word in schema if word not in (*_SILENT, *_SHAPE_WORDS))
    return all(checks) and (shape is None or shape(value, schema, root))


def _any_check(word: str, value: Any, schema: Schema, root: Schema) -> bool:
    wanted = schema[word]
    if word == "type":
        return isinstance(value, _KINDS[wanted]) and (wanted != "integer" or not isinstance(value, bool))
    if word == "enum":
        return value in wanted
    if word == "anyOf":
        return any(fits(value, one, root) for one in wanted)
    if word == "oneOf":
        return sum(fits(value, one, root) for one in wanted) == 1
    raise NotImplementedError(word)


def _text(value: str, schema: Schema, _: Schema) -> bool:
    pattern = schema.get("pattern")
    return len(value) >= schema.get("minLength", 0) and (pattern is None or re.search(pattern, value) is not None)


def _number(value: int, schema: Schema, _: Schema) -> bool:
    return bool(value >= schema.get("minimum", value))


def _array(value: list[Any], schema: Schema, root: Schema) -> bool:
    if len(value) < schema.get("minItems", 0):
        return False
    if schema.get("uniqueItems") and any(one in value[:index] for index, one in enumerate(value)):
        return False
    return "items" not in schema or all(fits(one, schema["items"], root) for one in value)


def _object(value: dict[str, Any], schema: Schema, root: Schema) -> bool:
    if len(value) < schema.get("minProperties", 0) or any(one not in value for one in schema.get("required", ())):
        return False
    return all(_member(key, one, schema, root) for key, one in value.items())


def _member(key: str, value: Any, schema: Schema, root: Schema) -> bool:
    named = [schema["properties"][key]] if key in schema.get("properties", ()) else []
    found = [*named, *(one for pattern, one in schema.get("patternProperties", {}).items() if re.search(pattern, key))]
    if not found:
        other = schema.get("additionalProperties", True)
        return other is True or (other is not False and fits(value, other, root))
    return all(fits(value, one, root) for one in found)


_SHAPES: Final[Mapping[type, Callable[[Any, Schema, Schema], bool]]] = {
    str: _text,
    int: _number,
    list: _array,
    dict: _object,
}
_SHAPE_WORDS: Final = (
    *("pattern", "minLength", "minimum", "minItems", "uniqueItems", "items"),
    *("minProperties", "required", "properties", "patternProperties", "additionalProperties"),
)
