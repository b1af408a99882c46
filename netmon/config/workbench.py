"""What every subject of a plan is made with: turns written checks into specifications, and gathers what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from netmon.config import reach
from netmon.config.checks import Kinds, Settled, Wanted, literals, settle, unknown_kind
from netmon.config.settings import Configuration
from netmon.inventory.checks import WrittenCheck, surveyed_checks
from netmon.inventory.inventory import Inventory
from netmon.inventory.words import canonical_address
from netmon.kernel.documents import Node
from netmon.kernel.problems import Problem, nearest, quote
from netmon.model.ids import EntityId, check_id
from netmon.model.plan import CheckSpec

Implied = Mapping[str, tuple[Any, Node]]
"""Settings that follow from a device or service, each with the place that they follow from."""


@dataclass(frozen=True, slots=True)
class Configured:
    """The settings as far as they are right, and the document that they were read from."""

    settings: Configuration
    root: Node


@dataclass(frozen=True, slots=True)
class Workbench:
    """The inventory, the settings and the kinds, with the problems that were found so far.

    Attributes:
        entrusted: the names and addresses of those who are asked with a credential, by its id.
    """

    inventory: Inventory
    configured: Configured
    kinds: Kinds
    problems: list[Problem] = field(default_factory=list)
    entrusted: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    @property
    def settings(self) -> Configuration:
        """The settings."""
        return self.configured.settings

    def written(self, node: Node) -> tuple[WrittenCheck, ...]:
        """The checks at *node*, those of unknown kinds too."""
        written, problems = surveyed_checks(node)
        self.problems.extend(problems)
        self.problems.extend(wrong for check in written if (wrong := unknown_kind(check, self.kinds)))
        return written

    def settle(self, wanted: Wanted, owner: Node, implied: Mapping[str, Implied], *, certain: bool) -> Settled:
        """*wanted* as far as it is right, its mistakes told but for what is missing; *implied* goes by kind."""
        kind = self.kinds.get(wanted.kind)
        settled = settle(wanted, kind, owner, implied.get(wanted.kind, {}), certain=certain)
        self.problems.extend(settled.told)
        self._tell_unrunnable(settled)
        return settled

    def entrust(self, settled: Settled, subject: str, address: str) -> None:
        """Remember with which credential *subject* is asked at *address*, and tell of secrets that it must not see."""
        for path in literals(settled.values.plain):
            node = settled.values.locate(path)
            self.problems.extend(reach.kept_on_loopback(node, [(subject, address)]))
        if isinstance(credential := settled.settings.get("credential"), str):
            self.entrusted.setdefault(credential, []).append((subject, address))

    def specify(self, settled: Settled, subject: EntityId, address: str) -> CheckSpec:
        """*settled* as a check of *subject* that asks *address*."""
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
        """The first host that the settings of *settled* name; told about are those that may not be contacted."""
        named = [*self._hosts_named(settled)]
        for host, node in named:
            self.allow(host, node)
        return named[0][0] if named else None

    def _tell_unrunnable(self, settled: Settled) -> None:
        """Tell of a ``program`` that cannot be run because nobody says where programs may stand."""
        program = settled.settings.get("program")
        if isinstance(program, str) and not self.configured.root.at("plugins").value:
            cause = f"{quote(program)} may not be run: plugins: in config.yaml names no directory"
            hint = "name the one that it stands in, such as /usr/lib/nagios/plugins"
            self.problems.append(settled.values.locate(("program",)).problem(cause, hint))

    def _hosts_named(self, settled: Settled) -> Iterator[tuple[str, Node]]:
        """The host of its ``url``, its ``host``, and its ``servers``, with the places where they stand."""
        match settled.settings:
            case {"url": str(url)}:
                node = settled.values.locate(("url",))
                if (parts := url_parts(url)) is not None:
                    yield parts.host, node
                else:
                    self.problems.append(node.problem("the URL names no host"))
            case {"host": str(host)}:
                yield host, settled.values.locate(("host",))
        if isinstance(servers := settled.values.plain.get("servers"), list):
            for index in range(len(servers)):
                if isinstance(server := settled.own.right("servers", index), str):
                    yield server, settled.values.locate(("servers", index))

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
