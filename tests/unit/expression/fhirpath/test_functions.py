"""The functions, section by section of https://hl7.org/fhirpath/N1/ and of STU 3."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from publisher.expression.fhirpath import Services, compile_fhirpath
from tests.unit.expression.fhirpath.conftest import found

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.issue import Issue

NOW = Services(now=datetime(2026, 11, 22, 10, 30, 15, tzinfo=UTC))

EXISTENCE = [
    ("{}.empty()", [True]),
    ("name.exists(use = 'official')", [True]),
    ("name.all(given.exists())", [True]),
    ("{}.all(false)", [True]),
    ("(true | false).allTrue()", [False]),
    ("(true | false).anyTrue()", [True]),
    ("(true | false).allFalse()", [False]),
    ("(true | false).anyFalse()", [True]),
    ("(1 | 2).subsetOf(1 | 2 | 3)", [True]),
    ("(1 | 2).supersetOf(1 | 2 | 3)", [False]),
    ("name.given.isDistinct()", [True]),
    ("(1.combine(1)).isDistinct()", [False]),
    ("{}.not()", []),
    ("active.not()", [False]),
    ("gender.getValue()", ["female"]),
]
FILTERING = [
    ("name.where(use = 'nickname').given.first()", ["Ann"]),
    ("telecom.where($index = 1).value", ["a@b"]),
    ("telecom.select(iif(value = 'a@b', $index, {}))", [1]),
    ("telecom.where(telecom.exists().not() and $index < 1).system", ["phone"]),
    ("name.select(given.where($index = 0))", ["Anna", "Ann"]),
    ("name.select(use | family)", ["official", "Ek", "nickname"]),
    ("1.repeat(iif($this < 4, $this + 1, {}))", [2, 3, 4]),
    ("1.repeatAll(iif($this < 3, $this + 1, {}))", [2, 3]),
    ("(1 | 2 | 3).aggregate($total + $this, 0)", [6]),
    ("(1 | 2).aggregate(iif($total.empty(), $this, $total * 10 + $this))", [12]),
    ("(1 | 2).aggregate($total + (3 | 4).aggregate($total + $this, 0), 0)", [14]),
    ("iif(active, 'yes', 'no')", ["yes"]),
    ("iif({}, 1)", []),
    ("name.first().iif(use = 'official', family, 'none')", ["Ek"]),
    ("{}.iif(empty(), true, false)", [True]),
    ("(3 | 1 | 2).sort()", [1, 2, 3]),
    ("(3 | 1 | 2).sort(-$this)", [3, 2, 1]),
    ("(3 | 1 | 2).sort($this desc)", [3, 2, 1]),
    ("name.sort(family).use", ["nickname", "official"]),
    ("telecom.sort(system).system", ["email", "phone"]),
]
SUBSETTING = [
    ("name.given[1]", ["Eva"]),
    ("name.given[9]", []),
    ("name.given.first()", ["Anna"]),
    ("(1 | 2 | 3).last()", [3]),
    ("(1 | 2 | 3).tail()", [2, 3]),
    ("(1 | 2 | 3).skip(2)", [3]),
    ("(1 | 2 | 3).skip(-1)", [1, 2, 3]),
    ("(1 | 2 | 3).take(2)", [1, 2]),
    ("(1 | 2 | 3).take(0)", []),
    ("(1 | 2).intersect(2 | 3)", [2]),
    ("1.combine(1).combine(2).exclude(2)", [1, 1]),
    ("name.given.take(2).single()", None),
    ("gender.single()", ["female"]),
]
COMBINING = [
    ("1 | 1 | 2", [1, 2]),
    ("1 | 1.0", [1]),
    ("1.union(2)", [1, 2]),
    ("1.combine(1)", [1, 1]),
    ("(1 | '1' | true).count()", [3]),
    ("(gender | 'female').count()", [1]),
    ("({} | 1).count()", [1]),
    ("(@2012T | @2012).count()", [2]),
    ("(@2012-01-01T10:00:00+02:00 | @2012-01-01T08:00:00.0Z).count()", [1]),
    ("(4 'g' | 4000 'mg').count()", [1]),
    ("(4 'x' | 4 'x').count()", [1]),
    ("(name | name).count()", [2]),
    ("(name.period | name.period).count()", [1]),
]
STRINGS = [
    ("'abcd'.substring(1)", ["bcd"]),
    ("'abcd'.substring(1, 2)", ["bc"]),
    ("'abcd'.substring(4)", []),
    ("'abcd'.substring(-1)", []),
    ("'abcd'.substring(1, -1)", [""]),
    ("'abcb'.indexOf('b')", [1]),
    ("'abcb'.lastIndexOf('b')", [3]),
    ("'abc'.startsWith('ab')", [True]),
    ("'abc'.endsWith('')", [True]),
    ("'abc'.contains('d')", [False]),
    ("'aBc'.upper() & 'aBc'.lower()", ["ABCabc"]),
    ("'aab'.replace('a', 'x')", ["xxb"]),
    ("'ab'.replace('', '-')", ["-a-b-"]),
    ("'abc'.matches('B')", [False]),
    ("'a\\nb'.matches('a.b')", [True]),
    ("'abc'.matches('b')", [True]),
    ("'abc'.matchesFull('b')", [False]),
    ("'abc'.matches('B', 'i')", [True]),
    ("'2026-11'.replaceMatches('(\\\\d+)-(\\\\d+)', '$2/$1')", ["11/2026"]),
    ("'abc'.replaceMatches('', 'x')", ["abc"]),
    ("'abc'.length()", [3]),
    ("'ab'.toChars()", ["a", "b"]),
    ("' a '.trim()", ["a"]),
    ("'a,b,,c'.split(',')", ["a", "b", "", "c"]),
    ("name.given.join('+')", ["Anna+Eva+Ann"]),
    ("{}.join(',')", []),
    ("'a?'.encode('base64')", ["YT8="]),
    ("'YT8='.decode('base64')", ["a?"]),
    ("'ä'.encode('hex')", ["c3a4"]),
    ("'c3a4'.decode('hex')", ["ä"]),
    ("'??>'.encode('urlbase64')", ["Pz8-"]),
    ("'Pz8-'.decode('urlbase64')", ["??>"]),
    ("'zz'.decode('hex')", []),
    ("'a'.encode('rot13')", []),
    ("'<\"&'.escape('html')", ["&lt;&quot;&amp;"]),
    ("'&lt;'.unescape('html')", ["<"]),
    ("'\"1\"'.escape('json')", ['\\"1\\"']),
    ("'\\\\\"1\\\\u0041'.unescape('json')", ['"1A']),
    ("{}.upper()", []),
    ("'a'.startsWith({})", []),
]
MATHS = [
    ("(-5).abs()", [5]),
    ("(-5.5 'mg').abs().value", [Decimal("5.5")]),
    ("1.1.ceiling()", [2]),
    ("(-1.1).floor()", [-2]),
    ("(-1.9).truncate()", [-1]),
    ("1.25.round(1)", [Decimal("1.3")]),
    ("(-1.5).round()", [Decimal(-2)]),
    ("81.sqrt()", [9]),
    ("(-1).sqrt()", []),
    ("0.exp()", [1]),
    ("1.ln()", [0]),
    ("0.ln()", []),
    ("16.log(2)", [4]),
    ("16.log(1)", []),
    ("2.power(3)", [8]),
    ("2.power(-1)", [Decimal("0.5")]),
    ("2.5.power(2)", [Decimal("6.25")]),
    ("(-1).power(0.5)", []),
    ("0.power(0)", [1]),
    ("0.power(-1)", []),
    ("10.power(100)", []),
    ("{}.abs()", []),
]
CONVERSION = [
    ("'1'.toInteger()", [1]),
    ("'1.0'.toInteger()", []),
    ("'99999999999'.toInteger()", []),
    ("'99999999999'.toLong()", [99999999999]),
    ("true.toInteger()", [1]),
    ("'1.5'.toDecimal()", [Decimal("1.5")]),
    ("1.toDecimal()", [Decimal(1)]),
    ("'T'.toBoolean()", [True]),
    ("0.0.toBoolean()", [False]),
    ("2.toBoolean()", []),
    ("1.50.toString()", ["1.50"]),
    ("true.toString()", ["true"]),
    ("1 week.toString()", ["1 week"]),
    ("1 'wk'.toString()", ["1 'wk'"]),
    ("name.first().toString()", []),
    ("@2012-04-15T15:00:00Z.toString()", ["2012-04-15T15:00:00Z"]),
    ("'2015-02'.toDate()", ["2015-02"]),
    ("'2015-02-04T10:00'.toDate()", ["2015-02-04"]),
    ("@2015-02-04.toDateTime()", ["2015-02-04"]),
    ("'14:30'.toTime()", ["14:30"]),
    ("'14:30Z'.toTime()", []),
    ("'1 day'.toQuantity() = 1 day", [True]),
    ("'1 \\'kg\\''.toQuantity('g').value", [Decimal(1000)]),
    ("'1 wk'.convertsToQuantity()", [False]),
    ("'a'.convertsToInteger()", [False]),
    ("'2015'.convertsToDateTime()", [True]),
    ("{}.convertsToDate()", []),
]
BOUNDARIES = [
    ("1.587.lowBoundary()", [Decimal("1.58650000")]),
    ("1.587.highBoundary(2)", [Decimal("1.59")]),
    ("(-1.587).lowBoundary(2)", [Decimal("-1.59")]),
    ("1.234.highBoundary(1)", [Decimal("1.3")]),
    ("0.0034.highBoundary(1)", [Decimal("0.0")]),
    ("1.587.lowBoundary(-1)", []),
    ("1.5 'cm'.highBoundary(3).value", [Decimal("1.550")]),
    ("@2014.lowBoundary(6)", ["2014-01"]),
    ("@2014-02.highBoundary()", ["2014-02-28"]),
    ("@2014T.lowBoundary(17)", ["2014-01-01T00:00:00.000+14:00"]),
    ("@2014-01-01T08:05-05:00.highBoundary(17)", ["2014-01-01T08:05:59.999-05:00"]),
    ("@T10:30.highBoundary(9)", ["10:30:59.999"]),
    ("@T10:30.highBoundary(8)", []),
    ("1.58700.precision()", [5]),
    ("@2014-01-05T10:30:00.000.precision()", [17]),
    ("@T10:30.precision()", [4]),
    ("'a'.lowBoundary()", []),
    ("1 'cm'.comparable(1 '[in_i]')", [True]),
    ("1 'cm'.comparable(1 's')", [False]),
]
REFLECTION = [
    ("1.type().namespace & '.' & 1.type().name", ["System.Integer"]),
    ("active.type().namespace & '.' & active.type().name", ["FHIR.boolean"]),
    ("contact.type().name", ["BackboneElement"]),
    ("gender.is(string)", [True]),
    ("gender.is(System.String)", [False]),
    ("gender.as(string)", []),
    ("gender.as(code)", ["female"]),
    ("1 is Integer", [True]),
    ("1L is Long", [True]),
    ("1 'g' is Quantity", [True]),
    ("$this is DomainResource", [True]),
    ("is(System.Patient)", [False]),
    ("(1 | 'a' | gender).ofType(String)", ["a"]),
    ("@2015 is Date and @2015T is DateTime and @T10 is Time", [True]),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    EXISTENCE + FILTERING + SUBSETTING + COMBINING + STRINGS + MATHS + CONVERSION + BOUNDARIES + REFLECTION,
)
def test_functions_give_what_the_specification_says(
    text: str, expected: list[Any] | None, refusal: Callable[..., Issue]
) -> None:
    if expected is None:
        assert refusal(text).rule == "fhirpath-evaluation"
    else:
        assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nonsense()", "calls nonsense(), which FHIRPath has not"),
        ("first(1)", "with 1 arguments, it takes 0"),
        ("substring()", "it takes 1 to 2"),
        ("name.iif(true, 1, 2)", "several items"),
        ("(1 | 2).not()", "several items"),
        ("(true | 'a').allTrue()", "no Boolean"),
        ("1.startsWith('a')", "no string"),
        ("'a'.startsWith(1)", "no string"),
        ("'a'.substring('b')", "needs Integers"),
        ("(1 | 2).skip('a')", "needs an Integer"),
        ("'a'.abs()", "no number"),
        ("1.round(-1)", "less than 0 digits"),
        ("1.lowBoundary('a')", "needs an Integer"),
        ("(1 | 2).join()", "no string"),
        ("(1 | 'a').sort()", "no common order"),
        ("'a'.matches('(')", "regular expression"),
        ("'a'.matches('(?=a)')", "backtracking"),
        ("name.ofType(1)", "name of a type"),
        ("gender.is(Strange)", "which FHIR R4 has not"),
    ],
)
def test_wrong_calls_are_refused_with_a_remedy(text: str, says: str, refusal: Callable[..., Issue]) -> None:
    issue = refusal(text)

    assert says in issue.diagnostics
    assert "; " in issue.diagnostics
    assert issue.source is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("today()", ["2026-11-22"]),
        ("now()", ["2026-11-22T10:30:15.000Z"]),
        ("timeOfDay()", ["10:30:15.000"]),
        ("birthDate < today()", [True]),
        ("now() = now()", [True]),
    ],
)
def test_the_clock_is_the_one_given(text: str, expected: list[Any]) -> None:
    assert found(text, services=NOW) == expected


def test_trace_goes_to_the_collector_and_never_to_the_output(capsys: pytest.CaptureFixture[str]) -> None:
    result = compile_fhirpath("name.trace('n', use).given.trace('g').count()").evaluate_typed(
        {"resourceType": "Patient", "name": [{"use": "usual", "given": ["A", "B"]}]}
    )

    assert [(each.name, each.items) for each in result.trace] == [("n", ("usual",)), ("g", ("A", "B"))]
    assert [item.value for item in result.items] == [2]
    assert capsys.readouterr() == ("", "")
