"""Where our result of a published case differs on purpose: each with its clause, and what it makes of the expectation.

The changed expectation must then be our result, so that a deviation excuses what it names and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Resource = dict[str, Any]
MESSAGES = "http://hl7.org/fhir/StructureDefinition/cqf-messages"
COLLECT = {
    "coding": [{"system": "http://hl7.org/fhir/uv/cpg/CodeSystem/cpg-activity-type-cs", "code": "collect-information"}]
}


@dataclass(frozen=True)
class Deviation:
    """A difference by name, the clause it rests on, and what it does to the published result."""

    name: str
    clause: str
    change: Callable[[Resource], None]


def parts(result: Resource) -> Iterator[Resource]:
    """Yield the resources of a result."""
    yield result
    yield from result.get("contained", ())
    yield from (entry["resource"] for entry in result.get("entry", ()))


def requests(result: Resource) -> Iterator[Resource]:
    plans = ("Bundle", "CarePlan", "RequestGroup", "Goal", "OperationOutcome")
    return (each for each in parts(result) if each["resourceType"] not in plans)


def groups(result: Resource) -> Iterator[Resource]:
    return (each for each in parts(result) if each["resourceType"] == "RequestGroup")


def add(result: Resource, resource: Resource) -> None:
    if result["resourceType"] == "Bundle":
        result["entry"].append({"resource": resource})
    else:
        result["contained"].append(resource)


def status_draft(result: Resource) -> None:
    for each in parts(result):
        if "status" in each:
            each["status"] = "draft"


def intent_option(result: Resource) -> None:
    for each in requests(result):
        if "intent" in each:
            each["intent"] = "option"


def titled(title: str, description: str | None = None) -> Deviation:
    def change(result: Resource) -> None:
        result |= {"title": title, **({"description": description} if description else {})}

    return Deviation("titled", "CarePlan.title and description are the plan's words for people.", change)


def outcome(severity: str, code: str, rule: str, where: str, *diagnostics: str) -> Deviation:
    def change(result: Resource) -> None:
        told = {"severity": severity, "code": code, "details": {"text": rule}, "expression": [where]}
        issues = [{**told, "diagnostics": each} for each in diagnostics]
        found = {"resourceType": "OperationOutcome", "id": "messages", "issue": issues}
        holder = next(groups(result)) if result["resourceType"] == "Bundle" else result
        before = [each for each in holder.get("contained", ()) if each.get("id") == "messages"]
        if before:
            before[0]["issue"].extend(issues)
            return
        extension = {"url": MESSAGES, "valueReference": {"reference": "#messages"}}
        holder["extension"] = [*holder.get("extension", ()), extension]
        holder.setdefault("contained", []).append(found)

    clause = "What was not done is told in an OperationOutcome (cqf-messages), never lost in silence."
    return Deviation("told", clause, change)


def without_conditions(result: Resource) -> None:
    for group in groups(result):
        for action in group["action"]:
            action.pop("condition", None)


def not_carried(result: Resource) -> None:
    for each in requests(result):
        each.pop("basedOn", None)
        each.pop("extension", None)


def whole_action(result: Resource) -> None:
    nurse = {"type": "Practitioner", "display": "Nurse"}
    for group in groups(result):
        group["action"][0] |= {"prefix": "1", "participant": [nurse]}


def as_written(result: Resource) -> None:
    for group in groups(result):
        repeat = group["action"][0]["timingTiming"]["repeat"]
        repeat |= {name: str(repeat[name]) for name in ("countMax", "frequency", "frequencyMax")}


def message(words: str, subject: str) -> Deviation:
    def change(result: Resource) -> None:
        reference = "#message" if result["resourceType"] == "CarePlan" else "CommunicationRequest/message"
        next(groups(result))["action"][0]["resource"] = {"reference": reference}
        found = {"resourceType": "CommunicationRequest", "id": "message", "status": "draft"}
        given = {name: each for name, each in next(groups(result)).items() if name == "encounter"}
        add(result, {**found, "subject": {"reference": subject}, **given, "payload": [{"contentString": words}]})

    return Deviation("text-only-action", "rqg-1: an action holds either actions or a resource.", change)


def dated(result: Resource) -> None:
    for each in requests(result):
        each["dispenseRequest"]["validityPeriod"]["start"] = "2024-03-02"


def asked_by_task(result: Resource) -> None:
    next(groups(result))["action"][0]["resource"] = {"reference": "Task/asked"}
    subject = {"reference": "Patient/ChildRoutine-Reportable"}
    task = {
        "resourceType": "Task",
        "id": "asked",
        "status": "draft",
        "intent": "option",
        "code": COLLECT,
        "for": subject,
    }
    canonical = "https://fhir.labs.smartregister.org/fhir/Questionnaire/105056"
    add(result, {**task, "input": [{"type": COLLECT, "valueCanonical": canonical}]})


DRAFT = Deviation(
    "status-draft", "ActivityDefinition 12.17.3.3: a result is a draft; a plan's status is not its.", status_draft
)
OPTION = Deviation("intent-option", "PlanDefinition 12.18.3.3: what an action leads to is an option.", intent_option)
NO_CONDITION = Deviation(
    "applicability-evaluated", "PlanDefinition 12.18.3.3: only start and stop are carried forward.", without_conditions
)
ELEMENTS = Deviation(
    "only-described", "A definition's extensions and basedOn are no elements that $apply carries.", not_carried
)
ACTION = Deviation(
    "action-whole", "PlanDefinition 12.18.3.3: an action's prefix and participants are carried.", whole_action
)
AS_WRITTEN = Deviation("not-r4", "Numbers written as text are no R4; they are carried as they are written.", as_written)
DATE = Deviation("date", "The logic gives a Date, which FHIR's dateTime holds to the day.", dated)
TASK = Deviation("questionnaire-task", "CPG: a Questionnaire is a Task in the Bundle form.", asked_by_task)
OTHERS = outcome(  # the id of its Patient is "Patient/TEST_PATIENT", which is no id of R4
    "warning",
    "not-supported",
    "data-of-others",
    "Parameters.parameter.where(name='data')",
    "Data in the request are about somebody other than the subject, and were not used.",
)
UNTIMED = outcome(
    "warning",
    "not-supported",
    "activity-element",
    "action[0]",
    "ActivityDefinition/careplan-activity: timingTiming has no place in the Task of R4, so it was not carried over.",
)


def aimless(plan: str) -> Deviation:
    lacks = f"{plan}: the Goal lacks description, which R4 requires."
    return outcome("warning", "required", "request-incomplete", "goal[0]", lacks)


OPIOID = "http://fhir.org/guides/cdc/opioid-cds/PlanDefinition"
AIMLESS_VISIT = aimless(f"{OPIOID}/AncVisit-PlanDefinition")
AIMLESS_ROUTINE = aimless(f"{OPIOID}/ChildRoutineVisit-PlanDefinition-1.0.0")
UNMAPPED = outcome(
    "error",
    "not-supported",
    "transform",
    "action[0].transform",
    "action[0] needs the StructureMap https://fhir.labs.smartregister.org/fhir/StructureMap/105121; "
    "transforms are not run here.",
)
OWN_INTENT = outcome(
    "warning",
    "business-rule",
    "dynamic-value-kept",
    "action[0]",
    "The dynamic value for status was left out: results are draft proposals, whatever a definition says.",
    "The dynamic value for intent was left out: results are draft proposals, whatever a definition says.",
)
HELLO = "The CDS Service is alive and communicating successfully!"
HELLO_MESSAGE = message(HELLO, "Patient/helloworld-patient-1")

DEVIATIONS: dict[str, list[Deviation]] = {
    "android-fhir/med-request $apply": [OPTION, titled("This example illustrates a medication request")],
    "android-fhir/smart-imm-measles $apply": [
        OPTION,
        NO_CONDITION,
        DATE,
        OWN_INTENT,
        titled(
            "IMMZ.D2.DT.Measles",
            "If the child or patient has not been given MCV1 (at 9 months) and MCV2 (between 15-18 months) vaccination",
        ),
    ],
    "cqf-cr/anc-visit $apply": [
        DRAFT,
        OPTION,
        ELEMENTS,
        OTHERS,
        UNTIMED,
        AIMLESS_VISIT,
        titled("ANC Follow Up Plan", "This defines the schedule of care for pregnant women"),
    ],
    "cqf-cr/anc-visit $r5.apply": [DRAFT, OPTION, ELEMENTS, OTHERS, AIMLESS_VISIT, UNTIMED],
    "cqf-cr/child-routine-visit $apply": [
        DRAFT,
        ACTION,
        AS_WRITTEN,
        UNMAPPED,
        AIMLESS_ROUTINE,
        titled("Child Routine visit PlanDefinition", "This is a plan to define the child CHW monthly visit"),
    ],
    "cqf-cr/child-routine-visit $r5.apply": [DRAFT, ACTION, AS_WRITTEN, AIMLESS_ROUTINE, UNMAPPED, TASK],
    "cqf-cr/hello-world $apply": [
        DRAFT,
        HELLO_MESSAGE,
        titled(
            "Hello World (patient-view)",
            "This PlanDefinition defines a simple Hello World recommendation that triggers on patient-view.",
        ),
    ],
    "cqf-cr/hello-world $r5.apply": [DRAFT, HELLO_MESSAGE],
}
