"""Say in an author's words where one of our own files does not fit its schema.

Implements https://json-schema.org/draft/2020-12/json-schema-validation by the library jsonschema, which only this
module imports, and only when a file does not fit: its import alone costs more than compiling a small topic.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from publisher.issue import Issue
from publisher.source.fitting import fitting
from publisher.source.own_schemas import OWN_SCHEMAS
from publisher.topic import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jsonschema.exceptions import ValidationError

    from publisher.source.fitting import Check
    from publisher.source.own_schemas import Schema
    from publisher.topic import Document

_WANTED: Final = {
    "string": "a text (quote it)",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "a mapping",
}
_LEAST: Final = ("minLength", "minItems", "minProperties")


def own_file_issues(document: Document, name: str, said: Iterable[Issue] = ()) -> list[Issue]:
    """Return what the schema `name` finds in `document` at places of which `said` says nothing."""
    if _fitting(name)(document.value):
        return []
    places = {issue.source for issue in said}
    return [one for one in schema_issues(document, OWN_SCHEMAS[name]) if one.source not in places]


@cache
def _fitting(name: str) -> Check:
    return fitting(OWN_SCHEMAS[name])


def schema_issues(document: Document, schema: Schema, beside: Mapping[str, Schema] | None = None) -> list[Issue]:
    """Return every place where `document` does not fit `schema`.

    The schema may refer to those `beside` it by their file names, and to nothing else.
    """
    errors = _validator(schema, beside or {}).iter_errors(document.value)
    found = [issue for error in errors for near in _nearest(error) for issue in _issues(near, document)]
    unknown = {one.source for one in found if one.rule == "key-unknown"}  # its parent then fits nothing either
    kept = dict.fromkeys(one for one in found if one.rule != "key-wrong" or one.source not in unknown)
    return sorted(kept, key=lambda one: (one.source.line, one.source.column) if one.source else (0, 0))


def _validator(schema: Schema, beside: Mapping[str, Schema]) -> Any:
    from jsonschema import Draft202012Validator
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    resources = [(name, DRAFT202012.create_resource(one)) for name, one in beside.items()]
    registry: Registry[Any] = Registry().with_resources(resources)  # it fetches nothing
    return Draft202012Validator(schema, registry=registry)


def _nearest(error: ValidationError) -> Iterator[ValidationError]:
    """Yield the errors in the only alternative that is of the value's kind, where there is one such."""
    branches: dict[Any, list[ValidationError]] = {}
    for one in error.context or () if error.validator in ("anyOf", "oneOf") else ():
        branches.setdefault(one.schema_path[0], []).append(one)
    alike = [found for found in branches.values() if not any(map(_is_of_other_kind, found))]
    if len(alike) != 1:
        yield error
        return
    for one in alike[0]:
        yield from _nearest(one)


def _is_of_other_kind(error: ValidationError) -> bool:
    return error.validator in ("type", "enum", "required") and not error.path


def _issues(error: ValidationError, document: Document) -> Iterator[Issue]:
    """Yield the issues of one error; a mapping with several unknown keys gives one each."""
    path = _path(error.absolute_path)
    word, schema, value = str(error.validator), _schema(error), _value(error)
    if word == "additionalProperties":
        known = tuple(schema.get("properties", ()))
        for key in sorted(_unknown(error)):
            hint = did_you_mean(key, known) or f"; the keys are {', '.join(sorted(known))}."
            place = document.locate(f"{path}.{key}".removeprefix("."))
            text = f"The key '{key}' is not known here{hint}"
            yield Issue.error("structure", "key-unknown", text, source=place)
    elif word == "required":
        for key in schema["required"]:
            if key not in value:
                text = f"The key '{key}' is missing; add it."
                yield Issue.error("required", "key-missing", text, source=document.locate(path))
    else:
        advice = "write something, or leave it out" if word in _LEAST else "correct it"
        text = f"{_name(path)} {_reason(word, schema, value)}; {advice}."
        yield Issue.error("value", "key-wrong", text, source=document.locate(path))


def _reason(word: str, schema: Schema, value: Any) -> str:
    """Return how a value breaks the rule `word` of its schema, as the end of a sentence."""
    described = f"must be {schema['description']}" if "description" in schema else None
    if word == "type":
        return described or f"must be {_WANTED[schema['type']]}"
    if word == "enum":
        return f"is one of {', '.join(map(str, schema['enum']))}{_quoted(value)}"
    if word == "const":
        return f"must be {schema['const']}{_quoted(value)}"
    if word in _LEAST:
        return "is empty"
    if word == "uniqueItems":
        return "lists something twice"
    if word == "minimum":
        return f"is {schema['minimum']} at least{_quoted(value)}"
    if described:
        return described + (_quoted(value) if word == "pattern" else "")
    if word in ("anyOf", "oneOf"):
        return f"must be {' or '.join(_alternatives(schema[word]))}"
    return f"has the form {schema['pattern']}{_quoted(value)}" if word == "pattern" else "does not fit"


def _alternatives(schemas: Iterable[Schema]) -> Iterator[str]:
    for one in schemas:
        if "required" in one and "type" not in one:
            yield f"one with the key '{one['required'][0]}'"
        else:
            yield str(one.get("description") or _WANTED.get(one.get("type", ""), "another form"))


def _quoted(value: Any) -> str:
    return f", and {value!r} does not fit" if isinstance(value, (str, int)) else ""


def _name(path: str) -> str:
    """Return the words for the part at `path`: its key, or its number in a list."""
    if not path:
        return "The file"
    last = path.rpartition(".")[2]
    key, _, rest = last.partition("[")
    return f"'{key}'" if not rest else f"Entry {int(rest.rpartition('[')[2].rstrip(']')) + 1}{_of(key)}"


def _of(key: str) -> str:
    return f" of '{key}'" if key else ""


def _path(steps: Iterable[str | int]) -> str:
    return "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in steps).removeprefix(".")


def _schema(error: ValidationError) -> Schema:
    schema: Schema = error.schema if isinstance(error.schema, dict) else {}
    return schema


def _value(error: ValidationError) -> Any:
    return error.instance


def _unknown(error: ValidationError) -> list[str]:
    """Return the keys of a mapping that neither a name nor a pattern of its schema allows."""
    schema = _schema(error)
    patterns = schema.get("patternProperties", ())
    others = [key for key in _value(error) if key not in schema.get("properties", ())]
    return [key for key in others if not any(re.search(pattern, key) for pattern in patterns)]
