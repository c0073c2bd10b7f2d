"""The example topic compiled, and facts about made-up patients of it as a record system would send them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from publisher.apply.knowledge import Knowledge
from publisher.pipeline import compile_topics, write_topics
from publisher.repository import Repository
from tests.artifacts.patients import SUBJECT
from tests.topics import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from publisher.expression.library import Library

Resource = dict[str, Any]

BASE: Final = "https://example.org/fhir"
CODES: Final = f"{BASE}/CodeSystem/example-sneeze-codes"
CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
TOPICS: Final = compile_topics(ROOT)[0]
ARTIFACTS: Final = [artifact for topic in TOPICS for artifact in topic.artifacts]
KNOWLEDGE: Final = Knowledge(Repository(ARTIFACTS, drafts=True))
LOGIC: Final[Library] = KNOWLEDGE.library(f"{BASE}/Library/ExampleSneeze")


def written(folder: Path) -> Path:
    """Write the compiled topic below `folder`, as a release holds it, and return the folder."""
    write_topics([replace(one, folder=folder / one.topic.id) for one in TOPICS])
    return folder


def coded(code: str, system: str = CODES, **more: Any) -> Resource:
    """Return a CodeableConcept with one coding."""
    return {"coding": [{"system": system, "code": code, **more}]}


def sneeze(code: str = "sneeze", clinical: str = "active", **more: Any) -> Resource:
    """Return a problem, by default a current sneeze."""
    identity = {"resourceType": "Condition", "id": "c1", "subject": SUBJECT}
    return {**identity, "code": coded(code), "clinicalStatus": coded(clinical, CLINICAL), **more}


def answer(code: str = "feather", *, value: bool = True, **more: Any) -> Resource:
    """Return a final answer, by default that a feather is near."""
    identity = {"resourceType": "Observation", "id": f"o-{code}", "subject": SUBJECT, "status": "final"}
    return {**identity, "code": coded(code), "valueBoolean": value, **more}


def draft(id_: str = "d1", code: str = "pepper-dust", reason: str | None = None, **more: Any) -> Resource:
    """Return a draft, by default of pepper dust for no stated reason."""
    reasons = {"reasonCode": [coded(reason)]} if reason else {}
    identity = {"resourceType": "MedicationRequest", "id": id_, "status": "draft", "intent": "order"}
    return {**identity, "medicationCodeableConcept": coded(code), **reasons, **more}
