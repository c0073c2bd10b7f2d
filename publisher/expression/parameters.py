"""The parameters of a library out of a FHIR Parameters resource.

https://hl7.org/fhir/R4/parameters.html. A name may be repeated where the library declares a list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.expression.result_parameters import ABSENT, EMPTY_LIST
from publisher.expression.specifiers import FHIR
from publisher.issue import IssueError, IssueText
from publisher.r4 import definitions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from publisher.expression.library import Library

Resource = dict[str, Any]

ROWS = {
    "unknown": IssueText(
        "value",
        "parameter-unknown",
        "The library {library} has no parameter of that name; it has {known}.",
        "Biblioteket {library} har ingen parameter med det namnet; det har {known}.",
    ),
    "unknown-all": IssueText(
        "value",
        "parameter-unknown",
        "The library {library} has no parameters; send none.",
        "Biblioteket {library} har inga parametrar; skicka inga.",
    ),
    "no-parameters": IssueText(
        "value",
        "parameter-value",
        "The parameters of the logic come as a Parameters resource.",
        "Logikens parametrar skickas som en Parameters-resurs.",
    ),
    "no-value": IssueText(
        "value",
        "parameter-value",
        "The parameter '{name}' takes one value or resource; an empty list is told by cqf-isEmptyList.",
        "Parametern '{name}' tar ett värde eller en resurs; en tom lista anges med cqf-isEmptyList.",
    ),
    "other-type": IssueText(
        "value", "parameter-value", "The parameter '{name}' takes {kind}.", "Parametern '{name}' tar {kind}."
    ),
    "one-value": IssueText(
        "value",
        "parameter-value",
        "The parameter '{name}' takes one value, not several.",
        "Parametern '{name}' tar ett värde, inte flera.",
    ),
}


def parameters_of(items: Iterable[tuple[str, Resource]], library: Library, *others: Library) -> dict[str, Any]:
    """Return what `items` (items_of) give for the parameters of libraries, by name; IssueError for any other.

    Where several declare one, it is that of the first.
    """
    declared: dict[str, Any] = {}
    for one in (*reversed(others), library):
        declared |= _declared(one)
    given: dict[str, list[Any]] = {}
    for at, each in items:
        name = str(each.get("name"))
        if name not in declared:
            known = sorted(declared)
            raise _refused("unknown" if known else "unknown-all", at, library=library.id, known=known)
        values = _values(name, each, at)
        if values is not None:
            found = given.setdefault(name, [])
            found.extend(_fitting(name, declared[name], values, at))
            if len(found) > 1 and not is_list(declared[name]):
                raise _refused("one-value", at, name=name)
    return {name: values if is_list(declared[name]) else next(iter(values), None) for name, values in given.items()}


def undeclared(items: Iterable[tuple[str, Resource]]) -> dict[str, Any]:
    """Return what `items` give by name where no library declares it: a value, or a list where there are several."""
    given: dict[str, list[Any]] = {}
    for at, each in items:
        name = str(each.get("name"))
        given.setdefault(name, []).extend(_values(name, each, at) or ())
    return {name: values[0] if len(values) == 1 else values for name, values in given.items()}


def items_of(resource: Any, at: str = "Parameters") -> list[tuple[str, Resource]]:
    """Return the parameters in a Parameters resource that stands at `at`, each with its place."""
    is_parameters = isinstance(resource, dict) and resource.get("resourceType") == "Parameters"
    items = resource.get("parameter", []) if is_parameters else None
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        raise _refused("no-parameters", at)
    return [(f"{at}.parameter[{index}]", each) for index, each in enumerate(items)]


def is_list(definition: Mapping[str, Any]) -> bool:
    """Return whether a parameter is declared as a list."""
    kinds = (definition.get("parameterTypeSpecifier"), definition.get("resultTypeSpecifier"))
    return any((kind or {}).get("type") == "ListTypeSpecifier" for kind in kinds)


def _declared(library: Library) -> dict[str, Any]:
    """Return the declarations of a library and, behind them, of those that it includes."""
    found: dict[str, Any] = {}
    for included in library.includes.values():
        if included is not None:
            found |= _declared(included)
    return found | library.names.parameters


def _values(name: str, item: Resource, at: str) -> list[Any] | None:
    """Return the resource or value of one item, none for an empty list, and None for what is said to be absent."""
    if "resource" in item:
        return [item["resource"]]
    found = [value for key, value in item.items() if key.startswith("value")]
    if len(found) == 1:
        return found
    extensions = [one for key, value in item.items() if key.startswith("_value") for one in _in(value)]
    if not found and {"url": EMPTY_LIST, "valueBoolean": True} in extensions:
        return []
    if not found and any(one.get("url") == ABSENT for one in extensions):
        return None
    raise _refused("no-value", at, name=name)


def _in(value: Any) -> list[Resource]:
    """Return the extensions of a value that is not there."""
    extensions = value.get("extension") if isinstance(value, dict) else None
    return [each for each in extensions if isinstance(each, dict)] if isinstance(extensions, list) else []


def _fitting(name: str, definition: Mapping[str, Any], values: list[Any], at: str) -> list[Any]:
    """Return the values, which are resources of the declared type where it is one of FHIR.

    Logic would read any other as one that lacks every element. https://cql.hl7.org/04-logicalspecification.html.
    """
    kind = _resource_type(definition)
    if kind and not all(isinstance(each, dict) and each.get("resourceType") == kind for each in values):
        raise _refused("other-type", at, name=name, kind=kind)
    return values


def _resource_type(definition: Mapping[str, Any]) -> str | None:
    """Return the resource type that a parameter is declared as, alone or in a list."""
    declared = definition.get("parameterTypeSpecifier") or definition.get("resultTypeSpecifier") or {}
    named = str(declared.get("elementType", declared).get("name", ""))
    kind = named.removeprefix(FHIR)
    return kind if named.startswith(FHIR) and definitions.is_resource(kind) else None


def _refused(name: str, at: str, /, **values: Any) -> IssueError:
    return IssueError(ROWS[name].issue(at, **values))
