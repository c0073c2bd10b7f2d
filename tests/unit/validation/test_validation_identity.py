"""Addresses, versions, dates and status are those of the topic; nobody's approval is invented."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from publisher.validation import identity
from tests.unit.validation.conftest import BASE, resource, topic

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.validation.context import Context

RULES = (
    identity.url_is_of_base,
    identity.artifact_has_no_twin,
    identity.version_is_of_topic,
    identity.date_is_of_topic,
    identity.unsigned_is_draft,
    identity.approval_is_not_invented,
)
MEDICATION = {
    "resourceType": "Medication",
    "id": "cream",
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/artifact-version", "valueString": "0.1.0"},
    ],
}


def found(context: Context, one: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(issue.rule, issue.expression) for rule in RULES for issue in rule(one, context)]


def test_an_artifact_with_the_identity_of_its_topic_passes(context: Callable[..., Context]) -> None:
    one = resource("ValueSet", "nails", experimental=True)
    assert found(context(one, MEDICATION), one) == []
    assert found(context(one, MEDICATION), MEDICATION) == []


@pytest.mark.parametrize(
    ("element", "value", "rule"),
    [
        ("url", f"{BASE}/ValueSet/other", "url-other"),
        ("version", "0.2.0", "version-other"),
        ("version", "0.1.0|a", "version-form"),
        ("version", "0.1.0 a", "version-form"),
        ("date", "2026-01-03", "date-other"),
        ("status", "active", "status-unsigned"),
        ("status", "retired", "status-unsigned"),
        ("experimental", False, "status-unsigned"),
        ("approvalDate", "2026-01-02", "approval-invented"),
        ("lastReviewDate", "2026-01-02", "approval-invented"),
        ("author", [{"name": "A"}], "approval-invented"),
        ("reviewer", [{"name": "A"}], "approval-invented"),
    ],
)
def test_an_identity_of_its_own_is_refused(
    context: Callable[..., Context], element: str, value: Any, rule: str
) -> None:
    one = resource("ValueSet", "nails", **{element: value})
    assert found(context(one), one) == [(rule, f"ValueSet.{element}")]


def test_the_version_in_an_extension_counts_too(context: Callable[..., Context]) -> None:
    url = MEDICATION["extension"][0]["url"]  # type: ignore[index]
    one = {**MEDICATION, "extension": [{"url": url, "valueString": "9.0.0"}]}
    assert found(context(one), one) == [("version-other", "Medication.version")]


def test_the_foundation_may_state_its_addresses(context: Callable[..., Context]) -> None:
    one = resource("CodeSystem", "strength", url="https://example.net/CodeSystem/s")
    assert found(context(one, of=topic(id="foundation")), one) == []


@pytest.mark.parametrize("url", [f"{BASE}/CodeSystem/a/", f"{BASE}/codesystem/A"])
def test_the_artifact_that_states_a_twin_address_is_told(context: Callable[..., Context], url: str) -> None:
    first, second = resource("CodeSystem", "a"), resource("CodeSystem", "b", url=url)
    both = context(first, second, of=topic(id="foundation"))
    assert found(both, first) == []
    assert found(both, second) == [("canonical-twin", "CodeSystem.url")]


def test_ids_that_differ_by_case_are_twins(context: Callable[..., Context]) -> None:
    first, second = resource("Library", "Nails"), resource("Library", "NAILS")
    assert found(context(first, second), second) == [("id-twin", "Library.id")]
    other_type = resource("ValueSet", "NAILS")
    assert found(context(first, other_type), other_type) == []


def test_a_topic_that_nobody_signed_is_told_once_for_all_its_artifacts(context: Callable[..., Context]) -> None:
    final = topic(status="active", experimental=False)
    one = resource("ValueSet", "nails", status="active", experimental=False)
    assert [issue.diagnostics for issue in identity.topic_is_draft(final, context(one, of=final))] == [
        "The status is 'active', but nobody has signed this topic; write status: draft.",
        "It is not experimental, but nobody has signed this topic; write experimental: true.",
    ]
    assert found(context(one, of=final), one) == []
    assert list(identity.topic_is_draft(topic(), context())) == []
