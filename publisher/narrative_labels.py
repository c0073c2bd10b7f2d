"""The words of narratives that are our own, by language: labels and codes of FHIR, nothing clinical.

Implements the languages of https://hl7.org/fhir/R4/languages.html for https://hl7.org/fhir/R4/narrative.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LABELS: Mapping[str, Mapping[str, str]] = {
    "sv": {
        "url": "Adress",
        "version": "Version",
        "status": "Status",
        "date": "Datum",
        "publisher": "Utgivare",
        "draft": "utkast",
        "active": "gällande",
        "retired": "indragen",
        "unknown": "okänd status",
        "experimental": "experimentell, inte för patientvård",
        "trigger": "Startas av",
        "library": "Logik",
        "condition": "Villkor",
        "definition": "Leder till",
        "statements": "Bygger på",
        "kind": "Slag",
        "intent": "Avsikt",
        "proposal": "förslag",
        "plan": "plan",
        "order": "ordination",
        "do-not-perform": "Ska inte göras",
        "yes": "ja",
        "product": "Läkemedel",
        "code": "Kod",
        "system": "Kodsystem",
        "display": "Benämning",
        "ingredient": "Innehåll",
        "spellings": "Expansionen har {count} skrivsätt till: kodsystemets andra adresser, eller utan punkt.",
        "definitions": "Definitioner",
        "context": "Används på",
    },
    "en": {
        "url": "Address",
        "version": "Version",
        "status": "Status",
        "date": "Date",
        "publisher": "Publisher",
        "draft": "draft",
        "active": "active",
        "retired": "retired",
        "unknown": "unknown status",
        "experimental": "experimental, not for patient care",
        "trigger": "Started by",
        "library": "Logic",
        "condition": "Condition",
        "definition": "Leads to",
        "statements": "Derived from",
        "kind": "Kind",
        "intent": "Intent",
        "proposal": "proposal",
        "plan": "plan",
        "order": "order",
        "do-not-perform": "Not to be done",
        "yes": "yes",
        "product": "Medicine",
        "code": "Code",
        "system": "Code system",
        "display": "Display",
        "ingredient": "Content",
        "spellings": "The expansion adds {count} spellings: other addresses of the code system, or no dot.",
        "definitions": "Definitions",
        "context": "Used on",
    },
}
