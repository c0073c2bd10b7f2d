"""The profiles of CRMI and CPG that artifacts claim: those that they meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from publisher.source.profiles import ALGORITHM, CAPABILITY, CPG, CRMI, LEVEL, claimed

if TYPE_CHECKING:
    from tests.unit.conftest import Authoring

SHARED = {
    "url": "https://example.org/fhir/X/x",
    "version": "1.0.0",
    "name": "X",
    "title": "X",
    "status": "draft",
    "experimental": True,
    "publisher": "Example",
    "description": "X.",
    "date": "2026-01-02",
}


def profiles(resource: dict[str, Any]) -> list[str]:
    found = claimed(resource).get("meta", {}).get("profile", [])
    return [one.replace(CRMI, "crmi-").replace(CPG, "cpg-") for one in found]


def said(resource: dict[str, Any], url: str) -> list[Any]:
    return [value for one in resource["extension"] if one["url"] == url for key, value in one.items() if key != "url"]


def plan(code: str, *actions: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "PlanDefinition", **SHARED, "type": {"coding": [{"code": code}]}, "action": list(actions)}


def library(code: str, **elements: Any) -> dict[str, Any]:
    return {"resourceType": "Library", **SHARED, "type": {"coding": [{"code": code}]}, **elements}


NAMED = {"title": "A", "description": "A."}
ACTIVITY = {**NAMED, "definitionCanonical": "https://example.org/fhir/ActivityDefinition/a|1.0.0"}
PLAN = {**NAMED, "definitionCanonical": "https://example.org/fhir/PlanDefinition/a|1.0.0"}
SHAREABLE_PLAN = ["crmi-shareableplandefinition", "crmi-publishableplandefinition", "cpg-computableplandefinition"]
LIBRARY = ["crmi-shareablelibrary", "crmi-publishablelibrary"]


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (plan("eca-rule", ACTIVITY), [*SHAREABLE_PLAN, "cpg-recommendationdefinition"]),
        (plan("eca-rule", {"action": [PLAN]}), SHAREABLE_PLAN),
        (plan("workflow-definition", {**NAMED, "action": [PLAN]}), [*SHAREABLE_PLAN, "cpg-workflowdefinition"]),
        (plan("workflow-definition", {**NAMED, "dynamicValue": []}), SHAREABLE_PLAN),
        (plan("workflow-definition", {**NAMED, "action": [{"title": "A"}]}), SHAREABLE_PLAN),
        (plan("clinical-protocol", {**PLAN, "code": [{}]}), [*SHAREABLE_PLAN, "cpg-pathwaydefinition"]),
        (plan("clinical-protocol", PLAN), SHAREABLE_PLAN),
        (plan("clinical-protocol", {**ACTIVITY, "code": [{}]}), SHAREABLE_PLAN),
        ({**plan("eca-rule", ACTIVITY), "library": ["a", "b"]}, SHAREABLE_PLAN[:2]),
        (library("logic-library", content=[]), [*LIBRARY, "crmi-computablelibrary", "crmi-executablelibrary"]),
        (library("logic-library"), LIBRARY),
        (library("asset-collection", relatedArtifact=[]), [*LIBRARY, "crmi-manifestlibrary"]),
        ({"resourceType": "ValueSet", **SHARED}, ["crmi-shareablevalueset", "crmi-publishablevalueset"]),
        ({"resourceType": "ValueSet", "date": "2026"}, ["crmi-publishablevalueset"]),
        ({"resourceType": "Questionnaire"}, ["cpg-computablequestionnaire"]),
        ({"resourceType": "Medication"}, ["crmi-medicationdefinition"]),
        ({"resourceType": "Provenance"}, []),
    ],
)
def test_an_artifact_claims_the_profiles_that_it_meets(resource: dict[str, Any], expected: list[str]) -> None:
    assert profiles(resource) == expected


def test_what_the_file_says_itself_stays(authoring: Authoring) -> None:
    own = "https://other.example/StructureDefinition/own"
    extension = f"extension:\n  - url: {LEVEL}\n    valueCode: executable\n"
    authoring.change("activities/use-cream.yaml", "kind: M", f"meta:\n  profile: [{own}]\n{extension}kind: M")
    activity = authoring.resource("ActivityDefinition", "use-cream")
    assert activity["meta"]["profile"][0] == own
    assert said(activity, LEVEL) == ["executable"]


def test_an_artifact_says_what_it_can_be_used_for_and_how_its_versions_are_ordered(authoring: Authoring) -> None:
    logic = authoring.resource("Library", "Nails")
    assert said(logic, CAPABILITY) == ["publishable", "computable", "executable"]
    assert said(logic, LEVEL) == ["structured"]
    assert said(logic, ALGORITHM) == [{"system": "http://hl7.org/fhir/version-algorithm", "code": "semver"}]
    assert said(authoring.resource("ActivityDefinition", "use-cream"), CAPABILITY) == [
        "shareable",
        "publishable",
        "computable",
    ]
