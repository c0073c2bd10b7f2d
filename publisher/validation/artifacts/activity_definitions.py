"""Check ActivityDefinitions: they say what they make, and give nothing that it cannot hold.

Implements https://hl7.org/fhir/R4/activitydefinition.html and https://hl7.org/fhir/R4/activitydefinition-operation-apply.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.validation.nodes import Finding, Node, items, text
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
    "productReference": ("MedicationRequest", "SupplyRequest", "DeviceRequest", "NutritionOrder", "Task"),
    "productCodeableConcept": ("MedicationRequest", "SupplyRequest", "DeviceRequest", "NutritionOrder", "Task"),
    "quantity": ("MedicationRequest", "SupplyRequest", "NutritionOrder", "ServiceRequest", "DeviceRequest"),
}
# What a request must have and $apply does not know by itself: its element, and what of the activity gives it.
_NEEDED = {
    "MedicationRequest": ("medication", ("productReference", "productCodeableConcept")),
    "DeviceRequest": ("code", ("code", "productReference", "productCodeableConcept")),
    "SupplyRequest": ("item", ("code", "productReference", "productCodeableConcept")),
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


def request_is_whole(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that the activity gives what its request must have: a product, say, or a dynamicValue that makes one."""
    kind = text(node.value, "kind")
    needed = _NEEDED.get(kind or "")
    if kind is None or needed is None or "transform" in node.value:
        return
    element, sources = needed
    paths = {(text(one, "path") or "").removeprefix("%resource.") for _, one in items(node.value, "dynamicValue")}
    if not any(key in node.value for key in sources) and not any(path.startswith(element) for path in paths):
        sentence = f"is missing, and a {kind} without {element} is not valid; give it here or by a dynamicValue"
        yield "activity-incomplete", node.at(sources[0].replace("Reference", "[x]")), sentence


def profile_is_on_kind(node: Node, knowledge: Knowledge) -> Iterator[Finding]:
    """Check that the profile that the request will claim is on the type of request."""
    profile, kind = text(node.value, "profile"), text(node.value, "kind")
    structure = knowledge.structure(profile) if profile is not None and kind is not None else None
    if structure is not None and structure.get("type") != kind:
        sentence = (
            f"{shown(profile)} is on {structure.get('type')}, but the activity makes a {kind}; correct one of them"
        )
        yield "activity-profile-type", node.at("profile"), sentence


def order_is_draft(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that guidance proposes: only a person turns it into an order."""
    intent = text(node.value, "intent")
    if intent in _ORDERS:
        yield "order-without-draft", node.at("intent"), f"is {shown(intent)}; write proposal, which a person may order"
