"""Messages: https://hl7.org/fhir/R4/communicationrequest.html and https://hl7.org/fhir/R4/communication.html.

R4 gives neither an intent; that the request is a draft says that nothing was sent.
"""

from __future__ import annotations

from publisher.apply.requests.shape import Resource, Shape, forbidden, occurrence, to, to_list


def _payload(words: str) -> Resource:
    return {"payload": [{"contentString": words}]}


COMMUNICATION_REQUEST = Shape(
    kind="CommunicationRequest",
    encounter="encounter",
    requester="requester",
    carried={
        "code": to_list("category"),
        "description": _payload,
        "doNotPerform": to("doNotPerform"),
        "priority": to("priority"),
        "reason": to("reasonCode"),
        **occurrence("DateTime", "Period"),
    },
)
COMMUNICATION = Shape(
    kind="Communication",
    encounter="encounter",
    status="preparation",
    instantiates="list",
    carried={
        "code": to_list("category"),
        "description": _payload,
        "priority": to("priority"),
        "reason": to("reasonCode"),
        "doNotPerform": forbidden,
    },
)

SHAPES = (COMMUNICATION_REQUEST, COMMUNICATION)
