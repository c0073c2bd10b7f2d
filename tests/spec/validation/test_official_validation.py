"""All examples that HL7 published with R4, where the pinned package is at hand: what is an error, and nothing else."""

import os
import tarfile
from pathlib import Path

import pytest
import yaml

from publisher.validation.validator import Validator

HERE = Path(__file__).parent
PACKAGE = "hl7.fhir.r4.examples-4.0.1.tgz"
CACHE = os.environ.get("VADEMECUM_PACKAGES")
LARGEST = 3_000_000  # the Bundles of the whole specification repeat what stands alone beside them


def test_only_examples_with_a_true_defect_have_errors(capsys: pytest.CaptureFixture[str]) -> None:
    if CACHE is None or not (Path(CACHE) / PACKAGE).exists():
        pytest.skip(f"NOT RUN: set VADEMECUM_PACKAGES to a folder that holds {PACKAGE}")
    expected = yaml.safe_load((HERE / "official" / "examples.yaml").read_text(encoding="utf-8"))
    validator, count = Validator(), 0
    found: dict[str, list[str]] = {}
    with tarfile.open(Path(CACHE) / PACKAGE, "r:gz") as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.name.endswith(".json") else None
            data = stream.read() if stream and member.size <= LARGEST else b""
            if b'"resourceType"' in data:
                count += 1
                if rules := sorted({issue.rule for issue in validator.validate(data) if issue.is_error}):
                    found[Path(member.name).stem] = rules

    only_ours = sum(entry.get("only_ours", False) for entry in expected.values())
    with capsys.disabled():
        print(f"\nofficial examples validated: {count}, {len(found)} with errors, {only_ours} of them ours alone")  # noqa: T201
    assert found == {name: entry["rules"] for name, entry in expected.items()}
