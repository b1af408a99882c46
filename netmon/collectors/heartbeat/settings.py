"""What a heartbeat check may be told."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from netmon.kernel.settings import BytesText, DurationText, SecretReference, Settings
from netmon.model.moments import HOUR, MINUTE, Duration


def _above_zero(value: int) -> int:
    if value <= 0:
        raise ValueError("it must be above 0")
    return value


class HeartbeatSettings(Settings):
    """Settings of a heartbeat check."""

    token: SecretReference = Field(
        description="The secret that the job reports with, by reference: 16 to 200 letters, digits and . _ ~ -"
    )
    period: Annotated[DurationText, AfterValidator(_above_zero)] = Field(
        description="From one report that all went well to the next, at least 1 m."
    )
    grace: DurationText = Field(default=HOUR, description="How much later than that it may come.")
    max_duration: Annotated[DurationText, AfterValidator(_above_zero)] | None = Field(
        default=None,
        description="How long a run may take: a longer one degrades the check, one that does not end is a miss.",
    )
    min_size: Annotated[BytesText, AfterValidator(_above_zero)] | None = Field(
        default=None, description="How much a run must make; less, or a size that nobody told, degrades the check."
    )

    @model_validator(mode="after")
    def _leaves_time(self) -> Self:
        if self.period < MINUTE:
            raise ValueError("period must be at least 1 m: a heartbeat check is for jobs")
        return self

    @property
    def patience(self) -> Duration:
        """After so long without a good report it is overdue."""
        return Duration(self.period + self.grace)
