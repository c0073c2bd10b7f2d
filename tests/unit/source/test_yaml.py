"""The strict reader: nothing is guessed, everything has a place, all problems are told at once."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from publisher.issue import IssueError, Source
from publisher.source import yaml

if TYPE_CHECKING:
    from pathlib import Path


def value(text: str) -> Any:
    return yaml.parse(text.encode(), file="a.yaml").value


def issues(text: str | bytes) -> list[str]:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(IssueError) as raised:
        yaml.parse(data, file="a.yaml")
    return [str(issue) for issue in raised.value.report]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("true", True),
        ("false", False),
        ("0", 0),
        ("-12", -12),
        ("0.50", Decimal("0.50")),
        ("-3.0", Decimal("-3.0")),
        ("0.1.0", "0.1.0"),
        ("2026-01-02", "2026-01-02"),
        ("2026-01-02T10:00:00Z", "2026-01-02T10:00:00Z"),
        ("12:30", "12:30"),
        ("=", "="),
        ("-0", Decimal("-0")),
        ("1234567890123456789", Decimal(1234567890123456789)),
        ("'007'", "007"),
        ("2026-01-02T10:00:00+01:00", "2026-01-02T10:00:00+01:00"),
        ("R25.2", "R25.2"),
        ("1e3x", "1e3x"),
        (".", "."),
        ("_1", "_1"),
        ("atc#P01BC01", "atc#P01BC01"),
        ("'true'", "true"),
        ('"12"', "12"),
        ("'no'", "no"),
        ('""', ""),
        ("'~'", "~"),
    ],
)
def test_plain_scalars_are_texts_but_for_true_false_and_numbers(written: str, read: Any) -> None:
    found = value(f"key: {written}\n")["key"]
    assert (found, type(found)) == (read, type(read))


def test_decimals_keep_their_digits() -> None:
    assert [str(one) for one in value("[0.10, 0.0000001, 12345678901234567890.5]")] == [
        "0.10",
        "0.0000001",
        "12345678901234567890.5",
    ]


def test_block_scalars_are_texts() -> None:
    assert value("a: |\n  12\n  true\nb: >-\n  one\n  two\n") == {"a": "12\ntrue\n", "b": "one two"}


def test_keys_are_texts_whatever_they_look_like() -> None:
    assert value("on: a\n12: b\ntrue: c\n") == {"on": "a", "12": "b", "true": "c"}


@pytest.mark.parametrize("word", ["yes", "No", "on", "OFF", "Yes"])
def test_words_that_some_readers_take_for_truth_values_must_be_quoted(word: str) -> None:
    assert issues(f"a:\n  key: {word}\n") == [
        f"a.yaml:2:8: error implicit-boolean: {word} may be read as a truth value; "
        "write true, false, or quote it to mean the word."
    ]


@pytest.mark.parametrize("word", ["True", "FALSE"])
def test_truth_values_are_written_in_lower_case(word: str) -> None:
    assert issues(f"key: {word}\n") == [
        f"a.yaml:1:6: error implicit-boolean: {word} may be read as a truth value; "
        "write true or false, or quote it to mean the word."
    ]


@pytest.mark.parametrize(
    "word", ["007", "0x1F", "1_000", "1e3", "1.5E-2", ".5", "1.", "+1", "-.5", ".inf", "-.INF", ".NaN"]
)
def test_what_some_readers_take_for_another_number_must_be_written_out(word: str) -> None:
    assert issues(f"key: {word}\n") == [
        f"a.yaml:1:6: error implicit-number: {word} may be read as a number; "
        "write its digits out, or quote it to mean the text."
    ]


@pytest.mark.parametrize(("text", "column"), [("key:\n", 5), ("key: ~\n", 6), ("key: null\n", 6)])
def test_there_is_no_null(text: str, column: int) -> None:
    message = "There is no value here; write one, or leave the key out."
    assert issues(text) == [f"a.yaml:1:{column}: error null-value: {message}"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: 1\nb: 2\na: 3\n",
            "3:1: error yaml-repeated-key: The key 'a' is repeated, line 1 has it already; keep one of them.",
        ),
        (
            "a: !!int 1\n",
            "1:4: error yaml-tag: The tag tag:yaml.org,2002:int is not used here; write the value alone.",
        ),
        ("a: !mine 1\n", "1:4: error yaml-tag: The tag !mine is not used here; write the value alone."),
        (
            "a: 1\n---\nb: 2\n",
            "2:1: error yaml-documents: A second document starts here; keep one in a file.",
        ),
        ("<<: {a: 1}\n", "1:1: error yaml-merge: The merge key << is not used here; write the elements out."),
        ("? [a]\n: 1\n", "1:3: error yaml-key: A key is a mapping, a list or an alias; write a plain word."),
        ("a: *b\n", "1:4: error yaml-alias: No anchor &b stands before this alias; add it."),
        ("a: &b [*b]\n", "1:8: error yaml-alias: The alias *b stands inside an anchor; write it out."),
        ("", "1:1: error yaml-empty: The file is empty; write the artifact, or remove the file."),
        (
            "# only this\n",
            "1:1: error yaml-empty: The file is empty; write the artifact, or remove the file.",
        ),
    ],
)
def test_what_the_reader_refuses(text: str, message: str) -> None:
    assert issues(text) == [f"a.yaml:{message}"]


@pytest.mark.parametrize("text", ["a: [1\nb: 2\n", "a: 'x\n", "\ta: 1\n", "a: b: c\n", "a: @x\n"])
def test_text_that_is_not_yaml_is_one_issue_with_its_place(text: str) -> None:
    (issue,) = issues(text)
    assert issue.startswith("a.yaml:")
    assert "error yaml-syntax: The file is not YAML here: " in issue


def test_bytes_that_are_not_utf_8_are_an_issue() -> None:
    (issue,) = issues(b"a: \xff\n")
    assert "yaml-syntax" in issue


def test_nesting_is_bounded() -> None:
    assert issues("[" * 40 + "]" * 40) == [
        "a.yaml:1:34: error yaml-depth: The text nests deeper than 32 levels; make it flatter."
    ]


def test_size_is_bounded() -> None:
    assert issues("a: " + "x" * (1024 * 1024)) == [
        "a.yaml:1:1: fatal yaml-size: The file has 1,048,579 bytes, 1,048,576 are read at most; split it."
    ]


def test_a_few_aliases_are_read_as_what_they_stand_for() -> None:
    assert value("a: &x {b: 1}\nc: *x\nd: [*x]\n") == {"a": {"b": 1}, "c": {"b": 1}, "d": [{"b": 1}]}


def test_aliases_are_bounded() -> None:
    text = "a: &x 1\nb: [" + ", ".join(["*x"] * 21) + "]\n"
    assert issues(text) == [
        "a.yaml:2:85: error yaml-alias: More than 20 aliases are used from here; write the values out."
    ]


def test_all_problems_of_a_file_are_told_together() -> None:
    rules = [one.split(" ")[2] for one in issues("a: yes\nb:\n  - ~\n  - c: 1\n    c: no\n")]
    assert rules == ["implicit-boolean:", "null-value:", "yaml-repeated-key:", "implicit-boolean:"]


def test_every_part_has_its_place() -> None:
    document = yaml.parse("a:\n  - b: å\n    c: {d: 1}\n  - e\n".encode(), file="x/a.yaml")
    places = {path: str(document.locate(path)) for path in ("", "a", "a[0].b", "a[0].c.d", "a[1]")}
    assert places == {
        "": "x/a.yaml:1:1",
        "a": "x/a.yaml:1:1",
        "a[0].b": "x/a.yaml:2:5",
        "a[0].c.d": "x/a.yaml:3:9",
        "a[1]": "x/a.yaml:4:5",
    }


def test_a_part_that_is_not_there_is_at_its_nearest_parent() -> None:
    document = yaml.parse(b"a:\n  b:\n    c: 1\n", file="a.yaml")
    assert document.locate("a.b.x[2].y") == Source("a.yaml", 2, 3)
    assert document.locate("z") == Source("a.yaml", 1, 1)


def test_json_is_read_by_its_suffix(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"a": [1.50, true]}', encoding="utf-8")
    document = yaml.read(path, file="a.json")
    assert document.value == {"a": [Decimal("1.50"), True]}
    assert document.locate("a[1]") == Source("a.json", 1, 14)


def test_json_is_read_strictly(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"a": 1, "a": 2}', encoding="utf-8")
    with pytest.raises(IssueError) as raised:
        yaml.read(path, file="a.json")
    assert [issue.rule for issue in raised.value.report] == ["json-duplicate-key"]


def test_a_file_that_cannot_be_read_is_an_issue(tmp_path: Path) -> None:
    with pytest.raises(IssueError) as raised:
        yaml.read(tmp_path / "none.yaml", file="none.yaml")
    assert str(raised.value.report.issues[0]) == (
        "none.yaml:1:1: fatal file-unreadable: The file cannot be read: no such file or directory; "
        "check its name and rights."
    )


def test_a_text_that_begins_as_a_long_number_is_a_text() -> None:
    text = "1" * 100_000 + "z"
    assert yaml.parse(text.encode(), file="a.yaml").value == text
