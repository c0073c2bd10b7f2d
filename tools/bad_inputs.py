"""What an author sees when an input is wrong: the cases of tests/spec/bad_inputs.yaml, run and told in the docs.

`python tools/bad_inputs.py` writes docs/reference/bad-inputs.md anew; with `--check` it says whether it is stale.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from publisher.cli import main as vademecum

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
CASES = ROOT / "tests" / "spec" / "bad_inputs.yaml"
SMALL_TOPIC = ROOT / "tests" / "spec" / "small_topic"
PAGE = ROOT / "docs" / "reference" / "bad-inputs.md"
LONGEST = 90

INTRODUCTION = """\
# Bad inputs, and what an author sees

This page is made by `python tools/bad_inputs.py` from `tests/spec/bad_inputs.yaml`; do not edit it.

Each case is the smallest change to one valid topic (`tests/spec/small_topic`).
The tests run `vademecum compile` on it (or the command that a case names).
They hold the command to these very lines, to exit status 1, and to writing nothing.
The rules are listed in [rules.md](rules.md).
"""


@dataclass(frozen=True, slots=True)
class BadInput:
    """One case: what is changed in the small topic, the command that is run, and the lines on stderr."""

    group: str
    title: str
    changes: tuple[dict[str, Any], ...]
    says: tuple[str, ...]
    command: tuple[str, ...] = ("compile",)
    compiled: bool = False
    needs: str | None = None

    def lay_out(self, root: Path) -> None:
        """Write the changed topic to the folder `root`; where the case asks for it, compiled before the change."""
        shutil.copytree(SMALL_TOPIC, root, ignore=shutil.ignore_patterns("fhir"))
        if self.compiled and vademecum(["compile", str(root)]):
            raise RuntimeError("the small topic does not compile")
        for change in self.changes:
            _change(root / change["file"], change)

    def run(self, root: Path) -> tuple[int, list[str]]:
        """Return the exit status and the lines on stderr, with paths as they stand below `root`."""
        command, *options = self.command
        with contextlib.redirect_stderr(io.StringIO()) as stderr:
            status = vademecum([command, *options, *(["--root"] if command == "cql" else []), str(root)])
        return status, stderr.getvalue().replace(f"{root}/", "").replace(str(root), ".").splitlines()


def cases() -> list[BadInput]:
    """Return every case in the order of the file."""
    found = []
    for group in yaml.safe_load(CASES.read_text("utf-8")):
        for one in group["cases"]:
            settings = {key: one[key] for key in ("compiled", "needs") if key in one}
            command = tuple(one.get("command", "compile").split())
            changes, says = tuple(one["change"]), tuple(one["says"])
            found.append(BadInput(group["group"], one["title"], changes, says, command, **settings))
    return found


def page() -> str:
    """Return the page of the docs."""
    parts, number = [INTRODUCTION], 0
    for group in dict.fromkeys(one.group for one in cases()):
        parts.append(f"\n## {group}\n\n| | input | change | what the author sees |\n|---|---|---|---|\n")
        for one in cases():
            if one.group == group:
                number += 1
                change = "<br>".join(_told(change) for change in one.changes)
                change += "" if one.command == ("compile",) else f"<br>then `vademecum {' '.join(one.command)}`"
                says = "<br>".join(_code(line) for line in one.says)
                parts.append(f"| {number} | {one.title} | {change} | {says} |\n")
    return "".join(parts)


def _change(path: Path, change: dict[str, Any]) -> None:
    """Remove a file, write the whole of it, or replace `old` in it by `new`, which `times` repeats."""
    if change.get("remove"):
        path.unlink()
        return
    text = change.get("text")
    if text is None:
        before = path.read_text("utf-8")
        if change["old"] not in before:
            raise ValueError(f"{path.name} does not hold {change['old']!r}")
        text = before.replace(change["old"], change.get("new", "") * change.get("times", 1), 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(change.get("encoding", "utf-8")))


def _told(change: dict[str, Any]) -> str:
    name = f"`{change['file']}`"
    if change.get("remove"):
        return f"{name} is taken away"
    if "text" in change:
        return f"{name} is {_code(change['text'])}"
    times = f", {change['times']} times" if "times" in change else ""
    if "encoding" in change:
        times += f", in {change['encoding']}"
    if not change.get("new"):
        return f"{name} without {_code(change['old'])}"
    return f"{name}: {_code(change['old'])} is now {_code(change['new'])}{times}"


def _code(text: str) -> str:
    lines = (_line(line) for line in _shortened(text).strip("\n").split("\n"))
    return "<br>".join(lines)


def _line(text: str) -> str:
    shown = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
    shown = shown.replace("|", "\\|").replace("\\u0009", "→")
    if not shown.strip():
        return "(nothing)"
    return f"``{shown}``" if "`" in shown else f"`{shown}`"


def _shortened(text: str) -> str:
    lines = [line if len(line) <= LONGEST or " error " in line else f"{line[:LONGEST]}..." for line in text.split("\n")]
    return "\n".join(lines)


def stale() -> Iterator[str]:
    """Yield why the page is not what its cases make, if so."""
    if not PAGE.is_file() or PAGE.read_text("utf-8") != page():
        yield f"{PAGE}: stale; run python tools/bad_inputs.py"


def main(arguments: list[str]) -> int:
    """Write the page, or check it; return the exit status."""
    found = list(stale())
    if found and "--check" not in arguments:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page(), "utf-8")
        return 0
    sys.stderr.write("".join(f"{line}\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
