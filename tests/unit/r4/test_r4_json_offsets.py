"""Where a part of a JSON text stands, found on the way to it alone."""

import json

from hypothesis import given
from hypothesis import strategies as st

from publisher.r4.json_offsets import Offsets
from publisher.r4.json_scan import positions

TEXT = '{"a": 1,\n "b": [true, {"c": "\\u00e5 \\" ]"}], "d": {}}'
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text('ab\\"é\n'),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('ab\\"é', max_size=3), inner, max_size=4),
    max_leaves=20,
)


def test_a_member_stands_at_its_key_and_an_item_at_its_value() -> None:
    offsets = Offsets(TEXT)

    assert offsets.at(()) == 0
    assert offsets.at(("b",)) == TEXT.index('"b"')
    assert offsets.at(("b", 1, "c")) == TEXT.index('"c"')
    assert offsets.at(("b", 0)) == TEXT.index("true")


def test_what_is_not_there_stands_where_its_nearest_parent_does() -> None:
    offsets = Offsets(TEXT)

    assert offsets.at(("b", 7, "x")) == TEXT.index('"b"')
    assert offsets.at(("d", "x")) == TEXT.index('"d"')
    assert offsets.at(("a", "x")) == TEXT.index('"a"')


@given(JSON, st.sampled_from([None, 1]))
def test_every_place_is_that_of_a_scan_of_the_whole_text(value: object, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    offsets = Offsets(text)

    assert {path: offsets.at(path) for path in positions(text)} == positions(text)
