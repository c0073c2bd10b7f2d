"""Gate on wording: a text is never stronger than the weakest statement its element derives from.

Implements the rule of https://hl7.org/fhir/uv/cpg/methodology.html that an artifact says what its source says. The
words are data (strength.yaml); a word counts behind a negation too, as the safe reading is the strict one.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any

from publisher.issue import Issue
from publisher.language import TRANSLATION
from publisher.validation.coverage import statement_ids
from publisher.validation.texts import SPEAKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from publisher.repository import Resource
    from publisher.topic import Statement, Topic
    from publisher.validation.context import Context

_OWN_PROVENANCE = ("documentation", "relatedArtifact")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")


def wording_is_no_stronger(resource: Resource, context: Context) -> Iterator[Issue]:
    """Check that no text says more than the weakest of the statements that its element derives from."""
    kind = resource["resourceType"]
    for path, text, language, ids in _texts(resource, kind, context.publisher.default_language, ()):
        found = too_strong(text, language, _strengths(ids, context.topic), context)
        if found:
            yield _exceeded(path, *found)


def statement_wording_is_no_stronger(topic: Topic, context: Context) -> Iterator[Issue]:
    """Check that no statement says more than its own strength."""
    for statement in topic.statements.values():
        for language, text in statement.text.items():
            found = too_strong(text, language, [(statement.id, statement.strength)], context)
            if found:
                yield _exceeded(f"The statement in '{language}'", *found).at(statement.source)


def strength_is_known(topic: Topic, context: Context) -> Iterator[Issue]:
    """Check that the strength of every statement is in strength.yaml, which says what it forbids."""
    for statement in topic.statements.values():
        if statement.strength and statement.strength not in context.strengths:
            known = ", ".join(context.strengths) or "that file is missing or empty"
            diagnostics = f"'{statement.strength}' is no strength of strength.yaml ({known}); correct or add it."
            yield Issue.error("code-invalid", "strength-unknown", diagnostics, source=statement.source)


def too_strong(
    text: str, language: str, strengths: Iterable[tuple[str, str | None]], context: Context
) -> tuple[str, str, str] | None:
    """Return the first words of `text` that are too strong, with the statement and the strength that say so."""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    for statement, code in strengths:
        strength = context.strengths.get(code or "")
        words = strength.must_not_say.get(language, ()) if strength else ()
        found = _pattern(words).search(plain) if words else None
        if found:
            return found[0], statement, str(code)
    return None


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return one pattern for words as strength.yaml writes them: `wor*`, `two words`, `two ... words`."""
    return re.compile(rf"\b(?:{'|'.join(map(_alternative, words))})\b", re.IGNORECASE)


def _alternative(words: str) -> str:
    parts = [re.escape(word).replace(r"\*", r"\w*") for word in words.split()]
    return r"\W+".join(parts).replace(r"\W+\.\.\.\W+", r"\W+(?:\w+\W+){0,3}?")


def _texts(
    element: Mapping[str, Any], path: str, language: str, ids: tuple[str, ...]
) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Yield path, text, language and statements of each text; an action without statements has its parent's."""
    ids = tuple(statement_ids(element)) or ids
    for key, value in element.items():
        place = f"{path}.{key}"
        if key in SPEAKING and isinstance(value, str):
            yield place, value, language, ids
            yield from ((place, text, other, ids) for other, text in _translated(element.get(f"_{key}")))
        elif key not in _OWN_PROVENANCE and not (key == "text" and isinstance(value, dict)):
            for index, one in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(one, dict) and not key.startswith("_"):
                    step = f"{place}[{index}]" if isinstance(value, list) else place
                    yield from _texts(one, step, language, ids)


def _translated(sibling: Any) -> Iterator[tuple[str, str]]:
    for one in sibling.get("extension", ()) if isinstance(sibling, dict) else ():
        if one.get("url") == TRANSLATION:
            parts = {part.get("url"): part for part in one.get("extension", ())}
            content = parts.get("content", {})
            text = content.get("valueString", content.get("valueMarkdown", ""))
            yield str(parts.get("lang", {}).get("valueCode", "")), str(text)


def _strengths(ids: Iterable[str], topic: Topic) -> list[tuple[str, str | None]]:
    """Return each statement with its strength; a derived rule brings those of its origins too."""
    found: dict[str, Statement] = {}
    waiting = list(ids)
    while waiting:
        statement = topic.statements.get(waiting.pop(0))
        if statement and statement.id not in found:
            found[statement.id] = statement
            waiting += statement.derives_from
    return [(one.id, one.strength) for one in found.values()]


def _exceeded(path: str, words: str, statement: str, strength: str) -> Issue:
    diagnostics = f"{path} says '{words}', which is too strong for {statement} ({strength}); say no more than it does."
    expression = path if path[0].isupper() and " " not in path else None
    return Issue.error("business-rule", "wording-too-strong", diagnostics, expression=expression)
