"""No refusal repeats what was sent, wherever in the request it stood, and the log does not either."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from server.serve import application
from server.settings import HookSettings, Settings
from tests.topics import services as sneeze

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

NUMBER = "19121212-1212"
TOKEN = "eyJ0b2tlbiI6IDF9"  # noqa: S105  of nobody
SECRET = f"{NUMBER}{TOKEN}"
TRACES = (NUMBER, TOKEN, "191212121212", "19121212")
PLAN = "example-sneeze-patient-view"
PLANS = "/fhir/PlanDefinition"
APPLY = f"{PLANS}/{PLAN}/$apply"
EVALUATE = "/fhir/Library/ExampleSneeze/$evaluate"
VIEW, SELECT = f"/cds-services/{PLAN}", "/cds-services/example-sneeze-order-select"


@pytest.fixture
def client(settings: dict[str, Any], tmp_path: Path) -> FlaskClient:
    hooks = HookSettings(feedback=tmp_path / "feedback.sqlite")
    held = {**settings, "evaluate_drafts": True, "now": lambda: sneeze.NOW, "hooks": hooks, "patients": list}
    return application(sneeze.artifacts(), Settings(**held)).test_client()


@pytest.fixture
def silent(capsys: pytest.CaptureFixture[str]) -> Callable[..., None]:
    """Return what asserts that an answer refuses, and that neither it nor the log has what was sent."""

    def check(answer: TestResponse, *, refuses: bool = True) -> None:
        assert answer.json is not None
        if refuses:
            assert answer.status_code in (400, 404, 406, 412, 415, 422), answer.text
            assert answer.json["resourceType"] == "OperationOutcome"
        said = f"{answer.text}{answer.headers}{capsys.readouterr().err}"
        assert [trace for trace in TRACES if trace in said] == []

    return check


GET = [
    f"/{SECRET}",
    f"/fhir/{SECRET}",
    f"{PLANS}/{SECRET}",
    f"{PLANS}?{SECRET}=1",
    f"{PLANS}?name:{SECRET}=x",
    f"{PLANS}?_count:{SECRET}=1",
    f"{PLANS}?_count={SECRET}",
    f"{PLANS}?-offset={SECRET}",
    f"{PLANS}?_pretty={SECRET}",
    f"{PLANS}?_summary={SECRET}",
    f"{PLANS}?_total={SECRET}",
    f"{PLANS}?_format={SECRET}",
    f"{PLANS}?name=%5C{SECRET}",
    f"{PLANS}/{PLAN}?_summary={SECRET}",
    f"{PLANS}/{PLAN}?{SECRET}=1",
    f"/fhir/metadata?{SECRET}=1",
    f"/fhir/${SECRET}",
    f"{PLANS}/${SECRET}",
    f"{PLANS}/{SECRET}/$apply",
    f"/fhir/{SECRET}/$validate",
    f"/artifacts/{SECRET}/{SECRET}/{SECRET}",
    f"/artifacts/PlanDefinition/{PLAN}/{SECRET}",
    f"/try/{SECRET}/{SECRET}",
    f"{APPLY}?{SECRET}=1",
    f"{APPLY}?subject=Group/{SECRET}",
    f"{APPLY}?subject=Patient/1&trace={SECRET}",
    f"{APPLY}?subject=Patient/1&evaluationMode={SECRET}",
    f"{APPLY}?subject=Patient/1&mergeNestedCarePlans={SECRET}",
    f"{APPLY}?subject=Patient/1&encounter={SECRET}&encounter={SECRET}",
    f"{APPLY}?subject=Patient/1&dataEndpoint={SECRET}",
    f"{APPLY}?subject=Patient/1&data={SECRET}",
    f"{PLANS}/$apply?subject=Patient/1&url={SECRET}",
    f"{PLANS}/$apply?subject=Patient/1&url=urn:x&version={SECRET}",
    f"{PLANS}/$apply?subject=Patient/1&planDefinition={SECRET}",
    f"{EVALUATE}?subject=Patient/1&expression={SECRET}",
    f"{EVALUATE}?{SECRET}=1",
]


@pytest.mark.parametrize("address", GET)
def test_an_address_is_not_repeated(client: FlaskClient, silent: Callable[..., None], address: str) -> None:
    for language in ("sv", "en"):
        silent(client.get(address, headers={"Accept-Language": language}))


PAGES = [one for one in GET if not one.startswith("/fhir")] + [f"/try?{SECRET}={SECRET}", f"/?lang={SECRET}"]


@pytest.mark.parametrize("address", PAGES)
def test_a_page_does_not_repeat_it_either(
    client: FlaskClient, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = client.get(address, headers={"Accept": "text/html"})
    assert answer.content_type == "text/html; charset=utf-8"
    said = f"{answer.text}{answer.headers}{capsys.readouterr().err}"
    assert [trace for trace in TRACES if trace in said] == []


HEADERS = ["Accept", "Accept-Language", "Authorization", "Cookie", "If-None-Match", "Prefer", "Referer", "Origin"]


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_is_not_repeated(client: FlaskClient, silent: Callable[..., None], name: str) -> None:
    silent(client.get("/fhir/Nothing", headers={name: SECRET}))


def parameters(*items: dict[str, Any]) -> str:
    subject = {"name": "subject", "valueString": "Patient/1"}
    return json.dumps({"resourceType": "Parameters", "parameter": [subject, *items]})


def nested(*items: dict[str, Any]) -> dict[str, Any]:
    return {"name": "parameters", "resource": {"resourceType": "Parameters", "parameter": list(items)}}


BODIES = [
    (VIEW, f'{{"{SECRET}": 1, "{SECRET}": 2}}'),
    (VIEW, f'{{"{SECRET}": {{"a": 1, "a": 2}}}}'),
    (VIEW, f'{{"a": {NUMBER.replace("-", "")}e{"9" * 30}}}'),
    (VIEW, f'{{"a": {NUMBER.replace("-", "") * 500}}}'),
    (VIEW, f'{{"{SECRET}": NaN}}'),
    (VIEW, f'{{"{SECRET}": "\\ud800"}}'),
    (VIEW, f'{{"{SECRET}": "\\u0000{SECRET}"}}'),
    (VIEW, f'{{"{SECRET}": {"[" * 99}1{"]" * 99}}}'),
    (VIEW, f'{{"{SECRET}": {SECRET}'),
    (VIEW, f'"{SECRET}"'),
    (VIEW, f'{{"a": 1}} "{SECRET}"'),
    (APPLY, f'{{"{SECRET}": 1}}'),
    (APPLY, f'{{"resourceType": "{SECRET}"}}'),
    (APPLY, parameters({"name": SECRET, "valueString": SECRET})),
    (APPLY, parameters({"name": "data", "valueString": SECRET})),
    (APPLY, parameters({"name": "data", "resource": {"resourceType": SECRET}})),
    (APPLY, parameters({"name": SECRET, "part": [{"name": SECRET}]})),
    (APPLY, parameters({"name": "prefetchData", "part": [{"name": SECRET, "valueString": SECRET}]})),
    (APPLY, parameters({"name": "planDefinition", "resource": {"resourceType": SECRET}})),
    (APPLY, parameters({"name": "planDefinition", "resource": {"resourceType": "PlanDefinition", "id": SECRET}})),
    (APPLY, parameters(nested({"name": SECRET, "valueString": SECRET}))),
    (APPLY, parameters({"name": "parameters", "resource": {"resourceType": SECRET, "parameter": SECRET}})),
    (f"/fhir/Plan/$validate?{SECRET}=1", "{}"),
    (f"/cds-services/{SECRET}", "{}"),
    (f"/cds-services/{SECRET}/feedback", "{}"),
    (f"{VIEW}/feedback", json.dumps({"feedback": SECRET})),
    (f"{VIEW}/feedback", json.dumps({"feedback": [{"card": SECRET, "outcome": SECRET, "outcomeTimestamp": SECRET}]})),
    (
        f"{VIEW}/feedback",
        json.dumps({"feedback": [{"card": SECRET, "outcome": "accepted", "acceptedSuggestions": [{"id": SECRET}]}]}),
    ),
    (f"{VIEW}/feedback", json.dumps({"feedback": [{"overrideReason": {"reason": {"code": [SECRET]}}}]})),
]


@pytest.mark.parametrize(("address", "body"), BODIES)
def test_a_body_is_not_repeated(client: FlaskClient, silent: Callable[..., None], address: str, body: str) -> None:
    for language in ("sv", "en"):
        headers = {"Accept-Language": language}
        silent(client.post(quote(address, safe="/$?=:"), data=body, content_type="application/json", headers=headers))


CALLS = [
    {"hook": SECRET},
    {"hookInstance": SECRET},
    {"prefetch": SECRET},
    {"context": SECRET},
    {"context": {"userId": [SECRET], "patientId": f"Patient/{SECRET} x"}},
    {"prefetch": {"conditions": {"resourceType": SECRET}}},
    {"prefetch": {"conditions": {"resourceType": "OperationOutcome", "issue": [{"diagnostics": SECRET}]}}},
    {"prefetch": {SECRET: {"resourceType": "Bundle", "id": SECRET}}},
    {"prefetch": {"conditions": {"resourceType": "Bundle", "link": [{"relation": "next", "url": SECRET}]}}},
    {"prefetch": {"conditions": {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Condition",
        "id": SECRET, "code": SECRET, "subject": {"reference": SECRET}}}]}}},
]  # fmt: skip


@pytest.mark.parametrize("change", CALLS)
def test_a_call_is_not_repeated(client: FlaskClient, silent: Callable[..., None], change: dict[str, Any]) -> None:
    body = {**sneeze.request("a-feather-is-near"), **change, "fhirAuthorization": {"access_token": TOKEN}}
    for language in ("sv", "en"):
        silent(client.post(VIEW, json=body, headers={"Accept-Language": language}), refuses=False)


def test_a_selection_and_a_draft_are_not_repeated(client: FlaskClient, silent: Callable[..., None]) -> None:
    body = sneeze.request("dust-for-sneeze")
    body["context"]["selections"] = [SECRET]
    body["context"]["draftOrders"]["entry"] = [
        {"resource": {"resourceType": SECRET}},
        {"resource": {"resourceType": "MedicationRequest", "id": SECRET, "subject": {"reference": SECRET}}},
        {"resource": {"resourceType": "MedicationRequest", "id": SECRET, "medicationCodeableConcept": SECRET}},
    ]
    silent(client.post(SELECT, json=body))


@pytest.mark.parametrize("name", ["colour", "name:x", "_count"])
def test_a_form_is_not_repeated(client: FlaskClient, silent: Callable[..., None], name: str) -> None:
    silent(client.post(f"{PLANS}/_search", data={name: SECRET, SECRET: "1"}))
