"""Arithmetic on a duration that is not certain: an interval of the values it may have."""

from __future__ import annotations

import pytest

from publisher.expression.interval import Interval
from publisher.expression.nodes.arithmetic import absolute, negate


@pytest.mark.parametrize(
    ("value", "turned", "without_sign"),
    [
        (Interval(2, 5), Interval(-5, -2), Interval(2, 5)),
        (Interval(-5, -2), Interval(2, 5), Interval(2, 5)),
        (Interval(-2, 5), Interval(-5, 2), Interval(0, 5)),
    ],
)
def test_the_sign_of_an_uncertain_number_turns_and_goes(
    value: Interval, turned: Interval, without_sign: Interval
) -> None:
    assert negate(value) == turned
    assert absolute(value) == without_sign
