"""Value sets are expanded by what they carry or enumerate; all else is an error, never false."""

from __future__ import annotations

from typing import Any

import pytest

from publisher.expression.terminology import Terminology
from publisher.expression.values import Code, CodeSystem, EvaluationError, ValueSet

Resource = dict[str, Any]
SYSTEM = "http://s.example"
HELD: dict[str, Resource] = {
    "expanded": {
        "expansion": {
            "contains": [
                {"system": SYSTEM, "code": "a", "contains": [{"system": SYSTEM, "code": "b"}]},
                {"system": SYSTEM, "code": "group", "abstract": True},
                {"system": SYSTEM, "code": "old", "inactive": True},
            ]
        }
    },
    "nothing": {"expansion": {"total": 0}},
    "listed": {"compose": {"include": [{"system": SYSTEM, "concept": [{"code": "a"}, {"code": "c"}]}]}},
    "by-others": {
        "compose": {
            "include": [{"valueSet": ["expanded"]}, {"valueSet": ["listed"]}],
            "exclude": [{"system": SYSTEM, "concept": [{"code": "b"}]}],
        }
    },
    "in-both": {"compose": {"include": [{"valueSet": ["expanded", "listed"]}]}},
    "whole-system": {"compose": {"include": [{"system": SYSTEM}]}},
    "whole-other": {"compose": {"include": [{"system": "http://other.example"}]}},
    "filtered": {"compose": {"include": [{"system": SYSTEM, "filter": [{"property": "x"}]}]}},
    "circular": {"compose": {"include": [{"valueSet": ["circular"]}]}},
    SYSTEM: {
        "resourceType": "CodeSystem",
        "url": SYSTEM,
        "content": "complete",
        "concept": [{"code": "a", "concept": [{"code": "z"}]}],
    },
}
TERMINOLOGY = Terminology(HELD.get)


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("expanded", ["a", "b"]),
        ("nothing", []),
        ("listed", ["a", "c"]),
        ("by-others", ["a", "c"]),
        ("in-both", ["a"]),
        ("whole-system", ["a", "z"]),
    ],
)
def test_expansion(name: str, codes: list[str]) -> None:
    assert [each.code for each in TERMINOLOGY.expansion(ValueSet(name)).listed] == codes


@pytest.mark.parametrize("name", ["missing", "filtered", "whole-other", "circular"])
def test_what_cannot_be_expanded_is_an_error(name: str) -> None:
    with pytest.raises(EvaluationError, match="no expansion") as caught:
        TERMINOLOGY.expansion(ValueSet(name))
    assert caught.value.code == "value-set"


def test_a_code_without_a_system_is_found_by_its_code() -> None:
    expansion = TERMINOLOGY.expansion(ValueSet("listed"))
    assert expansion.holds(Code("a"))
    assert not expansion.holds(Code("a", "http://other.example"))
    assert expansion.holds(Code("c", SYSTEM))


def test_a_version_is_part_of_what_is_asked_for() -> None:
    asked: list[str] = []
    terminology = Terminology(lambda canonical: asked.append(canonical) or HELD["listed"])
    terminology.expansion(ValueSet("http://v.example", "2"))
    assert asked == ["http://v.example|2"]


def test_code_systems() -> None:
    assert TERMINOLOGY.code_system(CodeSystem(SYSTEM)) == {"a", "z"}
    with pytest.raises(EvaluationError, match="not held"):
        TERMINOLOGY.code_system(CodeSystem("http://other.example"))
