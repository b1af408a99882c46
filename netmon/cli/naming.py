"""Finds what people mean by a name (``syt-gw1``, ``device:syt-gw1``, ``syt-gw1/Dialer0``), and whose a thing is."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from netmon.cli.exits import Exit, Stop
from netmon.cli.words import Words
from netmon.kernel.problems import quote
from netmon.model.ids import EntityId, EntityKind, bare_id, entity_id, kind_of

_FIRST_MEANT = ("device", "service", "interface", "check", "poller", "site", "department", "link")
_LONGEST = 200
_NEIGHBOURS = 3


class UnknownNameError(Exception):
    """Nobody is called *name*; *near* are those who are called nearly so."""

    def __init__(self, name: str, near: Iterable[str]) -> None:
        super().__init__(name)
        self.name = name
        self.near = tuple(near)

    def stop(self, words: Words) -> Stop:
        """The end of a command that was asked about it."""
        said = words.say("nothing is called {name}", name=quote(self.name))
        if self.near:
            said += f": {words.say('did you mean {names}?', names=', '.join(self.near))}"
        else:
            said += f"; {words.say('`netmon status --all` lists what there is')}"
        return Stop(said, Exit.WRONG)


def owner_of(entity: str) -> EntityId:
    """The device, service or poller that a check or an interface belongs to; anything else is its own."""
    owner = bare_id(entity).partition("/")[0]
    match kind_of(entity):
        case EntityKind.CHECK:
            return EntityId(owner)
        case EntityKind.INTERFACE:
            return entity_id(EntityKind.DEVICE, owner)
    return EntityId(entity)


def find(name: str, known: Iterable[str]) -> EntityId:
    """The one of *known* (``kind:id``) that *name* means, with or without its kind.

    Where a device and a service share a name the device is meant; the kind in front says otherwise.

    Raises:
        UnknownNameError: there is none.
    """
    names = set(known)
    if name in names:
        return EntityId(name)
    for kind in _FIRST_MEANT:
        if f"{kind}:{name}" in names:
            return EntityId(f"{kind}:{name}")
    choices = sorted(names if ":" in name else {bare_id(one) for one in names})
    raise UnknownNameError(name, get_close_matches(name[:_LONGEST], choices, n=_NEIGHBOURS))
