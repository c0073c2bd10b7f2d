"""Libraries: definitions, functions, includes and errors that stay where they belong."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from publisher.expression.causes import Cause
from publisher.expression.context import DataContext, Supply
from publisher.expression.library import Libraries, Library
from publisher.issue import IssueError

from .elm import FHIR, NULL, SYSTEM, Node, evaluation, items, library, lit, op, prop, query, retrieve, returning, value

if TYPE_CHECKING:
    from collections.abc import Iterable


def named(name: str) -> Node:
    return {"type": "NamedTypeSpecifier", "name": name}


def function(name: str, operand: Node, body: Node) -> Node:
    return {
        "type": "FunctionDef",
        "name": name,
        "operand": [{"name": "x", "operandTypeSpecifier": operand}],
        "expression": body,
    }


OVERLOADS = [
    function("kind", named(f"{SYSTEM}Integer"), lit("integer")),
    function("kind", named(f"{SYSTEM}String"), lit("text")),
    function("kind", {"type": "ListTypeSpecifier", "elementType": named(f"{SYSTEM}Integer")}, lit("list")),
]


def call(operand: Node, **members: Any) -> Node:
    return {"type": "FunctionRef", "name": "kind", "operand": [operand], **members}


def elm(name: str, *includes: str, version: str = "1", **definitions: Node) -> Node:
    return {
        "identifier": {"id": name, "version": version},
        "includes": {"def": [{"localIdentifier": each, "path": each, "version": "1"} for each in includes]},
        "statements": {"def": [{"name": each, "expression": body} for each, body in definitions.items()]},
    }


@pytest.mark.parametrize(
    ("operand", "signature", "expected"),
    [
        (lit(1), None, "integer"),
        (lit("a"), None, "text"),
        (items(lit(1)), None, "list"),
        (NULL, [named(f"{SYSTEM}String")], "text"),
    ],
)
def test_a_function_is_chosen_by_signature_or_by_value(operand: Node, signature: Any, expected: str) -> None:
    members = {"signature": signature} if signature else {}
    tested = library({"it": call(operand, **members)}, functions=OVERLOADS)
    assert tested.evaluate("it", evaluation()).value == expected
    assert tested.evaluate("it", evaluation(), tracked=True).value == expected


def test_no_function_for_the_operands_is_an_error() -> None:
    found = library({"it": call(lit(True))}, functions=OVERLOADS).evaluate("it", evaluation())
    assert found.code == "type"


def test_an_error_ends_one_definition_and_no_other() -> None:
    many = items(lit(1), lit(2))
    bad = op("SingletonFrom", many)
    user = op("Not", {"type": "ExpressionRef", "name": "bad"})
    tested, env = library({"bad": bad, "user": user, "good": lit(1)}), evaluation()
    assert tested.evaluate("bad", env).code == "cardinality"
    assert tested.evaluate("user", env).code == "cardinality"
    assert tested.evaluate("good", env).value == 1


def test_a_node_that_is_not_known_is_an_error_of_its_definition() -> None:
    tested = library({"odd": {"type": "Telepathy"}, "good": lit(1)})
    assert "Telepathy" in (tested.evaluate("odd", evaluation()).error or "")
    assert tested.evaluate("good", evaluation()).value == 1
    assert [issue.rule for issue in tested.check()] == ["elm-unsupported"]


def test_data_without_the_shape_of_fhir_are_an_error() -> None:
    active = query(retrieve("Condition"), where=op("In", prop("code.coding", "X"), items(lit("a"))))
    context = DataContext.of([{"resourceType": "Condition", "code": 5, "x": []}], closed=True)
    found = library({"it": active}).evaluate("it", evaluation(context))
    assert found.error is None or found.code in ("shape", "type")


def test_a_definition_is_evaluated_once() -> None:
    reference = {"type": "ExpressionRef", "name": "one"}
    tested, env = library({"one": lit(1), "two": op("Add", reference, reference)}), evaluation()
    assert tested.evaluate("two", env).value == 2
    assert env.plain["Test", "one"] == 1


def test_a_message_of_severity_error_ends_its_definition() -> None:
    message = {"source": lit(1), "condition": lit(True), "code": lit("c"), "message": lit("no")}
    tested = library(
        {
            "told": {"type": "Message", **message, "severity": lit("Warning")},
            "ended": {"type": "Message", **message, "severity": lit("Error")},
        }
    )
    env = evaluation()
    assert tested.evaluate("told", env).value == 1
    assert env.messages == [("Warning", "c", "no")]
    assert tested.evaluate("ended", env).error == "c: no"


def test_parameters_have_defaults_and_types() -> None:
    definition = {"name": "P", "default": lit(5), "parameterTypeSpecifier": named(f"{SYSTEM}Integer")}
    since = {"name": "Since", "parameterTypeSpecifier": named(f"{SYSTEM}Date")}
    reference = {"type": "ParameterRef", "name": "P"}
    tested = library(
        {"it": reference, "since": {"type": "ParameterRef", "name": "Since"}}, parameters=[definition, since]
    )
    assert tested.evaluate("it", evaluation()).value == 5
    assert tested.evaluate("it", evaluation(P=7)).value == 7
    assert str(tested.evaluate("since", evaluation(Since="2026-11")).value) == "2026-11"
    missing = tested.evaluate("since", evaluation())
    assert missing.is_open
    assert [cause.about for cause in missing.causes] == ["Since"]


def test_includes_are_found_by_name_and_version() -> None:
    held = {
        ("Main", "1"): elm("Main", "Other", it={"type": "ExpressionRef", "libraryName": "Other", "name": "that"}),
        ("Other", "1"): elm("Other", that=lit(7)),
        ("Other", "2"): elm("Other", version="2", that=lit(8)),
    }
    libraries = Libraries(lambda name, version: held.get((name, version or "1")))
    assert libraries.library("Main").evaluate("it", evaluation()).value == 7


def test_a_library_that_is_missing_or_includes_itself_is_an_issue() -> None:
    held = {"A": elm("A", "B"), "B": elm("B", "A"), "C": elm("C", "Nowhere")}
    libraries = Libraries(lambda name, _version: held.get(name))
    for name, rule in (("A", "library-cycle"), ("C", "library-missing")):
        with pytest.raises(IssueError) as caught:
            libraries.library(name)
        assert [issue.rule for issue in caught.value.report] == [rule]


def test_fhir_helpers_are_native_unless_they_are_held() -> None:
    main = elm(
        "Main",
        "FHIRHelpers",
        it={"type": "FunctionRef", "libraryName": "FHIRHelpers", "name": "ToString", "operand": [lit("a")]},
    )
    own = elm("FHIRHelpers")
    own["statements"]["def"] = [function("ToString", named(f"{FHIR}string"), lit("mine"))]
    native = Libraries({"Main": main}.get if False else lambda name, _: {"Main": main}.get(name))
    held = Libraries(lambda name, _: {"Main": main, "FHIRHelpers": own}.get(name))
    assert native.library("Main").evaluate("it", evaluation()).value == "a"
    assert held.library("Main").evaluate("it", evaluation()).value == "mine"


def test_requirements_tell_types_codes_and_elements() -> None:
    codes = {"type": "ValueSetRef", "name": "V"}
    coded = retrieve("Condition", codes=codes, codeProperty="code")
    direct = retrieve("Observation", codes=op("ToList", {"type": "CodeRef", "name": "C"}))
    tested = library(
        {
            "it": op("Exists", query(coded, where=op("Equal", prop("clinicalStatus.coding", "X"), lit("a")))),
            "other": op("And", {"type": "ExpressionRef", "name": "it"}, op("Exists", direct)),
            "none": lit(1),
        },
        valueSets=[{"name": "V", "id": "http://v.example"}],
        codeSystems=[{"name": "S", "id": "http://s.example"}],
        codes=[{"name": "C", "id": "c", "codeSystem": {"name": "S"}}],
    )
    (condition,) = tested.requirements("it")
    assert (condition.type, condition.code_path, condition.value_set) == (
        "Condition",
        "code",
        "http://v.example",
    )
    assert condition.elements == ("code", "clinicalStatus")
    assert [(each.type, [code.code for code in each.codes]) for each in tested.requirements("other")] == [
        ("Condition", []),
        ("Observation", ["c"]),
    ]
    assert tested.requirements("none") == ()


def test_a_retrieve_filters_by_date() -> None:
    span = {
        "type": "Interval",
        "low": op("ToDateTime", lit("2026-01-01")),
        "high": op("ToDateTime", lit("2026-12-31")),
    }
    held = [
        {"resourceType": "Observation", "id": "a", "effectiveDateTime": "2026-03-01T10:00:00Z"},
        {"resourceType": "Observation", "id": "b", "effectiveDateTime": "2025-03-01T10:00:00Z"},
        {
            "resourceType": "Observation",
            "id": "c",
            "effectivePeriod": {"start": "2026-02-01", "end": "2026-02-03"},
        },
        {"resourceType": "Observation", "id": "d"},
    ]
    found = value(retrieve("Observation", dateProperty="effective", dateRange=span), DataContext.of(held, closed=True))
    assert [each["id"] for each in found] == ["a", "c"]


def test_malformed_elm_is_an_error_of_its_definition_or_an_issue() -> None:
    tested = library({"bad": {"type": "Property"}, "good": lit(1)})
    assert tested.evaluate("bad", evaluation()).code == "elm"
    assert tested.evaluate("good", evaluation()).value == 1
    broken = {"identifier": {"id": "A"}, "statements": {"def": [{"expression": lit(1)}]}}
    with pytest.raises(IssueError) as caught:
        Libraries(lambda _name, _version: broken).library("A")
    assert [issue.rule for issue in caught.value.report] == ["library-malformed"]


@pytest.mark.parametrize("kind", ["And", "Or"])
def test_a_long_chain_of_conditions_is_no_deep_one(kind: str) -> None:
    elm = lit(kind == "And")
    for _ in range(5000):
        elm = op(kind, elm, lit(kind == "And"))
    assert library({"it": elm}).evaluate("it", evaluation()).value is (kind == "And")


KINDS = ("Condition", "Observation", "ServiceRequest")
NO_PROBLEM = op("Not", op("Exists", retrieve("Condition")))


def test_what_rests_on_retrieves_that_find_nothing_is_computed_once_for_all_patients() -> None:
    tested, first, second = library({"it": NO_PROBLEM}), evaluation(), evaluation()
    second.terminology = first.terminology
    assert tested.evaluate("it", first).value is True
    steps = second._left  # noqa: SLF001  the steps that are left say what was done
    assert tested.evaluate("it", second).value is True
    assert second._left == steps  # noqa: SLF001


def test_what_finds_nothing_is_settled_where_something_else_of_the_same_logic_is_open() -> None:
    unknown = op("Exists", retrieve("Observation"))
    tested = library({"none": NO_PROBLEM, "it": op("And", {"type": "ExpressionRef", "name": "none"}, unknown)})
    context = DataContext({"Condition": Supply()})
    envs = [evaluation(context) for _ in range(3)]
    for env in envs:
        env.terminology = envs[0].terminology
    envs[2].traces = True
    found = [tested.evaluate("it", env) for env in envs]
    spent = [env.limits.steps - env._left for env in envs]  # noqa: SLF001  the steps that are left say what was done
    assert found[0] == found[1] == found[2]
    assert found[0].is_open
    assert spent[1] < spent[0]
    assert spent[1] < spent[2]


def test_a_changed_version_of_a_library_is_not_settled_by_what_the_other_finds_nothing_of() -> None:
    original = library({"it": op("Not", op("Exists", retrieve("Observation")))})
    changed = library({"it": NO_PROBLEM})
    other = DataContext.of([{"resourceType": "Condition"}], closed=True)
    first, one, none = evaluation(other), evaluation(other), evaluation()
    one.terminology = none.terminology = first.terminology
    assert original.evaluate("it", first).value is True
    changed.reads_as(original)
    assert [changed.evaluate("it", env).value for env in (one, none)] == [False, True]


def test_a_resource_that_is_there_or_may_be_missing_is_never_taken_for_nothing() -> None:
    tested, empty, full, unknown = library({"it": NO_PROBLEM}), evaluation(), evaluation(), evaluation()
    full.terminology = unknown.terminology = empty.terminology
    assert tested.evaluate("it", empty).value is True
    full.context = DataContext.of([{"resourceType": "Condition", "id": "c"}], closed=True)
    assert tested.evaluate("it", full).value is False
    unknown.context = DataContext()
    found = tested.evaluate("it", unknown)
    assert (found.value, found.is_open) == (True, True)


def missing(kinds: Iterable[str], key: str) -> DataContext:
    absent = {kind: Cause("not-supplied", kind, key) for kind in kinds}
    return DataContext({kind: Supply(cause=absent.get(kind)) for kind in KINDS})


@pytest.mark.parametrize("kinds", [kinds for size in range(4) for kinds in permutations(KINDS, size)])
def test_what_finds_nothing_is_open_for_what_is_missing_of_this_call(kinds: tuple[str, ...]) -> None:
    condition, observation, order = (op("Exists", retrieve(kind)) for kind in KINDS)
    tested = library({"it": op("And", op("Not", condition), op("Or", order, observation))})
    envs = [evaluation(missing(kinds, key)) for key in ("first", "second", "second")]
    for env in envs:
        env.terminology = envs[0].terminology
    envs[2].traces = True
    _, settled, followed = (tested.evaluate("it", env) for env in envs)
    assert settled == followed
    assert {each.key for each in settled.causes} <= {"second"}
    assert settled.is_open is bool({*kinds} - {"Condition"})  # without a result or an order it is false


def is_computed_again(tested: Library, context: DataContext | None) -> bool:
    first, second = (evaluation(context, P=True) for _ in range(2))
    second.terminology = first.terminology
    tested.evaluate("it", first)
    steps = second._left  # noqa: SLF001  the steps that are left say what was done
    tested.evaluate("it", second)
    return bool(second._left < steps)  # noqa: SLF001


@pytest.mark.parametrize(
    "moving", [op("Equal", {"type": "Today"}, {"type": "Today"}), {"type": "ParameterRef", "name": "P"}]
)
def test_what_depends_on_the_day_or_a_parameter_is_computed_each_time(moving: Node) -> None:
    assert is_computed_again(library({"it": op("And", NO_PROBLEM, moving)}, parameters=[{"name": "P"}]), None)


def test_codes_that_a_requirement_does_not_tell_whole_are_never_taken_for_nothing() -> None:
    either = op("Union", items(lit("a")), items(lit("b")))
    present = op("Exists", retrieve("Condition", codes=either, codeProperty="code"))
    context = DataContext.of([{"resourceType": "Condition", "id": "c"}], closed=True)
    assert is_computed_again(library({"it": present}), context)


def test_a_test_that_is_false_for_want_of_an_element_names_it_in_what_rests_on_the_test() -> None:
    listed = {"type": "ListTypeSpecifier", "elementType": named(f"{FHIR}Coding")}
    status = {"type": "Property", "path": "status", "source": {"type": "OperandRef", "name": "x"}}
    is_over = function("is over", named(f"{FHIR}Condition"), op("Exists", {**status, "resultTypeSpecifier": listed}))
    each = {"type": "FunctionRef", "name": "is over", "operand": [{"type": "AliasRef", "name": "C"}]}
    decided = {"type": "If", "condition": each, "then": lit(True), "else": NULL}
    found = op("SingletonFrom", query(retrieve("Condition"), "C", **{"return": returning(decided)}))
    context = DataContext.of([{"resourceType": "Condition", "id": "c"}])
    outcome = library({"it": found}, functions=[is_over]).evaluate("it", evaluation(context))
    assert (outcome.value, outcome.is_open) == (None, False)
    assert [(one.kind, one.about) for one in outcome.causes] == [("element-absent", "Condition.status")]


@pytest.mark.parametrize(
    ("patient", "about"),
    [
        ({}, "Patient.birthDate"),
        ({"identifier": [{"value": "1"}]}, "Patient.birthDate"),
        ({"birthDate": {"extension": []}}, "Patient.birthDate.value"),
    ],
)
def test_of_a_path_of_several_steps_the_first_that_is_not_there_is_named(patient: dict[str, Any], about: str) -> None:
    born = {"type": "Property", "path": "birthDate.value", "source": op("SingletonFrom", retrieve("Patient"))}
    context = DataContext.of([{"resourceType": "Patient", "id": "p", **patient}])
    outcome = library({"born": born}).evaluate("born", evaluation(context))
    assert [(one.kind, one.about) for one in outcome.causes] == [("element-absent", about)]
