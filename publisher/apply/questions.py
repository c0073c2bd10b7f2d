"""Which questions would decide what was left undetermined: the items of Questionnaires whose values conditions rest on.

An item names its present value by SDC's initialExpression
(http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-initialExpression), a definition of the library that
its Questionnaire names by `cqf-library`; `cqf-initialValue`, a text in R4 itself, is read too. The item is missing
where an undetermined condition depends on that definition and the definition is open or null, nobody has answered it,
and it can be enabled.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from publisher.apply.enable_when import is_enabled
from publisher.apply.logic import CQL, Logic
from publisher.expression.json_values import as_json
from publisher.extension import INITIAL_EXPRESSION, INITIAL_VALUE, LIBRARY, value_of
from publisher.repository import Artifact, Canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from publisher.apply.inputs import Inputs
    from publisher.apply.knowledge import Knowledge
    from publisher.apply.tree import AppliedAction, AppliedPlan
    from publisher.expression.definition import Definition, Outcome
    from publisher.repository import Resource

# An answer in one of these says nothing.
_VOID = ("entered-in-error", "stopped")


@dataclass(frozen=True, slots=True)
class Questions:
    """A Questionnaire and the linkIds of those of its questions that are to be asked."""

    questionnaire: Artifact
    link_ids: frozenset[str]


def questions_of(applied: AppliedPlan, knowledge: Knowledge, inputs: Inputs, *, drafts: bool) -> list[Questions]:
    """Return the questions that would decide what an applied plan left undetermined, Questionnaire by Questionnaire."""
    if applied.evaluation is None or not any(_is_open(action) for action in applied.walk()):
        return []
    logic = Logic(knowledge, applied.evaluation, inputs)
    needed = frozenset(_needed(applied, logic))
    statuses = ("active", "draft") if drafts else ("active",)
    held = [each for each in knowledge.repository.of_type("Questionnaire") if each.status in statuses]
    found = (Questions(each, _Form(each, logic, needed).asked()) for each in held)
    return [each for each in found if each.link_ids]


def _is_open(action: AppliedAction) -> bool:
    return action.decision.state == "undetermined" and not action.decision.error


def _needed(applied: AppliedPlan, logic: Logic) -> Iterator[tuple[str, str]]:
    """Yield library and name of every definition that an undetermined condition depends on."""
    for action, plan in applied.walk_with_plans():
        for judged in action.decision.conditions if _is_open(action) else ():
            if judged.is_open or judged.value is None:
                definition = logic.definition(judged.expression, plan)
                if definition is not None:
                    yield from definition.library.dependencies(definition.name)


class _Form:
    """One Questionnaire, with what is known of the answers to it."""

    def __init__(self, questionnaire: Artifact, logic: Logic, needed: frozenset[tuple[str, str]]) -> None:
        self._questionnaire, self._logic, self._needed = questionnaire, logic, needed
        libraries = _extensions(questionnaire.resource, LIBRARY)
        self._owner = Artifact({"library": libraries}, {}, questionnaire.topic)
        self._items = {each["linkId"]: (each, above) for each, above in _items(questionnaire.resource, ())}

    def asked(self) -> frozenset[str]:
        """Return the linkIds to ask: those that are missing, and the questions that enable them."""
        asked = {link_id for link_id in self._items if self._is_missing(link_id) and self._can_be_enabled(link_id)}
        while more := {each for link_id in asked for each in self._enabling(link_id)} - asked:
            asked |= more
        return frozenset(asked)

    def _is_missing(self, link_id: str) -> bool:
        definition = self._definition(link_id)
        if definition is None or definition.key not in self._needed or self._answers.get(link_id):
            return False
        outcome = self._outcome(definition)
        return outcome.error is None and (outcome.is_open or outcome.value is None)

    def _can_be_enabled(self, link_id: str) -> bool:
        item, above = self._items[link_id]
        return all(is_enabled(each, self._known) is not False for each in (item, *above))

    def _enabling(self, link_id: str) -> Iterator[str]:
        """Yield the questions that decide whether one is enabled and whose answers are not known."""
        item, above = self._items[link_id]
        for each in (item, *above):
            if is_enabled(each, self._known) is None:
                questions = (condition["question"] for condition in each["enableWhen"])
                yield from (name for name in questions if name in self._items and self._known(name) is None)

    def _known(self, link_id: str) -> tuple[Any, ...] | None:
        """Return the answers to a question: as given, else as the logic knows them; None where nobody knows."""
        if self._answers.get(link_id):
            return self._answers[link_id]
        definition = self._definition(link_id)
        outcome = self._outcome(definition) if definition else None
        if outcome is None or outcome.error or outcome.is_open or outcome.value is None:
            return None
        value = as_json(outcome.value)
        return tuple(value) if isinstance(value, list) else (value,)

    def _definition(self, link_id: str) -> Definition | None:
        """Return the definition of the present value of an item."""
        item = self._items[link_id][0] if link_id in self._items else {}
        expression = value_of(item, INITIAL_VALUE) or value_of(item, INITIAL_EXPRESSION)
        if not isinstance(expression, dict) or expression.get("language") not in CQL:
            return None
        return self._logic.definition(expression, self._owner)

    def _outcome(self, definition: Definition) -> Outcome:
        return definition.evaluate(self._logic.env)

    @cached_property
    def _answers(self) -> dict[str, tuple[Any, ...]]:
        """Return the answers by linkId of the newest response to this Questionnaire among the data."""
        url = self._questionnaire.canonical.url
        responses = [
            each
            for each in self._logic.env.context.supply("QuestionnaireResponse").resources
            if Canonical.parse(str(each.get("questionnaire"))).url == url and each.get("status") not in _VOID
        ]
        newest = max(responses, key=lambda each: str(each.get("authored", "")), default={})
        return dict(_given(newest))


def _items(element: Resource, above: tuple[Resource, ...]) -> Iterator[tuple[Resource, tuple[Resource, ...]]]:
    """Yield every item below an element, with those that it stands in."""
    for item in element.get("item", ()):
        if isinstance(item.get("linkId"), str):  # of a package of others, it may lack one
            yield item, above
        yield from _items(item, (*above, item))


def _given(element: Resource) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for item in element.get("item", ()):
        answers = item.get("answer", ())
        values = (value for each in answers for name, value in each.items() if name.startswith("value"))
        yield str(item.get("linkId")), tuple(values)
        for each in (item, *answers):
            yield from _given(each)


def _extensions(resource: Resource, url: str) -> list[Any]:
    extensions: Iterable[Resource] = resource.get("extension", ())
    return [each["valueCanonical"] for each in extensions if each.get("url") == url and "valueCanonical" in each]
