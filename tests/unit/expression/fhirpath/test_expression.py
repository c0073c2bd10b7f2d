"""The door: results as JSON has them, their types, the limits, and that nothing reaches the host."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import publisher.expression
from publisher.expression.fhirpath import Limits, compile_fhirpath
from tests.unit.expression.fhirpath.conftest import PATIENT, found

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.issue import Issue

BUNDLE = {
    "resourceType": "Bundle",
    "entry": [{"resource": {"resourceType": "Basic", "id": str(i)}} for i in range(100)],
}


@pytest.mark.parametrize(
    ("text", "value", "type_"),
    [
        ("gender", "female", "code"),
        ("name.first()", PATIENT["name"][0], "HumanName"),
        ("contained", PATIENT["contained"][0], "Organization"),
        ("contact", PATIENT["contact"][0], "BackboneElement"),
        ("deceased", "2020-05-04T10:00:00+02:00", "dateTime"),
        ("1", 1, "System.Integer"),
        ("1.5", Decimal("1.5"), "System.Decimal"),
        ("true", True, "System.Boolean"),
        ("@2020-01", "2020-01", "System.Date"),
        ("@T10:30", "10:30", "System.Time"),
        ("@2020-01-01T10:00Z", "2020-01-01T10:00Z", "System.DateTime"),
        (
            "2 weeks",
            {"value": Decimal(2), "unit": "week", "system": "http://unitsofmeasure.org", "code": "wk"},
            "System.Quantity",
        ),
    ],
)
def test_results_are_json_like_values_with_their_types(text: str, value: Any, type_: str) -> None:
    expression = compile_fhirpath(text)

    assert expression.evaluate(PATIENT) == [value]
    assert expression.evaluate_typed(PATIENT).items == ((value, type_),)


def test_an_expression_serves_every_type_of_resource() -> None:
    expression = compile_fhirpath("id")

    assert expression.evaluate(PATIENT) == ["p1"]
    assert expression.evaluate({"resourceType": "Basic", "id": "b"}) == ["b"]
    assert expression.evaluate({"id": "none"}) == ["none"]


def test_the_package_exports_the_door_when_it_is_asked_for() -> None:
    assert publisher.expression.compile_fhirpath is compile_fhirpath
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = publisher.expression.nothing


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("entry.select(%resource.entry.select(%resource.entry))", "more than 1000 items"),
        ("entry.select(%resource.entry.select(%resource.entry.count()).count()).count()", "more than 5000 steps"),
        ("1.repeat($this + 1)", "more than 1000 items"),
        ("'a'.repeatAll($this & 'a')", "more than 1000"),
        ("entry.aggregate($total.combine($total), 'a')", "more than 1000 items"),
        ("entry.aggregate($total & $total, 'abcdefgh')", "more than 1000 letters"),
        (
            "entry.aggregate(iif($total.empty(), 'abcdefgh', $total.replace('a', 'aaaaaaaa')))",
            "more than 1000 letters",
        ),
        ("entry.aggregate($total.combine($total).join($total), 'abcdefghi')", "more than 1000 letters"),
        ("entry.resource.descendants().where(%resource.descendants().count() > 0).count()", "more than 5000 steps"),
        ("'aaaaaaaaaaaaaaaaaaaaaaaaaaaa'.replaceMatches('a', '$0$0').replaceMatches('', '')", None),
    ],
)
def test_an_evaluation_keeps_within_its_limits(text: str, says: str | None, refusal: Callable[..., Issue]) -> None:
    limits = Limits(steps=5000, size=1000)
    if says is None:
        assert len(found(text, BUNDLE, limits=limits)) == 1
        return
    issue = refusal(text, BUNDLE, limits=limits)

    assert (issue.rule, issue.code) == ("fhirpath-limit", "too-costly")
    assert says in issue.diagnostics


def test_an_evaluation_has_an_end_in_time(refusal: Callable[..., Issue]) -> None:
    issue = refusal("entry.select(%resource.entry.select(%resource.entry.count()))", BUNDLE, limits=Limits(seconds=0))

    assert "seconds" in issue.diagnostics


def test_nested_functions_do_not_multiply_the_work_of_compiling(refusal: Callable[..., Issue]) -> None:
    text = "repeat(" * 30 + "item" + ")" * 30

    assert "too much work to compile" in refusal(text, {"resourceType": "Questionnaire"}).diagnostics


def test_deep_data_are_refused_without_harm(refusal: Callable[..., Issue]) -> None:
    item: dict[str, Any] = {"linkId": "0"}
    for _ in range(3000):
        item = {"linkId": "x", "item": [item]}
    deep = {"resourceType": "Questionnaire", "item": [item]}

    assert "goes too deep" in refusal("item.distinct()", deep).diagnostics
    assert found("repeat(item).linkId.count()", {"resourceType": "Questionnaire", "item": [{"linkId": "1"}]}) == [1]


def test_data_of_another_shape_than_their_type_are_refused(refusal: Callable[..., Issue]) -> None:
    issue = refusal("name.family", {"resourceType": "Patient", "name": "Anna"})

    assert (issue.rule, issue.code) == ("fhirpath-data", "structure")


@pytest.mark.parametrize("text", ["__class__", "name.__len__", "`__init__`.`__globals__`", "%`__builtins__`"])
def test_no_name_reaches_the_host(text: str) -> None:
    assert found(text, variables={"__builtins__": None}) == []
