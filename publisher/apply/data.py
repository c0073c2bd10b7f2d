"""The data of `$apply`: what they supply about one subject, and what they may leave out.

`data` supplies each type that is present in it; a searchset inside it, and each `prefetchData`, is judged for what it
may leave out as a prefetch answer is. https://hl7.org/fhir/uv/cpg/OperationDefinition-cpg-plandefinition-apply.html.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from publisher import prefetch
from publisher.apply.refusals import place, refused
from publisher.expression.causes import Cause
from publisher.expression.context import DataContext, Supply
from publisher.intake import ANY_TYPE, resources_of, take
from publisher.prefetch import Key, is_of, judge, medicines
from publisher.r4.definitions import is_resource
from publisher.subject import OTHER

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping

    from publisher.expression.requirements import Requirement
    from publisher.repository import Resource

SEARCHED = re.compile(r"(?:^|/)(?P<type>[A-Z][A-Za-z]+)(?:\?|/_search|$)")


def context_of(
    values: Mapping[str, list[Any]],
    patient_id: str,
    requirements: Callable[[], Iterable[Requirement]],
    kinds: frozenset[str] | None = None,
) -> DataContext:
    """Return what `data` or `prefetchData` supply about one patient.

    `requirements` tells, where it is needed, what the logic retrieves: a descriptor with a filter covers only that.
    `kinds` are the types that it reads, where they are known; others are not looked at.
    """
    if values.get("prefetchData"):
        return _of_prefetch(values["prefetchData"], patient_id, requirements)
    return _of_data(values.get("data", []), patient_id, kinds)


def held_in(values: Mapping[str, list[Any]]) -> int:
    """Return how many resources `data` and `prefetchData` hold."""
    parts = (each for each in values.get("prefetchData", ()) if isinstance(each, dict))
    answers = [*values.get("data", ()), *(answer for each in parts for answer in each.get("data", ()))]
    return sum(1 for each in answers for _ in resources_of(each))


def _of_data(bundles: list[Any], patient_id: str, kinds: frozenset[str] | None) -> DataContext:
    for number, bundle in enumerate(bundles):
        is_bundle = isinstance(bundle, dict) and bundle.get("resourceType") == "Bundle"
        if not is_bundle or not isinstance(bundle.get("entry", []), list):
            raise refused("data-no-bundle", at=place("data", number))
    taken = take(bundles if kinds is None else [_only(each, kinds) for each in bundles], patient_id)
    supplies = dict(DataContext.of(taken.resources).supplies)
    causes: dict[str, Cause | None] = {}
    for kind, reason in _doubts(taken.doubts, supplies):
        causes[kind] = Cause("partial", kind, reason=reason)
    for each in bundles:
        for inner in _searchsets(each):
            for kind, query, verdict in _judged(inner, supplies):
                found = Cause(verdict[0], kind, query=query, reason=verdict[1]) if verdict else None
                causes[kind] = causes.get(kind) or found
    for kind, cause in causes.items():
        supplies[kind] = Supply(supplies.get(kind, Supply()).resources, cause)
    supplies["Medication"] = medicines(taken.resources, taken.doubts)
    return DataContext(supplies, others=taken.others)


def _only(bundle: Resource, kinds: frozenset[str]) -> Resource:
    """Return a Bundle with its entries of these types, in the Bundles in it too; what is no resource stays."""
    entries = bundle.get("entry")
    if not isinstance(entries, list):
        return bundle
    kept: list[Any] = []
    for entry in entries:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        kind = resource.get("resourceType") if isinstance(resource, dict) else None
        if kind == "Bundle":
            kept.append({**entry, "resource": _only(entry["resource"], kinds)})
        elif not isinstance(kind, str) or kind in kinds or not is_resource(kind):
            kept.append(entry)
    return {**bundle, "entry": kept}


def _searchsets(bundle: Resource) -> Iterator[Resource]:
    """Yield a Bundle and those in it that are answers to a search."""
    if bundle.get("type") == "searchset":
        yield bundle
    entries = bundle.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") == "Bundle":
            yield from _searchsets(resource)


def _doubts(doubts: Mapping[str, str], supplies: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the types that may hold more, and why; what does not tell its type may be of any that is there."""
    untold = doubts.get(ANY_TYPE)
    if untold:
        yield from dict.fromkeys(supplies, untold).items()
    yield from ((kind, reason) for kind, reason in doubts.items() if kind != ANY_TYPE)


def _judged(searchset: Resource, found: Container[str]) -> Iterator[tuple[str, str, tuple[str, str] | None]]:
    """Yield the type that was searched for, by the self link, that link, and what the answer may leave out and why.

    `found` are the types of which something is about the patient.
    """
    for kind, query in _searched(searchset).items():
        verdict = judge(searchset, kind)
        if verdict is None and kind not in found and is_of(searchset, kind):
            verdict = "partial", OTHER
        yield kind, query, verdict


def _searched(searchset: Resource) -> dict[str, str]:
    """Return the types that were searched for, each once with its self link, of which there should be one."""
    links = searchset.get("link")
    queries: dict[str, str] = {}
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("relation") == "self":
            searched = SEARCHED.search(str(link.get("url")))
            if searched and is_resource(searched["type"]):
                queries.setdefault(searched["type"], str(link["url"]))
    return queries


def _of_prefetch(given: list[Any], patient_id: str, requirements: Callable[[], Iterable[Requirement]]) -> DataContext:
    answers: dict[str, Any] = {}
    keys: list[Key] = []
    for number, each in enumerate(given):
        parts = each if isinstance(each, dict) else {}
        name = str((parts.get("key") or [f"prefetch-{number}"])[0])
        if not _are_parts(parts) or name in answers:
            raise refused("prefetch-parts", at=place("prefetchData", number))
        answers[name] = (parts.get("data") or [None])[0]
        at = f"{place('prefetchData', number)}.part.where(name='descriptor')"
        types = [kind for one in parts.get("descriptor", ()) if (kind := _covered(one, requirements, at))]
        if types:
            keys.append(Key(name, tuple(types), ""))
    return prefetch.context_of(answers, keys, patient_id)


def _are_parts(parts: Mapping[str, list[Any]]) -> bool:
    """Return whether there is a key or a descriptor, and each part once; without data nothing was found."""
    return (
        parts.keys() <= {"key", "descriptor", "data"}
        and not parts.keys().isdisjoint({"key", "descriptor"})
        and all(len(each) == 1 for each in parts.values())
    )


def _covered(descriptor: Any, requirements: Callable[[], Iterable[Requirement]], at: str) -> str | None:
    """Return the type that a DataRequirement covers whole, as far as the logic reads it."""
    if not isinstance(descriptor, dict) or not isinstance(descriptor.get("type"), str):
        raise refused("prefetch-descriptor", at=at)
    kind: str = descriptor["type"]
    if descriptor.get("dateFilter") or descriptor.get("limit"):
        return None
    filters = set(_filters(descriptor, at))
    read = {(each.code_path, each.value_set) for each in requirements() if each.type == kind} if filters else filters
    return kind if read <= filters else None


def _filters(descriptor: Resource, at: str) -> Iterator[tuple[str | None, str | None]]:
    """Yield path and value set of each code filter; IssueError where they are no filters of R4."""
    filters = descriptor.get("codeFilter", [])
    for each in filters if isinstance(filters, list) else [None]:
        path, value_set = (each.get("path"), each.get("valueSet")) if isinstance(each, dict) else (0, 0)
        if not isinstance(path, str | None) or not isinstance(value_set, str | None):
            raise refused("prefetch-descriptor", at=at)
        yield path, value_set
