"""What `vademecum validate` reads, what it refuses to read, and the forms it reports in."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from publisher import validate
from publisher.cli import main
from publisher.validation.inputs import definitions, texts

GOOD = '{"resourceType": "Basic", "code": {"text": "a"}}'
BAD = '{\n  "resourceType": "Basic"\n}'


def package(folder: Path, files: dict[str, str]) -> Path:
    path = folder / "a.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return path


def test_validate_takes_bytes_text_and_plain_values_alike() -> None:
    found = [
        [(issue.rule, issue.expression) for issue in validate(given)] for given in (BAD.encode(), BAD, json.loads(BAD))
    ]

    assert found == [[("element-missing", "Basic.code")]] * 3


def test_a_finding_has_file_line_and_column() -> None:
    (issue,) = validate(BAD, file="a.json")

    assert str(issue) == "a.json:1:1: error element-missing: Basic.code is missing; add it."


def test_text_that_is_no_json_is_a_report() -> None:
    assert [issue.rule for issue in validate(b'{"a": ')] == ["json-syntax"]


def test_a_clean_file_is_silent_and_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_text(GOOD)

    assert main(["validate", str(tmp_path)]) == 0
    assert capsys.readouterr() == ("", "")


def test_an_error_is_1_with_its_line_on_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.json"
    path.write_text(BAD)

    assert main(["validate", str(path)]) == 1
    out, err = capsys.readouterr()
    assert (out, err) == (f"{path}:1:1: error element-missing: Basic.code is missing; add it.\n", "")


def test_a_path_that_is_not_there_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "not-there.json"]) == 2
    assert capsys.readouterr().err.startswith("error file-unreadable: not-there.json cannot be read: ")


def test_ndjson_is_read_line_by_line_with_the_line_of_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.ndjson"
    path.write_text(f'{GOOD}\n\n{{"resourceType": "Basic"}}\n')

    assert main(["validate", str(path)]) == 1
    assert capsys.readouterr().out.startswith(f"{path}:3:1: error element-missing: ")


def test_standard_input_is_one_resource_or_ndjson(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for text, places in ((BAD, ["<stdin>:1:1"]), (f'{GOOD}\n{{"resourceType": "Basic"}}\n', ["<stdin>:2:1"])):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert main(["validate", "-"]) == 1
        assert [line.split(": ")[0] for line in capsys.readouterr().out.splitlines()] == places


def test_a_package_is_read_without_unpacking_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = package(tmp_path, {"package/package.json": "{}", "package/a.json": BAD, "package/other/b.json": BAD})

    assert main(["validate", str(path)]) == 1
    assert capsys.readouterr().out.startswith(f"{path}/package/a.json:1:1: error element-missing")


def test_a_package_is_refused_as_it_is_where_its_artifacts_are_served(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = package(tmp_path, {"../a.json": GOOD})

    assert main(["validate", str(path)]) == 2
    said = "error package-member: a.tgz holds a member whose name is not of the form package/....\n"
    assert capsys.readouterr() == ("", f"{path}:1:1: {said}")


def test_what_is_no_package_is_refused_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.tgz"
    path.write_bytes(b"no archive")

    assert main(["validate", str(path)]) == 2
    assert "error package-unreadable: a.tgz cannot be read as a package (" in capsys.readouterr().err


def test_a_folder_gives_its_resources_and_leaves_what_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(GOOD)
    (tmp_path / "b.elm.json").write_text('{"library": {"resourceType": "none"}}')
    (tmp_path / "c.json").write_text('{"compilerOptions": {}}')
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "d.json").write_text(GOOD)

    assert [Path(text.file).name for text in texts([str(tmp_path)])] == ["a.json"]


def test_what_is_validated_together_knows_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = '"url": "http://a.example/c", "status": "draft", "content": "complete", "concept": [{"code": "1"}]'
    system = f'{{"resourceType": "CodeSystem", {facts}}}'
    basic = '{"resourceType": "Basic", "code": {"coding": [{"system": "http://a.example/c", "code": "2"}]}}'
    (tmp_path / "c.json").write_text(system)
    (tmp_path / "b.json").write_text(basic)

    assert main(["validate", str(tmp_path)]) == 1
    assert "error code-unknown: Basic.code.coding[0].code '2' is not a code of http://a.example/c" in (
        capsys.readouterr().out
    )


def test_a_profile_of_a_package_is_asked_for_by_its_url(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = "http://a.example/StructureDefinition/p"
    rows = [{"path": "Basic.subject", "min": 1}]
    definition = {
        "resourceType": "StructureDefinition",
        "url": url,
        "type": "Basic",
        "derivation": "constraint",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Basic",
        "differential": {"element": rows},
    }
    path = package(tmp_path, {"package/p.json": json.dumps(definition)})
    (tmp_path / "a.json").write_text(GOOD)

    status = main(["validate", str(tmp_path / "a.json"), "--package", str(path), "--profile", url])

    assert status == 1
    assert "error profile-minimum: Basic.subject is there 0 times" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["json", "outcome", "sarif"])
def test_every_form_is_json_with_place_rule_and_advice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    path = tmp_path / "a.json"
    path.write_text(BAD)

    assert main(["validate", str(path), "--format", form]) == 1
    found = json.loads(capsys.readouterr().out)
    if form == "json":
        assert found[0]["rule"] == "element-missing"
        assert (found[0]["line"], found[0]["column"]) == (1, 1)
        assert found[0]["reference"] == "https://hl7.org/fhir/R4/conformance-rules.html#cardinality"
    elif form == "outcome":
        assert found["resourceType"] == "OperationOutcome"
        assert found["issue"][0]["expression"] == ["Basic.code"]
    else:
        (run,) = found["runs"]
        assert run["tool"]["driver"]["rules"][0]["id"] == "element-missing"
        (result,) = run["results"]
        assert result["level"] == "error"
        assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 1, "startColumn": 1}
        assert result["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "Basic.code"}]


def test_a_definition_on_any_line_of_ndjson_is_known_to_the_others(tmp_path: Path) -> None:
    form = {"resourceType": "Questionnaire", "url": "http://a.example/Questionnaire/q", "status": "draft"}
    path = tmp_path / "a.ndjson"
    path.write_text(f"{GOOD}\n{json.dumps(form)}\n")

    assert [one["resourceType"] for one in definitions([str(path)])] == ["Questionnaire"]


def test_a_file_that_is_a_definition_is_kept_as_it_was_read_and_a_line_is_not(tmp_path: Path) -> None:
    medication = '{"resourceType": "Medication", "id": "a"}'
    (tmp_path / "a.json").write_text(medication)
    (tmp_path / "b.json").write_text(GOOD)
    (tmp_path / "c.ndjson").write_text(f"{medication}\n{medication}\n")
    read: dict[str, Any] = {}

    found = list(definitions([str(tmp_path)], read))

    assert found == [json.loads(medication)] * 3
    assert {file: one.value for file, one in read.items()} == {str(tmp_path / "a.json"): json.loads(medication)}


def test_a_file_that_is_named_twice_is_validated_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"resourceType": "Medication", "status": "drafty"}')

    assert main(["validate", str(path), str(path)]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first == second
    assert first.startswith(f"{path}:1:32: error code-not-allowed: Medication.status 'drafty'")


def test_a_file_name_with_a_space_or_number_sign_is_a_uri_in_sarif(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a #1.json"
    path.write_text(BAD)

    assert main(["validate", "--format", "sarif", str(path)]) == 1
    (result,) = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    found = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert found == f"{tmp_path}/a%20%231.json"
