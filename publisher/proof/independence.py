"""MC/DC: for each atom of a condition, two worked patients that show it to decide the condition by itself.

Modified condition/decision coverage as in RTCA DO-178C: of the two patients, the atom differs and the condition
differs. Either every other atom is the same (*unique*), or the others are masked: with the atom alone changed, each of
the two would come to what the other came to (*masking*). A pair is looked for between true and false, and one in which
the atom is undetermined on one side; of the latter it is enough that the change of the atom alone leads from the first
patient's decision to the second's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from publisher.proof.substitution import ERROR, FALSE, TRUE, decided, substituted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from publisher.expression.terminology import Terminology
    from publisher.proof.atoms import Condition
    from publisher.proof.recorded import Row

DECIDED, UNDETERMINED = "decided", "undetermined"
KINDS = (DECIDED, UNDETERMINED)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two cases that show what an atom does, and how."""

    cases: tuple[str, str]
    how: str


@dataclass(frozen=True, slots=True)
class Independence:
    """An atom of a condition with the pair of each kind, None where no two cases show it."""

    condition: str
    atom: str
    pairs: dict[str, Pair | None]

    def missing(self) -> Iterator[str]:
        """Yield the ids of what no two cases show."""
        yield from (f"mcdc/{self.condition}/{self.atom}/{kind}" for kind, pair in self.pairs.items() if pair is None)


def independence(condition: Condition, rows: Sequence[Row], terminology: Terminology) -> list[Independence]:
    """Return for each atom of a condition the pairs of rows that show it to decide by itself.

    A row in which an atom fails shows nothing.
    """
    keys = [atom.key for atom in condition.atoms]

    @cache
    def outcome(atoms: tuple[str, ...]) -> str:
        return decided(substituted(condition.definition, dict(zip(keys, atoms, strict=True)), terminology))

    unique = list({(row.decided, row.atoms): row for row in rows if ERROR not in row.atoms}.values())
    return [
        Independence(condition.name, atom.name, {kind: _pair(index, kind, unique, outcome) for kind in KINDS})
        for index, atom in enumerate(condition.atoms)
    ]


def _pair(index: int, kind: str, rows: Sequence[Row], outcome: Callable[[tuple[str, ...]], str]) -> Pair | None:
    candidates = [(one, other) for one in rows for other in rows if _differ(index, kind, one, other)]
    for one, other in candidates:
        if _others(one, index) == _others(other, index):
            return Pair((one.case, other.case), "unique")
    for one, other in candidates:
        there = outcome(_with(one, index, other.atoms[index])) == other.decided
        back = kind == UNDETERMINED or outcome(_with(other, index, one.atoms[index])) == one.decided
        if there and back:
            return Pair((one.case, other.case), "masking")
    return None


def _differ(index: int, kind: str, one: Row, other: Row) -> bool:
    """Return whether both the condition and the atom differ, in the way that a kind of pair asks for."""
    states = {one.atoms[index], other.atoms[index]}
    if one.decided == other.decided:
        return False
    if kind == DECIDED:
        return states == {TRUE, FALSE} and {one.decided, other.decided} == {TRUE, FALSE}
    return len(states & {TRUE, FALSE}) == 1 and len(states) > 1


def _others(row: Row, index: int) -> tuple[str, ...]:
    return row.atoms[:index] + row.atoms[index + 1 :]


def _with(row: Row, index: int, state: str) -> tuple[str, ...]:
    return (*row.atoms[:index], state, *row.atoms[index + 1 :])
