"""Gates on content: what an artifact of ours must and must not say, beyond being FHIR.

Implements the authoring rules of https://hl7.org/fhir/uv/cpg/methodology.html: each recommendation has its source.
One function is one rule; RULES holds those of the modules beside this one too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from publisher.issue import Issue
from publisher.validation import amounts, codes, coverage, identity, links, plan_links, strength, texts
from publisher.validation.context import Context, walk_actions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from publisher.repository import Resource

_KEBAB_CASE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_SPEAKING = ("ActivityDefinition", "Medication", "MedicationKnowledge", "Questionnaire")
_PASCAL_CASE = re.compile(r"[A-Z][A-Za-z0-9]*")
_PACKAGE_ID = re.compile(rf"{_KEBAB_CASE.pattern}(?:\.{_KEBAB_CASE.pattern})*")
_ID_FORMS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "Library": (_PASCAL_CASE, "a CQL name such as ExampleTopic"),
    "ImplementationGuide": (_PACKAGE_ID, "the id of a package such as org.example.annual-review"),
}


def content_issues(resource: Resource, context: Context) -> Iterator[Issue]:
    """Yield what every gate finds in `resource`."""
    for rule in RULES:
        yield from rule(resource, context)


def action_has_id(resource: Resource, _: Context) -> Iterator[Issue]:
    """Check that every action has an id, so that cards and statements can point at it."""
    for path, action, _parents in walk_actions(resource):
        if "id" not in action:
            yield Issue.error("required", "action-id-missing", f"{path} has no id; give it one.", expression=path)


def action_has_title(resource: Resource, _: Context) -> Iterator[Issue]:
    """Check that every action has a title, which a person reads."""
    for path, action, _parents in walk_actions(resource):
        if "title" not in action:
            diagnostics = f"{_name(path, action)} has no title; give it one."
            yield Issue.error("required", "action-title-missing", diagnostics, expression=path)


def recommendation_is_derived(resource: Resource, _: Context) -> Iterator[Issue]:
    """Check that plans of rules, actions, activities, products and questions derive from a statement."""
    kind = resource["resourceType"]
    if kind in _SPEAKING and not any(True for _ in coverage.statement_ids(resource)):
        yield _not_derived(f"{kind}/{resource['id']}", kind)
    if kind != "PlanDefinition":
        return
    if _is_rule(resource) and not _derived(resource.get("relatedArtifact")):
        yield _not_derived(f"PlanDefinition/{resource['id']}", kind)
    for path, action, parents in walk_actions(resource):
        derived = any(_derived(one.get("documentation")) for one in (action, *parents))
        if _recommends(action) and not derived:
            yield _not_derived(_name(path, action), path)


def dosage_is_absent(resource: Resource, context: Context) -> Iterator[Issue]:
    """Check that no artifact carries a dose: the source has none, and prescribing is the prescriber's."""
    for path, parent in context.elements(resource):
        for key in parent:
            if key in ("dosage", "dosageInstruction"):
                diagnostics = f"{path} has a {key}, and the source gives no dose; take it out."
                yield Issue.error("business-rule", "dosage-forbidden", diagnostics, expression=f"{path}.{key}")


def id_is_kebab_case(resource: Resource, _: Context) -> Iterator[Issue]:
    """Check that ids are words joined by hyphens, a Library's its CQL name, and a guide's that of its package."""
    kind, name = resource["resourceType"], resource["id"]
    pattern, form = _ID_FORMS.get(kind, (_KEBAB_CASE, "in kebab-case such as annual-review"))
    if not pattern.fullmatch(name):
        yield Issue.error("value", "id-form", f"The id '{name}' is not {form}; rename it.", expression=f"{kind}.id")
    for path, action, _parents in walk_actions(resource):
        name = action.get("id", "a")
        if not _KEBAB_CASE.fullmatch(name):
            diagnostics = f"The action id '{name}' is not in kebab-case such as annual-review; rename it."
            yield Issue.error("value", "id-form", diagnostics, expression=f"{path}.id")


RULES: tuple[Callable[[Resource, Context], Iterator[Issue]], ...] = (
    action_has_id,
    action_has_title,
    recommendation_is_derived,
    coverage.condition_is_derived,
    dosage_is_absent,
    amounts.amount_is_absent,
    id_is_kebab_case,
    links.canonical_resolves,
    links.canonical_is_pinned,
    links.reference_resolves,
    links.canonical_is_unique,
    links.expression_is_defined,
    links.condition_is_boolean,
    plan_links.goal_resolves,
    plan_links.related_action_resolves,
    plan_links.named_event_is_a_hook,
    plan_links.plan_is_acyclic,
    plan_links.followed_link_is_ours,
    plan_links.activity_is_reachable,
    identity.url_is_of_base,
    identity.artifact_has_no_twin,
    identity.version_is_of_topic,
    identity.date_is_of_topic,
    identity.unsigned_is_draft,
    identity.approval_is_not_invented,
    codes.coding_has_system,
    texts.text_has_every_language,
    texts.language_is_default,
    texts.text_is_not_copied,
    texts.text_has_no_amount,
    strength.wording_is_no_stronger,
)


def _derived(related: Any) -> bool:
    return any(one.get("type") == "derived-from" for one in related or ())


def _is_rule(plan: Resource) -> bool:
    return any(one.get("code") == "eca-rule" for one in plan.get("type", {}).get("coding", ()))


def _recommends(action: Mapping[str, Any]) -> bool:
    """Return whether an action proposes something itself, rather than grouping others or naming a plan."""
    definition = action.get("definitionCanonical", "")
    return "action" not in action and "/PlanDefinition/" not in definition


def _not_derived(name: str, path: str) -> Issue:
    diagnostics = f"{name} derives from no statement; add derivedFrom with the ids of statements.yaml."
    return Issue.error("business-rule", "statement-missing", diagnostics, expression=path)


def _name(path: str, action: Mapping[str, Any]) -> str:
    return f"Action '{action['id']}'" if "id" in action else path
