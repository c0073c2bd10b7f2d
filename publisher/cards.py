"""CDS Hooks cards, projected from an Applied tree.

https://cds-hooks.hl7.org/2.0/#cds-service-response. An action with a named-event trigger holds the topic's scope; the
actions under it are the rules (card_rules.py), and each that fires is a card. An action that is undetermined makes no
card: it is a line of the first one, which says what to find out. Every clinical word comes from an artifact.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher import wording
from publisher.apply.inputs import Inputs
from publisher.apply.request import request_of
from publisher.card_rules import action_type, ruling_of
from publisher.extension import OVERRIDE_REASONS, value_of
from publisher.language import designation, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from publisher.apply.tree import AppliedAction, AppliedPlan
    from publisher.card_rules import Rule, Undecided
    from publisher.repository import Artifact, Repository, Resource

MOST_CARDS = 3
SUMMARY_LENGTH = 139
# http://cds-hooks.hl7.org/ConceptMap/indicator-to-request-priority, read backwards
INDICATORS = {"stat": "critical", "asap": "warning", "urgent": "warning", "routine": "info"}
RANK = {"critical": 0, "warning": 1, "info": 2}
PROVENANCE = "example.vademecum.provenance"


@dataclass(frozen=True, slots=True)
class Setting:
    """What cards need besides the tree: the artifacts, the address people reach them by, patient and language.

    `judges` gives for a value set the type of data that the logic judges by it.
    """

    repository: Repository
    base_url: str
    patient_id: str
    language: str
    judges: Mapping[str, str] = field(default_factory=dict)


def cards_of(applied: AppliedPlan, setting: Setting) -> list[Resource]:
    """Return the cards of a hook-level plan, at most three, the most serious first; none outside its scope."""
    ruling = ruling_of(applied)
    cards = [_card(rule, applied.artifact, setting) for rule in ruling.firing]
    cards.sort(key=lambda card: RANK[card["indicator"]])
    lines = [*_ask_lines(ruling.undecided, setting.language), *_unrecognised(applied, setting)]
    for number, card in enumerate(cards[:MOST_CARDS]):
        asked = [_asked(lines, setting.language)] if lines and number == 0 else []
        card["detail"] = "\n\n".join([card.pop("_text"), *asked, card.pop("_foot")])
    return [_ordered(card) for card in cards[:MOST_CARDS]]


def _asked(lines: list[str], language: str) -> str:
    return f"**{wording.say('ask', language)}**\n\n" + _list(lines)


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in dict.fromkeys(lines))


def _ask_lines(undecided: Iterable[Undecided], language: str) -> Iterator[str]:
    """Yield what cannot be decided and why; what waits for the same is told of together."""
    together: dict[Any, list[Undecided]] = {}
    for each in undecided:
        decision = each.action.decision
        waits_for = frozenset((cause.kind, cause.about) for cause in decision.causes)
        together.setdefault((bool(decision.error), waits_for), []).append(each)
    for same in together.values():
        names = [each.named for each in same]
        titles = wording.listed([text(each.action, "title", language) or each.id for each in names], language)
        decision = same[0].action.decision
        yield wording.undecided(titles, decision.causes, language, error=bool(decision.error))


def _unrecognised(applied: AppliedPlan, setting: Setting) -> Iterator[str]:
    """Yield how many items no code explains; value sets that were asked about the same are told of together."""
    together: dict[Any, list[str]] = {}
    for url, count in applied.unrecognised:
        value_set = setting.repository.resolve(url)
        title = text(value_set.resource, "title", setting.language) if value_set else None
        together.setdefault((setting.judges.get(url), count), []).append(title or url)
    for (_, count), titles in together.items():
        name = "unrecognised-one" if count == 1 else "unrecognised"
        yield wording.say(name, setting.language, title=wording.listed(titles, setting.language), count=str(count))


def _card(rule: Rule, service: Artifact, setting: Setting) -> Resource:
    action, language = rule.action.action, setting.language
    title = text(action, "title", language) or rule.action.id
    card: Resource = {
        "summary": title if len(title) <= SUMMARY_LENGTH else title[: SUMMARY_LENGTH - 1] + "…",
        "indicator": min((INDICATORS.get(each, "info") for each in rule.priorities), key=RANK.__getitem__),
        "source": _source(rule.plan, service, setting),
        "_text": _text(rule, title, language),
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
    statements = rule.statements
    card["extension"] = {
        PROVENANCE: {
            "canonical": str(rule.plan.canonical),
            "action": rule.action.id,
            **({"statements": statements} if statements else {}),
        }
    }
    return card


def _text(rule: Rule, title: str, language: str) -> str:
    """Return what a card says: its action's description, and a line for each part of a group."""
    said = text(rule.action.action, "description", language)
    lines = [text(each.action, "description", language) or text(each.action, "title", language) for each in rule.lines]
    listed = _list(line or "" for line in lines)
    return "\n\n".join(part for part in (said, listed) if part) or title


def _foot(rule: Rule, service: Artifact, language: str) -> str:
    """Return the last lines of a card: what it is based on, the limits of the source, that it is a draft."""
    lines = []
    if rule.statements:
        lines.append(f"{wording.say('basis', language)}: {', '.join(rule.statements)}.")
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
    """Yield what the reader can accept: a proposal of the card's own or from below it, or the removal of a draft.

    A proposal not to do something is no suggestion: there is nothing in it to accept.
    """
    for each in action.walk():
        if each.decision.state != "applied":
            continue
        label = text(each.action, "title", setting.language) or each.id
        if each.target is not None and action_type(each.action) == "remove":
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
