"""What was withdrawn is gone from every path at the next request, while the server runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client

from server.serve import application
from server.settings import Settings
from server.withdrawal import Withdrawals
from tests.http.test_http_real_server import Server, request, root
from tests.topics import services as sneeze

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["root"]

BASE = "https://example.org/fhir"
ID = "example-sneeze-patient-view"
PAGE = f"/artifacts/PlanDefinition/{ID}/0.1.0"
APPLY = f"/fhir/PlanDefinition/{ID}/$apply?subject=Patient/1"


class Watched:
    """A client of a server with a list, and what adds to the list."""

    def __init__(self, path: Path, settings: dict[str, Any]) -> None:
        path.write_text("")
        held = Settings(**{**settings, "evaluate_drafts": True, "now": lambda: sneeze.NOW})
        self.path = path
        app = Withdrawals(path, sneeze.artifacts(), held, lambda left, gone: application(left, held, withdrawn=gone))
        self.client = Client(app)

    def withdraw(self, name: str) -> None:
        with self.path.open("a") as file:
            file.write(f"2026-11-28 {BASE}/{name}|0.1.0 Not right.\n")

    def call(self, case: str = "a-feather-is-near") -> Any:
        asked = sneeze.request(case)
        return self.client.post(f"/cds-services/{sneeze.service_of(asked)}", json=asked)

    def services(self) -> list[str]:
        return [one["id"] for one in self.client.get("/cds-services").json["services"]]  # type: ignore[index]


@pytest.fixture
def watched(settings: dict[str, Any], tmp_path: Path) -> Watched:
    return Watched(tmp_path / "withdrawn.txt", settings)


def test_a_withdrawn_plan_is_no_service_and_gives_no_card(watched: Watched) -> None:
    assert (ID in watched.services(), len(watched.call().json["cards"])) == (True, 1)
    watched.withdraw(f"PlanDefinition/{ID}")
    assert ID not in watched.services()
    assert watched.call().status_code == 404
    assert watched.call("dust-for-sneeze").status_code == 200


@pytest.mark.parametrize("address", [f"/fhir/PlanDefinition/{ID}", APPLY, PAGE])
def test_a_withdrawn_plan_is_410_where_it_was_before(
    watched: Watched, refused: Callable[..., str], address: str
) -> None:
    before = watched.client.get(address)
    assert before.status_code == 200
    watched.withdraw(f"PlanDefinition/{ID}")
    headers = {"Accept-Language": "en", "If-None-Match": before.headers.get("ETag", "*")}
    told = refused(watched.client.get(address, headers=headers), 410, "deleted", "resource-withdrawn")
    assert told.startswith("This PlanDefinition has been withdrawn")
    assert watched.client.head(address, headers=headers).status_code == 410


def test_a_withdrawn_plan_is_not_found_by_search_or_by_its_address(watched: Watched) -> None:
    search = f"/fhir/PlanDefinition?url={BASE}/PlanDefinition/{ID}"
    by_url = f"/fhir/PlanDefinition/$apply?subject=Patient/1&url={BASE}/PlanDefinition/{ID}|0.1.0"
    assert watched.client.get(search).json["total"] == 1  # type: ignore[index]
    assert watched.client.get(by_url).status_code == 200
    watched.withdraw(f"PlanDefinition/{ID}")
    assert watched.client.get(search).json["total"] == 0  # type: ignore[index]
    assert watched.client.get("/fhir/PlanDefinition").json["total"] == 2  # type: ignore[index]
    assert watched.client.get(by_url).status_code == 404


def test_a_withdrawn_plan_is_not_on_the_start_page(watched: Watched) -> None:
    assert PAGE.removeprefix("/") in watched.client.get("/").text
    watched.withdraw(f"PlanDefinition/{ID}")
    assert ID not in watched.client.get("/").text


def test_logic_that_is_withdrawn_is_not_evaluated_and_decides_no_plan(watched: Watched) -> None:
    evaluate = "/fhir/Library/ExampleSneeze/$evaluate?subject=Patient/1"
    assert watched.client.get(evaluate).status_code == 200
    watched.withdraw("Library/ExampleSneeze")
    assert watched.client.get(evaluate).status_code == 410
    assert watched.client.get(APPLY).status_code == 404
    assert watched.services() == []


def test_terminology_that_is_withdrawn_takes_what_rests_on_it_out(watched: Watched) -> None:
    watched.withdraw("ValueSet/example-sneeze-feather")
    assert watched.services() == []
    assert watched.call().status_code == 404
    assert watched.client.get(APPLY).status_code == 404


@pytest.mark.parametrize("name", ["PlanDefinition/example-sneeze-advice", "ActivityDefinition/move-feather"])
def test_an_action_that_leads_to_what_is_withdrawn_says_nothing(watched: Watched, name: str) -> None:
    watched.withdraw(name)
    assert watched.call().json == {"cards": []}
    assert "move-feather" not in watched.client.get(APPLY).text


def test_a_list_that_cannot_be_read_closes_the_server_until_it_can(
    watched: Watched, refused: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    watched.path.write_text("withdraw the plan")
    for answer in (watched.call(), watched.client.get("/"), watched.client.get(f"/fhir/PlanDefinition/{ID}")):
        refused(answer, 503, "transient", "withdrawn-unreadable")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    written = capsys.readouterr().err.splitlines()
    assert "withdrawn-line: This line is no day" in written[0]
    assert [json.loads(line)["status"] for line in written[1:]] == [503, 503, 503]
    watched.path.unlink()
    refused(watched.call(), 503, "transient", "withdrawn-unreadable")
    watched.path.write_text("")
    assert watched.call().status_code == 200


@pytest.fixture
def running(root: Path, tmp_path: Path) -> Iterator[tuple[Server, Path]]:
    path = tmp_path / "withdrawn.txt"
    path.write_text("")
    server = Server(root, "--withdrawn", str(path), "--workers", "2")
    yield server, path
    server.stop()


def test_every_process_of_a_running_server_honours_the_list_at_the_next_request(running: tuple[Server, Path]) -> None:
    server, path = running
    read = request("GET /fhir/PlanDefinition/plan HTTP/1.1")
    assert {server.send(read)[:13] for _ in range(16)} == {b"HTTP/1.1 200 "}
    path.write_text("2026-11-28 https://vademecum.example/fhir/PlanDefinition/plan|1.0.0 Not right.\n")
    assert {server.send(read)[:13] for _ in range(16)} == {b"HTTP/1.1 410 "}
    found = server.send(request("GET /fhir/PlanDefinition HTTP/1.1")).partition(b"\r\n\r\n")[2]
    assert json.loads(found)["total"] == 0
    assert b"PlanDefinition/plan" not in server.send(request("GET / HTTP/1.1"))


def test_a_server_does_not_start_with_a_list_that_is_not_there(root: Path, tmp_path: Path) -> None:
    server = Server(root, "--withdrawn", str(tmp_path / "none.txt"))
    assert server.process.wait(timeout=30) == 1
    assert "error withdrawn-unreadable: The list of what was withdrawn cannot be read" in server.written
