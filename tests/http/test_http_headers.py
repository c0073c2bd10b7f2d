"""Headers of every answer: hardening, request ids, and cross-origin access."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flask.testing import FlaskClient

PLAN = "/fhir/PlanDefinition/stretching"
EHR = {"Origin": "https://ehr.example"}
STRANGER = {"Origin": "https://stranger.example"}
UUID = "0b8f6e0e-6a52-4e0f-9d1c-0f6f5f0f6a52"


@pytest.mark.parametrize("address", [PLAN, "/fhir/PlanDefinition", "/fhir/metadata", "/cds-services", "/", "/none"])
def test_every_answer_is_hardened(client: FlaskClient, address: str) -> None:
    headers = client.get(address).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; frame-ancestors 'none'")
    assert ("style-src 'self'" in headers["Content-Security-Policy"]) == (address == "/")
