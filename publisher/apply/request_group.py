"""Actions of an Applied tree as RequestGroup.action, which the CarePlan and the Bundle have in common.

https://hl7.org/fhir/R4/requestgroup.html. An action keeps its id, texts, timing and behaviours, and holds either
further actions or the one resource that it leads to (rqg-1).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import deepcopy
from typing import TYPE_CHECKING

from publisher import wording
from publisher.apply.carried import KIND, Carried, carried
from publisher.apply.dynamic_value import set_values
from publisher.apply.goal import goals_of
from publisher.apply.lacking import lacking
from publisher.apply.naming import undecided_name
from publisher.apply.omissions import omitted
from publisher.apply.request import request_of
from publisher.apply.said import Said, kept
from publisher.issue import Issue
from publisher.language import localised, words_of
from publisher.r4.written import Written

if TYPE_CHECKING:
    from publisher.apply.inputs import Inputs
    from publisher.apply.request import Request
    from publisher.apply.tree import AppliedAction, AppliedPlan
    from publisher.repository import Artifact, Resource

PARTICIPANTS = {
    "practitioner": "Practitioner",
    "related-person": "RelatedPerson",
    "device": "Device",
    "patient": "Patient",
}
ABOUT = ("subject", "encounter")
# What an action that is more than words has one of.
LEADING = frozenset({"action", "definitionCanonical", "definitionUri", "transform"})
# What a RequestGroup.action holds, which is worked out and no value of a plan's, and the id by which others relate to
# it.
HELD = {"action": "value-held", "resource": "value-held", "id": "value-related"}


class Projection(ABC):
    """A walk over an Applied tree that collects what its actions lead to, and what went wrong."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.language = inputs.language
        self.about = Written.of({name: each for name, each in inputs.given().items() if name in ABOUT})
        self.issues: list[Issue] = []

    @abstractmethod
    def add(self, kind: str, members: Written) -> Resource:
        """Keep a resource, which is given an id, and return a reference to it."""

    @abstractmethod
    def nested(self, action: AppliedAction, plan: AppliedPlan) -> Resource | None:
        """Return a reference to what the plan that an action leads to became, or None where nothing was left of it."""

    @abstractmethod
    def questionnaire(self, canonical: str, applied: AppliedAction) -> Resource:
        """Return a reference to what asks for a Questionnaire to be answered."""

    def keep(self, resource: Resource) -> Resource:
        """Keep a resource as `add` does."""
        members = {name: value for name, value in resource.items() if name != "resourceType"}
        return self.add(resource["resourceType"], Written.of(members))

    def goals(self, plan: Artifact) -> list[Resource]:
        """Keep the Goals of a plan, and return references to them."""
        kept = []
        for goal, issues in goals_of(plan, self.inputs):
            kept.append(self.keep(goal))
            self.issues.extend(issues)
        return kept

    def requested(self, request: Request) -> Resource:
        """Keep a request with what goes with it, and return a reference to it."""
        return self.add(request.kind, request.whole)

    def undetermined(self, applied: AppliedAction) -> None:
        """Tell of an action that could not be decided."""
        self.issues.append(undetermined_issue(applied, self.language))

    def actions(self, applied: tuple[AppliedAction, ...], plan: Artifact) -> list[Written]:
        """Return the RequestGroup.action of those actions of a plan that apply."""
        result: list[Written] = []
        taken: set[str] = set()
        for each in applied:
            self.issues.extend(each.issues)
            if each.decision.state == "undetermined":
                self.undetermined(each)
            elif each.decision.state == "applied":
                action = self._carried(each, plan)
                held = self._held(each, action, plan)
                if held is not None:
                    result.append(_named(action, taken) + action.members + held)
        return result

    def group(self, applied: AppliedPlan, intent: str, reason: list[Resource]) -> Written:
        """Return the RequestGroup of a plan, without its type and its actions."""
        artifact = applied.artifact
        said = _said_of_group(Said(artifact, artifact.resource, intent, self.language)) + self.about
        return said + Written.of({"reasonCode": reason}) if reason else said

    def reason(self, applied: AppliedAction) -> list[Resource]:
        """Return why an action is proposed."""
        found: list[Resource] = localised(applied.action.get("reason", []), self.language)
        return found

    def unreasoned(self, applied: AppliedAction, kind: str = KIND) -> None:
        """Tell that what an action became has no place for why it is proposed."""
        if "reason" in applied.action:
            self._left_out("activity-element", applied, "reason", kind)

    def _left_out(self, row: str, applied: AppliedAction, element: str, kind: str) -> None:
        told = {"name": applied.path, "element": element, "kind": kind}
        self.issues.append(omitted(row, applied.path, severity="warning", **told))

    def _held(self, applied: AppliedAction, action: Carried, plan: Artifact) -> Written | None:
        """Return what a RequestGroup.action holds: either further actions or a resource (rqg-1)."""
        children = self.actions(applied.children, plan) if applied.children else None
        if children:
            if applied.leads_on:
                self.issues.append(omitted("definition-and-actions", applied.path, action=applied.path))
            self.unreasoned(applied)
            return Written.of({"action": children})
        resource = self._resource(applied, action)
        return Written.of({"resource": resource}) if resource else None

    def _carried(self, applied: AppliedAction, plan: Artifact) -> Carried:
        action = carried(plan, applied.action, self.language)
        for row, name, kind in action.lost:
            self._left_out(row, applied, name, kind)
        found = [self._participant(each) for each in applied.action.get("participant", ())]
        participants = [each for each in found if each]
        if not participants and not applied.values:
            return action
        changed = {**({} if action.id is None else {"id": action.id}), **deepcopy(action.said)}
        if participants:
            changed["participant"] = participants
        self.issues.extend(set_values(changed, applied.values, applied.path, KIND, HELD))
        for name in lacking(changed, KIND) if applied.values else ():
            self._left_out("request-incomplete", applied, name, KIND)
        return Carried.of(changed)

    def _participant(self, participant: Resource) -> Resource:
        """Return who takes part: the subject or the practitioner asked for, else the role in words."""
        kind, role = participant.get("type"), participant.get("role")
        if kind == "patient":
            return {"reference": self.inputs.subject}
        practitioner = self.inputs.reference("practitioner")
        if kind == "practitioner" and role is None and practitioner:
            return practitioner
        words = words_of(localised(role, self.language)) if role else None
        found = {"type": PARTICIPANTS.get(str(kind)), "display": words}
        return {name: value for name, value in found.items() if value}

    def _resource(self, applied: AppliedAction, action: Carried) -> Resource | None:
        """Return a reference to what the action leads to."""
        if applied.target is not None:
            self.unreasoned(applied)
            return applied.target
        if applied.plan is not None:
            return self.nested(applied, applied.plan)
        if applied.questionnaire is not None:
            return self.questionnaire(applied.questionnaire, applied)
        if applied.activity is not None:
            request, issues = request_of(applied.activity, self.inputs, intent="option")
            self.issues.extend(issues)
            return self.requested(request) if request else None
        if not LEADING.isdisjoint(applied.action):
            return None
        return self.keep(self._message(action.said, self.reason(applied)))

    def _message(self, action: Resource, reason: list[Resource]) -> Resource:
        """Return a text-only action as a message: R4 has no action without a resource."""
        words = action.get("description") or action.get("title") or action.get("textEquivalent")
        message: Resource = {"resourceType": "CommunicationRequest", "status": "draft"}
        said = {"payload": [{"contentString": words}]} if words else {}
        why = {"reasonCode": reason} if reason else {}
        return {**message, "subject": {"reference": self.inputs.subject}, **self.inputs.asking(), **said, **why}


@kept
def _said_of_group(said: Said) -> Written:
    """Return what a RequestGroup says of its plan, with the intent that stands for the path."""
    named = {"instantiatesCanonical": [str(said.artifact.canonical)]}
    return Written.of({**named, "status": "draft", "intent": said.path})


def undetermined_issue(applied: AppliedAction, language: str) -> Issue:
    """Return the issue that names an undetermined action, and what is missing or, in the engine's words, went wrong."""
    title, error = undecided_name(applied, language), applied.decision.error
    if error:
        sentence = wording.say("undecided-why", language, title=title, error=error.rstrip("."))
    else:
        sentence = wording.undecided(title, applied.decision.causes, language)
    code = "exception" if error else "incomplete"
    return Issue.warning(code, "action-undetermined", sentence, expression=applied.path)


def messages_of(issues: list[Issue], language: str) -> Resource:
    """Return the OperationOutcome that stands among the contained resources of a result."""
    unique = list(dict.fromkeys(each.in_language(language) for each in issues))
    return {"resourceType": "OperationOutcome", "id": "messages", "issue": [each.to_fhir() for each in unique]}


def _named(action: Carried, taken: set[str]) -> Written:
    """Return the id of an action, which is its own: one that stands several times is numbered from the second on.

    `taken` are the ids of those before it, to which its own is added.
    """
    if action.id is None:
        return Written.of({})
    name, number = action.id, 2
    while name in taken:
        name, number = f"{action.id}-{number}", number + 1
    taken.add(name)
    return Written.of({"id": name})
