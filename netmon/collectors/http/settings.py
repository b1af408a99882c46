"""What an http check may be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self
from urllib.parse import quote

import httpx
from pydantic import AfterValidator, Field, model_validator

from netmon.collectors.http.steps import Request, Step
from netmon.collectors.http.urls import origin, parse_url
from netmon.collectors.http.variables import fill
from netmon.kernel.settings import BytesText, DurationText
from netmon.model.moments import DAY, Duration

LARGEST_LIMIT = 64 * 2**20
_MOST_STEPS = 20


def _validate_url(text: str) -> str:
    parse_url(text)
    return text


def _validate_limit(length: int) -> int:
    if not 0 < length <= LARGEST_LIMIT:
        raise ValueError("a body is read up to at most 64 MiB, and at least one byte of it")
    return length


class HttpSettings(Request):
    """Settings of an http check."""

    url: Annotated[str, AfterValidator(_validate_url)] = Field(
        description="What is asked for: http or https, without user and password."
    )
    steps: Annotated[tuple[Step, ...], Field(max_length=_MOST_STEPS)] = Field(
        default=(),
        description="Several requests instead of one, in order; only headers are then said for all of them together.",
    )
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
    def _steps_lead_on(self) -> Self:
        if not self.steps:
            return self
        usual = Request(headers=self.headers)
        if any(getattr(self, key) != getattr(usual, key) for key in Request.model_fields):
            raise ValueError("with steps, method, body, form, json, expect and values stand in each step")
        _refuse_repeated("two steps have the name", [step.name for step in self.steps])
        _refuse_repeated("two steps have a value", [name for step in self.steps for name in step.values])
        known: set[str] = set()
        for step in self.steps:
            if strange := sorted(step.variables - known):
                raise ValueError(f'step "{step.name}" sends ${{{strange[0]}}}, which no step before it captures')
            parse_step_url(self.url, step, dict.fromkeys(known, "x"))
            known.update(step.capture)
        return self

    @property
    def requests(self) -> tuple[Request, ...]:
        """What is asked for: the steps, or the one request."""
        return self.steps or (self,)


def parse_step_url(base: str, step: Step, captured: Mapping[str, str]) -> httpx.URL:
    """Where *step* goes: a link on the page *base*, with *captured* values as parts of its path or query.

    Raises:
        ValueError: it is no URL, or it depends on what was captured whom it asks, or how deep in its folders.
    """
    foreseen = [_joined(base, step, dict.fromkeys(captured, value)) for value in ("x", "y")]
    url = _joined(base, step, captured)
    if {origin(one) for one in foreseen} != {origin(url)}:
        raise ValueError(f'step "{step.name}": it depends on what was captured whom it asks')
    if {_depth(one) for one in foreseen} != {_depth(url)}:
        raise ValueError(f'step "{step.name}": a captured "." or ".." leads to another folder')
    return url


def _joined(base: str, step: Step, captured: Mapping[str, str]) -> httpx.URL:
    try:
        joined = httpx.URL(base).join(fill(step.url or base, captured, lambda value: quote(value, safe="")))
    except httpx.InvalidURL as error:
        raise ValueError(f'step "{step.name}": this is no URL: {error}') from None
    return parse_url(str(joined)).copy_with(fragment=None)


def _depth(url: httpx.URL) -> int:
    return url.raw_path.partition(b"?")[0].count(b"/")


def _refuse_repeated(what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f'{what} "{name}"')
