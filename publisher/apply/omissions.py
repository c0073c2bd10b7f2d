"""What `$apply` says of what a definition asks for and it leaves out, in every language that we speak.

https://hl7.org/fhir/R4/operationoutcome.html. A row is name -> issue code, rule, and one sentence a language, of which
`where` is the place in the definition. What an expression came to is told by the engine, in English.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.issue import IssueText

if TYPE_CHECKING:
    from publisher.issue import Issue

_VALUE = ("value", "dynamic-value")
_EN, _SV = "The dynamic value for {path} was left out: ", "Det dynamiska värdet för {path} togs inte med: "
ROWS: dict[str, IssueText] = {
    "definition-missing": IssueText(
        "not-found",
        "definition-missing",
        "{action} leads to {canonical}, which is not held here, so nothing was proposed for it.",
        "{action} leder till {canonical}, som inte finns här, så inget föreslogs.",
    ),
    "definition-inactive": IssueText(
        "not-found",
        "definition-status",
        "{action} leads to {canonical}, of which no version that is held here is active, so nothing was proposed for "
        "it; name the version.",
        "{action} leder till {canonical}, som inte finns här i någon aktiv version, så inget föreslogs; ange version.",
    ),
    "definition-unusable": IssueText(
        "not-supported",
        "definition-unusable",
        "{action} leads to {canonical}, which cannot be applied from here.",
        "{action} leder till {canonical}, som inte kan tillämpas härifrån.",
    ),
    "definition-and-actions": IssueText(
        "not-supported",
        "definition-and-actions",
        "{action} leads to a definition and has actions of its own, of which a RequestGroup of R4 has place for one; "
        "its actions were kept, so give the definition an action of its own.",
        "{action} leder till en definition och har egna åtgärder, och en RequestGroup i R4 har bara plats för det ena; "
        "åtgärderna togs med, så ge definitionen en egen åtgärd.",
    ),
    "nested-costly": IssueText(
        "too-costly",
        "nested-costly",
        "{action} leads to {canonical}, and more than {actions} actions or {levels} levels of plans would come of one "
        "plan, so nothing was proposed for it; apply that plan by itself.",
        "{action} leder till {canonical}, och mer än {actions} åtgärder eller {levels} nivåer av planer skulle komma "
        "av en plan, så inget föreslogs; tillämpa den planen för sig.",
    ),
    "definition-retired": IssueText(
        "business-rule",
        "definition-status",
        "{action} leads to {canonical}, which is retired, so nothing was proposed for it.",
        "{action} leder till {canonical}, som är tillbakadragen, så inget föreslogs.",
    ),
    "modifier-unknown": IssueText(
        "extension",
        "modifier-unknown",
        "{name} has the modifierExtension {url}, which may change its meaning and is not understood here, so it was "
        "not applied.",
        "{name} har modifierExtension {url}, som kan ändra innebörden och inte förstås här, så den tillämpades inte.",
    ),
    "subject-other": IssueText(
        "business-rule",
        "subject-type",
        "{name} is about a {kind}, and only what is about patients is applied here.",
        "{name} gäller en {kind}, och bara det som gäller patienter tillämpas här.",
    ),
    "condition-kind": IssueText(
        "value",
        "condition-kind",
        "{name} has a condition whose kind is none of {known}, so it was not applied; give the condition its kind.",
        "{name} har ett villkor vars kind inte är något av {known}, så den tillämpades inte; ange villkorets kind.",
    ),
    "transform": IssueText(
        "not-supported",
        "transform",
        "{name} needs the StructureMap {map}; transforms are not run here.",
        "{name} behöver StructureMap {map}; omvandlingar körs inte här.",
    ),
    "activity-kind": IssueText(
        "not-supported",
        "activity-kind",
        "{name} is of kind {kind}, which is no request; a request is one of {known}.",
        "{name} är av slaget {kind}, som inte är en begäran; en begäran är en av {known}.",
    ),
    "activity-empty": IssueText(
        "required",
        "activity-element-missing",
        "{name} says nothing to recommend: a {kind} needs one of {needs}.",
        "{name} anger inget att rekommendera: en {kind} behöver något av {needs}.",
    ),
    "activity-element": IssueText(
        "not-supported",
        "activity-element",
        "{name}: {element} has no place in the {kind} of R4, so it was not carried over.",
        "{name}: {element} har ingen plats i {kind} i R4 och togs inte med.",
    ),
    "activity-code": IssueText(
        "value",
        "activity-code",
        "{name}: {element} is no code of {kind}, so it was not carried over.",
        "{name}: {element} är ingen kod i {kind} och togs inte med.",
    ),
    "code-within": IssueText(
        "value",
        "activity-code",
        "{name}: {element} is no code of {kind} and was carried over as it is written; correct it.",
        "{name}: {element} är ingen kod i {kind} och togs med som den är skriven; rätta den.",
    ),
    "activity-target": IssueText(
        "value",
        "activity-target",
        "{name}: {element} would refer to {reference}, which R4 does not allow there, so it was not carried over.",
        "{name}: {element} skulle hänvisa till {reference}, vilket R4 inte tillåter där, och togs inte med.",
    ),
    "reference-missing": IssueText(
        "not-found",
        "reference-missing",
        "{name} refers to {reference}, which it does not contain; contain it, or correct the reference.",
        "{name} hänvisar till {reference}, som den inte innehåller; lägg in den, eller rätta hänvisningen.",
    ),
    "request-incomplete": IssueText(
        "required",
        "request-incomplete",
        "{name}: the {kind} lacks {element}, which R4 requires.",
        "{name}: {kind} saknar {element}, som R4 kräver.",
    ),
    "value-failed": IssueText("exception", "dynamic-value", f"{_EN}{{error}}.", f"{_SV}”{{error}}”."),
    "value-language": IssueText("not-supported", "dynamic-value", f"{_EN}{{error}}.", f"{_SV}”{{error}}”."),
    "value-open": IssueText(
        "incomplete",
        "dynamic-value-open",
        "The dynamic value for {path} may change with data that are missing.",
        "Det dynamiska värdet för {path} kan ändras av uppgifter som saknas.",
    ),
    "value-kept": IssueText(
        "business-rule",
        "dynamic-value-kept",
        f"{_EN}results are draft proposals, whatever a definition says.",
        f"{_SV}resultat är utkast till förslag, vad en definition än säger.",
    ),
    "value-id": IssueText(
        "business-rule",
        "dynamic-value-kept",
        f"{_EN}a result is given its id here.",
        f"{_SV}ett resultat får sitt id här.",
    ),
    "value-held": IssueText(
        "business-rule",
        "dynamic-value-kept",
        f"{_EN}what an action holds follows from its definition.",
        f"{_SV}vad en åtgärd innehåller följer av dess definition.",
    ),
    "value-related": IssueText(
        "business-rule",
        "dynamic-value-kept",
        f"{_EN}an action keeps the id by which others relate to it.",
        f"{_SV}en åtgärd behåller det id som andra åtgärder hänvisar till.",
    ),
    "value-source": IssueText(
        "business-rule",
        "dynamic-value-kept",
        f"{_EN}a result names the definition that it comes from.",
        f"{_SV}ett resultat anger den definition som det kommer från.",
    ),
    "value-subject": IssueText(
        "business-rule",
        "dynamic-value-kept",
        f"{_EN}a result is about the subject that was asked for.",
        f"{_SV}ett resultat gäller den patient som frågan gällde.",
    ),
    "value-narrative": IssueText(
        "business-rule",
        "dynamic-value-kept",
        f"{_EN}a result has no narrative.",
        f"{_SV}ett resultat har ingen text för läsning (narrative).",
    ),
    "path-empty": IssueText(*_VALUE, f"{_EN}the path is empty.", f"{_SV}sökvägen är tom."),
    "path-unreadable": IssueText(*_VALUE, f"{_EN}the path is no FHIRPath.", f"{_SV}sökvägen är inte FHIRPath."),
    "path-not-simple": IssueText(
        *_VALUE,
        f"{_EN}the path is not of the simple subset of FHIRPath: elements, constant indexes, extension() and ofType().",
        f"{_SV}sökvägen hör inte till den enkla delen av FHIRPath: element, fasta index, extension() och ofType().",
    ),
    "path-no-resource": IssueText(*_VALUE, f"{_EN}it is no resource.", f"{_SV}det är ingen resurs."),
    "path-other-type": IssueText(*_VALUE, f"{_EN}it is no {{kind}}.", f"{_SV}det är inte {{kind}}."),
    "path-other-code": IssueText(*_VALUE, f"{_EN}it is no code of {{kind}}.", f"{_SV}det är ingen kod i {{kind}}."),
    "path-several": IssueText(
        *_VALUE,
        f"{_EN}it has several values, where one is allowed.",
        f"{_SV}det är flera värden, där ett är tillåtet.",
    ),
    "path-choice": IssueText(
        *_VALUE,
        f"{_EN}the path leads to {{element}}[x], whose type it must name with ofType().",
        f"{_SV}sökvägen leder till {{element}}[x], vars typ den ska ange med ofType().",
    ),
    "path-unknown": IssueText(
        *_VALUE,
        f"{_EN}the path leads to {{element}}, which {{kind}} does not have.",
        f"{_SV}sökvägen leder till {{element}}, som {{kind}} inte har.",
    ),
    "path-plain": IssueText(
        *_VALUE,
        f"{_EN}the path goes into {{element}}, which holds a plain value.",
        f"{_SV}sökvägen går in i {{element}}, som har ett enkelt värde.",
    ),
    "path-into-resource": IssueText(
        *_VALUE,
        f"{_EN}the path goes into {{element}}, which holds whole resources; give a whole one.",
        f"{_SV}sökvägen går in i {{element}}, som har hela resurser; ange en hel.",
    ),
    "path-index": IssueText(
        *_VALUE,
        f"{_EN}the path leads to item {{index}}, where there are {{count}} before it.",
        f"{_SV}sökvägen leder till nummer {{index}}, där det finns {{count}} före.",
    ),
}


def omitted(name: str, where: str, /, *, severity: str = "error", **values: Any) -> Issue:
    """Return the issue of row `name` at `where` in the definition, with what was met filled in."""
    return ROWS[name].issue(where, severity=severity, **values)
