"""`vademecum validate`: any R4 resources, offline, each finding with its place, rule, reason and remedy.

https://hl7.org/fhir/R4/validation.html. The report goes to standard output, words to standard error; exit 0 without
errors, 1 with errors, 2 for wrong usage and what cannot be read.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from publisher import __version__
from publisher.issue import IssueError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from publisher.issue import Issue
    from publisher.validation.validator import Validator

CLEAN, ISSUES, USAGE = 0, 1, 2


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
    parser.set_defaults(root=Path())


def validate_command(arguments: argparse.Namespace) -> int:
    """Run the command and return the exit status."""
    try:
        validator = _validator(arguments)
        return _reported(_issues(validator, arguments.paths), arguments.format)
    except IssueError as error:
        sys.stderr.write(error.report.to_text())
        return USAGE


def _validator(arguments: argparse.Namespace) -> Validator:
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
    for package in arguments.package:
        knowledge.add(package_definitions(package))
    knowledge.add(definitions(arguments.paths))
    return Validator(knowledge)


def _issues(validator: Validator, paths: list[str]) -> Iterator[Issue]:
    from publisher.validation.inputs import texts

    for text in texts(paths):
        for issue in validator.validate(text.data, file=text.file):
            yield replace(issue, source=text.place(issue.source))


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
