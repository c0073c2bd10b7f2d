"""A small record system: a made-up patient, the call, the cards, why they came, and what a missing answer changes.

It calls the services as any client does (https://cds-hooks.hl7.org/2.0/#calling-a-cds-service), in process; the pages
are whole without script, and nothing of what a person writes on them is kept.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

from publisher.issue import IssueError
from publisher.r4.codec import Limits, dumps, parse
from server.outcome import RefusalError
from server.pages.markdown import html_of
from server.pages.try_words import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from server.cds_hooks import HookAnswer
    from server.settings import Settings, WorkedPatient

    Resource = dict[str, Any]

STATES = ("as-is", "empty", "refused", "absent")
EMPTY = {"resourceType": "Bundle", "type": "searchset", "total": 0}
REFUSAL = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
_NAMED = ("code", "medicationCodeableConcept", "vaccineCode", "type")
LANGUAGE_NAMES = {"sv": "Svenska", "en": "English"}


def is_open_to_try(settings: Settings) -> bool:
    """Return whether anybody may try the services: they are on, there are patients, and no sign-in is asked for."""
    return settings.evaluator and settings.patients is not None and settings.hooks.clients is None


class Services(Protocol):
    """What the pages ask of the hook services."""

    def discovery(self, language: str) -> dict[str, Any]:
        """Return the body of the discovery answer."""

    def explained(
        self, service_id: str, request: Resource, language: str, now: datetime
    ) -> tuple[HookAnswer, list[Resource]]:
        """Return the answer of one service, and why each action was decided as it was."""

    def feedback(self, service_id: str, body: Resource) -> HookAnswer:
        """Return the answer to feedback on cards."""


@dataclass
class TryIt:
    """The pages over the worked patients of a server."""

    services: Services
    settings: Settings

    @cached_property
    def patients(self) -> dict[tuple[str, str], WorkedPatient]:
        """Return the worked patients by topic and id, read at the first visit."""
        found: Sequence[WorkedPatient] = self.settings.patients() if self.settings.patients else ()
        return {(one.topic, one.id): one for one in found}

    def contents(self, language: str) -> dict[str, Any]:
        """Return what the page of all patients is filled with."""
        topics: dict[str, list[dict[str, str]]] = {}
        for one in self.patients.values():
            title = one.titles.get(language) or next(iter(one.titles.values()))
            row = {"href": f"try/{one.topic}/{one.id}", "title": title, "hook": str(one.request["hook"])}
            topics.setdefault(one.topic, []).append(row)
        return {**self._frame(language, ""), "topics": topics}

    def patient(
        self, topic: str, name: str, language: str, states: Mapping[str, str], edited: str | None = None
    ) -> dict[str, Any]:
        """Return what the page of one patient is filled with: the call as `states` and an edited request have it."""
        one = self._one(topic, name)
        written = dumps(dict(one.request), pretty=True).decode() if edited is None else edited
        filling = {
            **self._frame(language, "../../"),
            "title": one.titles.get(language) or one.id,
            "hook": one.request["hook"],
            "service": one.service,
            "date": one.now.date().isoformat(),
            "address": f"{topic}/{name}",
            "written": written,
            "query": urlencode({"lang": language}),
        }
        request, wrong = _read(written, self.settings.max_body)
        if request is None:
            return {**filling, "wrong": wrong, "answer": None}
        sent = _as_sent(request, states)
        keys = self._keys(one.service, language)
        answer, trace = self.services.explained(one.service, sent, language, one.now)
        return {
            **filling,
            "keys": [_row(key, query, request, states) for key, query in keys.items()],
            "drafts": list(_drafts(request)),
            "sent": dumps(sent, pretty=True).decode(),
            "status": answer.status,
            "answer": dumps(answer.body, pretty=True).decode(),
            "cards": [{**card, "html": html_of(card["detail"])} for card in answer.body.get("cards", ())],
            "issues": [issue["diagnostics"] for issue in answer.body.get("issue", ())],
            "changes": list(self._changes(one, sent, language, answer)) if edited is None else [],
            "trace": trace,
        }

    def feedback(self, topic: str, name: str, language: str, form: Mapping[str, str]) -> dict[str, Any]:
        """Return what the page on an accepted or overridden card is filled with."""
        one = self._one(topic, name)
        body = {"feedback": [_feedback(form, one.now)]}
        answer = self.services.feedback(one.service, body) if self.settings.hooks.feedback else None
        issues = [issue["diagnostics"] for issue in answer.body.get("issue", ())] if answer else []
        return {
            **self._frame(language, "../../../"),
            "title": one.titles.get(language) or one.id,
            "endpoint": f"POST {self.settings.hooks_base}/{one.service}/feedback",
            "sent": dumps(body, pretty=True).decode(),
            "counted": answer is not None and not issues,
            "issues": issues,
            "address": name,
        }

    def _frame(self, language: str, root: str) -> dict[str, Any]:
        languages = [(one, LANGUAGE_NAMES.get(one, one)) for one in self.settings.languages]
        return {"language": language, "words": WORDS.get(language, WORDS["en"]), "languages": languages, "root": root}

    def _one(self, topic: str, name: str) -> WorkedPatient:
        one = self.patients.get((topic, name))
        if one is None:
            raise RefusalError("address-unknown", base=self.settings.fhir_base)
        return one

    def _keys(self, service: str, language: str) -> dict[str, str]:
        found = [one for one in self.services.discovery(language)["services"] if one["id"] == service]
        return dict(found[0].get("prefetch", {})) if found else {}

    def _changes(
        self, one: WorkedPatient, sent: Resource, language: str, answer: HookAnswer
    ) -> Iterator[dict[str, Any]]:
        """Yield for each key that was sent what the answer would be without it."""
        before = _summaries(answer)
        for key in self._keys(one.service, language):
            if key in sent.get("prefetch", {}):
                other, _ = self.services.explained(one.service, _as_sent(sent, {key: "absent"}), language, one.now)
                after = _summaries(other)
                yield {
                    "key": key,
                    "query": urlencode({key: "absent", "lang": language}),
                    "status": other.status if other.status != answer.status else None,
                    "lost": [each for each in before if each not in after],
                    "gained": [each for each in after if each not in before],
                    "asked": _asked(other) - _asked(answer),
                    "issues": [issue["diagnostics"] for issue in other.body.get("issue", ())],
                }


def _summaries(answer: HookAnswer) -> list[str]:
    return [card["summary"] for card in answer.body.get("cards", ())]


def _asked(answer: HookAnswer) -> set[str]:
    """Return the list items of the first card, among them what is to find out."""
    cards = answer.body.get("cards", ())
    lines = cards[0]["detail"].splitlines() if cards else []
    return {line.removeprefix("- ") for line in lines if line.startswith("- ")}


def _read(written: str, limit: int) -> tuple[Resource | None, str]:
    """Return the request that is written on the page, or why it is none."""
    try:
        value = parse(written.encode(), file="request", limits=Limits(size=limit)).value
    except IssueError as error:
        return None, " ".join(str(issue) for issue in error.report)
    is_request = isinstance(value, dict) and isinstance(value.get("prefetch", {}), dict)
    return (value, "") if is_request else (None, "{...}")


def _as_sent(request: Resource, states: Mapping[str, str]) -> Resource:
    """Return a request whose keys bring what is chosen for them."""
    sent = copy.deepcopy(request)
    prefetch = sent.setdefault("prefetch", {})
    for key, state in states.items():
        if state == "absent":
            prefetch.pop(key, None)
        elif state in ("empty", "refused"):
            prefetch[key] = EMPTY if state == "empty" else REFUSAL
    return sent


def _row(key: str, query: str, request: Resource, states: Mapping[str, str]) -> dict[str, Any]:
    own = "as-is" if key in request.get("prefetch", {}) else "absent"
    value = request.get("prefetch", {}).get(key)
    return {"name": key, "query": query, "state": states.get(key, own), "entries": list(_entries(value))}


def _entries(value: Any) -> Iterator[str]:
    """Yield the words of each resource that a key brings."""
    if not isinstance(value, dict):
        return
    entries = value.get("entry", ()) if value.get("resourceType") == "Bundle" else [{"resource": value}]
    for entry in entries if isinstance(entries, list | tuple) else ():
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict):
            yield _words(resource)


def _drafts(request: Resource) -> Iterator[str]:
    """Yield the words of what is being written: draft orders or new problems."""
    context = request.get("context")
    for value in context.values() if isinstance(context, dict) else ():
        if isinstance(value, dict) and value.get("resourceType") == "Bundle":
            yield from _entries(value)


def _words(resource: Resource) -> str:
    """Return a resource in a few words: its type, what it is about, its status."""
    parts = [str(resource.get("resourceType"))]
    for name in _NAMED:
        concept = resource.get(name)
        if isinstance(concept, dict):
            listed = concept.get("coding")
            codings = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
            words = [
                concept.get("text"),
                *(one.get("display") for one in codings),
                *(one.get("code") for one in codings),
            ]
            parts.extend(str(word) for word in words[:3] if word)
            break
    status = resource.get("status")
    return ", ".join([*parts, *([status] if isinstance(status, str) else [])])


def _feedback(form: Mapping[str, str], now: datetime) -> Resource:
    """Return the feedback on a card as a record system tells it."""
    item: Resource = {"card": form.get("card", ""), "outcome": form.get("outcome", "")}
    if item["outcome"] == "accepted":
        item["acceptedSuggestions"] = [{"id": form.get("suggestion", "")}]
    elif form.get("reason"):
        system, _, code = form["reason"].rpartition("|")
        item["overrideReason"] = {"reason": {"system": system, "code": code}}
    return {**item, "outcomeTimestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ")}
