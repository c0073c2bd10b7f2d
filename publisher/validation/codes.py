"""Gates on codes that stand without a system, and the list of flagged codes that wait for approval.

Implements https://hl7.org/fhir/R4/datatypes.html#Coding. That each code is locked and called by its display is
checked where its system is written out (source/terminology.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.issue import Issue
from publisher.r4.definitions import children
from publisher.validation.context import walk_elements

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from publisher.repository import Artifact, Resource
    from publisher.topic import Topic
    from publisher.validation.context import Context


def coding_has_system(resource: Resource, _: Context) -> Iterator[Issue]:
    """Check that every coding has a system and a code: one without is no code that could be checked."""
    for path, coding in _codings(resource, resource["resourceType"], resource["resourceType"]):
        for key in ("system", "code"):
            if key not in coding:
                diagnostics = f"{path} has no {key}; write the coding as system#code."
                yield Issue.error("required", "coding-incomplete", diagnostics, expression=path)


def written_codes(artifacts: Iterable[Artifact]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return each code that `artifacts` carry as (system, code), with the artifacts; expansions follow from others."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for artifact in artifacts:
        written = {key: value for key, value in artifact.resource.items() if key != "expansion"}
        for _path, element in walk_elements(written):
            for code in _coded(element):
                found.setdefault(code, {})[f"{artifact.type}/{artifact.id}"] = None
    return {code: tuple(names) for code, names in sorted(found.items())}


def flagged_codes(
    artifacts: Iterable[Artifact], flagged: Collection[tuple[str, str]]
) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return each flagged code that `artifacts` carry as (system, code), with the artifacts that carry it."""
    return {code: names for code, names in written_codes(artifacts).items() if code in flagged}


def flagged_codes_are_listed(topic: Topic, context: Context) -> Iterator[Issue]:
    """List, as information, the flagged codes of a topic, which a clinician must approve before a release."""
    found = flagged_codes((one for one in context.repository if one.topic == topic.id), context.flagged)
    if found:
        listed = ", ".join(f"{code} ({', '.join(names)})" for (_, code), names in found.items())
        diagnostics = f"These flagged codes wait for a clinician's approval: {listed}."
        yield Issue.information("informational", "codes-flagged", diagnostics, source=topic.source)


def _coded(element: dict[str, Any]) -> Iterator[tuple[str, str]]:
    system, concepts = element.get("system"), element.get("concept")
    if isinstance(system, str):
        rows = (element, *concepts) if isinstance(concepts, list) else (element,)
        yield from ((system, str(one["code"])) for one in rows if isinstance(one.get("code"), str))


def _codings(value: Any, content: str, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from _codings(one, content, f"{path}[{index}]")
    elif isinstance(value, dict):
        if content == "Coding":
            yield path, value
        elements = children(str(value.get("resourceType", content)))
        for key, one in value.items():
            if key in elements:
                yield from _codings(one, elements[key].content, f"{path}.{key}")
