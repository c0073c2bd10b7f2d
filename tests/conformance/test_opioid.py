"""The published opioid guideline runs: every library loads, every definition of it has a value on every request.

That the values are right is shown by tests/oracles/compare_evaluate.py. NOT RUN where the folders or Node are absent.
"""

from __future__ import annotations

import shutil

import pytest

from tests.conformance import opioid

LIBRARIES = 24
DEFINITIONS = 236
REQUESTS = 22

pytestmark = [
    pytest.mark.skipif(not opioid.ARTIFACTS.is_dir(), reason="NOT RUN: the opioid libraries are not here"),
    pytest.mark.skipif(shutil.which("node") is None, reason="NOT RUN: translating needs Node"),
]


def test_every_library_loads_without_an_unsupported_node() -> None:
    libraries = {name: each for name, each in opioid.libraries().items() if name not in opioid.STAND_INS}

    assert len(libraries) == LIBRARIES
    assert [issue for library in libraries.values() for issue in library.check()] == []


@pytest.mark.skipif(not opioid.REQUESTS.is_dir(), reason="NOT RUN: the opioid requests are not here")
def test_every_definition_has_a_value_on_every_request(capsys: pytest.CaptureFixture[str]) -> None:
    libraries, terms = opioid.libraries(), opioid.terminology()
    names = [
        (library, name)
        for library in libraries.values()
        if library.id not in opioid.STAND_INS
        for name in library.definitions()
    ]
    failed, requests = [], opioid.requests()
    for request in requests:
        env = opioid.evaluation(request, terms)
        outcomes = [(library.id, name, library.evaluate(name, env)) for library, name in names]
        failed += [(request.name, *where, outcome.error) for *where, outcome in outcomes if outcome.error]
    with capsys.disabled():
        print(f"\nOpioid: {len(names) * len(requests) - len(failed)} of {len(names) * len(requests)}")  # noqa: T201

    assert failed == []
    assert (len(names), len(requests)) == (DEFINITIONS, REQUESTS)


@pytest.mark.skipif(not opioid.REQUESTS.is_dir(), reason="NOT RUN: the opioid requests are not here")
def test_tracking_changes_no_value_where_all_is_supplied() -> None:
    libraries, terms = opioid.libraries(), opioid.terminology()
    different = []
    for request in opioid.requests():
        plain, tracked = opioid.evaluation(request, terms), opioid.evaluation(request, terms)
        for library in libraries.values():
            for name in library.definitions():
                one = library.evaluate(name, plain, tracked=False)
                other = library.evaluate(name, tracked, tracked=True)
                if (one.value, one.error) != (other.value, other.error):
                    different.append((request.name, library.id, name, one.value, other.value))

    assert different == []
