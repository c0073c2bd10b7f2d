"""Gates on links: what an artifact of ours names is there, once, and called as it says.

Implements https://hl7.org/fhir/R4/references.html#canonical for references between artifacts of one release.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from publisher.elm import elm_of, public_definitions
from publisher.extension import libraries_named
from publisher.issue import Issue
from publisher.repository import Canonical
from publisher.topic import did_you_mean
from publisher.validation.artifacts.expressions import kind_of
from publisher.validation.context import walk_actions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.repository import Repository, Resource
    from publisher.validation.context import Context

# Elements by which one artifact depends on another.
_DEPENDENCIES = frozenset(
    {"answerValueSet", "baseDefinition", "definitionCanonical", "derivedFrom", "library", "profile", "questionnaire"}
    | {"instantiatesCanonical", "resource", "supplements", "transform", "valueSet"}
)
_RELATIVE = re.compile(r"(?P<type>[A-Z]\w+)/(?P<id>[\w.-]+)")


def canonical_resolves(resource: Resource, context: Context) -> Iterator[Issue]:
    """Check that every canonical under our base names an artifact that is there, in that version."""
    base = f"{context.publisher.canonical_base}/"
    for path, parent in context.elements(resource):
        for key, value in parent.items():
            for text in value if isinstance(value, list) else [value]:
                if not isinstance(text, str) or not text.startswith(base):
                    continue
                canonical = Canonical.parse(text)
                if canonical.url != resource.get("url") and not _is_known(canonical, context.repository):
                    yield _unresolved(text, _canonicals(context.repository), f"{path}.{key}")


def canonical_is_pinned(resource: Resource, context: Context) -> Iterator[Issue]:
    """Check that an artifact says of every other one of ours that it depends on which version it means."""
    base = f"{context.publisher.canonical_base}/"
    for path, parent in context.elements_with(_DEPENDENCIES, resource):
        for key in _DEPENDENCIES & parent.keys():
            for text in parent[key] if isinstance(parent[key], list) else [parent[key]]:
                if isinstance(text, str) and context.repository.versions(text):
                    advice = f"write {text.removeprefix(base)}, to which compiling adds the version"
                    diagnostics = f"{text} names no version; {advice}."
                    yield Issue.error("business-rule", "canonical-unpinned", diagnostics, expression=f"{path}.{key}")


def reference_resolves(resource: Resource, context: Context) -> Iterator[Issue]:
    """Check that every relative reference names an artifact that is there."""
    for path, parent in context.elements_with(("reference",), resource):
        reference = parent["reference"]
        match = _RELATIVE.fullmatch(reference) if isinstance(reference, str) else None
        if match and context.repository.get(match["type"], match["id"]) is None:
            known = [f"{one.type}/{one.id}" for one in context.repository]
            yield _unresolved(match[0], known, f"{path}.reference")


def canonical_is_unique(resource: Resource, context: Context) -> Iterator[Issue]:
    """Check that no two artifacts share an address."""
    url, made = resource.get("url"), f"{context.publisher.canonical_base}/{resource['resourceType']}/{resource['id']}"
    if url == made:
        return  # the other one states it, and is told
    same = [one for one in context.repository if url and one.canonical.url == url]
    others = [f"{one.type}/{one.id}" for one in same if one.resource is not resource]
    if others:
        kind = resource["resourceType"]
        diagnostics = f"{url} is the url of {others[0]} too; give each artifact its own."
        yield Issue.error("duplicate", "canonical-repeated", diagnostics, expression=f"{kind}.url")


def expression_is_defined(resource: Resource, context: Context) -> Iterator[Issue]:
    """Check that a named expression is a public definition of a library that the artifact declares."""
    kind, names = resource["resourceType"], _definitions(resource, context)
    for path, expression in context.elements_with(("language",), resource):
        name = expression.get("expression")
        if expression.get("language") == "text/cql-identifier" and name not in names:
            hint = did_you_mean(str(name), names) or "; define it in CQL, or declare its library."
            diagnostics = f"'{name}' is no definition of the libraries of {kind}/{resource['id']}{hint}"
            yield Issue.error("not-found", "definition-unknown", diagnostics, expression=f"{path}.expression")


def condition_is_boolean(resource: Resource, context: Context) -> Iterator[Issue]:
    """Check that every condition of an action names a definition that is true or false."""
    kinds = {name: kind_of(one) for name, one in _definitions(resource, context).items()}
    for path, action, _parents in walk_actions(resource):
        for index, condition in enumerate(action.get("condition", ())):
            named = condition.get("expression", {})
            kind = kinds.get(named.get("expression")) if named.get("language") == "text/cql-identifier" else None
            if kind not in (None, "Boolean"):
                diagnostics = (
                    f"'{named['expression']}' is {kind}, not Boolean; name a definition that is true or false."
                )
                place = f"{path}.condition[{index}].expression"
                yield Issue.error("value", "condition-not-boolean", diagnostics, expression=place)


def _definitions(resource: Resource, context: Context) -> dict[str, Resource]:
    """Return the public definitions of the libraries that an artifact declares, by name."""
    found = [context.repository.resolve(canonical) for canonical in libraries_named(resource)]
    elms = [elm_of(one.resource) for one in found if one is not None]
    return {one["name"]: one for elm in elms if elm for one in public_definitions(elm)}


def _is_known(canonical: Canonical, repository: Repository) -> bool:
    return any(canonical.version in (None, one.canonical.version) for one in repository.versions(canonical.url))


def _canonicals(repository: Repository) -> list[str]:
    return [str(one.canonical) for one in repository]


def _unresolved(name: str, known: list[str], path: str) -> Issue:
    diagnostics = f"{name} is named, which no topic defines{did_you_mean(name, known) or '.'}"
    return Issue.error("not-found", "reference-unresolved", diagnostics, expression=path)
