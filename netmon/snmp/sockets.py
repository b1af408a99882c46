"""The sockets of all sessions: where they may lead, and giving back those that nobody has asked through for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address
from typing import Protocol

from netmon.model.states import Reason
from netmon.snmp.failures import NoAnswer

Locate = Callable[[str], Awaitable[IPv4Address | IPv6Address]]
"""Finds the address of a host that may be asked; raises `NoAnswer` where there is none."""

_IDLE_SECONDS = 600.0


class Holder(Protocol):
    """Whoever has a socket open."""

    def was_idle_since(self, moment: float) -> bool:
        """Whether nothing was asked since *moment* of the loop's clock, and nothing is waited for."""

    def close(self) -> None:
        """Give the socket back."""


class Sockets:
    """What the sessions of a poller share.

    Every socket is known from its opening to its closing, whatever becomes of its session: one whose device left the
    plan may finish what it asks, and needs nobody who remembers to close it.
    """

    def __init__(self, locate: Locate, idle_seconds: float = _IDLE_SECONDS) -> None:
        self.locate = locate
        self._idle_seconds = idle_seconds
        self._holders: set[Holder] = set()
        self._alarm: asyncio.TimerHandle | None = None
        self._is_closed = False

    @property
    def open_count(self) -> int:
        """How many sockets are open."""
        return len(self._holders)

    def watch(self, holder: Holder) -> None:
        """From now on *holder* has a socket, or is about to open one.

        Raises:
            NoAnswer: all were closed, for good.
        """
        if self._is_closed:
            raise NoAnswer(Reason.CUT_OFF, "nothing is asked any more")
        self._holders.add(holder)
        if self._alarm is None:
            self._alarm = asyncio.get_running_loop().call_later(self._idle_seconds, self._sweep)

    def forget(self, holder: Holder) -> None:
        """*holder* has none any more."""
        self._holders.discard(holder)

    def close(self) -> None:
        """Close every socket, and let no other be opened."""
        self._is_closed = True
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        for holder in tuple(self._holders):
            holder.close()

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        moment = loop.time() - self._idle_seconds
        for holder in tuple(self._holders):
            if holder.was_idle_since(moment):
                holder.close()
        self._alarm = loop.call_later(self._idle_seconds, self._sweep) if self._holders else None
