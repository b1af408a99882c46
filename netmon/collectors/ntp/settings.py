"""What an ntp check may be told."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from netmon.collectors.endpoint import Host, Port
from netmon.kernel.settings import DurationText, Settings
from netmon.model.moments import SECOND, Duration

LARGEST_STRATUM = 15


def _validate_offset(offset: Duration) -> Duration:
    if offset <= 0:
        raise ValueError("no clock is nearer than nothing; write 100ms or 1s")
    return offset


class NtpSettings(Settings):
    """Settings of an ntp check."""

    host: Host | None = Field(
        default=None, description="Who is asked: where absent the device itself, or the host of the service's URL."
    )
    port: Port = Field(default=123, description="Port of the server.")
    max_offset: Annotated[DurationText, AfterValidator(_validate_offset)] = Field(
        default=SECOND,
        description="A server whose clock is further from this machine's, either way, degrades the check.",
    )
    max_stratum: int = Field(
        default=LARGEST_STRATUM,
        ge=1,
        le=LARGEST_STRATUM,
        description="A server that is further from a reference clock degrades the check.",
    )
