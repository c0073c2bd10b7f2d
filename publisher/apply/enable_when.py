"""Whether an item of a Questionnaire is enabled, in three values: an answer that is not known may still come.

https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen.
"""

from __future__ import annotations

import operator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from publisher.repository import Resource

# Yes and no as a choice: http://terminology.hl7.org/CodeSystem/v2-0136, which ValueSet/yesnodontknow is made of.
_YES_NO: Mapping[str, bool] = {"Y": True, "N": False}
_ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


def is_enabled(item: Resource, known: Callable[[str], tuple[Any, ...] | None]) -> bool | None:
    """Return whether `item` is enabled; `known` gives the answers to a question, None where they are not known."""
    found = [holds(each, known(each["question"])) for each in item.get("enableWhen", ())]
    if not found:
        return True
    decisive = item.get("enableBehavior") == "any"
    if decisive in found:
        return decisive
    return None if None in found else not decisive


def holds(condition: Resource, answers: tuple[Any, ...] | None) -> bool | None:
    """Return whether one enableWhen holds for the answers to its question; None where those are not known."""
    expected = next((value for name, value in condition.items() if name.startswith("answer")), None)
    if answers is None:
        return None
    if condition.get("operator") == "exists":
        return bool(answers) is expected
    found = [_compared(condition.get("operator", "="), each, expected) for each in answers]
    if True in found:
        return True
    return None if None in found else False


def _compared(symbol: str, answer: Any, expected: Any) -> bool | None:
    if symbol in ("=", "!="):
        equal = _equal(answer, expected)
        return equal if equal is None or symbol == "=" else not equal
    compare = _ORDERED.get(symbol)
    comparable = (_is_number(answer) and _is_number(expected)) or (
        isinstance(answer, str) and isinstance(expected, str)
    )
    return compare(answer, expected) if compare is not None and comparable else None


def _equal(answer: Any, expected: Any) -> bool | None:
    if isinstance(answer, dict) and isinstance(expected, dict):
        systems = [each["system"] for each in (answer, expected) if "system" in each]
        return answer.get("code") == expected.get("code") and len(set(systems)) < 2  # noqa: PLR2004  both the same
    if isinstance(answer, bool) and isinstance(expected, dict):
        meant = _YES_NO.get(str(expected.get("code")))
        return None if meant is None else answer is meant
    if isinstance(answer, dict | bool) or isinstance(expected, dict | bool):
        return answer is expected if isinstance(answer, bool) and isinstance(expected, bool) else None
    return bool(answer == expected)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal | float) and not isinstance(value, bool)
