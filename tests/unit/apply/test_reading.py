"""Which types of data are looked at: those that the logic reads, all where that cannot be told."""

from __future__ import annotations

import pytest

from publisher.apply.data import context_of
from publisher.apply.knowledge import Knowledge
from publisher.apply.reading import ALWAYS, types_read
from publisher.repository import Repository
from tests.unit.apply.asking import LIBRARY
from tests.unit.apply.builders import PATIENT, activity, bundle, does, knowledge, plan, value, when
from tests.unit.apply.sneeze import BASE, KNOWLEDGE, VIEW

FLAG = {"resourceType": "Flag", "id": "f", "subject": {"reference": "Patient/1"}}


def test_what_the_definitions_of_plan_and_nested_plans_retrieve_is_read() -> None:
    view = KNOWLEDGE.repository.get("PlanDefinition", VIEW)
    assert view is not None
    assert types_read(KNOWLEDGE, view) == ALWAYS | {"Condition", "Observation"}


def test_a_plan_that_is_led_to_by_an_address_is_read_too() -> None:
    inner = plan(does(**when("Rain Is Said", "text/cql-identifier")), name="inner", library=[LIBRARY["url"]])
    outer = plan({"id": "a", "definitionUri": inner["url"]})
    held = knowledge(outer, inner, activity(), LIBRARY)
    found = held.repository.get("PlanDefinition", "plan")
    assert found is not None
    assert types_read(held, found) == ALWAYS | {"QuestionnaireResponse"}
    assert {each.type for each in held.requirements(found)} == {"QuestionnaireResponse"}


@pytest.mark.parametrize(
    "definition",
    [
        plan(does(**when("true"))),
        plan(does(dynamicValue=[value("description", "'x'")])),
        plan({"definitionCanonical": "#here"}),
        plan(does(**when("Name", "text/cql-identifier"))),
        plan(does(**when("Name", "text/cql-identifier")), library=["http://example.org/Library/gone"]),
    ],
)
def test_an_expression_that_may_read_anything_leaves_all(definition: dict[str, object]) -> None:
    held = knowledge(definition, activity())
    (found,) = held.repository.of_type("PlanDefinition")
    assert types_read(held, found) is None


def test_a_plan_without_logic_reads_no_more_than_the_patient_and_medicines() -> None:
    held = knowledge(plan(does(), {"definitionCanonical": "http://example.org/PlanDefinition/plan"}), activity())
    assert types_read(held, held.repository.of_type("PlanDefinition")[0]) == ALWAYS


def test_other_types_are_not_looked_at() -> None:
    inner = {**bundle(FLAG, PATIENT), "type": "searchset"}
    values = {"data": [bundle(PATIENT, FLAG, inner)]}
    assert context_of(values, "1", lambda: (), ALWAYS).supply("Flag").resources == ()
    assert len(context_of(values, "1", lambda: (), None).supply("Flag").resources) == 1
    assert len(context_of(values, "1", lambda: (), ALWAYS).supply("Patient").resources) == 1


def test_the_dynamic_values_of_an_activity_count_among_the_requirements() -> None:
    library = f"{BASE}/Library/ExampleSneeze|0.1.0"
    led = activity(library=[library], dynamicValue=[value("note", "Sneeze Is Active", "text/cql-identifier")])
    held = Knowledge(Repository([*KNOWLEDGE.repository, *knowledge(plan(does()), led).repository], drafts=True))
    found = held.repository.get("PlanDefinition", "plan")
    assert found is not None
    assert {each.type for each in held.requirements(found)} == {"Condition"}
