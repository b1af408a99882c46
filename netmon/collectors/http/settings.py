"""What an http check may be told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Self

import httpx
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema, model_validator

from netmon.collectors.miss import shorten
from netmon.kernel.settings import BytesText, DurationText, Settings
from netmon.model.moments import DAY, Duration

LONGEST_URL = 2_048
LARGEST_LIMIT = 64 * 2**20
UNSENDABLE = "cannot be sent: it goes beyond ASCII, has a control character or a space at an end, or is too long"
_LONGEST_PATH = 80
_LONGEST_HEADER_VALUE = 8_192

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_SECRET = re.compile(r"(env|file|credential|literal):.+", re.DOTALL)
_OURS = frozenset({"connection", "content-length", "transfer-encoding", "upgrade", "accept-encoding", "te", "trailer"})


class Method(StrEnum):
    """What a look asks for."""

    GET = "GET"
    HEAD = "HEAD"


def parse_url(text: str) -> httpx.URL:
    """The URL that *text* is.

    Raises:
        ValueError: it is none that may be asked; the message says why, and never holds a password.
    """
    if len(text) > LONGEST_URL:
        raise ValueError(f"a URL has at most {LONGEST_URL} characters")
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise ValueError(f"this is no URL: {error}") from None
    if url.userinfo:
        raise ValueError("a URL must not carry a user or a password; use headers with a reference to a secret")
    if url.scheme not in ("http", "https"):
        raise ValueError(f'the scheme is "{url.scheme}"; http and https can be asked')
    if not url.host or "%" in url.host:
        raise ValueError("the URL names no host")
    if url.port is not None and not 0 < url.port < 65_536:
        raise ValueError(f"{url.port} is no port")
    return url


def shown(url: httpx.URL) -> str:
    """*url* as evidence may show it: its query is left out, for that is where tokens stand."""
    query = "?…" if url.query else ""
    return f"{url.scheme}://{url.netloc.decode('ascii')}{shorten(url.path, _LONGEST_PATH)}{query}"


def is_secret(value: str) -> bool:
    """Whether the header value *value* says where a secret stands, instead of being the value."""
    return _SECRET.fullmatch(value) is not None


def is_sendable(value: str) -> bool:
    """Whether *value* can stand in a header (RFC 9110, section 5.5), as ASCII."""
    return value.isascii() and value.isprintable() and value == value.strip() and len(value) <= _LONGEST_HEADER_VALUE


def _validate_url(text: str) -> str:
    parse_url(text)
    return text


def _listed(value: object) -> object:
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(str(one) if isinstance(one, int) else one for one in values)


def _validate_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in headers.items():
        if _TOKEN.fullmatch(name) is None:
            raise ValueError(f"{name!r} is no name of a header")
        if name.lower() in _OURS:
            raise ValueError(f'the header "{name}" belongs to the check itself')
        if not (value.isprintable() if is_secret(value) else is_sendable(value)):
            raise ValueError(f'the header "{name}" {UNSENDABLE}')
    return headers


def _validate_limit(length: int) -> int:
    if not 0 < length <= LARGEST_LIMIT:
        raise ValueError("a body is read up to at most 64 MiB, and at least one byte of it")
    return length


StatusPattern = Annotated[str, StringConstraints(pattern=r"^[1-5](\d\d|xx)$")]

Statuses = Annotated[
    tuple[StatusPattern, ...],
    BeforeValidator(_listed),
    Field(min_length=1),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 100, "maximum": 599},
                {"type": "string", "pattern": r"^[1-5](\d\d|xx)$"},
                {"type": "array", "items": {"type": ["integer", "string"]}, "minItems": 1},
            ]
        }
    ),
]


class Expectation(Settings):
    """What the answer should be like."""

    status: Statuses = Field(
        default=("2xx",), description="A status code, a class of them such as 2xx, or a list of either."
    )
    body: str | None = Field(default=None, min_length=1, max_length=1_000, description="Text that the page must hold.")
    body_not: str | None = Field(
        default=None, min_length=1, max_length=1_000, description="Text that the page must not hold."
    )

    def accepts(self, status: int) -> bool:
        """Whether *status* is one of those expected."""
        return str(status) in self.status or f"{status // 100}xx" in self.status


class HttpSettings(Settings):
    """Settings of an http check."""

    url: Annotated[str, AfterValidator(_validate_url)] = Field(
        description="What is asked for: http or https, without user and password."
    )
    method: Method = Field(default=Method.GET, description="GET, or HEAD where the body is of no interest.")
    headers: Annotated[Mapping[str, str], AfterValidator(_validate_headers)] = Field(
        default_factory=dict,
        description="Headers to send; a value such as env:NAME is a reference to a secret. They go to the URL's own"
        " host alone, not to where it redirects.",
    )
    expect: Expectation = Field(default_factory=Expectation, description="What the answer should be like.")
    redirects: int = Field(
        default=3, ge=0, le=5, description="How many redirects are followed; never from https to http."
    )
    trust: str | None = Field(
        default=None,
        min_length=1,
        description="File with the authorities (PEM) that may vouch for the server, relative to config.yaml;"
        " the system's where absent.",
    )
    server_name: str | None = Field(
        default=None,
        min_length=1,
        max_length=253,
        description="Name that the certificate must carry, where it is not the URL's host.",
    )
    limit: Annotated[BytesText, AfterValidator(_validate_limit)] = Field(
        default=5 * 2**20, description="Longest body, unpacked, up to 64 MiB; a longer one is a failure."
    )
    certificate_warning: DurationText = Field(
        default=Duration(14 * DAY), description="A certificate that ends sooner than this degrades the check."
    )

    @model_validator(mode="after")
    def _body_needs_get(self) -> Self:
        if self.method is Method.HEAD and (self.expect.body is not None or self.expect.body_not is not None):
            raise ValueError("HEAD brings no body; use GET to expect something of it")
        return self
