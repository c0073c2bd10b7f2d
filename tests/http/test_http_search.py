"""The search interaction: https://hl7.org/fhir/R4/search.html."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

CANONICAL = "https://vademecum.example/fhir"
PLANS = "/fhir/PlanDefinition"
URL = f"{CANONICAL}/PlanDefinition/leg-cramps"
OLD, NEW, OTHER = "leg-cramps-1.0.0", "leg-cramps-2.0.0", "stretching"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [OLD, NEW, OTHER]),
        (f"_id={NEW}", [NEW]),
        (f"_id={OTHER},{OLD}", [OLD, OTHER]),
        ("_id=Stretching", []),
        (f"url={URL}", [OLD, NEW]),
        (f"url={URL}|2.0.0", [NEW]),
        (f"url={URL}|3.0.0", []),
        (f"url={quote(URL + '|1.0.0', safe='')}", [OLD]),
        (f"url={URL}&version=1.0.0", [OLD]),
        (f"url={URL}/", []),
        ("version=1.0.0", [OLD, OTHER]),
        ("version=1.0.0,2.0.0", [OLD, NEW, OTHER]),
        ("name=legcramps", [OLD, NEW]),
        ("name=leg", [OLD, NEW]),
        ("name=cramps", []),
        ("name:contains=CRAMPS", [OLD, NEW]),
        ("name:exact=LegCramps", [OLD, NEW]),
        ("name:exact=legcramps", []),
        ("name=leg,stretch", [OLD, NEW, OTHER]),
        ("name=leg&name:contains=stretch", []),
        ("title=benkramp%20pa%20natten", [OLD, NEW]),
        ("title=%C3%A5tg%C3%A4rd%20tojning", [OTHER]),
        ("title:exact=%C3%85tg%C3%A4rd:%20t%C3%B6jning", [OTHER]),
        ("title:exact=atgard:%20tojning", []),
        ("title=.", []),
        ("description=r%C3%A5d%5C,%20om", [OLD]),
        ("status=draft", [NEW]),
        ("status=active,draft", [OLD, NEW, OTHER]),
        ("status=ACTIVE", []),
        ("status=nonsense", []),
        ("identifier=BK-1", [OLD]),
        ("identifier=urn:example:rules|BK-1", [OLD]),
        ("identifier=urn:example:rules|", [OLD]),
        ("identifier=|BK-1", []),
        ("identifier=urn:example:other|BK-1", []),
        ("status=", [OLD, NEW, OTHER]),
        ("status=,draft,", [NEW]),
    ],
)
def test_search_finds(
    client: FlaskClient, ids: Callable[[TestResponse], list[str]], query: str, found: list[str]
) -> None:
    assert ids(client.get(f"{PLANS}?{query}")) == found


def test_medication_is_found_by_its_own_status(client: FlaskClient, ids: Callable[[TestResponse], list[str]]) -> None:
    assert ids(client.get("/fhir/Medication?status=active&_id=sobril")) == ["sobril"]


def test_type_that_holds_nothing_gives_an_empty_set(client: FlaskClient) -> None:
    answer = client.get("/fhir/Questionnaire?url=http://x.example/q")
    assert answer.status_code == 200
    assert (answer.json["type"], answer.json["total"]) == ("searchset", 0)
    assert "entry" not in answer.json


def test_name_that_is_no_type_is_404(client: FlaskClient, refused: Callable[..., str]) -> None:
    refused(client.get("/fhir/Plans?name=x"), 404, "not-supported", "type-unknown")


def test_trailing_slash_searches_the_same_without_a_redirect(client: FlaskClient) -> None:
    assert client.get(f"{PLANS}/?name=leg").data == client.get(f"{PLANS}?name=leg").data


def test_entry_holds_the_resource_as_read_gives_it(client: FlaskClient) -> None:
    (entry,) = client.get(f"{PLANS}?_id={OLD}", headers={"Accept-Language": "en"}).json["entry"]
    assert entry["fullUrl"] == f"https://vademecum.example/site/fhir/PlanDefinition/{OLD}"
    assert entry["search"] == {"mode": "match"}
    assert entry["resource"] == client.get(f"{PLANS}/{OLD}", headers={"Accept-Language": "en"}).json


def test_base_of_every_address_is_the_configured_one_whatever_the_headers_say(client: FlaskClient) -> None:
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    answer = client.get(f"{PLANS}?_count=1", headers=forged)
    assert "evil" not in answer.text
    assert answer.text.count("https://vademecum.example/site/fhir/") == 5
