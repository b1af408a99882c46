"""The application: where the parts meet. Nobody else builds them."""

from netmon.app.application import Application, FirstLooks, ListenError, StartError
from netmon.app.asking import open_asking
from netmon.app.files import Files, control_path, lab_settings, load_files, make_state_directory, open_reader

__all__ = [
    "Application",
    "Files",
    "FirstLooks",
    "ListenError",
    "StartError",
    "control_path",
    "lab_settings",
    "load_files",
    "make_state_directory",
    "open_asking",
    "open_reader",
]
