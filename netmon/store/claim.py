"""The right to write to a SQLite file: a lock file beside it, which also tells how the last writer left it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import IO

_LONGEST_NOTE = 100


class ClaimTakenError(Exception):
    """Another process has the right to write; *holder* is its process id."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"process {holder} has it")
        self.holder = holder


class Claim:
    """One process's right to write to *database*.

    While it is held, the note in the lock file is the process id. A writer that left the database in order
    says so with its size and time stamp; any other note, none, or a database that is not as it was left means
    that nobody vouches for what is in it. (A database that does not exist yet is in order.)

    Raises:
        ClaimTakenError: another process has the right.
        OSError: the lock file cannot be had.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._file = lock_file(database.with_name(f"{database.name}.lock"))
        try:
            self.was_left_in_order = not database.exists() or _note(self._file) == _as_it_is(database)
            self._write(str(os.getpid()))
        except BaseException:
            self._file.close()
            raise

    def vouch(self) -> None:
        """Say that the database, which nobody has open for writing any more, is left in order."""
        with contextlib.suppress(OSError):  # an unsaid word costs the next writer a look through the file, no more
            self._write(_as_it_is(self._database))

    def give_up(self) -> None:
        """Let another process write."""
        self._file.close()

    def _write(self, note: str) -> None:
        self._file.truncate(0)
        self._file.write(f"{note}\n")
        self._file.flush()
        os.fsync(self._file.fileno())  # a power cut must not bring back what the writer before had said


def lock_file(path: Path) -> IO[str]:
    """The file at *path*, which nobody else may have as long as it is open; raises ClaimTakenError, OSError."""
    file = path.open("a+", encoding="ascii", errors="replace")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _note(file)
        file.close()
        raise ClaimTakenError(holder or "unknown") from None
    return file


def _note(file: IO[str]) -> str:
    file.seek(0)
    return file.read(_LONGEST_NOTE).strip()


def _as_it_is(database: Path) -> str:
    status = database.stat()
    return f"left with {status.st_size} bytes at {status.st_mtime_ns}"
