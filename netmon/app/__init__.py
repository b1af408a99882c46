"""The application: where the parts meet. Nobody else builds them."""

from netmon.app.application import Application, ListenError, StartError
from netmon.app.asking import open_asking
from netmon.app.files import (
    Files,
    control_path,
    lab_settings,
    load_files,
    locate_store,
    make_state_directory,
    open_database,
    open_reader,
    places_of,
    spool_path,
)
from netmon.app.heartbeats import open_book, report_urls
from netmon.app.standing import FirstLooks

__all__ = [
    "Application",
    "Files",
    "FirstLooks",
    "ListenError",
    "StartError",
    "control_path",
    "lab_settings",
    "load_files",
    "locate_store",
    "make_state_directory",
    "open_asking",
    "open_book",
    "open_database",
    "open_reader",
    "places_of",
    "report_urls",
    "spool_path",
]
