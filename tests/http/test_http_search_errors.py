"""Unknown parameters and modifiers: https://hl7.org/fhir/R4/search.html#errors."""

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


@pytest.mark.parametrize("name", ["colour", "_sort", "_include", "subject", "Name", "name.x", "_elements"])
def test_unknown_parameter_is_400_with_those_that_are_known(
    client: FlaskClient, refused: Callable[..., str], name: str
) -> None:
    answer = client.get(f"{PLANS}?{name}=x", headers={"Accept-Language": "en"})
    diagnostics = refused(answer, 400, "not-supported", "parameter-unknown")
    assert diagnostics.startswith("A parameter is not known here")
    assert "url, version" in diagnostics


def test_unknown_parameter_is_left_out_if_the_client_is_lenient(
    client: FlaskClient, ids: Callable[[TestResponse], list[str]], links: Callable[[TestResponse], dict[str, str]]
) -> None:
    answer = client.get(f"{PLANS}?colour=red&name=leg", headers={"Prefer": "handling=lenient"})
    assert ids(answer) == [OLD, NEW]
    assert links(answer)["self"].endswith("/PlanDefinition?name=leg")


@pytest.mark.parametrize("prefer", ["return=minimal, handling=lenient", 'Handling="LENIENT"; wait=1'])
def test_leniency_is_read_by_grammar(client: FlaskClient, prefer: str) -> None:
    assert client.get(f"{PLANS}?colour=red", headers={"Prefer": prefer}).status_code == 200


@pytest.mark.parametrize("prefer", ["handling=strict", "xhandling=lenient", "handling=lenientx", "lenient"])
def test_anything_else_is_strict(client: FlaskClient, refused: Callable[..., str], prefer: str) -> None:
    answer = client.get(f"{PLANS}?colour=red", headers={"Prefer": prefer})
    refused(answer, 400, "not-supported", "parameter-unknown")


def test_server_may_be_lenient_unless_the_client_is_strict(
    make_client: Callable[..., FlaskClient], refused: Callable[..., str]
) -> None:
    lenient = make_client(strict_parameters=False)
    assert lenient.get(f"{PLANS}?colour=red").status_code == 200
    answer = lenient.get(f"{PLANS}?colour=red", headers={"Prefer": "handling=strict"})
    refused(answer, 400, "not-supported", "parameter-unknown")


@pytest.mark.parametrize(
    "name",
    ["url:below", "name:text", "status:not", "_id:exact", "version:missing", "name:", "_count:exact"],
)
@pytest.mark.parametrize("handling", ["strict", "lenient"])
def test_unsupported_modifier_is_400_even_to_the_lenient(
    client: FlaskClient, refused: Callable[..., str], name: str, handling: str
) -> None:
    answer = client.get(f"{PLANS}?{name}=x", headers={"Prefer": f"handling={handling}"})
    parameter = name.partition(":")[0]
    assert f"parametern '{parameter}' " in refused(answer, 400, "not-supported", "modifier-unsupported")


@pytest.mark.parametrize("value", [r"a\b", "a\\", r"\\\x"])
def test_backslash_that_escapes_nothing_is_400(client: FlaskClient, refused: Callable[..., str], value: str) -> None:
    assert "name" in refused(client.get(f"{PLANS}?name={quote(value)}"), 400, "value", "escape-illegal")


@pytest.mark.parametrize("query", ["name=%", "name=%zz", "name=%ff", "name=%C3", "&".join(["name=a"] * 300)])
def test_broken_encoding_and_too_many_parameters_are_400(
    client: FlaskClient, refused: Callable[..., str], query: str
) -> None:
    refused(client.get(f"{PLANS}?{query}"), 400, "invalid", "query-malformed")
