"""Every rule on whole resources, on a resource that keeps it and on one that breaks it (the YAML files here)."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from publisher.validation.findings import RULES as STRUCTURE_RULES
from publisher.validation.knowledge import Knowledge, Options
from publisher.validation.rule_table import RULES
from publisher.validation.validator import Validator

HERE = Path(__file__).parent
CASES = [
    pytest.param(case, id=case["rule"])
    for path in sorted(HERE.glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]
# Found by tests of their own: what no YAML file can write down, and what a translator must say.
ELSEWHERE = {"too-deep", "library-cql-untranslatable", "profile-not-found"}


def issues(case: dict[str, Any], text: str) -> list[dict[str, Any]]:
    options = Options(
        best_practice=case.get("best_practice", False),
        examples=case.get("examples", True),
        must_support=case.get("must_support", False),
    )
    known = [json.loads(each) for each in case.get("known", ())]
    report = Validator(Knowledge(options, known)).validate(text.encode(), file="case.json")
    return [
        {
            "rule": issue.rule,
            "severity": issue.severity,
            "code": issue.code,
            "expression": issue.expression,
            "diagnostics": issue.diagnostics,
            "place": f"{issue.source.line}:{issue.source.column}" if issue.source else None,
        }
        for issue in report
    ]


@pytest.mark.parametrize("case", CASES)
def test_a_resource_that_keeps_the_rule_has_no_error(case: dict[str, Any]) -> None:
    found = issues(case, case["passes"])

    assert case["rule"] not in [issue["rule"] for issue in found]
    assert [issue for issue in found if issue["severity"] == "error"] == []


@pytest.mark.parametrize("case", CASES)
def test_a_resource_that_breaks_the_rule_has_its_issue(case: dict[str, Any]) -> None:
    found = issues(case, case["fails"])

    assert {"rule": case["rule"], **case["issue"]} in found


def test_every_rule_has_a_case() -> None:
    assert {case.values[0]["rule"] for case in CASES} | ELSEWHERE == set(RULES) - set(STRUCTURE_RULES)


def test_every_diagnostics_says_what_to_do() -> None:
    for case in CASES:
        diagnostics = case.values[0]["issue"]["diagnostics"]
        assert diagnostics[-1] in ".?"
        assert ";" in diagnostics or "," in diagnostics
