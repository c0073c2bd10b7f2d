"""Feedback is counted by rule and version; nothing that a client wrote is kept."""

from __future__ import annotations

import hashlib
import hmac
import json
import sqlite3
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from publisher.apply.knowledge import Knowledge
from publisher.cli import main
from publisher.feedback import KEPT, FeedbackStore, Outcome, Shown
from publisher.feedback_reading import MOST_ITEMS, SKEW, UNLISTED
from publisher.hook_request import MOST_PLACES
from publisher.hooks import HookServices
from publisher.repository import Artifact, Repository
from tests.artifacts.patients import hook_request
from tests.topics.services import NOW, artifacts, request, service_of, services
from tests.unit.apply.builders import knowledge, plan

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

WHEN = "2026-01-02T12:00:00Z"
PRIVATE = "Karin Karlsson 19121212-1212"
SELECT = "example-sneeze-order-select"
OTHER = "00000000-0000-4000-8000-00000000000a"
REASON = {"system": "urn:s", "code": "told"}
REASON_AT = "feedback[0].overrideReason"


@pytest.fixture
def store(tmp_path: Path) -> FeedbackStore:
    return FeedbackStore(tmp_path / "feedback.sqlite")


@pytest.fixture
def offered(store: FeedbackStore) -> HookServices:
    return services(feedback=store)


def card(
    offered: HookServices, case: str = "dust-for-sneeze", position: int = 0, *, instance: str | None = None
) -> dict[str, Any]:
    asked = request(case)
    asked["hookInstance"] = instance or asked["hookInstance"]
    found: dict[str, Any] = offered.call(service_of(asked), asked, "en").body["cards"][position]
    return found


def accepted(made: dict[str, Any]) -> dict[str, Any]:
    suggestion = {"id": made["suggestions"][0]["uuid"]}
    return {"card": made["uuid"], "outcome": "accepted", "acceptedSuggestions": [suggestion], "outcomeTimestamp": WHEN}


def overridden(made: dict[str, Any], **reason: Any) -> dict[str, Any]:
    given = {"overrideReason": reason} if reason else {}
    return {"card": made["uuid"], "outcome": "overridden", "outcomeTimestamp": WHEN, **given}


def test_outcomes_are_counted_by_service_rule_and_version(offered: HookServices, store: FeedbackStore) -> None:
    made = card(offered)
    other = card(offered, instance=OTHER)
    for body in ([accepted(made), overridden(made)], [overridden(other)]):
        assert offered.feedback(SELECT, {"feedback": body}, "en").status == 200
    (rate,) = store.rates()
    assert (rate.service, rate.action, rate.accepted, rate.overridden) == (SELECT, "dust-advised-against", 1, 2)
    assert rate.canonical == "https://example.org/fhir/PlanDefinition/example-sneeze-order-select|0.1.0"
    assert rate.to_json()["share"] == 0.333


def test_only_a_reason_that_a_card_offers_is_told_apart(store: FeedbackStore) -> None:
    offered = with_reasons(store)
    instances = [f"{OTHER[:-1]}{last}" for last in range(4)]
    for code, instance in zip(("told", "told", PRIVATE), instances, strict=False):
        made = card(offered, instance=instance)
        body = [overridden(made, reason={"system": "urn:s", "code": code, "display": PRIVATE})]
        assert offered.feedback(SELECT, {"feedback": body}, "en").status == 200
    offered.feedback(
        SELECT, {"feedback": [overridden(card(offered, instance=instances[3]), userComment=PRIVATE)]}, "en"
    )
    (rate,) = store.rates()
    assert rate.overridden == 4
    assert rate.reasons == {"urn:s|told": 2, UNLISTED: 1}


def with_reasons(store: FeedbackStore) -> HookServices:
    """Return the services, whose order-select plan offers REASON."""
    value_set = {
        "resourceType": "ValueSet", "id": "v", "url": "urn:v", "version": "1", "expansion": {"contains": [REASON]}
    }  # fmt: skip
    extension = {
        "url": "https://vademecum.example/fhir/StructureDefinition/override-reasons",
        "valueCanonical": "urn:v|1",
    }
    held = []
    for each in artifacts():
        resource = json.loads(json.dumps(each.resource, default=str))
        if each.id == SELECT:
            resource["action"][0]["action"][0]["extension"] = [extension]
        held.append(Artifact(resource, each.renditions, each.topic))
    knowledge = Knowledge(Repository([*held, Artifact(value_set, {})], drafts=True))
    return HookServices(knowledge, base_url="https://x", now=lambda: NOW, evaluate_drafts=True, feedback=store)


def test_nothing_that_a_client_wrote_is_kept(offered: HookServices, tmp_path: Path) -> None:
    made = card(offered)
    body = [overridden(made, reason={"system": PRIVATE, "code": PRIVATE}, userComment=PRIVATE)]
    answer = offered.feedback(SELECT, {"feedback": body, "patient": PRIVATE}, "en")
    assert answer.status == 200
    assert PRIVATE not in repr(answer)
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for word in (PRIVATE, made["uuid"], WHEN, made["uuid"].replace("-", "")):
        assert word.encode() not in kept


@pytest.mark.parametrize(
    ("change", "rule", "place"),
    [
        ({"card": "00000000-0000-4000-8000-000000000000"}, "feedback-card", "feedback[0].card"),
        ({"card": None}, "feedback-card", "feedback[0].card"),
        ({"outcome": "ignored"}, "feedback-outcome", "feedback[0].outcome"),
        ({"outcomeTimestamp": "2026-01-02T12:00:00+01:00"}, "feedback-time", "feedback[0].outcomeTimestamp"),
        ({"outcomeTimestamp": None}, "feedback-time", "feedback[0].outcomeTimestamp"),
        ({"outcome": "accepted"}, "feedback-suggestion", "feedback[0].acceptedSuggestions"),
        (
            {"outcome": "accepted", "acceptedSuggestions": [{"id": "x"}]},
            "feedback-suggestion",
            "feedback[0].acceptedSuggestions[0].id",
        ),
        ({"overrideReason": {}}, "feedback-reason", "feedback[0].overrideReason"),
        ({"overrideReason": "no"}, "feedback-reason", "feedback[0].overrideReason"),
        *(
            ({"overrideReason": {"reason": reason, "userComment": "x"}}, "feedback-reason", f"{REASON_AT}.reason")
            for reason in (
                {"system": "urn:s"},
                {"code": "told"},
                {"system": "urn:s", "code": ""},
                {"system": 1, "code": "told"},
                {"coding": [REASON]},
                [REASON],
                "told",
            )
        ),
    ],
)
def test_feedback_that_is_not_as_specified_is_named_and_nothing_is_counted(
    offered: HookServices, store: FeedbackStore, change: dict[str, Any], rule: str, place: str
) -> None:
    made = card(offered)
    body = [{**overridden(made), **change}, overridden(made)]
    answer = offered.feedback(SELECT, {"feedback": body}, "en")
    assert answer.status == 400
    (issue,) = answer.body["issue"]
    assert (issue["details"]["text"], issue["expression"][0]) == (rule, place)
    assert store.rates() == []


@pytest.mark.parametrize(
    "body", [{}, {"feedback": []}, {"feedback": {}}, {"feedback": [1]}, {"feedback": [{}] * (MOST_ITEMS + 1)}]
)
def test_a_body_of_another_shape_is_refused(offered: HookServices, body: dict[str, Any]) -> None:
    answer = offered.feedback(SELECT, body, "en")
    assert answer.status == 400
    assert {issue["details"]["text"] for issue in answer.body["issue"]} == {"feedback-shape"}


@pytest.mark.parametrize(
    "items",
    [
        [{"outcome": "accepted", "acceptedSuggestions": [{}] * 5_000}],
        [{"outcome": "accepted", "acceptedSuggestions": [{}] * 50}] * MOST_ITEMS,
    ],
)
def test_of_feedback_that_is_wrong_everywhere_so_much_is_told_at_most(
    offered: HookServices, items: list[dict[str, Any]]
) -> None:
    answer = offered.feedback(SELECT, {"feedback": items}, "en")
    assert (answer.status, len(answer.body["issue"])) == (400, MOST_PLACES)
    assert answer.body["issue"][0]["expression"] == ["feedback[0].card"]


def test_a_refusal_is_logged_with_the_service_that_it_is_about(offered: HookServices) -> None:
    answer = offered.feedback(SELECT, {"feedback": []}, "en")
    assert (answer.status, answer.log_fields) == (400, {"service": SELECT, "artifact_version": "0.1.0"})


def test_a_suggestion_of_another_card_is_none_of_this_one(offered: HookServices) -> None:
    other = card(offered, "a-feather-is-near")
    body = {**accepted(card(offered)), "acceptedSuggestions": [{"id": other["suggestions"][0]["uuid"]}]}
    assert offered.feedback(SELECT, {"feedback": [body]}, "en").status == 400


def test_a_suggestion_of_the_same_rule_in_another_call_is_none_of_this_card(
    offered: HookServices, store: FeedbackStore
) -> None:
    other = card(offered, instance=OTHER)
    body = {**accepted(card(offered)), "acceptedSuggestions": [{"id": other["suggestions"][0]["uuid"]}]}
    answer = offered.feedback(SELECT, {"feedback": [body]}, "en")
    assert answer.status == 400
    (issue,) = answer.body["issue"]
    assert issue["details"]["text"] == "feedback-suggestion"
    assert issue["expression"] == ["feedback[0].acceptedSuggestions[0].id"]
    assert store.rates() == []


def test_feedback_on_an_unknown_service_or_where_it_is_off_is_404(offered: HookServices) -> None:
    assert offered.feedback("none", {"feedback": []}, "en").status == 404
    assert services().feedback(SELECT, {"feedback": []}, "en").status == 404


def test_the_uuid_of_another_server_is_not_counted(offered: HookServices, tmp_path: Path) -> None:
    elsewhere = services(feedback=FeedbackStore(tmp_path / "elsewhere.sqlite"))
    assert offered.feedback(SELECT, {"feedback": [overridden(card(elsewhere))]}, "en").status == 400
    assert offered.feedback(SELECT, {"feedback": [overridden(card(services()))]}, "en").status == 400


def test_a_restart_keeps_the_key_and_the_counts(offered: HookServices, store: FeedbackStore, tmp_path: Path) -> None:
    made = card(offered)
    again = services(feedback=FeedbackStore(tmp_path / "feedback.sqlite"))
    assert again.feedback(SELECT, {"feedback": [overridden(made)]}, "en").status == 200
    assert card(again)["uuid"] == made["uuid"]
    assert store.rates()[0].overridden == 1


def test_a_card_counts_once_for_each_outcome_however_often_it_is_told(
    offered: HookServices, store: FeedbackStore
) -> None:
    made = card(offered)
    for body in ([overridden(made), overridden(made)], [overridden({"uuid": made["uuid"].upper()})], [accepted(made)]):
        answer = offered.feedback(SELECT, {"feedback": body}, "en")
        assert answer.status == 200
    assert offered.feedback(SELECT, {"feedback": [accepted(made)]}, "en").log_fields["outcomes"] == 0
    (rate,) = store.rates()
    assert (rate.accepted, rate.overridden) == (1, 1)


def test_a_reason_that_is_told_later_is_added_and_the_outcome_is_counted_once(store: FeedbackStore) -> None:
    offered = with_reasons(store)
    made = card(offered)
    told = [overridden(made), overridden(made, userComment=PRIVATE), overridden(made, reason=REASON)]
    for item in told:
        answer = offered.feedback(SELECT, {"feedback": [item]}, "en")
        assert (answer.status, answer.log_fields["outcomes"]) == (200, int(item is told[0]))
    (rate,) = store.rates()
    assert (rate.overridden, rate.reasons) == (1, {"urn:s|told": 1})


def test_the_first_coded_reason_of_a_card_stands(store: FeedbackStore) -> None:
    offered = with_reasons(store)
    made, other = card(offered), card(offered, instance=OTHER)
    unlisted = {"system": "urn:s", "code": PRIVATE}
    for item in (
        overridden(made, reason=REASON),
        overridden(made, reason=unlisted),
        overridden(made),
        overridden(other, reason=unlisted),
        overridden(other, reason=REASON),
    ):
        assert offered.feedback(SELECT, {"feedback": [item]}, "en").status == 200
    (rate,) = store.rates()
    assert (rate.overridden, rate.reasons) == (2, {"urn:s|told": 1, UNLISTED: 1})


def test_a_reason_that_is_told_later_takes_nothing_from_other_cards(store: FeedbackStore) -> None:
    offered = with_reasons(store)
    made, other = card(offered), card(offered, instance=OTHER)
    body = [overridden(made), overridden(other), overridden(made, reason=REASON), accepted(made)]
    assert offered.feedback(SELECT, {"feedback": body}, "en").log_fields["outcomes"] == 3
    (rate,) = store.rates()
    assert (rate.accepted, rate.overridden, rate.reasons) == (1, 2, {"urn:s|told": 1})


def test_a_reason_that_is_told_by_another_service_is_none_of_its_counts(tmp_path: Path) -> None:
    store, shared = FeedbackStore(tmp_path / "feedback.sqlite"), uuid.UUID(int=1)
    store.register([Shown(1, "urn:p|1", "a", service, "2026") for service in ("one", "two")])
    assert store.add("one", [Outcome(shared, 1, "overridden")], NOW) == 1
    assert store.add("two", [Outcome(shared, 1, "overridden", "urn:s|told")], NOW) == 0
    (rate,) = store.rates()
    assert (rate.service, rate.overridden, rate.reasons) == ("one", 1, {})


def test_processes_that_share_a_key_count_a_card_once(tmp_path: Path) -> None:
    path, marks = tmp_path / "feedback.sqlite", b"k" * 32
    one, two = (services(feedback=FeedbackStore(path, marks=marks)) for _ in range(2))
    body = {"feedback": [overridden(card(one))]}
    assert (one.feedback(SELECT, body, "en").status, two.feedback(SELECT, body, "en").status) == (200, 200)
    assert [rate.overridden for rate in FeedbackStore(path).rates()] == [1]


def test_who_has_the_file_alone_cannot_tell_which_cards_were_counted(offered: HookServices, tmp_path: Path) -> None:
    made = card(offered)
    offered.feedback(SELECT, {"feedback": [overridden(made)]}, "en")
    database = sqlite3.connect(tmp_path / "feedback.sqlite")
    (held,) = database.execute("SELECT mark FROM told").fetchone()
    (key,) = database.execute("SELECT key FROM secret").fetchone()
    database.close()
    told = uuid.UUID(made["uuid"]).bytes + b"overridden"
    guesses = [hashlib.sha256(told).digest(), *(hmac.digest(one, told, "sha256") for one in (key, b""))]
    assert held not in [guess[:16] for guess in guesses]


def test_marks_are_forgotten_after_a_day_and_are_so_many_at_most(tmp_path: Path) -> None:
    store = FeedbackStore(tmp_path / "feedback.sqlite", most=2)

    def told(number: int, now: datetime) -> int:
        return store.add(SELECT, [Outcome(uuid.UUID(int=number), 1, "overridden")], now)

    assert [told(1, NOW), told(1, NOW), told(1, NOW + KEPT - SKEW)] == [1, 0, 0]
    assert told(1, NOW + KEPT) == 1
    later = NOW + KEPT * 2
    assert [told(number, later + SKEW * number) for number in (2, 3, 4)] == [1, 1, 1]
    assert [told(number, later + KEPT / 2) for number in (3, 4, 2)] == [0, 0, 1]


def test_a_card_is_no_card_of_a_service_that_never_showed_its_rule(offered: HookServices, store: FeedbackStore) -> None:
    answer = offered.feedback("example-sneeze-patient-view", {"feedback": [overridden(card(offered))]}, "en")
    assert answer.status == 400
    (issue,) = answer.body["issue"]
    assert issue["diagnostics"] == "feedback[0].card must be the uuid of a card of this service."
    assert store.rates() == []


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-01-02T12:05:01Z",  # more than the clocks of two machines differ by
        "2999-01-01T00:00:00Z",
        "2025-12-31T23:59:59Z",  # the version is of 2026-01-02, which began the day before somewhere
        "1970-01-01T00:00:00Z",
        "2026-02-30T12:00:00Z",
        "2026-01-02T25:00:00Z",
    ],
)
def test_a_moment_that_cannot_be_is_refused(offered: HookServices, store: FeedbackStore, stamp: str) -> None:
    answer = offered.feedback(SELECT, {"feedback": [{**overridden(card(offered)), "outcomeTimestamp": stamp}]}, "en")
    assert answer.status == 400
    assert [issue["details"]["text"] for issue in answer.body["issue"]] == ["feedback-time"]
    assert store.rates() == []


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-01-02T12:05:00Z",
        "2026-01-02T12:00:00.123456Z",
        "2026-01-01T00:00:00Z",
        "2026-01-02T12:00:00+00:00",  # UTC as well: https://www.rfc-editor.org/rfc/rfc3339#section-5.6
        "2026-01-02T12:00:00.5-00:00",
    ],
)
def test_a_moment_that_another_clock_or_zone_can_have_is_taken(offered: HookServices, stamp: str) -> None:
    body = {"feedback": [{**overridden(card(offered)), "outcomeTimestamp": stamp}]}
    assert offered.feedback(SELECT, body, "en").status == 200


def test_the_command_prints_rates(
    offered: HookServices, store: FeedbackStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = card(offered)
    offered.feedback(
        SELECT, {"feedback": [accepted(made), overridden(made, reason={"system": "s", "code": "c"})]}, "en"
    )
    assert main(["feedback", str(tmp_path / "feedback.sqlite")]) == 0
    rule = store.rates()[0].canonical
    assert capsys.readouterr().out == (
        f"{SELECT}: {rule} dust-advised-against\n  accepted 1 of 2 (50%)\n  overridden because unlisted: 1\n"
    )
    assert main(["feedback", str(tmp_path / "feedback.sqlite"), "--format", "json"]) == 0
    (printed,) = json.loads(capsys.readouterr().out)
    assert (printed["accepted"], printed["reasons"]) == (1, {"unlisted": 1})


def test_the_command_makes_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feedback", str(tmp_path / "none.sqlite")]) == 2
    assert "is not there" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_counts_are_the_only_numbers_kept(offered: HookServices, tmp_path: Path) -> None:
    offered.feedback(SELECT, {"feedback": [overridden(card(offered))]}, "en")
    database = sqlite3.connect(tmp_path / "feedback.sqlite")
    names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    assert names == ["count", "rule", "secret", "shown", "told"]
    ((mark, ends),) = database.execute("SELECT mark, ends FROM told").fetchall()
    assert (len(mark), ends) == (16, int((NOW + KEPT).timestamp()))
    assert database.execute("SELECT service, outcome, reason, times FROM count").fetchall() == [
        (SELECT, "overridden", "", 1)
    ]
    database.close()


def test_cards_of_actions_without_an_id_are_counted_by_their_place(store: FeedbackStore) -> None:
    inner = {"title": "Inner", "description": "Do it."}
    scope = {"trigger": [{"type": "named-event", "name": "patient-view"}], "action": [{"id": "other"}, inner]}
    held = knowledge(plan(scope, name="view", title="View"))
    offered = HookServices(held, base_url="https://x", now=lambda: NOW, evaluate_drafts=False, feedback=store)
    made = offered.call("view", hook_request("patient-view"), "en").body["cards"][1]
    assert offered.feedback("view", {"feedback": [overridden(made)]}, "en").status == 200
    assert [rate.action for rate in store.rates()] == ["action[0].action[1]"]


def test_a_file_that_is_no_store_of_counts_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("notes")

    assert main(["feedback", str(path)]) == 2
    told = f"vademecum: {path} cannot be read as counts of feedback (file is not a database).\n"
    assert capsys.readouterr() == ("", told)


def test_the_command_only_reads(store: FeedbackStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "others.sqlite"
    others = sqlite3.connect(path)
    others.execute("CREATE TABLE note (text TEXT)")
    others.commit()
    others.close()
    before = path.read_bytes()

    assert main(["feedback", str(path)]) == 2
    told = f"vademecum: {path} cannot be read as counts of feedback (no such table: count).\n"
    assert capsys.readouterr() == ("", told)
    assert path.read_bytes() == before
    assert store.rates() == []
