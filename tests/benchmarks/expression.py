"""How fast logic runs, as ratios: interleaved rounds on one machine, the median of each.

Run it with `python tests/benchmarks/expression.py`. The floor is what a programmer would write by hand for the same
twenty conditions over the same hundred resources: loops over plain dicts, grouped by type once.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from publisher.apply.plan import apply_plan  # noqa: E402  the path is set first
from publisher.expression.causes import Cause  # noqa: E402
from publisher.expression.context import DataContext, Supply  # noqa: E402
from publisher.expression.evaluation import Evaluation  # noqa: E402
from publisher.expression.library import Library  # noqa: E402
from publisher.expression.terminology import Terminology  # noqa: E402
from tests.benchmarks.calls import record, service_of  # noqa: E402
from tests.unit.expression.test_joins import CONDITIONS, logic  # noqa: E402

Resource = dict[str, Any]
Work = Callable[[], Any]

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SYSTEM = "http://codes.example"
SETS = {name: frozenset(f"{name}{number}" for number in range(30)) for name in "abc"}
RULES = ROOT / "tests/unit/expression/libraries/Rules.elm.json"
ROUNDS = 25


def concept(code: str) -> Resource:
    return {"coding": [{"system": SYSTEM, "code": code}]}


def resources() -> list[Resource]:
    """Return a patient with a hundred resources, none of which meets most of the conditions."""
    found: list[Resource] = [{"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1950-03-04"}]
    for n in range(33):
        status = concept("active" if n % 3 else "resolved")
        code = concept("a7" if n == 30 else f"x{n}")
        found.append({"resourceType": "Condition", "id": f"c{n}", "code": code, "clinicalStatus": status})
        medicine = concept("b3" if n == 31 else f"y{n}")
        order = {"id": f"m{n}", "status": "stopped" if n % 4 else "active", "intent": "order"}
        found.append({"resourceType": "MedicationRequest", "medicationCodeableConcept": medicine, **order})
        value = {"value": Decimal(130 + n), "code": "mmol/L", "system": "http://unitsofmeasure.org"}
        test = {"id": f"o{n}", "status": "final", "code": concept(f"o{n % 7}"), "valueQuantity": value}
        found.append({"resourceType": "Observation", "effectiveDateTime": f"2026-0{n % 5 + 1}-03T08:00:00Z", **test})
    return found


def in_set(value: Resource, name: str) -> bool:
    members = SETS[name]
    return any(each.get("system") == SYSTEM and each.get("code") in members for each in value.get("coding", ()))


def has_code(value: Resource, code: str) -> bool:
    return any(each.get("system") == SYSTEM and each.get("code") == code for each in value.get("coding", ()))


def is_active(condition: Resource) -> bool:
    coding = condition.get("clinicalStatus", {}).get("coding", ())
    return any(each.get("code") in ("active", "recurrence", "relapse") for each in coding)


def by_hand(data: list[Resource]) -> list[Any]:
    """Return the twenty conditions in plain Python."""
    groups: dict[str, list[Resource]] = {}
    for each in data:
        groups.setdefault(each["resourceType"], []).append(each)
    patient, conditions = groups["Patient"][0], groups["Condition"]
    orders, tests = groups["MedicationRequest"], groups["Observation"]
    born = date.fromisoformat(patient["birthDate"])
    age = NOW.year - born.year - ((NOW.month, NOW.day) < (born.month, born.day))
    drug, amount = "medicationCodeableConcept", "valueQuantity"
    return [
        any(in_set(c["code"], "a") for c in conditions),
        any(in_set(c["code"], "b") and is_active(c) for c in conditions),
        any(in_set(c["code"], "c") and is_active(c) for c in conditions)
        and not any(in_set(c["code"], "a") for c in conditions),
        any(in_set(m[drug], "a") and m["status"] == "active" for m in orders),
        any(in_set(m[drug], "b") and m["status"] in ("active", "on-hold") and m["intent"] == "order" for m in orders),
        any(in_set(m[drug], "c") and m["status"] == "active" for m in orders)
        or any(in_set(c["code"], "c") for c in conditions),
        any(has_code(o["code"], "o1") and o[amount]["value"] < 135 for o in tests),
        any(has_code(o["code"], "o2") and o[amount]["value"] > 5 and o["status"] == "final" for o in tests),
        sum(has_code(o["code"], "o1") and o["status"] == "final" for o in tests) >= 3,
        age >= 65,
        age >= 18 and any(in_set(c["code"], "b") for c in conditions),
        any(o["effectiveDateTime"] > "2026-06-01T00:00:00Z" for o in tests),
        max((o for o in tests if has_code(o["code"], "o1")), key=lambda o: o["id"])[amount]["value"] < 140,
        patient["gender"] == "female" and any(in_set(c["code"], "a") for c in conditions),
        any(in_set(c["code"], "a") or in_set(c["code"], "b") for c in conditions),
        sum(m["status"] == "active" for m in orders) > 5,
        any(
            in_set(c["code"], "a") and any(in_set(m[drug], "a") and m["status"] == "active" for m in orders)
            for c in conditions
        ),
        any(
            in_set(c["code"], "a") and not any(in_set(m[drug], "b") and m["status"] == "active" for m in orders)
            for c in conditions
        ),
        any(has_code(o["code"], "o2") and 4 <= o[amount]["value"] <= 5 for o in tests),
        patient.get("active", True) and not any(o["status"] == "entered-in-error" for o in tests),
    ]


def value_set(canonical: str) -> Resource:
    name = canonical.rpartition("/")[2]
    contains = [{"system": SYSTEM, "code": code} for code in SETS.get(name, ())]
    return {"expansion": {"total": len(contains), "contains": contains}}


def library(path: Path) -> Library:
    return Library(json.loads(path.read_text())["library"], {"FHIRHelpers": None})


def evaluated(rules: Library, context: DataContext, terminology: Terminology, **given: Any) -> list[Any]:
    env = Evaluation(context, terminology, parameters=given, now=NOW)
    return [rules.evaluate(name, env).value for name in rules.definitions()]


def open_context(data: list[Resource]) -> DataContext:
    """Return the same data where every type may hold more, so that every definition is tracked."""
    closed = DataContext.of(data)
    return DataContext({kind: Supply(each.resources, Cause("partial", kind)) for kind, each in closed.supplies.items()})


def timed(work: Work, times: int = 5) -> float:
    start = perf_counter()
    for _ in range(times):
        work()
    return (perf_counter() - start) / times


def medians(works: dict[str, Work]) -> dict[str, float]:
    """Return the median time of each work over interleaved rounds."""
    for work in works.values():
        work()
    rounds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            rounds[name].append(timed(work))
    return {name: statistics.median(values) for name, values in rounds.items()}


def compiled_afresh() -> None:
    rules = library(RULES)
    evaluated(rules, DataContext(closed=True), Terminology(value_set))


def whole_plan(root: str) -> Work:
    """Return the work of applying the plan behind patient-view to a patient of 32 kB, everything supplied."""
    knowledge, service = service_of(root, "patient-view")
    context = DataContext.of(record(root, "patient-view", 32_000), closed=True)
    return lambda: apply_plan(knowledge, service.plan, context, now=NOW)


def joined(number: int) -> Work:
    """Return the work of finding the Medication of each of `number` prescriptions, tracked."""
    rules, data = logic(CONDITIONS["called"]), []
    for each in range(number):
        reference = {"reference": f"Medication/m{each}"}
        data.append({"resourceType": "MedicationRequest", "id": f"r{each}", "medicationReference": reference})
        data.append({"resourceType": "Medication", "id": f"m{each}", "code": each})
    context, terminology = DataContext.of(data, closed=True), Terminology(value_set)
    return lambda: rules.evaluate("where", Evaluation(context, terminology, now=NOW), tracked=True)


def main(root: str) -> int:
    """Print the ratios, and the times that have a limit of their own."""
    data, terminology = resources(), Terminology(value_set)
    rules = library(RULES)
    complete = evaluated(rules, DataContext.of(data, closed=True), terminology)
    floor = by_hand(data)
    if complete != floor:
        sys.stderr.write(f"the two do not agree:\n{complete}\n{floor}\n")
        return 1
    text = json.dumps(data, default=float)
    works: dict[str, Work] = {
        "by hand": lambda: by_hand(data),
        "plain": lambda: evaluated(rules, DataContext.of(data, closed=True), terminology),
        "tracked": lambda: evaluated(rules, open_context(data), terminology),
        "read and plain": lambda: evaluated(
            rules, DataContext.of(json.loads(text, parse_float=Decimal), closed=True), terminology
        ),
        "plan": whole_plan(root),
        "400": joined(400),
        "1600": joined(1600),
    }
    found = medians(works)
    say = sys.stdout.write
    say(f"20 conditions, 100 resources: plain is {found['plain'] / found['by hand']:.1f} times plain Python\n")
    say(f"tracked is {found['tracked'] / found['plain']:.2f} times plain\n")
    say(f"20 conditions, 100 resources, JSON read: {1 / found['read and plain']:.0f} patients a second on one core\n")
    say(f"the plan behind patient-view: {found['plan'] * 1000:.2f} ms a patient\n")
    say(f"1,600 prescriptions with their Medications to 400: {found['1600'] / found['400']:.1f} times\n")
    say(f"reading and compiling 20 conditions: {timed(compiled_afresh) * 1000:.1f} ms\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "artifacts")))
