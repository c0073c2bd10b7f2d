"""Which version of a resource counts, and what is none: publisher/versions.py, as a call meets it."""

from __future__ import annotations

from typing import Any

import pytest

from publisher.intake import Taken, take
from publisher.prefetch import medicines
from tests.artifacts.patients import PATIENT, condition, referring, searchset


def updated(moment: str | None, **more: Any) -> dict[str, Any]:
    """Return a version of one problem, and when it was made."""
    meta = {"lastUpdated": moment} if moment else {"versionId": "1"}
    return condition(id="c", meta=meta, **more)


OVER, ACTIVE = {"clinical": "resolved"}, {"clinical": "active"}


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("2026-01-01T10:00:00Z", "2026-01-01T10:00:01Z"),
        ("2026-01-01T12:00:00+02:00", "2026-01-01T10:30:00Z"),
        ("2026-01-01T10:00:00.100Z", "2026-01-01T10:00:00.2Z"),
    ],
)
def test_of_the_versions_of_a_resource_the_newest_alone_counts(older: str, newer: str) -> None:
    was, now = updated(older, **ACTIVE), updated(newer, **OVER)
    for versions in ([was, now], [now, was], [was, now, was]):
        assert take([searchset(*versions)], PATIENT) == Taken((now,), {})


@pytest.mark.parametrize("moment", [None, "2026-01-01", "2026-01-01T10:00:00", "yesterday"])
def test_versions_that_do_not_tell_which_is_newer_both_count_and_leave_a_doubt(moment: str | None) -> None:
    known, unknown = updated("2026-01-01T10:00:00Z", **ACTIVE), updated(moment, **OVER)
    assert take([searchset(known, unknown)], PATIENT) == Taken((known, unknown), {"Condition": "versions"})


def test_versions_of_one_moment_that_differ_both_count_and_leave_a_doubt() -> None:
    alike = [updated("2026-01-01T10:00:00Z", **each) for each in (ACTIVE, OVER)]
    assert take([searchset(*alike)], PATIENT) == Taken(tuple(alike), {"Condition": "versions"})


def test_copies_that_say_the_same_are_one_whatever_is_said_about_them() -> None:
    copies = [updated(None), updated("2026-01-01T10:00:00Z"), condition(id="c")]
    assert take([searchset(*copies)], PATIENT) == Taken((copies[0],), {})


def test_what_has_no_id_or_comes_from_two_servers_are_no_versions_of_one_another() -> None:
    nameless = [{name: part for name, part in each.items() if name != "id"} for each in (condition(), condition("I10"))]
    assert take([searchset(*nameless)], PATIENT) == Taken(tuple(nameless), {})
    moments = ("2026-01-01T10:00:00Z", "2026-02-01T10:00:00Z")
    two = [updated(moment, **each) for moment, each in zip(moments, (ACTIVE, OVER), strict=True)]
    entries = [
        {"fullUrl": f"https://{host}.example/fhir/Condition/c", "resource": each}
        for host, each in zip("ab", two, strict=True)
    ]
    assert take([{"resourceType": "Bundle", "entry": entries}], PATIENT) == Taken(tuple(two), {})


def test_two_versions_of_a_medicine_leave_open_which_it_is() -> None:
    drug = {"resourceType": "Medication", "id": "x"}
    taken = take([searchset(referring("Medication/x"), drug, {**drug, "status": "inactive"})], PATIENT)
    cause = medicines(taken.resources, taken.doubts).cause
    assert cause is not None
    assert (cause.kind, cause.about, cause.reason) == ("partial", "Medication", "versions")


@pytest.mark.parametrize("server", [None, "https://ehr.example/fhir"])
def test_a_version_after_which_the_resource_is_about_another_patient_counts_no_more(server: str | None) -> None:
    was = updated("2026-01-01T10:00:00Z")
    moved = {**updated("2026-01-01T10:00:01Z"), "subject": {"reference": "Patient/2"}}
    for versions in ([was, moved], [moved, was], [moved, was, moved, was]):
        taken = take([searchset(*versions)], PATIENT, server=server)
        assert (taken.resources, taken.doubts) == ((), {})


@pytest.mark.parametrize(
    ("moment", "more"),
    [("2025-12-31T10:00:00Z", {}), (None, {}), ("2026-02-01T10:00:00Z", {"id": "d"})],
    ids=["older", "of no moment", "another problem"],
)
def test_what_is_about_another_patient_ends_nothing_that_is_newer_or_has_another_id(
    moment: str | None, more: dict[str, Any]
) -> None:
    ours = updated("2026-01-01T10:00:00Z")
    theirs = {**updated(moment), "subject": {"reference": "Patient/2"}, **more}
    assert take([searchset(ours, theirs)], PATIENT) == Taken((ours,), {}, 1)


VERSION_AT = "https://a.example/fhir/Condition/c"


@pytest.mark.parametrize(
    ("addresses", "server", "kept"),
    [
        (("urn:uuid:0d2a", "urn:uuid:0d2b"), None, 2),
        (("urn:uuid:0d2a", "urn:uuid:0d2a"), None, 1),
        ((None, VERSION_AT), None, 1),
        ((None, VERSION_AT), "http://a.example:80/fhir/", 1),
        ((None, VERSION_AT), "https://b.example/fhir", 2),
        ((VERSION_AT, f"{VERSION_AT}/_history/2"), None, 1),
        ((VERSION_AT, VERSION_AT.replace("https", "http")), None, 1),
    ],
)
def test_nothing_hides_what_has_an_address_of_its_own(
    addresses: tuple[str | None, str], server: str | None, kept: int
) -> None:
    """A fullUrl is of one resource in a Bundle, and what has none is of the server that sends it."""
    two = [updated("2026-01-01T10:00:00Z", **ACTIVE), updated("2026-02-01T10:00:00Z", **OVER)]
    entries = [
        {"resource": each, **({"fullUrl": address} if address else {})}
        for address, each in zip(addresses, two, strict=True)
    ]
    assert take([{"resourceType": "Bundle", "entry": entries}], PATIENT, server=server) == Taken(tuple(two[-kept:]), {})


@pytest.mark.parametrize(("later", "kept"), [("09", 1), ("11", 0)])
def test_many_versions_of_one_resource_are_told_apart_in_one_pass(later: str, kept: int) -> None:
    ours = [updated(f"2026-01-01T10:00:00.{number:06}Z") for number in range(20_000)]
    theirs = [
        {**updated(f"2026-01-01T{later}:00:00.{number:06}Z"), "subject": {"reference": "Patient/2"}}
        for number in range(20_000)
    ]
    assert take([searchset(*ours, *theirs)], PATIENT) == Taken(tuple(ours[-kept:] * kept), {}, 20_000)
