"""The pages on which a person tries the hook services."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from publisher.card_ids import CardIds
from publisher.cases.worked import worked_requests
from publisher.feedback import FeedbackStore, Outcome
from server.cds_hooks import NoServices
from server.pages.markdown import html_of
from server.pages.try_words import WORDS
from server.serve import application
from server.settings import HookSettings, Settings
from tests.http.test_http_pages import Page
from tests.topics import ROOT
from tests.topics.services import NOW, artifacts, request, service_of, services

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask.testing import FlaskClient

FEATHER = "/try/example-sneeze/a-feather-is-near"
DUST = "/try/example-sneeze/dust-for-sneeze"


def made(settings: dict[str, Any], **more: Any) -> FlaskClient:
    patients = {"patients": lambda: worked_requests(ROOT, artifacts())}
    held = {**settings, "evaluate_drafts": True, "now": lambda: NOW, **patients, **more}
    return application(artifacts(), Settings(**held)).test_client()


@pytest.fixture
def trial(settings: dict[str, Any]) -> FlaskClient:
    return made(settings)


def words(html: str) -> str:
    """Return what a reader sees, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_every_worked_patient_that_calls_a_hook_is_listed(trial: FlaskClient) -> None:
    page = trial.get("/try?lang=en").text
    assert 'href="try/example-sneeze/a-feather-is-near?lang=en"' in page
    assert "A feather is near" in words(page)
    assert "dust-by-apply" not in page


def test_the_start_page_leads_there(trial: FlaskClient) -> None:
    assert 'href="try?lang=en"' in trial.get("/?lang=en").text


def test_the_cards_are_those_that_a_record_system_gets(trial: FlaskClient) -> None:
    asked = request("a-feather-is-near")
    cards = trial.post("/cds-services/example-sneeze-patient-view", json=asked, headers={"Accept-Language": "en"}).json
    page = words(trial.get(f"{FEATHER}?lang=en").text)
    for card in cards["cards"]:
        assert f"Information {card['summary']}" in page
        assert words(str(html_of(card["detail"]))) in page
        assert card["source"]["label"] in page


def test_the_request_and_the_answer_can_be_read(trial: FlaskClient) -> None:
    (sent, answered) = re.findall(r"<pre tabindex=\"0\">(.*?)</pre>", trial.get(f"{FEATHER}?lang=en").text, re.DOTALL)
    assert json.loads(unescape(sent)) == request("a-feather-is-near")
    assert list(json.loads(unescape(answered))) == ["cards"]


def test_a_key_can_bring_something_else(trial: FlaskClient) -> None:
    page = words(trial.get(f"{FEATHER}?conditions=refused&lang=en").text)
    assert "The service cannot answer: Status 412" in page
    assert "The prefetch key conditions is needed" in page
    assert "Move the feather" not in words(trial.get(f"{FEATHER}?observations=empty&lang=en").text).split("Why")[0]


def test_what_a_missing_answer_would_change_is_told_for_each_key(trial: FlaskClient) -> None:
    page = words(trial.get(f"{FEATHER}?lang=en").text)
    (changes,) = re.findall(r"What a missing answer would change (.*?) Why", page)
    assert "Without conditions (Problem list): Status 412." in changes
    assert "Without observations (Test results and measurements):" in changes
    assert "no longer the card: Move the feather that is near" in changes


def test_why_each_action_was_decided_is_told(trial: FlaskClient) -> None:
    page = words(trial.get(f"{FEATHER}?lang=en").text)
    assert "Move the feather that is near: applies" in page
    assert "A whistle is heard, the page does not apply: does not apply" in page
    assert "Condition The feather is to be moved = yes" in page
    assert "Data used Observation/observation-" in page


def test_a_card_that_goes_is_told_and_nothing_that_stays(trial: FlaskClient) -> None:
    page = words(trial.get("/try/example-sneeze/no-feather-is-near?lang=en").text)
    (changes,) = re.findall(r"What a missing answer would change (.*?) Why", page)
    (shown,) = re.findall(r"Without observations .*?: (.*?) see it", changes)
    gone, new = shown.split(" a new card: ", 1)
    assert gone == (
        "no longer the card: Consider a striped handkerchief no longer the card: Ask about a whistle and a feather"
    )
    assert new.startswith("Example sneeze, when the record is opened: not everything could be judged")


def test_what_is_being_written_is_shown(trial: FlaskClient) -> None:
    page = Page(trial.get(f"{DUST}?lang=en").text)
    assert "Being written" in [text.strip() for _, text in page.all("legend")]
    fields = {element.get("name"): element.get("value") for element, _ in page.all("input")}
    assert fields["drafts.0.medicationCodeableConcept"] == "Pepparstoft (pepper-dust)"


def test_patients_are_listed_by_topic_and_service_with_their_titles(trial: FlaskClient) -> None:
    page = Page(trial.get("/try?lang=sv").text)
    assert [text for _, text in page.all("h2")] == ["Exempelnysning"]
    titles = [each["title"] for each in services().discovery("sv")["services"]]
    assert sorted(text for _, text in page.all("h3")) == sorted(titles)
    summaries = [text for _, text in page.all("summary")]
    assert any(each.startswith("Flytta den fjäder som är nära (") for each in summaries)
    assert summaries.index(next(each for each in summaries if each.startswith("Inget kort"))) > 0


def test_the_request_can_be_changed(trial: FlaskClient) -> None:
    asked = request("a-feather-is-near")
    asked["prefetch"]["conditions"]["entry"] = []
    asked["prefetch"]["conditions"]["total"] = 0
    page = trial.post(f"{FEATHER}?lang=en", data={"request": json.dumps(asked)})
    assert page.status_code == 200
    assert "No card: nothing is advised." in words(page.text)


@pytest.mark.parametrize(
    ("text", "english", "swedish"),
    [
        ("{", "Line 1, column 2: The text is not JSON here:", "Rad 1, kolumn 2: Texten är inte JSON; rätta den."),
        ("[]", "The body is no JSON object; send one.", "Innehållet är inget JSON-objekt; skicka ett."),
        ('{"prefetch": 3}', "prefetch must be an object of keys", "prefetch ska vara ett objekt med nycklar"),
        ('{"a": 1, "a": 2}', "Line 1, column 10: A key is given twice", "Rad 1, kolumn 10: En nyckel anges två gånger"),
        ("<script>alert(1)</script>", "Line 1, column 1: The text is not JSON here:", "Rad 1, kolumn 1: Texten är"),
    ],
)
def test_a_request_that_cannot_be_sent_is_told_and_shown_again(
    trial: FlaskClient, text: str, english: str, swedish: str
) -> None:
    assert f"Anropet kan inte skickas: {swedish}" in words(
        trial.post(f"{FEATHER}?lang=sv", data={"request": text}).text
    )
    page = trial.post(f"{FEATHER}?lang=en", data={"request": text})
    assert page.status_code == 200
    assert f"The request cannot be sent: {english}" in words(page.text)
    assert "<script>" not in page.text
    assert [one for _, one in Page(page.text).all("textarea")] == [text]


def test_the_language_of_what_would_be_told_is_changed_by_telling_it_again(trial: FlaskClient) -> None:
    form = {"card": "c", "outcome": "overridden", "reason": "urn:s|r", "request": '{"hook": "<x>"}'}
    html = trial.post(f"{DUST}/feedback?lang=en", data=form | {"other": "x"}).text
    page = Page(html)
    assert [(each["formaction"], text) for each, text in page.all("button") if each.get("form") == "again"] == [
        ("?lang=sv", "Svenska"),
        ("?lang=en", "English"),
    ]
    assert not [each for each, _ in page.all("a") if str(each["href"]).startswith("?")]  # nobody can get this page
    again = html.partition('<form id="again" method="post">')[2].partition("</form>")[0]
    held = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', again)
    assert {name: unescape(value) for name, value in held} == form


def test_accepting_and_overriding_show_what_would_be_told(trial: FlaskClient) -> None:
    form = {"card": "c", "outcome": "overridden", "reason": "urn:s|r"}
    page = trial.post(f"{DUST}/feedback?lang=en", data=form).text
    (sent,) = re.findall(r"<pre tabindex=\"0\">(.*?)</pre>", page, re.DOTALL)
    assert json.loads(unescape(sent)) == {
        "feedback": [
            {
                "card": "c",
                "outcome": "overridden",
                "overrideReason": {"reason": {"system": "urn:s", "code": "r"}},
                "outcomeTimestamp": "2026-01-02T12:00:00Z",
            }
        ]
    }
    assert "This server counts no feedback" in words(page)


def test_what_is_tried_is_looked_at_and_never_counted(settings: dict[str, Any], tmp_path: Path) -> None:
    client = made(settings, hooks=HookSettings(feedback=tmp_path / "f.sqlite"))
    page = client.get(f"{DUST}?lang=en").text
    (form,) = (one for one in re.findall(r"<form.*?</form>", page, re.DOTALL) if 'value="accepted"' in one)
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)">', form))
    answer = client.post(f"{DUST}/feedback?lang=en", data=fields)
    assert "what is tried here is not counted" in words(answer.text)
    assert FeedbackStore(tmp_path / "f.sqlite").rates() == []
    wrong = client.post(f"{DUST}/feedback?lang=en", data={**fields, "card": "x"})
    assert "must be the uuid of a card of this service" in words(wrong.text)


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", "Pepper dust is advised against in example sneeze {name} 1 of 3 (33%) 2 {mood}: 1 {unlisted}: 1"),
        ("sv", "Pepparstoft avråds vid exempelnysning {name} 1 av 3 (33 %) 2 {mood}: 1 {unlisted}: 1"),
    ],
)
def test_the_rates_have_a_page_in_words(settings: dict[str, Any], tmp_path: Path, language: str, shown: str) -> None:
    client = made(settings, hooks=HookSettings(feedback=tmp_path / "f.sqlite"))
    plan = "https://example.org/fhir/PlanDefinition/example-sneeze-order-select|0.1.0"
    asked = request("dust-for-sneeze")
    assert client.post(f"/cds-services/{service_of(asked)}", json=asked).status_code == 200
    store, name = FeedbackStore(tmp_path / "f.sqlite"), "dust-advised-against"
    tag = CardIds(store.key).tag(plan, name)
    reasons = {"accepted": [""], "overridden": ["https://x.example|mood", "unlisted"]}
    told = [Outcome(uuid4(), tag, outcome, each) for outcome, some in reasons.items() for each in some]
    assert store.add(service_of(asked), told, NOW) == 3
    page = client.get(f"/feedback?lang={language}").text
    words_of = WORDS[language] | {"mood": "https://x.example|mood", "name": f"{plan} {name}"}
    assert shown.format_map(words_of) in words(page)
    assert f'<a href="artifacts/PlanDefinition/example-sneeze-order-select/0.1.0?lang={language}">' in page
    assert Page(page).unbalanced == []


@pytest.mark.parametrize("address", ["/try/example-sneeze/none", "/try/none/none", "/try/x/y/feedback"])
def test_an_unknown_patient_is_404(trial: FlaskClient, address: str) -> None:
    method = trial.post if address.endswith("feedback") else trial.get
    assert method(address).status_code == 404


@pytest.mark.parametrize("more", [{"evaluator": False}, {"patients": None}])
def test_there_are_no_such_pages_where_the_services_are_off(settings: dict[str, Any], more: dict[str, Any]) -> None:
    assert made(settings, **more).get("/try").status_code == 404


def test_there_are_no_such_pages_where_sign_in_is_asked_for(settings: dict[str, Any], tmp_path: Path) -> None:
    client = made(settings, hooks=HookSettings(clients=tmp_path / "clients.json"))
    assert client.get("/try").status_code == 404
    assert "Try the services" not in client.get("/?lang=en").text


def test_forms_may_be_sent_here_only_and_nothing_runs(trial: FlaskClient) -> None:
    policy = trial.get(FEATHER).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert "script-src" not in policy
    assert "form-action 'none'" in trial.get("/").headers["Content-Security-Policy"]


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("address", ["/try", FEATHER, DUST, f"{FEATHER}?conditions=absent"])
def test_a_page_is_well_formed_and_everything_on_it_has_a_name(trial: FlaskClient, address: str, language: str) -> None:
    html = trial.get(f"{address}{'&' if '?' in address else '?'}lang={language}").text
    page = Page(html)
    assert page.unbalanced == []
    assert page.all("html")[0][0]["lang"] == language
    assert len(page.all("h1")) == 1
    ids = [element["id"] for _, element in page.elements if "id" in element]
    assert len(ids) == len(set(ids))
    named = {name for _, element in page.elements for name in (element.get("aria-labelledby") or "").split()}
    described = {name for _, element in page.elements for name in (element.get("aria-describedby") or "").split()}
    assert named | described <= set(ids)
    labels = {element["for"] for element, _ in page.all("label")}
    for tag in ("select", "textarea", "input"):
        for element, _ in page.all(tag):
            assert element.get("type") == "hidden" or element.get("aria-labelledby") or element.get("id") in labels
    assert [text for _, text in page.all("button") if not text.strip()] == []
    assert "<script" not in html
    assert " style=" not in html


def test_the_languages_have_the_same_words() -> None:
    assert WORDS["sv"].keys() == WORDS["en"].keys()


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("One *word*.", "<p>One *word*.</p>"),
        ("**A**\n\n- b\n- c **d**", "<p><strong>A</strong></p>\n<ul><li>b</li><li>c <strong>d</strong></li></ul>"),
        (r"\*\*x\*\* \[y\](z)", "<p>**x** [y](z)</p>"),
        ("<b>x</b> &lt;i&gt; &amp; &quot;", "<p>&lt;b&gt;x&lt;/b&gt; &lt;i&gt; &amp; &amp;quot;</p>"),
        (r"**\*<b>\***", "<p><strong>*&lt;b&gt;*</strong></p>"),
    ],
)
def test_the_markdown_of_cards_is_shown_as_html_and_nothing_more(text: str, html: str) -> None:
    assert str(html_of(text)) == html


def test_nothing_that_is_written_on_a_page_is_logged(trial: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    trial.post(f"{FEATHER}?lang=en", data={"request": '{"x": "Karin 19121212-1212"}'})
    written = capsys.readouterr()
    assert "Karin" not in written.err + written.out
    assert "a-feather" not in written.err


def test_patients_are_none_where_the_sources_are_wrong(tmp_path: Path, make_client: Callable[..., FlaskClient]) -> None:
    assert worked_requests(tmp_path, artifacts()) == []
    page = make_client(hooks=NoServices(), patients=list).get("/try?lang=en")
    assert "There are no worked patients here." in words(page.text)
