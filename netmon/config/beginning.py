"""The first files of a new configuration: one office with its gateways and servers, in few words to go on from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_network
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address

_EVERYWHERE = ("0.0.0.0/0", "::/0")
_NEAR = {4: 24, 6: 64}
"""How long the prefix of a network is that an address is taken to lie in."""


@dataclass(frozen=True, slots=True)
class Host:
    """A device by its *name* and its *address*."""

    name: str
    address: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What is known of an office that is to be watched.

    Attributes:
        name: what the organisation is called.
        zone: the IANA name of its time zone.
        community: a reference to the community by which its devices are asked over SNMP v2c; never the community.
        pages: URLs of web pages.
    """

    name: str
    zone: str
    gateways: Sequence[Host]
    servers: Sequence[Host] = ()
    pages: Sequence[str] = ()
    community: str | None = None

    @property
    def hosts(self) -> tuple[Host, ...]:
        """Everything that is a device."""
        return (*self.gateways, *self.servers)


def first_files(office: Office) -> Mapping[str, str]:
    """The text of every file by its path, relative to the directory of ``config.yaml``."""
    return {
        "config.yaml": _configuration(office),
        "inventory/organization.yaml": _organization(office),
        "inventory/sites/office.yaml": _site(office),
    }


def _configuration(office: Office) -> str:
    networks = [_near(host.address) for host in office.hosts]
    networks += [network for page in office.pages for network in _networks_of(page)]
    if _EVERYWHERE[0] in networks:
        networks = list(_EVERYWHERE)
    lines = [
        "# How this netmon behaves; what it watches stands in inventory/.",
        "# `netmon check` finds every mistake, `netmon doctor` looks at the machine, `netmon run` starts.",
        "",
        "state: state                      # database and control socket; made when netmon starts",
        'store: {url: "sqlite:///netmon.db"}',
        'listen: "127.0.0.1:9780"          # metrics, health and service discovery for Prometheus',
        "",
        "networks:                         # nothing beyond these is ever contacted",
        *(f"  - {_quoted(network)}" for network in dict.fromkeys(networks)),
        "",
    ]
    if len(office.hosts) > 1:
        lines += [
            "canaries:                         # where none of them answers, netmon doubts itself, and blames nobody",
            *(f"  - {{name: {host.name}, address: {_quoted(host.address)}}}" for host in office.hosts[:3]),
        ]
    else:
        lines += [
            "# canaries: two or three things that always answer; where none of them does, netmon doubts itself:",
            "#   - {name: far, address: ...}",
        ]
    return _text(lines)


def _organization(office: Office) -> str:
    lines = [
        "# The organisation, its units and the credentials by which devices are asked.",
        "",
        f"organization: {{id: own, name: {_quoted(office.name)}, zone: {_quoted(office.zone)}}}",
        "networks: [{id: lan, kind: lan, name: LAN}]",
        "peer_groups: [{id: own, name: Own}]",
        f"departments: [{{id: own, name: {_quoted(office.name)}, peer_group: own}}]",
    ]
    if office.community:
        lines += [
            "",
            "credentials:                      # a secret never stands here: env:NAME, file:PATH or credential:NAME",
            f"  - {{id: v2c, version: 2c, community: {_quoted(office.community)}}}",
        ]
    return _text(lines)


def _site(office: Office) -> str:
    snmp = ", snmp: v2c" if office.community else ""
    parents = f", parents: [{', '.join(host.name for host in office.gateways)}]" if office.gateways else ""
    lines = ["# One file for each site; copy it for the next.", "", "site: {id: office, department: own}"]
    if office.hosts:
        lines += ["", "devices:"]
    lines += [
        f"  - {{name: {host.name}, role: router, address: {_quoted(host.address)}{snmp}}}" for host in office.gateways
    ]
    lines += [
        f"  - {{name: {host.name}, role: server, address: {_quoted(host.address)}{snmp}{parents}}}"
        for host in office.servers
    ]
    if office.pages:
        lines += ["", "services:"]
    for number, page in enumerate(office.pages, start=1):
        tls = ", tls" if page.startswith("https:") else ""
        lines.append(f"  - {{id: web{number}, kind: portal, checks: [{{http: {{url: {_quoted(page)}}}}}{tls}]}}")
    return _text(lines)


def _near(address: Address) -> str:
    return str(ip_network((address, _NEAR[address.version]), strict=False))


def _networks_of(page: str) -> Iterable[str]:
    """Where the host of *page* may lie: a name may stand for any address."""
    host = urlsplit(page).hostname or ""
    try:
        return [str(ip_network(host))]
    except ValueError:
        return _EVERYWHERE


def _quoted(value: object) -> str:
    """*value* as YAML reads it back, whatever is in it."""
    return json.dumps(str(value), ensure_ascii=False)


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"
