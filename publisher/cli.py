"""The command line: reads arguments and environment, calls one function, says what was found.

Follows https://www.gnu.org/prep/standards/html_node/Command_002dLine-Interfaces.html: data to stdout, words
to stderr; exit 0 when clean, 1 when there are errors, 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from dataclasses import fields
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from publisher import __version__
from publisher.apply_command import apply_arguments
from publisher.cases_command import cases_arguments
from publisher.evaluate_command import evaluate_arguments
from publisher.feedback_command import feedback_arguments
from publisher.issue import IssueError, Report
from publisher.serve_command import serve_arguments, serve_settings
from publisher.validate_command import validate_arguments
from publisher.withdraw_command import withdraw_arguments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from publisher.cases.worked import WorkedRequest
    from publisher.pipeline import CompiledTopic
    from publisher.repository import Artifact

CLEAN, ISSUES, USAGE = 0, 1, 2
_RARELY = 100_000  # objects between two looks for garbage: what a command makes mostly stays until it ends


def entry_point() -> None:
    """Run the command of this process and exit with its status; a reader that stops reading is no failure."""
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = CLEAN
    sys.exit(status)


def main(argv: Sequence[str]) -> int:
    """Run the command that `argv` names; return the exit status."""
    try:
        arguments = parser().parse_args(argv)
    except SystemExit as stop:  # argparse has said why
        return int(stop.code or 0)
    writes = arguments.run in {_new, _cql} or (
        arguments.run is _compile and not (arguments.check or arguments.coverage)
    )
    root: Path = arguments.root or (Path("artifacts") if writes else _default_root())
    needs_root = arguments.run is not _new and not (arguments.run is _cql and arguments.files)
    if needs_root and not root.is_dir():
        sys.stderr.write(f"vademecum: {root} is not a folder; name the one that holds publisher.yaml.\n")
        return USAGE
    if arguments.run is not _serve:
        gc.set_threshold(_RARELY)
    try:
        status: int = arguments.run(arguments, root)
    except IssueError as error:
        return _tell(error.report)
    return status


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line, from which its reference page is made too."""
    parser = argparse.ArgumentParser(prog="vademecum", description="Condition guidance as FHIR R4 knowledge artifacts.")
    parser.add_argument("--version", action="version", version=f"vademecum {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _new_arguments(commands.add_parser("new", help="make the folder of a new topic, which compiles and teaches"))
    _compile_arguments(commands.add_parser("compile", help="compile topic folders to FHIR"))
    _cql_arguments(commands.add_parser("cql", help="translate CQL to ELM (needs Node)"))
    validation = commands.add_parser("validate", help="validate any R4 resources, offline")
    validate_arguments(validation)
    validation.set_defaults(run=_validate)
    evaluation = commands.add_parser("evaluate", help="evaluate FHIRPath, or the definitions of a CQL library")
    evaluate_arguments(evaluation, _moment)
    evaluation.set_defaults(run=_evaluate)
    worked = commands.add_parser("cases", help="put the worked patients of topics to their rules")
    cases_arguments(worked)
    worked.set_defaults(run=_cases)
    application = commands.add_parser("apply", help="apply a plan to the data of a patient")
    apply_arguments(application, _moment)
    application.set_defaults(run=_apply)
    counts = commands.add_parser("feedback", help="print what readers did with cards, by rule and version")
    feedback_arguments(counts)
    counts.set_defaults(run=_feedback, root=Path())
    withdrawal = commands.add_parser("withdraw", help="withdraw a version of an artifact from what is served")
    withdraw_arguments(withdrawal)
    withdrawal.set_defaults(run=_withdraw)
    _serve_arguments(commands.add_parser("serve", help="serve the compiled topics"))
    return parser


def _new_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("topic", metavar="TOPIC", help="the id of the topic, in kebab-case such as example-topic")
    _root_argument(parser)
    parser.set_defaults(run=_new)


def _compile_arguments(parser: argparse.ArgumentParser) -> None:
    _root_argument(parser)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="write nothing; report files that are stale")
    explain = "write nothing; show what each shorthand of one source file becomes"
    how.add_argument("--coverage", action="store_true", help="write nothing; list what carries each statement")
    how.add_argument("--explain", type=Path, metavar="FILE", help=explain)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="of --explain (default: text)")
    parser.add_argument(
        "--cql", action="store_true", help="translate CQL to ELM first where some has changed (needs Node)"
    )
    parser.set_defaults(run=_compile)


def _cql_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="CQL files (default: ROOT/*/logic/*.cql)")
    parser.add_argument("--root", type=Path, help="the folder that holds publisher.yaml (default: ./artifacts)")
    parser.set_defaults(run=_cql)


def _serve_arguments(parser: argparse.ArgumentParser) -> None:
    _root_argument(parser)
    serve_arguments(parser, _moment)
    parser.set_defaults(run=_serve)


def _root_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "root",
        nargs="?",
        type=Path,
        metavar="ROOT",
        help="the folder that holds publisher.yaml (default: ./artifacts)",
    )


def _new(arguments: argparse.Namespace, root: Path) -> int:
    from publisher.source.skeleton import new_topic

    files = new_topic(root, arguments.topic, date=_clock().date().isoformat())
    sys.stdout.writelines(f"{file}\n" for file in files)
    return CLEAN


def _compile(arguments: argparse.Namespace, root: Path) -> int:
    if arguments.explain:
        return _explain(arguments, root)
    from publisher.pipeline import compile_topics, stale_issues, write_topics

    if arguments.cql and (translated := _translated(_changed_cql(root))).has_errors:
        return _tell(translated)
    topics, report = compile_topics(root, pages=_pages(root))
    if arguments.coverage:
        sys.stdout.writelines(_coverage(topics))
    elif arguments.check:
        report.extend(stale_issues(topics))
    elif not report.has_errors:
        write_topics(topics)
    return _tell(report)


def _coverage(topics: Iterable[CompiledTopic]) -> Iterator[str]:
    from publisher.validation.coverage import coverage_table

    for one in topics:
        yield coverage_table(one.topic, one.artifacts)


def _explain(arguments: argparse.Namespace, root: Path) -> int:
    from publisher.r4.codec import dumps
    from publisher.source.explain import explained

    found = explained(root, arguments.explain)
    if arguments.format == "json":
        sys.stdout.write(dumps([one.to_json() for one in found], pretty=True).decode())
    else:
        sys.stdout.writelines(one.to_text() for one in found)
    return CLEAN


def _cql(arguments: argparse.Namespace, root: Path) -> int:
    files = arguments.files or _all_cql(root)
    if not files:
        sys.stderr.write(f"vademecum: {root} holds no CQL in the logic folder of a topic; name the files.\n")
        return USAGE
    return _tell(_translated(files))


def _all_cql(root: Path) -> list[Path]:
    return sorted(root.glob("*/logic/*.cql"))


def _changed_cql(root: Path) -> list[Path]:
    """Return all CQL below `root` where some of it has changed, as a library is translated with what it includes."""
    from publisher.source.cql import stale

    files = _all_cql(root)
    return files if any(stale(file, file.with_suffix(".elm.json")) for file in files) else []


def _translated(files: Sequence[Path]) -> Report:
    """Write the ELM beside each of `files`, or nothing where one does not translate."""
    from publisher.source.cql import translate

    elms, report = translate(files)
    if not report.has_errors:
        for path, elm in elms.items():
            path.with_suffix(".elm.json").write_bytes(elm)
    return report


def _evaluate(arguments: argparse.Namespace, root: Path) -> int:
    from publisher.evaluate_command import evaluate

    return evaluate(arguments, root, arguments.now or _clock())


def _cases(arguments: argparse.Namespace, root: Path) -> int:
    from publisher.cases_command import cases_command

    return cases_command(arguments, root)


def _validate(arguments: argparse.Namespace, _root: Path) -> int:
    from publisher.validate_command import validate_command

    return validate_command(arguments)


def _apply(arguments: argparse.Namespace, root: Path) -> int:
    from publisher.apply_command import apply_command

    return apply_command(arguments, root, arguments.now or _clock())


def _serve(arguments: argparse.Namespace, root: Path) -> int:
    from server.serve import serve

    settings = serve_settings(arguments, _clock)
    return serve(
        root, patients=partial(_patients, root), **{one.name: getattr(settings, one.name) for one in fields(settings)}
    )


def _patients(root: Path, artifacts: Sequence[Artifact]) -> list[WorkedRequest]:
    """Return the worked patients that /try offers; none where the sources of the topics are not here."""
    from publisher.cases.worked import worked_requests

    return worked_requests(root, artifacts)


def _feedback(arguments: argparse.Namespace, _root: Path) -> int:
    from publisher.feedback_command import feedback_command

    return feedback_command(arguments)


def _withdraw(arguments: argparse.Namespace, root: Path) -> int:
    from publisher.withdraw_command import withdraw_command

    return withdraw_command(arguments, root, _clock().date())


def _tell(report: Report) -> int:
    sys.stderr.write(report.to_text())
    return ISSUES if report.has_errors else CLEAN


def _default_root() -> Path:
    """Return ./artifacts where it is, else the artifacts beside the installed package, which are read only."""
    here = Path("artifacts")
    return here if here.is_dir() else Path(__file__).parents[1] / "artifacts"


def _pages(root: Path) -> Path | None:
    """Return the folder with the texts of source pages, where this machine has one."""
    named = os.environ.get("VADEMECUM_SOURCES")
    folder = Path(named) if named else root.resolve().parent / "../shared/guidance/source"
    return folder if folder.is_dir() else None


def _clock() -> datetime:
    return datetime.now(tz=UTC).astimezone()


def _moment(text: str) -> datetime:
    """Return the moment that `text` names; without a zone, the one of this machine."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no date such as 2026-11-23, nor a date and time") from error
