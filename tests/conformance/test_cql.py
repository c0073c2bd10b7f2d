"""The official CQL tests, translated by the official translator and evaluated by our engine, plain and tracked.

https://github.com/cqframework/cql-tests. Their folder is `cql` below VADEMECUM_CONFORMANCE; without it, or without
Node, the tests are NOT RUN. The floor is what was reached; a case that fails is listed with its reason, and one that
is listed but passes fails the test.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from publisher.expression.context import DataContext
from publisher.expression.evaluation import Evaluation
from publisher.expression.interval import Interval
from publisher.expression.library import Library
from publisher.expression.temporal import Date, DateTime, Time
from publisher.expression.terminology import Terminology
from publisher.expression.values import equal
from publisher.source.cql import TRANSLATOR, cache_folder, translate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.expression.definition import Outcome

ROOT = Path(__file__).parents[2]
SUITE = Path(os.environ.get("VADEMECUM_CONFORMANCE") or ROOT.parent / "shared" / "conformance") / "cql"
NAMESPACE = {"t": "http://hl7.org/fhirpath/tests"}
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
FLOOR = 1802

# Cases that fail, by reason.
FAILING: dict[str, tuple[str, ...]] = {
    "the translator makes DateTimes of its Dates, as the type of `starting` asks": (
        "CqlAggregateTest/AggregateTests/RolledOutIntervals",
    ),
    "contradicts ValueLiteralsAndSelectors/Integer/Integer2Pow31: a literal out of range is an error": (
        "CqlArithmeticFunctionsTest/Floor/FloorIntegerGreaterThanMaxInteger",
        "CqlArithmeticFunctionsTest/Floor/FloorIntegerLessThanMinInteger",
    ),
    "the translator knows `timezoneoffset from` only": (
        "CqlDateTimeOperatorsTest/DateTimeComponentFrom/DateTimeComponentFromTimezoneOffset",
    ),
    "contradicts Uncertainty tests/DateTimeDurationBetweenUncertainAdd, which has 16 for the same duration": (
        "CqlDateTimeOperatorsTest/Uncertainty tests/DateTimeDurationBetweenUncertainInterval",
    ),
    "contradicts Duration/DateTimeDurationBetweenYear: the minutes of @T06 are not known": (
        "CqlDateTimeOperatorsTest/Uncertainty tests/TimeDurationBetweenHourDiffPrecision2",
    ),
    "contradicts NullBoundariesProperlyIncludesIntegerInterval: closed null bounds are the ends of the type": (
        "CqlIntervalOperatorsTest/In/TestInNullBoundaries",
    ),
    "translated as Contains; the specification of Contains has false for a null not in the list": (
        "CqlListOperatorsTest/Includes/IncludesNullRight",
    ),
    "translated as In; the specification of In has false for a null not in the list": (
        "CqlListOperatorsTest/IncludedIn/IncludedInNullLeft",
    ),
    "the translator does not know Slice": (
        "CqlListOperatorsTest/Slice/SliceAll",
        "CqlListOperatorsTest/Slice/SliceEmpty",
        "CqlListOperatorsTest/Slice/SliceNull",
        "CqlListOperatorsTest/Slice/SliceStart",
        "CqlListOperatorsTest/Slice/SliceStartNull",
        "CqlListOperatorsTest/Slice/SliceEnd",
        "CqlListOperatorsTest/Slice/SliceEndNull",
        "CqlListOperatorsTest/Slice/SliceNegative",
        "CqlListOperatorsTest/Slice/SliceStartAndNegative",
        "CqlListOperatorsTest/Slice/SlicePast",
    ),
    "its output is no CQL: codes must be a list": ("CqlTypeOperatorsTest/ToConcept/CodeToConcept1",),
    "the translator gives 10000 milliseconds for .10000": ("CqlTypesTest/Time/TimeMillisParsing",),
}
KNOWN = {name: reason for reason, names in FAILING.items() for name in names}

pytestmark = [
    pytest.mark.skipif(not SUITE.is_dir(), reason="NOT RUN: the official CQL tests are not here"),
    pytest.mark.skipif(shutil.which("node") is None, reason="NOT RUN: translating needs Node"),
]


@dataclass(frozen=True)
class Case:
    """One test of the suite."""

    name: str
    expression: str
    output: str | None
    invalid: bool


def cases_of(file: Path) -> Iterator[Case]:
    for group in ET.parse(file).getroot().findall("t:group", NAMESPACE):  # noqa: S314  our own copy
        for test in group.findall("t:test", NAMESPACE):
            expression = test.find("t:expression", NAMESPACE)
            assert expression is not None
            output = test.findtext("t:output", namespaces=NAMESPACE)
            invalid = test.get("invalid") or expression.get("invalid")
            name = f"{file.stem}/{group.get('name')}/{test.get('name')}"
            yield Case(name, expression.text or "", output, invalid not in (None, "false"))


def library_text(name: str, cases: dict[int, tuple[bool, bool]], all_cases: list[Case]) -> tuple[str, dict[int, int]]:
    """Return the CQL of a library of the cases that are left, and which line is whose (negative: the output)."""
    lines, owners = [f"library {name} version '1'", ""], {}
    for index, (with_expression, with_output) in cases.items():
        case = all_cases[index]
        for wanted, sign, text in (
            (with_expression, 1, case.expression),
            (with_output, -1, case.output or ""),
        ):
            if wanted:
                for line in f'define "{"e" if sign > 0 else "o"}{index}":\n{text}\n'.split("\n"):
                    lines.append(line)
                    owners[len(lines)] = sign * (index + 1)
    return "\n".join(lines), owners


def translated(name: str, all_cases: list[Case]) -> tuple[Library, set[int]]:
    """Return the library of all cases that translate, and the indexes of the expressions that do not."""
    left = {index: (True, not case.invalid and case.output is not None) for index, case in enumerate(all_cases)}
    refused: set[int] = set()
    for _ in range(8):
        text, owners = library_text(name, left, all_cases)
        elm, lines = _translate(name, text)
        if elm is not None:
            return Library(elm["library"]), refused
        for line in lines:
            owner = owners.get(line) or owners.get(line - 1) or 0
            index = abs(owner) - 1
            if owner > 0:
                refused.add(index)
                left[index] = (False, left[index][1])
            elif owner < 0:
                left[index] = (left[index][0], False)
    raise AssertionError(f"{name} does not translate")


def _translate(name: str, text: str) -> tuple[dict[str, Any] | None, list[int]]:
    """Return the ELM of a library, or the lines with errors; kept by the hash of its text."""
    program = b"".join(path.read_bytes() for path in sorted(TRANSLATOR.glob("*.*js*")))
    key = hashlib.sha256(program + text.encode()).hexdigest()[:24]
    kept = cache_folder() / "conformance" / f"cql-{key}.json"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        file = kept.parent / key / f"{name}.cql"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        elms, report = translate([file])
        lines = [issue.source.line for issue in report if issue.is_error and issue.source and issue.source.line]
        elm = json.loads(elms[file]) if file in elms else None
        shutil.rmtree(file.parent)
        kept.write_text(json.dumps([elm, lines]))
    elm, lines = json.loads(kept.read_text())
    return elm, lines


def alike(actual: Any, expected: Any) -> bool:
    """Return whether a result is the expected one: equal, to the same precision and of the same shape."""
    if actual is None or expected is None:
        return actual is expected
    if isinstance(actual, list) and isinstance(expected, list):
        return len(actual) == len(expected) and all(map(alike, actual, expected))
    if isinstance(actual, Interval) and isinstance(expected, Interval):
        return (
            alike(actual.low, expected.low)
            and alike(actual.high, expected.high)
            and _bounds(actual) == _bounds(expected)
        )
    if isinstance(actual, dict) and isinstance(expected, dict):
        return actual.keys() == expected.keys() and all(alike(actual[key], expected[key]) for key in actual)
    if isinstance(actual, Date | DateTime | Time):
        return (
            type(actual) is type(expected)
            and actual.precision == expected.precision
            and equal(actual, expected) is True
        )
    return equal(actual, expected) is True


def _bounds(value: Interval) -> tuple[bool, bool]:
    return value.low_closed, value.high_closed


def evaluation(*, closed: bool) -> Evaluation:
    return Evaluation(DataContext(closed=closed), Terminology(lambda _canonical: None), now=NOW)


def run() -> dict[str, str]:
    """Return what went wrong by case; '' for a case that passes."""
    verdicts: dict[str, str] = {}
    for file in sorted(SUITE.glob("*.xml")):
        cases = list(cases_of(file))
        library, refused = translated(re.sub(r"\W", "", file.stem), cases)
        env = evaluation(closed=True)
        for index, case in enumerate(cases):
            verdicts[case.name] = verdict(library, index, case, env, refused=index in refused)
    return verdicts


def verdict(library: Library, index: int, case: Case, env: Evaluation, *, refused: bool) -> str:
    if refused:
        return "" if case.invalid else "the translator refuses it"
    outcome = library.evaluate(f"e{index}", env)
    tracked = library.evaluate(f"e{index}", env, tracked=True)
    if (outcome.value, outcome.error) != (tracked.value, tracked.error) and not alike(outcome.value, tracked.value):
        return f"tracked {shown(tracked)}, plain {shown(outcome)}"
    if case.invalid:
        return "" if outcome.error else f"no error but {shown(outcome)}"
    if outcome.error:
        return f"error: {outcome.error}"
    if case.output is None:
        return ""
    if f"o{index}" not in library:
        return f"the output does not translate: {case.output.strip()}"
    expected = library.evaluate(f"o{index}", env)
    if expected.error:
        return f"the output is an error: {expected.error}"
    return "" if alike(outcome.value, expected.value) else f"{shown(outcome)} for {shown(expected)}"


def shown(outcome: Outcome) -> str:
    return repr(outcome.error or outcome.value)[:200]


def test_official_cql_tests(capsys: pytest.CaptureFixture[str]) -> None:
    verdicts = run()
    failed = {name: reason for name, reason in verdicts.items() if reason}
    with capsys.disabled():
        sys.stdout.write(f"\nCQL: {len(verdicts) - len(failed)} of {len(verdicts)}\n")
    assert failed.keys() == KNOWN.keys(), {name: failed.get(name, "passes") for name in failed.keys() ^ KNOWN.keys()}
    assert len(verdicts) - len(failed) >= FLOOR
