"""A small topic tree on disk, which a test changes and compiles."""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from publisher.pipeline import compile_topics

if TYPE_CHECKING:
    from pathlib import Path

    from publisher.issue import Report
    from publisher.pipeline import CompiledTopic

PUBLISHER = """\
canonicalBase: https://example.org/fhir
packagePrefix: org.example
publisher: Example
defaultLanguage: sv
languages: [sv, en]
jurisdiction: urn:iso:std:iso:3166#SE
codeSystems:
  atc:
    uri: http://www.whocc.no/atc
    aliases: ["urn:oid:1.2.3"]
  icd:
    uri: https://icd.example/
    aliases: ["urn:oid:2.5.6"]
    undotted: true
"""
LOCK = """\
system,code,display,status
http://www.whocc.no/atc,A11DA01,tiamin,verified
http://www.whocc.no/atc,A11CC05,kolekalciferol,verified
http://www.whocc.no/atc,A11XX99,,wrong
https://icd.example/,L60.3,Nageldystrofi,verified
https://icd.example/,L60.9,Nagelsjukdom,verified
"""
STRENGTHS = """\
strengths:
  - code: consider
    mustNotSay: {sv: [rekommend*, måste], en: [recommend*, must, "has ... to"]}
  - code: lowers-threshold
    mustNotSay: {sv: [orsakas], en: [caused]}
"""
TOPIC = """\
id: brittle-nails
version: 0.1.0
date: 2026-01-02
status: draft
experimental: true
title:
  sv: Sköra naglar
  en: Brittle nails
description:
  sv: Råd om sköra naglar.
  en: Advice on brittle nails.
source:
  title: Naglar
  url: https://example.org/nails
  language: sv
  sha256: "0000000000000000000000000000000000000000000000000000000000000000"
  bytes: 12
  lacks: [author]
"""
STATEMENTS = """\
- id: BN-TRT-01
  type: treatment
  strength: consider
  sv: Mjukgörande kräm kan prövas.
  en: An emollient may be tried.
- id: DER-01
  type: derived-rule
  from: [BN-TRT-01]
  sv: Fråga om rengöringsmedel.
  en: Ask about detergents.
"""
PLAN = """\
resourceType: PlanDefinition
id: nail-care
title:
  sv: Nagelvård
  en: Nail care
type: plan-definition-type#eca-rule
library: [Library/Nails]
derivedFrom: [BN-TRT-01]
action:
  - id: use-cream
    title:
      sv: Pröva kräm
      en: Try a cream
    condition:
      - kind: applicability
        expression: Nails Are Brittle
    definitionCanonical: ActivityDefinition/use-cream
    derivedFrom: [BN-TRT-01, DER-01]
"""
ACTIVITY = """\
resourceType: ActivityDefinition
id: use-cream
title:
  sv: Kräm
  en: Cream
description:
  sv: Ett förslag om kräm.
  en: A proposal of a cream.
kind: MedicationRequest
intent: proposal
doNotPerform: false
productCodeableConcept: atc#A11DA01
derivedFrom: [BN-TRT-01]
"""
MEDICATION = """\
resourceType: Medication
id: cream-one
code:
  coding: [atc#A11DA01]
  text: Cream One
ingredient:
  - itemCodeableConcept: atc#A11CC05
derivedFrom: [BN-TRT-01]
"""
VALUE_SET = """\
resourceType: ValueSet
id: nail-conditions
title:
  sv: Nagelbesvär
  en: Nail complaints
derivedFrom: [BN-TRT-01]
compose:
  include:
    - system: icd
      concept: [L60.3]
    - system: http://www.whocc.no/atc
      concept:
        - {code: A11DA01, display: tiamin}
"""
LIBRARY = """\
resourceType: Library
id: Nails
title:
  sv: Logik för naglar
  en: Logic for nails
"""
BOOLEAN = {"resultTypeName": "{urn:hl7-org:elm-types:r1}Boolean"}
ELM: dict[str, Any] = {
    "library": {
        "identifier": {"id": "Nails", "version": "0.1.0"},
        "usings": {"def": [{"localIdentifier": "System"}, {"localIdentifier": "FHIR", "version": "4.0.1"}]},
        "includes": {"def": [{"localIdentifier": "FHIRHelpers", "path": "FHIRHelpers", "version": "4.0.1"}]},
        "parameters": {
            "def": [
                {
                    "name": "Drafts",
                    "parameterTypeSpecifier": {
                        "type": "ListTypeSpecifier",
                        "elementType": {
                            "type": "NamedTypeSpecifier",
                            "name": "{http://hl7.org/fhir}MedicationRequest",
                        },
                    },
                }
            ]
        },
        "valueSets": {"def": [{"name": "Nails", "id": "https://example.org/fhir/ValueSet/nail-conditions"}]},
        "statements": {
            "def": [
                {
                    "name": "Nails Are Brittle",
                    "accessLevel": "Public",
                    **BOOLEAN,
                    "expression": {
                        "type": "Exists",
                        "operand": {
                            "type": "Retrieve",
                            "dataType": "{http://hl7.org/fhir}Condition",
                            "templateId": "http://hl7.org/fhir/StructureDefinition/Condition",
                            "codeProperty": "code",
                            "codes": {"type": "ValueSetRef", "name": "Nails"},
                        },
                    },
                },
                {"name": "Hidden", "accessLevel": "Private", **BOOLEAN},
                {"name": "Same", "type": "FunctionDef", "accessLevel": "Public", **BOOLEAN},
            ]
        },
    }
}


def elm_text(cql: str, elm: dict[str, Any]) -> str:
    """Return `elm` as committed beside `cql`, annotated with its hash."""
    tag = {"name": "cql-sha256", "value": hashlib.sha256(cql.encode()).hexdigest()}
    library = {**elm["library"], "annotation": [{"type": "Annotation", "t": [tag]}]}
    return json.dumps({"library": library}, indent=1)


@dataclass(frozen=True)
class Authoring:
    """An artifacts folder with one topic, `brittle-nails`."""

    root: Path

    @property
    def topic(self) -> Path:
        """Return the folder of the topic."""
        return self.root / "brittle-nails"

    def write(self, name: str, text: str) -> Path:
        """Write a file of the topic."""
        path = self.topic / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def write_logic(self, name: str, version: str = "0.1.0", **parts: Any) -> None:
        """Write a logic library as CQL and ELM, the parts of the ELM as given; `Nails` has its own."""
        cql = f"library {name} version '{version}'\n"
        parts["identifier"] = {"id": name, "version": version}
        self.write(f"logic/{name}.cql", cql)
        self.write(f"logic/{name}.elm.json", elm_text(cql, {"library": parts}))

    def elm(self) -> dict[str, Any]:
        """Return a copy of the ELM of the library `Nails`."""
        return copy.deepcopy(ELM["library"])

    def change(self, name: str, old: str, new: str) -> None:
        """Replace a text that a file of the topic holds."""
        text = (self.topic / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def compile(self, pages: Path | None = None) -> tuple[list[CompiledTopic], Report]:
        """Compile the folder."""
        return compile_topics(self.root, pages=pages)

    def resource(self, resource_type: str, resource_id: str) -> dict[str, Any]:
        """Return one compiled resource in its default language."""
        topics, report = self.compile()
        assert report.to_text() == ""
        return next(
            one.resource
            for topic in topics
            for one in topic.artifacts
            if (one.type, one.id) == (resource_type, resource_id)
        )

    def issues(self) -> list[str]:
        """Return what compiling finds, each as text with a path relative to the topic."""
        _, report = self.compile()
        return [str(issue).replace(f"{self.topic}/", "") for issue in report]


@pytest.fixture
def authoring(tmp_path: Path) -> Authoring:
    """Return a topic tree that compiles without an issue."""
    root = tmp_path / "project" / "artifacts"
    root.mkdir(parents=True)
    (root / "publisher.yaml").write_text(PUBLISHER, encoding="utf-8")
    (root / "terminology.csv").write_text(LOCK, encoding="utf-8")
    (root / "strength.yaml").write_text(STRENGTHS, encoding="utf-8")
    tree = Authoring(root)
    tree.write("topic.yaml", TOPIC)
    tree.write("statements.yaml", STATEMENTS)
    tree.write("plans/nail-care.yaml", PLAN)
    tree.write("activities/use-cream.yaml", ACTIVITY)
    tree.write("medications/cream-one.yaml", MEDICATION)
    tree.write("terminology/nail-conditions.yaml", VALUE_SET)
    tree.write("logic/Nails.yaml", LIBRARY)
    tree.write_logic("Nails", **tree.elm())
    return tree
