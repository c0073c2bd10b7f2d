"""What came of a worked patient, in a form that can be compared: no clinical word, but in each language its texts.

A hook is called and a plan applied exactly as the server does it, in process, once for each language.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from publisher import wording
from publisher.apply.call import Caller
from publisher.apply.data import context_of
from publisher.apply.operation import apply_operation
from publisher.apply.plan import apply_plan
from publisher.card_faces import PROVENANCE
from publisher.cases.request import KEYS
from publisher.hooks import HookServices
from publisher.issue import Issue, IssueError
from publisher.repository import Canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from publisher.apply.knowledge import Knowledge
    from publisher.apply.tree import AppliedAction, AppliedPlan
    from publisher.cases.case import Case
    from publisher.cases.request import Prepared
    from publisher.repository import Artifact, Resource

BASE_URL = "https://cds.example"
KEY_OF = {kind: key.name for key in KEYS for kind in key.types}


@dataclass(frozen=True, slots=True)
class Made:
    """A card, or an action that applies: its suggestions are (create or delete, id)."""

    action: str
    statements: tuple[str, ...]
    indicator: str | None = None
    suggestions: tuple[tuple[str, str], ...] = ()
    reasons: tuple[str, ...] = ()
    summary: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered in one language: `lines` say what to find out."""

    status: int
    made: tuple[Made, ...] = ()
    missing: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    body: Resource = field(default_factory=dict)

    @property
    def words(self) -> str:
        """Return all that was answered as one text of JSON in lower case."""
        return json.dumps(self.body, ensure_ascii=False, default=str).lower()


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a case: an answer by language, the default one first, and the tree behind them."""

    case: Case
    answers: Mapping[str, Answer]
    applied: AppliedPlan | None

    @property
    def answer(self) -> Answer:
        """Return the answer in the default language."""
        return next(iter(self.answers.values()))

    def undecided(self) -> dict[str, tuple[str, ...]]:
        """Return the actions that cannot be decided, each with the prefetch keys that it waits for."""
        walked = self.applied.walk() if self.applied else ()
        return {one.id: _keys(one) for one in walked if one.decision.state == "undetermined"}

    def unrecognised(self) -> dict[str, int]:
        """Return by value set how many items carried no code that it can judge."""
        counts = self.applied.unrecognised if self.applied else ()
        return {Canonical.parse(url).url.rpartition("/")[2]: count for url, count in counts}


class Runner:
    """Puts cases to the compiled artifacts."""

    def __init__(self, knowledge: Knowledge, languages: tuple[str, ...]) -> None:
        """Take the artifacts, and the languages with the default one first."""
        self.knowledge = knowledge
        self._languages = languages
        self._now: datetime | None = None
        self._services: HookServices | None = None

    def run(self, prepared: Prepared) -> Found:
        """Return what comes of a case; IssueError where there is no such service or plan."""
        return self._called(prepared) if prepared.case.hook else self._applied(prepared)

    def _called(self, prepared: Prepared) -> Found:
        case, request = prepared.case, prepared.hook_request()
        service, answers, applied = self._service(case).id, {}, None
        for language in self._languages:
            given = self._services_at(case.now).call(service, request, language)
            applied = applied or given.applied
            answers[language] = _hook_answer(given.status, given.body, language)
        return Found(case, answers, applied)

    def _services_at(self, now: datetime) -> HookServices:
        """Return the services, found once, at a moment of theirs."""
        self._now = now
        if self._services is None:
            self._services = HookServices(
                self.knowledge, base_url=BASE_URL, now=lambda: self._now or now, evaluate_drafts=True
            )
        return self._services

    def _service(self, case: Case) -> Artifact:
        for plan in self.knowledge.repository.of_type("PlanDefinition"):
            if plan.topic == case.topic and case.hook in _events(plan.resource):
                return plan
        text = f"The topic {case.topic} has no plan for the hook {case.hook}; name another, or write the plan."
        raise IssueError(Issue.error("not-found", "case-service-missing", text, source=case.at("hook")))

    def _applied(self, prepared: Prepared) -> Found:
        case = prepared.case
        plan = self.knowledge.repository.get("PlanDefinition", case.plan_id)
        if plan is None:
            text = f"There is no PlanDefinition/{case.plan_id}; correct the name."
            raise IssueError(Issue.error("not-found", "case-service-missing", text, source=case.at("apply")))
        answers = {language: self._operation_answer(prepared, language) for language in self._languages}
        tree = self._tree(prepared, plan)
        led = {action.id: _led(action) for action in tree.walk()}
        with_led = {
            language: replace(
                answer, made=tuple(replace(one, suggestions=led.get(one.action, ())) for one in answer.made)
            )
            for language, answer in answers.items()
        }
        return Found(case, with_led, tree)

    def _operation_answer(self, prepared: Prepared, language: str) -> Answer:
        case = prepared.case
        caller = Caller(language, self._languages, evaluate_drafts=True, now=case.now)
        try:
            body = apply_operation(self.knowledge, case.plan_id, prepared.parameters(), caller)
        except IssueError as refusal:
            codes = {issue.code for issue in refusal.report}
            return Answer(404 if "not-found" in codes else 400, body=refusal.report.to_operation_outcome())
        return _operation_answer(body.value)

    def _tree(self, prepared: Prepared, plan: Artifact) -> AppliedPlan:
        """Return the tree behind the operation's answer, from the same data."""
        case = prepared.case
        context = context_of(prepared.parameters(), case.patient_id, lambda: self.knowledge.requirements(plan))
        return apply_plan(self.knowledge, plan, context, parameters=prepared.drafted(), now=case.now)


def _hook_answer(status: int, body: Resource, language: str) -> Answer:
    if status != 200:  # noqa: PLR2004  HTTP
        places = (place for issue in body.get("issue", ()) for place in issue.get("expression", ()))
        return Answer(status, missing=tuple(one.removeprefix("prefetch.") for one in places), body=body)
    cards = body["cards"]
    lines = tuple(_lines(cards[0]["detail"], language)) if cards else ()
    return Answer(status, tuple(map(_card, cards)), lines=lines, body=body)


def _card(card: Resource) -> Made:
    provenance = card["extension"][PROVENANCE]
    return Made(
        provenance["action"],
        tuple(provenance.get("statements", ())),
        card["indicator"],
        tuple(pair for one in card.get("suggestions", ()) for pair in map(_suggestion, one["actions"])),
        tuple(each["code"] for each in card.get("overrideReasons", ())),
        card["summary"],
    )


def _suggestion(action: Resource) -> tuple[str, str]:
    """Return what a suggestion does, and the id of the draft or of the activity it comes from."""
    if action["type"] == "delete":
        return "delete", str(action["resourceId"]).rpartition("/")[2]
    resource = action.get("resource", {})
    canonicals = resource.get("instantiatesCanonical") or [
        value for each in resource.get("extension", ()) for value in (each.get("valueCanonical"),) if value
    ]
    canonicals = [canonicals] if isinstance(canonicals, str) else canonicals
    return str(action["type"]), Canonical.parse(canonicals[0]).url.rpartition("/")[2] if canonicals else ""


def _led(action: AppliedAction) -> tuple[tuple[str, str], ...]:
    """Return what an action of a plan proposes, as a suggestion does: an activity, or a questionnaire to answer."""
    names = [action.activity.artifact.id] if action.activity else []
    names += [Canonical.parse(action.questionnaire).url.rpartition("/")[2]] if action.questionnaire else []
    return tuple(("create", name) for name in names)


def _lines(detail: str, language: str) -> Iterator[str]:
    """Yield the lines of a card that say what to find out."""
    _, heading, rest = detail.partition(f"**{wording.say('ask', language)}**\n\n")
    if heading:
        yield from (line.removeprefix("- ") for line in rest.split("\n\n")[0].splitlines())


def _operation_answer(body: Resource) -> Answer:
    parameters = body.get("parameter", ())
    result = next((each["resource"] for each in parameters if each["name"] == "return"), body)
    traced = [_traced(part) for each in parameters if each["name"] == "trace" for part in each.get("part", ())]
    made = tuple(
        Made(one["id"][0], tuple(one.get("statements", ())), summary=one["title"][0])
        for one in traced
        if one["state"] == ["applied"]
    )
    return Answer(200, made, body=result)


def _traced(part: Resource) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for each in part.get("part", ()):
        found.setdefault(each["name"], []).append(each.get("valueString"))
    return found


def _keys(action: AppliedAction) -> tuple[str, ...]:
    causes = [cause for cause in action.decision.causes if not cause.is_note]
    return tuple(dict.fromkeys(cause.key or KEY_OF.get(cause.about, cause.about) for cause in causes))


def _events(plan: Mapping[str, Any]) -> list[str]:
    triggers = (trigger for action in plan.get("action", ()) for trigger in action.get("trigger", ()))
    return [str(each.get("name")) for each in triggers if each.get("type") == "named-event"]
