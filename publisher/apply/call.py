"""One call of an operation: who calls, and the definition that the address or the parameters name.

https://hl7.org/fhir/R4/operations.html, with `url` and `version` of CPG
(https://hl7.org/fhir/uv/cpg/OperationDefinition-cpg-plandefinition-apply.html).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from publisher.apply.content import content_of, inline_of, with_content
from publisher.apply.parameters import check, one_text
from publisher.apply.refusals import place, refused
from publisher.expression.parameters import items_of, parameters_of, undeclared
from publisher.intake import MALFORMED, MISSHAPEN, doubt_of, known, resources_of
from publisher.repository import Canonical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from publisher.apply.knowledge import Knowledge, Translate
    from publisher.expression.context import DataContext
    from publisher.expression.library import Library
    from publisher.repository import Artifact
    from publisher.subject import Patient

NOBODY = "-"  # the id of the patient of logic that is evaluated for none


@dataclass(frozen=True, slots=True)
class Caller:
    """What does not come from the parameters.

    The reader's language, whether drafts may be applied, the clock, the release and the address that ids and addresses
    of results follow from; whether content may come with a request, with the translator of its CQL; and whether some of
    what is held came in a package of others, which nobody here has validated.
    """

    language: str
    languages: tuple[str, ...]
    evaluate_drafts: bool
    now: datetime
    release: str = ""
    base_url: str = "https://vademecum.example/fhir"
    inline_content: bool = False
    translate: Translate | None = None
    foreign_content: bool = False


def definition_of(  # noqa: PLR0913  what a call is made of
    knowledge: Knowledge,
    kind: str,
    artifact_id: str | None,
    values: Mapping[str, list[Any]],
    caller: Caller,
    *,
    known: AbstractSet[str],
) -> tuple[Knowledge, Artifact]:
    """Return the definition that a call is about, with the knowledge to use: what is held, and what came with it.

    `known` are the parameters of the operation, the definition itself apart.
    """
    inline = inline_of(kind)
    check(values, known | {inline})
    content = content_of(values, inline)
    if content and not caller.inline_content:
        raise refused("inline-content", at=place(inline if values.get(inline) else "data"))
    if content:
        knowledge = with_content(knowledge, content, caller.translate)
    if values.get(inline):
        found, drafts = knowledge.repository.get(kind, content[0]["id"]), True
        if found is not None:
            return knowledge, found
    else:
        drafts = caller.evaluate_drafts or bool(content)
    return knowledge, _named(knowledge, kind, artifact_id, values, drafts=drafts)


def _named(
    knowledge: Knowledge, kind: str, artifact_id: str | None, values: Mapping[str, list[Any]], *, drafts: bool
) -> Artifact:
    """Return the definition that the address or `url` and `version` name; a draft only where drafts are applied."""
    url, version = one_text(values, "url"), one_text(values, "version")
    canonical = Canonical.parse(url or "")
    named = Canonical(canonical.url, version or canonical.version)
    if canonical.version not in (None, named.version):
        raise refused("versions-two", at=place("version"))
    if artifact_id is not None:
        found, name = knowledge.repository.get(kind, artifact_id), f"{kind}/{artifact_id}"
        if found and not _is_named(found.canonical, named):
            raise refused("definition-twice", at=place("version" if url is None else "url"), kind=kind)
    elif url is not None:
        found, name = knowledge.repository.resolve(named), str(named)
    else:
        raise refused("definition-not-named", at=place("url"), kind=kind)
    at = place("url") if artifact_id is None else None
    if found is None or found.type != kind:
        raise refused("definition-not-held", at=at, kind=kind)
    if found.status == "retired" or (found.status == "draft" and not drafts):
        raise refused(f"definition-{found.status}", at=at, name=name)
    return found


def _is_named(canonical: Canonical, named: Canonical) -> bool:
    """Return whether what is said of the name of a definition, if anything, is true of it."""
    return named.url in ("", canonical.url) and named.version in (None, canonical.version)


def logic_parameters(
    libraries: Sequence[Library], values: list[Any], patient_id: str, context: DataContext
) -> dict[str, Any]:
    """Return the parameters of the logic out of Parameters resources, by what these libraries declare.

    Resources among them are about the patient of the data, where there is one.
    """
    places = (f"{place('parameters', index)}.resource" for index in range(len(values)))
    items = [one for at, each in zip(places, values, strict=True) for one in items_of(each, at)]
    patient = known(context.supply("Patient").resources, patient_id, {})
    for at, item in items if patient_id != NOBODY else ():
        if "resource" in item:
            _check_whose(item["resource"], str(item.get("name")), patient, at)
    return parameters_of(items, *libraries) if libraries and items else undeclared(items)


def _check_whose(resource: Any, name: str, patient: Patient, at: str) -> None:
    """Refuse a resource, or a Bundle with one in it, that cannot be read or is not about the patient."""
    is_typed = isinstance(resource, dict) and isinstance(resource.get("resourceType"), str)
    found = (doubt_of(each, patient) for each in resources_of(resource))
    doubt = next(filter(None, found), None) if is_typed else MALFORMED
    if doubt:
        row = "logic-parameter-shape" if doubt in MISSHAPEN else "logic-parameter-subject"
        raise refused(row, at=f"{at}.resource", name=name)
