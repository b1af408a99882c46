"""The settings of the export doors."""

from __future__ import annotations

from pydantic import Field

from netmon.kernel.listening import ListenText, split_listen
from netmon.kernel.settings import DurationText, Settings
from netmon.model.moments import SECOND, Duration


class ExportSettings(Settings):
    """Where netmon shows its metrics, and how much it takes from whoever asks."""

    listen: ListenText = Field(
        "127.0.0.1:9780",
        description="Address and port of /metrics, /sd, /healthz and /readyz; port 0 takes a free one.",
    )
    scrapes_at_once: int = Field(
        4, ge=1, le=64, description="How many scrapes are served at once; one more is told to come back (503)."
    )
    connections: int = Field(64, ge=2, le=4096, description="How many connections are held; one more is refused (503).")
    ask_within: DurationText = Field(
        Duration(10 * SECOND), description="How long a client may take to send its whole request before it is cut off."
    )
    answer_within: DurationText = Field(
        Duration(60 * SECOND), description="How long a client may take to read a whole answer before it is cut off."
    )

    @property
    def address(self) -> tuple[str, int]:
        """The host and the port of `listen`."""
        return split_listen(self.listen)
