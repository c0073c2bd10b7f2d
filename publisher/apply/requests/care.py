"""Plans of care, groups of requests, visits, and what an administration asks for.

https://hl7.org/fhir/R4/careplan.html, requestgroup.html, appointment.html, contract.html and claim.html.
"""

from __future__ import annotations

from publisher.apply.requests.shape import Resource, Shape, forbidden, to, to_list
from publisher.extension import CANONICAL_REFERENCE

CARE_PLAN = Shape(
    kind="CarePlan",
    encounter="encounter",
    has_intent=True,
    instantiates="list",
    carried={
        "code": to_list("category"),
        "description": to("description"),
        "doNotPerform": forbidden,
        "timingPeriod": to("period"),
    },
)
REQUEST_GROUP = Shape(
    kind="RequestGroup",
    encounter="encounter",
    has_intent=True,
    instantiates="list",
    carried={
        "code": to("code"),
        "priority": to("priority"),
        "doNotPerform": forbidden,
        "reason": to("reasonCode"),
    },
)


def _participants(reference: Resource) -> list[Resource]:
    return [{"actor": reference, "status": "needs-action"}]


def _roles(participants: list[Resource]) -> Resource:
    """Return who else takes part, by role: a participant needs a type or an actor (app-1)."""
    found = [{"type": [each["role"]], "status": "needs-action"} for each in participants if "role" in each]
    return {"participant": found} if found else {}


APPOINTMENT = Shape(
    kind="Appointment",
    subject="participant",
    subject_of=_participants,
    status="proposed",
    instantiates=CANONICAL_REFERENCE,
    performer="participant",
    carried={
        "code": to_list("serviceType"),
        "description": to("description"),
        "doNotPerform": forbidden,
        "location": lambda location: {"participant": _participants(location)},
        "participant": _roles,
        "reason": to("reasonCode"),
        "timingPeriod": to_list("requestedPeriod"),
    },
)
APPOINTMENT_RESPONSE = Shape(
    kind="AppointmentResponse",
    subject="actor",
    instantiates=CANONICAL_REFERENCE,
    status=None,
    carried={"description": to("comment"), "doNotPerform": forbidden},
)
ENROLLMENT_REQUEST = Shape(
    kind="EnrollmentRequest",
    subject="candidate",
    instantiates=CANONICAL_REFERENCE,
    carried={"doNotPerform": forbidden},
)
CONTRACT = Shape(
    kind="Contract",
    subject="subject",
    subject_of=lambda reference: [reference],
    instantiates=CANONICAL_REFERENCE,
    status=None,
    carried={"code": to("type"), "doNotPerform": forbidden},
)
CLAIM = Shape(
    kind="Claim",
    subject="patient",
    requester="enterer",
    asker="practitioner",
    instantiates=CANONICAL_REFERENCE,
    dated=("created",),
    carried={"code": to("type"), "doNotPerform": forbidden},
)

SHAPES = (CARE_PLAN, REQUEST_GROUP, APPOINTMENT, APPOINTMENT_RESPONSE, ENROLLMENT_REQUEST, CONTRACT, CLAIM)
