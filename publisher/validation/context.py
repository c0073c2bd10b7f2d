"""What the gates on content know beside the resource they check, and how they walk through one.

Implements the paths of https://hl7.org/fhir/R4/fhirpath.html#simple for issues of our own rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publisher.repository import Repository, Resource
    from publisher.topic import Publisher, Strength, Topic


@dataclass(frozen=True, slots=True)
class Context:
    """All artifacts, the topic and publisher of the one checked, its source page if at hand, and the two tables."""

    publisher: Publisher
    topic: Topic
    repository: Repository
    source_runs: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    strengths: Mapping[str, Strength] = field(default_factory=dict)
    flagged: frozenset[tuple[str, str]] = frozenset()


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


def walk_elements(value: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every object of a resource with its path, apart from its narrative."""
    if isinstance(value, dict):
        yield path, value
        for key, one in value.items():
            if key != "text" or not isinstance(one, dict):
                yield from walk_elements(one, f"{path}.{key}")
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from walk_elements(one, f"{path}[{index}]")
