"""Work out which codes the value sets of R4 bindings allow, and keep the code systems they need.

Reads https://hl7.org/fhir/R4/valueset.html compose (4.9.5) and https://hl7.org/fhir/R4/codesystem.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Row = dict[str, Any]
Codes = dict[str, str | None]  # code -> display
Expansion = dict[str, Codes | None]  # system -> its codes, or None where they cannot be listed

_HL7 = ("http://hl7.org/fhir/", "http://terminology.hl7.org/")
_UNKNOWN = ""  # stands for the systems of a nested value set that is in none of the packages
_SUBSUMED_BY = "subsumedBy"


class Concepts:
    """The flat concepts of one code system, with every parent of each."""

    def __init__(self, system: Row) -> None:
        self.system = system
        self.displays: Codes = {}
        self.parents: dict[str, list[str]] = {}
        for concept, parent in _flat(system.get("concept", []), None):
            code = concept["code"]
            self.displays.setdefault(code, concept.get("display"))
            parents = self.parents.setdefault(code, [])
            for each in [parent, *_stated_parents(concept)]:
                if each is not None and each not in parents:
                    parents.append(each)

    def add_missing(self, other: Concepts) -> None:
        """Add the concepts that only another version of this code system has."""
        for code, display in other.displays.items():
            if code not in self.displays:
                self.displays[code] = display
                self.parents[code] = other.parents[code]

    def is_a(self, code: str) -> set[str]:
        """Return `code` and all that lies below it."""
        found = {code}
        while more := {c for c, parents in self.parents.items() if c not in found and found & set(parents)}:
            found |= more
        return found

    def rows(self) -> list[list[Any]]:
        """Return one row a concept: code, display, parents; what is absent at the end is left out."""
        return [_trimmed([code, display, *self.parents[code]]) for code, display in self.displays.items()]


def _flat(concepts: Iterable[Row], parent: str | None) -> Iterator[tuple[Row, str | None]]:
    for concept in concepts:
        yield concept, parent
        yield from _flat(concept.get("concept", []), concept["code"])


def _stated_parents(concept: Row) -> list[str]:
    stated = concept.get("property", [])
    return [entry["valueCode"] for entry in stated if entry["code"] == _SUBSUMED_BY and "valueCode" in entry]


def _trimmed(row: list[Any]) -> list[Any]:
    while row[-1] is None:
        row.pop()
    return row


class Terminology:
    """The value sets and code systems of the packages: R4's own first, then the newer ones."""

    def __init__(self, core: Iterable[Row], newer: Iterable[Row], extensions: Iterable[Row]) -> None:
        self.value_sets: dict[str, Row] = {}
        self.code_systems: dict[str, Concepts] = {}
        core, newer, extensions = list(core), list(newer), list(extensions)
        for resource in [*core, *extensions, *newer]:
            if resource["resourceType"] == "ValueSet":
                self.value_sets.setdefault(resource["url"], resource)
        published = {r["url"]: r for r in newer if r["resourceType"] == "CodeSystem"}
        for resource in [*core, *extensions, *newer]:
            if resource["resourceType"] == "CodeSystem" and resource["url"] not in self.code_systems:
                self.code_systems[resource["url"]] = self._united(resource, published.get(resource["url"]))

    @staticmethod
    def _united(older: Row, newer: Row | None) -> Concepts:
        """Return a code system; one that R4 leaves to HL7 Terminology has the codes of both editions."""
        if newer is None or newer is older or newer.get("content") != "complete":
            return Concepts(older)
        united = Concepts(newer)
        united.add_missing(Concepts(older))
        return united

    def is_listed(self, system: str) -> bool:
        """Return whether all codes of `system` are in the packages."""
        concepts = self.code_systems.get(system)
        return concepts is not None and concepts.system.get("content") == "complete"

    def is_kept(self, system: str) -> bool:
        """Return whether `system` is written out whole: HL7 owns it and all its codes are known."""
        return system.startswith(_HL7) and self.is_listed(system)

    def expand(self, url: str) -> Expansion | None:
        """Return what a value set allows, or None where it is not in the packages."""
        value_set = self.value_sets.get(url.partition("|")[0])
        if value_set is None or "compose" not in value_set:
            return None
        compose = value_set["compose"]
        expansion: Expansion = {}
        for include in compose["include"]:
            for system, codes in self._included(include).items():
                known = expansion.get(system, {})
                expansion[system] = None if known is None or codes is None else known | codes
        for exclude in compose.get("exclude", []):
            for system, codes in self._included(exclude).items():
                known = expansion.get(system)
                if known and codes:
                    expansion[system] = {c: d for c, d in known.items() if c not in codes}
        return expansion

    def _included(self, include: Row) -> Expansion:
        parts = [self._nested(url) for url in include.get("valueSet", [])]
        if "system" in include:
            parts.insert(0, {include["system"]: self._codes(include)})
        first, *others = parts
        for other in others:
            first = {
                system: codes if other[system] is None else _common(codes, other[system])
                for system, codes in first.items()
                if system in other
            }
        return first

    def _nested(self, url: str) -> Expansion:
        expansion = self.expand(url)
        return {_UNKNOWN: None} if expansion is None else expansion

    def _codes(self, include: Row) -> Codes | None:
        concepts = self.code_systems.get(include["system"])
        if "concept" in include:
            known = concepts.displays if concepts else {}
            return {c["code"]: c.get("display") or known.get(c["code"]) for c in include["concept"]}
        if concepts is None or not self.is_listed(include["system"]):
            return None
        codes = set(concepts.displays)
        for wanted in include.get("filter", []):
            if wanted["property"] != "concept" or wanted["op"] not in ("is-a", "is-not-a"):
                return None
            below = concepts.is_a(wanted["value"])
            codes &= below if wanted["op"] == "is-a" else set(concepts.displays) - below
        return {code: display for code, display in concepts.displays.items() if code in codes}

    def value_set_row(self, url: str) -> Row:
        """Return a value set as systems with true (all codes), a list of codes, or null (unlisted)."""
        expansion = self.expand(url)
        if expansion is None:
            return {"url": url, "unpublished": True}
        row: Row = {"url": url}
        if "version" in self.value_sets[url]:
            row["version"] = self.value_sets[url]["version"]
        if expansion.pop(_UNKNOWN, "") is None:
            row["partial"] = True
        row["systems"] = {system: self._listed(system, codes) for system, codes in sorted(expansion.items())}
        return row

    def _listed(self, system: str, codes: Codes | None) -> list[Any] | bool | None:
        if codes is None:
            return None
        if not self.is_kept(system):
            return [_trimmed([code, display]) for code, display in codes.items()]
        displays = self.code_systems[system].displays
        if codes.keys() == displays.keys():
            return True
        return [code if code in displays else _trimmed([code, display]) for code, display in codes.items()]

    def code_system_rows(self, url: str) -> list[Any]:
        """Return a header and one row a concept for a code system."""
        concepts = self.code_systems[url]
        header = {key: concepts.system[key] for key in ("url", "version", "caseSensitive") if key in concepts.system}
        return [header, *concepts.rows()]


def _common(codes: Codes | None, others: Codes | None) -> Codes | None:
    if codes is None or others is None:
        return others if codes is None else codes
    return {code: display for code, display in codes.items() if code in others}
