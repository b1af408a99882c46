"""The far end of the lab's echo transport: answers for every device as its address would answer a ping."""

from __future__ import annotations

import asyncio
from functools import partial
from random import Random
from typing import cast

from typing_extensions import override

from netmon.collectors.icmp.lab_transport import decode
from netmon.kernel.clock import Clock
from netmon.lab.post import Post
from netmon.lab.world import World


class EchoServer(asyncio.DatagramProtocol):
    """Sends each question back as it came, later or not at all where the lab's faults say so."""

    def __init__(self, world: World, clock: Clock, post: Post) -> None:
        self._world = world
        self._clock = clock
        self._post = post
        self._chance = Random(world.settings.seed)  # noqa: S311  not for secrets
        self._transport: asyncio.DatagramTransport | None = None

    async def listen(self) -> None:
        """Open the socket."""
        settings = self._world.settings
        await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self, local_addr=(str(settings.echo_host), settings.echo_port)
        )

    def close(self) -> None:
        """Close the socket."""
        if self._transport is not None:
            self._transport.close()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        question = decode(data)
        device = self._world.device_at(question[0]) if question is not None else None
        if device is None:
            return
        manner = self._world.device_manner(device, self._clock.now())
        if not manner.silent and not (manner.loss and self._chance.random() < manner.loss):
            self._post.send(manner.delay, partial(self._send, data, addr))

    def _send(self, answer: bytes, peer: tuple[str, int]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(answer, peer)
