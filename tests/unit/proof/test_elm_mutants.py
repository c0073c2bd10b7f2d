"""Which small wrong versions of a piece of ELM there are, and that each differs in one place."""

from __future__ import annotations

from typing import Any

import pytest

from publisher.proof.elm_mutants import ElmMutant, elm_mutants
from tests.unit.conftest import BOOLEAN

NAMED: dict[str, Any] = {"type": "ExpressionRef", "name": "A", **BOOLEAN}
TEXT = {"type": "Literal", "valueType": "{urn:hl7-org:elm-types:r1}String", "value": "final"}
NUMBER = {"type": "Literal", "valueType": "{urn:hl7-org:elm-types:r1}Integer", "value": "7"}
RETRIEVE = {
    "type": "Retrieve",
    "dataType": "{http://hl7.org/fhir}Condition",
    "codes": {"type": "ValueSetRef", "name": "V"},
}
QUERY = {"type": "Query", "source": [{"alias": "C", "expression": {"type": "OperandRef", "name": "x"}}]}


def mutants(expression: dict[str, Any], name: str = "Top") -> list[ElmMutant]:
    elm = {
        "identifier": {"id": "Nails"},
        "valueSets": {"def": [{"name": "V"}, {"name": "W"}]},
        "statements": {"def": [{"name": name, "locator": "3:1-4:9", "expression": expression}]},
    }
    return list(elm_mutants(elm, ["Top"]))


@pytest.mark.parametrize(
    ("expression", "changes"),
    [
        (
            {"type": "And", "operand": [NAMED, NAMED]},
            [
                "And to Or",
                "And to its operand 1",
                "And to its operand 2",
                "ExpressionRef negated",
                "ExpressionRef negated",
            ],
        ),
        ({"type": "Not", "operand": NAMED}, ["Not removed", "ExpressionRef negated"]),
        ({"type": "Exists", "operand": RETRIEVE}, ["Exists negated", "Exists to true", *(
            ["value set 'V' to 'W'", "value set 'V' removed"]
        )]),
        ({"type": "If", "condition": NAMED, "then": NUMBER, "else": NUMBER}, [
            "If to its then", "If to its else", "ExpressionRef negated", *(["number plus one", "number minus one"] * 2),
        ]),
        ({"type": "IsNull", "operand": NAMED}, ["IsNull negated"]),
        ({"type": "Less", "operand": [NUMBER, QUERY]}, [
            "Less to LessOrEqual", "Less negated", "number plus one", "number minus one",
        ]),
        ({"type": "In", "operand": [QUERY, {"type": "List", "element": [TEXT, TEXT]}]}, [
            "In negated", "'final' dropped", "'final' dropped", "'final' to another text", "'final' to another text",
        ]),
        ({"type": "As", "asType": BOOLEAN["resultTypeName"], "operand": {"type": "Null"}}, [
            "null to true", "null to false",
        ]),
        ({**QUERY, "where": NAMED}, ["where removed", "ExpressionRef negated"]),
        ({**QUERY, "return": {"expression": NUMBER}}, []),
        ({**QUERY, "sort": {"by": [{"direction": "asc"}]}}, ["sort to desc"]),
        ({"type": "Coalesce", "operand": [NAMED, NAMED]}, [
            "Coalesce without operand 1", "Coalesce without operand 2", *["ExpressionRef negated"] * 2,
        ]),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)  # fmt: skip
def test_the_changes_of_an_expression(expression: dict[str, Any], changes: list[str]) -> None:
    assert [one.what for one in mutants(expression)] == changes


def test_a_mutant_is_named_by_its_definition_and_not_by_its_line() -> None:
    first, second = (one for one in mutants({"type": "Or", "operand": [NAMED, NAMED]}) if "negated" in one.what)
    assert (first.id, second.id) == (
        "cql/Nails/Top/ExpressionRef negated/1",
        "cql/Nails/Top/ExpressionRef negated/2",
    )
    assert (first.place, first.owner) == ("Nails.cql:3:1-4:9", ("Nails", "Top"))


def test_a_mutant_differs_in_one_place_and_leaves_the_original_alone() -> None:
    expression = {"type": "Or", "operand": [NAMED, {"type": "Not", "operand": NAMED}]}
    (found,) = (one for one in mutants(expression) if one.what == "Not removed")
    (statement,) = found.elm["statements"]["def"]
    assert statement["expression"] == {"type": "Or", "operand": [NAMED, NAMED]}
    assert expression["operand"][1] == {"type": "Not", "operand": NAMED}


def test_a_definition_that_no_plan_comes_to_has_no_mutants() -> None:
    assert mutants(NAMED, name="Unused") == []
