"""The door for Python: load a library, evaluate it on a Bundle."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher import expression
from publisher.expression import load_library

RULES = Path(__file__).parent / "libraries/Rules.elm.json"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
VALUE_SETS = [
    {
        "url": f"http://codes.example/ValueSet/{name}",
        "compose": {"include": [{"system": "http://codes.example", "concept": [{"code": f"{name}1"}]}]},
    }
    for name in "abc"
]
CONDITION = {
    "resourceType": "Condition",
    "code": {"coding": [{"system": "http://codes.example", "code": "a1"}]},
}
PATIENT = {"resourceType": "Patient", "birthDate": "1950-01-01", "gender": "female"}
BUNDLE = {"resourceType": "Bundle", "entry": [{"resource": PATIENT}, {"resource": CONDITION}]}


def test_a_library_is_evaluated_on_a_bundle() -> None:
    found = load_library(RULES, terminology=VALUE_SETS).evaluate(BUNDLE, now=NOW)
    assert list(found) == [f"R{number:02}" for number in range(1, 21)]
    assert {name: each.value for name, each in found.items() if each.value} == {
        "R01": True, "R10": True, "R14": True, "R15": True, "R18": True, "R20": True,
    }  # fmt: skip


def test_definitions_are_chosen_by_name() -> None:
    rules = load_library(json.loads(RULES.read_text()), terminology=VALUE_SETS)
    assert {name: each.value for name, each in rules.evaluate([PATIENT], ["R10"], now=NOW).items()} == {"R10": True}


def test_a_value_set_that_is_not_given_is_an_error_not_false() -> None:
    found = load_library(RULES).evaluate(BUNDLE, ["R01", "R10"], now=NOW)
    assert found["R01"].code == "value-set"
    assert found["R10"].value is True


def test_without_a_clock_an_age_is_an_error() -> None:
    assert load_library(RULES).evaluate(BUNDLE, ["R10"])["R10"].code == "clock"


def test_importing_the_package_imports_no_engine() -> None:
    listed = "[name for name in sys.modules if name.startswith('publisher.expression.')]"
    program = f"import sys, publisher.expression; print({listed})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_there_is_no_other_door() -> None:
    with pytest.raises(AttributeError, match="open_sesame"):
        _ = expression.open_sesame
