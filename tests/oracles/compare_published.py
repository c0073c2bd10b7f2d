"""Compare our $apply with the CQF clinical reasoning engine on the published cases: which elements differ, in how many.

usage: compare_published.py

The cases lie in `apply` below VADEMECUM_CONFORMANCE; those of PlanDefinitions are put to both engines, as CarePlan and as
Bundle. An element is told by its resource type and path; ids, narratives and references to results are passed over, as
the comparison that comes with the cases does. Output: a table in Markdown, ours beside theirs. See README.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from apply import resources  # noqa: E402  found beside this file

from tests.conformance.test_apply import NOW, answer, folders, name_of, program, read  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

Resource = dict[str, Any]
FORMS = {"careplan": "PlanDefinition/$apply", "bundle": "PlanDefinition/$r5.apply"}


def cases() -> dict[str, tuple[Path, Resource]]:
    """Return the published cases of PlanDefinitions that are expected to have a result, by name."""
    found = {name_of(each): (each, read(each, "case.json")) for each in folders()}
    return {
        name: (folder, case)
        for name, (folder, case) in found.items()
        if case["operation"].startswith("PlanDefinition") and case["expectedForm"] != "error"
    }


def batches() -> Iterator[dict[str, Resource]]:
    """Yield cases for one run of the other engine each: content of the same id and another text goes into another run."""
    waiting = cases()
    while waiting:
        held: dict[tuple[str, str], Resource] = {}
        batch = {}
        for name, (folder, case) in list(waiting.items()):
            content = [entry["resource"] for entry in read(folder, "content.json")["entry"]]
            content += [entry["resource"] for entry in (read(folder, "terminology.json") or {}).get("entry", ())]
            keyed = {(each["resourceType"], each["id"]): each for each in content}
            if all(held.get(key, each) == each for key, each in keyed.items()):
                held |= keyed
                batch[name] = _case(folder, case, content[0])
                del waiting[name]
        yield {"content": list(held.values()), "cases": batch}


def _case(folder: Path, case: Resource, plan: Resource) -> Resource:
    given = case["parameters"]
    found = {"plan": plan["id"], "data": read(folder, "data.json") or {"resourceType": "Bundle", "type": "collection"}}
    found |= {name: given[name] for name in ("subject", "encounter", "practitioner") if name in given}
    if given.get("parameters"):
        items = [{"name": name, "valueString": value} for name, value in given["parameters"].items()]
        found["parameters"] = {"resourceType": "Parameters", "parameter": items}
    return found


def theirs(form: str) -> dict[str, Resource]:
    """Return the results of the other engine by name."""
    results: dict[str, Resource] = {}
    for batch in batches():
        with tempfile.TemporaryDirectory() as folder:
            package = Path(folder) / "package"
            package.mkdir()
            for number, each in enumerate(batch["content"]):
                (package / f"{number}.json").write_text(json.dumps(each), "utf-8")
            file = Path(folder) / "cases.json"
            file.write_text(json.dumps([{"name": name, **each} for name, each in batch["cases"].items()]), "utf-8")
            command = [sys.executable, str(Path(__file__).parent / "apply.py"), "--package", str(package)]
            command += ["--cases", str(file), "--now", NOW.date().isoformat(), "--form", form]
            output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
            results |= json.loads(output)
    return results


def elements(result: Resource) -> Counter[tuple[str, str]]:
    """Return what a result says: each element by its type and path, with its value."""
    every = list(resources(result))
    generated = {each.get("id") for each in every} - {None}
    found: Counter[tuple[str, str]] = Counter()
    for each in every:
        plain = program().canon({name: value for name, value in each.items() if name != "contained"}, generated)
        if each["resourceType"] not in ("Bundle", "Parameters"):
            found.update(_flat(plain, each["resourceType"]))
    return found


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _flat(part, f"{path}.{name}")
    elif isinstance(value, list):
        for part in value:
            yield from _flat(part, path)
    elif not path.endswith(".resourceType"):
        yield path, str(value)


def main() -> int:
    """Print a row for each element that differs; return 0, for the differences are what is asked for."""
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    total = same = 0
    for form, operation in FORMS.items():
        other = theirs(form)
        for name, (folder, case) in cases().items():
            total += 1
            here, there = elements(answer(folder, case, operation)), elements(other[name])
            same += here == there
            ours_only, theirs_only = here - there, there - here
            paths = ({path for path, _ in ours_only}, {path for path, _ in theirs_only})
            for path in paths[0] | paths[1]:
                kind = "other" if path in paths[0] & paths[1] else "ours" if path in paths[0] else "theirs"
                rows[path][kind] += 1
    sys.stdout.write(f"{total} results, {same} the same.\n\n| element | only ours | only theirs | other value |\n")
    sys.stdout.write("|---|---|---|---|\n")
    for path, counts in sorted(rows.items()):
        sys.stdout.write(f"| `{path}` | {counts['ours']} | {counts['theirs']} | {counts['other']} |\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
