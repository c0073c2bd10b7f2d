"""The Bundle projection of an Applied tree: the RequestGroup first, then the Goals and the requests.

https://hl7.org/fhir/uv/cpg/OperationDefinition-cpg-plandefinition-apply.html. A nested plan is a RequestGroup of its
own, an undetermined action a GuidanceResponse that says which data it needs, a Questionnaire a Task to answer it.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from publisher.apply.guidance_response import guidance_response
from publisher.apply.questionnaire import COLLECT, asking_task
from publisher.apply.request_group import Projection, messages_of
from publisher.extension import MESSAGES, PERTAINS_TO_GOAL
from publisher.language import language_of
from publisher.r4.written import Written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from publisher.apply.inputs import Inputs
    from publisher.apply.questionnaire import Asked
    from publisher.apply.tree import AppliedAction, AppliedPlan
    from publisher.repository import Resource

# Ids are UUIDs of version 5 in a namespace of ours, so that the same request gets the same ids.
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://vademecum.example/fhir/results")


def bundle(applied: AppliedPlan, inputs: Inputs, missing: Iterable[Asked] = (), *, seed: str, base_url: str) -> Written:
    """Return the Bundle of an applied plan, with the Questionnaires of what is `missing` to decide it.

    `seed` names release and request; ids follow from it, and addresses from `base_url` and the ids.
    """
    return _Bundle(inputs, seed, base_url).root(applied, missing)


class _Bundle(Projection):
    def __init__(self, inputs: Inputs, seed: str, base_url: str) -> None:
        super().__init__(inputs)
        self.seed = seed
        self.base_url = base_url
        self.resources: list[tuple[str, Written]] = []
        self.plan: AppliedPlan | None = None

    def root(self, applied: AppliedPlan, missing: Iterable[Asked]) -> Written:
        self._group(applied, "proposal", [])
        for asked in missing:
            self.keep(asking_task(self.add("Questionnaire", asked.members), asked, self.inputs))
        entries = [
            Written.of({"fullUrl": f"{self.base_url}/{local}", "resource": each}) for local, each in self.resources
        ]
        identity = str(uuid.uuid5(NAMESPACE, f"{self.seed}|Bundle"))
        spoken = language_of(applied.artifact.resource, self.language)
        head: Resource = {"resourceType": "Bundle", "id": identity, **({"language": spoken} if spoken else {})}
        return Written.of({**head, "type": "collection", "entry": entries})

    def nested(self, action: AppliedAction, plan: AppliedPlan) -> Resource | None:
        return self._group(plan, "option", self.reason(action))

    def add(self, kind: str, members: Written) -> Resource:
        name = str(uuid.uuid5(NAMESPACE, f"{self.seed}|{kind}|{len(self.resources)}"))
        local = f"{kind}/{name}"
        self.resources.append((local, Written.of({"resourceType": kind, "id": name}) + members))
        return {"reference": local}

    def questionnaire(self, canonical: str, applied: AppliedAction) -> Resource:
        """Return a reference to a Task whose input is the Questionnaire (cpg-questionnairetask)."""
        reason = self.reason(applied)
        task: Resource = {
            "resourceType": "Task",
            "status": "draft",
            "intent": "option",
            "code": COLLECT,
            "for": {"reference": self.inputs.subject},
            **self.inputs.asking(),
            "input": [{"type": COLLECT, "valueCanonical": canonical}],
        }
        if len(reason) == 1:
            task["reasonCode"] = reason[0]
        else:
            self.unreasoned(applied, "Task")
        return self.keep(task)

    def undetermined(self, applied: AppliedAction) -> None:
        super().undetermined(applied)
        if self.plan is not None and not applied.decision.error:
            self.keep(guidance_response(applied, self.plan.artifact, self.inputs))

    def _group(self, applied: AppliedPlan, intent: str, reason: list[Resource]) -> Resource | None:
        """Add the RequestGroup of a plan, before all it leads to, and return a reference to it."""
        above, outer = self.plan, self.issues
        self.plan, self.issues = applied, list(applied.issues)
        place = len(self.resources)
        reference = self.add("RequestGroup", self.group(applied, intent, reason))
        goals = self.goals(applied.artifact)
        actions = self.actions(applied.actions, applied.artifact)
        extensions = [{"url": PERTAINS_TO_GOAL, "valueReference": each} for each in goals]
        messages = [messages_of(self.issues, self.language)] if self.issues else []
        if messages:
            extensions.append({"url": MESSAGES, "valueReference": {"reference": "#messages"}})
        found = {"contained": messages, "extension": extensions, "action": actions}
        local, group = self.resources[place]
        self.resources[place] = local, group + Written.of({name: value for name, value in found.items() if value})
        is_empty = not actions and not self.issues and above is not None
        self.plan, self.issues = above, outer
        if is_empty:  # a nested plan of which nothing is left
            del self.resources[place:]
        return None if is_empty else reference
