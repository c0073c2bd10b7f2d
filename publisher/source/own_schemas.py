"""The JSON Schemas of our own files: settings, topic, statements, worked patients, what is to be approved and proved.

Written in https://json-schema.org/draft/2020-12/json-schema-core; a `description` completes the sentence
"... must be <description>", which is what an author reads when a value does not fit.
"""

from __future__ import annotations

import re
from typing import Any, Final

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
KEBAB_CASE: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
VERSION: Final = re.compile(r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?")
DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
SHA256: Final = re.compile(r"[0-9a-f]{64}")
BASE: Final = re.compile(r"https?://\S+[^/\s]")
ADDRESS: Final = re.compile(r"https?://\S+")
STATEMENT_ID: Final = re.compile(r"[A-Z]+(?:-[A-Z0-9]+)+")
ARTIFACT_ID: Final = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64}")
STATUSES: Final = ("draft", "active", "retired", "unknown")

LANGUAGE_KEY: Final = "^[a-z]{2,3}(-[A-Za-z0-9]+)*$"
HOOKS: Final = ("patient-view", "order-select", "order-sign", "problem-list-item-create")
APPROVAL_KINDS: Final = ("ambiguity", "gap", "editorial-bound", "derived-rule")
ANSWERS: Final = ("empty", "no-data", "refused", "partial", "absent")
FACTS: Final = (
    "AllergyIntolerance",
    "Condition",
    "DiagnosticReport",
    "Encounter",
    "Immunization",
    "Medication",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "Procedure",
    "QuestionnaireResponse",
    "ServiceRequest",
)

_TEXT: Final = {"type": "string", "minLength": 1}
_FLAG: Final = {"type": "boolean"}
_ID: Final = {"$ref": "#/$defs/id"}
_STATEMENT: Final = {"$ref": "#/$defs/statement-id"}


def whole(pattern: re.Pattern[str]) -> str:
    """Return the pattern of JSON Schema, which searches, for one that must fit the whole text."""
    return f"^(?:{pattern.pattern})$"


def _form(pattern: re.Pattern[str], description: str) -> Schema:
    return {"type": "string", "pattern": whole(pattern), "description": description}


def _list(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, "minItems": 1, "uniqueItems": True, **more}


def _object(properties: Schema, *required: str, **more: Any) -> Schema:
    needed = {"required": list(required)} if required else {}
    return {"type": "object", "properties": properties, **needed, "additionalProperties": False, **more}


_DEFS: Final[Schema] = {
    "id": _form(KEBAB_CASE, "words in lower case joined by hyphens, such as annual-review"),
    "statement-id": _form(STATEMENT_ID, "the id of a statement, such as EX-ADV-01"),
    "date": _form(DATE, "a date such as 2026-11-23"),
    "language": _form(re.compile(LANGUAGE_KEY[1:-1]), "a language such as sv"),
    "texts": {
        "type": "object",
        "patternProperties": {LANGUAGE_KEY: _TEXT},
        "additionalProperties": False,
        "minProperties": 1,
        "description": "a text by language, such as {sv: ..., en: ...}",
    },
}
_PUBLISHER: Final = _object(
    {
        "canonicalBase": _form(BASE, "a web address without a slash at its end"),
        "packagePrefix": _TEXT,
        "publisher": _TEXT,
        "defaultLanguage": {"$ref": "#/$defs/language"},
        "languages": _list({"$ref": "#/$defs/language"}),
        "jurisdiction": _form(re.compile(r"\S+#\S+"), "a coding written as system#code"),
        "codeSystems": {"type": "object", "additionalProperties": {"$ref": "#/$defs/code-system"}},
    },
    *("canonicalBase", "packagePrefix", "publisher", "defaultLanguage", "languages"),
)
_CODE_SYSTEM: Final = _object(
    {"uri": _TEXT, "aliases": _list(_TEXT), "undotted": _FLAG, "copyright": {"$ref": "#/$defs/texts"}}, "uri"
)
_TOPIC: Final = _object(
    {
        "id": _ID,
        "version": _form(VERSION, "a version such as 0.1.0"),
        "date": {"$ref": "#/$defs/date"},
        "status": {"enum": list(STATUSES)},
        "experimental": _FLAG,
        "title": {"$ref": "#/$defs/texts"},
        "description": {"$ref": "#/$defs/texts"},
        "author": {"$ref": "#/$defs/texts"},
        "source": _object(
            {
                "title": _TEXT,
                "url": _form(ADDRESS, "a web address"),
                "language": {"$ref": "#/$defs/language"},
                "sha256": _form(SHA256, "the SHA-256 of the page, 64 signs of 0-9 and a-f"),
                "bytes": {"type": "integer", "minimum": 0},
                "lacks": _list(_TEXT),
            },
            *("title", "url", "language", "sha256", "bytes"),
        ),
        "waivers": _list(
            {
                "anyOf": [
                    _object({"statement": _STATEMENT, "reason": _TEXT}, "statement", "reason"),
                    _object(
                        {
                            "rule": _form(KEBAB_CASE, "the code of a rule, such as action-unreachable"),
                            "artifact": _form(ARTIFACT_ID, "an artifact as Type/id"),
                            "element": _TEXT,
                            "reason": _TEXT,
                        },
                        *("rule", "artifact", "reason"),
                    ),
                ]
            }
        ),
    },
    *("id", "version", "date", "status", "experimental", "title", "description"),
)
_STATEMENTS: Final = {
    "type": "array",
    "description": "a list of statements, each with id, type and text",
    "items": _object(
        {
            "id": _STATEMENT,
            "type": _TEXT,
            "strength": _TEXT,
            "from": _list(_STATEMENT),
            "note": _TEXT,
        },
        *("id", "type"),
        patternProperties={LANGUAGE_KEY: _TEXT},
    ),
}
_APPROVAL: Final = {
    "type": "array",
    "description": "a list of what people have to approve, each with kind, id, text and decision",
    "items": _object(
        {
            "kind": {"enum": list(APPROVAL_KINDS)},
            "id": _STATEMENT,
            "decision": {"$ref": "#/$defs/texts"},
            "statements": _list(_STATEMENT),
        },
        *("kind", "id", "decision"),
        patternProperties={LANGUAGE_KEY: _TEXT},
    ),
}
_PROOF: Final = _object(
    {
        "gate": _object({"definition": _TEXT, "action": _ID}, "definition", "action"),
        "exclusive": _list(_list(_ID, description="a list of actions of which one at most applies")),
        "excused": _list(_object({"id": _TEXT, "reason": _TEXT}, "id", "reason")),
        "provedBy": _ID,
    },
    description="what is to be proved of the rules: gate, exclusive, excused, provedBy",
)
_STRENGTH: Final = _object(
    {
        "code": _TEXT,
        "mustNotSay": {
            "type": "object",
            "patternProperties": {LANGUAGE_KEY: {"type": "array", "items": _TEXT}},
            "additionalProperties": False,
            "description": "lists of words by language",
        },
    },
    *("code", "mustNotSay"),
)
_FACT: Final[Schema] = {
    "type": "object",
    "description": "a fact that begins with one resource type and its code, such as Condition: system#code",
    "properties": {kind: {"anyOf": [_TEXT, {"type": "object"}]} for kind in FACTS},
    "patternProperties": {"^[a-z]": {}},
    "additionalProperties": False,
    "oneOf": [{"required": [kind]} for kind in FACTS],
}
_FACT_LIST: Final = {"type": "array", "items": {"$ref": "#/$defs/fact"}, "minItems": 1}
_SUGGESTION: Final = _object(
    {"create": _ID, "delete": _ID},
    oneOf=[{"required": ["create"]}, {"required": ["delete"]}],
    description="create with the id of an activity, or delete with the id of a draft",
)
_RESULT: Final = _object(
    {
        "action": _ID,
        "statements": _list(_STATEMENT),
        "indicator": {"enum": ["info", "warning", "critical"]},
        "summary": {"$ref": "#/$defs/texts"},
        "suggestions": {"type": "array", "items": _SUGGESTION},
    },
    *("action", "statements"),
)
_UNDECIDED: Final = _object({"action": _ID, "because": _list(_TEXT), "line": {"$ref": "#/$defs/texts"}}, "action")
_RESULTS: Final = {"type": "array", "items": {"$ref": "#/$defs/result"}}
_EXPECT: Final = _object(
    {
        "status": {"enum": [200, 400, 404, 412]},
        "missing": _list(_ID),
        "cards": _RESULTS,
        "actions": _RESULTS,
        "undecided": {"type": "array", "items": _UNDECIDED},
        "unrecognised": {
            "type": "array",
            "items": _object({"valueSet": _ID, "count": {"type": "integer", "minimum": 1}}, "valueSet", "count"),
        },
        "absent": _object({"actions": _list(_ID), "words": _list(_TEXT)}),
    },
    minProperties=1,
    description="what must come of it: cards, actions, or a status with the keys that are missing",
)
_CASE: Final = _object(
    {
        "id": _ID,
        "title": {"$ref": "#/$defs/texts"},
        "scenario": _TEXT,
        "date": {"$ref": "#/$defs/date"},
        "hook": {"enum": list(HOOKS)},
        "apply": _form(re.compile(r"PlanDefinition/[A-Za-z0-9.-]+"), "a plan, written PlanDefinition/id"),
        "patient": {"type": "object", "description": "elements of the Patient, such as gender and birthDate"},
        "supplied": {
            "type": "object",
            "additionalProperties": {
                "anyOf": [{"enum": list(ANSWERS)}, _FACT_LIST, _object({"partial": _FACT_LIST}, "partial")],
                "description": f"a list of facts, partial with such a list, or one of {', '.join(ANSWERS)}",
            },
        },
        "drafts": _FACT_LIST,
        "expect": {"$ref": "#/$defs/expect"},
    },
    *("id", "title", "date", "patient", "supplied", "expect"),
    oneOf=[{"required": ["hook"]}, {"required": ["apply"]}],
    description="a worked patient with one question: a hook, or a plan to apply",
)


def _document(title: str, content: Schema, **defs: Schema) -> Schema:
    """Return a whole schema with those of the shared definitions that it uses."""
    used: Schema = dict(defs)
    waiting = [content, *defs.values()]
    while waiting:
        for name in re.findall(r"'#/\$defs/([^']+)'", str(waiting.pop())):
            if name not in used:
                used[name] = _DEFS[name]
                waiting.append(_DEFS[name])
    return {"$schema": DIALECT, "title": title, **content, **({"$defs": used} if used else {})}


OWN_SCHEMAS: Final = {
    "publisher": _document("publisher.yaml: the settings of all topics", _PUBLISHER, **{"code-system": _CODE_SYSTEM}),
    "topic": _document("topic.yaml: what the artifacts of a topic share", _TOPIC),
    "strength": _document(
        "strength.yaml: what a text must not say, by the strength of its statement",
        _object({"strengths": _list({"$ref": "#/$defs/strength"})}, "strengths"),
        strength=_STRENGTH,
    ),
    "statements": _document("statements.yaml: what the source says, claim by claim", _STATEMENTS),
    "approval": _document("approval.yaml: what people have to approve", _APPROVAL),
    "proof": _document("proof.yaml: what is to be proved of the rules", _PROOF),
    "cases": _document(
        "cases/*.yaml: worked patients",
        {"type": "array", "description": "a list of worked patients", "items": {"$ref": "#/$defs/case"}},
        case=_CASE,
        fact=_FACT,
        result=_RESULT,
        expect=_EXPECT,
    ),
}
