"""The http look: ask, follow redirects that may be followed, and compare the answer with what was expected."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from netmon.collectors.dialing import Dialer
from netmon.collectors.http.connection import HttpDialer, Tls
from netmon.collectors.http.exchange import Answer, Headers, exchange
from netmon.collectors.http.mask import Mask
from netmon.collectors.http.page import Page
from netmon.collectors.http.settings import (
    LONGEST_URL,
    UNSENDABLE,
    HttpSettings,
    is_secret,
    is_sendable,
    parse_url,
    shown,
)
from netmon.collectors.miss import MissError, excerpt, failure, shorten
from netmon.collectors.permission import Address
from netmon.collectors.phases import Phase, Stopwatch
from netmon.collectors.trust import TrustStore
from netmon.kernel.clock import Clock
from netmon.kernel.secrets import SecretError
from netmon.model.looks import Failure, Labels, Outcome, Readings
from netmon.model.moments import SECOND, Duration, Moment, rfc3339
from netmon.model.plan import CheckSpec
from netmon.model.quantities import format_duration
from netmon.model.states import Reason
from netmon.ports import Collector, Ground

DURATION = "netmon_http_duration_seconds"
PHASE = "netmon_http_phase_seconds"
STATUS = "netmon_http_status_code"
CONTENT = "netmon_http_content_bytes"
EXPIRY = "netmon_http_certificate_expiry_timestamp_seconds"

_ONE_ROW: Sequence[Labels] = ((),)
_PHASE_ROWS: Sequence[Labels] = tuple((("phase", phase.value),) for phase in Phase)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LONGEST_WANTED = 60
_EXCERPT_BYTES = 1_024
_MOST_BYTES_PER_CHARACTER = 4
_PROTOCOLS = ("http/1.1",)


class HttpQuestions:
    """Holds what all http checks share: the resolver's answers, the TLS contexts, the networks they may enter."""

    def __init__(self, ground: Ground) -> None:
        self.clock = ground.clock
        self.secret = ground.secret
        self.dialer = HttpDialer(Dialer(ground.networks), TrustStore(ground.directory, _PROTOCOLS))

    def collector(self, check: CheckSpec, watched: tuple[str, ...]) -> Collector:
        """The collector of *check*; a page says nothing about interfaces."""
        return HttpCollector(self, HttpSettings.model_validate(check.settings))


@dataclass(frozen=True, slots=True)
class Visit:
    """The last answer of a look, who gave it, and when the first certificate on the way ends."""

    url: httpx.URL
    answer: Answer
    expiry: Moment | None


class HttpCollector:
    """Asks for one URL, over a new connection each time, so that connecting is tested too."""

    def __init__(self, questions: HttpQuestions, settings: HttpSettings) -> None:
        self._dialer = questions.dialer
        self._clock: Clock = questions.clock
        self._secret: Callable[[str], str] = questions.secret
        self._settings = settings
        self._url = parse_url(settings.url).copy_with(fragment=None)
        self._mask = Mask()
        self._headers: Headers | None = None

    async def look(self, timeout: Duration) -> Outcome:
        """One request, with its redirects, within *timeout* in all."""
        stopwatch = Stopwatch(timeout)
        try:
            async with asyncio.timeout_at(stopwatch.deadline):
                visit = await self._visit(stopwatch)
        except TimeoutError:
            return Outcome(took=timeout, failure=stopwatch.explain_timeout(shown(self._url)))
        except MissError as miss:
            return Outcome(took=stopwatch.took, failure=self._masked(miss))
        readings, flaw = self._read(visit, stopwatch), self._find_flaw(visit)
        bad = await self._judge_in_time(visit, stopwatch)
        return Outcome(took=stopwatch.took, failure=bad, flaw=flaw, readings=readings)

    async def _visit(self, stopwatch: Stopwatch) -> Visit:
        url, expiry, first = self._url, None, None
        for _ in range(self._settings.redirects + 1):
            answer, peer, ends = await self._ask(url, stopwatch, asked_first=first)
            first = first or peer
            expiry = min((one for one in (expiry, ends) if one is not None), default=None)
            target = answer.headers.get("location")
            leads_on = answer.status in _REDIRECTS and target is not None and self._settings.redirects > 0
            if not leads_on or self._settings.expect.accepts(answer.status):
                return Visit(url, answer, expiry)
            url = find_target(url, target or "")
        raise MissError(Reason.UNEXPECTED, f"{shown(self._url)}: more than {self._settings.redirects} redirects")

    async def _ask(
        self, url: httpx.URL, stopwatch: Stopwatch, *, asked_first: Address | None
    ) -> tuple[Answer, Address, Moment | None]:
        at_home = (url.scheme, url.host, url.port) == (self._url.scheme, self._url.host, self._url.port)
        tls = Tls(
            (self._settings.server_name if at_home else None) or url.raw_host.decode("ascii"), self._settings.trust
        )
        connection = await self._dialer.dial(url, tls, stopwatch, asked_first=asked_first)
        try:
            answer = await exchange(
                connection,
                url,
                self._settings.method.value,
                headers=self._headers_for(url, at_home=at_home),
                limit=self._settings.limit,
                stopwatch=stopwatch,
            )
        finally:
            connection.close()
        stopwatch.enter(Phase.TRANSFER)  # adds up the transfer so far
        return answer, connection.peer, connection.expiry

    def _headers_for(self, url: httpx.URL, *, at_home: bool) -> Headers:
        """The usual headers, and the check's own for its own host alone."""
        if self._headers is None:
            self._headers = self._resolve_headers()
        own = self._headers if at_home else ()
        named = {name.lower() for name, _ in own}
        usual = (("Host", url.netloc.decode("ascii")), ("User-Agent", "netmon"), ("Accept", "*/*"))
        kept = tuple(header for header in usual if header[0].lower() not in named)
        return (*kept, ("Accept-Encoding", "gzip"), ("Connection", "close"), *own)

    def _resolve_headers(self) -> Headers:
        """The check's own headers.

        Raises:
            SecretError: a secret is not to be had, or cannot be sent; only the header is named.
        """
        settings = self._settings.headers
        resolved = {name: self._secret(value) for name, value in settings.items() if is_secret(value)}
        for name, secret in resolved.items():
            if not is_sendable(secret):
                raise SecretError(f'the secret for the header "{name}" {UNSENDABLE}')
        self._mask = Mask(resolved.values())
        return tuple((name, resolved.get(name, value)) for name, value in settings.items())

    async def _judge_in_time(self, visit: Visit, stopwatch: Stopwatch) -> Failure | None:
        try:
            async with asyncio.timeout_at(stopwatch.deadline):
                return await self._judge(visit)
        except TimeoutError:
            return failure(Reason.TIMEOUT, f"{shown(visit.url)}: no time was left to search the page for its text")

    async def _judge(self, visit: Visit) -> Failure | None:
        expect, answer, where = self._settings.expect, visit.answer, shown(visit.url)
        page = Page(answer.body, answer.headers.get("content-type", ""))
        if not expect.accepts(answer.status):
            phrase = shorten(self._mask.over(answer.phrase), _LONGEST_WANTED)
            status = f"{answer.status} {phrase}".strip()
            expected = " or ".join(expect.status)
            return failure(
                Reason.UNEXPECTED, f"{where}: status {status}, expected {expected}; it says {self._excerpt(page)}"
            )
        if expect.body is not None and not await page.says(expect.body):
            wanted = shorten(expect.body, _LONGEST_WANTED)
            return failure(Reason.UNEXPECTED, f'{where}: does not say "{wanted}"; it begins {self._excerpt(page)}')
        if expect.body_not is not None and await page.says(expect.body_not):
            return failure(Reason.UNEXPECTED, f'{where}: says "{shorten(expect.body_not, _LONGEST_WANTED)}"')
        return None

    def _excerpt(self, page: Page) -> str:
        """How the page begins; read a little further, lest a secret be cut and its first part not be known for one."""
        text = page.beginning(_EXCERPT_BYTES + _MOST_BYTES_PER_CHARACTER * self._mask.longest)
        return f'"{excerpt(self._mask.over(text))}"'

    def _masked(self, miss: MissError) -> Failure:
        return failure(miss.failure.reason, self._mask.over(str(miss)))

    def _find_flaw(self, visit: Visit) -> Failure | None:
        if visit.expiry is None:
            return None
        left = Duration(visit.expiry - self._clock.now())
        if left >= self._settings.certificate_warning:
            return None
        evidence = f"{shown(visit.url)}: the certificate ends at {rfc3339(visit.expiry)}, in {format_duration(left)}"
        return failure(Reason.CERTIFICATE_EXPIRES_SOON, evidence)

    def _read(self, visit: Visit, stopwatch: Stopwatch) -> tuple[Readings, ...]:
        columns: dict[str, tuple[float | None, ...]] = {
            DURATION: (stopwatch.elapsed_seconds,),
            STATUS: (visit.answer.status,),
            CONTENT: (len(visit.answer.body),),
        }
        if visit.expiry is not None:
            columns[EXPIRY] = (visit.expiry / SECOND,)
        phases = tuple(stopwatch.seconds[phase] for phase in Phase)
        return Readings(_ONE_ROW, columns), Readings(_PHASE_ROWS, {PHASE: phases})


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


@asynccontextmanager
async def open_questions(ground: Ground) -> AsyncIterator[HttpQuestions]:
    """Questions for as long as the context is open; connections live no longer than their look."""
    yield HttpQuestions(ground)
