"""One server's parts, made once before the first request: what every route is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from server.outcome import RefusalError
from server.rest.frozen import Frozen
from server.rest.search_index import SearchIndex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publisher.repository import Repository
    from server.operations import Operation
    from server.settings import Settings


@dataclass(slots=True)
class Site:
    """The artifacts that are served, in `types`, those that were withdrawn, and what is offered beside reading them."""

    repository: Repository
    settings: Settings
    operations: Mapping[tuple[str | None, str], Operation]
    withdrawn: frozenset[tuple[str, str]] = frozenset()
    frozen: dict[tuple[str, str], Frozen] = field(init=False)
    types: list[str] = field(init=False)
    _indexes: dict[str, SearchIndex] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.frozen = {
            (artifact.type, artifact.id): Frozen(artifact.renditions, self.settings) for artifact in self.repository
        }
        self.types = sorted({resource_type for resource_type, _ in self.frozen})

    def refuse_withdrawn(self, resource_type: str, resource_id: str) -> None:
        """Refuse with 410 what was withdrawn."""
        if (resource_type, resource_id) in self.withdrawn:
            raise RefusalError("resource-withdrawn", type=resource_type, base=self.settings.fhir_base)

    def index(self, resource_type: str) -> SearchIndex:
        """Return the search index of one type, made at the first search of it."""
        if resource_type not in self._indexes:
            self._indexes[resource_type] = SearchIndex(resource_type, self.repository.of_type(resource_type))
        return self._indexes[resource_type]
