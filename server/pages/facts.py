"""The facts of a made-up patient as the rows of a form, and a request as the form changed it.

The request is the state: a row is a view of one resource in it, and it travels in the form, so that nothing is kept.
https://cds-hooks.hl7.org/2.0/#calling-a-cds-service
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from publisher.hook_request import DRAFTED
from publisher.prefetch import Settings as Prefetch
from server.pages.fact_elements import words_of
from server.pages.fact_field import Field, UnfitError
from server.pages.fact_fields import fields_of
from server.pages.fact_words import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publisher.repository import Repository
    from server.pages.fact_codes import Codes

    Resource = dict[str, Any]

DRAFTS: Final = "drafts"
MOST_ROWS: Final = 100  # of one key; what is beyond them is seen and changed as JSON
_KINDS: Final[Mapping[str, str]] = {key.name: key.types[0] for key in Prefetch().keys}
_CONDITION: Final = "http://terminology.hl7.org/CodeSystem/condition-"
# What a new fact of each type says, until a person says otherwise.
_USUAL: Final[Mapping[str, Resource]] = {
    "Condition": {
        "clinicalStatus": {"coding": [{"system": f"{_CONDITION}clinical", "code": "active"}]},
        "verificationStatus": {"coding": [{"system": f"{_CONDITION}ver-status", "code": "confirmed"}]},
    },
    "MedicationRequest": {"status": "active", "intent": "order"},
    "Observation": {"status": "final"},
    "QuestionnaireResponse": {"status": "completed"},
    "ServiceRequest": {"status": "active", "intent": "order"},
}
_CODE: Final[Mapping[str, str]] = {"MedicationRequest": "medicationCodeableConcept"}
_DATE: Final[Mapping[str, str]] = {
    "MedicationRequest": "authoredOn",
    "Observation": "effectiveDateTime",
    "QuestionnaireResponse": "authored",
    "ServiceRequest": "authoredOn",
}


class Unfit(NamedTuple):
    """What was written into a field of the form and cannot stand there; the field has no name where it moved."""

    field: str
    label: str
    written: str


@dataclass(frozen=True, slots=True)
class Facts:
    """The rows of one request, in one language; `day` is when the question is asked."""

    codes: Codes
    repository: Repository
    questionnaires: tuple[str, ...]
    language: str
    day: str

    def rows(self, request: Resource, place: str) -> list[dict[str, Any]]:
        """Return a row for each resource of a prefetch key, or of the drafts, up to `MOST_ROWS`."""
        shown = resources_in(request, place)[:MOST_ROWS]
        return [self._row(each, f"{place}.{index}") for index, each in enumerate(shown)]

    def _row(self, resource: Resource, name: str) -> dict[str, Any]:
        groups = self._groups(resource, name)
        questions = [field["value"] for group, some in groups for field in some if field["asked"]]
        counts = {"questions": len(questions), "answered": len(list(filter(None, questions)))}
        return {"id": name, "words": words_of(resource), "groups": groups, **counts}

    def kind_of(self, request: Resource, place: str) -> str | None:
        """Return the type of what may be added to a place; None where nothing can be."""
        if place == DRAFTS:
            return DRAFTED[str(request.get("hook"))][1] if str(request.get("hook")) in DRAFTED else None
        kind = _KINDS.get(place)
        if kind == "Patient" or (kind == "QuestionnaireResponse" and not self.questionnaires):
            return None
        return kind

    def changed(self, request: Resource, form: Mapping[str, str], places: list[str]) -> tuple[Resource, list[Unfit]]:
        """Return the request as the form has it, and what was written that cannot stand."""
        made = copy.deepcopy(request)
        unfit = [each for place in places for each in self._write(made, place, form)]
        verb, _, target = form.get("do", "").partition(" ")
        if verb == "remove":
            _remove(made, *target.rsplit(".", 1))
            unfit = [each._replace(field="") for each in unfit]  # the rows after it have other numbers now
        for place in places:
            wants = form.get(f"new.{place}", "").strip()
            kind = self.kind_of(made, place)
            if kind and (wants or (verb, target, kind) == ("add", place, "QuestionnaireResponse")):
                _add(made, place, self._new(made, kind, wants, is_draft=place == DRAFTS))
        return made, unfit

    def _write(self, request: Resource, place: str, form: Mapping[str, str]) -> Iterator[Unfit]:
        for index, resource in enumerate(resources_in(request, place)[:MOST_ROWS]):
            for field in self._fields(resource):
                name = f"{place}.{index}.{field.name}"
                written = form.get(name, "").strip()
                if written == field.read(resource):
                    continue
                try:
                    field.change(resource, written)
                except UnfitError:
                    yield Unfit(name, label_of(field, self.language), written)

    def _fields(self, resource: Resource) -> list[Field]:
        kind = str(resource.get("resourceType"))
        named = str(resource.get("questionnaire"))
        held = self.repository.resolve(named) if kind == "QuestionnaireResponse" else None
        return fields_of(resource, held.resource if held else None, self._find, self.language)

    def _find(self, kind: str, written: str) -> Resource:
        return self.codes.find(kind, written, self.language)

    def _groups(self, resource: Resource, name: str) -> list[tuple[str, list[dict[str, Any]]]]:
        """Return the fields of a row by the group that their questions stand in."""
        groups: dict[str, list[dict[str, Any]]] = {}
        words = WORDS[self.language]
        for field in self._fields(resource):
            value = field.read(resource)
            extra = [value] if value and value not in field.choices else []
            shown = {
                "id": f"{name}.{field.name}",
                "label": label_of(field, self.language),
                "kind": field.kind,
                "value": value,
                "choices": [(each, words.get(each, each)) for each in (*field.choices, *extra)],
                "offered": field.offered,
                "asked": bool(field.label),
                "wordy": field.kind == "code" and bool(value) and not field.is_coded(resource),
            }
            groups.setdefault(field.group, []).append(shown)
        return list(groups.items())

    def _new(self, request: Resource, kind: str, written: str, *, is_draft: bool) -> Resource:
        """Return a fact that is added."""
        context = request.get("context")
        patient = str(context.get("patientId") if isinstance(context, dict) else "").removeprefix("Patient/")
        resource: Resource = {
            "resourceType": kind,
            "id": _free_id(request, kind),
            **copy.deepcopy(_USUAL.get(kind, {})),
        }
        if is_draft and "intent" in resource:
            resource["status"] = "draft"
        if kind == "QuestionnaireResponse":
            resource["questionnaire"] = self.questionnaires[0]
        else:
            resource[_CODE.get(kind, "code")] = self._find(kind, written)
        resource["subject"] = {"reference": f"Patient/{patient}"}
        return resource | ({_DATE[kind]: self.day} if kind in _DATE else {})


def resources_in(request: Resource, place: str) -> list[Resource]:
    """Return the resources of a prefetch key or of the drafts, those of the request itself."""
    value = _bundle(request, place)
    if not isinstance(value, dict):
        return []
    if value.get("resourceType") != "Bundle":
        return [value] if value.get("resourceType") not in (None, "OperationOutcome") else []
    entries = value.get("entry")
    found = [each.get("resource") for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []
    return [each for each in found if isinstance(each, dict)]


def label_of(field: Field, language: str) -> str:
    """Return the words of a field: its question, else those of its element, wherever it stands."""
    words, last = WORDS[language], field.name.rpartition(".")[2]
    element = field.name if field.name in words else field.name.partition(".")[0] if last.isdigit() else last
    return field.label or words[element]


def _bundle(request: Resource, place: str) -> Any:
    if place != DRAFTS:
        prefetch = request.get("prefetch")
        return prefetch.get(place) if isinstance(prefetch, dict) else None
    context, member = request.get("context"), DRAFTED.get(str(request.get("hook")))
    return context.get(member[0]) if isinstance(context, dict) and member else None


def _free_id(request: Resource, kind: str) -> str:
    places = [*(request.get("prefetch") or ()), DRAFTS]
    used = {str(each.get("id")) for place in places for each in resources_in(request, place)}
    number = 1
    while f"{kind.lower()}-new-{number}" in used:
        number += 1
    return f"{kind.lower()}-new-{number}"


def _add(request: Resource, place: str, resource: Resource) -> None:
    entry: Resource = {"resource": resource}
    if place == DRAFTS:
        member = DRAFTED[str(request["hook"])][0]
        context = request["context"] = request["context"] if isinstance(request.get("context"), dict) else {}
        if not isinstance(context.get(member), dict):
            context[member] = {"resourceType": "Bundle", "type": "collection"}
        bundle = context[member]
        if isinstance(context.get("selections"), list):
            context["selections"].append(f"{resource['resourceType']}/{resource['id']}")
    else:
        bundle = _bundle(request, place)
        if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
            bundle = {"resourceType": "Bundle", "type": "searchset", "total": 0}
            request.setdefault("prefetch", {})[place] = bundle
        entry["search"] = {"mode": "match"}
    if not isinstance(bundle.get("entry"), list):
        bundle["entry"] = []
    bundle["entry"].append(entry)
    _count(bundle)


def _remove(request: Resource, place: str, index: str = "") -> None:
    bundle, resources = _bundle(request, place), resources_in(request, place)
    gone = next((each for number, each in enumerate(resources) if str(number) == index), bundle)
    if gone is bundle:
        return
    kept = [each for each in bundle["entry"] if not isinstance(each, dict) or each.get("resource") is not gone]
    bundle.pop("entry")
    if kept:
        bundle["entry"] = kept
    _count(bundle)
    context = request.get("context")
    selections = context.get("selections") if isinstance(context, dict) and place == DRAFTS else None
    if isinstance(context, dict) and isinstance(selections, list):
        context["selections"] = [each for each in selections if each != f"{gone.get('resourceType')}/{gone.get('id')}"]


def _count(bundle: Resource) -> None:
    """Let the total of a searchset be what it holds; what was included beside the matches does not count."""
    if "total" in bundle:
        searches = [each.get("search") for each in bundle.get("entry", ()) if isinstance(each, dict)]
        bundle["total"] = sum(not isinstance(each, dict) or each.get("mode") != "include" for each in searches)
