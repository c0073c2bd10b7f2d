"""Tasks, the kind of most activities of CPG: https://hl7.org/fhir/R4/task.html."""

from __future__ import annotations

from publisher.apply.requests.shape import Shape, forbidden, inside, roles, to

TASK = Shape(
    kind="Task",
    subject="for",
    encounter="encounter",
    requester="requester",
    has_intent=True,
    instantiates="one",
    carried={
        "code": to("code"),
        "description": to("description"),
        "doNotPerform": forbidden,
        "priority": to("priority"),
        "location": to("location"),
        "participant": roles("performerType", many=True),
        "timingPeriod": inside("restriction", "period"),
    },
)

SHAPES = (TASK,)
