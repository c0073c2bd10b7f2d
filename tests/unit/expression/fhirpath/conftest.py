"""A patient, an observation and a bundle, and the door to evaluate an expression on them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from publisher.expression import compile_fhirpath
from publisher.issue import Issue, IssueError

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p1",
    "active": True,
    "contained": [{"resourceType": "Organization", "id": "o1", "name": "Ward"}],
    "name": [
        {"use": "official", "family": "Ek", "given": ["Anna", "Eva"], "period": {"start": "2001-02"}},
        {"use": "nickname", "given": ["Ann", None], "_given": [None, {"extension": [{"url": "urn:unknown"}]}]},
    ],
    "telecom": [{"system": "phone", "value": "1"}, {"system": "email", "value": "a@b", "rank": 2}],
    "gender": "female",
    "birthDate": "1951-03-02",
    "_birthDate": {"id": "b", "extension": [{"url": "urn:time", "valueDateTime": "1951-03-02T14:35:45-05:00"}]},
    "_language": {"extension": [{"url": "urn:none", "valueString": "x"}]},
    "deceasedDateTime": "2020-05-04T10:00:00+02:00",
    "multipleBirthInteger": 2,
    "managingOrganization": {"reference": "#o1"},
    "contact": [{"name": {"family": "Berg"}, "gender": "male"}],
}

OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}], "text": "weight"},
    "effectiveDateTime": "2016-03-28",
    "valueQuantity": {"value": 185, "unit": "lbs", "system": "http://unitsofmeasure.org", "code": "[lb_av]"},
    "component": [
        {"code": {"text": "a"}, "valueString": "x"},
        {"code": {"text": "b"}, "valueInteger": 3},
        {"code": {"text": "c"}, "_valueString": {"extension": [{"url": "urn:none"}]}},
    ],
    "extension": [{"url": "urn:age", "valueAge": {"value": 41, "code": "a", "system": "http://unitsofmeasure.org"}}],
}


@pytest.fixture
def patient() -> dict[str, Any]:
    return copy.deepcopy(PATIENT)


@pytest.fixture
def observation() -> dict[str, Any]:
    return copy.deepcopy(OBSERVATION)


@pytest.fixture
def refusal() -> Callable[..., Issue]:
    """Return what evaluates an expression that is refused, and gives the issue."""

    def refused(text: str, resource: Any = PATIENT, *variables: Any, **options: Any) -> Issue:
        door = {name: options.pop(name) for name in ("strict", "type") if name in options}
        with pytest.raises(IssueError) as caught:
            compile_fhirpath(text, **door).evaluate(resource, *variables, **options)
        return caught.value.report.issues[0]

    return refused


def found(text: str, resource: Any = PATIENT, **options: Any) -> list[Any]:
    """Return what an expression finds."""
    return compile_fhirpath(text).evaluate(resource, **options)
