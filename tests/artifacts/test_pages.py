"""The page of a shipped artifact, where a card's source leads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest

from publisher.release import load_release
from server.serve import application
from server.settings import Settings
from tests.artifacts.conftest import NOW, ROOT
from tests.artifacts.patients import FOR_CRAMP, draft, hook_request, selecting

if TYPE_CHECKING:
    from flask.testing import FlaskClient

BASE = "https://cds.example/vademecum"
PAGE = "/artifacts/PlanDefinition/avoid-quinine/0.1.0"


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    settings = Settings(
        base_url=BASE,
        default_language="sv",
        languages=("sv", "en"),
        evaluate_drafts=True,
        evaluator=True,
        now=lambda: NOW,
    )
    return application(load_release(ROOT / "artifacts"), settings).test_client()


def test_a_cards_source_leads_to_the_page_of_its_rule_and_version(client: FlaskClient) -> None:
    request = hook_request("order-select", {}, **selecting(draft(**FOR_CRAMP)))
    (card,) = client.post("/cds-services/leg-cramps-order-select", json=request).get_json()["cards"]
    assert card["source"]["url"] == BASE + PAGE
    assert client.get(PAGE).status_code == 200


@pytest.mark.parametrize(
    ("language", "title"), [("sv", "Kinin rekommenderas inte"), ("en", "Quinine is advised against")]
)
def test_the_page_shows_the_narrative_in_the_readers_language(client: FlaskClient, language: str, title: str) -> None:
    answer = client.get(PAGE, headers={"Accept-Language": language})
    assert answer.content_type == "text/html; charset=utf-8"
    assert answer.headers["Content-Language"] == language
    assert f'<html lang="{language}">' in answer.text
    assert f"<title>{title}" in answer.text
    assert "BK-BEH-10" in answer.text
    assert "&lt;div" not in answer.text


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_page_is_headed_by_the_title_of_its_artifact_once(client: FlaskClient, language: str) -> None:
    for artifact in load_release(ROOT / "artifacts"):
        page = client.get(artifact.page, headers={"Accept-Language": language}).text
        (title,) = re.findall(r"<title>(.*) - Vademecum</title>", page)
        heading, *others = re.findall(r"<h[1-6][^>]*>([^<]*)</h[1-6]>", page)
        assert heading == title
        assert title not in others
        assert page.count("<h1") == 1


def test_every_link_of_the_page_works(client: FlaskClient) -> None:
    links = re.findall(r'href="([^"]+)"', client.get(PAGE).text)
    assert links
    for link in links:
        assert client.get(urljoin(PAGE, link)).status_code == 200, link


@pytest.mark.parametrize(
    "path", ["/artifacts/PlanDefinition/avoid-quinine/9.9.9", "/artifacts/PlanDefinition/none/0.1.0"]
)
def test_another_version_or_artifact_is_404_with_an_outcome(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.content_type) == (404, "application/fhir+json")
    assert answer.get_json(force=True)["issue"][0]["code"] == "not-found"
