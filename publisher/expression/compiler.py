"""The compiler core: an ELM node becomes a pair of closures, one plain, one tracked.

ELM: https://cql.hl7.org/elm.html. The semantics of the tracked closures is that of three-valued evaluation:
`plain` is the same code always; causes ride beside it (see `causes`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from publisher.expression.causes import Tracked
    from publisher.expression.evaluation import Evaluation

Node = dict[str, Any]
Frame = list[Any]


class Expr(NamedTuple):
    """A compiled expression; `known` holds its value where that is known when compiling.

    With `fixed` its value is the same object each time in one evaluation.
    """

    plain: Callable[[Evaluation, Frame], Any]
    tracked: Callable[[Evaluation, Frame], Tracked]
    known: tuple[Any] | None = None
    fixed: bool = False


class NotSupportedError(Exception):
    """An ELM node that this engine does not know; carries the node's locator."""


@dataclass(frozen=True, slots=True)
class Function:
    """A compiled function: its body, and the size of the frame that its operands start."""

    body: Expr
    operands: int
    frame: int


@dataclass(frozen=True, slots=True, eq=False)
class Overload:
    """One of the functions of a name: its signature, tests of its operands, and how to get it compiled."""

    signature: tuple[str, ...]
    tests: tuple[Callable[[Any], bool], ...]
    function: Callable[[], Function]


BUILDERS: dict[str, Callable[[Scope, Node], Expr]] = {}


def node(*types: str) -> Callable[[Callable[[Scope, Node], Expr]], Callable[[Scope, Node], Expr]]:
    """Register a function as the builder of ELM nodes of these types."""

    def register(builder: Callable[[Scope, Node], Expr]) -> Callable[[Scope, Node], Expr]:
        for name in types:
            BUILDERS[name] = builder
        return builder

    return register


class Scope:
    """The names visible while one definition or function is compiled, and the slots of its frame.

    `context` is what the definition stands in: `Patient`, or what goes beyond one (`Unfiltered`).
    """

    def __init__(self, library: LibraryNames, context: str | None = None) -> None:
        self.library = library
        self.context = context
        self.slots: dict[str, int] = {}
        self.size = 0

    def declare(self, name: str) -> int:
        """Give `name` (an alias, let or operand) a slot of its own."""
        self.slots[name] = self.size
        self.size += 1
        return self.size - 1

    def slot(self, name: str) -> int:
        """Return the slot of a name in scope."""
        if name not in self.slots:
            raise NotSupportedError(f"the name {name!r} is not in scope")
        return self.slots[name]

    def compile(self, elm: Node) -> Expr:
        """Return the closures of an ELM node."""
        builder = BUILDERS.get(elm.get("type", ""))
        if builder is None:
            raise NotSupportedError(f"ELM node {elm.get('type')!r} at {elm.get('locator', '?')} is not supported")
        return builder(self, elm)

    def operands(self, elm: Node) -> list[Expr]:
        """Return the closures of a node's operands, one or many."""
        operand = elm.get("operand", ())
        return [self.compile(each) for each in ([operand] if isinstance(operand, dict) else operand)]

    def optional(self, elm: Node, name: str) -> Expr:
        """Return the closures of a part that a node may leave out: null where it does."""
        return self.compile(elm[name]) if elm.get(name) else constant(None)


class LibraryNames:
    """What a definition may refer to: its library's own names and the libraries it includes."""

    def __init__(self, elm: Node, includes: Mapping[str, Any]) -> None:
        self.elm = elm
        self.id: str = elm.get("identifier", {}).get("id", "")
        self.includes = includes
        self.definitions: dict[str, Any] = {}
        self.functions: dict[str, list[Overload]] = {}
        self.code_systems = {each["name"]: each for each in _defs(elm, "codeSystems")}
        self.value_sets = {each["name"]: each for each in _defs(elm, "valueSets")}
        self.codes = {each["name"]: each for each in _defs(elm, "codes")}
        self.concepts = {each["name"]: each for each in _defs(elm, "concepts")}
        self.parameters = {each["name"]: each for each in _defs(elm, "parameters")}


def _defs(elm: Node, section: str) -> list[Node]:
    return list(elm.get(section, {}).get("def", ()))


# -- tracked values -----------------------------------------------------------------------------------------------


def constant(value: Any) -> Expr:
    """Return the expression of a value known when compiling."""
    tracked: Tracked = (value, 0, None)
    return Expr(lambda _env, _frame: value, lambda _env, _frame: tracked, (value,))


def strict(operator: Callable[..., Any], operands: list[Expr], *, nulls: bool = False) -> Expr:
    """Return a null-propagating operator: causes are those of its operands; a firm null operand gives a firm null.

    With `nulls` the operator is asked about nulls too (Equivalent, IsNull, ...), and no operand closes it.
    """
    folded = _folded(operator, operands, nulls=nulls)
    return folded or contextual(lambda _env, *values: operator(*values), operands, nulls=nulls, bare=operator)


def _folded(operator: Callable[..., Any], operands: list[Expr], *, nulls: bool) -> Expr | None:
    """Return an operator on known values as its value; None where one is not known, or where it is an error."""
    values = []
    for each in operands:
        if each.known is None:
            return None
        values.append(each.known[0])
    if not nulls and any(value is None for value in values):
        return constant(None)
    try:
        return constant(operator(*values))
    except Exception:  # noqa: BLE001  it will be raised again when the definition is evaluated
        return None


def contextual(
    operator: Callable[..., Any],
    operands: list[Expr],
    *,
    nulls: bool = False,
    bare: Callable[..., Any] | None = None,
) -> Expr:
    """Return a `strict` operator that is given the evaluation too; `bare` is the same one without it, if it can be."""
    plain = _plain(operator, [each.plain for each in operands], bare, nulls=nulls)
    trackeds = [each.tracked for each in operands]
    if len(trackeds) == 1:
        return Expr(plain, _tracked_unary(operator, trackeds[0], bare, nulls=nulls))
    return Expr(plain, _tracked(operator, trackeds, bare, nulls=nulls))


def _tracked(operator: Any, trackeds: list[Any], bare: Any, *, nulls: bool) -> Callable[[Evaluation, Frame], Tracked]:
    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        mask, values, null = 0, [], False
        for each in trackeds:
            part = each(env, frame)
            value, own, members = part
            if members:
                own = depth(part)
            if value is None and not nulls:
                if not own or not env.causes.is_open(own):
                    return None, own, None
                null = True
            mask |= own
            values.append(value)
        if null:
            return None, mask, None
        return uncertain(env, bare(*values) if bare else operator(env, *values), mask)

    return tracked


def _tracked_unary(operator: Any, only: Any, bare: Any, *, nulls: bool) -> Callable[[Evaluation, Frame], Tracked]:
    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        part = only(env, frame)
        value, mask, members = part
        if members:
            mask = depth(part)
        if value is None and not nulls:
            return None, mask, None
        found = bare(value) if bare else operator(env, value)
        return part if found is value else uncertain(env, found, mask)

    return tracked


def _plain(operator: Any, plains: list[Any], bare: Any, *, nulls: bool) -> Callable[[Evaluation, Frame], Any]:
    if bare is None:
        return _plain_contextual(operator, plains, nulls=nulls)
    if len(plains) == 1:
        return _unary(bare, plains[0], nulls=nulls)
    if len(plains) == 2:  # noqa: PLR2004  most operators
        return _binary(bare, *plains, nulls=nulls)

    def plain(env: Evaluation, frame: Frame) -> Any:
        values = []
        for each in plains:
            value = each(env, frame)
            if value is None and not nulls:
                return None
            values.append(value)
        return bare(*values)

    return plain


def _plain_contextual(operator: Any, plains: list[Any], *, nulls: bool) -> Callable[[Evaluation, Frame], Any]:
    def plain(env: Evaluation, frame: Frame) -> Any:
        values = []
        for each in plains:
            value = each(env, frame)
            if value is None and not nulls:
                return None
            values.append(value)
        return operator(env, *values)

    return plain


def _unary(operator: Any, only: Any, *, nulls: bool) -> Callable[[Evaluation, Frame], Any]:
    if nulls:
        return lambda env, frame: operator(only(env, frame))

    def unary(env: Evaluation, frame: Frame) -> Any:
        value = only(env, frame)
        return None if value is None else operator(value)

    return unary


def _binary(operator: Any, left: Any, right: Any, *, nulls: bool) -> Callable[[Evaluation, Frame], Any]:
    if nulls:
        return lambda env, frame: operator(left(env, frame), right(env, frame))

    def binary(env: Evaluation, frame: Frame) -> Any:
        first = left(env, frame)
        if first is None:
            return None
        second = right(env, frame)
        return None if second is None else operator(first, second)

    return binary


def operator_node(name: str, function: Callable[..., Any], *, nulls: bool = False, context: bool = False) -> None:
    """Register a node type as a strict operator; with `context` the function is given the evaluation first."""
    build = contextual if context else strict
    BUILDERS[name] = lambda scope, elm: build(function, scope.operands(elm), nulls=nulls)


def union(masks: Any) -> int:
    """Return the causes of all `masks` together."""
    result = 0
    for mask in masks:
        result |= mask
    return result


def uncertain(env: Evaluation, value: Any, mask: int) -> Tracked:
    """Return a value that may be another one for the causes in `mask`: then no item of a list is certain."""
    if mask and value and type(value) is list and env.causes.is_open(mask):
        return value, mask, [(mask, (item, 0, None)) for item in value]
    return value, mask, None


def depth(value: Tracked) -> int:
    """Return every cause in a tracked value, those of a list's members too."""
    _, mask, members = value
    if members and type(members) is list:
        for membership, item in members:
            mask |= membership | depth(item)
    return mask


def items(value: Tracked) -> list[tuple[int, Tracked]]:
    """Return the members of a tracked list, each with the causes for which it may not belong."""
    plain, _, members = value
    if members is not None:
        return members  # type: ignore[return-value]  # those of a list
    return [(0, (item, 0, None)) for item in plain or ()]


def listed(members: list[tuple[int, Tracked]], mask: int) -> Tracked:
    """Return the tracked list of `members` that may hold more for the causes in `mask`."""
    plain = [item[0] for _, item in members]
    for membership, item in members:
        if membership or item[1] or item[2] is not None:
            return plain, mask, members
    return plain, mask, None
