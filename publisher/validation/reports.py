"""Write issues as text, JSON, an OperationOutcome or SARIF, with the rule behind each.

Implements https://hl7.org/fhir/R4/operationoutcome.html and SARIF 2.1.0
(https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from publisher.issue import Report
from publisher.validation.rule_table import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from publisher.issue import Issue

_LEVELS = {"fatal": "error", "error": "error", "warning": "warning", "information": "note"}
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_R4 = "https://hl7.org/fhir/R4/"


def written(issues: Iterable[Issue], form: str, version: str) -> str:
    """Return issues as text, json, outcome or sarif, by the program of this version."""
    listed = list(issues)
    if form == "text":
        return Report(listed).to_text()
    if form == "outcome":
        return _json(Report(listed).to_operation_outcome())
    return _json(sarif(listed, version) if form == "sarif" else [as_json(each) for each in listed])


def as_json(issue: Issue) -> dict[str, Any]:
    """Return an issue as a plain object."""
    source = issue.source
    row: dict[str, Any] = {"severity": issue.severity, "code": issue.code, "rule": issue.rule}
    if source is not None:
        row |= {"file": source.file, "line": source.line, "column": source.column}
    if issue.expression:
        row["expression"] = issue.expression
    row["diagnostics"] = issue.diagnostics
    if issue.reference:
        row["reference"] = issue.reference
    if issue.waived is not None:
        row["waived"] = issue.waived
    return row


def sarif(issues: Iterable[Issue], version: str) -> dict[str, Any]:
    """Return issues as a SARIF log of one run, with the rules that they breach."""
    listed = list(issues)
    names = sorted({issue.rule for issue in listed})
    driver = {"name": "vademecum", "version": version, "rules": [_rule(name) for name in names]}
    results = [_result(issue, names.index(issue.rule)) for issue in listed]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(name: str) -> dict[str, Any]:
    rule = RULES.get(name)
    if rule is None:
        return {"id": name}
    level = {"level": _LEVELS[rule.severity]}
    text = {"text": rule.summary}
    return {"id": name, "shortDescription": text, "helpUri": _R4 + rule.section, "defaultConfiguration": level}


def _result(issue: Issue, index: int) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if issue.source is not None:
        region = {"startLine": issue.source.line, "startColumn": issue.source.column}
        artifact = {"uri": quote(issue.source.file.replace("\\", "/"))}
        location["physicalLocation"] = {"artifactLocation": artifact, "region": region}
    if issue.expression:
        location["logicalLocations"] = [{"fullyQualifiedName": issue.expression}]
    result: dict[str, Any] = {
        "ruleId": issue.rule,
        "ruleIndex": index,
        "level": _LEVELS[issue.severity],
        "message": {"text": issue.diagnostics},
    }
    if issue.waived is not None:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": issue.waived}]
    return result | ({"locations": [location]} if location else {})


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
