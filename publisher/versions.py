"""Versions: of what shares a type and an id, which holds now.

Only `meta.lastUpdated` tells it, for `versionId` has no order: https://hl7.org/fhir/R4/resource.html#Meta. What may be
another resource hides none.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from publisher.subject import place, unversioned

if TYPE_CHECKING:
    from collections.abc import Iterable

Resource = dict[str, Any]
Placed = tuple[Resource, str | None]  # a resource and the full URL of its entry

VERSIONS = "versions"  # why nobody can tell what holds now


def in_force(used: list[Placed], doubts: dict[str, str], server: str | None) -> list[Resource]:
    """Return each resource once, and of the versions of one the newest, which alone says what holds now.

    Two that differ and do not tell which is newer are both evidence, so that nothing is hidden, and leave a doubt. Only
    those that share an id are compared, by their texts, so that many of them take no more time each than few.
    """
    names = [_name(resource) for resource, _ in used]
    if len(set(names)) == len(names):
        return [resource for resource, _ in used]
    held: dict[tuple[Any, Any], list[Placed]] = {}
    for key, each in zip(names, used, strict=True):
        held.setdefault(key, []).append(each)
    found: list[Resource] = []
    for (kind, name), alike in held.items():
        if len(alike) == 1:
            found.append(alike[0][0])
            continue
        versions = _newest(alike) if name is not None and _may_be_one(alike, server) else None
        if versions is not None and len(versions) > 1:
            doubts.setdefault(kind, VERSIONS)
        found += versions or _different(alike)
    return found


def not_moved(used: list[Placed], others: Iterable[Placed], server: str | None) -> list[Placed]:
    """Return what is used, without the versions after which a newer one says that it is about another patient.

    What does not tell its moment ends nothing: it may be of any.
    """
    newest: dict[tuple[Any, Any], tuple[datetime, Placed]] = {}
    for each in others:
        moment, name = _updated(each[0]), _name(each[0])
        if moment and name[1] is not None and (name not in newest or newest[name][0] < moment):
            newest[name] = moment, each
    return [each for each in used if not _is_older(each, newest.get(_name(each[0])), server)]


def _is_older(version: Placed, newest: tuple[datetime, Placed] | None, server: str | None) -> bool:
    """Return whether the newest of what is about others is a later version of the same resource."""
    moment = _updated(version[0]) if newest else None
    return bool(newest and moment and moment < newest[0] and _may_be_one([version, newest[1]], server))


def _name(resource: Resource) -> tuple[Any, Any]:
    return resource["resourceType"], resource.get("id")


def _may_be_one(alike: list[Placed], server: str | None) -> bool:
    """Return whether what shares an id may be one resource: at two servers, or under two `urn:` addresses, it is two.

    What has no address is of `server`. A fullUrl is of one resource: https://hl7.org/fhir/R4/bundle.html#references.
    """
    addresses = {address for _, address in alike}
    bases = {place(unversioned(each).rsplit("/", 2)[0]) for each in addresses if each and each.startswith("http")}
    if server and None in addresses:
        bases.add(place(server))
    within = [each for each in addresses if each and not each.startswith("http")]
    return len(bases) < 2 and len(within) < 2  # noqa: PLR2004


def _newest(versions: list[Placed]) -> list[Resource]:
    """Return the newest version of a resource, or all that differ where that is not told."""
    moments = [_updated(resource) for resource, _ in versions]
    latest = max((each for each in moments if each), default=None)
    if latest is None or None in moments:
        return _different(versions)
    return _different([each for each, moment in zip(versions, moments, strict=True) if moment == latest])


def _different(alike: list[Placed]) -> list[Resource]:
    """Return the first of those that say the same, whatever is said about them (`meta`)."""
    found: dict[str, Resource] = {}
    for resource, _ in alike:
        found.setdefault(_as_text({name: part for name, part in resource.items() if name != "meta"}), resource)
    return list(found.values())


def _updated(resource: Resource) -> datetime | None:
    """Return the moment since which a version holds, where it says so."""
    try:
        moment = datetime.fromisoformat(resource.get("meta", {}).get("lastUpdated", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _as_text(resource: Resource) -> str:
    return json.dumps(resource, sort_keys=True, default=repr)
