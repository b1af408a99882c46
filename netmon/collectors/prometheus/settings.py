"""What a prometheus check may be told."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from netmon.collectors.endpoint import Port
from netmon.collectors.http.urls import parse_url
from netmon.kernel.settings import BytesText, SecretReference, Settings

USUAL_PORT = 9_100
LARGEST_LIMIT = 64 * 2**20


def _validate_url(text: str) -> str:
    parse_url(text)
    return text


def _validate_limit(length: int) -> int:
    if not 0 < length <= LARGEST_LIMIT:
        raise ValueError("at most 64 MiB are read, and at least one byte")
    return length


Share = Annotated[float, Field(gt=0, le=1)]
"""A part of a whole: 0.9 is nine tenths."""

Pattern = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class PrometheusSettings(Settings):
    """Settings of a prometheus check."""

    url: Annotated[str, AfterValidator(_validate_url)] | None = Field(
        default=None, description="What is scraped; where absent /metrics by http at the device's address."
    )
    port: Port | None = Field(
        default=None,
        description=f"The exporter's port where no url is given: {USUAL_PORT} (node_exporter) where absent; that of"
        " windows_exporter is 9182.",
    )
    authorization: SecretReference | None = Field(
        default=None, description="Where the value of the Authorization header stands, such as `Bearer` and a token."
    )
    trust: str | None = Field(
        default=None,
        min_length=1,
        description="File with the authorities (PEM) that may vouch for the exporter, relative to config.yaml;"
        " the system's where absent.",
    )
    server_name: str | None = Field(
        default=None,
        min_length=1,
        max_length=253,
        description="Name that the certificate must carry, where it is not the URL's host.",
    )
    limit: Annotated[BytesText, AfterValidator(_validate_limit)] = Field(
        default=5 * 2**20, description="Longest answer, unpacked, up to 64 MiB; a longer one is a failure."
    )
    ignore: tuple[Pattern, ...] = Field(
        default=(),
        max_length=100,
        description="File systems, by where they are mounted, that are neither shown nor judged; * is any text.",
    )
    max_used: Share = Field(
        default=0.95, description="Share of a file system that may be in use, as df counts it; 1 judges nothing."
    )
    max_files_used: Share = Field(
        default=0.95, description="Share of a file system's files (inodes) that may be in use; 1 judges nothing."
    )
    max_memory_used: Share = Field(
        default=1.0, description="Share of the memory that may be unavailable to programs; 1 judges nothing."
    )
    max_busy: Share = Field(
        default=1.0, description="Share of the processors' time since the last look that may be busy; 1 judges nothing."
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.url is not None and self.port is not None:
            raise ValueError("the url says the port already; leave one of them out")
        return self
