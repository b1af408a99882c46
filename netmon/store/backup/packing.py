"""Packing: everything in a database, as it is at one moment, into an archive."""

from __future__ import annotations

import zipfile
from importlib.metadata import version
from typing import IO, Any

from sqlalchemy import Column, Double, Text, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from netmon.model.moments import Moment, rfc3339
from netmon.store.backup import manifest
from netmon.store.backup.lines import Progress, Tally, lines_of
from netmon.store.backup.manifest import Contents, Kind, Manifest
from netmon.store.schema import newest
from netmon.store.tables import metadata


async def count_rows(connection: AsyncConnection) -> int:
    """How many rows `pack` will come across."""
    counts = [await connection.execute(select(func.count()).select_from(one)) for one in metadata.tables.values()]
    return sum(count.scalar_one() for count in counts)


async def pack(connection: AsyncConnection, stream: IO[bytes], created: Moment, tell: Progress) -> Manifest:
    """Write everything that *connection*, which sees one state of it, finds at the newest revision to *stream*.

    The stream need not be a file. What is held in memory are some thousand rows, whatever there is.
    """
    packed = []
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, table in sorted(metadata.tables.items()):
            columns = {column.name: _kind(column) for column in table.columns}
            key = tuple(column.name for column in table.primary_key.columns)
            tally = Tally()
            with archive.open(_member(f"{name}.jsonl"), "w", force_zip64=True) as member:
                async for lines, rows in lines_of(connection, name, columns, key):
                    member.write(lines)
                    tally.add(lines, rows)
                    tell(name, rows)
            packed.append(Contents(table=name, columns=columns, key=key, rows=tally.rows, sha256=tally.sha256))
        told = Manifest(netmon=version("netmon"), created=rfc3339(created), revision=newest(), tables=tuple(packed))
        with archive.open(_member(manifest.NAME), "w") as member:
            member.write(told.to_json().encode())
    return told


def _member(name: str) -> zipfile.ZipInfo:
    """A member of fixed date, so that the same rows make the same bytes."""
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o600 << 16
    return member


def _kind(column: Column[Any]) -> Kind:
    if isinstance(column.type, Text):
        return Kind.TEXT
    return Kind.REAL if isinstance(column.type, Double) else Kind.WHOLE
