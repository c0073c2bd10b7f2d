"""Requests with random damage get an answer, never a failure of ours."""

from __future__ import annotations

import copy
import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from publisher.apply.call import Caller
from publisher.apply.operation import apply_operation
from publisher.issue import IssueError
from tests.artifacts.conftest import NOW, ROOT

if TYPE_CHECKING:
    from publisher.apply.knowledge import Knowledge
    from publisher.hooks import HookServices

EXAMPLES = ROOT / "docs" / "examples"
JUNK: list[Any] = [None, True, 0, -1, "", "x", "Patient/", "#", [], {}, [[]], [None], {"resourceType": "Patient"}]
JUNK += [{"resourceType": 3}, {"coding": {}}, {"reference": {}}, {"entry": [{"resource": []}]}]
ROUNDS = 400


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every node below `value`."""
    found = []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        found.append((*path, key))
        found.extend(places(child, (*path, key)))
    return found


def damaged(request: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return a copy of `request` with one to three nodes replaced or taken out."""
    result = copy.deepcopy(request)
    for _ in range(chance.randint(1, 3)):
        path = chance.choice(places(result) or [()])
        if not path:
            break
        holder: Any = result
        for key in path[:-1]:
            holder = holder[key]
        if chance.random() < 0.3:
            del holder[path[-1]]
        else:
            holder[path[-1]] = copy.deepcopy(chance.choice(JUNK))
    return result


def request_of(name: str) -> dict[str, Any]:
    request: dict[str, Any] = json.loads((EXAMPLES / name / "request.json").read_text("utf-8"))
    return request


@pytest.mark.parametrize(
    "name",
    ["thiazide-and-statin", "clot-suspected", "quinine-for-cramp", "quinine-without-a-reason", "medications-refused"],
)
def test_a_damaged_hook_request_is_answered_or_refused(services: HookServices, name: str) -> None:
    chance, request = random.Random(name), request_of(name)
    for _ in range(ROUNDS):
        hurt = damaged(request, chance)
        answer = services.call(f"leg-cramps-{request['hook']}", hurt, chance.choice(["sv", "en"]))
        assert answer.status in (200, 400, 412), hurt
        assert ("cards" in answer.body) == (answer.status == 200)


def test_damaged_operation_inputs_are_answered_or_refused(knowledge: Knowledge) -> None:
    chance = random.Random("apply")
    parameters = request_of("apply-pathway")["parameter"]
    supplied = [part["resource"] for one in parameters[1:] for part in one["part"] if part["name"] == "data"]
    data = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in supplied]}
    inputs = {"subject": [parameters[0]["valueString"]], "data": [data]}
    caller = Caller("sv", ("sv", "en"), evaluate_drafts=True, now=NOW)
    for _ in range(ROUNDS):
        hurt = damaged(inputs, chance)
        hurt = {name: value if isinstance(value, list) else [value] for name, value in hurt.items()}
        try:
            plan = apply_operation(knowledge, "leg-cramps-pathway", hurt, caller).value
        except IssueError as refusal:
            assert refusal.report.has_errors
        else:
            assert plan["resourceType"] == "CarePlan"
