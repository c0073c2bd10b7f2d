"""Value set membership from expansions; a value set that cannot be expanded is an error, never false.

Implements the membership tests of https://cql.hl7.org/09-b-cqlreference.html#in-valueset. A definition that enumerates
its codes, directly, by other value sets or by whole code systems held here, is expanded by what it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from publisher.expression.values import Code, EvaluationError, ValueSet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from publisher.expression.values import CodeSystem

_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Expansion:
    """The members of a value set: `(system, code)` pairs, the systems and bare codes among them, and all in order.

    `capitals` has the pairs with their codes in capitals, and `has_small` says whether that changes any of them.
    """

    members: frozenset[tuple[str, str]]
    systems: frozenset[str]
    codes: frozenset[str]
    listed: tuple[Code, ...] = ()
    capitals: frozenset[tuple[str, str]] = frozenset()
    has_small: bool = False

    @classmethod
    def of(cls, resource: dict[str, Any]) -> Expansion | None:
        """Return the expansion that a ValueSet resource carries, or None."""
        expansion = resource.get("expansion")
        if expansion is None or ("contains" not in expansion and expansion.get("total") != 0):
            return None
        return cls.listing(_members(expansion.get("contains", ())))

    @classmethod
    def listing(cls, codes: Iterable[Code]) -> Expansion:
        """Return the expansion of these codes, each once."""
        unique = {(code.system or "", code.code or ""): code for code in codes}
        systems = frozenset(system for system, _ in unique)
        capitals = frozenset((system, code.upper()) for system, code in unique)
        texts = frozenset(code for _, code in unique)
        return cls(frozenset(unique), systems, texts, tuple(unique.values()), capitals, not capitals <= unique.keys())

    def holds(self, code: Code) -> bool:
        """Return whether `code` is a member; a code without a system is matched by the code alone."""
        if code.system is None:
            return code.code in self.codes
        return (code.system, code.code) in self.members

    def misspells(self, pair: tuple[Any, Any]) -> bool:
        """Return whether a pair that is no member differs from one in capitals only: then it is no code at all.

        Codes are compared as they are written: https://hl7.org/fhir/R4/codesystem-definitions.html#CodeSystem.caseSensitive.
        """
        return (pair[0], str(pair[1]).upper()) in self.capitals and pair not in self.members


def _members(contains: Any) -> Iterator[Code]:
    for entry in contains:
        if "code" in entry and not entry.get("abstract") and not entry.get("inactive"):
            yield Code(entry["code"], entry.get("system", ""), entry.get("version"), entry.get("display"))
        yield from _members(entry.get("contains", ()))


class Terminology:
    """Expansions by value set, read once from what `resolve` returns for a canonical."""

    def __init__(self, resolve: Callable[[str], dict[str, Any] | None]) -> None:
        """Take `resolve(canonical) -> ValueSet or CodeSystem resource or None`."""
        self._resolve = resolve
        self._expansions: dict[ValueSet, Expansion] = {}
        self.members: set[tuple[str, str]] = set()
        """Those of every value set that was asked for so far."""
        self._named: dict[str, tuple[ValueSet, Expansion]] = {}
        self._systems: dict[CodeSystem, frozenset[str]] = {}

    def named(self, canonical: str) -> tuple[ValueSet, Expansion]:
        """Return the value set of a canonical and its expansion, or raise EvaluationError when there is none."""
        found = self._named.get(canonical)
        if found is None:
            wanted = ValueSet(canonical)
            found = self._named[canonical] = wanted, self.expansion(wanted)
        return found

    def expansion(self, value_set: ValueSet) -> Expansion:
        """Return the expansion of `value_set`, or raise EvaluationError when there is none."""
        expansion = self._expansions.get(value_set)
        if expansion is None:
            canonical = _canonical(value_set)
            expansion = self._expanded(canonical, 0)
            if expansion is None:
                raise EvaluationError(
                    f"ValueSet {canonical} has no expansion here, so membership cannot be decided.",
                    "value-set",
                )
            self._expansions[value_set] = expansion
            self.members |= expansion.members
        return expansion

    def code_system(self, system: CodeSystem) -> frozenset[str]:
        """Return the codes of a code system that is held whole, or raise EvaluationError."""
        codes = self._systems.get(system)
        if codes is None:
            concepts = self._concepts(_canonical(system))
            if concepts is None:
                raise EvaluationError(f"CodeSystem {_canonical(system)} is not held here whole.", "code-system")
            codes = self._systems[system] = frozenset(code.code or "" for code in concepts)
        return codes

    def _expanded(self, canonical: str, depth: int) -> Expansion | None:
        resource = self._resolve(canonical)
        if not resource or depth > _DEEPEST:
            return None
        return Expansion.of(resource) or self._composed(resource.get("compose") or {}, depth)

    def _composed(self, compose: dict[str, Any], depth: int) -> Expansion | None:
        """Return what a definition enumerates, or None where it needs a terminology server."""
        included = [self._clause(each, depth) for each in compose.get("include", ())]
        excluded = [self._clause(each, depth) for each in compose.get("exclude", ())]
        if not included or any(each is None for each in (*included, *excluded)):
            return None
        out = {(code.system, code.code) for each in excluded for code in each or ()}
        return Expansion.listing(
            code for each in included for code in each or () if (code.system, code.code) not in out
        )

    def _clause(self, clause: dict[str, Any], depth: int) -> list[Code] | None:
        """Return the codes of one include or exclude: those in its system and in all of its value sets."""
        if clause.get("filter"):
            return None
        sets = [self._expanded(canonical, depth + 1) for canonical in clause.get("valueSet", ())]
        if any(each is None for each in sets):
            return None
        own = self._own_codes(clause)
        if own is None:
            return None if "system" in clause or not sets else list(_common(sets))
        return [code for code in own if all(each is not None and each.holds(code) for each in sets)]

    def _own_codes(self, clause: dict[str, Any]) -> list[Code] | None:
        system = clause.get("system")
        if system is None:
            return None
        if "concept" in clause:
            version = clause.get("version")
            return [Code(each["code"], system, version, each.get("display")) for each in clause["concept"]]
        version = clause.get("version")
        return self._concepts(f"{system}|{version}" if version else system)

    def _concepts(self, canonical: str) -> list[Code] | None:
        """Return the concepts of a code system that is held whole."""
        resource = self._resolve(canonical)
        if not resource or resource.get("resourceType") != "CodeSystem" or resource.get("content") != "complete":
            return None
        return list(_nested(resource.get("concept", ()), resource.get("url", "")))


def _common(sets: list[Expansion | None]) -> Iterator[Code]:
    known = [each for each in sets if each is not None]
    return (code for code in known[0].listed if all(each.holds(code) for each in known[1:]))


def _nested(concepts: Any, system: str) -> Iterator[Code]:
    for each in concepts:
        yield Code(each["code"], system, None, each.get("display"))
        yield from _nested(each.get("concept", ()), system)


def _canonical(reference: ValueSet | CodeSystem) -> str:
    return f"{reference.id}|{reference.version}" if reference.version else reference.id
