"""The command line: exit status, what goes to which stream, and that it starts light."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import types
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from publisher import __version__
from publisher.cli import main
from publisher.issue import Issue, Report, Source
from publisher.source import cql

if TYPE_CHECKING:
    from tests.unit.conftest import Authoring

ROOT = Path(__file__).parents[2]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"vademecum {__version__}\n"


def test_compile_is_silent_on_success(authoring: Authoring, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", str(authoring.root)]) == 0
    assert capsys.readouterr() == ("", "")
    assert (authoring.topic / "fhir/SHA256SUMS").is_file()


def test_compile_in_a_folder_without_topics_does_not_write_those_that_are_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["compile"]) == 2
    said = "vademecum: artifacts is not a folder; name the one that holds publisher.yaml.\n"
    assert capsys.readouterr() == ("", said)


def test_compile_with_cql_translates_all_where_some_has_changed_and_else_nothing(
    authoring: Authoring, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def translate(paths: list[Path]) -> tuple[dict[Path, bytes], Report]:
        asked.append([path.name for path in paths])
        return {}, Report()

    monkeypatch.setattr(cql, "translate", translate)
    assert main(["compile", "--cql", str(authoring.root)]) == 0
    changed = authoring.topic / "logic/Nails.cql"
    changed.write_text(changed.read_text("utf-8") + "// changed\n", encoding="utf-8")
    (authoring.topic / "logic/More.cql").write_text("library More\n", encoding="utf-8")
    assert main(["compile", "--cql", str(authoring.root)]) == 1
    assert asked == [[], ["More.cql", "Nails.cql"]]


def test_compile_tells_errors_on_stderr_and_writes_nothing(
    authoring: Authoring, capsys: pytest.CaptureFixture[str]
) -> None:
    authoring.change("plans/nail-care.yaml", "Library/Nails", "Library/Nagel")
    assert main(["compile", str(authoring.root)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        f"{authoring.topic}/plans/nail-care.yaml:7:11: error reference-unresolved: "
        "Library/Nagel is named, which no topic defines; did you mean Nails?\n"
    )
    assert not (authoring.topic / "fhir").exists()


def test_check_writes_nothing_and_tells_what_is_stale(authoring: Authoring, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "--check", str(authoring.root)]) == 1
    assert "error compiled-stale: SHA256SUMS is not there; run `vademecum compile`.\n" in capsys.readouterr().err
    assert not (authoring.topic / "fhir").exists()
    assert main(["compile", str(authoring.root)]) == 0
    assert main(["compile", "--check", str(authoring.root)]) == 0
    assert capsys.readouterr() == ("", "")


def test_coverage_lists_what_carries_each_statement_and_writes_nothing(
    authoring: Authoring, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compile", "--coverage", str(authoring.root)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines()[1] == "DER-01\tPlanDefinition/nail-care.action[0]"
    assert not (authoring.topic / "fhir").exists()


def test_broken_settings_are_issues(authoring: Authoring, capsys: pytest.CaptureFixture[str]) -> None:
    (authoring.root / "publisher.yaml").write_text("a: yes\n", encoding="utf-8")
    assert main(["compile", str(authoring.root)]) == 1
    assert "error implicit-boolean" in capsys.readouterr().err


def test_source_pages_come_from_the_environment_or_stand_beside_the_repository(
    authoring: Authoring, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = authoring.root.parent / "pages/nails.txt"
    page.parent.mkdir()
    page.write_bytes(b"ett tre fyra fem sex")
    authoring.change("topic.yaml", "0" * 64, hashlib.sha256(page.read_bytes()).hexdigest())
    authoring.change("activities/use-cream.yaml", "Ett förslag om kräm.", "Tre fyra fem sex.")
    assert main(["compile", str(authoring.root)]) == 0
    monkeypatch.setenv("VADEMECUM_SOURCES", str(page.parent))
    assert main(["compile", str(authoring.root)]) == 1
    assert "error source-copied" in capsys.readouterr().err
    monkeypatch.delenv("VADEMECUM_SOURCES")
    beside = authoring.root.parent.parent / "shared/guidance/source"
    beside.mkdir(parents=True)
    page.rename(beside / "nails.txt")
    assert main(["compile", str(authoring.root)]) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["unknown"],
        ["compile", "--unknown"],
        ["compile", "no-such-folder"],
        ["serve", "--port", "x"],
        ["serve", "--limit", "0"],
        ["serve", "--limit", "-1"],
        ["serve", "--workers", "0"],
        ["serve", "--base-url", "cds.example"],
        ["serve", "--base-url", "https://cds.example/?a=b"],
        ["serve", "--base-url", "https://user@cds.example"],
        ["serve", "--allow-origin", "ehr.example"],
        ["serve", "--allow-origin", "https://ehr.example/"],
        ["serve", "--allow-origin", "https://EHR.example"],
        ["serve", "--now", "yesterday"],
    ],
)
def test_wrong_usage_is_status_2_and_said_on_stderr(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "vademecum" in err


def test_root_is_the_artifacts_folder_of_the_current_one(authoring: Authoring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(authoring.root.parent)
    assert main(["compile"]) == 0
    assert (authoring.topic / "fhir").is_dir()


def test_root_is_else_the_one_beside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["compile", "--check"]) == 0


def test_cql_writes_elm_beside_every_cql(
    authoring: Authoring, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def translate(paths: Any) -> Any:
        asked.extend(paths)
        return dict.fromkeys(paths, b"{}\n"), Report()

    monkeypatch.setattr(cql, "translate", translate)
    assert main(["cql", "--root", str(authoring.root)]) == 0
    assert asked == [authoring.topic / "logic/Nails.cql"]
    assert (authoring.topic / "logic/Nails.elm.json").read_bytes() == b"{}\n"
    assert capsys.readouterr() == ("", "")


def test_cql_without_files_never_reaches_beyond_the_folder_it_is_run_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cql, "translate", lambda paths: pytest.fail(f"{paths}"))
    monkeypatch.chdir(tmp_path)
    assert main(["cql"]) == 2
    assert capsys.readouterr().err == (
        "vademecum: artifacts is not a folder; name the one that holds publisher.yaml.\n"
    )
    (tmp_path / "artifacts").mkdir()
    assert main(["cql"]) == 2
    assert capsys.readouterr().err == (
        "vademecum: artifacts holds no CQL in the logic folder of a topic; name the files.\n"
    )


def test_cql_takes_a_file_in_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "A.cql"
    path.write_text("library A\n", encoding="utf-8")
    monkeypatch.setattr(cql, "translate", lambda paths: ({paths[0]: b"{}"}, Report([])))
    monkeypatch.chdir(tmp_path)
    assert main(["cql", "A.cql"]) == 0
    assert (tmp_path / "A.elm.json").read_bytes() == b"{}"


def test_cql_takes_files_and_writes_none_while_one_has_an_error(
    authoring: Authoring, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = authoring.topic / "logic/Nails.cql"
    before = path.with_suffix(".elm.json").read_bytes()
    issue = Issue.error("invalid", "cql-translation", "Wrong.", source=Source("Nails.cql", 2, 3))
    monkeypatch.setattr(cql, "translate", lambda paths: ({paths[0]: b"{}"}, Report([issue])))
    assert main(["cql", str(path), "--root", str(authoring.root)]) == 1
    assert capsys.readouterr().err == "Nails.cql:2:3: error cql-translation: Wrong.\n"
    assert path.with_suffix(".elm.json").read_bytes() == before


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, dict[str, Any]]]:
    """Return the calls of the server, which is not started."""
    calls: list[tuple[Any, dict[str, Any]]] = []
    module = types.ModuleType("server.serve")
    module.serve = lambda root, **settings: calls.append((root, settings)) or 0  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "server.serve", module)
    return calls


def test_serve_hands_its_settings_to_the_server(authoring: Authoring, served: list[tuple[Any, dict[str, Any]]]) -> None:
    assert main(["serve", str(authoring.root)]) == 0
    ((root, settings),) = served
    assert root == authoring.root
    assert isinstance(settings.pop("now")(), datetime)
    assert callable(settings.pop("patients"))
    assert settings == {
        "host": "127.0.0.1",
        "port": 8080,
        "base_url": None,
        "evaluate_drafts": False,
        "evaluator": True,
        "inline_content": False,
        "packages": [],
        "translate": False,
        "cors_origins": (),
        "hooks": {
            "patient_parameter": "patient",
            "include_medication": True,
            "release": "2.0",
            "feedback": None,
            "clients": None,
            "tokens": None,
        },
        "withdrawn": None,
        "limit": None,
        "workers": 1,
    }


def test_serve_takes_every_setting(authoring: Authoring, served: list[tuple[Any, dict[str, Any]]]) -> None:
    options = ["--host", "0.0.0.0", "--port", "9000", "--workers", "3"]  # noqa: S104
    switches = ["--base-url", "https://x.example", "--evaluate-drafts", "--no-evaluator", "--inline-content"]
    moment = ["--now", "2026-01-02T03:04:05+00:00"]
    packages = ["--package", "a.tgz", "--package", "b", "--translate"]
    hooks = ["--prefetch-by", "subject", "--no-prefetch-include", "--cds-hooks", "3.0", "--feedback", "f"]
    trust = [
        "--clients",
        "c",
        "--tokens",
        "t",
        "--allow-origin",
        "https://a.example",
        "--withdrawn",
        "w",
        "--limit",
        "600",
    ]
    assert main(["serve", *options, *switches, *packages, *moment, *hooks, *trust, str(authoring.root)]) == 0
    ((_, settings),) = served
    assert callable(settings.pop("patients"))
    assert settings.pop("now")() == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert settings == {
        "host": "0.0.0.0",  # noqa: S104
        "port": 9000,
        "base_url": "https://x.example",
        "evaluate_drafts": True,
        "evaluator": False,
        "inline_content": True,
        "packages": [Path("a.tgz"), Path("b")],
        "translate": True,
        "cors_origins": ("https://a.example",),
        "hooks": {
            "patient_parameter": "subject",
            "include_medication": False,
            "release": "3.0",
            "feedback": Path("f"),
            "clients": Path("c"),
            "tokens": Path("t"),
        },
        "withdrawn": Path("w"),
        "limit": 600,
        "workers": 3,
    }


def test_a_fixed_date_is_that_day_on_this_machine(
    authoring: Authoring, served: list[tuple[Any, dict[str, Any]]]
) -> None:
    main(["serve", "--now", "2026-01-02", str(authoring.root)])
    moment = served[0][1]["now"]()
    assert moment.isoformat().startswith("2026-01-02T00:00:00")
    assert moment.tzinfo is not None


def test_help_and_version_import_nothing_heavy() -> None:
    program = (
        "import sys; from publisher.cli import main; main(['--version']); "
        "heavy = {'yaml', 'flask', 'jsonschema', 'fhir', 'requests', 'json', 'subprocess'}; "
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        text=True,
        env={"PYTHONPATH": str(ROOT)},
    )
    assert done.stderr == "[]\n"
