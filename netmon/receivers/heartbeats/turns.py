"""Whose turn it is: visitors wait by the place they come from, so that a crowd from one place delays no other."""

from __future__ import annotations

import ipaddress
import socket
from collections import Counter, deque

_MOST_WAITING = 256
_MOST_INSIDE = 64
_MOST_INSIDE_FROM_ONE_PLACE = 4
_NETWORK_BITS = 64


class Turns:
    """The waiting room: places take turns, and each has few visitors inside at a time."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[socket.socket]] = {}
        self._inside: dict[socket.socket, str] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nobody waits."""
        return not self._waiting

    def come(self, visitor: socket.socket, address: str) -> None:
        """Have *visitor* from *address* wait; where the room is full, the newest from where most are is sent away."""
        self._waiting.setdefault(_place(address), deque()).append(visitor)
        if sum(map(len, self._waiting.values())) <= _MOST_WAITING:
            return
        crowded = max(self._waiting, key=lambda place: len(self._waiting[place]))
        self._waiting[crowded].pop().close()
        if not self._waiting[crowded]:
            del self._waiting[crowded]

    def call(self) -> socket.socket | None:
        """Who goes in now; ``None`` where nobody waits, or all who do must wait for others to leave."""
        crowd = Counter(self._inside.values())
        if len(self._inside) >= _MOST_INSIDE:
            return None
        for place, queue in self._waiting.items():
            if crowd[place] < _MOST_INSIDE_FROM_ONE_PLACE:
                visitor = queue.popleft()
                del self._waiting[place]
                if queue:
                    self._waiting[place] = queue  # behind all others
                self._inside[visitor] = place
                return visitor
        return None

    def leave(self, visitor: socket.socket) -> None:
        """Show *visitor* out."""
        visitor.close()
        self._inside.pop(visitor, None)

    def end(self) -> None:
        """Show everybody out."""
        for visitor in [*self._inside, *(each for queue in self._waiting.values() for each in queue)]:
            visitor.close()
        self._inside.clear()
        self._waiting.clear()


def _place(address: str) -> str:
    """Where *address* is: itself, or its network, for one machine has as many addresses of IPv6 as it likes."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return address if found.version == 4 else str(ipaddress.ip_network((int(found), _NETWORK_BITS), strict=False))
