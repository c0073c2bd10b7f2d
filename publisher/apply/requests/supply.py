"""Requests for devices, supplies, diets and lenses.

https://hl7.org/fhir/R4/devicerequest.html, supplyrequest.html, nutritionorder.html and visionprescription.html.
"""

from __future__ import annotations

from publisher.apply.requests.shape import Shape, forbidden, occurrence, reasoned, roles, to
from publisher.extension import CANONICAL_REFERENCE

DEVICE_REQUEST = Shape(
    kind="DeviceRequest",
    encounter="encounter",
    requester="requester",
    has_intent=True,
    instantiates="list",
    performer="performer",
    carried={
        "code": to("codeCodeableConcept"),
        "productCodeableConcept": to("codeCodeableConcept"),
        "productReference": to("codeReference"),
        "doNotPerform": forbidden,
        "priority": to("priority"),
        "reason": to("reasonCode"),
        "participant": roles("performerType"),
        **occurrence("DateTime", "Period", "Timing"),
    },
)
SUPPLY_REQUEST = Shape(
    kind="SupplyRequest",
    subject="deliverTo",
    requester="requester",
    carried={
        "code": to("category"),
        "productCodeableConcept": to("itemCodeableConcept"),
        "productReference": to("itemReference"),
        "quantity": to("quantity"),
        "doNotPerform": forbidden,
        "priority": to("priority"),
        "reason": to("reasonCode"),
        **occurrence("DateTime", "Period", "Timing"),
    },
)
NUTRITION_ORDER = Shape(
    kind="NutritionOrder",
    subject="patient",
    encounter="encounter",
    requester="orderer",
    asker="practitioner",
    has_intent=True,
    instantiates="list",
    dated=("dateTime",),
    carried={"doNotPerform": forbidden, "reason": reasoned},
)
VISION_PRESCRIPTION = Shape(
    kind="VisionPrescription",
    subject="patient",
    encounter="encounter",
    requester="prescriber",
    asker="practitioner",
    instantiates=CANONICAL_REFERENCE,
    dated=("created", "dateWritten"),
    carried={"doNotPerform": forbidden},
)

SHAPES = (DEVICE_REQUEST, SUPPLY_REQUEST, NUTRITION_ORDER, VISION_PRESCRIPTION)
