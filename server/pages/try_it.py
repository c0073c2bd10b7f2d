"""A small record system: a made-up patient, the call, the cards, why they came, and what a missing answer changes.

It calls the services as any client does (https://cds-hooks.hl7.org/2.0/#calling-a-cds-service), in process; the pages
are whole without script, and nothing of what a person writes on them is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol

from publisher.r4.codec import dumps
from server.outcome import RefusalError
from server.pages import fact_words
from server.pages.fact_codes import Codes
from server.pages.facts import DRAFTS, MOST_ROWS, Facts, resources_in
from server.pages.frame import frame
from server.pages.markdown import html_of
from server.pages.try_list import listed, said
from server.pages.try_request import STATES, as_sent, own_state, read_request
from server.pages.try_words import WORDS
from server.turns import TURNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from publisher.repository import Repository
    from server.cds_hooks import HookAnswer
    from server.settings import Settings, WorkedPatient

    Resource = dict[str, Any]


_TOLD: Final = ("card", "outcome", "suggestion", "reason", "request")  # the fields that tell what a reader did


class Services(Protocol):
    """What the pages ask of the hook services."""

    def discovery(self, language: str) -> dict[str, Any]:
        """Return the body of the discovery answer."""

    def explained(
        self, service_id: str, request: Resource, language: str, now: datetime
    ) -> tuple[HookAnswer, list[Resource]]:
        """Return the answer of one service, and why each action was decided as it was."""

    def feedback(self, service_id: str, body: Resource, language: str, *, counts: bool) -> HookAnswer:
        """Return the answer to feedback on cards, which need not be counted."""


@dataclass
class TryIt:
    """The pages over the worked patients of a server."""

    services: Services
    settings: Settings
    repository: Repository
    _known: dict[str, Codes] = field(default_factory=dict, init=False)

    @cached_property
    def patients(self) -> dict[tuple[str, str], WorkedPatient]:
        """Return the worked patients by topic and id, read at the first visit."""
        found: Sequence[WorkedPatient] = self.settings.patients() if self.settings.patients else ()
        return {(one.topic, one.id): one for one in found}

    def contents(self, language: str) -> dict[str, Any]:
        """Return what the page of all patients is filled with: by topic and service, those to begin with first."""
        titles = {each["id"]: each.get("title") for each in self.services.discovery(language)["services"]}
        return {**self._frame(language, ""), "topics": listed(self.patients.values(), titles, language)}

    def patient(self, topic: str, name: str, language: str, given: Mapping[str, str]) -> dict[str, Any]:
        """Return what the page of one patient is filled with: the call as the fields that were sent have it."""
        one = self._one(topic, name)
        written = given.get("request") or dumps(dict(one.request), pretty=True).decode()
        filling = {
            **self._frame(language, "../../"),
            "title": said(one.titles, language, one.id),
            "hook": one.request["hook"],
            "service": one.service,
            "date": one.now.date().isoformat(),
            "address": f"{topic}/{name}",
            "is_changed": "request" in given,
            "written": written,
        }
        request, wrong = read_request(written, self.settings.max_body, language)
        if request is None:
            return {**filling, "wrong": wrong, "answer": None}
        keys, facts = self._keys(one.service, language), self._facts(one, language)
        request, unfit = facts.changed(request, given, [DRAFTS, *keys]) if "rows" in given else (request, [])
        states = _states(given, request, keys)
        answered = self._answered(one, as_sent(request, states), language)
        sections = [_section(facts, request, place, states) for place in (DRAFTS, *keys)]
        return {
            **filling,
            **answered,
            "written": dumps(request, pretty=True).decode(),
            "state": dumps(request).decode(),
            "unfit": unfit,
            "sections": [each for each in sections if each["rows"] or each["adds"] or each["state"]],
            "codes": self._offered(topic, sections, language),
            "at": _place(given),
        }

    def _answered(self, one: WorkedPatient, sent: Resource, language: str) -> dict[str, Any]:
        """Return what is told of the answer to a request."""
        answer, trace = self._explained(one, sent, language)
        return {
            "sent": dumps(sent, pretty=True).decode(),
            "status": answer.status,
            "answer": dumps(answer.body, pretty=True).decode(),
            "cards": [{**card, "html": html_of(card["detail"])} for card in answer.body.get("cards", ())],
            "issues": [issue["diagnostics"] for issue in answer.body.get("issue", ())],
            "changes": list(self._changes(one, sent, language, answer)),
            "trace": trace,
        }

    def _explained(self, one: WorkedPatient, sent: Resource, language: str) -> tuple[HookAnswer, list[Resource]]:
        """Return the answer to one request, worked out in its turn among the calls of others."""
        with TURNS:
            return self.services.explained(one.service, sent, language, one.now)

    def _facts(self, one: WorkedPatient, language: str) -> Facts:
        held = (each for each in self.repository.of_type("Questionnaire") if each.topic == one.topic)
        questionnaires = tuple(str(each.canonical) for each in held)
        known = language if language in fact_words.WORDS else "en"
        return Facts(self._codes(one.topic), self.repository, questionnaires, known, one.now.date().isoformat())

    def _codes(self, topic: str) -> Codes:
        if topic not in self._known:
            self._known[topic] = Codes(self.repository, topic)
        return self._known[topic]

    def _offered(self, topic: str, sections: list[dict[str, Any]], language: str) -> dict[str, list[tuple[str, str]]]:
        """Return the codes that the fields of the page offer, by type."""
        shown = {
            one["offered"] for each in sections for row in each["rows"] for _, some in row["groups"] for one in some
        }
        kinds = shown | {each["adds"] for each in sections}
        codes = self._codes(topic)
        return {kind: codes.offered(kind, language) for kind in sorted(filter(None, kinds))}

    def feedback(self, topic: str, name: str, language: str, form: Mapping[str, str]) -> dict[str, Any]:
        """Return what the page on an accepted or overridden card is filled with."""
        one = self._one(topic, name)
        body = {"feedback": [_feedback(form, self.settings.now())]}
        is_taken = self.settings.hooks.feedback is not None
        answer = self.services.feedback(one.service, body, language, counts=False) if is_taken else None
        issues = [issue["diagnostics"] for issue in answer.body.get("issue", ())] if answer else []
        return {
            **self._frame(language, "../../../"),
            "title": said(one.titles, language, one.id),
            "endpoint": f"POST {self.settings.hooks_base}/{one.service}/feedback",
            "sent": dumps(body, pretty=True).decode(),
            "is_taken": is_taken,
            "issues": issues,
            "address": name,
            "changed": form.get("request"),
            "given": {field: form[field] for field in _TOLD if field in form},
        }

    def _frame(self, language: str, root: str) -> dict[str, Any]:
        known = language if language in WORDS else "en"
        words = {"words": WORDS[known], "names": fact_words.WORDS[known]}
        return {"language": language, **words, **frame(self.settings, root)}

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
        before, lines = _summaries(answer), _lines(answer)
        for key in self._keys(one.service, language):
            if key in sent.get("prefetch", {}):
                other, _ = self._explained(one, as_sent(sent, {key: "absent"}), language)
                after, others = _summaries(other), _lines(other)
                yield {
                    "key": key,
                    "status": other.status if other.status != answer.status else None,
                    "lost": [each for each in before if each not in after],
                    "gained": [each for each in after if each not in before],
                    "gone": {one for card in lines.keys() & others for one in lines[card]}.difference(*others.values()),
                    "come": {one for some in others.values() for one in some}.difference(*lines.values()),
                    "issues": [issue["diagnostics"] for issue in other.body.get("issue", ())],
                }


def _summaries(answer: HookAnswer) -> list[str]:
    return [card["summary"] for card in answer.body.get("cards", ())]


def _lines(answer: HookAnswer) -> dict[str, set[str]]:
    """Return the list items of each card by its summary, among them what is to find out."""
    return {
        card["summary"]: {line[2:] for line in card["detail"].splitlines() if line.startswith("- ")}
        for card in answer.body.get("cards", ())
    }


def _place(given: Mapping[str, str]) -> str:
    """Return the part of the form where the reader is after a row was added or removed."""
    verb, _, target = given.get("do", "").partition(" ")
    return target.partition(".")[0] if verb in ("add", "remove") else ""


def _states(given: Mapping[str, str], request: Resource, keys: Iterable[str]) -> dict[str, str]:
    """Return what each key brings: what was chosen, unless something was just added to it or it was taken out."""
    chosen = {key: given.get(key, "") for key in keys}
    verb, _, target = given.get("do", "").partition(" ")
    added = {key for key in chosen if f"new.{key}" in given} | ({target} if verb == "add" else set())
    states = {key: state if state in STATES else own_state(request, key) for key, state in chosen.items()}
    states |= {key: "as-is" for key in added & chosen.keys() if own_state(request, key) == "as-is"}
    return states | ({target: "absent"} if verb == "without" and target in chosen else {})


def _section(facts: Facts, request: Resource, place: str, states: Mapping[str, str]) -> dict[str, Any]:
    """Return the part of the form for one key, or for the drafts."""
    adds = facts.kind_of(request, place)
    choices = [each for each in STATES if place != "patient" or each != "empty"]
    return {
        "name": place,
        "state": states.get(place),
        "choices": choices,
        "rows": facts.rows(request, place),
        "more": max(0, len(resources_in(request, place)) - MOST_ROWS),
        "adds": adds,
        "asks": adds == "QuestionnaireResponse",
    }


def _feedback(form: Mapping[str, str], now: datetime) -> Resource:
    """Return the feedback on a card as a record system tells it."""
    item: Resource = {"card": form.get("card", ""), "outcome": form.get("outcome", "")}
    if item["outcome"] == "accepted":
        item["acceptedSuggestions"] = [{"id": form.get("suggestion", "")}]
    elif form.get("reason"):
        system, _, code = form["reason"].rpartition("|")
        item["overrideReason"] = {"reason": {"system": system, "code": code}}
    return {**item, "outcomeTimestamp": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
