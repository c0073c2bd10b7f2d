"""Compare FHIRPath with the same conditions written by hand in Python, and with fhirpathpy: ratios, interleaved.

Run as `python tests/benchmarks/fhirpath.py`; fhirpathpy is one of the dev dependencies. Exit 1 beyond the targets.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from publisher.expression.fhirpath import compile_fhirpath

if TYPE_CHECKING:
    from collections.abc import Callable

    Resource = dict[str, Any]
    Condition = Callable[[Resource], Any]

SNOMED, LOINC, ATC = "http://snomed.info/sct", "http://loinc.org", "http://www.whocc.no/atc"
UCUM = "http://unitsofmeasure.org"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
MOST_OF_FLOOR, LEAST_OF_FHIRPATHPY, MOST_COMPILING = 8, 40, 0.020
ROUNDS = 25


def bundle() -> Resource:
    """Return a Bundle of a patient and 99 resources about her."""
    resources: list[Resource] = [
        {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1951-03-02", "active": True}
    ]
    resources += [_condition(index) for index in range(33)]
    resources += [_medication(index) for index in range(33)]
    resources += [_observation(index) for index in range(33)]
    entries = [{"fullUrl": f"urn:x:{index}", "resource": each} for index, each in enumerate(resources)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _condition(index: int) -> Resource:
    coding = [{"system": SNOMED, "code": str(1000 + index)}, {"system": "urn:local", "code": f"L{index}"}]
    return {
        "resourceType": "Condition",
        "id": f"c{index}",
        "clinicalStatus": {"coding": [{"system": CLINICAL, "code": "active" if index % 3 else "resolved"}]},
        "code": {"coding": coding, "text": f"condition {index}"},
        "subject": {"reference": "Patient/p"},
        "onsetDateTime": f"20{10 + index % 14:02}-05-0{1 + index % 9}",
    }


def _medication(index: int) -> Resource:
    return {
        "resourceType": "MedicationRequest",
        "id": f"m{index}",
        "status": "active" if index % 2 else "stopped",
        "intent": "order",
        "medicationCodeableConcept": {"coding": [{"system": ATC, "code": f"C03C{index:02}"}]},
        "subject": {"reference": "Patient/p"},
        "authoredOn": f"2024-0{1 + index % 9}-11",
    }


def _observation(index: int) -> Resource:
    return {
        "resourceType": "Observation",
        "id": f"o{index}",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": f"{2000 + index}-1"}]},
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": f"2024-0{1 + index % 9}-20",
        "valueQuantity": {"value": 3 + index, "unit": "mmol/L", "system": UCUM, "code": "mmol/L"},
    }


def of(data: Resource, type_: str) -> list[Resource]:
    return [each["resource"] for each in data["entry"] if each["resource"]["resourceType"] == type_]


def has(concept: Resource | None, system: str, code: str) -> bool:
    return any(each.get("system") == system and each.get("code") == code for each in (concept or {}).get("coding", ()))


R = "Bundle.entry.resource."
CONDITIONS, OBSERVATIONS = f"{R}ofType(Condition)", f"{R}ofType(Observation)"
MEDICATIONS = f"{R}ofType(MedicationRequest)"


def _coded(index: int) -> tuple[str, Condition]:
    code = str(1005 + index)
    text = f"{CONDITIONS}.where(code.coding.where(system = '{SNOMED}' and code = '{code}').exists()).exists()"
    return text, lambda data: any(has(each.get("code"), SNOMED, code) for each in of(data, "Condition"))


def _active(index: int) -> tuple[str, Condition]:
    code = str(1010 + index)
    text = (
        f"{CONDITIONS}.exists(clinicalStatus.coding.exists(code = 'active') "
        f"and code.coding.exists(system = '{SNOMED}' and code = '{code}'))"
    )
    return text, lambda data: any(
        any(each["code"] == "active" for each in found.get("clinicalStatus", {}).get("coding", ()))
        and has(found.get("code"), SNOMED, code)
        for found in of(data, "Condition")
    )


def _taken(index: int) -> tuple[str, Condition]:
    code = f"C03C{index:02}"
    text = (
        f"{MEDICATIONS}.where(status = 'active' and medication.ofType(CodeableConcept).coding"
        f".where(system = '{ATC}' and code = '{code}').exists()).exists()"
    )
    return text, lambda data: any(
        found.get("status") == "active" and has(found.get("medicationCodeableConcept"), ATC, code)
        for found in of(data, "MedicationRequest")
    )


def _measured(index: int) -> tuple[str, Condition]:
    code = f"{2010 + index}-1"
    text = (
        f"{OBSERVATIONS}.where(code.coding.exists(system = '{LOINC}' and code = '{code}'))"
        f".value.ofType(Quantity).value.first() > 5.0"
    )

    def by_hand(data: Resource) -> bool | None:
        found = [each for each in of(data, "Observation") if has(each.get("code"), LOINC, code)]
        values = [each["valueQuantity"]["value"] for each in found if "valueQuantity" in each]
        return values[0] > 5.0 if values else None

    return text, by_hand


def conditions() -> list[tuple[str, Condition]]:
    """Return twenty conditions, each as FHIRPath and by hand."""
    found = [_coded(index) for index in range(5)] + [_active(index) for index in range(4)]
    found += [_taken(index) for index in range(4)] + [_measured(index) for index in range(3)]
    female: tuple[str, Condition] = (
        f"{R}ofType(Patient).gender = 'female'",
        lambda data: [each.get("gender") for each in of(data, "Patient")] == ["female"],
    )
    counted: tuple[str, Condition] = (
        f"{CONDITIONS}.where(clinicalStatus.coding.code = 'active').count() > 3",
        lambda data: (
            sum(
                [code["code"] for code in each.get("clinicalStatus", {}).get("coding", ())] == ["active"]
                for each in of(data, "Condition")
            )
            > 3
        ),
    )
    stopped: tuple[str, Condition] = (
        f"{MEDICATIONS}.all(status = 'active' or status = 'stopped')",
        lambda data: all(each.get("status") in ("active", "stopped") for each in of(data, "MedicationRequest")),
    )
    final: tuple[str, Condition] = (
        f"{OBSERVATIONS}.where(status = 'final').code.text.empty()",
        lambda data: (
            not [
                1
                for each in of(data, "Observation")
                if each.get("status") == "final" and "text" in each.get("code", {})
            ]
        ),
    )
    return [*found, female, counted, stopped, final]


def timed(work: Callable[[], Any]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def compiling(texts: list[str]) -> float:
    """Return the seconds to compile all conditions, the definitions of their types read before."""
    return timed(lambda: [compile_fhirpath(text, type="Bundle") for text in texts])


def other_engine(texts: list[str]) -> Callable[[Resource], Any] | None:
    """Return fhirpathpy with all conditions compiled, None where it is not installed."""
    try:
        from fhirpathpy import compile as compile_other
        from fhirpathpy.models import models
    except ImportError:
        return None
    programs = [compile_other(text, models["r4"]) for text in texts]
    return lambda data: [program(data) for program in programs]


def main() -> int:
    """Print the ratios; return 1 where one is beyond its target."""
    data, pairs = bundle(), conditions()
    texts = [text for text, _ in pairs]
    first = compiling(texts)
    programs = [compile_fhirpath(text, type="Bundle") for text in texts]
    other = other_engine(texts)
    for program, (text, by_hand) in zip(programs, pairs, strict=True):
        assert (program.evaluate(data) or [None])[0] == by_hand(data), text
    ours, floors, others, compiles = [], [], [], []
    for _ in range(ROUNDS):
        floors.append(timed(lambda: [by_hand(data) for _, by_hand in pairs]))
        ours.append(timed(lambda: [program.evaluate(data) for program in programs]))
        if other is not None:
            others.append(timed(lambda: other(data)))
        compiles.append(compiling(texts))
    return report(ours, floors, others, compiles, first)


def report(ours: list[float], floors: list[float], others: list[float], compiles: list[float], first: float) -> int:
    floor_ratio = median(one / other for one, other in zip(ours, floors, strict=True))
    print(f"by hand in Python: {floor_ratio:.2f} times slower (at most {MOST_OF_FLOOR})")  # noqa: T201
    other_ratio = median(one / other for one, other in zip(others, ours, strict=True)) if others else None
    shown = f"{other_ratio:.0f} times faster (at least {LEAST_OF_FHIRPATHPY})" if other_ratio else "NOT RUN: absent"
    print(f"fhirpathpy, compiled before: {shown}")  # noqa: T201
    compile_ms, first_ms = median(compiles) * 1000, first * 1000
    print(f"compiling 20 conditions: {compile_ms:.1f} ms, {first_ms:.1f} ms the first time with the definitions")  # noqa: T201
    missed = floor_ratio > MOST_OF_FLOOR or (other_ratio or LEAST_OF_FHIRPATHPY) < LEAST_OF_FHIRPATHPY
    return int(missed or first > MOST_COMPILING)


if __name__ == "__main__":
    sys.exit(main())
