"""The CarePlan projection of an Applied tree.

R4 `$apply` answers one CarePlan (https://hl7.org/fhir/R4/plandefinition-operation-apply.html) whose activity refers
to a RequestGroup; everything it leads to is contained, since nothing is stored. What was left undetermined, and what
failed, stands in a contained OperationOutcome, so that no action is dropped in silence.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from publisher.apply.questionnaire import asking_task
from publisher.apply.request_group import Projection, messages_of
from publisher.apply.said import Said, kept
from publisher.extension import MESSAGES
from publisher.language import language_of, text
from publisher.r4.written import Written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from publisher.apply.inputs import Inputs
    from publisher.apply.questionnaire import Asked
    from publisher.apply.request import Request
    from publisher.apply.tree import AppliedAction, AppliedPlan
    from publisher.repository import Resource

_TOLD = [{"url": MESSAGES, "valueReference": {"reference": "#messages"}}]


def care_plan(applied: AppliedPlan, inputs: Inputs, missing: Iterable[Asked] = ()) -> Written:
    """Return the CarePlan of an applied plan for the subject of `inputs`, its texts in their language.

    The Questionnaires of what is `missing` to decide it are contained, each with an activity to answer it.
    """
    return _CarePlan(inputs).root(applied, missing)


class _CarePlan(Projection):
    def __init__(self, inputs: Inputs) -> None:
        super().__init__(inputs)
        self.contained: list[Written] = []
        self.along: list[Resource] = []
        # how many of each type are contained
        self.numbers: Counter[str] = Counter()

    def root(self, applied: AppliedPlan, missing: Iterable[Asked]) -> Written:
        plan, activities = self._plan(applied, "proposal", [])
        for asked in missing:
            task = self.keep(asking_task(self.add("Questionnaire", asked.members), asked, self.inputs))
            activities.append({"reference": task})
        if self.issues:
            self.contained.append(Written.of(messages_of(self.issues, self.language)))
        head: Resource = {
            "resourceType": "CarePlan",
            "language": language_of(applied.artifact.resource, self.language),
            "contained": self.contained,
            "extension": _TOLD if self.issues else None,
        }
        return _present(head) + plan + _present({"activity": activities})

    def nested(self, action: AppliedAction, plan: AppliedPlan) -> Resource | None:
        before = len(self.issues) + len(plan.issues)
        written, activities = self._plan(plan, "option", self.reason(action))
        # all stand in one outcome: the place in the nested plan is told from that in the outer one
        inner = f"{action.path}.definition.resolve()."
        self.issues[before:] = [replace(each, expression=f"{inner}{each.expression}") for each in self.issues[before:]]
        return self.add("CarePlan", written + _present({"activity": activities})) if activities else None

    def requested(self, request: Request) -> Resource:
        """Keep what goes with a request beside it, each once: what is contained contains nothing (dom-2)."""
        for each in request.contained:
            if each not in self.along:
                self.along.append(each)
                self.contained.append(Written.of(each))
        return self.add(request.kind, request.members)

    def questionnaire(self, canonical: str, applied: AppliedAction) -> Resource:
        """Return a reference to the Questionnaire itself, as R4 says."""
        self.unreasoned(applied)
        return {"reference": canonical}

    def add(self, kind: str, members: Written) -> Resource:
        self.numbers[kind] += 1
        name = f"{_kebab(kind)}-{self.numbers[kind]}"
        self.contained.append(Written.of({"resourceType": kind, "id": name}) + members)
        return {"reference": f"#{name}"}

    def _plan(self, applied: AppliedPlan, intent: str, reason: list[Resource]) -> tuple[Written, list[Resource]]:
        """Return the CarePlan of one plan but for its activities, and these; its RequestGroup comes before all else."""
        self.issues.extend(applied.issues)
        place, definition = len(self.contained), applied.artifact.resource
        reference = self.add("RequestGroup", self.group(applied, intent, reason))
        actions = self.actions(applied.actions, applied.artifact)
        if actions:
            self.contained[place] += Written.of({"action": actions})
        else:
            del self.contained[place]
            self.numbers["RequestGroup"] -= 1
        is_empty = not actions and intent == "option"  # a nested plan of which nothing is left
        goals = [] if is_empty else self.goals(applied.artifact)
        said = _said_of_plan(Said(applied.artifact, definition, intent, self.language))
        return said + self.about + _present({"goal": goals}), [{"reference": reference}] if actions else []


@kept
def _said_of_plan(said: Said) -> Written:
    """Return what a CarePlan says of its plan, with the intent that stands for the path."""
    texts = {name: text(said.action, name, said.language) for name in ("title", "description")}
    named = {"instantiatesCanonical": [str(said.artifact.canonical)], "status": "draft", "intent": said.path}
    return _present({**named, **texts})


def _present(members: Resource) -> Written:
    return Written.of({name: value for name, value in members.items() if value})


@cache
def _kebab(kind: str) -> str:
    """Return a resource type as ids spell it."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in kind).lstrip("-")
