"""Tasks, the kind of most activities of CPG: https://hl7.org/fhir/R4/task.html."""

from __future__ import annotations

from publisher.apply.requests.shape import Carry, Resource, Shape, forbidden, inside, roles, to, to_one
from publisher.extension import COLLECT_WITH, ENROLL_IN, IS_UNENROLLMENT, REPORT_WITH

ACTIVITY_TYPE = "http://hl7.org/fhir/uv/cpg/CodeSystem/cpg-activity-type-cs"


def asking(code: str) -> Carry:
    """Return the row of what a Task of CPG works with, which its `input` names by the code of the activity."""

    def carry(extension: Resource) -> Resource:
        kind = {"coding": [{"system": ACTIVITY_TYPE, "code": code}]}
        named = extension.get("valueCanonical")
        return {"input": [{"type": kind, "valueCanonical": named}]} if named else {}

    return carry


TASK = Shape(
    kind="Task",
    subject="for",
    encounter="encounter",
    requester="requester",
    has_intent=True,
    instantiates="one",
    performer="owner",
    carried={
        "code": to("code"),
        "description": to("description"),
        "doNotPerform": forbidden,
        "priority": to("priority"),
        "location": to("location"),
        "participant": roles("performerType", many=True),
        "reason": to_one("reasonCode"),
        "timingPeriod": inside("restriction", "period"),
    },
    extended={
        COLLECT_WITH: asking("collect-information"),
        ENROLL_IN: asking("enrollment"),
        REPORT_WITH: asking("generate-report"),
        IS_UNENROLLMENT: lambda extension: {"modifierExtension": [extension]},
    },
)

SHAPES = (TASK,)
