"""`vademecum apply`: a plan on the data of a patient, with the reasons for every action where they are asked for.

https://hl7.org/fhir/R4/plandefinition-operation-apply.html. The result goes to standard output, words to standard
error; exit 0 with or without warnings (an action that is undetermined is one), 1 when something failed, 2 for wrong
usage and unreadable input.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher.issue import IssueError, IssueText, quoted

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from publisher.apply.knowledge import Knowledge
    from publisher.repository import Artifact, Resource

CLEAN, ISSUES, USAGE = 0, 1, 2
APPLICABLE = ("PlanDefinition", "ActivityDefinition")
# Why there is no questionnaire: by whether anything was left undetermined.
_NO_QUESTION = {
    True: {
        "sv": "Inget frågeformulär: ingen fråga kan avgöra det som är oavgjort.",
        "en": "No questionnaire: no question can decide what is undetermined.",
    },
    False: {"sv": "Inget frågeformulär: allt är avgjort.", "en": "No questionnaire: everything is decided."},
}

_NOTHING_TO_EXPLAIN = {
    "sv": "En aktivitet har inga åtgärder att förklara; det som blev av den står här.",
    "en": "An activity has no actions to explain; what came of it is given.",
}

# What is said of the data and the plan that a person names.
ROWS: dict[str, IssueText] = {
    "data-not-bundle": IssueText(
        "value",
        "data-not-bundle",
        "--data takes a Bundle with the resources of one patient, but this is a {kind}.",
        "--data tar en Bundle med en patients resurser, men det här är en {kind}.",
    ),
    "data-no-resource": IssueText(
        "value",
        "data-not-bundle",
        "--data takes a Bundle with the resources of one patient, but this is no FHIR resource.",
        "--data tar en Bundle med en patients resurser, men det här är ingen FHIR-resurs.",
    ),
    "data-parameters": IssueText(
        "value",
        "data-not-bundle",
        "--data takes a Bundle with the resources of one patient, but this is a Parameters; the body of a request to "
        "$apply is for a server, its data are what belongs here.",
        "--data tar en Bundle med en patients resurser, men det här är en Parameters; kroppen i ett anrop till $apply "
        "är till för en server, det är dess data som hör hemma här.",
    ),
    "patients": IssueText(
        "required",
        "parameter-missing",
        "The data hold {count} patients; name the one that is meant with --subject.",
        "Uppgifterna innehåller {count} patienter; ange vem som avses med --subject.",
    ),
    "plan-missing": IssueText(
        "not-found",
        "plan-missing",
        "There is no plan or activity {name} here; there are the plans {plans}.",
        "Det finns ingen plan eller aktivitet {name} här; planerna är {plans}.",
    ),
}


def apply_arguments(parser: argparse.ArgumentParser, moment: Callable[[str], datetime]) -> None:
    """Add the arguments of the command; `moment` reads a date or time."""
    parser.add_argument("plan", metavar="PLAN", help="the id or canonical of a PlanDefinition or ActivityDefinition")
    data = "a Bundle with the data of one patient; - is stdin"
    parser.add_argument("--data", required=True, metavar="FILE", help=data)
    parser.add_argument("--subject", metavar="Patient/ID", help="the patient (default: the only one in the data)")
    logic = "the parameters of the logic, as a Parameters resource"
    parser.add_argument("--parameters", metavar="FILE", help=logic)
    parser.add_argument("--explain", action="store_true", help="say of each action why it applies or not")
    asked = "give the Questionnaire with what is missing to decide what was left undetermined"
    parser.add_argument("--questionnaire", action="store_true", help=asked)
    parser.add_argument("--bundle", action="store_true", help="give the Bundle of $r5.apply, not the CarePlan")
    parser.add_argument("--format", choices=("json", "text"), help="of --explain (default: text)")
    parser.add_argument("--language", choices=("sv", "en"), default="sv", help="of the texts (default: sv)")
    parser.add_argument("--now", type=moment, metavar="DATE", help="the time of the evaluation (default: the clock)")
    parser.add_argument(
        "--artifacts", dest="root", type=Path, metavar="ROOT", help="where artifacts are found (default: ./artifacts)"
    )
    package_arguments(parser)


def package_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name packages of others."""
    package = "a FHIR package of others (.tgz, or a folder of JSON), beside our own; may be repeated"
    parser.add_argument(
        "--package", dest="packages", action="append", default=[], type=Path, metavar="FILE", help=package
    )
    translate = "translate the CQL of a package's Libraries that hold no ELM (needs Node)"
    parser.add_argument("--translate", action="store_true", help=translate)


def apply_command(arguments: argparse.Namespace, root: Path, now: datetime) -> int:
    """Run the command and return the exit status."""
    try:
        data = _read(arguments.data)
        _require_bundle(data)
        values: dict[str, list[Any]] = {"subject": [arguments.subject or _only_patient(data)], "data": [data]}
        if arguments.parameters:
            values["parameters"] = [_read(arguments.parameters)]
        knowledge = _knowledge(arguments, root)
        definition = _definition(knowledge, arguments.plan)
        result = _apply(arguments, knowledge, definition, values, now)
    except IssueError as error:
        sys.stderr.write(error.report.in_language(arguments.language).to_text())
        return USAGE
    issues = list(_issues(result))
    said = dict.fromkeys(f"{each['severity']}: {each['diagnostics']}\n" for each in issues)
    sys.stderr.writelines(said)
    return ISSUES if any(map(_is_failure, issues)) else CLEAN


def _knowledge(arguments: argparse.Namespace, root: Path) -> Knowledge:
    """Return what is held below `root` and in the packages that were named; what is to tell goes to standard error."""
    from publisher.apply.knowledge import Knowledge
    from publisher.package.loading import load_packages
    from publisher.release import load_release
    from publisher.repository import Repository

    loaded = load_packages(load_release(root), arguments.packages, translate=arguments.translate)
    sys.stderr.write(loaded.report.to_text())
    return Knowledge(Repository(loaded.artifacts, drafts=True), translated=loaded.translated)


def _apply(
    arguments: argparse.Namespace,
    knowledge: Knowledge,
    definition: Artifact,
    values: dict[str, list[Any]],
    now: datetime,
) -> Resource:
    """Write what applying gives, or its explanation, and return the resource that was made."""
    from publisher.apply.call import Caller
    from publisher.apply.operation import OPERATIONS
    from publisher.apply.trace import parts_json, trace_text
    from publisher.r4.codec import dumps

    caller = Caller(
        arguments.language,
        ("sv", "en"),
        evaluate_drafts=True,
        now=now,
        foreign_content=bool(arguments.packages),
    )
    is_plan = definition.type == "PlanDefinition"
    code = "r5.apply" if (arguments.bundle or arguments.questionnaire) and is_plan else "apply"
    given = {**values, "trace": [True]} if arguments.explain and is_plan and not arguments.questionnaire else values
    answer = OPERATIONS[f"{definition.type}/{code}"](knowledge, definition.id, given, caller).value
    if arguments.questionnaire:
        questionnaires = [dumps(each, pretty=True).decode() for each in _questionnaires(answer)]
        sys.stdout.writelines(questionnaires)
        if not questionnaires:
            is_open = any(each["resource"]["resourceType"] == "GuidanceResponse" for each in answer.get("entry", ()))
            sys.stderr.write(f"{_NO_QUESTION[is_open][arguments.language]}\n")
        return answer
    if arguments.explain and not is_plan:
        sys.stderr.write(f"{_NOTHING_TO_EXPLAIN[arguments.language]}\n")
    if answer["resourceType"] != "Parameters":
        sys.stdout.write(dumps(answer, pretty=True).decode())
        return answer
    found = {each["name"]: each for each in answer["parameter"]}
    trace = parts_json(found["trace"])
    if arguments.format == "json":
        sys.stdout.write(dumps(trace, pretty=True).decode())
    else:
        sys.stdout.write(trace_text(trace, arguments.language))
    result: Resource = found["return"]["resource"]
    return result


def _questionnaires(answer: Resource) -> Iterator[Resource]:
    """Yield the Questionnaires of a Bundle."""
    resources = (each["resource"] for each in answer.get("entry", ()))
    yield from (each for each in resources if each["resourceType"] == "Questionnaire")


def _read(name: str) -> Any:
    """Return the JSON of a file or of standard input, read as strictly as the body of a request."""
    from publisher.evaluation_inputs import read

    return read(Path(name))


def _require_bundle(data: Any) -> None:
    kind = data.get("resourceType") if isinstance(data, dict) else None
    if kind == "Parameters":
        raise _told("data-parameters")
    if kind is None:
        raise _told("data-no-resource")
    if kind != "Bundle":
        raise _told("data-not-bundle", kind=quoted(kind))


def _only_patient(data: Any) -> str:
    from publisher.intake import resources_of

    named = [each.get("id") for each in resources_of(data) if each["resourceType"] == "Patient"]
    patients = {each for each in named if isinstance(each, str)}
    if len(patients) != 1:
        raise _told("patients", count=len(patients))
    return f"Patient/{patients.pop()}"


def _told(row: str, **values: Any) -> IssueError:
    return IssueError(ROWS[row].issue(**values))


def _definition(knowledge: Knowledge, name: str) -> Artifact:
    """Return the plan or activity that an id, `Type/id` or canonical names."""
    repository = knowledge.repository
    found = repository.resolve(name) or next(
        (held for kind in APPLICABLE if (held := repository.get(kind, name.removeprefix(f"{kind}/")))), None
    )
    if found is None or found.type not in APPLICABLE:
        plans = [each.id for each in repository.of_type("PlanDefinition")]
        raise _told("plan-missing", name=quoted(name), plans=plans)
    return found


def _issues(result: Resource) -> Iterator[Resource]:
    """Yield every issue that a result carries."""
    inner = [*result.get("contained", ()), *(each["resource"] for each in result.get("entry", ()))]
    for each in inner:
        if each["resourceType"] == "OperationOutcome":
            yield from each["issue"]
        yield from _issues(each)


def _is_failure(issue: Resource) -> bool:
    """Return whether an issue is an error, or warns of an action whose condition could not be computed."""
    return issue["severity"] in ("fatal", "error") or issue["code"] == "exception"
