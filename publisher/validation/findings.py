"""The rules of structural validation, and the list that findings of them are put on.

Implements the issue types of https://hl7.org/fhir/R4/valueset-issue-type.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from publisher.issue import Issue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from publisher.issue import Source

# A place in a resource: its parent, the step to it, in an array the index (or None), at a resource its type.
Path = tuple[Any, ...]

_R4 = "https://hl7.org/fhir/R4/"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule asks, the issue type of a breach, its severity and the section that states it."""

    code: str
    summary: str
    section: str
    severity: str = "error"


RULES: dict[str, Rule] = {
    "resource-type-missing": Rule("structure", "A resource names its type.", "json.html#resources"),
    "resource-type-unknown": Rule("structure", "A resource's type is one of R4.", "resourcelist.html"),
    "element-unknown": Rule("structure", "An element is defined for its type.", "json.html"),
    "element-missing": Rule("required", "An element with minimum 1 is there.", "conformance-rules.html#cardinality"),
    "element-forbidden": Rule(
        "structure", "An element with maximum 0 is not there.", "conformance-rules.html#cardinality"
    ),
    "array-expected": Rule("structure", "An element that may repeat is an array.", "json.html#repeat"),
    "array-unexpected": Rule("structure", "An element that may not repeat is no array.", "json.html#repeat"),
    "array-empty": Rule("structure", "An array has items.", "json.html#null"),
    "object-expected": Rule("structure", "A complex element is an object.", "json.html#complex"),
    "object-empty": Rule("invariant", "An element has a value or children (ele-1).", "element.html#invs"),
    "value-null": Rule("structure", "null stands only in an array beside an extension.", "json.html#null"),
    "value-empty": Rule("value", "A string is not empty.", "datatypes.html#string"),
    "value-blank": Rule("value", "A string is more than white space.", "datatypes.html#string", "warning"),
    "value-json-type": Rule("value", "A value has the JSON type of its FHIR type.", "json.html#primitive"),
    "value-invalid": Rule("value", "A value is in the value space of its type.", "datatypes.html#primitive"),
    "sibling-length": Rule("structure", "`_name` is as long as `name`.", "json.html#primitive"),
    "sibling-unexpected": Rule("structure", "Only primitives have a `_name` beside them.", "json.html#primitive"),
    "choice-repeated": Rule("structure", "A choice has one type.", "formats.html#choice"),
    "choice-type": Rule("structure", "A choice has one of its types.", "formats.html#choice"),
    "code-not-allowed": Rule(
        "code-invalid", "A code is in the value set of a required binding.", "terminologies.html#required"
    ),
    "code-not-in-value-set": Rule(
        "code-invalid",
        "A code is in the value set of an extensible binding, or no code there fits.",
        "terminologies.html#extensible",
        "information",
    ),
    "reference-target-type": Rule("value", "A reference points at one of its types.", "references.html#Reference"),
    "reference-contained-missing": Rule(
        "not-found", "A reference to #id finds a contained resource.", "references.html#contained"
    ),
    "canonical-contained-missing": Rule(
        "not-found", "A canonical #id finds a contained resource.", "references.html#contained", "warning"
    ),
    "canonical-target-type": Rule(
        "value", "A canonical names one of its types.", "references.html#canonical", "warning"
    ),
    "contained-id-missing": Rule("required", "A contained resource has an id.", "references.html#contained"),
    "contained-id-repeated": Rule("value", "No two contained resources share an id.", "references.html#contained"),
    "contained-nested": Rule("invariant", "Contained resources contain none (dom-2).", "domainresource.html#invs"),
    "contained-unreferenced": Rule(
        "invariant", "A contained resource is referred to (dom-3).", "domainresource.html#invs"
    ),
    "contained-versioned": Rule(
        "invariant", "A contained resource has no version of its own (dom-4).", "domainresource.html#invs"
    ),
    "contained-labelled": Rule(
        "invariant", "A contained resource has no security label (dom-5).", "domainresource.html#invs"
    ),
    "element-id-repeated": Rule("value", "No two elements of a resource share an id.", "element.html"),
    "extension-url-relative": Rule("extension", "An extension's url is absolute.", "extensibility.html"),
    "extension-unknown": Rule("extension", "An extension has a known definition.", "extensibility.html", "information"),
    "extension-context": Rule(
        "extension", "An extension stands where its definition allows.", "defining-extensions.html#context"
    ),
    "extension-modifier": Rule(
        "extension",
        "modifierExtension holds modifying extensions only.",
        "extensibility.html#modifierExtension",
    ),
    "extension-value-or-parts": Rule(
        "invariant", "An extension has a value or parts, not both (ext-1).", "extensibility.html#invs"
    ),
    "extension-value-type": Rule(
        "extension", "An extension's value has a type of its definition.", "defining-extensions.html"
    ),
    "extension-part-unknown": Rule(
        "extension", "A part of an extension is in its definition.", "defining-extensions.html"
    ),
    "extension-part-missing": Rule(
        "extension", "A part that the definition asks for is there.", "defining-extensions.html"
    ),
    "extension-repeated": Rule(
        "extension", "An extension repeats no more than its definition allows.", "defining-extensions.html"
    ),
    "period-reversed": Rule("invariant", "A period starts before it ends (per-1).", "datatypes.html#Period"),
    "range-reversed": Rule("invariant", "A range runs from low to high (rng-2).", "datatypes.html#Range"),
    "unit-system-missing": Rule("invariant", "A unit's code has a system (qty-3).", "datatypes.html#Quantity"),
    "ratio-incomplete": Rule("invariant", "A ratio has both its parts (rat-1).", "datatypes.html#Ratio"),
    "attachment-type-missing": Rule(
        "invariant", "Data attached has a media type (att-1).", "datatypes.html#Attachment"
    ),
    "contact-system-missing": Rule(
        "invariant", "A contact point says its kind (cpt-2).", "datatypes.html#ContactPoint"
    ),
    "expression-empty": Rule(
        "invariant",
        "An Expression has an expression or a reference (exp-1).",
        "metadatatypes.html#Expression",
    ),
    "filter-path-or-parameter": Rule(
        "invariant",
        "A filter names a path or a parameter (drq-1, drq-2).",
        "metadatatypes.html#DataRequirement",
    ),
    "trigger-data-and-timing": Rule(
        "invariant", "A trigger has data or timing (trd-1).", "metadatatypes.html#TriggerDefinition"
    ),
    "trigger-condition-without-data": Rule(
        "invariant", "A trigger's condition has data (trd-2).", "metadatatypes.html#TriggerDefinition"
    ),
    "trigger-incomplete": Rule(
        "invariant", "A trigger has what its type needs (trd-3).", "metadatatypes.html#TriggerDefinition"
    ),
    "timing-unit-missing": Rule(
        "invariant", "A duration or period has a unit (tim-1, tim-2).", "datatypes.html#Timing"
    ),
    "timing-negative": Rule(
        "invariant", "A duration or period is not negative (tim-4, tim-5).", "datatypes.html#Timing"
    ),
    "timing-maximum-alone": Rule(
        "invariant", "A maximum stands beside its minimum (tim-6 to tim-8).", "datatypes.html#Timing"
    ),
    "timing-offset": Rule("invariant", "An offset is from an event (tim-9).", "datatypes.html#Timing"),
    "timing-when-and-time": Rule("invariant", "A time of day or an event is given (tim-10).", "datatypes.html#Timing"),
    "narrative-malformed": Rule("structure", "A narrative is well-formed XHTML.", "narrative.html"),
    "narrative-namespace": Rule("structure", "A narrative is a div in the XHTML namespace.", "narrative.html"),
    "narrative-element": Rule("invariant", "A narrative has only allowed elements (txt-1).", "narrative.html#invs"),
    "narrative-attribute": Rule("invariant", "A narrative has only allowed attributes (txt-1).", "narrative.html#invs"),
    "narrative-script": Rule("invariant", "A narrative has nothing that can run (txt-1).", "narrative.html#invs"),
    "narrative-external": Rule(
        "security", "A narrative loads nothing from elsewhere.", "security.html#narrative", "warning"
    ),
    "narrative-picture": Rule(
        "security", "The styles of a narrative load no picture.", "security.html#narrative", "information"
    ),
    "narrative-link-unresolved": Rule("not-found", "A link inside a narrative finds its end.", "narrative.html#id"),
    "narrative-blank": Rule("invariant", "A narrative has content (txt-2).", "narrative.html#invs"),
}


class EnoughError(Exception):
    """Ends the look at a resource once as many findings are there as were asked for."""


class Findings:
    """The issues of one resource, in the order they are met; no more than `most`, where that is given."""

    def __init__(
        self,
        locate: Callable[[str], Source | None] | None = None,
        *,
        remarks: bool = False,
        rules: Mapping[str, Rule] = RULES,
        most: int | None = None,
    ) -> None:
        self.issues: list[Issue] = []
        self.remarks = remarks
        self._locate = locate
        self._rules = rules
        self._most = most

    def add(self, rule: str, path: Path, sentence: str) -> None:
        """Add a breach of `rule`, or raise EnoughError; `sentence` goes on from the element's expression."""
        if self._most is not None and len(self.issues) >= self._most:
            raise EnoughError
        facts = self._rules[rule]
        expression = expression_of(path)
        end = "" if sentence.endswith("?") else "."
        self.issues.append(
            Issue(
                facts.severity,
                facts.code,
                rule,
                f"{expression} {sentence}{end}",
                expression=expression,
                source=self._locate(expression) if self._locate else None,
                reference=_R4 + facts.section,
            )
        )


def expression_of(path: Path) -> str:
    """Return the FHIRPath of a place."""
    steps: list[str] = []
    place: Path | None = path
    while place is not None:
        is_item = len(place) > 2 and place[2] is not None  # noqa: PLR2004 - parent and step come first
        steps.append(f"{place[1]}[{place[2]}]" if is_item else place[1])
        place = place[0]
    return "".join(reversed(steps))


def definition_path(path: Path) -> str:
    """Return the path of a place in the definition of its own resource: no indexes, no types of choices."""
    steps: list[str] = []
    place: Path | None = path
    while place is not None and len(place) <= 3:  # noqa: PLR2004 - a resource has its type as fourth
        steps.append(place[1].partition(".ofType(")[0])
        place = place[0]
    if place is not None:
        steps.append(place[3])
    return "".join(reversed(steps))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the word of `known` that `word` was most likely meant to be."""
    import difflib

    known = list(known)
    for each in known:
        if each.casefold() == word.casefold():
            return each
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.7)
    return near[0] if near else None
