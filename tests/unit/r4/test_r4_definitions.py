"""The definitions of R4: what can be looked up, and that the data hang together."""

import json
import re
from pathlib import Path

import pytest

from publisher.r4 import definitions
from publisher.r4.definitions import (
    ancestors,
    children,
    code_system,
    element,
    extension,
    is_primitive,
    is_resource,
    operation,
    search_parameter,
    search_parameters,
    type_definition,
    value_set,
)

DATA = Path(definitions.__file__).parent / "definitions"
HL7 = "http://hl7.org/fhir/"


def test_every_type_of_r4_is_there() -> None:
    assert len(definitions.types("resource")) == 148  # Resource and DomainResource among them
    assert len(definitions.types("primitive-type")) == 20
    assert definitions.manifest()["counts"]["types"] == len(definitions.types())


def test_the_counts_of_the_manifest_are_those_of_the_data() -> None:
    counts = definitions.manifest()["counts"]

    assert counts["elements"] == sum(len(type_definition(name).elements) for name in definitions.types())
    for name, file in (
        ("searchParameters", "search-parameters"),
        ("operations", "operations"),
        ("extensions", "extensions"),
        ("valueSets", "value-sets"),
    ):
        assert counts[name] == len((DATA / f"{file}.jsonl").read_text(encoding="utf-8").split("\n")) - 1
    assert counts["searchParameters"] == 1400


def test_abstract_and_unknown_types_are_no_resources() -> None:
    assert is_resource("PlanDefinition")
    assert not any(
        is_resource(name) for name in ("DomainResource", "Resource", "Period", "plandefinition", "Ingredient")
    )
    assert is_primitive("markdown")
    assert not is_primitive("Quantity")
    assert type_definition("Ingredient") is None


def test_a_type_knows_its_ancestors() -> None:
    assert ancestors("PlanDefinition") == ("PlanDefinition", "DomainResource", "Resource")
    assert ancestors("Age") == ("Age", "Quantity", "Element")
    assert ancestors("markdown") == ("markdown", "string", "Element")


def test_an_element_has_cardinality_type_and_binding() -> None:
    kind = element("PlanDefinition.action.condition.kind")

    assert (kind.min, kind.max, kind.types[0].code) == (1, "1", "code")
    assert kind.binding.strength == "required"
    assert kind.binding.value_set == f"{HL7}ValueSet/action-condition-kind"


@pytest.mark.parametrize(
    ("path", "defined_at"),
    [
        ("PlanDefinition.action.action.action.title", "PlanDefinition.action.title"),
        ("PlanDefinition.identifier.period.start", "Period.start"),
        ("Observation.valueQuantity.value", "Quantity.value"),
        ("Observation.value[x]", "Observation.value[x]"),
        ("Observation.value", "Observation.value[x]"),
        ("PlanDefinition.action.timingTiming.repeat.boundsRange.low.comparator", "SimpleQuantity.comparator"),
        ("Bundle.entry.response.status", "Bundle.entry.response.status"),
    ],
)
def test_an_element_is_found_through_references_types_and_choices(path: str, defined_at: str) -> None:
    assert element(path).path == defined_at


@pytest.mark.parametrize(
    "path", ["PlanDefinition", "PlanDefinition.colour", "Observation.valueAddress", "Nothing.at.all"]
)
def test_what_is_not_defined_is_none(path: str) -> None:
    assert element(path) is None


def test_children_are_under_their_json_names_in_order() -> None:
    names = list(children("PlanDefinition.action"))

    assert names[:5] == ["id", "extension", "modifierExtension", "prefix", "title"]
    assert names.index("subjectCodeableConcept") + 1 == names.index("subjectReference")
    assert "timing[x]" not in names
    assert children("PlanDefinition.action")["timingTiming"].type.code == "Timing"
    assert children("PlanDefinition.action.action") == children("PlanDefinition.action")
    assert children("Nothing") == {}


def test_quantities_that_a_profile_narrows_use_the_profile() -> None:
    assert children("Range")["low"].content == "SimpleQuantity"
    assert children("SimpleQuantity")["comparator"].element.max == "0"


def test_targets_of_references_and_canonicals_are_type_names() -> None:
    assert children("PlanDefinition")["library"].type.targets == ("Library",)
    assert children("PlanDefinition")["subjectReference"].type.targets == ("Group",)
    assert children("Basic")["subject"].type.targets == ()  # any type


def test_invariants_stand_where_they_are_stated() -> None:
    own = {constraint.key: constraint for constraint in type_definition("DomainResource").constraints}

    assert set(own) == {"dom-2", "dom-3", "dom-4", "dom-5", "dom-6"}
    assert own["dom-6"].severity == "warning"
    assert own["dom-6"].is_best_practice
    assert [constraint.key for constraint in type_definition("PlanDefinition").constraints] == ["pdf-0"]
    assert {"que-1", "que-12"} <= {constraint.key for constraint in element("Questionnaire.item").constraints}


def test_the_published_form_of_a_corrected_invariant_is_kept() -> None:
    (dom_3,) = [each for each in type_definition("DomainResource").constraints if each.key == "dom-3"]

    assert ".descendants().as(" in dom_3.published
    assert ".descendants().as(" not in dom_3.expression
    assert dom_3.expression == dom_3.published.replace("descendants().as(", "descendants().ofType(")
    assert "DomainResource#dom-3" in {patch["at"] for patch in definitions.manifest()["patches"]}


def test_the_id_of_a_resource_is_an_id_and_of_an_element_a_string() -> None:
    assert element("PlanDefinition.id").types[0].code == "id"
    assert element("PlanDefinition.action.id").types[0].code == "string"


def test_primitives_have_their_regex() -> None:
    assert re.fullmatch(type_definition("id").regex, "leg-cramps")
    assert type_definition("string").max_length == 1_048_576


def test_search_parameters_of_a_type_include_those_of_all_resources() -> None:
    found = {parameter.code: parameter for parameter in search_parameters("PlanDefinition")}

    assert {"_id", "_lastUpdated", "url", "context-type-value", "definition"} <= set(found)
    assert found["url"].url == f"{HL7}SearchParameter/PlanDefinition-url"
    assert found["date"].comparators == ("eq", "ne", "gt", "ge", "lt", "le", "sa", "eb", "ap")
    assert found["context-type-value"].components == (
        (f"{HL7}SearchParameter/PlanDefinition-context-type", "code"),
        (f"{HL7}SearchParameter/PlanDefinition-context", "value.as(CodeableConcept)"),
    )
    assert search_parameters("Nothing") == ()


def test_the_examples_among_the_search_parameters_are_no_ones_parameters() -> None:
    assert [each.url for each in search_parameters("Basic") if each.code == "_id"] == [
        f"{HL7}SearchParameter/Resource-id"
    ]
    assert search_parameter(f"{HL7}SearchParameter/example") is not None


def test_a_shared_search_parameter_belongs_to_each_of_its_types() -> None:
    shared = search_parameter(f"{HL7}SearchParameter/conformance-url")

    assert {"ValueSet", "CodeSystem"} <= set(shared.base)
    assert shared in search_parameters("ValueSet")
    assert search_parameter("http://example.org/none") is None


def test_a_value_set_lists_codes_with_displays_whatever_version_is_asked_for() -> None:
    found = value_set(f"{HL7}ValueSet/publication-status|4.0.1")

    assert found.codes == {"draft", "active", "retired", "unknown"}
    assert found.systems[f"{HL7}publication-status"]["draft"] == "Draft"
    assert found.allows(f"{HL7}publication-status", "draft") is True
    assert found.allows(f"{HL7}publication-status", "published") is False
    assert found.allows(None, "draft") is False


def test_a_value_set_of_part_of_a_code_system_has_that_part_only() -> None:
    found = value_set(f"{HL7}ValueSet/security-labels").systems[
        "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
    ]

    assert "R" in found
    assert value_set(f"{HL7}ValueSet/all-types").codes > {"Any", "Quantity", "PlanDefinition"}


@pytest.mark.parametrize(
    ("url", "system"),
    [
        ("all-languages", "urn:ietf:bcp:47"),
        ("mimetypes", "urn:ietf:bcp:13"),
        ("currencies", "urn:iso:std:iso:4217"),
        ("ucum-units", "http://unitsofmeasure.org"),
    ],
)
def test_a_value_set_that_cannot_be_listed_says_so(url: str, system: str) -> None:
    found = value_set(f"{HL7}ValueSet/{url}")

    assert found.systems == {system: None}
    assert not found.is_complete
    assert found.codes is None
    assert found.allows(system, "anything") is None
    assert found.allows("http://example.org/other", "anything") is False


def test_a_value_set_that_nobody_published_is_none() -> None:
    assert value_set("http://www.rsna.org/RadLex_Playbook.aspx") is None


def test_a_code_system_knows_what_lies_below_a_code() -> None:
    found = code_system("http://terminology.hl7.org/CodeSystem/v3-ActCode")

    assert found.is_a("AMB", "_ActEncounterCode")
    assert not found.is_a("AMB", "_ActIncidentCode")
    assert found.displays["AMB"] == "ambulatory"
    assert code_system("http://snomed.info/sct") is None


def test_an_extension_has_contexts_value_types_and_parts() -> None:
    found = extension(f"{HL7}StructureDefinition/translation")

    assert set(found.contexts) == {("element", "string"), ("element", "code"), ("element", "markdown")}
    assert found.content.values == {}
    assert [(url, part.min, part.max) for url, part in found.content.parts.items()] == [
        ("lang", 1, "1"),
        ("content", 1, "1"),
    ]
    assert extension(f"{HL7}StructureDefinition/cqf-library").content.values["valueCanonical"].code == "canonical"
    assert extension("http://example.org/none") is None


def test_an_operation_is_found_by_type_and_code() -> None:
    apply = operation("PlanDefinition", "apply")

    assert (apply.on_system, apply.on_type, apply.on_instance) == (False, True, True)
    assert [(p.name, p.min, p.max) for p in apply.parameters][:2] == [("planDefinition", 0, "1"), ("subject", 1, "*")]
    assert operation("Library", "validate").url == f"{HL7}OperationDefinition/Resource-validate"
    assert {"expand", "validate-code", "data-requirements", "validate", "apply"} <= {
        o.code for o in definitions.operations()
    }
    assert operation("Patient", "apply") is None


def test_every_type_and_content_that_an_element_names_is_defined() -> None:
    known = set(definitions.types())
    for name in known:
        for each in type_definition(name).elements:
            assert {reference.code for reference in each.types} <= known, each.path
            assert {target for reference in each.types for target in reference.targets} <= known, each.path
            if each.content_reference:
                assert children(each.content_reference), each.path


def test_every_binding_that_decides_has_its_value_set_in_the_data() -> None:
    listed = {
        json.loads(line)["url"] for line in (DATA / "value-sets.jsonl").read_text(encoding="utf-8").rstrip().split("\n")
    }
    for name in definitions.types():
        for each in type_definition(name).elements:
            if each.binding and each.binding.strength in ("required", "extensible"):
                assert each.binding.value_set in listed, each.path


def test_the_data_are_lines_of_json_in_a_fixed_order() -> None:
    for name in ("search-parameters", "operations", "extensions", "value-sets"):
        urls = [
            json.loads(line)["url"]
            for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").rstrip().split("\n")
        ]
        assert urls == sorted(urls)
