"""Parameters and their escapes: https://hl7.org/fhir/R4/search.html#escaping."""

from __future__ import annotations

import pytest

from server.outcome import RefusalError
from server.rest.query import encode, pairs, split, unescape
from server.rest.search_index import folded


def test_parameters_keep_their_order_and_repetitions() -> None:
    assert pairs(b"b=1&a=2&b=3&c=") == (("b", "1"), ("a", "2"), ("b", "3"))


def test_plus_is_a_space_and_percent_is_utf8() -> None:
    assert pairs(b"a=x+y&b=%C3%A5") == (("a", "x y"), ("b", "å"))


@pytest.mark.parametrize("encoded", [b"a=%", b"a=%4", b"a=%zz", b"a=%ff", b"a=\xff", b"a=1&" * 300])
def test_broken_encoding_is_refused(encoded: bytes) -> None:
    with pytest.raises(RefusalError) as refused:
        pairs(encoded)
    assert refused.value.rule == "query-malformed"


def test_encoding_is_undone_by_decoding() -> None:
    given = (("name:contains", "å, b|c$d&e=f+g"), ("url", "https://x.example/a?b#c"))
    assert pairs(encode(given).encode()) == given


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("a", ["a"]),
        ("a,b", ["a", "b"]),
        (r"a\,b,c", [r"a\,b", "c"]),
        (r"a\\,b", [r"a\\", "b"]),
        (r"a\\\,b", [r"a\\\,b"]),
        ("", [""]),
        ("a\\", ["a\\"]),
    ],
)
def test_separator_behind_a_backslash_does_not_separate(value: str, parts: list[str]) -> None:
    assert split(value, ",") == parts


@pytest.mark.parametrize(
    ("value", "plain"), [(r"a\,b", "a,b"), (r"\\\|\$", r"\|$"), ("plain", "plain"), (r"\\n", r"\n")]
)
def test_escapes_are_resolved(value: str, plain: str) -> None:
    assert unescape(value, name="x") == plain


@pytest.mark.parametrize("value", ["\\", r"\n", r"\\\x", r"a\\\ b"])
def test_other_backslashes_are_refused(value: str) -> None:
    with pytest.raises(RefusalError) as refused:
        unescape(value, name="x")
    assert refused.value.rule == "escape-illegal"


@pytest.mark.parametrize(
    ("text", "compared"),
    [("Åtgärd:  Töjning", "atgard tojning"), ("Straße", "strasse"), ("a_b-c", "abc"), ("  ", ""), ("№ 5", "no 5")],
)
def test_strings_are_compared_without_case_accents_and_punctuation(text: str, compared: str) -> None:
    assert folded(text) == compared
