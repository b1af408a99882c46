"""The tls look: connect, shake hands, and read what the server proved and what was agreed."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from netmon.collectors.dialing import Dialer, hang_up, shake_hands
from netmon.collectors.endpoint import Endpoint
from netmon.collectors.miss import MissError, failure
from netmon.collectors.phases import Phase, Stopwatch
from netmon.collectors.tls.chain import Certificate, read_chain
from netmon.collectors.tls.settings import TlsSettings
from netmon.collectors.trust import TrustStore
from netmon.kernel.clock import Clock
from netmon.model.looks import Failure, Labels, Outcome, Readings
from netmon.model.moments import SECOND, Duration, rfc3339
from netmon.model.plan import CheckSpec
from netmon.model.quantities import format_duration
from netmon.model.states import Reason
from netmon.ports import Collector, Ground

HANDSHAKE = "netmon_tls_handshake_seconds"
EXPIRY = "netmon_tls_certificate_expiry_timestamp_seconds"
CHAIN_EXPIRY = "netmon_tls_chain_expiry_timestamp_seconds"
FACTS = ("version", "cipher", "issuer")

_ONE_ROW: Sequence[Labels] = ((),)
_SPOKEN = "TLSv"


@dataclass(frozen=True, slots=True)
class Handshake:
    """What came out of one: the version and cipher that were agreed, and the chain that was verified."""

    version: str
    cipher: str
    chain: tuple[Certificate, ...]


class TlsQuestions:
    """Holds what all tls checks share: the way to their targets, and the authorities that are believed."""

    def __init__(self, ground: Ground) -> None:
        self.clock = ground.clock
        self.dialer = Dialer(ground.networks)
        self.trust = TrustStore(ground.directory)

    def collector(self, check: CheckSpec, watched: tuple[str, ...]) -> Collector:
        """The collector of *check*; a certificate says nothing about interfaces."""
        return TlsCollector(self, check.address, TlsSettings.model_validate(check.settings))


class TlsCollector:
    """Shakes hands over a connection of its own for every look, and closes it again."""

    def __init__(self, questions: TlsQuestions, host: str, settings: TlsSettings) -> None:
        self._clock: Clock = questions.clock
        self._dialer = questions.dialer
        self._trust = questions.trust
        self._endpoint = Endpoint(host, settings.port)
        self._settings = settings

    async def look(self, timeout: Duration) -> Outcome:
        """One handshake within *timeout* in all."""
        context = self._trust.context(self._settings.trust)
        stopwatch = Stopwatch(timeout)
        try:
            async with asyncio.timeout_at(stopwatch.deadline):
                made = await self._shake_hands(context, stopwatch)
        except TimeoutError:
            return Outcome(took=timeout, failure=stopwatch.explain_timeout(str(self._endpoint)))
        except MissError as miss:
            return Outcome(took=stopwatch.took, failure=miss.failure)
        return Outcome(
            took=stopwatch.took,
            flaw=self._find_flaw(made),
            readings=(_read(made, stopwatch),),
            facts=dict(zip(FACTS, (made.version, made.cipher, made.chain[0].issuer), strict=True)),
        )

    async def _shake_hands(self, context: ssl.SSLContext, stopwatch: Stopwatch) -> Handshake:
        opened, _ = await self._dialer.dial(self._endpoint, stopwatch)
        stopwatch.enter(Phase.TLS)
        server_name = self._settings.server_name or self._endpoint.host
        _, writer = await shake_hands(opened, context, server_name, where=str(self._endpoint))
        stopwatch.enter(Phase.PROCESSING)  # adds up the handshake
        try:
            connection: ssl.SSLObject = writer.get_extra_info("ssl_object")
            cipher = connection.cipher()
            return Handshake(connection.version() or "", cipher[0] if cipher else "", read_chain(connection))
        finally:
            hang_up(writer)

    def _find_flaw(self, made: Handshake) -> Failure | None:
        """What is wrong with a handshake that succeeded; the first reason counts, and the evidence tells all."""
        flaws = [*self._ending_soon(made.chain), *self._too_old(made.version)]
        if not flaws:
            return None
        evidence = "; ".join(cause for _, cause in flaws)
        return failure(flaws[0][0], f"{self._endpoint}: {evidence}")

    def _ending_soon(self, chain: Sequence[Certificate]) -> Iterator[tuple[Reason, str]]:
        first = min(chain, key=lambda certificate: certificate.ends)
        left = Duration(first.ends - self._clock.now())
        if left < self._settings.certificate_warning:
            whose = "the certificate" if first is chain[0] else f'the certificate of the authority "{first.subject}"'
            cause = f"{whose} ends at {rfc3339(first.ends)}, in {format_duration(left)}"
            yield Reason.CERTIFICATE_EXPIRES_SOON, cause

    def _too_old(self, version: str) -> Iterator[tuple[Reason, str]]:
        wanted = self._settings.minimum
        if version.removeprefix(_SPOKEN) < wanted:
            yield Reason.UNEXPECTED, f"agreed on TLS {version.removeprefix(_SPOKEN)}, at least {wanted} is wanted"


def _read(made: Handshake, stopwatch: Stopwatch) -> Readings:
    columns = {
        HANDSHAKE: (stopwatch.seconds[Phase.TLS],),
        EXPIRY: (made.chain[0].ends / SECOND,),
        CHAIN_EXPIRY: (min(certificate.ends for certificate in made.chain) / SECOND,),
    }
    return Readings(_ONE_ROW, columns)


@asynccontextmanager
async def open_questions(ground: Ground) -> AsyncIterator[TlsQuestions]:
    """Questions for as long as the context is open; connections live no longer than their look."""
    yield TlsQuestions(ground)
