"""The expansion holds each code as written, then in every spelling that records use for it."""

from __future__ import annotations

from typing import Any

import pytest

from publisher.source.expansion import Expansion
from publisher.topic import Publisher, SystemNames

ICD, ATC = "https://icd.example/", "http://www.whocc.no/atc"
PUBLISHER = Publisher(
    "https://example.org/fhir",
    "org.example",
    "Example",
    "sv",
    ("sv", "en"),
    code_systems={
        "icd": SystemNames(ICD, ("urn:oid:2.5.6", "urn:oid:7"), undotted=True),
        "atc": SystemNames(ATC, ("urn:oid:1.2.3",)),
    },
)
SET = "https://example.org/fhir/ValueSet/"


def value_set(*includes: dict[str, Any], **compose: Any) -> dict[str, Any]:
    return {"resourceType": "ValueSet", "compose": {"include": list(includes), **compose}}


def expansion(resource: dict[str, Any], **others: dict[str, Any]) -> Any:
    by_url = {f"{SET}{name}": one for name, one in others.items()}
    return Expansion(PUBLISHER, by_url).of(resource, "2026-01-02")


def codes(resource: dict[str, Any], **others: dict[str, Any]) -> list[tuple[str, str]]:
    found, issues = expansion(resource, **others)
    assert issues == []
    return [(one["system"], one["code"]) for one in found["contains"]]


def include(system: str, *names: str) -> dict[str, Any]:
    return {"system": system, "concept": [{"code": name} for name in names]}


def test_codes_come_in_order_each_followed_by_its_spellings() -> None:
    assert codes(value_set(include(ICD, "L60.3"), include(ATC, "A11", "A12"))) == [
        (ICD, "L60.3"),
        ("urn:oid:2.5.6", "L60.3"),
        ("urn:oid:7", "L60.3"),
        (ICD, "L603"),
        ("urn:oid:2.5.6", "L603"),
        ("urn:oid:7", "L603"),
        (ATC, "A11"),
        ("urn:oid:1.2.3", "A11"),
        (ATC, "A12"),
        ("urn:oid:1.2.3", "A12"),
    ]


def test_a_code_without_a_dot_has_no_other_form() -> None:
    assert codes(value_set(include(ICD, "L60"))) == [
        (ICD, "L60"),
        ("urn:oid:2.5.6", "L60"),
        ("urn:oid:7", "L60"),
    ]


def test_a_system_without_settings_stands_alone() -> None:
    assert codes(value_set(include("http://x.example", "a.b"))) == [("http://x.example", "a.b")]


def test_every_spelling_has_the_display_and_its_translations() -> None:
    concept = {
        "code": "L60.3",
        "display": "A",
        "_display": {"extension": []},
        "designation": [{"value": "B"}],
    }
    found, _ = expansion(value_set({"system": ICD, "concept": [concept]}))
    assert {(one["display"], str(one["_display"])) for one in found["contains"]} == {("A", "{'extension': []}")}
    assert all("designation" not in one for one in found["contains"])


def test_timestamp_and_total_and_nothing_that_changes_between_compiles() -> None:
    found, _ = expansion(value_set(include(ATC, "A11")))
    assert list(found) == ["timestamp", "total", "contains"]
    assert (found["timestamp"], found["total"]) == ("2026-01-02", 2)


def test_a_code_that_is_written_twice_is_there_once() -> None:
    assert codes(value_set(include(ATC, "A11"), include(ATC, "A11"), include("urn:oid:1.2.3", "A11"))) == [
        (ATC, "A11"),
        ("urn:oid:1.2.3", "A11"),
    ]


def test_other_value_sets_of_ours_are_taken_in() -> None:
    union = value_set({"valueSet": [f"{SET}one|0.1.0"]}, {"valueSet": [f"{SET}two"]})
    assert codes(union, one=value_set(include(ATC, "A11")), two=value_set(include("http://x.example", "b"))) == [
        (ATC, "A11"),
        ("urn:oid:1.2.3", "A11"),
        ("http://x.example", "b"),
    ]


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        (
            {"resourceType": "ValueSet"},
            "The value set cannot be expanded: it has no compose.include; list its codes.",
        ),
        (
            value_set({"system": ATC}),
            "ValueSet.compose.include[0] does not list its codes; write system and concept.",
        ),
        (
            value_set({"system": ATC, "filter": [{"property": "concept", "op": "is-a", "value": "A11"}]}),
            "ValueSet.compose.include[0] does not list its codes; write system and concept.",
        ),
        (
            value_set(include(ATC, "A11"), exclude=[include(ATC, "A12")]),
            "ValueSet.compose.exclude takes codes out; list only the codes that are in.",
        ),
        (
            value_set({"valueSet": ["http://x.example/ValueSet/y"]}),
            "ValueSet.compose.include[0] includes http://x.example/ValueSet/y, which no topic defines; list the codes.",
        ),
        (
            value_set({"system": ATC, "valueSet": [f"{SET}one"]}),
            "ValueSet.compose.include[0] is an intersection; list the codes, or include one value set.",
        ),
    ],
)
def test_what_cannot_be_listed_is_an_issue(resource: dict[str, Any], message: str) -> None:
    found, issues = expansion(resource, one=value_set(include(ATC, "A11")))
    assert found is None
    assert [(one.rule, one.diagnostics) for one in issues] == [("expansion-impossible", message)]


def test_value_sets_that_include_each_other_are_an_issue() -> None:
    one = value_set({"valueSet": [f"{SET}two"]})
    two = value_set({"valueSet": [f"{SET}one"]})
    found, issues = expansion(one, one=one, two=two)
    assert found is None
    assert issues[0].diagnostics == (
        f"ValueSet.compose.include[0] includes {SET}two, which includes it in turn; break the circle."
    )
