"""`vademecum evaluate`: JSON on standard output, words on standard error, exit 0, 1 or 2."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from publisher.cli import main
from tests.topics import EXAMPLE
from tests.topics.sneezes import ARTIFACTS, draft

ROOT = Path(__file__).parents[2]
ELM = ROOT / "artifacts/leg-cramps/logic/LegCramps.elm.json"
SNEEZE = EXAMPLE / "logic/ExampleSneeze.elm.json"
DUST = next(each.resource for each in ARTIFACTS if each.id == "example-sneeze-dust")
NOW = ("--now", "2026-11-22T10:00:00+01:00")
ACTIVE = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}
CRAMP = {
    "resourceType": "Condition",
    "id": "c1",
    "subject": {"reference": "Patient/p1"},
    "clinicalStatus": ACTIVE,
    "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "R25.2"}]},
    "onsetDateTime": "2024-02-01",
}
PATIENT = {"resourceType": "Patient", "id": "p1", "name": [{"given": ["Ada", "Eva"]}]}


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Return a function that runs the command, with each JSON value among its arguments as a file."""

    def call(*arguments: Any) -> tuple[int, Any, str]:
        words = []
        for number, each in enumerate(arguments):
            if isinstance(each, dict | list):
                file = tmp_path / f"{number}.json"
                file.write_text(json.dumps(each), "utf-8")
                words.append(str(file))
            else:
                words.append(str(each))
        status = main(["evaluate", *words])
        out, err = capsys.readouterr()
        return status, json.loads(out) if out else None, err

    return call


def test_fhirpath_gives_an_array(run: Any) -> None:
    assert run("Patient.name.given", PATIENT) == (0, ["Ada", "Eva"], "")


def test_a_date_is_text_and_a_decimal_keeps_its_digits(
    run: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "o.json"
    file.write_text('{"resourceType": "Observation", "valueQuantity": {"value": 1.50, "unit": "g"}}', "utf-8")

    assert main(["evaluate", "value.value", str(file)]) == 0
    assert capsys.readouterr().out == "[\n  1.50\n]\n"
    assert run("today()", PATIENT, *NOW)[1] == ["2026-11-22"]


def test_standard_input_is_a_hyphen(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(PATIENT).encode())))

    assert run("id", "-") == (0, ["p1"], "")


def test_fhirpath_asks_the_shipped_value_sets(run: Any) -> None:
    expression = "code.memberOf('https://vademecum.example/fhir/ValueSet/leg-cramp-conditions')"

    assert run(expression, CRAMP)[1] == [True]
    assert run("code.memberOf('http://x.example/vs')", CRAMP)[0] == 1


def test_the_definitions_of_a_library_by_name(run: Any) -> None:
    status, results, err = run("--library", ELM, "--data", bundle(PATIENT, CRAMP), *NOW)

    assert (status, err) == (0, "")
    assert results["Leg Cramp Is Active"] == {"value": True, "state": "firm"}
    assert results["Statin Is Taken"] == {
        "value": False,
        "state": "open",
        "missing": [{"kind": "not-supplied", "about": "MedicationRequest"}],
    }
    assert "Is Active" not in results


def test_what_is_not_there_does_not_exist_where_the_data_are_complete(run: Any) -> None:
    options = ("--library", ELM, "--data", bundle(PATIENT), "--define", "Statin Is Taken", "--complete")

    assert run(*options, *NOW)[1] == {"Statin Is Taken": {"value": False, "state": "firm"}}


def test_cql_in_place_of_its_elm_is_told_what_to_do(run: Any) -> None:
    cql = ELM.parent / "LegCramps.cql"

    assert run("--library", cql, "--data", bundle(PATIENT)) == (
        2,
        None,
        f"{cql}:1:1: error elm-missing: {cql} is CQL; translate it with `vademecum cql`, and name its .elm.json.\n",
    )


def test_the_data_of_another_patient_are_left_out_and_told(run: Any) -> None:
    other = {**CRAMP, "subject": {"reference": "Patient/p2"}}

    status, results, err = run(
        "--library", ELM, "--data", bundle(PATIENT, other), "--define", "Leg Cramp Is Active", "--complete"
    )

    assert (status, results["Leg Cramp Is Active"]["value"]) == (0, False)
    assert "warning subject-other: 1 resource(s)" in err


def test_parameters_come_as_a_parameters_resource(run: Any) -> None:
    given = {"resourceType": "Parameters", "parameter": [{"name": "ContextPrescriptions", "resource": draft()}]}
    options = ("--library", SNEEZE, "--data", bundle(PATIENT), "--define", "Dust Drafts", "--value-set", DUST)

    assert run(*options, "--parameters", given)[1]["Dust Drafts"]["value"] == [draft()]
    unknown = {"resourceType": "Parameters", "parameter": [{"name": "X", "valueString": "y"}]}
    status, results, err = run(*options, "--parameters", unknown)
    assert (status, results) == (2, None)
    assert (
        "parameter-unknown: The library ExampleSneeze has no parameter of that name; it has ContextPrescriptions."
        in err
    )


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("sv", "Aktuell benkramp: ja, enligt R25.2 (Condition/c1, 2024-02-01)."),
        ("en", "Current leg cramp: yes, according to R25.2 (Condition/c1, 2024-02-01)."),
    ],
)
def test_an_explanation_is_a_sentence_and_data(run: Any, language: str, sentence: str) -> None:
    options = ("--library", ELM, "--data", bundle(PATIENT, CRAMP), "--define", "Leg Cramp Is Active")

    result = run(*options, "--explain", "--language", language)[1]["Leg Cramp Is Active"]

    assert result["sentence"] == sentence
    assert [(each["type"], each["id"]) for each in result["resources"]] == [("Condition", "c1")]
    assert result["trace"] == []


def test_value_sets_of_a_file_come_first(run: Any) -> None:
    url = "https://vademecum.example/fhir/ValueSet/leg-cramp-conditions"
    include = {"system": "http://x.example", "concept": [{"code": "k"}]}
    value_set = {"resourceType": "ValueSet", "url": url, "compose": {"include": [include]}}
    options = ("--library", ELM, "--data", bundle(PATIENT, CRAMP), "--define", "Leg Cramp Is Active")

    assert run(*options, "--value-set", value_set)[1]["Leg Cramp Is Active"]["value"] is False


def test_a_fhir_library_that_carries_elm_will_do(run: Any) -> None:
    library = ROOT / "artifacts/leg-cramps/fhir/Library-LegCramps.json"

    assert run("--library", library, "--data", bundle(PATIENT, CRAMP))[1]["Leg Cramp Is Active"]["value"] is True


def test_what_a_library_includes_stands_beside_it(run: Any, tmp_path: Path) -> None:
    reference = {"type": "ExpressionRef", "name": "Leg Cramp Is Active", "libraryName": "L"}
    main_library = {
        "identifier": {"id": "Main", "version": "1"},
        "includes": {"def": [{"localIdentifier": "L", "path": "LegCramps", "version": "0.1.0"}]},
        "statements": {"def": [{"name": "Both", "context": "Patient", "expression": reference}]},
    }
    options = ("--library", {"library": main_library}, "--data", bundle(PATIENT, CRAMP))
    published = run(*options)
    (tmp_path / "LegCramps.elm.json").write_bytes(ELM.read_bytes())

    assert published == run(*options) == (0, {"Both": {"value": True, "state": "firm"}}, "")


def test_a_definition_that_fails_has_an_error_and_status_1(run: Any) -> None:
    value_set = {"type": "ValueSetRef", "name": "V", "preserve": True}
    code = {"type": "Code", "code": "k", "system": {"name": "S"}}
    library = {
        "identifier": {"id": "L", "version": "1"},
        "codeSystems": {"def": [{"name": "S", "id": "http://x.example"}]},
        "valueSets": {"def": [{"name": "V", "id": "http://x.example/vs"}]},
        "statements": {
            "def": [{"name": "D", "expression": {"type": "InValueSet", "code": code, "valueset": value_set}}]
        },
    }

    status, results, err = run("--library", {"library": library}, "--data", bundle(PATIENT))

    assert (status, results["D"]["state"], results["D"]["error"]["code"]) == (1, "error", "value-set")
    assert "error evaluation-value-set: L.D has no value" in err


def test_a_batch_goes_on_after_a_bad_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "patients.ndjson"
    good = json.dumps(bundle(PATIENT, CRAMP))
    two = json.dumps(bundle(PATIENT, {**PATIENT, "id": "p2"}))
    file.write_text(f"{good}\n{{bad\n\n{two}\n{good}\n", "utf-8")

    status = main(["evaluate", "--library", str(ELM), "--batch", str(file), "--define", "Leg Cramp Is Active", *NOW])

    out, err = capsys.readouterr()
    rows = [json.loads(line) for line in out.splitlines()]
    result = {"patient": "Patient/p1", "result": {"Leg Cramp Is Active": {"value": True, "state": "firm"}}}
    assert status == 1
    assert rows[0] == {"line": 1, **result}
    assert [(row["line"], row["issue"][0]["rule"]) for row in rows[1:3]] == [
        (2, "json-syntax"),
        (4, "patient-repeated"),
    ]
    assert rows[3] == {"line": 5, **result}
    assert err.startswith("batch:2:1: fatal json-syntax: ")


def test_a_batch_of_resources_for_an_expression(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "patients.ndjson"
    file.write_text(f"{json.dumps(PATIENT)}\n{json.dumps(CRAMP)}\n", "utf-8")

    assert main(["evaluate", "id", "--batch", str(file)]) == 0
    assert capsys.readouterr().out == '{"line":1,"result":["p1"]}\n{"line":2,"result":["c1"]}\n'


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["id"],
        ["id", "a.json", "--batch", "b.ndjson"],
        ["id", "a.json", "--explain"],
        ["id", "a.json", "--define", "X"],
        ["--library", "a.json"],
        ["--library", "a.json", "--data", "b.json", "--batch", "c.ndjson"],
        ["id", "no-such-file.json"],
        ["--library", "no-such-file.json", "--data", "b.json"],
        ["--library", str(ELM), "--batch", "no-such-file.ndjson"],
        ["--library", str(ELM), "--data", "x", "--define", "No Such Definition"],
        ["a..b", str(ELM)],
        ["id", "a.json", "--language", "fi"],
    ],
)
def test_wrong_usage_and_what_cannot_be_read_is_status_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err


def test_a_library_without_elm_is_refused(run: Any) -> None:
    status, _, err = run("--library", {"resourceType": "Library", "name": "X"}, "--data", bundle(PATIENT))

    assert status == 2
    assert "elm-missing" in err
