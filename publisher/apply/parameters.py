"""The parameters of `$apply`, read strictly: what is unknown, repeated or of another type is refused by name.

https://hl7.org/fhir/R4/operation-plandefinition-apply.html. By GET, everything is text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from publisher.apply.inputs import CONCEPTS, REFERENCES, Inputs
from publisher.issue import Issue, IssueError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from publisher.repository import Resource

# The ids of R4, and the underscore that record systems write in theirs.
PATIENT_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
KNOWN = frozenset({
    "subject", "url", "version", "parameters", "data", "prefetchData", "useServerData", "mergeNestedCarePlans", "trace",
    "evaluationMode", *REFERENCES, *CONCEPTS,
})  # fmt: skip
# Of the guide that R4 does not have, and of which nothing is done here, with what to do instead.
REFUSED = {
    "dataEndpoint": "no data are fetched; send them in data or prefetchData",
    "artifactEndpointConfiguration": "no artifacts are fetched",
    "contentEndpoint": "no artifacts are fetched",
    "terminologyEndpoint": "no terminology is fetched",
}
MODES = {"tracked": True, "plain": False}

# An id of FHIR, and the underscore that some record systems put into theirs.
PATIENT_ID = re.compile(r"[A-Za-z0-9_\-.]{1,64}")


def check(values: Mapping[str, list[Any]], known: AbstractSet[str]) -> None:
    """Refuse parameters that are not known, or that ask for what is not done here."""
    for name in values:
        if name in REFUSED:
            message = f"The parameter {name} is not supported: {REFUSED[name]}."
            raise IssueError(Issue.error("not-supported", "parameter-unsupported", message))
    unknown = sorted(set(values) - known)
    if unknown:
        message = f"$apply does not know the parameter {unknown[0]!r}; it takes {', '.join(sorted(known))}."
        raise IssueError(Issue.error("not-supported", "parameter-unknown", message))
    if flag(values, "mergeNestedCarePlans"):
        message = "Nested plans are not merged; leave mergeNestedCarePlans out, or make it false."
        raise IssueError(Issue.error("not-supported", "parameter-unsupported", message))
    if values.get("data") and values.get("prefetchData"):
        message = "data and prefetchData exclude each other; send one of them."
        raise IssueError(Issue.error("invalid", "parameter-value", message))


def one_text(values: Mapping[str, list[Any]], name: str) -> str | None:
    """Return the one text of a parameter."""
    found = values.get(name, [])
    if len(found) > 1 or any(not isinstance(value, str) for value in found):
        raise _refused(name, "one text")
    return found[0] if found else None


def flag(values: Mapping[str, list[Any]], name: str) -> bool:
    """Return the one boolean of a parameter, false where it is absent."""
    found = values.get(name, [])
    if len(found) > 1 or any(value not in (True, False, "true", "false") for value in found):
        raise _refused(name, "true or false")
    return bool(found and found[0] in (True, "true"))


def mode_of(values: Mapping[str, list[Any]]) -> bool | None:
    """Return whether missing data are to leave conditions undetermined, None where the plan says it itself."""
    name = one_text(values, "evaluationMode")
    if name is not None and name not in MODES:
        raise _refused("evaluationMode", "tracked or plain")
    return MODES[name] if name else None


def subjects_of(values: Mapping[str, list[Any]]) -> list[str]:
    """Return the subjects as references (`Patient/1`), each once."""
    found = values.get("subject", [])
    if not found:
        message = "$apply needs the parameter subject, for example Patient/1."
        raise IssueError(Issue.error("required", "parameter-missing", message))
    return list(dict.fromkeys(map(_subject, found)))


def _subject(value: Any) -> str:
    text = value.get("reference") if isinstance(value, dict) else value
    kind, _, patient = text.rpartition("/") if isinstance(text, str) else ("", "", "")
    if not PATIENT_ID.fullmatch(patient) or kind.rpartition("/")[2] not in ("", "Patient"):
        raise IssueError(Issue.error("value", "subject-type", "The subject must be a patient, for example Patient/1."))
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
    found = values.get(name, [])
    texts = [str(each.get("reference", "")) if isinstance(each, dict) else each for each in found]
    if len(texts) > 1 or any(not isinstance(each, str) or not each for each in texts):
        raise _refused(name, "one reference")
    return None if not texts else texts[0] if "/" in texts[0] else f"{name.capitalize()}/{texts[0]}"


def _concept(values: Mapping[str, list[Any]], name: str) -> Resource | None:
    found = [{"coding": [{"code": each}]} if isinstance(each, str) else each for each in values.get(name, [])]
    if len(found) > 1 or any(not isinstance(each, dict) for each in found):
        raise _refused(name, "one CodeableConcept")
    return found[0] if found else None


def _language(concept: Resource, languages: tuple[str, ...]) -> str | None:
    codings = concept.get("coding")
    for coding in codings if isinstance(codings, list) else ():
        primary = str(coding.get("code") if isinstance(coding, dict) else "").split("-")[0].lower()
        if primary in languages:
            return primary
    return None


def _moment(now: datetime) -> str:
    text = now.isoformat(timespec="seconds")
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def _refused(name: str, what: str) -> IssueError:
    return IssueError(Issue.error("value", "parameter-value", f"The parameter {name} takes {what}."))
