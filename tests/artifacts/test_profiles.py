"""The profiles that compiled files claim are met, by the definitions of HL7's guides where these are at hand."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from publisher.source.profiles import CRMI
from publisher.validation.inputs import definitions, package_definitions
from publisher.validation.knowledge import Knowledge
from publisher.validation.validator import Validator

ROOT = Path(__file__).parents[2]
PACKAGES = Path(os.environ.get("VADEMECUM_PACKAGES_IG", ROOT.parent / "shared" / "packages"))
GUIDES = ("hl7.fhir.uv.crmi", "hl7.fhir.uv.cpg")
FOLDERS = [str(path) for path in sorted((ROOT / "artifacts").glob("*/fhir"))]
COMPILED = {path: json.loads(path.read_bytes()) for path in sorted((ROOT / "artifacts").glob("*/fhir/**/*.json"))}


@pytest.fixture(scope="module")
def validator() -> Validator:
    found = [next(PACKAGES.glob(f"{one}-*.tgz"), None) for one in GUIDES]
    knowledge = Knowledge()
    for path in found:
        if path is None:
            pytest.skip(f"NOT RUN: {PACKAGES} has no packages of {' and '.join(GUIDES)}")
        knowledge.add(package_definitions(path))
    knowledge.add(definitions(FOLDERS))
    return Validator(knowledge)


def profiles(resource: dict[str, Any]) -> list[str]:
    return list(resource.get("meta", {}).get("profile", ()))


def test_every_compiled_file_meets_the_profiles_that_it_claims(validator: Validator) -> None:
    found = {
        path.name: [str(one) for one in report if one.is_error or one.rule == "profile-unknown"]
        for path, resource in COMPILED.items()
        if (report := validator.validate(resource))
    }
    assert {name: issues for name, issues in found.items() if issues} == {}


def test_every_artifact_with_a_canonical_claims_that_it_is_shareable_and_publishable() -> None:
    claims = Counter(
        one.removeprefix(CRMI).removesuffix(resource["resourceType"].lower())
        for resource in COMPILED.values()
        for one in profiles(resource)
        if "url" in resource
    )
    assert claims["shareable"] == claims["publishable"] == sum("url" in one for one in COMPILED.values())
