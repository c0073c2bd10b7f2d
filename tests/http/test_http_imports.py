"""What serving does not import, so that the first answer is not waited for."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ("fhir", "pydantic", "jsonschema", "yaml", "requests", "urllib3", "argparse")
PROGRAM = """
import json, sys
from datetime import UTC, datetime
from publisher.repository import Artifact, Rendition
from server.serve import application
from server.settings import Settings

plan = {"resourceType": "PlanDefinition", "id": "a", "url": "http://x.example/a", "status": "active"}
held = [Artifact(plan, {"sv": Rendition.of(json.dumps(plan).encode())})]
settings = Settings(base_url="http://x", default_language="sv", languages=("sv",), evaluate_drafts=False,
                    evaluator=True, now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
client = application(held, settings).test_client()
paths = ["/", "/fhir/metadata", "/fhir/PlanDefinition/a", "/fhir/PlanDefinition?name=x", "/cds-services"]
statuses = [client.get(path).status_code for path in paths]
statuses.append(client.post("/cds-services/x", json={}).status_code)
print(json.dumps([statuses, sorted(sys.modules)]))
"""


@pytest.fixture(scope="module")
def imported() -> list[str]:
    """Return the modules of a process that has answered one request of each kind."""
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    statuses, modules = json.loads(ran.stdout)
    assert statuses == [200, 200, 200, 200, 200, 404]
    return list(modules)


@pytest.mark.parametrize("name", HEAVY)
def test_serving_does_not_import(imported: list[str], name: str) -> None:
    assert [one for one in imported if one.split(".")[0] == name] == []


@pytest.mark.parametrize("name", ["publisher.source", "publisher.validation", "publisher.pipeline", "publisher.cli"])
def test_serving_does_not_import_the_authors_side(imported: list[str], name: str) -> None:
    assert [one for one in imported if one == name or one.startswith(f"{name}.")] == []


def test_serving_does_not_import_the_pages_on_which_services_are_tried(imported: list[str]) -> None:
    assert [one for one in imported if one.startswith("server.pages.try_it")] == []
