"""CQL becomes ELM by the official translator; stale ELM is found without it."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import pytest

from publisher.issue import IssueError, Report, Source
from publisher.source import cql

if TYPE_CHECKING:
    from pathlib import Path

LEG_CRAMPS = """\
library LegCramps version '0.1.0'
using FHIR version '4.0.1'
include FHIRHelpers version '4.0.1' called FHIRHelpers
valueset "Leg Cramp Conditions": 'http://example.org/fhir/ValueSet/leg-cramp-conditions'
valueset "Statins": 'http://example.org/fhir/ValueSet/statins'
parameter ContextPrescriptions List<FHIR.MedicationRequest>
context Patient
define "Active Leg Cramp":
  exists ([Condition: "Leg Cramp Conditions"] C where C.clinicalStatus.coding.code contains 'active')
define function "Is Current"(request FHIR.MedicationRequest): request.status in { 'active', 'on-hold' }
define "Current Medication Requests": [MedicationRequest] R where "Is Current"(R)
define "Medicines": from "Current Medication Requests" R return R.medication as FHIR.CodeableConcept
define "Takes Statin": exists ("Medicines" M where M in "Statins")
define "Draft Quinine":
  exists (ContextPrescriptions P where (P.medication as FHIR.CodeableConcept) in "Statins")
define "Vadkramp på natten": 'ja'
"""

HEADER = "using FHIR version '4.0.1'\ninclude FHIRHelpers version '4.0.1' called FHIRHelpers\n"
GOOD_UNITS = (
    *("1", "%", "mg", "/min", "mg/dL", "mmol/L", "10*9/L", "U/L", "[iU]/L", "mL/min/{1.73_m2}", "ug/kg/h"),
    *("mm[Hg]", "Cel", "[degF]", "{tablet}", "a", "kg/m2", "(mg.h)/L", "m2.kg-1"),
)
BAD_UNITS = ("mgg", "tablet", "mg/", "mg dL", "(mg", "10^^3", "")


def units(names: tuple[str, ...]) -> str:
    defines = "".join(f"define U{number}: 5 '{name}'\n" for number, name in enumerate(names))
    return f"library Units version '1'\n{defines}"


SOURCES = {
    "LegCramps.cql": LEG_CRAMPS,
    "crlf/LegCramps.cql": LEG_CRAMPS.replace("\n", "\r\n"),
    "Shared-1.2.cql": (
        f"library Shared version '1.2'\n{HEADER}context Patient\ndefine Male: Patient.gender = 'male'\n"
    ),
    "Plain.cql": "library Plain version '3'\ndefine Limit: 3 'mg'\n",
    "Including.cql": (
        f"library Including version '1'\n{HEADER}"
        "include Shared version '1.2' called Shared\n"
        "include Plain called Plain\n"
        "context Patient\n"
        "define A: Shared.Male and Plain.Limit > 2 'mg'\n"
    ),
    "Period.cql": (
        f"library Period version '1'\n{HEADER}context Patient\n"
        "define A: [Encounter] E where E.period during Interval[@2020-01-01T00:00:00.0, Now()]\n"
        "define B: [Observation] O where O.value > 5 'mg'\n"
        "define C: [Condition] D where (D.onset as FHIR.Range) contains 40 'a'\n"
    ),
    "Good.cql": units(GOOD_UNITS),
    "Bad.cql": units(BAD_UNITS),
    "Syntax.cql": "library Syntax version '1'\ndefine A: 1\ndefine B: 1 +* 2\n",
    "Semantic.cql": f"library Semantic version '1'\n{HEADER}context Patient\ndefine A: Patient.shoeSize\n",
    "IncludesSemantic.cql": "library IncludesSemantic version '1'\ninclude Semantic called S\n",
    "Nowhere.cql": "library Nowhere version '1'\ninclude Missing version '9' called M\n",
    "Warned.cql": "library Warned version '1'\ndefine A: 1\ndefine B: ({ 1, 2 }) A where A > 1\n",
}


@pytest.fixture(scope="module")
def packages() -> Path:
    """Return the folder of the translator's packages; without Node or a registry, skip what translates."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("translating CQL needs node and npm, which are not on the PATH")
    try:
        return cql.install(cql.cache_folder())
    except IssueError as error:
        pytest.skip(error.report.to_text())


class Translated:
    """What one run of the translator made of SOURCES and of the generated FHIRHelpers."""

    def __init__(self, folder: Path, packages: Path) -> None:
        """Write the sources to `folder` and translate them all."""
        self.folder = folder
        for name, text in SOURCES.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(text.encode())
        helpers = folder / "generated" / "FHIRHelpers.cql"
        helpers.parent.mkdir()
        helpers.write_bytes(generated_fhir_helpers(packages))
        self.names = [*SOURCES, "generated/FHIRHelpers.cql"]
        self.elms, self.report = self.translate(self.names)

    def translate(self, names: list[str]) -> tuple[dict[str, bytes], Report]:
        """Return ELM by name, and the issues, of the sources `names`."""
        elms, report = cql.translate([self.folder / name for name in names])
        return {path.relative_to(self.folder).as_posix(): elm for path, elm in elms.items()}, report

    def library(self, name: str) -> dict[str, Any]:
        """Return the ELM library of the source `name`."""
        library: dict[str, Any] = json.loads(self.elms[name])["library"]
        return library

    def issues(self, name: str) -> list[tuple[str, int, int, str]]:
        """Return severity, line, column and diagnostics of each issue of the source `name`."""
        file = str(self.folder / name)
        return [
            (issue.severity, issue.source.line, issue.source.column, issue.diagnostics)
            for issue in self.report
            if issue.source and issue.source.file == file
        ]


@pytest.fixture(scope="module")
def translated(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Translated:
    """Return one run of the translator over SOURCES."""
    return Translated(tmp_path_factory.mktemp("logic"), packages)


def model_info(packages: Path) -> Path:
    return packages / "node_modules/cql-exec-fhir/lib/modelInfos/fhir-modelinfo-4.0.1.xml"


def generated_fhir_helpers(packages: Path) -> bytes:
    command = ["node", str(cql.TRANSLATOR / "fhirhelpers.mjs"), str(model_info(packages))]
    return subprocess.run(command, capture_output=True, check=True).stdout


def function_refs(node: Any) -> list[tuple[str, list[str]]]:
    """Return name and signature of each call of FHIRHelpers below `node`."""
    if isinstance(node, list):
        return [ref for item in node for ref in function_refs(item)]
    if not isinstance(node, dict):
        return []
    below = [ref for item in node.values() for ref in function_refs(item)]
    if node.get("libraryName") != "FHIRHelpers":
        return below
    return [(node["name"], [operand["name"] for operand in node["signature"]]), *below]


def type_name(specifier: dict[str, Any]) -> str:
    return f"{specifier['name']}".replace("{http://hl7.org/fhir}", "FHIR.").replace(
        "{urn:hl7-org:elm-types:r1}", "System."
    )


def result_type(function: dict[str, Any]) -> str:
    if "resultTypeName" in function:
        return type_name({"name": function["resultTypeName"]})
    return f"Interval<{type_name(function['resultTypeSpecifier']['pointType'])}>"


# Translation


def test_a_library_translates_without_issue(translated: Translated) -> None:
    assert translated.issues("LegCramps.cql") == []
    assert translated.library("LegCramps.cql")["identifier"] == {"id": "LegCramps", "version": "0.1.0"}


def test_elm_records_the_options_it_was_translated_with(translated: Translated) -> None:
    info, *_ = translated.library("LegCramps.cql")["annotation"]
    assert (info["translatorVersion"], info["signatureLevel"]) == ("5.3.0", "Overloads")
    assert info["translatorOptions"] == (
        "EnableAnnotations,EnableLocators,DisableListDemotion,DisableListPromotion,EnableResultTypes"
    )


def test_elm_is_one_line_of_compact_utf_8(translated: Translated) -> None:
    elm = translated.elms["LegCramps.cql"]
    assert elm.startswith(b'{"library":{"localId"')
    assert elm.endswith(b"}}\n")
    assert elm.count(b"\n") == 1
    assert "Vadkramp på natten".encode() in elm


def test_elm_carries_the_hash_of_its_cql_in_its_last_annotation(translated: Translated) -> None:
    sha256 = hashlib.sha256(LEG_CRAMPS.encode()).hexdigest()
    last = translated.library("LegCramps.cql")["annotation"][-1]
    assert last == {"type": "Annotation", "t": [{"name": "cql-sha256", "value": sha256}]}


def test_elm_names_no_folder_of_the_machine(translated: Translated) -> None:
    folders = (str(translated.folder).encode(), str(cql.TRANSLATOR).encode())
    assert not [name for name, elm in translated.elms.items() if any(folder in elm for folder in folders)]


def test_translating_again_in_another_order_gives_the_same_bytes(translated: Translated) -> None:
    again, report = translated.translate(translated.names[::-1])
    assert again == translated.elms
    assert set(report) == set(translated.report)


def test_line_ends_of_the_checkout_do_not_change_elm(translated: Translated) -> None:
    assert translated.elms["crlf/LegCramps.cql"] == translated.elms["LegCramps.cql"]


def test_fresh_elm_is_not_stale(translated: Translated, tmp_path: Path) -> None:
    elm = tmp_path / "LegCramps.elm.json"
    elm.write_bytes(translated.elms["LegCramps.cql"])
    assert cql.stale(translated.folder / "LegCramps.cql", elm) is None


def test_nothing_to_translate_is_no_work() -> None:
    elms, report = cql.translate([])
    assert (elms, list(report)) == ({}, [])


# Issues of the translator


def test_syntax_error_has_line_and_column(translated: Translated) -> None:
    first, *_ = translated.issues("Syntax.cql")
    assert first == ("error", 3, 14, "Syntax error at *")


def test_translator_issue_has_rule_code_and_source(translated: Translated) -> None:
    source = Source(str(translated.folder / "Semantic.cql"), 5, 19)
    [issue] = [issue for issue in translated.report if issue.source == source]
    assert (issue.severity, issue.code, issue.rule) == ("error", "invalid", "cql-translation")
    assert issue.diagnostics == "Member shoeSize not found for type Patient."


@pytest.mark.parametrize("name", ["Syntax.cql", "Semantic.cql", "Bad.cql", "IncludesSemantic.cql"])
def test_cql_with_an_error_has_no_elm(translated: Translated, name: str) -> None:
    assert name not in translated.elms


def test_a_warning_leaves_the_elm(translated: Translated) -> None:
    [issue] = translated.issues("Warned.cql")
    assert issue[0] == "warning"
    assert "Warned.cql" in translated.elms


def test_known_units_pass(translated: Translated) -> None:
    [arbitrary] = translated.issues("Good.cql")
    assert arbitrary[:3] == ("warning", 2 + GOOD_UNITS.index("[iU]/L"), 12)


def test_unknown_unit_is_an_error_at_its_quantity(translated: Translated) -> None:
    expected = [
        ("error", line, 12, f"'{unit}' is not a known UCUM unit") for line, unit in enumerate(BAD_UNITS[:-1], 2)
    ]
    assert translated.issues("Bad.cql")[: len(expected)] == expected


# Included libraries


def test_included_library_is_found_beside_the_file(translated: Translated) -> None:
    assert translated.issues("Including.cql") == []
    includes = translated.library("Including.cql")["includes"]["def"]
    assert [(item["path"], item.get("version")) for item in includes] == [
        ("FHIRHelpers", "4.0.1"),
        ("Shared", "1.2"),
        ("Plain", None),
    ]


def test_error_in_an_included_library_is_said_once_at_its_own_place(translated: Translated) -> None:
    assert len(translated.issues("Semantic.cql")) == 1
    assert translated.issues("IncludesSemantic.cql") == []


def test_missing_library_is_an_error_at_its_include(translated: Translated) -> None:
    [issue] = translated.issues("Nowhere.cql")
    assert issue[:3] == ("error", 2, 1)
    assert "Could not load source for library Missing, version 9" in issue[3]


# FHIRHelpers


def test_generated_fhir_helpers_translates_without_issue(translated: Translated) -> None:
    assert translated.issues("generated/FHIRHelpers.cql") == []


def test_fhir_helpers_has_a_function_of_the_right_type_for_every_conversion(
    translated: Translated, packages: Path
) -> None:
    root = ET.parse(model_info(packages)).getroot()  # noqa: S314 -- pinned by hash in the lock file
    conversions = {
        (item.attrib["functionName"], item.attrib["fromType"], item.attrib["toType"])
        for item in root.iter("{urn:hl7-org:elm-modelinfo:r1}conversionInfo")
    }
    functions = {
        (
            f"FHIRHelpers.{item['name']}",
            type_name(item["operand"][0]["operandTypeSpecifier"]),
            result_type(item),
        )
        for item in translated.library("generated/FHIRHelpers.cql")["statements"]["def"]
    }
    assert len(conversions) > 260
    assert functions - conversions == {
        ("FHIRHelpers.ToCalendarUnit", "System.String", "System.String"),
        ("FHIRHelpers.ToQuantityIgnoringComparator", "FHIR.Quantity", "System.Quantity"),
        ("FHIRHelpers.ToInterval", "FHIR.Quantity", "Interval<System.Quantity>"),
    }
    assert conversions - functions == set()


def test_implicit_conversion_is_a_call_that_names_its_overload(translated: Translated) -> None:
    assert function_refs(translated.library("LegCramps.cql")["statements"]) == [
        ("ToString", ["{http://hl7.org/fhir}string"]),
        ("ToString", ["{http://hl7.org/fhir}MedicationRequestStatus"]),
        ("ToConcept", []),
        ("ToConcept", []),
    ]


def test_period_quantity_and_range_convert_implicitly(translated: Translated) -> None:
    assert translated.issues("Period.cql") == []
    assert function_refs(translated.library("Period.cql")["statements"]) == [
        ("ToInterval", ["{http://hl7.org/fhir}Period"]),
        ("ToQuantity", []),
        ("ToInterval", ["{http://hl7.org/fhir}Range"]),
    ]


# The translator's packages


def test_packages_are_pinned_exactly_by_hash_and_by_no_address() -> None:
    lock = json.loads((cql.TRANSLATOR / "package-lock.json").read_bytes())
    wanted = json.loads((cql.TRANSLATOR / "package.json").read_bytes())["dependencies"]
    root, *packages = lock["packages"].items()
    assert root[1]["dependencies"] == wanted == {"@cqframework/cql": "5.3.0", "cql-exec-fhir": "2.2.0"}
    assert [name for name, package in packages if not package["integrity"].startswith("sha512-")] == []
    assert [name for name, package in packages if "resolved" in package] == []


def fake(folder: Path, name: str, script: str) -> None:
    """Put a program `name` in `folder`, which is the whole PATH of the test."""
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that is the whole PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a file of CQL."""
    file = tmp_path / "Plain.cql"
    file.write_text(SOURCES["Plain.cql"])
    return file


FAKE_NPM = "/bin/mkdir node_modules; echo once >> ../../installs"


@pytest.mark.parametrize(("present", "absent"), [("node", "npm"), ("npm", "node")])
def test_absent_program_is_an_issue_that_says_what_to_install(
    path: Path, source: Path, tmp_path: Path, *, present: str, absent: str
) -> None:
    fake(path, present, FAKE_NPM)
    elms, report = cql.translate([source], cache=tmp_path / "cache")
    [issue] = report
    assert elms == {}
    assert (issue.severity, issue.code, issue.rule) == ("fatal", "processing", "cql-translator-missing")
    assert f"needs `{absent}`, which is not on the PATH: install Node 20" in issue.diagnostics


def test_failed_install_is_an_issue_and_leaves_nothing(path: Path, source: Path, tmp_path: Path) -> None:
    fake(path, "npm", "echo 'npm error code EHASH' >&2; exit 1")
    elms, report = cql.translate([source], cache=tmp_path / "cache")
    [issue] = report
    assert (elms, list((tmp_path / "cache").iterdir())) == ({}, [])
    assert (issue.severity, issue.rule) == ("fatal", "cql-translator-install")
    assert "(npm error code EHASH)" in issue.diagnostics


def test_translator_that_stops_is_an_issue(path: Path, source: Path, tmp_path: Path) -> None:
    fake(path, "npm", FAKE_NPM)
    fake(path, "node", "echo 'SyntaxError: odd' >&2; exit 1")
    elms, report = cql.translate([source], cache=tmp_path / "cache")
    [issue] = report
    assert elms == {}
    assert (issue.severity, issue.code, issue.rule) == ("fatal", "exception", "cql-translator-failed")
    assert "(SyntaxError: odd)" in issue.diagnostics


def test_cache_that_cannot_be_made_is_an_issue(path: Path, source: Path) -> None:
    fake(path, "npm", FAKE_NPM)
    _, report = cql.translate([source], cache=source / "cache")
    assert [issue.rule for issue in report] == ["cql-translator-install"]


def test_packages_are_installed_once(path: Path, tmp_path: Path) -> None:
    fake(path, "npm", FAKE_NPM)
    cache = tmp_path / "cache"
    lock = (cql.TRANSLATOR / "package-lock.json").read_bytes().replace(b"\r\n", b"\n")
    assert cql.install(cache) == cql.install(cache)
    assert cql.install(cache).name == f"cql-translator-{hashlib.sha256(lock).hexdigest()[:12]}"
    assert (cache / "installs").read_text() == "once\n"


def test_cache_folder_follows_the_user_s_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cql.cache_folder() == tmp_path / "vademecum"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cql.cache_folder() == tmp_path / ".cache" / "vademecum"
