"""Extensions that this product reads or writes, by address.

Ours have a fixed address, whatever canonical base an installation publishes under.
"""

from __future__ import annotations

from typing import Any

OURS = "https://vademecum.example/fhir/StructureDefinition/"
EVALUATION_MODE = OURS + "evaluation-mode"
OVERRIDE_REASONS = OURS + "override-reasons"
INITIAL_VALUE = "http://hl7.org/fhir/StructureDefinition/cqf-initialValue"
INITIAL_EXPRESSION = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-initialExpression"
LIBRARY = "http://hl7.org/fhir/StructureDefinition/cqf-library"
MESSAGES = "http://hl7.org/fhir/StructureDefinition/cqf-messages"
INSTANTIATES_CANONICAL = "http://hl7.org/fhir/StructureDefinition/workflow-instantiatesCanonical"
# Where R4 does not let the one above stand: on an ImmunizationRecommendation, and anywhere.
GENERATED_FROM = "http://hl7.org/fhir/StructureDefinition/workflow-generatedFrom"
CANONICAL_REFERENCE = "http://hl7.org/fhir/StructureDefinition/artifact-canonicalReference"
# Of activities of CPG: what a Task asks to collect, enrol in or report with, and that it ends an enrolment.
_CPG = "http://hl7.org/fhir/uv/cpg/StructureDefinition/"
COLLECT_WITH, ENROLL_IN, REPORT_WITH = f"{_CPG}cpg-collectWith", f"{_CPG}cpg-enrollIn", f"{_CPG}cpg-reportWith"
IS_UNENROLLMENT = f"{_CPG}cpg-isUnenrollment"
ACTIVITY_KIND = "http://hl7.org/fhir/uv/cpg/StructureDefinition/cpg-activity-kind"
PERTAINS_TO_GOAL = "http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal"
REASON_CODE = "http://hl7.org/fhir/StructureDefinition/workflow-reasonCode"
DO_NOT_PERFORM = "http://hl7.org/fhir/StructureDefinition/request-doNotPerform"


def value_of(element: dict[str, Any], url: str) -> Any:
    """Return the value of the first extension `url` of an element, or None."""
    for extension in element.get("extension", ()):
        if extension.get("url") == url:
            return next((value for name, value in extension.items() if name.startswith("value")), None)
    return None


def libraries_named(resource: dict[str, Any]) -> list[str]:
    """Return the canonicals of the libraries that a resource names, in its element or by the extension cqf-library."""
    found = [resource.get(name) for name in ("library", "extension")]
    listed, extensions = (value if isinstance(value, list) else () for value in found)
    named = (one.get("valueCanonical") for one in extensions if isinstance(one, dict) and one.get("url") == LIBRARY)
    return [one for one in (*listed, *named) if isinstance(one, str)]
