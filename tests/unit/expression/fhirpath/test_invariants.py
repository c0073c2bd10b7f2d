"""Every invariant of R4 on real resources: our own artifacts and, where it is present, the inputs of the suite."""

from __future__ import annotations

import json
import os
from collections import Counter
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from publisher.expression.fhirpath import Element, Expression, Services, compile_fhirpath
from publisher.r4 import definitions
from publisher.validation.narrative import narrative_problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.r4.elements import Constraint

ROOT = Path(__file__).parents[4]
SUITE = Path(os.environ.get("VADEMECUM_CONFORMANCE", ROOT.parent / "shared" / "conformance"))
SERVICES = Services(html_checks=lambda text: not list(narrative_problems(text)))

# What the inputs of the suite break indeed.
BROKEN = {
    "csd-1": "a code of the CodeSystem stands there twice, which a test of the suite relies on",
    "dom-3": "the contained Organization is referred to by nothing",
    "org-1": "the contained Organization has neither a name nor an identifier",
}

Context = tuple[Any, str, "tuple[Constraint, ...]"]


def resources(folder: Path, pattern: str) -> list[dict[str, Any]]:
    """Return the resources of a folder; none where it is absent."""
    return [json.loads(path.read_text("utf-8"), parse_float=Decimal) for path in sorted(folder.glob(pattern))]


def contexts(value: Any, type_: str, own: tuple[Constraint, ...] = (), sibling: Any = None) -> Iterator[Context]:
    """Yield every element of a value with its type and the invariants that hold there."""
    inherited = () if "." in type_ else tuple(each for name in definitions.ancestors(type_) for each in _of(name))
    is_boxed = value is None or sibling is not None
    yield Element(value, type_, sibling) if is_boxed else value, type_, own + inherited
    if not isinstance(value, dict):
        return
    for name, child in definitions.children(type_).items():
        values, siblings = _listed(value.get(name)), _listed(value.get(f"_{name}"))
        for index in range(max(len(values), len(siblings))):
            each = values[index] if index < len(values) else None
            beside = siblings[index] if index < len(siblings) else None
            if each is not None or beside is not None:
                content = each["resourceType"] if child.content == "Resource" else child.content
                yield from contexts(each, content, child.element.constraints, beside)


def _of(name: str) -> tuple[Constraint, ...]:
    definition = definitions.type_definition(name)
    return definition.constraints if definition else ()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


@cache
def invariant(expression: str, type_: str) -> Expression:
    return compile_fhirpath(expression, type=type_)


def broken(resource: dict[str, Any]) -> Counter[str]:
    """Return the keys of the invariants of severity error that a resource breaks."""
    found: Counter[str] = Counter()
    variables = {"resource": resource, "rootResource": resource}
    for value, type_, constraints in contexts(resource, resource["resourceType"]):
        for each in constraints:
            result = invariant(each.expression, type_).evaluate(value, variables, services=SERVICES)
            assert result in ([], [True], [False]), each.key
            found[each.key] += result == [False] and each.severity == "error"
    return +found


def test_no_invariant_is_broken_by_our_artifacts() -> None:
    found = {each["id"]: broken(each) for each in resources(ROOT, "artifacts/*/fhir/*.json")}

    assert found
    assert {name: keys for name, keys in found.items() if keys} == {}


@pytest.mark.skipif(not SUITE.exists(), reason=f"NOT RUN: {SUITE} is absent")
def test_invariants_hold_on_published_examples() -> None:
    found = [broken(each) for each in resources(SUITE / "fhirpath" / "input", "*.json")]

    assert len(found) > 5
    assert sum(found, Counter()) == dict.fromkeys(BROKEN, 1)
