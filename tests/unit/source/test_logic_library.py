"""A logic library is filled from its CQL and ELM."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.conftest import Authoring

VALUE_SET = "https://example.org/fhir/ValueSet/nail-conditions|0.1.0"


@pytest.fixture
def library(authoring: Authoring) -> Callable[..., dict[str, Any]]:
    """Return a function that compiles the library with a changed ELM."""

    def compiled(change: Callable[[dict[str, Any]], object] = lambda _: None) -> dict[str, Any]:
        elm = authoring.elm()
        change(elm)
        authoring.write_logic("Nails", **elm)
        return authoring.resource("Library", "Nails")

    return compiled


def test_content_is_the_bytes_of_both_files(library: Callable[..., dict[str, Any]], authoring: Authoring) -> None:
    contents = {one["contentType"]: base64.b64decode(one["data"]) for one in library()["content"]}
    assert contents == {
        "text/cql": (authoring.topic / "logic/Nails.cql").read_bytes(),
        "application/elm+json": (authoring.topic / "logic/Nails.elm.json").read_bytes(),
    }


def test_line_ends_of_the_checkout_do_not_change_the_content(
    library: Callable[..., dict[str, Any]], authoring: Authoring
) -> None:
    before = library()["content"]
    for name in ("logic/Nails.cql", "logic/Nails.elm.json"):
        path = authoring.topic / name
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert authoring.resource("Library", "Nails")["content"] == before


def test_it_is_a_logic_library_about_a_patient(library: Callable[..., dict[str, Any]]) -> None:
    found = library()
    assert found["type"]["coding"][0]["code"] == "logic-library"
    assert found["subjectCodeableConcept"]["coding"][0]["code"] == "Patient"


def test_dependencies_are_the_model_helpers_libraries_code_systems_and_value_sets(
    library: Callable[..., dict[str, Any]],
) -> None:
    def change(elm: dict[str, Any]) -> None:
        elm["codeSystems"] = {"def": [{"name": "ATC", "id": "http://www.whocc.no/atc"}]}
        elm["valueSets"]["def"].append({"name": "Other", "id": "http://x.example/ValueSet/o", "version": "2"})

    assert library(change)["relatedArtifact"] == [
        {"type": "depends-on", "resource": resource}
        for resource in (
            "http://fhir.org/guides/cqf/common/Library/FHIR-ModelInfo|4.0.1",
            "http://hl7.org/fhir/Library/FHIRHelpers|4.0.1",
            "http://www.whocc.no/atc",
            VALUE_SET,
            "http://x.example/ValueSet/o|2",
        )
    ]


def test_a_library_of_ours_is_named_by_its_canonical(
    library: Callable[..., dict[str, Any]], authoring: Authoring
) -> None:
    authoring.write("logic/Shared.yaml", "resourceType: Library\nid: Shared\ntitle: {sv: Delat, en: Shared}\n")
    authoring.write_logic("Shared")
    found = library(lambda elm: elm["includes"]["def"].append({"localIdentifier": "S", "path": "Shared"}))
    assert {"type": "depends-on", "resource": "https://example.org/fhir/Library/Shared|0.1.0"} in found[
        "relatedArtifact"
    ]


def test_parameters_are_those_of_the_elm_and_its_public_definitions(library: Callable[..., dict[str, Any]]) -> None:
    assert library()["parameter"] == [
        {"name": "Drafts", "use": "in", "min": 0, "max": "*", "type": "MedicationRequest"},
        {"name": "Nails Are Brittle", "use": "out", "min": 0, "max": "1", "type": "boolean"},
    ]


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        ({"resultTypeName": "{urn:hl7-org:elm-types:r1}Concept"}, ("CodeableConcept", "1")),
        ({"resultTypeName": "{http://hl7.org/fhir}Observation"}, ("Observation", "1")),
        (
            {
                "resultTypeSpecifier": {
                    "type": "IntervalTypeSpecifier",
                    "pointType": {"type": "NamedTypeSpecifier", "name": "{urn:hl7-org:elm-types:r1}DateTime"},
                }
            },
            ("Period", "1"),
        ),
        (
            {
                "resultTypeSpecifier": {
                    "type": "ListTypeSpecifier",
                    "elementType": {"type": "NamedTypeSpecifier", "name": "{urn:hl7-org:elm-types:r1}String"},
                }
            },
            ("string", "*"),
        ),
        ({"resultTypeSpecifier": {"type": "TupleTypeSpecifier"}}, None),
        ({"resultTypeName": "{urn:hl7-org:elm-types:r1}Any"}, None),
    ],
)
def test_type_of_a_parameter_where_fhir_has_a_simple_one(
    library: Callable[..., dict[str, Any]], result: dict[str, Any], kind: Any
) -> None:
    found = library(lambda elm: elm["statements"]["def"].append({"name": "New", "accessLevel": "Public", **result}))
    types = [(one["type"], one["max"]) for one in found["parameter"] if one["name"] == "New"]
    assert types == ([kind] if kind else [])


def test_each_retrieve_is_a_data_requirement_once(library: Callable[..., dict[str, Any]]) -> None:
    def twice(elm: dict[str, Any]) -> None:
        elm["statements"]["def"].append({**elm["statements"]["def"][0], "name": "Again"})

    assert library(twice)["dataRequirement"] == [
        {
            "type": "Condition",
            "profile": ["http://hl7.org/fhir/StructureDefinition/Condition"],
            "codeFilter": [{"path": "code", "valueSet": VALUE_SET}],
        }
    ]


def test_a_retrieve_by_code_names_the_code(library: Callable[..., dict[str, Any]]) -> None:
    def change(elm: dict[str, Any]) -> None:
        elm["codeSystems"] = {"def": [{"name": "ATC", "id": "http://www.whocc.no/atc"}]}
        elm["codes"] = {"def": [{"name": "C", "id": "A11DA01", "codeSystem": {"name": "ATC"}}]}
        retrieve = elm["statements"]["def"][0]["expression"]["operand"]
        retrieve["codes"] = {"type": "ToList", "operand": {"type": "CodeRef", "name": "C"}}

    assert library(change)["dataRequirement"][0]["codeFilter"] == [
        {"path": "code", "code": [{"system": "http://www.whocc.no/atc", "code": "A11DA01", "display": "tiamin"}]}
    ]


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ({"id": "A11DA02"}, "code-unlocked: A11DA02 of http://www.whocc.no/atc is no code of terminology.csv; "
         "verify it, and add its row."),
        ({"id": "A11XX99"}, "code-wrong: A11XX99 of http://www.whocc.no/atc was found to be wrong; "
         "choose a verified code."),
        ({"id": "A11DA01", "display": "B1"}, "display-differs: A11DA01 is called 'tiamin', not 'B1'; "
         "leave display out."),
    ],
)  # fmt: skip
def test_a_code_in_cql_passes_the_lock_as_one_in_yaml(authoring: Authoring, code: dict[str, str], problem: str) -> None:
    elm = authoring.elm()
    elm["codeSystems"] = {"def": [{"name": "ATC", "id": "http://www.whocc.no/atc"}]}
    elm["codes"] = {"def": [{"name": "C", "locator": "9:3-9:40", "codeSystem": {"name": "ATC"}, **code}]}
    authoring.write_logic("Nails", **elm)
    assert authoring.issues() == [f"logic/Nails.cql:9:3: error {problem}"]


def test_a_retrieve_of_all_has_no_filter(library: Callable[..., dict[str, Any]]) -> None:
    def change(elm: dict[str, Any]) -> None:
        retrieve = elm["statements"]["def"][0]["expression"]["operand"]
        del retrieve["codes"], retrieve["codeProperty"]

    assert "codeFilter" not in library(change)["dataRequirement"][0]


def test_cql_that_is_missing_is_an_issue(authoring: Authoring) -> None:
    (authoring.topic / "logic/Nails.cql").unlink()
    assert authoring.issues() == [
        "logic/Nails.yaml:1:1: error cql-missing: Nails.cql is missing; write the logic that Nails stands for."
    ]


def test_elm_that_is_missing_or_stale_is_an_issue(authoring: Authoring) -> None:
    (authoring.topic / "logic/Nails.elm.json").unlink()
    assert [one.split(": ")[1] for one in authoring.issues()] == ["error elm-missing"]
    authoring.write_logic("Nails", **authoring.elm())
    authoring.change("logic/Nails.cql", "0.1.0", "0.1.1")
    assert [one.split(": ")[1] for one in authoring.issues()] == ["error elm-stale"]


def test_library_of_another_version_is_an_issue(authoring: Authoring) -> None:
    authoring.write_logic("Nails", "0.2.0", **authoring.elm())
    assert authoring.issues() == [
        "logic/Nails.cql:1:1: error library-identity: The CQL is library Nails version 0.2.0, "
        "the artifact Nails version 0.1.0; make them the same and run `vademecum compile --cql`."
    ]


def test_a_code_of_a_system_that_another_library_names_is_an_issue(authoring: Authoring) -> None:
    elm = authoring.elm()
    system = {"libraryName": "Shared", "name": "ATC"}
    elm["codes"] = {"def": [{"name": "C", "id": "A11DA01", "locator": "9:3-9:40", "codeSystem": system}]}
    retrieve = elm["statements"]["def"][0]["expression"]["operand"]
    retrieve["codes"] = {"type": "ToList", "operand": {"type": "CodeRef", "name": "C"}}
    authoring.write_logic("Nails", **elm)
    assert authoring.issues() == [
        "logic/Nails.cql:9:3: error system-unknown: The code 'C' is of a code system that another library names; "
        "name it in this one too."
    ]


def test_a_value_set_of_another_library_is_not_taken_for_one_of_the_same_name(
    library: Callable[..., dict[str, Any]],
) -> None:
    def change(elm: dict[str, Any]) -> None:
        elm["statements"]["def"][0]["expression"]["operand"]["codes"]["libraryName"] = "Shared"

    assert "codeFilter" not in library(change)["dataRequirement"][0]


def titled(*languages: str) -> list[dict[str, object]]:
    return [{"type": "Annotation", "t": [{"name": f"title_{one}", "value": "T"} for one in languages]}]


@pytest.mark.parametrize(("there", "missing"), [("sv", "en"), ("en", "sv")])
def test_a_title_of_a_definition_is_there_in_every_language(authoring: Authoring, there: str, missing: str) -> None:
    elm = authoring.elm()
    elm["statements"]["def"][0] |= {"locator": "12:1-14:3", "annotation": titled(there)}
    authoring.write_logic("Nails", **elm)
    assert authoring.issues() == [
        f"logic/Nails.cql:12:1: error language-missing: The title of the definition 'Nails Are Brittle' is missing in "
        f"'{missing}'; add `// @title_{missing}: ...` to the comment right above it, and run `vademecum compile --cql`."
    ]


@pytest.mark.parametrize("languages", [(), ("sv", "en")])
def test_a_definition_has_a_title_in_all_languages_or_in_none(authoring: Authoring, languages: tuple[str, ...]) -> None:
    elm = authoring.elm()
    elm["statements"]["def"][0]["annotation"] = titled(*languages)
    authoring.write_logic("Nails", **elm)
    assert authoring.issues() == []
