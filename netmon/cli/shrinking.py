"""The doctor's question whether the store can become smaller: what is too old goes, and its room should too."""

from __future__ import annotations

import shlex
from pathlib import Path

from sqlalchemy.engine import make_url

from netmon.app import open_reader
from netmon.cli.findings import Finding, Health
from netmon.cli.first_time import has_no_store
from netmon.cli.words import Words
from netmon.config.settings import Configuration
from netmon.kernel.secrets import SecretError
from netmon.ports import StoreError

_ABOUT = "shrinking"


async def about_shrinking(config: Path, settings: Configuration, words: Words) -> Finding:
    """A file that was made before netmon let files shrink keeps the largest size that it ever had."""
    say = words.say
    if has_no_store(settings):
        return Finding(_ABOUT, Health.WELL, say("nothing is kept yet"))
    try:
        async with open_reader(config, settings) as reader:
            shrinks = await reader.shrinks()
    except (StoreError, SecretError):
        why = say("the store does not answer")
        return Finding(_ABOUT, Health.UNKNOWN, say("not known"), why=why, mend=say("see what is said of the store"))
    if shrinks:
        return Finding(_ABOUT, Health.WELL, say("the room of what is too old is given back"))
    file = Path(settings.state) / (make_url(settings.store.url).database or "")
    command = f"sqlite3 {shlex.quote(str(file))} 'PRAGMA auto_vacuum = INCREMENTAL; VACUUM'"
    return Finding(
        _ABOUT,
        Health.WARNING,
        say("{path} never becomes smaller: an older netmon made it", path=file),
        why=say("the room of what is too old is used again, but not given back to the disk"),
        mend=say(
            "stop netmon once, with as much free space as the file takes, and run `{command}` as netmon's user",
            command=command,
        ),
    )
