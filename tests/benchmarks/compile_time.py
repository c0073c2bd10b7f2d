"""How long `vademecum compile --check` takes on the shipped topics, as a ratio to `import flask`.

usage: python tests/benchmarks/compile_time.py [ROUNDS]

Whole processes, interleaved; at most 4 is wanted.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

ROOT = Path(__file__).parents[2]
FLOOR = [sys.executable, "-c", "import flask"]
COMPILE = [sys.executable, "-c", "from publisher.cli import main; main(['compile', '--check', 'artifacts'])"]


def seconds(command: list[str]) -> float:
    """Return how long a command takes."""
    start = perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return perf_counter() - start


def main(rounds: int) -> None:
    """Print the median ratio of `rounds` interleaved runs."""
    ratios = sorted(seconds(COMPILE) / seconds(FLOOR) for _ in range(rounds))
    sys.stdout.write(f"compile / import flask: {median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 11)
