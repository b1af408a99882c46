"""The SNMP responder: one UDP socket for each address, so that every reply comes from where it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from random import Random
from typing import cast

from typing_extensions import override

from netmon.kernel.clock import Clock
from netmon.lab.agent import Agent
from netmon.lab.ber import MalformedError
from netmon.lab.faults import FaultKind
from netmon.lab.layout import LabDevice
from netmon.lab.machine import Machine
from netmon.lab.message import Version, version_of
from netmon.lab.post import Post
from netmon.lab.secure import SecureAgent
from netmon.lab.world import Manner, World
from netmon.model.moments import Moment

Peer = tuple[str, int]
"""Address and port of who asked."""


class Responder:
    """Plays the agents of all devices that have one."""

    def __init__(self, world: World, clock: Clock, post: Post, secure: Mapping[str, SecureAgent]) -> None:
        self._world = world
        self._clock = clock
        self._post = post
        self._secure = secure
        self._chance = Random(world.settings.seed)  # noqa: S311  not for secrets
        self._sockets: dict[str, asyncio.DatagramTransport] = {}

    async def listen(self) -> None:
        """Open the socket of every agent that does not refuse, and close those that do."""
        for device in self._world.layout.devices:
            if device.snmp_port is None:
                continue
            manner = self._world.device_manner(device.name, self._clock.now())
            if FaultKind.REFUSE in manner.quirks:
                self._close(device.name)
            elif device.name not in self._sockets:
                self._sockets[device.name] = await self._open(device, device.snmp_port)

    def close(self) -> None:
        """Close all sockets."""
        for device in tuple(self._sockets):
            self._close(device)

    def _close(self, device: str) -> None:
        if (socket := self._sockets.pop(device, None)) is not None:
            socket.close()

    async def _open(self, device: LabDevice, port: int) -> asyncio.DatagramTransport:
        community = device.community.encode() if device.community is not None else None
        agent = None if community is None else Agent(community, self._world.settings.message, self._chance)
        answer = partial(self._answer, self._world.machines[device.name], agent)
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Socket(answer), local_addr=(device.address, port)
        )
        return transport

    def _answer(self, machine: Machine, agent: Agent | None, datagram: bytes, send: Callable[[bytes], None]) -> None:
        now = self._clock.now()
        manner = self._world.device_manner(machine.device.name, now)
        if manner.silent or (manner.loss and self._chance.random() < manner.loss):
            return
        for reply in self._replies(machine, agent, datagram, (manner, now)):
            self._post.send(manner.delay, partial(send, reply))

    def _replies(
        self, machine: Machine, agent: Agent | None, datagram: bytes, when: tuple[Manner, Moment]
    ) -> list[bytes]:
        manner, now = when
        secure = self._secure.get(machine.device.name)
        with suppress(MalformedError):
            if secure is not None and version_of(datagram) == Version.V3:
                return secure.replies(datagram, now, manner.quirks)
        return [] if agent is None else agent.replies(datagram, machine.mib, now, manner.quirks)


class _Socket(asyncio.DatagramProtocol):
    def __init__(self, answer: Callable[[bytes, Callable[[bytes], None]], None]) -> None:
        self._answer = answer
        self._transport: asyncio.DatagramTransport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    @override
    def datagram_received(self, data: bytes, addr: Peer) -> None:
        self._answer(data, partial(self._send, addr))

    def _send(self, peer: Peer, reply: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(reply, peer)
