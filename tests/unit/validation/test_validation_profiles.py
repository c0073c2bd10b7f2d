"""Profiles: slicing by each kind of discriminator, chains of profiles, extensions, references, contained resources."""

import base64
import json
from typing import Any

from publisher.validation.knowledge import Knowledge, Options
from publisher.validation.validator import Validator

BASE = "http://a.example/StructureDefinition/"
CORE = "http://hl7.org/fhir/StructureDefinition/"


def profile(name: str, kind: str, *elements: dict[str, Any], base: str | None = None) -> dict[str, Any]:
    rows = [{"id": one["path"], **one} for one in elements]
    return {
        "resourceType": "StructureDefinition",
        "url": BASE + name,
        "type": kind,
        "derivation": "constraint",
        "baseDefinition": base or CORE + kind,
        "differential": {"element": rows},
    }


def errors(resource: dict[str, Any], *known: dict[str, Any], ask: str = "p") -> list[str]:
    options = Options(profiles=(BASE + ask,))
    report = Validator(Knowledge(options, known)).validate(resource)
    return [f"{issue.rule} {issue.expression}" for issue in report if issue.is_error]


def slicing(path: str, kind: str, where: str = "$this", rules: str = "open") -> dict[str, Any]:
    return {"path": path, "slicing": {"rules": rules, "discriminator": [{"type": kind, "path": where}]}}


def of_slice(path: str, name: str, child: str = "", **facts: Any) -> dict[str, Any]:
    identity = f"{path}:{name}{'.' + child if child else ''}"
    return {"id": identity, "path": f"{path}{'.' + child if child else ''}", **facts}


def patient(**elements: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", **elements}


def test_a_slice_by_value_has_its_own_minimum_and_maximum() -> None:
    sliced = profile(
        "p",
        "Patient",
        slicing("Patient.identifier", "value", "system"),
        of_slice("Patient.identifier", "own", sliceName="own", min=1, max="1"),
        of_slice("Patient.identifier", "own", "system", fixedUri="http://a.example/id", min=1),
    )
    own, other = {"system": "http://a.example/id", "value": "1"}, {"system": "http://b.example/id", "value": "1"}

    assert errors(patient(identifier=[own, other]), sliced) == []
    assert errors(patient(identifier=[other]), sliced) == ["profile-minimum Patient.identifier"]
    assert errors(patient(identifier=[own, {**own, "value": "2"}]), sliced) == ["profile-maximum Patient.identifier"]


def test_a_slice_by_pattern_is_found_in_any_coding() -> None:
    coding = {"system": "http://a.example/c", "code": "1"}
    sliced = profile(
        "p",
        "Observation",
        slicing("Observation.category", "pattern"),
        of_slice("Observation.category", "c", sliceName="c", min=1, patternCodeableConcept={"coding": [coding]}),
    )
    plain: dict[str, Any] = {"resourceType": "Observation", "status": "final", "code": {"text": "c"}}

    assert errors({**plain, "category": [{"coding": [{"code": "x"}, {**coding, "display": "One"}]}]}, sliced) == []
    assert errors({**plain, "category": [{"text": "none"}]}, sliced) == ["profile-minimum Observation.category"]


def test_a_slice_by_type_holds_for_the_choice_of_that_type_only() -> None:
    sliced = profile(
        "p",
        "Observation",
        slicing("Observation.value[x]", "type"),
        of_slice("Observation.value[x]", "q", sliceName="q", type=[{"code": "Quantity"}]),
        of_slice("Observation.value[x]", "q", "code", min=1),
    )
    plain: dict[str, Any] = {"resourceType": "Observation", "status": "final", "code": {"text": "c"}}

    assert errors({**plain, "valueString": "x"}, sliced) == []
    assert errors({**plain, "valueQuantity": {"value": 1}}, sliced) == [
        "profile-minimum Observation.value.ofType(Quantity).code"
    ]


def test_a_slice_by_existence_is_told_by_what_is_there() -> None:
    sliced = profile(
        "p",
        "Patient",
        slicing("Patient.telecom", "exists", "period"),
        of_slice("Patient.telecom", "old", sliceName="old", max="1"),
        of_slice("Patient.telecom", "old", "period", min=1),
    )
    old, new = {"period": {"end": "2001"}}, {"value": "1", "system": "phone"}

    assert errors(patient(telecom=[old, new, new]), sliced) == []
    assert errors(patient(telecom=[old, old]), sliced) == ["profile-maximum Patient.telecom"]


def test_a_slice_by_profile_holds_what_conforms() -> None:
    named = profile("named", "Patient", {"path": "Patient.name", "min": 1})
    sliced = profile(
        "p",
        "Bundle",
        slicing("Bundle.entry", "profile", "resource"),
        of_slice("Bundle.entry", "named", sliceName="named", min=1),
        of_slice("Bundle.entry", "named", "resource", type=[{"code": "Patient", "profile": [BASE + "named"]}]),
    )

    def bundle(**elements: Any) -> dict[str, Any]:
        entry = {"fullUrl": "http://a.example/Patient/1", "resource": patient(id="1", **elements)}
        return {"resourceType": "Bundle", "type": "collection", "entry": [entry]}

    assert errors(bundle(name=[{"text": "A"}]), named, sliced) == []
    assert errors(bundle(active=True), named, sliced) == ["profile-minimum Bundle.entry"]


def test_extensions_are_sliced_by_url_though_nothing_says_so() -> None:
    defined = profile("e", "Extension", {"path": "Extension.value[x]", "min": 1, "type": [{"code": "code"}]})
    sliced = profile(
        "p",
        "Patient",
        of_slice("Patient.extension", "e", sliceName="e", min=1, type=[{"code": "Extension", "profile": [BASE + "e"]}]),
    )

    assert errors(patient(extension=[{"url": BASE + "e", "valueCode": "a"}]), defined, sliced) == []
    assert errors(patient(active=True), defined, sliced) == ["profile-minimum Patient.extension"]
    assert errors(patient(extension=[{"url": BASE + "e", "valueString": "a"}]), defined, sliced) == [
        "profile-value-type Patient.extension[0].value.ofType(string)"
    ]


def test_a_profile_adds_to_those_it_builds_on() -> None:
    below = profile("below", "Patient", {"path": "Patient.name", "min": 1})
    above = profile("p", "Patient", {"path": "Patient.birthDate", "min": 1}, base=BASE + "below")

    assert errors(patient(active=True), below, above) == [
        "profile-minimum Patient.name",
        "profile-minimum Patient.birthDate",
    ]


def test_a_contained_resource_meets_the_profile_of_the_reference_to_it() -> None:
    named = profile("named", "Organization", {"path": "Organization.name", "min": 1})
    target = {"code": "Reference", "targetProfile": [BASE + "named"]}
    asking = profile("p", "Patient", {"path": "Patient.managingOrganization", "type": [target]})

    def held(**elements: Any) -> dict[str, Any]:
        inside = {"resourceType": "Organization", "id": "o", **elements}
        return patient(contained=[inside], managingOrganization={"reference": "#o"})

    assert errors(held(name="A"), named, asking) == []
    assert errors(held(identifier=[{"value": "1"}]), named, asking) == [
        "profile-target Patient.managingOrganization.reference"
    ]


def test_an_invariant_of_a_profile_is_evaluated_on_its_element() -> None:
    constraint = {"key": "p-1", "severity": "error", "human": "A name has a text", "expression": "text.exists()"}
    asking = profile("p", "Patient", {"path": "Patient.name", "constraint": [constraint]})

    assert errors(patient(name=[{"text": "A"}]), asking) == []
    assert errors(patient(name=[{"family": "A"}]), asking) == ["invariant-broken Patient.name[0]"]


def test_a_body_temperature_meets_the_profile_of_r4_without_claiming_it() -> None:
    vital = {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]
    }
    observation: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "category": [vital],
        "code": {"coding": [{"system": "http://loinc.org", "code": "8310-5"}]},
        "subject": {"reference": "Patient/1"},
        "effectiveDateTime": "2026-01-01",
        "valueQuantity": {"value": 37, "unit": "C", "system": "http://unitsofmeasure.org", "code": "Cel"},
    }
    without = {key: value for key, value in observation.items() if key != "subject"}

    assert [issue for issue in Validator().validate(observation) if issue.is_error] == []
    assert [issue.expression for issue in Validator().validate(without) if issue.is_error] == ["Observation.subject"]
    assert not Validator().validate({**without, "status": "entered-in-error"}).has_errors


def test_a_profile_that_is_asked_for_and_not_at_hand_is_an_error() -> None:
    assert errors(patient(active=True)) == ["profile-not-found Patient"]


def test_a_condition_whose_definition_is_a_list_is_not_boolean() -> None:
    specifier = {"type": "ListTypeSpecifier"}
    library = {"statements": {"def": [{"name": "Cramps", "resultTypeSpecifier": specifier}]}}
    data = base64.b64encode(json.dumps({"library": library}).encode()).decode()
    content = [{"contentType": "application/elm+json", "data": data}]
    logic = {"resourceType": "Library", "url": "http://a.example/Library/L", "content": content}
    expression = {"language": "text/cql-identifier", "expression": "Cramps"}
    action = {"id": "a", "title": "a", "condition": [{"kind": "applicability", "expression": expression}]}
    plan = {"resourceType": "PlanDefinition", "status": "draft", "library": [logic["url"]], "action": [action]}

    (issue,) = Validator(Knowledge(resources=[logic])).validate(plan)

    assert issue.rule == "condition-not-boolean"
    assert "'Cramps' is a list, not Boolean" in issue.diagnostics


def test_a_canonical_without_version_means_the_newest_by_number() -> None:
    held = [{"resourceType": "Library", "url": "http://a.example/L", "version": one} for one in ("1.9.0", "1.10.0")]

    found = Knowledge(resources=held).find("http://a.example/L")

    assert found is not None
    assert found["version"] == "1.10.0"


def test_the_thirtieth_reference_is_checked_like_the_first() -> None:
    named = profile("named", "Practitioner", {"path": "Practitioner.name", "min": 1})
    target = {"code": "Reference", "targetProfile": [BASE + "named"]}
    asking = profile("p", "Patient", {"path": "Patient.generalPractitioner", "type": [target]})
    inside = [{"resourceType": "Practitioner", "id": f"p{at}", "active": True} for at in range(30)]
    references = [{"reference": f"#p{at}"} for at in range(30)]

    found = errors(patient(contained=inside, generalPractitioner=references), named, asking)

    assert found == [f"profile-target Patient.generalPractitioner[{at}].reference" for at in range(30)]


def test_an_entry_refers_to_what_it_contains_itself_and_not_to_that_of_another() -> None:
    target = {"code": "Reference", "targetProfile": [CORE + "Organization"]}
    asking = profile("p", "Patient", {"path": "Patient.managingOrganization", "type": [target]})

    def entry(name: str, kind: str, **elements: Any) -> dict[str, Any]:
        inside = {"resourceType": kind, "id": "a", "identifier": [{"value": "1"}]}
        resource = patient(id=name, contained=[inside], **elements)
        return {"fullUrl": f"http://a.example/Patient/{name}", "resource": resource}

    first = entry("1", "Practitioner", generalPractitioner=[{"reference": "#a"}])
    second = entry("2", "Organization", managingOrganization={"reference": "#a"}, meta={"profile": [BASE + "p"]})
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [first, second]}

    assert [str(issue) for issue in Validator(Knowledge(None, [asking])).validate(bundle) if issue.is_error] == []
