"""Compare our $apply with the CQF clinical reasoning engine on complete patients and the compiled topics as they are.

usage: compare_apply.py

Both read the same files. What is compared are the actions that lead to something: the other engine lists the action
that leads to a nested plan even when nothing in that plan applies. Exit status: 0 the same actions throughout.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from apply import problems, resources  # noqa: E402  found beside this file

from publisher.apply.call import Caller  # noqa: E402
from publisher.apply.knowledge import Knowledge  # noqa: E402
from publisher.apply.operation import apply_operation  # noqa: E402
from publisher.release import load_release  # noqa: E402
from publisher.repository import Repository  # noqa: E402
from tests.artifacts.patients import (  # noqa: E402
    ATC,
    FOR_CRAMP,
    ICD_10_SE,
    PATIENT,
    SNOMED_CT,
    Resource,
    concept,
    condition,
    draft,
    prescription,
    referring,
)

VIEW, SELECT = "leg-cramps-patient-view", "leg-cramps-order-select"
NOW = "2026-11-22"
LIST = "http://hl7.org/fhir/uv/cpg/StructureDefinition/cpg-parameterDefinition"
STATIN = {"resourceType": "Medication", "id": "x", "code": concept(ATC, "C10AA01")}
QUININE = {**STATIN, "id": "q", "code": concept(ATC, "P01BC01")}


def patients() -> dict[str, tuple[str, list[Resource], list[Resource] | None]]:
    """Return complete patients by name: the plan, the record, and the drafts where the plan is about them."""
    by_reference = referring("Medication/x")
    no_code = {key: value for key, value in draft(**FOR_CRAMP).items() if key != "medicationCodeableConcept"}
    return {
        "statin": (VIEW, [condition(), prescription("C03AA03"), prescription()], None),
        "statin combination": (VIEW, [condition(), prescription("C10BX03")], None),
        "statin by reference": (VIEW, [condition(), by_reference, STATIN], None),
        "statin contained": (VIEW, [condition(), {**referring("#x"), "contained": [STATIN]}], None),
        "statin stopped": (VIEW, [condition(), prescription(status="stopped")], None),
        "statin proposed": (VIEW, [condition(), prescription(intent="proposal")], None),
        "no medicines": (VIEW, [condition()], None),
        "cramp in SNOMED CT": (VIEW, [condition("449918009", SNOMED_CT), prescription()], None),
        "cramp undotted": (VIEW, [condition("R252", "urn:oid:1.2.752.116.1.1.1.1.3")], None),
        "cramp resolved": (VIEW, [condition(clinical="resolved"), prescription()], None),
        "cramp refuted": (VIEW, [condition(verification="refuted"), prescription()], None),
        "another problem": (VIEW, [condition("E03.9"), prescription()], None),
        "quinine for cramp": (SELECT, [condition()], [draft(**FOR_CRAMP)]),
        "quinine twice": (SELECT, [condition()], [draft(id="a", **FOR_CRAMP), draft(id="b", **FOR_CRAMP)]),
        "quinine by reference": (
            SELECT,
            [QUININE],
            [{**no_code, "medicationReference": {"reference": "Medication/q"}}],
        ),
        "quinine for a problem": (SELECT, [condition()], [draft(reasonReference=[{"reference": "Condition/c-R25.2"}])]),
        "quinine without reason": (SELECT, [], [draft()]),
        "quinine for another reason": (SELECT, [], [draft(reasonCode=[concept(ICD_10_SE, "E03.9")])]),
        "verapamil": (SELECT, [condition()], [draft("C08DA01", **FOR_CRAMP)]),
        "no draft": (SELECT, [condition()], []),
    }


def ours(knowledge: Knowledge, plan: str, record: list[Resource], drafts: list[Resource] | None) -> list[str]:
    """Return the actions that our $apply finds to apply; one left undetermined is none, as in the other engine."""
    inputs: dict[str, list[Any]] = {"subject": [f"Patient/{PATIENT}"], "data": [bundle(record)]}
    if drafts is not None:
        inputs["parameters"] = [parameters(drafts)]
    caller = Caller("sv", ("sv", "en"), evaluate_drafts=True, now=datetime(2026, 11, 22, tzinfo=UTC))
    return leading(apply_operation(knowledge, plan, inputs, caller))


def leading(result: Resource) -> list[str]:
    """Return the ids of the actions of a result that lead to a request or another resource, not to a plan."""
    plans = {each["id"] for each in resources(result) if each["resourceType"] == "CarePlan" and "id" in each}
    plans |= {each["id"] for each in resources(result) if each["resourceType"] == "RequestGroup" and "id" in each}
    found = []
    for group in resources(result):
        if group["resourceType"] == "RequestGroup":
            found.extend(_leading(group, plans))
    return sorted(found)


def _leading(parent: Resource, plans: set[str]) -> list[str]:
    found = []
    for action in parent.get("action", ()):
        target = action.get("resource", {}).get("reference", "").rpartition("/")[2].lstrip("#")
        if "action" in action:
            found.extend(_leading(action, plans))
        elif target and target not in plans:
            found.append(action["id"].partition("-2")[0] if action["id"].endswith("-2") else action["id"])
    return sorted(set(found))


def bundle(record: list[Resource]) -> Resource:
    """Return a Bundle of the patient and the record."""
    entries = [{"resourceType": "Patient", "id": PATIENT}, *record]
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in entries]}


def parameters(drafts: list[Resource]) -> Resource:
    """Return the CQL parameter that holds the drafts; the extension says that it is a list."""
    definition = {"name": "ContextPrescriptions", "use": "in", "min": 0, "max": "*", "type": "MedicationRequest"}
    many = {"extension": [{"url": LIST, "valueParameterDefinition": definition}]}
    items = [{"name": "ContextPrescriptions", **many, "resource": each} for each in drafts]
    return {"resourceType": "Parameters", "parameter": items or [{"name": "ContextPrescriptions", **many}]}


def theirs() -> dict[str, Resource]:
    """Return the results of the other engine by name."""
    cases = [
        {
            "name": name,
            "plan": plan,
            "subject": f"Patient/{PATIENT}",
            "data": bundle(record),
            **({"parameters": parameters(drafts)} if drafts is not None else {}),
        }
        for name, (plan, record, drafts) in patients().items()
    ]
    topics = [topic for topic in sorted((ROOT / "artifacts").glob("*/fhir")) if topic.is_dir()]
    packages = [word for topic in topics for word in ("--package", str(topic))]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cases.json"
        file.write_text(json.dumps(cases), "utf-8")
        command = [sys.executable, str(Path(__file__).parent / "apply.py"), *packages]
        command += ["--cases", str(file), "--now", NOW]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    results: dict[str, Resource] = json.loads(output)
    return results


def main() -> int:
    """Print one line a patient; return 0 where the engines agree on all."""
    knowledge = Knowledge(Repository(load_release(ROOT / "artifacts"), drafts=True))
    other, different = theirs(), 0
    for name, (plan, record, drafts) in patients().items():
        here, there = ours(knowledge, plan, record, drafts), leading(other[name])
        same = here == there and not problems(other[name])
        different += not same
        verdict = "same" if same else f"DIFFERENT, theirs {there} {problems(other[name])}"
        sys.stdout.write(f"{name}: {', '.join(here) or 'nothing'} ({verdict})\n")
    sys.stdout.write(f"{len(other) - different} of {len(other)} patients with the same actions\n")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
