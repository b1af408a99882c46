"""A village with a centre and an office, and a manager that asks its agents without a socket."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from netmon.lab.ber import Tag, decode, decode_integer, decode_oid, encode, encode_integer, encode_oid, expect
from netmon.lab.layout import End, LabDevice, LabEndpoint, LabLink, Layout
from netmon.lab.message import Pdu, Version
from netmon.lab.mib import Oid
from netmon.lab.settings import LabSettings, PortShape, RoleShape, StorageShape
from netmon.lab.world import World
from netmon.model.moments import SECOND, Moment

NOON = Moment(1_800_000_000 * SECOND)

Value = int | bytes | Oid | None


@dataclass(frozen=True)
class Reply:
    """A response, taken apart; a value is ``None`` where the agent says that there is none."""

    number: int
    status: int
    index: int
    bindings: list[tuple[Oid, int, Value]]

    @property
    def values(self) -> list[Value]:
        return [value for _, _, value in self.bindings]


class Manager:
    """Writes requests and reads replies."""

    version = Version.V2C
    community = b"public"

    def ask(self, pdu: Pdu, *names: Oid, number: int = 7, once: int = 0, times: int = 0) -> bytes:
        bindings = b"".join(encode(Tag.SEQUENCE, encode_oid(name) + encode(Tag.NULL, b"")) for name in names)
        body = encode_integer(number) + encode_integer(once) + encode_integer(times) + encode(Tag.SEQUENCE, bindings)
        head = encode_integer(self.version) + encode(Tag.OCTET_STRING, self.community)
        return encode(Tag.SEQUENCE, head + encode(pdu, body))

    def read(self, reply: bytes) -> Reply:
        start, end = expect(reply, 0, len(reply), Tag.SEQUENCE)
        assert end == len(reply)
        _, _, at = decode(reply, start, end)
        _, _, at = decode(reply, at, end)
        at, end = expect(reply, at, end, Pdu.RESPONSE)
        numbers = []
        for _ in range(3):
            start, at = expect(reply, at, end, Tag.INTEGER)
            numbers.append(decode_integer(reply[start:at]))
        at, end = expect(reply, at, end, Tag.SEQUENCE)
        bindings = []
        while at < end:
            start, stop = expect(reply, at, end, Tag.SEQUENCE)
            name, after = expect(reply, start, stop, Tag.OID)
            tag, value, last = decode(reply, after, stop)
            bindings.append((decode_oid(reply[name:after]), tag, _plain(tag, reply[value:last])))
            at = stop
        return Reply(*numbers, bindings)


def _plain(tag: int, payload: bytes) -> Value:
    if tag == Tag.OCTET_STRING:
        return payload
    if tag == Tag.OID:
        return decode_oid(payload)
    return decode_integer(payload) if payload else None


@pytest.fixture
def manager() -> Manager:
    return Manager()


@pytest.fixture
def noon() -> Moment:
    return NOON


@pytest.fixture
def shape() -> RoleShape:
    return RoleShape(
        description="a router",
        object_id="1.3.6.1.4.1.9.1.620",
        ports=(PortShape(name="Gi0/{}", count=2, speed="1 Gbps"),),
    )


@pytest.fixture
def settings(shape: RoleShape) -> LabSettings:
    server = RoleShape(
        description="a server",
        object_id="1.3.6.1.4.1.8072.3.2.10",
        processors=2,
        memory="4 GiB",
        volumes=(StorageShape(name="/", size="40 GiB"),),
        ports=(PortShape(name="eth0", speed="1 Gbps"),),
    )
    return LabSettings(roles={"router": shape, "switch": shape, "server": server}, media={"radio": "10ms"})


@pytest.fixture
def layout() -> Layout:
    """A centre with a core, and an office behind a radio link: a gateway, a switch behind it, a server behind that."""

    def device(name: str, last: int, role: str, *parents: str) -> LabDevice:
        site = name.partition("-")[0]
        return LabDevice(
            name=name,
            address=f"127.20.254.{last}",
            role=role,
            site=site,
            snmp_port=1161,
            community="public",
            parents=parents,
            location=f"Trạm {site}",
        )

    return Layout(
        devices=(
            device("centre-core", 1, "switch"),
            device("office-gw", 11, "router"),
            device("office-sw", 12, "switch"),
            device("office-web", 13, "server", "office-sw"),
        ),
        links=(
            LabLink(
                id="office-radio",
                a=End("office-gw", "Gi0/0"),
                b=End("centre-core", "Gi1/0/7"),
                medium="radio",
                bandwidth=34_000_000,
            ),
            LabLink(id="office-adsl", a=End("office-gw", "Dialer0"), medium="adsl", bandwidth=8_000_000, backup=True),
        ),
        endpoints=(
            LabEndpoint(
                service="office-portal",
                url="http://127.20.254.13:8080/",
                title="Trang của Văn phòng",
                owner="Văn phòng",
            ),
        ),
    )


@pytest.fixture
def world(layout: Layout, settings: LabSettings) -> World:
    return World(layout, settings, NOON)


@pytest.fixture
def silent(world: World) -> Callable[[Moment], set[str]]:
    """The devices that do not answer at a moment."""
    return lambda at: {name for name in world.machines if world.device_manner(name, at).silent}


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on, for UDP and TCP alike as far as anybody can know."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.20.254.254", 0))
        port: int = probe.getsockname()[1]
        return port
