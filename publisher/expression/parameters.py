"""The parameters of a library out of a FHIR Parameters resource.

https://hl7.org/fhir/R4/parameters.html. A name may be repeated where the library declares a list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.expression.result_parameters import ABSENT, EMPTY_LIST
from publisher.expression.specifiers import FHIR
from publisher.issue import Issue, Report, SpokenError
from publisher.r4 import definitions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publisher.expression.library import Library

Resource = dict[str, Any]


def parameters_of(resource: Any, library: Library) -> dict[str, Any]:
    """Return what `resource` gives for the parameters of `library`, by name; IssueError for any other."""
    declared = _declared(library)
    given: dict[str, list[Any]] = {}
    for each in _items(resource):
        name = str(each.get("name"))
        if name not in declared:
            known = ", ".join(sorted(declared))
            raise _refused(
                "parameter-unknown",
                en=f"The library {library.id} has no parameter of that name; it has {known or 'none'}.",
                sv=f"Biblioteket {library.id} har ingen parameter med det namnet; det har {known or 'inga'}.",
            )
        values = _values(name, each)
        if values is not None:
            given.setdefault(name, []).extend(_fitting(name, declared[name], values))
    return {name: values if is_list(declared[name]) else _only(name, values) for name, values in given.items()}


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


def _items(resource: Any) -> list[Resource]:
    is_parameters = isinstance(resource, dict) and resource.get("resourceType") == "Parameters"
    items = resource.get("parameter", []) if is_parameters else None
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        raise _refused(
            "parameter-value",
            en="The parameters of the logic come as a Parameters resource.",
            sv="Logikens parametrar skickas som en Parameters-resurs.",
        )
    return items


def _values(name: str, item: Resource) -> list[Any] | None:
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
    raise _refused(
        "parameter-value",
        en=f"The parameter {name!r} takes one value or resource; an empty list is told by cqf-isEmptyList.",
        sv=f"Parametern {name!r} tar ett värde eller en resurs; en tom lista anges med cqf-isEmptyList.",
    )


def _in(value: Any) -> list[Resource]:
    """Return the extensions of a value that is not there."""
    extensions = value.get("extension") if isinstance(value, dict) else None
    return [each for each in extensions if isinstance(each, dict)] if isinstance(extensions, list) else []


def _fitting(name: str, definition: Mapping[str, Any], values: list[Any]) -> list[Any]:
    """Return the values, which are resources of the declared type where it is one of FHIR.

    Logic would read any other as one that lacks every element. https://cql.hl7.org/04-logicalspecification.html.
    """
    kind = _resource_type(definition)
    if kind and not all(isinstance(each, dict) and each.get("resourceType") == kind for each in values):
        raise _refused(
            "parameter-value",
            en=f"The parameter {name!r} takes {kind}.",
            sv=f"Parametern {name!r} tar {kind}.",
        )
    return values


def _resource_type(definition: Mapping[str, Any]) -> str | None:
    """Return the resource type that a parameter is declared as, alone or in a list."""
    declared = definition.get("parameterTypeSpecifier") or definition.get("resultTypeSpecifier") or {}
    named = str(declared.get("elementType", declared).get("name", ""))
    kind = named.removeprefix(FHIR)
    return kind if named.startswith(FHIR) and definitions.is_resource(kind) else None


def _only(name: str, values: list[Any]) -> Any:
    if len(values) > 1:
        raise _refused(
            "parameter-value",
            en=f"The parameter {name!r} takes one value, not {len(values)}.",
            sv=f"Parametern {name!r} tar ett värde, inte {len(values)}.",
        )
    return values[0] if values else None


def _refused(rule: str, **sentences: str) -> SpokenError:
    return SpokenError({key: Report([Issue.error("value", rule, each)]) for key, each in sentences.items()})
