"""Every rule that validation holds resources to, those of structure.py included: code, summary, section, severity.

Implements the issue types of https://hl7.org/fhir/R4/valueset-issue-type.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.validation.findings import RULES as STRUCTURE_RULES
from publisher.validation.findings import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

_W = "warning"
_I = "information"

ELEMENT_RULES: dict[str, Rule] = {
    "invariant-broken": Rule(
        "invariant", "An invariant of the definitions holds.", "conformance-rules.html#constraints"
    ),
    "invariant-advised": Rule(
        "invariant", "An invariant that the definitions advise holds.", "conformance-rules.html#constraints", _W
    ),
    "invariant-best-practice": Rule(
        "invariant", "An invariant of best practice holds.", "conformance-rules.html#constraints", _W
    ),
    "attachment-size": Rule("value", "The size of an attachment is that of its data.", "datatypes.html#Attachment"),
    "attachment-hash": Rule("value", "The hash of an attachment is that of its data.", "datatypes.html#Attachment"),
    "system-relative": Rule("value", "A code system is named by its whole url.", "datatypes.html#Coding"),
    "system-versioned": Rule("value", "The system of a value set holds no version.", "valueset.html#compositions"),
    "system-value-set": Rule("value", "A system is a code system, not a value set.", "datatypes.html#Coding"),
    "code-unknown": Rule("code-invalid", "A code exists in its code system.", "datatypes.html#Coding"),
    "display-differs": Rule("code-invalid", "A display is the code system's own.", "datatypes.html#Coding", _W),
    "unit-unknown": Rule("code-invalid", "A unit in UCUM is one that UCUM has.", "datatypes.html#Quantity"),
    "canonical-relative": Rule("value", "A canonical url is absolute.", "references.html#canonical"),
    "canonical-link-relative": Rule(
        "value", "A knowledge artifact names others by their whole url.", "references.html#canonical", _W
    ),
    "canonical-versioned": Rule("value", "The url of a resource holds no version.", "resource.html#canonical", _W),
    "reference-malformed": Rule("value", "A reference is absolute, Type/id or #id.", "references.html#literal"),
    "reference-type": Rule("value", "A reference's type is that of what it names.", "references.html#Reference"),
    "extension-url-versioned": Rule("extension", "An extension's url holds no version.", "extensibility.html"),
    "extension-example": Rule("extension", "No extension is of a domain for examples.", "extensibility.html"),
    "extension-undefined": Rule("extension", "An extension in HL7's name is defined.", "defining-extensions.html"),
    "extension-of-guide": Rule("extension", "An extension of a guide is at hand.", "defining-extensions.html", _W),
    "identifier-system": Rule("value", "The system of an identifier is absolute.", "datatypes.html#Identifier"),
    "identifier-uri": Rule("value", "An identifier that is a URI is a whole one.", "datatypes.html#Identifier"),
    "too-deep": Rule("too-costly", "A resource nests no deeper than can be read.", "json.html"),
}

BUNDLE_RULES: dict[str, Rule] = {
    "full-url-relative": Rule("value", "A fullUrl is absolute.", "bundle.html#bundle-unique"),
    "full-url-disagrees": Rule(
        "value", "A fullUrl names the id of its resource.", "bundle-definitions.html#Bundle.entry.fullUrl"
    ),
    "search-outcome": Rule("value", "Only an OperationOutcome is the outcome of a search.", "http.html#search"),
    "search-id-missing": Rule("required", "What a search found has an id.", "http.html#search"),
    "search-type": Rule("value", "What matched a search is of a type searched for.", "http.html#search"),
    "bundle-link": Rule("value", "A Bundle's links fit its type.", "bundle.html#link"),
    "reference-ambiguous": Rule("not-found", "A reference means one entry of its Bundle.", "bundle.html#references"),
    "reference-outside-bundle": Rule(
        "not-found", "A document or message holds what it refers to.", "documents.html#content"
    ),
    "full-url-missing": Rule("required", "An entry with a resource has a fullUrl.", "bundle.html#bundle-unique"),
    "reference-other-base": Rule(
        "not-found", "A relative reference is below its entry's base.", "bundle.html#references"
    ),
    "entry-loose": Rule("not-found", "References join every entry of a document.", "documents.html#content", _W),
}

TERMINOLOGY_RULES: dict[str, Rule] = {
    "supplement-content": Rule("value", "A supplement says that it is one.", "codesystem.html#supplements"),
    "code-repeated": Rule("invariant", "A code is of one concept (csd-1).", "codesystem.html#invs"),
    "property-repeated": Rule("value", "A property is defined once.", "codesystem.html#properties"),
    "property-type": Rule("value", "A standard property has its type.", "codesystem.html#defined-props"),
    "property-undefined": Rule("not-found", "A property of a concept is defined.", "codesystem.html#properties", _W),
    "property-value-type": Rule("value", "A property of a concept has the defined type.", "codesystem.html#properties"),
    "concept-repeated": Rule("value", "A value set lists a code once.", "valueset.html#compositions", _W),
    "filter-value": Rule("value", "A filter has a value that its property takes.", "valueset.html#compositions"),
    "value-set-expression": Rule("value", "An expression in a value set is FHIRPath.", "valueset.html#compositions"),
    "map-code-outside": Rule("code-invalid", "A map is of codes of its value sets.", "conceptmap.html"),
    "expansion-alias": Rule(
        "business-rule", "An expansion has the codes of its compose as that writes them.", "valueset.html#expansion", _I
    ),
    "expansion-outside-compose": Rule(
        "business-rule", "An expansion has codes of its compose only.", "valueset.html#expansion", _W
    ),
    "expansion-incomplete": Rule(
        "business-rule", "An expansion has every code that its compose lists.", "valueset.html#expansion", _W
    ),
}

DEFINITION_RULES: dict[str, Rule] = {
    "enable-behavior-missing": Rule(
        "invariant", "Several conditions say whether all or any hold (que-12).", "questionnaire.html#invs"
    ),
    "question-unknown": Rule(
        "not-found", "A condition names an item of the questionnaire.", "questionnaire.html#using"
    ),
    "question-itself": Rule("business-rule", "A condition names another item.", "questionnaire.html#using"),
    "question-unanswerable": Rule("business-rule", "A condition names a question.", "questionnaire.html#using"),
    "answer-type": Rule("value", "An answer has the type of its item.", "questionnaire.html#using"),
    "response-item-unknown": Rule("not-found", "An item was asked where it is answered.", "questionnaireresponse.html"),
    "response-item-missing": Rule("required", "What must be answered is.", "questionnaireresponse.html"),
    "response-item-repeated": Rule("structure", "What is asked once is answered once.", "questionnaireresponse.html"),
    "response-answer-unasked": Rule("structure", "Groups and texts are not answered.", "questionnaireresponse.html"),
    "response-answer-type": Rule("value", "An answer has the type of its question.", "questionnaireresponse.html"),
    "response-answer-long": Rule("value", "An answer is no longer than its question allows.", "questionnaire.html"),
    "response-answer-unoffered": Rule(
        "code-invalid", "An answer is one that is offered.", "questionnaireresponse.html"
    ),
    "composite-components": Rule("business-rule", "A composite has components.", "searchparameter.html"),
    "expression-unreadable": Rule("invalid", "An expression can be read.", "fhirpath.html"),
    "differential-path": Rule("structure", "A differential is on elements of its type.", "profiling.html"),
    "differential-binding": Rule("structure", "Only coded elements are bound.", "profiling.html"),
    "structure-root": Rule(
        "invariant", "The root of a structure is plain (sdf-9, sdf-23).", "structuredefinition.html#invs"
    ),
    "structure-type-code": Rule("invariant", "FHIR's structures name types (sdf-19).", "structuredefinition.html#invs"),
    "constraint-unreadable": Rule("invalid", "An invariant of a profile can be read.", "fhirpath.html", _W),
    "structure-kind": Rule("structure", "A profile is of the kind of its base.", "structuredefinition.html"),
    "binding-code-system": Rule("value", "A binding names a value set, not a code system.", "elementdefinition.html"),
    "slicing-missing": Rule("structure", "A snapshot says how an element is sliced.", "profiling.html#slicing"),
    "differential-slicing-root": Rule("structure", "The root of a profile is not sliced.", "profiling.html#slicing"),
}

PROFILE_RULES: dict[str, Rule] = {
    "profile-unknown": Rule("not-found", "A claimed profile is at hand.", "profiling.html", _W),
    "profile-not-found": Rule("not-found", "A profile that is asked for is at hand.", "profiling.html"),
    "profile-type": Rule("structure", "A profile is on the type of the resource.", "profiling.html"),
    "profile-minimum": Rule("required", "A profile's minimum is there.", "profiling.html#cardinality"),
    "profile-maximum": Rule("structure", "No more is there than a profile allows.", "profiling.html#cardinality"),
    "profile-fixed": Rule("value", "A fixed value is there exactly.", "elementdefinition.html#fixed"),
    "profile-pattern": Rule("value", "A pattern's parts are there.", "elementdefinition.html#pattern"),
    "profile-value-type": Rule("structure", "A choice has a type of its profile.", "profiling.html"),
    "profile-target": Rule("value", "A reference points at a type of its profile.", "profiling.html"),
    "profile-code": Rule("code-invalid", "A code is in the value set of its profile.", "profiling.html#binding"),
    "profile-code-advised": Rule(
        "code-invalid", "A code is in the extensible value set of its profile.", "profiling.html#binding", _W
    ),
    "profile-slice": Rule("structure", "Closed slicing leaves nothing over.", "profiling.html#slicing"),
    "vital-sign-code": Rule("business-rule", "A vital sign has its LOINC code.", "observation-vitalsigns.html"),
    "profile-must-support": Rule("informational", "A must-support element is there.", "profiling.html#mustsupport", _I),
}

PLAN_RULES: dict[str, Rule] = {
    "action-related-unknown": Rule("not-found", "A related action is in the plan.", "plandefinition.html"),
    "action-goal-unknown": Rule("not-found", "A goal of an action is in the plan.", "plandefinition.html"),
    "action-cycle": Rule("business-rule", "No action comes before itself.", "plandefinition.html"),
    "action-selection-alone": Rule("business-rule", "A selection is among actions.", "plandefinition.html", _W),
    "action-selection-few": Rule("business-rule", "A selection leaves a choice.", "plandefinition.html", _W),
    "action-unreachable": Rule("business-rule", "No condition is always false.", "plandefinition.html", _W),
    "conditions-contradictory": Rule("business-rule", "Conditions do not deny each other.", "plandefinition.html", _W),
    "expression-language": Rule(
        "not-supported", "An expression is in a language known here.", "metadatatypes.html#Expression", _W
    ),
    "expression-undefined": Rule(
        "not-found", "A named expression is defined in the library.", "metadatatypes.html#Expression"
    ),
    "library-missing": Rule("required", "A plan with named expressions names their library.", "plandefinition.html"),
    "condition-not-boolean": Rule("value", "A condition is true or false.", "plandefinition.html"),
    "dynamic-value-path": Rule("not-found", "A dynamicValue's path is on the type made.", "plandefinition.html", _W),
    "canonical-unresolved": Rule(
        "not-found", "A canonical of the same base is at hand.", "references.html#canonical", _W
    ),
    "canonical-unpinned": Rule(
        "business-rule", "A released artifact names the versions it depends on.", "references.html#canonical", _I
    ),
    "action-id-missing": Rule("required", "Actions have ids to be named by.", "plandefinition.html", _I),
    "activity-incomplete": Rule(
        "required", "An activity gives what its request must have.", "activitydefinition.html", _W
    ),
    "activity-profile-type": Rule("structure", "An activity's profile is on its kind.", "activitydefinition.html"),
    "activity-kind-missing": Rule("required", "An activity says what it makes.", "activitydefinition.html", _W),
    "activity-element-unmapped": Rule(
        "business-rule", "An element fits what the activity makes.", "activitydefinition.html", _W
    ),
    "order-without-draft": Rule("business-rule", "What is proposed is no order.", "activitydefinition.html", _W),
    "offer-of-not-recommended": Rule(
        "business-rule", "What is advised against is not offered.", "activitydefinition.html", _W
    ),
    "library-cql-untranslatable": Rule("invalid", "CQL translates (with --translate).", "library.html"),
    "library-elm-stale": Rule("business-rule", "ELM is the translation of the CQL beside it.", "library.html"),
    "library-name-differs": Rule("business-rule", "A Library bears the name of its CQL.", "library.html", _W),
    "library-content-unreadable": Rule("invalid", "The content of a Library can be read.", "library.html"),
    "library-parameter-undeclared": Rule(
        "business-rule", "A Library lists the parameters of its CQL.", "library.html", _W
    ),
    "library-parameter-unknown": Rule("business-rule", "What a Library lists is in its CQL.", "library.html", _W),
    "library-data-unread": Rule("business-rule", "A Library asks for data that its CQL reads.", "library.html", _W),
    "library-data-undeclared": Rule("business-rule", "A Library lists the data its CQL reads.", "library.html", _W),
    "shareable-incomplete": Rule("required", "A shareable artifact has its metadata.", "shareableplandefinition.html"),
    "publishable-incomplete": Rule(
        "required", "A publishable artifact has its metadata.", "shareableplandefinition.html"
    ),
}

RULES: Mapping[str, Rule] = {
    **STRUCTURE_RULES,
    **ELEMENT_RULES,
    **BUNDLE_RULES,
    **TERMINOLOGY_RULES,
    **DEFINITION_RULES,
    **PROFILE_RULES,
    **PLAN_RULES,
}
