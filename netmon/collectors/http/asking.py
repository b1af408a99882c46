"""What goes out: a request of the settings with the secrets and captured values in their places."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import httpx

from netmon.collectors.http.headers import UNSENDABLE, Headers, is_secret, is_sendable
from netmon.collectors.http.settings import HttpSettings
from netmon.collectors.http.steps import Method, Request
from netmon.collectors.http.urls import origin, shown
from netmon.collectors.http.variables import fill
from netmon.collectors.miss import MissError
from netmon.kernel.secrets import SecretError
from netmon.model.states import Reason

_KEEPING_THE_BODY = frozenset({307, 308})


@dataclass(frozen=True, slots=True)
class Question:
    """One request as it is sent.

    Attributes:
        own: headers of the check itself, for the origin of *home* alone.
        home: the URL that the check asks for; *url* is another where that redirects.
    """

    url: httpx.URL
    home: httpx.URL
    method: Method
    own: Headers = ()
    body: bytes = b""
    content_type: str = ""

    @property
    def headers(self) -> Headers:
        """The usual headers, those of the body, and the check's own."""
        own = self.own if origin(self.url) == origin(self.home) else ()
        named = {name.lower() for name, _ in own}
        usual = [("Host", self.url.netloc.decode("ascii")), ("User-Agent", "netmon"), ("Accept", "*/*")]
        if self.content_type:
            usual.append(("Content-Type", self.content_type))
        kept = [header for header in usual if header[0].lower() not in named]
        length = [("Content-Length", str(len(self.body)))] if self.body else []
        return (*kept, *length, ("Accept-Encoding", "gzip"), ("Connection", "close"), *own)

    def redirected(self, target: httpx.URL, status: int) -> Question:
        """The same asked of *target* after an answer of *status* (RFC 9110, section 15.4).

        Raises:
            MissError: it would carry a body to another host than that which it is meant for.
        """
        if status in _KEEPING_THE_BODY:
            if self.body and origin(target) != origin(self.url):
                evidence = f"{shown(self.url)}: redirects what is sent to another host, {shown(target)}"
                raise MissError(Reason.FORBIDDEN, evidence)
            return replace(self, url=target)
        method = Method.HEAD if self.method is Method.HEAD else Method.GET
        return replace(self, url=target, method=method, body=b"", content_type="")


def resolve_secrets(settings: HttpSettings, secret: Callable[[str], str]) -> Mapping[str, str]:
    """The secrets that *settings* refer to, by reference.

    Raises:
        SecretError: one is not to be had, or stands in a header and cannot be sent; only the header is named.
    """
    asked = (settings, *settings.steps)
    resolved = {reference: secret(reference) for request in asked for reference in request.references}
    for request in asked:
        for name, value in request.headers.items():
            if is_secret(value) and not is_sendable(resolved[value]):
                raise SecretError(f'the secret for the header "{name}" {UNSENDABLE}')
    return resolved


@dataclass(frozen=True, slots=True)
class Places:
    """What comes into the places of a request: *secrets* by reference, *captured* values by name."""

    secrets: Mapping[str, str]
    captured: Mapping[str, str]

    def filled(self, text: str) -> str:
        """*text* as it is sent."""
        return self.secrets[text] if is_secret(text) else fill(text, self.captured)

    def question(self, request: Request, url: httpx.URL, *, besides: Mapping[str, str]) -> Question:
        """*request* for *url*, with the headers *besides* it where it has none of that name.

        Raises:
            MissError: a captured value cannot stand in a header.
        """
        body, content_type = self._body(request)
        own = self._headers({**_without(besides, request.headers), **request.headers}, url)
        return Question(url, url, request.method, own, body, content_type)

    def _headers(self, headers: Mapping[str, str], url: httpx.URL) -> Headers:
        filled = tuple((name, self.filled(value)) for name, value in headers.items())
        for name, value in filled:
            if not is_sendable(value):
                raise MissError(
                    Reason.UNEXPECTED, f'{shown(url)}: what was captured for the header "{name}" {UNSENDABLE}'
                )
        return filled

    def _body(self, request: Request) -> tuple[bytes, str]:
        if request.form:
            fields = {name: self.filled(value) for name, value in request.form.items()}
            return urlencode(fields).encode("ascii"), "application/x-www-form-urlencoded"
        if request.document is not None:
            return json.dumps(self._document(request.document), ensure_ascii=False).encode(), "application/json"
        return self.filled(request.body or "").encode(), "text/plain; charset=utf-8" if request.body else ""

    def _document(self, value: Any) -> Any:
        match value:
            case str():
                return self.filled(value)
            case dict():
                return {name: self._document(inner) for name, inner in value.items()}
            case list():
                return [self._document(inner) for inner in value]
        return value


def _without(headers: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    taken = {name.lower() for name in names}
    return {name: value for name, value in headers.items() if name.lower() not in taken}
