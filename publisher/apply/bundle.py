"""The Bundle projection of an Applied tree: the RequestGroup first, then the Goals and the requests.

https://hl7.org/fhir/uv/cpg/OperationDefinition-cpg-plandefinition-apply.html. A nested plan is a RequestGroup of its
own, an undetermined action a GuidanceResponse that says which data it needs, a Questionnaire a Task to answer it.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from publisher.apply.goal import goals_of
from publisher.apply.guidance_response import guidance_response
from publisher.apply.questionnaire import COLLECT, asking_task
from publisher.apply.request_group import Projection, messages_of
from publisher.extension import MESSAGES, PERTAINS_TO_GOAL
from publisher.language import language_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from publisher.apply.inputs import Inputs
    from publisher.apply.tree import AppliedAction, AppliedPlan
    from publisher.repository import Resource

# Ids are UUIDs of version 5 in a namespace of ours, so that the same request gets the same ids.
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://vademecum.example/fhir/results")


def bundle(
    applied: AppliedPlan, inputs: Inputs, missing: Iterable[Resource] = (), *, seed: str, base_url: str
) -> Resource:
    """Return the Bundle of an applied plan, with the Questionnaires of what is `missing` to decide it.

    `seed` names release and request; ids follow from it, and addresses from `base_url` and the ids.
    """
    return _Bundle(inputs, seed, base_url).root(applied, missing)


class _Bundle(Projection):
    def __init__(self, inputs: Inputs, seed: str, base_url: str) -> None:
        super().__init__(inputs)
        self.seed = seed
        self.base_url = base_url
        self.resources: list[Resource] = []
        self.plan: AppliedPlan | None = None

    def root(self, applied: AppliedPlan, missing: Iterable[Resource]) -> Resource:
        self._group(applied, "proposal")
        for asked in missing:
            self.add(asking_task(self.add(asked), asked, self.inputs))
        entries = [{"fullUrl": f"{self.base_url}/{_local(each)}", "resource": each} for each in self.resources]
        identity = str(uuid.uuid5(NAMESPACE, f"{self.seed}|Bundle"))
        spoken = language_of(applied.artifact.resource, self.language)
        head: Resource = {"resourceType": "Bundle", "id": identity, **({"language": spoken} if spoken else {})}
        return {**head, "type": "collection", "entry": entries}

    def nested(self, applied: AppliedPlan) -> Resource | None:
        return self._group(applied, "option")

    def add(self, resource: Resource) -> Resource:
        kind = resource["resourceType"]
        name = f"{self.seed}|{kind}|{len(self.resources)}"
        identified = {"resourceType": kind, "id": str(uuid.uuid5(NAMESPACE, name)), **resource}
        self.resources.append(identified)
        return {"reference": _local(identified)}

    def questionnaire(self, canonical: str, applied: AppliedAction) -> Resource:
        """Return a reference to a Task whose input is the Questionnaire (cpg-questionnairetask)."""
        del applied
        task: Resource = {
            "resourceType": "Task",
            "status": "draft",
            "intent": "option",
            "code": COLLECT,
            "for": {"reference": self.inputs.subject},
            "input": [{"type": COLLECT, "valueCanonical": canonical}],
        }
        return self.add(task)

    def undetermined(self, applied: AppliedAction) -> None:
        super().undetermined(applied)
        if self.plan is not None and not applied.decision.error:
            self.add(guidance_response(applied, self.plan.artifact, self.inputs))

    def _group(self, applied: AppliedPlan, intent: str) -> Resource | None:
        """Add the RequestGroup of a plan, before all it leads to, and return a reference to it."""
        above, outer = self.plan, self.issues
        self.plan, self.issues = applied, list(applied.issues)
        place = len(self.resources)
        reference = self.add(self.group(applied, [], intent))
        goals = [self.add(each) for each in goals_of(applied.artifact.resource, self.inputs)]
        actions = self.actions(applied.actions, applied.artifact)
        extensions = [{"url": PERTAINS_TO_GOAL, "valueReference": each} for each in goals]
        group = self.resources[place]
        if self.issues:
            group["contained"] = [messages_of(self.issues, self.language)]
            extensions.append({"url": MESSAGES, "valueReference": {"reference": "#messages"}})
        group |= {name: value for name, value in (("extension", extensions), ("action", actions)) if value}
        is_empty = not actions and not self.issues and above is not None
        self.plan, self.issues = above, outer
        if is_empty:  # a nested plan of which nothing is left
            del self.resources[place:]
        return None if is_empty else reference


def _local(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"
