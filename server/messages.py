"""What the server itself says when it refuses a request, in every language that it speaks.

A row is rule -> code of http://hl7.org/fhir/issue-type and one sentence a language.
"""

from __future__ import annotations

from typing import NamedTuple

from publisher.issue import quoted

FALLBACK = "en"
_OF_CLIENTS = ("code", "id", "name", "type", "value")


class Message(NamedTuple):
    """The issue code of a refusal and its sentence by language."""

    code: str
    en: str
    sv: str

    def text(self, language: str, values: dict[str, object]) -> str:
        """Return the sentence in `language` with what was met filled in."""
        sentence = self.sv if language == "sv" else self.en
        return sentence.format_map({name: _said(name, value, language) for name, value in values.items()})


def _said(name: str, value: object, language: str) -> object:
    """Return a value as it stands in a sentence: what a client wrote on one line, a number with its thousands apart."""
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\N{NO-BREAK SPACE}" if language == "sv" else ",")
    return quoted(value) if name in _OF_CLIENTS else value


MESSAGES: dict[str, Message] = {
    "address-unknown": Message(
        "not-found",
        "Nothing is served at this address; {base}/metadata says what is.",
        "Det finns inget på den här adressen; {base}/metadata visar vad som finns.",
    ),
    "type-unknown": Message(
        "not-supported",
        "The address names no resource type of FHIR R4; resource types are written as in PlanDefinition.",
        "Adressen anger ingen resurstyp i FHIR R4; resurstyper skrivs som i PlanDefinition.",
    ),
    "resource-unknown": Message(
        "not-found",
        "No {type} has this id here; search {type} for what is held.",
        "Ingen {type} har det id:t här; sök {type} för att se vad som finns.",
    ),
    "resource-withdrawn": Message(
        "deleted",
        "This {type} has been withdrawn: it is no longer to be used, and {base}/{type} lists what is held.",
        "Den här {type} är tillbakadragen: den ska inte användas mer, och {base}/{type} visar vad som finns.",
    ),
    "withdrawn-unreadable": Message(
        "transient",
        "The list of what has been withdrawn cannot be read, so nothing is shown until the operator has mended it.",
        "Listan över vad som är tillbakadraget går inte att läsa; inget visas förrän driften har rättat den.",
    ),
    "too-many-requests": Message(
        "throttled",
        "This client has made more requests in a minute than the server answers; wait {seconds} seconds.",
        "Den här klienten har gjort fler anrop på en minut än servern besvarar; vänta {seconds} sekunder.",
    ),
    "method-not-allowed": Message(
        "not-supported",
        "This address does not take the method of the request; the Allow header lists those it takes.",
        "Adressen tar inte emot anropets metod; huvudet Allow räknar upp de som gäller.",
    ),
    "format-not-supported": Message(
        "not-supported",
        "None of the formats asked for is served; ask for application/fhir+json.",
        "Inget av de begärda formaten finns; begär application/fhir+json.",
    ),
    "fhir-version-not-supported": Message(
        "not-supported",
        "Only FHIR R4 is served; ask with fhirVersion=4.0 or without it.",
        "Bara FHIR R4 finns; fråga med fhirVersion=4.0 eller utan.",
    ),
    "content-type-not-supported": Message(
        "not-supported",
        "The body's Content-Type is not read here; send {expected}.",
        "Innehållets Content-Type läses inte här; skicka {expected}.",
    ),
    "content-encoding-not-supported": Message(
        "not-supported",
        "A body with Content-Encoding is not read; send it uncompressed.",
        "Innehåll med Content-Encoding läses inte; skicka det okomprimerat.",
    ),
    "body-too-large": Message(
        "too-long",
        "The body is larger than the {limit} bytes that are read at most; send less.",
        "Innehållet är större än de {limit} byte som läses; skicka mindre.",
    ),
    "body-incomplete": Message(
        "structure",
        "The body ended before it was whole; send it again.",
        "Innehållet tog slut innan det var helt; skicka det igen.",
    ),
    "body-not-object": Message(
        "structure",
        "The body is no JSON object; send one.",
        "Innehållet är inget JSON-objekt; skicka ett.",
    ),
    "parameters-malformed": Message(
        "structure",
        "{expression} does not hold a name and exactly one of value[x], resource or part; correct it.",
        "{expression} har inte ett namn och exakt ett av value[x], resource eller part; rätta det.",
    ),
    "query-malformed": Message(
        "invalid",
        "The parameters are not percent-encoded UTF-8 of reasonable number; correct them.",
        "Parametrarna är inte procentkodad UTF-8 i rimligt antal; rätta dem.",
    ),
    "parameter-unknown": Message(
        "not-supported",
        "A parameter is not known here; leave it out, or send Prefer: handling=lenient. Known are {known}.",
        "En parameter är inte känd här; ta bort den, eller skicka Prefer: handling=lenient. Kända är {known}.",
    ),
    "modifier-unsupported": Message(
        "not-supported",
        "The modifier of the parameter '{name}' is not supported; leave it out.",
        "Modifieraren på parametern '{name}' stöds inte; ta bort den.",
    ),
    "parameter-value": Message(
        "value",
        "The parameter '{name}' cannot have this value; give {expected}.",
        "Parametern '{name}' kan inte ha det värdet; ange {expected}.",
    ),
    "parameter-repeated": Message(
        "value",
        "The parameter '{name}' is given more than once; give it once.",
        "Parametern '{name}' anges mer än en gång; ange den en gång.",
    ),
    "escape-illegal": Message(
        "value",
        r"The value of '{name}' holds a backslash that escapes nothing; write \\ for a backslash.",
        r"Värdet på '{name}' har ett omvänt snedstreck som inte skyddar något; skriv \\ för ett sådant.",
    ),
    "resource-type-other": Message(
        "invalid",
        "The {type} is of another type than the address names; send it to the address of its own type.",
        "{type} är av en annan typ än adressen anger; skicka den till adressen för sin egen typ.",
    ),
    "operation-unknown": Message(
        "not-supported",
        "This operation is not offered here; {base}/metadata lists those that are.",
        "Den operationen finns inte här; {base}/metadata räknar upp de som finns.",
    ),
    "operation-input": Message(
        "not-supported",
        "The operation ${code} takes a Parameters resource; send one.",
        "Operationen ${code} tar emot en Parameters-resurs; skicka en.",
    ),
    "resource-repeated": Message(
        "invalid",
        "The operation ${code} takes one resource, but {count} were sent; send each by itself.",
        "Operationen ${code} tar emot en resurs, men {count} skickades; skicka var och en för sig.",
    ),
    "evaluator-off": Message(
        "not-supported",
        "The evaluator is switched off on this server: artifacts can be read and searched, not applied.",
        "Beslutsstödet är avstängt på den här servern: artefakter kan läsas och sökas, inte tillämpas.",
    ),
    "hook-service-unknown": Message(
        "not-found",
        "No CDS service has this id; {base} lists those that there are.",
        "Ingen CDS-tjänst har det id:t; {base} räknar upp de som finns.",
    ),
    "token-refused": Message(
        "login",
        "Calls need Authorization: Bearer with a signed token for this very address, used once; the documentation says "
        "how under Sign-in.",
        "Anrop behöver Authorization: Bearer med en signerad token för just den här adressen, som används en gång; "
        "dokumentationen säger hur under Sign-in.",
    ),
    "tokens-unusable": Message(
        "no-store",
        "Nobody is let in while used tokens cannot be remembered; call again with a new token when that is mended.",
        "Ingen släpps in medan använda token inte kan kommas ihåg; anropa igen med en ny token när det är avhjälpt.",
    ),
    "request-malformed": Message(
        "invalid",
        "The request cannot be read as HTTP should be; correct it.",
        "Anropet kan inte läsas så som HTTP ska vara; rätta det.",
    ),
    "request-too-long": Message(
        "too-long",
        "The request line or its headers are longer than is read; shorten them or search by POST.",
        "Anropets första rad eller huvuden är längre än vad som läses; korta dem eller sök med POST.",
    ),
    "server-error": Message(
        "exception",
        "The server failed on this request; the operator finds it in the log by the X-Request-Id.",
        "Servern misslyckades med anropet; driften hittar det i loggen på X-Request-Id.",
    ),
}
