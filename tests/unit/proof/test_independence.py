"""MC/DC: which two patients show that an atom decides by itself, and when none do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from publisher.proof.independence import independence
from publisher.proof.recorded import Row

if TYPE_CHECKING:
    from publisher.proof.independence import Independence
    from tests.unit.proof.conftest import Logic

T, F, O = "true", "false", "open"  # noqa: E741  a column of a table


@pytest.fixture
def either(logic: Logic) -> Logic:
    logic.write(A="data", B="data", C="data", Top="A and B or C")
    logic.plan("use-cream: Top -> ActivityDefinition/use-cream")
    return logic


def shown(logic: Logic, rows: dict[str, tuple[str, ...]]) -> dict[str, Independence]:
    """Return what rows (case -> the condition's state, then its atoms') show of each atom."""
    condition = logic.conditions()["Top"]
    assert [one.name for one in condition.atoms] == ["A", "B", "C"]
    listed = [Row(case, states[0], states[1:]) for case, states in rows.items()]
    return {one.atom: one for one in independence(condition, listed, logic.knowledge.terminology)}


def test_two_patients_who_differ_in_one_atom_alone_show_it(either: Logic) -> None:
    found = shown(either, {"yes": (T, T, T, F), "no": (F, F, T, F)})
    pair = found["A"].pairs["decided"]
    assert pair is not None
    assert (set(pair.cases), pair.how) == ({"yes", "no"}, "unique")
    assert found["B"].pairs["decided"] is None
    assert list(found["B"].missing()) == ["mcdc/Top/B/decided", "mcdc/Top/B/undetermined"]


def test_an_atom_that_is_masked_in_both_may_differ(either: Logic) -> None:
    found = shown(either, {"by-c": (T, F, T, T), "none": (F, F, F, F)})
    pair = found["C"].pairs["decided"]
    assert pair is not None
    assert pair.how == "masking"


def test_an_atom_that_another_covers_is_not_shown(either: Logic) -> None:
    found = shown(either, {"both": (T, T, T, T), "none": (F, F, F, F)})
    assert {name: one.pairs["decided"] for name, one in found.items()} == {"A": None, "B": None, "C": None}


def test_an_atom_that_is_undetermined_on_one_side_is_a_pair_of_its_own(either: Logic) -> None:
    found = shown(either, {"yes": (T, T, T, F), "open": (O, O, T, F)})
    assert found["A"].pairs["decided"] is None
    assert found["A"].pairs["undetermined"] is not None


def test_a_patient_in_whom_an_atom_fails_shows_nothing(either: Logic) -> None:
    found = shown(either, {"yes": (T, T, T, F), "failed": (O, O, "error", T), "none": (F, F, F, F)})
    assert {name: one.pairs["undetermined"] for name, one in found.items()} == {"A": None, "B": None, "C": None}
