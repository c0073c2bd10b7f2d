"""Strict JSON in and canonical JSON out: what FHIR calls JSON, with nothing lost and nothing ambiguous.

Implements https://hl7.org/fhir/R4/json.html and https://hl7.org/fhir/R4/datatypes.html#decimal.
"""

from __future__ import annotations

import json
import re
from decimal import InvalidOperation
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, NoReturn

from publisher.issue import Source
from publisher.r4.json_offsets import Offsets
from publisher.r4.json_path import json_path
from publisher.r4.json_refusal import Limits, refuse, refused, refused_syntax
from publisher.r4.json_scan import Lines, has_harmful_escape
from publisher.r4.written import Written, WrittenDecimal, decimal, text_of

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = ["DEFAULT_LIMITS", "Document", "Limits", "WrittenDecimal", "dumps", "parse"]

DEFAULT_LIMITS = Limits()

_OTHER_ENCODINGS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_SUSPICIOUS_ESCAPE = re.compile(r"\\(?:u[dD][89a-fA-F]|u00[01]|[bf])")
_BRACKETS = bytes.maketrans(b"[]", b"{}")
_NOT_MARKS = bytes(set(range(256)) - set(b'[]{}:"'))


class Document:
    """A JSON text that was read: its plain value, and on request the place of any part of it."""

    def __init__(self, value: Any, *, text: str, file: str) -> None:
        self.value = value
        self.file = file
        self._text = text
        self._offsets: Offsets | None = None
        self._lines: Lines | None = None

    def locate(self, expression: str) -> Source:
        """Return where the part named by a FHIRPath stands, or else its nearest present parent."""
        if self._offsets is None or self._lines is None:
            self._offsets, self._lines = Offsets(self._text), Lines(self._text)
        line, column = self._lines.at(self._offsets.at(json_path(self.value, expression)))
        return Source(self.file, line, column)


def parse(data: bytes, *, file: str, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read one JSON text, or raise an IssueError that says what is wrong on which line and column."""
    if len(data) > limits.size:
        diagnostics = f"The text has {len(data):,} bytes, {limits.size:,} are read at most; make it smaller."
        raise refused("json-size", diagnostics, Source(file), code="too-long")
    text = _decoded(data, file)
    marks = _outside_strings(data)
    if _is_deeper(marks, limits.depth):
        refuse("depth", text, file, limits)
    value, members = _read(text, file, limits)
    if members != marks.count(b":"):  # of two members with one name the reader keeps the last
        refuse("duplicate-key", text, file, limits)
    if b"\\" in data and _SUSPICIOUS_ESCAPE.search(text) and has_harmful_escape(text):
        refuse("escape", text, file, limits)
    return Document(value, text=text, file=file)


def _read(text: str, file: str, limits: Limits) -> tuple[Any, int]:
    """Return the value of a text, and how many members all its objects have."""
    members = 0

    def number(literal: str) -> Decimal:
        if len(literal) > limits.digits:
            raise _RefusedError("digits")
        return decimal(literal)

    def counted(found: dict[str, Any]) -> dict[str, Any]:
        nonlocal members
        members += len(found)
        return found

    try:
        value = json.loads(text, parse_float=number, parse_constant=_no_constant, object_hook=counted)
    except json.JSONDecodeError as error:
        raise refused_syntax(error, file) from None
    except _RefusedError as error:
        refuse(str(error), text, file, limits)
    except InvalidOperation:
        refuse("range", text, file, limits)
    except ValueError:  # of int()
        refuse("digits", text, file, limits)
    return value, members


def dumps(value: Any, *, pretty: bool = False) -> bytes:
    """Return `value` as UTF-8 JSON with keys in their order and decimals as written.

    `pretty` indents by two spaces and ends with a newline; without it there is no white space at all.
    """
    if not pretty:
        return text_of(value).encode()
    text = _indented(value.value if isinstance(value, Written) else value, "\n")
    return f"{text}\n".encode()


def _indented(value: Any, start: str) -> str:
    """Return JSON with each member and item on a line of its own; `start` is a line break and the indent it stands in.

    The standard library has no fast writer of indented JSON.
    """
    if isinstance(value, str):
        return encode_basestring(value)
    inner = f"{start}  "
    if value and isinstance(value, dict):
        members = [f"{encode_basestring(key)}: {_indented(one, inner)}" for key, one in value.items()]
        return f"{{{inner}{f',{inner}'.join(members)}{start}}}"
    if value and isinstance(value, list | tuple):
        return f"[{inner}{f',{inner}'.join([_indented(one, inner) for one in value])}{start}]"
    return text_of(value)


class _RefusedError(Exception):
    """Stops the fast reader on a kind of defect; the scan that follows finds all of them."""


def _decoded(data: bytes, file: str) -> str:
    for mark, name in _OTHER_ENCODINGS:
        if data.startswith(mark):
            _wrong_encoding(name, file)
    if data.startswith(b"\xef\xbb\xbf"):
        diagnostics = "The text starts with a byte order mark, which JSON forbids; save it without one."
        raise refused("json-byte-order-mark", diagnostics, Source(file))
    if b"\x00" in data[:4]:
        _wrong_encoding("UTF-16 or UTF-32", file)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(errors="replace")
        diagnostics = f"The byte 0x{data[error.start]:02X} is not UTF-8 here; save the text as UTF-8."
        source = Source(file, *Lines(before).at(len(before)))
        raise refused("json-encoding", diagnostics, source) from None


def _wrong_encoding(name: str, file: str) -> NoReturn:
    diagnostics = f"The text is written in {name}, FHIR reads UTF-8; save it as UTF-8."
    raise refused("json-encoding", diagnostics, Source(file))


def _outside_strings(data: bytes) -> bytes:
    """Return the colons and brackets outside strings, all brackets as braces; of a text that is no JSON, anything."""
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Two quotes side by side are a string without marks, or the end of one and the start of the next without a mark
    # between them: what stands outside is the same without them.
    marks = data.translate(_BRACKETS, _NOT_MARKS).replace(b'""', b"")
    return b"".join(marks.split(b'"')[::2]) if b'"' in marks else marks


def _is_deeper(marks: bytes, depth: int) -> bool:
    """Return whether the brackets among what stands outside strings nest deeper than `depth`, without recursion."""
    brackets = marks.translate(None, b":")
    if brackets.count(b"{") <= depth:
        return False
    for _ in range(depth):  # each pass takes the innermost level away
        if not brackets:
            return False
        brackets = brackets.replace(b"{}", b"")
    level = highest = 0
    for bracket in brackets:  # what is left of a deep or a broken text
        level += 1 if bracket == ord("{") else -1
        highest = max(highest, level)
    return highest > 0


def _no_constant(_: str) -> NoReturn:
    raise _RefusedError("constant")
