"""Read publisher.yaml, topic.yaml and statements.yaml into the data that artifacts share.

Implements the metadata of https://hl7.org/fhir/uv/crmi/artifact-lifecycle.html.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from publisher.issue import Issue
from publisher.source.keys import Keys
from publisher.source.own_schemas import (
    ADDRESS,
    BASE,
    DATE,
    KEBAB_CASE,
    SHA256,
    STATEMENT_ID,
    STATUSES,
    VERSION,
)
from publisher.source.waivers import waivers_from
from publisher.topic import (
    DERIVED_RULE,
    Publisher,
    SourceRecord,
    Statement,
    SystemNames,
    Topic,
    did_you_mean,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publisher.issue import Report
    from publisher.topic import Document


def publisher_from(document: Document) -> Publisher:
    """Return the settings in publisher.yaml, or raise an IssueError with all that is wrong in them."""
    keys = Keys(document)
    languages = keys.texts("languages")
    publisher = Publisher(
        canonical_base=keys.text("canonicalBase", pattern=BASE),
        package_prefix=keys.text("packagePrefix"),
        name=keys.text("publisher"),
        default_language=keys.text("defaultLanguage"),
        languages=languages,
        jurisdiction=keys.text("jurisdiction", required=False) or None,
        code_systems={name: _system_names(one, languages) for name, one in keys.children("codeSystems")},
    )
    if publisher.default_language not in publisher.languages:
        keys.wrong("defaultLanguage", "must be one of languages")
    keys.finish()
    return publisher


def topic_from(document: Document, publisher: Publisher, statements: Document | None = None) -> Topic:
    """Return the topic in topic.yaml and statements.yaml, or raise an IssueError with all that is wrong."""
    keys = Keys(document)
    record = keys.child("source", required=False)
    waivers, rule_waivers = waivers_from(keys)
    topic = Topic(
        id=keys.text("id", pattern=KEBAB_CASE),
        version=keys.text("version", pattern=VERSION),
        date=keys.text("date", pattern=DATE),
        status=keys.text("status", choices=STATUSES),
        experimental=keys.flag("experimental"),
        title=keys.translated("title", publisher.languages),
        description=keys.translated("description", publisher.languages),
        author=keys.translated("author", publisher.languages, required=False),
        record=_record(record) if record else None,
        statements=_statements(statements, publisher.languages, keys.report) if statements else {},
        waivers=waivers,
        rule_waivers=rule_waivers,
        source=keys.locate("id"),
    )
    if DATE.fullmatch(topic.date) and not is_day(topic.date):
        keys.wrong("date", f"is {topic.date}, a day that no calendar has")
    keys.finish()
    return topic


def is_day(text: str) -> bool:
    """Return whether a date is a day that the calendar has."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _system_names(keys: Keys, languages: tuple[str, ...]) -> SystemNames:
    names = SystemNames(
        uri=keys.text("uri"),
        aliases=keys.texts("aliases", required=False),
        undotted=keys.flag("undotted", required=False),
        copyright=keys.translated("copyright", languages, required=False),
    )
    keys.finish(final=False)
    return names


def _record(keys: Keys) -> SourceRecord:
    record = SourceRecord(
        title=keys.text("title"),
        url=keys.text("url", pattern=ADDRESS),
        language=keys.text("language"),
        sha256=keys.text("sha256", pattern=SHA256),
        size=keys.number("bytes"),
        lacks=keys.texts("lacks", required=False),
    )
    keys.finish(final=False)
    return record


def _statements(document: Document, languages: tuple[str, ...], report: Report) -> dict[str, Statement]:
    if not isinstance(document.value, list):
        diagnostics = "Statements are a list; write one entry with id, type and text a statement."
        report.add(Issue.error("structure", "key-wrong", diagnostics, source=document.locate("")))
        return {}
    found: dict[str, Statement] = {}
    for index, value in enumerate(document.value):
        keys = Keys(document, report, f"[{index}]", value)
        statement = _statement(keys, languages)
        if statement.id in found:
            keys.wrong("id", f"repeats {statement.id}, which line {_line(found[statement.id])} has already")
        found[statement.id] = statement
    report.extend(_unknown_origins(found))
    return found


def _statement(keys: Keys, languages: tuple[str, ...]) -> Statement:
    kind = keys.text("type")
    statement = Statement(
        id=keys.text("id", pattern=STATEMENT_ID),
        type=kind,
        strength=keys.text("strength", required=kind != DERIVED_RULE) or None,
        text={language: keys.text(language) for language in languages},
        note=keys.text("note", required=False) or None,
        derives_from=keys.texts("from", required=kind == DERIVED_RULE),
        source=keys.locate("id"),
    )
    keys.finish(final=False)
    return statement


def _unknown_origins(statements: Mapping[str, Statement]) -> Iterator[Issue]:
    for statement in statements.values():
        for origin in statement.derives_from:
            if origin not in statements:
                hint = did_you_mean(origin, statements)
                diagnostics = f"{statement.id} derives from {origin}, which no statement is{hint or '; add it.'}"
                yield Issue.error("not-found", "statement-unknown", diagnostics, source=statement.source)


def _line(statement: Statement) -> int:
    return statement.source.line if statement.source else 1
