"""The http look: ask in one step or several, and tell how the answers compare with what was expected."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from netmon.collectors.dialing import Dialer
from netmon.collectors.http.asking import resolve_secrets
from netmon.collectors.http.connection import HttpDialer
from netmon.collectors.http.cookies import CookieJar
from netmon.collectors.http.journey import Journey
from netmon.collectors.http.settings import HttpSettings
from netmon.collectors.http.visit import Browser, Visit
from netmon.collectors.miss import failure
from netmon.collectors.phases import Phase, Stopwatch
from netmon.collectors.trust import TrustStore
from netmon.kernel.clock import Clock
from netmon.model.looks import Failure, Labels, Outcome, Readings
from netmon.model.moments import SECOND, Duration, rfc3339
from netmon.model.plan import CheckSpec
from netmon.model.quantities import format_duration
from netmon.model.states import Reason
from netmon.ports import Collector, Ground

DURATION = "netmon_http_duration_seconds"
PHASE = "netmon_http_phase_seconds"
STATUS = "netmon_http_status_code"
CONTENT = "netmon_http_content_bytes"
EXPIRY = "netmon_http_certificate_expiry_timestamp_seconds"
STEP = "netmon_http_step_duration_seconds"
VALUE = "netmon_http_value"

_ONE_ROW: Sequence[Labels] = ((),)
_PHASE_ROWS: Sequence[Labels] = tuple((("phase", phase.value),) for phase in Phase)
_PROTOCOLS = ("http/1.1",)
_KEY_BYTES = 32


class HttpQuestions:
    """Holds what all http checks share: the resolver's answers, the TLS contexts, the networks they may enter."""

    def __init__(self, ground: Ground) -> None:
        self.clock = ground.clock
        self.secret = ground.secret
        self.dialer = HttpDialer(Dialer(ground.networks), TrustStore(ground.directory, _PROTOCOLS))
        self._key = secrets.token_bytes(_KEY_BYTES)

    def collector(self, check: CheckSpec, watched: tuple[str, ...]) -> Collector:
        """The collector of *check*; a page says nothing about interfaces."""
        return HttpCollector(self, HttpSettings.model_validate(check.settings))

    def fingerprint(self, check: CheckSpec) -> str:
        """A text that changes with the secrets of *check*, and tells nothing of them.

        Raises:
            SecretError: one of them is not to be had, or cannot be sent.
        """
        resolved = resolve_secrets(HttpSettings.model_validate(check.settings), self.secret)
        if not resolved:
            return ""
        told = repr(sorted(resolved.items())).encode()
        return hmac.new(self._key, told, hashlib.sha256).hexdigest()


class HttpCollector:
    """Asks over a new connection each time, so that connecting is tested too."""

    def __init__(self, questions: HttpQuestions, settings: HttpSettings) -> None:
        self._dialer = questions.dialer
        self._clock: Clock = questions.clock
        self._secret: Callable[[str], str] = questions.secret
        self._settings = settings
        self._resolved: Mapping[str, str] | None = None

    async def look(self, timeout: Duration) -> Outcome:
        """Every request, with its redirects, within *timeout* in all."""
        if self._resolved is None:
            self._resolved = resolve_secrets(self._settings, self._secret)
        stopwatch, jar = Stopwatch(timeout), CookieJar(self._clock)
        browser = Browser(self._dialer, self._settings, jar, stopwatch)
        journey = Journey(self._settings, self._resolved, browser=browser, jar=jar, stopwatch=stopwatch)
        bad = await journey.make()
        readings = (*self._read(journey, journey.visit, stopwatch), *_read_steps(journey))
        return Outcome(took=stopwatch.took, failure=bad, flaw=self._find_flaw(journey), readings=readings)

    def _find_flaw(self, journey: Journey) -> Failure | None:
        if journey.expiry is None:
            return None
        left = Duration(journey.expiry.at - self._clock.now())
        if left >= self._settings.certificate_warning:
            return None
        ends = f"the certificate ends at {rfc3339(journey.expiry.at)}, in {format_duration(left)}"
        return failure(Reason.CERTIFICATE_EXPIRES_SOON, f"{journey.mask.over(journey.expiry.where)}: {ends}")

    def _read(self, journey: Journey, visit: Visit | None, stopwatch: Stopwatch) -> tuple[Readings, ...]:
        if visit is None:
            return ()
        columns: dict[str, tuple[float | None, ...]] = {
            DURATION: (journey.elapsed_seconds,),
            STATUS: (visit.answer.status,),
            CONTENT: (len(visit.answer.body),),
        }
        if journey.expiry is not None:
            columns[EXPIRY] = (journey.expiry.at / SECOND,)
        phases = tuple(stopwatch.seconds[phase] for phase in Phase)
        return Readings(_ONE_ROW, columns), Readings(_PHASE_ROWS, {PHASE: phases})


def _read_steps(journey: Journey) -> tuple[Readings, ...]:
    """How long the steps took, also where one failed, and the numbers in their answers."""
    found = []
    if journey.steps:
        rows = tuple((("step", name),) for name in journey.steps)
        found.append(Readings(rows, {STEP: tuple(journey.steps.values())}))
    if journey.numbers:
        rows = tuple((("name", name),) for name in journey.numbers)
        found.append(Readings(rows, {VALUE: tuple(journey.numbers.values())}))
    return tuple(found)


@asynccontextmanager
async def open_questions(ground: Ground) -> AsyncIterator[HttpQuestions]:
    """Questions for as long as the context is open; connections live no longer than their look."""
    yield HttpQuestions(ground)
