"""Damaged logic, maps, measures and definitions at hand: a Report comes out, whatever was put in."""

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher import validate
from publisher.issue import Report
from publisher.validation.artifacts.translation import Retranslation
from publisher.validation.knowledge import Knowledge
from publisher.validation.validator import Validator

from .damage import damaged, places

ELM: dict[str, Any] = {
    "library": {
        "identifier": {"id": "L", "version": "1"},
        "annotation": [{"type": "Annotation", "t": [{"name": "cql-sha256", "value": "0"}]}],
        "includes": {"def": [{"localIdentifier": "M", "path": "M"}]},
        "valueSets": {"def": [{"name": "V", "id": "http://a.example/ValueSet/v"}]},
        "parameters": {"def": [{"name": "P"}]},
        "statements": {
            "def": [
                {
                    "name": "A",
                    "resultTypeSpecifier": {"type": "ListTypeSpecifier"},
                    "expression": {
                        "type": "Retrieve",
                        "dataType": "{http://hl7.org/fhir}Condition",
                        "codes": {"type": "ValueSetRef", "name": "V"},
                    },
                }
            ]
        },
    }
}
LIBRARY: dict[str, Any] = {
    "resourceType": "Library",
    "url": "http://a.example/Library/L",
    "name": "L",
    "status": "active",
    "type": {"text": "logic"},
    "parameter": [{"name": "A", "use": "out", "type": "boolean"}],
    "dataRequirement": [
        {"type": "Condition", "codeFilter": [{"path": "code", "valueSet": "http://a.example/ValueSet/v"}]}
    ],
    "content": [{"contentType": "text/cql", "data": base64.b64encode(b"library L version '1'\ndefine A: 1").decode()}],
}
CONDITION = {"kind": "applicability", "expression": {"language": "text/cql-identifier", "expression": "A"}}
PLAN: dict[str, Any] = {
    "resourceType": "PlanDefinition",
    "status": "active",
    "library": ["http://a.example/Library/L"],
    "action": [
        {
            "id": "a",
            "title": "a",
            "condition": [CONDITION],
            "definitionCanonical": "http://a.example/ActivityDefinition/a",
            "dynamicValue": [{"path": "status", "expression": {"language": "text/fhirpath", "expression": "'x'"}}],
        }
    ],
}
ACTIVITY: dict[str, Any] = {
    "resourceType": "ActivityDefinition",
    "url": "http://a.example/ActivityDefinition/a",
    "status": "draft",
    "kind": "MedicationRequest",
    "profile": "http://a.example/StructureDefinition/p",
}
MAP: dict[str, Any] = {
    "resourceType": "ConceptMap",
    "status": "draft",
    "sourceCanonical": "http://hl7.org/fhir/ValueSet/observation-status",
    "group": [
        {
            "source": "http://hl7.org/fhir/observation-status",
            "target": "http://hl7.org/fhir/observation-status",
            "element": [{"code": "final", "target": [{"code": "final", "equivalence": "equal"}]}],
        }
    ],
}
JUNK = st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.just([]) | st.just({}) | st.just([{"a": 1}])
OF_EVERY_TEST = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def with_elm(elm: Any) -> dict[str, Any]:
    data = base64.b64encode(json.dumps(elm).encode()).decode()
    return {**LIBRARY, "content": [*LIBRARY["content"], {"contentType": "application/elm+json", "data": data}]}


@OF_EVERY_TEST
@given(data=st.data(), junk=JUNK)
def test_damaged_elm_has_a_report(data: st.DataObject, junk: Any) -> None:
    library = with_elm(damaged(ELM, data.draw(st.sampled_from(places(ELM))), junk))
    knowledge = Knowledge(resources=[library])
    knowledge.retranslations = Retranslation(lambda texts: dict.fromkeys(texts, ELM["library"]))

    for resource in (library, PLAN):
        assert isinstance(Validator(knowledge).validate(resource), Report)


@OF_EVERY_TEST
@given(data=st.data(), junk=JUNK)
def test_damaged_definitions_at_hand_break_no_validation(data: st.DataObject, junk: Any) -> None:
    held = data.draw(st.sampled_from([LIBRARY, ACTIVITY, MAP]))
    changed = damaged(held, data.draw(st.sampled_from([path for path in places(held) if path])), junk)

    for resource in (changed, PLAN, ACTIVITY):
        assert isinstance(validate(resource, packages=[changed]), Report)


@OF_EVERY_TEST
@given(data=st.data(), junk=JUNK)
def test_damaged_maps_and_activities_have_a_report(data: st.DataObject, junk: Any) -> None:
    resource = data.draw(st.sampled_from([MAP, ACTIVITY, PLAN, LIBRARY]))

    changed = damaged(resource, data.draw(st.sampled_from(places(resource))), junk)

    assert isinstance(validate(json.dumps(changed)), Report)


@pytest.mark.parametrize("number", ["1e999999", "9" * 5000, "-1e-999999", "1" + "0" * 400])
def test_giant_numbers_have_a_report(number: str) -> None:
    before = '{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":'

    assert isinstance(validate(f"{before}{number}}}}}"), Report)


def test_a_string_longer_than_a_mebibyte_is_an_error_that_quotes_little_of_it() -> None:
    (issue,) = validate({"resourceType": "Basic", "code": {"text": "x" * (1024 * 1024 + 1)}})

    assert (issue.rule, issue.expression) == ("value-invalid", "Basic.code.text")
    assert "is longer than 1,048,576 characters; shorten it." in issue.diagnostics
    assert len(issue.diagnostics) < 300
