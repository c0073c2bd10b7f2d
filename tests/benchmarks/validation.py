"""Compare validation with fhir.resources on the same resources, the command with `import flask`, NDJSON with itself.

Run as `python tests/benchmarks/validation.py [FOLDER]`: ratios, interleaved, as the median of several rounds. FOLDER
holds R4 resources in JSON (default: the shipped artifacts). Exit 1 beyond the targets.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from fhir.resources.R4B import get_fhir_model_class  # noqa: E402 - once the folder above is on the path

from publisher.validation.validator import Validator  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 9
MOST_OF_MODELS, MOST_OF_FLASK, MOST_GROWTH, MOST_MEMORY = 1.3, 4.0, 1.3, 1.5
LARGEST = 60_000  # bytes: the Bundles of whole specifications are no resources anyone edits
SHIPPED = ROOT / "artifacts" / "leg-cramps" / "fhir"
MEBIBYTE = 1024 * 1024


def texts(folder: Path) -> list[bytes]:
    """Return the resources of a folder that the other library accepts too."""
    found = []
    for path in sorted(folder.rglob("*.json")):
        data = path.read_bytes()
        if len(data) < LARGEST and b'"resourceType"' in data and _is_accepted(data):
            found.append(data)
    return found


def _is_accepted(data: bytes) -> bool:
    try:
        _model(data)
    except Exception:  # noqa: BLE001 - whatever keeps the other library from reading it
        return False
    return True


def _model(data: bytes) -> None:
    get_fhir_model_class(json.loads(data)["resourceType"]).model_validate_json(data)


def seconds(work: Callable[[], object]) -> float:
    """Return how long `work` takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def against_models(folder: Path) -> float:
    """Return how many times longer a resource takes here than in fhir.resources."""
    listed, validator = texts(folder), Validator()
    rounds = []
    for _ in range(ROUNDS):
        ours = seconds(lambda: [validator.validate(data) for data in listed])
        theirs = seconds(lambda: [_model(data) for data in listed])
        rounds.append((ours, theirs))
    ours, theirs = (median(column) / len(listed) * 1000 for column in zip(*rounds[1:], strict=True))
    print(f"{len(listed)} resources: {ours:.2f} ms each, fhir.resources {theirs:.2f} ms")  # noqa: T201
    return ours / theirs


def against_flask() -> float:
    """Return how many times longer the command takes on the shipped topic than an import of Flask."""
    command = [sys.executable, "-c", f"from publisher.cli import main; main(['validate', {str(SHIPPED)!r}])"]
    flask = [sys.executable, "-c", "import flask"]

    def run(program: list[str]) -> float:
        return seconds(lambda: subprocess.run(program, cwd=ROOT, stdout=subprocess.DEVNULL, check=True))

    rounds = [(run(command), run(flask)) for _ in range(ROUNDS)]
    return median(ours / theirs for ours, theirs in rounds)


def growth() -> tuple[float, float]:
    """Return how time a byte and memory grow from 10 to 100 MB of NDJSON."""
    small, large = (_streamed(_line(), size * MEBIBYTE) for size in (10, 100))
    return large[0] / small[0] / 10, large[1] / small[1]


def _line() -> bytes:
    smallest = min(SHIPPED.glob("*.json"), key=lambda path: path.stat().st_size)
    return json.dumps(json.loads(smallest.read_bytes()), ensure_ascii=False).encode() + b"\n"


def _streamed(line: bytes, size: int) -> tuple[float, int]:
    """Return the seconds and the most memory that a child process takes for `size` bytes of a line."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "many.ndjson"
        with path.open("wb") as stream:
            for _ in range(size // len(line) + 1):
                stream.write(line)
        program = f"from publisher.cli import main; main(['validate', {str(path)!r}])"
        start = perf_counter()
        child = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.DEVNULL)
        _, _, usage = os.wait4(child.pid, 0)
        return perf_counter() - start, usage.ru_maxrss


def main() -> int:
    """Print the ratios, and return 1 where one is beyond its target."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SHIPPED
    time, memory = growth()
    found = (
        ("resource / fhir.resources model_validate", against_models(folder), MOST_OF_MODELS),
        ("validate the shipped topic / import flask", against_flask(), MOST_OF_FLASK),
        ("NDJSON: time a byte, 100 MB / 10 MB", time, MOST_GROWTH),
        ("NDJSON: memory, 100 MB / 10 MB", memory, MOST_MEMORY),
    )
    for name, ratio, most in found:
        print(f"{name}: {ratio:.2f} (at most {most}) {'' if ratio <= most else 'MISSED'}")  # noqa: T201
    return int(any(ratio > most for _, ratio, most in found))


if __name__ == "__main__":
    sys.exit(main())
