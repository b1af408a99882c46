"""Agents that misbehave: walks that never end or turn back, and replies that are no BER."""

from __future__ import annotations

from random import Random

from netmon.lab.ber import MAX_ARC, decode_oid, encode_integer, oid_payload
from netmon.lab.mib import Instance, Oid, View, constant, instance


class EndlessView:
    """Every column goes on for ever: behind its last row comes another."""

    def __init__(self, view: View) -> None:
        self._view = view

    def at(self, name: bytes) -> Instance | None:
        return self._view.at(name)

    def after(self, name: bytes) -> Instance | None:
        following = self._view.after(name)
        oid = decode_oid(name)
        if _leaves_column(self._view, oid, following) and oid[-1] < MAX_ARC:
            return instance((*oid[:-1], oid[-1] + 1), constant(encode_integer(1)))
        return following


class LoopingView:
    """No column is left: behind its last row comes its first again, so the names do not increase."""

    def __init__(self, view: View) -> None:
        self._view = view

    def at(self, name: bytes) -> Instance | None:
        return self._view.at(name)

    def after(self, name: bytes) -> Instance | None:
        following = self._view.after(name)
        oid = decode_oid(name)
        return self._view.after(oid_payload(oid[:-1])) if _leaves_column(self._view, oid, following) else following


def _leaves_column(view: View, oid: Oid, following: Instance | None) -> bool:
    """Whether *oid* is a row of a table's column and *following* is none of the same."""
    column = oid[:-1]
    if len(column) < 2 or oid[-1] == 0 or (following is not None and following.oid[:-1] == column):
        return False
    first = view.after(oid_payload(column))
    return first is not None and first.oid[:-1] == column


def spoil(reply: bytes, chance: Random) -> bytes:
    """*reply* cut short, with a length that lies, or replaced by noise."""
    ways = (
        lambda: reply[: chance.randrange(1, max(2, len(reply)))],
        lambda: bytes((reply[0], 0x84, 0x7F, 0xFF, 0xFF, 0xFF)) + reply[2:],
        lambda: chance.randbytes(chance.randrange(1, 200)),
    )
    return chance.choice(ways)()
