"""Read a regular expression into the program of a small machine.

The syntax is that of https://hl7.org/fhirpath/N1/#matchesregex--string--boolean (PCRE); what needs backtracking is
refused: look-around, back references, atomic and possessive groups.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final, NamedTuple

_MOST_STATES: Final = 4000
_MOST_REPEATS: Final = 1000
_DEEPEST: Final = 50

Ranges = tuple[tuple[int, int], ...]

_DIGITS: Final[Ranges] = ((48, 57),)
WORDS: Final[Ranges] = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACES: Final[Ranges] = ((9, 13), (32, 32))
_CLASSES: Final = {"d": _DIGITS, "w": WORDS, "s": _SPACES}
_CONTROLS: Final = {"n": 10, "r": 13, "t": 9, "f": 12, "v": 11, "a": 7, "e": 27, "0": 0}
_HEX_DIGITS: Final = {"x": 2, "u": 4}
_ANCHORS: Final = {"b": "word", "B": "inside", "A": "start", "z": "end", "Z": "end"}


class PatternError(ValueError):
    """A text that is no regular expression, or one that cannot run in linear time."""


@dataclass(frozen=True, slots=True)
class Letters:
    """A set of letters: ranges and Unicode categories, or all others."""

    ranges: Ranges = ()
    categories: tuple[str, ...] = ()
    inner: tuple[Letters, ...] = ()
    negated: bool = False
    folded: bool = False

    def has(self, letter: str) -> bool:
        """Return whether a letter is in the set."""
        if self.folded:
            return any(self._has(each) for each in {letter, letter.lower(), letter.upper()} if len(each) == 1)
        return self._has(letter)

    def _has(self, letter: str) -> bool:
        code = ord(letter)
        found = any(low <= code <= high for low, high in self.ranges)
        found = found or any(each.has(letter) for each in self.inner)
        if not found and self.categories:
            found = unicodedata.category(letter).startswith(self.categories)
        return found is not self.negated


class Step(NamedTuple):
    """An instruction: `letter`, `split` (first choice first), `jump`, `save`, `assert` or `match`."""

    kind: str
    letters: Letters | None = None
    first: int = 0
    second: int = 0
    anchor: str = ""


# -- reading -------------------------------------------------------------------------------------------------------


class Reader:
    """One pass over the text of a pattern that gives its program."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self._count = 0
        self._flags = {"i": False, "m": False, "s": True}
        self.groups: dict[str, int] = {}

    def whole(self) -> list[Step]:
        """Return the program of the whole pattern."""
        self._leading_flags()
        program = self._alternatives()
        if self._at < len(self._text):
            raise PatternError(f"a ')' at {self._at} closes nothing")
        return [*program, Step("match")]

    def _leading_flags(self) -> None:
        text = self._text
        end = text.find(")")
        if text.startswith("(?") and text[2:end].isalpha() and end > 0:
            for flag in text[2:end]:
                if flag not in self._flags:
                    raise PatternError(f"the flag {flag} is not supported")
                self._flags[flag] = True
            self._at = end + 1

    def _alternatives(self) -> list[Step]:
        branches = [self._sequence()]
        while self._taken("|"):
            branches.append(self._sequence())
        program = branches.pop()
        while branches:
            first = branches.pop()
            program = _either([*first, Step("jump", first=len(program) + 1)], program)
            self._check(len(program))
        return program

    def _sequence(self) -> list[Step]:
        program: list[Step] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            program = _joined(program, self._repeated(self._atom()))
            self._check(len(program))
        return program

    def _repeated(self, program: list[Step]) -> list[Step]:
        letter = self._peek()
        if not letter or letter not in "*+?{":
            return program
        bounds = self._bounds()
        if bounds is None:
            return program
        least, most = bounds
        lazy = self._taken("?")
        if self._peek() in ("*", "+", "?") and self._peek():
            raise PatternError(f"a second quantifier at {self._at}; possessive ones need backtracking")
        self._check(len(program) * max(least, most or 0, 1) + most if most else len(program) * (least + 1))
        return _repetition(program, least, most, lazy=lazy)

    def _bounds(self) -> tuple[int, int | None] | None:
        letter = self._text[self._at]
        if letter != "{":
            self._at += 1
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[letter]
        end = self._text.find("}", self._at)
        low, comma, high = self._text[self._at + 1 : max(end, 0)].partition(",")
        if end < 0 or not low.isdigit() or (high and not high.isdigit()):
            raise PatternError(f"a '{{' at {self._at} starts no count; write \\{{ for the letter")
        self._at = end + 1
        least, most = int(low), int(high) if high else None if comma else int(low)
        if least > _MOST_REPEATS or (most or 0) > _MOST_REPEATS or (most is not None and most < least):
            raise PatternError(f"the count {{{low}{comma}{high}}} is out of range")
        return least, most

    def _atom(self) -> list[Step]:
        letter = self._text[self._at]
        if letter in "*+?":
            raise PatternError(f"a '{letter}' at {self._at} has nothing to repeat")
        self._at += 1
        if letter == "(":
            return self._group()
        if letter == "[":
            return [self._set()]
        if letter == "\\":
            return [self._escape()]
        if letter == ".":
            return [Step("letter", Letters(((10, 10),) if not self._flags["s"] else (), negated=True))]
        if letter in "^$":
            place = "start" if letter == "^" else "end"
            return [Step("assert", anchor=f"line {place}" if self._flags["m"] else place)]
        return [self._letter(ord(letter))]

    def _letter(self, code: int) -> Step:
        return Step("letter", Letters(((code, code),), folded=self._flags["i"]))

    def _group(self) -> list[Step]:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise PatternError(f"groups nest deeper than {_DEEPEST}")
        number = self._group_number()
        program = self._alternatives()
        if not self._taken(")"):
            raise PatternError("a group is not closed")
        self._depth -= 1
        if number is None:
            return program
        return [Step("save", first=2 * number), *_moved(program, 1), Step("save", first=2 * number + 1)]

    def _group_number(self) -> int | None:
        rest = self._text[self._at :]
        if rest.startswith("?:"):
            self._at += 2
            return None
        self._count += 1
        self.groups[str(self._count)] = self._count
        if rest.startswith("?"):
            name, _, _ = rest.removeprefix("?P").removeprefix("?").removeprefix("<").partition(">")
            if not name.isidentifier() or not (rest.startswith(("?<", "?P<"))):
                raise PatternError("look-around and special groups need backtracking and are not supported")
            self.groups[name] = self._count
            self._at += rest.index(">") + 1
        return self._count

    def _escape(self) -> Step:
        letter = self._next("a backslash ends the pattern")
        if letter in _ANCHORS:
            return Step("assert", anchor=_ANCHORS[letter])
        if letter in "123456789":
            raise PatternError(f"the back reference \\{letter} needs backtracking and is not supported")
        found = self._escaped(letter)
        return Step("letter", found) if isinstance(found, Letters) else self._letter(found)

    def _escaped(self, letter: str) -> Letters | int:
        """Return the set or the code of the letter that an escape stands for."""
        if letter.lower() in _CLASSES:
            return Letters(_CLASSES[letter.lower()], negated=letter.isupper())
        if letter in "pP":
            return self._category(negated=letter == "P")
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        if letter in _HEX_DIGITS:
            digits = self._text[self._at : self._at + _HEX_DIGITS[letter]]
            self._at += len(digits)
            try:
                return int(digits, 16)
            except ValueError:
                raise PatternError(f"\\{letter}{digits} is no letter") from None
        if letter.isalnum():
            raise PatternError(f"the escape \\{letter} is not supported")
        return ord(letter)

    def _category(self, *, negated: bool) -> Letters:
        if self._peek() != "{":
            name = self._next("\\p has no category")
        else:
            end = self._text.find("}", self._at)
            name = self._text[self._at + 1 : end]
            self._at = end + 1
        if not name.isalpha() or not name[0].isupper() or len(name) > 2:  # noqa: PLR2004  L or Lu
            raise PatternError(f"the category {name!r} is not supported; use one or two letters")
        return Letters(categories=(name,), negated=negated)

    def _set(self) -> Step:
        negated = self._taken("^")
        ranges: list[tuple[int, int]] = []
        inner: list[Letters] = []
        first = True
        while first or self._peek() != "]":
            first = False
            low = self._member()
            if isinstance(low, Letters):
                inner.append(low)
            elif self._peek() == "-" and self._text[self._at + 1 : self._at + 2] not in ("]", ""):
                self._at += 1
                high = self._member()
                if isinstance(high, Letters) or high < low:
                    raise PatternError("a range in a set ends before it starts")
                ranges.append((low, high))
            else:
                ranges.append((low, low))
        self._at += 1
        found = Letters(tuple(ranges), inner=tuple(inner), folded=self._flags["i"])
        return Step("letter", Letters(inner=(found,), negated=negated))

    def _member(self) -> Letters | int:
        letter = self._next("a set is not closed")
        if letter == "[" or (letter == "&" and self._peek() == "&"):
            raise PatternError("a set inside a set is not supported; write \\[ for the letter")
        if letter != "\\":
            return ord(letter)
        escape = self._next("a set is not closed")
        return 8 if escape == "b" else self._escaped(escape)

    def _next(self, otherwise: str) -> str:
        if self._at >= len(self._text):
            raise PatternError(otherwise)
        self._at += 1
        return self._text[self._at - 1]

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _taken(self, letter: str) -> bool:
        if self._peek() != letter:
            return False
        self._at += 1
        return True

    @staticmethod
    def _check(size: int) -> None:
        if size > _MOST_STATES:
            raise PatternError(f"the pattern has more than {_MOST_STATES} states; use smaller counts")


# -- programs: places in them are relative to their start ---------------------------------------------------------


def _moved(program: list[Step], by: int) -> list[Step]:
    """Return a program that starts `by` places later."""
    return [
        step._replace(first=step.first + by, second=step.second + by)
        if step.kind == "split"
        else step._replace(first=step.first + by)
        if step.kind == "jump"
        else step
        for step in program
    ]


def _joined(left: list[Step], right: list[Step]) -> list[Step]:
    return [*left, *_moved(right, len(left))]


def _either(first: list[Step], second: list[Step]) -> list[Step]:
    """Return a choice; `first` ends with a jump over `second`, counted from its own end."""
    size = len(first)
    *body, jump = first
    over = Step("jump", first=size + jump.first)
    return [Step("split", first=1, second=size + 1), *_moved(body, 1), over, *_moved(second, size + 1)]


def _optional(program: list[Step], *, lazy: bool) -> list[Step]:
    inside, after = 1, len(program) + 1
    split = Step("split", first=after if lazy else inside, second=inside if lazy else after)
    return [split, *_moved(program, 1)]


def _starred(program: list[Step], *, lazy: bool) -> list[Step]:
    return [*_optional([*program, Step("jump", first=-1)], lazy=lazy)]


def _repetition(program: list[Step], least: int, most: int | None, *, lazy: bool) -> list[Step]:
    required: list[Step] = []
    for _ in range(least):
        required = _joined(required, program)
    if most is None:
        return _joined(required, _starred(program, lazy=lazy))
    rest: list[Step] = []
    for _ in range(most - least):
        rest = _optional(_joined(program, rest), lazy=lazy)
    return _joined(required, rest)
