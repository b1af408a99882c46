"""JSON Schema of the files, for editors: what may stand where, before netmon is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from netmon.config.checks import CommonKeys
from netmon.config.settings import Configuration
from netmon.inventory.organization import OrganizationFile
from netmon.inventory.sites import SiteFile
from netmon.ports import CollectorKind

Schema = dict[str, Any]

FILES: Mapping[str, type[BaseModel]] = {"config": Configuration, "organization": OrganizationFile, "site": SiteFile}
"""The kinds of files, with the model of each."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_OFF: Schema = {"enum": ["off", False]}
_PARENTS: Schema = {
    "anyOf": [
        {"type": "array", "items": {"$ref": "#/$defs/Parent"}, "minItems": 1},
        *(
            {
                "type": "object",
                "properties": {key: {"type": "array", "items": {"$ref": "#/$defs/Parent"}, "minItems": 1}} | count,
                "required": [key, *count],
                "additionalProperties": False,
            }
            for key, count in (("any", {}), ("all", {}), ("of", {"k": {"type": "integer", "minimum": 1}}))
        ),
    ]
}
_PARENT: Schema = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Parents"}]}


def schema(kinds: Iterable[CollectorKind]) -> dict[str, Schema]:
    """The schema of each kind of file, given the *kinds* of checks that exist."""
    known = tuple(kinds)
    return {name: _file_schema(model, known) for name, model in FILES.items()}


def _file_schema(model: type[BaseModel], kinds: tuple[CollectorKind, ...]) -> Schema:
    models: list[type[BaseModel]] = [model, CommonKeys, *(kind.settings for kind in kinds)]
    references, shared = models_json_schema([(each, "validation") for each in models])
    definitions: Schema = shared["$defs"]
    common = _defined(definitions, references[CommonKeys, "validation"])
    options = {
        kind.name: _options(common, _defined(definitions, references[kind.settings, "validation"])) for kind in kinds
    }
    definitions |= {"Checks": _checks(options), "Parents": _PARENTS, "Parent": _PARENT}
    root: Schema = _referring(_defined(definitions, references[model, "validation"]))
    return {"$schema": _DIALECT, **root, "$defs": _referring(definitions)}


def _defined(definitions: Schema, reference: Mapping[str, Any]) -> Schema:
    found: Schema = definitions[str(reference["$ref"]).rpartition("/")[2]]
    return found


def _options(common: Schema, own: Schema) -> Schema:
    """What may stand below a kind; nothing is required, for it may follow from elsewhere."""
    properties = {**own.get("properties", {}), **common["properties"]}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _checks(options: Schema) -> Schema:
    either = {kind: {"anyOf": [schema, {"type": "null"}, _OFF]} for kind, schema in options.items()}
    mapping = {"type": "object", "properties": either, "additionalProperties": False}
    item = {"anyOf": [{"enum": sorted(options)}, {**mapping, "minProperties": 1, "maxProperties": 1}]}
    return {"anyOf": [{"type": "array", "items": item}, mapping, {"type": "null"}]}


def _referring(part: Any) -> Any:
    """*part* with references where the models leave a remark, because what stands there goes beyond them."""
    match part:
        case {"$comment": "checks", **rest}:
            return {"$ref": "#/$defs/Checks", **rest}
        case {"$comment": "parents", **rest}:
            return {"$ref": "#/$defs/Parents", **rest}
        case dict():
            return {key: _referring(value) for key, value in part.items()}
        case list():
            return [_referring(value) for value in part]
    return part
