"""Check digits of SNOMED CT and LOINC: forms that are right, and every way to be wrong."""

from __future__ import annotations

import pytest

from publisher.r4.check_digits import LOINC, SNOMED_CT, code_problem


@pytest.mark.parametrize("code", ["55300003", "449918009", "35240004", "45991000052106", "999480561000087100"])
def test_ids_of_snomed_ct_concepts(code: str) -> None:
    assert code_problem(SNOMED_CT, code) is None


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("55300004", "has a wrong check digit"),
        ("53500003", "has a wrong check digit"),  # two digits changed places
        ("101013", "is the id of something else than a concept"),
        ("1.56399E+16", "is not 6 to 18 digits"),
        ("055300003", "is not 6 to 18 digits"),
        ("55300", "is not 6 to 18 digits"),
        ("55300003 ", "is not 6 to 18 digits"),
        ("5\u0665\u0663\u0660\u0660\u0660\u0660\u0663", "is not 6 to 18 digits"),
    ],
)
def test_what_is_no_id_of_a_snomed_ct_concept(code: str, problem: str) -> None:
    assert code_problem(SNOMED_CT, code) == problem


@pytest.mark.parametrize("code", ["2276-4", "718-7", "14749-6", "3016-3", "98979-8", "24357-6"])
def test_loinc_codes(code: str) -> None:
    assert code_problem(LOINC, code) is None


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("2276-5", "has a wrong check digit"),
        ("2726-4", "has a wrong check digit"),
        ("22764", "is not digits, a hyphen and a check digit"),
        ("LP2276-4", "is not digits, a hyphen and a check digit"),
    ],
)
def test_what_is_no_loinc_code(code: str, problem: str) -> None:
    assert code_problem(LOINC, code) == problem


def test_other_systems_have_no_check_digit_here() -> None:
    assert code_problem("http://www.whocc.no/atc", "C10AA01") is None
