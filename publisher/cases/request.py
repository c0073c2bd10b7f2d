"""The request of a worked patient: a CDS Hooks call, or the parameters of `$apply`.

https://cds-hooks.hl7.org/2.0/#calling-a-cds-service and
https://hl7.org/fhir/uv/cpg/OperationDefinition-cpg-plandefinition-apply.html (prefetchData).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from publisher.cases.facts import Facts
from publisher.hook_request import DRAFTED, PARAMETERS
from publisher.issue import Issue
from publisher.prefetch import Settings
from publisher.source.topic import is_day
from publisher.topic import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from publisher.cases.case import Case
    from publisher.prefetch import Key
    from publisher.repository import Repository, Resource
    from publisher.source.catalogue import Catalogue

INSTANCE: Final = "00000000-0000-4000-8000-000000000000"
NEXT: Final = {"relation": "next", "url": "https://record.example/next"}
REFUSAL: Final = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
KEYS: Final[tuple[Key, ...]] = Settings().keys


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a case asks: its answers by prefetch key, its drafts, and what is wrong with its facts."""

    case: Case
    prefetch: Mapping[str, Any]
    drafts: tuple[Resource, ...]
    issues: tuple[Issue, ...]

    def hook_request(self) -> Resource:
        """Return the CDS Hooks request."""
        context: Resource = {"userId": "Practitioner/example", "patientId": self.case.patient_id}
        if self.case.hook and self.case.hook in DRAFTED:
            context[DRAFTED[self.case.hook][0]] = collection(self.drafts)
        if self.case.hook == "order-select":
            context["selections"] = [f"{each['resourceType']}/{each['id']}" for each in self.drafts]
        return {"hook": self.case.hook, "hookInstance": INSTANCE, "context": context, "prefetch": dict(self.prefetch)}

    def drafted(self) -> dict[str, list[Resource]]:
        """Return the drafts by the parameter that logic reads them from."""
        names = dict.fromkeys(PARAMETERS[kind] for each in self.drafts if (kind := each["resourceType"]) in PARAMETERS)
        return {name: [each for each in self.drafts if PARAMETERS.get(each["resourceType"]) == name] for name in names}

    def parameters(self) -> dict[str, list[Any]]:
        """Return the values of the operation's parameters by name."""
        types = {key.name: key.types for key in KEYS}
        supplied = [
            {"key": [name], "descriptor": [{"type": kind} for kind in types[name]], "data": _present(value)}
            for name, value in self.prefetch.items()
        ]
        drafts = [{"name": name, "resource": each} for name, some in self.drafted().items() for each in some]
        logic = [{"resourceType": "Parameters", "parameter": drafts}] if drafts else []
        values: dict[str, list[Any]] = {
            "subject": [f"Patient/{self.case.patient_id}"],
            "prefetchData": supplied,
            "parameters": logic,
        }
        return {name: value for name, value in values.items() if value} | {"trace": [True]}


def prepared(case: Case, catalogue: Catalogue, repository: Repository) -> Prepared:
    """Return the request of `case`, its facts as FHIR; `repository` has the questionnaires that are answered."""
    facts = Facts(case, catalogue, repository)
    supplied: Mapping[str, Any] = {"patient": "", **case.value["supplied"]}
    issues = [*_date_issues(case), *_key_issues(case)]
    patient = facts.patient()
    answers = {name: _answer(facts, name, value, patient) for name, value in supplied.items() if value != "absent"}
    drafts = facts.resources(case.value.get("drafts", []), "drafts", drafted=True)
    return Prepared(case, answers, tuple(drafts), (*issues, *facts.issues))


def collection(resources: Iterable[Resource]) -> Resource:
    """Return a Bundle of type collection."""
    entries = [{"resource": each} for each in resources]
    return {"resourceType": "Bundle", "type": "collection", **({"entry": entries} if entries else {})}


def _answer(facts: Facts, name: str, value: Any, patient: Resource) -> Any:
    """Return what one prefetch key brings."""
    if value == "no-data":
        return None
    if value == "refused":
        return REFUSAL
    if name == "patient":
        return patient
    is_partial = value == "partial" or isinstance(value, dict)
    listed, path = (value.get("partial"), ".partial") if isinstance(value, dict) else (value, "")
    resources = facts.resources(listed, f"supplied.{name}{path}") if isinstance(listed, list) else []
    return _searchset(resources, name, is_partial=is_partial)


def _searchset(resources: list[Resource], name: str, *, is_partial: bool) -> Resource:
    """Return the answer to a search; what the key does not ask for first is included beside the matches."""
    asked = next((key.types[0] for key in KEYS if key.name == name), None)
    matches = [each["resourceType"] == asked or asked is None for each in resources]
    entries = [
        {"resource": each, "search": {"mode": "match" if is_match else "include"}}
        for each, is_match in zip(resources, matches, strict=True)
    ]
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset"}
    bundle |= {"link": [NEXT]} if is_partial else {"total": sum(matches)}
    return {**bundle, **({"entry": entries} if entries else {})}


def _date_issues(case: Case) -> Iterator[Issue]:
    if not is_day(case.value["date"]):
        text = f"'date' is {case.value['date']}, a day that no calendar has; correct it."
        yield Issue.error("value", "key-wrong", text, source=case.at("date"))


def _key_issues(case: Case) -> Iterator[Issue]:
    known = [key.name for key in KEYS]
    for name in case.value["supplied"]:
        if name not in known:
            hint = did_you_mean(name, known) or f"; the keys are {', '.join(known)}."
            text = f"No service asks for the prefetch key '{name}'{hint}"
            yield Issue.error("value", "case-key-unknown", text, source=case.at(f"supplied.{name}"))


def _present(value: Any) -> list[Any]:
    return [] if value is None else [value]
