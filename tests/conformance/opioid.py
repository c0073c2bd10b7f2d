"""The published opioid guideline as a test reads it: its libraries translated to ELM, its value sets, its requests.

The folders lie below VADEMECUM_CONFORMANCE. Translations are kept in the user's cache by the hash of their texts.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from publisher.expression.context import DataContext
from publisher.expression.evaluation import Evaluation
from publisher.expression.library import Libraries, Library
from publisher.expression.terminology import Terminology
from publisher.intake import resources_of, take
from publisher.source.cql import TRANSLATOR, cache_folder, translate

ROOT = Path(__file__).parents[2]
CONFORMANCE = Path(os.environ.get("VADEMECUM_CONFORMANCE") or ROOT.parent / "shared" / "conformance")
ARTIFACTS = CONFORMANCE / "artifacts" / "opioid-cds-r4"
REQUESTS = CONFORMANCE / "cdshooks" / "opioid"
NOW = datetime(2023, 5, 1, tzinfo=UTC)
HELPERS = "FHIRHelpers"
PARAMETER = "ContextPrescriptions"

Resource = dict[str, Any]

# The libraries refer to two tables of products that were not published with them. In their place stands a table of the
# same columns, whose rows are test data: it makes the sums of doses run, and says nothing about any product.
STAND_INS = {"OMTKData": "3.0.0", "OMTKData2020": "2022.1.0"}
ROWS = (
    (1049502, "oxycodone tablet", 316945, "tablet", 7804, "oxycodone", "10.0", "MG"),
    (197696, "fentanyl patch", 316987, "patch", 4337, "fentanyl", "0.075", "MG/HR"),
    (1010600, "buprenorphine film", 1797831, "film", 1819, "buprenorphine", "2.0", "MG"),
)


@dataclass(frozen=True)
class Request:
    """A hook request: the patient, the record that came with it, and the drafts where its hook is about drafts."""

    name: str
    patient: str
    record: list[Resource]
    drafts: list[Resource] | None


def texts() -> dict[str, str]:
    """Return the CQL of each library by its name."""
    found: dict[str, str] = {}
    for path in sorted(ARTIFACTS.glob("*.json")):
        resource = json.loads(path.read_text("utf-8"))
        contents = resource.get("content", ()) if resource["resourceType"] == "Library" else ()
        for content in contents:
            if content["contentType"] == "text/cql":
                found[resource["name"]] = base64.b64decode(content["data"]).decode()
    return found | {name: _stand_in(name, version) for name, version in STAND_INS.items()}


def _stand_in(name: str, version: str) -> str:
    """Return the CQL of a table of products."""
    columns = "drugCode: {}, drugName: '{}', doseFormCode: {}, doseFormName: '{}', "
    columns += "ingredientCode: {}, ingredientName: '{}', strengthValue: {}, strengthUnit: '{}'"
    rows = ",\n  ".join("Tuple { " + columns.format(*row) + " }" for row in ROWS)
    return f"library {name} version '{version}'\n\ndefine DrugIngredients: {{\n  {rows}\n}}\n"


@cache
def elms() -> dict[str, Resource]:
    """Return the ELM of each library by its name, made by the official translator; FHIRHelpers apart."""
    program = "".join(path.read_text("utf-8") for path in sorted(TRANSLATOR.glob("*.*js*")))
    cql = {name: text for name, text in texts().items() if name != HELPERS}
    key = hashlib.sha256(json.dumps([program, cql]).encode()).hexdigest()[:24]
    kept = cache_folder() / "conformance" / f"opioid-{key}.json"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(_translated(cql, kept.with_suffix(""))), "utf-8")
    found: dict[str, Resource] = json.loads(kept.read_text("utf-8"))
    return found


def _translated(cql: dict[str, str], folder: Path) -> dict[str, Resource]:
    folder.mkdir(exist_ok=True)
    files = {folder / f"{name}.cql": name for name in cql}
    for file, name in files.items():
        file.write_text(cql[name], "utf-8")
    made, report = translate(list(files))
    shutil.rmtree(folder)
    assert len(made) == len(files), report.to_text()
    return {files[file]: json.loads(elm)["library"] for file, elm in made.items()}


def libraries() -> dict[str, Library]:
    """Return the compiled libraries by name."""
    linked = Libraries(lambda name, _version: elms().get(name))
    return {name: linked.library(name, elm["identifier"].get("version")) for name, elm in elms().items()}


def terminology() -> Terminology:
    """Return the value sets."""
    resources = [json.loads(path.read_text("utf-8")) for path in sorted((ARTIFACTS / "valuesets").glob("*.json"))]
    by_url = {resource["url"]: resource for resource in resources}
    return Terminology(lambda canonical: by_url.get(canonical.partition("|")[0]))


def requests() -> list[Request]:
    """Return the requests in the order of their names."""
    return [_request(path) for path in sorted(REQUESTS.glob("*/*.request.json"))]


def _request(path: Path) -> Request:
    body = json.loads(path.read_text("utf-8"), parse_float=Decimal)
    context = body["context"]
    patient = context["patientId"].rpartition("/")[2]
    own = take(body.get("prefetch", {}).values(), patient).resources
    record = list({(each["resourceType"], each.get("id")): each for each in reversed(own)}.values())[::-1]
    drafts = list(resources_of(context["draftOrders"])) if "draftOrders" in context else None
    return Request(path.name.removesuffix(".request.json"), patient, record, drafts)


def evaluation(request: Request, terms: Terminology) -> Evaluation:
    """Return the evaluation of a request whose record is all there is."""
    parameters = {} if request.drafts is None else {PARAMETER: request.drafts}
    return Evaluation(DataContext.of(request.record, closed=True), terms, parameters=parameters, now=NOW)
