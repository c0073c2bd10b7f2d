"""The table of UCUM's atoms holds what validation must know to call a unit wrong."""

import pytest

from publisher.expression.ucum import parse


@pytest.mark.parametrize(
    "code", ["b", "Torr", "att", "[acr_us]", "[car_Au]", "cal_[15]", "%[slope]", "[m/s2/Hz^(1/2)]"]
)
def test_rare_units_are_units(code: str) -> None:
    assert parse(code) is not None


@pytest.mark.parametrize("code", ["ea", "tbl", "TAB", "month", "mg/dl/"])
def test_what_ucum_lacks_is_no_unit(code: str) -> None:
    assert parse(code) is None


def test_a_rod_is_sixteen_and_a_half_feet() -> None:
    rod, foot = parse("[rd_us]"), parse("[ft_us]")

    assert rod is not None
    assert foot is not None
    assert rod.factor == foot.factor * 33 / 2
    assert rod.dimensions == foot.dimensions
