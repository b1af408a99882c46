"""Backup and restore: everything in a database as one archive, which a database of either kind can be filled from."""

from netmon.store.backup.archive import Archive, ArchiveError, open_archive
from netmon.store.backup.manifest import Contents, Manifest
from netmon.store.backup.packing import count_rows, pack
from netmon.store.backup.unpacking import Restored, examine, restore
from netmon.store.backup.writing import state_of, write_archive

__all__ = [
    "Archive",
    "ArchiveError",
    "Contents",
    "Manifest",
    "Restored",
    "count_rows",
    "examine",
    "open_archive",
    "pack",
    "restore",
    "state_of",
    "write_archive",
]
