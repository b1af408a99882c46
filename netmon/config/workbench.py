"""What every subject of a plan is made with: turns written checks into specifications, and gathers what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from netmon.config import reach
from netmon.config.checks import Kinds, Settled, Wanted, literals, settle, unknown_kind
from netmon.config.settings import Configuration
from netmon.inventory.checks import WrittenCheck, written_checks
from netmon.inventory.inventory import Inventory
from netmon.inventory.words import canonical_address
from netmon.kernel.documents import Node
from netmon.kernel.problems import Mistakes, Problem, nearest, quote
from netmon.model.ids import EntityId, bare_id, check_id
from netmon.model.plan import CheckSpec

Implied = Mapping[str, tuple[Any, Node]]
"""Settings that follow from a device or service, each with the place that they follow from."""


@dataclass(frozen=True, slots=True)
class Configured:
    """The settings, and the document that they were read from."""

    settings: Configuration
    root: Node


@dataclass(frozen=True, slots=True)
class Workbench:
    """The inventory, the settings and the kinds, with the problems that were found so far."""

    inventory: Inventory
    configured: Configured
    kinds: Kinds
    problems: list[Problem] = field(default_factory=list)

    @property
    def settings(self) -> Configuration:
        """The settings."""
        return self.configured.settings

    def written(self, node: Node) -> tuple[WrittenCheck, ...]:
        """The checks at *node* that are of known kinds."""
        try:
            written = written_checks(node)
        except Mistakes as mistakes:
            self.problems.extend(mistakes.problems)
            return ()
        self.problems.extend(wrong for check in written if (wrong := unknown_kind(check, self.kinds)))
        return tuple(check for check in written if check.kind in self.kinds)

    def settled(self, wanted: Iterable[Wanted], owner: Node, implied: Mapping[str, Implied]) -> Iterator[Settled]:
        """Those of *wanted* that are right; *implied* goes by kind."""
        for check in wanted:
            try:
                yield settle(check, self.kinds[check.kind], owner, implied.get(check.kind, {}))
            except Mistakes as mistakes:
                self.problems.extend(mistakes.problems)

    def specify(self, settled: Settled, subject: EntityId, address: str) -> CheckSpec:
        """*settled* as a check of *subject* that asks *address*."""
        for path in literals(settled.values.plain):
            node = settled.values.locate(path)
            self.problems.extend(reach.kept_on_loopback(node, [(bare_id(subject), address)]))
        return CheckSpec(
            id=check_id(subject, settled.kind, settled.name),
            subject=subject,
            kind=settled.kind,
            name=settled.name,
            address=address,
            rule=settled.rule,
            required=settled.required,
            settings=settled.settings,
        )

    def allow(self, address: str, node: Node) -> None:
        """Tell at *node* if *address* may not be contacted."""
        self.problems.extend(reach.allowed(address, node, self.settings.networks))

    def host_asked(self, settled: Settled) -> str | None:
        """The host of the URL that *settled* asks, if it has one; told about if it may not be contacted."""
        if not isinstance(url := settled.settings.get("url"), str):
            return None
        node = settled.values.locate(("url",))
        if (parts := url_parts(url)) is None:
            self.problems.append(node.problem("the URL names no host"))
            return None
        self.allow(parts.host, node)
        return parts.host

    def is_lab(self, addresses: Iterable[str]) -> bool:
        """Whether the lab plays any of *addresses*."""
        return self.settings.lab is not None and any(reach.in_lab(address) for address in addresses)

    def no_such(self, node: Node, word: str, name: str, known: Iterable[str], otherwise: str = "") -> None:
        """Tell at *node* that *name* is no *word*, and which of *known* comes near."""
        self.problems.append(node.problem(f"there is no {word} {quote(name)}", nearest(name, known) or otherwise))


@dataclass(frozen=True, slots=True)
class UrlParts:
    """The host of a URL, and the port that it says or means."""

    host: str
    port: int | None


def url_parts(url: str) -> UrlParts | None:
    """The parts of *url*; ``None`` where it names no host, or none that could be asked."""
    try:
        parts = urlsplit(url)
        host = canonical_address((parts.hostname or "").encode("idna").decode("ascii"))
        port = parts.port
    except ValueError:
        return None
    return UrlParts(host, port if port is not None else {"http": 80, "https": 443}.get(parts.scheme))
