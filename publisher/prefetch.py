"""Prefetch: which keys a hook service asks for, and what each answer to one is worth.

https://cds-hooks.hl7.org/2.0/#prefetch-template. Queries are wide: by patient, never by code, for a record may code
in a system that no query of ours would find. An answer is judged for what it may leave out before it is believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from publisher.expression.causes import Cause
from publisher.expression.context import DataContext, Supply
from publisher.intake import ANY_TYPE, HOLDERS, resources_of, take, type_of, unresolved_medicines
from publisher.r4 import definitions
from publisher.r4.shape import fits
from publisher.subject import OTHER
from publisher.versions import VERSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from publisher.expression.requirements import Requirement

Resource = dict[str, Any]

# What an entry of a search result mostly has, and why one may stand for more than it holds, the gravest first.
_USUAL = frozenset({"fullUrl", "resource", "search"})
_SEARCHES: tuple[Resource, ...] = ({"mode": "match"}, {"mode": "include"}, {"mode": "outcome"})
_SUBJECTS = ("patient", "subject")
_DOUBTS = ("nested", "malformed", "outcome-entry", "subsetted")

BESIDE = ("Medication",)  # comes with the prescriptions that refer to it


@dataclass(frozen=True, slots=True)
class Key:
    """A prefetch key: the type it is for, the types its answer covers whole, and its query."""

    name: str
    types: tuple[str, ...]
    query: str


@dataclass(frozen=True, slots=True)
class Settings:
    """How the record system searches: the name of its patient parameter, and whether it knows `_include`."""

    patient_parameter: str = "patient"
    include_medication: bool = True

    @property
    def keys(self) -> tuple[Key, ...]:
        """Return the table of keys."""
        patient = "{{context.patientId}}"
        of_patient = f"patient={patient}" if self.patient_parameter == "patient" else f"subject=Patient/{patient}"
        include = "&_include=MedicationRequest:medication" if self.include_medication else ""
        return (
            Key("patient", ("Patient",), f"Patient/{patient}"),
            Key("conditions", ("Condition",), f"Condition?{of_patient}"),
            Key("medications", ("MedicationRequest",), f"MedicationRequest?{of_patient}{include}"),
            Key("observations", ("Observation",), f"Observation?{of_patient}"),
            Key("orders", ("ServiceRequest",), f"ServiceRequest?{of_patient}"),
            Key("answers", ("QuestionnaireResponse",), f"QuestionnaireResponse?{of_patient}"),
        )


def keys_for(requirements: Iterable[Requirement], settings: Settings) -> tuple[Key, ...]:
    """Return the keys that cover `requirements`.

    A Medication is asked for beside the prescriptions that refer to it, never for its own sake.
    """
    types = {each.type for each in requirements}
    return tuple(key for key in settings.keys if key.types[0] in types)


def uncovered(requirements: Iterable[Requirement]) -> tuple[str, ...]:
    """Return the types among `requirements` that no key brings.

    Every query takes all of its type that the patient has, so it contains what any retrieve of that type filters out.
    """
    brought = {kind for key in Settings().keys for kind in (*key.types, *BESIDE)}
    return tuple(dict.fromkeys(each.type for each in requirements if each.type not in brought))


def context_of(
    prefetch: Mapping[str, Any],
    keys: Iterable[Key],
    patient_id: str,
    *,
    server: str | None = None,
    beside: Sequence[Resource] = (),
) -> DataContext:
    """Return what the answers to `keys` supply about one patient.

    A resource under any key is evidence of itself; only the key that covers its type closes a list. Resources
    `beside` the prefetch (drafts with their Medications) tell which medicine a draft is, and close nothing.
    """
    taken = take(prefetch.values(), patient_id, server=server)
    found: dict[str, list[Resource]] = {}
    for resource in taken.resources:
        found.setdefault(resource["resourceType"], []).append(resource)
    supplies, absent = {}, {}
    for key in keys:
        for kind in key.types:
            absent[kind] = Cause("not-supplied", kind, key.name, key.query, "key-absent")
            cause = _judge(prefetch, key, kind, patient_id) if key.name in prefetch else absent[kind]
            ours = tuple(found.pop(kind, ()))
            doubt = taken.doubts.get(kind) or (OTHER if not ours and is_of(prefetch.get(key.name), kind) else None)
            if cause is None and doubt:
                cause = Cause("partial", kind, key.name, key.query, doubt)
            supplies[kind] = Supply(ours, cause)
    for kind, resources in found.items():
        supplies[kind] = Supply(tuple(resources), Cause("not-supplied", kind))
    supplies["Medication"] = medicines([*taken.resources, *beside], taken.doubts)
    return DataContext(supplies, absent, others=taken.others)


def medicines(resources: Sequence[Resource], doubts: Mapping[str, str]) -> Supply:
    """Return the Medications among `resources`: closed where they answer every reference of a prescription."""
    held = tuple(each for each in resources if each["resourceType"] == "Medication")
    doubt = doubts.get("Medication")
    if any(unresolved_medicines(resources)):
        return Supply(held, Cause("unresolved", "Medication", reason=doubt))
    return Supply(held, Cause("partial", "Medication", reason=doubt) if doubt == VERSIONS else None)


def is_of(answer: Any, kind: str) -> bool:
    """Return whether an answer has anything of a type; where none is the patient's, it is somebody else's."""
    return any(each["resourceType"] == kind for each in resources_of(answer))


def _judge(prefetch: Mapping[str, Any], key: Key, kind: str, patient_id: str) -> Cause | None:
    """Return why the answer to `key` may leave something of type `kind` out, or None."""
    answer = prefetch[key.name]
    verdict = judge(answer, kind)
    if verdict is None and key.query and isinstance(answer, dict) and "link" in answer:
        reason = next(_unlike(answer["link"], key, kind, patient_id), None)
        verdict = ("partial", reason) if reason else None
    return Cause(verdict[0], kind, key.name, key.query, verdict[1]) if verdict else None


def _unlike(links: Iterable[Resource], key: Key, kind: str, patient_id: str) -> Iterator[str]:
    """Yield by the self links why another search was run than that of `key`: about others, or narrowed.

    A server tells there what it searched by: https://hl7.org/fhir/R4/search.html#conformance. What it adds of its own,
    such as pages, is no search parameter of R4 and narrows nothing.
    """
    for link in links:
        if link.get("relation") == "self":
            searched = str(link.get("url")).partition("?")[2]
            for part in searched.split("&"):
                name, _, value = (unquote(part) if "%" in part else part).partition("=")
                parameter = name.partition(":")[0].partition(".")[0]
                if parameter in _narrowing(kind, key.query):
                    yield "narrower"
                elif parameter in _SUBJECTS and value != patient_id and "identifier" not in name:
                    named = (each.rstrip("/").rpartition("/")[2] for each in value.split(","))
                    if patient_id not in named:
                        yield OTHER


@cache
def _narrowing(kind: str, query: str) -> frozenset[str]:
    """Return the search parameters by which an answer leaves out what `query` asks for."""
    codes = {each.code for each in definitions.search_parameters(kind)} | {"_has", "_list"}
    return frozenset(codes.difference(_SUBJECTS, (name for name, _ in parse_qsl(query.partition("?")[2]))))


def judge(value: Any, kind: str) -> tuple[str, str] | None:
    """Return (kind of cause, reason) for an answer that does not settle its key; None for one that does."""
    if value is None:
        return ("not-supplied", "null") if kind == "Patient" else None
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        return "refused", "malformed"
    if value["resourceType"] == "OperationOutcome":
        return "refused", "operation-outcome"
    if value["resourceType"] == "Bundle":
        return _judge_bundle(value, kind)
    if value["resourceType"] != kind:
        return "refused", "malformed"
    return None if kind == "Patient" else ("partial", "no-bundle")


def _judge_bundle(bundle: Resource, kind: str) -> tuple[str, str] | None:
    entries = bundle.get("entry", [])
    if not isinstance(entries, list):
        return "refused", "malformed"
    odd = [each for each in entries if not _is_usual(each)]
    if not _is_readable(bundle, odd):
        return "refused", "malformed"
    if "link" in bundle and any(str(link.get("relation")).strip().lower() == "next" for link in bundle["link"]):
        return "partial", "more-pages"
    doubts = {reason for each in odd for reason in _doubts(each)}
    if "meta" in bundle and _is_subsetted(bundle):
        doubts.add("subsetted")
    gravest = next((each for each in _DOUBTS if each in doubts), None) if doubts else None
    return ("partial", gravest) if gravest else _judge_matches(bundle, entries, kind)


def _is_usual(entry: Any) -> bool:
    """Return whether an entry has the shape that most have in a search result, and nothing in it raises a doubt."""
    return (
        type(entry) is dict
        and _USUAL.issuperset(entry)
        and type(resource := entry.get("resource")) is dict
        and type(kind := resource.get("resourceType")) is str
        and kind in _types_of_data()
        and ("meta" not in resource or not _is_subsetted(resource))
        and ("fullUrl" not in entry or type(entry["fullUrl"]) is str)
        and ("search" not in entry or entry["search"] in _SEARCHES)
    )


@cache
def _types_of_data() -> frozenset[str]:
    return frozenset(filter(definitions.is_resource, definitions.types("resource"))).difference(HOLDERS)


def _is_readable(bundle: Resource, odd: list[Any]) -> bool:
    """Return whether a Bundle has the shape of one, its resources left out, and each odd entry has a resource."""
    if not all(isinstance(each, dict) and isinstance(each.get("resource"), dict) for each in odd):
        return False
    without = [{name: part for name, part in each.items() if name != "resource"} for each in odd]
    return fits({**bundle, "entry": without})


def _doubts(entry: Resource) -> Iterator[str]:
    """Yield why an entry may stand for more than it holds."""
    resource = entry["resource"]
    kind = resource.get("resourceType")
    if kind == "Bundle":
        yield "nested"
    elif type_of(resource) == ANY_TYPE:
        yield "malformed"
    if (kind == "OperationOutcome" or "response" in entry) and _is_failure(entry):
        yield "outcome-entry"
    if "meta" in resource and _is_subsetted(resource):
        yield "subsetted"


def _judge_matches(bundle: Resource, entries: list[Resource], kind: str) -> tuple[str, str] | None:
    """Return what the matches of a searchset say against the total it claims and the type it was asked for."""
    kinds = []
    for each in entries:
        found = each["resource"].get("resourceType")
        mode = each["search"].get("mode") if "search" in each else None
        # As the entry says, else where it is no message and no medicine that came along.
        if mode == "match" if mode else found not in ("OperationOutcome", "Medication"):
            kinds.append(found)
    total = bundle.get("total", 0)
    if total < 0:
        return "refused", "malformed"
    if total > len(kinds):
        return "partial", "more-pages" if entries else "count-only"
    return ("partial", "other-content") if kinds and kind not in kinds else None


def _is_failure(entry: Resource) -> bool:
    """Return whether an entry tells of a failure: an outcome that is more than information, or a failed response."""
    resource, response = entry["resource"], entry.get("response")
    if response and str(response.get("status", "200"))[:1] in "45":
        return True
    if resource.get("resourceType") != "OperationOutcome":
        return False
    issues = _array(resource.get("issue"))
    return not issues or any(_object(issue).get("severity") != "information" for issue in issues)


def _is_subsetted(resource: Resource) -> bool:
    return any(_object(tag).get("code") == "SUBSETTED" for tag in _array(_object(resource.get("meta")).get("tag")))


def _object(value: Any) -> Resource:
    """Return a JSON object, or an empty one in the place of anything else."""
    return value if isinstance(value, dict) else {}


def _array(value: Any) -> list[Any]:
    """Return a JSON array, or an empty one in the place of anything else."""
    return value if isinstance(value, list) else []
