"""The sentences of our own that a reader of cards, results and issues meets, in each language.

None of them is clinical: those words come from the artifacts. `describe` turns a cause into words.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from publisher.expression.causes import Cause

DATA = {
    "Patient": {"sv": "patientuppgifterna", "en": "the patient's particulars"},
    "Condition": {"sv": "problemlistan", "en": "the problem list"},
    "MedicationRequest": {"sv": "läkemedelslistan", "en": "the medication list"},
    "Medication": {"sv": "vilket läkemedel det är", "en": "which medicine it is"},
    "Observation": {"sv": "provsvaren", "en": "the test results"},
    "QuestionnaireResponse": {"sv": "svaren på frågorna", "en": "the answers to the questions"},
    "ServiceRequest": {"sv": "tidigare beställningar", "en": "orders already made"},
    "ContextPrescriptions": {"sv": "utkasten till ordinationer", "en": "the draft orders"},
    "ContextConditions": {"sv": "problemen som läggs till", "en": "the problems being added"},
}

# Where an element is missing: a prescription may stand on the list or only be written.
RECORDS = {
    **DATA,
    "MedicationRequest": {"sv": "en ordination", "en": "a prescription"},
    "Medication": {"sv": "ett läkemedel", "en": "a medicine"},
}

REASONS = {
    "not-supplied": {"sv": "{data} inte ingick i underlaget", "en": "the data supplied did not include {data}"},
    "refused": {"sv": "{data} inte kunde hämtas", "en": "{data} could not be provided"},
    "partial": {"sv": "{data} bara delvis kom fram", "en": "{data} arrived only in part"},
    "unresolved": {"sv": "det inte gick att slå upp {data}", "en": "{data} could not be looked up"},
    "element-absent": {"sv": "uppgiften {element} saknas i {data}", "en": "{element} is not recorded in {data}"},
}

# What came and cannot be read is told apart from what did not come.
SHAPES = {
    "malformed": {"sv": "en post i {data} inte är giltig FHIR R4", "en": "an entry of {data} is not valid FHIR R4"},
    "other-release": {
        "sv": "en post i {data} har formen hos en annan FHIR-version",
        "en": "an entry of {data} has the shape of another FHIR release",
    },
    "modified": {
        "sv": "en post i {data} bär något som kan ändra vad den betyder och inte är känt här",
        "en": "an entry of {data} carries something that may change what it means and is not known here",
    },
    "versions": {
        "sv": "en post i {data} finns i flera versioner och det inte framgår vilken som gäller",
        "en": "an entry of {data} is there in several versions and nothing tells which holds",
    },
}

NAMED_ONLY = {
    "sv": "en hänvisning bara anger ett namn eller ett nummer",
    "en": "a reference gives a name or a number only",
}

NOT_RECORDED = {"sv": "uppgiften {element} saknas", "en": "{element} is not recorded"}

SENTENCES = {
    "undecided": {
        "sv": "{title}: kan inte avgöras, eftersom {causes}.",
        "en": "{title}: cannot be decided, because {causes}.",
    },
    "undecided-record": {
        "sv": "{title}: kan inte avgöras utifrån det som är dokumenterat.",
        "en": "{title}: cannot be decided from what is recorded.",
    },
    "undecided-error": {
        "sv": "{title}: kan inte avgöras, eftersom villkoret inte gick att beräkna.",
        "en": "{title}: cannot be decided, because its condition could not be computed.",
    },
    "undecided-why": {
        "sv": "{title}: kan inte avgöras, eftersom villkoret inte gick att beräkna: ”{error}”.",
        "en": "{title}: cannot be decided, because its condition could not be computed: “{error}”.",
    },
    "evaluation-failed": {
        "sv": "{definition} gick inte att beräkna: ”{error}”.",
        "en": "{definition}: {error}.",
    },
    "decided": {"sv": "{title}: {value}, enligt {basis}.", "en": "{title}: {value}, according to {basis}."},
    "decided-alone": {"sv": "{title}: {value}.", "en": "{title}: {value}."},
    "items": {"sv": "{count} post(er)", "en": "{count} item(s)"},
    "ask": {"sv": "Att ta reda på", "en": "To find out"},
    "more-rules": {"sv": "Gäller också, utan eget kort här", "en": "Applies too, without a card of its own here"},
    "open-summary": {
        "sv": "{service}: allt kunde inte bedömas",
        "en": "{service}: not everything could be judged",
    },
    "basis": {"sv": "Bygger på", "en": "Based on"},
    "grounds": {"sv": "Bygger på uppgifter: {data}.", "en": "Based on the data: {data}."},
    "more-data": {"sv": " och {count} till", "en": " and {count} more"},
    "usage": {
        "sv": "Allt underlag skickas i prefetch, och tjänsten hämtar inget själv. Svar som saknas eller är "
        "ofullständiga räknas aldrig som nej. Om det därför inte går att avgöra om tjänsten gäller patienten blir "
        "svaret 412; vad som annars är öppet står på korten.",
        "en": "All data are sent in prefetch, and the service fetches nothing itself. Answers that are missing or "
        "incomplete never count as no. Where they leave it open whether the service applies to the patient, the "
        "answer is 412; what else is open stands on the cards.",
    },
    "statements": {"sv": "Utsagorna bakom kortet", "en": "The statements behind the card"},
    "source": {"sv": "Källan till utsagorna", "en": "The source of the statements"},
    "draft": {
        "sv": "Utkast: innehållet är varken granskat eller godkänt för vård.",
        "en": "Draft: the content has not been reviewed and approved for care.",
    },
    "needs": {
        "sv": "Prefetch-nyckeln {key} behövs för att avgöra om ”{service}” gäller. Sökfråga: {query}. Skäl: {reason}.",
        "en": "The prefetch key {key} is needed to tell whether “{service}” applies. Query: {query}. Reason: {reason}.",
    },
    "unrecognised": {
        "sv": "{title}: {count} uppgifter saknar kod ur de kodverk som används och har inte bedömts.",
        "en": "{title}: {count} items carry no code of a system in use and were not judged.",
    },
    "unrecognised-one": {
        "sv": "{title}: 1 uppgift saknar kod ur de kodverk som används och har inte bedömts.",
        "en": "{title}: 1 item carries no code of a system in use and was not judged.",
    },
    "others": {
        "sv": "{count} uppgifter i anropet gäller någon annan än patienten och räknades inte.",
        "en": "{count} items in the request are about somebody other than the patient and were not counted.",
    },
    "others-one": {
        "sv": "1 uppgift i anropet gäller någon annan än patienten och räknades inte.",
        "en": "1 item in the request is about somebody other than the patient and was not counted.",
    },
    "scope-failed": {
        "sv": "Det gick inte att beräkna om ”{service}” gäller. Inget råd ges; skicka mindre data eller anmäl det.",
        "en": "Whether “{service}” applies could not be computed. No advice is given; send less data or report this.",
    },
    "needs-data": {
        "sv": "”{service}” kan inte avgöras, eftersom {causes}.",
        "en": "“{service}” cannot be decided, because {causes}.",
    },
    "send-referred": {
        "sv": "Skicka den {kind} som avses: i resursen som hänvisar (contained), eller som en entry bredvid.",
        "en": "Send the {kind} that is referred to: contained in what refers, or as an entry beside it.",
    },
}

KEY_REASONS = {
    "key-absent": {"sv": "nyckeln saknas i anropet", "en": "the key is not in the request"},
    "null": {"sv": "nyckelns värde är null", "en": "the value of the key is null"},
    "operation-outcome": {
        "sv": "journalsystemet svarade med ett OperationOutcome i stället för data",
        "en": "the record system answered with an OperationOutcome instead of data",
    },
    "malformed": {"sv": "innehållet är inte giltig FHIR R4", "en": "the content is not valid FHIR R4"},
    "more-pages": {"sv": "svaret har fler sidor", "en": "the answer has more pages"},
    "count-only": {"sv": "svaret anger bara ett antal", "en": "the answer is a count only"},
    "subsetted": {"sv": "posterna är förkortade", "en": "the entries are abridged"},
    "outcome-entry": {"sv": "svaret innehåller ett felmeddelande", "en": "the answer holds an error message"},
    "other-subject": {
        "sv": "en post går inte att knyta till patienten",
        "en": "an entry cannot be tied to the patient",
    },
    "other-patient": {"sv": "svaret gäller en annan patient", "en": "the answer is about another patient"},
    "no-bundle": {"sv": "svaret är en enda post, ingen sökning", "en": "the answer is one record, not a search"},
    "narrower": {
        "sv": "svaret gäller enligt sin self-länk en snävare sökning",
        "en": "by its self link the answer is to a narrower search",
    },
    "nested": {"sv": "svaret ligger i ett annat svar", "en": "the answer lies inside another"},
    "other-content": {"sv": "svaret innehåller annat än det som frågades efter", "en": "the answer holds other data"},
    "other-release": {
        "sv": "en post har formen hos en annan FHIR-version",
        "en": "an entry has the shape of another FHIR release",
    },
    "modified": {
        "sv": "en post bär modifierExtension eller implicitRules som inte är kända här och kan ändra dess innebörd",
        "en": "an entry carries modifierExtension or implicitRules that are not known here and may change its meaning",
    },
    "versions": {
        "sv": "en post finns i flera versioner, och ingen meta.lastUpdated säger vilken som är nyast",
        "en": "an entry is there in several versions, and no meta.lastUpdated tells which is the newest",
    },
}

# The codes of https://terminology.hl7.org/CodeSystem-v3-ObservationInterpretation.html that results carry.
INTERPRETATIONS = {
    "L": {"sv": "lågt", "en": "low"},
    "LL": {"sv": "kritiskt lågt", "en": "critically low"},
    "H": {"sv": "högt", "en": "high"},
    "HH": {"sv": "kritiskt högt", "en": "critically high"},
    "N": {"sv": "normalt", "en": "normal"},
    "A": {"sv": "avvikande", "en": "abnormal"},
    "AA": {"sv": "kritiskt avvikande", "en": "critically abnormal"},
    "POS": {"sv": "positivt", "en": "positive"},
    "NEG": {"sv": "negativt", "en": "negative"},
}

VALUES = {True: {"sv": "ja", "en": "yes"}, False: {"sv": "nej", "en": "no"}}

AND = {"sv": " och ", "en": " and "}


def say(name: str, language: str, **parts: str) -> str:
    """Return the sentence `name` in `language` with its parts filled in."""
    return SENTENCES[name][language].format(**parts)


def data_name(about: str, language: str) -> str:
    """Return a word for a type of data or a parameter; an element path stays as it is."""
    names = DATA.get(about)
    return names[language] if names else about


def listed(words: Iterable[str], language: str) -> str:
    """Return titles as a list in a sentence (`Ale, beer and TSH`), each once, in small letters after the first."""
    first, *others = dict.fromkeys(words)
    *before, last = [
        first,
        *(each[:1].lower() + each[1:] if each[1:2].islower() or each.startswith("A ") else each for each in others),
    ]
    return f"{', '.join(before)}{AND[language]}{last}" if before else last


def describe(cause: Cause, language: str) -> str:
    """Return a cause as the clause of a sentence."""
    return _clause(cause.kind, cause.about, cause.reason, language)


@lru_cache(maxsize=1024)
def _clause(kind: str, about: str, reason: str | None, language: str) -> str:
    if about == "Reference.reference":
        return NAMED_ONLY[language]
    about, _, element = about.partition(".")
    if kind == "element-absent":
        if not element:
            return NOT_RECORDED[language].format(element=about)
        return REASONS[kind][language].format(
            data=RECORDS[about][language] if about in RECORDS else about, element=element
        )
    reasons = SHAPES.get(str(reason)) if kind == "partial" else None
    return (reasons or REASONS[kind])[language].format(data=data_name(about, language), element=element)


def because(causes: Iterable[Cause], language: str) -> str:
    """Return several causes as one clause, each said once; what a record contains is no datum that anybody records."""
    told = (cause for cause in causes if not (cause.is_note and cause.about.endswith(".contained")))
    return AND[language].join(dict.fromkeys(describe(cause, language) for cause in told))


def undecided(title: str, causes: Iterable[Cause], language: str, *, error: bool = False) -> str:
    """Return the sentence that says what cannot be decided (one title, or several as a list), and why."""
    if error:
        return say("undecided-error", language, title=title)
    clause = because(causes, language)
    if not clause:
        return say("undecided-record", language, title=title)
    return say("undecided", language, title=title, causes=clause)
