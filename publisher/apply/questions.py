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
from publisher.apply.logic import definition_of
from publisher.expression.json_values import as_json
from publisher.extension import INITIAL_EXPRESSION, INITIAL_VALUE, LIBRARY, value_of
from publisher.repository import Artifact, Canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from publisher.apply.knowledge import Knowledge
    from publisher.apply.tree import AppliedAction, AppliedPlan, Decision
    from publisher.expression.definition import Definition, Outcome
    from publisher.expression.evaluation import Evaluation
    from publisher.repository import Resource

# An answer in one of these says nothing.
_VOID = ("entered-in-error", "stopped")


@dataclass(frozen=True, slots=True)
class Form:
    """A Questionnaire: its items by linkId, each with those that it stands in, and what defines their present values.

    Nothing of it depends on a patient, so it is kept with what is held.
    """

    questionnaire: Artifact
    items: Mapping[str, tuple[Resource, tuple[Resource, ...]]]
    definitions: Mapping[str, Definition]


@dataclass(frozen=True, slots=True)
class Questions:
    """A Questionnaire and the linkIds of those of its questions that are to be asked."""

    questionnaire: Artifact
    link_ids: frozenset[str]


def questions_of(applied: AppliedPlan, knowledge: Knowledge, *, drafts: bool) -> list[Questions]:
    """Return the questions that would decide what an applied plan left undetermined, Questionnaire by Questionnaire."""
    undecided = [each.decision for each in applied.walk() if _is_open(each)]
    if applied.evaluation is None or not undecided:
        return []
    needed = _needed(undecided)
    statuses = ("active", "draft") if drafts else ("active",)
    held = [each for each in knowledge.repository.of_type("Questionnaire") if each.status in statuses]
    asking = (_Asking(_form(knowledge, each), applied.evaluation, needed) for each in held)
    found = (Questions(each.form.questionnaire, each.asked()) for each in asking)
    return [each for each in found if each.link_ids]


def _is_open(action: AppliedAction) -> bool:
    return action.decision.state == "undetermined" and not action.decision.error


def _needed(undecided: Iterable[Decision]) -> set[tuple[str, str]]:
    """Return library and name of every definition that an undetermined condition depends on."""
    needed: set[tuple[str, str]] = set()
    for judged in (each for decision in undecided for each in decision.conditions):
        if judged.definition is not None and (judged.is_open or judged.value is None):
            needed |= judged.definition.library.dependencies(judged.definition.name)
    return needed


def _form(knowledge: Knowledge, questionnaire: Artifact) -> Form:
    """Return the form of a Questionnaire that is held."""
    kept = knowledge.forms.get(questionnaire.canonical)
    if kept is None or kept.questionnaire is not questionnaire:
        kept = knowledge.forms[questionnaire.canonical] = _made(knowledge, questionnaire)
    return kept


def _made(knowledge: Knowledge, questionnaire: Artifact) -> Form:
    owner = Artifact({"library": _extensions(questionnaire.resource, LIBRARY)}, {}, questionnaire.topic)
    items = {each["linkId"]: (each, above) for each, above in _items(questionnaire.resource, ())}
    definitions = {}
    for link_id, (item, _) in items.items():
        expression = value_of(item, INITIAL_VALUE) or value_of(item, INITIAL_EXPRESSION)
        definition = definition_of(knowledge, expression, owner) if isinstance(expression, dict) else None
        if definition is not None:
            definitions[link_id] = definition
    return Form(questionnaire, items, definitions)


class _Asking:
    """One Questionnaire, with what is known of the answers to it."""

    def __init__(self, form: Form, env: Evaluation, needed: AbstractSet[tuple[str, str]]) -> None:
        self.form = form
        self._items, self._env, self._needed = form.items, env, needed

    def asked(self) -> frozenset[str]:
        """Return the linkIds to ask: those that are missing, and the questions that enable them."""
        named = self.form.definitions
        asked = {each for each in named if self._is_missing(each) and self._can_be_enabled(each)}
        while more := {each for link_id in asked for each in self._enabling(link_id)} - asked:
            asked |= more
        return frozenset(asked)

    def _is_missing(self, link_id: str) -> bool:
        definition = self.form.definitions[link_id]
        if definition.key not in self._needed or self._answers.get(link_id):
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
        definition = self.form.definitions.get(link_id)
        outcome = self._outcome(definition) if definition else None
        if outcome is None or outcome.error or outcome.is_open or outcome.value is None:
            return None
        value = as_json(outcome.value)
        return tuple(value) if isinstance(value, list) else (value,)

    def _outcome(self, definition: Definition) -> Outcome:
        return definition.evaluate(self._env)

    @cached_property
    def _answers(self) -> dict[str, tuple[Any, ...]]:
        """Return the answers by linkId of the newest response to this Questionnaire among the data."""
        url = self.form.questionnaire.canonical.url
        responses = [
            each
            for each in self._env.context.supply("QuestionnaireResponse").resources
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
