"""Requests for medicines and vaccines: https://hl7.org/fhir/R4/medicationrequest.html and its neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.apply.requests.shape import Carry, Resource, Shape, forbidden, inside, roles, to
from publisher.extension import GENERATED_FROM

if TYPE_CHECKING:
    from collections.abc import Callable


def _timed(timing: Callable[[Any], Resource]) -> Carry:
    """Return a row that puts what `timing` makes of a value into the timing of the dosage."""
    return lambda value: {"dosageInstruction": [{"timing": timing(value)}]}


MEDICATION_REQUEST = Shape(
    kind="MedicationRequest",
    encounter="encounter",
    requester="requester",
    has_intent=True,
    instantiates="list",
    performer="performer",
    carried={
        # the code says what a medicine is only where no product does, whose row comes later and wins
        "code": to("medicationCodeableConcept"),
        "productCodeableConcept": to("medicationCodeableConcept"),
        "productReference": to("medicationReference"),
        "doNotPerform": to("doNotPerform"),
        "priority": to("priority"),
        "dosage": to("dosageInstruction"),
        "quantity": inside("dispenseRequest", "quantity"),
        "timingTiming": _timed(lambda timing: timing),
        "timingDateTime": _timed(lambda moment: {"event": [moment]}),
        "timingPeriod": _timed(lambda period: {"repeat": {"boundsPeriod": period}}),
        "participant": roles("performerType"),
        "reason": to("reasonCode"),
    },
)


def _recommended(product: Any) -> Resource:
    return {"recommendation": [{"vaccineCode": [product]}]}


IMMUNIZATION_RECOMMENDATION = Shape(
    kind="ImmunizationRecommendation",
    subject="patient",
    status=None,
    instantiates=GENERATED_FROM,
    dated=("date",),
    needs=("productCodeableConcept",),
    carried={"productCodeableConcept": _recommended, "doNotPerform": forbidden},
)

SHAPES = (MEDICATION_REQUEST, IMMUNIZATION_RECOMMENDATION)
