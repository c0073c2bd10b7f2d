"""Put a profile together from its differential and those it builds on, as a tree of what it asks.

Implements https://hl7.org/fhir/R4/profiling.html#snapshot as far as validating needs: R4's own definitions, which
every instance is checked against anyway, are not repeated in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher.validation.nodes import items, text

if TYPE_CHECKING:
    from publisher.validation.knowledge import Knowledge

Row = dict[str, Any]
_LONGEST_CHAIN = 16


@dataclass(slots=True)
class Tree:
    """An element of a profile: its merged definition, its children by name, its slices by name."""

    name: str
    definition: Row = field(default_factory=dict)
    children: dict[str, Tree] = field(default_factory=dict)
    slices: dict[str, Tree] = field(default_factory=dict)
    _values: dict[str, Any] = field(default_factory=dict)

    @property
    def types(self) -> list[Row]:
        """Return the types that the element may have; none where the profile leaves them alone."""
        return [each for _, each in items(self.definition, "type")]

    def value(self, prefix: str) -> Any:
        """Return the fixed or pattern value, None where there is none; asked when the tree is whole."""
        if prefix not in self._values:
            found = (value for key, value in self.definition.items() if _is_prefixed(key, prefix))
            self._values[prefix] = next(found, None)
        return self._values[prefix]

    def at(self, steps: list[str]) -> Tree | None:
        """Return the tree at a path of names below."""
        found: Tree | None = self
        for step in steps:
            found = found.children.get(step) if found else None
        return found


def profile_tree(canonical: str, knowledge: Knowledge) -> Tree | None:
    """Return what a profile asks, with all that it builds on; None where it is not at hand."""
    chain = _chain(canonical, knowledge)
    if not chain:
        return None
    root = Tree(str(chain[0].get("type")))
    for structure in reversed(chain):
        for row in _rows(structure, is_last=structure is chain[-1]):
            _add(row, root)
    return root


def _chain(canonical: str, knowledge: Knowledge) -> list[Row]:
    """Return a profile and the profiles it builds on, nearest first."""
    found: list[Row] = []
    name: str | None = canonical
    while name and len(found) < _LONGEST_CHAIN:
        structure = knowledge.structure(name)
        if structure is None or structure.get("derivation") != "constraint" or structure in found:
            break
        found.append(structure)
        name = text(structure, "baseDefinition")
    return found


def _rows(structure: Row, *, is_last: bool) -> list[Row]:
    """Return the differential; the snapshot only where there is no differential."""
    part = structure.get("differential")
    if not isinstance(part, dict) or (is_last and not part.get("element")):
        part = structure.get("snapshot")
    return [row for _, row in items(part, "element")] if isinstance(part, dict) else []


def _add(row: Row, root: Tree) -> None:
    """Put one ElementDefinition where its id, or else its path, says."""
    path = text(row, "id") or text(row, "path") or ""
    steps = path.split(".")[1:]
    tree = root
    for step in steps:
        name, _, slice_name = step.partition(":")
        tree = tree.children.setdefault(name.removesuffix("[x]"), Tree(name))
        if slice_name:
            tree = tree.slices.setdefault(slice_name, Tree(name))
    named = text(row, "sliceName")
    if named and steps and ":" not in steps[-1]:
        tree = tree.slices.setdefault(named, Tree(tree.name))
    _merge(tree.definition, row)


def _merge(definition: Row, row: Row) -> None:
    constraints = [one for each in (definition, row) for _, one in items(each, "constraint")]
    definition.update(row)
    if constraints:
        definition["constraint"] = constraints


def _is_prefixed(key: str, prefix: str) -> bool:
    return key.startswith(prefix) and key[len(prefix) : len(prefix) + 1].isupper()
