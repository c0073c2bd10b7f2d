"""The conditions that plans name, and the named definitions that each is made of.

A *condition* is a CQL definition that a plan names as the condition of an action. Its *atoms* are the named boolean
definitions that it refers to, transitively, down to those that read data: by themselves, by functions or by definitions
of other types. A condition that reads data is its own atom.
https://cql.hl7.org/04-logicalspecification.html#expressionref
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from publisher.apply.knowledge import actions_of
from publisher.apply.logic import CQL
from publisher.elm import nodes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.apply.knowledge import Knowledge
    from publisher.expression.library import Library
    from publisher.repository import Artifact

BOOLEAN = "{urn:hl7-org:elm-types:r1}Boolean"
READS = ("Retrieve", "ParameterRef")
REFERENCES = ("ExpressionRef", "FunctionRef")


@dataclass(frozen=True, slots=True)
class Definition:
    """A named definition of a compiled library."""

    library: Library
    name: str

    @property
    def key(self) -> tuple[str, str]:
        """Return what an evaluation keeps its value by."""
        return self.library.id, self.name

    @property
    def is_boolean(self) -> bool:
        """Return whether it is true, false or null, and no function."""
        found = self.library.statements(self.name)
        return any(each.get("resultTypeName") == BOOLEAN and each.get("type") != "FunctionDef" for each in found)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition with its atoms."""

    definition: Definition
    atoms: tuple[Definition, ...]

    @property
    def name(self) -> str:
        """Return the name of the definition."""
        return self.definition.name


def conditions_of(knowledge: Knowledge, topic: str) -> list[Condition]:
    """Return the conditions that the plans of a topic name, each once, in the order of the plans."""
    found: dict[tuple[str, str], Condition] = {}
    for plan in knowledge.repository.of_type("PlanDefinition"):
        for action in actions_of(plan.resource) if plan.topic == topic else ():
            for definition in named_by(action, plan, knowledge):
                found.setdefault(definition.key, condition_of(definition))
    return list(found.values())


def named_by(action: dict[str, Any], plan: Artifact, knowledge: Knowledge) -> Iterator[Definition]:
    """Yield the definitions that the applicability conditions of an action name."""
    for each in action.get("condition", ()):
        expression = each.get("expression", {})
        if each.get("kind") == "applicability" and expression.get("language") in CQL:
            name = str(expression.get("expression")).strip('"')
            yield from (Definition(one, name) for one in knowledge.libraries_of(plan) if name in one)


def condition_of(definition: Definition) -> Condition:
    """Return a definition as a condition."""
    return Condition(definition, tuple(dict.fromkeys(atoms_of(definition))))


def atoms_of(definition: Definition) -> Iterator[Definition]:
    """Yield the atoms of a definition."""
    parts = parts_of(definition)
    if not parts:
        yield definition
    for part in parts:
        yield from atoms_of(part)


def parts_of(definition: Definition) -> tuple[Definition, ...]:
    """Return the boolean definitions that decide one, none where it reads data itself."""
    reached = _reached(definition)
    return () if any(isinstance(one, str) for one in reached) else referred_to(definition)


def referred_to(definition: Definition) -> tuple[Definition, ...]:
    """Return the boolean definitions that one comes to first, whatever else it reads."""
    return tuple(dict.fromkeys(one for one in _reached(definition) if isinstance(one, Definition)))


@lru_cache(maxsize=4096)
def _reached(definition: Definition) -> tuple[Definition | str, ...]:
    """Return the boolean definitions that one comes to first, and the type of each node that reads on the way."""
    found: list[Definition | str] = []
    seen = {definition.key}
    pending = [definition]
    while pending:
        here = pending.pop()
        for node in nodes_of(here.library.statements(here.name)):
            if node.get("type") in READS:
                found.append(str(node["type"]))
            elif node.get("type") in REFERENCES:
                other = _target(here.library, node)
                if other is None or other.key in seen:
                    continue
                seen.add(other.key)
                (found if other.is_boolean else pending).append(other)
    return tuple(found)


def _target(library: Library, node: dict[str, Any]) -> Definition | None:
    alias = node.get("libraryName")
    owner = library.includes.get(alias) if alias else library
    return Definition(owner, str(node["name"])) if owner is not None else None
