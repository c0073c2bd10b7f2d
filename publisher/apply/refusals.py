"""What `$apply` and `$evaluate` say of what they refuse or pass over in a call, in every language that we speak.

https://hl7.org/fhir/R4/operationoutcome.html. A row is name -> issue code, rule, and one sentence a language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.issue import IssueError, IssueText, quoted

if TYPE_CHECKING:
    from publisher.issue import Issue

ROWS: dict[str, IssueText] = {
    "parameter-unknown": IssueText(
        "not-supported",
        "parameter-unknown",
        "The operation does not know a parameter that was sent; it takes {known}.",
        "Operationen känner inte en parameter som skickades; den tar {known}.",
    ),
    "data-fetched": IssueText(
        "not-supported",
        "parameter-unsupported",
        "The parameter {name} is not supported: no data are fetched; send them in data or prefetchData.",
        "Parametern {name} stöds inte: inga uppgifter hämtas; skicka dem i data eller prefetchData.",
    ),
    "artifacts-fetched": IssueText(
        "not-supported",
        "parameter-unsupported",
        "The parameter {name} is not supported: no artifacts are fetched.",
        "Parametern {name} stöds inte: inga artefakter hämtas.",
    ),
    "terminology-fetched": IssueText(
        "not-supported",
        "parameter-unsupported",
        "The parameter {name} is not supported: no terminology is fetched.",
        "Parametern {name} stöds inte: ingen terminologi hämtas.",
    ),
    "nested-merged": IssueText(
        "not-supported",
        "parameter-unsupported",
        "Nested plans are not merged; leave mergeNestedCarePlans out, or make it false.",
        "Planer i planer slås inte samman; ta bort mergeNestedCarePlans, eller gör den false.",
    ),
    "data-twice": IssueText(
        "invalid",
        "parameter-value",
        "data and prefetchData exclude each other; send one of them.",
        "data och prefetchData utesluter varandra; skicka en av dem.",
    ),
    "one-text": IssueText(
        "value", "parameter-value", "The parameter {name} takes one text.", "Parametern {name} tar en text."
    ),
    "a-boolean": IssueText(
        "value",
        "parameter-value",
        "The parameter {name} takes true or false.",
        "Parametern {name} tar true eller false.",
    ),
    "a-mode": IssueText(
        "value",
        "parameter-value",
        "The parameter {name} takes tracked or plain.",
        "Parametern {name} tar tracked eller plain.",
    ),
    "one-reference": IssueText(
        "value",
        "parameter-value",
        "The parameter {name} takes one reference, for example {kind}/1.",
        "Parametern {name} tar en referens, till exempel {kind}/1.",
    ),
    "one-concept": IssueText(
        "value",
        "parameter-value",
        "The parameter {name} takes one CodeableConcept, with its codings in an array.",
        "Parametern {name} tar ett CodeableConcept, med sina koder i en lista.",
    ),
    "server-data": IssueText(
        "not-supported",
        "parameter-unsupported",
        "useServerData found nothing: no data about patients are held here, only what was sent was used.",
        "useServerData gav ingenting: här finns inga patientuppgifter, bara det som skickades användes.",
    ),
    "data-of-others": IssueText(
        "not-supported",
        "data-of-others",
        "Data in the request are about somebody other than the subject, and were not used.",
        "Uppgifter i anropet gäller någon annan än subject, och användes inte.",
    ),
    "data-of-nobody": IssueText(
        "not-supported",
        "data-of-others",
        "Data in the request are about a patient whom nothing names, and were not used; send subject.",
        "Uppgifter i anropet gäller en patient som inget anger, och användes inte; skicka subject.",
    ),
    "language-not-held": IssueText(
        "not-supported",
        "parameter-unsupported",
        "The texts are not held in the language of userLanguage, so it was passed over; they are held in {known}.",
        "Texterna finns inte på språket i userLanguage, som därför inte följdes; de finns på {known}.",
    ),
    "one-definition": IssueText(
        "value", "parameter-value", "The parameter {name} takes one {kind}.", "Parametern {name} tar en {kind}."
    ),
    "subject-missing": IssueText(
        "required",
        "parameter-missing",
        "The parameter subject is needed, for example Patient/1.",
        "Parametern subject behövs, till exempel Patient/1.",
    ),
    "subject-type": IssueText(
        "value",
        "subject-type",
        "The subject must be a patient, for example Patient/1.",
        "subject ska vara en patient, till exempel Patient/1.",
    ),
    "subject-repeated": IssueText(
        "not-supported",
        "subject-repeated",
        "{operation} takes one subject, for its answer is one {answer}.",
        "{operation} tar en subject, för svaret är en {answer}.",
    ),
    "subjects-costly": IssueText(
        "too-costly",
        "subject-repeated",
        "For each of {count} subjects all the data would be read; send fewer, each call with the data of its own.",
        "För var och en av {count} subject skulle alla uppgifter läsas; skicka färre, med sina egna uppgifter i varje "
        "anrop.",
    ),
    "subject-unclear": IssueText(
        "required",
        "parameter-missing",
        "The data hold {count} patients; name the one that is meant in the parameter subject.",
        "Uppgifterna gäller {count} patienter; säg vilken som avses i parametern subject.",
    ),
    "data-no-bundle": IssueText(
        "value",
        "parameter-value",
        "The parameter data takes a Bundle of resources about the subject.",
        "Parametern data tar en Bundle med resurser om patienten.",
    ),
    "prefetch-parts": IssueText(
        "value",
        "parameter-value",
        "Each prefetchData has a key of its own or a descriptor, and its data in one part.",
        "Varje prefetchData har en egen key eller en descriptor, och sina data i en del.",
    ),
    "prefetch-descriptor": IssueText(
        "value",
        "parameter-value",
        "The descriptor of prefetchData is a DataRequirement.",
        "descriptor i prefetchData är ett DataRequirement.",
    ),
    "logic-parameter-shape": IssueText(
        "structure",
        "parameter-value",
        "The parameter {name} of the logic holds a resource that does not have the shape of FHIR R4; correct it.",
        "Logikens parameter {name} har en resurs som inte har formen hos FHIR R4; rätta den.",
    ),
    "logic-parameter-subject": IssueText(
        "value",
        "parameter-subject",
        "The parameter {name} of the logic must be about the subject: name that Patient by reference, or by an "
        "identifier that the Patient of the data has.",
        "Logikens parameter {name} ska gälla samma patient som subject: ange patienten med referens, eller med en "
        "identifierare som Patient bland uppgifterna har.",
    ),
    "inline-content": IssueText(
        "not-supported",
        "inline-content",
        "Definitions, Libraries and terminology do not come with a request here; name one that is held.",
        "Definitioner, bibliotek och terminologi tas inte emot i anrop här; ange en som finns.",
    ),
    "content-malformed": IssueText(
        "structure",
        "content-malformed",
        "The content to apply does not have the shape of FHIR R4, so it cannot be applied; correct {where}.",
        "Innehållet har inte formen hos FHIR R4 och kan därför inte tillämpas; rätta {where}.",
    ),
    "content-misshapen": IssueText(
        "structure",
        "content-malformed",
        "The content to apply does not have the shape of FHIR R4 and was applied as it is written; correct {where}.",
        "Innehållet har inte formen hos FHIR R4 och tillämpades som det är skrivet; rätta {where}.",
    ),
    "definition-not-named": IssueText(
        "required",
        "parameter-missing",
        "The operation needs a {kind}: call it on one, or name it in the parameter url.",
        "Operationen behöver en {kind}: anropa den på en, eller ange den i parametern url.",
    ),
    "definition-not-held": IssueText(
        "not-found",
        "plan-missing",
        "The {kind} that was named is not held here.",
        "Den {kind} som angavs finns inte här.",
    ),
    "definition-twice": IssueText(
        "invalid",
        "parameter-value",
        "The operation was called on one {kind}, and url or version name another; leave them out.",
        "Operationen anropades på en {kind}, men url eller version anger en annan; ta bort dem.",
    ),
    "versions-two": IssueText(
        "invalid",
        "parameter-value",
        "url names one version and version another; leave one of them out.",
        "url anger en version och version en annan; ta bort en av dem.",
    ),
    "definition-draft": IssueText(
        "business-rule",
        "plan-status",
        "{name} is draft, and such are not applied here.",
        "{name} är ett utkast, och utkast tillämpas inte här.",
    ),
    "definition-retired": IssueText(
        "business-rule",
        "plan-status",
        "{name} is retired, and such are not applied here.",
        "{name} är tillbakadragen och tillämpas inte.",
    ),
    "library-missing": IssueText(
        "not-found",
        "library-missing",
        "Library {name} is needed and not held here.",
        "Biblioteket {name} behövs och finns inte här.",
    ),
    "library-without-elm": IssueText(
        "not-supported",
        "library-without-elm",
        "Library {name} holds no ELM that can be evaluated here.",
        "Biblioteket {name} har ingen ELM som kan utvärderas här.",
    ),
    "expression-ambiguous": IssueText(
        "multiple-matches",
        "expression-ambiguous",
        "{libraries} each define '{name}'; write the library before it.",
        "'{name}' definieras av {libraries}; skriv biblioteket före namnet.",
    ),
    "library-untranslated": IssueText(
        "invalid",
        "cql-translation",
        "The CQL of library {name} does not translate: {errors}; correct it.",
        "CQL i biblioteket {name} går inte att översätta: {errors}; rätta den.",
    ),
    "cql-translation": IssueText(
        "invalid",
        "cql-translation",
        "The CQL '{text}' does not translate: {errors}; correct it.",
        "CQL '{text}' går inte att översätta: {errors}; rätta den.",
    ),
    "cql-untranslated": IssueText(
        "not-supported",
        "cql-untranslated",
        "CQL cannot be translated here, for the translator or Node is missing; send FHIRPath, or a Library with ELM.",
        "CQL kan inte översättas här, för översättaren eller Node saknas; skicka FHIRPath, eller ett bibliotek med "
        "ELM.",
    ),
    "expression-unknown": IssueText(
        "value",
        "definition-unknown",
        "The library {library} does not define an expression that was asked for; leave expression out, and all "
        "that it defines is evaluated.",
        "Biblioteket {library} definierar inte ett uttryck som efterfrågades; ta bort expression, så "
        "utvärderas allt som det definierar.",
    ),
}


def place(name: str, index: int | None = None) -> str:
    """Return where a parameter, or one of several of a name, stands in the Parameters of a call."""
    where = f"Parameters.parameter.where(name='{name}')"
    return where if index is None else f"{where}[{index}]"


def refused(name: str, /, *, at: str | None = None, **values: Any) -> IssueError:
    """Return the refusal `name` with what was met filled in, as an error to raise; `at` is its place in the call."""
    plain = {key: quoted(value) if isinstance(value, str) else value for key, value in values.items()}
    return IssueError(ROWS[name].issue(at, **plain))


def told(name: str, /, *, at: str | None = None, **values: Any) -> Issue:
    """Return the row `name` as a warning beside a result."""
    return ROWS[name].issue(at, severity="warning", **values)
