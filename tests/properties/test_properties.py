"""What holds of every topic for whatever patient: the properties that an evaluation keeps.

Monotone gate; what is irrelevant changes nothing; order does not matter; losing data never flips a decision; a page of
an answer gives the same or says that it is partial; the languages have one structure; `$apply` and hook agree.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from publisher.extension import EVALUATION_MODE, value_of
from publisher.intake import resources_of
from tests.properties.conftest import ASKED, WORLDS, named
from tests.properties.patients import PATIENT, Record, World, losses, of_made_up, records, resources_in, searchset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.apply.tree import AppliedAction, AppliedPlan
    from publisher.cases.finding import Found

OK = 200
EVERYWHERE = pytest.mark.parametrize(("world", "hook"), ASKED, ids=named)


def states(found: Found) -> dict[str, str]:
    """Return what each action came to, those apart that read what is missing as no."""
    assert found.applied is not None
    return {one.id: one.decision.state for one in _tracked(found.applied)}


def _tracked(applied: AppliedPlan) -> Iterator[AppliedAction]:
    for action in applied.actions:
        yield from _below(action)


def _below(action: AppliedAction) -> Iterator[AppliedAction]:
    if value_of(action.action, EVALUATION_MODE) == "plain":
        return
    yield action
    for child in action.children:
        yield from _below(child)
    if action.plan is not None:
        yield from _tracked(action.plan)


def bodies(found: Found) -> str:
    """Return all that is answered, in every language."""
    return json.dumps({name: [one.status, one.body] for name, one in found.answers.items()}, default=str)


@EVERYWHERE
def test_made_up_patients_come_to_more_than_one_decision(world: World, hook: str) -> None:
    seen: set[str] = set()

    @settings(max_examples=25)
    @given(records(world, hook))
    def look(record: Record) -> None:
        seen.update(states(world.ask(hook, record)).values())

    look()
    assert len(seen) > 1


@EVERYWHERE
@given(data=st.data())
def test_the_order_of_entries_never_matters(world: World, hook: str, data: st.DataObject) -> None:
    record = data.draw(records(world, hook))
    turned = {
        name: searchset(data.draw(st.permutations(resources_in(value))))
        for name, value in record.supplied.items()
        if name != "patient"
    }
    first, second = world.ask(hook, record), world.ask(hook, record.changed(**turned))
    assert states(first) == states(second)
    assert first.answer.made == second.answer.made


@EVERYWHERE
@given(data=st.data())
def test_an_irrelevant_resource_changes_nothing(world: World, hook: str, data: st.DataObject) -> None:
    record = data.draw(records(world, hook))
    read = world.elements(world.plans[hook])
    other = next(kind for kind in ("Immunization", "AllergyIntolerance", "Procedure") if kind not in read)
    subject = {"reference": f"Patient/{PATIENT}"}
    extra = {"resourceType": other, "id": "extra", "patient": subject, "subject": subject}
    extra.pop("subject" if other != "Procedure" else "patient")
    more = record.changed(more=searchset([extra]))
    assert bodies(world.ask(hook, record)) == bodies(world.ask(hook, more))


@EVERYWHERE
@given(data=st.data())
def test_losing_data_never_flips_a_decision(world: World, hook: str, data: st.DataObject) -> None:
    record = data.draw(records(world, hook))
    whole, rest = states(world.ask(hook, record)), states(world.ask(hook, data.draw(losses(record))))
    for action, state in rest.items():
        if state == "applied":
            assert whole.get(action) == "applied", action
        elif state == "not-applied":
            assert whole.get(action, "not-applied") == "not-applied", action


@EVERYWHERE
@given(data=st.data())
def test_a_page_of_an_answer_gives_the_same_or_says_so(world: World, hook: str, data: st.DataObject) -> None:
    record = data.draw(records(world, hook))
    name = data.draw(st.sampled_from(sorted(set(record.supplied) - {"patient"})))
    listed = resources_in(record.supplied[name])
    page = searchset(listed[: data.draw(st.integers(0, len(listed)))], partial=True)
    whole, part = world.ask(hook, record), world.ask(hook, record.changed(**{name: page}))
    if states(whole) != states(part):
        assert part.applied is not None
        causes = [cause for one in part.applied.walk() for cause in one.decision.causes]
        assert {("partial", name)} & {(cause.kind, cause.key) for cause in causes}


@EVERYWHERE
@given(data=st.data())
def test_the_languages_have_one_structure(world: World, hook: str, data: st.DataObject) -> None:
    found = world.ask(hook, data.draw(losses(data.draw(records(world, hook)))), languages=("sv", "en"))
    first, *others = (_shape(answer.body) for answer in found.answers.values())
    assert others
    assert all(other == first for other in others)


def _shape(value: Any) -> Any:
    """Return a body without its words: the keys, the lengths of lists, and what is no text."""
    if isinstance(value, dict):
        return {key: _shape(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_shape(part) for part in value]
    return "" if isinstance(value, str) else value


@EVERYWHERE
@given(data=st.data())
def test_apply_and_hook_agree_on_the_same_patient(world: World, hook: str, data: st.DataObject) -> None:
    record = data.draw(losses(data.draw(records(world, hook))))
    # Parameters have no way to say that a list is empty: without a draft that the logic reads, `$apply` is not told so.
    read = [one for one in record.drafts if one["resourceType"] in ("MedicationRequest", "Condition")]
    assume(hook == "patient-view" or read)
    called, applied = world.ask(hook, record), world.ask(hook, record, apply=True)
    assert states(called) == states(applied)
    traced = [one.action for one in applied.answer.made]
    assert called.applied is not None
    assert traced == [one.id for one in called.applied.walk() if one.decision.state == "applied"]


@dataclass(frozen=True)
class Evidence:
    """A worked patient at whom the gate is shut, and the one resource, under its key, without which it is open."""

    rest: dict[str, list[dict[str, Any]]]
    key: str
    resource: dict[str, Any]


def evidence(world: World) -> Iterator[Evidence]:
    """Yield what shuts the gate of a topic at its worked patients, where all else stays as it was."""
    for prepared in world.worked:
        hook = prepared.case.hook
        if hook not in world.plans or world.gate is None:
            continue
        prefetch = prepared.prefetch
        listed = {name: list(map(of_made_up, resources_of(prefetch[name]))) for name in prefetch if name != "patient"}
        patient = {"patient": {"resourceType": "Patient", "id": PATIENT}}
        if states(world.ask(hook, Record({**patient, **_answered(listed)}))).get(world.gate.action) != "applied":
            continue
        for key, resources in listed.items():
            for one in resources:
                rest = {**listed, key: [each for each in resources if each is not one]}
                without = states(world.ask(hook, Record({**patient, **_answered(rest)})))
                if without.get(world.gate.action) in ("not-applied", "undetermined"):
                    yield Evidence(rest, key, {**one, "id": "added"})


def _answered(resources: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    return {key: searchset(listed) for key, listed in resources.items()}


EVIDENCE = {world.topic: list(evidence(world)) for world in WORLDS if world.gate}
GATED = [
    (world, hook) for world, hook in ASKED if EVIDENCE.get(world.topic) and hook not in ("order-select", "order-sign")
]


def test_there_is_a_gate_to_look_at() -> None:
    assert GATED
    assert EVIDENCE["example-sneeze"]
    assert {world.topic for world in WORLDS} >= {"example-sneeze"}


@pytest.mark.parametrize(("world", "hook"), GATED, ids=named)
@given(data=st.data())
def test_the_gate_adds_nothing_but_its_own_action(world: World, hook: str, data: st.DataObject) -> None:
    assert world.gate is not None
    shuts = data.draw(st.sampled_from(EVIDENCE[world.topic]))
    made = data.draw(records(world, hook))
    names = set(made.supplied) - {"patient"}
    before = {name: [*resources_in(made.supplied[name]), *shuts.rest.get(name, ())] for name in names}
    after = {**before, shuts.key: [*before[shuts.key], shuts.resource]}
    first = states(world.ask(hook, made.changed(**_answered(before))))
    second = states(world.ask(hook, made.changed(**_answered(after))))
    assume(second.get(world.gate.action) == "applied")
    came = {action for action, state in second.items() if state == "applied"}
    had = {action for action, state in first.items() if state == "applied"}
    assert came - had <= {world.gate.action, *_around(world, hook)}


def _around(world: World, hook: str) -> set[str]:
    """Return the actions above the gate's and below it."""
    found: set[str] = set()
    pending = [((), action) for action in world.plans[hook].resource.get("action", ())]
    while pending:
        above, action = pending.pop()
        nested = world.knowledge.repository.resolve(action.get("definitionCanonical", ""))
        inner = nested.resource.get("action", ()) if nested and nested.type == "PlanDefinition" else ()
        if world.gate and (action["id"] == world.gate.action or world.gate.action in above):
            found |= {*above, action["id"]}
        pending += [((*above, action["id"]), each) for each in (*action.get("action", ()), *inner)]
    return found
