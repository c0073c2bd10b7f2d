"""The start page: HTML for people, held to WCAG 2.2 AA where a test can hold it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import pytest

import server.pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from publisher.repository import Repository

SHEET = Path(server.pages.__file__).with_name("style.css").read_text("utf-8")
VOID = {"meta", "link", "br", "input"}


class Page(HTMLParser):
    """The elements of a page, each with its attributes and own text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[int, str] = {}
        self.open: list[int] = []
        self.unbalanced: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element with its attributes."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element."""
        if not self.open or self.elements[self.open.pop()][0] != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        """Add text to every open element."""
        for position in self.open:
            self.texts[position] = self.texts.get(position, "") + data

    def all(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        """Return the attributes and text of every element of one kind."""
        return [(one[1], self.texts.get(position, "")) for position, one in enumerate(self.elements) if one[0] == tag]


@pytest.fixture
def page(client: FlaskClient) -> Callable[..., Page]:
    def read(query: str = "", **headers: str) -> Page:
        answer = client.get(f"/{query}", headers=headers)
        assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
        return Page(answer.text)

    return read


def test_page_lists_every_artifact_with_a_link_that_works(
    client: FlaskClient, page: Callable[..., Page], repository: Repository
) -> None:
    links = [attributes["href"] for attributes, _ in page().all("a") if attributes["href"].startswith("fhir/")]
    first = repository.of_type("ActivityDefinition")[0].type
    assert links == ["fhir/metadata", f"fhir/{first}", *(f"fhir/{one.type}/{one.id}" for one in repository)]
    for link in links:
        assert client.get(f"/{link}").status_code == 200


def test_what_a_newcomer_needs_stands_before_the_artifacts(page: Callable[..., Page]) -> None:
    headings = [text for _, text in page("?lang=en").all("h2")]
    assert headings == ["About this server", "CDS Hooks services", "Artifacts"]


def test_artifacts_are_folded_by_type_with_their_number(page: Callable[..., Page], repository: Repository) -> None:
    summaries = [text for _, text in page("?lang=en").all("summary")]
    types = sorted({one.type for one in repository})
    assert summaries == [f"{one} ({len(repository.of_type(one))})" for one in types]


def test_artifact_has_version_and_status_in_words(page: Callable[..., Page]) -> None:
    facts = [text for attributes, text in page().all("p") if attributes.get("class") == "facts"]
    assert "leg-cramps-2.0.0, version 2.0.0, utkast, JSON" in facts


def test_language_follows_the_reader(page: Callable[..., Page]) -> None:
    assert page(**{"Accept-Language": "en"}).all("html")[0][0]["lang"] == "en"
    assert page().all("html")[0][0]["lang"] == "sv"


def test_chosen_language_wins_over_the_header(page: Callable[..., Page]) -> None:
    assert page("?lang=en", **{"Accept-Language": "sv"}).all("html")[0][0]["lang"] == "en"
    assert page("?lang=xx", **{"Accept-Language": "en"}).all("html")[0][0]["lang"] == "en"


def test_words_in_another_language_say_so(page: Callable[..., Page]) -> None:
    titles = {text: attributes.get("lang") for attributes, text in page("?lang=en").all("a")}
    assert titles["Nocturnal leg cramps"] is None
    assert titles["Statiner"] == "sv"


def test_state_of_the_evaluator_and_of_drafts_is_on_the_page(make_client: Callable[..., FlaskClient]) -> None:
    text = make_client(evaluate_drafts=True).get("/?lang=en").text
    assert "Drafts are evaluated: what they advise is not approved for care." in text
    assert "The evaluator is off" in make_client(evaluator=False).get("/?lang=en").text


def test_hook_services_are_listed(make_client: Callable[..., FlaskClient]) -> None:
    class Services:
        def discovery(self, language: str) -> dict[str, Any]:
            service = {"id": "a", "hook": "order-select", "title": f"T-{language}", "description": "<b>"}
            return {"services": [service]}

    text = make_client(hooks=Services()).get("/?lang=en").text
    assert "T-en" in text
    assert "order-select" in text
    assert "&lt;b&gt;" in text


def test_text_of_artifacts_is_escaped(client: FlaskClient) -> None:
    text = client.get("/").text
    assert "Inget kinin &lt;&amp;&gt;" in text
    assert "<&>" not in text


def test_an_address_with_a_slash_at_its_end_leads_to_the_page(client: FlaskClient, page: Callable[..., Page]) -> None:
    address = next(str(each["href"]) for each, _ in page("?lang=en").all("a") if "artifacts/" in str(each["href"]))
    path = address.partition("?")[0]
    sent_on = client.get(f"/{path}/?lang=en&other=x")
    assert (sent_on.status_code, sent_on.text) == (308, "")
    assert urljoin(f"/{path}/", sent_on.headers["Location"]) == f"/{path}?lang=en"
    assert client.get(f"/{path}?lang=en").status_code == 200


def test_lang_parameter_is_not_echoed(client: FlaskClient) -> None:
    assert "script" not in client.get('/?lang="><script>').text


def test_page_is_well_formed_with_one_heading_tree_and_landmarks(page: Callable[..., Page]) -> None:
    read = page()
    assert read.unbalanced == []
    assert read.open == []
    levels = [int(tag[1]) for tag, _ in read.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert [len(read.all(tag)) for tag in ("header", "nav", "main")] == [1, 1, 1]


def test_first_link_skips_to_the_contents(page: Callable[..., Page]) -> None:
    read = page()
    target = read.all("a")[0][0]["href"].removeprefix("#")
    assert read.all("main")[0][0]["id"] == target


def test_references_inside_the_page_resolve(page: Callable[..., Page]) -> None:
    attributes = [one[1] for one in page().elements]
    ids = [one["id"] for one in attributes if "id" in one]
    assert len(ids) == len(set(ids))
    assert {one["aria-labelledby"] for one in attributes if "aria-labelledby" in one} <= set(ids)


def test_page_runs_no_script_and_loads_only_its_own_style(page: Callable[..., Page], client: FlaskClient) -> None:
    read = page()
    assert not read.all("script")
    assert not [one for one in read.elements if "style" in one[1] or any(name.startswith("on") for name in one[1])]
    (link,) = read.all("link")
    sheet = client.get(f"/{link[0]['href']}")
    assert (sheet.status_code, sheet.content_type) == (200, "text/css; charset=utf-8")
    assert "url(" not in sheet.text


BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("address", "root"), [("/nothing", ""), ("/artifacts/PlanDefinition/none/1", "../../../"), ("/a/b/", "../../")]
)
@pytest.mark.parametrize(("language", "title"), [("sv", "Sidan finns inte"), ("en", "There is no such page")])
def test_a_person_who_goes_astray_gets_a_page_that_leads_home(
    client: FlaskClient, address: str, root: str, language: str, title: str
) -> None:
    answer = client.get(address, headers={**BROWSER, "Accept-Language": language})
    assert (answer.status_code, answer.content_type) == (404, "text/html; charset=utf-8")
    assert answer.headers["Content-Language"] == language
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    read = Page(answer.text)
    assert (read.unbalanced, [text for _, text in read.all("h1")]) == ([], [title])
    assert f"{root or './'}?lang={language}" in [element["href"] for element, _ in read.all("a")]
    assert read.all("link")[0][0]["href"] == f"{root}style.css"


def test_a_wrong_method_on_a_page_is_told_as_a_page(client: FlaskClient) -> None:
    answer = client.post("/?lang=en", headers=BROWSER)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert "<h1>That cannot be answered</h1>" in answer.text


@pytest.mark.parametrize(
    ("address", "accept"),
    [
        ("/nothing", "*/*"),
        ("/nothing", ""),
        ("/fhir/Nothing", BROWSER["Accept"]),
        ("/cds-services/x/y", BROWSER["Accept"]),
    ],
)
def test_a_program_that_goes_astray_gets_an_operation_outcome(client: FlaskClient, address: str, accept: str) -> None:
    answer = client.get(address, headers={"Accept": accept})
    assert answer.status_code in (404, 406)
    assert answer.get_json(force=True)["resourceType"] == "OperationOutcome"


def test_what_was_sent_is_not_run_on_the_page_of_a_refusal(client: FlaskClient) -> None:
    text = client.get("/artifacts/PlanDefinition/<script>alert(1)<%2Fscript>/1", headers=BROWSER).text
    assert "<script" not in text


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ratio"), [("--text", 7), ("--link", 4.5), ("--quiet", 4.5), ("--line", 3)])
def test_contrast_is_at_least_what_wcag_asks(scheme: int, ink: str, ratio: float) -> None:
    colours = dict(re.findall(r"(--[a-z]+): (#[0-9a-f]{6})", re.findall(r":root \{(.*?)\}", SHEET)[scheme]))
    dark, light = sorted(_luminance(colours[name]) for name in (ink, "--page"))
    assert (light + 0.05) / (dark + 0.05) >= ratio


def test_style_sets_no_width_that_320_pixels_cannot_hold() -> None:
    assert not re.findall(r"(?<!max-)(?<!-)width:\s*\d", SHEET)
    assert "overflow-wrap: anywhere" in SHEET
    assert "outline" in SHEET


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
