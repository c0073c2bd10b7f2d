"""The topic that only tests use, with facts about a made-up patient of it."""

from __future__ import annotations

from typing import Any

from tests.topics.sneezes import BASE, CLINICAL, CODES, KNOWLEDGE, written
from tests.topics.sneezes import coded as concept

__all__ = ["BASE", "CODES", "KNOWLEDGE", "SELECT", "VIEW", "answered", "concept", "condition", "draft", "written"]

Resource = dict[str, Any]

VIEW, SELECT = "example-sneeze-patient-view", "example-sneeze-order-select"
ABOUT = {"subject": {"reference": "Patient/1"}}


def condition(code: str = "sneeze") -> Resource:
    """Return a problem, by default an active example sneeze."""
    active = concept("active", CLINICAL)
    return {"resourceType": "Condition", "id": f"c-{code}", "code": concept(code), "clinicalStatus": active, **ABOUT}


def answered(code: str, *, value: bool, status: str = "final") -> Resource:
    """Return the answer to a question as an observation."""
    found = {"resourceType": "Observation", "id": code, "status": status, "code": concept(code), **ABOUT}
    return {**found, "effectiveDateTime": "2026-11-20", "valueBoolean": value}


def draft(name: str = "d", **elements: Any) -> Resource:
    """Return a draft of pepper dust for example sneeze."""
    found = {"resourceType": "MedicationRequest", "id": name, "status": "draft", "intent": "proposal", **ABOUT}
    return {**found, "medicationCodeableConcept": concept("pepper-dust"), "reasonCode": [concept("sneeze")], **elements}
