"""The CDS Hooks services of what is held: discovery, and the answer to a call.

https://cds-hooks.hl7.org/2.0/. A service is a hook-level PlanDefinition: one whose actions are triggered by the
named event of its hook. Nothing of a request outlives its answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher import wording
from publisher.apply.plan import apply_plan
from publisher.cards import Setting, cards_of
from publisher.hook_request import CONTEXTS, drafts_of, parameters_of, patient_of, problems_of, server_of
from publisher.issue import Issue, IssueError, Report
from publisher.language import text
from publisher.prefetch import Settings, context_of, keys_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from publisher.apply.knowledge import Knowledge
    from publisher.apply.tree import AppliedPlan
    from publisher.expression.causes import Cause
    from publisher.prefetch import Key
    from publisher.repository import Artifact, Resource


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """The answer to a call: its HTTP status, its body, and what may be logged of it (counts and versions only).

    `applied` is the tree that the cards were made of, for those who prove the rules; it is not sent.
    """

    status: int
    body: Resource
    log_fields: Mapping[str, Any] = field(default_factory=dict)
    applied: AppliedPlan | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Service:
    """A hook-level plan with its hook and the prefetch keys that its logic needs."""

    plan: Artifact
    hook: str
    keys: tuple[Key, ...]
    judges: Mapping[str, str] = field(default_factory=dict)


class HookServices:
    """All services of a release."""

    def __init__(
        self,
        knowledge: Knowledge,
        *,
        base_url: str,
        now: Callable[[], datetime],
        evaluate_drafts: bool,
        settings: Settings | None = None,
    ) -> None:
        """Find the services; a draft plan makes one only where drafts are evaluated, a retired one never does."""
        self._knowledge = knowledge
        self._base_url = base_url
        self._now = now
        statuses = ("active", "draft") if evaluate_drafts else ("active",)
        found = _services(knowledge, settings or Settings(), statuses)
        self._services = {service.plan.id: service for service in found}

    def discovery(self, language: str) -> Resource:
        """Return the body of GET /cds-services."""
        return {"services": [_described(service, language) for service in self._services.values()]}

    def call(self, service_id: str, request: Resource, language: str) -> HookAnswer:
        """Return the answer to a call: cards, or an OperationOutcome with 400, 404, 412 or 422."""
        service = self._services.get(service_id)
        if service is None:
            issue = Issue.error("not-found", "service-unknown", f"There is no CDS service {service_id!r} here.")
            return _refusal(404, [issue])
        problems = list(problems_of(request, service.hook, service.plan.id))
        if problems:
            return _refusal(400, problems)
        patient_id, server = patient_of(request), server_of(request)
        drafted = drafts_of(request, service.hook, patient_id, server)
        prefetch = request.get("prefetch") or {}
        context = context_of(prefetch, service.keys, patient_id, server=server, beside=drafted)
        parameters = parameters_of(request, service.hook, drafted)
        applied = apply_plan(self._knowledge, service.plan, context, parameters=parameters, now=self._now())
        failed = _failed(applied)
        if failed:
            return _refusal(422, [_failure_issue(service, language)], service, applied)
        missing = _missing(applied)
        if missing:
            return _refusal(412, _missing_issues(service, missing, language), service, applied)
        setting = Setting(self._knowledge.repository, self._base_url, patient_id, language, service.judges)
        cards = cards_of(applied, setting)
        return HookAnswer(200, {"cards": cards}, {**_fields(service), "cards": len(cards)}, applied)


def _services(knowledge: Knowledge, settings: Settings, statuses: tuple[str, ...]) -> Iterator[Service]:
    for plan in knowledge.repository.of_type("PlanDefinition"):
        hook = hook_of(plan)
        if hook in CONTEXTS and plan.status in statuses and _can_be_evaluated(knowledge, plan):
            needs = knowledge.requirements(plan)
            judges = {each.value_set: each.type for each in needs if each.value_set}
            yield Service(plan, str(hook), keys_for(needs, settings), judges)


def hook_of(plan: Artifact) -> str | None:
    """Return the hook of a hook-level plan: the named event that triggers an action of its own."""
    triggers = (trigger for action in plan.resource.get("action", ()) for trigger in action.get("trigger", ()))
    return next((str(each.get("name")) for each in triggers if each.get("type") == "named-event"), None)


def _can_be_evaluated(knowledge: Knowledge, plan: Artifact) -> bool:
    """Return whether the logic of a plan is here: a package of others may lack it, and then offers no service."""
    try:
        knowledge.requirements(plan)
    except IssueError:
        return False
    return True


def _described(service: Service, language: str) -> Resource:
    resource = service.plan.resource
    description = text(resource, "description", language) or service.plan.id
    if service.plan.status == "draft":
        description = f"{description} {wording.say('draft', language)}"
    entry: Resource = {
        "hook": service.hook,
        "title": text(resource, "title", language),
        "description": description,
        "id": service.plan.id,
    }
    if service.keys:
        entry["prefetch"] = {key.name: key.query for key in service.keys}
    return entry


def _missing(applied: AppliedPlan) -> tuple[Cause, ...]:
    """Return what was not supplied or refused and leaves the topic's scope open, unless it holds somewhere."""
    if any(scope.decision.state == "applied" for scope in applied.actions):
        return ()
    causes = [cause for scope in applied.actions for cause in scope.decision.causes]
    return tuple(dict.fromkeys(each for each in causes if each.kind in ("not-supplied", "refused", "unresolved")))


def _failed(applied: AppliedPlan) -> bool:
    """Return whether the topic's scope could not be computed, and holds nowhere."""
    states = [scope.decision for scope in applied.actions]
    return any(each.error for each in states) and not any(each.state == "applied" for each in states)


def _failure_issue(service: Service, language: str) -> Issue:
    title = text(service.plan.resource, "title", language) or service.plan.id
    return Issue.error("processing", "scope-failed", wording.say("scope-failed", language, service=title))


def _missing_issues(service: Service, causes: tuple[Cause, ...], language: str) -> list[Issue]:
    title = text(service.plan.resource, "title", language) or service.plan.id
    issues = []
    for cause in causes:
        if cause.key and cause.query and cause.reason:
            reason = wording.KEY_REASONS[cause.reason][language]
            sentence = wording.say("needs", language, key=cause.key, service=title, query=cause.query, reason=reason)
            where = f"prefetch.{cause.key}"
        else:
            clause = wording.because([cause], language)
            sentence, where = wording.say("needs-data", language, service=title, causes=clause), None
        issues.append(Issue.error("required", "prefetch-missing", sentence, expression=where))
    return issues


def _refusal(
    status: int, issues: list[Issue], service: Service | None = None, applied: AppliedPlan | None = None
) -> HookAnswer:
    return HookAnswer(status, Report(issues).to_operation_outcome(), _fields(service) if service else {}, applied)


def _fields(service: Service) -> dict[str, Any]:
    return {"service": service.plan.id, "artifact_version": service.plan.canonical.version}
