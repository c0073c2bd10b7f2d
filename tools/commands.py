"""The reference of the command line in docs/reference/commands.md, made from the parsers that read it.

`python tools/commands.py` writes it anew; with `--check` it says whether it is stale.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.cli import parser

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "commands.md"
HEAD = """\
# Commands

Made from the parsers of the command line by `python tools/commands.py`.

Data go to standard output, words to standard error, and success is silent.
The exit status is 0 when nothing is wrong, 1 when something is (a warning is not), 2 when the command was used wrongly.
"""


def page(command: argparse.ArgumentParser) -> str:
    """Return the text of the page for a parser with one subparser a command."""
    (commands,) = (one for one in command._actions if isinstance(one, argparse._SubParsersAction))  # noqa: SLF001
    purposes = {one.dest: one.help or "" for one in commands._choices_actions}  # noqa: SLF001
    parts = [HEAD]
    for name, sub in commands.choices.items():
        parts.append(f"\n## vademecum {name}\n\n{_sentence(purposes[name])}\n\n{''.join(_rows(sub))}")
    return "".join(parts)


def _rows(command: argparse.ArgumentParser) -> Iterator[str]:
    yield "| argument | means |\n|---|---|\n"
    for one in command._actions:  # noqa: SLF001
        if not isinstance(one, argparse._HelpAction):  # noqa: SLF001
            yield f"| `{_name(one)}` | {_meaning(one)} |\n"


def _name(action: argparse.Action) -> str:
    value = _value(action)
    if not action.option_strings:
        repeated = f"{value} ..." if action.nargs in ("*", "+") else value
        return f"[{repeated}]" if action.nargs in ("?", "*") else repeated
    return f"{', '.join(action.option_strings)} {value}".strip() if action.nargs != 0 else action.option_strings[-1]


def _value(action: argparse.Action) -> str:
    if action.choices:
        return "\\|".join(map(str, action.choices))
    metavar = action.metavar if isinstance(action.metavar, str) else None
    return metavar or (action.dest.upper() if action.nargs != 0 else "")


def _meaning(action: argparse.Action) -> str:
    said = _sentence(action.help) if action.help else ""
    plain = action.default is None or isinstance(action.default, bool) or "default" in said
    stated = "" if plain or not action.option_strings else f"Default: {action.default}."
    return " ".join(part for part in (said, stated) if part)


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def main(arguments: list[str], path: Path = PAGE) -> int:
    """Write the page, or check it; return the exit status."""
    text = page(parser())
    if "--check" not in arguments:
        path.write_text(text, encoding="utf-8")
        return 0
    fresh = path.is_file() and path.read_text(encoding="utf-8") == text
    if not fresh:
        sys.stderr.write(f"{path} is stale; run python tools/commands.py\n")
    return 0 if fresh else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
