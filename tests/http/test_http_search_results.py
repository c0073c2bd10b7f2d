"""_count, _summary, _total and paging: https://hl7.org/fhir/R4/search.html#return."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

CANONICAL = "https://vademecum.example/fhir"
PLANS = "/fhir/PlanDefinition"
URL = f"{CANONICAL}/PlanDefinition/leg-cramps"
OLD, NEW, OTHER = "leg-cramps-1.0.0", "leg-cramps-2.0.0", "stretching"


@pytest.mark.parametrize("query", ["_count=0", "_summary=count", "_summary=count&_count=2"])
def test_count_alone_gives_the_total_and_no_entries(
    client: FlaskClient, links: Callable[[TestResponse], dict[str, str]], query: str
) -> None:
    answer = client.get(f"{PLANS}?{query}")
    assert (answer.json["total"], "entry" in answer.json) == (3, False)
    assert set(links(answer)) == {"self"}


def test_pages_are_walked_by_next_in_a_stable_order(
    client: FlaskClient, ids: Callable[[TestResponse], list[str]], links: Callable[[TestResponse], dict[str, str]]
) -> None:
    address, seen = f"{PLANS}?_count=1&version=1.0.0,2.0.0", []
    while address:
        answer = client.get(address)
        assert answer.json["total"] == 3
        seen += ids(answer)
        address = links(answer).get("next", "").removeprefix("https://vademecum.example/site")
    assert seen == [OLD, NEW, OTHER]


def test_first_page_has_no_previous_and_the_last_no_next(
    client: FlaskClient, links: Callable[[TestResponse], dict[str, str]]
) -> None:
    first = links(client.get(f"{PLANS}?_count=2"))
    last = links(client.get(first["next"].removeprefix("https://vademecum.example/site")))
    assert set(first) == {"self", "first", "next", "last"}
    assert set(last) == {"self", "first", "previous", "last"}
    assert first["last"] == first["next"]
    assert last["previous"] == last["first"] == first["first"]


def test_page_links_keep_the_parameters(client: FlaskClient, links: Callable[[TestResponse], dict[str, str]]) -> None:
    found = links(client.get(f"{PLANS}?name=leg&_count=1&_format=json"))
    assert dict(parse_qsl(urlsplit(found["next"]).query)) == {
        "name": "leg",
        "_count": "1",
        "_format": "json",
        "-offset": "1",
    }


def test_page_beyond_the_end_is_empty(client: FlaskClient, ids: Callable[[TestResponse], list[str]]) -> None:
    assert ids(client.get(f"{PLANS}?_count=2&-offset=10")) == []


def test_pages_are_no_larger_than_the_server_allows_and_self_says_so(
    make_client: Callable[..., FlaskClient],
    ids: Callable[[TestResponse], list[str]],
    links: Callable[[TestResponse], dict[str, str]],
) -> None:
    answer = make_client(max_page_size=2).get(f"{PLANS}?_count=1000")
    assert len(ids(answer)) == 2
    assert links(answer)["self"].endswith("?_count=2")


@pytest.mark.parametrize("value", ["-1", "x", "1.5", "%2B1", "9999999999", "%D9%A1"])
def test_count_is_a_whole_number(client: FlaskClient, refused: Callable[..., str], value: str) -> None:
    assert "_count" in refused(client.get(f"{PLANS}?_count={value}"), 400, "value", "parameter-value")


def test_result_parameter_is_given_once(client: FlaskClient, refused: Callable[..., str]) -> None:
    answer = client.get(f"{PLANS}?_count=1&_count=2")
    assert "_count" in refused(answer, 400, "value", "parameter-repeated")


@pytest.mark.parametrize("value", ["none", "estimate", "accurate"])
def test_total_is_always_accurate(client: FlaskClient, value: str) -> None:
    assert client.get(f"{PLANS}?_total={value}").json["total"] == 3


@pytest.mark.parametrize("parameter", ["_summary=true", "_summary=data", "_total=guess"])
def test_other_values_are_refused(client: FlaskClient, refused: Callable[..., str], parameter: str) -> None:
    name = parameter.partition("=")[0]
    assert name in refused(client.get(f"{PLANS}?{parameter}"), 400, "value", "parameter-value")


def test_self_holds_the_parameters_used(client: FlaskClient, links: Callable[[TestResponse], dict[str, str]]) -> None:
    found = links(client.get(f"{PLANS}?name:contains=Cramps&status=&url={URL}|1.0.0"))
    assert urlsplit(found["self"])[:3] == ("https", "vademecum.example", "/site/fhir/PlanDefinition")
    assert parse_qsl(urlsplit(found["self"]).query) == [
        ("name:contains", "Cramps"),
        ("url", f"{URL}|1.0.0"),
    ]


def test_pretty_bundle_is_the_same_bundle(client: FlaskClient) -> None:
    pretty = client.get(f"{PLANS}?_pretty=true")
    assert pretty.data.count(b"\n") > 10
    assert pretty.json["entry"] == client.get(PLANS).json["entry"]
