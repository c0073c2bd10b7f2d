"""A new topic: it compiles at once, answers a hook, teaches in comments, and harms nothing that is there."""

from __future__ import annotations

import hashlib
import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from publisher.apply.knowledge import Knowledge
from publisher.cli import main
from publisher.hooks import HookServices
from publisher.issue import IssueError
from publisher.pipeline import compile_topics
from publisher.release import load_release
from publisher.repository import Repository
from publisher.source import cql
from publisher.source.artifact_schemas import schemas
from publisher.source.schema import schema_issues
from publisher.source.skeleton import FOUNDATION, LONGEST, SHIPPED, TEMPLATE, TEMPLATES, new_topic
from publisher.source.topic import publisher_from
from publisher.source.yaml import read

if TYPE_CHECKING:
    from tests.unit.conftest import Authoring

GUIDE = Path(__file__).parents[3] / "docs/how-to/write-a-topic.md"
NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
FILES = [
    "activities/knee-pain-review.yaml",
    "cases/knee-pain.yaml",
    "logic/KneePain.cql",
    "logic/KneePain.elm.json",
    "logic/KneePain.yaml",
    "plans/knee-pain-confirm.yaml",
    "plans/knee-pain-patient-view.yaml",
    "statements.yaml",
    "terminology/knee-pain-codes.yaml",
    "terminology/knee-pain-conditions.yaml",
    "topic.yaml",
]


def translator() -> Path:
    """Return the folder that holds the translator; skip the test where there is none.

    It is downloaded for Node when an author first translates, which a run of the tests does not do of itself.
    """
    cache = Path(os.environ.get("VADEMECUM_CQL_CACHE") or cql.cache_folder())
    if not any(cache.glob("cql-translator-*/node_modules")):
        pytest.skip(f"NOT RUN: {cache} does not hold the translator; run `vademecum cql` once")
    return cache


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a root that does not exist yet."""
    return tmp_path / "artifacts"


def compiled(root: Path) -> HookServices:
    assert main(["compile", str(root)]) == 0
    knowledge = Knowledge(Repository(load_release(root), drafts=True))
    return HookServices(knowledge, base_url="https://cds.example", now=lambda: NOW, evaluate_drafts=True)


def request(**status: str) -> dict[str, Any]:
    concept = {
        "coding": [{"system": "https://example.org/fhir/CodeSystem/knee-pain-codes", "code": "example-condition"}]
    }
    systems = {"clinicalStatus": "condition-clinical", "verificationStatus": "condition-ver-status"}
    coded = {
        name: {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{systems[name]}", "code": code}]}
        for name, code in status.items()
    }
    problem = {"resourceType": "Condition", "id": "c", "code": concept, "subject": {"reference": "Patient/p"}, **coded}
    bundle = {"resourceType": "Bundle", "type": "searchset", "total": 1, "entry": [{"resource": problem}]}
    return {
        "hook": "patient-view",
        "hookInstance": "5a3c9f0e-5a1f-4c1b-9d2e-0c8f3a9b7d11",
        "context": {"userId": "Practitioner/x", "patientId": "p"},
        "prefetch": {"conditions": bundle},
    }


def test_new_makes_a_topic_that_compiles_and_loads_as_a_release(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "knee-pain", str(root)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert [name for name in FILES if f"{root / 'knee-pain' / name}\n" not in out] == []
    assert main(["compile", str(root)]) == 0
    assert capsys.readouterr() == ("", "")
    assert sorted(f"{one.type}/{one.id}" for one in load_release(root)) == [
        "ActivityDefinition/knee-pain-review",
        "CodeSystem/knee-pain-codes",
        "CodeSystem/knee-pain-statements",
        "ImplementationGuide/org.example.foundation",
        "ImplementationGuide/org.example.knee-pain",
        "Library/FoundationManifest",
        "Library/KneePain",
        "Library/KneePainManifest",
        "Library/PatientRecord",
        "PlanDefinition/knee-pain-confirm",
        "PlanDefinition/knee-pain-patient-view",
        "StructureDefinition/evaluation-mode",
        "StructureDefinition/override-reasons",
        "ValueSet/knee-pain-conditions",
    ]


@pytest.mark.parametrize(("verification", "cards"), [("provisional", 1), ("confirmed", 0)])
def test_the_worked_patients_of_a_new_topic_are_true(root: Path, verification: str, cards: int) -> None:
    new_topic(root, "knee-pain", date="2026-01-01")
    case = read(root / "knee-pain/cases/knee-pain.yaml").value[0 if cards else 1]
    assert case["supplied"]["conditions"][0]["verificationStatus"] == f"condition-ver-status#{verification}"
    answer = compiled(root).call(
        "knee-pain-patient-view", request(clinicalStatus="active", verificationStatus=verification), "en"
    )
    assert answer.status == 200
    actions = [card["extension"]["example.vademecum.provenance"]["action"] for card in answer.body["cards"]]
    assert actions == [one["action"] for one in case["expect"]["cards"]]
    assert len(actions) == cards


def test_two_new_topics_stand_beside_each_other(root: Path) -> None:
    new_topic(root, "knee-pain", date="2026-01-01")
    new_topic(root, "sore-elbow", date="2026-01-01")
    topics, report = compile_topics(root)
    assert (report.to_text(), len(topics)) == ("", 3)


def test_what_topics_share_comes_with_the_first_and_is_left_alone_afterwards(root: Path) -> None:
    made = new_topic(root, "knee-pain", date="2026-01-01")
    library = root / "foundation/logic/PatientRecord.cql"
    assert library in made
    assert library.read_bytes() == (FOUNDATION / "logic/PatientRecord.cql").read_bytes()
    library.write_text("// mine", encoding="utf-8")
    assert library not in new_topic(root, "sore-elbow", date="2026-01-01")
    assert library.read_text("utf-8") == "// mine"


def test_code_systems_and_the_table_of_codes_are_there_to_fill_in(root: Path) -> None:
    new_topic(root, "knee-pain", date="2026-01-01")
    made, shipped = (publisher_from(read(folder / "publisher.yaml")) for folder in (root, SHIPPED))
    assert made.code_systems == shipped.code_systems
    (root / "terminology.csv").write_text(
        (root / "terminology.csv").read_text("utf-8") + "https://www.icd10.se/,R25.2,Kramp och spasm,verified\n",
        "utf-8",
    )
    conditions = root / "knee-pain/terminology/knee-pain-conditions.yaml"
    codes = "\n    - system: icd-10-se\n      concept: [R25.2]\n"
    conditions.write_text(conditions.read_text("utf-8").rstrip("\n") + codes, encoding="utf-8")
    assert compile_topics(root)[1].to_text() == ""


def test_no_topic_of_ones_own_is_called_as_the_shared_one(root: Path) -> None:
    with pytest.raises(IssueError) as raised:
        new_topic(root, "foundation", date="2026-01-01")
    assert str(raised.value.report.issues[0]) == (
        "error topic-id: 'foundation' is the topic that holds what all share, and comes with the first one; "
        "choose another id."
    )
    assert not root.exists()


def test_a_new_topic_is_proved_whole_and_what_it_shares_is_not_its_to_prove(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new_topic(root, "knee-pain", date="2026-01-01")
    assert main(["cases", "--root", str(root), "--coverage"]) == 0
    assert capsys.readouterr().out.endswith("\nmissing: 0\n")
    assert main(["cases", "--root", str(root), "--mutants", "--format", "json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["survivors"], found["provedElsewhere"]) == ([], {"PatientRecord": "leg-cramps"})
    assert set(found["parts"]) == {"KneePain", "plans"}
    assert all(one["mutants"] for one in found["parts"].values())


def test_a_shared_library_that_was_changed_is_its_users_to_prove(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new_topic(root, "knee-pain", date="2026-01-01")
    library = root / "foundation/logic/PatientRecord.cql"
    library.write_text(library.read_text("utf-8") + "// changed\n", encoding="utf-8")
    elm = library.with_suffix(".elm.json")
    old, new = (hashlib.sha256(one.read_bytes()).hexdigest() for one in (FOUNDATION / "logic" / library.name, library))
    elm.write_text(elm.read_text("utf-8").replace(old, new), encoding="utf-8")
    assert main(["cases", "--root", str(root), "--mutants", "--format", "json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert found["provedElsewhere"] == {}
    assert found["parts"]["PatientRecord"]["mutants"] > found["parts"]["PatientRecord"]["noticed"] > 0


def test_a_new_topic_goes_beside_the_topics_that_are_there(authoring: Authoring) -> None:
    settings = (authoring.root / "publisher.yaml").read_bytes()
    table = (TEMPLATES / "strength.yaml").read_text("utf-8")
    (authoring.root / "strength.yaml").write_text(table, encoding="utf-8")
    made = new_topic(authoring.root, "knee-pain", date="2026-01-01")
    assert (authoring.root / "publisher.yaml").read_bytes() == settings
    assert authoring.root / "publisher.yaml" not in made
    assert [issue for issue in authoring.issues() if "knee-pain" in issue] == []


def test_a_table_that_lacks_a_strength_of_the_template_is_told_before_anything_is_written(root: Path) -> None:
    root.mkdir()
    table = (TEMPLATES / "strength.yaml").read_text("utf-8").replace("code: stated", "code: said")
    (root / "strength.yaml").write_text(table, encoding="utf-8")
    with pytest.raises(IssueError) as raised:
        new_topic(root, "knee-pain", date="2026-01-01")
    assert str(raised.value.report.issues[0]) == (
        f"{root}/strength.yaml:1:1: error strength-unknown: "
        "A new topic uses the strength stated, which is not here; add it first."
    )
    assert [path.name for path in root.iterdir()] == ["strength.yaml"]


def test_every_file_but_logic_explains_itself_and_names_its_schema(root: Path) -> None:
    new_topic(root, "knee-pain", date="2026-01-01")
    sources = [*sorted(root.glob("knee-pain/**/*.yaml")), root / "publisher.yaml", root / "strength.yaml"]
    for path in sources:
        first, second, *_ = path.read_text(encoding="utf-8").splitlines()
        named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
        assert named, path
        assert second.startswith("# "), path
        schema = json.loads((path.parent / named[1]).read_text(encoding="utf-8"))
        assert [str(one) for one in schema_issues(read(path), schema, schemas())] == []


def test_schemas_of_the_repository_are_used_where_they_are(tmp_path: Path) -> None:
    shipped = tmp_path / "docs/schemas"
    shipped.mkdir(parents=True)
    (shipped / "topic.json").write_text("{}", encoding="utf-8")
    made = new_topic(tmp_path / "artifacts", "knee-pain", date="2026-01-01")
    assert not (tmp_path / "artifacts/.schemas").exists()
    plan = next(path for path in made if path.name == "knee-pain-confirm.yaml")
    assert plan.read_text("utf-8").startswith(
        "# yaml-language-server: $schema=../../../docs/schemas/PlanDefinition.json\n"
    )


def test_the_date_is_the_one_that_is_passed_in(root: Path) -> None:
    new_topic(root, "knee-pain", date="2027-03-04")
    assert read(root / "knee-pain/topic.yaml").value["date"] == "2027-03-04"


def test_texts_stand_in_the_languages_of_the_publisher(root: Path) -> None:
    root.mkdir()
    settings = (TEMPLATES / "publisher.yaml").read_text("utf-8").replace("[sv, en]", "[en, de]")
    (root / "publisher.yaml").write_text(settings.replace("Language: sv", "Language: en"), encoding="utf-8")
    new_topic(root, "knee-pain", date="2026-01-01")
    assert read(root / "knee-pain/topic.yaml").value["title"] == {"en": "Knee pain", "de": "Knee pain"}
    assert "de: Knee pain # translate this\n" in (root / "knee-pain/topic.yaml").read_text("utf-8")
    assert [str(issue) for issue in compile_topics(root)[1]] == []


@pytest.mark.parametrize(
    "topic", ["Knee", "knee_pain", "-knee", "knee--pain", "../knee", "a/b", "", "9knee", "k" * (LONGEST + 1)]
)
def test_a_bad_id_is_an_issue_and_nothing_is_written(
    topic: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root.mkdir()
    assert main(["new", "--", topic, str(root)]) == 1
    assert capsys.readouterr() == (
        "",
        f"error topic-id: '{topic}' is no id of a topic; write at most 40 signs in kebab-case, such as example-topic.\n",
    )
    assert list(root.iterdir()) == []


def test_the_longest_id_compiles(root: Path) -> None:
    new_topic(root, "k" * LONGEST, date="2026-01-01")
    assert compile_topics(root)[1].to_text() == ""


def test_a_folder_that_is_there_is_an_issue_and_stays_as_it_is(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "knee-pain").mkdir(parents=True)
    assert main(["new", "knee-pain", str(root)]) == 1
    place = root / "knee-pain"
    assert capsys.readouterr().err == (
        f"{place}:1:1: error topic-exists: {place} is there already; choose another id, or remove it.\n"
    )
    assert list(root.rglob("*")) == [place]


@pytest.mark.parametrize("base", ["https://example.org/it's", 'https://example.org/"q"', "https://example.org/\\n"])
def test_a_base_that_cql_would_have_to_escape_is_refused(root: Path, base: str) -> None:
    root.mkdir()
    settings = (TEMPLATES / "publisher.yaml").read_text("utf-8")
    written = settings.replace("https://example.org/fhir", "'" + base.replace("'", "''") + "'")
    (root / "publisher.yaml").write_text(written, encoding="utf-8")
    with pytest.raises(IssueError, match="base-form"):
        new_topic(root, "knee-pain", date="2026-01-01")
    assert not (root / "knee-pain").exists()


def test_without_a_root_it_is_made_in_the_folder_artifacts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "knee-pain"]) == 0
    assert (tmp_path / "artifacts/knee-pain/topic.yaml").is_file()


def test_the_template_is_what_new_makes_of_it(root: Path) -> None:
    new_topic(root, "example-topic", date="2026-01-01")
    for path in TEMPLATE.rglob("*"):
        if path.is_file():
            made = (root / "example-topic" / path.relative_to(TEMPLATE)).read_text("utf-8")
            assert made.endswith(path.read_text("utf-8"))


def test_the_conditions_of_the_guide_translate_and_are_decisions(root: Path) -> None:
    new_topic(root, "knee-pain", date="2026-01-01")
    source = root / "knee-pain/logic/KneePain.cql"
    head = source.read_text("utf-8").partition("valueset")[0]
    sets = "".join(
        f"valueset \"{name}\": 'https://example.org/{name}'\n" for name in ("Problems", "Medicines", "Tests")
    )
    (recipes,) = re.findall(r"```cql\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    source.write_text(f"{head}{sets}context Patient\n{recipes}", encoding="utf-8")
    elms, report = cql.translate([source], cache=translator())
    assert report.to_text() == ""
    made = [one for one in json.loads(elms[source])["library"]["statements"]["def"] if one["name"] != "Patient"]
    assert len(made) == recipes.count("define ")
    assert {one["resultTypeName"] for one in made} == {"{urn:hl7-org:elm-types:r1}Boolean"}


def test_the_elm_is_what_the_official_translator_makes_of_the_new_cql(root: Path) -> None:
    new_topic(root, "a-much-longer-name-than-that", date="2026-01-01")
    source = root / "a-much-longer-name-than-that/logic/AMuchLongerNameThanThat.cql"
    elms, report = cql.translate([source], cache=translator())
    assert report.to_text() == ""
    assert elms[source] == source.with_suffix(".elm.json").read_bytes()
