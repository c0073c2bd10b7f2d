"""What the gates on content know beside the resource they check, and how they walk through one.

Implements the paths of https://hl7.org/fhir/R4/fhirpath.html#simple for issues of our own rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from publisher.repository import Repository, Resource
    from publisher.topic import Publisher, Strength, Topic

# Objects of a resource, each with its path.
Elements = list[tuple[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Context:
    """All artifacts, the topic and publisher of the one checked, its source page if at hand, and the two tables."""

    publisher: Publisher
    topic: Topic
    repository: Repository
    source_runs: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    strengths: Mapping[str, Strength] = field(default_factory=dict)
    flagged: frozenset[tuple[str, str]] = frozenset()
    _walked: dict[int, tuple[Resource, Elements]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def elements(self, resource: Resource) -> Elements:
        """Return every object of a resource with its path, apart from its narrative; a resource is walked once."""
        if id(resource) not in self._walked:  # kept beside what was found, so that no other comes to its id
            self._walked[id(resource)] = resource, walk_elements(resource)
        return self._walked[id(resource)][1]

    def elements_with(self, keys: Iterable[str], resource: Resource) -> Elements:
        """Return those of a resource that have any of `keys`."""
        return [(path, one) for path, one in self.elements(resource) if not one.keys().isdisjoint(keys)]


def walk_actions(resource: Resource) -> Iterator[tuple[str, dict[str, Any], tuple[dict[str, Any], ...]]]:
    """Yield the path, the action and its parents for every action of a plan."""
    if resource["resourceType"] == "PlanDefinition":
        yield from _nested(resource, "PlanDefinition", ())


def _nested(
    parent: dict[str, Any], path: str, parents: tuple[dict[str, Any], ...]
) -> Iterator[tuple[str, dict[str, Any], tuple[dict[str, Any], ...]]]:
    for index, action in enumerate(parent.get("action", ())):
        place = f"{path}.action[{index}]"
        yield place, action, parents
        yield from _nested(action, place, (*parents, action))


def walk_elements(resource: Resource) -> Elements:
    """Return every object of a resource with its path, parents first, apart from its narrative."""
    found: Elements = []
    _enter(resource, resource["resourceType"], found)
    return found


def _enter(value: Any, path: str, found: Elements) -> None:
    if isinstance(value, dict):
        found.append((path, value))
        for key, one in value.items():
            if isinstance(one, list) or (isinstance(one, dict) and key != "text"):
                _enter(one, f"{path}.{key}", found)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            _enter(one, f"{path}[{index}]", found)
