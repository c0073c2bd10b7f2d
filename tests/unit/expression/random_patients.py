"""Random patients, the same for the same seed, and what is left of one when a random part of the data is missing."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, Final

from publisher.apply.knowledge import Knowledge
from publisher.expression.causes import Cause
from publisher.expression.context import DataContext, Supply
from publisher.release import load_release
from publisher.repository import Repository

COLOURS = "http://colours.example"
# The systems of statuses; one status in some is of a system that nobody knows.
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
ICD, ATC = "https://www.icd10.se/", "http://www.whocc.no/atc"

TYPES = (
    "Patient", "Condition", "Observation", "MedicationRequest", "Medication", "ServiceRequest", "QuestionnaireResponse"
)  # fmt: skip

Resource = dict[str, Any]


def seeded(number: int) -> random.Random:
    return random.Random(number)


def coded(*codings: tuple[str, str]) -> Resource:
    return {"coding": [{"system": system, "code": code} for system, code in codings]}


def maybe(dice: random.Random, chance: float, **members: Any) -> Resource:
    return members if dice.random() < chance else {}


def status(dice: random.Random, system: str, codes: list[str]) -> Resource:
    return coded((dice.choice([system] * 9 + ["http://statuses.example"]), dice.choice(codes)))


def condition(dice: random.Random, number: int, codes: list[tuple[str, str]]) -> Resource:
    return {
        "resourceType": "Condition",
        "id": f"c{number}",
        **maybe(dice, 0.8, code=coded(dice.choice(codes))),
        **maybe(dice, 0.8, clinicalStatus=status(dice, CLINICAL, ["active", "resolved", "recurrence"])),
        **maybe(dice, 0.3, verificationStatus=status(dice, VERIFICATION, ["confirmed", "refuted", "differential"])),
    }


def observation(dice: random.Random, number: int) -> Resource:
    return {
        "resourceType": "Observation",
        "id": dice.choice([f"c{number}", f"o{number}"]),
        **maybe(
            dice,
            0.8,
            valueQuantity={"value": dice.randrange(10), "code": "1", "system": "http://unitsofmeasure.org"},
        ),
        **maybe(
            dice,
            0.8,
            effectiveDateTime=f"202{dice.randrange(5, 7)}-0{dice.randrange(1, 9)}-1{dice.randrange(10)}T08:00:00Z",
        ),
    }


def prescription(dice: random.Random, number: int) -> Resource:
    medicine = dice.choice(
        [
            {"medicationCodeableConcept": coded((ATC, dice.choice(["C10AA01", "P01BC01", "N02BE01"])))},
            {"medicationReference": {"reference": f"Medication/m{dice.randrange(3)}"}},
        ]
    )
    reason = dice.choice(
        [
            {},
            {"reasonCode": [coded((ICD, dice.choice(["R25.2", "I10.9"])))]},
            {"reasonReference": [{"reference": f"Condition/c{dice.randrange(4)}"}]},
        ]
    )
    return {
        "resourceType": "MedicationRequest",
        "id": f"r{number}",
        "status": dice.choice(["active", "stopped", "unknown", "draft"]),
        "intent": dice.choice(["order", "proposal"]),
        **maybe(dice, 0.1, doNotPerform=True),
        **medicine,
        **reason,
    }


def patient(dice: random.Random) -> list[Resource]:
    """Return all there is to know of a random patient."""
    born = maybe(dice, 0.9, birthDate=f"{dice.choice([1940, 1990, 2008, 2015])}-05-05")
    colours = [(COLOURS, dice.choice(["red", "blue", "orange"])), (ICD, "R25.2"), (ICD, "I10.9")]
    medications = [
        {"resourceType": "Medication", "id": f"m{n}", "code": coded((ATC, "C10AA05"))} for n in range(dice.randrange(3))
    ]
    return [
        {"resourceType": "Patient", "id": "p", **born},
        *(condition(dice, number, colours) for number in range(dice.randrange(5))),
        *(observation(dice, number) for number in range(dice.randrange(5))),
        *(prescription(dice, number) for number in range(dice.randrange(4))),
        *medications,
    ]


def by_type(resources: list[Resource]) -> dict[str, list[Resource]]:
    groups: dict[str, list[Resource]] = {name: [] for name in TYPES}
    for each in resources:
        groups[each["resourceType"]].append(each)
    return groups


def torn(dice: random.Random, resources: list[Resource]) -> DataContext:
    """Return a context from which a random part is missing, and which says so."""
    supplies = {}
    for kind, items in by_type(resources).items():
        fate = dice.choice(["whole", "whole", "partial", "absent"])
        kept = tuple(each for each in items if fate == "whole" or (fate == "partial" and dice.random() < 0.6))
        cause = None if fate == "whole" else Cause("partial" if fate == "partial" else "not-supplied", kind)
        supplies[kind] = Supply(kept, cause)
    return DataContext(supplies)


# -- the shipped topic: the codes are those that its logic and its questions name ----------------------------------------

SHIPPED: Final = Knowledge(Repository(load_release(Path(__file__).parents[3] / "artifacts"), drafts=True))
TOPIC = "https://vademecum.example/fhir"
FLAGS = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


def _members(value_set: str) -> list[tuple[str, str]]:
    found = SHIPPED.repository.resolve(value_set)
    assert found is not None
    return [(each["system"], each["code"]) for each in found.resource["expansion"]["contains"]]


def _codes() -> dict[str, list[list[tuple[str, str]]]]:
    """Return the sets of codes that the shipped logic asks for, by type of resource."""
    logic = SHIPPED.repository.resolve(f"{TOPIC}/Library/LegCramps")
    assert logic is not None
    found: dict[str, list[list[tuple[str, str]]]] = {}
    for need in logic.resource["dataRequirement"]:
        for one in need.get("codeFilter", ()):
            codes = _members(one["valueSet"]) if "valueSet" in one else [(c["system"], c["code"]) for c in one["code"]]
            found.setdefault(need["type"], []).append(codes)
    named = [each["resource"].split("|")[0] for each in logic.resource["relatedArtifact"] if "resource" in each]
    sets = [_members(each) for each in named if "/ValueSet/" in each]
    found["MedicationRequest"] = [atc for codes in sets if (atc := [code for code in codes if code[0] == ATC])]
    return found


def _questions(items: list[Resource]) -> list[Resource]:
    return [each for item in items for each in ([item] if "item" not in item else _questions(item["item"]))]


CODES: Final = _codes()
QUESTIONNAIRE: Final = SHIPPED.repository.resolve(f"{TOPIC}/Questionnaire/leg-cramps-assessment")
assert QUESTIONNAIRE is not None
QUESTIONS: Final = _questions(QUESTIONNAIRE.resource["item"])


def code_for(dice: random.Random, kind: str) -> tuple[str, str]:
    """Return a code that the logic asks for of a type, each set of codes as likely as the next."""
    return dice.choice(dice.choice(CODES[kind]))


def recorded(dice: random.Random, kind: str, number: int) -> Resource:
    """Return a resource with a code that is asked for and, mostly, a status."""
    statuses = ["final", "final", "registered", "active", "completed", "on-hold", "unknown", "entered-in-error"]
    return {
        "resourceType": kind,
        "id": f"{kind.lower()[:1]}{number}",
        **maybe(dice, 0.95, code=coded(code_for(dice, kind))),
        **maybe(dice, 0.9, status=dice.choice(statuses)),
        **maybe(dice, 0.3, doNotPerform=True),
    }


def result(dice: random.Random, number: int) -> Resource:
    """Return a laboratory result, flagged or with a range, or a smoking status."""
    unit = {"code": "1", "system": "http://unitsofmeasure.org"}
    low = {"value": dice.randrange(10), **unit}
    return {
        **recorded(dice, "Observation", number),
        **maybe(dice, 0.5, interpretation=[coded((FLAGS, dice.choice(["L", "H", "N", "A", "IND"])))]),
        **dice.choice(
            [{}, {"valueQuantity": {"value": dice.randrange(10), **unit}}, {"valueCodeableConcept": smoking(dice)}]
        ),
        **maybe(dice, 0.5, referenceRange=[dice.choice([{"low": low}, {"high": low}, {"text": "?"}])]),
        **maybe(dice, 0.7, effectiveDateTime=dice.choice(["2025", "2026-03-01", "2026-03-02T08:00:00Z"])),
    }


def smoking(dice: random.Random) -> Resource:
    """Return an answer about smoking."""
    return coded(dice.choice([*_members(f"{TOPIC}/ValueSet/smoking"), ("http://snomed.info/sct", "266919005")]))


def answers(dice: random.Random, number: int) -> Resource:
    """Return a response to the questions of the topic, some of them answered."""
    yes_no = "http://terminology.hl7.org/CodeSystem/v2-0136"
    items = []
    for question in dice.sample(QUESTIONS, dice.randrange(len(QUESTIONS))):
        coding = {"valueCoding": {"system": yes_no, "code": dice.choice(["Y", "N", "asked-unknown"])}}
        value = {"valueInteger": dice.randrange(20, 40)} if question["type"] == "integer" else coding
        items.append({"linkId": question["linkId"], **maybe(dice, 0.9, answer=[value])})
    return {
        "resourceType": "QuestionnaireResponse",
        "id": f"q{number}",
        "status": dice.choice(["completed", "in-progress", "stopped"]),
        "questionnaire": f"{TOPIC}/Questionnaire/leg-cramps-assessment{dice.choice(['', '|0.1.0', '|9'])}",
        **maybe(dice, 0.8, authored=dice.choice(["2026-01-01", "2026-01", "2026-02-01T08:00:00Z"])),
        "item": [{"linkId": "group", "item": items}] if dice.random() < 0.5 else items,
    }


def problem(dice: random.Random, number: int) -> Resource:
    """Return a problem that the topic asks for, often the one that it is about."""
    return condition(dice, number, [(ICD, "R25.2"), (ICD, "I10.9"), *(code_for(dice, "Condition") for _ in range(4))])


def ordered(dice: random.Random, number: int) -> Resource:
    """Return a prescription or a draft of a medicine that the topic names."""
    coding = coded(code_for(dice, "MedicationRequest"))
    return {**prescription(dice, number), **maybe(dice, 0.7, medicationCodeableConcept=coding)}


def topical_patient(dice: random.Random) -> list[Resource]:
    """Return all there is to know of a random patient whom the shipped topic may concern."""
    return [
        {"resourceType": "Patient", "id": "p", **maybe(dice, 0.9, gender=dice.choice(["female", "male", "unknown"])),
         **maybe(dice, 0.9, birthDate=dice.choice(["1940-05-05", "1990", "2008-11", "2008-11-22", "2015-05-05"]))},
        *(problem(dice, number) for number in range(dice.randrange(6))),
        *(result(dice, number) for number in range(dice.randrange(8))),
        *(recorded(dice, "ServiceRequest", number) for number in range(dice.randrange(4))),
        *(ordered(dice, number) for number in range(dice.randrange(4))),
        *(answers(dice, number) for number in range(dice.randrange(3))),
        *({"resourceType": "Medication", "id": f"m{n}", "code": coded((ATC, "C10AA05"))} for n in range(dice.randrange(3))),
    ]  # fmt: skip
