"""What a check may be told to ask for, in one request or in several steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, StringConstraints, WithJsonSchema, model_validator

from netmon.collectors.http.expectation import Expectation
from netmon.collectors.http.headers import is_name, is_secret, validate_headers
from netmon.collectors.http.pattern import GroupPatternText
from netmon.collectors.http.pointer import Pointer
from netmon.collectors.http.variables import Variable, variables_in
from netmon.kernel.settings import Settings

_LONGEST_BODY = 64 * 2**10
_MOST_FIELDS = 50
_MOST_CAPTURED = 10
_MOST_VALUES = 20


class Method(StrEnum):
    """How something is asked for."""

    GET = "GET"
    HEAD = "HEAD"
    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"


_WITHOUT_BODY = (Method.GET, Method.HEAD)

HeaderTexts = Annotated[Mapping[str, str], AfterValidator(validate_headers)]

ValueName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,40}$")]

StepName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,40}$")]


def _validate_header_name(name: str) -> str:
    if not is_name(name):
        raise ValueError(f"{name!r} is no name of a header")
    return name


class Capture(Settings):
    """Where in an answer a value stands that a later step sends."""

    model_config = ConfigDict(serialize_by_alias=True)

    pointer: Pointer | None = Field(default=None, alias="json", description="JSON pointer to it.")
    header: Annotated[str, AfterValidator(_validate_header_name)] | None = Field(
        default=None, description="The header that is it."
    )
    regex: GroupPatternText | None = Field(
        default=None, description="Regular expression (RE2) for the page, with one group: the value."
    )

    @model_validator(mode="after")
    def _is_in_one_place(self) -> Self:
        if sum(place is not None for place in (self.pointer, self.header, self.regex)) != 1:
            raise ValueError("a value stands in one place: write json, header or regex")
        return self


class Request(Settings):
    """One request, and what is expected of its answer."""

    model_config = ConfigDict(serialize_by_alias=True)

    method: Method = Field(
        default=Method.GET, description="GET, HEAD where the body is of no interest, or POST, PUT, PATCH, DELETE."
    )
    headers: HeaderTexts = Field(
        default_factory=dict,
        description="Headers to send; a value such as env:NAME is a reference to a secret. They go to the URL's own"
        " host alone, not to where it redirects.",
    )
    body: str | None = Field(
        default=None, min_length=1, max_length=_LONGEST_BODY, description="Text to send, or a reference to a secret."
    )
    form: Annotated[Mapping[str, str], Field(max_length=_MOST_FIELDS)] = Field(
        default_factory=dict, description="Fields of a form to send; a value may be a reference to a secret."
    )
    document: Annotated[JsonValue, WithJsonSchema({"type": ["object", "array"]})] = Field(
        default=None, alias="json", description="JSON to send; a text in it may be a reference to a secret."
    )
    expect: Expectation = Field(default_factory=Expectation, description="What the answer should be like.")
    values: Annotated[Mapping[ValueName, Pointer], Field(max_length=_MOST_VALUES)] = Field(
        default_factory=dict, description="Numbers of a JSON answer to export, each by a name with its JSON pointer."
    )

    @model_validator(mode="after")
    def _sends_and_expects_what_the_method_allows(self) -> Self:
        if self.method is Method.HEAD and (self.expect.needs_body or self.values):
            raise ValueError("HEAD brings no body; use GET to expect something of it")
        sent = sum((self.body is not None, bool(self.form), self.document is not None))
        if sent > 1:
            raise ValueError("one body is sent: write body, form or json")
        if sent and self.method in _WITHOUT_BODY:
            raise ValueError(f"{self.method} sends no body; write method: POST")
        return self

    @property
    def sent_texts(self) -> Iterator[str]:
        """Every text that is sent and may hold a variable, or be a reference to a secret."""
        yield from self.headers.values()
        yield from self.form.values()
        if self.body is not None:
            yield self.body
        yield from _texts_in(self.document)

    @property
    def references(self) -> Iterator[str]:
        """The references to secrets in it."""
        return (text for text in self.sent_texts if is_secret(text))


class Step(Request):
    """One of several requests; it may send what those before it captured, as ``${name}``."""

    name: StepName = Field(description="What metrics and evidence call it.")
    url: str | None = Field(
        default=None,
        min_length=1,
        description="What is asked for, as a link on the page of the check's url would say it; that one where absent.",
    )
    capture: Annotated[Mapping[Variable, Capture], Field(max_length=_MOST_CAPTURED)] = Field(
        default_factory=dict, description="By name what later steps send: from json, a header, or the page by regex."
    )

    @property
    def variables(self) -> frozenset[str]:
        """The names of the variables that it sends."""
        plain = (text for text in self.sent_texts if not is_secret(text))
        return frozenset(variables_in([self.url or "", *plain]))

    @model_validator(mode="after")
    def _captures_from_a_body(self) -> Self:
        if self.method is Method.HEAD and any(one.header is None for one in self.capture.values()):
            raise ValueError("HEAD brings no body to capture from")
        return self


def _texts_in(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for inner in value.values():
                yield from _texts_in(inner)
        case list():
            for inner in value:
                yield from _texts_in(inner)
