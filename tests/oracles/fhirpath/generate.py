"""Make random FHIRPath expressions that fit a resource type, for comparing two engines.

Grown from the R4 definitions; a seed gives the same expressions always.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.expression.fhirpath import model
from publisher.expression.fhirpath.types import is_open, is_primitive, system_type

if TYPE_CHECKING:
    from random import Random

_STRINGS = ("'a'", "'Peter'", "'official'", "'x y'", "''", "'2'", "'Jim'")
_NUMBERS = ("0", "1", "2", "3", "-1", "1.5", "2.50", "10")
_DATES = ("@2015", "@2014-12-13", "@1974-12-25", "@2015-02-04T14:34:28Z", "@2012-04-15T15:00:00+02:00", "@2018-03")
_TIMES = ("@T10:30", "@T10:30:00", "@T14:34:28.123")
_QUANTITIES = ("4 'g'", "4000 'mg'", "7 days", "1 week", "1.5 'cm'", "1 year", "2 'm'", "185 '[lb_av]'")
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=", "~", "!~")
_UNITS = ("days", "months", "years", "weeks", "hours", "seconds", "'d'", "'h'")


class Generator:
    """Writes expressions on one resource type; `depth` bounds how far they nest."""

    def __init__(self, random: Random, type_: str) -> None:
        self._random = random
        self._type = type_

    def expression(self) -> str:
        """Return one expression."""
        kinds = (self.path, self.boolean, self.number, self.string, self.collection, self.date, self.quantity)
        return self._random.choice(kinds)(3)

    def path(self, depth: int) -> str:
        """Return a path from the resource, perhaps through a function."""
        text, type_ = self._steps(self._type, self._random.randint(1, 3))
        if depth and self._random.random() < 0.5:
            text += self._function(depth - 1, type_)
        return text

    def _steps(self, type_: str | None, count: int) -> tuple[str, str | None]:
        names: list[str] = []
        while type_ is not None and not is_open(type_) and len(names) < count:
            known = [step for step in model.steps(type_).values() if step.name not in ("contained", "div")]
            if not known:
                break
            step = self._random.choice(known)
            names.append(step.name)
            type_ = None if step.is_choice else step.keys[0].type
        return ".".join(f"`{name}`" for name in names) or "$this", type_

    def _function(self, depth: int, type_: str | None) -> str:
        number = self._random.randint(0, 2)
        plain = (".first()", ".last()", ".tail()", f".skip({number})", f".take({number})", ".distinct()", ".children()")
        plain += (".count()", ".exists()", ".empty()", f"[{number}]", ".hasValue()", ".isDistinct()", ".descendants()")
        if depth and type_ is not None and not is_primitive(type_) and not is_open(type_):
            inner, _ = self._steps(type_, 1)
            projected = (
                f".select({inner})",
                f".where({inner}.exists())",
                f".all({inner}.exists())",
                f".repeat({inner})",
            )
            return self._random.choice(plain + projected)
        if system_type(type_) == "System.String":
            plain += (f".where($this = {self._random.choice(_STRINGS)})", ".select($this.length())", ".select(upper())")
        return self._random.choice(plain)

    def boolean(self, depth: int) -> str:
        """Return a condition."""
        if not depth:
            return self._random.choice(("true", "false", "{}", "name.exists()", "id.exists()"))
        one, other = self.boolean(depth - 1), self.boolean(depth - 1)
        choices = [f"({one} {operator} {other})" for operator in ("and", "or", "xor", "implies")]
        choices += [f"({one}).not()", f"iif({one}, {other}, {{}})"]
        for kind in (self.number, self.string, self.date, self.quantity, self.collection):
            choices.append(f"({kind(depth - 1)} {self._random.choice(_COMPARISONS)} {kind(depth - 1)})")
        choices.append(f"({self.string(depth - 1)} in {self.collection(depth - 1)})")
        return self._random.choice(choices)

    def number(self, depth: int) -> str:
        """Return a number."""
        if not depth:
            return self._random.choice(_NUMBERS)
        one, other = self.number(depth - 1), self.number(depth - 1)
        choices = [f"({one} {operator} {other})" for operator in ("+", "-", "*", "/", "div", "mod")]
        choices += [f"({one}).{name}()" for name in ("abs", "ceiling", "floor", "truncate", "round", "toString")]
        choices += [f"{self.path(0)}.count()", f"{self.string(depth - 1)}.length()", f"{self.string(0)}.toInteger()"]
        return self._random.choice(choices)

    def string(self, depth: int) -> str:
        """Return a string."""
        if not depth:
            return self._random.choice(_STRINGS)
        one, other = self.string(depth - 1), self.string(depth - 1)
        choices = [
            f"({one} + {other})",
            f"({one} & {other})",
            f"({one}).upper()",
            f"({one}).lower()",
            f"({one}).trim()",
        ]
        choices += [f"({one}).substring({self._random.randint(0, 3)})", f"({one}).replace({other}, 'z')"]
        choices += [
            f"({one}).matches('[a-z]+')",
            f"({one}).replaceMatches('[aeiou]', '_')",
            f"({one}).indexOf({other})",
        ]
        choices += [f"({one}).startsWith({other})", f"({one}).contains({other})", f"({one}).toChars()"]
        return self._random.choice(choices)

    def date(self, depth: int) -> str:
        """Return a date or time."""
        if not depth:
            return self._random.choice(_DATES + _TIMES)
        amount = f"{self._random.randint(1, 40)} {self._random.choice(_UNITS)}"
        return f"({self.date(depth - 1)} {self._random.choice('+-')} {amount})"

    def quantity(self, depth: int) -> str:
        """Return a quantity."""
        if not depth:
            return self._random.choice(_QUANTITIES)
        one, other = self.quantity(depth - 1), self.quantity(depth - 1)
        return self._random.choice((one, f"({one} {self._random.choice('+-*/')} {other})"))

    def collection(self, depth: int) -> str:
        """Return a collection."""
        items = " | ".join(self._random.choice((self.string, self.number))(0) for _ in range(3))
        if not depth:
            return f"({items})"
        one, other = self.collection(depth - 1), self.collection(depth - 1)
        names = ("union", "combine", "intersect", "exclude", "subsetOf", "supersetOf")
        choices = [f"{one}.{name}({other})" for name in names]
        choices += [f"{one}.{name}()" for name in ("first", "last", "tail", "distinct", "isDistinct", "count", "empty")]
        choices += [
            f"{one}.aggregate($total & $this.toString(), '')",
            f"{one}.select($this.toString() & $index.toString())",
        ]
        return self._random.choice(choices)
