"""Compare our evaluation of the published opioid libraries with the CQF engine's, for every definition and request.

usage: compare_evaluate.py [--all]

Both evaluate the same CQL (ours as the official translator's ELM) on the record of each hook request, its drafts as the
parameter, at the same moment. What differs is printed; with `--all`, also what differs only in the order of a list that
the language gives none. Exit status: 0 where nothing else differs.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tempfile
from collections import Counter
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from java_program import command  # noqa: E402  found beside this file

from publisher.expression.json_values import as_json  # noqa: E402
from publisher.r4.codec import dumps  # noqa: E402
from tests.conformance import opioid  # noqa: E402

Results = dict[str, dict[str, dict[str, Any]]]


def ours() -> Results:
    """Return our results by request, library and definition."""
    libraries, terms = opioid.libraries(), opioid.terminology()
    results: Results = {}
    for request in opioid.requests():
        env = opioid.evaluation(request, terms)
        results[request.name] = {
            name: {each: _result(library.evaluate(each, env)) for each in library.definitions()}
            for name, library in libraries.items()
        }
    return results


def _result(outcome: Any) -> dict[str, Any]:
    return {"error": outcome.error} if outcome.error else {"value": normal(as_json(outcome.value))}


def theirs(wanted: Results) -> Results:
    """Return the other engine's results for the same definitions."""
    versions = {name: elm["identifier"].get("version") for name, elm in opioid.elms().items()}
    libraries = {
        name: {"name": name, "version": versions[name], "definitions": list(definitions)}
        for name, definitions in next(iter(wanted.values())).items()
    }
    cases = [
        {
            "name": request.name,
            "subject": f"Patient/{request.patient}",
            "data": request.record,
            "parameters": {} if request.drafts is None else {opioid.PARAMETER: request.drafts},
            "libraries": list(libraries.values()),
        }
        for request in opioid.requests()
    ]
    with tempfile.TemporaryDirectory() as folder:
        package, file = Path(folder) / "package", Path(folder) / "cases.json"
        package.mkdir()
        for name, text in opioid.texts().items():
            (package / f"{name}.json").write_text(
                json.dumps(_library(name, versions.get(name, "4.0.1"), text)), "utf-8"
            )
        file.write_bytes(dumps(cases))
        packages = ["--package", str(package), "--package", str(opioid.ARTIFACTS / "valuesets")]
        program = command("Evaluate", [*packages, "--cases", str(file), "--now", opioid.NOW.date().isoformat()])
        output = subprocess.run(program, check=True, stdout=subprocess.PIPE).stdout
    results: Results = json.loads(output)
    return results


def _library(name: str, version: str, text: str) -> dict[str, Any]:
    content = {"contentType": "text/cql", "data": base64.b64encode(text.encode()).decode()}
    identity = {"id": name, "url": f"http://example.org/Library/{name}", "name": name, "version": version}
    kind = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/library-type", "code": "logic-library"}]}
    return {"resourceType": "Library", **identity, "status": "active", "type": kind, "content": [content]}


def normal(value: Any) -> Any:
    """Return a value without what only a notation tells: `1.0` and `1` are one, `Z` and `+00:00`."""
    if isinstance(value, dict):
        return {name: normal(part) for name, part in value.items() if part is not None}
    if isinstance(value, list):
        return [normal(each) for each in value]
    if isinstance(value, bool) or value is None:
        return value
    text = str(value).replace("+00:00", "Z")
    try:
        return str(Decimal(text).normalize())
    except InvalidOperation:
        return {"true": True, "false": False}.get(text, text)


def alike(mine: Any, other: Any) -> bool:
    """Return whether two values are the same; an instance made by the logic has no resourceType and no typed names."""
    if isinstance(mine, list) and isinstance(other, list):
        return len(mine) == len(other) and all(map(alike, mine, other))
    if not isinstance(mine, dict) or not isinstance(other, dict):
        return bool(mine == other)
    left = {name: part for name, part in mine.items() if name != "resourceType" and part not in ({}, [])}
    right = {name: part for name, part in other.items() if name != "resourceType" and part not in ({}, [])}
    matched = {name: _partner(name, right) for name in left}
    return len(left) == len(right) and all(each and alike(left[name], right[each]) for name, each in matched.items())


def _partner(name: str, names: dict[str, Any]) -> str | None:
    """Return the name itself, or the one of the choice element."""
    found = [each for each in names if each == name or (each.startswith(name) and each[len(name)].isupper())]
    return found[0] if found else None


def main(arguments: list[str]) -> int:
    """Print the differences, and how many results are the same."""
    here = ours()
    there = theirs(here)
    verdicts: Counter[str] = Counter()
    for request, library, name in ((one, each, name) for one in here for each in here[one] for name in here[one][each]):
        mine, other = here[request][library][name], there[request][library][name]
        verdict = verdict_of(mine, other)
        verdicts[verdict] += 1
        if verdict == "different" or ("--all" in arguments and verdict != "same"):
            sys.stdout.write(f"{request} {library}.{name} ({verdict})\n")
            sys.stdout.write(f"  ours   {_shown(mine)}\n  theirs {_shown(other)}\n")
    total = sum(verdicts.values())
    sys.stdout.write(
        f"{total} results: {', '.join(f'{count} {verdict}' for verdict, count in verdicts.most_common())}\n"
    )
    return 1 if verdicts["different"] else 0


def verdict_of(mine: dict[str, Any], other: dict[str, Any]) -> str:
    """Return `same`, `same but for the order` (a retrieve has none), or `different`."""
    if "value" not in mine or "value" not in other:
        return "different"
    value, theirs_ = mine["value"], normal(other["value"])
    if alike(value, theirs_):
        return "same"
    if isinstance(value, list) and isinstance(theirs_, list) and alike(_by_id(value), _by_id(theirs_)):
        return "same but for the order"
    return "different"


def _by_id(values: list[Any]) -> list[Any]:
    return sorted(values, key=lambda each: str(each.get("id")) if isinstance(each, dict) else str(each))


def _shown(result: dict[str, Any]) -> str:
    return json.dumps(result, default=str, ensure_ascii=False)[:600]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
