"""A package of others as it is served: read, searched, applied, and offered as a hook service."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from publisher.package.loading import load_packages
from publisher.release import load_release
from tests.topics.server import client_of
from tests.unit.apply.builders import activity, bundle, does, plan, when
from tests.unit.package.archives import package_of

if TYPE_CHECKING:
    from flask.testing import FlaskClient

OWN = load_release(Path(__file__).parents[2] / "artifacts")
NAME = "example.guideline#1.0.0"
HOOK = {"trigger": [{"type": "named-event", "name": "patient-view"}]}
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'
HELD: list[dict[str, Any]] = [
    plan(
        {"id": "scope", **HOOK, "action": [does(**when("gender = 'female'"))]},
        title="Checks",
        text={"status": "generated", "div": DIV.format("Ours")},
    ),
    activity(text={"status": "generated", "div": DIV.format("<script>x</script>")}),
    plan(does(**when("gender = 'female'")), name="for-women"),
    plan(does(timingTiming={"repeat": {"frequency": "2"}}), name="text-for-numbers"),
    plan(does(**HOOK), name="without-logic", library=["http://example.org/Library/gone"]),
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """Return a client of a server of our own artifacts and one package."""
    loaded = load_packages(OWN, [package_of(tmp_path_factory.mktemp("p") / "a.tgz", *HELD)], translate=False)
    return client_of(loaded.artifacts, packages=loaded.packages, translated=loaded.translated)


def parameters(**inputs: Any) -> dict[str, Any]:
    items = [
        {"name": name, "resource" if isinstance(value, dict) else "valueString": value}
        for name, value in inputs.items()
    ]
    return {"resourceType": "Parameters", "parameter": items}


WOMAN = parameters(
    subject="Patient/1", data=bundle({"resourceType": "Patient", "id": "1", "gender": "female"}), userLanguage="en"
)


def test_an_artifact_of_a_package_is_read_as_it_came(client: FlaskClient) -> None:
    answer = client.get("/fhir/PlanDefinition/plan")
    assert (answer.status_code, answer.json) == (200, HELD[0])
    assert answer.headers["Content-Language"] == "und"


@pytest.mark.parametrize(
    "query", ["url=http://example.org/PlanDefinition/plan", "title=check", "_id=plan", "version=1&_id=plan"]
)
def test_an_artifact_of_a_package_is_found_by_search(client: FlaskClient, query: str) -> None:
    found = client.get(f"/fhir/PlanDefinition?{query}").json
    assert [each["resource"]["id"] for each in found["entry"]] == ["plan"]


def test_a_plan_of_a_package_is_applied(client: FlaskClient) -> None:
    answer = client.post("/fhir/PlanDefinition/plan/$apply", json=WOMAN)
    assert answer.status_code == 200, answer.text
    kinds = [each["resourceType"] for each in answer.json["contained"]]
    assert kinds == ["RequestGroup", "ServiceRequest"]
    assert answer.json["instantiatesCanonical"] == ["http://example.org/PlanDefinition/plan|1"]


def test_missing_data_of_a_plan_of_a_package_read_as_none(client: FlaskClient) -> None:
    without = client.post("/fhir/PlanDefinition/for-women/$apply", json=parameters(subject="Patient/1")).json
    found = client.post("/fhir/PlanDefinition/for-women/$apply", json=WOMAN).json
    assert ("contained" in without, "contained" in found) == (False, True)


def test_numbers_written_as_text_are_carried_as_they_are_written(client: FlaskClient) -> None:
    answer = client.post("/fhir/PlanDefinition/text-for-numbers/$apply", json=WOMAN)
    assert answer.status_code == 200, answer.text
    (group,) = [each for each in answer.json["contained"] if each["resourceType"] == "RequestGroup"]
    assert group["action"][0]["timingTiming"] == {"repeat": {"frequency": "2"}}


def test_a_hook_plan_of_a_package_is_a_service_and_one_without_its_logic_is_none(client: FlaskClient) -> None:
    services = {each["id"]: each for each in client.get("/cds-services").json["services"]}
    assert services["plan"]["prefetch"] == {"patient": "Patient/{{context.patientId}}"}
    assert "without-logic" not in services


def test_the_service_of_a_package_answers_with_cards(client: FlaskClient) -> None:
    request = {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/x", "patientId": "1"},
        "prefetch": {"patient": {"resourceType": "Patient", "id": "1", "gender": "female"}},
    }
    answer = client.post("/cds-services/plan", json=request)
    assert answer.status_code == 200, answer.text
    assert [each["summary"] for each in answer.json["cards"]] == ["A"]


@pytest.mark.parametrize(("language", "words"), [("en", "validated by nobody here"), ("sv", "inte validerade här")])
def test_the_capability_statement_names_the_packages(client: FlaskClient, language: str, words: str) -> None:
    statement = client.get("/fhir/metadata", headers={"Accept-Language": language}).json
    assert statement["language"] == language
    assert f"{words}: {NAME}." in statement["implementation"]["description"]


def test_the_page_of_an_artifact_shows_its_narrative_only_where_it_is_fhirs_xhtml(client: FlaskClient) -> None:
    shown = client.get("/artifacts/PlanDefinition/plan/1")
    hidden = client.get("/artifacts/ActivityDefinition/act/2")
    assert (shown.status_code, hidden.status_code) == (200, 200)
    assert DIV.format("Ours") in shown.text
    assert "script>" not in hidden.text


def test_the_start_page_lists_artifacts_of_packages(client: FlaskClient) -> None:
    assert "fhir/PlanDefinition/text-for-numbers" in client.get("/").text
