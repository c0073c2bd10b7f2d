"""Library/$evaluate over HTTP: https://hl7.org/fhir/uv/cql/OperationDefinition-cql-library-evaluate.html."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from publisher.release import load_release
from tests.topics.server import client_of
from tests.unit.apply.builders import bundle
from tests.unit.apply.sneeze import BASE, KNOWLEDGE, answered, draft

# The topic that only tests use, with the OperationDefinitions of the shipped release.
ARTIFACTS = [
    *KNOWLEDGE.repository,
    *(each for each in load_release(Path(__file__).parents[2] / "artifacts") if each.type == "OperationDefinition"),
]
LIBRARY = "/fhir/Library/ExampleSneeze/$evaluate"
PATIENT = {"resourceType": "Patient", "id": "1"}
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


CLIENT = client_of(ARTIFACTS)


def parameters(*expressions: str, data: Any = None, **inputs: Any) -> dict[str, Any]:
    items: list[dict[str, Any]] = [{"name": "expression", "valueString": each} for each in expressions]
    if data is not None:
        items.append({"name": "data", "resource": data})
    for name, value in inputs.items():
        kind = "resource" if isinstance(value, dict) else "valueBoolean" if isinstance(value, bool) else "valueString"
        items.append({"name": name, kind: value})
    return {"resourceType": "Parameters", "parameter": items}


def evaluated(*expressions: str, language: str = "en", **inputs: Any) -> dict[str, Any]:
    """Return the parameters of an answer by name, without their type."""
    answer = CLIENT.post(LIBRARY, json=parameters(*expressions, **inputs), headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    assert answer.json["resourceType"] == "Parameters"
    return {each["name"]: each for each in answer.json["parameter"]}


def absence(parameter: dict[str, Any]) -> str:
    (extension,) = parameter["_valueBoolean"]["extension"]
    assert extension["url"] == ABSENT
    return str(extension["valueCode"])


COMPLETE = bundle(PATIENT, answered("feather", value=True), answered("whistle", value=False))


def test_a_definition_is_a_parameter_with_its_value_and_type() -> None:
    found = evaluated("Feather Is To Be Moved", subject="Patient/1", data=COMPLETE)
    kind = {"url": "http://hl7.org/fhir/StructureDefinition/cqf-cqlType", "valueString": "System.Boolean"}
    assert found == {
        "Feather Is To Be Moved": {"extension": [kind], "name": "Feather Is To Be Moved", "valueBoolean": True}
    }


def test_only_the_expressions_that_were_asked_for_are_evaluated_and_without_them_all() -> None:
    assert list(evaluated("Feather Is Near", "Whistle Is Heard", data=COMPLETE)) == [
        "Feather Is Near",
        "Whistle Is Heard",
    ]
    everything = evaluated(data=COMPLETE)
    assert {"Sneeze Is Active", "Feather Is Near", "Dust Drafts For Sneeze"} <= everything.keys()
    assert "Is Dust" not in everything


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "A whistle is heard: cannot be decided, because the data supplied did not include "),
        ("sv", "Visselton hörs: kan inte avgöras, eftersom "),
    ],
)
def test_what_missing_data_could_change_has_no_value_and_says_what_is_missing(language: str, sentence: str) -> None:
    found = evaluated("Whistle Is Heard", data=bundle(PATIENT), language=language)
    assert absence(found["Whistle Is Heard"]) == "unknown"
    (issue,) = found["messages"]["resource"]["issue"]
    assert (issue["severity"], issue["code"], issue["details"]["text"]) == ("warning", "incomplete", "evaluation-open")
    assert issue["expression"] == ["Parameters.parameter.where(name='Whistle Is Heard')"]
    assert issue["diagnostics"].startswith(sentence)


def test_a_value_that_no_missing_data_could_change_is_firm() -> None:
    later = bundle(PATIENT, answered("whistle", value=True), type="searchset", total=2)
    later["link"] = [{"relation": "self", "url": "Observation?patient=1"}, {"relation": "next", "url": "x"}]
    found = evaluated("Whistle Is Heard", "Feather Is Near", data=later)
    assert found["Whistle Is Heard"]["valueBoolean"] is True
    assert absence(found["Feather Is Near"]) == "unknown"


def test_the_mode_plain_reads_what_is_missing_as_none() -> None:
    found = evaluated("Whistle Is Heard", data=bundle(PATIENT), evaluationMode="plain")
    assert found["Whistle Is Heard"]["valueBoolean"] is False
    assert "messages" not in found


def test_prefetched_data_are_judged_for_what_they_leave_out() -> None:
    prefetched = [
        {"name": "key", "valueString": "observations"},
        {"name": "descriptor", "valueDataRequirement": {"type": "Observation"}},
        {"name": "data", "resource": bundle(answered("whistle", value=False), type="searchset")},
    ]
    body = parameters("Whistle Is Heard", "Sneeze Is Active", subject="Patient/1")
    body["parameter"].append({"name": "prefetchData", "part": prefetched})
    answer = CLIENT.post(LIBRARY, json=body)
    found = {each["name"]: each for each in answer.json["parameter"]}
    assert found["Whistle Is Heard"]["valueBoolean"] is False
    assert absence(found["Sneeze Is Active"]) == "unknown"


def test_a_list_of_resources_is_a_parameter_for_each_and_parameters_of_the_logic_are_taken() -> None:
    logic = {"resourceType": "Parameters", "parameter": [{"name": "ContextPrescriptions", "resource": draft()}]}
    found = evaluated("Dust Drafts", data=bundle(PATIENT), parameters=logic)
    assert found["Dust Drafts"]["resource"] == draft()


def test_a_trace_says_why_each_definition_came_to_its_value() -> None:
    found = evaluated("Feather Is Near", data=COMPLETE, trace=True)
    (issue,) = found["messages"]["resource"]["issue"]
    assert (issue["severity"], issue["details"]["text"]) == ("information", "evaluation-explained")
    assert issue["diagnostics"].startswith("A feather is nearby: yes, according to ")
    assert "Observation/feather, yes, 2026-11-20" in issue["diagnostics"]


def test_damaged_data_leave_open_what_reads_them() -> None:
    broken = {**answered("feather", value=True), "code": "text"}
    found = evaluated("Feather Is Near", data=bundle(PATIENT, broken))
    assert absence(found["Feather Is Near"]) == "unknown"


def test_get_takes_simple_parameters() -> None:
    answer = CLIENT.get("/fhir/Library/$evaluate?expression=Whistle%20Is%20Heard&subject=Patient/1"
                        f"&url={BASE}/Library/ExampleSneeze&evaluationMode=plain")  # fmt: skip
    assert answer.status_code == 200, answer.text
    assert answer.json["parameter"][0]["valueBoolean"] is False


REFUSALS = [
    (parameters("Gone", data=COMPLETE), 400, "definition-unknown", "The library ExampleSneeze does not define an"),
    (parameters(subject="Group/1"), 400, "subject-type", "The subject must be a patient"),
    (
        parameters(colour="x"),
        400,
        "parameter-unknown",
        "The operation does not know a parameter that was sent; it takes data,",
    ),
    (parameters(data=bundle(PATIENT, {**PATIENT, "id": "q"})), 400, "parameter-missing", "The data hold 2 patients"),
    (parameters(data={"resourceType": "Patient"}), 400, "parameter-value", "The parameter data takes a Bundle"),
    (parameters(library={"resourceType": "Library"}), 400, "inline-content", "Definitions, Libraries and terminology"),
]


@pytest.mark.parametrize(("body", "status", "rule", "words"), REFUSALS)
def test_what_is_refused_is_told_by_what_is_taken(body: dict[str, Any], status: int, rule: str, words: str) -> None:
    answer = CLIENT.post(LIBRARY, json=body, headers={"Accept-Language": "en"})
    (issue,) = answer.json["issue"]
    assert (answer.status_code, issue["details"]["text"]) == (status, rule)
    assert issue["diagnostics"].startswith(words)


def test_a_library_that_is_not_held_is_404() -> None:
    answer = CLIENT.get("/fhir/Library/$evaluate?url=http://x.example/Library/gone")
    assert (answer.status_code, answer.json["issue"][0]["details"]["text"]) == (404, "plan-missing")


def test_a_draft_is_not_evaluated_where_drafts_are_not() -> None:
    answer = client_of(ARTIFACTS, evaluate_drafts=False).get(f"{LIBRARY}?subject=Patient/1")
    assert (answer.status_code, answer.json["issue"][0]["details"]["text"]) == (422, "plan-status")


def test_the_capability_statement_declares_the_operation_by_our_definition() -> None:
    resources = {each["type"]: each for each in CLIENT.get("/fhir/metadata").json["rest"][0]["resource"]}
    (declared,) = [each for each in resources["Library"]["operation"] if each["name"] == "evaluate"]
    assert declared["definition"] == "https://vademecum.example/fhir/OperationDefinition/library-evaluate|0.1.0"
    held = CLIENT.get("/fhir/OperationDefinition/library-evaluate").json
    assert (held["code"], held["resource"], held["base"]) == (
        "evaluate",
        ["Library"],
        "http://hl7.org/fhir/uv/cql/OperationDefinition/cql-library-evaluate",
    )
