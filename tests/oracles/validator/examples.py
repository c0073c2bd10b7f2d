"""The official R4 examples, read from the pinned npm package, and what both validators say of a list of texts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from publisher.validation.validator import Validator

ORACLES = Path(__file__).resolve().parents[1]
PACKAGE = "hl7.fhir.r4.examples-4.0.1.tgz"
LARGEST = 3_000_000  # the Bundles of the whole specification repeat what stands alone beside them
_ERRORS = ("error", "fatal")
# An object would hold the place of a number or of a repeated key, so that the text is kept as it was written.
_ROW = re.compile(r"^(?P<file>.*?):(?P<line>\d+):(?P<column>\d+) (?P<severity>\w+) (?P<id>\S+) (?P<rest>.*)$")


def examples(packages: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the text of each example of the package, by name."""
    found: dict[str, bytes] = {}
    with tarfile.open(packages / PACKAGE, "r:gz") as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.name.endswith(".json") else None
            data = stream.read() if stream and member.size <= LARGEST else b""
            if b'"resourceType"' in data and member.name.startswith("package/"):
                found[Path(member.name).stem] = data
    yield from sorted(found.items())


def one_line(data: bytes) -> str:
    """Return a JSON text on one line, with its numbers as they were written."""
    return b" ".join(data.split(b"\n")).decode("utf-8").replace("\r", " ").replace("\x85", " ").replace("\u2028", " ")


def theirs(texts: Sequence[str], folder: Path, *options: str) -> list[list[str]]:
    """Return the errors that HAPI's validator finds in each text, all in one process; `folder` takes the texts."""
    sys.path.insert(0, str(ORACLES))
    from java_program import command

    file = folder / "texts.ndjson"
    file.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    done = subprocess.run(
        command("Validate", [*options, "--lines", str(file)]), check=False, capture_output=True, text=True
    )
    found: list[list[str]] = [[] for _ in texts]
    for row in done.stdout.splitlines():
        match = _ROW.match(row)
        if match and match["severity"] in _ERRORS:
            found[int(match["line"]) - 1].append(f"{match['id']} {match['rest']}")
    if done.returncode > 1 or not done.stdout:
        raise RuntimeError(done.stderr)
    return found


def ours(text: str, validator: Validator) -> list[str]:
    """Return the errors that we find in a text."""
    return [f"{issue.rule} {issue.diagnostics}" for issue in validator.validate(text) if issue.is_error]


def plain(text: str) -> dict[str, Any]:
    """Return a text as a plain value."""
    found: dict[str, Any] = json.loads(text)
    return found
