"""The strict JSON codec: what it refuses and where, what it keeps, what it writes."""

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.issue import IssueError
from publisher.r4.codec import Limits, WrittenDecimal, dumps, parse
from publisher.r4.json_scan import defects, has_harmful_escape

REFUSED = {
    "a repeated key": (
        b'{"status": "active",\n "status": "retired"}',
        "2:2",
        "structure",
        "json-duplicate-key",
        'The key "status" is repeated, it was given on line 1 already; keep one of them.',
    ),
    "a key repeated under another spelling": (
        b'{"a": 1, "\\u0061": 2}',
        "1:10",
        "structure",
        "json-duplicate-key",
        'The key "\\u0061" is repeated, it was given on line 1 already; keep one of them.',
    ),
    "not a number": (
        b'{"value": NaN}',
        "1:11",
        "structure",
        "json-not-a-number",
        "NaN is no JSON number; leave the element out or give a number.",
    ),
    "infinity": (
        b'{"value": -Infinity}',
        "1:11",
        "structure",
        "json-not-a-number",
        "-Infinity is no JSON number; leave the element out or give a number.",
    ),
    "a byte order mark": (
        b"\xef\xbb\xbf{}",
        "1:1",
        "structure",
        "json-byte-order-mark",
        "The text starts with a byte order mark, which JSON forbids; save it without one.",
    ),
    "UTF-16 with a mark": (
        "{}".encode("utf-16"),
        "1:1",
        "structure",
        "json-encoding",
        "The text is written in UTF-16, FHIR reads UTF-8; save it as UTF-8.",
    ),
    "UTF-16 without a mark": (
        '{"a": 1}'.encode("utf-16-le"),
        "1:1",
        "structure",
        "json-encoding",
        "The text is written in UTF-16 or UTF-32, FHIR reads UTF-8; save it as UTF-8.",
    ),
    "Latin-1": (
        '{\n"title": "ben\u00e5"}'.encode("latin-1"),
        "2:14",
        "structure",
        "json-encoding",
        "The byte 0xE5 is not UTF-8 here; save the text as UTF-8.",
    ),
    "something after the value": (
        b"{} {}",
        "1:4",
        "structure",
        "json-trailing-content",
        "Something follows the end of the JSON value; keep one value in a text.",
    ),
    "deep nesting": (
        b"[" * 100_000,
        "1:65",
        "too-costly",
        "json-depth",
        "The text nests deeper than 64 levels from here; make it flatter.",
    ),
    "deep nesting behind brackets in strings": (
        b'{"a": "]]]]\\"]]]]", "b": ' + b"[" * 80 + b"]" * 80 + b"}",
        "1:89",
        "too-costly",
        "json-depth",
        "The text nests deeper than 64 levels from here; make it flatter.",
    ),
    "half a surrogate pair": (
        b'{"a": "\\ud83d x"}',
        "1:8",
        "structure",
        "json-lone-surrogate",
        "\\ud83d is half of a surrogate pair and no character; write the character itself.",
    ),
    "the halves of a pair the wrong way round": (
        b'{"a": "\\ude00"}',
        "1:8",
        "structure",
        "json-lone-surrogate",
        "\\ude00 is half of a surrogate pair and no character; write the character itself.",
    ),
    "a huge integer": (
        b'{"a": ' + b"9" * 4_301 + b"}",
        "1:7",
        "structure",
        "json-number-length",
        "This number is 4,301 characters long, more than the 4,300 that are read; shorten it.",
    ),
    "a huge decimal": (
        b'{"a": 0.' + b"9" * 4_300 + b"}",
        "1:7",
        "structure",
        "json-number-length",
        "This number is 4,302 characters long, more than the 4,300 that are read; shorten it.",
    ),
    "an exponent out of reach": (
        b'{"a": 1e99999999999999999999}',
        "1:7",
        "structure",
        "json-number-range",
        "The exponent of 1e99999999999999999999 is beyond any that can be held; correct it.",
    ),
    "a control character as it is": (
        b'{"a": "\x07"}',
        "1:8",
        "structure",
        "json-control-character",
        "A control character stands in this string; take it out or write \\n, \\r or \\t.",
    ),
    "a control character escaped": (
        b'{"a": "\\u0007"}',
        "1:8",
        "structure",
        "json-control-character",
        "\\u0007 stands for a control character, which no FHIR text may hold; take it out.",
    ),
    "nothing": (b" \n", "1:1", "structure", "json-syntax", "The text is empty; give one JSON value."),
    "no JSON": (
        b'{"a": 01}',
        "1:8",
        "structure",
        "json-syntax",
        "The text is not JSON here: expecting ',' delimiter; correct it.",
    ),
    "a comma before the end of an object": (
        b'{"a": 1, \n}',
        "1:8",
        "structure",
        "json-syntax",
        "The text is not JSON here: a comma stands before the end of an object or array; take it out.",
    ),
    "a comma before the end of an array": (
        b'["a", ]',
        "1:5",
        "structure",
        "json-syntax",
        "The text is not JSON here: a comma stands before the end of an object or array; take it out.",
    ),
    "nothing before a comma": (
        b"[,1]",
        "1:2",
        "structure",
        "json-syntax",
        "The text is not JSON here: expecting value; correct it.",
    ),
}


@pytest.mark.parametrize(("text", "place", "code", "rule", "diagnostics"), REFUSED.values(), ids=REFUSED)
def test_it_refuses(text: bytes, place: str, code: str, rule: str, diagnostics: str) -> None:
    with pytest.raises(IssueError) as refused:
        parse(text, file="a.json")

    (issue,) = refused.value.report
    assert (issue.severity, issue.code, issue.rule, issue.diagnostics) == ("fatal", code, rule, diagnostics)
    assert str(issue.source) == f"a.json:{place}"


def test_all_defects_of_a_text_are_told_at_once() -> None:
    with pytest.raises(IssueError) as refused:
        parse(b'{"a": NaN, "b": [{"c": 1, "c": "\\ud800"}]}', file="a.json")

    assert [(issue.rule, issue.expression) for issue in refused.value.report] == [
        ("json-not-a-number", "a"),
        ("json-duplicate-key", "b[0].c"),
        ("json-lone-surrogate", "b[0].c"),
    ]


@pytest.mark.parametrize(
    ("text", "rule", "diagnostics"),
    [
        (b'{"a": 1, "a": 2}', "json-duplicate-key", "A key is given twice in one object; keep one of them."),
        (b'[  {"a": NaN}  ]', "json-not-a-number", "NaN and Infinity are no JSON numbers; leave the element out or"),
        (b'["\\ud800"     ]', "json-lone-surrogate", "An escape stands for no character that FHIR text may hold; "),
        (b"[" * 65 + b"]" * 65, "json-depth", "The text nests deeper than 64 levels; make it flatter."),
        (b'{"a": 1e9999999999999999999}', "json-number-range", "The exponent of a number is beyond any that can be"),
        (b"1" * 5000, "json-number-length", "A number has more than 4,300 characters; shorten it."),
        (b"1." + b"1" * 5000, "json-number-length", "A number has more than 4,300 characters; shorten it."),
    ],
)
def test_a_long_text_is_not_looked_through_for_places(text: bytes, rule: str, diagnostics: str) -> None:
    with pytest.raises(IssueError) as refused:
        parse(text, file="a.json", limits=Limits(scan=10))

    (issue,) = refused.value.report
    assert (issue.severity, issue.rule, issue.source) == ("fatal", rule, None)
    assert issue.diagnostics.startswith(diagnostics)


def test_so_many_defects_are_told_and_no_more() -> None:
    with pytest.raises(IssueError) as refused:
        parse(b"[NaN, NaN, NaN]", file="a.json", limits=Limits(defects=2))
    assert [str(issue.source) for issue in refused.value.report] == ["a.json:1:2", "a.json:1:7"]


ESCAPES = st.sampled_from(
    ["\\ud83d", "\\uDE00", "\\u0009", "\\u0007", "\\u001F", "\\b", "\\n", "\\\\", '\\"', "u0007", "b", "\\u00e5", " "]
)


@given(st.lists(ESCAPES, max_size=8))
def test_harmful_escapes_are_found_as_the_scan_for_places_finds_them(pieces: list[str]) -> None:
    text = f'["{"".join(pieces)}"]'
    assert has_harmful_escape(text) == bool(list(defects(text, depth=64, digits=4300)))


def test_a_text_over_the_size_limit_is_refused_unread() -> None:
    with pytest.raises(IssueError) as refused:
        parse(b"[1, 2, 3", file="a.json", limits=Limits(size=7))

    (issue,) = refused.value.report
    assert (issue.code, issue.rule) == ("too-long", "json-size")
    assert issue.diagnostics == "The text has 8 bytes, 7 are read at most; make it smaller."


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 64 + b"]" * 64,
        b'"\\ud83d\\ude00"',
        b'"\\\\u0001 \\\\ud800 \\\\b"',
        b'"' + b"[" * 1000 + b'"',
        b'{"a": "\\"' + b"{" * 1000 + b'"}',
        b'"a\\nb\\tc\\rd"',
        b"9" * 4_300,
    ],
)
def test_it_reads_what_only_looks_wrong(text: bytes) -> None:
    assert parse(text, file="a.json").value == json.loads(text)


@pytest.mark.parametrize("written", ["1.10", "0.70", "1e2", "1E+2", "-0.0", "0.0000001", "1.0e-5", "100", "-1"])
def test_decimals_keep_their_digits(written: str) -> None:
    text = f'{{"value":{written}}}'.encode()

    assert dumps(parse(text, file="a.json").value) == text


def test_a_decimal_that_remembers_its_text_is_a_decimal_like_any_other() -> None:
    import copy
    import pickle

    value = parse(b"1e2", file="a.json").value

    assert value == Decimal(100)
    assert value + 1 == Decimal(101)
    assert hash(value) == hash(Decimal(100))
    assert str(copy.deepcopy(value)) == str(pickle.loads(pickle.dumps(value))) == "1e2"  # noqa: S301 - our own bytes
    assert isinstance(parse(b"1.0", file="a.json").value, Decimal)
    assert not isinstance(parse(b"1.0", file="a.json").value, WrittenDecimal)


LOCATED = b"""{
  "resourceType": "Patient",
  "birthDate": "1950-01-31",
  "_birthDate": {"extension": [{"url": "http://example.org/a", "valueQuantity": {"value": 1}}]},
  "name": [
    {"given": ["Eva", null],
     "_given": [null, {"extension": [{"url": "http://example.org/b", "valueCode": "c"}]}]},
    {"family": "Ek"}
  ]
}"""


@pytest.mark.parametrize(
    ("expression", "place"),
    [
        ("Patient", "1:1"),
        ("Patient.birthDate", "3:3"),
        ("birthDate", "3:3"),
        ("Patient.birthDate.extension[0].url", "4:33"),
        ("Patient.birthDate.extension[0].value.ofType(Quantity).value", "4:82"),
        ("Patient.birthDate.extension[0].valueQuantity", "4:64"),
        ("Patient.name[1].family", "8:6"),
        ("Patient.name[0].given[0]", "6:16"),
        ("Patient.name[0].given[1].extension[0].value.ofType(code)", "7:70"),
        ("Patient.name[1].given", "8:5"),
        ("Patient.name[7].given", "5:3"),
        ("Patient.contact", "1:1"),
        ("Patient.name[0]._given[1]", "7:23"),
        ("Patient.name.where(use = 'official')", "5:3"),
    ],
)
def test_a_document_locates_an_expression_or_its_nearest_parent(expression: str, place: str) -> None:
    document = parse(LOCATED, file="a.json")

    assert str(document.locate(expression)) == f"a.json:{place}"


def test_written_json_is_compact_or_pretty_and_always_the_same() -> None:
    value = {"b": [1, Decimal("1.50"), {"a": "\u00e5 \u2028"}], "a": True, "c": None, "d": []}

    assert dumps(value) == '{"b":[1,1.50,{"a":"\u00e5 \u2028"}],"a":true,"c":null,"d":[]}'.encode()
    assert dumps(value, pretty=True).decode() == (
        '{\n  "b": [\n    1,\n    1.50,\n    {\n      "a": "\u00e5 \u2028"\n    }\n  ],\n'
        '  "a": true,\n  "c": null,\n  "d": []\n}\n'
    )


@pytest.mark.parametrize("value", [float("nan"), Decimal("NaN"), Decimal("Infinity"), {1, 2}, b"bytes"])
def test_what_is_no_json_is_not_written(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        dumps({"a": value})


@pytest.mark.parametrize("text", ["\ud800", "\udfff0"])
def test_a_lone_surrogate_is_not_written(text: str) -> None:
    with pytest.raises(ValueError, match=r"surrogate"):
        dumps({"a": text, "b": Decimal("1.0")})


JSON_TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=[chr(c) for c in range(32) if c not in (9, 10, 13)])
)
JSON_VALUE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False, places=6)
    | JSON_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(JSON_TEXT, inner),
    max_leaves=30,
)


@given(JSON_VALUE, st.booleans())
def test_what_is_written_is_read_back(value: Any, pretty: bool) -> None:
    written = dumps(value, pretty=pretty)

    assert parse(written, file="a.json").value == value
    assert dumps(parse(written, file="a.json").value, pretty=pretty) == written


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | JSON_TEXT,
        lambda inner: st.lists(inner) | st.dictionaries(JSON_TEXT, inner),
    )
)
def test_indented_json_is_as_the_standard_library_writes_it(value: Any) -> None:
    assert dumps(value, pretty=True).decode() == json.dumps(value, ensure_ascii=False, indent=2) + "\n"


@given(st.binary())
def test_any_bytes_are_read_or_refused_but_nothing_else_happens(data: bytes) -> None:
    with suppress(IssueError):
        parse(data, file="a.json")
