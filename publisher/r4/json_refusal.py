"""Say why a text is refused as FHIR JSON, with line and column.

Implements https://hl7.org/fhir/R4/json.html and the character rules of https://hl7.org/fhir/R4/datatypes.html#string.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NoReturn

from publisher.issue import Issue, IssueError, Report, Source
from publisher.r4.json_scan import Defect, Lines, defects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from json import JSONDecodeError

    from publisher.r4.json_scan import Path

_JSON = "https://hl7.org/fhir/R4/json.html"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much JSON is read at most: bytes, levels of nesting, characters of one number.

    Of a text that is refused, `scan` bytes at most are looked through for the places of its defects, and `defects` of
    them are told.
    """

    size: int = 64 * 1024 * 1024
    depth: int = 64
    digits: int = 4300
    scan: int = 64 * 1024 * 1024
    defects: int = 1000


def refused(rule: str, diagnostics: str, source: Source | None, *, code: str = "structure") -> IssueError:
    """Return the error to raise for a text that cannot be read."""
    return IssueError(Issue("fatal", code, rule, diagnostics, source=source, reference=_JSON))


def refuse(kind: str, text: str, file: str, limits: Limits) -> NoReturn:
    """Raise an IssueError with every defect of a text that the fast reader stumbled on, first on one of this kind."""
    if len(text) > limits.scan:
        rule, diagnostics = _WITHOUT_PLACE[kind]
        raise refused(rule, diagnostics.format(limits=limits), None, code=_code(kind))
    lines = Lines(text)
    report = Report(list(islice(_issues(text, file, limits, lines), limits.defects)))
    if not report:
        raise refused("json-syntax", "The text cannot be read as JSON; correct it.", Source(file))
    raise IssueError(report)


def refused_syntax(error: JSONDecodeError, file: str) -> IssueError:
    """Return the error to raise for a text that is no JSON."""
    source = Source(file, error.lineno, error.colno)
    if error.msg.startswith("Invalid control character"):
        diagnostics = "A control character stands in this string; take it out or write \\n, \\r or \\t."
        return refused("json-control-character", diagnostics, source)
    if error.msg == "Extra data":
        diagnostics = "Something follows the end of the JSON value; keep one value in a text."
        return refused("json-trailing-content", diagnostics, source)
    if not error.doc.strip():
        return refused("json-syntax", "The text is empty; give one JSON value.", Source(file))
    comma = _trailing_comma(error)
    if comma is not None:
        diagnostics = "The text is not JSON here: a comma stands before the end of an object or array; take it out."
        return refused("json-syntax", diagnostics, Source(file, *Lines(error.doc).at(comma)))
    reason = error.msg[0].lower() + error.msg[1:].removesuffix(" at")
    return refused("json-syntax", f"The text is not JSON here: {reason}; correct it.", source)


def _trailing_comma(error: JSONDecodeError) -> int | None:
    """Return where a comma stands before an end: Python 3.13 tells it, and earlier ones what they miss after it."""
    if error.msg.startswith("Illegal trailing comma"):
        return error.pos
    before = error.doc[: error.pos].rstrip()
    is_trailing = error.doc[error.pos : error.pos + 1] in ("}", "]") and before.endswith(",")
    return len(before) - 1 if is_trailing else None


def _issues(text: str, file: str, limits: Limits, lines: Lines) -> Iterator[Issue]:
    for defect in defects(text, depth=limits.depth, digits=limits.digits):
        rule, diagnostics = _SENTENCES[defect.kind](defect, lines, limits)
        yield Issue(
            "fatal",
            _code(defect.kind),
            rule,
            diagnostics,
            expression=_expression(defect.path),
            source=Source(file, *lines.at(defect.offset)),
            reference=_JSON,
        )


def _code(kind: str) -> str:
    return "too-costly" if kind == "depth" else "structure"


def _duplicate_key(defect: Defect, lines: Lines, _: Limits) -> tuple[str, str]:
    first, _column = lines.at(defect.first or 0)
    sentence = f"The key {defect.text} is repeated, it was given on line {first} already; keep one of them."
    return "json-duplicate-key", sentence


def _too_deep(_: Defect, __: Lines, limits: Limits) -> tuple[str, str]:
    return "json-depth", f"The text nests deeper than {limits.depth} levels from here; make it flatter."


def _constant(defect: Defect, _: Lines, __: Limits) -> tuple[str, str]:
    return "json-not-a-number", f"{defect.text} is no JSON number; leave the element out or give a number."


def _long_number(defect: Defect, _: Lines, limits: Limits) -> tuple[str, str]:
    written = f"This number is {len(defect.text):,} characters long"
    return "json-number-length", f"{written}, more than the {limits.digits:,} that are read; shorten it."


def _large_number(defect: Defect, _: Lines, __: Limits) -> tuple[str, str]:
    sentence = f"The exponent of {defect.text[:40]} is beyond any that can be held; correct it."
    return "json-number-range", sentence


def _lone_surrogate(defect: Defect, _: Lines, __: Limits) -> tuple[str, str]:
    sentence = f"{defect.text} is half of a surrogate pair and no character; write the character itself."
    return "json-lone-surrogate", sentence


def _control_character(defect: Defect, _: Lines, __: Limits) -> tuple[str, str]:
    sentence = f"{defect.text} stands for a control character, which no FHIR text may hold; take it out."
    return "json-control-character", sentence


_SENTENCES: dict[str, Callable[[Defect, Lines, Limits], tuple[str, str]]] = {
    "duplicate-key": _duplicate_key,
    "depth": _too_deep,
    "constant": _constant,
    "digits": _long_number,
    "range": _large_number,
    "surrogate": _lone_surrogate,
    "control": _control_character,
}


_WITHOUT_PLACE = {
    "duplicate-key": ("json-duplicate-key", "A key is given twice in one object; keep one of them."),
    "depth": ("json-depth", "The text nests deeper than {limits.depth} levels; make it flatter."),
    "constant": ("json-not-a-number", "NaN and Infinity are no JSON numbers; leave the element out or give a number."),
    "digits": ("json-number-length", "A number has more than {limits.digits:,} characters; shorten it."),
    "range": ("json-number-range", "The exponent of a number is beyond any that can be held; correct it."),
    "escape": ("json-lone-surrogate", "An escape stands for no character that FHIR text may hold; take it out."),
}


def _expression(path: Path) -> str | None:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".") or None
