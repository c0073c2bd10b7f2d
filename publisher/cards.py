"""CDS Hooks cards, projected from an Applied tree.

https://cds-hooks.hl7.org/2.0/#cds-service-response. An action with a named-event trigger holds the topic's scope; the
actions under it are the rules, and those of a rule's plan are its cards. An action that is undetermined makes no card:
it is a line of the first one, which says what to find out. Every clinical word comes from an artifact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from publisher import wording
from publisher.apply.inputs import Inputs
from publisher.apply.request import request_of
from publisher.apply.trace import statements_of
from publisher.extension import OVERRIDE_REASONS, value_of
from publisher.language import designation, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.apply.tree import AppliedAction, AppliedPlan
    from publisher.repository import Artifact, Repository, Resource

MOST_CARDS = 3
SUMMARY_LENGTH = 139
# http://cds-hooks.hl7.org/ConceptMap/indicator-to-request-priority, read backwards
INDICATORS = {"stat": "critical", "asap": "warning", "urgent": "warning", "routine": "info"}
RANK = {"critical": 0, "warning": 1, "info": 2}
PROVENANCE = "example.vademecum.provenance"


@dataclass(frozen=True, slots=True)
class Setting:
    """What cards need besides the tree: the artifacts, the address people reach them by, patient and language."""

    repository: Repository
    base_url: str
    patient_id: str
    language: str


@dataclass(frozen=True, slots=True)
class _Rule:
    """An action that may make a card, the plan it stands in, and the words for it in a line of another card."""

    action: AppliedAction
    plan: Artifact
    title: str


def cards_of(applied: AppliedPlan, setting: Setting) -> list[Resource]:
    """Return the cards of a hook-level plan, at most three, the most serious first; none outside its scope."""
    rules = [rule for scope in applied.actions if _in_scope(scope) for rule in _rules(scope, applied, setting)]
    firing = [rule for rule in rules if rule.action.decision.state == "applied"]
    cards = [_card(rule, applied.artifact, setting) for rule in firing]
    cards.sort(key=lambda card: RANK[card["indicator"]])
    lines = [line for rule in rules if (line := _ask_line(rule, setting))]
    lines.extend(_unrecognised(applied, setting))
    if cards and lines:
        heading = wording.say("ask", setting.language)
        asked = f"**{heading}**\n\n" + "\n".join(f"- {line}" for line in dict.fromkeys(lines))
        cards[0]["detail"] = f"{cards[0].pop('_text')}\n\n{asked}\n\n{cards[0].pop('_foot')}"
    for card in cards:
        if "detail" not in card:
            card["detail"] = f"{card.pop('_text')}\n\n{card.pop('_foot')}"
    return [_ordered(card) for card in cards[:MOST_CARDS]]


def _in_scope(action: AppliedAction) -> bool:
    return action.decision.state == "applied"


def _rules(scope: AppliedAction, applied: AppliedPlan, setting: Setting) -> Iterator[_Rule]:
    """Yield the rules under a scope: the actions of a nested plan, or the action itself where it has none."""
    for action in scope.children:
        title = text(action.action, "title", setting.language) or action.id
        if action.plan is None:
            yield _Rule(action, applied.artifact, title)
        else:
            for inner in action.plan.actions:
                yield _Rule(inner, action.plan.artifact, title)


def _ask_line(rule: _Rule, setting: Setting) -> str | None:
    decision = rule.action.decision
    if decision.state != "undetermined":
        return None
    return wording.undecided(rule.title, decision.causes, setting.language, error=bool(decision.error))


def _unrecognised(applied: AppliedPlan, setting: Setting) -> Iterator[str]:
    for url, count in applied.unrecognised:
        value_set = setting.repository.resolve(url)
        title = text(value_set.resource, "title", setting.language) if value_set else None
        name = "unrecognised-one" if count == 1 else "unrecognised"
        yield wording.say(name, setting.language, title=title or url, count=str(count))


def _card(rule: _Rule, service: Artifact, setting: Setting) -> Resource:
    action, language = rule.action.action, setting.language
    title = text(action, "title", language) or rule.action.id
    card: Resource = {
        "summary": title if len(title) <= SUMMARY_LENGTH else title[: SUMMARY_LENGTH - 1] + "…",
        "indicator": INDICATORS.get(action.get("priority", "routine"), "info"),
        "source": _source(rule.plan, service, setting),
        "_text": text(action, "description", language) or title,
        "_foot": _foot(rule, service, language),
    }
    suggestions = list(_suggestions(rule.action, setting))
    if suggestions:
        card["suggestions"] = suggestions
        behavior = action.get("selectionBehavior")
        card["selectionBehavior"] = behavior if behavior in ("any", "at-most-one") else "any"
    reasons = _override_reasons(action, setting)
    if reasons:
        card["overrideReasons"] = reasons
    statements = statements_of(action)
    card["extension"] = {
        PROVENANCE: {
            "canonical": str(rule.plan.canonical),
            "action": rule.action.id,
            **({"statements": statements} if statements else {}),
        }
    }
    return card


def _foot(rule: _Rule, service: Artifact, language: str) -> str:
    """Return the last lines of a card: what it is based on, the limits of the source, that it is a draft."""
    lines = []
    statements = statements_of(rule.action.action)
    if statements:
        lines.append(f"{wording.say('basis', language)}: {', '.join(statements)}.")
    usage = text(service.resource, "usage", language)
    if usage:
        lines.append(usage)
    if "draft" in (rule.plan.status, service.status):
        lines.append(wording.say("draft", language))
    return "\n\n".join(lines)


def _source(plan: Artifact, service: Artifact, setting: Setting) -> Resource:
    title = text(service.resource, "title", setting.language) or service.id
    publisher = service.resource.get("publisher")
    label = f"{publisher}: {title}" if publisher else title
    return {"label": f"{label} ({plan.canonical.version})", "url": setting.base_url + plan.page}


def _suggestions(action: AppliedAction, setting: Setting) -> Iterator[Resource]:
    """Yield what the reader can accept: a proposal of the card's own or its children's, or the removal of a draft.

    A proposal not to do something is no suggestion: there is nothing in it to accept.
    """
    for each in (action, *action.children):
        if each.decision.state != "applied":
            continue
        label = text(each.action, "title", setting.language) or each.id
        if each.target is not None and _action_type(each.action) == "remove":
            act = {"type": "delete", "description": label, "resourceId": each.target["reference"]}
            yield {"label": label, "actions": [act]}
        elif each.activity is not None and not each.activity.artifact.resource.get("doNotPerform"):
            inputs = Inputs(f"Patient/{setting.patient_id}", setting.language)
            request, _ = request_of(each.activity, inputs, intent="proposal")
            if request is not None:
                offer = text(each.activity.artifact.resource, "title", setting.language) or label
                yield {
                    "label": offer,
                    "actions": [{"type": "create", "description": offer, "resource": request}],
                }


def _action_type(action: Resource) -> str | None:
    return next((coding.get("code") for coding in action.get("type", {}).get("coding", ())), None)


def _override_reasons(action: Resource, setting: Setting) -> list[Resource]:
    canonical = value_of(action, OVERRIDE_REASONS)
    value_set = setting.repository.resolve(canonical) if canonical else None
    contains: Any = value_set.resource.get("expansion", {}).get("contains", ()) if value_set else ()
    return [
        {"code": each["code"], "system": each["system"], "display": designation(each, setting.language)}
        for each in contains
    ]


def _ordered(card: Resource) -> Resource:
    """Return a card with its members in the order of the specification."""
    order = (
        "summary",
        "detail",
        "indicator",
        "source",
        "suggestions",
        "selectionBehavior",
        "overrideReasons",
    )
    return {name: card[name] for name in (*order, "extension") if name in card}
