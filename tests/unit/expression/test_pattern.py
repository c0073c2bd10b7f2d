"""Regular expressions: the same answers as Python's own where that has them, and never exponential time."""

from __future__ import annotations

import re
from random import Random
from time import perf_counter

import pytest

from publisher.expression.pattern import PatternError, compiled


def generated(random: Random, depth: int) -> str:
    """Return a random pattern."""
    choice = random.random()
    if not depth or choice < 0.4:
        return random.choice(["a", "b", "[ab]", ".", "[^a]", r"\w", r"\d", "c", r"\s", "[a-c1]"])
    if choice < 0.6:
        return generated(random, depth - 1) + generated(random, depth - 1)
    if choice < 0.75:
        return f"({generated(random, depth - 1)}|{generated(random, depth - 1)})"
    if choice < 0.9:
        return f"(?:{generated(random, depth - 1)})" + random.choice(
            ["*", "+", "?", "{1,2}", "{2}", "*?", "+?", "{0,2}"]
        )
    return random.choice(["^", "$", r"\b", r"\B"]) + generated(random, depth - 1)


@pytest.mark.parametrize("seed", range(400))
def test_search_and_matches_agree_with_backtracking(seed: int) -> None:
    random = Random(seed)
    pattern = generated(random, 4)
    expected = re.compile(pattern, re.DOTALL | re.ASCII)
    for _ in range(10):
        text = "".join(random.choice("abc1 ") for _ in range(random.randint(0, 8)))
        ours = compiled(pattern)
        found = expected.search(text), expected.fullmatch(text)
        assert (ours.search(text), ours.matches(text)) == (found[0] is not None, found[1] is not None), (
            pattern,
            text,
        )
        first = found[0]
        if first is not None and first.end() > first.start():
            marked = f"{text[: first.start()]}<{first[0]}>"
            assert ours.replace(text, "<$0>").startswith(marked), (pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("(a+)+$", "a" * 3000 + "b"), ("(x+x+)+y", "x" * 3000), ("(a|a)*c", "a" * 3000), ("(.*)*,", "z" * 3000)],
)
def test_time_is_linear_where_backtracking_is_not(pattern: str, text: str) -> None:
    start = perf_counter()

    assert not compiled(pattern).search(text)
    assert perf_counter() - start < 5


@pytest.mark.parametrize(
    ("pattern", "text", "substitution", "expected"),
    [
        (r"(?<m>\d+)/(?<d>\d+)", "11/30", "${d}-${m}", "30-11"),
        (r"(\d)(\d)", "12", "$2$1", "21"),
        ("b", "abc", "\\$1", "a$1c"),
        ("b", "abc", "$x", "a$xc"),
        ("(z)?b", "abc", "[$1]", "a[]c"),
        ("x*", "ab", "-", "-a-b-"),
        (r"\.", "a.b", "", "ab"),
        (r"[^\]]", "a]", "x", "x]"),
        (r"\p{Lu}", "aÅ", "_", "a_"),
        (r"\x41\u0042", "AB", "_", "_"),
        ("(?i)AB", "ab", "_", "_"),
        ("(?m)^b$", "a\nb\nc", "_", "a\n_\nc"),
        (r"a{2,}", "aaaa a", "_", "_ a"),
        (r"[\w.-]+", "a.b-c d", "_", "_ _"),
    ],
)
def test_replace_takes_groups_by_number_and_name(pattern: str, text: str, substitution: str, expected: str) -> None:
    assert compiled(pattern).replace(text, substitution) == expected


def test_replace_stops_at_its_size_and_split_cuts_at_matches() -> None:
    assert len(compiled("a").replace("a" * 1000, "bbbbbbbbbb", 100)) < 1200
    assert compiled(",+").split("a,,b,c") == ["a", "b", "c"]
    assert compiled("x*").split("ab") == ["ab"]


@pytest.mark.parametrize(
    "pattern",
    [
        *(
            "(",
            ")",
            "a**",
            "*",
            "(?=a)",
            "(?!a)",
            "(?<=a)",
            r"(a)\1",
            "a++",
            "[a",
            "[b-a]",
            "a{2,1}",
            "a{",
            r"\q",
            "(?x)a",
        ),
        *("a{2000}", "((a{100}){100}){100}", "(" * 60 + ")" * 60, "\\", "[[a]]", r"\p{Greek}", r"\xzz"),
    ],
)
def test_what_cannot_run_in_linear_time_or_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compiled(pattern)
