"""The published hook requests of the opioid guideline against its published responses: every row of the page on it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import opioid
from tests.conformance.test_opioid_package import client as client  # noqa: PLC0414  the fixture
from tests.conformance.test_opioid_package import pytestmark as pytestmark  # noqa: PLC0414  NOT RUN where it is not

PAGE = Path(__file__).parents[2] / "docs/conformance-hooks.md"
ROW = re.compile(r"\| (rec-\S+) \| ([^|]+) \| ([^|]+) \| ([^|]*) ?\|")
ROWS = {name: (published, here, why.strip()) for name, published, here, why in ROW.findall(PAGE.read_text("utf-8"))}
SERVICES = {"10PatientView": "10-patient-view"}


def summed(body: dict[str, Any]) -> str:
    """Return the cards of a response in short: their indicators and what their suggestions do."""
    return "; ".join(", ".join([card["indicator"], *_acts(card)]) for card in body["cards"]) or "none"


def _acts(card: dict[str, Any]) -> list[str]:
    return [act["type"] for suggestion in card.get("suggestions", ()) for act in suggestion.get("actions", ())]


def paths() -> dict[str, Path]:
    found = sorted(opioid.REQUESTS.glob("OpioidCDSREC*/*.request.json"))
    return {path.name.removesuffix(".request.json").removeprefix("example-"): path for path in found}


def test_every_request_has_a_row() -> None:
    assert shutil.which("node")
    assert ROWS.keys() == paths().keys()


@pytest.mark.parametrize("name", ROWS)
def test_a_row_says_what_was_published_and_what_comes_here(client: Any, name: str) -> None:
    published, here, why = ROWS[name]
    path = paths()[name]
    response = path.with_name(path.name.replace(".request.", ".response."))
    if response.is_file():
        assert summed(json.loads(response.read_text("utf-8"))) == published
        assert (published == here) == (why == "same")
    else:
        assert published.startswith("no response")
    recommendation = path.parent.name.removeprefix("OpioidCDSREC")
    service = f"opioidcds-{SERVICES.get(recommendation, recommendation)}"
    answer = client.post(f"/cds-services/{service}", data=path.read_bytes(), content_type="application/json")
    found = summed(answer.json) if answer.status_code == 200 else str(answer.status_code)
    assert found == here


def test_the_page_counts_its_rows() -> None:
    answered = [(published, here) for published, here, _ in ROWS.values() if not published.startswith("no response")]
    cards = sum(published.partition(",")[0] == here.partition(",")[0] for published, here in answered)
    same = sum(published == here for published, here in answered)
    sentence = (
        f"Of {len(answered)} requests with a response, {cards} have the same number of cards with the same indicator"
    )
    assert f"{sentence}, {same} the same suggestions too." in PAGE.read_text("utf-8")
