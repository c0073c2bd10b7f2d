"""The extraction of the definitions: its parts on small input, and the whole where the packages are at hand."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import r4_definitions  # noqa: E402 - the tools are scripts, found once their folder is on the path
from r4_packages import PACKAGES, PackageError, fetch  # noqa: E402
from r4_structures import extension_row, merged_extension, search_parameter_row  # noqa: E402
from r4_terminology import Terminology  # noqa: E402

CACHE = os.environ.get("VADEMECUM_PACKAGES")
HAS_PACKAGES = CACHE is not None and all((Path(CACHE) / package.file_name).exists() for package in PACKAGES)
COLOURS = {
    "resourceType": "CodeSystem",
    "url": "http://hl7.org/fhir/colours",
    "content": "complete",
    "concept": [
        {"code": "warm", "concept": [{"code": "red", "display": "Red"}, {"code": "orange"}]},
        {"code": "cold", "display": "Cold"},
        {"code": "pink", "property": [{"code": "subsumedBy", "valueCode": "red"}]},
    ],
}


@pytest.mark.skipif(not HAS_PACKAGES, reason="NOT RUN: set VADEMECUM_PACKAGES to a folder with the pinned packages")
def test_the_committed_data_equal_a_fresh_extraction() -> None:
    assert CACHE is not None
    assert r4_definitions.main(["--check", CACHE]) == 0


def test_a_difference_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"1")
    (tmp_path / "b.json").write_bytes(b"2")

    assert r4_definitions.differences({"a.json": b"0", "c.json": b"3"}, tmp_path) == [
        f"c.json: not in {tmp_path}",
        "b.json: not extracted from the packages",
        "a.json: differs from the packages",
    ]


def test_writing_removes_what_no_longer_belongs(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_bytes(b"1")

    r4_definitions.write({"types/A.jsonl": b"{}\n"}, tmp_path)

    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.json*")] == ["types/A.jsonl"]


def test_a_package_with_other_bytes_than_pinned_is_refused(tmp_path: Path) -> None:
    (tmp_path / PACKAGES[0].file_name).write_bytes(b"something else")

    with pytest.raises(PackageError, match="not the pinned sha512-"):
        fetch(PACKAGES[0], tmp_path)


def value_set(**include: Any) -> dict[str, Any]:
    return {"resourceType": "ValueSet", "url": "http://example.org/vs", "compose": {"include": [include]}}


@pytest.mark.parametrize(
    ("include", "systems"),
    [
        ({}, {"http://hl7.org/fhir/colours": True}),
        ({"concept": [{"code": "red"}]}, {"http://hl7.org/fhir/colours": ["red"]}),
        (
            {"filter": [{"property": "concept", "op": "is-a", "value": "warm"}]},
            {"http://hl7.org/fhir/colours": ["warm", "red", "orange", "pink"]},
        ),
        (
            {"filter": [{"property": "concept", "op": "is-not-a", "value": "warm"}]},
            {"http://hl7.org/fhir/colours": ["cold"]},
        ),
        ({"filter": [{"property": "hue", "op": "=", "value": "1"}]}, {"http://hl7.org/fhir/colours": None}),
    ],
)
def test_a_value_set_is_expanded(include: dict[str, Any], systems: dict[str, Any]) -> None:
    terminology = Terminology([COLOURS, value_set(system=COLOURS["url"], **include)], [], [])

    assert terminology.value_set_row("http://example.org/vs")["systems"] == systems


def test_codes_of_a_system_that_is_not_kept_carry_their_display() -> None:
    terminology = Terminology(
        [value_set(system="http://example.org/s", concept=[{"code": "a", "display": "A"}])], [], []
    )

    assert terminology.value_set_row("http://example.org/vs")["systems"] == {"http://example.org/s": [["a", "A"]]}


def test_a_value_set_that_takes_in_an_unknown_one_is_partial() -> None:
    row = Terminology([value_set(valueSet=["http://example.org/other"])], [], []).value_set_row("http://example.org/vs")

    assert row == {"url": "http://example.org/vs", "partial": True, "systems": {}}


def test_a_code_system_of_both_editions_has_the_codes_of_both() -> None:
    newer = COLOURS | {"version": "2", "concept": [{"code": "red", "display": "Crimson"}]}

    rows = Terminology([COLOURS], [newer], []).code_system_rows(str(COLOURS["url"]))

    assert rows[0]["version"] == "2"
    assert rows[1] == ["red", "Crimson"]
    assert {row[0] for row in rows[1:]} == {"warm", "red", "orange", "cold", "pink"}


def extension_definition(context: str, code: str, maximum: str) -> dict[str, Any]:
    elements = [
        {"id": "Extension", "min": 0, "max": maximum},
        {"id": "Extension.url", "fixedUri": "http://example.org/e"},
        {"id": "Extension.value[x]", "min": 1, "max": "1", "type": [{"code": code}]},
    ]
    contexts = [{"type": "element", "expression": context}]
    return {"url": "http://example.org/e", "context": contexts, "snapshot": {"element": elements}}


def test_an_extension_published_twice_allows_what_either_edition_allows() -> None:
    older = extension_row(extension_definition("Patient", "code", "1"), "1")
    newer = extension_row(extension_definition("Person", "string", "*"), "2")

    assert merged_extension(older, newer) == {
        "url": "http://example.org/e",
        "from": ["1", "2"],
        "context": [["element", "Patient"], ["element", "Person"]],
        "min": 0,
        "max": "*",
        "value": {"min": 1, "types": ["code", "string"]},
    }


def test_a_search_parameter_without_base_keeps_an_empty_one() -> None:
    row = search_parameter_row({"url": "http://example.org/p", "code": "p", "type": "token", "description": "prose"})

    assert row == {"url": "http://example.org/p", "code": "p", "type": "token", "base": []}
