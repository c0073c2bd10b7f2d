"""Compact facts about a patient, as the FHIR resources that a record would send.

https://hl7.org/fhir/R4/patient.html and the types of own_schemas.FACTS. A coding in one word is checked as in an
artifact; one that is written out is what a record says, and may be anything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from publisher.cases.answers import answered_items
from publisher.issue import Issue
from publisher.r4.definitions import children
from publisher.validation.structure import structure_issues

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publisher.cases.case import Case
    from publisher.r4.elements import Child
    from publisher.repository import Repository, Resource
    from publisher.source.catalogue import Catalogue

# The element that says what a resource is about; `medication` is a choice of a concept and a reference.
ABOUT: Final[Mapping[str, str]] = {
    "Encounter": "type",
    "Immunization": "vaccineCode",
    "MedicationAdministration": "medication",
    "MedicationDispense": "medication",
    "MedicationRequest": "medication",
    "MedicationStatement": "medication",
    "QuestionnaireResponse": "questionnaire",
}
# Elements that every record has, unless the fact says otherwise.
USUAL: Final[Mapping[str, Resource]] = {"MedicationRequest": {"intent": "order"}, "ServiceRequest": {"intent": "order"}}
DRAFTED: Final = {"status": "draft"}

_CODING = re.compile(r"(?P<system>\S+)#(?P<code>[^\s#]+)")
_REFERENCE = re.compile(r"#[A-Za-z0-9.-]+|(?:https?://\S+/)?[A-Z]\w+/[A-Za-z0-9.-]+")
_MAY_BE_MISSING = "element-missing"  # what a record leaves out is what a case is about
_MAY_BE_FOREIGN = "code-not-allowed"  # and so is a coding of its own, not the code of a plain element


class Facts:
    """Makes the resources of one case, and collects what is wrong with its facts."""

    def __init__(self, case: Case, catalogue: Catalogue, repository: Repository) -> None:
        """Write for `case`; `catalogue` knows the code systems, `repository` the questionnaires."""
        self.issues: list[Issue] = []
        self._case = case
        self._catalogue = catalogue
        self._repository = repository
        self._count: dict[str, int] = {}

    def patient(self) -> Resource:
        """Return the Patient."""
        elements = self._mapping(self._case.value["patient"], "Patient", "patient")
        return self._checked({"resourceType": "Patient", "id": self._case.patient_id, **elements}, "patient")

    def resources(self, facts: list[Mapping[str, Any]], path: str, *, drafted: bool = False) -> list[Resource]:
        """Return the resources of a list of facts that stands at `path`."""
        return [self._resource(fact, f"{path}[{index}]", drafted=drafted) for index, fact in enumerate(facts)]

    def _resource(self, fact: Mapping[str, Any], path: str, *, drafted: bool) -> Resource:
        kind = next(key for key in fact if key[0].isupper())
        number = self._count[kind] = self._count.get(kind, 0) + 1
        resource: Resource = {"resourceType": kind, "id": f"{_kebab(kind)}-{number}"}
        resource |= USUAL.get(kind, {}) | (DRAFTED if drafted and "status" in children(kind) else {})
        resource |= self._about(kind, fact[kind], f"{path}.{kind}")
        for name in ("subject", "patient"):
            if name in children(kind):
                resource[name] = {"reference": f"Patient/{self._case.patient_id}"}
                break
        rest = {key: value for key, value in fact.items() if key != kind}
        if kind == "QuestionnaireResponse":
            resource |= {"status": "completed", "authored": self._case.value["date"]}
            resource |= self._answered(str(resource.get("questionnaire")), rest.pop("answers", None), path)
        return self._checked({**resource, **self._mapping(rest, kind, path)}, path)

    def _answered(self, questionnaire: str, answers: Any, path: str) -> Resource:
        """Return the items of a response whose answers are written in short."""
        if answers is None:
            return {}
        held = self._repository.resolve(questionnaire)
        if held is None or held.type != "Questionnaire" or not isinstance(answers, dict):
            text = f"{questionnaire} is no Questionnaire of ours, or its answers are no {{linkId: answer}}; correct it."
            self.issues.append(Issue.error("value", "case-answers", text, source=self._case.at(f"{path}.answers")))
            return {}
        items, problems = answered_items(
            held.resource, answers, lambda written, link_id: self._coding(written, f"{path}.answers.{link_id}")
        )
        for link_id, problem in problems.items():
            place = self._case.at(f"{path}.answers.{link_id}")
            self.issues.append(Issue.error("value", "case-answers", problem, source=place))
        return {"item": items} if items else {}

    def _about(self, kind: str, value: Any, path: str) -> Resource:
        """Return the element that says what a resource is about."""
        name = ABOUT.get(kind, "code")
        if name == "questionnaire":
            return {name: self._questionnaire(value, path)}
        if name == "medication":
            if isinstance(value, str) and _REFERENCE.fullmatch(value):
                return {"medicationReference": {"reference": value}}
            if isinstance(value, dict) and ("reference" in value or "display" in value) and "system" not in value:
                return {"medicationReference": dict(value)}
            return {"medicationCodeableConcept": self._concept(value, path)}
        concept = self._concept(value, path)
        return {name: [concept] if children(kind)[name].element.is_list else concept}

    def _concept(self, value: Any, path: str) -> Resource:
        """Return a CodeableConcept: of a coding, of words, or as it is written out."""
        if isinstance(value, str):
            return {"coding": [self._coding(value, path)]} if _CODING.fullmatch(value) else {"text": value}
        if "code" in value or "system" in value:
            return {"coding": [self._mapping(value, "Coding", path)]}
        return self._mapping(value, "CodeableConcept", path)

    def _questionnaire(self, value: Any, path: str) -> Any:
        """Return the canonical of a questionnaire of ours by its id; an address stays as it is."""
        name = str(value).removeprefix("Questionnaire/")
        return value if "/" in name else self._or_issue(self._catalogue.canonical("Questionnaire", name), path)

    def _mapping(self, value: Mapping[str, Any], content: str, path: str) -> Resource:
        known = children(content)
        return {key: self._value(one, known.get(key), f"{path}.{key}") for key, one in value.items()}

    def _value(self, value: Any, child: Child | None, path: str) -> Any:
        if isinstance(value, list):
            return [self._item(one, child, f"{path}[{index}]") for index, one in enumerate(value)]
        item = self._item(value, child, path)
        is_short = child is not None and isinstance(value, str) and child.type.code in ("Coding", "CodeableConcept")
        return [item] if child and child.element.is_list and is_short else item

    def _item(self, value: Any, child: Child | None, path: str) -> Any:
        kind = child.type.code if child else None
        if kind == "CodeableConcept" and isinstance(value, str | dict):
            return self._concept(value, path)
        if isinstance(value, dict):
            return self._mapping(value, str(value.get("resourceType", child.content if child else "")), path)
        return self._coding(value, path) if kind == "Coding" and isinstance(value, str) else value

    def _coding(self, value: str, path: str) -> Resource:
        name, _, code = value.rpartition("#")
        system = self._or_issue(self._catalogue.system(name), path)
        concept = self._or_issue(self._catalogue.concept(system, code), path) if system else None
        display = {"display": concept.display} if concept and concept.display else {}
        return {"system": system or name, "code": code, **display}

    def _or_issue(self, found: Any, path: str) -> Any:
        if not isinstance(found, Issue):
            return found
        self.issues.append(found.at(self._case.at(path)))
        return None

    def _checked(self, resource: Resource, path: str) -> Resource:
        if not self.issues:
            self.issues.extend(self._structure(resource, path))
        return resource

    def _structure(self, resource: Resource, path: str) -> Iterator[Issue]:
        """Yield what R4 does not allow in a resource, apart from what is missing."""
        for issue in structure_issues(resource):
            part = (issue.expression or "").partition(".")[2]
            is_foreign = issue.rule == _MAY_BE_FOREIGN and not isinstance(_at(resource, part), str)
            if issue.is_error and issue.rule != _MAY_BE_MISSING and not is_foreign:
                yield issue.at(self._case.at(f"{path}.{part}" if part else path))


def _at(resource: Any, path: str) -> Any:
    """Return what stands at a path of names and indexes."""
    for step in re.findall(r"[^.\[\]]+", path):
        resource = resource[int(step) if isinstance(resource, list) else step]
    return resource


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()
