"""The archive as a file: read from beginning to end before anybody trusts it."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netmon.store.backup import manifest
from netmon.store.backup.lines import ROWS_AT_ONCE, Progress, Tally
from netmon.store.backup.manifest import Contents, Manifest, manifest_of
from netmon.store.insertion import Row
from netmon.store.schema import revisions

LONGEST_LINE = 1 << 28
"""The longest row: a plan with its files, of ten times the devices that one netmon watches."""

_LONGEST_MANIFEST = 1 << 20

_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What the standard library raises at what is no archive, or a damaged one."""


class ArchiveError(Exception):
    """An archive cannot be written or used; the text says which, why, and what to do."""


class Archive:
    """An archive that is open for reading."""

    def __init__(self, path: Path, file: zipfile.ZipFile) -> None:
        self.path = path
        self._file = file
        self.manifest: Manifest = self._read_manifest()

    def refuse_a_newer(self) -> None:
        """Refuse tables of a shape that this netmon does not know; raises ArchiveError."""
        if self.manifest.revision not in revisions():
            raise self._unfit(f"it is of revision {self.manifest.revision}, which only a newer netmon knows")

    def verify(self, tell: Progress) -> None:
        """Read everything, and compare it with the manifest.

        Raises:
            ArchiveError: something is missing, too much, or not as it was written; or it is of a newer netmon.
        """
        self.refuse_a_newer()
        for contents in self.manifest.tables:
            for _ in self.rows(contents, tell):
                pass

    def rows(self, contents: Contents, tell: Progress) -> Iterator[list[Row]]:
        """The rows of one table, some thousand at a time.

        Raises:
            ArchiveError: they are not those that were written; found out at the end at the latest.
        """
        tally = Tally()
        with self._damage_told(), self._file.open(contents.member) as member:
            rows: list[Row] = []
            while line := member.readline(LONGEST_LINE):
                tally.add(line, 1)
                rows.append(self._row(line, contents))
                if len(rows) == ROWS_AT_ONCE:
                    yield rows
                    tell(contents.table, len(rows))
                    rows = []
            if rows:
                yield rows
                tell(contents.table, len(rows))
        if not tally.matches(contents):
            raise self._unfit(f"{contents.table} is not what was written: its digest or its number of rows differs")

    def _row(self, line: bytes, contents: Contents) -> Row:
        try:
            values = json.loads(line)
        except ValueError as error:
            raise self._unfit(f"{contents.table} has a row that cannot be read ({error})") from error
        kinds = contents.columns.values()
        is_row = isinstance(values, list) and len(values) == len(kinds)
        if not is_row or not all(kind.admits(value) for kind, value in zip(kinds, values, strict=True)):
            raise self._unfit(f"{contents.table} has a row that is none")
        return tuple(values)

    def _read_manifest(self) -> Manifest:
        with self._damage_told():
            try:
                with self._file.open(manifest.NAME) as member:
                    told = manifest_of(member.read(_LONGEST_MANIFEST))
            except KeyError:
                raise self._unfit("it holds no manifest: it is no backup of netmon") from None
            except ValueError as error:
                raise self._unfit(str(error)) from error
        members = {contents.member for contents in told.tables} | {manifest.NAME}
        if set(self._file.namelist()) != members or len(self._file.namelist()) != len(members):
            raise self._unfit("what is in it is not what its manifest says")
        return told

    @contextmanager
    def _damage_told(self) -> Iterator[None]:
        try:
            yield
        except _DAMAGE as error:
            raise self._unfit(f"it is damaged ({error})") from error

    def _unfit(self, why: str) -> ArchiveError:
        return unfit(self.path, why)


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """The archive in *path*, with its manifest read; whether the rest is whole, `Archive.verify` tells.

    Raises:
        ArchiveError: there is none, or none that can be read.
    """
    try:
        file = zipfile.ZipFile(path)
    except OSError as error:
        raise ArchiveError(f"cannot read {path}: {error.strerror or error}") from error
    except _DAMAGE as error:
        raise unfit(path, f"it is cut off, or no archive at all ({error})") from error
    with file:
        yield Archive(path, file)


def unfit(path: Path, why: str) -> ArchiveError:
    """The error that says why nothing is taken from *path*."""
    return ArchiveError(f"cannot use {path}: {why}. Nothing was changed; take another backup")
