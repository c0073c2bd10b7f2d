"""Compare our rules with the CQF clinical reasoning engine's on every worked patient whose data are complete.

usage: compare_apply.py [--all] [ROOT]...

Both read the artifacts as they compile now, those below each ROOT (default: artifacts, and the topic that only tests
use), and the facts of the same worked patients: the record as one Bundle, what is being written as the parameters of
the logic. Compared are the ids of all actions that apply, at whatever depth. A patient is complete when every kind of
data that the plan reads was answered whole; the others are counted, for the other engine takes what is missing for
none. What the record itself leaves open applies in neither. `--all` names the patients with the same actions too. Exit
status: 0 the same actions throughout.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from apply import applicable_actions, problems  # noqa: E402  found beside this file

from publisher.cases.request import collection  # noqa: E402
from publisher.cases_command import compiled_suite  # noqa: E402
from publisher.hook_request import DRAFTED, PARAMETERS  # noqa: E402
from publisher.intake import resources_of  # noqa: E402
from publisher.pipeline import compile_topics  # noqa: E402
from publisher.r4.codec import dumps  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from publisher.apply.knowledge import Knowledge
    from publisher.cases.suite import Result

Resource = dict[str, Any]

ROOTS = (ROOT / "artifacts", ROOT / "tests" / "topics")
LIST = "http://hl7.org/fhir/uv/cpg/StructureDefinition/cpg-parameterDefinition"


@dataclass(frozen=True)
class Compared:
    """A worked patient: the question to the other engine, and the actions that apply here."""

    name: str
    question: Resource
    ours: frozenset[str]


def compared(root: Path) -> tuple[list[Compared], int]:
    """Return the complete patients below `root`, and how many there are that are not."""
    suite, report = compiled_suite(root)
    if suite is None:
        sys.exit(report.to_text())
    results = [one for one in suite.results() if one.found and one.found.applied]
    complete = [one for one in results if is_complete(one, suite.runner.knowledge)]
    return [_compared(one) for one in complete], len(suite.cases) - len(complete)


def is_complete(result: Result, knowledge: Knowledge) -> bool:
    """Return whether nothing that the plan reads of this patient can be missing."""
    applied = result.found.applied if result.found else None
    if applied is None or applied.evaluation is None:
        return False
    context = applied.evaluation.context
    return all(context.is_closed(each.type) for each in knowledge.requirements(applied.artifact))


def _compared(result: Result) -> Compared:
    case, prepared = result.case, result.prepared
    assert result.found is not None
    assert result.found.applied is not None
    plan = result.found.applied.artifact
    resources = [each for value in prepared.prefetch.values() for each in resources_of(value)]
    question = {
        "name": f"{case.topic} {case.id}",
        "plan": plan.id,
        "subject": f"Patient/{case.patient_id}",
        "data": collection(resources),
        "now": str(case.value["date"]),
    }
    drafted = prepared.drafted()
    names = {PARAMETERS[kind] for _, kind, _ in (DRAFTED[case.hook],)} if case.hook in DRAFTED else set()
    if names | drafted.keys():
        question["parameters"] = {
            "resourceType": "Parameters",
            "parameter": [
                each for name in sorted(names | drafted.keys()) for each in _list(name, drafted.get(name, []))
            ],
        }
    walked = result.found.applied.walk()
    ours = frozenset(one.id for one in walked if one.decision.state == "applied")
    return Compared(str(question["name"]), question, ours)


def _list(name: str, items: Sequence[Resource]) -> Iterator[Resource]:
    """Yield the CQL parameter that holds `items`; the extension says that it is a list, of one or of none."""
    kind = next(kind for kind, parameter in PARAMETERS.items() if parameter == name)
    definition = {"name": name, "use": "in", "min": 0, "max": "*", "type": kind}
    many = {"name": name, "extension": [{"url": LIST, "valueParameterDefinition": definition}]}
    yield from ({**many, "resource": each} for each in items)
    if not items:
        yield many


def theirs(roots: Sequence[Path], patients: Sequence[Compared]) -> dict[str, Resource]:
    """Return the results of the other engine by the name of the patient."""
    with tempfile.TemporaryDirectory() as folder:
        packages = [
            word for root in roots for each in _packages(root, Path(folder)) for word in ("--package", str(each))
        ]
        file = Path(folder) / "cases.json"
        file.write_bytes(dumps([one.question for one in patients]))
        command = [sys.executable, str(Path(__file__).parent / "apply.py"), *packages, "--cases", str(file)]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    results: dict[str, Resource] = json.loads(output)
    return results


def _packages(root: Path, folder: Path) -> Iterator[Path]:
    """Yield a folder for each topic with its artifacts as they compile now, in the default language."""
    topics, _ = compile_topics(root)
    for topic in topics:
        package = folder / topic.topic.id
        package.mkdir()
        for name, body in topic.files.items():
            if name.endswith(".json") and "/" not in name:
                (package / name).write_bytes(body)
        yield package


def main(arguments: Sequence[str]) -> int:
    """Print each patient whose actions differ, and the sum; return 0 where there is none."""
    roots = [Path(one) for one in arguments if not one.startswith("--")] or list(ROOTS)
    found = [compared(root) for root in roots]
    patients, left_out = [one for some, _ in found for one in some], sum(count for _, count in found)
    results, different = theirs(roots, patients), 0
    for one in patients:
        other = frozenset(applicable_actions(results[one.name]))
        hidden = problems(results[one.name])
        if one.ours != other or hidden:
            different += 1
            only = f"only ours {sorted(one.ours - other)}, only theirs {sorted(other - one.ours)}"
            sys.stdout.write(f"{one.name}: DIFFERENT, {only} {hidden or ''}\n")
        elif "--all" in arguments:
            sys.stdout.write(f"{one.name}: the same, {', '.join(sorted(other)) or 'nothing'}\n")
    same = len(patients) - different
    sys.stdout.write(f"{same} of {len(patients)} patients with the same actions; {left_out} without complete data\n")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
