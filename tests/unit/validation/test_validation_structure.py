"""Structural validation beyond single rules: whole resources, resources inside resources, and odd input."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.issue import Issue, Source
from publisher.r4.codec import parse
from publisher.r4.definitions import children, types
from publisher.validation.findings import RULES
from publisher.validation.structure import narrative_issues, structure_issues

PLAN: dict[str, Any] = {
    "resourceType": "PlanDefinition",
    "id": "leg-cramps",
    "meta": {"profile": ["http://example.org/StructureDefinition/plan"], "lastUpdated": "2026-01-31T10:00:00Z"},
    "language": "sv",
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>Kramp</p></div>'},
    "contained": [
        {"resourceType": "ActivityDefinition", "id": "ask", "status": "draft", "kind": "CommunicationRequest"}
    ],
    "url": "http://example.org/PlanDefinition/leg-cramps",
    "status": "draft",
    "title": "Kramp",
    "_title": {
        "extension": [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/translation",
                "extension": [{"url": "lang", "valueCode": "en"}, {"url": "content", "valueString": "Cramps"}],
            }
        ]
    },
    "library": ["http://example.org/Library/LegCramps"],
    "action": [
        {
            "id": "ask",
            "trigger": [{"type": "named-event", "name": "patient-view"}],
            "condition": [
                {
                    "kind": "applicability",
                    "expression": {"language": "text/cql-identifier", "expression": "Has Cramps"},
                }
            ],
            "definitionCanonical": "#ask",
            "action": [{"title": "Inner", "relatedAction": [{"actionId": "ask", "relationship": "after"}]}],
        }
    ],
}


def found(resource: Any, **options: Any) -> list[tuple[str, str | None]]:
    return [(issue.rule, issue.expression) for issue in structure_issues(resource, **options)]


def test_a_sound_plan_has_no_issue() -> None:
    assert found(PLAN) == []


def test_issues_are_located_where_asked() -> None:
    document = parse(b'{\n  "resourceType": "PlanDefinition",\n  "status": "drafty"\n}', file="a.json")

    (issue,) = structure_issues(document.value, locate=document.locate)

    assert str(issue).startswith("a.json:3:3: error code-not-allowed: PlanDefinition.status 'drafty' is not a code of")


def test_the_narrative_alone_is_found_wrong_as_it_is_in_the_whole_resource() -> None:
    wrong = {**PLAN, "status": "drafty", "text": {"status": "generated", "div": "<div>Kramp</div>", "lang": "sv"}}

    alone = [str(issue) for issue in narrative_issues(wrong)]

    assert [one.partition(":")[0] for one in alone] == ["PlanDefinition.text.div", "PlanDefinition.text.lang"]
    whole = [str(issue) for issue in structure_issues(wrong)]
    assert sorted(whole) == sorted([*alone, *(str(issue) for issue in structure_issues({**PLAN, "status": "drafty"}))])


def test_a_type_without_a_narrative_has_none_to_find_wrong() -> None:
    assert list(narrative_issues({"resourceType": "Binary", "contentType": "text/plain", "text": {}})) == []


def test_without_a_place_the_expression_stands_for_it() -> None:
    (issue,) = structure_issues({"resourceType": "PlanDefinition"})

    assert issue == Issue.error(
        "required",
        "element-missing",
        "PlanDefinition.status is missing; add it.",
        expression="PlanDefinition.status",
        reference="https://hl7.org/fhir/R4/conformance-rules.html#cardinality",
    )


def test_a_place_that_is_not_known_is_left_out() -> None:
    places: list[str] = []

    def locate(expression: str) -> Source | None:
        places.append(expression)
        return None

    (issue,) = structure_issues({"resourceType": "PlanDefinition"}, locate=locate)

    assert (issue.source, places) == (None, ["PlanDefinition.status"])


def test_resources_in_a_bundle_are_checked_each_on_its_own() -> None:
    entry = {"resource": {"resourceType": "Patient", "contact": [{"id": "a", "gender": "x"}]}}
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [entry, entry, {"resource": {"id": "a"}}]}

    assert found(bundle) == [
        ("code-not-allowed", "Bundle.entry[0].resource.contact[0].gender"),
        ("code-not-allowed", "Bundle.entry[1].resource.contact[0].gender"),
        ("resource-type-missing", "Bundle.entry[2].resource"),
    ]


def test_a_resource_in_parameters_is_checked() -> None:
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "a", "resource": {"resourceType": "Basic"}}]}

    assert found(parameters) == [("element-missing", "Parameters.parameter[0].resource.code")]


def test_a_contained_resource_is_checked_and_may_repeat_element_ids_of_its_container() -> None:
    plan = PLAN | {"contained": [PLAN["contained"][0] | {"dynamicValue": [{"id": "ask", "path": "a"}]}]}

    assert found(plan) == [("element-missing", "PlanDefinition.contained[0].dynamicValue[0].expression")]


def test_links_inside_a_bundle_entry_are_to_what_that_entry_contains() -> None:
    outer = {"resourceType": "Condition", "subject": {"reference": "#p"}}
    inner = outer | {"contained": [{"resourceType": "Patient", "id": "p"}]}
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": inner}, {"resource": outer}]}

    assert found(bundle) == [("reference-contained-missing", "Bundle.entry[1].resource.subject.reference")]


def test_an_extension_context_inside_a_bundle_is_read_from_the_resource_it_is_in() -> None:
    extension = {"url": "http://hl7.org/fhir/StructureDefinition/questionnaire-hidden", "valueBoolean": True}
    item = {"linkId": "1", "type": "group", "item": [{"linkId": "2", "type": "string", "extension": [extension]}]}
    form = {"resourceType": "Questionnaire", "status": "draft", "item": [item]}

    assert found({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": form}]}) == []
    assert found(form | {"extension": [extension]}) == [("extension-context", "Questionnaire.extension[0]")]


def test_an_absolute_extension_inside_a_known_one_is_checked_too() -> None:
    inner = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueString": "unknown"}
    parts = [{"url": "lang", "valueCode": "en"}, {"url": "content", "valueString": "Cramps"}, inner]
    outer = {"url": "http://hl7.org/fhir/StructureDefinition/translation", "extension": parts}

    assert found(PLAN | {"_title": {"extension": [outer]}}) == [
        ("extension-value-type", "PlanDefinition.title.extension[0].extension[2]")
    ]


def test_all_defects_are_told_in_the_order_they_stand() -> None:
    plan = PLAN | {"status": "drafty", "titel": "a", "date": "2026-02-30", "action": [{"priority": "high"}, {}]}

    assert found(plan | {"contained": []}) == [
        ("array-empty", "PlanDefinition.contained"),
        ("code-not-allowed", "PlanDefinition.status"),
        ("code-not-allowed", "PlanDefinition.action[0].priority"),
        ("object-empty", "PlanDefinition.action[1]"),
        ("element-unknown", "PlanDefinition.titel"),
        ("value-invalid", "PlanDefinition.date"),
    ]


def test_every_rule_states_severity_issue_type_and_section() -> None:
    for rule, facts in RULES.items():
        assert rule == rule.lower()
        assert facts.severity in ("error", "warning", "information")
        assert facts.summary.endswith(".")
        assert ".html" in facts.section


@pytest.mark.parametrize("value", [None, 1, "a", [], [PLAN], True])
def test_what_is_no_object_is_no_resource(value: Any) -> None:
    assert [rule for rule, _ in found(value)] == ["object-expected"]


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in items:
        yield (*path, key)
        yield from paths(member, (*path, key))


@given(
    st.sampled_from(list(paths(PLAN))),
    st.sampled_from([None, "", "#", 0, -1, 1.5, True, [], {}, [None], [[]], [{}], {"id": "a"}, "x y"]),
)
def test_no_value_anywhere_makes_validation_fail(path: tuple[Any, ...], value: Any) -> None:
    resource = json.loads(json.dumps(PLAN))
    parent = resource
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = value

    for issue in structure_issues(resource, remarks=True):
        assert issue.rule in RULES
        assert issue.expression


@given(st.sampled_from(types("resource")), st.data())
def test_no_element_of_any_type_makes_validation_fail(name: str, data: st.DataObject) -> None:
    names = data.draw(
        st.lists(st.sampled_from([*children(name), "_status", "_id", "x"]) if children(name) else st.nothing())
    )
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(["id", "url", "extension", "coding", "code", "reference", "value"]), inner
            )
        ),
        max_leaves=5,
    )

    for issue in structure_issues({"resourceType": name} | {key: data.draw(values) for key in names}, remarks=True):
        assert issue.rule in RULES
