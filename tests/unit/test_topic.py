"""Publisher, topic and statements: what their files must say."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING, Any

import pytest

from publisher.issue import IssueError, Source
from publisher.source.topic import publisher_from, topic_from
from publisher.source.yaml import parse
from publisher.topic import Publisher, SystemNames, code_meant, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

PUBLISHER = """\
canonicalBase: https://example.org/fhir
packagePrefix: org.example
publisher: Example
defaultLanguage: sv
languages: [sv, en]
codeSystems:
  icd:
    uri: https://icd.example/
    aliases: ["urn:oid:2.5.6"]
    undotted: true
  atc: {uri: "http://www.whocc.no/atc"}
"""
TOPIC = """\
id: brittle-nails
version: 0.1.0
date: 2026-01-02
status: draft
experimental: true
title: {sv: Sköra naglar, en: Brittle nails}
description:
  sv: Råd.
  en: Advice.
source:
  title: Naglar
  url: https://example.org/nails
  language: sv
  sha256: "0000000000000000000000000000000000000000000000000000000000000000"
  bytes: 12
  lacks: [author, date]
"""
STATEMENTS = """\
- id: BN-TRT-01
  type: treatment
  strength: consider
  sv: Kräm kan prövas.
  en: A cream may be tried.
  note: No kind of cream is named.
- id: DER-01
  type: derived-rule
  from: [BN-TRT-01]
  sv: Fråga först.
  en: Ask first.
"""
SETTINGS = Publisher("https://example.org/fhir", "org.example", "Example", "sv", ("sv", "en"))


def publisher(text: str) -> Publisher:
    return publisher_from(parse(text.encode(), file="publisher.yaml"))


def topic(text: str = TOPIC, statements: str | None = STATEMENTS) -> Any:
    document = parse(statements.encode(), file="statements.yaml") if statements else None
    return topic_from(parse(text.encode(), file="topic.yaml"), SETTINGS, document)


def issues(read: Callable[[], object]) -> list[str]:
    with pytest.raises(IssueError) as raised:
        read()
    return [str(issue) for issue in raised.value.report]


def test_settings_of_a_publisher() -> None:
    found = publisher(PUBLISHER)
    assert (found.canonical_base, found.package_prefix, found.name) == (
        "https://example.org/fhir",
        "org.example",
        "Example",
    )
    assert (found.default_language, found.languages, found.other_languages) == ("sv", ("sv", "en"), ("en",))
    assert found.jurisdiction is None
    assert found.code_systems == {
        "icd": SystemNames("https://icd.example/", ("urn:oid:2.5.6",), undotted=True),
        "atc": SystemNames("http://www.whocc.no/atc"),
    }


def test_topic_with_its_source_record() -> None:
    found = topic(statements=None)
    assert (found.id, found.version, found.date, found.status) == (
        "brittle-nails",
        "0.1.0",
        "2026-01-02",
        "draft",
    )
    assert found.experimental is True
    assert found.title == {"sv": "Sköra naglar", "en": "Brittle nails"}
    assert found.record.size == 12
    assert found.record.lacks == ("author", "date")
    assert found.statements == {}


def test_topic_without_a_source_record() -> None:
    assert topic(TOPIC.partition("source:")[0], None).record is None


def test_topics_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        topic().version = "0.2.0"


def test_statements_by_id_with_their_places() -> None:
    found = topic().statements
    assert list(found) == ["BN-TRT-01", "DER-01"]
    assert found["BN-TRT-01"].text == {"sv": "Kräm kan prövas.", "en": "A cream may be tried."}
    assert found["BN-TRT-01"].note == "No kind of cream is named."
    assert found["DER-01"].source == Source("statements.yaml", 7, 3)


def test_a_derived_rule_awaits_a_clinician() -> None:
    found = topic().statements
    assert found["DER-01"].awaits_clinician
    assert found["DER-01"].derives_from == ("BN-TRT-01",)
    assert not found["BN-TRT-01"].awaits_clinician


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "publisher: Example\n",
            "",
            "publisher.yaml:1:1: error key-missing: The key 'publisher' is missing; add a text (quote it).",
        ),
        (
            "packagePrefix",
            "packagePrefx",
            "publisher.yaml:2:1: error key-unknown: The key 'packagePrefx' is not known here; "
            "did you mean packagePrefix?",
        ),
        (
            "defaultLanguage: sv",
            "defaultLanguage: de",
            "publisher.yaml:4:1: error key-wrong: 'defaultLanguage' must be one of languages; correct it.",
        ),
        (
            "undotted: true",
            "undotted: 1",
            "publisher.yaml:10:5: error key-wrong: 'undotted' must be true or false; correct it.",
        ),
        (
            "https://example.org/fhir",
            "https://example.org/fhir/",
            "publisher.yaml:1:1: error key-wrong: 'canonicalBase' has the form https?://\\S+[^/\\s], "
            "and 'https://example.org/fhir/' does not fit; correct it.",
        ),
        (
            "languages: [sv, en]",
            "languages: [sv, 1]",
            "publisher.yaml:5:1: error key-wrong: 'languages' must be a list of texts (quote each); correct it.",
        ),
    ],
)
def test_what_is_wrong_in_publisher_yaml(old: str, new: str, message: str) -> None:
    assert message in issues(lambda: publisher(PUBLISHER.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "version: 0.1.0",
            "version: 0.1",
            "topic.yaml:2:1: error key-wrong: 'version' must be a text (quote it); correct it.",
        ),
        (
            "status: draft",
            "status: drafts",
            "topic.yaml:4:1: error key-wrong: 'status' is one of draft, active, retired, unknown; did you mean draft?",
        ),
        (
            "  en: Advice.\n",
            "",
            "topic.yaml:7:1: error key-missing: The key 'en' is missing; add a text (quote it).",
        ),
        (
            "description:\n  sv: Råd.\n  en: Advice.\n",
            "description: Råd\n",
            "topic.yaml:7:1: error key-wrong: 'description' must be a mapping; correct it.",
        ),
        (
            "bytes: 12",
            "bytes: true",
            "topic.yaml:15:3: error key-wrong: 'bytes' must be a whole number; correct it.",
        ),
        (
            "id: brittle-nails",
            "id: BrittleNails",
            "topic.yaml:1:1: error key-wrong: 'id' has the form [a-z][a-z0-9]*(?:-[a-z0-9]+)*, "
            "and 'BrittleNails' does not fit; correct it.",
        ),
        (
            "lacks: [author, date]",
            "lack: [author, date]",
            "topic.yaml:16:3: error key-unknown: The key 'lack' is not known here; did you mean lacks?",
        ),
    ],
)
def test_what_is_wrong_in_topic_yaml(old: str, new: str, message: str) -> None:
    assert issues(lambda: topic(TOPIC.replace(old, new))) == [message]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "id: DER-01",
            "id: BN-TRT-01",
            "statements.yaml:7:3: error key-wrong: 'id' repeats BN-TRT-01, which line 1 has already; correct it.",
        ),
        (
            "from: [BN-TRT-01]",
            "from: [BN-TRT-02]",
            "statements.yaml:7:3: error statement-unknown: DER-01 derives from BN-TRT-02, which no statement is; "
            "did you mean BN-TRT-01?",
        ),
        (
            "  from: [BN-TRT-01]\n",
            "",
            "statements.yaml:7:3: error key-missing: The key 'from' is missing; add a list of texts.",
        ),
        (
            "  strength: consider\n",
            "",
            "statements.yaml:1:3: error key-missing: The key 'strength' is missing; add a text (quote it).",
        ),
        (
            "  en: Ask first.\n",
            "",
            "statements.yaml:7:3: error key-missing: The key 'en' is missing; add a text (quote it).",
        ),
        (
            "note:",
            "comment:",
            "statements.yaml:6:3: error key-unknown: The key 'comment' is not known here; "
            "the keys are en, from, id, note, strength, sv, type.",
        ),
    ],
)
def test_what_is_wrong_in_statements_yaml(old: str, new: str, message: str) -> None:
    assert issues(lambda: topic(statements=STATEMENTS.replace(old, new)))[0] == message


def test_statements_are_a_list() -> None:
    assert issues(lambda: topic(statements="id: X\n")) == [
        "statements.yaml:1:1: error key-wrong: Statements are a list; "
        "write one entry with id, type and text a statement."
    ]


def test_a_statement_is_a_mapping() -> None:
    found = issues(lambda: topic(statements="- BN-TRT-01\n"))
    assert found[0] == (
        "statements.yaml:1:3: error key-wrong: A mapping of keys to values is expected here; write one."
    )


def test_did_you_mean_names_the_nearest_word_or_nothing() -> None:
    assert did_you_mean("no-quinin", ["no-quinine", "other"]) == "; did you mean no-quinine?"
    assert did_you_mean("xyz", ["no-quinine"]) == ""


@pytest.mark.parametrize(
    ("word", "known"), [("Simvastatin Is Taken", "Simvastatin Is Not Taken"), ("quinine", "no-quinine")]
)
def test_no_word_is_taken_for_its_opposite(word: str, known: str) -> None:
    assert did_you_mean(word, [known]) == did_you_mean(known, [word]) == ""


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("r252", "; did you mean R25.2?"),
        (" R25.2", "; did you mean R25.2?"),
        ("R25.9", ""),
        ("R25", ""),
        ("55300004", ""),
        ("provisonal", "; did you mean provisional?"),
        ("LX", ""),
    ],
)
def test_a_code_is_suggested_for_its_spelling_never_for_its_family(code: str, hint: str) -> None:
    assert code_meant(code, ["R25.2", "55300003", "provisional", "L", "LL"]) == hint
