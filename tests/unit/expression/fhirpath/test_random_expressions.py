"""Random expressions on random data: a result or an issue, never another exception, always within its limits."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import pytest

from publisher.expression.fhirpath import Limits, compile_fhirpath
from publisher.expression.fhirpath.functions import FUNCTIONS
from publisher.issue import IssueError
from tests.unit.expression.fhirpath.conftest import OBSERVATION, PATIENT

LEAVES = (
    *("1", "'a'", "{}", "true", "1.5", "@2015-01", "@T10", "@2012-01-01T10:00:00Z", "4 'g'", "1 week", "99999999999L"),
    *("name", "name.given", "id", "value", "$this", "$index", "$total", "%resource", "%x", "contact", "birthDate"),
    *("active", "telecom", "component", "code", "descendants()", "children()", "Patient", "extension"),
)
OPERATORS = (
    *("+", "-", "*", "/", "div", "mod", "&", "|", "=", "!=", "~", "!~", "<", ">", "<=", ">=", "in", "contains"),
    *("and", "or", "xor", "implies"),
)
TYPES = ("string", "Quantity", "HumanName", "System.String", "FHIR.code")
JUNK = (
    *(None, 1, "x", True, [], {}, [[]], [None], {"a": 1}, Decimal("1E+999999"), float("nan"), "2015-13-99", 10**30),
    *([1, "a", {}], {"resourceType": 5}, {"resourceType": "Zork"}),
)


def expression(random: Random, depth: int) -> str:
    """Return a random expression of functions, operators and leaves."""
    choice = random.random()
    if not depth or choice < 0.25:
        return random.choice(LEAVES)
    focus = expression(random, depth - 1)
    if choice < 0.7:
        name, function = random.choice(list(FUNCTIONS.items()))
        count = random.randint(function.least, min(function.most, 3))
        is_typed = name in ("is", "as", "ofType")
        arguments = [random.choice(TYPES) if is_typed else expression(random, depth - 1) for _ in range(count)]
        return f"({focus}).{name}({', '.join(arguments)})"
    if choice < 0.9:
        return f"({focus} {random.choice(OPERATORS)} {expression(random, depth - 1)})"
    return f"({focus})[{expression(random, depth - 1)}]" if choice < 0.95 else f"({focus} is {random.choice(TYPES)})"


def mangled(random: Random, value: Any, share: float) -> Any:
    """Return data of which a share is replaced by what does not belong there."""
    if random.random() < share:
        return random.choice(JUNK)
    if isinstance(value, dict):
        return {name: each if name == "resourceType" else mangled(random, each, share) for name, each in value.items()}
    return [mangled(random, each, share) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("seed", range(60))
def test_an_expression_gives_a_result_or_an_issue(seed: int) -> None:
    random = Random(seed)
    for _ in range(25):
        text = expression(random, 3)
        data = mangled(random, random.choice((PATIENT, OBSERVATION)), random.choice((0, 0.05, 0.2)))
        if not isinstance(data, dict):
            continue
        found, issues = None, []
        try:
            program = compile_fhirpath(text, strict=random.random() < 0.2)
            found = program.evaluate(data, {"x": random.choice(JUNK)}, limits=Limits(steps=50_000, seconds=2))
        except IssueError as error:
            issues = error.report.issues
        assert isinstance(found, list) or (issues and all(each.diagnostics for each in issues)), text
