"""One request with its redirects: who answered in the end, and with what."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from netmon.collectors.http.asking import Question
from netmon.collectors.http.connection import HttpDialer, Tls
from netmon.collectors.http.cookies import CookieJar
from netmon.collectors.http.exchange import Answer, exchange
from netmon.collectors.http.expectation import Expectation
from netmon.collectors.http.settings import HttpSettings
from netmon.collectors.http.urls import LONGEST_URL, origin, parse_url, shown
from netmon.collectors.miss import MissError
from netmon.collectors.permission import Address
from netmon.collectors.phases import Phase, Stopwatch
from netmon.model.moments import Moment
from netmon.model.states import Reason

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, order=True)
class Expiry:
    """When a certificate ends, and whose it is."""

    at: Moment
    where: str


@dataclass(frozen=True, slots=True)
class Visit:
    """The last answer to a request, who gave it, and when the first certificate on the way ends."""

    url: httpx.URL
    answer: Answer
    expiry: Expiry | None


class Browser:
    """Asks within one look, over a new connection each time, and keeps the look's cookies."""

    def __init__(self, dialer: HttpDialer, settings: HttpSettings, jar: CookieJar, stopwatch: Stopwatch) -> None:
        self._dialer = dialer
        self._settings = settings
        self._home = origin(httpx.URL(settings.url))
        self._jar = jar
        self._stopwatch = stopwatch

    async def visit(self, question: Question, expect: Expectation) -> Visit:
        """Ask, and follow redirects; one whose status is expected is the answer.

        Raises:
            MissError: there is no answer, or it leads where nobody may follow.
        """
        redirects = self._settings.redirects
        expiry: Expiry | None = None
        first: Address | None = None
        for _ in range(redirects + 1):
            url = question.url
            answer, peer, ends = await self._ask(question, asked_first=first)
            first = first or peer
            expiry = min((one for one in (expiry, ends) if one is not None), default=None)
            self._jar.take(url, answer.cookies)
            target = answer.headers.get("location")
            leads_on = answer.status in _REDIRECTS and target is not None and redirects > 0
            if not leads_on or expect.accepts(answer.status):
                return Visit(url, answer, expiry)
            question = question.redirected(find_target(url, target or ""), answer.status)
        raise MissError(Reason.UNEXPECTED, f"{shown(question.home)}: more than {redirects} redirects")

    async def _ask(self, question: Question, *, asked_first: Address | None) -> tuple[Answer, Address, Expiry | None]:
        url, stopwatch = question.url, self._stopwatch
        at_home = origin(url) == self._home
        tls = Tls(
            (self._settings.server_name if at_home else None) or url.raw_host.decode("ascii"), self._settings.trust
        )
        headers = question.headers
        if (cookies := self._jar.header(url)) and not any(name.lower() == "cookie" for name, _ in headers):
            headers = (*headers, ("Cookie", cookies))
        connection = await self._dialer.dial(url, tls, stopwatch, asked_first=asked_first)
        try:
            answer = await exchange(
                connection,
                url,
                question.method.value,
                headers=headers,
                body=question.body,
                limit=self._settings.limit,
                stopwatch=stopwatch,
            )
        finally:
            connection.close()
        stopwatch.enter(Phase.TRANSFER)  # adds up the transfer so far
        expiry = None if connection.expiry is None else Expiry(connection.expiry, shown(url))
        return answer, connection.peer, expiry


def find_target(url: httpx.URL, location: str) -> httpx.URL:
    """Where the *location* in the answer of *url* leads.

    Raises:
        MissError: it is no URL, or one that must not be followed.
    """
    if len(location) > LONGEST_URL:
        raise MissError(
            Reason.FORBIDDEN, f"{shown(url)}: redirects elsewhere: a URL has at most {LONGEST_URL} characters"
        )
    try:
        target = url.join(location)
    except httpx.InvalidURL as error:
        raise MissError(Reason.MALFORMED, f"{shown(url)}: redirects to what is no URL") from error
    if url.scheme == "https" and target.scheme == "http":
        raise MissError(Reason.FORBIDDEN, f"{shown(url)}: redirects from https to http")
    try:
        return parse_url(str(target)).copy_with(fragment=None)
    except ValueError as error:
        raise MissError(Reason.FORBIDDEN, f"{shown(url)}: redirects elsewhere: {error}") from error
