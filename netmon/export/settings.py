"""The settings of the export doors."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from netmon.kernel.settings import DurationText, Settings
from netmon.model.moments import SECOND, Duration


def _split(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not host.strip("[]") or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise ValueError(f'"{listen}" is not an address and a port; write 127.0.0.1:9780 or "[::1]:9780"')
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise ValueError(f'"{listen}" is ambiguous; write an IPv6 address in brackets: "[::1]:9780"')
    return host.strip("[]"), int(port)


def _listen(text: str) -> str:
    _split(text)
    return text


ListenText = Annotated[
    str,
    AfterValidator(_listen),
    WithJsonSchema({"type": "string", "pattern": r"^.*:\d{1,5}$", "examples": ["127.0.0.1:9780"]}),
]
"""An address and a port to listen on, such as ``127.0.0.1:9780`` or ``[::1]:9780``."""


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
        return _split(self.listen)
