"""The store: the log of everything seen and believed, in SQLite or PostgreSQL; the only SQL (see docs/store.md)."""

from netmon.store.opening import locate, open_store, read_store
from netmon.store.reading import Life, StoreReader
from netmon.store.settings import StoreSettings
from netmon.store.store import SqlStore

__all__ = ["Life", "SqlStore", "StoreReader", "StoreSettings", "locate", "open_store", "read_store"]
