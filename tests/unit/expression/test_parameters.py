"""The parameters of a library come out of a Parameters resource, by their declared names."""

from __future__ import annotations

from typing import Any

import pytest

from publisher.expression.library import Library
from publisher.expression.parameters import items_of, parameters_of
from publisher.issue import IssueError

TEXT = {"type": "NamedTypeSpecifier", "name": "{urn:hl7-org:elm-types:r1}String"}
MANY = {"type": "ListTypeSpecifier", "elementType": TEXT}
INNER = Library(
    {"identifier": {"id": "Inner"}, "parameters": {"def": [{"name": "Deep", "parameterTypeSpecifier": TEXT}]}}
)
ORDER = {"type": "NamedTypeSpecifier", "name": "{http://hl7.org/fhir}MedicationRequest"}
PARAMETERS = [
    {"name": "One", "parameterTypeSpecifier": TEXT},
    {"name": "Many", "parameterTypeSpecifier": MANY},
    {"name": "Orders", "parameterTypeSpecifier": {"type": "ListTypeSpecifier", "elementType": ORDER}},
]
LIBRARY = Library({"identifier": {"id": "L"}, "parameters": {"def": PARAMETERS}}, {"Inner": INNER, "FHIRHelpers": None})


def given(*items: Any) -> dict[str, Any]:
    return parameters_of(items_of({"resourceType": "Parameters", "parameter": list(items)}), LIBRARY)


def test_a_value_a_list_and_a_parameter_of_an_included_library() -> None:
    items = [{"name": "One", "valueString": "a"}, {"name": "Deep", "valueString": "c"}]

    assert given(*items, {"name": "Many", "valueString": "b"}) == {"One": "a", "Deep": "c", "Many": ["b"]}
    assert given() == {}


def marked(name: str, url: str, **value: Any) -> dict[str, Any]:
    extension = {"url": f"http://hl7.org/fhir/StructureDefinition/{url}", **value}
    return {"name": name, "_valueBoolean": {"extension": [extension]}}


def test_what_is_absent_is_not_given_and_is_no_empty_list() -> None:
    assert given(marked("Many", "cqf-isEmptyList", valueBoolean=True)) == {"Many": []}
    assert given(*(marked(name, "data-absent-reason", valueCode="unknown") for name in ("Many", "One"))) == {}


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([{"name": "Two"}], "has no parameter of that name; it has Deep, Many, One, Orders."),
        ([{"name": "One", "valueString": "a"}, {"name": "One", "valueString": "b"}], "takes one value, not several."),
        ([{"name": "Orders", "valueInteger": 1}], "The parameter 'Orders' takes MedicationRequest."),
        (
            [{"name": "Orders", "resource": {"resourceType": "Patient", "id": "1"}}],
            "The parameter 'Orders' takes MedicationRequest.",
        ),
        ([{"name": "Many"}], "The parameter 'Many' takes one value or resource; an empty list is told by"),
        ([{"name": "Many", "part": [{"name": "x", "valueString": "a"}]}], "takes one value or resource;"),
        ([{"name": "One", "valueString": "a", "valueCode": "b"}], "takes one value or resource;"),
        ([{"name": "One", "_valueString": 3}], "takes one value or resource;"),
        (["x"], "come as a Parameters resource."),
    ],
)
def test_what_does_not_fit_is_refused(items: list[Any], said: str) -> None:
    with pytest.raises(IssueError, match=said.replace(".", "\\.")):
        given(*items)


def test_a_resource_of_the_declared_type_is_taken() -> None:
    order = {"resourceType": "MedicationRequest", "id": "1"}

    assert given({"name": "Orders", "resource": order}) == {"Orders": [order]}


@pytest.mark.parametrize("resource", [None, [], {"resourceType": "Bundle"}])
def test_anything_but_a_parameters_resource_is_refused(resource: Any) -> None:
    with pytest.raises(IssueError, match="Parameters resource"):
        items_of(resource)
