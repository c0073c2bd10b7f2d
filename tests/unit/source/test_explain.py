"""compile --explain: what each shorthand of one file became, where it stands, as text and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from publisher.cli import main
from publisher.source.explain import explained

if TYPE_CHECKING:
    from tests.unit.conftest import Authoring

SHORTHANDS = {
    "language map",
    "inherited metadata",
    "Type/id",
    "system#code",
    "derivedFrom",
    "bare expression",
}


def places(authoring: Authoring, name: str) -> dict[str, tuple[str, str]]:
    """Return, by element, the place relative to the root and the shorthand."""
    found = explained(authoring.root, authoring.topic / name)
    return {one.element: (str(one.source).replace(f"{authoring.root}/", ""), one.shorthand) for one in found}


def after(authoring: Authoring, name: str, element: str) -> Any:
    return next(one.after for one in explained(authoring.root, authoring.topic / name) if one.element == element)


def test_every_shorthand_of_a_plan_has_its_place(authoring: Authoring) -> None:
    found = places(authoring, "plans/nail-care.yaml")
    plan = "brittle-nails/plans/nail-care.yaml"
    assert {element: one for element, one in found.items() if one[1] != "inherited metadata"} == {
        "title": (f"{plan}:3:1", "language map"),
        "type": (f"{plan}:6:1", "system#code"),
        "library[0]": (f"{plan}:7:11", "Type/id"),
        "derivedFrom[0]": (f"{plan}:8:15", "derivedFrom"),
        "action[0].title": (f"{plan}:11:5", "language map"),
        "action[0].condition[0].expression": (f"{plan}:16:9", "bare expression"),
        "action[0].definitionCanonical": (f"{plan}:17:5", "Type/id"),
        "action[0].derivedFrom[0]": (f"{plan}:18:19", "derivedFrom"),
        "action[0].derivedFrom[1]": (f"{plan}:18:30", "derivedFrom"),
    }
    assert {shorthand for _, shorthand in found.values()} == SHORTHANDS


def test_inherited_metadata_stand_where_they_come_from(authoring: Authoring) -> None:
    found = places(authoring, "plans/nail-care.yaml")
    assert {element: place for element, (place, kind) in found.items() if kind == "inherited metadata"} == {
        "name": "brittle-nails/plans/nail-care.yaml:2:1",
        "version": "brittle-nails/topic.yaml:2:1",
        "date": "brittle-nails/topic.yaml:3:1",
        "status": "brittle-nails/topic.yaml:4:1",
        "experimental": "brittle-nails/topic.yaml:5:1",
        "url": "publisher.yaml:1:1",
        "publisher": "publisher.yaml:3:1",
        "language": "publisher.yaml:4:1",
        "jurisdiction": "publisher.yaml:6:1",
    }


def test_what_it_became_is_what_is_compiled(authoring: Authoring) -> None:
    plan = authoring.resource("PlanDefinition", "nail-care")
    name = "plans/nail-care.yaml"
    assert after(authoring, name, "type") == plan["type"]
    assert after(authoring, name, "title") == {"title": plan["title"], "_title": plan["_title"]}
    assert after(authoring, name, "library[0]") == plan["library"][0]
    assert after(authoring, name, "derivedFrom[0]") == plan["relatedArtifact"][0]
    action = plan["action"][0]
    assert after(authoring, name, "action[0].derivedFrom[1]") == action["documentation"][1]
    assert after(authoring, name, "action[0].condition[0].expression") == action["condition"][0]["expression"]
    assert after(authoring, name, "url") == {"url": plan["url"]}


def test_codes_of_a_value_set_and_their_systems(authoring: Authoring) -> None:
    found = places(authoring, "terminology/nail-conditions.yaml")
    assert found["compose.include[0].system"][1] == "system#code"
    assert found["compose.include[0].concept[0]"][1] == "system#code"
    assert "compose.include[1].concept[0]" not in found


def test_each_language_map_of_a_list_is_shown_with_its_translations(authoring: Authoring) -> None:
    definition = """\
resourceType: StructureDefinition
id: nail-extension
title: {sv: Tillägg, en: Extension}
kind: complex-type
abstract: false
type: Extension
baseDefinition: http://hl7.org/fhir/StructureDefinition/Extension
derivation: constraint
context: [{type: element, expression: PlanDefinition}]
differential:
  element:
    - id: Extension
      path: Extension
      alias:
        - {sv: Nagel, en: Nail}
        - Klo
"""
    authoring.write("extensions/nail-extension.yaml", definition)
    found = [
        (
            one.element,
            one.before,
            one.after["alias"],
            one.after["_alias"]["extension"][0]["extension"][1]["valueString"],
        )
        for one in explained(authoring.root, authoring.topic / "extensions/nail-extension.yaml")
        if "alias" in one.element
    ]
    assert found == [("differential.element[0].alias[0]", {"sv": "Nagel", "en": "Nail"}, "Nagel", "Nail")]


def test_a_type_without_url_carries_its_identity_as_extensions(authoring: Authoring) -> None:
    found = places(authoring, "medications/cream-one.yaml")
    inherited = [element for element, (_, kind) in found.items() if kind == "inherited metadata"]
    assert inherited == ["extension[1]", "extension[2]", "language"]
    assert found["code.coding[0]"][1] == "system#code"
    assert found["ingredient[0].itemCodeableConcept"][1] == "system#code"


def test_a_display_that_was_looked_up_is_shown(authoring: Authoring) -> None:
    authoring.change("activities/use-cream.yaml", "atc#A11DA01", "{coding: [{system: atc, code: A11DA01}]}")
    element = "productCodeableConcept.coding[0]"
    assert after(authoring, "activities/use-cream.yaml", element) == {"display": "tiamin"}


def test_plain_fhir_has_nothing_to_explain_but_what_it_inherits(authoring: Authoring) -> None:
    resource = {"resourceType": "PlanDefinition", "id": "second", "title": "Plan", "type": {"text": "Plan"}}
    authoring.write("plans/second.json", json.dumps(resource))
    assert {kind for _, kind in places(authoring, "plans/second.json").values()} == {"inherited metadata"}


def test_the_text_is_place_element_before_and_after(authoring: Authoring, capsys: pytest.CaptureFixture[str]) -> None:
    file = authoring.topic / "plans/nail-care.yaml"
    assert main(["compile", "--explain", str(file), str(authoring.root)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert (
        f'{file}:7:11: library[0] (Type/id)\n  "Library/Nails"\n  -> "https://example.org/fhir/Library/Nails|0.1.0"\n'
    ) in out
    assert (
        f'{authoring.topic}/topic.yaml:2:1: version (inherited metadata)\n  (not written)\n  -> {{"version":"0.1.0"}}\n'
    ) in out
    assert not (authoring.topic / "fhir").exists()


def test_the_json_has_the_same_as_data(authoring: Authoring, capsys: pytest.CaptureFixture[str]) -> None:
    file = authoring.topic / "plans/nail-care.yaml"
    assert main(["compile", "--explain", str(file), str(authoring.root), "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["element"] for row in rows] == [one.element for one in explained(authoring.root, file)]
    assert next(row for row in rows if row["element"] == "library[0]") == {
        "file": str(file),
        "line": 7,
        "column": 11,
        "element": "library[0]",
        "shorthand": "Type/id",
        "before": "Library/Nails",
        "after": "https://example.org/fhir/Library/Nails|0.1.0",
    }


@pytest.mark.parametrize("name", ["topic.yaml", "cases/none.yaml", "no-such.yaml"])
def test_a_file_that_is_no_artifact_is_an_issue(
    authoring: Authoring, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = authoring.topic / name
    assert main(["compile", "--explain", str(file), str(authoring.root)]) == 1
    assert capsys.readouterr() == (
        "",
        f"error file-unknown: {file} is no artifact of a topic below {authoring.root}; "
        "name a YAML file in a folder of a topic.\n",
    )


def test_what_is_wrong_is_told_instead(authoring: Authoring, capsys: pytest.CaptureFixture[str]) -> None:
    authoring.change("plans/nail-care.yaml", "Library/Nails", "Library/Nagel")
    assert main(["compile", "--explain", str(authoring.topic / "plans/nail-care.yaml"), str(authoring.root)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "nail-care.yaml:7:11: error reference-unresolved" in err


def test_explain_and_check_exclude_each_other() -> None:
    assert main(["compile", "--check", "--explain", "a.yaml"]) == 2
