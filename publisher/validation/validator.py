"""Validate any R4 resource: its structure, its invariants, its profiles, and what the standard says in words.

Implements https://hl7.org/fhir/R4/validation.html, offline: live terminology and signatures are left to others.
"""

from __future__ import annotations

from collections import ChainMap
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from publisher.issue import Issue, IssueError, Report
from publisher.r4.codec import Document, parse
from publisher.r4.definitions import is_resource
from publisher.validation.findings import EnoughError, Findings
from publisher.validation.invariants import invariant_findings
from publisher.validation.knowledge import Knowledge, Options
from publisher.validation.nodes import Node, walk
from publisher.validation.profiles.claimed import profile_findings
from publisher.validation.registry import rules_on
from publisher.validation.rule_table import RULES
from publisher.validation.structure import structure_issues

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from publisher.expression.fhirpath import Services
    from publisher.validation.waivers import Waivers

# Said by another rule, or too often to help: what structure.py remarks on request.
_UNSAID = ("extension-unknown", "narrative-picture")


def validate(  # noqa: PLR0913  the options of one door, all by name
    resource: dict[str, Any] | bytes | str,
    *,
    profiles: Iterable[str] = (),
    best_practice: bool = False,
    packages: Iterable[dict[str, Any]] = (),
    file: str = "resource.json",
    examples: bool = True,
) -> Report:
    """Return what is wrong with a resource, given as JSON text or as a plain value; never raise.

    `profiles` are canonical urls it must meet beside those it claims; `packages` are definitions to know.
    """
    options = Options(tuple(profiles), best_practice, examples, profiles_for_all=True)
    return Validator(Knowledge(options, packages)).validate(resource, file=file)


class Validator:
    """Validates resources against one body of knowledge, which may be used again and again."""

    def __init__(self, knowledge: Knowledge | None = None) -> None:
        self.knowledge = knowledge or Knowledge()

    def validate(
        self,
        resource: dict[str, Any] | bytes | str | Document,
        *,
        file: str = "resource.json",
        waivers: Waivers | None = None,
        skips: Callable[[Issue], bool] = lambda _issue: False,
    ) -> Report:
        """Return what is wrong with one resource, `waivers` applied, but for what `skips` wants left out."""
        if isinstance(resource, dict):
            return Report([each for each in _waived(resource, self.issues(resource), waivers) if not skips(each)])
        data = resource.encode("utf-8", "surrogatepass") if isinstance(resource, str) else resource
        try:
            document = data if isinstance(data, Document) else parse(data, file=file)
        except IssueError as error:
            return error.report
        found = _waived(document.value, self.issues(document.value), waivers)
        return Report([each.at(document.locate(each.expression or "")) for each in found if not skips(each)])

    def issues(self, resource: Any) -> list[Issue]:
        """Return what is wrong with a plain value."""
        try:
            return [*self._structure(resource), *self._content(resource)]
        except RecursionError:
            return [Issue.error("too-costly", "too-deep", "The resource nests too deep to be read; nest it less.")]

    def _structure(self, resource: Any) -> Iterator[Issue]:
        for issue in structure_issues(resource, remarks=True, most=self.knowledge.options.most):
            if issue.rule == "code-not-in-value-set":
                yield replace(issue, severity="warning")
            elif issue.rule not in _UNSAID:
                yield issue

    def _content(self, resource: Any) -> list[Issue]:
        name = resource.get("resourceType") if isinstance(resource, dict) else None
        if not isinstance(name, str) or not is_resource(name):
            return []
        findings = Findings(rules=RULES, most=self.knowledge.options.most)
        nodes = walk(resource, name)
        services = _services(nodes)
        with suppress(EnoughError):
            for node in nodes:
                self._node(node, services[id(node.root)], findings)
        return findings.issues

    def _node(self, node: Node, services: Services, findings: Findings) -> None:
        for rule, path, sentence in invariant_findings(
            node, services, best_practice=self.knowledge.options.best_practice
        ):
            findings.add(rule, path, sentence)
        if "resourceType" in node.value or node.content == "Extension":
            for rule, path, sentence in profile_findings(node, self.knowledge, services):
                findings.add(rule, path, sentence)
        for check in rules_on(node.content):
            for rule, path, sentence in check(node, self.knowledge):
                findings.add(rule, path, sentence)


def _waived(resource: Any, issues: Iterable[Issue], waivers: Waivers | None) -> Iterable[Issue]:
    return issues if waivers is None else waivers.applied(resource, issues)


def _services(nodes: list[Node]) -> dict[int, Services]:
    """Return what expressions may ask in each root: what it contains and all entries, by reference."""
    from publisher.expression.fhirpath import Services

    entries: dict[str, dict[str, Any]] = {}
    contained: dict[int, dict[str, dict[str, Any]]] = {id(node.root): {} for node in nodes}
    for node in nodes:
        if "resourceType" in node.value and node.parent is not None:
            identity = node.value.get("id")
            if node.field is not None and node.field.key == "contained":
                contained[id(node.root)].setdefault(f"#{identity}", node.value)
            else:
                entries.setdefault(f"{node.content}/{identity}", node.value)
            url = node.parent.value.get("fullUrl")
            if isinstance(url, str):
                entries.setdefault(url, node.value)
    return {root: Services(resolve=ChainMap(own, entries).get) for root, own in contained.items()}
