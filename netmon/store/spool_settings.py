"""How much may wait for a store that is away."""

from __future__ import annotations

from pydantic import Field

from netmon.kernel.settings import BytesText, Settings


class SpoolSettings(Settings):
    """How things wait on this machine's own disk."""

    limit: BytesText = Field(
        default=2**30,
        ge=16 * 2**20,
        le=2**40,
        description=(
            "How much room the spool may take, in the state directory. At the limit detail is given up, oldest first; "
            "what was told stays to the last."
        ),
    )
