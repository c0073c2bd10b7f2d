"""Small plans, activities and data for the tests of $apply."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from publisher import validate
from publisher.apply.call import Caller
from publisher.apply.knowledge import Knowledge
from publisher.apply.operation import OPERATIONS
from publisher.r4.codec import dumps, parse
from publisher.repository import Artifact, Repository

Resource = dict[str, Any]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BASE = "http://example.org"
PATIENT: Resource = {"resourceType": "Patient", "id": "1", "gender": "female", "birthDate": "1950-01-01"}


def activity(kind: str = "ServiceRequest", **elements: Any) -> Resource:
    """Return an active ActivityDefinition of a kind."""
    identity = {"id": "act", "url": f"{BASE}/ActivityDefinition/act", "version": "2"}
    return {"resourceType": "ActivityDefinition", **identity, "status": "active", "kind": kind, **elements}


def plan(*actions: Resource, name: str = "plan", **elements: Any) -> Resource:
    """Return an active PlanDefinition with these actions."""
    identity = {"id": name, "url": f"{BASE}/PlanDefinition/{name}", "version": "1"}
    return {"resourceType": "PlanDefinition", **identity, "status": "active", "action": list(actions), **elements}


def does(**elements: Any) -> Resource:
    """Return an action that leads to the activity."""
    return {"id": "a", "title": "A", "definitionCanonical": f"{BASE}/ActivityDefinition/act", **elements}


def when(expression: str, language: str = "text/fhirpath", kind: str = "applicability") -> Resource:
    """Return the `condition` of an action."""
    return {"condition": [{"kind": kind, "expression": {"language": language, "expression": expression}}]}


def value(path: str, expression: str, language: str = "text/fhirpath", **more: Any) -> Resource:
    """Return a dynamic value."""
    return {"path": path, "expression": {"language": language, "expression": expression, **more}}


def bundle(*resources: Resource, **elements: Any) -> Resource:
    """Return a collection of resources."""
    entries = [{"resource": each} for each in resources]
    return {"resourceType": "Bundle", "type": "collection", **elements, "entry": entries}


def knowledge(*resources: Resource) -> Knowledge:
    """Return the knowledge of these definitions."""
    return Knowledge(Repository([Artifact(each, {}) for each in resources]))


def caller(language: str = "en", **settings: Any) -> Caller:
    """Return who asks."""
    return Caller(language, ("en", "sv"), **{"evaluate_drafts": False, "now": NOW, **settings})


def apply(operation: str, held: Knowledge, name: str | None, **inputs: Any) -> Resource:
    """Return the result of an operation on the patient 1."""
    who = inputs.pop("who", None) or caller()
    values: dict[str, list[Any]] = {"subject": ["Patient/1"], "data": [bundle(PATIENT)], **inputs}
    answer = OPERATIONS[operation](held, name, {key: each for key, each in values.items() if each is not None}, who)
    read: Resource = parse(dumps(answer), file="answer").value  # which refuses a key that is written twice
    return read


def request(definition: Resource, **inputs: Any) -> Resource:
    """Return the request of `ActivityDefinition/$apply`."""
    return apply("ActivityDefinition/apply", knowledge(definition), "act", **inputs)


def care_plan(*resources: Resource, **inputs: Any) -> Resource:
    """Return the CarePlan of the first of these definitions."""
    return apply("PlanDefinition/apply", knowledge(*resources), resources[0]["id"], **inputs)


def results(*resources: Resource, **inputs: Any) -> list[Resource]:
    """Return the resources in the Bundle of the first of these definitions."""
    found = apply("PlanDefinition/r5.apply", knowledge(*resources), resources[0]["id"], **inputs)
    return [each["resource"] for each in found["entry"]]


def contained(result: Resource, kind: str) -> list[Resource]:
    """Return the contained resources of a type."""
    return [each for each in result.get("contained", ()) if each["resourceType"] == kind]


def told(result: Resource) -> list[tuple[str, str]]:
    """Return severity and rule of every issue that a result carries."""
    outcomes = contained(result, "OperationOutcome")
    return [(each["severity"], each["details"]["text"]) for one in outcomes for each in one["issue"]]


def sentences(result: Resource) -> list[str]:
    """Return what every issue that a result carries says."""
    return [each["diagnostics"] for one in contained(result, "OperationOutcome") for each in one["issue"]]


def broken(result: Resource) -> list[tuple[str, str | None]]:
    """Return rule and place of all in a result that is not valid R4."""
    return [(each.rule, each.expression) for each in validate(result) if each.is_error]
