"""Compare our FHIRPath with fhirpath.js on generated expressions: `python -m tests.oracles.fhirpath.compare_fhirpath`.

Needs Node and, once, `npm ci` in this folder. Prints the differences by kind with who is right (README.md), exits 1 on
one that is not known.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from publisher.expression.fhirpath import compile_fhirpath
from publisher.issue import IssueError
from tests.oracles.fhirpath.generate import Generator
from tests.oracles.fhirpath.known import known_difference

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FOLDER = Path(__file__).parent
TOLERANCE = Decimal("1e-7")
SHOWN = 3

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "example",
    "active": True,
    "name": [
        {"use": "official", "family": "Chalmers", "given": ["Peter", "James"], "period": {"start": "2001"}},
        {"use": "usual", "given": ["Jim"]},
        {"use": "maiden", "family": "Windsor", "given": ["Peter", "James"]},
    ],
    "telecom": [{"system": "phone", "value": "(03) 3410 5613", "use": "mobile", "rank": 2}, {"use": "home"}],
    "gender": "male",
    "birthDate": "1974-12-25",
    "_birthDate": {"extension": [{"url": "urn:time", "valueDateTime": "1974-12-25T14:35:45-05:00"}]},
    "deceasedBoolean": False,
    "contact": [{"name": {"family": "Marche"}, "gender": "female"}],
    "identifier": [{"use": "usual", "system": "urn:oid:1.2.36", "value": "12345"}],
    "managingOrganization": {"reference": "Organization/1"},
}
OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "example",
    "status": "final",
    "category": [{"coding": [{"system": "urn:c", "code": "vital-signs"}]}],
    "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7", "display": "Weight"}], "text": "weight"},
    "effectiveDateTime": "2016-03-28",
    "issued": "2016-03-29T10:00:00Z",
    "valueQuantity": {"value": 185, "unit": "lbs", "system": "http://unitsofmeasure.org", "code": "[lb_av]"},
    "component": [{"code": {"text": "a"}, "valueString": "x"}, {"code": {"text": "b"}, "valueInteger": 3}],
}


def main(argv: Sequence[str]) -> int:
    """Print what differs; return 1 where a difference is not a known one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(argv)
    rows = list(cases(arguments.count, arguments.seed))
    differences: dict[str, list[str]] = {}
    verdicts: Counter[str] = Counter()
    for (resource, expression), theirs in zip(rows, answers(rows), strict=True):
        ours = answer(resource, expression)
        if alike(ours, theirs):
            verdicts["same"] += 1
            continue
        kind = known_difference(expression, ours, theirs) or "UNKNOWN"
        verdicts[kind] += 1
        differences.setdefault(kind, []).append(f"{expression}\n    ours   {shown(ours)}\n    theirs {shown(theirs)}")
    for kind, found in differences.items():
        lines = [f"{kind}: {len(found)}", *(found if kind == "UNKNOWN" else found[:SHOWN])]
        sys.stdout.write("\n  ".join(lines) + "\n")
    sys.stdout.write(", ".join(f"{kind}: {count}" for kind, count in verdicts.most_common()) + "\n")
    return int("UNKNOWN" in differences)


def cases(count: int, seed: int) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield so many resources with an expression on them."""
    random = Random(seed)
    for index in range(count):
        resource = (PATIENT, OBSERVATION)[index % 2]
        yield resource, Generator(random, resource["resourceType"]).expression()


def answer(resource: dict[str, Any], expression: str) -> dict[str, Any]:
    """Return what our engine makes of an expression."""
    try:
        return {"result": compile_fhirpath(expression).evaluate(resource)}
    except IssueError as error:
        return {"error": str(error)}


def answers(rows: list[tuple[dict[str, Any], str]]) -> list[dict[str, Any]]:
    """Return what the other engine makes of all expressions."""
    lines = "".join(json.dumps({"resource": resource, "expression": text}) + "\n" for resource, text in rows)
    run = subprocess.run(
        ["node", "evaluate.mjs"], cwd=FOLDER, input=lines, capture_output=True, text=True, check=True, encoding="utf-8"
    )
    return [json.loads(line, parse_float=Decimal) for line in run.stdout.splitlines()]


def alike(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Return whether two answers are the same; both refusing is, whatever they say."""
    if "error" in ours or "error" in theirs:
        return "error" in ours and "error" in theirs
    return _same(ours["result"], theirs["result"])


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | Decimal) and isinstance(other, int | Decimal):
        return abs(Decimal(one) - Decimal(other)) <= TOLERANCE * max(1, abs(Decimal(one)))
    if isinstance(one, dict) and "code" in one and isinstance(other, str):
        return _quantity_text(one) == other or str(one.get("unit")) in other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return one == other


def _quantity_text(quantity: dict[str, Any]) -> str:
    return f"{quantity['value']} '{quantity['code']}'"


def shown(answer_: dict[str, Any]) -> str:
    """Return an answer in a line."""
    return str(answer_.get("result", f"refused: {answer_.get('error', '').strip()}"))[:200]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
