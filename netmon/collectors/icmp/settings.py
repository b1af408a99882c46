"""What an icmp check may be told."""

from __future__ import annotations

from pydantic import Field

from netmon.collectors.icmp.packets import LARGEST_PAYLOAD, SMALLEST_PAYLOAD
from netmon.kernel.settings import Settings


class IcmpSettings(Settings):
    """Settings of an icmp check."""

    size: int = Field(
        default=56,
        ge=SMALLEST_PAYLOAD,
        le=LARGEST_PAYLOAD,
        description="Bytes of payload in an echo; a large one also shows a path that loses large packets.",
    )
