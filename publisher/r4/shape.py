"""Whether JSON has the shape of an R4 resource, fast enough to ask of every resource in a request.

Only shapes: lists where elements repeat, objects, texts, numbers and booleans in their places, and codes without a
blank at either end, for such a code would be compared with others in vain. Unknown elements are passed over.
https://hl7.org/fhir/R4/json.html. What validation checks besides is not needed to read data safely.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from publisher.r4 import definitions

if TYPE_CHECKING:
    from collections.abc import Callable

    # How one element is tested at a level; a JSON type where a value of just that type fits and nothing else does.
    Test: TypeAlias = "Callable[[Any, int], bool] | type | _Content"

_NUMBERS = frozenset({"decimal", "integer", "positiveInt", "unsignedInt"})
_MOST_LEVELS = 64


def fits(resource: Any, level: int = 0) -> bool:
    """Return whether `resource` is an object of a known R4 type, in shape throughout."""
    if type(resource) is not dict or level > _MOST_LEVELS:
        return False
    kind = resource.get("resourceType")
    return isinstance(kind, str) and definitions.is_resource(kind) and _object_fits(resource, _tests(kind), level)


class _Content:
    """An element that holds an object, or with `repeats` a list of them."""

    __slots__ = ("path", "repeats")

    def __init__(self, path: str, *, repeats: bool) -> None:
        self.path, self.repeats = path, repeats


def _object_fits(value: dict[str, Any], tests: dict[str, Test], level: int) -> bool:
    for name, item in value.items():
        test = tests.get(name)
        if test is None or test is type(item):
            continue
        if type(test) is _Content:
            if not _content_fits(item, test, level):
                return False
        elif test is str or test is bool or not test(item, level):  # type: ignore[operator]  # no content is left
            return False
    return True


def _content_fits(item: Any, content: _Content, level: int) -> bool:
    if level >= _MOST_LEVELS:
        return content.repeats and item == []
    inner = _tests(content.path)
    if not content.repeats:
        return type(item) is dict and _object_fits(item, inner, level + 1)
    if type(item) is not list:
        return False
    for each in item:  # noqa: SIM110  a generator costs as much as the test of a small object
        if type(each) is not dict or not _object_fits(each, inner, level + 1):
            return False
    return True


@cache
def _tests(path: str) -> dict[str, Test]:
    """Return the tests of the elements of a type or element."""
    children = definitions.children(path).items()
    return {name: _test(child.type.code, child.content, repeats=child.element.max != "1") for name, child in children}


def _test(kind: str, content: str, *, repeats: bool) -> Test:
    if kind == "code":
        return _codes_fit if repeats else _code_fits
    types = _primitive(kind)
    if types is not None:
        one: Test = types[0] if len(types) == 1 else lambda value, _level: _is_of(value, types)
        return (lambda value, _level: _all_of(value, types)) if repeats else one
    if kind == "Resource":
        return _repeated(fits) if repeats else lambda value, level: level < _MOST_LEVELS and fits(value, level + 1)
    return _Content(content, repeats=repeats)


def _code_fits(value: Any, _level: int) -> bool:
    return type(value) is str and value.strip() == value != ""


def _codes_fit(values: Any, level: int) -> bool:
    return type(values) is list and all(value is None or _code_fits(value, level) for value in values)


def _is_of(value: Any, types: tuple[type, ...]) -> bool:
    return isinstance(value, types) and (type(value) is not bool or bool in types)


def _all_of(values: Any, types: tuple[type, ...]) -> bool:
    """Return whether values are a list of primitives; one may be null where its sibling holds an extension."""
    return type(values) is list and all(value is None or _is_of(value, types) for value in values)


def _repeated(one: Callable[[Any, int], bool]) -> Test:
    def test(values: Any, level: int) -> bool:
        if type(values) is not list or (values and level >= _MOST_LEVELS):
            return False
        return all(one(value, level + 1) for value in values)

    return test


def _primitive(kind: str) -> tuple[type, ...] | None:
    if kind == "boolean":
        return (bool,)
    if kind in _NUMBERS:
        return (int, float, Decimal)
    return (str,) if kind == "string" or definitions.is_primitive(kind) else None
