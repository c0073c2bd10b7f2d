"""Parse the text of a FHIRPath expression, the whole of it, into a syntax tree.

Implements https://hl7.org/fhirpath/N1/grammar.html with its operator precedence
(https://hl7.org/fhirpath/N1/#operator-precedence) and the sort keys and Long literals of
https://hl7.org/fhirpath/ (STU 3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.expression.decimals import MIN_INTEGER
from publisher.expression.fhirpath import literals
from publisher.expression.fhirpath.lexer import Token, refused, tokens
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

if TYPE_CHECKING:
    from collections.abc import Callable

DEEPEST = 120
_NESTED = 40

_PRECEDENCE = {
    "implies": 1,
    "or": 2,
    "xor": 2,
    "and": 3,
    "in": 4,
    "contains": 4,
    "=": 5,
    "~": 5,
    "!=": 5,
    "!~": 5,
    "<": 6,
    "<=": 6,
    ">": 6,
    ">=": 6,
    "|": 7,
    "is": 8,
    "as": 8,
    "+": 9,
    "-": 9,
    "&": 9,
    "*": 10,
    "/": 10,
    "div": 10,
    "mod": 10,
}
_NOT_NAMES = frozenset(("and", "or", "xor", "implies"))


def parse(text: str) -> Node:
    """Return the syntax tree of `text`; raise IssueError with the place where it is not FHIRPath."""
    return _Parser(text).whole()


class _Parser:
    """One pass over the tokens of one expression."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._next = 0
        self._nested = 0

    def whole(self) -> Node:
        """Return the one expression that the text is."""
        if self._token.kind == "end":
            raise self._refused("is empty; write an expression")
        found = self._expression(0)
        if self._token.kind != "end":
            raise self._refused(f"has {self._shown()} after its end; join it with an operator or take it out")
        return found

    def _expression(self, lowest: int) -> Node:
        left = self._unary()
        while True:
            token = self._token
            if token.kind not in ("word", "symbol"):
                return left
            precedence = _PRECEDENCE.get(token.text)
            if precedence is None or precedence <= lowest:
                return left
            self._next += 1
            if token.text in ("is", "as"):
                name = self._type_name()
                left = self._made(TypeOperation(token.at, left.depth + 1, token.text, left, name))
            else:
                right = self._expression(precedence)
                depth = max(left.depth, right.depth) + 1
                left = self._made(Operation(token.at, depth, token.text, left, right))

    def _unary(self) -> Node:
        token = self._token
        if token.kind != "symbol" or token.text not in "+-":
            return self._chain()
        self._next += 1
        least = self._least_integer(token)
        if least is not None:
            return least
        operand = self._inside(self._unary)
        return self._made(Polarity(token.at, operand.depth + 1, token.text, operand))

    def _least_integer(self, sign: Token) -> Node | None:
        """Return the least Integer, whose digits alone are out of range."""
        token, after = self._token, self._tokens[min(self._next + 1, len(self._tokens) - 1)]
        if sign.text != "-" or token.kind != "number" or token.text != str(-MIN_INTEGER):
            return None
        if after.kind == "symbol" and after.text in (".", "["):
            return None
        self._next += 1
        return Literal(sign.at, 1, MIN_INTEGER, "System.Integer")

    def _chain(self) -> Node:
        focus = self._term()
        while self._token.kind == "symbol":
            token = self._token
            if token.text == ".":
                self._next += 1
                focus = self._invocation(focus)
            elif token.text == "[":
                self._next += 1
                index = self._inside(lambda: self._expression(0))
                self._expect("]")
                focus = self._made(Indexer(token.at, max(focus.depth, index.depth) + 1, focus, index))
            else:
                break
        return focus

    def _term(self) -> Node:
        token = self._token
        if token.kind == "symbol":
            return self._bracketed(token)
        if token.kind == "word" and token.text not in ("true", "false"):
            if token.text in _NOT_NAMES:
                raise self._refused(f"has {self._shown()} where a value is expected; write its left operand")
            return self._invocation(None)
        if token.kind == "quoted":
            return self._invocation(None)
        if token.kind == "end":
            raise self._refused("ends where a value is expected; write the missing operand")
        self._next += 1
        if token.kind == "variable":
            return Variable(token.at, 1, token.text)
        if token.kind == "special":
            return Special(token.at, 1, token.text)
        return self._literal(token)

    def _bracketed(self, token: Token) -> Node:
        if token.text == "(":
            self._next += 1
            found = self._inside(lambda: self._expression(0))
            self._expect(")")
            return found
        if token.text == "{":
            self._next += 1
            self._expect("}")
            return Literal(token.at, 1, None, None)
        raise self._refused(f"has {self._shown()} where a value is expected; write a name, literal or bracket")

    def _literal(self, token: Token) -> Node:
        unit = self._token
        if token.kind == "number":
            if unit.kind == "string" or (unit.kind == "word" and unit.text in literals.CALENDAR_UNITS):
                self._next += 1
                return self._valued(token, "Quantity", lambda: literals.quantity(token.text, unit.text))
            kind = "Decimal" if "." in token.text else "Integer"
            convert: Callable[[str], object] = literals.decimal if kind == "Decimal" else literals.integer
            return self._valued(token, kind, lambda: convert(token.text))
        kind, made = literals.MAKERS[token.kind]
        return self._valued(token, kind, lambda: made(token.text))

    def _valued(self, token: Token, kind: str, made: Callable[[], object]) -> Node:
        try:
            return Literal(token.at, 1, made(), f"System.{kind}")
        except ValueError as error:
            sentence = f"has a literal {token.text!r} that is no {kind}: {error}; correct it"
            raise refused(self._text, token.at, sentence) from error

    def _invocation(self, focus: Node | None) -> Node:
        token = self._token
        if token.kind == "special" and focus is not None:
            self._next += 1
            return self._made(Special(token.at, focus.depth + 1, token.text))
        if token.kind not in ("word", "quoted"):
            raise self._refused(f"has {self._shown()} where a name is expected; write an element or function")
        self._next += 1
        if self._token == ("symbol", "(", self._token.at):
            return self._call(token, focus)
        return self._made(Member(token.at, (focus.depth if focus else 0) + 1, token.text, focus))

    def _call(self, token: Token, focus: Node | None) -> Node:
        self._next += 1
        arguments: list[Node] = []
        one = self._sort_key if token.text == "sort" else lambda: self._expression(0)
        if self._token.text != ")" or self._token.kind != "symbol":
            arguments.append(self._inside(one))
            while self._token.kind == "symbol" and self._token.text == ",":
                self._next += 1
                arguments.append(self._inside(one))
        self._expect(")")
        depth = max((each.depth for each in arguments), default=0)
        depth = max(depth, focus.depth if focus else 0) + 1
        return self._made(Call(token.at, depth, token.text, tuple(arguments), focus))

    def _sort_key(self) -> Node:
        """Return a key; a minus before it, or `desc` after it, turns the order round."""
        token = self._token
        descending = token.kind == "symbol" and token.text == "-"
        if descending:
            self._next += 1
        key = self._expression(0)
        if self._token.kind == "word" and self._token.text in ("asc", "desc"):
            descending = descending != (self._token.text == "desc")
            self._next += 1
        return self._made(SortKey(token.at, key.depth + 1, key, descending))

    def _type_name(self) -> str:
        names = [self._name()]
        while self._token.kind == "symbol" and self._token.text == ".":
            self._next += 1
            names.append(self._name())
        return ".".join(names)

    def _name(self) -> str:
        token = self._token
        if token.kind not in ("word", "quoted"):
            raise self._refused(f"has {self._shown()} where the name of a type is expected; write one")
        self._next += 1
        return token.text

    def _inside(self, one: Callable[[], Node]) -> Node:
        self._nested += 1
        if self._nested > _NESTED:
            raise self._refused(f"nests deeper than {_NESTED} levels; split it")
        found = one()
        self._nested -= 1
        return found

    def _made(self, node: Node) -> Node:
        if node.depth > DEEPEST:
            raise refused(self._text, node.at, f"has more than {DEEPEST} steps after one another; split it")
        return node

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _expect(self, symbol: str) -> None:
        token = self._token
        if token.kind != "symbol" or token.text != symbol:
            found = "ends" if token.kind == "end" else f"has {self._shown()}"
            raise self._refused(f"{found} where '{symbol}' is expected; write it")
        self._next += 1

    def _shown(self) -> str:
        token = self._token
        return "its end" if token.kind == "end" else f"'{self._text[token.at : token.at + 20].split()[0]}'"

    def _refused(self, sentence: str) -> Exception:
        return refused(self._text, self._token.at, sentence)
