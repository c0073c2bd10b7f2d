"""What is made for every topic: its statements as codes, its guide, its manifest and its provenance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.language import text

if TYPE_CHECKING:
    from tests.unit.conftest import Authoring

BASE = "https://example.org/fhir"
GUIDE = "org.example.brittle-nails"
SHA256 = "95918c2bb0f2e46f0d4f73af8f51a22041caeaf028c2537ef42b1f63b2ebc183"
OTHER_TOPIC = """\
id: dry-nails
version: 0.3.0
date: 2026-01-03
status: draft
experimental: true
title: {sv: Torra naglar, en: Dry nails}
description: {sv: Råd., en: Advice.}
"""


def related(manifest: dict[str, Any], kind: str) -> list[str]:
    return [one["resource"] for one in manifest["relatedArtifact"] if one["type"] == kind]


def test_each_statement_is_a_concept_with_its_type_and_strength(authoring: Authoring) -> None:
    system = authoring.resource("CodeSystem", "brittle-nails-statements")
    assert system["url"] == f"{BASE}/CodeSystem/brittle-nails-statements"
    (page, derived) = system["concept"]
    assert (page["code"], page["display"]) == ("BN-TRT-01", "Mjukgörande kräm kan prövas.")
    assert text(page, "display", "en") == "An emollient may be tried."
    assert page["property"] == [
        {"code": "type", "valueString": "treatment"},
        {"code": "strength", "valueString": "consider"},
    ]
    assert derived["property"] == [
        {"code": "type", "valueString": "derived-rule"},
        {"code": "from", "valueCode": "BN-TRT-01"},
    ]


def test_a_statement_can_be_named_as_a_code(authoring: Authoring) -> None:
    use = "useContext:\n  - code: usage-context-type#focus\n    valueCodeableConcept: brittle-nails-statements#BN-TRT-01\n"
    authoring.change("activities/use-cream.yaml", "kind: M", f"{use}kind: M")
    (context,) = authoring.resource("ActivityDefinition", "use-cream")["useContext"]
    assert context["valueCodeableConcept"]["coding"][0]["display"] == "Mjukgörande kräm kan prövas."


def test_the_guide_lists_every_resource_of_the_topic_but_itself(authoring: Authoring) -> None:
    guide = authoring.resource("ImplementationGuide", GUIDE)
    assert (guide["packageId"], guide["fhirVersion"]) == (GUIDE, ["4.0.1"])
    assert [(one["reference"]["reference"], one["name"]) for one in guide["definition"]["resource"]] == [
        ("ActivityDefinition/use-cream", "Kräm"),
        ("CodeSystem/brittle-nails-statements", "Sköra naglar: vad underlaget säger"),
        ("Library/BrittleNailsManifest", "Sköra naglar: innehållsförteckning"),
        ("Library/Nails", "Logik för naglar"),
        ("Medication/cream-one", "Cream One"),
        ("PlanDefinition/nail-care", "Nagelvård"),
        ("Provenance/brittle-nails-provenance", "brittle-nails-provenance"),
        ("ValueSet/nail-conditions", "Nagelbesvär"),
    ]
    assert "dependsOn" not in guide


def test_the_manifest_pins_every_artifact_with_a_canonical(authoring: Authoring) -> None:
    manifest = authoring.resource("Library", "BrittleNailsManifest")
    assert related(manifest, "composed-of") == [
        f"{BASE}/ActivityDefinition/use-cream|0.1.0",
        f"{BASE}/CodeSystem/brittle-nails-statements|0.1.0",
        f"{BASE}/ImplementationGuide/{GUIDE}|0.1.0",
        f"{BASE}/Library/Nails|0.1.0",
        f"{BASE}/Medication/cream-one|0.1.0",
        f"{BASE}/PlanDefinition/nail-care|0.1.0",
        f"{BASE}/ValueSet/nail-conditions|0.1.0",
    ]
    assert related(manifest, "depends-on") == [
        "http://fhir.org/guides/cqf/common/Library/FHIR-ModelInfo|4.0.1",
        "http://hl7.org/fhir/Library/FHIRHelpers|4.0.1",
    ]


def test_what_a_topic_names_of_another_is_a_dependency(authoring: Authoring) -> None:
    folder = authoring.root / "dry-nails" / "terminology"
    folder.mkdir(parents=True)
    (folder.parent / "topic.yaml").write_text(OTHER_TOPIC, encoding="utf-8")
    value_set = "resourceType: ValueSet\nid: dry-nails\ntitle: {sv: A, en: B}\ncompose:\n  include:\n"
    (folder / "dry.yaml").write_text(f"{value_set}    - valueSet: ValueSet/nail-conditions\n", encoding="utf-8")
    assert related(authoring.resource("Library", "DryNailsManifest"), "depends-on") == [
        f"{BASE}/ValueSet/nail-conditions|0.1.0"
    ]
    assert authoring.resource("ImplementationGuide", "org.example.dry-nails")["dependsOn"] == [
        {"uri": f"{BASE}/ImplementationGuide/{GUIDE}", "packageId": GUIDE, "version": "0.1.0"}
    ]


def test_a_topic_without_statements_and_source_has_a_guide_and_a_manifest_only(authoring: Authoring) -> None:
    (authoring.root / "dry-nails").mkdir()
    (authoring.root / "dry-nails/topic.yaml").write_text(OTHER_TOPIC, encoding="utf-8")
    topics, report = authoring.compile()
    assert report.to_text() == ""
    (dry,) = (one for one in topics if one.topic.id == "dry-nails")
    assert [f"{one.type}/{one.id}" for one in dry.artifacts] == [
        "ImplementationGuide/org.example.dry-nails",
        "Library/DryNailsManifest",
    ]


def test_provenance_names_the_very_text_that_was_used_and_nobody_who_approved(authoring: Authoring) -> None:
    authoring.change("topic.yaml", "0" * 64, SHA256)
    provenance = authoring.resource("Provenance", "brittle-nails-provenance")
    assert provenance["target"] == [{"reference": f"ImplementationGuide/{GUIDE}"}]
    assert provenance["recorded"] == "2026-01-02T00:00:00Z"
    ((agent),) = provenance["agent"]
    assert (agent["type"]["coding"][0]["code"], agent["who"]["display"]) == ("assembler", "Example")
    assert provenance["entity"] == [{"role": "source", "what": {"reference": "#source", "display": "Naglar"}}]
    (source,) = provenance["contained"]
    assert source["masterIdentifier"]["value"] == "ni:///sha-256;lZGMK7Dy5G8NT3Ovj1GiIEHK6vAowlN-9CsfY7LrwYM"
    assert source["content"] == [{"attachment": {"language": "sv", "url": "https://example.org/nails", "size": 12}}]
    assert "signature" not in provenance


def test_what_an_author_writes_stays_instead_of_what_is_made(authoring: Authoring) -> None:
    guide = f"resourceType: ImplementationGuide\nid: {GUIDE}\ntitle: {{sv: Egen, en: Own}}\nlicense: CC0-1.0\n"
    authoring.write("guide/guide.yaml", f"{guide}packageId: {GUIDE}\nfhirVersion: [4.0.1]\n")
    found = authoring.resource("ImplementationGuide", GUIDE)
    assert (found["title"], found["license"]) == ("Egen", "CC0-1.0")
    assert len(found["definition"]["resource"]) == 8


def test_provenance_says_in_each_language_who_or_what_wrote_the_topic(authoring: Authoring) -> None:
    author = "author: {sv: En maskin., en: A machine.}\nsource:\n"
    authoring.change("topic.yaml", "source:\n", author)
    agent = authoring.resource("Provenance", "brittle-nails-provenance")["agent"][1]
    assert agent["type"]["coding"][0]["code"] == "author"
    assert (agent["who"]["display"], text(agent["who"], "display", "en")) == ("En maskin.", "A machine.")
