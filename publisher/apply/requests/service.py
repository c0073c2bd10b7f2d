"""Requests for services, and the procedures and reports that activities may ask for.

https://hl7.org/fhir/R4/servicerequest.html; Procedure and DiagnosticReport come by the extension cpg-activity-kind.
"""

from __future__ import annotations

from publisher.apply.requests.shape import Shape, forbidden, occurrence, reasoned, roles, to, to_list

SERVICE_REQUEST = Shape(
    kind="ServiceRequest",
    encounter="encounter",
    requester="requester",
    has_intent=True,
    instantiates="list",
    performer="performer",
    carried={
        "code": to("code"),
        "doNotPerform": to("doNotPerform"),
        "priority": to("priority"),
        "bodySite": to_list("bodySite"),
        "quantity": to("quantityQuantity"),
        "location": to_list("locationReference"),
        "participant": roles("performerType"),
        "reason": to("reasonCode"),
        **occurrence("DateTime", "Period", "Timing"),
    },
)
PROCEDURE = Shape(
    kind="Procedure",
    encounter="encounter",
    status="preparation",
    instantiates="list",
    carried={
        "code": to("code"),
        "bodySite": to_list("bodySite"),
        "location": to("location"),
        "reason": to("reasonCode"),
        "doNotPerform": forbidden,
    },
)
DIAGNOSTIC_REPORT = Shape(
    kind="DiagnosticReport",
    encounter="encounter",
    status="registered",
    carried={"code": to("code"), "doNotPerform": forbidden, "reason": reasoned},
)

SHAPES = (SERVICE_REQUEST, PROCEDURE, DIAGNOSTIC_REPORT)
