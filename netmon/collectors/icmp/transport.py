"""What carries echoes: the protocol that the real sockets and the lab's stand-in both keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from netmon.model.looks import Failure

OnReply = Callable[[str, int, float], None]
"""Called with the address that replied, the token that came back, and when it came, on the loop's clock."""

OnTrouble = Callable[[str, int, Failure], None]
"""Called with the address that was asked, the lower 16 bits of the token, and what came instead of a reply."""


class EchoTransport(Protocol):
    """Carries echoes out and replies in; knows nothing of deadlines.

    A token is 64 random bits; its lower 16 bits are the sequence number on the wire, because routers that
    report trouble need not quote more of the echo than that.
    """

    def listen(self, on_reply: OnReply, on_trouble: OnTrouble) -> None:
        """From now on tell *on_reply* and *on_trouble* what comes in; called once, before the first `send`."""

    def send(self, address: str, token: int, size: int) -> None:
        """Send one echo with *size* bytes of payload to the literal *address*, without waiting.

        Raises:
            OSError: this machine has no way there, or must not go there.
        """

    def drain(self) -> float:
        """Tell everything that has come in; return the loop time before which nothing is left untold."""

    def close(self) -> None:
        """Give the sockets back; nothing is told from now on."""


@dataclass(frozen=True, slots=True)
class Aim:
    """Where echoes to a target go.

    Attributes:
        address: a literal address, with its zone (``%eth0``) where it needs one.
        source: the same as the kernel writes it as the source of a reply: shortest form, no zone.
    """

    address: str
    source: str
    transport: EchoTransport
