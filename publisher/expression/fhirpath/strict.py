"""Refuse, before anything is evaluated, what cannot be: unknown elements, wrong types, order where there is none.

Implements https://hl7.org/fhirpath/N1/#type-safety-and-strict-evaluation. Where a type is not known (a variable, a
resource of any type) nothing is refused. All problems of an expression are told at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.expression.fhirpath import model
from publisher.expression.fhirpath import signatures as table
from publisher.expression.fhirpath.lexer import refused
from publisher.expression.fhirpath.syntax import (
    Call,
    Indexer,
    Literal,
    Member,
    Node,
    Operation,
    Polarity,
    SortKey,
    Special,
    TypeOperation,
    Variable,
    qualified_name,
)
from publisher.expression.fhirpath.types import (
    BOOLEAN,
    INTEGER,
    QUANTITY,
    STRING,
    Specifier,
    is_a,
    is_cast,
    is_open,
    is_subtype,
    specifier,
    system_type,
)
from publisher.issue import IssueError, Report

if TYPE_CHECKING:
    from publisher.issue import Issue

Types = frozenset[str] | None
_TYPE_FUNCTIONS = ("is", "as", "ofType")
_BOOLEAN_OPERATORS = ("and", "or", "xor", "implies", "=", "!=", "~", "!~", "in", "contains", "<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class Kind:
    """What is known of a collection: the types its items can have (None: any), and whether it has an order."""

    types: Types
    ordered: bool = True


_ANY = Kind(None)


def check(tree: Node, text: str, type_: str | None) -> None:
    """Raise IssueError with all that cannot be in an expression on a context of `type_`."""
    checker = _Checker(text, Kind(None if type_ is None else frozenset((type_,))))
    checker.kind(tree, checker.root)
    if checker.issues:
        raise IssueError(Report(checker.issues))


def _of(*types: str) -> Kind:
    return Kind(frozenset(types))


class _Checker:
    """One pass over an expression that works out the kind of each part."""

    def __init__(self, text: str, root: Kind) -> None:
        self.root = root
        self.issues: list[Issue] = []
        self._text = text

    def kind(self, node: Node, this: Kind) -> Kind:
        """Return the kind of a part of the expression where `$this` is of the kind `this`."""
        match node:
            case Literal():
                return Kind(frozenset((node.type,) if node.type else ()))
            case Special(name="this"):
                return this
            case Special(name=name):
                return _of(INTEGER) if name == "index" else _ANY
            case Variable(name="context"):
                return self.root
            case Variable(name=name):
                is_text = name in ("ucum", "sct", "loinc") or name.startswith(("vs-", "ext-"))
                return _of(STRING) if is_text else _ANY
            case Member(focus=None):
                return self._first(node, this)
            case Member():
                return self._member(node, self.kind(node.focus, this) if node.focus else this)
            case Call():
                return self._call(node, this)
            case _:
                return self._operation(node, this)

    def _operation(self, node: Node, this: Kind) -> Kind:
        match node:
            case Indexer():
                focus = self.kind(node.focus, this)
                self._need_order(node, focus, "[]")
                self._need(node.index, self.kind(node.index, this), frozenset((INTEGER,)), "a position")
                return focus
            case Polarity():
                operand = self.kind(node.operand, this)
                self._need(node, operand, table.AMOUNTS, f"after '{node.operator}'")
                return operand
            case SortKey():
                return self.kind(node.key, this)
            case TypeOperation():
                return self._typed(node, self.kind(node.operand, this), node.operator, node.type_name)
            case Operation():
                return self._binary(node, self.kind(node.left, this), self.kind(node.right, this))
        return _ANY

    # -- paths --------------------------------------------------------------------------------------------------------

    def _first(self, node: Member, this: Kind) -> Kind:
        wanted = specifier(node.name) if node.name[:1].isupper() else None
        if wanted is None or wanted.fhir is None or this.types is None:
            return self._member(node, this)
        if any(is_subtype(type_, node.name) for type_ in this.types):
            return this
        if any(is_open(type_) for type_ in this.types):
            return _of(node.name)
        found = _listed(this.types)
        self._refuse(node, f"starts at {node.name}, but the context is {found}; start with {found} or without a type")
        return _ANY

    def _member(self, node: Member, focus: Kind) -> Kind:
        if focus.types is None or any(is_open(type_) for type_ in focus.types):
            known = None if focus.types is None else model.step("Resource", node.name)
            return Kind(frozenset(key.type for key in known.keys) if known else None, focus.ordered)
        steps = [step for type_ in focus.types if (step := model.step(type_, node.name))]
        if focus.types and not steps:
            self._refuse(node, self._unknown(node.name, focus.types))
            return _ANY
        return Kind(frozenset(key.type for step in steps for key in step.keys), focus.ordered)

    def _unknown(self, name: str, types: frozenset[str]) -> str:
        for type_ in types:
            for step in model.steps(type_).values():
                if step.is_choice and any(key.name == name for key in step.keys):
                    return f"names {name}, which in FHIRPath is {step.name}; write {step.name}.ofType(...)"
        known = sorted({each for type_ in types for each in model.steps(type_)})
        return f"names {name}, which {_listed(types)} has not; it has {', '.join(known) or 'no elements'}"

    # -- functions ----------------------------------------------------------------------------------------------------

    def _call(self, node: Call, this: Kind) -> Kind:
        focus = self.kind(node.focus, this) if node.focus is not None else this
        name = node.name
        if name in _TYPE_FUNCTIONS:
            wanted = qualified_name(node.arguments[0]) if node.arguments else None
            return self._typed(node, focus, name, wanted) if wanted else _ANY
        if name in table.ORDERED:
            self._need_order(node, focus, f"{name}()")
        if name in table.FOCUS:
            self._need(node, focus, table.FOCUS[name], f"{name}()")
        inner = focus if name in table.LAMBDAS or name in ("trace", "defineVariable") else this
        kinds = [
            self.kind(each, inner if index == 0 or name != "aggregate" else this)
            for index, each in enumerate(node.arguments)
        ]
        self._arguments(node, kinds)
        return self._given(node, focus, kinds)

    def _arguments(self, node: Call, kinds: list[Kind]) -> None:
        if node.name in table.CONDITIONS and kinds:
            self._need(node.arguments[0], kinds[0], frozenset((BOOLEAN,)), f"the condition of {node.name}()")
        wanted = table.ARGUMENTS.get(node.name)
        if wanted is not None:
            checked = kinds[:1] if node.name == "trace" else kinds
            for argument, kind in zip(node.arguments, checked, strict=False):
                self._need(argument, kind, wanted, f"an argument of {node.name}()")

    def _given(self, node: Call, focus: Kind, kinds: list[Kind]) -> Kind:
        name = node.name
        if name in table.GIVES:
            return _of(table.GIVES[name])
        if name in table.SAME:
            return Kind(focus.types, ordered=focus.ordered or name == "sort")
        if name in table.UNORDERED:
            return Kind(None, ordered=False)
        if name == "select" and kinds:
            return Kind(kinds[0].types, ordered=focus.ordered and kinds[0].ordered)
        if name in ("union", "combine", "iif") and kinds:
            return _together(focus if name != "iif" else kinds[1], *kinds[1 if name != "iif" else 2 :])
        if name == "extension":
            return _of("Extension")
        return _of("Resource") if name == "resolve" else _ANY

    def _typed(self, node: Node, focus: Kind, operator: str, name: str) -> Kind:
        wanted = specifier(name)
        if wanted is None or (wanted.fhir is None and wanted.system is None):
            self._refuse(node, f"names the type {name}, which is none; correct the name")
            return _ANY
        if focus.types and not any(_can_be(type_, wanted, operator) for type_ in focus.types):
            sentence = f"asks whether {_listed(focus.types)} is {name}, which it never is; take it out or correct it"
            self._refuse(node, sentence)
        if operator == "is":
            return _of(BOOLEAN)
        return Kind(frozenset(each for each in (wanted.fhir, wanted.system) if each), focus.ordered)

    # -- operators ----------------------------------------------------------------------------------------------------

    def _binary(self, node: Operation, left: Kind, right: Kind) -> Kind:
        operator = node.operator
        if operator == "|":
            return _together(left, right)
        ours, theirs = _system(left), _system(right)
        if ours and theirs and not _fits(operator, ours, theirs):
            sides = f"{_listed(left.types or ours)} and {_listed(right.types or theirs)}"
            self._refuse(node, f"has '{operator}' between {sides}, which do not go together; convert one of them")
        if operator in _BOOLEAN_OPERATORS:
            return _of(BOOLEAN)
        if operator == "&":
            return _of(STRING)
        same = len(ours or ()) == 1 and ours == theirs and operator != "/"
        return Kind(ours) if same else _ANY

    # -- problems -----------------------------------------------------------------------------------------------------

    def _need(self, node: Node, kind: Kind, wanted: frozenset[str], place: str) -> None:
        found = _system(kind)
        if kind.types and found is not None and not found & wanted:
            names = _listed(wanted)
            self._refuse(node, f"needs {names} for {place}, not {_listed(kind.types)}; convert or correct it")

    def _need_order(self, node: Node, focus: Kind, place: str) -> None:
        if not focus.ordered:
            self._refuse(node, f"uses {place} on items that have no order; choose by a condition with where()")

    def _refuse(self, node: Node, sentence: str) -> None:
        self.issues += refused(self._text, node.at, sentence, rule="fhirpath-type").report.issues


def _together(*kinds: Kind) -> Kind:
    types: Types = frozenset()
    for kind in kinds:
        types = None if types is None or kind.types is None else types | kind.types
    return Kind(types, ordered=all(kind.ordered for kind in kinds))


def _system(kind: Kind) -> Types:
    """Return the System types that items are converted to; a complex type stands for itself."""
    if kind.types is None or any(is_open(type_) for type_ in kind.types):
        return None
    return frozenset(system_type(type_) or type_ for type_ in kind.types)


def _listed(types: frozenset[str]) -> str:
    return " or ".join(sorted(each.removeprefix("System.") for each in types)) or "nothing"


def _can_be(type_: str, wanted: Specifier, operator: str) -> bool:
    if (is_a if operator == "is" else is_cast)(type_, wanted):
        return True
    if is_open(type_):
        return True
    return wanted.fhir is not None and is_subtype(wanted.fhir, type_)


def _fits(operator: str, left: frozenset[str], right: frozenset[str]) -> bool:
    return any(_pair_fits(operator, one, other) for one in left for other in right)


def _pair_fits(operator: str, left: str, right: str) -> bool:
    if operator in ("<", "<=", ">", ">="):
        return _is_ordered(left, right)
    if operator in ("+", "-"):
        is_moved = left in table.MOMENTS and right == QUANTITY
        return is_moved or _are_amounts(left, right) or (operator == "+" and left == right == STRING)
    if operator in ("*", "/"):
        return _are_amounts(left, right)
    if operator in ("div", "mod"):
        return left in table.NUMBERS and right in table.NUMBERS
    return operator != "&" or left == right == STRING


def _is_ordered(left: str, right: str) -> bool:
    if left == right:
        return left == STRING or left in table.MOMENTS or left in table.AMOUNTS
    return _are_amounts(left, right) or (left in table.DATES and right in table.DATES)


def _are_amounts(left: str, right: str) -> bool:
    return left in table.AMOUNTS and right in table.AMOUNTS
