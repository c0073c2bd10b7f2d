"""Lists without repetitions.

https://cql.hl7.org/09-b-cqlreference.html#distinct. Items are compared only with those that can be the same: by their
value, or for a resource by its id.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from publisher.expression.compiler import depth
from publisher.expression.temporal import Date, DateTime, Time
from publisher.expression.values import Code, same, unwrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.expression.causes import Tracked

    Member = tuple[int, Tracked]


def bucket(value: Any) -> Any:
    """Return a key that two values share if they can be the same."""
    value = unwrap(value)
    kind = type(value)
    if kind is str or kind is Code or value is None:
        return value
    if kind is bool:
        return bool, value
    if isinstance(value, int | Decimal):
        return value
    if kind is dict:
        identifier = value.get("id")
        return (dict, identifier) if isinstance(identifier, str) else dict
    if kind in (Date, DateTime, Time):
        return Date
    return kind


def distinct_values(values: list[Any], charge: Callable[[int], None]) -> list[Any]:
    """Return `values` without repetitions, in the order of first occurrence."""
    result: list[Any] = []
    seen: dict[Any, list[Any]] = {}
    for value in values:
        like = seen.setdefault(bucket(value), [])
        charge(1 + len(like))
        if not any(same(value, each) for each in like):
            like.append(value)
            result.append(value)
    return result


def distinct_members(members: list[Member], charge: Callable[[int], None], evidence: int) -> list[Member]:
    """Return the members once each; of two that are the same, the more certain one stays, at the first's place.

    `evidence` are the bits that are no doubt.
    """
    result: list[Member] = []
    seen: dict[Any, list[int]] = {}
    for member in members:
        like = seen.setdefault(bucket(member[1][0]), [])
        charge(1 + len(like))
        place = next((index for index in like if same(member[1][0], result[index][1][0])), None)
        if place is None:
            like.append(len(result))
            result.append(member)
        elif not _doubt(member) & ~evidence and _doubt(result[place]) & ~evidence:
            result[place] = member
    return result


def _doubt(member: Member) -> int:
    return member[0] | depth(member[1])
