"""The topic that only tests use, with facts about a made-up patient of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.cases_command import compiled_suite
from publisher.pipeline import compile_topics, write_topics
from tests.topics import ROOT

if TYPE_CHECKING:
    from pathlib import Path

Resource = dict[str, Any]

SUITE, _ = compiled_suite(ROOT)
assert SUITE is not None
KNOWLEDGE = SUITE.runner.knowledge
VIEW, SELECT = "example-sneeze-patient-view", "example-sneeze-order-select"
BASE = "https://example.org/fhir"
CODES = f"{BASE}/CodeSystem/example-sneeze-codes"
ABOUT = {"subject": {"reference": "Patient/1"}}


def concept(code: str, system: str = CODES) -> Resource:
    return {"coding": [{"system": system, "code": code}]}


def condition(code: str = "sneeze") -> Resource:
    """Return a problem, by default an active example sneeze."""
    active = concept("active", "http://terminology.hl7.org/CodeSystem/condition-clinical")
    return {"resourceType": "Condition", "id": f"c-{code}", "code": concept(code), "clinicalStatus": active, **ABOUT}


def answered(code: str, *, value: bool, status: str = "final") -> Resource:
    """Return the answer to a question as an observation."""
    found = {"resourceType": "Observation", "id": code, "status": status, "code": concept(code), **ABOUT}
    return {**found, "effectiveDateTime": "2026-11-20", "valueBoolean": value}


def draft(name: str = "d", **elements: Any) -> Resource:
    """Return a draft of pepper dust for example sneeze."""
    found = {"resourceType": "MedicationRequest", "id": name, "status": "draft", "intent": "proposal", **ABOUT}
    return {**found, "medicationCodeableConcept": concept("pepper-dust"), "reasonCode": [concept("sneeze")], **elements}


def written(folder: Path) -> Path:
    """Write the compiled topic below `folder`, as a release that a command reads, and return that."""
    topics, report = compile_topics(ROOT)
    assert not report.has_errors
    write_topics([type(one)(one.topic, folder / one.topic.id, one.artifacts, one.files) for one in topics])
    return folder
