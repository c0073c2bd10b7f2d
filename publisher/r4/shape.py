"""Whether JSON has the shape of an R4 resource, fast enough to ask of every resource in a request.

Only shapes: lists where elements repeat, objects, texts, numbers and booleans in their places, and codes without a
blank at either end, for such a code would be compared with others in vain. A status is one of R4's, for what logic does
not know it would take for none of those that count. Unknown elements are passed over, but for
those that say that the rest means something else, which nobody may read who does not know them.
https://hl7.org/fhir/R4/json.html, https://hl7.org/fhir/R4/extensibility.html#modifierExtension. What validation checks
besides is not needed to read data safely.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from publisher.r4 import definitions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    # How one element is tested: a JSON type where a value of just that type fits and nothing else does, several where
    # a value of any of them does, what objects inside are tested by, or a function of the value and its level.
    Test: TypeAlias = "type | tuple[type, ...] | _Content | Callable[[Any, int], bool]"
    Tests: TypeAlias = "dict[str, Test]"
    # What holds it and its name or number there; written only where it is told, for most places never are.
    Place: TypeAlias = "tuple[Any, ...]"

_NUMBERS = frozenset({"decimal", "integer", "positiveInt", "unsignedInt"})
_MOST_LEVELS = 64
_MODIFIERS = ("modifierExtension", "implicitRules")


def fits(resource: Any, level: int = 0) -> bool:
    """Return whether `resource` is an object of a known R4 type, in shape throughout."""
    if type(resource) is not dict or level > _MOST_LEVELS:
        return False
    kind = resource.get("resourceType")
    content = _resources().get(kind) if type(kind) is str else None
    return content is not None and _object_fits(resource, content.tests or content.made(), level)


def misfits(resource: Any) -> Iterator[str]:
    """Yield where a resource that does not fit is not in shape, or says that it means something else.

    A resource that is no object is so as a whole, where the place is empty.
    """
    return (_written(place) for place in _misfits(resource, (), 0))


def is_modifier(place: str) -> bool:
    """Return whether a place of `misfits` says that the rest means something else."""
    return place.rpartition(".")[2].partition("[")[0] in _MODIFIERS


class _Content:
    """An element that holds an object, or with `repeats` a list of them; the tests of these are made when needed."""

    __slots__ = ("path", "repeats", "tests")

    def __init__(self, path: str, *, repeats: bool) -> None:
        self.path, self.repeats = path, repeats
        self.tests: Tests | None = None

    def made(self) -> Tests:
        """Return the tests of an object inside, which may hold others of its own type."""
        self.tests = _tests(self.path)
        return self.tests


def _object_fits(value: dict[str, Any], tests: Tests, level: int) -> bool:
    """Return whether each element fits; what is asked most often is tested in place, for a call costs more."""
    for name, item in value.items():
        test = tests.get(name)
        if test is type(item) or test is None:
            continue
        if type(test) is _Content:
            inner = test.tests or test.made()
            if not test.repeats:
                if type(item) is not dict or level >= _MOST_LEVELS or not _object_fits(item, inner, level + 1):
                    return False
            elif type(item) is not list or (item and level >= _MOST_LEVELS):
                return False
            else:
                for each in item:
                    if type(each) is not dict or not _object_fits(each, inner, level + 1):
                        return False
        elif not (
            (test is _code_fits and type(item) is str and item.strip() == item != "") or _value_fits(item, test, level)
        ):
            return False
    return True


def _value_fits(value: Any, test: Test, level: int) -> bool:
    """Return whether a value fits where several JSON types do, or where a function says so; no other test is left."""
    if type(test) is tuple:
        return _is_of(value, test)
    return type(test) is not type and test(value, level)  # type: ignore[operator]  # a function is left


def _misfits(resource: Any, place: Place, level: int) -> Iterator[Place]:
    kind = resource.get("resourceType") if type(resource) is dict else None
    content = _resources().get(kind) if type(kind) is str and level <= _MOST_LEVELS else None
    if content is not None:
        yield from _object_misfits(resource, content, place, level)
    else:
        yield (place, "resourceType") if type(resource) is dict else place


def _object_misfits(value: dict[str, Any], content: _Content, place: Place, level: int) -> Iterator[Place]:
    """Yield the places inside an object; each part of it is looked at once, however deep it lies."""
    tests = content.tests or content.made()
    for name, item in value.items():
        test, where = tests.get(name), (place, name)
        if type(test) is _Content or (test is not None and name == "contained"):
            parts = _parts(item, where, repeats=type(test) is not _Content or test.repeats)
            if parts is None or (parts and level >= _MOST_LEVELS):
                yield where
                continue
            for each, at in parts:
                if type(test) is _Content:
                    yield from _object_misfits(each, test, at, level + 1)
                else:
                    yield from _misfits(each, at, level + 1)
        elif test is not None and not _object_fits({name: item}, tests, level):
            yield where


def _parts(item: Any, where: Place, *, repeats: bool) -> list[tuple[dict[str, Any], Place]] | None:
    """Return the objects of an element with their places; None where it holds anything else."""
    if not repeats:
        return [(item, where)] if type(item) is dict else None
    if type(item) is not list or not all(type(each) is dict for each in item):
        return None
    return [(each, (where, index)) for index, each in enumerate(item)]


def _written(place: Place) -> str:
    """Return a place as FHIRPath: `code.coding[1].code`."""
    parts: list[str] = []
    while place:
        place, name = place
        parts.append(f".{name}" if type(name) is str else f"[{name}]")
    return "".join(reversed(parts)).removeprefix(".")


@cache
def _resources() -> dict[str, _Content]:
    kinds = filter(definitions.is_resource, definitions.types("resource"))
    return {kind: _Content(kind, repeats=False) for kind in kinds}


@cache
def _tests(path: str) -> Tests:
    """Return the tests of the elements of a type or element."""
    children = definitions.children(path).items()
    tests = {name: _test(child.type.code, child.content, repeats=child.element.max != "1") for name, child in children}
    known = _known_codes(path, "status")
    if known is not None:
        tests["status"] = lambda value, _level: type(value) is str and value in known
    return {**tests, **{name: _refused for name in _MODIFIERS if name in tests}}


def _known_codes(path: str, name: str) -> frozenset[str] | None:
    """Return the codes that R4 has for an element of a resource; None where others are allowed, or it is no code."""
    child = definitions.children(path).get(name) if definitions.is_resource(path) else None
    binding = child.element.binding if child is not None and child.type.code == "code" else None
    bound = definitions.value_set(binding.value_set) if binding is not None and binding.strength == "required" else None
    return bound.codes if bound is not None else None


def _refused(_value: Any, _level: int) -> bool:
    return False


def _test(kind: str, content: str, *, repeats: bool) -> Test:
    if kind == "code":
        return _codes_fit if repeats else _code_fits
    types = _primitive(kind)
    if types is not None:
        one: Test = types[0] if len(types) == 1 else types
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
