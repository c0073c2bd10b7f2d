"""Make random well-typed CQL expressions, for comparing two engines; a seed gives the same expressions always."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_INTEGERS = ("0", "1", "2", "3", "5", "7", "10", "-1", "-4", "100", "(null as Integer)")
_DECIMALS = ("0.0", "1.5", "2.50", "-0.5", "0.1", "3.14159", "-7.25", "10.0", "(null as Decimal)")
_BOOLEANS = ("true", "false", "(null as Boolean)")
_STRINGS = ("'a'", "'b'", "'abc'", "'x y'", "''", "'Hello, World'", "'12'", "'ä'", "(null as String)")
_DATES = ("@2024-02-29", "@2023-01-31", "@2024-12-31", "@2000-01-01", "@2024-03", "@2023", "(null as Date)")
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=", "~", "!~")
_EQUALITIES = ("=", "!=", "~", "!~")
_UNITS = ("days", "weeks", "months", "years")
_PRECISIONS = ("year", "month", "day")
_RELATIONS = (
    "overlaps", "overlaps before", "overlaps after", "meets", "meets before", "meets after", "includes",
    "included in", "properly includes", "properly included in", "before", "after", "starts", "ends", "=", "!=", "~",
)  # fmt: skip
_SETS = ("union", "intersect", "except")


class Generator:
    """Writes expressions; `depth` bounds how far they nest."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def expression(self) -> str:
        """Return one expression."""
        kinds = (
            self.integer, self.decimal, self.boolean, self.string, self.date, self.integers, self.strings, self.span,
            self.period,
        )  # fmt: skip
        return self._random.choice(kinds)(self._random.randint(1, 3))

    def _either(self, depth: int, kind: str) -> list[str]:
        """Return the forms that every type has."""
        one, other = getattr(self, kind)(depth), getattr(self, kind)(depth)
        condition = self.boolean(depth)
        return [
            f"(if {condition} then {one} else {other})",
            f"Coalesce({one}, {other})",
            f"(case when {condition} then {one} when {self.boolean(0)} then {other} else {one} end)",
        ]

    def integer(self, depth: int) -> str:
        """Return an integer."""
        if not depth:
            return self._random.choice(_INTEGERS)
        depth -= 1
        one, other, items = self.integer(depth), self.integer(depth), self.integers(depth)
        choices = [f"({one} {operator} {other})" for operator in ("+", "-", "*", "div", "mod")]
        choices += [f"Abs({one})", f"(-({one}))", f"Floor({self.decimal(depth)})", f"Ceiling({self.decimal(depth)})"]
        choices += [f"Truncate({self.decimal(depth)})", f"Length({self.string(depth)})", f"Count({items})"]
        choices += [f"First({items})", f"Last({items})", f"IndexOf({items}, {one})", f"Sum({items})", f"Max({items})"]
        choices += [f"Min({items})", f"({items})[{self._random.randint(0, 2)}]", f"(successor of {one})"]
        choices += [f"(start of {self.span(depth)})", f"(end of {self.span(depth)})", f"(width of {self.span(depth)})"]
        choices += [f"PositionOf({self.string(depth)}, {self.string(depth)})", f"singleton from ({items})"]
        dates = f"{self.date(depth)} and {self.date(depth)}"
        choices += [f"({word} in {self._random.choice(_UNITS)} between {dates})" for word in ("duration", "difference")]
        choices += [f"({self._random.choice(_PRECISIONS)} from {self.date(depth)})", f"ToInteger({self.string(depth)})"]
        return self._random.choice(choices + self._either(depth, "integer"))

    def decimal(self, depth: int) -> str:
        """Return a decimal."""
        if not depth:
            return self._random.choice(_DECIMALS)
        depth -= 1
        one, other = self.decimal(depth), self.decimal(depth)
        choices = [f"({one} {operator} {other})" for operator in ("+", "-", "*", "/", "div", "mod")]
        choices += [f"({self.integer(depth)} / {self.integer(depth)})", f"Round({one})", f"Round({one}, 2)"]
        choices += [
            f"Abs({one})",
            f"(-({one}))",
            f"({one} + {self.integer(depth)})",
            f"ToDecimal({self.string(depth)})",
        ]
        choices += [f"Avg({self.integers(depth)})", f"Power({one}, 2)", f"Sum({{ {one}, {other} }})"]
        choices += [f"Median({self.integers(depth)})", f"(predecessor of {one})"]
        return self._random.choice(choices + self._either(depth, "decimal"))

    def boolean(self, depth: int) -> str:
        """Return a condition."""
        if not depth:
            return self._random.choice(_BOOLEANS)
        depth -= 1
        one, other = self.boolean(depth), self.boolean(depth)
        choices = [f"({one} {operator} {other})" for operator in ("and", "or", "xor", "implies", "=", "~")]
        choices += [f"(not {one})", f"({one} is true)", f"({one} is not false)", f"exists ({self.integers(depth)})"]
        for kind in ("integer", "decimal", "string", "date"):
            first, second = getattr(self, kind)(depth), getattr(self, kind)(depth)
            choices += [f"({first} {self._random.choice(_COMPARISONS)} {second})", f"({first} is null)"]
        choices += [
            f"({self.integer(depth)} in {self.integers(depth)})",
            f"({self.integer(depth)} in {self.span(depth)})",
        ]
        choices += [f"({self.strings(depth)} contains {self.string(depth)})", f"AllTrue({{ {one}, {other} }})"]
        choices += [f"AnyTrue({{ {one}, {other} }})", f"StartsWith({self.string(depth)}, {self.string(depth)})"]
        choices += [f"EndsWith({self.string(depth)}, {self.string(depth)})", f"Matches({self.string(depth)}, '[a-z]+')"]
        for kind in ("span", "period"):
            first, second = getattr(self, kind)(depth), getattr(self, kind)(depth)
            choices += [f"({first} {self._random.choice(_RELATIONS)} {second})" for _ in range(2)]
        for kind in ("integers", "strings"):
            first, second = getattr(self, kind)(depth), getattr(self, kind)(depth)
            choices += [f"({first} {self._random.choice((*_EQUALITIES, 'includes', 'included in'))} {second})"]
        choices += [f"({self.date(depth)} during {self.period(depth)})", f"({self.integer(depth)} between 0 and 5)"]
        order = self._random.choice(("same", "same or before", "same or after"))
        precision = self._random.choice(_PRECISIONS)
        order = f"same {precision} as" if order == "same" else order.replace("same", f"same {precision}")
        choices += [f"({self.date(depth)} {order} {self.date(depth)})"]
        choices += [
            f"({self.date(depth)} {self._random.choice(('before', 'after'))} {precision} of {self.date(depth)})"
        ]
        return self._random.choice(choices + self._either(depth, "boolean"))

    def string(self, depth: int) -> str:
        """Return a string."""
        if not depth:
            return self._random.choice(_STRINGS)
        depth -= 1
        one, other, items = self.string(depth), self.string(depth), self.strings(depth)
        choices = [f"({one} + {other})", f"({one} & {other})", f"Upper({one})", f"Lower({one})"]
        choices += [f"Substring({one}, {self._random.randint(-1, 3)})", f"Substring({one}, 1, 2)", f"Combine({items})"]
        choices += [
            f"Combine({items}, ';')",
            f"ReplaceMatches({one}, '[ab]', 'z')",
            f"First({items})",
            f"Last({items})",
        ]
        choices += [f"ToString({self.integer(depth)})", f"ToString({self.boolean(depth)})", f"Max({items})"]
        choices += [f"ToString({self.date(depth)})", f"({one})[{self._random.randint(0, 2)}]", f"Min({items})"]
        return self._random.choice(choices + self._either(depth, "string"))

    def date(self, depth: int) -> str:
        """Return a date."""
        if not depth:
            return self._random.choice(_DATES)
        depth -= 1
        amount = f"{self._random.randint(1, 40)} {self._random.choice(_UNITS)}"
        choices = [f"({self.date(depth)} {operator} {amount})" for operator in "+-"] * 2
        choices += [
            f"(start of {self.period(depth)})",
            f"(end of {self.period(depth)})",
            f"(successor of {self.date(0)})",
        ]
        choices += [f"Date({self._random.randint(1999, 2025)}, {self._random.randint(1, 12)}, 15)"]
        choices += [
            f"Max({{ {self.date(depth)}, {self.date(depth)} }})",
            f"ToDate('2024-0{self._random.randint(0, 9)}-10')",
        ]
        return self._random.choice(choices + self._either(depth, "date"))

    def integers(self, depth: int) -> str:
        """Return a list of integers."""
        choices = [
            "{ " + ", ".join(self.integer(max(0, depth - 1)) for _ in range(self._random.randint(1, 4))) + " }",
            "(List<Integer>{ })",
        ]
        if depth:
            depth -= 1
            one, other = self.integers(depth), self.integers(depth)
            choices = [choices[0], *(f"({one} {name} {other})" for name in _SETS)]
            choices += [f"(distinct {one})", f"(flatten {{ {one}, {other} }})", f"Tail({one})", f"Take({one}, 2)"]
            choices += [f"Skip({one}, 1)", f"(({one}) X where X > {self.integer(0)})", f"(({one}) X return X + 1)"]
            choices += [f"(({one}) X return all X mod 3)", f"(({one}) X sort {self._random.choice(('asc', 'desc'))})"]
            choices += [f"(({one}) X return X * X sort desc)", f"(({one}) X let Y: X + 1 where Y < 5 return Y)"]
            choices += [
                f"(from ({one}) X, ({other}) Y where X < Y return X - Y)",
                f"(({self.strings(depth)}) S return Length(S))",
            ]
            choices += [
                f"(({one}) X with ({other}) Y such that X = Y)",
                f"(({one}) X without ({other}) Y such that X = Y)",
            ]
            choices += self._either(depth, "integers")
        return self._random.choice(choices)

    def strings(self, depth: int) -> str:
        """Return a list of strings."""
        choices = ["{ " + ", ".join(self.string(0) for _ in range(self._random.randint(1, 4))) + " }"]
        if depth:
            depth -= 1
            one, other = self.strings(depth), self.strings(depth)
            choices += [f"({one} {name} {other})" for name in _SETS]
            choices += [
                f"(distinct {one})",
                f"Tail({one})",
                f"(({one}) X where Length(X) > 1)",
                f"Split({self.string(depth)}, 'b')",
            ]
            choices += [f"(({one}) X return X + 'b')", f"(({one}) X sort {self._random.choice(('asc', 'desc'))})"]
            choices += [f"(({self.integers(depth)}) X return ToString(X))", *self._either(depth, "strings")]
        return self._random.choice(choices)

    def span(self, depth: int) -> str:
        """Return an interval of integers."""
        if not depth:
            low = self._random.randint(-3, 8)
            high = self._random.choice(("null as Integer", str(low + self._random.randint(2, 6))))
            first = self._random.choice((str(low), str(low), "null as Integer"))
            return f"Interval{self._random.choice('[(')}{first}, {high}{self._random.choice('])')}"
        depth -= 1
        choices = [f"({self.span(depth)} {name} {self.span(depth)})" for name in _SETS]
        choices += [f"First(collapse {{ {self.span(depth)}, {self.span(depth)} }})", "(null as Interval<Integer>)"]
        bounds = f"{{ {self.integer(depth)}, {self.integer(depth)} }}"
        choices += [f"Interval[Min({bounds}), Max({bounds})]", *self._either(depth, "span")]
        return self._random.choice(choices)

    def period(self, depth: int) -> str:
        """Return an interval of dates."""
        if not depth:
            first, last = (
                self._random.choice(_DATES),
                f"@20{self._random.randint(25, 29)}-0{self._random.randint(1, 9)}-10",
            )
            return f"Interval{self._random.choice('[(')}{first}, {last}{self._random.choice('])')}"
        depth -= 1
        choices = [f"({self.period(depth)} {name} {self.period(depth)})" for name in _SETS]
        first = self.date(depth)
        choices += [f"Interval[{first}, {first} + {self._random.randint(0, 3)} years]", *self._either(depth, "period")]
        return self._random.choice(choices)
