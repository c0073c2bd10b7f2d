"""The six shorthands: what each becomes, and what an author is told when one is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from publisher.issue import Source
from publisher.source.catalogue import TopicFolder, catalogue_of
from publisher.source.folder import load
from publisher.source.shorthand import PlainResource, plain
from publisher.source.yaml import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.conftest import Authoring

    Written = Callable[[str], tuple[PlainResource, list[str]]]
    WrittenOut = Callable[[str], dict[str, Any]]
    Told = Callable[[str], list[str]]

BASE = "https://example.org/fhir"


def in_english(text: str) -> dict[str, Any]:
    parts = [{"url": "lang", "valueCode": "en"}, {"url": "content", "valueString": text}]
    return {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/translation", "extension": parts}]}


@pytest.fixture
def write(authoring: Authoring) -> Written:
    """Return a function that writes out one more resource of the topic."""
    sources, report = load(authoring.root)
    assert not report.has_errors

    def written(text: str) -> tuple[PlainResource, list[str]]:
        document = parse(text.encode(), file="new.yaml")
        (folder,) = sources.folders
        whole = TopicFolder(folder.topic, folder.document, (*folder.resources, document))
        catalogue, issues = catalogue_of(sources.publisher, [whole], sources.lock)
        assert issues == []
        found, issues = plain(document, whole, catalogue)
        return found, [str(issue) for issue in issues]

    return written


@pytest.fixture
def resource(write: Written) -> WrittenOut:
    """Return a function that writes out a resource in which nothing is wrong."""

    def written(text: str) -> dict[str, Any]:
        found, issues = write(text)
        assert issues == []
        return found.resource

    return written


@pytest.fixture
def issues(write: Written) -> Told:
    """Return a function that tells what is wrong in a resource."""
    return lambda text: write(text)[1]


PLAN = "resourceType: PlanDefinition\nid: plan\n"


class TestLanguageMaps:
    """`{sv: ..., en: ...}` becomes the text in the default language with its translation beside it."""

    def test_of_an_element(self, resource: WrittenOut) -> None:
        plan = resource(f"{PLAN}title: {{sv: Naglar, en: Nails}}\n")
        assert (plan["title"], plan["_title"]) == ("Naglar", in_english("Nails"))

    def test_of_a_nested_element(self, resource: WrittenOut) -> None:
        plan = resource(f"{PLAN}action:\n  - title: {{en: Nails, sv: Naglar}}\n")
        assert plan["action"] == [{"title": "Naglar", "_title": in_english("Nails")}]

    def test_of_an_item_of_a_list(self, resource: WrittenOut) -> None:
        person = resource("resourceType: Practitioner\nid: p\nname:\n  - given: [A, {sv: Be, en: Bee}, C]\n")
        assert person["name"][0] == {"given": ["A", "Be", "C"], "_given": [None, in_english("Bee"), None]}

    def test_of_an_extension_value(self, resource: WrittenOut) -> None:
        plan = resource(f"{PLAN}extension:\n  - url: http://x.example\n    valueString: {{sv: A, en: B}}\n")
        assert plan["extension"][0] == {
            "url": "http://x.example",
            "valueString": "A",
            "_valueString": in_english("B"),
        }

    def test_beside_extensions_that_the_file_gives_itself(self, resource: WrittenOut) -> None:
        mine = {"url": "http://x.example", "valueCode": "y"}
        text = "_title: {id: t, extension: [{url: 'http://x.example', valueCode: y}]}\n"
        for order in (f"title: {{sv: A, en: B}}\n{text}", f"{text}title: {{sv: A, en: B}}\n"):
            plan = resource(PLAN + order)
            assert plan["title"] == "A"
            assert plan["_title"]["id"] == "t"
            assert sorted(plan["_title"]["extension"], key=str) == sorted(
                [mine, *in_english("B")["extension"]], key=str
            )

    def test_of_a_block_of_text_without_its_last_line_end(self, resource: WrittenOut) -> None:
        plan = resource(f"{PLAN}description:\n  sv: |\n    A\n\n    B\n  en: C\n")
        assert plan["description"] == "A\n\nB"

    def test_every_language_is_required(self, issues: Told) -> None:
        assert issues(f"{PLAN}title: {{sv: Naglar}}\n") == [
            "new.yaml:3:1: error language-missing: The text in 'en' is missing; add it beside the other language."
        ]
        assert issues(f"{PLAN}title: {{sv: ' ', en: Nails}}\n") == [
            "new.yaml:3:1: error language-missing: The text in 'sv' is missing; add it beside the other language."
        ]

    def test_other_languages_are_unknown(self, issues: Told) -> None:
        assert issues(f"{PLAN}title: {{sv: A, en: B, fr: C}}\n") == [
            "new.yaml:3:23: error language-unknown: 'fr' is no language of publisher.yaml (sv, en); correct the key."
        ]

    def test_what_the_file_writes_beside_the_text_is_left_to_the_validator(self, resource: WrittenOut) -> None:
        assert resource(f"{PLAN}title: {{sv: A, en: B}}\n_title: x\n")["_title"] == "x"

    @pytest.mark.parametrize("key", ["name", "version"])
    def test_names_take_no_language(self, issues: Told, key: str) -> None:
        assert issues(f"{PLAN}{key}: {{sv: A, en: B}}\n") == [
            f"new.yaml:3:1: error language-map-misplaced: The element {key} has no language; write one value."
        ]

    def test_an_element_without_a_language_takes_none(self, issues: Told) -> None:
        assert issues(f"{PLAN}status: {{sv: A, en: B}}\n") == [
            "new.yaml:3:1: error language-map-misplaced: The element status has no language; write one value."
        ]


class TestInheritedMetadata:
    """What topic.yaml and publisher.yaml say need not be said again."""

    def test_of_a_canonical_resource(self, resource: WrittenOut) -> None:
        plan = resource("resourceType: PlanDefinition\nid: nail-plan\n")
        assert plan == {
            "resourceType": "PlanDefinition",
            "id": "nail-plan",
            "language": "sv",
            "url": f"{BASE}/PlanDefinition/nail-plan",
            "version": "0.1.0",
            "name": "NailPlan",
            "status": "draft",
            "experimental": True,
            "date": "2026-01-02",
            "publisher": "Example",
            "jurisdiction": [{"coding": [{"system": "urn:iso:std:iso:3166", "code": "SE"}]}],
        }

    def test_what_the_file_says_itself_wins(self, resource: WrittenOut) -> None:
        plan = resource(f"{PLAN}name: Other\nversion: 9.9.9\njurisdiction: []\n")
        assert (plan["name"], plan["version"], plan["jurisdiction"]) == ("Other", "9.9.9", [])

    def test_the_id_of_a_library_is_its_name(self, resource: WrittenOut) -> None:
        assert resource("resourceType: Library\nid: NailLogic\n")["name"] == "NailLogic"

    def test_of_a_type_without_these_elements_is_said_in_extensions(self, resource: WrittenOut) -> None:
        assert resource("resourceType: Medication\nid: nail-oil\n") == {
            "resourceType": "Medication",
            "id": "nail-oil",
            "language": "sv",
            "extension": [
                {
                    "url": "http://hl7.org/fhir/StructureDefinition/artifact-url",
                    "valueUri": f"{BASE}/Medication/nail-oil",
                },
                {"url": "http://hl7.org/fhir/StructureDefinition/artifact-version", "valueString": "0.1.0"},
            ],
        }

    def test_stands_where_topic_yaml_says_it(self, write: Written, authoring: Authoring) -> None:
        found, _ = write(PLAN)
        topic = str(authoring.topic / "topic.yaml")
        assert found.locate("PlanDefinition.version") == Source(topic, 2, 1)
        assert found.locate("PlanDefinition.url") == Source(topic, 1, 1)


class TestCanonicals:
    """`Type/id` becomes the address of an artifact with the version of its topic."""

    def test_of_an_element(self, resource: WrittenOut) -> None:
        plan = resource(f"{PLAN}action:\n  - definitionCanonical: ActivityDefinition/use-cream\n")
        assert plan["action"][0]["definitionCanonical"] == f"{BASE}/ActivityDefinition/use-cream|0.1.0"

    def test_of_a_list_and_of_one_value_for_a_list(self, resource: WrittenOut) -> None:
        for text in ("[Library/Nails]", "Library/Nails"):
            assert resource(f"{PLAN}library: {text}\n")["library"] == [f"{BASE}/Library/Nails|0.1.0"]

    def test_in_a_data_type_and_an_extension(self, resource: WrittenOut) -> None:
        plan = resource(
            f"{PLAN}relatedArtifact: [{{type: depends-on, resource: ValueSet/nail-conditions}}]\n"
            "extension: [{url: 'http://x.example', valueCanonical: ValueSet/nail-conditions}]\n"
        )
        assert plan["relatedArtifact"][0]["resource"] == f"{BASE}/ValueSet/nail-conditions|0.1.0"
        assert plan["extension"][0]["valueCanonical"] == f"{BASE}/ValueSet/nail-conditions|0.1.0"

    def test_of_an_extension_has_no_version(self, resource: WrittenOut) -> None:
        definition = (
            "resourceType: StructureDefinition\nid: own\nextension: [{url: StructureDefinition/own, valueCode: x}]\n"
        )
        assert resource(definition)["extension"][0]["url"] == f"{BASE}/StructureDefinition/own"

    def test_with_a_version_keeps_it(self, resource: WrittenOut) -> None:
        assert resource(f"{PLAN}library: [Library/Nails|0.0.9]\n")["library"] == [f"{BASE}/Library/Nails|0.0.9"]

    def test_addresses_stay_as_they_are(self, resource: WrittenOut) -> None:
        for address in ("http://x.example/Library/a|1", "#inside", "urn:uuid:1"):
            assert resource(f"{PLAN}library: ['{address}']\n")["library"] == [address]

    def test_references_stay_relative(self, resource: WrittenOut) -> None:
        activity = resource(
            "resourceType: ActivityDefinition\nid: a\nproductReference: {reference: Medication/cream-one}\n"
        )
        assert activity["productReference"] == {"reference": "Medication/cream-one"}

    def test_what_names_no_artifact_is_an_issue(self, issues: Told) -> None:
        assert issues(f"{PLAN}action:\n  - definitionCanonical: use-cream\n") == [
            "new.yaml:4:5: error canonical-form: 'use-cream' names no artifact; write Type/id, or an address."
        ]

    def test_an_unknown_artifact_is_an_issue(self, issues: Told) -> None:
        assert issues(f"{PLAN}action:\n  - definitionCanonical: ActivityDefinition/use-creme\n") == [
            "new.yaml:4:5: error reference-unresolved: ActivityDefinition/use-creme is named, "
            "which no topic defines; did you mean use-cream?"
        ]
        assert issues(f"{PLAN}action:\n  - definitionCanonical: Questionnaire/use-cream\n") == [
            "new.yaml:4:5: error reference-unresolved: Questionnaire/use-cream is named, "
            "which no topic defines; did you mean ActivityDefinition/use-cream?"
        ]
        assert issues(f"{PLAN}library: [Library/Other]\n") == [
            "new.yaml:3:11: error reference-unresolved: Library/Other is named, "
            "which no topic defines; add it, or correct the name."
        ]


class TestCodings:
    """`system#code` becomes a coding with the display of the code."""

    def test_of_a_codeable_concept(self, resource: WrittenOut) -> None:
        plan = resource(f"{PLAN}type: plan-definition-type#eca-rule\n")
        assert plan["type"] == {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/plan-definition-type",
                    "code": "eca-rule",
                    "display": "ECA Rule",
                }
            ]
        }

    def test_of_a_list_and_of_one_value_for_a_list(self, resource: WrittenOut) -> None:
        coding = {"system": "http://www.whocc.no/atc", "code": "A11DA01", "display": "tiamin"}
        for text in ("atc#A11DA01", "[atc#A11DA01]", "[{coding: [atc#A11DA01]}]"):
            assert resource(f"{PLAN}topic: {text}\n")["topic"] == [{"coding": [coding]}]

    def test_of_a_coding(self, resource: WrittenOut) -> None:
        plan = resource(f"{PLAN}useContext: [{{code: usage-context-type#focus, valueCodeableConcept: icd#L60.3}}]\n")
        context = plan["useContext"][0]
        assert context["code"]["system"] == "http://terminology.hl7.org/CodeSystem/usage-context-type"
        assert context["valueCodeableConcept"]["coding"][0]["display"] == "Nageldystrofi"

    def test_with_an_address_before_the_code(self, resource: WrittenOut) -> None:
        plan = resource(f"{PLAN}topic: ['http://www.whocc.no/atc#A11DA01']\n")
        assert plan["topic"][0]["coding"][0]["display"] == "tiamin"

    def test_of_our_own_code_system_has_its_translation(self, resource: WrittenOut) -> None:
        text = (
            "resourceType: CodeSystem\nid: grades\ncontent: complete\n"
            "concept:\n  - {code: good, display: {sv: bra, en: good}}\n"
            "  - {code: bad, display: d, designation: [{language: en, value: e}]}\n"
            "jurisdiction: [grades#good, grades#bad]\n"
        )
        first, second = (one["coding"][0] for one in resource(text)["jurisdiction"])
        assert first == {
            "system": f"{BASE}/CodeSystem/grades",
            "code": "good",
            "display": "bra",
            "_display": in_english("good"),
        }
        assert (second["display"], second["_display"]) == ("d", in_english("e"))

    def test_written_out_gets_its_display(self, resource: WrittenOut) -> None:
        plan = resource(f"{PLAN}topic: [{{coding: [{{system: atc, code: A11DA01}}]}}]\n")
        assert plan["topic"][0]["coding"][0] == {
            "system": "http://www.whocc.no/atc",
            "code": "A11DA01",
            "display": "tiamin",
        }

    @pytest.mark.parametrize(
        ("coding", "message"),
        [
            (
                "atc#A11DA02",
                "code-unlocked: A11DA02 of http://www.whocc.no/atc is no code of terminology.csv; "
                "verify it, and add its row.",
            ),
            (
                "atc#a11 da01",
                "code-unlocked: a11 da01 of http://www.whocc.no/atc is no code of terminology.csv; "
                "did you mean A11DA01?",
            ),
            (
                "icd#Z99",
                "code-unlocked: Z99 of https://icd.example/ is no code of terminology.csv; verify it, and add its row.",
            ),
            (
                "atc#A11XX99",
                "code-wrong: A11XX99 of http://www.whocc.no/atc was found to be wrong; choose a verified code.",
            ),
            (
                "plan-definition-type#eca-rul",
                "code-unknown: http://terminology.hl7.org/CodeSystem/plan-definition-type has no code 'eca-rul'; "
                "did you mean eca-rule?",
            ),
            ("act#X", "system-unknown: No code system is called 'act'; did you mean atc?"),
            (
                "zzzz#X",
                "system-unknown: No code system is called 'zzzz'; "
                "add it to codeSystems in publisher.yaml, or write its address.",
            ),
            ("eca-rule", "coding-form: 'eca-rule' is no coding; write it as system#code."),
            ("'atc#'", "coding-form: 'atc#' is no coding; write it as system#code."),
            (
                "{coding: [{system: atc, code: A11DA01, display: Tiamin}]}",
                "display-differs: A11DA01 is called 'tiamin', not 'Tiamin'; leave display out.",
            ),
        ],
    )
    def test_what_may_not_be_written(self, issues: Told, coding: str, message: str) -> None:
        (issue,) = issues(f"{PLAN}type: {coding}\n")
        assert issue.partition(" error ")[2] == message
        assert issue.startswith("new.yaml:3:")

    def test_codes_of_a_value_set_are_locked_too(self, issues: Told) -> None:
        text = "resourceType: ValueSet\nid: v\ncompose: {include: [{system: atc, concept: [A11DA01, A11XX99]}]}\n"
        assert issues(text) == [
            "new.yaml:3:54: error code-wrong: A11XX99 of http://www.whocc.no/atc was found to be wrong; "
            "choose a verified code."
        ]


STATEMENT = {
    "type": "derived-from",
    "label": "BN-TRT-01",
    "display": "Mjukgörande kräm kan prövas.",
    "_display": in_english("An emollient may be tried."),
    "url": "https://example.org/nails",
}
RULE = {
    "type": "derived-from",
    "label": "DER-01",
    "display": "Fråga om rengöringsmedel.",
    "_display": in_english("Ask about detergents."),
}


class TestDerivedFrom:
    """`derivedFrom` becomes the provenance of an element, where R4 has a place for it."""

    def test_of_an_action_is_documentation(self, resource: WrittenOut) -> None:
        plan = resource(f"{PLAN}action:\n  - derivedFrom: [BN-TRT-01]\n    action: [{{derivedFrom: [DER-01]}}]\n")
        assert plan["action"] == [{"documentation": [STATEMENT], "action": [{"documentation": [RULE]}]}]

    def test_of_a_resource_is_a_related_artifact(self, resource: WrittenOut) -> None:
        assert resource(f"{PLAN}derivedFrom: [BN-TRT-01]\n")["relatedArtifact"] == [STATEMENT]

    def test_comes_after_what_the_file_gives_itself(self, resource: WrittenOut) -> None:
        plan = resource(f"{PLAN}derivedFrom: [BN-TRT-01]\nrelatedArtifact: [{{type: citation, label: a}}]\n")
        assert plan["relatedArtifact"] == [{"type": "citation", "label": "a"}, STATEMENT]

    @pytest.mark.parametrize("kind", ["ValueSet", "CodeSystem", "Medication", "Questionnaire"])
    def test_of_a_type_without_related_artifacts_is_an_extension(self, resource: WrittenOut, kind: Any) -> None:
        found = resource(f"resourceType: {kind}\nid: x\nderivedFrom: [BN-TRT-01]\n")
        assert found["extension"][0] == {
            "url": "http://hl7.org/fhir/StructureDefinition/artifact-relatedArtifact",
            "valueRelatedArtifact": STATEMENT,
        }

    def test_of_a_questionnaire_leaves_its_own_element(self, resource: WrittenOut) -> None:
        found = resource(
            "resourceType: Questionnaire\nid: q\nderivedFrom: [BN-TRT-01, 'http://x.example/Questionnaire/y']\n"
        )
        assert found["derivedFrom"] == ["http://x.example/Questionnaire/y"]
        assert len(found["extension"]) == 1

    def test_an_unknown_statement_is_an_issue(self, issues: Told) -> None:
        assert issues(f"{PLAN}derivedFrom: [BN-TRT-01, BN-TRT-02]\n") == [
            "new.yaml:3:26: error statement-unknown: 'BN-TRT-02' is no statement of this topic; did you mean BN-TRT-01?"
        ]

    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ("derivedFrom: BN-TRT-01\n", "3:1"),
            ("derivedFrom: []\n", "3:1"),
            ("useContext:\n  - derivedFrom: [BN-TRT-01]\n", "4:5"),
        ],
    )
    def test_stands_on_resources_and_actions_only(self, issues: Told, text: str, place: str) -> None:
        assert issues(PLAN + text) == [
            f"new.yaml:{place}: error derived-from-misplaced: derivedFrom is a list of statement ids "
            "on a resource or on a plan's action; correct it."
        ]

    def test_stands_where_its_id_was_written(self, write: Written) -> None:
        found, _ = write(
            f"{PLAN}action:\n  - documentation: [{{type: citation}}]\n"
            "    derivedFrom:\n      - BN-TRT-01\n      - DER-01\n"
        )
        assert found.locate("PlanDefinition.action[0].documentation[0]") == Source("new.yaml", 4, 21)
        assert found.locate("PlanDefinition.action[0].documentation[2].label") == Source("new.yaml", 7, 9)


class TestExpressions:
    """A text where FHIR wants an Expression is the name of a CQL definition."""

    def test_of_a_condition_and_a_dynamic_value(self, resource: WrittenOut) -> None:
        plan = resource(
            f"{PLAN}action:\n  - condition: [{{kind: applicability, expression: Nails Are Brittle}}]\n"
            "    dynamicValue: [{path: p, expression: Nails Are Brittle}]\n"
        )
        written = {"language": "text/cql-identifier", "expression": "Nails Are Brittle"}
        assert plan["action"][0]["condition"][0]["expression"] == written
        assert plan["action"][0]["dynamicValue"][0]["expression"] == written

    def test_of_an_extension(self, resource: WrittenOut) -> None:
        plan = resource(f"{PLAN}extension: [{{url: 'http://x.example', valueExpression: A}}]\n")
        assert plan["extension"][0]["valueExpression"] == {
            "language": "text/cql-identifier",
            "expression": "A",
        }

    def test_written_out_stays(self, resource: WrittenOut) -> None:
        written = {"language": "text/fhirpath", "expression": "true"}
        plan = resource(f"{PLAN}action: [{{condition: [{{expression: {written}}}]}}]\n")
        assert plan["action"][0]["condition"][0]["expression"] == written


def test_elements_come_in_the_order_of_the_definitions(resource: WrittenOut) -> None:
    plan = resource(
        f"{PLAN}action: [{{title: {{sv: A, en: B}}, id: a}}]\ntitle: {{sv: A, en: B}}\n"
        "subjectReference: {display: x}\n"
    )
    assert list(plan) == [
        *("resourceType", "id", "language", "url", "version", "name", "title", "_title", "status"),
        *("experimental", "subjectReference", "date", "publisher", "jurisdiction", "action"),
    ]
    assert list(plan["action"][0]) == ["id", "title", "_title"]


def test_what_fhir_does_not_know_is_kept_for_the_validator(resource: WrittenOut) -> None:
    assert resource(f"{PLAN}titel: x\nz: {{a: [1]}}\n")["z"] == {"a": [1]}


def test_contained_resources_are_written_out(resource: WrittenOut) -> None:
    plan = resource(
        f"{PLAN}contained:\n  - resourceType: PlanDefinition\n    id: c\n    type: plan-definition-type#eca-rule\n"
    )
    assert plan["contained"][0]["type"]["coding"][0]["code"] == "eca-rule"


@pytest.mark.parametrize(
    ("expression", "place"),
    [
        ("PlanDefinition", "1:1"),
        ("PlanDefinition.title", "3:1"),
        ("PlanDefinition._title.extension[0].extension[1].valueString", "3:1"),
        ("PlanDefinition.title.extension[0].value", "3:1"),
        ("PlanDefinition.action[0].definition.ofType(canonical)", "5:5"),
        ("PlanDefinition.action[0].definition[x]", "5:5"),
        ("PlanDefinition.action[0].code[0].coding[0].system", "6:5"),
        ("PlanDefinition.action[1]", "4:1"),
        ("PlanDefinition.action[0].condition[0].expression.language", "7:39"),
    ],
)
def test_every_produced_element_has_its_place(write: Written, expression: str, place: str) -> None:
    found, issues = write(
        f"{PLAN}title: {{sv: A, en: B}}\naction:\n  - definitionCanonical: ActivityDefinition/use-cream\n"
        "    code: atc#A11DA01\n    condition: [{kind: applicability, expression: A}]\n"
    )
    assert issues == []
    line, _, column = place.partition(":")
    where = found.locate(expression)
    assert (where.line, where.column) == (int(line), int(column))
