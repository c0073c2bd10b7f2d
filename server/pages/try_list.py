"""The list of made-up patients: by topic and service, a few to begin with, then all by their first card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from server.settings import WorkedPatient

# As a visit goes.
_HOOKS: Final = ("patient-view", "problem-list-item-create", "order-select", "order-sign")


def listed(
    patients: Iterable[WorkedPatient], service_titles: Mapping[str, str | None], language: str
) -> list[dict[str, Any]]:
    """Return the topics with their services, each with its patients."""
    topics: dict[str, dict[str, WorkedPatient]] = {}
    for one in patients:
        topics.setdefault(one.topic, {})[one.id] = one
    return [_topic(list(each.values()), service_titles, language) for each in topics.values()]


def said(words: Mapping[str, str], language: str, otherwise: str) -> str:
    """Return words in a language, else in any, else what stands for them."""
    return words.get(language) or next(iter(words.values()), otherwise)


def _topic(patients: list[WorkedPatient], service_titles: Mapping[str, str | None], language: str) -> dict[str, Any]:
    first = patients[0]
    services: dict[str, list[WorkedPatient]] = {}
    for one in sorted(patients, key=lambda each: _HOOKS.index(str(each.request["hook"]))):
        services.setdefault(one.service, []).append(one)
    return {
        "id": first.topic,
        "title": said(first.topic_titles, language, first.topic),
        "services": [_service(name, service_titles.get(name), some, language) for name, some in services.items()],
    }


def _service(name: str, title: str | None, patients: list[WorkedPatient], language: str) -> dict[str, Any]:
    groups: dict[str, list[dict[str, str]]] = {}
    for one in sorted(patients, key=lambda each: not each.card):  # those without a card come last
        if not one.is_scenario:
            groups.setdefault(said(one.card, language, ""), []).append(_row(one, language))
    return {
        "title": title or name,
        "hook": patients[0].request["hook"],
        "first": [_row(one, language) for one in patients if one.is_scenario],
        "groups": groups,
    }


def _row(one: WorkedPatient, language: str) -> dict[str, str]:
    return {"href": f"try/{one.topic}/{one.id}", "title": said(one.titles, language, one.id)}
