"""A small library of artifacts in two languages, served to an in-process client."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from publisher.repository import Artifact, Rendition, Repository
from server.app import create_app
from server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

BASE = "https://vademecum.example/site"
CANONICAL = "https://vademecum.example/fhir"
TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"


def canonical_resource(resource_type: str, resource_id: str, **elements: Any) -> dict[str, Any]:
    """Return a canonical resource; its url ends with its id unless `elements` say otherwise."""
    return {
        "resourceType": resource_type,
        "id": resource_id,
        "language": "sv",
        "url": f"{CANONICAL}/{resource_type}/{resource_id}",
        "version": "1.0.0",
        "status": "active",
        "date": "2026-03-01",
        **elements,
    }


def in_english(title: str) -> dict[str, Any]:
    """Return the companion element that translates a title."""
    parts = [{"url": "lang", "valueCode": "en"}, {"url": "content", "valueString": title}]
    return {"extension": [{"url": TRANSLATION, "extension": parts}]}


def artifact(resource: dict[str, Any]) -> Artifact:
    """Return `resource` as it is held: Swedish and English bytes that differ in their narrative."""
    bodies = {
        language: json.dumps({**resource, "text": {"status": "generated", "div": word}}, ensure_ascii=False)
        for language, word in (("sv", "<div>svenska</div>"), ("en", "<div>English</div>"))
    }
    return Artifact(resource, {language: Rendition.of(body.encode()) for language, body in bodies.items()})


RESOURCES = [
    canonical_resource(
        "PlanDefinition",
        "leg-cramps-1.0.0",
        url=f"{CANONICAL}/PlanDefinition/leg-cramps",
        name="LegCramps",
        title="Benkramp på natten",
        _title=in_english("Nocturnal leg cramps"),
        description="Råd, om kramp",
        identifier=[{"system": "urn:example:rules", "value": "BK-1"}],
    ),
    canonical_resource(
        "PlanDefinition",
        "leg-cramps-2.0.0",
        url=f"{CANONICAL}/PlanDefinition/leg-cramps",
        version="2.0.0",
        status="draft",
        date="2026-05-01",
        name="LegCramps",
        title="Benkramp på natten",
    ),
    canonical_resource("PlanDefinition", "stretching", name="Stretching", title="Åtgärd: töjning"),
    canonical_resource("ActivityDefinition", "no-quinine", status="draft", name="NoQuinine", title="Inget kinin <&>"),
    {
        "resourceType": "Medication",
        "id": "sobril",
        "language": "sv",
        "status": "active",
        "code": {"text": "Sobril"},
    },
    canonical_resource("ValueSet", "statins", name="Statins", title="Statiner"),
]


@pytest.fixture
def repository() -> Repository:
    return Repository([artifact(resource) for resource in RESOURCES])


@pytest.fixture
def settings() -> dict[str, Any]:
    """Return the settings that a test starts from."""
    return {
        "base_url": BASE,
        "default_language": "sv",
        "languages": ("sv", "en"),
        "evaluate_drafts": False,
        "evaluator": True,
        "now": lambda: datetime(2026, 6, 1, 12, tzinfo=UTC),
        "cors_origins": ("https://ehr.example",),
        "software_version": "9.8.7",
        "timer": lambda: 0.0,
    }


@pytest.fixture
def make_client(repository: Repository, settings: dict[str, Any]) -> Callable[..., FlaskClient]:
    """Return what makes a client of a server with other settings, operations or hooks."""

    def make(
        *, operations: Any = (), hooks: Any = None, held: Any = None, gate: Any = None, **changed: Any
    ) -> FlaskClient:
        served = Repository(held) if held is not None else repository
        app = create_app(served, Settings(**{**settings, **changed}), operations=operations, hooks=hooks, gate=gate)
        return app.test_client()

    return make


@pytest.fixture
def client(make_client: Callable[..., FlaskClient]) -> FlaskClient:
    return make_client()


@pytest.fixture
def refused() -> Callable[..., str]:
    """Return what asserts that an answer refuses, and gives the diagnostics."""

    def check(answer: TestResponse, status: int, code: str, rule: str) -> str:
        assert answer.status_code == status, answer.text
        assert answer.content_type == "application/fhir+json"
        assert answer.json is not None
        assert answer.json["resourceType"] == "OperationOutcome"
        (issue,) = answer.json["issue"]
        assert (issue["code"], issue["details"]["text"]) == (code, rule)
        return str(issue["diagnostics"])

    return check


@pytest.fixture
def ids() -> Callable[[TestResponse], list[str]]:
    """Return what lists the ids of the matches in a searchset."""

    def of(answer: TestResponse) -> list[str]:
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        return [entry["resource"]["id"] for entry in answer.json.get("entry", ())]

    return of


@pytest.fixture
def links() -> Callable[[TestResponse], dict[str, str]]:
    """Return what gives the links of a searchset by relation."""

    def of(answer: TestResponse) -> dict[str, str]:
        assert answer.json is not None
        return {link["relation"]: link["url"] for link in answer.json["link"]}

    return of
