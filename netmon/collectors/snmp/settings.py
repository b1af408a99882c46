"""What an snmp check needs to know."""

from __future__ import annotations

from pydantic import Field

from netmon.kernel.settings import DurationText, Settings
from netmon.model.moments import HOUR


class SnmpSettings(Settings):
    """Settings of a check of kind ``snmp``."""

    credential: str = Field(min_length=1, description="Id of the credential to ask with.")
    port: int = Field(default=161, ge=1, le=65_535, description="UDP port of the agent.")
    context: str | None = Field(
        default=None,
        max_length=255,
        description="Context in place of the credential's; for versions 1 and 2c it is added to the community after "
        'an "@", as switches with an agent for each VLAN want it.',
    )
    max_interfaces: int = Field(
        default=2_000, ge=1, le=100_000, description="Most interfaces that are read; the rest is told as a flaw."
    )
    relearn: DurationText = Field(
        default=HOUR, description="How often names, aliases and tables are read anew where nothing else asks for it."
    )
