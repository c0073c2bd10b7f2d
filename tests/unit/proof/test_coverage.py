"""`vademecum cases --coverage`: all that is known of a topic's rules, and what is missing."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from publisher.cli import main
from publisher.proof.coverage import JUDGED
from publisher.proof.coverage_text import REMEDIES
from tests.topics import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TOPIC = "example-sneeze"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the topic that tests use, which a test changes."""
    shutil.copytree(ROOT, tmp_path / "topics", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return tmp_path / "topics"


def change(root: Path, name: str, old: str, new: str) -> None:
    path = root / TOPIC / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def coverage(root: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, object], str]:
    status = main(["cases", "--root", str(root), "--coverage", "--format", "json"])
    out, err = capsys.readouterr()
    (found,) = json.loads(out)
    return status, found, err


def test_a_topic_that_is_covered_misses_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    status, found, err = coverage(ROOT, capsys)
    assert (status, found["missing"], err) == (0, [], "")
    assert {one["kind"] for one in found["toApprove"]} == {"ambiguity", "gap", "editorial-bound", "derived-rule"}
    assert [one["id"] for one in found["statements"] if "waived" in one] == ["SNZ-HIS-01"]
    assert {one["status"] for one in found["codes"]} == {"own", "by definition"}
    assert all(one["holds"] for one in found["truthTables"])


def test_the_text_says_what_the_json_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cases", "--root", str(ROOT), "--coverage"]) == 0
    out = capsys.readouterr().out
    assert "statements: 6 carried and 1 waived of 7\n" in out
    assert "derived rules: 1 carried of 1\n" in out
    assert "atoms that decide by themselves (MC/DC), decided: 9 of 9\n" in out
    assert "truth tables: 15 of 15 hold\n" in out
    assert "to approve: 4 (1 ambiguity, 1 gap, 1 editorial-bound, 1 derived-rule)\n" in out
    assert out.endswith("missing: 0\n")


def test_each_kind_of_thing_that_can_be_missing_has_its_remedy() -> None:
    assert {f"{kind}/" for kind in REMEDIES} == set(JUDGED)


def test_what_is_missing_is_told_with_what_to_do(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copy / TOPIC / "cases/order-select.yaml").unlink()
    assert main(["cases", "--root", str(copy), "--coverage"]) == 1
    out = capsys.readouterr().out
    assert "\n  value/Dust Is Drafted/true: add a patient for whom it comes to this\n" in out


def test_what_no_case_reaches_is_missing_by_its_id(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copy / TOPIC / "cases/order-select.yaml").unlink()
    status, found, _ = coverage(copy, capsys)
    missing = found["missing"]
    assert isinstance(missing, list)
    assert status == 1
    assert {
        "value/Dust Is Drafted/true",
        "mcdc/Dust Is Drafted/Dust Is Drafted/decided",
        "rule/example-sneeze-order-select/dust-advised-against/applied",
    } <= set(missing)


def test_an_excuse_takes_what_is_missing_away(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(copy, "cases/order-select.yaml", "Medication/elsewhere", "example-sneeze-codes#other-product")
    open_card = "    cards:\n      - {action: dust-order, indicator: info, statements: [SNZ-SCO-01]}\n"
    undecided = "    undecided:\n      - {action: dust-order}"
    change(copy, "cases/order-select.yaml", open_card + undecided, "    cards: []")
    name = "Dust Is Drafted"
    wanted = [f"value/{name}/undetermined", f"mcdc/{name}/{name}/undetermined"]
    assert coverage(copy, capsys)[1]["missing"] == wanted
    excuses = "".join(f"  - {{id: {each}, reason: A draft says what it is of.}}\n" for each in wanted)
    change(copy, "proof.yaml", "excused:\n", f"excused:\n{excuses}")
    status, found, err = coverage(copy, capsys)
    assert (status, found["missing"], err) == (0, [], "")


def test_an_excuse_that_is_not_needed_is_an_error(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    excuse = "  - {id: value/Dust Is Drafted/true, reason: Never.}\n"
    change(copy, "proof.yaml", "excused:\n", f"excused:\n{excuse}")
    status, _, err = coverage(copy, capsys)
    assert status == 1
    assert "proof.yaml:7:6: error excuse-needless: 'value/Dust Is Drafted/true' is excused, and it is reached" in err


def test_an_approval_of_no_statement_is_an_error(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(copy, "approval.yaml", "id: DER-01", "id: DER-02")
    change(copy, "approval.yaml", "id: G-01", "id: A-01")
    status, found, err = coverage(copy, capsys)
    assert status == 1
    assert "error approval-statement: approval.yaml of example-sneeze names DER-02, which no statement is" in err
    assert "error approval-repeated: approval.yaml of example-sneeze has A-01 twice" in err
    approve = found["toApprove"]
    assert isinstance(approve, list)
    assert approve[-1] == {
        "kind": "derived-rule",
        "id": "DER-01",
        "statements": ["SNZ-ADV-02"],
        "sv": "Näsduken erbjuds när ingen fjäder är nära.",
        "en": "The handkerchief is offered where no feather is near.",
    }


def test_a_flagged_code_waits_for_approval(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copy / "terminology.csv").write_text(
        "system,code,display,status\nhttps://codes.example,A1,An invented code,flagged\n", "utf-8"
    )
    extra = "\n    - system: https://codes.example\n      concept: [A1]\n"
    change(copy, "terminology/example-sneeze-dust.yaml", "concept: [pepper-dust]\n", f"concept: [pepper-dust]{extra}")
    _, found, _ = coverage(copy, capsys)
    approve = found["toApprove"]
    assert isinstance(approve, list)
    assert {"kind": "flagged-code", "id": "https://codes.example#A1", "display": "An invented code"} in approve
