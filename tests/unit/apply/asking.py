"""A plan whose conditions rest on answers to a Questionnaire, for the tests of what is asked."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from publisher.apply.knowledge import Knowledge
from publisher.repository import Artifact, Repository

from .builders import BASE, Resource, activity, apply, bundle, does, plan, when

ELM = Path(__file__).parent / "libraries" / "Weather.elm.json"
LIBRARY: Resource = {
    "resourceType": "Library", "id": "Weather", "name": "Weather", "url": f"{BASE}/Library/Weather", "version": "1.0.0",
    "status": "active", "type": {"text": "logic"},
    "content": [{"contentType": "application/elm+json", "data": base64.b64encode(ELM.read_bytes()).decode()}],
}  # fmt: skip
TRACKED = {"url": "https://vademecum.example/fhir/StructureDefinition/evaluation-mode", "valueCode": "tracked"}
TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
PATIENT: Resource = {"resourceType": "Patient", "id": "1"}


def translated(language: str, content: str) -> Resource:
    parts = [{"url": "lang", "valueCode": language}, {"url": "content", "valueString": content}]
    return {"extension": [{"url": TRANSLATION, "extension": parts}]}


def question(link_id: str, words: tuple[str, str], definition: str | None = None, **elements: Any) -> Resource:
    """Return a boolean question in Swedish and English, with the definition of its present value."""
    expression = {"language": "text/cql-identifier", "expression": definition}
    url = "http://hl7.org/fhir/StructureDefinition/cqf-initialValue"
    initial = {"extension": [{"url": url, "valueExpression": expression}]} if definition else {}
    texts = {"text": words[0], "_text": translated("en", words[1])}
    return {**initial, "linkId": link_id, **texts, "type": "boolean", **elements}


def enabled_by(link_id: str, answer: bool = True) -> Resource:
    return {"enableWhen": [{"question": link_id, "operator": "=", "answerBoolean": answer}]}


RAIN = question("rain", ("Regnar det?", "Does it rain?"), "Rain Is Said")
WIND = question("wind", ("Blåser det?", "Is it windy?"), "Wind Is Said")
UMBRELLA = question("umbrella", ("Finns ett paraply?", "Is there an umbrella?"), "Umbrella Is Said")
LARGE = question(
    "umbrella-large", ("Är det stort?", "Is it large?"), "Large Umbrella Is Said", **enabled_by("umbrella")
)
COLOUR = question("colour", ("Är det rött?", "Is it red?"), "Colour Is Said")


def questionnaire(*items: Resource, **elements: Any) -> Resource:
    """Return the Questionnaire, by default with a group of questions and some outside it."""
    group = {"linkId": "sky", "text": "Himlen", "type": "group", "item": [RAIN, WIND]}
    library = {
        "url": "http://hl7.org/fhir/StructureDefinition/cqf-library",
        "valueCanonical": f"{BASE}/Library/Weather",
    }
    return {
        "resourceType": "Questionnaire",
        "id": "weather",
        "language": "sv",
        "extension": [library],
        "url": f"{BASE}/Questionnaire/weather",
        "version": "3",
        "status": "active",
        "title": "Frågor om vädret",
        "_title": translated("en", "Questions about the weather"),
        "subjectType": ["Patient"],
        "item": list(items) or [group, UMBRELLA, LARGE, COLOUR],
        **elements,
    }


def held(*actions: Resource, form: Resource | None = None) -> Knowledge:
    """Return the knowledge of a plan that tracks missing data, with its library and Questionnaire."""
    elements = {"extension": [TRACKED], "library": [f"{BASE}/Library/Weather"]}
    resources = [plan(*actions, **elements), activity(), LIBRARY, form or questionnaire()]
    return Knowledge(Repository([Artifact(each, {}) for each in resources], drafts=True))


def helps(definition: str = "Umbrella Helps") -> Resource:
    """Return an action with a condition of the library."""
    return does(**when(definition, "text/cql-identifier"))


def response(**answers: bool | None) -> Resource:
    """Return a response to the Questionnaire; None is an item without an answer."""
    found = [
        {"linkId": name.replace("_", "-"), **({} if value is None else {"answer": [{"valueBoolean": value}]})}
        for name, value in answers.items()
    ]
    about = {"questionnaire": f"{BASE}/Questionnaire/weather|3", "subject": {"reference": "Patient/1"}}
    return {"resourceType": "QuestionnaireResponse", "id": "r", "status": "completed", **about, "item": found}


def results(knowledge: Knowledge, *data: Resource, **inputs: Any) -> list[Resource]:
    """Return the resources of the Bundle."""
    found = apply("PlanDefinition/r5.apply", knowledge, "plan", data=[bundle(PATIENT, *data)], **inputs)
    return [each["resource"] for each in found["entry"]]


def asked(knowledge: Knowledge, *data: Resource, **inputs: Any) -> list[Resource]:
    """Return the Questionnaires of what is missing."""
    return [each for each in results(knowledge, *data, **inputs) if each["resourceType"] == "Questionnaire"]


def link_ids(element: Resource) -> list[str]:
    """Return the linkIds of all items below an element, in order."""
    return [each for item in element.get("item", ()) for each in (item["linkId"], *link_ids(item))]
