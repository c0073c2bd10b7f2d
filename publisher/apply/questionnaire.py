"""A Questionnaire that holds only the questions to be asked, derived from the whole one.

https://hl7.org/fhir/R4/questionnaire.html. Groups stay around their questions, linkIds stay as they are: a response to
it is a response to the Questionnaire that it is derived from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.apply.questions import questions_of
from publisher.language import respoken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.apply.inputs import Inputs
    from publisher.apply.knowledge import Knowledge
    from publisher.apply.questions import Questions
    from publisher.apply.tree import AppliedPlan
    from publisher.repository import Resource

ACTIVITY_TYPE = "http://hl7.org/fhir/uv/cpg/CodeSystem/cpg-activity-type-cs"
COLLECT = {"coding": [{"system": ACTIVITY_TYPE, "code": "collect-information"}]}
# What the derived Questionnaire has of the whole one.
_KEPT = ("language", "extension", "title", "_title", "subjectType", "description", "_description", "code", "copyright")


def questionnaires_of(applied: AppliedPlan, knowledge: Knowledge, inputs: Inputs, *, drafts: bool) -> list[Resource]:
    """Return the Questionnaires with what is missing to decide an applied plan, in the language of `inputs`."""
    return [questionnaire(each, inputs.language) for each in questions_of(applied, knowledge, drafts=drafts)]


def questionnaire(questions: Questions, language: str) -> Resource:
    """Return the Questionnaire of some questions, its texts in `language` where they are translated."""
    whole = questions.questionnaire.resource
    kept = {name: whole[name] for name in _KEPT if name in whole}
    items = list(_items(whole, questions.link_ids))
    derived = {"resourceType": "Questionnaire", **kept, "status": "draft", "item": items}
    derived["derivedFrom"] = [str(questions.questionnaire.canonical)]
    return respoken(derived, language)


def asking_task(reference: Resource, asked: Resource, inputs: Inputs) -> Resource:
    """Return the Task to answer a Questionnaire of missing questions, which `reference` leads to."""
    task: Resource = {"resourceType": "Task", "status": "draft", "intent": "option", "code": COLLECT}
    if "title" in asked:
        task["description"] = asked["title"]
    return {**task, "focus": reference, "for": {"reference": inputs.subject}}


def _items(element: Resource, asked: frozenset[str]) -> Iterator[Resource]:
    """Yield the items that are asked, and those around them; what enables them is kept where it is asked too."""
    for item in element.get("item", ()):
        inner = list(_items(item, asked))
        if not inner and item.get("linkId") not in asked:
            continue
        found = {name: value for name, value in item.items() if name not in ("item", "enableWhen", "enableBehavior")}
        conditions = [each for each in item.get("enableWhen", ()) if each["question"] in asked]
        if conditions:
            found["enableWhen"] = conditions
        if len(conditions) > 1 and "enableBehavior" in item:
            found["enableBehavior"] = item["enableBehavior"]
        yield {**found, "item": inner} if inner else found
