"""What a dns check may be told."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from netmon.collectors.dns.records import Record, parse_name, parse_record
from netmon.collectors.endpoint import Port
from netmon.collectors.permission import parse_literal
from netmon.kernel.settings import Settings


def _validate_name(text: str) -> str:
    parse_name(text)
    return text


def _validate_server(text: str) -> str:
    if "%" in text or (address := parse_literal(text)) is None:
        raise ValueError(f'"{text}" is no IP address; a name server is asked by its address')
    return str(address)


class DnsSettings(Settings):
    """Settings of a dns check."""

    query: Annotated[str, AfterValidator(_validate_name)] = Field(
        min_length=1,
        max_length=1_000,
        description="Name that is asked for; for its own name (PTR) an address may stand here. On a service the host of"
        " its URL where absent.",
    )
    record: Record = Field(default=Record.A, description="Type of record that is asked for.")
    expect: tuple[Annotated[str, Field(min_length=1, max_length=1_000)], ...] = Field(
        default=(),
        max_length=32,
        description="The answers, all of them and no others, in any order; where absent, at least one must come.",
    )
    servers: tuple[Annotated[str, AfterValidator(_validate_server)], ...] = Field(
        default=(),
        max_length=8,
        description="Addresses of the name servers, each of which is asked; where absent the device itself, and for a"
        " service the servers that this machine uses.",
    )
    port: Port = Field(default=53, description="Port of the servers.")
    dnssec: bool = Field(
        default=False, description="Whether the servers must have validated their answer by DNSSEC (AD flag)."
    )

    @model_validator(mode="after")
    def _expectations_are_records(self) -> Self:
        for text in self.expect:
            parse_record(self.record, text)
        if len(set(self.servers)) < len(self.servers):
            raise ValueError("a server stands twice")
        return self
