"""The data context: what was supplied about one patient, and for each kind of data whether it can be more.

A type is *closed* when everything there is to know arrived (it may be nothing); else it carries a cause.
Nothing in here outlives the request.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher.expression.causes import Cause
from publisher.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


Resource = dict[str, Any]

ABSENT = "not-supplied"


@record
class Supply:
    """The resources of one type that arrived, and the cause for which there may be more (None: closed)."""

    resources: tuple[Resource, ...] = ()
    cause: Cause | None = None


NOTHING = Supply()


@dataclass(frozen=True, slots=True)
class DataContext:
    """What was supplied about one patient.

    `absent` says, for a type that nothing was supplied for, why: a cause for a type whose data was to come by a
    prefetch key, or `None` to treat an absent type as empty (plain CQL mode). `others` is how many resources came with
    these that are about other patients.
    """

    supplies: Mapping[str, Supply] = field(default_factory=dict)
    absent: Mapping[str, Cause] = field(default_factory=dict)
    closed: bool = False
    others: int = 0

    @classmethod
    def of(cls, resources: Iterable[Resource], *, closed: bool = False) -> DataContext:
        """Return a context in which every type present is supplied; with `closed`, every other one is empty."""
        by_type: dict[str, list[Resource]] = {}
        for resource in resources:
            by_type.setdefault(resource["resourceType"], []).append(resource)
        return cls({name: Supply(tuple(items)) for name, items in by_type.items()}, closed=closed)

    def supply(self, resource_type: str) -> Supply:
        """Return what there is of `resource_type`."""
        supply = self.supplies.get(resource_type)
        if supply is not None:
            return supply
        if self.closed:
            return NOTHING
        return Supply(cause=self.absent.get(resource_type) or Cause(ABSENT, resource_type))

    def is_closed(self, resource_type: str) -> bool:
        """Return whether nothing of `resource_type` can be missing."""
        supply = self.supplies.get(resource_type)
        return self.closed if supply is None else supply.cause is None
