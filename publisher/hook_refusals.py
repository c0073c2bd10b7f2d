"""What the hook services say of a request and of feedback that they refuse, in every language that we speak.

https://hl7.org/fhir/R4/operationoutcome.html. A row is name -> issue code, rule, and one sentence a language, of which
`where` is the member that is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.issue import IssueText

if TYPE_CHECKING:
    from publisher.issue import Issue

ROWS: dict[str, IssueText] = {
    "service": IssueText(
        "not-found",
        "service-unknown",
        "There is no CDS service of this id here; discovery lists those that there are.",
        "Här finns ingen CDS-tjänst med det id:t; discovery räknar upp de som finns.",
    ),
    "hook": IssueText(
        "value",
        "hook-mismatch",
        "{where} must be {hook}, which the service {service} answers.",
        "{where} ska vara {hook}, som tjänsten {service} svarar på.",
    ),
    "instance": IssueText("value", "hook-instance", "{where} must be a UUID.", "{where} ska vara ett UUID."),
    "prefetch": IssueText(
        "structure",
        "prefetch-shape",
        "{where} must be an object of keys and their answers.",
        "{where} ska vara ett objekt med nycklar och deras svar.",
    ),
    "context": IssueText("required", "context-missing", "{where} must be an object.", "{where} ska vara ett objekt."),
    "member-text": IssueText(
        "required",
        "context-member",
        "{where} must be text for the hook {hook}.",
        "{where} ska vara en text för hooken {hook}.",
    ),
    "member-array": IssueText(
        "required",
        "context-member",
        "{where} must be an array for the hook {hook}.",
        "{where} ska vara en lista för hooken {hook}.",
    ),
    "member-object": IssueText(
        "required",
        "context-member",
        "{where} must be an object for the hook {hook}.",
        "{where} ska vara ett objekt för hooken {hook}.",
    ),
    "patient-id": IssueText(
        "value", "patient-id", "{where} must be the id of a Patient.", "{where} ska vara id för en Patient."
    ),
    "patient": IssueText(
        "value",
        "prefetch-patient",
        "{where} must hold the Patient of context.patientId, with that id, and nobody else.",
        "{where} ska innehålla den Patient som context.patientId anger, med det id:t, och ingen annan.",
    ),
    "drafts": IssueText("structure", "draft-orders", "{where} must be a Bundle.", "{where} ska vara en Bundle."),
    "draft": IssueText(
        "structure", "draft-orders", "{where} must hold a resource.", "{where} ska innehålla en resurs."
    ),
    "selection": IssueText(
        "value",
        "selection-unknown",
        "{where} must name one of the draft orders, as in MedicationRequest/1, or by the fullUrl of its entry.",
        "{where} ska ange ett av utkasten, som i MedicationRequest/1 eller med fullUrl för dess entry.",
    ),
    "type-bundle": IssueText(
        "structure",
        "draft-type",
        "{where} must not be Bundle: put each resource in an entry of its own.",
        "{where} får inte vara Bundle: lägg varje resurs i en egen entry.",
    ),
    "type": IssueText(
        "structure", "draft-type", "{where} must be a type of FHIR R4.", "{where} ska vara en typ i FHIR R4."
    ),
    "type-meant": IssueText(
        "structure",
        "draft-type",
        "{where} must be a type of FHIR R4; did you mean {meant}?",
        "{where} ska vara en typ i FHIR R4; menade du {meant}?",
    ),
    "shape": IssueText(
        "structure",
        "draft-shape",
        "{where} must be as FHIR R4 has it in {kind}.",
        "{where} ska vara som FHIR R4 har det i {kind}.",
    ),
    "modified": IssueText(
        "extension",
        "draft-modified",
        "{where} may change what the rest means and is not known here, so that this {kind} cannot be judged.",
        "{where} kan ändra vad resten betyder och är inte känt här, så denna {kind} går inte att bedöma.",
    ),
    "subject": IssueText(
        "value",
        "draft-subject",
        "{where} must name the patient of context.patientId: by reference, or by an identifier that the Patient of "
        "prefetch.{key} has.",
        "{where} ska ange patienten i context.patientId: med en referens, eller med en identifierare som Patient i "
        "prefetch.{key} har.",
    ),
    "medicine": IssueText(
        "required",
        "draft-medicine",
        "{where} must say which medicine it is, in either medicationCodeableConcept or medicationReference.",
        "{where} ska ange vilket läkemedel det är, i antingen medicationCodeableConcept eller medicationReference.",
    ),
    "medicine-inside": IssueText(
        "not-found",
        "draft-medicine",
        "{where} must name a Medication that the order itself holds in contained.",
        "{where} ska ange en Medication som utkastet självt innehåller i contained.",
    ),
    "feedback": IssueText(
        "required",
        "feedback-shape",
        "{where} must be an array of 1 to {most} objects.",
        "{where} ska vara en lista med 1 till {most} objekt.",
    ),
    "feedback-item": IssueText(
        "structure", "feedback-shape", "{where} must be an object.", "{where} ska vara ett objekt."
    ),
    "card": IssueText(
        "value",
        "feedback-card",
        "{where} must be the uuid of a card of this service.",
        "{where} ska vara uuid för ett kort från den här tjänsten.",
    ),
    "outcome": IssueText(
        "value",
        "feedback-outcome",
        "{where} must be accepted or overridden.",
        "{where} ska vara accepted eller overridden.",
    ),
    "time": IssueText(
        "value",
        "feedback-time",
        "{where} must be a moment in UTC such as 2026-11-23T10:05:31Z, after the card was published and not to come.",
        "{where} ska vara en tidpunkt i UTC, till exempel 2026-11-23T10:05:31Z, efter att kortet publicerades och inte "
        "i framtiden.",
    ),
    "suggestion": IssueText(
        "value",
        "feedback-suggestion",
        "{where} must name a suggestion of the card.",
        "{where} ska ange ett förslag på kortet.",
    ),
    "reason": IssueText(
        "required",
        "feedback-reason",
        "{where} must have a reason, which is a Coding, or a userComment.",
        "{where} ska ha en reason, som är en Coding, eller en userComment.",
    ),
    "reason-coding": IssueText(
        "required",
        "feedback-reason",
        "{where} must be a Coding with the system and the code of a reason.",
        "{where} ska vara en Coding med system och kod för en anledning.",
    ),
    "feedback-file": IssueText(
        "no-store",
        "feedback-file",
        "Feedback cannot be counted, for the file of the counts cannot be used; send it again later.",
        "Återkopplingen kan inte räknas, för filen med antalen går inte att använda; skicka den igen senare.",
    ),
}


def refused(name: str, where: str | None = None, /, **values: Any) -> Issue:
    """Return the issue of row `name` at the member `where`, with what was met filled in."""
    return ROWS[name].issue(where, **values)
