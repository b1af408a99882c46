"""How the engine looks and keeps."""

from __future__ import annotations

from pydantic import Field

from netmon.kernel.settings import Settings


class LookingSettings(Settings):
    """How many looks may be under way at once; whoever is above a limit waits, and delays nobody else."""

    looks_in_all: int = Field(default=5000, ge=1, le=100_000, description="Looks under way at once, in all.")
    looks_per_site: int = Field(default=1000, ge=1, le=10_000, description="Looks under way at once at one site.")
    looks_per_target: int = Field(
        default=8, ge=5, le=100, description="Looks under way at once at one device or service."
    )
