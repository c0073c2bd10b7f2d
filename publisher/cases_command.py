"""`vademecum cases`: put the worked patients of topics to their compiled rules, and tell what differs.

The report goes to standard output, its summary to standard error; exit 0 when every patient gets what is expected, 1
when one does not or a topic does not compile, 2 for wrong usage and what cannot be read.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.topic import did_you_mean

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from publisher.cases.case import Case
    from publisher.cases.finding import Runner
    from publisher.cases.suite import Result
    from publisher.issue import Report
    from publisher.source.catalogue import Catalogue
    from publisher.topic import Topic

CLEAN, ISSUES, USAGE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Suite:
    """The topics below a root, compiled in memory, with their worked patients."""

    root: Path
    topics: tuple[str, ...]
    about: Mapping[str, Topic]
    cases: tuple[Case, ...]
    runner: Runner
    catalogue: Catalogue

    def results(self) -> list[Result]:
        """Return the result of every case."""
        from publisher.cases.suite import results

        return list(results(self.cases, self.runner, self.catalogue))


def cases_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help="the id of a topic (default: all of ROOT)")
    parser.add_argument("--root", type=Path, help="the folder that holds publisher.yaml (default: ./artifacts)")
    parser.add_argument("--format", choices=("text", "json", "junit"), default="text")
    parser.add_argument("--verbose", action="store_true", help="name the cases that pass too, and every difference")
    coverage = "tell what is carried, reached, shown by truth tables, and to be approved; in text or JSON"
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--coverage", action="store_true", help=coverage)
    mutants = "tell which small wrong versions of logic and plans no case notices; in text or JSON (takes minutes)"
    how.add_argument("--mutants", action="store_true", help=mutants)
    export = "write each case as FHIR: the data, the request, and a test case in the layout of CPG guides"
    how.add_argument("--export", type=Path, metavar="FOLDER", help=export)


def cases_command(arguments: argparse.Namespace, root: Path) -> int:
    """Run the command and return the exit status."""
    known = sorted(path.parent.name for path in root.glob("*/topic.yaml"))
    for topic in arguments.topics:
        if topic not in known:
            hint = did_you_mean(topic, known) or f"; the topics are {', '.join(known)}."
            sys.stderr.write(f"vademecum cases: there is no topic {topic}{hint}\n")
            return USAGE
    suite, report = compiled_suite(root, arguments.topics)
    if suite is None:
        sys.stderr.write(report.to_text())
        return ISSUES
    if arguments.export:
        return _export(suite, arguments.export)
    results = suite.results()
    if arguments.mutants:
        return _mutants(suite, results, arguments.format)
    return _coverage(suite, results, arguments.format) if arguments.coverage else _told(results, arguments)


def compiled_suite(root: Path, topics: Sequence[str] = ()) -> tuple[Suite | None, Report]:
    """Return the cases of `topics` (all where none is named) with what runs them, unless a topic does not compile."""
    from publisher.apply.knowledge import Knowledge
    from publisher.cases.case import cases_of
    from publisher.cases.finding import Runner
    from publisher.pipeline import compile_sources
    from publisher.repository import Repository
    from publisher.source.catalogue import catalogue_of
    from publisher.source.folder import load

    sources, report = load(root)
    compiled, report = compile_sources(root, sources, report)
    if report.has_errors:
        return None, report
    catalogue, _ = catalogue_of(sources.publisher, sources.folders, sources.lock)
    knowledge = Knowledge(Repository((one for topic in compiled for one in topic.artifacts), drafts=True))
    publisher = sources.publisher
    runner = Runner(knowledge, (publisher.default_language, *publisher.other_languages))
    about = {topic.topic.id: topic.topic for topic in compiled}
    named = tuple(topics) or tuple(about)
    folders = {folder.topic.id: folder for folder in sources.folders}
    return Suite(root, named, about, tuple(cases_of(folders[one] for one in named)), runner, catalogue), report


def _told(results: Sequence[Result], arguments: argparse.Namespace) -> int:
    from publisher.cases import report

    if arguments.format == "json":
        sys.stdout.write(report.as_json(results))
    elif arguments.format == "junit":
        sys.stdout.write(report.as_junit(results))
    else:
        sys.stdout.writelines(report.text(results, verbose=arguments.verbose))
    sys.stderr.write(report.summary(results))
    return ISSUES if any(one.issues for one in results) else CLEAN


def _coverage(suite: Suite, results: Sequence[Result], form: str) -> int:
    """Write what is known of the rules of each topic that has any."""
    import json

    from publisher.issue import Report
    from publisher.proof.coverage import coverage_of
    from publisher.proof.coverage_text import as_json, as_text
    from publisher.proof.declared import declared

    knowledge = suite.runner.knowledge
    found = [
        coverage_of(suite.about[topic], results, knowledge, suite.catalogue, declared(suite.root / topic))
        for topic in suite.topics
    ]
    found = [one for one in found if one.carried]
    if form == "json":
        sys.stdout.write(json.dumps([as_json(one) for one in found], ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.writelines(as_text(one) for one in found)
    report = Report([issue for one in found for issue in one.issues()])
    sys.stderr.write(report.to_text())
    return ISSUES if report.has_errors or any(one.missing for one in found) else CLEAN


def _mutants(suite: Suite, results: Sequence[Result], form: str) -> int:
    """Write the mutation score of each topic that has mutants; every case must be as expected first."""
    import json
    from functools import partial
    from time import monotonic

    from publisher.cases import report
    from publisher.issue import Report
    from publisher.progress import with_bar
    from publisher.proof.declared import declared, provers
    from publisher.proof.mutation import Mutation
    from publisher.proof.mutation_text import ENOUGH, as_json, as_text

    if any(one.issues for one in results):
        sys.stdout.writelines(report.text(results, verbose=False))
        sys.stderr.write(report.summary(results))
        return ISSUES
    scores, issues, knowledge = [], Report(), suite.runner.knowledge
    language, proved = suite.catalogue.publisher.default_language, provers(suite.root)
    for topic in suite.topics:
        said = declared(suite.root / topic)
        watched = partial(with_bar, label=topic, out=sys.stderr, clock=monotonic)
        scores.append(Mutation(topic, results, knowledge, language, provers=proved).score(said, watched=watched))
        issues.extend(said.unused(("cql/", "plan/"), {one.id for one in scores[-1].tried if one.killed_by is None}))
    scores = [one for one in scores if one.tried]
    if form == "json":
        sys.stdout.write(json.dumps([as_json(one) for one in scores], ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.writelines(line for one in scores for line in as_text(one))
    sys.stderr.write(issues.to_text())
    return ISSUES if issues.has_errors or any(one.percent < ENOUGH for one in scores) else CLEAN


def _export(suite: Suite, folder: Path) -> int:
    """Write every case as FHIR; the expected results are those that were found, so each must be as expected first."""
    from publisher.cases import report
    from publisher.cases.cpg_tests import export_tests
    from publisher.cases.export import export

    results = suite.results()
    if any(one.issues for one in results):
        sys.stdout.writelines(report.text(results, verbose=False))
        sys.stderr.write(report.summary(results))
        return ISSUES
    sys.stdout.writelines(f"{path}\n" for path in export([one.prepared for one in results], folder))
    sys.stdout.writelines(f"{path}\n" for path in export_tests(results, folder))
    return CLEAN
