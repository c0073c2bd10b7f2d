"""Issue and Report: the one error type, from a YAML line to an OperationOutcome.

Implements https://hl7.org/fhir/R4/operationoutcome.html.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LONGEST_QUOTE = 80


@dataclass(frozen=True, slots=True)
class Source:
    """A place in a file: `line` and `column` count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding: what is wrong, where, and what to do.

    `code` is a code of http://hl7.org/fhir/issue-type, `rule` our own stable word,
    `expression` a FHIRPath, `reference` the address of the rule's specification, `waived` the reason that a topic
    gives for leaving it so. `diagnostics` are English where `translations` holds them in other languages.
    """

    severity: str
    code: str
    rule: str
    diagnostics: str
    expression: str | None = None
    source: Source | None = None
    reference: str | None = None
    waived: str | None = None
    translations: tuple[tuple[str, str], ...] = ()

    @classmethod
    def error(cls, code: str, rule: str, diagnostics: str, **where: Any) -> Issue:
        """Return an error; `where` holds expression, source and reference."""
        return cls("error", code, rule, diagnostics, **where)

    @classmethod
    def warning(cls, code: str, rule: str, diagnostics: str, **where: Any) -> Issue:
        """Return a warning; `where` holds expression, source and reference."""
        return cls("warning", code, rule, diagnostics, **where)

    @classmethod
    def information(cls, code: str, rule: str, diagnostics: str, **where: Any) -> Issue:
        """Return a piece of information; `where` holds expression, source and reference."""
        return cls("information", code, rule, diagnostics, **where)

    def at(self, source: Source | None) -> Issue:
        """Return the same issue at `source`, unless it has a place already."""
        return self if self.source or source is None else replace(self, source=source)

    def in_language(self, language: str) -> Issue:
        """Return the issue as it is told in `language`, or as it stands where we do not speak that."""
        said = dict(self.translations).get(language)
        return self if said is None else replace(self, diagnostics=said)

    @property
    def is_error(self) -> bool:
        """Return whether this issue stops the work it was found in."""
        return self.severity in ("fatal", "error") and self.waived is None

    def __str__(self) -> str:
        place = f"{self.source}: " if self.source else f"{self.expression}: " if self.expression else ""
        return f"{place}{self._waiver}{self.severity} {self.rule}: {self._told}"

    @property
    def _waiver(self) -> str:
        return "" if self.waived is None else "waived "

    @property
    def _told(self) -> str:
        return self.diagnostics if self.waived is None else f"{self.diagnostics} Waived: {self.waived}"

    def to_fhir(self) -> dict[str, Any]:
        """Return the issue as an OperationOutcome.issue; one that is waived is information."""
        severity = self.severity if self.waived is None else "information"
        issue: dict[str, Any] = {"severity": severity, "code": self.code}
        issue["details"] = {"text": self.rule}
        issue["diagnostics"] = self._told
        if self.expression:
            issue["expression"] = [self.expression]
        return issue


@dataclass(slots=True)
class Report:
    """The issues of one piece of work, in the order they were found."""

    issues: list[Issue] = field(default_factory=list)

    def add(self, *issues: Issue) -> None:
        """Add `issues` at the end."""
        self.issues.extend(issues)

    def extend(self, issues: Iterable[Issue]) -> None:
        """Add every one of `issues` at the end."""
        self.issues.extend(issues)

    def __iter__(self) -> Iterator[Issue]:
        return iter(self.issues)

    def __len__(self) -> int:
        return len(self.issues)

    def in_language(self, language: str) -> Report:
        """Return the same issues as they are told in `language`."""
        return Report([each.in_language(language) for each in self.issues])

    @property
    def has_errors(self) -> bool:
        """Return whether any issue is an error."""
        return any(issue.is_error for issue in self.issues)

    def to_text(self) -> str:
        """Return one line an issue, as an editor or terminal reads them."""
        return "".join(f"{issue}\n" for issue in self.issues)

    def to_operation_outcome(self) -> dict[str, Any]:
        """Return an R4 OperationOutcome; a clean report says so in one informational issue."""
        issues = [issue.to_fhir() for issue in self.issues]
        clean = {"severity": "information", "code": "informational", "diagnostics": "No issues found."}
        return {"resourceType": "OperationOutcome", "issue": issues or [clean]}


class IssueError(Exception):
    """Raised only where a caller cannot go on; carries the report that says why."""

    def __init__(self, report: Report | Issue) -> None:
        self.report = Report([report]) if isinstance(report, Issue) else report
        super().__init__(self.report.to_text())


class IssueText(NamedTuple):
    """What we say of one thing that may be wrong: issue code, rule, and one sentence a language."""

    code: str
    rule: str
    en: str
    sv: str

    def issue(self, expression: str | None = None, /, *, severity: str = "error", **values: Any) -> Issue:
        """Return the issue at `expression`, which is `where` of the sentences, with what was met filled in."""
        plain = {"where": expression, **{name: _listed(value) for name, value in values.items()}}
        said = (("sv", self.sv.format_map(plain)),)
        return Issue(severity, self.code, self.rule, self.en.format_map(plain), expression, translations=said)


def _listed(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value


def quoted(value: object, longest: int = _LONGEST_QUOTE) -> str:
    """Return what a caller wrote so that it can stand in a sentence: one short line of printable text."""
    text = "".join(character if character.isprintable() else "?" for character in str(value))
    return text if len(text) <= longest else text[:longest] + "..."
