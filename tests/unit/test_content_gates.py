"""Gates on content: each rule lets the clean topic through, and names what breaks it with its place."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.conftest import Authoring

PLAN, ACTIVITY = "plans/nail-care.yaml", "activities/use-cream.yaml"
NEW_PLAN = """\
resourceType: PlanDefinition
id: new-plan
title: {sv: Ny, en: New}
type: plan-definition-type#%s
"""


def test_the_clean_topic_passes_every_gate(authoring: Authoring) -> None:
    assert authoring.issues() == []


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            PLAN,
            "  - id: use-cream\n    title:",
            "  - title:",
            "plans/nail-care.yaml:10:5: error action-id-missing: PlanDefinition.action[0] has no id; give it one.",
        ),
        (
            PLAN,
            "    title:\n      sv: Pröva kräm\n      en: Try a cream\n",
            "",
            "plans/nail-care.yaml:10:5: error action-title-missing: Action 'use-cream' has no title; give it one.",
        ),
        (
            PLAN,
            "    derivedFrom: [BN-TRT-01, DER-01]\n",
            "    derivedFrom: [BN-TRT-01, DER-01]\n  - id: use-cream\n    title: {sv: A, en: B}\n",
            "plans/nail-care.yaml:19:5: error element-id-repeated: PlanDefinition.action[1].id 'use-cream' "
            "is the id of another element too; give each its own.",
        ),
        (
            PLAN,
            "derivedFrom: [BN-TRT-01]\naction",
            "action",
            "plans/nail-care.yaml:1:1: error statement-missing: PlanDefinition/nail-care derives from no statement; "
            "add derivedFrom with the ids of statements.yaml.",
        ),
        (
            ACTIVITY,
            "derivedFrom: [BN-TRT-01]\n",
            "",
            "activities/use-cream.yaml:1:1: error statement-missing: ActivityDefinition/use-cream derives from no "
            "statement; add derivedFrom with the ids of statements.yaml.",
        ),
        (
            ACTIVITY,
            "doNotPerform: false\n",
            "dosage:\n  - text: {sv: a, en: b}\n",
            "activities/use-cream.yaml:11:1: error dosage-forbidden: ActivityDefinition has a dosage, "
            "and the source gives no dose; take it out.",
        ),
        (
            ACTIVITY,
            "  sv: Kräm\n  en: Cream\n",
            "  sv: Kräm\n",
            "activities/use-cream.yaml:3:1: error language-missing: The text in 'en' is missing; "
            "add it beside the other language.",
        ),
        (
            ACTIVITY,
            "title:\n  sv: Kräm\n  en: Cream\n",
            "title: Kräm\n",
            "activities/use-cream.yaml:3:1: error language-missing: ActivityDefinition.title has no text in 'en'; "
            "write it as a language map.",
        ),
        (
            ACTIVITY,
            "id: use-cream",
            "id: use-cream\nlanguage: en",
            "activities/use-cream.yaml:3:1: error language-other: The language is not 'sv', "
            "the default of publisher.yaml; leave language out.",
        ),
        (
            PLAN,
            "id: nail-care",
            "id: NailCare",
            "plans/nail-care.yaml:2:1: error id-form: The id 'NailCare' is not in kebab-case such as annual-review; "
            "rename it.",
        ),
        (
            PLAN,
            "- id: use-cream",
            "- id: useCream",
            "plans/nail-care.yaml:10:5: error id-form: The action id 'useCream' is not in kebab-case such as "
            "annual-review; rename it.",
        ),
        (
            PLAN,
            "Nails Are Brittle",
            "Nails Are Britle",
            "plans/nail-care.yaml:16:9: error definition-unknown: 'Nails Are Britle' is no definition of the "
            "libraries of PlanDefinition/nail-care; did you mean Nails Are Brittle?",
        ),
        (
            PLAN,
            "Nails Are Brittle",
            "Hidden",
            "plans/nail-care.yaml:16:9: error definition-unknown: 'Hidden' is no definition of the libraries of "
            "PlanDefinition/nail-care; define it in CQL, or declare its library.",
        ),
        (
            PLAN,
            "    condition:\n",
            "    trigger: [{type: named-event, name: patient-veiw}]\n    condition:\n",
            "plans/nail-care.yaml:14:35: warning hook-unknown: No hook that is answered here is called 'patient-veiw', "
            "so no service comes of it; did you mean patient-view?",
        ),
        (
            PLAN,
            "    condition:\n",
            "    trigger: [{type: named-event, name: nails-cut}]\n    condition:\n",
            "plans/nail-care.yaml:14:35: warning hook-unknown: No hook that is answered here is called 'nails-cut', "
            "so no service comes of it; the hooks are patient-view, order-select, order-sign, "
            "problem-list-item-create.",
        ),
        (
            PLAN,
            "ActivityDefinition/use-cream",
            "https://example.org/fhir/ActivityDefinition/use-cream|0.2.0",
            "plans/nail-care.yaml:17:5: error reference-unresolved: "
            "https://example.org/fhir/ActivityDefinition/use-cream|0.2.0 is named, which no topic defines; "
            "did you mean https://example.org/fhir/ActivityDefinition/use-cream|0.1.0?",
        ),
        (
            PLAN,
            "ActivityDefinition/use-cream",
            "Library/Nails",
            "plans/nail-care.yaml:17:5: error canonical-target-type: Library/Nails is a Library; "
            "name one of ActivityDefinition, PlanDefinition, Questionnaire.",
        ),
        (
            ACTIVITY,
            "productCodeableConcept: atc#A11DA01",
            "productReference: {reference: Medication/cream-on}",
            "activities/use-cream.yaml:12:20: error reference-unresolved: Medication/cream-on is named, "
            "which no topic defines; did you mean Medication/cream-one?",
        ),
        (
            ACTIVITY,
            "id: use-cream",
            "id: use-cream\nurl: https://example.org/fhir/PlanDefinition/nail-care",
            "activities/use-cream.yaml:3:1: error canonical-repeated: "
            "https://example.org/fhir/PlanDefinition/nail-care is the url of PlanDefinition/nail-care too; "
            "give each artifact its own.",
        ),
    ],
)
def test_what_each_gate_says(authoring: Authoring, file: str, old: str, new: str, message: str) -> None:
    authoring.change(file, old, new)
    assert message in authoring.issues()


def test_actions_that_group_or_name_a_plan_need_no_statement_of_their_own(authoring: Authoring) -> None:
    authoring.write(
        "plans/hook.yaml",
        NEW_PLAN
        % "workflow-definition"
        + "action:\n  - id: group\n    title: {sv: A, en: B}\n    action:\n      - id: rule\n"
        "        title: {sv: A, en: B}\n        definitionCanonical: PlanDefinition/nail-care\n",
    )
    assert authoring.issues() == []


def test_an_action_that_proposes_something_needs_a_statement(authoring: Authoring) -> None:
    authoring.write(
        "plans/other.yaml", NEW_PLAN % "workflow-definition" + "action: [{id: do, title: {sv: A, en: B}}]\n"
    )
    assert authoring.issues() == [
        "plans/other.yaml:5:10: error statement-missing: Action 'do' derives from no statement; "
        "add derivedFrom with the ids of statements.yaml."
    ]


def test_the_statement_of_a_group_covers_its_actions(authoring: Authoring) -> None:
    authoring.write(
        "plans/other.yaml",
        NEW_PLAN
        % "workflow-definition"
        + "action:\n  - id: group\n    title: {sv: A, en: B}\n    derivedFrom: [DER-01]\n"
        "    action: [{id: do, title: {sv: A, en: B}}]\n",
    )
    assert authoring.issues() == []


def test_the_name_of_a_product_needs_no_translation(authoring: Authoring) -> None:
    assert "text: Cream One" in (authoring.topic / "medications/cream-one.yaml").read_text(encoding="utf-8")
    assert authoring.issues() == []


def test_a_library_has_its_cql_name_as_id(authoring: Authoring) -> None:
    authoring.write("logic/others.yaml", "resourceType: Library\nid: others\ntitle: {sv: A, en: B}\n")
    authoring.write_logic("others")
    assert authoring.issues() == [
        "logic/others.yaml:2:1: error id-form: The id 'others' is not a CQL name such as ExampleTopic; rename it."
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Ge 10 mg",
        "ta 2,5 ml",
        "i 30 minuter",
        "for 2 weeks",
        "5%",
        "3 tabletter",
        "0.5 mmol",
        "in 4 hours",
        "10mg",
        "10-mg tablet",
        "½ tablett",
        "10\u00a0mg",
        "två veckor",
        "half a tablet",
        "3 gånger om dagen",
        "Two glasses",
    ],
)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_amounts_are_forbidden_in_every_language(authoring: Authoring, text: str, language: str) -> None:
    other = "en" if language == "sv" else "sv"
    authoring.change(
        ACTIVITY,
        "  sv: Ett förslag om kräm.\n  en: A proposal of a cream.\n",
        f'  {language}: "{text}"\n  {other}: x\n',
    )
    (issue,) = authoring.issues()
    assert issue.startswith("activities/use-cream.yaml:6:1: error amount-forbidden: ActivityDefinition.")
    assert "an amount that the source does not give; take it out." in issue


@pytest.mark.parametrize(
    "text", ["B12 och folat", "version 2", "kapitel 3 i boken", "år 2026", "R25.2", "under 18 år", "två skäl"]
)
def test_other_numbers_are_no_amounts(authoring: Authoring, text: str) -> None:
    authoring.change(ACTIVITY, "  sv: Ett förslag om kräm.\n", f'  sv: "{text}"\n')
    assert authoring.issues() == []


@pytest.fixture
def pages(authoring: Authoring, tmp_path: Path) -> Path:
    """Return a folder with the very source page that the topic's record names, and another one."""
    folder = tmp_path / "pages"
    folder.mkdir()
    page = "Den som har sköra naglar kan smörja dem varje kväll.".encode()
    (folder / "nails.txt").write_bytes(page)
    (folder / "other.txt").write_text("Ett förslag om kräm", encoding="utf-8")
    authoring.change("topic.yaml", "0" * 64, hashlib.sha256(page).hexdigest())
    return folder


def test_four_words_of_the_source_page_in_a_row_are_a_copy(authoring: Authoring, pages: Path) -> None:
    authoring.change(ACTIVITY, "Ett förslag om kräm.", "Man KAN smörja dem, varje natt.")
    _, report = authoring.compile(pages)
    (issue,) = report
    assert (issue.rule, issue.source.line) == ("source-copied", 6)
    assert issue.diagnostics == (
        "ActivityDefinition.description shares 'KAN smörja dem varje' with the source page; say it in other words."
    )


def test_statements_paraphrase_too(authoring: Authoring, pages: Path) -> None:
    authoring.change("statements.yaml", "Mjukgörande kräm kan prövas.", "Har man sköra naglar kan man prova.")
    _, report = authoring.compile(pages)
    assert report.issues == []
    authoring.change("statements.yaml", "Har man sköra naglar kan man prova.", "Har sköra naglar kan.")
    _, report = authoring.compile(pages)
    assert (report.issues[0].rule, report.issues[0].source.line) == ("source-copied", 1)


def test_three_words_or_another_page_are_no_copy(authoring: Authoring, pages: Path) -> None:
    authoring.change(ACTIVITY, "Ett förslag om kräm.", "Ett förslag om kräm, smörja dem varje natt.")
    _, report = authoring.compile(pages)
    assert report.issues == []


def test_structure_is_checked_at_the_place_where_it_was_written(authoring: Authoring) -> None:
    authoring.change(ACTIVITY, "intent: proposal", "intent: suggestion\ntitel: x")
    assert sorted(one.partition(" error ")[0] for one in authoring.issues()) == [
        "activities/use-cream.yaml:10:1:",
        "activities/use-cream.yaml:11:1:",
    ]


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        ({"resultTypeName": "{urn:hl7-org:elm-types:r1}Integer"}, "Integer"),
        (
            {"resultTypeSpecifier": {"type": "ListTypeSpecifier", "elementType": {"type": "NamedTypeSpecifier"}}},
            "a list",
        ),
    ],
)
def test_a_condition_that_is_neither_true_nor_false_does_not_compile(
    authoring: Authoring, result: dict[str, object], kind: str
) -> None:
    elm = authoring.elm()
    del elm["statements"]["def"][0]["resultTypeName"]
    elm["statements"]["def"][0] |= result
    authoring.write_logic("Nails", **elm)
    assert authoring.issues() == [
        f"plans/nail-care.yaml:16:9: error condition-not-boolean: 'Nails Are Brittle' is {kind}, not Boolean; "
        "name a definition that is true or false."
    ]
