"""What a tcp check may be told."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from netmon.collectors.endpoint import Host, Port
from netmon.kernel.settings import BytesText, Settings

LARGEST_LIMIT = 2**20


def _validate_limit(length: int) -> int:
    if not 0 < length <= LARGEST_LIMIT:
        raise ValueError("at most 1 MiB is read, and at least one byte")
    return length


class TcpSettings(Settings):
    """Settings of a tcp check."""

    host: Host | None = Field(
        default=None, description="Who is asked: where absent the device itself, or the host of the service's URL."
    )
    port: Port = Field(description="Port that must accept a connection; on a service that of its URL where absent.")
    send: str | None = Field(
        default=None,
        min_length=1,
        max_length=4_096,
        description='Text to send once connected, with its line end ("PING\\r\\n" in double quotes); nothing secret.',
    )
    expect: str | None = Field(
        default=None, min_length=1, max_length=1_000, description="Text that must come from the other side."
    )
    limit: Annotated[BytesText, AfterValidator(_validate_limit)] = Field(
        default=4_096, description="How much is read in search of the expected text, up to 1 MiB."
    )
