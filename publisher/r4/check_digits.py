"""Tell whether a code can be one of its system at all: the check digits of SNOMED CT and LOINC.

Implements the code forms of https://hl7.org/fhir/R4/snomedct.html and https://hl7.org/fhir/R4/loinc.html. A right
check digit proves the form only, never the meaning.
"""

from __future__ import annotations

import re
from typing import Final

SNOMED_CT: Final = "http://snomed.info/sct"
LOINC: Final = "http://loinc.org"

_SNOMED_ID: Final = re.compile(r"[1-9][0-9]{5,17}")
_LOINC_CODE: Final = re.compile(r"[0-9]{1,7}-[0-9]")
_CONCEPT_PARTITIONS: Final = ("00", "10")
# The dihedral group D5 and the permutation of each position, as Verhoeff's scheme defines them.
_PRODUCT: Final = (
    "0123456789",
    "1234067895",
    "2340178956",
    "3401289567",
    "4012395678",
    "5987604321",
    "6598710432",
    "7659821043",
    "8765932104",
    "9876543210",
)
_PERMUTATION: Final = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)


def code_problem(system: str, code: str) -> str | None:
    """Return why `code` can be none of `system`, as the end of a sentence, or None where its form is right."""
    if system == SNOMED_CT:
        return _snomed_problem(code)
    if system == LOINC:
        return _loinc_problem(code)
    return None


def _snomed_problem(code: str) -> str | None:
    if not _SNOMED_ID.fullmatch(code):
        return "is not 6 to 18 digits"
    if not _verhoeff(code):
        return "has a wrong check digit"
    return None if code[-3:-1] in _CONCEPT_PARTITIONS else "is the id of something else than a concept"


def _loinc_problem(code: str) -> str | None:
    if not _LOINC_CODE.fullmatch(code):
        return "is not digits, a hyphen and a check digit"
    return None if _luhn(code.replace("-", "")) else "has a wrong check digit"


def _verhoeff(digits: str) -> bool:
    check = "0"
    for position, digit in enumerate(reversed(digits)):
        check = _PRODUCT[int(check)][int(_PERMUTATION[position % 8][int(digit)])]
    return check == "0"


def _luhn(digits: str) -> bool:
    doubled = (int(digit) * (1 + position % 2) for position, digit in enumerate(reversed(digits)))
    return sum(one // 10 + one % 10 for one in doubled) % 10 == 0
