"""Compare our CQL with cql-execution on generated expressions: `python -m tests.oracles.cql.compare_cql`.

Needs Node and, the first time, the package registry. Prints the differences by kind with who is right (README.md),
exits 1 on one that is not known.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from publisher.expression import load_library
from publisher.expression.json_values import as_json
from publisher.source.cql import cache_folder, translate
from tests.oracles.cql.generate import Generator
from tests.oracles.cql.known import RIGHT, known_difference

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FOLDER = Path(__file__).parent
EVALUATE = FOLDER / "evaluate.mjs"
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
EIGHT = Decimal("1e-8")
PER_LIBRARY = 400
SHOWN = 3


def main(argv: Sequence[str]) -> int:
    """Print what differs; return 1 where a difference is not a known one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(argv)
    random = Random(arguments.seed)
    generator = Generator(random)
    texts = [generator.expression() for _ in range(arguments.count)]
    batches = [texts[start : start + PER_LIBRARY] for start in range(0, len(texts), PER_LIBRARY)]
    verdicts: Counter[str] = Counter()
    differences: dict[str, list[str]] = {}
    for expression, ours, theirs in compared(batches):
        if alike(ours, theirs):
            verdicts["same"] += 1
            continue
        kind = known_difference(expression, ours, theirs) or "UNKNOWN"
        verdicts[kind] += 1
        differences.setdefault(kind, []).append(f"{expression}\n    ours   {shown(ours)}\n    theirs {shown(theirs)}")
    for kind, found in sorted(differences.items()):
        title = f"{kind} ({RIGHT[kind]}): {len(found)}" if kind in RIGHT else f"{kind}: {len(found)}"
        shortest = sorted(found, key=len)
        sys.stdout.write("\n  ".join([title, *(found if kind == "UNKNOWN" else shortest[:SHOWN])]) + "\n")
    total, unknown, same = sum(verdicts.values()), verdicts["UNKNOWN"], verdicts["same"]
    refused = arguments.count - total
    sys.stdout.write(f"{refused} of {arguments.count} definitions do not translate\n" if refused else "")
    known = total - same - unknown
    sys.stdout.write(f"cql: {same} of {total} agree, {known} known differences, {unknown} unknown\n")
    return int(unknown > 0)


def compared(batches: list[list[str]]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Yield each expression that translates with our answer and the other engine's."""
    named = [{f"e{index}": text for index, text in enumerate(batch)} for batch in batches]
    libraries = [(texts, elm) for texts, elm in zip(named, translated(named), strict=True) if elm is not None]
    for (texts, elm), theirs in zip(libraries, answers([elm for _, elm in libraries]), strict=True):
        outcomes = load_library(elm).evaluate([], now=NOW)
        for name, answer in theirs.items():
            outcome = outcomes[name]
            ours = {"error": outcome.error} if outcome.error else {"result": as_json(outcome.value)}
            yield texts[name], ours, answer


def translated(libraries: list[dict[str, str]]) -> list[dict[str, Any] | None]:
    """Return the ELM of each library, without the definitions that the translator refuses."""
    left = [dict(texts) for texts in libraries]
    found: dict[int, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        paths = {Path(folder) / f"L{index}.cql": index for index in range(len(left))}
        for _ in range(8):
            waiting = [path for path, index in paths.items() if index not in found and left[index]]
            for path in waiting:
                lines = [f"define {name}: {text}" for name, text in left[paths[path]].items()]
                path.write_text("\n".join([f"library {path.stem}", *lines]) + "\n", encoding="utf-8")
            elms, report = translate(waiting)
            found |= {paths[path]: json.loads(elm) for path, elm in elms.items()}
            for issue in report:
                if issue.is_error and issue.source and issue.source.line:
                    index = paths[Path(issue.source.file)]
                    line = Path(issue.source.file).read_text(encoding="utf-8").splitlines()[issue.source.line - 1]
                    left[index].pop(line.split(":")[0].removeprefix("define "), None)
    return [found.get(index) for index in range(len(left))]


def answers(libraries: list[dict[str, Any]]) -> list[dict[str, dict[str, Any]]]:
    """Return what the other engine makes of all definitions of each library."""
    run = subprocess.run(
        ["node", str(EVALUATE)],
        cwd=installed(), input=json.dumps(libraries), capture_output=True, text=True, check=True, encoding="utf-8",
    )  # fmt: skip
    found: list[dict[str, dict[str, Any]]] = json.loads(run.stdout, parse_float=Decimal)
    return found


def installed() -> Path:
    """Return the folder in the user's cache that holds the other engine; the first time, install it."""
    key = sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()[:12]
    home = cache_folder() / f"cql-oracle-{key}"
    if not (home / "node_modules").is_dir():
        home.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(FOLDER / name, home)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=home, check=True)
    return home


def alike(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Return whether two answers are the same; both refusing is, whatever they say."""
    if "error" in ours or "error" in theirs:
        return "error" in ours and "error" in theirs
    return same(ours["result"], theirs["result"])


def same(one: Any, other: Any) -> bool:
    """Return whether two values are the same, numbers to 8 decimals, and intervals in either notation of a bound."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | Decimal) and isinstance(other, int | Decimal):
        # A float has 15 digits: what is beyond them is nothing that the other engine could say.
        return abs(Decimal(one) - Decimal(other)) <= max(EIGHT, abs(Decimal(one)) * Decimal("1e-14"))
    if isinstance(one, dict) and isinstance(other, dict):
        one, other = _closed(one), _closed(other)
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def _closed(value: dict[str, Any]) -> dict[str, Any]:
    """Return an interval with its known bounds closed; an uncertainty, which we write as an interval, as one."""
    if "uncertainty" in value:
        low, high = value["uncertainty"]
        return {"low": low, "high": high, "lowClosed": True, "highClosed": True}
    result = dict(value)
    for bound, closed, step in (("low", "lowClosed", 1), ("high", "highClosed", -1)):
        if result.get(closed) is False and (point := _next(result.get(bound), step)) is not None:
            result |= {bound: point, closed: True}
    return result


def _next(point: Any, step: int) -> int | str | None:
    """Return the next point of an integer or a date in the direction of a step, None of anything else."""
    if isinstance(point, int):
        return point + step
    parts = [int(part) for part in point.split("-")] if isinstance(point, str) else []
    if len(parts) == 3:
        return (date(*parts) + timedelta(days=step)).isoformat()
    if len(parts) == 2:
        year, month = divmod(parts[0] * 12 + parts[1] - 1 + step, 12)
        return f"{year:04}-{month + 1:02}"
    return f"{parts[0] + step:04}" if parts else None


def shown(answer: dict[str, Any]) -> str:
    """Return an answer in a line."""
    text = f"refused: {answer['error']}" if "error" in answer else json.dumps(answer["result"], default=float)
    return " ".join(text.split())[:200]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
