"""The items of a QuestionnaireResponse, placed as its Questionnaire has them.

https://hl7.org/fhir/R4/questionnaireresponse.html: an answer stands where the Questionnaire has its question. `yes`,
`no` and `not-known` are the codes of the value set yesnodontknow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publisher.repository import Resource

# http://hl7.org/fhir/ValueSet/yesnodontknow
YES_NO: Final[Mapping[str, Resource]] = {
    "yes": {"system": "http://terminology.hl7.org/CodeSystem/v2-0136", "code": "Y", "display": "Yes"},
    "no": {"system": "http://terminology.hl7.org/CodeSystem/v2-0136", "code": "N", "display": "No"},
    "not-known": {
        "system": "http://terminology.hl7.org/CodeSystem/data-absent-reason",
        "code": "asked-unknown",
        "display": "Asked But Unknown",
    },
}


def placed_items(element: Resource, given: Mapping[str, list[Resource]]) -> Iterator[Resource]:
    """Yield the items of a response in the order and the groups of the questionnaire; what is not answered is out."""
    for item in element.get("item", ()):
        answer = given.get(str(item["linkId"]), [])
        below = list(placed_items(item, given))
        if item.get("type") == "group" and below:
            yield {"linkId": item["linkId"], "item": below}
        elif answer:
            nested = {"item": below} if below else {}
            yield {"linkId": item["linkId"], "answer": [{**answer[0], **nested}, *answer[1:]]}
