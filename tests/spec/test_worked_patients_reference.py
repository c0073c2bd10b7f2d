"""docs/reference/worked-patients.md: the example is a worked patient, and every key of the schema is described."""

from __future__ import annotations

import re
from pathlib import Path

from publisher.source.own_schemas import OWN_SCHEMAS
from publisher.source.schema import schema_issues
from publisher.source.yaml import parse

PAGE = (Path(__file__).parents[2] / "docs/reference/worked-patients.md").read_text(encoding="utf-8")
SCHEMA = OWN_SCHEMAS["cases"]


def test_the_example_fits_the_schema() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    document = parse(example.encode(), file="example.yaml")
    assert [str(issue) for issue in schema_issues(document, SCHEMA)] == []


def test_every_key_is_described() -> None:
    keys = [*SCHEMA["$defs"]["case"]["properties"], *SCHEMA["$defs"]["expect"]["properties"]]
    assert [key for key in keys if f"`{key}`" not in PAGE] == []
