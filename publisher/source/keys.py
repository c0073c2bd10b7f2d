"""Take the keys of our own files one by one, and say what is missing, wrong or unknown among them.

Implements the strictness of the authoring source for publisher.yaml, topic.yaml and statements.yaml, which
https://hl7.org/fhir/uv/crmi/artifact-lifecycle.html leaves to the author's tools.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.issue import Issue, IssueError, Report
from publisher.topic import did_you_mean

if TYPE_CHECKING:
    import re
    from collections.abc import Collection, Iterator

    from publisher.issue import Source
    from publisher.topic import Document


class Keys:
    """Takes one mapping of our own files key by key, and collects what is missing, wrong or unknown."""

    def __init__(self, document: Document, report: Report | None = None, path: str = "", value: Any = None) -> None:
        """Take the mapping `value` that stands at `path` of a document; without a path, the whole document."""
        self.report = Report() if report is None else report
        self._document = document
        self._path = path
        self._known: set[str] = set()
        value = value if path else document.value
        self._members: dict[str, Any] = value if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            self._issue("key-wrong", "A mapping of keys to values is expected here; write one.", "structure", path)

    def has(self, key: str) -> bool:
        """Return whether `key` is there."""
        return key in self._members

    def text(
        self,
        key: str,
        *,
        required: bool = True,
        pattern: re.Pattern[str] | None = None,
        choices: Collection[str] = (),
    ) -> str:
        """Return the text under `key`; an empty one where it is missing or wrong."""
        value = self._take(key, str, "a text (quote it)", required=required)
        if value is None:
            return ""
        if pattern and not pattern.fullmatch(value):
            self.wrong(key, f"has the form {pattern.pattern}, and {value!r} does not fit")
        if choices and value not in choices:
            self.wrong(key, f"is one of {', '.join(choices)}", did_you_mean(value, choices))
        return str(value)

    def texts(self, key: str, *, required: bool = True) -> tuple[str, ...]:
        """Return the texts listed under `key`."""
        value = self._take(key, list, "a list of texts", required=required) or []
        if not all(isinstance(one, str) for one in value):
            self.wrong(key, "must be a list of texts (quote each)")
        return tuple(str(one) for one in value)

    def flag(self, key: str, *, required: bool = True) -> bool:
        """Return the truth value under `key`."""
        return bool(self._take(key, bool, "true or false", required=required))

    def number(self, key: str) -> int:
        """Return the whole number under `key`."""
        return int(self._take(key, int, "a whole number", required=True) or 0)

    def translated(self, key: str, languages: tuple[str, ...], *, required: bool = True) -> dict[str, str]:
        """Return the texts under `key` by language; of a text every language is required."""
        keys = self.child(key, required=required)
        if keys is None:
            return {}
        texts = {language: keys.text(language) for language in languages}
        keys.finish(final=False)
        return texts

    def child(self, key: str, *, required: bool = True) -> Keys | None:
        """Return the mapping under `key`."""
        value = self._take(key, dict, "a mapping", required=required)
        return None if value is None else Keys(self._document, self.report, self._join(key), value)

    def children(self, key: str) -> Iterator[tuple[str, Keys]]:
        """Yield the mappings under `key` by name."""
        for name, value in (self._take(key, dict, "a mapping", required=False) or {}).items():
            yield name, Keys(self._document, self.report, self._join(f"{key}.{name}"), value)

    def each(self, key: str) -> Iterator[Keys]:
        """Yield the mappings listed under `key`."""
        for index, value in enumerate(self._take(key, list, "a list of mappings", required=False) or ()):
            yield Keys(self._document, self.report, self._join(f"{key}[{index}]"), value)

    def finish(self, *, final: bool = True) -> None:
        """Report the keys that nothing asked for; when `final`, raise all that was found wrong."""
        for key in self._members:
            if key not in self._known:
                hint = did_you_mean(key, self._known) or f"; the keys are {', '.join(sorted(self._known))}."
                self._issue("key-unknown", f"The key '{key}' is not known here{hint}", "structure", self._join(key))
        if final and self.report.has_errors:
            raise IssueError(self.report)

    def wrong(self, key: str, reason: str, advice: str = "") -> None:
        """Report that the value under `key` breaks a rule."""
        self._issue("key-wrong", f"'{key}' {reason}{advice or '; correct it.'}", "value", self._join(key))

    def locate(self, key: str) -> Source:
        """Return where `key` stands."""
        return self._document.locate(self._join(key))

    def _take(self, key: str, kind: type, wanted: str, *, required: bool) -> Any:
        self._known.add(key)
        if key not in self._members:
            if required:
                self._issue("key-missing", f"The key '{key}' is missing; add {wanted}.", "required", self._path)
            return None
        value = self._members[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.wrong(key, f"must be {wanted}")
            return None
        return value

    def _join(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def _issue(self, rule: str, diagnostics: str, code: str, path: str) -> None:
        self.report.add(Issue.error(code, rule, diagnostics, source=self._document.locate(path)))
