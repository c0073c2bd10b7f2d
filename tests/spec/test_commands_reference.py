"""docs/reference/commands.md is what the parsers say, and a stale page is told."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import commands  # noqa: E402 - the tools are scripts, found once their folder is on the path

if TYPE_CHECKING:
    import pytest


def test_the_page_is_not_stale() -> None:
    assert commands.main(["--check"]) == 0


def test_a_stale_page_is_named_and_writing_repairs_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "commands.md"
    assert commands.main(["--check"], path) == 1
    assert capsys.readouterr().err == f"{path} is stale; run python tools/commands.py\n"
    assert commands.main([], path) == 0
    assert commands.main(["--check"], path) == 0


def test_every_argument_has_its_row() -> None:
    parser = argparse.ArgumentParser()
    sub = parser.add_subparsers().add_parser("do", help="do it")
    sub.add_argument("thing", metavar="THING", help="what to do")
    sub.add_argument("files", nargs="*", metavar="FILE")
    sub.add_argument("--how", choices=("well", "badly"), default="well")
    sub.add_argument("--fast", action="store_true", help="hurry")
    assert commands.page(parser).partition("## ")[2] == (
        "vademecum do\n\nDo it.\n\n| argument | means |\n|---|---|\n"
        "| `THING` | What to do. |\n"
        "| `[FILE ...]` |  |\n"
        "| `--how well\\|badly` | Default: well. |\n"
        "| `--fast` | Hurry. |\n"
    )
