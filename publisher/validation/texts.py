"""Gates on texts: every language there, nothing copied from the source page, no amount of our own.

Implements https://hl7.org/fhir/R4/languages.html (parity of translations) and the rule of
https://hl7.org/fhir/uv/cpg/methodology.html that an artifact says what its source says.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from publisher.issue import Issue
from publisher.language import TRANSLATION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publisher.repository import Resource
    from publisher.validation.context import Context

TRANSLATED = ("title", "subtitle", "description", "purpose", "usage", "textEquivalent", "text")
SPEAKING = (*TRANSLATED, "prefix", "definition", "copyright", "valueString", "valueMarkdown")
_READ = (*SPEAKING, "display")

# A product is called the same in every language.
_NAMES = ("Medication.code.text",)
_ANSWER = re.compile(r"\.(?:answerOption|initial)\[\d+\]$")
_WORD = re.compile(r"\w+")
_RUN = 4
_SHORT_UNITS = "mg|g|kg|µg|μg|ug|mcg|ng|ml|cl|dl|l|mmol|µmol|nmol|pmol|mol|iu|ie|e|mm|cm|m|min|h|tim"
_UNITS = (
    "tablett(?:er)?|tablets?|kaps(?:el|lar)|capsules?|droppar|drops|glas|glass(?:es)?|liter|litres?|gram|grams?|"
    "milligram|milligrams?|gång(?:er)?|times|sekund(?:er)?|seconds?|minut(?:er)?|minutes?|timm(?:e|ar)|hours?|"
    "dag(?:ar)?|days?|dygn|nätter|nights?|veck(?:a|or)|weeks?|månad(?:er)?|months?"
)
_NUMBER_WORDS = (
    "två|tre|fyra|fem|sex|sju|åtta|nio|tio|elva|tolv|femton|tjugo|trettio|halv|halva|halvt|"
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|half an?"
)
_STARTS = "".join(word[0] for word in _NUMBER_WORDS.split("|"))  # to look no further where nothing starts
_AMOUNT = re.compile(
    rf"(?=[\d½¼¾{_STARTS}])"
    rf"(?:(?:\d+(?:[.,]\d+)?|[½¼¾])[\s-]?(?:%|‰|(?:{_SHORT_UNITS}|{_UNITS})\b)|\b(?:{_NUMBER_WORDS})\s(?:{_UNITS})\b)",
    re.IGNORECASE,
)


def text_has_every_language(resource: Resource, context: Context) -> Iterator[Issue]:
    """Check that every text that a clinician reads is there in every language."""
    for path, parent in context.elements_with(SPEAKING, resource):
        for key in (*TRANSLATED, *(("valueString",) if _ANSWER.search(path) else ())):
            if not isinstance(parent.get(key), str) or f"{path}.{key}" in _NAMES:
                continue
            present = _languages(parent.get(f"_{key}"))
            for language in context.publisher.other_languages:
                if language not in present:
                    diagnostics = f"{path}.{key} has no text in '{language}'; write it as a language map."
                    yield Issue.error("required", "language-missing", diagnostics, expression=f"{path}.{key}")


def language_is_default(resource: Resource, context: Context) -> Iterator[Issue]:
    """Check that the texts of a resource are in the default language, the others beside them."""
    kind, default = resource["resourceType"], context.publisher.default_language
    if resource.get("language") != default:
        diagnostics = f"The language is not '{default}', the default of publisher.yaml; leave language out."
        yield Issue.error("value", "language-other", diagnostics, expression=f"{kind}.language")


def text_is_not_copied(resource: Resource, context: Context) -> Iterator[Issue]:
    """Check that no run of four words is that of the source page: artifacts paraphrase it."""
    for path, text in _texts(resource, context):
        yield from overlap_issues(text, context.source_runs, path)


def text_has_no_amount(resource: Resource, context: Context) -> Iterator[Issue]:
    """Check that no clinical text has a number with a unit: no dose, amount or duration is ours to give."""
    for path, text in _texts(resource, context):
        found = _AMOUNT.search(text)
        if found:
            diagnostics = f"{path} says '{found[0]}', an amount that the source does not give; take it out."
            yield Issue.error("business-rule", "amount-forbidden", diagnostics, expression=path)


def word_runs(text: str) -> dict[tuple[str, ...], str]:
    """Return every run of four words in `text`, by its words in lower case, as it is written."""
    words = _WORD.findall(text)
    starts = range(len(words) - _RUN + 1)
    return {tuple(word.lower() for word in words[at : at + _RUN]): " ".join(words[at : at + _RUN]) for at in starts}


def overlap_issues(text: str, runs: Mapping[tuple[str, ...], str], path: str) -> Iterator[Issue]:
    """Yield an issue where `text` shares a run of words with the source page, for the first such run."""
    words = [word.lower() for word in _WORD.findall(text)] if runs else []
    if not runs.keys().isdisjoint(zip(*(words[at:] for at in range(_RUN)), strict=False)):
        shared = next(written for run, written in word_runs(text).items() if run in runs)
        diagnostics = f"{path} shares '{shared}' with the source page; say it in other words."
        yield Issue.error("business-rule", "source-copied", diagnostics, expression=path)


def _texts(resource: Resource, context: Context) -> Iterator[tuple[str, str]]:
    """Yield every text that a clinician reads, in each language, with its path."""
    for path, parent in context.elements_with(_READ, resource):
        is_translation = parent.get("url") == "content"
        for key in _READ:
            if isinstance(parent.get(key), str) and not (key == "display" and "code" in parent):
                yield path if is_translation else f"{path}.{key}", parent[key]


def _languages(sibling: Any) -> set[str]:
    extensions = sibling.get("extension", ()) if isinstance(sibling, dict) else ()
    parts = (part for one in extensions if one.get("url") == TRANSLATION for part in one.get("extension", ()))
    return {part["valueCode"] for part in parts if part.get("url") == "lang"}
