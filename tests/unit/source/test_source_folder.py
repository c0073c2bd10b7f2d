"""Loading topic folders: which files are read, and what their heads must say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from publisher.issue import IssueError
from publisher.source.folder import load
from tests.unit.conftest import PUBLISHER

if TYPE_CHECKING:
    from tests.unit.conftest import Authoring


def test_resources_are_read_in_order_from_every_folder_but_cases_and_fhir(authoring: Authoring) -> None:
    authoring.write("cases/one.yaml", "[]\n")
    authoring.write("fhir/Library-Nails.json", "{}")
    authoring.write("plans/second.json", '{"resourceType": "PlanDefinition", "id": "second"}')
    authoring.write("plans/deep/third.yaml", "resourceType: PlanDefinition\nid: third\n")
    sources, report = load(authoring.root)
    assert report.issues == []
    (folder,) = sources.folders
    assert folder.topic.id == "brittle-nails"
    assert [one.value["id"] for one in folder.resources] == [
        *("use-cream", "Nails", "cream-one", "third", "nail-care", "second", "nail-conditions"),
    ]


def test_folders_without_topic_yaml_are_no_topics(authoring: Authoring) -> None:
    (authoring.root / "notes").mkdir()
    (authoring.root / "notes/any.yaml").write_text("a: 1\n", encoding="utf-8")
    sources, report = load(authoring.root)
    assert len(sources.folders) == 1
    assert report.issues == []


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "plans/new.yaml",
            "id: x\n",
            "plans/new.yaml:1:1: error resource-type-missing: The resourceType is missing; "
            "say which FHIR type this file is.",
        ),
        (
            "plans/new.yaml",
            "id: x\nresourceType: PlanDefinitio\n",
            "plans/new.yaml:2:1: error resource-type-unknown: 'PlanDefinitio' is no resource type; "
            "did you mean PlanDefinition?",
        ),
        (
            "plans/new.yaml",
            "resourceType: PlanDefinition\nid: a b\n",
            "plans/new.yaml:2:1: error id-missing: The id is missing or has other signs than letters, digits, "
            "- and . (64 at most); give one.",
        ),
        (
            "plans/new.yaml",
            "- a\n",
            "plans/new.yaml:1:1: error resource-type-missing: The resourceType is missing; "
            "say which FHIR type this file is.",
        ),
        (
            "plans/new.yml",
            "a: 1\n",
            "plans/new.yml:1:1: error file-unread: This file is not read; "
            "name it *.yaml and put it in a folder of the topic.",
        ),
        (
            "plan.yaml",
            "a: 1\n",
            "plan.yaml:1:1: error file-unread: This file is not read; "
            "name it *.yaml and put it in a folder of the topic.",
        ),
        (
            "approval.yaml",
            "- {kind: question, id: A-01, sv: Ett, en: One, decision: {sv: Ingen, en: None}}\n",
            "approval.yaml:1:4: error key-wrong: 'kind' is one of ambiguity, gap, editorial-bound, derived-rule, "
            "and 'question' does not fit; correct it.",
        ),
        (
            "proof.yaml",
            "gate: {definition: Whistle}\n",
            "proof.yaml:1:1: error key-missing: The key 'action' is missing; add it.",
        ),
        (
            "plans/new.yaml",
            "a: yes\n",
            "plans/new.yaml:1:4: error implicit-boolean: yes may be read as a truth value; "
            "write true, false, or quote it to mean the word.",
        ),
    ],
)
def test_files_that_are_no_resource_are_issues(authoring: Authoring, name: str, text: str, message: str) -> None:
    authoring.write(name, text)
    assert message in authoring.issues()


def test_all_files_are_read_before_anything_else_is_told(authoring: Authoring) -> None:
    authoring.write("plans/one.yaml", "a: yes\n")
    authoring.write("plans/two.yaml", "b: yes\n")
    authoring.change("topic.yaml", "status: draft", "status: drafts")
    assert [one.split(": ")[1] for one in authoring.issues()] == [
        "error implicit-boolean",
        "error implicit-boolean",
        "error key-wrong",
    ]


def test_a_topic_has_the_name_of_its_folder(authoring: Authoring) -> None:
    authoring.change("topic.yaml", "id: brittle-nails", "id: other-nails")
    assert authoring.issues() == [
        "topic.yaml:1:1: error topic-folder: The folder is called brittle-nails, its topic other-nails; "
        "give both one name."
    ]


def test_an_artifact_is_defined_once(authoring: Authoring) -> None:
    authoring.write("plans/zz.yaml", "resourceType: PlanDefinition\nid: nail-care\n")
    assert (
        "plans/zz.yaml:2:1: error artifact-duplicate: PlanDefinition/nail-care is defined in "
        "plans/nail-care.yaml too; "
        "give one of them another id."
    ) in authoring.issues()


def test_without_publisher_yaml_nothing_is_read(authoring: Authoring) -> None:
    (authoring.root / "publisher.yaml").unlink()
    with pytest.raises(IssueError) as raised:
        load(authoring.root)
    assert [issue.rule for issue in raised.value.report] == ["file-unreadable"]


def test_a_root_without_topics_is_an_issue(authoring: Authoring) -> None:
    (authoring.topic / "topic.yaml").unlink()
    _, report = load(authoring.root)
    assert [issue.rule for issue in report] == ["topic-missing"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "a,b,c,maybe",
            ":2:1: error lock-row: The status 'maybe' is none of verified, flagged, wrong; correct the row.",
        ),
        ("a,b,c", ":2:1: error lock-row: A row has 4 cells; correct the row."),
        ("a,b,c,verified,x", ":2:1: error lock-row: A row has 4 cells; correct the row."),
        ("a,b,,wrong\na,b,,wrong", ":3:1: error lock-row: b of a is repeated; correct the row."),
    ],
)
def test_rows_of_the_terminology_lock_are_checked(authoring: Authoring, row: str, message: str) -> None:
    path = authoring.root / "terminology.csv"
    path.write_text(f"system,code,display,status\n{row}\n", encoding="utf-8")
    _, report = load(authoring.root)
    assert [str(issue) for issue in report] == [f"{path}{message}"]


def test_columns_of_the_terminology_lock_are_fixed(authoring: Authoring) -> None:
    path = authoring.root / "terminology.csv"
    path.write_text("system,code\n", encoding="utf-8")
    _, report = load(authoring.root)
    assert [str(issue) for issue in report] == [
        f"{path}:1:1: fatal lock-columns: The columns must be system, code, display, status; correct the first line."
    ]


def test_a_code_system_may_be_called_by_a_name_with_a_dot(authoring: Authoring) -> None:
    (authoring.root / "publisher.yaml").write_text(PUBLISHER + "  loinc.org: {uri: 'http://loinc.org'}\n", "utf-8")
    assert authoring.issues() == []


def test_a_code_system_whose_url_is_a_list_is_an_issue(authoring: Authoring) -> None:
    authoring.write("terminology/odd.yaml", "resourceType: CodeSystem\nid: odd\ncontent: complete\nurl: [x]\n")
    assert [one.split(": ")[1] for one in authoring.issues()] == ["error array-unexpected"]


def test_a_designation_whose_language_is_a_list_is_an_issue(authoring: Authoring) -> None:
    concept = "concept: [{code: a, designation: [{language: [sv], value: A}]}]"
    authoring.write("terminology/odd.yaml", f"resourceType: CodeSystem\nid: odd\ncontent: complete\n{concept}\n")
    assert [one.split(": ")[1] for one in authoring.issues()] == ["error array-unexpected"]
