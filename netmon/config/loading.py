"""Loads everything from ``config.yaml`` down to the plan, and tells every mistake of every file at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from netmon.config.resolving import resolve
from netmon.config.settings import Configuration
from netmon.config.workbench import Configured
from netmon.inventory.inventory import Inventory
from netmon.inventory.reading import read_inventory
from netmon.kernel.documents import Document
from netmon.kernel.memory import building_to_stay
from netmon.kernel.problems import Mistakes, Problem, in_order
from netmon.kernel.validation import Checked, check
from netmon.kernel.yaml_loader import read_yaml
from netmon.model.plan import Plan
from netmon.ports import CollectorKind

_EVERYTHING = ["0.0.0.0/0", "::/0"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What the files say.

    Attributes:
        settings: with every path made absolute; ``None`` where ``config.yaml`` is wrong.
        inventory: what could be read of it.
        plan: ``None`` as soon as there is any problem.
        sources: the text of every file by its name relative to ``config.yaml``.
    """

    settings: Configuration | None
    inventory: Inventory
    plan: Plan | None
    sources: Mapping[str, str]
    problems: tuple[Problem, ...]

    @property
    def complete(self) -> tuple[Configuration, Plan]:
        """The settings and the plan of files without a problem.

        Raises:
            Mistakes: there are problems; it carries them.
        """
        if self.settings is None or self.plan is None:
            raise Mistakes(self.problems)
        return self.settings, self.plan


def load(path: Path, kinds: Iterable[CollectorKind]) -> Loaded:
    """What the configuration at *path* and its inventory say, given the *kinds* of checks that exist."""
    with building_to_stay():
        return _load(path, kinds)


def _load(path: Path, kinds: Iterable[CollectorKind]) -> Loaded:
    directory = path.absolute().parent
    document = read_yaml(path, path.name)
    configuration = check(Configuration, document.root)
    problems = [*document.problems, *(configuration.problems if document.readable else ())]
    settings = configuration.whole if document.readable else None
    reading = read_inventory(
        directory / _text(document, "inventory", "inventory"),
        base=directory,
        home=_text(document, "poller", "centre"),
        besides=[directory / lab] if (lab := _text(document, "lab", "")) else [],
    )
    problems.extend(reading.problems)
    plan = None
    try:
        configured = Configured(settings or _usable(configuration), document.root)
        plan = resolve(reading.inventory, configured, {kind.name: kind for kind in kinds})
    except Mistakes as mistakes:
        problems.extend(mistakes.problems)
    return Loaded(
        settings=settings.located(directory) if settings else None,
        inventory=reading.inventory,
        plan=None if problems else plan,
        sources={document.file: document.text, **reading.sources},
        problems=in_order(problems),
    )


def _usable(configuration: Checked[Configuration]) -> Configuration:
    """The settings without the keys that are wrong: good enough to see what else is."""
    values = configuration.values if isinstance(configuration.values, dict) else {}
    known = Configuration.model_fields.keys() & values.keys()
    right = {key: values[key] for key in known if configuration.is_sound(key)}
    return Configuration.model_validate({"networks": _EVERYTHING, **right})


def _text(document: Document, key: str, usual: str) -> str:
    """A key that finding the inventory depends on, as far as it can be had from a file with mistakes."""
    value = document.root.at(key).value
    return value if isinstance(value, str) and value else usual
