"""The parameters of `$apply`, read strictly: what is unknown, repeated or of another type is refused by name.

https://hl7.org/fhir/R4/operation-plandefinition-apply.html. By GET, everything is text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from publisher.apply.fitting import fitted
from publisher.apply.inputs import CONCEPTS, REFERENCES, Inputs
from publisher.apply.refusals import place, refused, told
from publisher.subject import unversioned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from publisher.expression.context import DataContext
    from publisher.issue import Issue
    from publisher.repository import Resource

# The ids of R4, and the underscore that record systems write in theirs.
PATIENT_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
# https://hl7.org/fhir/R4/references.html#literal; by its UUID a resource does not tell its type.
_REFERENCE = re.compile(
    r"(?:(?:https?://[^\s<>\"]+/)?(?P<type>[A-Z][A-Za-z]+)/[\w.-]{1,64}(?:/_history/[\w.-]{1,64})?)"
    r"|urn:(?:uuid:[0-9a-f-]{36}|oid:[0-9.]{1,128})",
    re.ASCII,
)
KNOWN = frozenset({
    "subject", "url", "version", "parameters", "data", "prefetchData", "useServerData", "mergeNestedCarePlans", "trace",
    "evaluationMode", *REFERENCES, *CONCEPTS,
})  # fmt: skip
# Of the guide that R4 does not have, and of which nothing is done here, with what to do instead.
REFUSED = {
    "dataEndpoint": "data-fetched",
    "artifactEndpointConfiguration": "artifacts-fetched",
    "contentEndpoint": "artifacts-fetched",
    "terminologyEndpoint": "terminology-fetched",
}
MODES = {"tracked": True, "plain": False}


def check(values: Mapping[str, list[Any]], known: AbstractSet[str]) -> None:
    """Refuse parameters that are not known, or that ask for what is not done here."""
    for name in values:
        if name in REFUSED:
            raise refused(REFUSED[name], at=place(name), name=name)
    if not set(values) <= known:
        raise refused("parameter-unknown", at="Parameters.parameter", known=sorted(known))
    if flag(values, "mergeNestedCarePlans"):
        raise refused("nested-merged", at=place("mergeNestedCarePlans"))
    if values.get("data") and values.get("prefetchData"):
        raise refused("data-twice", at=place("prefetchData"))


def one_text(values: Mapping[str, list[Any]], name: str) -> str | None:
    """Return the one text of a parameter."""
    found = values.get(name, [])
    if len(found) > 1 or any(not isinstance(value, str) for value in found):
        raise refused("one-text", at=place(name), name=name)
    return found[0] if found else None


def flag(values: Mapping[str, list[Any]], name: str) -> bool:
    """Return the one boolean of a parameter, false where it is absent."""
    found = values.get(name, [])
    if len(found) > 1 or any(value not in (True, False, "true", "false") for value in found):
        raise refused("a-boolean", at=place(name), name=name)
    return bool(found and found[0] in (True, "true"))


def mode_of(values: Mapping[str, list[Any]]) -> bool | None:
    """Return whether missing data are to leave conditions undetermined, None where the plan says it itself."""
    name = one_text(values, "evaluationMode")
    if name is not None and name not in MODES:
        raise refused("a-mode", at=place("evaluationMode"), name="evaluationMode")
    return MODES[name] if name else None


def subjects_of(values: Mapping[str, list[Any]]) -> list[str]:
    """Return the subjects as references (`Patient/1`), each once."""
    found = values.get("subject", [])
    if not found:
        raise refused("subject-missing", at=place("subject"))
    return list(dict.fromkeys(_subject(each, index) for index, each in enumerate(found)))


def _subject(value: Any, index: int) -> str:
    text = value.get("reference") if isinstance(value, dict) else value
    kind, _, patient = unversioned(text).rpartition("/") if isinstance(text, str) else ("", "", "")
    if not PATIENT_ID.fullmatch(patient) or kind.rpartition("/")[2] not in ("", "Patient"):
        raise refused("subject-type", at=place("subject", index))
    return f"Patient/{patient}"


def inputs_of(
    values: Mapping[str, list[Any]], subject: str, language: str, languages: tuple[str, ...], now: datetime
) -> Inputs:
    """Return the inputs for one subject; the language of `userLanguage` wins over `language` where we have it."""
    references = {name: target for name in REFERENCES if (target := _reference(values, name))}
    concepts = {name: concept for name in CONCEPTS if (concept := _concept(values, name))}
    chosen = _language(concepts.get("userLanguage", {}), languages) or language
    return Inputs(subject, chosen, references, concepts, _moment(now))


def _reference(values: Mapping[str, list[Any]], name: str) -> str | None:
    found: list[Any] = [each.get("reference") if isinstance(each, dict) else each for each in values.get(name, [])]
    kinds = REFERENCES[name]
    if len(found) > 1 or any(not isinstance(each, str) or not _is_of(each, kinds) for each in found):
        raise refused("one-reference", at=place(name), name=name, kind=kinds[0])
    return None if not found else found[0] if _REFERENCE.fullmatch(found[0]) else f"{kinds[0]}/{found[0]}"


def _is_of(text: str, kinds: tuple[str, ...]) -> bool:
    """Return whether a text is the id of a resource, or a reference to one that may be of these types."""
    found = _REFERENCE.fullmatch(text)
    return found["type"] in (*kinds, None) if found else bool(PATIENT_ID.fullmatch(text))


def _concept(values: Mapping[str, list[Any]], name: str) -> Resource | None:
    found = [fitted(each, "CodeableConcept") for each in values.get(name, [])]
    if len(found) > 1 or not all(map(_is_concept, found)):
        raise refused("one-concept", at=place(name), name=name)
    return found[0] if found else None


def _is_concept(value: Any) -> bool:
    codings = value.get("coding", []) if value else None
    return isinstance(codings, list) and all(
        fitted(each, "Coding") == each and isinstance(each.get("code", ""), str) for each in codings
    )


def notes_of(
    values: Mapping[str, list[Any]], inputs: Inputs, languages: tuple[str, ...], context: DataContext
) -> Iterator[Issue]:
    """Yield a warning for each parameter that was taken and changed nothing.

    What is about another of several subjects is no surprise, and what nobody is asked about is not told of.
    """
    if context.others and len(values.get("subject", ())) < 2:  # noqa: PLR2004  of several, each has their own
        row = "data-of-others" if values.get("subject") else "data-of-nobody"
        yield told(row, at=place("prefetchData" if values.get("prefetchData") else "data"))
    if flag(values, "useServerData"):
        yield told("server-data", at=place("useServerData"))
    if "userLanguage" in inputs.concepts and not _language(inputs.concepts["userLanguage"], languages):
        yield told("language-not-held", at=place("userLanguage"), known=languages)


def _language(concept: Resource, languages: tuple[str, ...]) -> str | None:
    for coding in concept.get("coding", ()):
        primary = str(coding.get("code", "")).split("-")[0].lower()
        if primary in languages:
            return primary
    return None


def _moment(now: datetime) -> str:
    text = now.isoformat(timespec="seconds")
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text
