"""FHIRPath on R4 data: an expression is compiled once for each type of context, then run on plain JSON.

Implements https://hl7.org/fhirpath/N1/ with the R4 additions of https://hl7.org/fhir/R4/fhirpath.html, and the
functions of STU 3 (https://hl7.org/fhirpath/) that work on R4 data.
"""

from publisher.expression.fhirpath.element import Element
from publisher.expression.fhirpath.environment import Services, Traced
from publisher.expression.fhirpath.expression import Expression, Result, compile_fhirpath
from publisher.expression.fhirpath.results import TypedValue
from publisher.expression.limits import Limits

__all__ = ["Element", "Expression", "Limits", "Result", "Services", "Traced", "TypedValue", "compile_fhirpath"]
