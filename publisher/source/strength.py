"""Read strength.yaml: for each code of strength that a statement may carry, the words that are too strong for it.

Implements https://hl7.org/fhir/uv/cpg/documentation-libraries.html for a source without grades: what is said of a
statement is no stronger than its own words. Clinicians review the table; the code only matches it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.issue import Issue, IssueError
from publisher.source.keys import Keys
from publisher.source.yaml import read
from publisher.topic import Strength

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from publisher.topic import Document, Publisher


def read_strengths(path: Path, publisher: Publisher) -> Mapping[str, Strength]:
    """Return the codes of strength in `path`, none where it is not there; raise an IssueError on what is wrong."""
    return strengths_from(read(path), publisher) if path.is_file() else {}


def strengths_from(document: Document, publisher: Publisher) -> Mapping[str, Strength]:
    """Return the codes of strength that a document lists, or raise an IssueError with all that is wrong in it."""
    keys = Keys(document)
    found = {}
    for one in keys.each("strengths"):
        strength = _strength(one, publisher.languages)
        if strength.code in found:
            one.wrong("code", f"repeats {strength.code}")
        found[strength.code] = strength
    if not found and not keys.report.has_errors:
        diagnostics = "No strength is listed; write strengths, with code and mustNotSay."
        keys.report.add(Issue.error("required", "key-missing", diagnostics, source=document.locate("")))
    keys.finish(final=False)
    if keys.report.has_errors:
        raise IssueError(keys.report)
    return found


def _strength(keys: Keys, languages: tuple[str, ...]) -> Strength:
    words = keys.child("mustNotSay")
    forbidden = {language: words.texts(language) for language in languages} if words else {}
    if words:
        words.finish(final=False)
    strength = Strength(keys.text("code"), forbidden)
    keys.finish(final=False)
    return strength
