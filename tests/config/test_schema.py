"""The schema for editors knows every key, and allows the short forms that the files allow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from netmon.config.reference import PAGE, page
from netmon.config.schema import schema
from netmon.kernel.yaml_loader import parse_yaml
from tests.config.conftest import FILES, KINDS, LoadProvince

ROOT = Path(__file__).parents[2]


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


@pytest.mark.parametrize("name", ["config", "organization", "site"])
def test_every_reference_in_a_schema_leads_somewhere(name: str) -> None:
    document = json.loads(json.dumps(schema(KINDS)[name]))

    assert {reference.removeprefix("#/$defs/") for reference in references(document)} <= document["$defs"].keys()
    assert "$comment" not in json.dumps(document)


def test_short_forms_and_quantities_are_text() -> None:
    definitions = schema(KINDS)["site"]["$defs"]

    assert {"type": "string"} in definitions["Device"]["properties"]["snmp"]["anyOf"]
    assert {"type": "string"} in definitions["Service"]["properties"]["name"]["anyOf"]
    assert definitions["Link"]["properties"]["bandwidth"]["anyOf"][0]["examples"] == ["100 Mbps"]
    assert definitions["CommonKeys"]["properties"]["interval"]["anyOf"][0]["type"] == "string"


def test_a_check_may_say_what_its_kind_and_every_kind_allow() -> None:
    definitions = schema(KINDS)["site"]["$defs"]

    options = definitions["Checks"]["anyOf"][1]["properties"]["icmp"]["anyOf"][0]
    assert options["properties"].keys() == {"size", "name", "interval", "timeout", "slow", "required"}
    assert options["additionalProperties"] is False


def test_the_committed_reference_is_what_the_models_say() -> None:
    written = (ROOT / PAGE).read_text(encoding="utf-8")

    assert page(written) == written


def test_every_key_has_a_description() -> None:
    for document in schema(()).values():
        for model in (document, *document["$defs"].values()):
            for key, given in model.get("properties", {}).items():
                assert "description" in given or model in (document["$defs"]["Parents"],), key


def test_the_example_of_the_reference_loads(load_province: LoadProvince) -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    (example,) = [block.partition("```")[0] for block in text.split("```yaml\n")[1:]]
    organization = FILES["inventory/organization.yaml"].replace("id: v2c", "id: province-v3")

    loaded = load_province(
        ("snmp: v2c", "snmp: province-v3"),
        files={
            "inventory/organization.yaml": organization,
            "inventory/sites/so-y-te.yaml": example,
        },
    )

    assert parse_yaml(example, "example").problems == ()
    assert loaded.problems == ()
