"""Where a setting of a check comes from: a place in a file, the role's defaults, or what is built in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from netmon.cli.words import Words, marked
from netmon.config.checks import Wanted, wanted_checks
from netmon.config.roles import default_checks
from netmon.inventory.checks import written_checks
from netmon.inventory.inventory import Entry, Inventory
from netmon.inventory.sites import Device, Service
from netmon.kernel.documents import Node
from netmon.kernel.yaml_loader import read_yaml
from netmon.model.ids import EntityKind, bare_id, kind_of
from netmon.model.moments import Duration
from netmon.model.plan import CheckSpec, Subject
from netmon.model.quantities import format_duration

_BUILT_IN = marked("built in")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting with its value for people and where it was written; ``None`` where it is built in."""

    name: str
    value: str
    where: str | None

    def tell(self, words: Words) -> str:
        """Name, value and origin."""
        return f"{self.name} {self.value}  [{self.where or words.say(_BUILT_IN)}]"


def settings_of(check: CheckSpec, subject: Subject, inventory: Inventory, config: Path) -> tuple[Setting, ...]:
    """Every setting of *check*; secrets stand behind references and are not followed."""
    places = _places(check, subject, inventory, config)
    rule = check.rule
    values: dict[str, object] = {
        "address": check.address,
        "interval": format_duration(rule.interval),
        "timeout": format_duration(rule.timeout),
    }
    if rule.slow is not None:
        values["slow"] = format_duration(rule.slow)
    values.update({key: _shown(value) for key, value in check.settings.items() if value not in (None, {}, [])})
    return tuple(Setting(name, str(value), places.get(name)) for name, value in values.items())


def _places(check: CheckSpec, subject: Subject, inventory: Inventory, config: Path) -> Mapping[str, str]:
    """By key of *check*, where it was written last."""
    entry: Entry[Device] | Entry[Service] | None
    if kind_of(subject.id) is EntityKind.DEVICE:
        entry = inventory.devices.get(bare_id(subject.id))
    else:
        entry = inventory.services.get(bare_id(subject.id))
    if entry is None:
        return {}
    places: dict[str, str] = {}
    if isinstance(entry.value, Device):
        places["address"] = entry.node.at("address").where
        if check.kind == "snmp" and entry.value.snmp is not None:
            keys = entry.value.snmp.model_dump(exclude_none=True)
            places.update({key: entry.node.at("snmp", key).where for key in keys})
    for wanted in _wanted(check, subject, entry.node, config):
        for part in wanted.parts:
            places.update({key: part.node.at(key).where for key in part.options or {}})
    if "url" in places and "address" not in places:
        places["address"] = places["url"]
    return places


def _wanted(check: CheckSpec, subject: Subject, node: Node, config: Path) -> list[Wanted]:
    roles, _ = default_checks(read_yaml(config, config.name).root.at("roles"))
    defaults = roles.get(subject.role, ()) if kind_of(subject.id) is EntityKind.DEVICE else ()
    found = wanted_checks(defaults, written_checks(node.at("checks")))
    return [one for one in found if (one.kind, one.name) == (check.kind, check.name)]


def _shown(value: object) -> str:
    if isinstance(value, str) and value.endswith("us") and value[:-2].isdigit():
        return format_duration(Duration(int(value[:-2])))
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(inner)}" for key, inner in value.items() if inner not in (None, {}, []))
    if isinstance(value, list):
        return ", ".join(_shown(inner) for inner in value)
    return str(value)
