"""Host names: turned into addresses by the system's resolver, one question at a time for each, kept for a minute."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from functools import partial

_KEPT_SECONDS = 60.0
_MOST_KEPT = 10_000

Addresses = tuple[str, ...]


class NameNotResolvedError(Exception):
    """The resolver does not know the name, or did not say; the message is evidence."""


def ask_system(name: str) -> Addresses:
    """The addresses of *name* in the order in which they should be tried; blocks.

    Raises:
        OSError: the resolver has none.
        UnicodeError: *name* is no host name.
    """
    answers = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in answers))


class Names:
    """What is known of host names; literal addresses need none of this.

    However many looks wait for a name, it occupies one thread of the loop's executor, so a resolver that
    hangs over one name does not keep the others from being asked.
    """

    def __init__(self, ask: Callable[[str], Addresses] = ask_system) -> None:
        self._ask = ask
        self._known: dict[str, tuple[float, Addresses]] = {}
        self._asked: dict[str, asyncio.Future[Addresses]] = {}

    async def addresses(self, name: str) -> Addresses:
        """The addresses of *name*, at least one.

        Raises:
            NameNotResolvedError: there are none.
        """
        loop = asyncio.get_running_loop()
        until, addresses = self._known.get(name, (0.0, ()))
        if loop.time() < until:
            return addresses
        answer = self._asked.get(name)
        if answer is None:
            answer = self._asked[name] = loop.run_in_executor(None, self._ask, name)
            answer.add_done_callback(partial(self._keep, name))
        try:
            return await asyncio.shield(answer)
        except socket.gaierror as error:
            raise NameNotResolvedError(f"{name}: {error.strerror or error}") from error
        except (OSError, UnicodeError) as error:
            raise NameNotResolvedError(f"{name}: {error}") from error

    def _keep(self, name: str, answer: asyncio.Future[Addresses]) -> None:
        del self._asked[name]
        if answer.cancelled() or answer.exception() is not None:
            return
        if len(self._known) >= _MOST_KEPT:
            self._known.clear()
        self._known[name] = (asyncio.get_running_loop().time() + _KEPT_SECONDS, answer.result())
