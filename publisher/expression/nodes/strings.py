"""String nodes.

https://cql.hl7.org/09-b-cqlreference.html#string-operators-3. Patterns run in linear time (see `pattern`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.expression import pattern
from publisher.expression.compiler import Expr, contextual, node, operator_node, strict
from publisher.expression.specifiers import is_list_type
from publisher.expression.values import EvaluationError, unwrap

if TYPE_CHECKING:
    from publisher.expression.compiler import Node, Scope
    from publisher.expression.evaluation import Evaluation


def _concatenate(env: Evaluation, *texts: str) -> str:
    if sum(map(len, texts)) > env.limits.size:
        env.sized("".join(texts))
    return "".join(texts)


operator_node("Concatenate", _concatenate, context=True)
operator_node("StartsWith", lambda text, start: text.startswith(start))
operator_node("EndsWith", lambda text, end: text.endswith(end))
operator_node("Upper", lambda text: text.upper())
operator_node("Lower", lambda text: text.lower())


def _pattern(regex: str) -> pattern.Pattern:
    try:
        return pattern.compiled(regex)
    except ValueError as error:
        raise EvaluationError(f"regular expression: {error}", "pattern") from error


def _matches(env: Evaluation, text: str, regex: str) -> bool:
    return _pattern(regex).matches(text, env.charge)


def _replace(env: Evaluation, text: str, regex: str, replacement: str) -> Any:
    return env.sized(_pattern(regex).replace(text, replacement, env.limits.size, env.charge))


operator_node("Matches", _matches, context=True)
operator_node("ReplaceMatches", _replace, context=True)


@node("Combine")
def combine(scope: Scope, elm: Node) -> Expr:
    """Return the texts of a list joined by a separator; nulls are left out."""

    def join(env: Evaluation, texts: Any, separator: Any) -> Any:
        given = [text for text in texts or () if text is not None]
        if not given:
            return None
        mark = separator or ""
        if sum(map(len, given)) + len(mark) * len(given) > env.limits.size:
            raise EvaluationError(f"a text has more than {env.limits.size} letters", "limit")
        return mark.join(given)

    return contextual(join, [scope.compile(elm["source"]), scope.optional(elm, "separator")], nulls=True)


@node("Split")
def split(scope: Scope, elm: Node) -> Expr:
    """Return the parts of a text between separators; a null separator leaves it whole."""

    def parts(text: Any, mark: Any) -> Any:
        if text is None:
            return None
        return text.split(mark) if mark else [text]

    return strict(parts, [scope.compile(elm["stringToSplit"]), scope.optional(elm, "separator")], nulls=True)


@node("SplitOnMatches")
def split_on_matches(scope: Scope, elm: Node) -> Expr:
    """Return the parts of a text between matches of a pattern."""

    def parts(text: str, regex: str) -> list[str]:
        return pattern.compiled(regex).split(text)

    return strict(parts, [scope.compile(elm["stringToSplit"]), scope.compile(elm["separatorPattern"])])


@node("Length")
def length(scope: Scope, elm: Node) -> Expr:
    """Return the number of letters of a text or of items of a list; a null list has none."""
    if is_list_type(elm["operand"]):
        return strict(lambda value: len(unwrap(value) or ()), scope.operands(elm), nulls=True)
    return strict(lambda value: len(unwrap(value)), scope.operands(elm))


@node("Substring")
def substring(scope: Scope, elm: Node) -> Expr:
    """Return part of a text from a zero-based index; null where the text has none there."""
    operands = [
        scope.compile(elm["stringToSub"]),
        scope.compile(elm["startIndex"]),
        scope.optional(elm, "length"),
    ]

    def part(text: Any, start: Any, count: Any) -> Any:
        if text is None or start is None or start < 0 or (start >= len(text) and (text or start)):
            return None
        return text[start:] if count is None else text[start : start + max(count, 0)]

    return strict(part, operands, nulls=True)


@node("PositionOf")
def position_of(scope: Scope, elm: Node) -> Expr:
    """Return the first index of a text in another, or -1."""
    return strict(lambda mark, text: text.find(mark), [scope.compile(elm["pattern"]), scope.compile(elm["string"])])


@node("LastPositionOf")
def last_position_of(scope: Scope, elm: Node) -> Expr:
    """Return the last index of a text in another, or -1."""
    return strict(lambda mark, text: text.rfind(mark), [scope.compile(elm["pattern"]), scope.compile(elm["string"])])
