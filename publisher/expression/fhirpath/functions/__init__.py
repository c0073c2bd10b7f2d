"""The functions of FHIRPath, a module for each section of its specification.

Implements https://hl7.org/fhirpath/N1/#functions and https://hl7.org/fhir/R4/fhirpath.html#functions.
"""

from publisher.expression.fhirpath.functions import (
    boundaries,
    combining,
    conversion,
    existence,
    fhir,
    filtering,
    mathematics,
    strings,
    subsetting,
    tree,
    utility,
)
from publisher.expression.fhirpath.functions.registry import FUNCTIONS

__all__ = [
    "FUNCTIONS",
    "boundaries",
    "combining",
    "conversion",
    "existence",
    "fhir",
    "filtering",
    "mathematics",
    "strings",
    "subsetting",
    "tree",
    "utility",
]
