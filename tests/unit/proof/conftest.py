"""A topic whose logic a test writes as expressions over named atoms, and a plan over them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from publisher.apply.knowledge import Knowledge
from publisher.proof.atoms import Condition, conditions_of
from publisher.repository import Repository
from tests.unit.conftest import BOOLEAN

if TYPE_CHECKING:
    from tests.unit.conftest import Authoring

TOPIC = "brittle-nails"
HEAD = """\
resourceType: PlanDefinition
id: nail-care
title: {sv: Nagelvård, en: Nail care}
type: plan-definition-type#eca-rule
library: [Library/Nails]
derivedFrom: [BN-TRT-01]
extension:
  - url: https://vademecum.example/fhir/StructureDefinition/evaluation-mode
    valueCode: tracked
action:
"""
DATA = {"type": "Exists", "operand": {"type": "Retrieve", "dataType": "{http://hl7.org/fhir}Condition"}}


def expression(text: str) -> dict[str, Any]:
    """Return ELM for `data`, a name, `not X`, `X and Y ...`, `X or Y ...`, `is known X` or `some X` (a function)."""
    for word, kind in ((" or ", "Or"), (" and ", "And")):
        if word in text:
            first, _, rest = text.partition(word)
            return {"type": kind, "operand": [expression(first), expression(rest)]}
    if text.startswith("not "):
        return {"type": "Not", "operand": expression(text.removeprefix("not "))}
    if text.startswith("is known "):
        known = {"type": "IsNull", "operand": expression(text.removeprefix("is known "))}
        return {"type": "Not", "operand": known}
    if text.startswith("some "):
        name = text.removeprefix("some ")
        return {"type": "FunctionRef", "name": f"Some {name}", "operand": []}
    return DATA if text == "data" else {"type": "ExpressionRef", "name": text}


@dataclass
class Logic:
    """The topic: what a test writes, and what it compiles to."""

    authoring: Authoring

    def write(self, **definitions: str) -> None:
        """Write definitions by name (`_` for a space); `fun_X` is a function `Some X` without operands."""
        statements = []
        for key, text in definitions.items():
            function = key.startswith("fun_")
            name = key.removeprefix("fun_").replace("_", " ")
            kind = {"type": "FunctionDef", "operand": []} if function else {}
            named = {"name": f"Some {name}" if function else name, "context": "Patient", "accessLevel": "Public"}
            statements.append({**named, **kind, **BOOLEAN, "expression": expression(text)})
        elm = self.authoring.elm()
        elm["statements"] = {"def": statements}
        self.authoring.write_logic("Nails", **elm)

    def plan(self, *actions: str) -> None:
        """Write the plan: each action as `id: condition` or `id: condition -> ActivityDefinition/id`."""
        self.authoring.write("plans/nail-care.yaml", HEAD + "".join(map(_action, actions)))

    @property
    def knowledge(self) -> Knowledge:
        topics, report = self.authoring.compile()
        assert not report.has_errors, report.to_text()
        return Knowledge(Repository((one for topic in topics for one in topic.artifacts), drafts=True))

    def conditions(self) -> dict[str, Condition]:
        return {one.name: one for one in conditions_of(self.knowledge, TOPIC)}


def _action(text: str) -> str:
    match = re.fullmatch(r"(?P<indent> *)(?P<id>[\w-]+): (?P<condition>[^>]*?)(?: -> (?P<definition>\S+))?", text)
    assert match, text
    indent = match["indent"]
    lines = [
        f"- id: {match['id']}",
        f"  title: {{sv: {match['id']}, en: {match['id']}}}",
        "  derivedFrom: [BN-TRT-01, DER-01]",
    ]
    if match["condition"]:
        lines += ["  condition:", "    - kind: applicability", f"      expression: {match['condition']}"]
    if match["definition"]:
        lines.append(f"  definitionCanonical: {match['definition']}")
    return "".join(f"  {indent}{line}\n" for line in lines)


@pytest.fixture
def logic(authoring: Authoring) -> Logic:
    return Logic(authoring)
