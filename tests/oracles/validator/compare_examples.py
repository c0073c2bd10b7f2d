"""Compare our verdict on every official R4 example, and on other resources, with that of HAPI's validator.

usage: python -m tests.oracles.validator.compare_examples PACKAGES [--also FOLDER]... [--type TYPE]... [--show FILE]

PACKAGES is the folder with the pinned npm package. Prints a row a type; `--show` takes the errors of every difference.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.validation.knowledge import Knowledge
from publisher.validation.validator import Validator
from tests.oracles.validator.examples import examples, one_line, ours, plain, theirs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COLUMNS = ("files", "same verdict", "only HAPI", "only we")


def main(argv: Sequence[str]) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", type=Path)
    parser.add_argument(
        "--also", type=Path, action="append", default=[], help="a folder of resources that know each other"
    )
    parser.add_argument("--type", action="append", default=[], help="compare examples of these types only")
    parser.add_argument("--show", type=Path, help="write each difference to this file")
    arguments = parser.parse_args(argv)
    listed = [one for one in examples(arguments.packages) if not arguments.type or _type(one[0]) in arguments.type]
    table, shown = _compared(listed, (), Validator())
    for folder in arguments.also:
        files = [(str(path), path.read_bytes()) for path in sorted(folder.rglob("*.json"))]
        known = Knowledge(resources=[plain(text.decode()) for _, text in files])
        rows, more = _compared(files, ("--context", str(folder)), Validator(known))
        table[folder.name] = sum(rows.values(), Counter())
        shown += more
    _print(table)
    if arguments.show:
        arguments.show.write_text("".join(shown), encoding="utf-8")
    return 0


def _compared(
    files: list[tuple[str, bytes]], options: Sequence[str], validator: Validator
) -> tuple[dict[str, Counter[str]], list[str]]:
    texts = [one_line(data) for _, data in files]
    with tempfile.TemporaryDirectory() as folder:
        found = theirs(texts, Path(folder), *options)
    table: dict[str, Counter[str]] = {}
    shown: list[str] = []
    for (name, _), text, their_errors in zip(files, texts, found, strict=True):
        our_errors = ours(text, validator)
        counts = table.setdefault(_type(name), Counter())
        counts["files"] += 1
        if bool(our_errors) == bool(their_errors):
            counts["same verdict"] += 1
        else:
            verdict = "only we" if our_errors else "only HAPI"
            counts[verdict] += 1
            shown += _lines(verdict, name, our_errors or their_errors)
    return table, shown


def _lines(verdict: str, name: str, errors: list[str]) -> Iterator[str]:
    for error in errors:
        yield f"{verdict}\t{name}\t{error}\n"


def _type(name: str) -> str:
    return name.partition("-")[0]


def _print(table: dict[str, Counter[str]]) -> None:
    sys.stdout.write("| type | " + " | ".join(COLUMNS) + " |\n|---|---|---|---|---|\n")
    for name, counts in [*sorted(table.items()), ("all", sum(table.values(), Counter()))]:
        sys.stdout.write(f"| {name} | " + " | ".join(str(counts[one]) for one in COLUMNS) + " |\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
