"""Schemas of artifact files: what an editor accepts and flags, and that they refer to nothing but each other."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from publisher.source.artifact_schemas import TOPIC_TYPES, resource_schema, schemas, written
from publisher.source.schema import schema_issues
from publisher.source.skeleton import TEMPLATE
from publisher.source.yaml import parse, read

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import schemas as tool  # noqa: E402 - the tools are scripts, found once their folder is on the path

ALL = schemas()
NOT_ARTIFACTS = ("cases", "fhir")
SOURCES = sorted(
    path
    for folder in (*(ROOT / "artifacts").iterdir(), TEMPLATE)
    for path in folder.glob("*/*.yaml")
    if path.parent.name not in NOT_ARTIFACTS
)
PLAN = """\
resourceType: PlanDefinition
id: nail-care
title: {sv: Nagelvård, en: Nail care}
type: plan-definition-type#eca-rule
library: Library/Nails
derivedFrom: [BN-TRT-01]
action:
  - id: use-cream
    title: {sv: Pröva, en: Try}
    condition:
      - kind: applicability
        expression: Nails Are Brittle
    definitionCanonical: ActivityDefinition/use-cream
    derivedFrom: [BN-TRT-01]
    action:
      - {id: inner, title: Inner}
"""


def found(text: str) -> list[str]:
    document = parse(text.encode(), file="a.yaml")
    issues = schema_issues(document, ALL["artifact.json"], ALL)
    return [str(issue).removeprefix("a.yaml:") for issue in issues]


@pytest.mark.parametrize("name", ALL)
def test_every_schema_is_a_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(ALL[name])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parents[1].name}-{path.stem}")
def test_every_shipped_source_fits_the_schema_of_its_type_and_the_one_for_all(path: Path) -> None:
    document = read(path)
    for name in ("artifact.json", f"{document.value['resourceType']}.json"):
        assert [str(issue) for issue in schema_issues(document, ALL[name], ALL)] == []


def test_the_six_shorthands_are_accepted() -> None:
    assert found(PLAN) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "title: {sv: N",
            "titel: {sv: N",
            "3:1: error key-unknown: The key 'titel' is not known here; did you mean title?",
        ),
        (
            "kind: applicability",
            "kind: applicable",
            "11:9: error key-wrong: 'kind' is one of applicability, start, stop, and 'applicable' does not fit; "
            "correct it.",
        ),
        (
            "type: plan-definition-type#eca-rule",
            "type: eca-rule",
            "4:1: error key-wrong: 'type' must be a coding written as system#code, and 'eca-rule' does not fit; "
            "correct it.",
        ),
        (
            "Library/Nails",
            "Nails",
            "5:1: error key-wrong: 'library' must be Type/id, or an address, and 'Nails' does not fit; correct it.",
        ),
        (
            "      - kind: applicability\n        exp",
            "      - exp",
            "11:9: error key-missing: The key 'kind' is missing; add it.",
        ),
        ("[BN-TRT-01]\naction", "BN-TRT-01\naction", "6:1: error key-wrong: 'derivedFrom' must be a list; correct it."),
        (
            "title: Inner",
            "titles: Inner",
            "16:21: error key-unknown: The key 'titles' is not known here; did you mean title?",
        ),
        ("id: nail-care\n", "", "1:1: error key-missing: The key 'id' is missing; add it."),
        (
            "resourceType: PlanDefinition",
            "resourceType: PlanDefinitions",
            "",
        ),
    ],
)
def test_what_an_editor_flags(old: str, new: str, message: str) -> None:
    assert old in PLAN
    issues = found(PLAN.replace(old, new))
    if message:
        assert issues == [message]
    else:
        assert [one.partition(" is one of")[0] for one in issues] == ["1:1: error key-wrong: 'resourceType'"]


def test_inherited_metadata_are_not_required() -> None:
    assert resource_schema("PlanDefinition")["required"] == ["resourceType", "id"]
    assert resource_schema("Library")["required"] == ["resourceType", "id"]
    assert resource_schema("CodeSystem")["required"] == ["resourceType", "id", "content"]


def test_a_plain_fhir_resource_is_accepted() -> None:
    compiled = sorted((ROOT / "artifacts/leg-cramps/fhir").glob("*.json"))
    assert compiled
    for path in compiled:
        assert [str(issue) for issue in schema_issues(read(path), ALL["artifact.json"], ALL)] == []


def references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [one for item in value for one in references(item)]
    if not isinstance(value, dict):
        return []
    here = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
    return here + [one for item in value.values() for one in references(item)]


@pytest.mark.parametrize("name", ALL)
def test_every_reference_is_to_a_definition_of_these_files(name: str) -> None:
    for reference in references(ALL[name]):
        file, _, pointer = reference.partition("#")
        target = ALL[file or name]
        assert not pointer or pointer.removeprefix("/$defs/") in target["$defs"], reference


def test_every_type_of_a_topic_has_its_schema() -> None:
    assert {f"{kind}.json" for kind in TOPIC_TYPES} <= set(ALL)
    sources = {read(path).value["resourceType"] for path in SOURCES}
    assert sources <= set(TOPIC_TYPES)


def test_a_schema_is_written_the_same_every_time_and_read_as_it_is() -> None:
    for name, schema in schemas().items():
        assert written(schema) == written(ALL[name])
        assert json.loads(written(schema)) == schema


def test_the_published_schemas_are_not_stale() -> None:
    assert tool.main(["--check"]) == 0


def test_a_stale_schema_is_named_and_writing_repairs_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.main([], tmp_path) == 0
    (tmp_path / "topic.json").write_text("{}", encoding="utf-8")
    (tmp_path / "old.json").write_text("{}", encoding="utf-8")
    assert tool.main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err == "".join(
        f"{tmp_path / name} is stale; run python tools/schemas.py\n" for name in ("old.json", "topic.json")
    )
    assert tool.main([], tmp_path) == 0
    assert tool.main(["--check"], tmp_path) == 0
