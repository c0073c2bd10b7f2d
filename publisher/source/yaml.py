"""Read authoring files strictly: YAML in which nothing is guessed, with the place of every node.

Implements the part of https://yaml.org/spec/1.2.2/ we accept: one document of mappings, lists and scalars.
The codec reads plain FHIR JSON, https://hl7.org/fhir/R4/json.html, into the same kind of document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import yaml

from publisher.issue import Issue, IssueError, Report, Source
from publisher.r4.codec import WrittenDecimal
from publisher.r4.codec import parse as parse_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from publisher.topic import Document

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32
MAX_ALIASES = 20

_REFERENCE = "https://yaml.org/spec/1.2.2/"
_INTEGER = re.compile(r"0|-?[1-9]\d{0,17}")
_DECIMAL = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")
# What some readers take for a number whose digits they change: 1e3, .5, 007, 1_000, 0x1F, .inf
_IMPLICIT_NUMBER = re.compile(
    r"[-+]?(?:0[box][\da-f_]+|\.(?:inf|nan)|(?=\.?\d)[\d_]*(?:\.[\d_]*)?(?:e[-+]?\d+)?)", re.IGNORECASE
)
_IMPLICIT_BOOLEAN = re.compile(r"yes|no|on|off|true|false", re.IGNORECASE)
_BOOLEANS = {"true": True, "false": False}
_NULLS = ("", "~", "null", "Null", "NULL")
_LAST_STEP = re.compile(r"(?:\.|^)[^.\[\]]+$|\[\d+\]$")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """A file that was read: its plain value, and by path the mark where each part of it starts."""

    value: Any
    file: str
    marks: Mapping[str, Any]

    def locate(self, path: str) -> Source:
        """Return where the part named by `path` (`action[0].title.sv`) stands, or its nearest parent."""
        while path and path not in self.marks:
            path = _LAST_STEP.sub("", path)
        mark = self.marks.get(path)
        return Source(self.file, *_place(mark)) if mark else Source(self.file)


def read(path: Path, *, file: str | None = None) -> Document:
    """Return the document in `path`, or raise an IssueError with all that is wrong in it."""
    file = file or str(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        diagnostics = f"The file cannot be read: {reason}; check its name and rights."
        raise IssueError(Issue("fatal", "exception", "file-unreadable", diagnostics, source=Source(file))) from None
    return parse_json(data, file=file) if path.suffix == ".json" else parse(data, file=file)


def parse(data: bytes, *, file: str) -> YamlDocument:
    """Return the YAML document in `data`, or raise an IssueError with all that is wrong in it."""
    if len(data) > MAX_BYTES:
        diagnostics = f"The file has {len(data):,} bytes, {MAX_BYTES:,} are read at most; split it."
        raise IssueError(Issue("fatal", "too-long", "yaml-size", diagnostics, source=Source(file)))
    reader = _Reader(file)
    value = reader.read(data)
    if reader.report.has_errors:
        raise IssueError(reader.report)
    return YamlDocument(value, file, reader.marks)


class _Refused(Exception):  # noqa: N818 (stops the reader; the report says why)
    """Ends the reading of a file of which no further part can be trusted."""


class _Reader:
    """Turns the events of one YAML text into plain values, and collects every defect on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.report = Report()
        self.marks: dict[str, Any] = {}
        self._anchors: dict[str, Any] = {}
        self._aliases = 0
        self._open_anchors = 0
        self._event: Callable[[], Any] = lambda: None

    def read(self, data: bytes) -> Any:
        """Return the value of the only document."""
        try:
            self._event = _LOADER(data).get_event
            return self._document()
        except yaml.YAMLError as error:
            self._syntax(error)
        except _Refused:
            pass
        return None

    def _document(self) -> Any:
        value, seen = None, False
        while event := self._event():
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            if seen:
                self._refuse(event, "yaml-documents", "A second document starts here; keep one in a file.")
            seen = True
            event = self._event()
            self.marks[""] = event.start_mark
            value = self._value(event, "", 0)
        if not seen:
            diagnostics = "The file is empty; write the artifact, or remove the file."
            self.report.add(Issue.error("required", "yaml-empty", diagnostics, source=Source(self.file)))
        return value

    def _value(self, event: Any, path: str, depth: int) -> Any:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if depth > MAX_DEPTH:
            self._refuse(event, "yaml-depth", f"The text nests deeper than {MAX_DEPTH} levels; make it flatter.")
        if event.tag is not None and event.tag != "!":
            self._error(event, "yaml-tag", f"The tag {event.tag} is not used here; write the value alone.")
        self._open_anchors += event.anchor is not None
        value = self._node(event, path, depth)
        if event.anchor is not None:
            self._open_anchors -= 1
            self._anchors[event.anchor] = value
        return value

    def _node(self, event: Any, path: str, depth: int) -> Any:
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path, depth)
        return self._scalar(event)

    def _mapping(self, path: str, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while not isinstance(key := self._event(), yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent):
                self._refuse(key, "yaml-key", "A key is a mapping, a list or an alias; write a plain word.")
            place = f"{path}.{key.value}" if path else key.value
            if key.value == "<<":
                self._error(key, "yaml-merge", "The merge key << is not used here; write the elements out.")
            if key.value in members:
                line, _ = _place(self.marks[place])
                diagnostics = f"The key '{key.value}' is repeated, line {line} has it already; keep one of them."
                self._error(key, "yaml-repeated-key", diagnostics)
            self.marks.setdefault(place, key.start_mark)
            members[key.value] = self._value(self._event(), place, depth + 1)
        return members

    def _sequence(self, path: str, depth: int) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := self._event(), yaml.SequenceEndEvent):
            place = f"{path}[{len(items)}]"
            self.marks.setdefault(place, event.start_mark)
            items.append(self._value(event, place, depth + 1))
        return items

    def _scalar(self, event: Any) -> Any:
        text = event.value
        if event.style:
            return text
        if text in _BOOLEANS:
            return _BOOLEANS[text]
        if text in _NULLS:
            self._error(event, "null-value", "There is no value here; write one, or leave the key out.", "required")
            return None
        if _IMPLICIT_BOOLEAN.fullmatch(text):
            choice = "true or false" if text.lower() in ("true", "false") else "true, false"
            diagnostics = f"{text} may be read as a truth value; write {choice}, or quote it to mean the word."
            self._error(event, "implicit-boolean", diagnostics, "value")
        if not (text[0].isdigit() or text[0] in "+-."):
            return text
        value = _number(text)
        if value is text and _IMPLICIT_NUMBER.fullmatch(text):
            diagnostics = f"{text} may be read as a number; write its digits out, or quote it to mean the text."
            self._error(event, "implicit-number", diagnostics, "value")
        return value

    def _alias(self, event: Any) -> Any:
        self._aliases += 1
        if self._open_anchors:
            self._refuse(event, "yaml-alias", f"The alias *{event.anchor} stands inside an anchor; write it out.")
        if self._aliases > MAX_ALIASES:
            diagnostics = f"More than {MAX_ALIASES} aliases are used from here; write the values out."
            self._refuse(event, "yaml-alias", diagnostics)
        if event.anchor not in self._anchors:
            self._error(event, "yaml-alias", f"No anchor &{event.anchor} stands before this alias; add it.")
        return self._anchors.get(event.anchor)

    def _error(self, event: Any, rule: str, diagnostics: str, code: str = "structure") -> None:
        source = Source(self.file, *_place(event.start_mark))
        self.report.add(Issue.error(code, rule, diagnostics, source=source, reference=_REFERENCE))

    def _refuse(self, event: Any, rule: str, diagnostics: str) -> None:
        self._error(event, rule, diagnostics)
        raise _Refused

    def _syntax(self, error: yaml.YAMLError) -> None:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
        place = _place(mark) if mark else (1, 1)
        diagnostics = f"The file is not YAML here: {problem}; correct it (indent with spaces, quote special signs)."
        source = Source(self.file, *place)
        self.report.add(Issue.error("structure", "yaml-syntax", diagnostics, source=source, reference=_REFERENCE))


def _place(mark: Any) -> tuple[int, int]:
    return mark.line + 1, mark.column + 1


def _number(text: str) -> Any:
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        value = Decimal(text)
        return value if str(value) == text else WrittenDecimal(text)
    return text
