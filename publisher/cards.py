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
from publisher.card_ids import CardIds
from publisher.card_rules import action_type, ruling_of
from publisher.extension import OVERRIDE_REASONS, value_of
from publisher.grounds import escaped
from publisher.language import designation, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from publisher.apply.tree import AppliedAction, AppliedPlan
    from publisher.card_rules import Rule, Undecided
    from publisher.repository import Artifact, Repository, Resource

MOST_CARDS = 3
SUMMARY_LENGTH = 139
MOST_COMPUTED = 2000
# http://cds-hooks.hl7.org/ConceptMap/indicator-to-request-priority, read backwards
INDICATORS = {"stat": "critical", "asap": "warning", "urgent": "warning", "routine": "info"}
RANK = {"critical": 0, "warning": 1, "info": 2}
PROVENANCE = "example.vademecum.provenance"


@dataclass(frozen=True, slots=True)
class Setting:
    """What cards need besides the tree: the artifacts, the address people reach them by, patient and language.

    `judges` gives for a value set the type of data that the logic judges by it; `instance` is the call's own uuid,
    `ids` names cards and suggestions, and `grounds` says what a rule rests on in the record.
    """

    repository: Repository
    base_url: str
    patient_id: str
    language: str
    judges: Mapping[str, str] = field(default_factory=dict)
    instance: str = ""
    ids: CardIds = field(default_factory=CardIds)
    grounds: Callable[[Rule], str | None] = lambda _: None


def cards_of(applied: AppliedPlan, setting: Setting) -> list[Resource]:
    """Return the cards of a hook-level plan, at most three, the most serious first; none outside its scope."""
    ruling = ruling_of(applied)
    shown = sorted(ruling.firing, key=lambda rule: RANK[_indicator(rule)])[:MOST_CARDS]
    lines = [*_ask_lines(ruling.undecided, setting.language), *_unrecognised(applied, setting)]
    return [
        _ordered(_card(rule, applied.artifact, setting, position, lines if position == 0 else []))
        for position, rule in enumerate(shown)
    ]


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


def _card(rule: Rule, service: Artifact, setting: Setting, position: int, lines: list[str]) -> Resource:
    action, language = rule.action.action, setting.language
    title = text(action, "title", language) or rule.action.id
    grounds = setting.grounds(rule)
    asked = _asked(lines, language) if lines else None
    paragraphs = (_text(rule, title, language), grounds, asked, _foot(rule, service, language))
    tag, call = setting.ids.tag(str(rule.plan.canonical), rule.action.id), setting.ids.call(setting.instance, position)
    card: Resource = {
        "uuid": setting.ids.encode(tag, 0, call),
        "summary": title if len(title) <= SUMMARY_LENGTH else title[: SUMMARY_LENGTH - 1] + "…",
        "detail": "\n\n".join(each for each in paragraphs if each),
        "indicator": _indicator(rule),
        "source": _source(rule.plan, service, setting),
        "links": _links(rule, setting),
    }
    suggestions = [
        {"label": each["label"], "uuid": setting.ids.encode(tag, number, call), "actions": each["actions"]}
        for number, each in enumerate(_suggestions(rule.action, setting), start=1)
    ]
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


def _indicator(rule: Rule) -> str:
    return min((INDICATORS.get(each, "info") for each in rule.priorities), key=RANK.__getitem__)


def _text(rule: Rule, title: str, language: str) -> str:
    """Return what a card says: its action's description, and a line for each part of a group."""
    said = _computed(rule.action, "description") or text(rule.action.action, "description", language)
    lines = [text(each.action, "description", language) or text(each.action, "title", language) for each in rule.lines]
    listed = _list(line or "" for line in lines)
    return "\n\n".join(part for part in (said, listed) if part) or title


def _computed(action: AppliedAction, name: str) -> str | None:
    """Return what a dynamic value says of an element of the action; it may quote the record."""
    found = (each for value in action.values if value.path.rpartition(".")[2] == name for each in value.values)
    return next((escaped(each, MOST_COMPUTED) for each in found if isinstance(each, str)), None)


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
    topic = _topic(service.resource, setting.language)
    named = {"label": f"{label} ({plan.canonical.version})", "url": setting.base_url + plan.page}
    return {**named, "topic": topic} if topic else named


def _topic(plan: Resource, language: str) -> Resource | None:
    """Return the coding of what a plan is about: its clinical focus."""
    for context in plan.get("useContext", ()):
        if context.get("code", {}).get("code") == "focus":
            for coding in context.get("valueCodeableConcept", {}).get("coding", ()):
                display = text(coding, "display", language)
                return {**_present(coding, "system", "code"), **({"display": display} if display else {})}
    return None


def _present(element: Resource, *names: str) -> Resource:
    return {name: element[name] for name in names if name in element}


def _links(rule: Rule, setting: Setting) -> list[Resource]:
    """Return links to the statements behind a card: on the page of its rule, and where they were taken from."""
    named = {setting.base_url + rule.plan.page: "statements"}
    named |= {str(one["url"]): "source" for one in rule.documentation if str(one.get("url", "")).startswith("http")}
    return [
        {"label": wording.say(name, setting.language), "url": url, "type": "absolute"} for url, name in named.items()
    ]


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
        "uuid",
        "summary",
        "detail",
        "indicator",
        "source",
        "suggestions",
        "selectionBehavior",
        "overrideReasons",
        "links",
    )
    return {name: card[name] for name in (*order, "extension") if name in card}
