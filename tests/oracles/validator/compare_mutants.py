"""Damage official examples in known ways, and compare our verdict on each with that of HAPI's validator.

usage: python -m tests.oracles.validator.compare_mutants SOURCE [--package FILE.tgz]... [--count N] [--seed S]
       [--type TYPE]... [--show FILE]

SOURCE is the folder with the pinned npm package, or one with resources that claim profiles of `--package`. Prints a row
a mutation; `--show` takes every difference.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from publisher.validation.inputs import package_definitions
from publisher.validation.knowledge import Knowledge
from publisher.validation.validator import Validator
from tests.oracles.validator.examples import PACKAGE, examples, one_line, ours, plain, theirs
from tests.oracles.validator.meanings import MEANINGS
from tests.oracles.validator.mutations import MUTATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LONGEST = 20_000
EVERY = {**MUTATIONS, **MEANINGS}


def main(argv: Sequence[str]) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("--package", type=Path, action="append", default=[], help="a FHIR package for both validators")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--type", action="append", default=[], help="mutate examples of these types only")
    parser.add_argument("--show", type=Path, help="write each difference to this file")
    arguments = parser.parse_args(argv)
    files, validator, options = _sources(arguments.source, arguments.package)
    mutants = list(_mutants(files, validator, arguments.count, arguments.seed, arguments.type))
    sys.stderr.write(f"{len(mutants)} mutants\n")
    with tempfile.TemporaryDirectory() as folder:
        found = theirs([text for _, _, text in mutants], Path(folder), *options)
    verdicts: dict[str, Counter[str]] = {name: Counter() for name in EVERY}
    shown = []
    for (name, place, text), their_errors in zip(mutants, found, strict=True):
        our_errors = ours(text, validator)
        verdict = _verdict(our_errors, their_errors)
        verdicts[name][verdict] += 1
        if not verdict.startswith("same"):
            shown.append(f"{verdict}\t{name}\t{place}\t{(our_errors or their_errors)[:3]}\n")
    _print(verdicts)
    if arguments.show:
        arguments.show.write_text("".join(sorted(shown)), encoding="utf-8")
    return 0


def _sources(source: Path, packages: Sequence[Path]) -> tuple[list[tuple[str, bytes]], Validator, list[str]]:
    """Return the files to damage, our validator, and the options of the other one."""
    options = [each for path in packages for each in ("--package", str(path))]
    knowledge = Knowledge(resources=[one for path in packages for one in package_definitions(path)])
    if (source / PACKAGE).is_file():
        return list(examples(source)), Validator(knowledge), options
    files = [(path.stem, path.read_bytes()) for path in sorted(source.glob("*.json"))]
    knowledge.add(plain(data.decode()) for _, data in files)
    return files, Validator(knowledge), [*options, "--context", str(source)]


def _mutants(
    files: list[tuple[str, bytes]], sound: Validator, count: int, seed: int, types: Sequence[str]
) -> Iterator[tuple[str, str, str]]:
    """Yield a mutation, its place and the mutant's text: of each type alike, of each mutation alike."""
    random = Random(seed)
    by_type: dict[str, list[tuple[str, str]]] = {}
    for name, data in files:
        kind = name.partition("-")[0]
        if len(data) <= LONGEST and (not types or kind in types):
            by_type.setdefault(kind, []).append((name, one_line(data)))
    made, tries = 0, 0
    names, kinds = list(EVERY), sorted(by_type)
    while made < count and tries < count * 20:
        tries += 1
        name = names[tries % len(names)]
        example, text = random.choice(by_type[random.choice(kinds)])
        if sound.validate(text).has_errors:
            continue
        resource = copy.deepcopy(plain(text))
        place = EVERY[name](resource, random)
        if place is not None:
            made += 1
            yield name, f"{example}: {place}", json.dumps(resource)


def _verdict(our_errors: list[str], their_errors: list[str]) -> str:
    if bool(our_errors) == bool(their_errors):
        return "same: error" if our_errors else "same: none"
    return "only we" if our_errors else "only HAPI"


def _print(verdicts: dict[str, Counter[str]]) -> None:
    columns = ("same: error", "same: none", "only HAPI", "only we")
    sys.stdout.write("| mutation | " + " | ".join(columns) + " |\n|---|---|---|---|---|\n")
    for name, counts in [*verdicts.items(), ("all", sum(verdicts.values(), Counter()))]:
        sys.stdout.write(f"| {name} | " + " | ".join(str(counts[one]) for one in columns) + " |\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
