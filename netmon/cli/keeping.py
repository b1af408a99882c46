"""The doctor's questions about what netmon keeps and whether it runs: state, disk, store, socket, address, clocks."""

from __future__ import annotations

import os
import shutil
import socket
import stat
from dataclasses import dataclass
from pathlib import Path

from netmon.app import control_path, open_reader
from netmon.cli.findings import Finding, Health
from netmon.cli.first_time import has_no_store
from netmon.cli.occupants import occupant
from netmon.cli.refusals import is_nobody, refusal
from netmon.cli.situation import PATIENCE
from netmon.cli.times import LocalTime, rounded
from netmon.cli.words import Words
from netmon.config.settings import Configuration
from netmon.engine.control import ControlError, ask
from netmon.export.server import listen
from netmon.export.settings import ExportSettings
from netmon.kernel.secrets import SecretError
from netmon.kernel.synchronization import is_synchronized
from netmon.model.moments import Duration
from netmon.ports import StoreError

_MUCH_DRIFT_SECONDS = 5.0
_LITTLE_SPACE = 2**30
_NO_SPACE = 64 * 2**20
_FOR_OTHERS = stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Running:
    """What the control socket answered."""

    finding: Finding
    is_running: bool = False
    drift_seconds: float = 0.0


def about_state(settings: Configuration, words: Words) -> Finding:
    """The state directory: there, ours to write, closed to others."""
    say, state = words.say, Path(settings.state)
    if not state.exists():
        said = say("there is no {path} yet; `netmon run` makes it", path=state)
        return Finding("state", Health.WELL, said)
    if not os.access(state, os.W_OK | os.X_OK):
        return Finding(
            "state",
            Health.WARNING,
            say("{path} may not be written by this user", path=state),
            why=say("the database and the control socket stand there; status and history only read"),
            mend=say("ask as netmon's user, or give this one the right to write there"),
        )
    if state.stat().st_mode & _FOR_OTHERS:
        return Finding(
            "state",
            Health.WARNING,
            say("{path} is open to every user of this machine", path=state),
            why=say("the database holds what every device said of itself"),
            mend=f"chmod o-rwx {state}",
        )
    return Finding("state", Health.WELL, say("{path} is ours, and closed to others", path=state))


def about_disk(settings: Configuration, words: Words) -> Finding:
    """Room for the database."""
    place = Path(settings.state)
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    said = words.say("{free} MiB are free for {path}", free=words.number(f"{free // 2**20:,}"), path=settings.state)
    if free >= _LITTLE_SPACE:
        return Finding("disk", Health.WELL, said)
    return Finding(
        "disk",
        Health.BROKEN if free < _NO_SPACE else Health.WARNING,
        said,
        why=words.say("on a full disk nothing is kept, and history has a hole"),
        mend=words.say("make room, or let `state:` stand on a larger disk"),
    )


async def about_store(config: Path, settings: Configuration, local: LocalTime, words: Words) -> Finding:
    """The store: opens, at our revision, and when somebody last wrote."""
    say = words.say
    if has_no_store(settings):
        return Finding("store", Health.WELL, say("nothing is kept yet"))
    try:
        async with open_reader(config, settings) as reader:
            lives = [life for life in await reader.lives() if life.poller == settings.poller]
    except (StoreError, SecretError) as error:
        why = say("without it nothing is known, and nothing can be kept")
        return Finding("store", Health.BROKEN, str(error), why=why, mend=say("do what the message says"))
    if not lives:
        return Finding("store", Health.WELL, say("it opens; nobody has looked yet"))
    beat = lives[-1].last_beat
    if beat - local.now > PATIENCE:
        return Finding(
            "store",
            Health.BROKEN,
            say("the last beat lies {ahead} in the future", ahead=words.duration(rounded(Duration(beat - local.now)))),
            why=say("netmon never goes back in time: new history is dated after that beat"),
            mend=say("set the clock right (chrony or systemd-timesyncd)"),
        )
    ago = words.duration(rounded(Duration(max(0, local.now - beat))))
    said = words.some(len(lives), "it opens; {n} life of netmon is in it", "it opens; {n} lives of netmon are in it")
    return Finding("store", Health.WELL, f"{said}, {say('the last beat {ago} ago', ago=ago)}")


async def about_control(settings: Configuration, words: Words) -> Running:
    """Whether a netmon runs here and answers."""
    say, path = words.say, control_path(settings)
    try:
        answer = await ask(path, "about")
    except ControlError as error:
        return Running(
            Finding(
                "running",
                Health.WARNING,
                say("no netmon is running here") if is_nobody(error) else refusal(error, path, words),
                why=say("nobody looks: this time will be unmonitored in every report"),
                mend=say("start it: `netmon run`"),
            )
        )
    left = answer["first_looks_left"]
    said = say("netmon runs as process {pid} and answers", pid=answer["pid"])
    waiting = (
        f"; {words.some(left, '{n} first look is still to come', '{n} first looks are still to come')}" if left else ""
    )
    return Running(Finding("running", Health.WELL, said + waiting), True, float(answer["drift_seconds"]))


def about_listen(settings: Configuration, words: Words, *, is_ours: bool) -> Finding:
    """The address of metrics: free for us, or ours already."""
    say, address = words.say, settings.listen
    if is_ours:
        return Finding("listen", Health.WELL, say("metrics at {url}", url=f"http://{address}/metrics"))
    try:
        listen(ExportSettings(listen=address)).close()
    except OSError as error:
        holder = occupant(int(address.rpartition(":")[2]))
        said = say("{address} is in use by {holder}", address=address, holder=holder) if holder else ""
        return Finding(
            "listen",
            Health.BROKEN,
            said or say("cannot listen on {address}: {cause}", address=address, cause=error.strerror or error),
            why=say("netmon does not start without it: Prometheus would see nothing"),
            mend=say("stop who has it, or set another `listen:`"),
        )
    return Finding("listen", Health.WELL, say("{address} is free for metrics", address=address))


def about_synchronization(words: Words) -> Finding:
    """Whether somebody keeps the system's clock right."""
    say, known = words.say, is_synchronized()
    if known:
        return Finding("synchronization", Health.WELL, say("the kernel knows its clock to be synchronised"))
    return Finding(
        "synchronization",
        Health.UNKNOWN if known is None else Health.WARNING,
        say("not known") if known is None else say("the kernel takes its clock for not synchronised"),
        why=say("outages are dated by it, and compared with what devices and other pollers say"),
        mend=say("run chrony or systemd-timesyncd against the province's time server"),
    )


def about_clock(running: Running, words: Words) -> Finding:
    """The clock: as far as it can be seen from here, whether the wall clock ran away from netmon's."""
    say, drift = words.say, running.drift_seconds
    if not running.is_running:
        return Finding(
            "clock",
            Health.UNKNOWN,
            say("not known while netmon does not run"),
            why=say("only a running netmon knows how far the wall clock has gone from its own"),
            mend=say("ask again once it runs"),
        )
    shown = words.duration(Duration(round(abs(drift) * 1_000_000)))
    if abs(drift) <= _MUCH_DRIFT_SECONDS:
        return Finding("clock", Health.WELL, say("the wall clock is {drift} from netmon's", drift=shown))
    return Finding(
        "clock",
        Health.WARNING,
        say("the wall clock was set {drift} away from netmon's", drift=shown),
        why=say("new history is dated by netmon's clock, which never goes back"),
        mend=say("keep the clock by NTP, and restart netmon once it is right"),
    )


def resolves(name: str) -> bool:
    """Whether *name* has an address here."""
    try:
        return bool(socket.getaddrinfo(name, None))
    except (OSError, UnicodeError):
        return False
