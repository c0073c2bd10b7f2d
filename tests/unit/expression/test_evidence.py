"""What a value rests on is collected where it is asked for, follows the operators, and changes nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from publisher.expression import load_library
from publisher.expression.context import DataContext
from publisher.expression.evaluation import Evaluation
from publisher.expression.evidence import Consulted, Matched
from tests.artifacts.patients import prescription, referring
from tests.topics import EXAMPLE
from tests.topics.sneezes import BASE, KNOWLEDGE, LOGIC, answer, draft, sneeze
from tests.unit.expression.random_patients import ATC, coded, seeded, torn
from tests.unit.expression.test_soundness import LIBRARIES, NOW, PATIENTS, alike, evaluation, parameters

if TYPE_CHECKING:
    from publisher.expression.definition import Outcome

ELM = EXAMPLE / "logic/ExampleSneeze.elm.json"
EXPLAINED = {"LegCramps": 100, "Soundness": 400}
OVER, OTHER = sneeze(id="c2", clinical="resolved"), sneeze(id="c3", code="other-condition")


def outcome(name: str, *resources: dict[str, Any], closed: bool = True, **given: Any) -> Outcome:
    """Return the outcome, with its evidence, of a definition of the example topic."""
    context = DataContext.of(resources, closed=closed)
    return LOGIC.evaluate(name, Evaluation(context, KNOWLEDGE.terminology, parameters=given, now=NOW, explains=True))


def ids(found: Outcome) -> list[str]:
    return [each.resource["id"] for each in found.evidence if isinstance(each, Consulted)]


def codes(found: Outcome) -> list[tuple[str | None, str | None]]:
    return [(each.code.code, each.value_set) for each in found.evidence if isinstance(each, Matched)]


def test_the_member_that_made_it_true_is_the_evidence_and_no_other() -> None:
    found = outcome("Sneeze Is Active", OVER, OTHER, sneeze())

    assert found.value is True
    assert ids(found) == ["c1"]
    assert codes(found) == [("sneeze", f"{BASE}/ValueSet/example-sneeze-conditions")]


def test_what_was_left_out_by_a_filter_is_no_evidence() -> None:
    found = outcome("Dust Drafts", ContextPrescriptions=[draft("d1", "other-product"), draft("d2")])

    assert [each["id"] for each in found.value] == ids(found) == ["d2"]
    assert [code for code, _ in codes(found)] == ["pepper-dust"]


def test_a_medicine_by_reference_brings_both_resources() -> None:
    medication = {"resourceType": "Medication", "id": "x", "code": coded((ATC, "C10AA05"))}
    records = DataContext.of([referring("Medication/x", id="m1"), medication, prescription("C03AA03")], closed=True)

    found = LIBRARIES["LegCramps"].evaluate("Statin Is Taken", evaluation("LegCramps", records, {}, explains=True))

    assert (found.value, sorted(ids(found))) == (True, ["m1", "x"])
    assert [code for code, _ in codes(found)] == ["C10AA05"]


def test_the_resources_of_a_parameter_are_evidence_too() -> None:
    drafts = [draft("d1", reason="sneeze"), draft("d2", "other-product")]

    assert ids(outcome("Dust Is Drafted For Sneeze", ContextPrescriptions=drafts)) == ["d1"]
    assert ids(outcome("Dust Drafts For Sneeze", ContextPrescriptions=drafts)) == ["d1"]


def test_evidence_is_no_cause_and_leaves_nothing_open() -> None:
    found = outcome("Sneeze Is Active", sneeze(), closed=False)

    assert (found.value, found.is_open, found.causes) == (True, False, ())


def test_none_is_collected_unless_it_is_asked_for() -> None:
    library = load_library(ELM, terminology=KNOWLEDGE.terminology)

    found = library.evaluate([sneeze(), answer()], ["Sneeze Is Active", "Feather Is To Be Moved"], now=NOW)

    assert [(each.value, each.evidence, each.trace) for each in found.values()] == [(True, (), ())] * 2


def test_the_trace_names_the_definitions_below_with_their_values() -> None:
    library = load_library(ELM, terminology=KNOWLEDGE.terminology)
    given = {"ContextPrescriptions": [draft()]}

    found = library.evaluate([sneeze()], ["Dust Is Drafted For Sneeze"], given, now=NOW, explain=True)

    (step,) = found["Dust Is Drafted For Sneeze"].trace
    assert (step.library, step.name, step.is_open) == ("ExampleSneeze", "Dust Drafts", False)
    assert step.value == given["ContextPrescriptions"]


@pytest.mark.parametrize("name", LIBRARIES)
def test_explaining_changes_neither_value_nor_openness_nor_causes(name: str) -> None:
    dice, tested = seeded(12), LIBRARIES[name]
    for _ in range(EXPLAINED[name]):
        context, given = torn(dice, PATIENTS[name](dice)), parameters(dice, name)
        plainly, explained = (evaluation(name, context, given, explains=explains) for explains in (False, True))
        for each in tested.definitions():
            one, other = (tested.evaluate(each, env, tracked=True) for env in (plainly, explained))
            assert alike(one, other), (each, one, other)
            assert (one.is_open, set(one.causes)) == (other.is_open, set(other.causes)), (each, one, other)
