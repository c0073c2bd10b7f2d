"""`vademecum validate`: any R4 resources, offline, each finding with its place, rule, reason and remedy.

https://hl7.org/fhir/R4/validation.html. The report goes to standard output, words to standard error; exit 0 without
errors, 1 with errors, 2 for wrong usage and what cannot be read.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from publisher import __version__
from publisher.issue import IssueError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from publisher.issue import Issue
    from publisher.r4.codec import Document
    from publisher.validation.validator import Validator
    from publisher.validation.waivers import Waivers

CLEAN, ISSUES, USAGE = 0, 1, 2
TOPIC = "topic.yaml"
_TOLD_ONCE = ("profile-unknown", "extension-of-guide")


def validate_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    what = "a resource, Bundle, NDJSON, folder or FHIR package (.tgz); - is stdin"
    parser.add_argument("paths", nargs="+", metavar="PATH", help=what)
    parser.add_argument("--format", choices=("text", "json", "outcome", "sarif"), default="text")
    profile = "a profile that resources of its type must meet, beside those they claim"
    parser.add_argument("--profile", action="append", default=[], metavar="URL", help=profile)
    package = "a FHIR package with definitions to know"
    parser.add_argument("--package", action="append", default=[], type=Path, metavar="FILE.tgz", help=package)
    parser.add_argument("--best-practice", action="store_true", help="warn where best practice is not followed")
    parser.add_argument("--no-examples", action="store_true", help="refuse extensions of domains for examples")
    parser.add_argument("--must-support", action="store_true", help="list must-support elements that are not there")
    translating = "translate the CQL of Libraries anew (needs Node), and compare their ELM with that"
    parser.add_argument("--translate", action="store_true", help=translating)
    parser.set_defaults(root=Path())


def validate_command(arguments: argparse.Namespace) -> int:
    """Run the command and return the exit status."""
    try:
        read: dict[str, Document] = {}
        validator = _validator(arguments, read)
        return _reported(_issues(validator, arguments.paths, read), arguments.format)
    except IssueError as error:
        sys.stderr.write(error.report.to_text())
        return USAGE


def _validator(arguments: argparse.Namespace, read: dict[str, Document]) -> Validator:
    from publisher.validation.inputs import definitions, package_definitions
    from publisher.validation.knowledge import Knowledge, Options
    from publisher.validation.validator import Validator

    options = Options(
        profiles=tuple(arguments.profile),
        best_practice=arguments.best_practice,
        examples=not arguments.no_examples,
        must_support=arguments.must_support,
    )
    knowledge = Knowledge(options)
    if arguments.translate:
        from publisher.source.cql import translate_libraries
        from publisher.validation.artifacts.translation import Retranslation

        knowledge.retranslations = Retranslation(translate_libraries)
    for package in arguments.package:
        knowledge.add(package_definitions(package))
    knowledge.add(definitions(arguments.paths, read))
    return Validator(knowledge)


def _issues(validator: Validator, paths: list[str], read: dict[str, Document]) -> Iterator[Issue]:
    from publisher.validation.inputs import texts
    from publisher.validation.rule_table import RULES

    topics: dict[Path, Waivers | None] = {}
    told: set[str] = set()
    for text in texts(paths):
        waivers, skips = _waivers(text.file, topics), partial(_is_told, told)
        resource = read.pop(text.file, text.data)
        for issue in validator.validate(resource, file=text.file, waivers=waivers, skips=skips):
            yield replace(issue, source=text.place(issue.source))
    for waivers in dict.fromkeys(filter(None, topics.values())):
        yield from waivers.unused(RULES)


def _is_told(told: set[str], issue: Issue) -> bool:
    """Return whether a finding about something that is not at hand has been told of in this run, as it is from here."""
    if issue.rule not in _TOLD_ONCE:
        return False
    what = issue.diagnostics.partition(" ")[2]
    is_told = what in told
    told.add(what)
    return is_told


def _waivers(file: str, topics: dict[Path, Waivers | None]) -> Waivers | None:
    """Return the waivers of the topic in whose folder a file stands, read once a folder."""
    folder = Path(file).parent
    if folder not in topics:
        named = next((one / TOPIC for one in (folder, *folder.parents) if (one / TOPIC).is_file()), None)
        if named is None:
            topics[folder] = None
        elif named.parent != folder:
            topics[folder] = _waivers(str(named), topics)
        else:
            topics[folder] = _read_waivers(named)
    return topics[folder]


def _read_waivers(path: Path) -> Waivers | None:
    from publisher.source.waivers import rule_waivers
    from publisher.validation.waivers import Waivers

    found = rule_waivers(path)
    return Waivers(found) if found else None


def _reported(issues: Iterator[Issue], form: str) -> int:
    """Write the report, a line at a time where it is text, and return the exit status."""
    from publisher.validation.reports import written

    if form != "text":
        listed = list(issues)
        sys.stdout.write(written(listed, form, __version__))
        return ISSUES if any(issue.is_error for issue in listed) else CLEAN
    status = CLEAN
    for issue in issues:
        sys.stdout.write(f"{issue}\n")
        status = ISSUES if issue.is_error else status
    return status
