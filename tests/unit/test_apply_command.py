"""`vademecum apply`: a plan on the data of a patient, as a person at a terminal meets it."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from publisher.cli import main
from tests.unit.apply import asking
from tests.unit.apply.builders import activity, bundle, does, plan
from tests.unit.apply.sneeze import BASE, VIEW, answered, condition, written
from tests.unit.package.archives import package_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLAN = VIEW
PATIENT = {"resourceType": "Patient", "id": "1"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the folder of the compiled topic that only tests use."""
    return str(written(tmp_path_factory.mktemp("artifacts")))


@pytest.fixture
def run(root: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Return what runs the command on data and gives exit status, output and words."""

    def command(data: Any, *arguments: str, plan: str = PLAN) -> tuple[int, str, str]:
        file = tmp_path / "data.json"
        file.write_text(data if isinstance(data, str) else json.dumps(data), "utf-8")
        fixed = ["--artifacts", root, "--now", "2026-11-22", "--language", "en"]
        status = main(["apply", plan, "--data", str(file), *fixed, *arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return command


COMPLETE = bundle(PATIENT, condition(), answered("feather", value=True), answered("whistle", value=False))


def test_a_decided_patient_gives_a_care_plan_and_silence(run: Callable[..., tuple[int, str, str]]) -> None:
    status, out, err = run(COMPLETE)
    assert (status, err) == (0, "")
    assert json.loads(out)["resourceType"] == "CarePlan"


def test_an_undetermined_action_is_a_warning_and_no_failure(run: Callable[..., tuple[int, str, str]]) -> None:
    status, out, err = run(bundle(PATIENT, condition()), "--bundle")
    assert status == 0
    assert err.startswith("warning: A whistle is heard: cannot be decided")
    assert json.loads(out)["entry"][-1]["resource"]["resourceType"] == "GuidanceResponse"


def test_an_activity_has_nothing_to_explain_and_that_is_said(run: Callable[..., tuple[int, str, str]]) -> None:
    for language, said in (
        ("en", "An activity has no actions to explain; what came of it is given.\n"),
        ("sv", "En aktivitet har inga åtgärder att förklara; det som blev av den står här.\n"),
    ):
        status, out, err = run(COMPLETE, "--explain", "--language", language, plan="move-feather")
        assert (status, err) == (0, said)
        assert "resourceType" in json.loads(out)


def test_explain_says_of_each_action_why(run: Callable[..., tuple[int, str, str]]) -> None:
    status, out, _ = run(COMPLETE, "--explain")
    assert status == 0
    assert out.startswith("APPLIES: ")
    assert "  condition: Current example sneeze = yes\n" in out
    status, out, _ = run(COMPLETE, "--explain", "--format", "json")
    assert json.loads(out)[0]["state"] == "applied"


def test_a_plan_is_named_by_id_type_and_id_or_canonical(run: Callable[..., tuple[int, str, str]]) -> None:
    for name in (f"PlanDefinition/{PLAN}", f"{BASE}/PlanDefinition/{PLAN}"):
        assert run(COMPLETE, plan=name)[0] == 0
    status, out, _ = run(COMPLETE, plan="ActivityDefinition/move-feather")
    assert (status, json.loads(out)["resourceType"]) == (0, "Task")


def test_data_may_come_on_standard_input(
    root: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(COMPLETE).encode())))
    assert main(["apply", PLAN, "--data", "-", "--artifacts", root]) == 0
    assert json.loads(capsys.readouterr().out)["resourceType"] == "CarePlan"


@pytest.mark.parametrize(
    ("data", "plan", "rule"),
    [
        ("{", PLAN, "json-syntax"),
        ('{"resourceType": "Bundle", "resourceType": "Bundle"}', PLAN, "json-duplicate-key"),
        ('{"resourceType": "Bundle", "total": NaN}', PLAN, "json-not-a-number"),
        (COMPLETE, "gone", "plan-missing"),
        (bundle(), PLAN, "parameter-missing"),
        (bundle(PATIENT, {**PATIENT, "id": "other"}), PLAN, "parameter-missing"),
    ],
)
def test_wrong_usage_is_told_with_status_2(
    run: Callable[..., tuple[int, str, str]], data: Any, plan: str, rule: str
) -> None:
    status, out, err = run(data, plan=plan)
    assert (status, out) == (2, "")
    assert f" {rule}: " in err


def test_a_file_that_is_not_there_is_told_in_words(
    root: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone.json"
    assert main(["apply", PLAN, "--data", str(gone), "--artifacts", root]) == 2
    why = "cannot be read (No such file or directory); name a file of JSON"
    assert capsys.readouterr().err == f"fatal file-unreadable: {gone} {why}.\n"


def test_parameters_of_the_logic_come_from_a_file(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    file = tmp_path / "parameters.json"
    file.write_text(json.dumps({"resourceType": "Parameters", "parameter": [{"name": "Unheard", "valueString": "x"}]}))
    status, _, err = run(COMPLETE, "--parameters", str(file))
    assert status == 2
    assert "parameter-unknown" in err


def test_a_plan_of_a_package_is_applied(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    archive = package_of(tmp_path / "a.tgz", plan(does()), activity(), PATIENT)
    status, out, err = run(COMPLETE, "--package", str(archive), plan="PlanDefinition/plan")
    assert status == 0
    assert err == "a.tgz:1:1: information package-left-out: 1 file(s) hold no definition and were left out.\n"
    assert json.loads(out)["instantiatesCanonical"] == ["http://example.org/PlanDefinition/plan|1"]


def test_a_package_that_is_refused_is_wrong_usage(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    status, out, err = run(COMPLETE, "--package", str(tmp_path / "gone.tgz"))
    assert (status, out) == (2, "")
    assert err.endswith("error package-unreadable: gone.tgz is not there.\n")


def test_the_questionnaire_of_what_is_missing_is_given_alone(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    resources = [each.resource for each in asking.held(asking.helps()).repository]
    archive = package_of(tmp_path / "a.tgz", *resources)
    status, out, err = run(bundle(asking.PATIENT), "--package", str(archive), "--questionnaire", plan="plan")
    assert status == 0
    assert err.startswith("warning: An umbrella helps: cannot be decided")
    found = json.loads(out)
    assert (found["resourceType"], asking.link_ids(found)) == ("Questionnaire", ["sky", "rain", "wind"])
    answered = bundle(asking.PATIENT, asking.response(rain=True, wind=False))
    assert run(answered, "--package", str(archive), "--questionnaire", plan="plan") == (
        0,
        "",
        "No questionnaire: everything is decided.\n",
    )


def test_where_no_question_can_decide_the_words_say_so(run: Callable[..., tuple[int, str, str]]) -> None:
    status, out, err = run(bundle(PATIENT), "--questionnaire")
    assert (status, out) == (0, "")
    assert err.startswith("No questionnaire: no question can decide what is undetermined.\nwarning: ")


def test_a_condition_that_cannot_be_computed_is_a_failure(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    broken = plan(
        does(condition=[{"kind": "applicability", "expression": {"language": "text/fhirpath", "expression": "1 +"}}])
    )
    archive = package_of(tmp_path / "a.tgz", broken, activity())
    status, _, err = run(COMPLETE, "--package", str(archive), plan="PlanDefinition/plan")
    assert status == 1
    assert "cannot be decided, because its condition could not be computed" in err


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ({"resourceType": "Parameters"}, "a Parameters; the body of a request to $apply is for a server"),
        (PATIENT, "a Patient."),
        ([], "no FHIR resource."),
    ],
)
def test_data_that_are_no_bundle_are_named(run: Callable[..., tuple[int, str, str]], data: Any, what: str) -> None:
    status, out, err = run(data)
    assert (status, out) == (2, "")
    assert err.startswith(
        f"error data-not-bundle: --data takes a Bundle with the resources of one patient, but this is {what}"
    )


@pytest.mark.parametrize(
    ("data", "plan", "said"),
    [
        (COMPLETE, "gone", "error plan-missing: Det finns ingen plan eller aktivitet gone här; planerna är example-"),
        (bundle(), PLAN, "error parameter-missing: Uppgifterna innehåller 0 patienter; ange vem som avses med "),
        ([], PLAN, "error data-not-bundle: --data tar en Bundle med en patients resurser, men det här är ingen FHIR"),
        (PATIENT, PLAN, "error data-not-bundle: --data tar en Bundle med en patients resurser, men det här är en Pat"),
    ],
)
def test_wrong_usage_is_told_in_the_language_asked_for(
    run: Callable[..., tuple[int, str, str]], data: Any, plan: str, said: str
) -> None:
    status, out, err = run(data, "--language", "sv", plan=plan)
    assert (status, out, err[: len(said)]) == (2, "", said)


@pytest.mark.parametrize(
    "entries",
    [None, 1, ["x", {"resource": None}, {"resource": [1]}], [{"resource": {"resourceType": "Patient", "id": ["1"]}}]],
)
def test_entries_of_no_shape_hold_no_patient(run: Callable[..., tuple[int, str, str]], entries: Any) -> None:
    status, out, err = run({"resourceType": "Bundle", "type": "collection", "entry": entries})
    assert (status, out) == (2, "")
    assert err == "error parameter-missing: The data hold 0 patients; name the one that is meant with --subject.\n"


def test_the_only_patient_may_stand_in_a_bundle_of_bundles(run: Callable[..., tuple[int, str, str]]) -> None:
    assert run(bundle(COMPLETE))[0] == 0


@pytest.mark.parametrize(("language", "said"), [("sv", "gick inte att beräkna: ”"), ("en", "could not be computed: “")])
def test_why_a_condition_could_not_be_computed_is_quoted_from_the_engine(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, language: str, said: str
) -> None:
    broken = {"language": "text/fhirpath", "expression": "1 +"}
    condition_ = [{"kind": "applicability", "expression": broken}]
    archive = package_of(tmp_path / "a.tgz", plan(does(condition=condition_)), activity())
    arguments = ("--package", str(archive), "--explain", "--language", language)
    _, out, _ = run(COMPLETE, *arguments, plan="PlanDefinition/plan")
    assert f"\n    {said}" in out
