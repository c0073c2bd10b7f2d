"""A second, slower look at JSON text: where each value stands, and what a strict reader refuses.

Implements https://hl7.org/fhir/R4/json.html and RFC 8259 section 8. Used once something asks for a place.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

Step = str | int
Path = tuple[Step, ...]

_TOKEN = re.compile(
    r"""[ \t\n\r]*(?:
        (?P<string>"[^"\\]*(?:\\.[^"\\]*)*")
      | (?P<constant>NaN|-?Infinity)
      | (?P<number>-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
      | (?P<word>true|false|null)
      | (?P<mark>[\[\]{}:,])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
# One escape after another: a whole pair of surrogates; what stands for half of one or for a control; any other.
_ONE_ESCAPE = re.compile(
    r"""\\(?:
        u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}
      | (?P<harmful>u[dD][89a-fA-F][0-9a-fA-F]{2} | u00(?:0[0-8bcefBCEF]|1[0-9a-fA-F]) | [bf])
      | .
    )""",
    re.VERBOSE | re.DOTALL,
)
_ALLOWED_CONTROLS = frozenset("\t\n\r")
_SHORT_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class Token(NamedTuple):
    """One key or value: its path from the root, its text as written, and where it starts."""

    path: Path
    kind: str
    text: str
    offset: int
    is_key: bool = False


class Defect(NamedTuple):
    """Something a strict reader refuses; `first` is the offset of what it clashes with."""

    kind: str
    path: Path
    text: str
    offset: int
    first: int | None = None


class Lines:
    """Turns offsets of one text into lines and columns, both counted from 1."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def at(self, offset: int) -> tuple[int, int]:
        """Return the line and column of `offset`."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def tokens(text: str) -> Iterator[Token]:
    """Yield every key and value of `text` in order, up to its end or the first thing that is no JSON."""
    path: list[Step] = []
    objects: list[bool] = []
    expects_key = False
    position = 0
    while match := _TOKEN.match(text, position):
        kind = match.lastgroup or ""
        written = match[kind]
        offset, position = match.start(kind), match.end()
        if kind == "string" and expects_key:
            path[-1] = unescape(written)
            expects_key = False
            yield Token(tuple(path), kind, written, offset, is_key=True)
        elif written in "{[":
            yield Token(tuple(path), kind, written, offset)
            objects.append(written == "{")
            expects_key = objects[-1]
            path.append("" if expects_key else 0)
        elif kind != "mark":
            yield Token(tuple(path), kind, written, offset)
        elif not objects or written == ":":
            continue
        elif written == ",":
            expects_key = objects[-1]
            last = path[-1]
            path[-1] = "" if isinstance(last, str) else last + 1
        else:
            objects.pop()
            path.pop()
            expects_key = False


def positions(text: str) -> dict[Path, int]:
    """Return the offset of every member (its key) and item (its value) of a JSON text."""
    found: dict[Path, int] = {}
    for token in tokens(text):
        found.setdefault(token.path, token.offset)
    return found


def defects(text: str, *, depth: int, digits: int) -> Iterator[Defect]:
    """Yield what a strict reader refuses in `text`, syntax apart, in the order it stands."""
    keys: dict[Path, int] = {}
    for token in tokens(text):
        if token.is_key:
            if token.path in keys:
                yield Defect("duplicate-key", token.path, token.text, token.offset, keys[token.path])
            keys.setdefault(token.path, token.offset)
        if token.kind == "mark" and len(token.path) == depth:
            yield Defect("depth", token.path, token.text, token.offset)
            return
        if token.kind == "constant":
            yield Defect("constant", token.path, token.text, token.offset)
        elif token.kind == "number" and len(token.text) > digits:
            yield Defect("digits", token.path, token.text, token.offset)
        elif token.kind == "number" and not _is_within_range(token.text):
            yield Defect("range", token.path, token.text, token.offset)
        elif token.kind == "string" and "\\" in token.text:
            yield from _escapes(token)


def unescape(literal: str) -> str:
    """Return what a JSON string literal, quotes included, stands for."""
    if "\\" not in literal:
        return literal[1:-1]
    text = _ESCAPE.sub(_unescaped, literal[1:-1])
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def has_harmful_escape(text: str) -> bool:
    """Return whether an escape in a JSON text stands for half of a surrogate pair or for a control character."""
    return any(match["harmful"] for match in _ONE_ESCAPE.finditer(text))


def _is_within_range(number: str) -> bool:
    try:
        Decimal(number)
    except InvalidOperation:
        return False
    return True


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _SHORT_ESCAPES.get(match[2], match[2])


def _escapes(token: Token) -> Iterator[Defect]:
    high: re.Match[str] | None = None
    for match in _ESCAPE.finditer(token.text):
        character = _unescaped(match)
        if high and match.start() != high.end():
            yield Defect("surrogate", token.path, high[0], token.offset + high.start())
            high = None
        if "\ud800" <= character <= "\udbff":
            if high:
                yield Defect("surrogate", token.path, high[0], token.offset + high.start())
            high = match
            continue
        if "\udc00" <= character <= "\udfff":
            if not high:
                yield Defect("surrogate", token.path, match[0], token.offset + match.start())
        elif high:
            yield Defect("surrogate", token.path, high[0], token.offset + high.start())
        elif character < " " and character not in _ALLOWED_CONTROLS:
            yield Defect("control", token.path, match[0], token.offset + match.start())
        high = None
    if high:
        yield Defect("surrogate", token.path, high[0], token.offset + high.start())
