"""Turn authored YAML into plain FHIR R4: six shorthands, everything else as it is written.

Implements the element types of https://hl7.org/fhir/R4/resourcelist.html. The shorthands are language maps,
inherited metadata, `Type/id` canonicals, `system#code`, `derivedFrom` and bare expressions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from publisher.issue import Issue
from publisher.r4.definitions import children
from publisher.source import provenance
from publisher.source.metadata import identity, inherited
from publisher.source.order import ordered
from publisher.source.translation import translations
from publisher.topic import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publisher.issue import Source
    from publisher.r4.elements import Child
    from publisher.repository import Resource
    from publisher.source.catalogue import Catalogue, TopicFolder
    from publisher.source.terminology import Concept
    from publisher.topic import Document

CQL_IDENTIFIER = "text/cql-identifier"

_Found = TypeVar("_Found", "str", "Concept")

_SHORT_TYPES = ("canonical", "Coding", "CodeableConcept", "Expression")
_TRANSLATABLE = ("string", "markdown")
_IDENTIFYING = ("id", "name", "version")
_INCLUDE = "ValueSet.compose.include"
_TYPE_AND_ID = re.compile(r"(?P<type>[A-Z]\w+)/(?P<id>[A-Za-z0-9.-]+)(?:\|(?P<version>[^|\s]+))?")
_STEP = re.compile(r"\.?ofType\((?P<type>\w+)\)|\.?(?P<name>\w+)(?:\[x\])?|(?P<index>\[\d+\])")
_LAST_STEP = re.compile(r"(?:\.|^)[^.\[\]]+$|\[\d+\]$")


@dataclass(frozen=True, slots=True)
class PlainResource:
    """A resource in plain FHIR, each element of which can be traced to the file it was written in."""

    resource: Resource
    document: Document
    topic: str
    moved: Mapping[str, Source] = field(default_factory=dict)

    def locate(self, expression: str) -> Source | None:
        """Return where the element named by a FHIRPath was written, or its nearest parent that was."""
        path = _source_path(expression, self.resource["resourceType"])
        step = path
        while step:
            if step in self.moved:
                return self.moved[step]
            step = _LAST_STEP.sub("", step)
        return self.document.locate(path)


def plain(document: Document, folder: TopicFolder, catalogue: Catalogue) -> tuple[PlainResource, list[Issue]]:
    """Return the resource that `document` writes, in plain FHIR, and what is wrong with its shorthands."""
    writer = _Writer(document, folder, catalogue)
    resource = ordered(writer.resource())
    return PlainResource(resource, document, folder.topic.id, writer.moved), writer.issues


class _Writer:
    """Walks one authored resource with the types of its elements; collects issues and moved places."""

    def __init__(self, document: Document, folder: TopicFolder, catalogue: Catalogue) -> None:
        self.issues: list[Issue] = []
        self.moved: dict[str, Source] = {}
        self._document = document
        self._folder = folder
        self._catalogue = catalogue
        self._publisher = catalogue.publisher

    def resource(self) -> Resource:
        """Return the whole resource, with the metadata it inherits."""
        kind = self._document.value["resourceType"]
        resource = self._mapping(self._document.value, kind, "")
        topic = self._folder.topic
        for name, value in inherited(resource, topic, self._publisher).items():
            resource[name] = self._value(value, children(kind)[name], name)
            self.moved[name] = self._folder.document.locate(name)
        for extension in identity(resource, topic, self._publisher):
            _append(resource, "extension", extension)
        return resource

    def _mapping(self, value: Mapping[str, Any], content: str, path: str) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for key, one in value.items():
            place = f"{path}.{key}" if path else key
            if key != "derivedFrom":
                self._member(plain, key, one, children(content).get(key), place)
        if "derivedFrom" in value:
            self._derive(value["derivedFrom"], plain, content, path)
        if content in ("Coding", _INCLUDE):
            self._system(plain, path)
        return plain

    def _member(self, plain: dict[str, Any], key: str, value: Any, child: Child | None, path: str) -> None:
        """Set the element `key` of `plain`, with its translations beside it."""
        if self._is_language_map(value):
            self._check_translatable(child, path)
            plain[key], translated = self._language_map(value, path)
            self._beside(plain, key, translated)
        elif isinstance(value, list) and any(map(self._is_language_map, value)):
            pairs = [self._language_item(one, child, f"{path}[{index}]") for index, one in enumerate(value)]
            plain[key], plain[f"_{key}"] = (
                [text for text, _ in pairs],
                [translated for _, translated in pairs],
            )
        elif key.startswith("_") and key in plain:
            self._beside(plain, key[1:], value)
        else:
            plain[key] = self._value(value, child, path)

    def _check_translatable(self, child: Child | None, path: str) -> None:
        if child is None:
            return
        if child.type.code not in _TRANSLATABLE or child.key in _IDENTIFYING:
            wrong = f"The element {child.key} has no language; write one value."
            self._issue("structure", "language-map-misplaced", wrong, path)

    @staticmethod
    def _beside(plain: dict[str, Any], key: str, sibling: Any) -> None:
        """Add `sibling` to the `_element` of `key`, which the file may have written itself."""
        written = plain.get(f"_{key}", {})
        if not isinstance(written, dict) or not isinstance(sibling, dict):
            plain[f"_{key}"] = written if isinstance(sibling, dict) else sibling  # for the validator to refuse
            return
        extensions = [one for part in (written, sibling) for one in part.get("extension", ())]
        plain[f"_{key}"] = {**written, **sibling, "extension": extensions}

    def _value(self, value: Any, child: Child | None, path: str) -> Any:
        """Return the value of an element: shorthands written out, lists where FHIR wants them."""
        if isinstance(value, list):
            return [self._item(one, child, f"{path}[{index}]") for index, one in enumerate(value)]
        item = self._item(value, child, path)
        is_short = child is not None and child.type.code in _SHORT_TYPES and isinstance(value, str)
        return [item] if child and child.element.is_list and is_short else item

    def _item(self, value: Any, child: Child | None, path: str) -> Any:
        if isinstance(value, dict):
            return self._mapping(value, str(value.get("resourceType", child.content if child else "")), path)
        if child is None or not isinstance(value, str):
            return value
        if child.type.code == "canonical":
            self._check_canonical(value, child, path)
            return self._canonical(value, path)
        if child.element.path == "Extension.url":
            return self._canonical(value, path).partition("|")[0]
        if child.type.code == "Coding":
            return self._coding(value, path)
        if child.type.code == "CodeableConcept":
            return {"coding": [self._coding(value, path)]}
        if child.type.code == "Expression":
            return {"language": CQL_IDENTIFIER, "expression": value}
        return {"code": value} if child.content == f"{_INCLUDE}.concept" else value

    def _is_language_map(self, value: Any) -> bool:
        return isinstance(value, dict) and any(key in self._publisher.languages for key in value)

    def _language_item(self, value: Any, child: Child | None, path: str) -> tuple[Any, Any]:
        if self._is_language_map(value):
            return self._language_map(value, path)
        return self._item(value, child, path), None

    def _language_map(self, value: Mapping[str, Any], path: str) -> tuple[str | None, dict[str, Any]]:
        languages = self._publisher.languages
        for language in value:
            if language not in languages:
                known = ", ".join(languages)
                diagnostics = f"'{language}' is no language of publisher.yaml ({known}); correct the key."
                self._issue("value", "language-unknown", diagnostics, f"{path}.{language}")
        texts = {one: value[one].removesuffix("\n") for one in languages if isinstance(value.get(one), str)}
        for language in languages:
            if not texts.get(language, "").strip():
                diagnostics = f"The text in '{language}' is missing; add it beside the other language."
                self._issue("required", "language-missing", diagnostics, path)
        return texts.pop(self._publisher.default_language, None), translations(texts)

    def _check_canonical(self, value: str, child: Child, path: str) -> None:
        match, targets = _TYPE_AND_ID.fullmatch(value), child.type.targets
        if match and targets and "Resource" not in targets and match["type"] not in targets:
            wrong = f"{value} is a {match['type']}; name one of {', '.join(targets)}."
            self._issue("value", "canonical-target-type", wrong, path)
        elif match is None and ":" not in value and not value.startswith("#"):
            wrong = f"'{value}' names no artifact; write Type/id, or an address."
            self._issue("value", "canonical-form", wrong, path)

    def _canonical(self, value: str, path: str) -> str:
        """Return the address that `Type/id` stands for, with the version of its topic; others as written."""
        match = _TYPE_AND_ID.fullmatch(value)
        if match is None:
            return value
        if match["version"]:
            return f"{self._catalogue.url(match['type'], match['id'])}|{match['version']}"
        return self._or_issue(self._catalogue.canonical(match["type"], match["id"]), path) or value

    def _coding(self, value: str, path: str) -> dict[str, Any]:
        name, _, code = value.rpartition("#")
        if not name or not code:
            self._issue("value", "coding-form", f"'{value}' is no coding; write it as system#code.", path)
            return {"code": value}
        coding: dict[str, Any] = {"system": name, "code": code}
        self._system(coding, path)
        return coding

    def _system(self, plain: dict[str, Any], path: str) -> None:
        """Write the system of a coding or of a value set's codes in full, then check and name those codes."""
        name = plain.get("system")
        if not isinstance(name, str):
            return
        system = self._or_issue(self._catalogue.system(name), path)
        if system is None:
            return
        plain["system"] = system
        concepts = plain.get("concept")
        for index, one in enumerate(concepts if isinstance(concepts, list) else ()):
            self._display(one, system, f"{path}.concept[{index}]")
        self._display(plain, system, path)

    def _display(self, coded: Any, system: str, path: str) -> None:
        """Add the display of a code; report a code that may not be written, or a display not its own."""
        if not isinstance(coded, dict) or not isinstance(coded.get("code"), str):
            return
        concept = self._or_issue(self._catalogue.concept(system, coded["code"]), path)
        if concept is None or concept.display is None:
            return
        if coded.setdefault("display", concept.display) != concept.display:
            wrong = f"{concept.code} is called '{concept.display}', not '{coded['display']}'; leave display out."
            self._issue("code-invalid", "display-differs", wrong, f"{path}.display")
        elif concept.translations:
            coded.setdefault("_display", translations(concept.translations))

    def _derive(self, ids: Any, plain: dict[str, Any], content: str, path: str) -> None:
        """Write the statements named by `derivedFrom` where the element has room for provenance."""
        written = f"{path}.derivedFrom" if path else "derivedFrom"
        ids, canonicals = provenance.split(ids, content)
        if canonicals:
            plain["derivedFrom"] = self._value(canonicals, children(content)["derivedFrom"], written)
        place = provenance.place_for(content, path)
        if place is None or not isinstance(ids, list) or not (ids or canonicals):
            wrong = "derivedFrom is a list of statement ids on a resource or on a plan's action; correct it."
            self._issue("structure", "derived-from-misplaced", wrong, written)
            return
        topic = self._folder.topic
        for index, one in enumerate(ids):
            if not isinstance(one, str) or one not in topic.statements:
                hint = did_you_mean(str(one), topic.statements) or "; add it to statements.yaml."
                wrong = f"'{one}' is no statement of this topic{hint}"
                self._issue("not-found", "statement-unknown", wrong, f"{written}[{index}]")
                continue
            entry = provenance.entry(topic.statements[one], topic, self._publisher, place)
            position = _append(plain, place, entry)
            moved = f"{path}.{place}[{position}]".removeprefix(".")
            self.moved[moved] = self._document.locate(f"{written}[{index}]")

    def _or_issue(self, found: _Found | Issue, path: str) -> _Found | None:
        if not isinstance(found, Issue):
            return found
        self.issues.append(found.at(self._document.locate(path)))
        return None

    def _issue(self, code: str, rule: str, diagnostics: str, path: str) -> None:
        self.issues.append(Issue.error(code, rule, diagnostics, source=self._document.locate(path)))


def _append(parent: dict[str, Any], key: str, item: Any) -> int:
    """Add `item` to the list under `key` and return its index; what is no list stays for the validator."""
    items = parent.setdefault(key, [])
    if isinstance(items, list):
        items.append(item)
        return len(items) - 1
    return 0


def _source_path(expression: str, resource_type: str) -> str:
    """Return the path in an authored file that a FHIRPath stands for, as far as it is plain steps."""
    path, position = "", 0
    while match := _STEP.match(expression, position):
        position = match.end()
        if match["index"]:
            path += match["index"]
        elif match["type"]:
            path += match["type"][0].upper() + match["type"][1:]
        elif path or match["name"] != resource_type:
            path += f".{match['name'].lstrip('_')}"
    return path.removeprefix(".")
