"""Say quickly whether a value fits one of our own schemas; schema.py puts into words why one does not.

Implements the part of https://json-schema.org/draft/2020-12/json-schema-validation that own_schemas.py uses, so that
compiling a faultless topic loads no schema library. A schema is made into closures once, for files have many values.
"""

from __future__ import annotations

import re
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from publisher.source.own_schemas import Schema

    Check = Callable[[Any], bool]

_KINDS: Final[Mapping[str, type]] = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
_SILENT: Final = ("$schema", "$defs", "title", "description")


def fitting(schema: Schema) -> Check:
    """Return what says whether a value fits `schema`."""
    named: dict[str, Check] = {}
    for name, definition in schema.get("$defs", {}).items():
        named[f"#/$defs/{name}"] = _check(definition, named)
    return _check(schema, named)


def _check(schema: Schema, named: Mapping[str, Check]) -> Check:
    """Return what says whether a value fits `schema`, whose references are to what is `named`."""
    if "$ref" in schema:
        return partial(_referred, schema["$ref"], named)
    always = [_any(word, wanted, named) for word, wanted in schema.items() if word not in (*_SILENT, *_OF_ONE_KIND)]
    shapes = {kind: of(schema, named) for kind, (words, of) in _SHAPES.items() if not schema.keys().isdisjoint(words)}

    def check(value: Any) -> bool:
        for one in always:
            if not one(value):
                return False
        shape = shapes.get(type(value))
        return shape is None or shape(value)

    return check


def _referred(name: str, named: Mapping[str, Check], value: Any) -> bool:
    return named[name](value)  # looked up now, as a definition may refer to one that is made after it


def _any(word: str, wanted: Any, named: Mapping[str, Check]) -> Check:
    if word == "type":
        kind = _KINDS[wanted]
        return lambda value: isinstance(value, kind) and (kind is not int or not isinstance(value, bool))
    if word == "enum":
        return lambda value: value in wanted
    if word not in ("anyOf", "oneOf"):
        raise NotImplementedError(word)  # JSON Schema has more words than our schemas use: one more is added here
    checks = [_check(one, named) for one in wanted]
    if word == "anyOf":
        return lambda value: any(one(value) for one in checks)
    return lambda value: sum(one(value) for one in checks) == 1


def _text(schema: Schema, _: Mapping[str, Check]) -> Check:
    least, search = schema.get("minLength", 0), re.compile(schema.get("pattern", "")).search
    return lambda value: len(value) >= least and search(value) is not None


def _number(schema: Schema, _: Mapping[str, Check]) -> Check:
    return lambda value: bool(value >= schema.get("minimum", value))


def _array(schema: Schema, named: Mapping[str, Check]) -> Check:
    least, is_set, item = schema.get("minItems", 0), schema.get("uniqueItems"), _check(schema.get("items", {}), named)

    def check(value: list[Any]) -> bool:
        if len(value) < least or (is_set and any(one in value[:index] for index, one in enumerate(value))):
            return False
        return all(map(item, value))

    return check


def _object(schema: Schema, named: Mapping[str, Check]) -> Check:
    least, required = schema.get("minProperties", 0), frozenset(schema.get("required", ()))
    members = _members(schema, named)

    def check(value: dict[str, Any]) -> bool:
        if len(value) < least or not required <= value.keys():
            return False
        return all(check(one) for key, one in value.items() for check in members(key))

    return check


def _members(schema: Schema, named: Mapping[str, Check]) -> Callable[[str], list[Check]]:
    """Return what gives the checks of the value of a key."""
    properties = [(key, _check(one, named)) for key, one in schema.get("properties", {}).items()]
    listed = schema.get("patternProperties", {}).items()
    patterns = [(re.compile(pattern).search, _check(one, named)) for pattern, one in listed]
    other = schema.get("additionalProperties", True)
    others: list[Check] = [] if other is True else [_never] if other is False else [_check(other, named)]

    @cache
    def of(key: str) -> list[Check]:
        found = [check for name, check in properties if name == key]
        found += [check for search, check in patterns if search(key)]
        return found or others

    return of


def _never(_: Any) -> bool:
    return False


# The words that look at values of one kind only, and what makes a check of them.
_SHAPES: Final[Mapping[type, tuple[tuple[str, ...], Callable[[Schema, Mapping[str, Check]], Check]]]] = {
    str: (("pattern", "minLength"), _text),
    int: (("minimum",), _number),
    list: (("minItems", "uniqueItems", "items"), _array),
    dict: (("minProperties", "required", "properties", "patternProperties", "additionalProperties"), _object),
}
_OF_ONE_KIND: Final = tuple(word for words, _ in _SHAPES.values() for word in words)
