"""`vademecum evaluate`: a FHIRPath expression on a resource, or the definitions of a library on the data of patients.

https://hl7.org/fhirpath/N1/ and https://cql.hl7.org/elm.html. JSON goes to standard output, words to standard error;
exit 0 when nothing failed, 1 when something has no value for an error, 2 for wrong usage and what cannot be read.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher.issue import Issue, IssueError, Report, Source

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from publisher.evaluation_inputs import Held
    from publisher.evaluation_results import Answer

CLEAN, ISSUES, USAGE = 0, 1, 2


def evaluate_arguments(parser: argparse.ArgumentParser, moment: Callable[[str], datetime]) -> None:
    """Add the arguments of the command; `moment` reads a date or time."""
    parser.usage = (
        "vademecum evaluate [options] EXPR (RESOURCE.json | --batch FILE.ndjson)\n"
        "       vademecum evaluate [options] --library ELM.json (--data BUNDLE.json | --batch FILE.ndjson)"
    )
    parser.add_argument("expression", nargs="?", metavar="EXPR", help="a FHIRPath expression")
    parser.add_argument("resource", nargs="?", type=Path, metavar="RESOURCE.json", help="what it is about; - is stdin")
    parser.add_argument("--library", type=Path, metavar="FILE", help="ELM in JSON, or a FHIR Library that carries it")
    parser.add_argument("--data", type=Path, metavar="FILE", help="a Bundle with the data of one patient; - is stdin")
    parser.add_argument(
        "--batch", type=Path, metavar="FILE", help="a Bundle or resource a line, a line of JSON out for each"
    )
    parser.add_argument("--define", action="append", metavar="NAME", help="a definition (default: all that are public)")
    parser.add_argument(
        "--parameters", type=Path, metavar="FILE", help="the parameters of the library, as a Parameters resource"
    )
    parser.add_argument("--complete", action="store_true", help="what is not in the data does not exist")
    parser.add_argument("--explain", action="store_true", help="say what decided each definition, and what was missing")
    parser.add_argument("--language", choices=("sv", "en"), default="sv", help="of the explanations (default: sv)")
    parser.add_argument("--now", type=moment, metavar="DATE", help="the time of the evaluation (default: the clock)")
    parser.add_argument("--value-set", action="append", type=Path, metavar="FILE", help="a value set, or a folder")
    parser.add_argument(
        "--artifacts", dest="root", type=Path, metavar="ROOT", help="where value sets are found (default: ./artifacts)"
    )


def evaluate(arguments: argparse.Namespace, root: Path, now: datetime) -> int:
    """Run the command and return the exit status."""
    wrong = _misuse(arguments)
    if wrong:
        sys.stderr.write(f"vademecum evaluate: {wrong}\n")
        return USAGE
    from publisher.evaluation_inputs import Held, lines_of, read

    held = Held(root, arguments.value_set or (), arguments.library.resolve().parent if arguments.library else None)
    make = _library_answer if arguments.library else _fhirpath_answer
    try:
        answer = make(arguments, held, now)
        if arguments.batch:
            return _batch(lines_of(arguments.batch), answer)
        data = read(arguments.data or arguments.resource)
    except IssueError as error:
        _tell(error.report)
        return USAGE
    result = answer(data)
    _write(result.value, pretty=True)
    return _tell(result.report)


def _misuse(arguments: argparse.Namespace) -> str | None:
    """Return what is wrong with the arguments as they stand together."""
    sources = [each for each in (arguments.resource, arguments.data, arguments.batch) if each]
    if bool(arguments.library) is bool(arguments.expression):
        return "give a FHIRPath expression or --library, one of the two."
    if len(sources) != 1:
        return "give the data once: RESOURCE.json or --data, or --batch for many."
    if arguments.library and arguments.resource:
        return "the data of a library come with --data or --batch."
    only = ("define", "parameters", "explain", "complete", "data")
    given = next((name for name in only if getattr(arguments, name)), None)
    if arguments.expression and given:
        return f"--{given} is for a library."
    return None


def _fhirpath_answer(arguments: argparse.Namespace, held: Held, now: datetime) -> Callable[[Any], Answer]:
    """Return the function that evaluates the expression on a resource."""
    from publisher.evaluation_results import Answer
    from publisher.expression.fhirpath import Services, compile_fhirpath
    from publisher.expression.json_values import as_json

    expression = compile_fhirpath(arguments.expression)
    services = Services(member_of=held.member_of, now=now)
    return lambda resource: Answer(as_json(expression.evaluate(resource, services=services)))


def _library_answer(arguments: argparse.Namespace, held: Held, now: datetime) -> Callable[[Any], Answer]:
    """Return the function that evaluates the definitions on the data of a patient."""
    from publisher.evaluation_inputs import read
    from publisher.evaluation_results import Definitions
    from publisher.expression.parameters import items_of, parameters_of

    library = held.library(arguments.library)
    names = tuple(arguments.define or library.definitions())
    unknown = next((name for name in names if name not in library), None)
    if unknown is not None:
        message = f"The library {library.id} defines no {unknown!r}; it defines {', '.join(library.definitions())}."
        raise IssueError(Issue.error("not-found", "definition-unknown", message))
    definitions = Definitions(
        library=library,
        names=names,
        terminology=held.terminology,
        parameters=parameters_of(items_of(read(arguments.parameters)), library) if arguments.parameters else {},
        now=now,
        is_complete=arguments.complete,
        language=arguments.language if arguments.explain else None,
    )
    return definitions.answer


def _batch(lines: Iterable[tuple[int, bytes]], answer: Callable[[Any], Answer]) -> int:
    """Write a line of JSON for each line that is not empty; one that is wrong is told, and does not stop the rest."""
    from publisher.r4.codec import parse

    status = CLEAN
    for number, line in lines:
        place = Source("batch", number)
        try:
            result = answer(parse(line, file="batch").value)
            report, row = result.report, {"line": number, **result.about, "result": result.value}
        except IssueError as error:
            report = error.report
            row = {"line": number, "issue": [{"rule": each.rule, "text": each.diagnostics} for each in report]}
        status = max(status, _tell(Report([replace(each, source=place) for each in report])))
        _write(row)
    return status


def _write(value: Any, *, pretty: bool = False) -> None:
    from publisher.r4.codec import dumps

    text = dumps(value, pretty=pretty)
    sys.stdout.write(text.decode() if pretty else f"{text.decode()}\n")


def _tell(report: Report) -> int:
    sys.stderr.write(report.to_text())
    return ISSUES if report.has_errors else CLEAN
