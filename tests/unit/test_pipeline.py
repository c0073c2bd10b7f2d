"""The build: the same bytes for the same sources, nothing written while an error is left, nothing stale left over."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from publisher.narrative import narrative
from publisher.pipeline import compile_topics, stale_issues, write_topics
from publisher.source.skeleton import new_topic

if TYPE_CHECKING:
    from publisher.repository import Repository, Resource
    from tests.unit.conftest import Authoring

ROOT = Path(__file__).parents[2]
NAMES = (
    "ActivityDefinition-use-cream",
    "CodeSystem-brittle-nails-statements",
    "ImplementationGuide-org.example.brittle-nails",
    "Library-BrittleNailsManifest",
    "Library-Nails",
    "Medication-cream-one",
    "PlanDefinition-nail-care",
    "Provenance-brittle-nails-provenance",
    "ValueSet-nail-conditions",
)


def written(authoring: Authoring) -> dict[str, bytes]:
    folder = authoring.topic / "fhir"
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def compile_and_write(authoring: Authoring) -> dict[str, bytes]:
    topics, report = authoring.compile()
    assert report.to_text() == ""
    write_topics(topics)
    return written(authoring)


def test_every_resource_is_a_file_in_each_language(authoring: Authoring) -> None:
    files = compile_and_write(authoring)
    assert sorted(files) == sorted(
        [*(f"{name}.json" for name in NAMES), *(f"en/{name}.json" for name in NAMES), "SHA256SUMS"]
    )


def test_renditions_differ_in_their_narrative_only(authoring: Authoring) -> None:
    files = compile_and_write(authoring)
    for name in NAMES:
        swedish, english = json.loads(files[f"{name}.json"]), json.loads(files[f"en/{name}.json"])
        assert 'lang="sv" xml:lang="sv"' in swedish.pop("text")["div"]
        assert 'lang="en" xml:lang="en"' in english.pop("text")["div"]
        assert swedish == english
        assert swedish["language"] == "sv"


def test_a_narrative_that_is_wrong_in_one_language_stops_the_build(
    authoring: Authoring, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(resource: Resource, language: str, repository: Repository) -> dict[str, str]:
        told = narrative(resource, language, repository)
        return {**told, "div": "<div>Nails</div>"} if language == "en" else told

    monkeypatch.setattr("publisher.pipeline.narrative", broken)
    topics, report = authoring.compile()

    assert topics == []
    assert [issue.rule for issue in report] == ["narrative-namespace"] * len(NAMES)


def test_files_are_pretty_json_in_utf_8_with_a_last_line_end(authoring: Authoring) -> None:
    body = compile_and_write(authoring)["PlanDefinition-nail-care.json"]
    assert body.startswith(b'{\n  "resourceType": "PlanDefinition",\n  "id": "nail-care",\n  "meta": {\n')
    assert "Nagelvård".encode() in body
    assert body.endswith(b"\n}\n")


def test_sums_are_what_sha256sum_writes(authoring: Authoring) -> None:
    files = compile_and_write(authoring)
    lines = files.pop("SHA256SUMS").decode().splitlines()
    assert lines == [f"{hashlib.sha256(files[name]).hexdigest()}  {name}" for name in sorted(files)]


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="this machine has no sha256sum")
def test_sha256sum_itself_agrees(authoring: Authoring) -> None:
    compile_and_write(authoring)
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"],
        cwd=authoring.topic / "fhir",
        check=False,
    )
    assert done.returncode == 0


def test_the_same_sources_give_the_same_bytes_in_another_process_and_place(
    authoring: Authoring, tmp_path: Path
) -> None:
    first = compile_and_write(authoring)
    other = tmp_path / "elsewhere" / "artifacts"
    shutil.copytree(authoring.root, other, ignore=shutil.ignore_patterns("fhir"))
    program = (
        "import sys; from pathlib import Path; from publisher.pipeline import compile_topics, write_topics; "
        "write_topics(compile_topics(Path(sys.argv[1]))[0])"
    )
    environment = {"PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT), "TZ": "Asia/Tokyo", "LANG": "C"}
    subprocess.run([sys.executable, "-c", program, str(other)], check=True, env=environment)
    folder = other / "brittle-nails/fhir"
    assert {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()} == first


def test_nothing_is_compiled_while_an_error_is_left(authoring: Authoring) -> None:
    authoring.change("plans/nail-care.yaml", "Library/Nails", "Library/Nagel")
    topics, report = authoring.compile()
    assert topics == []
    assert [issue.rule for issue in report] == ["reference-unresolved"]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("topic.yaml", "status: draft", "status: yes"),
        ("plans/nail-care.yaml", "atc#", "atx#"),
        ("plans/nail-care.yaml", "intent: proposal", "intent: proposed"),
        ("activities/use-cream.yaml", "description:", "descripton:"),
    ],
)
def test_nothing_is_written_while_an_error_is_left(authoring: Authoring, file: str, old: str, new: str) -> None:
    before = compile_and_write(authoring)
    text = (authoring.topic / file).read_text(encoding="utf-8")
    authoring.write(file, text.replace(old, new) if old in text else f"{text}{new}\n")
    topics, report = authoring.compile()
    assert report.has_errors
    write_topics(topics)
    assert written(authoring) == before


@pytest.mark.parametrize("value", ["x", "5", "[]", "{}", "[x]", "[{}]", "{a: 1}", "[[1]]", "{sv: 1}", "{sv: a, en: b}"])
@pytest.mark.parametrize(
    ("file", "keys"),
    [
        ("plans/nail-care.yaml", ["title", "type", "library", "derivedFrom", "action", "extension", "contained"]),
        ("activities/use-cream.yaml", ["productCodeableConcept", "relatedArtifact", "participant", "_title"]),
        ("medications/cream-one.yaml", ["code", "ingredient", "extension"]),
        ("terminology/nail-conditions.yaml", ["compose", "extension"]),
        ("logic/Nails.yaml", ["type", "relatedArtifact", "content", "parameter"]),
    ],
)
def test_no_shape_of_a_value_stops_the_compiler(authoring: Authoring, file: str, keys: list[str], value: str) -> None:
    text = (authoring.topic / file).read_text(encoding="utf-8")
    for key in keys:
        without = re.sub(rf"^{key}:.*\n(?:[ -].*\n)*", "", text, flags=re.MULTILINE)
        authoring.write(file, f"{without}{key}: {value}\n")
        _, report = authoring.compile()
        assert all(issue.source for issue in report)
    authoring.write(file, text)
    assert authoring.issues() == []


def test_an_error_in_one_topic_stops_all(authoring: Authoring) -> None:
    other = authoring.root / "other"
    other.mkdir()
    (other / "topic.yaml").write_text("id: other\n", encoding="utf-8")
    topics, report = authoring.compile()
    assert topics == []
    assert report.has_errors


def test_topics_name_each_other_with_the_version_of_each(authoring: Authoring) -> None:
    other = authoring.root / "shared"
    (other / "terminology").mkdir(parents=True)
    (other / "topic.yaml").write_text(
        "id: shared\nversion: 3.0.0\ndate: 2026-01-02\nstatus: draft\nexperimental: true\n"
        "title: {sv: Delat, en: Shared}\ndescription: {sv: Delat., en: Shared.}\n",
        encoding="utf-8",
    )
    (other / "terminology/all.yaml").write_text(
        "resourceType: ValueSet\nid: all\ntitle: {sv: Alla, en: All}\n"
        "compose: {include: [{valueSet: [ValueSet/nail-conditions]}]}\n",
        encoding="utf-8",
    )
    authoring.change(
        "plans/nail-care.yaml",
        "library:",
        "extension: [{url: 'http://x.example/y', valueCanonical: ValueSet/all}]\nlibrary:",
    )
    plan = authoring.resource("PlanDefinition", "nail-care")
    assert plan["extension"][0]["valueCanonical"] == "https://example.org/fhir/ValueSet/all|3.0.0"
    union = authoring.resource("ValueSet", "all")
    assert union["compose"]["include"][0]["valueSet"] == ["https://example.org/fhir/ValueSet/nail-conditions|0.1.0"]
    assert union["expansion"]["total"] == 6


def test_a_clean_tree_is_not_stale(authoring: Authoring) -> None:
    compile_and_write(authoring)
    topics, _ = authoring.compile()
    assert list(stale_issues(topics)) == []


def test_every_difference_is_stale_and_told(authoring: Authoring) -> None:
    compile_and_write(authoring)
    folder = authoring.topic / "fhir"
    (folder / "Library-Nails.json").unlink()
    (folder / "en/Library-Nails.json").write_text("{}", encoding="utf-8")
    (folder / "Library-Other.json").write_text("{}", encoding="utf-8")
    topics, _ = authoring.compile()
    assert [str(issue) for issue in stale_issues(topics)] == [
        f"{folder}/Library-Nails.json:1:1: error compiled-stale: Library-Nails.json is not there; "
        "run `vademecum compile`.",
        f"{folder}/en/Library-Nails.json:1:1: error compiled-stale: Library-Nails.json is not what its source "
        "compiles to now; run `vademecum compile`.",
        f"{folder}/Library-Other.json:1:1: error compiled-stale: Library-Other.json has no source any more; "
        "run `vademecum compile`.",
    ]


def test_compiling_again_removes_what_has_no_source_any_more(authoring: Authoring) -> None:
    compile_and_write(authoring)
    (authoring.topic / "medications/cream-one.yaml").unlink()
    files = compile_and_write(authoring)
    assert not [name for name in files if "cream-one" in name]
    assert b"cream-one" not in files["SHA256SUMS"]


def test_files_that_are_right_are_not_written_again(authoring: Authoring) -> None:
    compile_and_write(authoring)
    path = authoring.topic / "fhir/Library-Nails.json"
    before = path.stat().st_mtime_ns
    compile_and_write(authoring)
    assert path.stat().st_mtime_ns == before


def test_artifacts_carry_their_topic_and_a_rendition_a_language(authoring: Authoring) -> None:
    (topic,), _ = authoring.compile()
    for artifact in topic.artifacts:
        assert artifact.topic == "brittle-nails"
        assert list(artifact.renditions) == ["sv", "en"]
        assert artifact.renditions["en"].body == topic.files[f"en/{artifact.type}-{artifact.id}.json"]


def test_plain_fhir_json_is_source_too(authoring: Authoring) -> None:
    plan = authoring.resource("PlanDefinition", "nail-care")
    path = authoring.topic / "plans/nail-care.yaml"
    path.unlink()
    path.with_suffix(".json").write_text(json.dumps(plan), encoding="utf-8")
    assert authoring.resource("PlanDefinition", "nail-care") == plan


def test_the_shipped_topics_share_no_four_words_with_their_source_page() -> None:
    pages = Path(os.environ.get("VADEMECUM_SOURCES") or ROOT / "../shared/guidance/source")
    if not pages.is_dir():
        pytest.skip(f"NOT RUN: there is no source page in {pages}")
    _, report = compile_topics(ROOT / "artifacts", pages=pages)
    assert [str(issue) for issue in report if issue.rule == "source-copied"] == []


def test_the_shipped_topics_compile_and_are_not_stale() -> None:
    topics, report = compile_topics(ROOT / "artifacts")
    report.extend(stale_issues(topics))
    assert [str(issue) for issue in report if issue.severity != "information"] == []


def test_a_hook_plan_whose_data_no_prefetch_key_brings_does_not_compile(tmp_path: Path) -> None:
    root = tmp_path / "artifacts"
    new_topic(root, "knee-pain", date="2026-01-01")
    elm = root / "knee-pain/logic/KneePain.elm.json"
    retrieve = '"dataType":"{http://hl7.org/fhir}%s","templateId":"http://hl7.org/fhir/StructureDefinition/%s"'
    old, new = (retrieve % (kind, kind) for kind in ("Condition", "Immunization"))
    elm.write_text(elm.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    _, report = compile_topics(root)
    (issue,) = [str(issue) for issue in report if issue.rule == "prefetch-uncovered"]
    assert issue == (
        f"{root}/knee-pain/plans/knee-pain-patient-view.yaml:15:1: error prefetch-uncovered: The logic of "
        "PlanDefinition/knee-pain-patient-view reads Immunization, which no prefetch key brings; leave it out."
    )
