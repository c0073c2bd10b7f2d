"""The data of $apply: what is supplied, and what each answer may leave out."""

from __future__ import annotations

from typing import Any

import pytest

from publisher.apply.data import context_of
from publisher.expression.requirements import Requirement
from publisher.issue import IssueError
from tests.unit.apply.builders import PATIENT, bundle

STATINS = "http://example.org/ValueSet/statins"
ORDER = {"resourceType": "MedicationRequest", "id": "m", "subject": {"reference": "Patient/1"}}
READ = (Requirement("MedicationRequest", "medication", STATINS),)


def state(values: dict[str, list[Any]], kind: str) -> tuple[int, str | None]:
    """Return how many resources of a type there are, and why there may be more."""
    supply = context_of(values, "1", lambda: READ).supply(kind)
    return len(supply.resources), supply.cause.kind if supply.cause else None


def searchset(url: str, *resources: dict[str, Any], **elements: Any) -> dict[str, Any]:
    link = [{"relation": "self", "url": url}, *elements.pop("link", [])]
    return {**bundle(*resources, link=link, **elements), "type": "searchset"}


def prefetch(data: Any, **descriptor: Any) -> dict[str, list[Any]]:
    return {
        "prefetchData": [{"key": ["k"], "descriptor": [{"type": "MedicationRequest", **descriptor}], "data": [data]}]
    }


def test_a_type_that_is_present_is_supplied_and_another_is_not() -> None:
    values = {"data": [bundle(PATIENT, ORDER)]}
    assert state(values, "MedicationRequest") == (1, None)
    assert state(values, "Condition") == (0, "not-supplied")
    assert state({}, "Patient") == (0, "not-supplied")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (searchset("http://x/MedicationRequest?patient=1"), (0, None)),
        (searchset("http://x/MedicationRequest?patient=1", ORDER), (1, None)),
        (searchset("http://x/MedicationRequest?patient=1", ORDER, total=4), (1, "partial")),
        (searchset("MedicationRequest?patient=1", link=[{"relation": "next", "url": "x"}]), (0, "partial")),
        (searchset("http://x/MedicationRequest/_search", total=2), (0, "partial")),
    ],
)
def test_a_search_answer_among_the_data_is_judged(answer: dict[str, Any], expected: tuple[int, str | None]) -> None:
    assert state({"data": [answer]}, "MedicationRequest") == expected
    assert state({"data": [bundle(PATIENT, answer)]}, "MedicationRequest") == expected


def test_a_search_answer_is_judged_once_for_each_type_however_many_links_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged: list[str] = []
    monkeypatch.setattr("publisher.apply.data.judge", lambda _, kind: judged.append(kind))
    links = [{"relation": "self", "url": f"http://x/{kind}?{n}"} for n in range(9) for kind in ("Condition", "Nothing")]
    assert state({"data": [searchset("MedicationRequest?patient=1", link=links)]}, "Condition") == (0, None)
    assert judged == ["MedicationRequest", "Condition"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (prefetch(searchset("x", ORDER)), (1, None)),
        (prefetch(bundle()), (0, None)),
        (prefetch(bundle(ORDER), codeFilter=[{"path": "medication", "valueSet": STATINS}]), (1, None)),
        (prefetch(bundle(ORDER), codeFilter=[{"path": "medication", "valueSet": "http://other"}]), (1, "not-supplied")),
        (prefetch(bundle(ORDER), dateFilter=[{"path": "authoredOn"}]), (1, "not-supplied")),
        (prefetch({"resourceType": "OperationOutcome", "issue": []}), (0, "refused")),
        ({"prefetchData": [{"descriptor": [{"type": "MedicationRequest"}]}]}, (0, None)),
        ({"prefetchData": [{"key": ["k"], "data": [bundle(ORDER)]}]}, (1, "not-supplied")),
    ],
)
def test_prefetch_data_close_what_their_descriptor_covers(
    values: dict[str, list[Any]], expected: tuple[int, str | None]
) -> None:
    assert state(values, "MedicationRequest") == expected


def test_data_of_another_patient_are_left_out() -> None:
    other = {**ORDER, "subject": {"reference": "Patient/2"}}
    assert state({"data": [bundle(other)]}, "MedicationRequest") == (0, "not-supplied")


@pytest.mark.parametrize(
    "values",
    [
        {"data": [PATIENT]},
        {"data": ["x"]},
        {"prefetchData": ["x", "y"]},
        {"prefetchData": [{"key": ["k"]}, {"key": ["k"]}]},
        {"prefetchData": [{"key": ["k"], "descriptor": ["x"]}]},
        {"prefetchData": [{"key": ["k"], "other": [1]}]},
        {"prefetchData": [{"data": [bundle(ORDER)]}]},
        {"prefetchData": [{"key": ["k"], "data": [bundle(), bundle(ORDER)]}]},
        {"prefetchData": [{"key": ["k", "l"], "data": [bundle(ORDER)]}]},
        *(
            {"prefetchData": [{"key": ["k"], "descriptor": [{"type": "Condition", "codeFilter": filters}]}]}
            for filters in (True, ["x"], [{"path": ["code"]}], [{"valueSet": {}}])
        ),
    ],
)
def test_data_of_another_shape_are_refused(values: dict[str, list[Any]]) -> None:
    with pytest.raises(IssueError) as refused:
        context_of(values, "1", lambda: ())
    assert [each.rule for each in refused.value.report] == ["parameter-value"]


def test_what_cannot_be_told_to_be_of_another_patient_leaves_a_type_partial() -> None:
    unknown = {**ORDER, "id": "n", "subject": {"reference": "urn:uuid:7d4b2d16-8f3c-4a77-a1f5-51d0a1a9c0c3"}}
    assert state({"data": [bundle(ORDER, unknown)]}, "MedicationRequest") == (1, "partial")


@pytest.mark.parametrize("damaged", [{}, {**ORDER, "resourceType": "medicationrequest"}, {"resourceType": "Order"}])
def test_an_entry_whose_type_cannot_be_read_leaves_types_partial(damaged: dict[str, Any]) -> None:
    values = {"data": [bundle(ORDER, damaged)]}
    assert state(values, "MedicationRequest") == (1, "partial")
    supply = context_of(values, "1", lambda: READ, frozenset({"MedicationRequest"})).supply("MedicationRequest")
    assert supply.cause is not None
    assert (supply.cause.kind, supply.cause.reason) == ("partial", "malformed")


def test_a_search_that_was_answered_for_another_patient_closes_nothing() -> None:
    other = {**ORDER, "subject": {"reference": "Patient/2"}}
    assert state({"data": [searchset("MedicationRequest?patient=1", other)]}, "MedicationRequest") == (0, "partial")
    assert state(prefetch(searchset("x", other)), "MedicationRequest") == (0, "partial")
    assert state(prefetch(searchset("x", other, ORDER)), "MedicationRequest") == (1, None)
