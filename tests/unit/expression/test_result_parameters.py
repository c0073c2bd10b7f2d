"""Values of definitions as parameters: https://hl7.org/fhir/uv/cql/using-cql.html."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from publisher.expression.interval import Interval
from publisher.expression.quantity import Quantity, Ratio
from publisher.expression.result_parameters import absent, parameters_for
from publisher.expression.temporal import Date, DateTime, Time
from publisher.expression.values import Choice, Code, Concept, ValueSet
from publisher.r4.shape import fits
from tests.unit.expression.elm import FHIR, SYSTEM

MG = Quantity(Decimal("1.50"), "mg")
UNIT = {"value": Decimal("1.50"), "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}


def named(name: str) -> dict[str, Any]:
    return {"type": "NamedTypeSpecifier", "name": name}


def listed(name: str) -> dict[str, Any]:
    return {"type": "ListTypeSpecifier", "elementType": named(name)}


def parameters(value: Any, specifier: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Return the parameters of a value, which R4 must be able to hold, without their type."""
    found = parameters_for("X", value, specifier or {})
    assert fits({"resourceType": "Parameters", "parameter": found})
    for each in found:
        assert each.pop("name") == "X"
        each.pop("extension", None)
    return found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, {"valueBoolean": True}),
        (3, {"valueInteger": 3}),
        (Decimal("0.70"), {"valueDecimal": Decimal("0.70")}),
        ("words", {"valueString": "words"}),
        (Date(2026, 3), {"valueDate": "2026-03"}),
        (DateTime(2026, 3, 1), {"valueDateTime": "2026-03-01"}),
        (DateTime(2026, 3, 1, 10, 30, 0, offset=60), {"valueDateTime": "2026-03-01T10:30:00+01:00"}),
        (DateTime(2026, 3, 1, 10, 30, 0, offset=0), {"valueDateTime": "2026-03-01T10:30:00Z"}),
        (DateTime(2026, 3, 1, 10, offset=0), {"valueString": "2026-03-01T10Z"}),
        (Time(10, 30, 0), {"valueTime": "10:30:00"}),
        (MG, {"valueQuantity": UNIT}),
        (Ratio(MG, MG), {"valueRatio": {"numerator": UNIT, "denominator": UNIT}}),
        (Code("a", "http://s"), {"valueCoding": {"system": "http://s", "code": "a"}}),
        (Concept((Code("a", "http://s"),)), {"valueCodeableConcept": {"coding": [{"system": "http://s", "code": "a"}]}}),
        (ValueSet("http://v", "2", None), {"valueCanonical": "http://v|2"}),
        (Interval(Date(2026, 1, 1), Date(2026, 2, 1)), {"valuePeriod": {"start": "2026-01-01", "end": "2026-02-01"}}),
        (
            Interval(Date(2026, 1, 1), Date(2026, 2, 1), low_closed=True, high_closed=False),
            {"valuePeriod": {"start": "2026-01-01", "end": "2026-01-31"}},
        ),
        (Interval(None, Date(2026, 2, 1)), {"valuePeriod": {"end": "2026-02-01"}}),
        (Interval(MG, MG), {"valueRange": {"low": UNIT, "high": UNIT}}),
        (Interval(1, 4, low_closed=False), {"valueString": "(1, 4]"}),
        (Choice("CodeableConcept", {"text": "x"}), {"valueCodeableConcept": {"text": "x"}}),
        ({"resourceType": "Patient", "id": "1"}, {"resource": {"resourceType": "Patient", "id": "1"}}),
        ({"a": 1, "b": ["x", "y"]}, {"part": [
            {"name": "a", "valueInteger": 1}, {"name": "b", "valueString": "x"}, {"name": "b", "valueString": "y"},
        ]}),
    ],
)  # fmt: skip
def test_a_value_has_the_type_that_fhir_has_for_it(value: Any, expected: dict[str, Any]) -> None:
    assert parameters(value) == [expected]


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("female", f"{FHIR}AdministrativeGender", {"valueString": "female"}),
        ("a", f"{FHIR}code", {"valueCode": "a"}),
        ("http://x", f"{FHIR}uri", {"valueUri": "http://x"}),
        ({"start": "2026"}, f"{FHIR}Period", {"valuePeriod": {"start": "2026"}}),
        ("x", f"{SYSTEM}String", {"valueString": "x"}),
        ({"system": "phone"}, f"{FHIR}Patient.Contact", {"part": [{"name": "system", "valueString": "phone"}]}),
    ],
)
def test_an_element_of_fhir_keeps_its_type(value: Any, kind: str, expected: dict[str, Any]) -> None:
    assert parameters(value, named(kind)) == [expected]


def test_a_list_is_a_parameter_for_each_item() -> None:
    assert parameters([1, None, 2], listed(f"{SYSTEM}Integer")) == [
        {"valueInteger": 1},
        {"_valueBoolean": absent("X", "unknown")["_valueBoolean"]},
        {"valueInteger": 2},
    ]


def test_lists_in_a_list_are_parts() -> None:
    assert parameters([[1], []]) == [
        {"part": [{"name": "element", "valueInteger": 1}]},
        {"part": [{"name": "element", "_valueBoolean": marker("cqf-isEmptyList")}]},
    ]


def marker(name: str) -> dict[str, Any]:
    return {"extension": [{"url": f"http://hl7.org/fhir/StructureDefinition/{name}", "valueBoolean": True}]}


def test_nothing_an_empty_list_and_an_empty_tuple_are_told_apart() -> None:
    reason = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}
    assert parameters(None) == [{"_valueBoolean": {"extension": [reason]}}]
    assert parameters([]) == [{"_valueBoolean": marker("cqf-isEmptyList")}]
    assert parameters({}) == [{"_valueBoolean": marker("cqf-isEmptyTuple")}]


def test_the_type_stands_beside_the_value_as_cql_writes_it() -> None:
    (found,) = parameters_for("X", [True], listed(f"{FHIR}boolean"))
    url = "http://hl7.org/fhir/StructureDefinition/cqf-cqlType"
    assert found["extension"] == [{"url": url, "valueString": "List<FHIR.boolean>"}]
