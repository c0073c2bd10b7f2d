"""The terminology lock and the statements against the tables they were taken from, where these are at hand."""

from __future__ import annotations

import csv
import os
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from publisher.language import text as text_in
from publisher.pipeline import compile_topics
from publisher.r4.check_digits import code_problem
from publisher.repository import Artifact, Repository, Resource
from publisher.source.folder import Sources, load
from publisher.topic import Statement, Strength, Topic
from publisher.validation.codes import flagged_codes
from publisher.validation.context import Context, walk_elements
from publisher.validation.strength import statement_wording_is_no_stronger

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "artifacts" / "terminology.csv"
ATC = "http://www.whocc.no/atc"
CHECKED = {"sv": re.compile(r"kontrollera|egen rad i ATC-registret"), "en": re.compile(r"checked|row of its own")}
OUTSIDE = ("http://snomed.info/sct", "http://loinc.org", "http://npu-terminology.org", ATC, "https://www.icd10.se/")

Row = dict[str, str]


def table(variable: str, default: str, name: str) -> list[Row]:
    path = Path(os.environ.get(variable) or ROOT / ".." / "shared" / default) / name
    if not path.is_file():
        pytest.skip(f"NOT RUN: there is no {name} in {path.parent}; name its folder in {variable}")
    return rows(path)


def rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def codes() -> list[Row]:
    return table("VADEMECUM_TERMINOLOGY", "terminology", "terminology.csv")


@pytest.fixture(scope="module")
def members() -> list[Row]:
    return table("VADEMECUM_TERMINOLOGY", "terminology", "atc-members.csv")


@pytest.fixture(scope="module")
def guidance() -> dict[str, Row]:
    return {row["id"]: row for row in table("VADEMECUM_GUIDANCE", "guidance", "benkramp-statements.csv")}


@pytest.fixture(scope="module")
def sources() -> Sources:
    found, report = load(ROOT / "artifacts")
    assert not report.has_errors
    return found


@pytest.fixture(scope="module")
def topic(sources: Sources) -> Topic:
    return next(one.topic for one in sources.folders if one.topic.id == "leg-cramps")


@pytest.fixture(scope="module")
def artifacts() -> list[Artifact]:
    topics, _ = compile_topics(ROOT / "artifacts")
    return [artifact for one in topics for artifact in one.artifacts]


def expected(codes: list[Row], members: list[Row]) -> dict[tuple[str, str], tuple[str, set[str]]]:
    """Return the status and the displays that each locked code may have, by system and code."""
    verdicts, displays = defaultdict(set), defaultdict(set)
    for row in codes:
        verdicts[row["system_uri"], row["code"]].add(row["status"])
        if row["status"] != "wrong":
            displays[row["system_uri"], row["code"]].add(row["display"])
    for row in members:
        verdicts[ATC, row["code"]].add(row["decision"])
        displays[ATC, row["code"]].add(row["display"])
    return {key: (status, displays[key]) for key, found in verdicts.items() if key[1] and (status := verdict(found))}


def verdict(found: set[str]) -> str | None:
    if found & {"verified", "include"}:
        return "verified"
    return "flagged" if "include-flagged" in found else "wrong" if "wrong" in found else None


def test_the_lock_holds_the_codes_of_the_tables_and_no_others(codes: list[Row], members: list[Row]) -> None:
    wanted = expected(codes, members)
    locked = {(row["system"], row["code"]): row["status"] for row in rows(LOCK)}
    assert locked == {key: status for key, (status, _) in wanted.items()}


def test_every_code_is_called_in_the_lock_as_in_the_tables(codes: list[Row], members: list[Row]) -> None:
    wanted = expected(codes, members)
    allowed = [row for row in rows(LOCK) if row["status"] != "wrong"]
    differing = [row for row in allowed if row["display"] not in wanted[row["system"], row["code"]][1]]
    assert differing == []


def test_every_code_of_the_lock_that_may_be_written_has_a_right_check_digit() -> None:
    allowed = [row for row in rows(LOCK) if row["status"] != "wrong"]
    assert [row for row in allowed if code_problem(row["system"], row["code"])] == []


def test_every_code_in_a_compiled_artifact_obeys_the_lock(artifacts: list[Artifact], sources: Sources) -> None:
    refused = []
    for artifact in artifacts:
        written = {key: value for key, value in artifact.resource.items() if key != "expansion"}
        for path, element in walk_elements(written):
            system = element.get("system")
            for one in (element, *element.get("concept", ())) if system in OUTSIDE else ():
                row = sources.lock.rows.get((system, one["code"])) if "code" in one else None
                if "code" in one and (row is None or row.status == "wrong" or row.display != one.get("display")):
                    refused.append((path, system, one))
    assert refused == []


def test_flagged_codes_are_listed_by_the_artifacts_that_carry_them(artifacts: list[Artifact]) -> None:
    code = next((ATC, one["code"]) for one in rows(LOCK) if one["system"] == ATC and one["code"] == "P01BC01")
    assert flagged_codes(artifacts, {code}) == {code: ("ActivityDefinition/no-quinine", "ValueSet/quinine")}


def test_compiling_lists_exactly_the_flagged_codes(artifacts: list[Artifact], sources: Sources) -> None:
    _, report = compile_topics(ROOT / "artifacts")
    told = "".join(issue.diagnostics for issue in report if issue.rule == "codes-flagged")
    for _, code in flagged_codes(artifacts, sources.lock.flagged):
        assert code in told
    assert bool(told) is bool(flagged_codes(artifacts, sources.lock.flagged))


SETS = {  # the value set that holds the medicines of a set of the table
    "trigger-drug-thiazide": "thiazides",
    "trigger-drug-statin": "statins",
    "trigger-drug-beta-agonist": "beta-agonists",
    "quinine": "quinine",
    "levodopa": "levodopa",
    "dopamine-agonist": "dopamine-agonists",
    "b-vitamin": "b-vitamins",
    "magnesium": "magnesium-products",
    "selenium": "selenium-products",
    "diltiazem": "diltiazem",
    "verapamil": "verapamil",
    "iron": "iron-products",
}


def value_set(name: str, artifacts: list[Artifact]) -> Resource:
    return next(one.resource for one in artifacts if (one.type, one.id) == ("ValueSet", name))


def written_codes(resource: Resource) -> list[tuple[str, str]]:
    rows = resource["compose"]["include"]
    return [(include["system"], one["code"]) for include in rows for one in include.get("concept", ())]


@pytest.mark.parametrize(("name", "set_id"), SETS.items())
def test_a_set_of_medicines_holds_the_included_rows_of_the_table(
    name: str, set_id: str, artifacts: list[Artifact], members: list[Row]
) -> None:
    included = [row["code"] for row in members if row["set"] == name and row["decision"] != "exclude"]
    assert [code for _, code in written_codes(value_set(set_id, artifacts))] == included


def test_the_benzodiazepines_are_the_two_that_the_source_names(artifacts: list[Artifact], members: list[Row]) -> None:
    named = [row["code"] for row in members if row["set"] == "benzodiazepine" and "named product" in row["reason"]]
    assert [code for _, code in written_codes(value_set("benzodiazepines", artifacts))] == named


def test_every_value_set_of_outside_codes_says_in_each_language_what_they_were_checked_against(
    artifacts: list[Artifact], sources: Sources
) -> None:
    silent = [
        (one.id, language)
        for one in artifacts
        if one.type == "ValueSet" and any(system in OUTSIDE for system, _ in written_codes(one.resource))
        for language in sources.publisher.languages
        if not CHECKED[language].search(text_in(one.resource, "purpose", language) or "")
    ]
    assert silent == []


def test_every_flagged_code_is_named_by_the_purpose_of_its_value_set(
    artifacts: list[Artifact], sources: Sources, members: list[Row]
) -> None:
    flagged = {row["code"] for row in members if row["decision"] == "include-flagged"}
    unnamed = [
        (one.id, code)
        for one in artifacts
        if one.type == "ValueSet"
        for system, code in written_codes(one.resource)
        for language in sources.publisher.languages
        if system == ATC and code in flagged and code not in str(text_in(one.resource, "purpose", language))
    ]
    assert unnamed == []


def test_statements_have_the_strength_and_type_of_the_guidance(topic: Topic, guidance: dict[str, Row]) -> None:
    of_page = [one for one in topic.statements.values() if not one.awaits_clinician]
    assert {one.id: (one.strength, one.type) for one in of_page} == {
        one.id: (guidance[one.id]["strength"], guidance[one.id]["type"]) for one in of_page
    }


def test_every_statement_of_the_guidance_is_in_the_topic(topic: Topic, guidance: dict[str, Row]) -> None:
    assert guidance.keys() - topic.statements.keys() == set()


def test_the_strengths_of_the_guidance_are_those_of_the_table(sources: Sources, guidance: dict[str, Row]) -> None:
    assert {row["strength"] for row in guidance.values()} == set(sources.strengths)


def test_no_paraphrase_of_the_guidance_is_stronger_than_its_own_strength(
    topic: Topic, sources: Sources, guidance: dict[str, Row]
) -> None:
    statements = {
        name: Statement(
            name, row["type"], row["strength"], {"sv": row["statement_sv"], "en": row["statement_en"]}, None
        )
        for name, row in guidance.items()
    }
    whole = Topic(topic.id, topic.version, topic.date, "draft", experimental=True, title={}, description={},
                  statements=statements)  # fmt: skip
    context = Context(sources.publisher, whole, Repository(()), strengths=sources.strengths)
    assert [str(one) for one in statement_wording_is_no_stronger(whole, context)] == []


def test_the_code_system_of_strengths_holds_the_codes_of_the_table(artifacts: list[Artifact], sources: Sources) -> None:
    (system,) = (one.resource for one in artifacts if (one.type, one.id) == ("CodeSystem", "guidance-strength"))
    assert [one["code"] for one in system["concept"]] == list(sources.strengths)


def test_the_table_forbids_something_in_every_language_for_every_strength(sources: Sources) -> None:
    for strength in sources.strengths.values():
        assert all(strength.must_not_say[language] for language in sources.publisher.languages), strength.code


MUST_NOT_SAY = {  # the vocabulary of the guidance: what a card must not say, in the words of that table
    "do": ["must", "required", "måste", "krävs"],
    "consider": ["recommended", "rekommenderas"],
    "may-be-tried": ["effective", "effektivt"],
    "last-resort": ["may be tried", "kan prövas"],
    "not-recommended": ["contraindicated", "forbidden", "kontraindicerat", "förbjudet"],
    "no-documented-effect": ["does not work", "harmful", "fungerar inte", "skadligt"],
    "no-effect-shown": ["does not work", "harmful", "fungerar inte", "skadligt"],
    "some-report-benefit": ["works", "fungerar"],
    "lowers-threshold": ["caused by", "orsakas av"],
    "predisposes": ["caused by", "orsakas av"],
    "associated": ["caused by", "orsakas av"],
    "usually": ["always", "never", "alltid", "aldrig"],
    "sometimes": ["always", "never", "alltid", "aldrig"],
    "possible": ["always", "never", "alltid", "aldrig"],
    "stated": ["always", "never", "alltid", "aldrig"],
    "listed-only": ["suggested product", "föreslagen produkt"],
    "conditional": ["suggested product", "föreslagen produkt"],
}
MAY_SAY = {  # and what it may say
    "do": ["We advise examining the legs.", "Undersök benen. Råd: dra ned på alkoholen."],
    "consider": ["Consider a test.", "Överväg ett prov."],
    "may-be-tried": ["Massage may be tried.", "Massage kan prövas."],
    "last-resort": ["Only if all else fails.", "Bara om inget annat räcker."],
    "not-recommended": [
        "Advised against for two reasons: possible side effects and weak documentation.",
        "Avråds av två skäl: möjliga biverkningar och svagt underlag. Rekommenderas inte.",
    ],
    "no-documented-effect": ["Has no documented effect.", "Har ingen dokumenterad effekt."],
    "no-effect-shown": ["Has not been shown to help.", "Har inte visats hjälpa."],
    "some-report-benefit": ["Some report benefit.", "En del uppger nytta."],
    "lowers-threshold": ["May contribute to the cramp.", "Kan bidra till krampen."],
    "predisposes": ["May contribute to the cramp.", "Kan bidra till krampen."],
    "associated": ["May contribute. Look for possible causes.", "Kan bidra. Leta efter möjliga orsaker."],
    "usually": ["Usually at night.", "Vanligen på natten."],
    "sometimes": ["In some.", "Hos en del."],
    "possible": ["The calf may feel stiff.", "Vaden kan kännas stel."],
    "stated": ["Quinine is not approved.", "Kinin är inte godkänt."],
    "listed-only": ["Named by the source.", "Nämns av källan."],
    "conditional": ["If there is a deficiency.", "Om brist föreligger."],
}


def words(strength: Strength, text: str, sources: Sources, topic: Topic) -> Counter[str]:
    """Return the languages in which the table refuses `text` for a statement of this strength."""
    statement = Statement("X-1", "treatment", strength.code, {"sv": text, "en": text})
    whole = Topic(topic.id, topic.version, topic.date, "draft", experimental=True, title={}, description={},
                  statements={"X-1": statement})  # fmt: skip
    context = Context(sources.publisher, whole, Repository(()), strengths=sources.strengths)
    return Counter(one.diagnostics.split("'")[1] for one in statement_wording_is_no_stronger(whole, context))


@pytest.mark.parametrize("code", MUST_NOT_SAY)
def test_the_table_refuses_what_the_vocabulary_forbids(code: str, sources: Sources, topic: Topic) -> None:
    for text in MUST_NOT_SAY[code]:
        assert words(sources.strengths[code], text, sources, topic), text
        assert words(sources.strengths[code], f"Detta är inte {text.upper()}.", sources, topic), text


@pytest.mark.parametrize("code", MAY_SAY)
def test_the_table_lets_through_what_the_vocabulary_allows(code: str, sources: Sources, topic: Topic) -> None:
    for text in MAY_SAY[code]:
        assert not words(sources.strengths[code], text, sources, topic), text
