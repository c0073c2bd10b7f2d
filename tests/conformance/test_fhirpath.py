"""The official FHIRPath R4 suite (FHIR/fhir-test-cases), by the number of its tests that pass.

A test passes when all its outputs come in their order with their type, or when it is refused where it says so. Those
marked `semantic` need static typing and run in strict mode.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from publisher.expression.fhirpath import Services, compile_fhirpath
from publisher.issue import IssueError
from publisher.validation.narrative import narrative_problems
from tests.conformance.fhir_xml import resource_from

ROOT = Path(__file__).parents[2]
SUITE = Path(os.environ.get("VADEMECUM_CONFORMANCE", ROOT.parent / "shared" / "conformance")) / "fhirpath"
FILE = SUITE / "tests-fhir-r4.xml"

FLOOR_UNTYPED = 920
FLOOR_STRICT = 12

# Every test that does not pass, and why not.
MISSES = {
    "testPlusDate19": "decimals count for seconds (only above them they are ignored), the suite ignores them here too",
    "HighBoundaryDateTimeMillisecond1": "the last moment of an hour is :59:59.999, the suite takes its minute as 00",
    "HighBoundaryDateTimeMillisecond3": "the same expression and expectation again",
}

SERVICES = Services(html_checks=lambda text: not list(narrative_problems(text)))


@dataclass(frozen=True, slots=True)
class Case:
    """One test of the suite."""

    name: str
    expression: str
    invalid: str | None
    file: str | None
    predicate: bool
    ordered: bool
    outputs: tuple[tuple[str | None, str], ...]


@cache
def cases() -> tuple[Case, ...]:
    root = ET.parse(FILE).getroot()  # noqa: S314  the file of the suite
    return tuple(_case(test) for test in root.iter("test"))


def _case(test: ET.Element) -> Case:
    expression = test.find("expression")
    assert expression is not None
    return Case(
        name=test.get("name", ""),
        expression=expression.text or "",
        invalid=expression.get("invalid"),
        file=test.get("inputfile"),
        predicate=test.get("predicate") == "true",
        ordered=test.get("ordered") != "false",
        outputs=tuple((output.get("type"), output.text or "") for output in test.findall("output")),
    )


@cache
def resource(name: str) -> dict[str, Any]:
    found: dict[str, Any] = resource_from(SUITE / "input" / name)
    return found


def problem(case: Case) -> str | None:
    """Return what is wrong with the result of a case, None where it passes."""
    strict = case.invalid == "semantic"
    data = resource(case.file) if case.file else {}
    try:
        expression = compile_fhirpath(case.expression, strict=strict, type=data.get("resourceType"))
        result = expression.evaluate_typed(data, services=SERVICES)
    except IssueError as error:
        return None if case.invalid else f"refused: {error}"
    if case.invalid:
        return f"not refused, gave {result.items}"
    found = [(_kind(item.type), _text(item.value)) for item in result.items]
    if case.predicate:
        found = [("boolean", "true" if found else "false")]
    return _difference(case, found)


def _difference(case: Case, found: list[tuple[str, str]]) -> str | None:
    wanted = [(type_, _wanted(text)) for type_, text in case.outputs]
    if not case.ordered:
        found, wanted = sorted(found, key=lambda pair: pair[1]), sorted(wanted, key=lambda pair: pair[1])
    agreed = len(found) == len(wanted) and all(
        _same(text, expected) and (type_ is None or type_.lower() == kind.lower())
        for (kind, text), (type_, expected) in zip(found, wanted, strict=True)
    )
    return None if agreed else f"gave {found}, expected {wanted}"


def _kind(type_: str | None) -> str:
    return (type_ or "").removeprefix("System.")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict) and "value" in value:
        return f"{value['value']} '{value.get('unit')}'"
    return str(value)


def _wanted(text: str) -> str:
    return text.removeprefix("@").removeprefix("T") if text.startswith("@") else text


def _same(text: str, expected: str) -> bool:
    try:
        return text == expected or Decimal(text) == Decimal(expected)
    except ArithmeticError:
        return False


@cache
def outcomes() -> dict[str, list[tuple[Case, str]]]:
    """Return the cases that do not pass, by mode, each with what is wrong."""
    failed: dict[str, list[tuple[Case, str]]] = {"untyped": [], "strict": []}
    for case in cases():
        wrong = problem(case)
        if wrong is not None:
            failed["strict" if case.invalid == "semantic" else "untyped"].append((case, wrong))
    return failed


needs_suite = pytest.mark.skipif(not FILE.exists(), reason=f"NOT RUN: {FILE} is absent")


@needs_suite
def test_suite_reaches_its_floor_in_both_modes(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = Counter("strict" if case.invalid == "semantic" else "untyped" for case in cases())
    passed = {mode: sizes[mode] - len(failed) for mode, failed in outcomes().items()}
    with capsys.disabled():
        total = sum(sizes.values())
        print(f"\nFHIRPath: {sum(passed.values())} of {total}")  # noqa: T201  the count is the point
    missed = (pair for failed in outcomes().values() for pair in failed)
    report = "\n".join(f"{case.name}: {case.expression!r}: {wrong}" for case, wrong in missed)
    assert passed["untyped"] >= FLOOR_UNTYPED, report
    assert passed["strict"] >= FLOOR_STRICT, report


@needs_suite
def test_every_miss_is_named_with_its_reason() -> None:
    missed = {case.name for failed in outcomes().values() for case, _ in failed}

    assert missed == set(MISSES)
