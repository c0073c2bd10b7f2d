"""Clients as they are: the gateway of docs/gateway.py, and the request sequence of the public CDS Hooks sandbox."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from werkzeug.serving import make_server

from server.serve import application
from server.settings import Settings
from tests.topics.services import NOW, artifacts, request

if TYPE_CHECKING:
    from collections.abc import Iterator

GATEWAY = Path(__file__).parents[2] / "docs/gateway.py"
SERVICE = "example-sneeze-patient-view"
ORIGIN = "https://sandbox.cds-hooks.org"


class Record(ThreadingHTTPServer):
    """A FHIR server with the data of one worked patient, one entry a page; it remembers what it was asked.

    The first observation was made in error, so that what decides is on the second page.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        asked = request("a-feather-is-near")
        self.patient_id = str(asked["context"]["patientId"])
        self.held = {key: asked["prefetch"][key] for key in ("patient", "conditions", "observations")}
        in_error = json.loads(json.dumps(self.held["observations"]["entry"][0], default=str))
        in_error["resource"] |= {"id": "in-error", "status": "entered-in-error"}
        self.held["observations"]["entry"].insert(0, in_error)
        self.broken: dict[str, Any] = {}
        self.asked: list[str] = []
        self.tokens: set[str | None] = set()
        self.posted: list[dict[str, Any]] = []
        self.drops = False

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/fhir"

    def answer(self, path: str) -> tuple[int, Any]:
        """Return status and content for an address."""
        parts = urlsplit(path)
        kind = parts.path.removeprefix("/fhir/").split("/")[0]
        if kind in self.broken:
            return self.broken[kind]
        if kind == "Patient":
            return 200, self.held["patient"]
        query = {name: unquote(values[0]) for name, values in parse_qs(parts.query).items()}
        if query.get("patient") != self.patient_id:
            return 200, {"resourceType": "Bundle", "type": "searchset", "total": 0}
        bundle = self.held["conditions" if kind == "Condition" else "observations"]
        entries, start = bundle["entry"], int(query.get("page", 0))
        page = {**bundle, "total": len(entries), "entry": entries[start : start + 1]}
        if start + 1 < len(entries):
            url = f"{self.base}/{kind}?patient={self.patient_id}&page={start + 1}"
            page["link"] = [{"relation": "next", "url": url}]
        return 200, page


class Handler(BaseHTTPRequestHandler):
    """Answers from the record."""

    server: Record

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.server.tokens.add(self.headers.get("Authorization"))
        self.send(*self.server.answer(self.path))

    def do_POST(self) -> None:
        """Stand for a CDS service that has nothing to say."""
        self.server.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        if self.server.drops:
            self.close_connection = True
        else:
            self.send(200, {"cards": []})

    def send(self, status: int, content: Any) -> None:
        body = json.dumps(content, default=str).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Write nothing."""


@contextmanager
def running(server: Any) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@pytest.fixture
def record() -> Iterator[Record]:
    server = Record()
    with running(server):
        yield server


@pytest.fixture
def cds(settings: dict[str, Any]) -> Iterator[str]:
    held = {**settings, "evaluate_drafts": True, "now": lambda: NOW, "cors_origins": (ORIGIN,)}
    server = make_server("127.0.0.1", 0, application(artifacts(), Settings(**held)))
    with running(server):
        yield f"http://127.0.0.1:{server.server_port}"


def gateway(cds: str, record: Record, **environment: str) -> tuple[int, Any]:
    """Return the exit status and the answer of the gateway to a request without prefetch."""
    asked = request("a-feather-is-near")
    del asked["prefetch"]
    asked["fhirServer"], asked["fhirAuthorization"] = "http://127.0.0.1:9/fhir", {"access_token": "not-to-be-used"}
    command = [sys.executable, str(GATEWAY), "--cds", cds, "--fhir", record.base, "--language", "en", SERVICE]
    done = subprocess.run(
        command, input=json.dumps(asked), capture_output=True, text=True, env=environment, check=False
    )
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def summaries(body: Any) -> list[str]:
    return [card["summary"] for card in body["cards"]]


def test_the_gateway_gets_the_cards_that_a_prefetching_client_gets(cds: str, record: Record) -> None:
    direct = requests.post(
        f"{cds}/cds-services/{SERVICE}",
        json=request("a-feather-is-near"),
        headers={"Accept-Language": "en"},
        timeout=30,
    )
    status, answer = gateway(cds, record, FHIR_TOKEN="fhir-token")  # noqa: S106
    assert (status, answer) == (0, direct.json())
    assert len(summaries(answer)) == 1
    assert record.tokens == {"Bearer fhir-token"}
    assert [path for path in record.asked if "page=1" in path]


def refused(cds: str, service: str, sent: str = '{"context": {"patientId": "1"}}') -> tuple[int, str, str]:
    """Return status, output and words of the gateway to a call that goes no further than discovery."""
    command = [sys.executable, str(GATEWAY), "--cds", cds, "--fhir", "http://127.0.0.1:9/fhir", service]
    done = subprocess.run(command, input=sent, capture_output=True, text=True, env={}, check=False)
    return done.returncode, done.stdout, done.stderr


def test_a_service_by_a_wrong_name_is_told_with_those_that_there_are(cds: str) -> None:
    status, output, words = refused(cds, "example-sneeze")
    assert (status, output) == (1, "")
    assert words.startswith(f"{cds} has no service example-sneeze; name one of ")
    assert SERVICE in words


@pytest.mark.parametrize("sent", ["", "[]", "{}", '{"context": 3}', "x"])
def test_what_is_no_hook_request_is_told_in_a_sentence(cds: str, sent: str) -> None:
    told = "Standard input is no hook request: send a JSON object with a context.\n"
    assert refused(cds, SERVICE, sent) == (1, "", told)


def test_what_the_context_lacks_for_the_prefetch_is_told_in_a_sentence(cds: str) -> None:
    told = "The prefetch of the service needs context.patientId, which the request lacks.\n"
    assert refused(cds, SERVICE, '{"context": {}}') == (1, "", told)


def test_a_server_without_services_is_told_in_a_sentence(record: Record) -> None:
    base = record.base.removesuffix("/fhir")
    told = f"{base}/cds-services does not say which services there are (exception); check --cds.\n"
    assert refused(base, SERVICE) == (1, "", told)


def test_a_refusal_of_the_record_is_passed_on_as_one(cds: str, record: Record) -> None:
    record.broken["Condition"] = (403, {"resourceType": "OperationOutcome"})
    status, answer = gateway(cds, record)
    assert status == 1
    assert answer["issue"][0]["expression"] == ["prefetch.conditions"]
    assert "answered with an OperationOutcome instead of data" in answer["issue"][0]["diagnostics"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/fhir/Condition?page=2", "https://elsewhere.example/x"])
def test_a_next_page_on_another_server_is_not_fetched(cds: str, record: Record, url: str) -> None:
    bundle = {**record.held["conditions"], "link": [{"relation": "next", "url": url}]}
    record.broken["Condition"] = (200, bundle)
    assert gateway(cds, record)[0] == 1


def test_a_page_that_fails_leaves_it_known_that_there_is_more(cds: str, record: Record) -> None:
    bundle = {**record.held["observations"], "link": [{"relation": "next", "url": f"{record.base}/Gone?x=1"}]}
    bundle["entry"] = bundle["entry"][:1]
    record.broken |= {"Observation": (200, bundle), "Gone": (500, {})}
    status, answer = gateway(cds, record)
    (card,) = answer["cards"]
    assert (status, card["summary"]) == (0, "Example sneeze, when the record is opened: not everything could be judged")
    assert "because the test results arrived only in part" in card["detail"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"total": 5}, None),
        ({"meta": {"tag": [{"code": "SUBSETTED"}]}}, None),
        ({"link": [{"relation": "self", "url": "Observation?category=laboratory"}]}, None),
        ({}, {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}),
        ({}, {"resourceType": "Observation", "id": "alone", "status": "final"}),
    ],
)
def test_what_a_page_says_of_the_whole_is_passed_on(
    cds: str, record: Record, first: dict[str, Any], second: dict[str, Any] | None
) -> None:
    bundle = {**record.held["observations"], **first}
    bundle["entry"] = bundle["entry"][:1]
    bundle["total"] = first.get("total", 1)
    if second is not None:
        bundle["link"] = [{"relation": "next", "url": f"{record.base}/Second?x=1"}]
        record.broken["Second"] = (200, second)
    record.broken["Observation"] = (200, bundle)
    (card,) = gateway(cds, record)[1]["cards"]
    assert "because the test results arrived only in part" in card["detail"]


@pytest.mark.parametrize("damage", [{"entry": 1}, {"link": [{"relation": "next"}]}, {"link": [1]}])
def test_a_damaged_page_is_passed_on_as_a_refusal(cds: str, record: Record, damage: dict[str, Any]) -> None:
    record.broken["Observation"] = (200, {**record.held["observations"], **damage})
    (card,) = gateway(cds, record)[1]["cards"]
    assert "because the test results could not be provided" in card["detail"]


def test_the_token_of_the_client_goes_no_further_than_the_gateway(record: Record) -> None:
    record.broken["cds-services"] = (200, {"services": [{"id": SERVICE, "hook": "patient-view"}]})
    assert gateway(f"{record.base}/", record) == (0, {"cards": []})
    (sent,) = record.posted
    assert sent["prefetch"] == {}
    assert "fhirAuthorization" not in sent
    assert "not-to-be-used" not in json.dumps(sent)


def test_a_service_that_cannot_be_reached_is_told_in_a_sentence(record: Record) -> None:
    record.broken["cds-services"] = (200, {"services": [{"id": SERVICE, "hook": "patient-view"}]})
    record.drops = True
    told = f"{record.base} does not answer the call (exception).\n"
    assert refused(record.base, SERVICE) == (1, "", told)


def test_the_sequence_of_the_public_sandbox(cds: str, record: Record) -> None:
    """Discovery with a token, prefetch by its templates, a call: each with the preflight that its browser sends."""
    key = ec.generate_private_key(ec.SECP256R1())

    def headers(audience: str) -> dict[str, str]:
        told = {"alg": "ES256", "typ": "JWT", "kid": "x", "jku": f"{ORIGIN}/.well-known/jwks.json"}
        claims = {"iss": ORIGIN, "aud": audience, "exp": 2_000_000_000, "iat": 1_700_000_000, "jti": audience}
        token = jwt.encode(claims, key, algorithm="ES256", headers=told)
        return {"Accept": "application/json", "Authorization": f"Bearer {token}", "Origin": ORIGIN}

    def preflight(url: str, method: str) -> None:
        asked = {
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        allowed = requests.options(url, headers={"Origin": ORIGIN, **asked}, timeout=30)
        assert allowed.ok
        assert allowed.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert method in allowed.headers["Access-Control-Allow-Methods"]
        permitted = allowed.headers["Access-Control-Allow-Headers"].lower()
        assert all(name in permitted for name in ("authorization", "content-type"))

    discovery = f"{cds}/cds-services"
    preflight(discovery, "GET")
    listed = requests.get(discovery, headers=headers(discovery), timeout=30)
    assert listed.headers["Access-Control-Allow-Origin"] == ORIGIN
    (service,) = (one for one in listed.json()["services"] if one["id"] == SERVICE)
    prefetch = {}
    for name, template in service["prefetch"].items():
        found = requests.get(
            f"{record.base}/{template.replace('{{context.patientId}}', record.patient_id)}",
            headers={"Accept": "application/json+fhir"},
            timeout=30,
        )
        if found.ok and found.json():
            prefetch[name] = found.json()
    url = f"{discovery}/{SERVICE}"
    body = {
        "hookInstance": "5a3c9f0e-5a1f-4c1b-9d2e-0c8f3a9b7d11",
        "hook": service["hook"],
        "fhirServer": record.base,
        "context": {"patientId": record.patient_id, "userId": "Practitioner/COREPRACTITIONER1"},
        "fhirAuthorization": {
            "access_token": "t",
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": "patient/*.read",
        },
        "prefetch": prefetch,
    }
    preflight(url, "POST")
    answer = requests.post(url, json=body, headers=headers(url), timeout=30)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert isinstance(answer.json()["cards"], list)
