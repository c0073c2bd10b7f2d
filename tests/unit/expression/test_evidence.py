"""What a value rests on is collected where it is asked for, follows the operators, and changes nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from publisher.expression import load_library
from publisher.expression.context import DataContext
from publisher.expression.evaluation import Evaluation
from publisher.expression.evidence import Consulted, Matched
from publisher.expression.library import Outcome
from tests.unit.expression.test_soundness import (
    ATC,
    ICD,
    LIBRARIES,
    NOW,
    ROOT,
    TERMINOLOGY,
    alike,
    coded,
    parameters,
    patient,
    seeded,
    torn,
)

if TYPE_CHECKING:
    from publisher.expression.library import Outcome

ELM = ROOT / "artifacts/leg-cramps/logic/LegCramps.elm.json"
ACTIVE = coded(("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"))
CRAMP = {"resourceType": "Condition", "id": "c1", "code": coded((ICD, "R25.2")), "clinicalStatus": ACTIVE}
RESOLVED = {**CRAMP, "id": "c2", "clinicalStatus": coded(("x", "resolved"))}
OTHER = {**CRAMP, "id": "c3", "code": coded((ICD, "I10"))}


def prescription(id_: str, code: str, **more: Any) -> dict[str, Any]:
    order = {"resourceType": "MedicationRequest", "id": id_, "status": "active", "intent": "order"}
    return {**order, "medicationCodeableConcept": coded((ATC, code)), **more}


def outcome(name: str, *resources: dict[str, Any], closed: bool = True, **given: Any) -> Outcome:
    env = Evaluation(DataContext.of(resources, closed=closed), TERMINOLOGY, parameters=given, now=NOW, explains=True)
    return LIBRARIES["LegCramps"].evaluate(name, env)


def ids(found: Outcome) -> list[str]:
    return [each.resource["id"] for each in found.evidence if isinstance(each, Consulted)]


def codes(found: Outcome) -> list[tuple[str | None, str | None]]:
    return [(each.code.code, each.value_set) for each in found.evidence if isinstance(each, Matched)]


def test_the_member_that_made_it_true_is_the_evidence_and_no_other() -> None:
    found = outcome("Leg Cramp Is Active", RESOLVED, OTHER, CRAMP)

    assert found.value is True
    assert ids(found) == ["c1"]
    assert codes(found) == [("R25.2", "https://vademecum.example/fhir/ValueSet/leg-cramp-conditions")]


def test_what_was_left_out_by_a_filter_is_no_evidence() -> None:
    found = outcome("Statin Is Taken", prescription("m1", "C03AA03"), prescription("m2", "C10AA01"))

    assert (found.value, ids(found)) == (True, ["m2"])
    assert [code for code, _ in codes(found)] == ["C10AA01"]


def test_a_medicine_by_reference_brings_both_resources() -> None:
    medication = {"resourceType": "Medication", "id": "x", "code": coded((ATC, "C10AA05"))}
    order = prescription("m1", "", medicationReference={"reference": "Medication/x"})
    del order["medicationCodeableConcept"]

    assert sorted(ids(outcome("Statin Is Taken", order, medication))) == ["m1", "x"]


def test_the_resources_of_a_parameter_are_evidence_too() -> None:
    drafts = [prescription("d1", "P01BC01", reasonCode=[coded((ICD, "R25.2"))]), prescription("d2", "C10AA01")]

    assert ids(outcome("Quinine Is Drafted For Leg Cramp", ContextPrescriptions=drafts)) == ["d1"]
    assert ids(outcome("Quinine Drafts For Leg Cramp", ContextPrescriptions=drafts)) == ["d1"]


def test_evidence_is_no_cause_and_leaves_nothing_open() -> None:
    found = outcome("Leg Cramp Is Active", CRAMP, closed=False)

    assert (found.value, found.is_open, found.causes) == (True, False, ())


def test_none_is_collected_unless_it_is_asked_for() -> None:
    found = load_library(ELM, terminology=TERMINOLOGY).evaluate([CRAMP], ["Leg Cramp Is Active"], now=NOW)

    assert (found["Leg Cramp Is Active"].evidence, found["Leg Cramp Is Active"].trace) == ((), ())


def test_the_trace_names_the_definitions_below_with_their_values() -> None:
    library = load_library(ELM, terminology=TERMINOLOGY)
    given = {"ContextPrescriptions": [prescription("d1", "P01BC01")]}

    found = library.evaluate([CRAMP], ["Quinine Is Drafted For Leg Cramp"], given, now=NOW, explain=True)

    (step,) = found["Quinine Is Drafted For Leg Cramp"].trace
    assert (step.library, step.name, step.is_open) == ("LegCramps", "Quinine Drafts", False)
    assert step.value == given["ContextPrescriptions"]


@pytest.mark.parametrize("name", LIBRARIES)
def test_explaining_changes_neither_value_nor_openness_nor_causes(name: str) -> None:
    dice, tested = seeded(12), LIBRARIES[name]
    for _ in range(400):
        context, given = torn(dice, patient(dice)), parameters(dice, name)
        plainly, explained = (
            Evaluation(context, TERMINOLOGY, parameters=given, now=NOW, explains=explains) for explains in (False, True)
        )
        for each in tested.definitions():
            one, other = (tested.evaluate(each, env, tracked=True) for env in (plainly, explained))
            assert alike(one, other), (each, one, other)
            assert (one.is_open, set(one.causes)) == (other.is_open, set(other.causes)), (each, one, other)
