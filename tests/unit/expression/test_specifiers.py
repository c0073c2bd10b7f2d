"""A type that is another one with fewer elements is written as that one in JSON, and found under its name."""

from __future__ import annotations

from publisher.expression.specifiers import FHIR, choice_types, predicate_of
from publisher.expression.values import Choice


def named(name: str) -> dict[str, str]:
    return {"type": "NamedTypeSpecifier", "name": f"{FHIR}{name}"}


def test_a_simple_quantity_of_a_choice_is_read_under_the_name_of_quantity() -> None:
    choice = {"type": "ChoiceTypeSpecifier", "choice": [named("Range"), named("SimpleQuantity"), named("Quantity")]}

    assert choice_types({"resultTypeSpecifier": choice}) == ("Range", "Quantity")


def test_a_quantity_may_be_asked_for_as_a_simple_one() -> None:
    quantity = Choice("Quantity", {"value": 1})

    assert predicate_of(named("SimpleQuantity"))(quantity)
    assert predicate_of(named("Quantity"))(quantity)
    assert not predicate_of(named("Range"))(quantity)
