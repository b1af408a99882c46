"""The files that are in force, and what follows from them: paths, secrets, the store."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from netmon.collectors import KINDS
from netmon.config.loading import Loaded, load
from netmon.config.settings import Configuration
from netmon.kernel.secrets import SecretPlaces
from netmon.lab.settings import LabSettings, read_lab_settings
from netmon.store.database import Database
from netmon.store.opening import locate, read_store
from netmon.store.reading import StoreReader

SOCKET = "netmon.sock"
SPOOL = "spool"

FOR_RESTART = (
    "poller",
    "state",
    "store",
    "spool",
    "listen",
    "heartbeats",
    "lab",
    "networks",
    "plugins",
    "looking",
    "rollups",
    "log",
)
"""What only a restart can change."""


def load_files(path: Path) -> Loaded:
    """What the configuration at *path* and its inventory say, with every mistake in them."""
    return load(path, KINDS)


def control_path(settings: Configuration) -> Path:
    """Where the running netmon of *settings* listens for the commands that change it."""
    return Path(settings.state) / SOCKET


def spool_path(settings: Configuration) -> Path:
    """Where things wait for a store that is away."""
    return Path(settings.state) / SPOOL


def make_state_directory(settings: Configuration) -> None:
    """Have a directory for the database and the control socket that only netmon's user and group may enter."""
    Path(settings.state).mkdir(mode=0o750, parents=True, exist_ok=True)


def lab_settings(settings: Configuration) -> LabSettings | None:
    """The lab's settings; ``None`` in earnest. Raises Mistakes."""
    return read_lab_settings(Path(settings.lab), Path(settings.lab).name) if settings.lab else None


@asynccontextmanager
async def open_reader(path: Path, settings: Configuration) -> AsyncIterator[StoreReader]:
    """The store of the configuration at *path*, to read from, whether netmon runs or not.

    Raises:
        StoreError: there is none yet, or it cannot be read.
        SecretError: its password is not where the settings say.
    """
    async with read_store(locate_store(settings, places_of(path))) as reader:
        yield reader


@asynccontextmanager
async def open_database(path: Path, settings: Configuration) -> AsyncIterator[Database]:
    """The database of the configuration at *path*, to read all of it; raises as `open_reader` does."""
    database = locate_store(settings, places_of(path))
    async with read_store(database):
        yield database


def locate_store(settings: Configuration, places: SecretPlaces) -> Database:
    """The database of *settings*; raises SecretError where its password is not to be had."""
    password = places.resolve(settings.store.password) if settings.store.password else None
    return locate(settings.store, state=Path(settings.state), password=password)


def places_of(path: Path) -> SecretPlaces:
    """Where the secrets of the configuration at *path* are looked for."""
    return SecretPlaces(os.environ, path.absolute().parent)


class Files:
    """The files that are in force: the configuration at *path*, its inventory, and where its secrets are."""

    def __init__(self, path: Path, loaded: Loaded) -> None:
        self.path = path
        self.places = places_of(path)
        self.settings, self.plan = loaded.complete
        self.loaded = loaded

    def credential(self, name: str) -> Mapping[str, object]:
        """The plain values of the credential *name*; raises KeyError where there is none."""
        return self.loaded.inventory.credential_values(name)

    def waiting_for_restart(self, loaded: Loaded) -> tuple[str, ...]:
        """The keys of ``config.yaml`` that say something else in *loaded*, but cannot change in a running netmon."""
        settings, _ = loaded.complete
        return tuple(key for key in FOR_RESTART if getattr(settings, key) != getattr(self.settings, key))

    def adopt(self, loaded: Loaded) -> None:
        """Go by *loaded* from now on; what only a restart can change stays as it is."""
        _, self.plan = loaded.complete
        self.loaded = loaded

    @contextmanager
    def considered(self, loaded: Loaded) -> Iterator[None]:
        """Inside, *loaded* is in force, to see whether everything can be built from it; nothing may wait meanwhile."""
        before = self.loaded
        self.adopt(loaded)
        try:
            yield
        finally:
            self.adopt(before)
