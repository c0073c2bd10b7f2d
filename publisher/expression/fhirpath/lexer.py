"""Cut the text of a FHIRPath expression into tokens, or say where it cannot be.

Implements the lexical rules of https://hl7.org/fhirpath/N1/grammar.html and
https://hl7.org/fhirpath/N1/#lexical-elements.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from publisher.issue import Issue, IssueError, Source

REFERENCE = "https://hl7.org/fhirpath/N1/grammar.html"
_LONGEST = 100_000

_DATE = r"\d{4}(?:-\d{2}(?:-\d{2})?)?"
_TIME = r"\d{2}(?::\d{2}(?::\d{2}(?:\.\d+)?)?)?"
_TOKEN = re.compile(
    rf"""
    (?P<space>(?:\s+|//[^\r\n]*|/\*(?:[^*]|\*(?!/))*\*/)+)
  | (?P<datetime>@{_DATE}T(?:{_TIME}(?:Z|[+-]\d{{2}}:\d{{2}})?)?)
  | (?P<date>@{_DATE})
  | (?P<time>@T{_TIME})
  | (?P<long>\d+L\b)
  | (?P<number>\d+(?:\.\d+)?)
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<string>'(?:[^'\\]|\\.)*')
  | (?P<quoted>`(?:[^`\\]|\\.)*`)
  | (?P<variable>%(?:[A-Za-z_][A-Za-z0-9_]*|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"))
  | (?P<special>\$(?:this|index|total)\b)
  | (?P<symbol><=|>=|!=|!~|/(?!\*)|[.,()\[\]{{}}+\-*&|<>=~])
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"f": "\f", "n": "\n", "r": "\r", "t": "\t"} | {each: each for each in "\\/\"'`"}


class Token(NamedTuple):
    """A piece of the text; `text` is what it means, escapes and quotes taken out."""

    kind: str
    text: str
    at: int


def tokens(text: str) -> list[Token]:
    """Return the tokens of `text`, ended by one of kind `end`."""
    if len(text) > _LONGEST:
        raise refused(text, 0, f"is longer than {_LONGEST} characters; split it")
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise refused(text, at, _advice(text, at))
        kind = match.lastgroup or ""
        if kind != "space":
            found.append(Token(kind, _meaning(text, kind, match[0], at), at))
        at = match.end()
    found.append(Token("end", "", len(text)))
    return found


def refused(text: str, at: int, sentence: str, *, rule: str = "fhirpath-syntax", code: str = "invalid") -> IssueError:
    """Return the error that `text` is wrong at offset `at`; `sentence` says what and what to do."""
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    diagnostics = f"The FHIRPath expression, line {line} column {column}, {sentence}."
    place = Source("expression", line, column)
    return IssueError(Issue.error(code, rule, diagnostics, source=place, reference=REFERENCE))


def _advice(text: str, at: int) -> str:
    letter = text[at]
    if text.startswith("/*", at):
        return "starts a comment that does not end; close it with */"
    if letter in "'`":
        return f"starts a text with {letter} that does not end; close it with {letter}"
    if letter == '"':
        return 'has a " where none may stand; write a string in single quotes, a name in backticks'
    if letter == "@":
        return "starts a date or time that is none; write @YYYY-MM-DD, @YYYY-MM-DDThh:mm:ss or @Thh:mm:ss"
    if letter == "$":
        return "has a $ that starts none of $this, $index and $total; write one of these"
    if letter == "%":
        return "has a % without a name; write %name or %`name`"
    return f"has {letter!r}, which no token starts with; take it out"


def _meaning(text: str, kind: str, raw: str, at: int) -> str:
    if kind in ("string", "quoted"):
        return _unescaped(text, raw[1:-1], at + 1)
    if kind == "variable":
        return raw[1:] if raw[1] not in "'`\"" else _unescaped(text, raw[2:-1], at + 2)
    if kind in ("special", "datetime", "date"):
        return raw[1:]
    return raw[2:] if kind == "time" else raw


def _unescaped(text: str, raw: str, at: int) -> str:
    if "\\" not in raw:
        return raw

    def meaning(match: re.Match[str]) -> str:
        escape = match[1]
        if len(escape) > 1:
            return chr(int(escape[1:], 16))
        if escape not in _ESCAPES:
            sentence = f"has the unknown escape \\{escape}; write \\\\{escape} for a backslash and {escape!r}"
            raise refused(text, at + match.start(), sentence)
        return _ESCAPES[escape]

    return _ESCAPE.sub(meaning, raw)
