"""ELM that is not the translation of the CQL beside it is found, without Node."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from publisher.elm import cql_sha256
from publisher.issue import Source
from publisher.source import cql

from .test_cql import LEG_CRAMPS

if TYPE_CHECKING:
    from pathlib import Path


class Pair:
    """A CQL file, and beside it ELM that is its translation as far as the check can see."""

    def __init__(self, folder: Path) -> None:
        """Write both files to `folder`."""
        self.cql = folder / "LegCramps.cql"
        self.elm = folder / "LegCramps.elm.json"
        self.write(LEG_CRAMPS, {"id": "LegCramps", "version": "0.1.0"})

    def write(self, text: str, identifier: dict[str, str]) -> None:
        """Write `text` as the CQL, and ELM that carries its hash and `identifier`."""
        self.cql.write_bytes(text.encode())
        sha256 = hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()
        tag = {"name": "cql-sha256", "value": sha256}
        annotation = [{"type": "CqlToElmInfo"}, {"type": "Annotation", "t": [tag]}]
        self.elm.write_text(json.dumps({"library": {"annotation": annotation, "identifier": identifier}}))

    def stale(self) -> str | None:
        """Return the diagnostics of the stale check, if it finds anything."""
        issue = cql.stale(self.cql, self.elm)
        if issue is None:
            return None
        assert (issue.severity, issue.rule, issue.source) == ("error", "elm-stale", Source(str(self.cql)))
        return issue.diagnostics


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """Return CQL with fresh ELM."""
    return Pair(tmp_path)


def test_elm_of_unchanged_cql_is_fresh(pair: Pair) -> None:
    assert pair.stale() is None


def test_changed_cql_makes_elm_stale(pair: Pair) -> None:
    pair.cql.write_text(LEG_CRAMPS.replace("'on-hold'", "'draft'"))
    assert pair.stale() == (
        "LegCramps.elm.json was translated from another text: run `vademecum compile --cql` to translate LegCramps.cql again."
    )


def test_changed_line_ends_leave_elm_fresh(pair: Pair) -> None:
    pair.cql.write_bytes(LEG_CRAMPS.replace("\n", "\r\n").encode())
    assert pair.stale() is None


def test_cql_without_elm_is_elm_missing(pair: Pair) -> None:
    pair.elm.unlink()
    issue = cql.stale(pair.cql, pair.elm)
    assert issue is not None
    assert (issue.severity, issue.code, issue.rule) == ("error", "not-found", "elm-missing")
    assert issue.diagnostics == "LegCramps.cql has no LegCramps.elm.json: run `vademecum compile --cql`."
    assert issue.source == Source(str(pair.cql))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"library": 1}', '{"library": {"annotation": [1]}}', "\udcff"])
def test_elm_that_cannot_be_read_is_stale(pair: Pair, text: str) -> None:
    pair.elm.write_bytes(text.encode(errors="surrogateescape"))
    assert "LegCramps.elm.json is not ELM in JSON" in (pair.stale() or "")


def test_elm_without_the_hash_is_stale(pair: Pair) -> None:
    pair.elm.write_text('{"library": {"identifier": {"id": "LegCramps", "version": "0.1.0"}}}')
    assert "does not carry the hash of its CQL" in (pair.stale() or "")


@pytest.mark.parametrize(("name", "version"), [("LegCramps", "0.2.0"), ("Restless", "0.1.0")])
def test_elm_of_another_library_or_version_is_stale(pair: Pair, name: str, version: str) -> None:
    pair.write(LEG_CRAMPS, {"id": name, "version": version})
    assert f"is library {name}|{version}, not LegCramps|0.1.0" in (pair.stale() or "")


@pytest.mark.parametrize(
    ("header", "identifier"),
    [
        ("library A", {"id": "A"}),
        ("library A using FHIR version '4.0.1'", {"id": "A"}),
        ("\ufefflibrary A version '1'", {"id": "A", "version": "1"}),
        ("// library B version '2'\nlibrary A version '1'", {"id": "A", "version": "1"}),
        ("/* library B\n */ library /* C */ A\n  version // 2\n '1'", {"id": "A", "version": "1"}),
        ("library \"A b\" version '1'", {"id": "A b", "version": "1"}),
        ("library org.example.A version '1'", {"id": "A", "version": "1"}),
        ("define A: 1", {}),
    ],
)
def test_library_header_is_read_as_the_grammar_allows(pair: Pair, header: str, identifier: dict[str, str]) -> None:
    pair.write(header, identifier)
    assert pair.stale() is None


def test_hash_is_read_from_the_last_tag_of_its_name() -> None:
    tags = [{"name": "author", "value": "x"}, {"name": "cql-sha256", "value": "old"}]
    library = {"annotation": [{"t": tags}, {}, {"t": [{"name": "cql-sha256", "value": "new"}]}]}
    assert cql_sha256(library) == "new"


def test_elm_of_another_author_has_no_hash() -> None:
    assert cql_sha256({}) is None


def test_cql_of_many_comments_and_no_declaration_is_of_another_library(pair: Pair) -> None:
    pair.write("/**/" * 100 + "define X: 1", {"id": "LegCramps", "version": "0.1.0"})
    assert "is library LegCramps|0.1.0, not without a name" in (pair.stale() or "")
