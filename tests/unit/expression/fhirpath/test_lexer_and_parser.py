"""The grammar: what is read whole, how strongly operators bind, and where what is no FHIRPath is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from publisher.expression.fhirpath.lexer import tokens
from publisher.expression.fhirpath.parser import DEEPEST, parse
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
)
from publisher.expression.quantity import Quantity
from publisher.expression.temporal import Date, DateTime, Time
from publisher.issue import IssueError
from tests.unit.expression.fhirpath.conftest import found

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.issue import Issue


def shape(node: Node | None) -> str:  # noqa: C901  one case for each kind of node
    """Return a tree as a text in which every operation has its brackets."""
    match node:
        case Operation(operator=operator, left=left, right=right):
            return f"({shape(left)} {operator} {shape(right)})"
        case Polarity(operator=operator, operand=operand):
            return f"({operator}{shape(operand)})"
        case TypeOperation(operator=operator, operand=operand, type_name=name):
            return f"({shape(operand)} {operator} {name})"
        case Member(name=name, focus=focus):
            return f"{shape(focus)}.{name}" if focus else name
        case Call(name=name, arguments=arguments, focus=focus):
            call = f"{name}({', '.join(map(shape, arguments))})"
            return f"{shape(focus)}.{call}" if focus else call
        case Indexer(focus=focus, index=index):
            return f"{shape(focus)}[{shape(index)}]"
        case SortKey(key=key, descending=descending):
            return f"{shape(key)} {'desc' if descending else 'asc'}"
        case Literal(value=value):
            return "{}" if node.type is None else str(value)
        case Variable(name=name):
            return f"%{name}"
        case Special(name=name):
            return f"${name}"
    return ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", "(1 + (2 * 3))"),
        ("1 - 2 - 3", "((1 - 2) - 3)"),
        ("-1.abs()", "(-1.abs())"),
        ("-a + b", "((-a) + b)"),
        ("a | b is Integer", "(a | (b is Integer))"),
        ("a > b is Boolean", "(a > (b is Boolean))"),
        ("a = b and c = d", "((a = b) and (c = d))"),
        ("a and b or c", "((a and b) or c)"),
        ("a or b xor c", "((a or b) xor c)"),
        ("a implies b or c", "(a implies (b or c))"),
        ("a in b | c", "(a in (b | c))"),
        ("a in b and c contains d", "((a in b) and (c contains d))"),
        ("a & b + c", "((a & b) + c)"),
        ("a.b[0].c(d, e)", "a.b[0].c(d, e)"),
        ("(a | b).first()", "(a | b).first()"),
        ("a as FHIR.Quantity", "(a as FHIR.Quantity)"),
        ("contains.repeat(contains)", "contains.repeat(contains)"),
        ("text.div.exists()", "text.div.exists()"),
        ("`is`.`a b`", "is.a b"),
        ("$this.$index", "$index"),
        ("%'a b' | %`c` | %d", "((%a b | %c) | %d)"),
        ("sort(-a, b desc, c)", "sort(a desc, b desc, c asc)"),
        ("{}", "{}"),
    ],
)
def test_operators_bind_as_the_specification_has_them(text: str, expected: str) -> None:
    assert shape(parse(text)) == expected


@pytest.mark.parametrize(
    ("text", "type_", "value"),
    [
        ("true", "Boolean", True),
        ("12", "Integer", 12),
        ("-2147483648", "Integer", -2147483648),
        ("12L", "Long", 12),
        ("1.50", "Decimal", Decimal("1.50")),
        ("'a\\'b\\u0041\\n'", "String", "a'bA\n"),
        ("@2015", "Date", Date(2015)),
        ("@2015-02-04", "Date", Date(2015, 2, 4)),
        ("@2015T", "DateTime", DateTime(2015)),
        ("@2015-02-04T14:34:28.123+10:00", "DateTime", DateTime(2015, 2, 4, 14, 34, 28, 123, 600)),
        ("@T14:34", "Time", Time(14, 34)),
        ("4 days", "Quantity", Quantity(Decimal(4), "day")),
        ("10.1 'mg'", "Quantity", Quantity(Decimal("10.1"), "mg")),
    ],
)
def test_literals_are_system_values(text: str, type_: str, value: object) -> None:
    node = parse(text)

    assert isinstance(node, Literal)
    assert (node.type, node.value) == (f"System.{type_}", value)


@pytest.mark.parametrize("text", ["1 // one\n+ 1", "/* a * b ** / */ 1 + 1", "1 + 1 // end", "1 +/* $@%^ */ 1"])
def test_comments_are_spaces(text: str) -> None:
    assert found(text) == [2]


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("a = 1 ) foo", 1, 7, "')' after its end"),
        ("1 +", 1, 4, "ends where a value is expected"),
        ("", 1, 1, "is empty"),
        ("a\n  .b(", 2, 6, "ends where a value is expected"),
        ("(a", 1, 3, "')' is expected"),
        ("a[0", 1, 4, "']' is expected"),
        ("a b", 1, 3, "'b' after its end"),
        ("a.", 1, 3, "where a name is expected"),
        ("and b", 1, 1, "'and' where a value is expected"),
        ("a is", 1, 5, "name of a type is expected"),
        ("'abc", 1, 1, "does not end"),
        ("2 /* never", 1, 3, "comment that does not end"),
        ('"a"', 1, 1, "single quotes"),
        ("'a\\d'", 1, 3, "unknown escape \\d"),
        ("a # b", 1, 3, "which no token starts with"),
        ("@15", 1, 1, "date or time that is none"),
        ("@2015-13", 1, 1, "no Date"),
        ("@T25", 1, 1, "no Time"),
        ("@T14:34Z", 1, 8, "'Z' after its end"),
        ("2147483648", 1, 1, "no Integer"),
        ("$that", 1, 1, "$this, $index and $total"),
        ("% a", 1, 1, "without a name"),
        ("{a}", 1, 2, "'}' is expected"),
    ],
)
def test_what_is_no_fhirpath_is_refused_with_its_place_and_a_remedy(
    text: str, line: int, column: int, says: str, refusal: Callable[..., Issue]
) -> None:
    issue = refusal(text)

    assert issue.rule == "fhirpath-syntax"
    assert issue.source is not None
    assert (issue.source.line, issue.source.column) == (line, column)
    assert says in issue.diagnostics
    assert f"line {line} column {column}" in issue.diagnostics


@pytest.mark.parametrize(
    "text",
    ["(" * 60 + "1" + ")" * 60, "a" + ".b" * DEEPEST, "1" + "+1" * DEEPEST, "-" * 60 + "1", "a(" * 60 + ")" * 60],
    ids=["brackets", "steps", "operators", "signs", "calls"],
)
def test_deep_expressions_are_refused_before_they_are_evaluated(text: str, refusal: Callable[..., Issue]) -> None:
    assert "split it" in refusal(text).diagnostics


def test_long_texts_are_refused() -> None:
    with pytest.raises(IssueError, match="longer than"):
        tokens("a" * 100_001)


def test_parse_keeps_the_place_of_every_part() -> None:
    node = parse("a.b = 'c'")

    assert isinstance(node, Operation)
    assert (node.at, node.left.at, node.right.at) == (4, 2, 6)
