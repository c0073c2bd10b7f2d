"""Evaluate the invariants of R4's definitions on every element, each expression compiled when it is first met.

Implements https://hl7.org/fhir/R4/conformance-rules.html#constraints.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from publisher.issue import IssueError
from publisher.r4.definitions import ancestors, element, type_definition
from publisher.validation.data_types import CONSTRAINTS
from publisher.validation.nodes import items
from publisher.validation.shapes import shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.expression.fhirpath import Expression, Services
    from publisher.r4.elements import Constraint
    from publisher.validation.nodes import Finding, Node

# Checked natively: by the walk over the structure; in questionnaires.py those that R4 wrote wrongly ("> 2", "Boolean").
NATIVE = (
    CONSTRAINTS
    | {"ele-1", "ext-1", "txt-1", "txt-2", "dom-2", "dom-3", "dom-4", "dom-5", "ref-1"}
    | {"que-7", "que-12", "csd-1", "sdf-9", "sdf-19", "sdf-23"}
)
# The most frequent one; `matches` looks for the pattern anywhere, and its tail may be empty.
_NAME = "name.matches('[A-Z]([A-Za-z0-9_]){0,254}')"
_CAPITAL = ("name", re.compile(r"[A-Z]"))
_SEARCHED = {
    "eld-19": ("path", re.compile(r"[^\s.,:;'\"/|?!@#$%&*()\[\]{}]")),
    "eld-20": ("path", re.compile(r"[A-Za-z]")),
}
_DISTINCT = re.compile(r"(\w+)\.select\((\w+)\)\.isDistinct\(\)")
_WHERE_TRUE = re.compile(r"\((\w+)\.exists\(\) and \1\) implies ")
# Forms of constraints that hold wherever one element is absent.
_WHERE_THERE = re.compile(r"(\w+)\.exists\(\) implies |\((\w+)\.exists\(\) and \w+\) implies ")
_WHERE_ABSENT = re.compile(
    r"(\w+)\.empty\(\) or |(\w+)\.select\(\w+\)\.isDistinct\(\)$|(\w+)\.matches\([^()]*\)$"
    r"|(?:\([^()]*\)|[\w' !=]+) or (\w+)\.empty\(\)$"
)
# Forms of constraints that hold wherever one of some elements is there.
_BRACKETS = re.compile(r"\((?!\))")
_IS_THERE = re.compile(r"(\w+)\.exists\(\)")
_RULES = {"error": "invariant-broken", "warning": "invariant-advised"}


class Invariant:
    """A constraint with its expression, compiled for each type of element that it is evaluated on."""

    __slots__ = ("_expression", "constraint", "distinct", "enough", "needs", "searched", "where_true")

    def __init__(self, constraint: Constraint, content: str) -> None:
        self.constraint = constraint
        self.needs = _needed(constraint.expression, content)
        self.enough = _enough(constraint.expression, content)
        self.searched = _CAPITAL if constraint.expression == _NAME else _SEARCHED.get(constraint.key)
        self.distinct = _DISTINCT.fullmatch(constraint.expression)
        match = _WHERE_TRUE.match(constraint.expression)
        self.where_true = match[1] if match else None
        self._expression: Expression | None = None

    def is_simply_kept(self, value: dict[str, Any]) -> bool:
        """Return whether the constraint surely holds by its form alone; what this says no of is evaluated."""
        if self.where_true is not None:
            return value.get(self.where_true) is False
        if self.distinct is not None:
            found = [one.get(self.distinct[2]) for _, one in items(value, self.distinct[1])]
            return all(isinstance(one, str) for one in found) and len(set(found)) == len(found)
        return False

    def is_broken(self, value: Any, variables: dict[str, Any], services: Services) -> bool:
        """Return whether the element surely breaks the constraint; where it cannot be told it does not."""
        from publisher.expression.fhirpath import compile_fhirpath

        if self.searched is not None:
            name, pattern = self.searched
            plain = value.get(name) if isinstance(value, dict) else value.value.get(name)
            return isinstance(plain, str) and pattern.search(plain) is None
        try:
            if self._expression is None:
                self._expression = compile_fhirpath(self.constraint.expression)
            found = self._expression.evaluate(value, variables, services=services)
        except IssueError:
            return False
        if not found:
            return self._asks_for_one_of_several
        return len(found) == 1 and found[0] is False

    @property
    def _asks_for_one_of_several(self) -> bool:
        """Return whether the constraint wants one of several things, so that none of them breaks it.

        `code.exists() or abstract = true` is neither true nor false without both; it is not met.
        """
        expression = self.constraint.expression
        return self.constraint.severity == "error" and " or " in expression and " implies " not in expression


def invariant_findings(node: Node, services: Services, *, best_practice: bool) -> Iterator[Finding]:
    """Yield the invariants that an element breaks."""
    listed = invariants(node.content, _own_path(node))
    if not listed:
        return
    from publisher.expression.fhirpath import Element

    value = node.value if "resourceType" in node.value else Element(node.value, node.content)
    variables = {"resource": node.resource, "rootResource": node.root}
    for each in listed:
        constraint = each.constraint
        if constraint.is_best_practice and not best_practice:
            continue
        if each.needs is not None and each.needs.isdisjoint(node.value):
            continue
        if not each.enough.isdisjoint(node.value) or each.is_simply_kept(node.value):
            continue
        if each.is_broken(value, variables, services):
            yield broken(constraint.key, constraint.severity, constraint.human, node, constraint.is_best_practice)


def broken(key: str, severity: str, human: str, node: Node, is_best_practice: bool = False) -> Finding:  # noqa: FBT001, FBT002
    """Return the finding that an element breaks the constraint `key`."""
    rule = "invariant-best-practice" if is_best_practice else _RULES[severity]
    sentence = f"breaks {key}: {human.strip().rstrip('.')}; change it so that this holds"
    return rule, node.path, sentence


@cache
def invariants(content: str, path: str | None) -> tuple[Invariant, ...]:
    """Return the invariants of a type, and of the element at `path` that has it, without those checked natively."""
    found: dict[str, Invariant] = {}
    for constraint in _constraints(content, path):
        if constraint.key not in NATIVE:
            found.setdefault(constraint.key, Invariant(constraint, content))
    return tuple(found.values())


def _needed(expression: str, content: str) -> frozenset[str] | None:
    """Return the JSON names of an element without which the constraint holds, where its form tells."""
    if expression.count(" implies ") > 1:
        return None
    match = _WHERE_THERE.match(expression) or (None if " implies " in expression else _WHERE_ABSENT.match(expression))
    name = next(filter(None, match.groups()), None) if match else None
    return _keys(name, content) or None if name is not None else None


def _enough(expression: str, content: str) -> frozenset[str]:
    """Return the JSON names of elements of which each alone makes the constraint hold, where its form tells."""
    before, implies, after = expression.rpartition(" implies ")
    part = after if implies and " implies " not in before else expression
    if _BRACKETS.search(part) or " and " in part or " xor " in part or " implies " in part:
        return frozenset()
    found = [match[1] for one in part.split(" or ") if (match := _IS_THERE.fullmatch(one.strip()))]
    return frozenset(key for name in found for key in _keys(name, content))


def _keys(name: str, content: str) -> frozenset[str]:
    keys = [key for key, field in shape(content).fields.items() if name in (key, field.choice)]
    return frozenset(each for key in keys for each in (key, f"_{key}"))


def _constraints(content: str, path: str | None) -> Iterator[Constraint]:
    for name in {content: None, path: None}:
        own = element(name) if name and "." in name else None
        yield from own.constraints if own else ()
    for name in ancestors(content) if "." not in content else ():
        definition = type_definition(name)
        yield from definition.constraints if definition else ()


def _own_path(node: Node) -> str | None:
    """Return the path of the element itself where its type is defined elsewhere."""
    if node.field is None or node.parent is None or "resourceType" in node.value:
        return None
    return f"{node.parent.content}.{node.field.key}"
