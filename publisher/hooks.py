"""The CDS Hooks services of what is held: discovery, and the answer to a call.

https://cds-hooks.hl7.org/2.0/#calling-a-cds-service. Nothing of a request outlives its answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from publisher import wording
from publisher.apply.inputs import Inputs
from publisher.apply.plan import apply_plan
from publisher.apply.trace import trace_of
from publisher.card_faces import Faces
from publisher.card_ids import OPEN_KEY, CardIds
from publisher.card_rules import ruling_of
from publisher.cards import Setting, cards_of
from publisher.extension import OVERRIDE_REASONS, value_of
from publisher.feedback import Shown
from publisher.feedback_reading import Reading, reasons_of
from publisher.grounds import Grounds, explaining
from publisher.hook_discovery import described, rules_of, services_of
from publisher.hook_refusals import refused
from publisher.hook_request import (
    MOST_PLACES,
    drafts_of,
    misshapen_in,
    parameters_of,
    patient_of,
    problems_of,
    server_of,
    unresolved_in,
)
from publisher.intake import MISSHAPEN
from publisher.issue import Issue, Report
from publisher.language import text
from publisher.prefetch import Settings, context_of
from publisher.r4.written import Written
from publisher.unjudged import others_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from publisher.apply.knowledge import Knowledge
    from publisher.apply.tree import AppliedPlan
    from publisher.expression.causes import Cause
    from publisher.expression.context import DataContext
    from publisher.feedback import FeedbackStore, Rate
    from publisher.hook_discovery import Service
    from publisher.repository import Resource


MISSING = "prefetch-missing"


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """The answer to a call: its HTTP status, its body as written, and what may be logged (counts and versions only).

    `applied` is the tree that the cards were made of, for those who prove the rules; it is not sent.
    """

    status: int
    written: Written
    log_fields: Mapping[str, Any] = field(default_factory=dict)
    applied: AppliedPlan | None = field(default=None, repr=False)

    @property
    def body(self) -> Resource:
        """Return the body as it is read."""
        return self.written.value


@dataclass(frozen=True, slots=True)
class _Asked:
    """One call: the service, the data, and what is being written, for the conditions to read."""

    service: Service
    request: Resource
    context: DataContext
    parameters: dict[str, list[Resource]]
    now: datetime
    inputs: Inputs
    instance: str

    @property
    def language(self) -> str:
        """Return the language of the answer."""
        return self.inputs.language


class HookServices:
    """All services of a release."""

    def __init__(  # noqa: PLR0913  one argument for each decision of the operator
        self,
        knowledge: Knowledge,
        *,
        base_url: str,
        now: Callable[[], datetime],
        evaluate_drafts: bool,
        settings: Settings | None = None,
        release: str = "2.0",
        feedback: FeedbackStore | None = None,
    ) -> None:
        """Find the services; a draft plan makes one only where drafts are evaluated, a retired one never does.

        `release` is the one of CDS Hooks that discovery follows; `feedback` counts what readers do with cards.
        """
        self._knowledge = knowledge
        self._base_url = base_url
        self._now = now
        self._release = release
        self._faces: dict[str, Faces] = {}
        self._ids = CardIds(feedback.key if feedback else OPEN_KEY)
        statuses = ("active", "draft") if evaluate_drafts else ("active",)
        self._services = {each.plan.id: each for each in services_of(knowledge, settings or Settings(), statuses)}
        self._feedback = self._reading(feedback) if feedback else None

    def discovery(self, language: str) -> Resource:
        """Return the body of GET /cds-services."""
        return {"services": [described(each, language, self._release) for each in self._services.values()]}

    def call(self, service_id: str, request: Resource, language: str, *, now: datetime | None = None) -> HookAnswer:
        """Return the answer to a call: cards, or an OperationOutcome with 400, 404, 412 or 422.

        `now` is the moment of the question where it is not the server's.
        """
        asked = self._asked(service_id, request, language, now)
        return asked if isinstance(asked, HookAnswer) else self._answer(asked)

    def explained(
        self, service_id: str, request: Resource, language: str, now: datetime
    ) -> tuple[HookAnswer, list[Resource]]:
        """Return the answer to a call, and why each action was decided as it was."""
        asked = self._asked(service_id, request, language, now)
        if isinstance(asked, HookAnswer):
            return asked, []
        return self._answer(asked), [each.to_json() for each in trace_of(self._applied(asked, explains=True), language)]

    def _answer(self, asked: _Asked) -> HookAnswer:
        applied, service, language = self._applied(asked), asked.service, asked.language
        if _failed(applied):
            return _refusal(422, [_failure_issue(service, language)], language, service, applied)
        missing = _missing(applied)
        if missing:
            return _refusal(412, _missing_issues(asked, missing), language, service, applied)
        ruling = ruling_of(applied)
        cards = cards_of(applied, ruling, self._setting(asked, applied))
        counts = {"cards": len(cards), "fired": len(ruling.firing), "undecided": len(ruling.undecided)}
        return HookAnswer(200, Written.of({"cards": cards}), {**_fields(service, applied), **counts}, applied)

    def _applied(self, asked: _Asked, *, explains: bool = False) -> AppliedPlan:
        return apply_plan(
            self._knowledge,
            asked.service.plan,
            asked.context,
            parameters=asked.parameters,
            now=asked.now,
            inputs=asked.inputs,
            explains=explains,
        )

    def feedback(self, service_id: str, body: Resource, language: str, *, counts: bool = True) -> HookAnswer:
        """Return the answer to feedback on cards of one service: 200 where all of it was counted, else 400 or 404.

        Feedback that is only tried is looked at and not counted.
        """
        service = self._services.get(service_id)
        if service is None or self._feedback is None:
            return _refusal(404, [refused("service")], language)
        issues: list[Issue] = []
        now = self._now()
        outcomes = self._feedback.outcomes(service_id, body, issues, now)
        if issues:
            return _refusal(400, issues[:MOST_PLACES], language, service)
        counted = self._feedback.store.add(service_id, outcomes, now) if counts else 0
        return HookAnswer(200, Written.of({}), {**_fields(service), "outcomes": counted})

    def rates(self) -> list[Rate]:
        """Return what was counted."""
        return self._feedback.store.rates() if self._feedback else []

    def _reading(self, store: FeedbackStore) -> Reading:
        repository, rules, value_sets = self._knowledge.repository, [], {}
        for service in self._services.values():
            for plan, action, name in rules_of(self._knowledge, service.plan):
                canonical, since = str(plan.canonical), str(plan.resource.get("date", ""))
                rules.append(Shown(self._ids.tag(canonical, name), canonical, name, service.plan.id, since))
                offered = repository.resolve(value_of(action, OVERRIDE_REASONS) or "")
                if offered is not None:
                    value_sets[offered.canonical] = offered.resource
        store.register(rules)
        return Reading(store, self._ids, reasons_of(value_sets.values()))

    def _asked(self, service_id: str, request: Resource, language: str, now: datetime | None) -> _Asked | HookAnswer:
        """Return what a call asks, or its refusal."""
        service = self._services.get(service_id)
        if service is None:
            return _refusal(404, [refused("service")], language)
        problems = list(islice(problems_of(request, service.hook, service.plan.id), MOST_PLACES))
        if problems:
            return _refusal(400, problems, language, service)
        patient_id, server = patient_of(request), server_of(request)
        drafted = drafts_of(request, service.hook, patient_id, server)
        prefetch = request.get("prefetch") or {}
        context = context_of(prefetch, service.keys, patient_id, server=server, beside=drafted)
        parameters = parameters_of(request, service.hook, drafted)
        moment, instance = now or self._now(), request["hookInstance"]
        inputs = Inputs(f"Patient/{patient_id}", language)
        return _Asked(service, request, context, parameters, moment, inputs, instance)

    def _faces_in(self, language: str) -> Faces:
        """Return what the artifacts say in a language, of those that are served."""
        if language not in self._faces:
            self._faces[language] = Faces(self._knowledge.repository, self._base_url, language)
        return self._faces[language]

    def _setting(self, asked: _Asked, applied: AppliedPlan) -> Setting:
        env = applied.evaluation
        grounds = Grounds(self._knowledge, explaining(env), asked.language).sentence if env else lambda _: None
        return Setting(
            self._faces_in(asked.language),
            asked.inputs,
            asked.service.judges,
            asked.instance,
            self._ids,
            grounds,
            drafted=asked.parameters,
        )


def _missing(applied: AppliedPlan) -> tuple[Cause, ...]:
    """Return what did not arrive, or only in part, and leaves the topic's scope open, unless it holds somewhere.

    What a record that did arrive leaves unsaid is not missing: nobody could send it, and a card tells it.
    """
    if any(scope.decision.state == "applied" for scope in applied.actions):
        return ()
    open_scopes = (scope.decision for scope in applied.actions if scope.decision.state == "undetermined")
    return tuple(dict.fromkeys(cause for each in open_scopes for cause in each.causes if not cause.is_note))


def _failed(applied: AppliedPlan) -> bool:
    """Return whether the topic's scope could not be computed, and holds nowhere."""
    states = [scope.decision for scope in applied.actions]
    return any(each.error for each in states) and not any(each.state == "applied" for each in states)


def _failure_issue(service: Service, language: str) -> Issue:
    title = text(service.plan.resource, "title", language) or service.plan.id
    return Issue.error("processing", "scope-failed", wording.say("scope-failed", language, service=title))


def _missing_issues(asked: _Asked, causes: tuple[Cause, ...]) -> list[Issue]:
    service, language = asked.service, asked.language
    title = text(service.plan.resource, "title", language) or service.plan.id
    issues = []
    for cause in causes:
        if cause.key and cause.query and cause.reason:
            reason = wording.KEY_REASONS[cause.reason][language]
            sentence = wording.say("needs", language, key=cause.key, service=title, query=cause.query, reason=reason)
            where = misshapen_in(asked.request, cause.key) if cause.reason in MISSHAPEN else ()
            told = list(islice(where, MOST_PLACES)) or [f"prefetch.{cause.key}"]
            issues += [Issue.error("required", MISSING, sentence, expression=each) for each in told]
            continue
        clause = wording.because([cause], language)
        places: list[str | None] = [None]
        sentence = wording.say("needs-data", language, service=title, causes=clause)
        if cause.kind == "unresolved":
            sentence += " " + wording.say("send-referred", language, kind=cause.about)
            places = _unresolved(asked) or places
        issues += [Issue.error("required", MISSING, sentence, expression=each) for each in places]
    return issues


def _unresolved(asked: _Asked) -> list[str | None]:
    """Return where references stand that nothing answers, each place once and only the first ones of many."""
    service = asked.service
    found = unresolved_in(asked.request, service.hook, {key.name for key in service.keys})
    return list(islice(dict.fromkeys(found), MOST_PLACES))


def _refusal(
    status: int, issues: list[Issue], language: str, service: Service | None = None, applied: AppliedPlan | None = None
) -> HookAnswer:
    outcome = Report(issues).in_language(language).to_operation_outcome()
    return HookAnswer(status, Written.of(outcome), _fields(service, applied) if service else {}, applied)


def _fields(service: Service, applied: AppliedPlan | None = None) -> dict[str, Any]:
    others = others_in(applied) if applied else 0
    named = {"service": service.plan.id, "artifact_version": service.plan.canonical.version}
    return {**named, "others": others} if others else named
