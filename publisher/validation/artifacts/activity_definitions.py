"""Check ActivityDefinitions: they say what they make, and give nothing that it cannot hold.

Implements https://hl7.org/fhir/R4/activitydefinition.html and https://hl7.org/fhir/R4/activitydefinition-operation-apply.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.validation.nodes import Finding, Node, text
from publisher.validation.primitives import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge

# Elements, and the types of request that have a place for them.
_PLACES = {
    "dosage": ("MedicationRequest", "MedicationAdministration", "MedicationDispense", "MedicationStatement"),
    "bodySite": ("ServiceRequest", "DeviceRequest", "Procedure"),
    "specimenRequirement": ("ServiceRequest",),
    "observationRequirement": ("ServiceRequest",),
    "observationResultRequirement": ("ServiceRequest",),
    "quantity": ("MedicationRequest", "SupplyRequest", "NutritionOrder", "ServiceRequest", "DeviceRequest"),
}
_ORDERS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")
_MADE = ("kind", "intent", "code", "dosage", "quantity", "productReference", "productCodeableConcept", "dynamicValue")


def kind_is_said(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that an activity that gives details of a request says which type of request it is."""
    if "kind" not in node.value and any(key in node.value for key in _MADE):
        yield "activity-kind-missing", node.at("kind"), "is missing, so that nothing can be made of it; name the type"


def elements_fit_kind(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that what is given has a place in the type of request."""
    kind = text(node.value, "kind")
    for key, places in _PLACES.items():
        if kind is not None and key in node.value and kind not in places:
            sentence = f"has no place in a {kind}, and will be lost; take it out or make it a {places[0]}"
            yield "activity-element-unmapped", node.at(key), sentence


def order_is_draft(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that guidance proposes: only a person turns it into an order."""
    intent = text(node.value, "intent")
    if intent in _ORDERS:
        yield "order-without-draft", node.at("intent"), f"is {shown(intent)}; write proposal, which a person may order"
