"""All examples that HL7 published with R4, where the pinned package is at hand: what is flagged, and nothing else."""

import os
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from publisher.r4.codec import parse
from publisher.validation.structure import structure_issues

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from r4_packages import CORE, fetch  # noqa: E402 - the tools are scripts, found once their folder is on the path

CACHE = os.environ.get("VADEMECUM_PACKAGES")


def test_only_examples_with_a_true_defect_are_flagged(capsys: pytest.CaptureFixture[str]) -> None:
    if CACHE is None or not (Path(CACHE) / CORE.file_name).exists():
        pytest.skip(f"NOT RUN: set VADEMECUM_PACKAGES to a folder that holds {CORE.file_name}")
    expected = yaml.safe_load((HERE / "official" / "examples.yaml").read_text(encoding="utf-8"))
    found: dict[str, list[str]] = {}
    count = 0
    with tarfile.open(fetch(CORE, Path(CACHE)), "r:gz") as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.name.endswith(".json") else None
            value = parse(stream.read(), file=member.name).value if stream else {}
            if "resourceType" in value:
                count += 1
                if rules := sorted({issue.rule for issue in structure_issues(value)}):
                    found[Path(member.name).stem] = rules

    with capsys.disabled():
        print(f"\nofficial examples: {count} ran, {len(found)} flagged")  # noqa: T201
    assert found == {name: entry["rules"] for name, entry in expected.items()}
