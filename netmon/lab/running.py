"""The lab as it runs: all agents, the echo transport and the web servers in one task group, and what breaks them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from netmon.kernel.clock import Clock
from netmon.lab.certificates import Authority
from netmon.lab.echo import EchoServer
from netmon.lab.faults import Fault
from netmon.lab.layout import Layout
from netmon.lab.post import Crew, Post
from netmon.lab.responder import Responder
from netmon.lab.secure import secure_agents
from netmon.lab.settings import LabSettings
from netmon.lab.web import WebServer
from netmon.lab.world import World


class Lab:
    """A lab that runs; made by `open_lab`.

    Attributes:
        echo: host and port of the echo transport.
        trust: file with the CA that signs the web servers' certificates.
    """

    def __init__(self, world: World, clock: Clock, folder: Path, crew: Crew) -> None:
        post = Post(clock, crew)
        authority = Authority(folder, clock.now())
        secure = secure_agents(world.machines, world.settings.secure, world.settings.seed)
        self._world = world
        self._clock = clock
        self._responder = Responder(world, clock, post, secure)
        self._echo = EchoServer(world, clock, post)
        self._web = WebServer(world, clock, authority, crew)
        self.echo = (str(world.settings.echo_host), world.settings.echo_port)
        self.trust = authority.path

    async def start(self) -> None:
        """Open all sockets; raises OSError where an address or port is taken."""
        await self._echo.listen()
        await self._follow()

    async def stop(self) -> None:
        """Close all sockets."""
        self._echo.close()
        self._responder.close()
        self._web.close()
        await _let_sockets_close()

    async def break_(self, target: str, fault: str, options: Mapping[str, str] | None = None) -> Fault:
        """Let *fault* befall *target* (``syt-sw1``, ``link:syt-tslcd``, ``syt-gw1/Dialer0``); raises LabError."""
        broken = self._world.break_(target, fault, options or {}, self._clock.now())
        await self._follow()
        return broken

    async def mend(self, target: str) -> tuple[Fault, ...]:
        """Mend *target*, or everything where it is ``all``; what was wrong is returned; raises LabError."""
        mended = self._world.mend(target, self._clock.now())
        await self._follow()
        return mended

    def list(self) -> tuple[Fault, ...]:
        """What is wrong now, oldest first."""
        return self._world.wrong(self._clock.now())

    async def _follow(self) -> None:
        await self._responder.listen()
        await self._web.listen()
        await _let_sockets_close()


async def _let_sockets_close() -> None:
    await asyncio.sleep(0)  # a transport that was closed gives its socket back in the loop's next turn


@asynccontextmanager
async def open_lab(
    layout: Layout, settings: LabSettings, *, clock: Clock, folder: Path, group: asyncio.TaskGroup
) -> AsyncIterator[Lab]:
    """Run the lab in *group* for as long as the context is open; *folder* keeps its certificates.

    Raises:
        LabError: `LabSettings.faults` names something that the layout does not have.
        OSError: an address or port is taken.
        ValueError: the URL of an endpoint cannot be served.
    """
    crew = Crew(group)
    lab = Lab(World(layout, settings, clock.now()), clock, folder, crew)
    try:
        await lab.start()
        yield lab
    finally:
        crew.stop()
        await lab.stop()
