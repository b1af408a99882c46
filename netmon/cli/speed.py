"""The doctor's question how fast the store keeps: news is told only once it is on disk."""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path

from sqlalchemy.engine import make_url

from netmon.app import open_reader
from netmon.cli.findings import Finding, Health
from netmon.cli.words import Words
from netmon.config.settings import Configuration
from netmon.kernel.clock import Clock
from netmon.kernel.secrets import SecretError
from netmon.model.moments import MILLISECOND, Duration
from netmon.ports import StoreError

SLOW = Duration(250 * MILLISECOND)
"""A commit that takes longer is felt: news of every department waits for it."""

_TRIALS = 5
_BATCH_BYTES = 64 * 2**10


async def about_speed(config: Path, settings: Configuration, clock: Clock, words: Words) -> Finding:
    """How long the disk under SQLite takes to keep a batch, or PostgreSQL to answer."""
    say = words.say
    if make_url(settings.store.url).get_backend_name() == "sqlite":
        state = Path(settings.state)
        if not os.access(state, os.W_OK | os.X_OK):
            why = say("only who may write there can try how fast its disk is")
            return Finding(_ABOUT, Health.UNKNOWN, say("not known"), why=why, mend=say("ask as netmon's user"))
        took = _time_to_sync(state, clock)
        said = say("the disk takes {took} to keep a batch", took=words.duration(took))
        return _judged(took, said, say("see what else writes to it, and whether it is failing: `dmesg`"), words)
    try:
        took = await _time_to_answer(config, settings, clock)
    except (StoreError, SecretError):
        why = say("the store does not answer")
        return Finding(_ABOUT, Health.UNKNOWN, say("not known"), why=why, mend=say("see what is said of the store"))
    said = say("PostgreSQL takes {took} to answer", took=words.duration(took))
    return _judged(took, said, say("see the server's load and the network between"), words)


_ABOUT = "speed"


def _judged(took: Duration, said: str, mend: str, words: Words) -> Finding:
    if took <= SLOW:
        return Finding(_ABOUT, Health.WELL, said)
    why = words.say("what becomes down is told only once it is kept")
    return Finding(_ABOUT, Health.WARNING, said, why=why, mend=mend)


def _time_to_sync(directory: Path, clock: Clock) -> Duration:
    """The median of a few writes that were waited for until they were on disk."""
    took = []
    with tempfile.TemporaryFile(dir=directory) as file:
        for _ in range(_TRIALS):
            file.write(os.urandom(_BATCH_BYTES))
            file.flush()
            began = clock.now()
            os.fsync(file.fileno())
            took.append(clock.now() - began)
    return Duration(round(statistics.median(took)))


async def _time_to_answer(config: Path, settings: Configuration, clock: Clock) -> Duration:
    took = []
    async with open_reader(config, settings) as reader:
        for _ in range(_TRIALS):
            began = clock.now()
            await reader.lives()
            took.append(clock.now() - began)
    return Duration(round(statistics.median(took)))
