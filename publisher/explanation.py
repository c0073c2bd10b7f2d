"""Why a definition has its value: what decided it, what was missing, and one sentence in each language.

The words are the title that the author gave the definition, the names of data in `wording`, and what the record says.
The title stands in the comment above the definition as a tag for each language, `// @title_en: Some words`, which the
translator carries into the ELM (https://cql.hl7.org/03-developersguide.html#annotations).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from publisher.elm import titles_in
from publisher.expression.evidence import Consulted, Matched
from publisher.expression.json_values import as_json
from publisher.results import result_words
from publisher.wording import AND, VALUES, data_name, say, undecided

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from publisher.expression.causes import Cause
    from publisher.expression.definition import Outcome
    from publisher.expression.library import Library
    from publisher.repository import Resource

LANGUAGES = ("sv", "en")

# Where a resource says when: the first of these that it has.
_DATES = (
    "onsetDateTime", "onsetPeriod", "effectiveDateTime", "effectivePeriod", "effectiveInstant", "performedDateTime",
    "performedPeriod", "occurrenceDateTime", "occurrencePeriod", "authoredOn", "authored", "whenHandedOver",
    "recordedDate", "recorded", "period", "created", "date", "issued",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DecidingCode:
    """A code of a resource that was among those asked for, and the value set that holds it."""

    code: str | None
    system: str | None = None
    display: str | None = None
    value_set: str | None = None


@dataclass(frozen=True, slots=True)
class DecidingResource:
    """A resource that the value rests on: what it is, when it says it was, which of its codes counted.

    `result` is what a result says, by language.
    """

    type: str
    id: str | None
    date: str | None
    codes: tuple[DecidingCode, ...]
    result: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a definition has its value."""

    name: str
    titles: Mapping[str, str]
    value: Any
    state: str
    resources: tuple[DecidingResource, ...]
    missing: tuple[Cause, ...]
    sentences: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """Return the explanation as plain JSON."""
        plain: dict[str, Any] = as_json(_plain(asdict(self)))
        return plain


def explain(library: Library, name: str, outcome: Outcome) -> Explanation:
    """Return the explanation of an outcome that was evaluated with `explains`."""
    titles = titles_of(library, name)
    resources = tuple(_resources(outcome.evidence))
    read = tuple(dict.fromkeys([*(each.type for each in library.requirements(name)), *library.parameters(name)]))
    sentences = {
        language: _sentence(titles.get(language, name), outcome, _basis(resources, read, language), language)
        for language in LANGUAGES
    }
    return Explanation(name, titles, outcome.value, state_of(outcome), resources, missing_of(outcome), sentences)


def titles_of(library: Library, name: str) -> dict[str, str]:
    """Return the titles that the author gave a definition, by language."""
    titles: dict[str, str] = {}
    for statement in library.statements(name):
        titles |= titles_in(statement)
    return titles


def state_of(outcome: Outcome) -> str:
    """Return `error`, `open` (missing data could change the value) or `firm`."""
    if outcome.error is not None:
        return "error"
    return "open" if outcome.is_open else "firm"


def missing_of(outcome: Outcome) -> tuple[Cause, ...]:
    """Return what was missing for a value that is open or null; any other needed nothing more."""
    return outcome.causes if outcome.is_open or outcome.value is None else ()


def _resources(evidence: Iterable[Any]) -> Iterator[DecidingResource]:
    matched = [each for each in evidence if isinstance(each, Matched)]
    for each in evidence:
        if isinstance(each, Consulted):
            resource = each.resource
            codes = tuple(dict.fromkeys(_codes(resource, matched)))
            kind, result = str(resource["resourceType"]), _result(resource)
            date = date_of(resource) or _text(resource.get("birthDate"))  # of a Patient it is what counts
            yield DecidingResource(kind, _text(resource.get("id")), date, codes, result)


def _result(resource: Resource) -> dict[str, str]:
    """Return what a result says in each language; of another resource nothing."""
    said = {language: ", ".join(result_words(resource, language)) for language in LANGUAGES}
    return {language: words for language, words in said.items() if words}


def _codes(element: Any, matched: list[Matched]) -> Iterator[DecidingCode]:
    for coding, each in codings_in(element, matched):
        code = each.code
        yield DecidingCode(code.code, code.system, _text(coding.get("display")) or code.display, each.value_set)


def codings_in(element: Any, matched: list[Matched]) -> Iterator[tuple[dict[str, Any], Matched]]:
    """Yield the codings anywhere in a resource that were matched."""
    if matched:
        found: dict[Any, list[Matched]] = {}
        for each in matched:
            found.setdefault((each.code.system, each.code.code), []).append(each)
        yield from _codings_in(element, found)


def _codings_in(element: Any, matched: Mapping[Any, list[Matched]]) -> Iterator[tuple[dict[str, Any], Matched]]:
    if isinstance(element, dict):
        system, code = element.get("system"), element.get("code")
        if isinstance(code, str) and isinstance(system, str | None):
            for each in matched.get((system, code), ()):
                yield element, each
    for part in element.values() if isinstance(element, dict) else element:
        if isinstance(part, dict | list):
            yield from _codings_in(part, matched)


def date_of(resource: Mapping[str, Any]) -> str | None:
    """Return when a resource says it was: a date or time as written, of a period its start."""
    value = next((resource[name] for name in _DATES if name in resource), None)
    return _text(value.get("start")) if isinstance(value, dict) else _text(value)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _sentence(title: str, outcome: Outcome, basis: str, language: str) -> str:
    if outcome.error is not None or outcome.is_open or outcome.value is None:
        return undecided(title, outcome.causes, language, error=outcome.error is not None)
    name = "decided" if basis else "decided-alone"
    return say(name, language, title=title, value=_value(outcome.value, language), basis=basis)


def _value(value: Any, language: str) -> str:
    """Return a value in words."""
    if isinstance(value, bool):
        return VALUES[value][language]
    if isinstance(value, list):
        return say("items", language, count=str(len(value)))
    plain = as_json(value)
    return "" if isinstance(plain, dict) else str(plain)


def _basis(resources: tuple[DecidingResource, ...], read: tuple[str, ...], language: str) -> str:
    """Return what was found as one clause, or else what was looked through."""
    found = [_entry(each, language) for each in resources] or [data_name(each, language) for each in read]
    return AND[language].join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)


def _entry(resource: DecidingResource, language: str) -> str:
    """Return a resource as a reader finds it again: what its codes say, its type and id, result, date."""
    codes = "; ".join(" ".join(part for part in (each.display, each.code) if part) for each in resource.codes)
    place = f"{resource.type}/{resource.id}" if resource.id else resource.type
    place = ", ".join(each for each in (place, resource.result.get(language), resource.date) if each)
    return f"{codes} ({place})" if codes else place


def _plain(value: Any) -> Any:
    """Return the value without what is null, its names as JSON has them."""
    if isinstance(value, dict):
        return {_NAMES.get(name, name): _plain(part) for name, part in value.items() if part is not None}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


_NAMES = {"value_set": "valueSet", "sorted_by": "sortedBy"}
