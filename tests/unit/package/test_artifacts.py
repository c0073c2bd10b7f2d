"""What a package of others adds: its definitions as they came, with warnings, and no second content of one name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from publisher.issue import IssueError
from publisher.package.artifacts import Package, read_package, with_packages
from publisher.package.loading import load_packages
from publisher.repository import Artifact
from tests.unit.apply.builders import activity, does, plan
from tests.unit.package.archives import MANIFEST, package_of, packed

if TYPE_CHECKING:
    from pathlib import Path

CQL = {"contentType": "text/cql", "data": "bGlicmFyeSBSdWxlcw=="}
RULES: dict[str, Any] = {
    "resourceType": "Library", "id": "Rules", "url": "http://example.org/Library/Rules", "version": "1", "name": "Rules",
    "status": "active", "type": {"text": "logic"}, "content": [CQL],
}  # fmt: skip


def told(package: Package) -> list[tuple[str, str, str]]:
    return [(each.severity, each.rule, str(each.source)) for each in package.report]


def test_definitions_are_held_under_the_name_of_their_package(tmp_path: Path) -> None:
    package = read_package(package_of(tmp_path / "a.tgz", plan(does()), activity()))
    assert package.name == "example.guideline#1.0.0"
    assert [(each.type, each.id, each.topic) for each in package.artifacts] == [
        ("PlanDefinition", "plan", package.name),
        ("ActivityDefinition", "act", package.name),
    ]
    assert told(package) == []


def test_the_bytes_that_came_are_the_bytes_that_are_held(tmp_path: Path) -> None:
    body = json.dumps(plan(does()), indent=3).encode()
    (artifact,) = read_package(packed(tmp_path / "a.tgz", {"package/plan.json": body})).artifacts
    assert [(language, each.body) for language, each in artifact.renditions.items()] == [("und", body)]


def test_patients_and_other_examples_are_left_out_and_counted(tmp_path: Path) -> None:
    people = [{"resourceType": "Patient", "id": "x"}, {"resourceType": "RequestGroup", "id": "y"}, {"no": "resource"}]
    files = {f"package/{number}.json": each for number, each in enumerate(people)}
    package = read_package(packed(tmp_path / "a.tgz", {**files, "package/plan.json": plan(does())}))
    assert [each.type for each in package.artifacts] == ["PlanDefinition"]
    (issue,) = package.report
    assert (issue.severity, issue.diagnostics) == ("information", "3 file(s) hold no definition and were left out.")


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (plan(does(timingTiming={"repeat": {"frequency": "2"}})), "package-shape"),
        (plan(action="text"), "package-malformed"),
        (plan({"title": ["a"]}), "package-malformed"),
        (plan({"definitionCanonical": True}), "package-malformed"),
        (plan({"title": None}), "package-malformed"),
        (plan(library=[None]), "package-malformed"),
        (plan(_title=["a"]), "package-malformed"),
        (plan(_title={"extension": [{"extension": {}}]}), "package-malformed"),
        (plan({"condition": ["a"]}), "package-malformed"),
        (plan(contained=[{"resourceType": "ValueSet", "compose": []}]), "package-malformed"),
        (plan(id="a/b"), "package-unaddressed"),
        (plan(version=2), "package-unaddressed"),
        (b'{"resourceType": "PlanDefinition", "id": "a", "id": "b"}', "json-duplicate-key"),
        (b"\xff", "json-encoding"),
    ],
)
def test_what_is_not_valid_is_warned_of_and_stops_nothing(tmp_path: Path, content: Any, rule: str) -> None:
    package = read_package(packed(tmp_path / "a.tgz", {"package/odd.json": content, "package/act.json": activity()}))
    assert told(package) == [("warning", rule, "a.tgz/package/odd.json:1:1")]
    assert len(package.artifacts) == 1 + (rule == "package-shape")


def test_a_version_behind_the_bar_of_a_url_is_its_version(tmp_path: Path) -> None:
    odd = {**plan(does()), "url": "http://example.org/p|7"}
    del odd["version"]
    (artifact,) = read_package(package_of(tmp_path / "a.tgz", odd)).artifacts
    assert str(artifact.canonical) == "http://example.org/p|7"


def test_a_package_without_definitions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IssueError, match=r"a\.tgz holds no definition in JSON\."):
        read_package(packed(tmp_path / "a.tgz", {"package/package.json": MANIFEST}))


def test_the_same_content_twice_is_one_and_other_content_of_one_canonical_is_refused(tmp_path: Path) -> None:
    first = package_of(tmp_path / "a.tgz", plan(does()))
    again = package_of(tmp_path / "b.tgz", plan(does()), name="again")
    other = package_of(tmp_path / "c.tgz", {**plan(does(), title="other"), "id": "else"}, name="other")
    held = with_packages([], [read_package(first), read_package(again)])
    assert [each.topic for each in held] == ["example.guideline#1.0.0"]
    with pytest.raises(IssueError) as raised:
        with_packages(held, [read_package(other)])
    (issue,) = raised.value.report
    assert (issue.code, issue.rule) == ("duplicate", "artifact-duplicate")
    assert issue.diagnostics == (
        "PlanDefinition/else of other#1.0.0 has the id or canonical of PlanDefinition/plan of example.guideline#1.0.0, "
        "and other content; take one of them."
    )


def test_a_package_with_two_contents_of_one_canonical_is_refused(tmp_path: Path) -> None:
    files = {"package/a.json": plan(does()), "package/b.json": plan()}
    with pytest.raises(IssueError, match="PlanDefinition/plan has the id or canonical of another file"):
        read_package(packed(tmp_path / "a.tgz", files))


def test_our_own_artifacts_are_not_replaced_by_those_of_others(tmp_path: Path) -> None:
    own = Artifact(plan(title="ours"), {}, "topic")
    with pytest.raises(
        IssueError, match=r"of example\.guideline#1\.0\.0 has the id or canonical of PlanDefinition/plan of topic"
    ):
        with_packages([own], [read_package(package_of(tmp_path / "a.tgz", plan(title="theirs")))])


def test_a_library_without_elm_is_told_of_where_nothing_is_translated(tmp_path: Path) -> None:
    loaded = load_packages([], [package_of(tmp_path / "a.tgz", RULES)], translate=False)
    assert [str(each) for each in loaded.report] == [
        "warning library-without-elm: 1 Library holds CQL and no ELM: Rules. None of it is evaluated; add --translate."
    ]


def test_without_node_translating_is_a_warning_and_the_rest_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    loaded = load_packages([], [package_of(tmp_path / "a.tgz", RULES)], translate=True)
    assert [(each.severity, each.rule) for each in loaded.report] == [("warning", "cql-translator-missing")]
    assert [each.id for each in loaded.artifacts] == ["Rules"]
