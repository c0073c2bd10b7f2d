"""Made-up patients of any topic, from what its own logic refers to: types, elements, value sets, questionnaires.

No clinical word stands here. A resource is of a type that the logic reads and has the elements that the logic reads, each
with a value that R4 allows: a code of the binding, a code of the topic's value sets or one that is in none, an answer
that the questionnaire offers. Some patients begin as a worked patient, with parts left out, changed and added, since by
chance alone few patients come far into the rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from publisher.apply.knowledge import actions_of, names_of
from publisher.cases.case import Case
from publisher.cases.finding import Runner
from publisher.cases.request import KEYS, NEXT, REFUSAL, Prepared
from publisher.expression.requirements import Walk
from publisher.hook_discovery import hook_of
from publisher.hook_request import CONTEXTS, DRAFTED
from publisher.intake import resources_of
from publisher.proof.declared import declared
from publisher.r4.definitions import children, is_resource, value_set
from publisher.source.yaml import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from publisher.apply.knowledge import Knowledge
    from publisher.cases.finding import Found
    from publisher.proof.declared import Gate
    from publisher.r4.elements import Child
    from publisher.repository import Artifact

Resource = dict[str, Any]

PATIENT = "made-up"
DAY = "2026-11-22"
NOWHERE = parse(b"[]", file="made-up.yaml")
NOT_MADE = frozenset({"id", "resourceType", "subject", "patient", "contained", "extension", "identifier", "text"})
DATES = ("2026-11-20", "2026-10", "2026", "2025-03-01", "2026-11-21T08:00:00+01:00", "2027-02-01")
UNITS = ("g/L", "mmol/L", "1")
MOST = 6


@dataclass(frozen=True)
class World:
    """A topic with what applies it; `folder` is where its sources stand."""

    topic: str
    folder: Path
    knowledge: Knowledge
    runners: dict[tuple[str, ...], Runner] = field(default_factory=dict, repr=False)
    worked: tuple[Prepared, ...] = field(default=(), repr=False)
    read: dict[str, dict[str, dict[str, None]]] = field(default_factory=dict, repr=False)

    @cached_property
    def plans(self) -> dict[str, Artifact]:
        """Return the hook-level plans by hook."""
        plans = self.knowledge.repository.of_type("PlanDefinition")
        return {str(hook): plan for plan in plans if plan.topic == self.topic and (hook := hook_of(plan)) in CONTEXTS}

    @cached_property
    def gate(self) -> Gate | None:
        """Return the gate that the topic declares."""
        return declared(self.folder).gate

    @cached_property
    def codes(self) -> dict[str, list[Resource]]:
        """Return the codings of the topic's value sets by their address, and under `` those of all."""
        found: dict[str, list[Resource]] = {"": []}
        for each in self.knowledge.repository.of_type("ValueSet"):
            contains = each.resource.get("expansion", {}).get("contains", ())
            found[str(each.canonical.url)] = [{"system": one["system"], "code": one["code"]} for one in contains]
            if each.topic == self.topic:
                found[""] += found[str(each.canonical.url)]
        return found

    def elements(self, plan: Artifact) -> dict[str, dict[str, None]]:
        """Return the elements that the logic of a plan reads, by resource type; found once."""
        if plan.id not in self.read:
            self.read[plan.id] = self._elements(plan)
        return self.read[plan.id]

    def _elements(self, plan: Artifact) -> dict[str, dict[str, None]]:
        walk = Walk()
        for owner, name in self._named(plan, {plan.id}):
            for library in self.knowledge.libraries_of(owner):
                if name in library:
                    walk.definition(library, name)
        found = {kind: dict(names) for kind, names in walk.elements.items() if is_resource(kind)}
        for each in walk.requirements():
            names = [each.code_path.partition(".")[0]] if each.code_path else []
            found.setdefault(each.type, {}).update(dict.fromkeys(names))
        return found

    def _named(self, plan: Artifact, seen: set[str]) -> Iterator[tuple[Artifact, str]]:
        """Yield the definitions that a plan and those it leads to name, with the plan."""
        for action in actions_of(plan.resource):
            yield from ((plan, name) for name in names_of(action))
            nested = self.knowledge.repository.resolve(action.get("definitionCanonical", ""))
            if nested is not None and nested.type == "PlanDefinition" and nested.id not in seen:
                seen.add(nested.id)
                yield from self._named(nested, seen)

    def value_sets(self, plan: Artifact, kind: str) -> list[str]:
        """Return the value sets that resources of a type are filtered by."""
        needs = self.knowledge.requirements(plan)
        return list(dict.fromkeys(one.value_set for one in needs if one.type == kind and one.value_set))

    def case(self, hook: str, *, apply: bool = False) -> Case:
        """Return a case about the patient: a hook, or its plan applied."""
        question = {"apply": f"PlanDefinition/{self.plans[hook].id}"} if apply else {"hook": hook}
        return Case(self.topic, NOWHERE, "", {"id": PATIENT, "date": DAY, **question})

    def ask(self, hook: str, record: Record, *, apply: bool = False, languages: tuple[str, ...] = ("sv",)) -> Found:
        """Return what comes of a record, at a hook or by `$apply` of its plan."""
        if languages not in self.runners:
            self.runners[languages] = Runner(self.knowledge, languages)
        prepared = Prepared(self.case(hook, apply=apply), record.prefetch(), record.drafts, ())
        return self.runners[languages].run(prepared)


@dataclass(frozen=True)
class Record:
    """What is known of a patient, by prefetch key: a list, or what came instead of one."""

    supplied: dict[str, Any]
    drafts: tuple[Resource, ...] = ()

    def prefetch(self) -> Resource:
        """Return the prefetch of a request."""
        return {name: value for name, value in self.supplied.items() if value is not None}

    def changed(self, **supplied: Any) -> Record:
        """Return the record with other answers to some keys; None where one was not asked."""
        return Record({**self.supplied, **supplied}, self.drafts)


def searchset(resources: Iterable[Resource], *, partial: bool = False) -> Resource:
    """Return the answer to a search."""
    listed = list(resources)
    matches = [each["resourceType"] != "Medication" for each in listed]
    entries = [
        {"resource": each, "search": {"mode": "match" if match else "include"}}
        for each, match in zip(listed, matches, strict=True)
    ]
    rest: Resource = {"link": [NEXT]} if partial else {"total": sum(matches)}
    return {"resourceType": "Bundle", "type": "searchset", **rest, **({"entry": entries} if entries else {})}


def resources_in(value: Any) -> list[Resource]:
    """Return the resources of an answer to a search."""
    return [each["resource"] for each in value.get("entry", ())] if isinstance(value, dict) else []


def of_made_up(resource: Resource) -> Resource:
    """Return a resource of a worked patient as one of the made-up one."""
    subject = {"reference": f"Patient/{PATIENT}"}
    same = {name: subject for name in ("subject", "patient") if name in resource}
    return {**resource, **same, **({"id": PATIENT} if resource["resourceType"] == "Patient" else {})}


@st.composite
def records(draw: st.DrawFn, world: World, hook: str) -> Record:
    """Return a record in which every key that the plan of a hook asks for was answered whole."""
    plan = world.plans[hook]
    kinds = sorted(set(world.elements(plan)) & {kind for key in KEYS for kind in key.types} - {"Patient"})
    chosen = draw(st.lists(st.sampled_from(kinds), max_size=MOST)) if kinds else []
    made = [draw(resource(world, plan, kind, f"{kind.lower()}-{index}")) for index, kind in enumerate(chosen)]
    worked = draw(st.sampled_from([None, *(one for one in world.worked if one.case.hook == hook)]))
    patient = draw(resource(world, plan, "Patient", PATIENT))
    if worked is not None:
        known = [of_made_up(each) for value in worked.prefetch.values() for each in resources_of(value)]
        patient = next((each for each in known if each["resourceType"] == "Patient"), patient)
        kept = [each for each in known if each["resourceType"] != "Patient" and draw(st.integers(0, 7))]
        made += [draw(altered(world, plan, each)) for each in kept]
    supplied: dict[str, Any] = {"patient": patient}
    for key in KEYS:
        if key.name != "patient":
            beside = {"Medication"} if "MedicationRequest" in key.types else set()
            supplied[key.name] = searchset(each for each in made if each["resourceType"] in {*key.types, *beside})
    drafts: list[Resource] = []
    if hook in DRAFTED:
        kind = DRAFTED[hook][1]
        drafts = [draw(altered(world, plan, of_made_up(each))) for each in (worked.drafts if worked else ())]
        more = draw(st.integers(0 if drafts else 1, 1))
        drafts += [draw(resource(world, plan, kind, f"draft-{index}")) for index in range(more)]
    return Record(supplied, tuple(map(_of_some_medicine, drafts)))


def _of_some_medicine(drafted: Resource) -> Resource:
    """Return a draft that says which medicine it is of, be it in words: one that does not is refused."""
    if drafted["resourceType"] != "MedicationRequest" or any(name.startswith("medication") for name in drafted):
        return drafted
    return {**drafted, "medicationReference": {"display": "words"}}


@st.composite
def altered(draw: st.DrawFn, world: World, plan: Artifact, known: Resource) -> Resource:
    """Return a resource of a worked patient, most often as it is, else with one element as in a made-up one."""
    if draw(st.integers(0, 3)):
        return known
    other = draw(resource(world, plan, known["resourceType"], known["id"]))
    name = draw(st.sampled_from(sorted(set(known) - NOT_MADE) or ["id"]))
    rest = {key: value for key, value in known.items() if key != name}
    return {**rest, **({name: other[name]} if name in other else {})}


@st.composite
def resource(draw: st.DrawFn, world: World, plan: Artifact, kind: str, name: str) -> Resource:
    """Return a resource of a type with some of the elements that the logic reads, most of them most often."""
    made: Resource = {"resourceType": kind, "id": name}
    subject = next((each for each in ("subject", "patient") if each in children(kind)), None)
    if subject:
        made[subject] = {"reference": f"Patient/{PATIENT}"}
    if kind == "QuestionnaireResponse":
        return {**made, **draw(answers(world)), "status": "completed", "authored": draw(st.sampled_from(DATES))}
    for element in sorted(world.elements(plan).get(kind, {})):
        if element not in NOT_MADE and draw(st.integers(0, 5)):
            options = [child for child in children(kind).values() if child.element.name == element]
            options = [child for child in options if child.type.code in MAKERS]
            if options:
                child = draw(st.sampled_from(options))
                value = draw(MAKERS[child.type.code](world, plan, kind, child))
                made[child.key] = [value] if child.element.is_list else value
    return made


@st.composite
def answers(draw: st.DrawFn, world: World) -> Resource:
    """Return answers to one of the topic's questionnaires."""
    own = [one for one in world.knowledge.repository.of_type("Questionnaire") if one.topic == world.topic]
    if not own:
        return {}
    questionnaire = draw(st.sampled_from(own))
    items = [draw(item(world, each)) for each in questionnaire.resource.get("item", ()) if draw(st.booleans())]
    return {"questionnaire": str(questionnaire.canonical), "item": [each for each in items if each]}


@st.composite
def item(draw: st.DrawFn, world: World, asked: Resource) -> Resource:
    """Return the answer to one item and those below it."""
    answered: Resource = {"linkId": asked["linkId"]}
    below = [draw(item(world, each)) for each in asked.get("item", ()) if draw(st.booleans())]
    if below := [each for each in below if each]:
        answered["item"] = below
    options = list(_options(world, asked))
    if options:
        answered["answer"] = [draw(st.sampled_from(options))]
    return answered if len(answered) > 1 else {}


def _options(world: World, asked: Resource) -> Iterator[Resource]:
    """Yield what may be answered to an item."""
    for each in asked.get("answerOption", ()):
        yield {name: value for name, value in each.items() if name.startswith("value")}
    for coding in world.codes.get(str(asked.get("answerValueSet", "")).partition("|")[0], ()):
        yield {"valueCoding": coding}
    plain: dict[str, list[Resource]] = {
        "boolean": [{"valueBoolean": True}, {"valueBoolean": False}],
        "integer": [{"valueInteger": number} for number in (0, 1, 12, 30)],
        "date": [{"valueDate": day} for day in ("2026-11-20", "2027-02-01")],
        "string": [{"valueString": "words"}],
        "text": [{"valueString": "words"}],
    }
    yield from plain.get(asked["type"], ())


def _concept(world: World, plan: Artifact, kind: str, child: Child) -> st.SearchStrategy[Resource]:
    """Return codes of the binding where it lists all, else those that resources of the type are filtered by."""
    bound = _bound(child)
    own = [code for url in world.value_sets(plan, kind) for code in world.codes.get(url, ())]
    wanted = bound if bound and child.element.name != "code" else [*own, *own, *world.codes[""]]
    unknown: list[Resource] = [{"code": "none-such"}, {"system": "https://elsewhere.example", "code": "none-such"}]
    known = [{**wanted[0], "code": "none-such"}] if wanted else []
    codings = st.sampled_from([*wanted, *wanted, *known, *unknown])
    return st.one_of(codings.map(lambda one: {"coding": [one]}), st.just({"text": "words"}))


def _bound(child: Child) -> list[Resource]:
    binding = child.element.binding
    found = value_set(binding.value_set) if binding else None
    if found is None:
        return []
    listed = [(system, code) for system, codes in found.systems.items() if codes for code in codes]
    return [{"system": system, "code": code} for system, code in sorted(listed)[:40]]


def _code(_world: World, _plan: Artifact, _kind: str, child: Child) -> st.SearchStrategy[str]:
    return st.sampled_from([one["code"] for one in _bound(child)] or ["none-such"])


def _date(_world: World, _plan: Artifact, _kind: str, child: Child) -> st.SearchStrategy[str]:
    birth = ("1950-02-03", "1990", "2015-06", "2026-11-01")
    days = [day for day in DATES if "T" not in day]
    if child.type.code == "date":
        return st.sampled_from(birth if child.key == "birthDate" else days)
    return st.sampled_from(DATES)


def _quantity(_world: World, _plan: Artifact, _kind: str, _child: Child) -> st.SearchStrategy[Resource]:
    def made(value: int, unit: str, comparator: str | None) -> Resource:
        rest = {"comparator": comparator} if comparator else {}
        return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit, **rest}

    comparators = st.sampled_from([None, None, None, "<", ">"])
    return st.builds(made, st.integers(0, 300), st.sampled_from(UNITS), comparators)


def _range(world: World, plan: Artifact, kind: str, child: Child) -> st.SearchStrategy[Resource]:
    if child.element.name != "referenceRange":
        return st.just({})
    plain = _quantity(world, plan, kind, child).map(lambda one: {k: v for k, v in one.items() if k != "comparator"})
    return st.fixed_dictionaries({}, optional={"low": plain, "high": plain})


MAKERS: dict[str, Any] = {
    "CodeableConcept": _concept,
    "code": _code,
    "boolean": lambda *_: st.booleans(),
    "date": _date,
    "dateTime": _date,
    "instant": lambda *_: st.just("2026-11-21T08:00:00+01:00"),
    "Quantity": _quantity,
    "BackboneElement": _range,
}


@st.composite
def losses(draw: st.DrawFn, record: Record) -> Record:
    """Return a record with less in it: keys not asked or refused, and answers of which only a page came."""
    kept: dict[str, Any] = {}
    for name, value in record.supplied.items():
        how = draw(st.sampled_from(["kept", "absent", "refused", "page"]))
        listed = resources_in(value)
        if how == "page" and name != "patient":
            some = [each for each in listed if draw(st.booleans())]
            kept[name] = searchset(some, partial=True)
        else:
            kept[name] = {"absent": None, "refused": REFUSAL}.get(how, value)
    return Record(kept, record.drafts)
