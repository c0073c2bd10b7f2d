"""Library/$evaluate where it depends on what else is held, and on what comes with the request."""

from __future__ import annotations

from typing import Any

import pytest

from publisher.apply.knowledge import Knowledge
from publisher.issue import IssueError
from publisher.repository import Artifact, Repository
from tests.unit.apply.asking import LIBRARY, PATIENT, held, helps, response
from tests.unit.apply.builders import apply, bundle, caller


def evaluated(knowledge: Knowledge, name: str | None = "Weather", **inputs: Any) -> dict[str, dict[str, Any]]:
    found = apply("Library/evaluate", knowledge, name, **{"data": [bundle(PATIENT)], **inputs})
    return {each["name"]: each for each in found["parameter"]}


ALONE = Knowledge(Repository([Artifact(LIBRARY, {})]))


def test_a_library_is_read_as_the_plans_that_use_it_read_it() -> None:
    with_a_tracked_plan = evaluated(held(helps()), expression=["Umbrella Helps"])
    alone = evaluated(ALONE, expression=["Umbrella Helps"])
    assert (list(with_a_tracked_plan), list(alone)) == (["Umbrella Helps", "messages"], ["Umbrella Helps"])


def test_a_library_may_come_with_the_request_where_the_laboratory_is_open() -> None:
    mine = {**LIBRARY, "id": "mine", "url": "http://example.org/Library/mine"}
    data = [bundle(PATIENT, response(rain=True, wind=False))]
    found = evaluated(
        Knowledge(Repository([])), None, library=[mine], data=data, expression=["Umbrella Helps"],
        who=caller(inline_content=True),
    )  # fmt: skip
    assert found["Umbrella Helps"]["valueBoolean"] is True


def test_the_only_patient_of_the_data_is_the_subject() -> None:
    found = evaluated(ALONE, subject=None, data=[bundle(PATIENT, response(rain=True))], expression=["Rain Is Said"])
    assert found["Rain Is Said"]["valueBoolean"] is True


@pytest.mark.parametrize(("language", "said"), [("en", "whom nothing names"), ("sv", "skicka subject.")])
def test_data_of_a_patient_whom_nothing_names_are_told(language: str, said: str) -> None:
    inputs = {"data": [bundle(response(rain=True))], "expression": ["Rain Is Said"], "who": caller(language)}
    found = evaluated(ALONE, subject=None, **inputs)
    assert "valueBoolean" not in found["Rain Is Said"]
    (issue,) = found["messages"]["resource"]["issue"]
    assert (issue["severity"], issue["details"]["text"]) == ("warning", "data-of-others")
    assert issue["expression"] == ["Parameters.parameter.where(name='data')"]
    assert said in issue["diagnostics"]


def test_nothing_of_another_patient_is_read() -> None:
    other = {**response(rain=True), "subject": {"reference": "Patient/2"}}
    found = evaluated(ALONE, data=[bundle(PATIENT, other)], expression=["Rain Is Said"])
    assert "valueBoolean" not in found["Rain Is Said"]


@pytest.mark.parametrize(
    ("inputs", "refusal"),
    [
        ({"expression": ["Gone"]}, ("value", "definition-unknown")),
        ({"expression": [3]}, ("value", "definition-unknown")),
        ({"subject": ["Patient/1", "Patient/2"]}, ("not-supported", "subject-repeated")),
        ({"encounter": ["a", "b"]}, ("value", "parameter-value")),
        ({"dataEndpoint": [{}]}, ("not-supported", "parameter-unsupported")),
        ({"library": [LIBRARY]}, ("not-supported", "inline-content")),
    ],
)
def test_what_is_not_done_here_is_refused_by_name(inputs: dict[str, Any], refusal: tuple[str, str]) -> None:
    with pytest.raises(IssueError) as error:
        evaluated(ALONE, **inputs)
    (issue,) = error.value.report
    assert (issue.code, issue.rule) == refusal


def test_a_library_without_elm_is_told_in_both_languages() -> None:
    cql = {"contentType": "text/cql", "data": "bGlicmFyeSBX"}
    knowledge = Knowledge(Repository([Artifact({**LIBRARY, "content": [cql]}, {})]))
    with pytest.raises(IssueError) as error:
        evaluated(knowledge)
    words = [next(iter(error.value.report.in_language(each))).diagnostics for each in ("sv", "en")]
    name = "http://example.org/Library/Weather|1.0.0"
    assert words == [
        f"Biblioteket {name} har ingen ELM som kan utvärderas här.",
        f"Library {name} holds no ELM that can be evaluated here.",
    ]
