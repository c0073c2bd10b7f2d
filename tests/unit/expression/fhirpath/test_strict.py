"""Strict mode: what cannot be is refused before anything is evaluated, and nothing that can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from publisher.expression import compile_fhirpath
from publisher.issue import IssueError
from publisher.r4 import definitions

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize(
    ("type_", "text", "says"),
    [
        ("Patient", "name.given1", "names given1, which HumanName has not; it has"),
        ("Patient", "Encounter.name", "starts at Encounter, but the context is Patient"),
        ("Patient", "nothing", "names nothing, which Patient has not"),
        ("Patient", "id.nothing", "which id has not"),
        ("Patient", "contact.nothing", "which Patient.contact has not"),
        ("Observation", "valueQuantity.unit", "which in FHIRPath is value; write value.ofType(...)"),
        ("Observation", "(value as Period).unit", "names unit, which Period has not"),
        ("Observation", "value.ofType(Strange)", "names the type Strange, which is none"),
        ("Patient", "is(System.Strange)", "names the type System.Strange"),
        ("Patient", "children().skip(1)", "items that have no order"),
        ("Patient", "descendants()[0]", "items that have no order"),
        ("Patient", "children().where(id.exists()).first()", "items that have no order"),
        ("Patient", "name ofType(1)", "after its end"),
        ("Patient", "name.ofType(Period)", "asks whether HumanName is Period, which it never is"),
        ("Patient", "name is Period", "which it never is"),
        ("Patient", "active is Boolean", "which it never is"),
        ("Appointment", "identifier.startsWith('a')", "needs String for startsWith(), not Identifier"),
        ("Patient", "'a'.startsWith(1)", "needs String for an argument of startsWith(), not Integer"),
        ("Patient", "name.skip('a')", "needs Integer for an argument of skip()"),
        ("Patient", "name['a']", "needs Integer for a position"),
        ("Patient", "'a'.abs()", "for abs(), not String"),
        ("Patient", "-name", "after '-', not HumanName"),
        ("Patient", "@1974-12-25 + 7", "between Date and Integer, which do not go together"),
        ("Patient", "'a' - 'b'", "between String and String"),
        ("Patient", "name * 2", "between HumanName and Integer"),
        ("Patient", "1 div 'a'", "between Integer and String"),
        ("Patient", "name & 'a'", "between HumanName and String"),
        ("Patient", "birthDate < 1", "between date and Integer"),
        ("Patient", "active < true", "between boolean and Boolean"),
        ("Patient", "name.where(use)", "needs Boolean for the condition of where(), not code"),
        ("Patient", "name.exists(given)", "needs Boolean for the condition of exists(), not string"),
        ("Patient", "iif(1 | 2, true, false)", "needs Boolean for the condition of iif(), not Integer"),
        ("Patient", "iif('a', 1, 2)", "needs Boolean for the condition of iif(), not String"),
        ("Patient", "%context.nothing", "names nothing"),
    ],
)
def test_what_cannot_be_is_refused_when_compiling(type_: str, text: str, says: str) -> None:
    with pytest.raises(IssueError) as caught:
        compile_fhirpath(text, strict=True, type=type_)

    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        ("Patient", "Patient.name.where(use = 'official').given.first()"),
        ("Patient", "birthDate <= today() and name.first().family.startsWith('A')"),
        ("Patient", "contained.nothing.exists() or contained.id.exists()"),
        ("Patient", "%resource.whatever or %mine.whatever"),
        ("Patient", "extension('urn:x').value.ofType(string).length() > 3"),
        ("Patient", "children().ofType(HumanName).given"),
        ("Patient", "name.children().sort().first()"),
        ("Patient", "birthDate + 1 year > @2000"),
        ("Patient", "name.given.select($this & '-' & $index.toString()).join(',')"),
        ("Patient", "name.given.aggregate($total & $this, '')"),
        ("Patient", "generalPractitioner.resolve().ofType(Practitioner).name.family"),
        ("Patient", "iif(active, birthDate, deceased.ofType(dateTime))"),
        ("Patient", "(1 | 2 | 3).skip(1)"),
        ("Observation", "value.unit = 'kg' or value.ofType(Quantity).value > 3.0"),
        ("Observation", "value is Quantity"),
        ("Bundle", "entry.resource.ofType(Observation).value.unit"),
        ("Bundle", "entry.resource.subject.reference"),
        ("Resource", "anything.goes"),
    ],
)
def test_what_can_be_is_let_through(type_: str, text: str) -> None:
    compile_fhirpath(text, strict=True, type=type_)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(IssueError) as caught:
        compile_fhirpath("nothing or name.nowhere", strict=True, type="Patient")

    assert [issue.rule for issue in caught.value.report] == ["fhirpath-type", "fhirpath-type"]
    assert [issue.source.column for issue in caught.value.report if issue.source] == [1, 17]


def test_without_a_type_the_resource_tells_it() -> None:
    expression = compile_fhirpath("name.given1", strict=True)

    with pytest.raises(IssueError, match="HumanName has not"):
        expression.evaluate({"resourceType": "Patient"})


def invariants() -> Iterator[tuple[str, str, str]]:
    """Yield the context, key and expression of every invariant of R4."""
    for name in definitions.types():
        definition = definitions.type_definition(name)
        assert definition is not None
        yield from ((name, each.key, each.expression) for each in definition.constraints)
        for element in definition.elements:
            yield from ((element.path, each.key, each.expression) for each in element.constraints)


# Invariants of R4 that can never hold as they are written, or always do.
WRONG_IN_R4 = {
    "cid-0": "ChargeItemDefinition has no name",
    "que-7": "the answer is a FHIR boolean, never a System.Boolean",
}


def test_every_invariant_of_r4_compiles() -> None:
    compiled = [compile_fhirpath(expression, type=path) for path, _, expression in invariants()]

    assert len(compiled) > 240


def test_every_invariant_of_r4_passes_strict_mode_but_those_that_are_wrong() -> None:
    refused: set[str] = set()
    for path, key, expression in invariants():
        try:
            compile_fhirpath(expression, strict=True, type=path)
        except IssueError:
            refused.add(key)

    assert refused == set(WRONG_IN_R4)


def test_every_search_parameter_of_r4_compiles() -> None:
    names = definitions.types("resource")
    expressions = {
        (name, each.expression) for name in names for each in definitions.search_parameters(name) if each.expression
    }

    assert all(compile_fhirpath(expression, type=name) for name, expression in expressions)
    assert len(expressions) > 1000
