"""The published opioid guideline as a package that is served: searched, applied and offered to record systems.

Its folder is packed as its publisher would, and read as a stranger's. NOT RUN where the folders or Node are absent.
"""

from __future__ import annotations

import base64
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from publisher.package.loading import load_packages
from server.serve import application
from server.settings import Settings
from tests.conformance import opioid
from tests.unit.apply.builders import bundle
from tests.unit.package.archives import packed

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

pytestmark = [
    pytest.mark.skipif(
        not opioid.ARTIFACTS.is_dir() or not opioid.REQUESTS.is_dir(), reason="NOT RUN: the opioid folders are not here"
    ),
    pytest.mark.skipif(shutil.which("node") is None, reason="NOT RUN: translating needs Node"),
]

BASE = "http://fhir.org/guides/cdc/opioid-cds"
PLANS = 12
VALUE_SETS = 58
# The requests whose published answer rests neither on the table of products, for which a stand-in is used here, nor on
# the day: whether the recommendation applies must come out as published.
DECIDED = {"OpioidCDSREC01": "opioidcds-01", "OpioidCDSREC03": "opioidcds-03"}


def archive(folder: Path) -> Path:
    """Return the guideline as a package, with the stand-in for the table of products that was not published."""
    files = {f"package/{path.name}": path.read_bytes() for path in sorted(opioid.ARTIFACTS.rglob("*.json"))}
    for name, version in opioid.STAND_INS.items():
        cql = base64.b64encode(opioid.texts()[name].encode()).decode()
        library = {"resourceType": "Library", "id": name, "name": name, "status": "active", "type": {"text": "logic"}}
        content = [{"contentType": "text/cql", "data": cql}]
        library |= {"url": f"{BASE}/Library/{name}", "version": version, "content": content}
        files[f"package/Library-{name}.json"] = json.dumps(library).encode()
    return packed(folder / "opioid.tgz", {"package/package.json": {"name": "opioid", "version": "2022.1.0"}, **files})


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    loaded = load_packages([], [archive(tmp_path_factory.mktemp("package"))], translate=False)
    settings = Settings(
        base_url="http://cds.example",
        default_language="en",
        languages=("en",),
        evaluate_drafts=True,
        evaluator=True,
        now=lambda: opioid.NOW,
        packages=loaded.packages,
        translated=opioid.elms(),
    )
    return application(loaded.artifacts, settings).test_client()


def applied(client: FlaskClient, plan: str, request: opioid.Request) -> dict[str, Any]:
    """Return what `$apply` makes of a plan on the data of a hook request."""
    parameters: list[dict[str, Any]] = [
        {"name": "subject", "valueString": f"Patient/{request.patient}"},
        {"name": "data", "resource": bundle(*request.record)},
    ]
    if request.drafts and not plan.endswith("patient-view"):  # whose logic is about no drafts
        items = [{"name": opioid.PARAMETER, "resource": each} for each in request.drafts]
        parameters.append({"name": "parameters", "resource": {"resourceType": "Parameters", "parameter": items}})
    body = json.dumps({"resourceType": "Parameters", "parameter": parameters}, default=float)
    headers = {"Content-Type": "application/fhir+json"}
    answer = client.post(f"/fhir/PlanDefinition/{plan}/$apply", data=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def test_its_artifacts_are_found(client: FlaskClient) -> None:
    for kind, count in (("PlanDefinition", PLANS), ("ValueSet", VALUE_SETS)):
        assert client.get(f"/fhir/{kind}?_summary=count").json["total"] == count
    (found,) = client.get(f"/fhir/PlanDefinition?url={BASE}/PlanDefinition/opioidcds-01").json["entry"]
    assert found["resource"] == json.loads((opioid.ARTIFACTS / "opioidcds-01.json").read_text("utf-8"))


def test_each_of_its_plans_is_a_service(client: FlaskClient) -> None:
    services = {each["id"]: each["hook"] for each in client.get("/cds-services").json["services"]}
    assert services["opioidcds-10-patient-view"] == "patient-view"
    assert all(each.startswith("opioidcds-") for each in services)


def test_every_request_is_answered_by_every_plan_and_nothing_fails(client: FlaskClient) -> None:
    plans = [each["resource"]["id"] for each in client.get("/fhir/PlanDefinition").json["entry"]]
    told = {
        (plan, issue["details"]["text"], *issue["expression"])
        for plan in plans
        for request in opioid.requests()
        for each in applied(client, plan, request).get("contained", ())
        if each["resourceType"] == "OperationOutcome"
        for issue in each["issue"]
    }
    # R4 has no place for both in one action of a RequestGroup (rqg-1), which is told of the plan that has both.
    assert (len(plans), told) == (PLANS, {("opioidcds-10-patient-view", "definition-and-actions", "action[0]")})


def test_its_libraries_are_evaluated_and_no_definition_fails(client: FlaskClient) -> None:
    names = sorted(name for name in opioid.elms() if name.startswith("OpioidCDSREC"))
    failed = []
    for name in names:
        for request in opioid.requests():
            body = {"resourceType": "Parameters", "parameter": [{"name": "data", "resource": bundle(*request.record)}]}
            body["parameter"].append({"name": "subject", "valueString": f"Patient/{request.patient}"})
            headers = {"Content-Type": "application/fhir+json"}
            answer = client.post(
                f"/fhir/Library/{name}/$evaluate", data=json.dumps(body, default=float), headers=headers
            )
            assert answer.status_code == 200, answer.text
            issues = [each["resource"]["issue"] for each in answer.json["parameter"] if each["name"] == "messages"]
            failed += [(name, request.name, each) for one in issues for each in one if each["severity"] == "error"]
    assert (len(names), failed) == (14, [])


def test_a_recommendation_applies_where_its_publisher_says_so(client: FlaskClient) -> None:
    found, published = {}, {}
    for folder, plan in DECIDED.items():
        names = {path.name.removesuffix(".request.json") for path in (opioid.REQUESTS / folder).glob("*.request.json")}
        for request in opioid.requests():
            if request.name in names:
                response = opioid.REQUESTS / folder / f"{request.name}.response.json"
                published[request.name] = bool(json.loads(response.read_text("utf-8"))["cards"])
                found[request.name] = "activity" in applied(client, plan, request)
    assert found == published
    assert sorted(found.values()) == [False, False, False, True, True]
