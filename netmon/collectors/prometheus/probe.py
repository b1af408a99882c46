"""The prometheus look: scrape an exporter, and say in netmon's words what it says of its machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from netmon.collectors.dialing import Dialer
from netmon.collectors.endpoint import Endpoint
from netmon.collectors.http.connection import HttpDialer, Tls
from netmon.collectors.http.exchange import Answer, exchange
from netmon.collectors.http.headers import UNSENDABLE, Headers, is_sendable
from netmon.collectors.http.urls import parse_url, shown
from netmon.collectors.mask import Mask
from netmon.collectors.miss import MissError, excerpt, failure
from netmon.collectors.phases import Phase, Stopwatch
from netmon.collectors.prometheus.dialects import WANTED
from netmon.collectors.prometheus.exposition import Exposition, read_exposition
from netmon.collectors.prometheus.host import Host, ProcessorTime, recognize, translate
from netmon.collectors.prometheus.limits import find_flaw
from netmon.collectors.prometheus.metrics import CONTENT, ONE_ROW, SAMPLES, SCRAPE, HostTables
from netmon.collectors.prometheus.settings import USUAL_PORT, PrometheusSettings
from netmon.collectors.trust import TrustStore
from netmon.kernel.secrets import SecretError
from netmon.model.looks import Outcome, Readings
from netmon.model.moments import MINUTE, SECOND, Duration, Moment
from netmon.model.plan import CheckSpec
from netmon.model.quantities import format_duration
from netmon.model.states import Reason
from netmon.ports import Collector, Ground

_PROTOCOLS = ("http/1.1",)
_ACCEPT = "text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1"
_FINE = 200
_REFUSALS = frozenset({401, 403})
_EXCERPT_BYTES = 1_024
_LONGEST_STANDSTILL = Duration(MINUTE)


class PrometheusQuestions:
    """Holds what all prometheus checks share: the way to their exporters, and whom to believe."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.dialer = HttpDialer(Dialer(ground.networks), TrustStore(ground.directory, _PROTOCOLS))

    def collector(self, check: CheckSpec, watched: tuple[str, ...]) -> Collector:
        """The collector of *check*; states of interfaces are not asked of an exporter."""
        settings = PrometheusSettings.model_validate(check.settings)
        usual = f"http://{Endpoint(check.address, settings.port or USUAL_PORT)}/metrics"
        return PrometheusCollector(self, parse_url(settings.url or usual).copy_with(fragment=None), settings)


@dataclass(frozen=True, slots=True)
class _Scrape:
    """What an exporter said, how long its answer was, and how long it took."""

    exposition: Exposition
    length: int
    seconds: float


class PrometheusCollector:
    """Scrapes one exporter, over a new connection each time; remembers what can be told only from look to look."""

    def __init__(self, questions: PrometheusQuestions, url: httpx.URL, settings: PrometheusSettings) -> None:
        self._dialer = questions.dialer
        self._ground = questions.ground
        self._url = url
        self._where = shown(url)
        self._settings = settings
        self._tables = HostTables()
        self._processor_time: ProcessorTime | None = None
        self._pulse: tuple[float | None, Moment] = None, questions.ground.clock.now()

    async def look(self, timeout: Duration) -> Outcome:
        """One scrape within *timeout* in all."""
        stopwatch = Stopwatch(timeout)
        secret = self._resolve_secret()
        try:
            async with asyncio.timeout_at(stopwatch.deadline):
                return await self._tell(await self._scrape(secret, stopwatch), stopwatch)
        except TimeoutError:
            return Outcome(took=timeout, failure=stopwatch.explain_timeout(self._where))
        except MissError as miss:
            masked = Mask([secret] if secret else ()).over(str(miss))
            return Outcome(took=stopwatch.took, failure=failure(miss.failure.reason, masked))

    def _resolve_secret(self) -> str | None:
        """The value of the Authorization header, asked anew each time, for tokens are exchanged.

        Raises:
            SecretError: it is not to be had, or cannot be sent.
        """
        reference = self._settings.authorization
        if reference is None:
            return None
        if not is_sendable(secret := self._ground.secret(reference)):
            raise SecretError(f"the secret for the header Authorization {UNSENDABLE}")
        return secret

    async def _scrape(self, secret: str | None, stopwatch: Stopwatch) -> _Scrape:
        url = self._url
        tls = Tls(self._settings.server_name or url.raw_host.decode("ascii"), self._settings.trust)
        connection = await self._dialer.dial(url, tls, stopwatch, asked_first=None)
        try:
            answer = await exchange(
                connection,
                url,
                "GET",
                headers=_headers(url, secret),
                limit=self._settings.limit,
                stopwatch=stopwatch,
            )
        finally:
            connection.close()
        self._check_status(answer, secret)
        seconds = stopwatch.elapsed_seconds
        stopwatch.enter(Phase.PROCESSING)
        stopwatch.unanswered = "no time was left to read the answer"
        content_type = answer.headers.get("content-type", "")
        exposition = await read_exposition(answer.body, content_type, WANTED, where=self._where)
        return _Scrape(exposition, len(answer.body), seconds)

    def _check_status(self, answer: Answer, secret: str | None) -> None:
        if answer.status == _FINE:
            return
        reason = Reason.UNAUTHORIZED if answer.status in _REFUSALS else Reason.UNEXPECTED
        mask = Mask([secret] if secret else ())
        said = excerpt(mask.over(answer.body[: _EXCERPT_BYTES + mask.longest].decode("utf-8", "replace")))
        raise MissError(reason, f'{self._where}: status {answer.status}, expected {_FINE}; it says "{said}"')

    async def _tell(self, scrape: _Scrape, stopwatch: Stopwatch) -> Outcome:
        asking = {SCRAPE: (scrape.seconds,), CONTENT: (scrape.length,), SAMPLES: (scrape.exposition.count,)}
        samples = scrape.exposition.samples
        dialect = recognize(samples)
        if dialect is None:
            evidence = f"{self._where}: speaks of nothing that node_exporter or windows_exporter would"
            raise MissError(Reason.UNEXPECTED, evidence)
        now = self._ground.clock.now()
        host = await translate(samples, dialect, now_seconds=now / SECOND, ignore=self._settings.ignore)
        self._check_pulse(host, now)
        busy = host.processor_time.busy_since(self._processor_time) if host.processor_time else None
        self._processor_time = host.processor_time
        return Outcome(
            took=stopwatch.took,
            flaw=find_flaw(host, busy, self._settings, where=self._where),
            readings=(Readings(ONE_ROW, asking), *self._tables.readings(host, busy)),
            facts=host.facts,
        )

    def _check_pulse(self, host: Host, now: Moment) -> None:
        """A cache or a gateway goes on repeating what a machine once said, also when the machine is gone."""
        said, since = self._pulse
        if host.pulse is None or host.pulse != said:
            self._pulse = host.pulse, now
        elif (stood := Duration(now - since)) > _LONGEST_STANDSTILL:
            evidence = (
                f"{self._where}: still says what it said {format_duration(stood)} ago: it is not the machine's own"
            )
            raise MissError(Reason.UNEXPECTED, evidence)


def _headers(url: httpx.URL, secret: str | None) -> Headers:
    own = () if secret is None else (("Authorization", secret),)
    return (
        ("Host", url.netloc.decode("ascii")),
        ("User-Agent", "netmon"),
        ("Accept", _ACCEPT),
        ("Accept-Encoding", "gzip"),
        ("Connection", "close"),
        *own,
    )


@asynccontextmanager
async def open_questions(ground: Ground) -> AsyncIterator[PrometheusQuestions]:
    """Questions for as long as the context is open; connections live no longer than their look."""
    yield PrometheusQuestions(ground)
