"""Every rule of structural validation on a resource that keeps it and on one that breaks it (the YAML files here)."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from publisher.r4.codec import parse
from publisher.validation.findings import RULES
from publisher.validation.structure import structure_issues

HERE = Path(__file__).parent
CASES = [
    pytest.param(case, id=f"{path.stem}-{case['rule']}-{case.get('title', 'as such')}")
    for path in sorted(HERE.glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]
FACTS = ("severity", "code", "rule", "expression", "diagnostics", "place")


def issues(text: str, *, remarks: bool) -> list[dict[str, Any]]:
    document = parse(text.encode(), file="case.json")
    found = structure_issues(document.value, locate=document.locate, remarks=remarks)
    return [
        {
            "severity": issue.severity,
            "code": issue.code,
            "rule": issue.rule,
            "expression": issue.expression,
            "diagnostics": issue.diagnostics,
            "place": f"{issue.source.line}:{issue.source.column}" if issue.source else None,
        }
        for issue in found
    ]


@pytest.mark.parametrize("case", CASES)
def test_a_resource_that_keeps_the_rule_has_no_issue(case: dict[str, Any]) -> None:
    assert issues(case["passes"], remarks=False) == []
    assert case["rule"] not in [issue["rule"] for issue in issues(case["passes"], remarks=True)]


@pytest.mark.parametrize("case", CASES)
def test_a_resource_that_breaks_the_rule_has_exactly_the_issues_of_it(case: dict[str, Any]) -> None:
    on_request = RULES[case["rule"]].severity == "information"

    found = issues(case["fails"], remarks=on_request)

    assert found == [{fact: expected[fact] for fact in FACTS} for expected in case["issues"]]
    assert case["rule"] in [issue["rule"] for issue in found]


@pytest.mark.parametrize("case", CASES)
def test_what_the_standard_leaves_open_is_reported_on_request_only(case: dict[str, Any]) -> None:
    if RULES[case["rule"]].severity == "information":
        assert issues(case["fails"], remarks=False) == []


def test_every_rule_has_a_case() -> None:
    assert {case.values[0]["rule"] for case in CASES} == set(RULES)


def test_every_diagnostics_is_a_sentence_with_advice() -> None:
    for case in CASES:
        for issue in case.values[0]["issues"]:
            assert issue["diagnostics"][-1] in ".?"
            assert ";" in issue["diagnostics"] or "," in issue["diagnostics"]
