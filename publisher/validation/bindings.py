"""Check codes against the value sets that elements are bound to.

Implements https://hl7.org/fhir/R4/terminologies.html#strength for required and extensible bindings.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from publisher.r4.definitions import value_set
from publisher.validation.findings import nearest
from publisher.validation.primitives import CHECKS, Check, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from publisher.r4.elements import Binding
    from publisher.r4.terminology import ValueSet

_LISTED_CODES = 12
_ALPHANUMERIC = "[A-Za-z0-9]"
_LANGUAGE_TAG = (
    r"(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})"  # language
    r"(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?"  # script, region
    rf"(?:-(?:{_ALPHANUMERIC}{{5,8}}|[0-9]{_ALPHANUMERIC}{{3}}))*"  # variants
    rf"(?:-[0-9A-WY-Za-wy-z](?:-{_ALPHANUMERIC}{{2,8}})+)*(?:-[xX](?:-{_ALPHANUMERIC}{{1,8}})+)?"
    rf"|[xXiI](?:-{_ALPHANUMERIC}{{1,8}})+"  # private use, grandfathered
)
_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"  # noqa: S105 - RFC 2045's word for a name
_MEDIA_TYPE = rf"{_TOKEN}/{_TOKEN}(?:\s*;\s*{_TOKEN}=[^;]++)*+"
# Code systems too large to list: how their codes look, and what to write.
_GRAMMARS = {
    "urn:ietf:bcp:47": (_LANGUAGE_TAG, "is not a language tag of BCP 47; write one such as sv or en-GB"),
    "urn:ietf:bcp:13": (
        # R4 lets CapabilityStatement.format and others use short names for FHIR's own formats
        rf"{_MEDIA_TYPE}|xml|json|ttl|html|none",
        "is not a media type; write type/subtype, such as text/cql",
    ),
    "urn:iso:std:iso:3166": (
        "[A-Z]{2}|[A-Z]{3}|[0-9]{3}",
        "is not a country code of ISO 3166; write two or three capitals, or three digits",
    ),
    "urn:iso:std:iso:4217": ("[A-Z]{3}", "is not a currency code of ISO 4217; write three capitals"),
}
_BCP_13 = "http://www.rfc-editor.org/bcp/bcp13.txt"


def code_check(binding: Binding | None) -> Check:
    """Return the check of a `code` element: its format and, where it is bound firmly, its value."""
    is_code = CHECKS["code"]
    bound = _firm_check(binding)
    if bound is None:
        return is_code

    def check(value: Any) -> Problem | None:
        if not isinstance(value, str):
            return is_code(value)
        return bound(value) and (is_code(value) or bound(value))

    return check


def coded_problem(value: Any, binding: Binding) -> Problem | None:
    """Return what is wrong with a Coding or CodeableConcept under a binding."""
    allowed = value_set(binding.value_set)
    codings = _codings(value)
    if allowed is None or codings is None:
        return None
    if not codings:
        is_explained = binding.strength != "required" or "extension" in value
        advice = f"has no coding, but needs one of {allowed.url}; add it"
        return None if is_explained else ("code-not-allowed", advice)
    if any(_verdict(coding, allowed) is not False for coding in codings):
        return None
    rule = "code-not-allowed" if binding.strength == "required" else "code-not-in-value-set"
    return rule, _coding_advice(codings, allowed)


def _codings(value: Any) -> list[Any] | None:
    """Return the codings of a CodeableConcept, or a Coding as the only one; None for anything else."""
    if not isinstance(value, dict):
        return None
    if "code" in value or "system" in value:
        return [value]
    codings = value.get("coding", [])
    return codings if isinstance(codings, list) else None


def _verdict(coding: Any, allowed: ValueSet) -> bool | None:
    """Return whether a coding is allowed, or None where that cannot be said or is said elsewhere."""
    if not isinstance(coding, dict) or "_code" in coding:
        return None
    code, system = coding.get("code"), coding.get("system")
    if not isinstance(code, str):
        return False
    return allowed.allows(system if isinstance(system, str) else None, code)


def _coding_advice(codings: list[Any], allowed: ValueSet) -> str:
    written = " and ".join(
        f"{coding.get('code', 'no code')} of {coding.get('system', 'no system')}" for coding in codings
    )
    systems = [f"{_choices(codes)} of {system}" for system, codes in allowed.systems.items() if codes]
    return f"has {written}, not a code of {allowed.url}; write {' or '.join(systems)}"


def _firm_check(binding: Binding | None) -> Callable[[str], Problem | None] | None:
    if binding is None:
        return None
    if binding.strength == "required":
        return _member_check(binding.value_set)
    return _member_check(binding.max_value_set) if binding.max_value_set else None


def grammar_problem(system: str, code: str) -> str | None:
    """Return what is wrong with a code of a system that is too large to list, as far as its form tells."""
    if system not in _GRAMMARS:
        return None
    problem = _grammar_check(system)(code)
    return problem[1] if problem else None


@cache
def _member_check(url: str) -> Callable[[str], Problem | None] | None:
    if url == _BCP_13:
        return _grammar_check("urn:ietf:bcp:13")
    allowed = value_set(url)
    if allowed is None:
        return None
    if allowed.codes is None:
        systems = list(allowed.systems)
        return _grammar_check(systems[0]) if len(systems) == 1 and systems[0] in _GRAMMARS else None
    codes = allowed.codes

    def check(code: str) -> Problem | None:
        return None if code in codes else ("code-not-allowed", _code_advice(code, url, codes))

    return check


def _grammar_check(system: str) -> Callable[[str], Problem | None]:
    pattern, advice = _GRAMMARS[system]
    matches = re.compile(pattern).fullmatch

    def check(code: str) -> Problem | None:
        return None if matches(code) else ("code-not-allowed", advice)

    return check


def _code_advice(code: str, url: str, codes: frozenset[str]) -> str:
    near = nearest(code, sorted(codes))
    if near is not None:
        return f"is not a code of {url}; did you mean {near}?"
    return f"is not a code of {url}; write {_choices(codes)}"


def _choices(codes: Iterable[str]) -> str:
    *others, last = sorted(codes)
    if len(others) < _LISTED_CODES:
        return f"{', '.join(others)} or {last}" if others else last
    return f"one of the {len(others) + 1:,} codes"
