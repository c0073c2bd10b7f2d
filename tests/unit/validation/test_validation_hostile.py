"""Whatever is put in, a Report comes out: damaged resources, bait for regular expressions, nesting, wrong types."""

import json
from base64 import b64encode
from time import monotonic
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher import validate
from publisher.issue import Report

from .damage import damaged, places

PLAN: dict[str, Any] = {
    "resourceType": "PlanDefinition",
    "id": "p",
    "meta": {"profile": ["http://hl7.org/fhir/StructureDefinition/shareableplandefinition"]},
    "url": "http://a.example/PlanDefinition/p",
    "name": "P",
    "status": "draft",
    "contained": [{"resourceType": "ActivityDefinition", "id": "a", "status": "draft", "kind": "Task"}],
    "library": ["http://a.example/Library/L"],
    "goal": [{"id": "g", "description": {"text": "g"}}],
    "action": [
        {
            "id": "x",
            "goalId": ["g"],
            "trigger": [{"type": "named-event", "name": "n"}],
            "condition": [{"kind": "applicability", "expression": {"language": "text/cql", "expression": "A"}}],
            "relatedAction": [{"actionId": "y", "relationship": "before", "offsetDuration": {"value": 1}}],
            "timingTiming": {"repeat": {"boundsPeriod": {"start": "2026-01-01"}, "period": 1, "periodUnit": "d"}},
            "definitionCanonical": "#a",
            "dynamicValue": [{"path": "description", "expression": {"language": "text/fhirpath", "expression": "1"}}],
        },
        {"id": "y", "selectionBehavior": "any", "action": [{"title": "z"}]},
    ],
}
BUNDLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "document",
    "link": [{"relation": "self", "url": "http://a.example/?_type=Patient"}],
    "entry": [
        {"fullUrl": "http://a.example/Patient/1", "resource": {"resourceType": "Patient", "id": "1", "active": True}},
        {"fullUrl": "urn:uuid:1", "resource": PLAN, "search": {"mode": "match"}},
    ],
}
TERMS: dict[str, Any] = {
    "resourceType": "ValueSet",
    "status": "draft",
    "contained": [
        {
            "resourceType": "CodeSystem",
            "id": "c",
            "url": "http://a.example/c",
            "status": "draft",
            "content": "complete",
            "property": [{"code": "p", "type": "code"}],
            "concept": [{"code": "1", "property": [{"code": "p", "valueCode": "q"}]}],
        }
    ],
    "compose": {"include": [{"system": "http://a.example/c", "concept": [{"code": "1"}]}]},
    "expansion": {"timestamp": "2026", "contains": [{"system": "http://a.example/c", "code": "1"}]},
}
FORM: dict[str, Any] = {
    "resourceType": "Questionnaire",
    "status": "draft",
    "item": [
        {"linkId": "1", "type": "boolean", "initial": [{"valueBoolean": True}]},
        {"linkId": "2", "type": "group", "enableWhen": [{"question": "1", "operator": "=", "answerBoolean": True}]},
    ],
}
PROFILE: dict[str, Any] = {
    "resourceType": "StructureDefinition",
    "url": "http://a.example/StructureDefinition/p",
    "name": "P",
    "status": "draft",
    "kind": "resource",
    "abstract": False,
    "type": "Patient",
    "derivation": "constraint",
    "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
    "differential": {
        "element": [
            {
                "id": "Patient.identifier",
                "path": "Patient.identifier",
                "slicing": {"rules": "closed", "discriminator": [{"type": "value", "path": "system"}]},
            },
            {"id": "Patient.identifier:a", "path": "Patient.identifier", "sliceName": "a", "min": 1, "max": "1"},
            {"id": "Patient.identifier:a.system", "path": "Patient.identifier.system", "fixedUri": "urn:a"},
            {"id": "Patient.name", "path": "Patient.name", "binding": {"strength": "required", "valueSet": "urn:v"}},
            {
                "id": "Patient.link.other",
                "path": "Patient.link.other",
                "type": [{"code": "Reference", "profile": ["urn:p"], "targetProfile": ["urn:p"]}],
                "constraint": [{"key": "k", "severity": "error", "human": "h", "expression": "exists()"}],
                "slicing": {"rules": "open", "discriminator": [{"type": "type", "path": "resolve()"}]},
            },
            {"id": "Patient.link.other:b", "path": "Patient.link.other", "type": [{"code": "Reference"}]},
        ]
    },
}
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "meta": {"profile": ["http://a.example/StructureDefinition/p"]},
    "identifier": [{"system": "urn:a", "value": "1"}],
    "name": [{"text": "A"}],
    "link": [{"type": "seealso", "other": {"reference": "Patient/2"}}],
}
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), junk=JUNK)
def test_a_damaged_resource_has_a_report(data: st.DataObject, junk: Any) -> None:
    resource = data.draw(st.sampled_from([PLAN, BUNDLE, TERMS, FORM, PROFILE, PATIENT]))
    changed = damaged(resource, data.draw(st.sampled_from(places(resource))), junk)

    report = validate(json.dumps(changed))

    assert isinstance(report, Report)
    assert all(issue.severity in ("fatal", "error", "warning", "information") for issue in report)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), junk=JUNK)
def test_a_damaged_profile_breaks_no_validation(data: st.DataObject, junk: Any) -> None:
    paths = [path for path in places(PROFILE) if path and path[0] in ("differential", "type", "baseDefinition")]
    profile = damaged(PROFILE, data.draw(st.sampled_from(paths)), junk)

    assert isinstance(validate(PATIENT, packages=[profile]), Report)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_have_a_report(data: bytes) -> None:
    assert isinstance(validate(data), Report)


@pytest.mark.parametrize("junk", [None, 1, "x", [], [{}], True])
def test_what_is_no_object_has_a_report(junk: Any) -> None:
    assert validate(json.dumps(junk)).has_errors


@pytest.mark.parametrize("opening", ['{"a":', "[", '{"resourceType":"Basic","extension":[{"extension":['])
def test_ten_thousand_levels_have_a_report(opening: str) -> None:
    assert validate(opening * 10_000).has_errors


def test_a_plain_value_that_nests_too_deep_has_a_report() -> None:
    item: dict[str, Any] = {"linkId": "0", "type": "group"}
    for number in range(1, 10_000):
        item = {"linkId": str(number), "type": "group", "item": [item]}

    (issue,) = validate({"resourceType": "Questionnaire", "status": "draft", "item": [item]})

    assert (issue.severity, issue.code, issue.rule) == ("error", "too-costly", "too-deep")
    assert issue.diagnostics == "The resource nests too deep to be read; nest it less."


BAIT = (
    "a" * 50_000,
    "/" * 50_000,
    "http://" + "a/" * 25_000,
    "-" * 20_000 + "!",
    "en-" + "a-" * 20_000,
    "x." * 20_000 + "not()",
    "not " * 10_000,
    "(" * 5_000,
    "a/b;c=d" + " " * 50_000 + ";",
    "\n" * 50_000 + "x",
)


@pytest.mark.parametrize("bait", BAIT, ids=range(len(BAIT)))
def test_bait_for_regular_expressions_costs_no_time(bait: str) -> None:
    start = monotonic()
    for path in (
        ("url",),
        ("meta", "profile", 0),
        ("library", 0),
        ("action", 0, "condition", 0, "expression", "expression"),
        ("action", 0, "dynamicValue", 0, "path"),
        ("action", 0, "dynamicValue", 0, "expression", "expression"),
        ("action", 0, "relatedAction", 0, "offsetDuration", "value"),
    ):
        validate(damaged(PLAN, path, bait))
    for path in (("entry", 0, "fullUrl"), ("link", 0, "url")):
        validate(damaged(BUNDLE, path, bait))
    validate({**PATIENT, "language": bait, "managingOrganization": {"reference": bait}})
    text = {"contentType": "text/cql", "data": b64encode(bait.encode()).decode()}
    validate({"resourceType": "Library", "content": [text, {"contentType": bait}]})

    assert monotonic() - start < 10


def test_long_lists_cost_no_more_than_their_length() -> None:
    start = monotonic()
    names = [f"c{number}" for number in range(8_000)]
    system = {
        "resourceType": "CodeSystem",
        "url": "http://a.example/c",
        "content": "complete",
        "caseSensitive": False,
        "concept": [{"code": name, "display": name} for name in names],
    }
    listed = [{"code": name.upper(), "display": "x"} for name in names]
    include = {"system": "http://a.example/c", "concept": listed}
    found = validate(
        {"resourceType": "ValueSet", "status": "draft", "compose": {"include": [include]}}, packages=[system]
    )
    links = [{"link": [{"type": "seealso", "other": {"reference": f"Patient/x{name}"}}]} for name in names]
    patients = [{"resource": {"resourceType": "Patient", "id": f"x{at}", **link}} for at, link in enumerate(links)]
    validate({"resourceType": "Bundle", "type": "collection", "entry": patients})

    assert {issue.rule for issue in found} == {"display-differs"}
    assert len(found) == len(names)
    assert monotonic() - start < 10


def test_a_profile_that_builds_on_itself_ends() -> None:
    circle = {**PROFILE, "baseDefinition": PROFILE["url"]}

    assert isinstance(validate(PATIENT, packages=[circle]), Report)


def test_contained_resources_that_ask_for_each_other_end() -> None:
    asking = {
        **PROFILE,
        "differential": {
            "element": [
                {
                    "id": "Patient.link.other",
                    "path": "Patient.link.other",
                    "type": [{"code": "Reference", "targetProfile": [PROFILE["url"]]}],
                }
            ]
        },
    }
    linked: dict[str, Any] = {"type": "seealso"}
    inside = [
        {"resourceType": "Patient", "id": "a", "link": [{**linked, "other": {"reference": "#b"}}]},
        {"resourceType": "Patient", "id": "b", "link": [{**linked, "other": {"reference": "#a"}}]},
    ]

    report = validate(
        {**PATIENT, "contained": inside, "link": [{**linked, "other": {"reference": "#a"}}]}, packages=[asking]
    )

    assert isinstance(report, Report)
