"""The proof of the shipped topics: their truth tables hold, and a fixed part of their mutants is noticed.

All of it: `make proof`.
"""

from __future__ import annotations

import pytest

from publisher.cases_command import compiled_suite
from publisher.elm import elm_of
from publisher.proof.declared import declared, provers
from publisher.proof.mutation import Mutation
from publisher.proof.truth_tables import truth_tables
from tests.artifacts.conftest import ROOT

SUITE, REPORT = compiled_suite(ROOT / "artifacts")
assert SUITE is not None, REPORT.to_text()
KNOWLEDGE = SUITE.runner.knowledge
TOPICS = [topic for topic in SUITE.topics if any(case.topic == topic for case in SUITE.cases)]
EVERY = 29  # a prime, so that the part goes through all kinds of changes


def test_there_is_a_topic_to_prove() -> None:
    assert TOPICS


@pytest.mark.parametrize("topic", TOPICS)
def test_its_truth_tables_hold(topic: str) -> None:
    assert SUITE is not None
    said = declared(SUITE.root / topic)
    found = truth_tables(KNOWLEDGE, topic, said)
    assert [one.id for one in found if not one.holds and said.excused(one.id) is None] == []
    assert len(found) >= 5


def test_what_a_topic_has_proved_by_another_is_among_the_mutants_of_that_one() -> None:
    assert SUITE is not None
    proved = provers(SUITE.root)
    assert proved == {"foundation": "leg-cramps"}
    for shared, prover in proved.items():
        mutation = Mutation(prover, (), KNOWLEDGE, "sv", provers=proved)
        libraries = {
            one.id for one in KNOWLEDGE.repository.of_type("Library") if one.topic == shared and elm_of(one.resource)
        }
        tried = mutation.score(declared(SUITE.root / prover), every=7).tried
        assert libraries <= {one.id.split("/")[1] for one in tried if one.id.startswith("cql/")}


@pytest.mark.parametrize("topic", TOPICS)
def test_its_patients_notice_most_of_a_part_of_its_mutants(topic: str) -> None:
    assert SUITE is not None
    results = SUITE.results()
    score = Mutation(topic, results, KNOWLEDGE, "sv").score(declared(SUITE.root / topic), every=EVERY)
    assert len(score.tried) >= 10
    assert score.percent >= 80, score.survivors
