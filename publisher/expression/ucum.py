"""Units of measure: the UCUM grammar, and exact factors for the units that clinical content uses.

https://ucum.org/ucum. A unit is a factor and the exponents of base dimensions; arbitrary units (`[iU]`) and
logarithmic ones are dimensions of their own, so that they convert to themselves only. A table of our own, because the
packages there are reckon in floating point, and a dose must not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache

from publisher.expression.decimals import WORK
from publisher.expression.ucum_atoms import ARBITRARY, BASE, METRIC, OFFSETS, PREFIXES, UNITS

Exponents = tuple[tuple[str, int], ...]

_TOKEN = re.compile(r"\{[^{}]*\}|[./()]|(?:\[[^\[\]]*\]|[^./(){}\[\]\s])+")
_SIMPLE = re.compile(r"(?P<atom>.*?[^\d+-])(?P<exponent>[+-]?\d+)?")
_IMPERSONAL = re.compile(r"(?!.*\d{4})[^{}]*")  # neither an annotation nor a long number
_MAX_LENGTH = 200
_MAX_EXPONENT = 30


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: `factor` times its dimensions; `offset` (in base units) for a temperature scale.

    `terms` are the unit's own atoms with their exponents, by which products are written.
    """

    factor: Fraction
    dimensions: Exponents
    terms: Exponents
    offset: Fraction = Fraction(0)


ONE = Unit(Fraction(1), (), ())


def parse(text: str) -> Unit | None:
    """Return the unit that `text` is in UCUM (case-sensitive), or None.

    Units are kept for the next time, and no other text that a record may have there: it could name somebody.
    """
    if len(text) > _MAX_LENGTH:
        return None
    try:
        return _kept(text) if _IMPERSONAL.fullmatch(text) else _read(text)
    except (ValueError, IndexError, RecursionError):
        return None


@lru_cache(maxsize=1024)
def _kept(text: str) -> Unit:
    return _read(text)


def _read(text: str) -> Unit:
    if text in ("", "1"):
        return ONE
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != text:
        raise ValueError("what is between the tokens is no unit")
    return _term(["1", *tokens] if tokens[:1] == ["/"] else tokens)


def _term(tokens: list[str]) -> Unit:
    """Return a whole term: components joined by `.` and `/`, read from the left."""
    result, position = _component(tokens, 0)
    while position < len(tokens) and tokens[position] in "./":
        right, after = _component(tokens, position + 1)
        result = product(result, right, -1 if tokens[position] == "/" else 1)
        position = after
    if position != len(tokens):
        raise ValueError("the term goes on after its end")
    return result


def _component(tokens: list[str], position: int) -> tuple[Unit, int]:
    token = tokens[position]
    if token == "(":  # noqa: S105  a parenthesis
        end = _closing(tokens, position)
        return _term(tokens[position + 1 : end]), end + 1
    if token.startswith("{"):
        return ONE, position + 1
    unit = _simple(token)
    annotated = position + 1 < len(tokens) and tokens[position + 1].startswith("{")
    return unit, position + 1 + annotated


def _closing(tokens: list[str], position: int) -> int:
    level = 0
    for index in range(position, len(tokens)):
        level += (tokens[index] == "(") - (tokens[index] == ")")
        if not level:
            return index
    raise ValueError("a parenthesis is not closed")


def _simple(token: str) -> Unit:
    """Return a number, or an atom with its prefix and exponent."""
    if token.isdecimal():
        return Unit(Fraction(int(token)), (), ((token, 1),) if token != "1" else ())  # noqa: S105
    match = _SIMPLE.fullmatch(token)
    if match is None:
        raise ValueError(f"{token} is no unit")
    exponent = int(match["exponent"] or 1)
    if abs(exponent) > _MAX_EXPONENT:
        raise ValueError(f"{token} has too great an exponent")
    atom = _prefixed(match["atom"])
    unit = power(atom, exponent)
    offset = atom.offset if exponent == 1 else Fraction(0)
    return Unit(unit.factor, unit.dimensions, ((match["atom"], exponent),), offset)


def _prefixed(symbol: str) -> Unit:
    atom = _atom(symbol)
    if atom is not None:
        return atom
    for prefix, factor in PREFIXES.items():
        rest = symbol[len(prefix) :]
        if symbol.startswith(prefix) and rest in METRIC:
            atom = _atom(rest)
            if atom is not None:
                return Unit(atom.factor * factor, atom.dimensions, ())
    raise ValueError(f"{symbol} is no unit")


def _atom(symbol: str) -> Unit | None:
    return _defined(symbol) if symbol in BASE or symbol in ARBITRARY or symbol in UNITS else None


@cache
def _defined(symbol: str) -> Unit:
    if symbol in BASE or symbol in ARBITRARY:
        return Unit(Fraction(1), ((ARBITRARY.get(symbol, symbol), 1),), ())
    value, text = UNITS[symbol]
    unit = parse(text)
    if unit is None:
        raise ValueError(f"{symbol} is defined by {text}, which is no unit")
    return Unit(Fraction(value) * unit.factor, unit.dimensions, (), OFFSETS.get(symbol, Fraction(0)))


def power(unit: Unit, exponent: int) -> Unit:
    """Return a unit raised to a whole power."""
    dimensions = tuple((name, each * exponent) for name, each in unit.dimensions) if exponent else ()
    terms = tuple((name, each * exponent) for name, each in unit.terms) if exponent else ()
    return Unit(unit.factor**exponent, dimensions, terms)


def product(left: Unit, right: Unit, exponent: int = 1) -> Unit:
    """Return `left` times `right` to the power of `exponent`."""
    return Unit(
        left.factor * right.factor**exponent,
        _joined(left.dimensions, right.dimensions, exponent),
        _joined(left.terms, right.terms, exponent),
    )


def _joined(left: Exponents, right: Exponents, exponent: int) -> Exponents:
    sums = dict(left)
    for name, each in right:
        sums[name] = sums.get(name, 0) + each * exponent
    return tuple(sorted((name, each) for name, each in sums.items() if each))


def comparable(left: Unit, right: Unit) -> bool:
    """Return whether quantities in the two units are of one kind."""
    return left.dimensions == right.dimensions


def converted(value: Decimal, source: Unit, target: Unit) -> Decimal | None:
    """Return `value` in another unit of the same kind, with more digits than a Decimal keeps; None for another kind."""
    if not comparable(source, target):
        return None
    exact = (Fraction(value) * source.factor + source.offset - target.offset) / target.factor
    return WORK.divide(Decimal(exact.numerator), Decimal(exact.denominator))


def text_of(unit: Unit) -> str:
    """Return a unit as a text: `g.m/s2` for its atoms, `1` for none."""
    above = [_power_text(name, each) for name, each in unit.terms if each > 0]
    below = [_power_text(name, -each) for name, each in unit.terms if each < 0]
    return (".".join(above) or "1") + "".join(f"/{each}" for each in below)


def _power_text(name: str, exponent: int) -> str:
    return name if exponent == 1 else f"{name}{exponent}"
