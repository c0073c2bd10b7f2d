"""The profiles of CRMI and CPG on the shipped artifacts, where the packages of the guides are at hand."""

from __future__ import annotations

import json
import os
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from publisher.validation.inputs import package_definitions
from publisher.validation.knowledge import Knowledge, Options
from publisher.validation.validator import Validator

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("VADEMECUM_PACKAGES_IG", ROOT.parent / "shared" / "packages"))
CRMI = "http://hl7.org/fhir/uv/crmi/StructureDefinition/"
CPG = "http://hl7.org/fhir/uv/cpg/StructureDefinition/"
ARTIFACTS = sorted((ROOT / "artifacts").glob("*/fhir/*.json"))


@pytest.fixture(scope="module")
def definitions() -> list[dict[str, Any]]:
    packages = sorted(FOLDER.glob("hl7.fhir.uv.*.tgz"))
    if not packages:
        pytest.skip(f"NOT RUN: no packages in {FOLDER}; set VADEMECUM_PACKAGES_IG")
    return [definition for package in packages for definition in package_definitions(package)]


def errors(resource: Any, known: list[dict[str, Any]], *profiles: str) -> list[str]:
    report = Validator(Knowledge(Options(profiles=profiles), known)).validate(resource)
    return [f"{issue.rule} {issue.expression}" for issue in report if issue.is_error]


def artifact(kind: str) -> dict[str, Any]:
    path = next(path for path in ARTIFACTS if path.name.startswith(f"{kind}-"))
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def test_the_shipped_artifacts_meet_the_profiles_they_claim(definitions: list[dict[str, Any]]) -> None:
    held = [json.loads(path.read_bytes()) for path in ARTIFACTS]

    assert [found for resource in held if (found := errors(resource, [*definitions, *held]))] == []


@pytest.mark.parametrize("name", ["url", "version", "title", "description"])
def test_an_artifact_without_what_shareable_asks_is_found(definitions: list[dict[str, Any]], name: str) -> None:
    plan = {key: value for key, value in artifact("PlanDefinition").items() if key not in (name, f"_{name}", "meta")}

    found = errors(plan, definitions, f"{CRMI}crmi-shareableplandefinition")

    assert f"profile-minimum PlanDefinition.{name}" in found


def test_a_publishable_artifact_has_a_date(definitions: list[dict[str, Any]]) -> None:
    plan = {key: value for key, value in artifact("PlanDefinition").items() if key not in ("date", "extension", "meta")}

    assert errors(plan, definitions, f"{CRMI}crmi-publishableplandefinition") == ["profile-minimum PlanDefinition.date"]


def test_a_recommendation_is_of_the_type_that_its_profile_fixes(definitions: list[dict[str, Any]]) -> None:
    plan = deepcopy(artifact("PlanDefinition"))
    plan.pop("meta", None)
    plan["type"] = {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/plan-definition-type", "code": "order-set"}]
    }

    found = errors(plan, definitions, f"{CPG}cpg-recommendationdefinition")

    assert any(each.startswith("profile-pattern PlanDefinition.type") for each in found) or any(
        each.startswith("profile-fixed PlanDefinition.type") for each in found
    )


def test_every_profile_of_the_guides_can_be_put_together(definitions: list[dict[str, Any]]) -> None:
    knowledge = Knowledge(Options(), definitions)
    profiles = [each for each in definitions if each["resourceType"] == "StructureDefinition"]
    checked = 0
    for each in profiles:
        if each.get("derivation") == "constraint" and each.get("type") != "Extension":
            validator = Validator(Knowledge(Options(profiles=(each["url"],)), definitions))
            assert all(issue.rule != "profile-unknown" for issue in validator.validate({"resourceType": each["type"]}))
            checked += 1
    assert checked > 50
    assert knowledge.structure(f"{CRMI}crmi-shareablelibrary") is not None
