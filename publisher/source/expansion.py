"""The expansion of a value set: its codes as written, each in every spelling that records use for it.

Implements https://hl7.org/fhir/R4/valueset.html#compositions for value sets whose codes are listed.
Alias systems and undotted forms come from publisher.yaml, so that any engine matches them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from publisher.issue import Issue
from publisher.repository import Canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publisher.repository import Resource
    from publisher.topic import Publisher, SystemNames


@dataclass(frozen=True, slots=True)
class Expansion:
    """Enumerates value sets; `by_url` holds all artifacts of ours, as one set may include another."""

    publisher: Publisher
    by_url: Mapping[str, Resource]

    def of(self, value_set: Resource, timestamp: str) -> tuple[dict[str, Any] | None, list[Issue]]:
        """Return the expansion of `value_set`, or the issues that say why its codes cannot be listed."""
        issues: list[Issue] = []
        contains = self._unique(self._spelled(self._concepts(value_set, issues, ())))
        if issues:
            return None, issues
        return {"timestamp": timestamp, "total": len(contains), "contains": contains}, []

    def _concepts(self, value_set: Resource, issues: list[Issue], within: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        """Yield system, code and display of each code in the order it is written."""
        compose = value_set.get("compose")
        if not isinstance(compose, dict) or not compose.get("include"):
            issues.append(_impossible("ValueSet", "has no compose.include; list its codes"))
            return
        if compose.get("exclude"):
            issues.append(_impossible("ValueSet.compose.exclude", "takes codes out; list only the codes that are in"))
        for index, include in enumerate(compose["include"]):
            path = f"ValueSet.compose.include[{index}]"
            if "valueSet" in include:
                yield from self._included(include, path, issues, within)
            elif include.get("filter") or not include.get("concept") or not include.get("system"):
                issues.append(_impossible(path, "does not list its codes; write system and concept"))
            else:
                yield from ({"system": include["system"], **_named(one)} for one in include["concept"])

    def _included(
        self, include: Mapping[str, Any], path: str, issues: list[Issue], within: tuple[str, ...]
    ) -> Iterator[dict[str, Any]]:
        if "system" in include or "concept" in include or len(include["valueSet"]) > 1:
            issues.append(_impossible(path, "is an intersection; list the codes, or include one value set"))
            return
        canonical = include["valueSet"][0]
        found = self.by_url.get(Canonical.parse(canonical).url)
        if found is None:
            issues.append(_impossible(path, f"includes {canonical}, which no topic defines; list the codes"))
        elif canonical in within:
            issues.append(_impossible(path, f"includes {canonical}, which includes it in turn; break the circle"))
        else:
            yield from self._concepts(found, issues, (*within, canonical))

    def _spelled(self, concepts: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        systems: dict[str, SystemNames] = {one.uri: one for one in self.publisher.code_systems.values()}
        for concept in concepts:
            yield concept
            names = systems.get(concept["system"])
            if names is None:
                continue
            yield from ({**concept, "system": alias} for alias in names.aliases)
            undotted = str(concept["code"]).replace(".", "")
            if names.undotted and undotted != concept["code"]:
                yield from ({**concept, "system": one, "code": undotted} for one in (names.uri, *names.aliases))

    @staticmethod
    def _unique(concepts: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for concept in concepts:
            found.setdefault((concept["system"], concept["code"]), concept)
        return list(found.values())


def _named(concept: Mapping[str, Any]) -> dict[str, Any]:
    return {key: concept[key] for key in ("code", "display", "_display") if key in concept}


def _impossible(path: str, reason: str) -> Issue:
    diagnostics = f"The value set cannot be expanded: it {reason}." if path == "ValueSet" else f"{path} {reason}."
    return Issue.error("not-supported", "expansion-impossible", diagnostics, expression=path)
