"""What holds of every card of the leg-cramp topic."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.artifacts.patients import (
    FOR_CRAMP,
    SUBJECT,
    answers,
    condition,
    draft,
    prescription,
    refusal,
    searchset,
    select,
    view,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Call = Callable[..., dict[str, Any]]

REQUESTS = [
    view(condition(), medications=[prescription()]),
    view(condition(), medications=refusal()),
    select(draft(**FOR_CRAMP)),
    select(draft()),
    select(draft("C08DB01", **FOR_CRAMP)),
    select(draft("A12CC02", **FOR_CRAMP)),
    view(condition(), answers=searchset(answers(dvt_suspected="Y"))),
]


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("request_", REQUESTS)
def test_every_card_can_be_traced_and_says_what_it_is(call: Call, request_: dict[str, Any], language: str) -> None:
    for card in call(request_, language)["cards"]:
        assert len(card["summary"]) < 140
        assert "<" not in card["summary"] + card["detail"]
        provenance = card["extension"]["example.vademecum.provenance"]
        assert provenance["canonical"].endswith("|0.1.0")
        assert all(statement in card["detail"] for statement in provenance["statements"])
        assert {"sv": "Utkast:", "en": "Draft:"}[language] in card["detail"]
        assert not re.search(r"\d+ ?(mg|g|ml|min|mmol|tablett|dag|day|week|veck)", card["detail"])
        for suggestion in card.get("suggestions", ()):
            for action in suggestion["actions"]:
                resource = action.get("resource", {"status": "draft"})
                assert resource["status"] == "draft"
                assert resource.get("intent", "proposal") == "proposal"
                assert "dosageInstruction" not in resource


def test_the_same_request_gives_the_same_answer_whatever_the_order_of_entries(call: Call) -> None:
    medicines = [prescription("C03AA03"), prescription("C10AA01")]
    first = call(view(condition(), condition("E03.9"), medications=medicines))
    assert first == call(view(condition("E03.9"), condition(), medications=medicines[::-1]))


def test_nothing_that_names_the_patient_is_echoed_but_the_reference(call: Call) -> None:
    request = view(condition(note=[{"text": "Anna Andersson 19121212-1212"}]), medications=[prescription()])
    request["prefetch"]["patient"] = {
        "resourceType": "Patient",
        "id": SUBJECT["reference"].rpartition("/")[2],
        "name": [{"family": "Andersson"}],
        "birthDate": "1912-12-12",
    }
    words = json.dumps(call(request))
    assert not re.search("Anders|1912", words)
