"""Schemas of our own files: what they add to the reader, in an author's words, and that a clean file costs nothing."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from publisher.issue import Issue, Source
from publisher.source.fitting import fitting
from publisher.source.own_schemas import OWN_SCHEMAS
from publisher.source.schema import own_file_issues, schema_issues
from publisher.source.skeleton import TEMPLATE, TEMPLATES
from publisher.source.yaml import parse, read
from tests.topics import EXAMPLE

if TYPE_CHECKING:
    from tests.unit.conftest import Authoring

ROOT = Path(__file__).parents[3]
FILES = {
    "publisher": ROOT / "artifacts/publisher.yaml",
    "strength": TEMPLATES / "strength.yaml",
    "topic": ROOT / "artifacts/leg-cramps/topic.yaml",
    "statements": TEMPLATE / "statements.yaml",
    "approval": EXAMPLE / "approval.yaml",
    "proof": EXAMPLE / "proof.yaml",
    "cases": TEMPLATE / "cases/example-topic.yaml",
}
CASE = """\
- id: one
  title: {sv: Ett, en: One}
  date: 2026-01-02
  hook: patient-view
  patient: {gender: female}
  supplied:
    conditions:
      - Condition: icd#L60.3
  expect:
    cards: []
"""


def found(text: str, name: str = "cases") -> list[str]:
    document = parse(text.encode(), file="a.yaml")
    return [str(issue).removeprefix("a.yaml:") for issue in schema_issues(document, OWN_SCHEMAS[name])]


@pytest.mark.parametrize("name", OWN_SCHEMAS)
def test_every_schema_is_a_schema_and_accepts_a_true_file(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(OWN_SCHEMAS[name])
    document = read(FILES[name])
    assert fitting(OWN_SCHEMAS[name])(document.value)
    assert schema_issues(document, OWN_SCHEMAS[name]) == []


def changed(value: Any) -> list[Any]:
    """Return copies of `value`, each with one part taken out, renamed, emptied or of another kind."""
    others: list[Any] = [None, True, 7, "", "Another one", [], {}, {"no-such": 1}, [1, 1]]
    if isinstance(value, dict):
        for key in value:
            rest = {name: one for name, one in value.items() if name != key}
            others += [rest, {**rest, f"{key}x": value[key]}]
            others += [{**value, key: one} for one in changed(value[key])]
    if isinstance(value, list) and value:
        others += [[*value, value[0]], *([one, *value[1:]] for one in changed(value[0]))]
    return others


@pytest.mark.parametrize("name", OWN_SCHEMAS)
def test_the_quick_check_agrees_with_the_library_on_every_small_change(name: str) -> None:
    validator = jsonschema.Draft202012Validator(OWN_SCHEMAS[name])
    fits, values = fitting(OWN_SCHEMAS[name]), changed(copy.deepcopy(read(FILES[name]).value))
    assert len(values) > 50
    for value in values:
        assert fits(value) == validator.is_valid(value), value


def test_a_word_of_json_schema_that_the_quick_check_does_not_know_is_refused() -> None:
    with pytest.raises(NotImplementedError, match="const"):
        fitting({"const": "a"})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "id: one",
            "id: One",
            "1:3: error key-wrong: 'id' must be words in lower case joined by hyphens, such as annual-review, "
            "and 'One' does not fit; correct it.",
        ),
        ("{sv: Ett, en: One}", "{sv: 1}", "2:11: error key-wrong: 'sv' must be a text (quote it); correct it."),
        (
            "{sv: Ett, en: One}",
            "One",
            "2:3: error key-wrong: 'title' must be a text by language, such as {sv: ..., en: ...}; correct it.",
        ),
        (
            "hook: patient-view",
            "hook: patient-vew",
            "4:3: error key-wrong: 'hook' is one of patient-view, order-select, order-sign, problem-list-item-create, "
            "and 'patient-vew' does not fit; correct it.",
        ),
        (
            "  hook: patient-view\n",
            "",
            "1:3: error key-wrong: Entry 1 must be a worked patient with one question: a hook, or a plan to apply; "
            "correct it.",
        ),
        (
            "Condition:",
            "Conditon:",
            "8:9: error key-unknown: The key 'Conditon' is not known here; did you mean Condition?",
        ),
        (
            "Condition: icd#L60.3",
            "code: x",
            "8:9: error key-wrong: Entry 1 of 'conditions' must be a fact that begins with one resource type and its "
            "code, such as Condition: system#code; correct it.",
        ),
        (
            "\n      - Condition: icd#L60.3",
            " none",
            "7:5: error key-wrong: 'conditions' must be a list of facts, partial with such a list, or one of empty, "
            "no-data, refused, partial, absent; correct it.",
        ),
        (
            "cards: []",
            "card: []",
            "10:5: error key-unknown: The key 'card' is not known here; did you mean cards?",
        ),
        (
            "cards: []",
            "cards: [{action: a}]",
            "10:13: error key-missing: The key 'statements' is missing; add it.",
        ),
        (
            "cards: []",
            "cards: [{action: a, statements: []}]",
            "10:25: error key-wrong: 'statements' is empty; write something, or leave it out.",
        ),
        (
            "cards: []",
            "cards: [{action: a, statements: [BN-1, BN-1]}]",
            "10:25: error key-wrong: 'statements' lists something twice; correct it.",
        ),
        (
            "cards: []",
            "status: 418",
            "10:5: error key-wrong: 'status' is one of 200, 400, 404, 412, and 418 does not fit; correct it.",
        ),
    ],
)
def test_each_finding_has_its_place_and_says_what_to_write(old: str, new: str, message: str) -> None:
    assert old in CASE
    assert found(CASE.replace(old, new)) == [message]


def test_a_file_of_another_kind_is_one_finding() -> None:
    assert found("a: 1\n") == ["1:1: error key-wrong: The file must be a list of worked patients; correct it."]


def test_all_findings_come_in_the_order_of_the_file() -> None:
    rules = [one.split(":")[:2] for one in found(CASE.replace("id: one", "id: One").replace("cards", "crads"))]
    assert rules == [["1", "3"], ["10", "5"]]


def test_a_place_of_which_the_reader_spoke_is_not_told_twice() -> None:
    document = parse(b"id: A\nversion: 1\n", file="a.yaml")
    everywhere = own_file_issues(document, "topic")
    said = Issue.error("value", "key-wrong", "Said.", source=Source("a.yaml", 2, 1))
    rest = own_file_issues(document, "topic", [said])
    assert {issue.source.line for issue in everywhere if issue.source} == {1, 2}
    assert {issue.source.line for issue in rest if issue.source} == {1}


def test_compile_checks_worked_patients(authoring: Authoring) -> None:
    authoring.write("cases/one.yaml", CASE)
    assert authoring.issues() == []
    authoring.write("cases/one.yaml", CASE.replace("patient-view", "no-hook"))
    assert [one.partition(" error ")[0] for one in authoring.issues()] == ["cases/one.yaml:4:3:"]
    authoring.write("cases/one.yaml", "a: no\n")
    assert [one.partition(": The")[0].partition(": no")[0] for one in authoring.issues()] == [
        "cases/one.yaml:1:4: error implicit-boolean"
    ]


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (
            "topic.yaml",
            "  lacks: [author]",
            "  lacks: []",
            "topic.yaml:18:3: error key-wrong: 'lacks' is empty; write something, or leave it out.",
        ),
        (
            "topic.yaml",
            "title: Naglar",
            'title: ""',
            "topic.yaml:13:3: error key-wrong: 'title' is empty; write something, or leave it out.",
        ),
        (
            "statements.yaml",
            "from: [BN-TRT-01]",
            "from: [BN-TRT-01, BN-TRT-01]",
            "statements.yaml:8:3: error key-wrong: 'from' lists something twice; correct it.",
        ),
    ],
)
def test_compile_tells_what_a_schema_adds_to_the_reader(
    authoring: Authoring, name: str, old: str, new: str, message: str
) -> None:
    authoring.change(name, old, new)
    assert authoring.issues() == [message]


def test_compile_tells_what_a_schema_adds_of_the_settings(authoring: Authoring) -> None:
    path = authoring.root / "publisher.yaml"
    path.write_text(path.read_text("utf-8").replace("[sv, en]", "[sv, en, en]"), encoding="utf-8")
    with pytest.raises(Exception, match=r"publisher.yaml:5:1: error key-wrong: 'languages' lists something twice"):
        authoring.compile()


def test_compiling_clean_files_does_not_import_the_schema_library(authoring: Authoring) -> None:
    authoring.write("cases/one.yaml", CASE)
    program = (
        "import sys; from publisher.cli import main; status = main(['compile', sys.argv[1]]); "
        "sys.exit(status or 'jsonschema' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(authoring.root)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
