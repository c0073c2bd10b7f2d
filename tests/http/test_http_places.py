"""A refusal of an operation names the parameter that is wrong as FHIRPath, and speaks the language asked for.

https://hl7.org/fhir/R4/operationoutcome-definitions.html#OperationOutcome.issue.expression: here it is true of the
Parameters that were sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from publisher.expression.fhirpath import compile_fhirpath
from tests.topics.server import client_of
from tests.unit.apply.builders import bundle
from tests.unit.apply.sneeze import BASE, KNOWLEDGE, SELECT, VIEW

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    Parameter = dict[str, Any]

PLAN, LIBRARY = f"/fhir/PlanDefinition/{VIEW}/$apply", "/fhir/Library/ExampleSneeze/$evaluate"
SUBJECT: Parameter = {"name": "subject", "valueString": "Patient/1"}
OTHER: Parameter = {"name": "subject", "valueString": "Patient/2"}
GROUP: Parameter = {"name": "subject", "valueString": "Group/1"}
DATA: Parameter = {"name": "data", "resource": bundle({"resourceType": "Patient", "id": "1"})}
NO_DATA: Parameter = {"name": "data", "resource": {"resourceType": "Patient", "id": "1"}}
KEY: Parameter = {"name": "key", "valueString": "k"}
LOGIC: Parameter = {
    "name": "ContextPrescriptions",
    "resource": {"resourceType": "MedicationRequest", "id": "m", "status": "draft", "intent": "order"},
}


def text(name: str, value: str) -> Parameter:
    return {"name": name, "valueString": value}


def parameters(*items: Parameter) -> dict[str, Any]:
    return {"resourceType": "Parameters", "parameter": list(items)}


def prefetched(*parts: Parameter) -> Parameter:
    return {"name": "prefetchData", "part": list(parts)}


def logic(*items: Parameter) -> Parameter:
    return {"name": "parameters", "resource": parameters(*items)}


def others(resource: dict[str, Any]) -> dict[str, Any]:
    return {**resource, "subject": {"reference": "Patient/2"}}


CLIENT = client_of(KNOWLEDGE.repository)


def asked(path: str, body: dict[str, Any], language: str, client: FlaskClient = CLIENT) -> TestResponse:
    return client.post(path, json=body, headers={"Accept-Language": language})


def at(items: list[Parameter], path: tuple[Any, ...]) -> Any:
    """Return what stands in the parameters at a path."""
    found: Any = items
    for step in path:
        found = found[step]
    return found


@pytest.mark.parametrize(
    ("path", "items", "rule", "places"),
    [
        (PLAN, [SUBJECT, text("url", "a"), text("url", "b")], "parameter-value", [(1,), (2,)]),
        (PLAN, [SUBJECT, text("url", f"{BASE}/PlanDefinition/other")], "parameter-value", [(1,)]),
        (PLAN, [text("version", "9"), SUBJECT], "parameter-value", [(0,)]),
        (PLAN, [DATA, GROUP], "subject-type", [(1,)]),
        (PLAN, [SUBJECT, DATA, NO_DATA], "parameter-value", [(2,)]),
        (PLAN, [SUBJECT, prefetched(KEY), prefetched()], "parameter-value", [(2,)]),
        (PLAN, [SUBJECT, prefetched(KEY), prefetched(KEY)], "parameter-value", [(2,)]),
        (
            PLAN,
            [SUBJECT, prefetched(KEY), prefetched({"name": "descriptor", "valueString": "x"})],
            "parameter-value",
            [(2, "part", 0)],
        ),
        (PLAN, [SUBJECT, DATA, prefetched(KEY)], "parameter-value", [(2,)]),
        (PLAN, [SUBJECT, text("evaluationMode", "loose")], "parameter-value", [(1,)]),
        (PLAN, [SUBJECT, text("trace", "yes")], "parameter-value", [(1,)]),
        (PLAN, [text("encounter", "Patient/1"), SUBJECT], "parameter-value", [(0,)]),
        (PLAN, [SUBJECT, {"name": "setting", "valueInteger": 3}], "parameter-value", [(1,)]),
        (PLAN, [SUBJECT, {"name": "mergeNestedCarePlans", "valueBoolean": True}], "parameter-unsupported", [(1,)]),
        (PLAN, [SUBJECT, text("dataEndpoint", "x")], "parameter-unsupported", [(1,)]),
        (PLAN, [{"name": "planDefinition", "resource": {"resourceType": "Patient"}}], "parameter-value", [(0,)]),
        (
            PLAN,
            [{"name": "planDefinition", "resource": {"resourceType": "PlanDefinition"}}],
            "inline-content",
            [(0,)],
        ),
        (f"/fhir/PlanDefinition/{SELECT}/$apply", [SUBJECT, logic(LOGIC, text("No", "x"))], "parameter-unknown",
         [(1, "resource", "parameter", 1)]),
        (f"/fhir/PlanDefinition/{SELECT}/$apply", [SUBJECT, logic(text("ContextPrescriptions", "x"))],
         "parameter-value", [(1, "resource", "parameter", 0)]),
        (
            f"/fhir/PlanDefinition/{SELECT}/$apply",
            [SUBJECT, logic({**LOGIC, "resource": others(LOGIC["resource"])})],
            "parameter-subject",
            [(1, "resource", "parameter", 0, "resource")],
        ),
        (f"/fhir/PlanDefinition/{SELECT}/$apply", [SUBJECT, {"name": "parameters", "resource": DATA["resource"]}],
         "parameter-value", [(1, "resource")]),
        ("/fhir/PlanDefinition/$apply", [text("url", "http://x/none"), SUBJECT], "plan-missing", [(0,)]),
        (LIBRARY, [text("expression", "Whistle Is Heard"), text("expression", "No")], "definition-unknown", [(1,)]),
        (LIBRARY, [SUBJECT, OTHER], "subject-repeated", [(0,), (1,)]),
        (LIBRARY, [text("evaluationMode", "loose")], "parameter-value", [(0,)]),
    ],
)  # fmt: skip
def test_the_place_of_a_refusal_is_the_parameter_at_fault_in_either_language(
    path: str, items: list[Parameter], rule: str, places: list[tuple[Any, ...]]
) -> None:
    body, told = parameters(*items), {}
    for language in ("sv", "en"):
        answer = asked(path, body, language)
        assert answer.status_code in (400, 404), answer.text
        assert answer.headers["Content-Language"] == language
        (issue,) = answer.json["issue"]
        assert issue["details"]["text"] == rule
        (place,) = issue["expression"]
        assert compile_fhirpath(place).evaluate(body) == [at(items, each) for each in places]
        told[language] = issue["diagnostics"]
    assert told["sv"] != told["en"]


@pytest.mark.parametrize(
    ("path", "items", "rule", "place"),
    [
        (PLAN, [], "parameter-missing", "Parameters.parameter.where(name='subject')"),
        (LIBRARY, [], None, None),
        ("/fhir/PlanDefinition/$apply", [SUBJECT], "parameter-missing", "Parameters.parameter.where(name='url')"),
        (PLAN, [SUBJECT, text("karin-karlsson", "x")], "parameter-unknown", "Parameters.parameter"),
    ],
)
def test_what_is_not_there_has_the_place_where_it_would_stand(
    path: str, items: list[Parameter], rule: str | None, place: str | None
) -> None:
    answer = asked(path, parameters(*items), "en")
    issue = answer.json["issue"][0] if rule else {"details": {"text": None}, "expression": [None]}
    assert (issue["details"]["text"], issue["expression"]) == (rule, [place])
    assert "karin" not in answer.text


def test_what_was_taken_and_changed_nothing_has_its_place_too() -> None:
    body = parameters(SUBJECT, {"name": "useServerData", "valueBoolean": True}, DATA)
    for language, said in (("sv", "useServerData gav ingenting"), ("en", "useServerData found nothing")):
        (outcome,) = (
            each for each in asked(PLAN, body, language).json["contained"] if each["resourceType"] == "OperationOutcome"
        )
        issue = next(each for each in outcome["issue"] if each["details"]["text"] == "parameter-unsupported")
        assert issue["diagnostics"].startswith(said)
        assert issue["expression"] == ["Parameters.parameter.where(name='useServerData')"]
