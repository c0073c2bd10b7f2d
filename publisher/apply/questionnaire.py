"""A Questionnaire that holds only the questions to be asked, derived from the whole one.

https://hl7.org/fhir/R4/questionnaire.html. Groups stay around their questions, linkIds stay as they are: a response to
it is a response to the Questionnaire that it is derived from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.apply.questions import questions_of
from publisher.apply.said import Said, kept
from publisher.language import respoken, respoken_part
from publisher.r4.written import Written
from publisher.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.apply.inputs import Inputs
    from publisher.apply.knowledge import Knowledge
    from publisher.apply.questions import Questions
    from publisher.apply.tree import AppliedPlan
    from publisher.repository import Artifact, Resource

ACTIVITY_TYPE = "http://hl7.org/fhir/uv/cpg/CodeSystem/cpg-activity-type-cs"
COLLECT = {"coding": [{"system": ACTIVITY_TYPE, "code": "collect-information"}]}
# What the derived Questionnaire has of the whole one.
_KEPT = ("language", "extension", "title", "_title", "subjectType", "description", "_description", "code", "copyright")
# What the whole one claims as an artifact, which a part of it that is made for one patient is not.
_CLAIMED = "http://hl7.org/fhir/StructureDefinition/"
_CLAIMS = frozenset(
    _CLAIMED + name
    for name in ("cqf-knowledgeCapability", "cqf-knowledgeRepresentationLevel", "artifact-versionAlgorithm")
)
# What an item has of its own in each derived one.
_ASKED = ("item", "enableWhen", "enableBehavior")


@record
class Asked:
    """A Questionnaire to be answered: its title, and all but its type and id."""

    title: str | None
    members: Written


def questionnaires_of(applied: AppliedPlan, knowledge: Knowledge, inputs: Inputs, *, drafts: bool) -> list[Asked]:
    """Return the Questionnaires with what is missing to decide an applied plan, in the language of `inputs`."""
    return [questionnaire(each, inputs.language) for each in questions_of(applied, knowledge, drafts=drafts)]


def questionnaire(questions: Questions, language: str) -> Asked:
    """Return the Questionnaire of some questions, its texts in `language` where they are translated."""
    whole = questions.questionnaire
    head = _head(Said(whole, whole.resource, "", language))
    items = list(_items(whole, whole.resource, questions.link_ids, language))
    return Asked(head.title, head.members + Written.of({"item": items, "derivedFrom": [str(whole.canonical)]}))


def asking_task(reference: Resource, asked: Asked, inputs: Inputs) -> Resource:
    """Return the Task to answer a Questionnaire of missing questions, which `reference` leads to."""
    task: Resource = {"resourceType": "Task", "status": "draft", "intent": "option", "code": COLLECT}
    if asked.title is not None:
        task["description"] = asked.title
    return {**task, "focus": reference, "for": {"reference": inputs.subject}, **inputs.asking()}


@record
class _Head:
    """What a derived Questionnaire has of the whole one, and the language that was exchanged for another, if any."""

    title: str | None
    members: Written
    exchanged: str | None


@kept
def _head(said: Said) -> _Head:
    taken = {name: said.action[name] for name in _KEPT if name in said.action}
    if "extension" in taken:
        taken["extension"] = [each for each in taken["extension"] if each.get("url") not in _CLAIMS]
    taken = {name: each for name, each in taken.items() if each != []}
    spoken = respoken(taken, said.language)
    exchanged = None if spoken is taken else str(taken["language"])
    return _Head(spoken.get("title"), Written.of({**spoken, "status": "draft"}), exchanged)


@kept
def _part(said: Said) -> Written:
    """Return an item, or a condition that enables one, without what depends on which questions are asked."""
    whole = said.artifact
    found = {name: value for name, value in said.action.items() if name not in _ASKED}
    exchanged = _head(Said(whole, whole.resource, "", said.language)).exchanged
    return Written.of(respoken_part(found, said.language, exchanged) if exchanged else found)


def _items(whole: Artifact, element: Resource, asked: frozenset[str], language: str) -> Iterator[Written]:
    """Yield the items that are asked, and those around them; what enables them is kept where it is asked too."""
    for item in element.get("item", ()):
        inner = list(_items(whole, item, asked, language))
        if not inner and item.get("linkId") not in asked:
            continue
        conditions = [each for each in item.get("enableWhen", ()) if each["question"] in asked]
        found: Resource = {}
        if conditions:
            found["enableWhen"] = [_part(Said(whole, each, "", language)) for each in conditions]
        if len(conditions) > 1 and "enableBehavior" in item:
            found["enableBehavior"] = item["enableBehavior"]
        if inner:
            found["item"] = inner
        yield _part(Said(whole, item, "", language)) + Written.of(found)
