"""Narratives: what a clinician reads of an artifact, in each language, in the XHTML that FHIR allows."""

from __future__ import annotations

import base64
import json
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import pytest

from publisher.narrative import narrative
from publisher.narrative_labels import LABELS
from publisher.repository import Artifact, Repository
from publisher.validation.narrative import narrative_problems

if TYPE_CHECKING:
    from tests.unit.conftest import Authoring

XHTML = "{http://www.w3.org/1999/xhtml}"


def translated(text: str) -> dict[str, Any]:
    parts = [{"url": "lang", "valueCode": "en"}, {"url": "content", "valueString": text}]
    return {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/translation", "extension": parts}]}


def told(resource: dict[str, Any], language: str = "en", others: tuple[dict[str, Any], ...] = ()) -> str:
    repository = Repository([Artifact(one, {}) for one in others])
    return narrative({"id": "x", **resource}, language, repository)["div"]


def tree(div: str) -> ET.Element:
    """Return a narrative of ours as XML."""
    return ET.fromstring(div)  # noqa: S314 (written by the code under test)


def words(div: str) -> list[str]:
    """Return the texts of a narrative in order."""
    return [text.strip() for text in tree(div).itertext() if text.strip()]


def test_status_is_generated_and_the_language_said_twice() -> None:
    found = narrative({"resourceType": "Basic", "id": "x"}, "en", Repository([]))
    assert found["status"] == "generated"
    assert found["div"] == ('<div xmlns="http://www.w3.org/1999/xhtml" lang="en" xml:lang="en"><h2>x</h2></div>')


def test_labels_are_the_same_in_each_language() -> None:
    assert LABELS["sv"].keys() == LABELS["en"].keys()


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "sv",
            [
                "Naglar",
                "Status: utkast; experimentell, inte för patientvård",
                "Råd.",
                "Adress",
                "http://x.example/1",
            ],
        ),
        ("en", ["Nails", "Status: draft; experimental, not for patient care", "Advice.", "Address"]),
    ],
)
def test_head_says_title_status_and_description(language: str, expected: list[str]) -> None:
    resource = {
        "resourceType": "Questionnaire",
        "url": "http://x.example/1",
        "title": "Naglar",
        "_title": translated("Nails"),
        "status": "draft",
        "experimental": True,
        "description": "Råd.",
        "_description": translated("Advice."),
    }
    assert words(told(resource, language))[: len(expected)] == expected


def test_text_is_escaped_and_never_markup() -> None:
    div = told({"resourceType": "Basic", "url": "u", "title": "<script>a & b</script>", "description": "]]> <b>"})
    assert "&lt;script&gt;a &amp; b&lt;/script&gt;" in div
    assert tree(div).find(f".//{XHTML}script") is None
    assert list(narrative_problems(div)) == []


def test_paragraphs_are_kept() -> None:
    div = told({"resourceType": "Basic", "description": "One\ntwo.\n\nThree."})
    assert "<p>One two.</p><p>Three.</p>" in div


PLAN = {
    "resourceType": "PlanDefinition",
    "library": ["http://x.example/Library/L|1"],
    "relatedArtifact": [
        {"type": "derived-from", "label": "S-2", "display": "Två", "_display": translated("Two")},
        {"type": "depends-on", "resource": "http://x.example/other"},
    ],
    "action": [
        {
            "id": "outer",
            "title": "Yttre",
            "_title": translated("Outer"),
            "trigger": [{"type": "named-event", "name": "patient-view"}],
            "action": [
                {
                    "id": "inner",
                    "title": "Inre",
                    "_title": translated("Inner"),
                    "description": "Mer",
                    "_description": translated("More"),
                    "condition": [{"expression": {"expression": "Is So"}}],
                    "documentation": [
                        {
                            "type": "derived-from",
                            "label": "S-1",
                            "display": "Ett",
                            "_display": translated("One"),
                        }
                    ],
                    "definitionCanonical": "http://x.example/ActivityDefinition/a|1",
                }
            ],
        }
    ],
}
ACTIVITY = {
    "resourceType": "ActivityDefinition",
    "id": "a",
    "url": "http://x.example/ActivityDefinition/a",
    "version": "1",
    "title": "Åtgärd",
    "_title": translated("Activity"),
}


def test_plan_is_a_nested_list_of_actions_with_conditions_and_statements() -> None:
    assert words(told(PLAN, others=(ACTIVITY,))) == [
        *("x", "Logic", "http://x.example/Library/L|1"),
        *("Outer", "Started by", "patient-view"),
        *("Inner", "More", "Condition", "Is So", "Leads to", "Activity", "Derived from:", "S-1: One"),
        *("Derived from:", "S-2: Two"),
    ]
    assert tree(told(PLAN)).find(f"{XHTML}ul/{XHTML}li/{XHTML}ul/{XHTML}li/{XHTML}b").text == "Inner"


def test_plan_in_the_default_language() -> None:
    assert words(told(PLAN, "sv", (ACTIVITY,)))[-10:] == [
        *("Inre", "Mer", "Villkor", "Is So", "Leder till", "Åtgärd", "Bygger på:", "S-1: Ett"),
        *("Bygger på:", "S-2: Två"),
    ]


def test_activity_says_what_is_not_to_be_done() -> None:
    activity = {
        "resourceType": "ActivityDefinition",
        "kind": "MedicationRequest",
        "intent": "proposal",
        "doNotPerform": True,
        "productCodeableConcept": {"coding": [{"code": "A11", "display": "tiamin"}]},
    }
    assert words(told(activity, "sv")) == [
        *(
            "x",
            "Slag",
            "MedicationRequest",
            "Avsikt",
            "förslag",
            "Ska inte göras",
            "ja",
            "Läkemedel",
            "tiamin",
        ),
    ]


def test_value_set_is_a_table_of_its_codes_and_counts_their_spellings() -> None:
    value_set = {
        "resourceType": "ValueSet",
        "compose": {
            "include": [
                {"system": "http://a.example", "concept": [{"code": "1", "display": "one"}, {"code": "2"}]},
            ]
        },
        "expansion": {"total": 6},
    }
    assert words(told(value_set)) == [
        *("x", "Code", "Display", "Code system", "1", "one", "http://a.example", "2", "http://a.example"),
        "The expansion adds 4 spellings: other addresses of the code system, or no dot.",
    ]
    assert "spellings" not in told({**value_set, "expansion": {"total": 2}})


def test_displays_of_a_code_system_come_from_translations_and_designations() -> None:
    concepts = [
        {"code": "a", "display": "Ett", "_display": translated("One")},
        {"code": "b", "display": "Två", "designation": [{"language": "en", "value": "Two"}]},
        {"code": "c", "display": "Tre", "concept": [{"code": "d", "display": "Fyra"}]},
    ]
    code_system = {"resourceType": "CodeSystem", "concept": concepts}
    assert words(told(code_system))[3:] == ["a", "One", "b", "Two", "c", "Tre", "d", "Fyra"]
    assert words(told(code_system, "sv"))[3:] == ["a", "Ett", "b", "Två", "c", "Tre", "d", "Fyra"]


def test_medication_is_its_codes_and_ingredients(authoring: Authoring) -> None:
    medication = authoring.resource("Medication", "cream-one")
    found = words(narrative(medication, "en", Repository([]))["div"])
    assert found == [
        *("Cream One", "Code", "Display", "Code system", "A11DA01", "tiamin", "http://www.whocc.no/atc"),
        *("Content:", "kolekalciferol", "Derived from:", "BN-TRT-01: An emollient may be tried."),
    ]


def test_library_lists_its_public_definitions(authoring: Authoring) -> None:
    found = words(narrative(authoring.resource("Library", "Nails"), "en", Repository([]))["div"])
    assert found[-2:] == ["Definitions:", "Nails Are Brittle"]


def test_questionnaire_is_a_nested_list_of_questions() -> None:
    questions = [
        {
            "linkId": "1",
            "text": "Ett?",
            "_text": translated("One?"),
            "item": [{"linkId": "2", "text": "Två?"}],
        }
    ]
    assert words(told({"resourceType": "Questionnaire", "item": questions})) == ["x", "One?", "Två?"]


def test_extension_definition_says_where_it_is_used() -> None:
    definition = {"resourceType": "StructureDefinition", "context": [{"expression": "PlanDefinition.action"}]}
    assert words(told(definition)) == ["x", "Used on", "PlanDefinition.action"]


def test_every_narrative_of_a_topic_is_what_fhir_allows(authoring: Authoring) -> None:
    topics, _ = authoring.compile()
    for artifact in topics[0].artifacts:
        for language in ("sv", "en"):
            div = narrative(artifact.resource, language, Repository([]))["div"]
            assert list(narrative_problems(div)) == []


def test_a_guide_lists_its_resources_by_type_and_title() -> None:
    listed = [{"reference": {"reference": "PlanDefinition/care"}, "name": "Vård"}]
    guide = {"resourceType": "ImplementationGuide", "packageId": "org.example.nails", "fhirVersion": ["4.0.1"]}
    plan = {"resourceType": "PlanDefinition", "id": "care", "title": "Vård", "_title": translated("Care")}
    found = words(told({**guide, "title": "Nails", "definition": {"resource": listed}}, others=(plan,)))
    assert found[-8:] == ["Package", "org.example.nails", "FHIR", "4.0.1", "Kind", "Artifact", "PlanDefinition", "Care"]


def test_a_manifest_lists_what_it_is_composed_of() -> None:
    related = [
        {"type": "composed-of", "resource": "https://example.org/fhir/Medication/cream|1.0.0"},
        {"type": "composed-of", "resource": "https://example.org/fhir/ValueSet/gone|1.0.0"},
        {"type": "depends-on", "resource": "https://example.org/fhir/ValueSet/other|1.0.0"},
    ]
    extensions = [
        {"url": "http://hl7.org/fhir/StructureDefinition/artifact-url", "valueUri": related[0]["resource"][:-6]},
        {"url": "http://hl7.org/fhir/StructureDefinition/artifact-version", "valueString": "1.0.0"},
    ]
    cream = {"resourceType": "Medication", "id": "cream", "code": {"text": "Cream One"}, "extension": extensions}
    found = words(told({"resourceType": "Library", "relatedArtifact": related}, others=(cream,)))
    assert found == ["x", "Composed of:", "Cream One", related[1]["resource"]]


def test_provenance_says_from_what_by_whom_and_that_nobody_signed() -> None:
    provenance = {
        "resourceType": "Provenance",
        "recorded": "2026-01-02T00:00:00Z",
        "agent": [{"type": {"coding": [{"code": "assembler", "display": "Assembler"}]}, "who": {"display": "Us"}}],
        "entity": [{"role": "source", "what": {"display": "Nails"}}],
        "contained": [
            {
                "masterIdentifier": {"value": "ni:///sha-256;lZGMK7Dy5G8NT3Ovj1GiIEHK6vAowlN-9CsfY7LrwYM"},
                "content": [{"attachment": {"url": "https://example.org/nails"}}],
            }
        ],
    }
    assert words(told(provenance)) == [
        *("Provenance", "Recorded", "2026-01-02T00:00:00Z", "Assembled by", "Us", "Source", "Nails"),
        *("Address", "https://example.org/nails"),
        *("SHA-256", "95918c2bb0f2e46f0d4f73af8f51a22041caeaf028c2537ef42b1f63b2ebc183"),
        "Nobody has reviewed or signed the content.",
    ]
    assert words(told({**provenance, "signature": [{}]}))[-1] != "Nobody has reviewed or signed the content."


def test_a_code_system_shows_the_properties_of_its_codes() -> None:
    system = {
        "resourceType": "CodeSystem",
        "property": [{"code": "strength", "type": "string"}, {"code": "from", "type": "code"}],
        "concept": [
            {
                "code": "A-2",
                "display": "Two",
                "property": [
                    {"code": "strength", "valueString": "trigger"},
                    {"code": "from", "valueCode": "A-1"},
                    {"code": "from", "valueCode": "A-0"},
                ],
            }
        ],
    }
    found = words(told(system))
    assert found == ["x", "Code", "Display", "Strength", "Derived from", "A-2", "Two", "trigger", "A-1, A-0"]


def test_documentation_is_read_at_the_head_and_literature_apart_from_the_statements() -> None:
    related = [
        {"type": "documentation", "display": "Inte sett.", "_display": translated("Not seen.")},
        {"type": "derived-from", "label": "A-1", "display": "One."},
        {"type": "citation", "citation": "Smith 2020"},
    ]
    url = "http://hl7.org/fhir/StructureDefinition/artifact-relatedArtifact"
    extensions = [{"url": url, "valueRelatedArtifact": one} for one in related]
    found = words(told({"resourceType": "Medication", "code": {"text": "Cream"}, "extension": extensions}))
    assert found == [
        *("Cream", "Not seen.", "Derived from:", "A-1: One."),
        *("Literature, not the source's own:", "Smith 2020"),
    ]


@pytest.mark.parametrize(("language", "called"), [("sv", "Det är så"), ("en", "It is so"), ("de", "Is So")])
def test_a_condition_is_called_by_the_title_of_its_definition(language: str, called: str) -> None:
    tags = [{"name": "title_sv", "value": "Det är så"}, {"name": "title_en", "value": "It is so"}]
    statement = {"name": "Is So", "annotation": [{"type": "Annotation", "t": tags}]}
    data = base64.b64encode(json.dumps({"library": {"statements": {"def": [statement]}}}).encode()).decode()
    content = [{"contentType": "application/elm+json", "data": data}]
    library = {"resourceType": "Library", "id": "L", "url": "http://x/Library/L", "status": "active"}
    library["content"] = content
    action = {"title": "A", "condition": [{"expression": {"expression": "Is So"}}]}
    plan = {"resourceType": "PlanDefinition", "library": ["http://x/Library/L"], "action": [action]}
    assert called in words(told(plan, language, (library,)))
