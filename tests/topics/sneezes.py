"""The example topic compiled, and facts about made-up patients of it as a record system would send them."""

from __future__ import annotations

from typing import Any, Final

from publisher.apply.knowledge import Knowledge
from publisher.expression.library import Library
from publisher.pipeline import compile_topics
from publisher.repository import Repository
from tests.topics import ROOT

Resource = dict[str, Any]

BASE: Final = "https://example.org/fhir"
CODES: Final = f"{BASE}/CodeSystem/example-sneeze-codes"
CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
ARTIFACTS: Final = [artifact for topic in compile_topics(ROOT)[0] for artifact in topic.artifacts]
KNOWLEDGE: Final = Knowledge(Repository(ARTIFACTS, drafts=True))
LOGIC: Final[Library] = KNOWLEDGE.library(f"{BASE}/Library/ExampleSneeze")


def coded(code: str, system: str = CODES, **more: Any) -> Resource:
    """Return a CodeableConcept with one coding."""
    return {"coding": [{"system": system, "code": code, **more}]}


def sneeze(code: str = "sneeze", clinical: str = "active", **more: Any) -> Resource:
    """Return a problem, by default a current sneeze."""
    status = coded(clinical, CLINICAL)
    return {"resourceType": "Condition", "id": "c1", "code": coded(code), "clinicalStatus": status, **more}


def answer(code: str = "feather", *, value: bool = True, **more: Any) -> Resource:
    """Return a final answer, by default that a feather is near."""
    identity = {"resourceType": "Observation", "id": f"o-{code}", "status": "final"}
    return {**identity, "code": coded(code), "valueBoolean": value, **more}


def draft(id_: str = "d1", code: str = "pepper-dust", reason: str | None = None, **more: Any) -> Resource:
    """Return a draft, by default of pepper dust for no stated reason."""
    reasons = {"reasonCode": [coded(reason)]} if reason else {}
    identity = {"resourceType": "MedicationRequest", "id": id_, "status": "draft", "intent": "order"}
    return {**identity, "medicationCodeableConcept": coded(code), **reasons, **more}
