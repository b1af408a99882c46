"""Memory: keeps the garbage collector from walking again and again through what was built to stay."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_SELDOM = (5_000, 10, 1_000)
"""Young objects are looked at as before, only not as often; a full round is made when we say so."""
_MIDDLE, _OLD = 1, 2
_MUCH = 100_000
"""A round through so many objects takes some ten milliseconds."""


@contextmanager
def building_to_stay() -> Iterator[None]:
    """Inside, nothing is collected: while a plan is built from its files, rounds cost as much again as the building.

    What was built is left out of the collector's rounds; `settle_memory` takes it in again, once.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def spare_memory() -> None:
    """Take everything that there is out of the collector's rounds, without a look at it: it was just built."""
    _rest()


def tend_memory() -> None:
    """Keep rounds short: collect what came since the last time, and take what outlived it out of them once it is much.

    What was learned of 10,000 devices makes a round half a second long, and grows fast enough at the start for one
    every second. Nothing is taken out without a look at it: a TLS handshake that failed leaves a ring of 160 KiB,
    which would stay until memory is settled.
    """
    gc.collect(_MIDDLE)
    if len(gc.get_objects(generation=_OLD)) > _MUCH:
        gc.collect()
        gc.freeze()


def settle_memory() -> None:
    """Collect what a plan before has left behind, and take the rest out of the collector's rounds: it lives on.

    With 50,000 checks a full round takes a quarter of a second, in which every look is late.
    """
    gc.unfreeze()
    gc.collect()
    _rest()


def _rest() -> None:
    gc.freeze()
    gc.set_threshold(*_SELDOM)
