"""The settings of the door for heartbeats."""

from __future__ import annotations

from pydantic import Field

from netmon.kernel.listening import ListenText, split_listen
from netmon.kernel.settings import Settings


class HeartbeatDoorSettings(Settings):
    """Where jobs report to `heartbeat` checks; nothing listens while there is no such check."""

    listen: ListenText = Field(
        default="127.0.0.1:9781",
        description="Address and port for reports; one that the jobs can reach, or that of a proxy with TLS before it.",
    )
    url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s?#]+$",
        description="What jobs call it, where that is not `listen`: https://netmon.example.vn/heartbeats",
    )

    @property
    def address(self) -> tuple[str, int]:
        """The host and the port of `listen`."""
        return split_listen(self.listen)

    @property
    def public_url(self) -> str:
        """What a job's URL begins with, without a slash at its end."""
        return (self.url or f"http://{self.listen}").rstrip("/")
