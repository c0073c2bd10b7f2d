"""Which rules look at which types and elements: one table, and the services that expressions are given.

Implements https://hl7.org/fhir/R4/validation.html as far as it goes beyond structure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.validation.artifacts import (
    activity_definitions,
    canonicals,
    code_systems,
    concept_maps,
    dynamic_values,
    expressions,
    libraries,
    library_declarations,
    plan_definitions,
    questionnaire_responses,
    questionnaires,
    recommendations,
    search_parameters,
    shareable,
    structure_definitions,
    structure_invariants,
    value_sets,
)
from publisher.validation.bundles import entries, resolution
from publisher.validation.elements import (
    addresses,
    attachments,
    codings,
    extension_urls,
    identifiers,
    quantities,
    vital_signs,
)
from publisher.validation.shapes import shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from publisher.validation.knowledge import Knowledge
    from publisher.validation.nodes import Finding, Node

    NodeRule = Callable[[Node, Knowledge], Iterator[Finding]]

_QUANTITIES = ("Age", "Count", "Distance", "Duration", "MoneyQuantity", "Quantity", "SimpleQuantity")

# By where the children of an element are defined: a type, or the path of a backbone element.
BY_CONTENT: dict[str, tuple[NodeRule, ...]] = {
    "Observation": (vital_signs.vital_sign_has_its_code,),
    "Attachment": (attachments.attachment_is_its_data,),
    "Coding": (codings.coding_is_of_its_system,),
    "Identifier": (identifiers.system_is_absolute, identifiers.uri_is_whole),
    "Reference": (addresses.reference_is_readable, addresses.reference_type_is_known),
    "ConceptMap": (concept_maps.mapped_codes_are_in_value_sets,),
    "ConceptMap.group": (concept_maps.mapped_codes_exist,),
    "Extension": (extension_urls.extension_is_defined, value_sets.expression_is_fhirpath),
    **dict.fromkeys(_QUANTITIES, (quantities.unit_is_of_its_system,)),
    "Bundle": (
        entries.full_url_is_there,
        entries.full_url_is_absolute,
        entries.search_entry_is_found,
        entries.link_fits_type,
        resolution.reference_is_in_bundle,
    ),
    "CodeSystem": (code_systems.supplement_says_so, code_systems.code_is_unique, code_systems.property_is_sound),
    "CodeSystem.concept": (code_systems.concept_property_fits,),
    "ValueSet": (value_sets.expansion_is_of_compose,),
    "ValueSet.compose.include": (
        value_sets.system_is_absolute,
        value_sets.concept_is_listed_once,
        codings.included_codes_exist,
    ),
    "ValueSet.compose.include.filter": (value_sets.filter_is_sound,),
    "Questionnaire.item": (questionnaires.behaviour_is_said,),
    "Questionnaire.item.enableWhen": (questionnaires.condition_names_an_item,),
    "Questionnaire.item.initial": (questionnaires.answer_has_type,),
    "QuestionnaireResponse": (questionnaire_responses.response_is_of_questionnaire,),
    "SearchParameter": (search_parameters.composite_has_components, search_parameters.expression_can_be_read),
    "PlanDefinition": (
        plan_definitions.actions_have_ids,
        plan_definitions.links_are_within_plan,
        plan_definitions.order_has_no_cycle,
    ),
    "PlanDefinition.action": (
        plan_definitions.selection_has_a_choice,
        plan_definitions.conditions_can_hold,
        recommendations.advice_against_is_no_offer,
    ),
    "PlanDefinition.action.dynamicValue": (dynamic_values.path_is_of_target, dynamic_values.status_stays_draft),
    "ActivityDefinition": (
        activity_definitions.kind_is_said,
        activity_definitions.elements_fit_kind,
        activity_definitions.request_is_whole,
        activity_definitions.profile_is_on_kind,
        activity_definitions.order_is_draft,
    ),
    "ActivityDefinition.dynamicValue": (dynamic_values.path_is_of_target, dynamic_values.status_stays_draft),
    "Expression": (expressions.expression_is_defined,),
    "Library": (
        libraries.content_can_be_read,
        libraries.elm_is_of_cql,
        libraries.name_is_of_cql,
        library_declarations.parameters_are_declared,
        library_declarations.data_are_declared,
    ),
    "StructureDefinition": (
        structure_definitions.differential_is_on_type,
        structure_definitions.kind_is_of_base,
        structure_definitions.slice_is_of_slicing,
        structure_invariants.root_element_is_plain,
        structure_invariants.core_type_is_named,
    ),
    "ElementDefinition.binding": (structure_definitions.binding_is_to_value_set,),
    "ElementDefinition.constraint": (structure_definitions.constraint_can_be_read,),
}
_DEFINITIONS = ("PlanDefinition", "ActivityDefinition", "Library", "Questionnaire", "Measure")
_DEPENDENCIES = ("RelatedArtifact", "DataRequirement", "TriggerDefinition")
_OF_EVERY_RESOURCE: tuple[NodeRule, ...] = (addresses.url_is_absolute,)
_NO_RULES: tuple[NodeRule, ...] = ()
_RULES: dict[str, tuple[NodeRule, ...]] = {}


def rules_on(content: str) -> tuple[NodeRule, ...]:
    """Return the rules on a type or backbone element."""
    found = _RULES.get(content)
    if found is None:
        found = BY_CONTENT.get(content, _NO_RULES)
        fields = shape(content).fields.values()
        if any(field.code == "canonical" for field in fields):
            found = (*found, addresses.canonical_is_absolute)
            if content.partition(".")[0] in (*_DEFINITIONS, *_DEPENDENCIES):
                found = (*found, canonicals.canonical_is_at_hand, canonicals.canonical_is_pinned)
        if shape(content).is_resource:
            found = (*found, *_OF_EVERY_RESOURCE)
        if addresses.is_canonical_resource(content):
            found = (*found, shareable.claim_is_met)
        _RULES[content] = found
    return found
