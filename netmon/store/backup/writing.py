"""Writing an archive to a file: under another name until it is whole, on disk, and was read back."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy.ext.asyncio import AsyncConnection

from netmon.model.moments import Moment
from netmon.store.backup.archive import ArchiveError, open_archive
from netmon.store.backup.lines import Progress
from netmon.store.backup.manifest import Manifest
from netmon.store.backup.packing import pack
from netmon.store.database import Database, explained


@asynccontextmanager
async def state_of(database: Database) -> AsyncIterator[AsyncConnection]:
    """A connection that sees *database* as it is now, for as long as reading it takes."""
    with explained(database, "read"):
        async with database.snapshot() as connection:
            yield connection


async def write_archive(connection: AsyncConnection, path: Path, created: Moment, tell: Progress) -> Manifest:
    """Write what *connection* finds to *path*, and read it back; until then *path* stays as it was.

    Raises:
        ArchiveError: it cannot be written, or is not what was written.
    """
    with _explained(path), _replacing(path) as file:
        manifest = await pack(connection, file, created, tell)
        file.flush()
        os.fsync(file.fileno())
        with open_archive(_partial(path)) as archive:
            archive.verify(tell)
            if archive.manifest != manifest:
                raise ArchiveError(f"cannot use {path}: its manifest is not what was written. See the disk's health")
    return manifest


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes the name *path* when all went well, and is gone when not."""
    partial = _partial(path)
    with os.fdopen(os.open(partial, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        _claim(file, path)
        file.truncate(0)
        try:
            yield file
        except BaseException:
            with contextlib.suppress(OSError):
                partial.unlink()
            raise
        partial.replace(path)
    directory = os.open(path.absolute().parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _claim(file: IO[bytes], path: Path) -> None:
    """Refuse to write where another backup does; what one left that was killed is overwritten."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_ours = os.fstat(file.fileno()).st_ino == _partial(path).stat().st_ino
    except (BlockingIOError, FileNotFoundError):
        is_ours = False
    if not is_ours:
        raise ArchiveError(f"cannot write {path}: another backup is doing so. Wait for that one")


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.partial")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArchiveError(f"cannot write {path}: {error.strerror or error}. Nothing is left of it") from error
