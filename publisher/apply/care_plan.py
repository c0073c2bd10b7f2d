"""The CarePlan projection of an Applied tree.

R4 `$apply` answers one CarePlan (https://hl7.org/fhir/R4/plandefinition-operation-apply.html) whose activity refers
to a RequestGroup; everything it leads to is contained, since nothing is stored. What was left undetermined, and what
failed, stands in a contained OperationOutcome, so that no action is dropped in silence.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from publisher.apply.goal import goals_of
from publisher.apply.questionnaire import asking_task
from publisher.apply.request_group import Projection, messages_of
from publisher.extension import MESSAGES
from publisher.language import language_of, text
from publisher.r4.written import Written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from publisher.apply.inputs import Inputs
    from publisher.apply.questionnaire import Asked
    from publisher.apply.tree import AppliedAction, AppliedPlan
    from publisher.repository import Resource


def care_plan(applied: AppliedPlan, inputs: Inputs, missing: Iterable[Asked] = ()) -> Written:
    """Return the CarePlan of an applied plan for the subject of `inputs`, its texts in their language.

    The Questionnaires of what is `missing` to decide it are contained, each with an activity to answer it.
    """
    return _CarePlan(inputs).root(applied, missing)


class _CarePlan(Projection):
    def __init__(self, inputs: Inputs) -> None:
        super().__init__(inputs)
        self.contained: list[Written] = []
        # how many of each type are contained
        self.numbers: Counter[str] = Counter()

    def root(self, applied: AppliedPlan, missing: Iterable[Asked]) -> Written:
        plan = self._plan(applied, "proposal")
        for asked in missing:
            task = self.keep(asking_task(self.add("Questionnaire", asked.members), asked, self.inputs))
            plan["activity"] = [*plan.get("activity", ()), {"reference": task}]
        if self.issues:
            self.contained.append(Written.of(messages_of(self.issues, self.language)))
            plan = {"extension": [{"url": MESSAGES, "valueReference": {"reference": "#messages"}}], **plan}
        spoken = language_of(applied.artifact.resource, self.language)
        head: Resource = {"resourceType": "CarePlan", "language": spoken, "contained": self.contained}
        return Written.of({**{name: value for name, value in head.items() if value}, **plan})

    def nested(self, applied: AppliedPlan) -> Resource | None:
        plan = self._plan(applied, "option")
        return self.add("CarePlan", Written.of(plan)) if "activity" in plan else None

    def questionnaire(self, canonical: str, applied: AppliedAction) -> Resource:
        """Return a reference to the Questionnaire itself, as R4 says."""
        del applied
        return {"reference": canonical}

    def add(self, kind: str, members: Written) -> Resource:
        self.numbers[kind] += 1
        name = f"{_kebab(kind)}-{self.numbers[kind]}"
        self.contained.append(Written.of({"resourceType": kind, "id": name}) + members)
        return {"reference": f"#{name}"}

    def _plan(self, applied: AppliedPlan, intent: str) -> Resource:
        """Return the elements of the CarePlan of one plan; its RequestGroup comes before all it leads to."""
        self.issues.extend(applied.issues)
        place, definition = len(self.contained), applied.artifact.resource
        reference = self.keep(self.group(applied, intent))
        actions = self.actions(applied.actions, applied.artifact)
        if actions:
            self.contained[place] += Written.of({"action": actions})
        else:
            del self.contained[place]
            self.numbers["RequestGroup"] -= 1
        plan: Resource = {
            "instantiatesCanonical": [str(applied.artifact.canonical)],
            "status": "draft",
            "intent": intent,
            "title": text(definition, "title", self.language),
            "description": text(definition, "description", self.language),
            "subject": {"reference": self.inputs.subject},
            "encounter": self.inputs.reference("encounter"),
            "goal": [self.keep(each) for each in goals_of(definition, self.inputs)],
            "activity": [{"reference": reference}] if actions else None,
        }
        return {name: value for name, value in plan.items() if value}


@cache
def _kebab(kind: str) -> str:
    """Return a resource type as ids spell it."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in kind).lstrip("-")
