"""The value space of each primitive type, at its edges, and against the expressions that R4 publishes."""

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.r4.definitions import type_definition, types
from publisher.validation.primitives import CHECKS, shown

GOOD = {
    "base64Binary": ["bGVn", "bGU=", "bA==", "bGVn\n bGVn"],
    "boolean": [True, False],
    "canonical": ["http://example.org/a|1.0", "#a", "urn:oid:1.2"],
    "code": ["a", "two words", "a-b"],
    "date": ["2026", "2026-12", "2024-02-29", "2000-02-29", "0001-01-01"],
    "dateTime": ["2026", "2026-12", "2026-12-31", "2026-12-31T23:59:60Z", "2026-12-31T00:00:00.123+14:00"],
    "decimal": [1, -1, Decimal("0.70"), Decimal("1E+2"), 0.5],
    "id": ["a", "A-1.b", "a" * 64],
    "instant": ["2026-12-31T23:59:59.1-05:30"],
    "integer": [0, -(2**31), 2**31 - 1],
    "markdown": ["*a*\n\tb"],
    "oid": ["urn:oid:1.2.3", "urn:oid:2.0"],
    "positiveInt": [1, 2**31 - 1],
    "string": ["a", " a ", "\u00e5\u2028", "a" * 1_048_576],
    "time": ["00:00:00", "23:59:60.5"],
    "unsignedInt": [0],
    "uri": ["a:b", "http://example.org/?a=%20", "\u00e5"],
    "url": ["mailto:a@example.org"],
    "uuid": ["urn:uuid:c757873d-ec9a-4326-a141-556f43239520"],
}
BAD = {
    "base64Binary": ["b", "bGV", "====", "bG=n", "%%%%", "bGVn=", "\u00e5\u00e5\u00e5\u00e5"],
    "boolean": ["true", 1, 0],
    "canonical": ["a b", ""],
    "code": [" a", "a ", "a  b", "", "a\x07"],
    "date": ["26", "2026-1", "2026-13", "2026-02-29", "1900-02-29", "2026-04-31", "0000", "2026-12-31T10:00:00Z"],
    "dateTime": ["2026-12-31T10:00:00", "2026-12-31T10:00Z", "2026-12-31T24:00:00Z", "2026-02-30T10:00:00Z"],
    "decimal": ["1.0", True, float("nan")],
    "id": ["", "a_b", "a" * 65, "a b", "a\n"],
    "instant": ["2026", "2026-12-31", "2026-12-31T10:00:00", "2026-12-31T10:00:00+15:00"],
    "integer": [2**31, -(2**31) - 1, Decimal("1.0"), "1", True],
    "markdown": ["", "a\x00b"],
    "oid": ["1.2.3", "urn:oid:3.1", "urn:oid:1.02", "urn:oid:1"],
    "positiveInt": [0, -1],
    "string": ["", 1, "a\x1b", "a" * 1_048_577],
    "time": ["24:00:00", "10:00", "10:00:00Z"],
    "unsignedInt": [-1],
    "uri": ["a b", "a\tb", ""],
    "url": ["http://example.org/a b"],
    "uuid": ["c757873d-ec9a-4326-a141-556f43239520", "urn:uuid:C757873D-EC9A-4326-A141-556F43239520"],
}


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in GOOD.items() for value in values])
def test_a_value_of_the_type_is_accepted(kind: str, value: Any) -> None:
    assert CHECKS[kind](value) is None


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in BAD.items() for value in values])
def test_a_value_outside_the_type_is_refused_with_advice(kind: str, value: Any) -> None:
    problem = CHECKS[kind](value)

    assert problem is not None
    assert problem[0] in ("value-invalid", "value-empty", "value-json-type")
    assert ";" in problem[1]


def test_every_primitive_type_has_a_check_and_cases() -> None:
    expected = set(types("primitive-type")) - {"xhtml"}  # narratives have their own

    assert set(CHECKS) == set(GOOD) == set(BAD) == expected


@pytest.mark.parametrize("kind", sorted(GOOD))
@given(st.data())
def test_what_is_accepted_as_text_matches_the_published_expression(kind: str, data: st.DataObject) -> None:
    seeds = [value for value in GOOD[kind] + BAD[kind] if isinstance(value, str) and len(value) < 100]
    text = data.draw(st.sampled_from(seeds)) if seeds else ""
    position = data.draw(st.integers(0, len(text)))
    text = text[:position] + data.draw(st.text("0123456789-:.TZ+aZ=/ %\n", max_size=2)) + text[position:]

    if kind == "base64Binary":
        text = "".join(text.split())  # lines may be broken anywhere, the expression wants it between fours

    if CHECKS[kind](text) is None:
        assert re.fullmatch(type_definition(kind).regex, text, re.ASCII)  # \s is XML's


@pytest.mark.parametrize("value", [None, [], {}, "a", 1, Decimal("1.5"), True])
@pytest.mark.parametrize("kind", sorted(CHECKS))
def test_no_check_fails_on_a_value_of_another_type(kind: str, value: Any) -> None:
    CHECKS[kind](value)


def test_diagnostics_quote_long_values_in_part() -> None:
    assert shown("a" * 200) == "'" + "a" * 96 + "..."
    assert shown(Decimal("1.10")) == "1.10"
