"""One look's way through its steps: each is asked, compared, and gives what later ones send."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import httpx

from netmon.collectors.http.asking import Places, Question
from netmon.collectors.http.cookies import CookieJar
from netmon.collectors.http.reading import Reading
from netmon.collectors.http.settings import HttpSettings, parse_step_url
from netmon.collectors.http.steps import Request, Step
from netmon.collectors.http.urls import origin, parse_url, shown
from netmon.collectors.http.variables import may_be_secret
from netmon.collectors.http.visit import Browser, Expiry, Visit
from netmon.collectors.mask import Mask
from netmon.collectors.miss import MissError, failure
from netmon.collectors.phases import Stopwatch
from netmon.model.looks import Failure
from netmon.model.states import Reason


class Journey:
    """Goes through the steps of *settings* once, until one is not as expected or the time is up.

    Attributes:
        visit: the last answer.
        elapsed_seconds: until its end.
        expiry: when the first certificate on the way ends, and whose it is.
        steps: how long each step took, as far as there were any.
        numbers: what was read from the answers.
    """

    def __init__(
        self,
        settings: HttpSettings,
        secrets: Mapping[str, str],
        *,
        browser: Browser,
        jar: CookieJar,
        stopwatch: Stopwatch,
    ) -> None:
        self._settings = settings
        self._secrets = secrets
        self._browser = browser
        self._jar = jar
        self._stopwatch = stopwatch
        self._captured: dict[str, str] = {}
        self._request: Request = settings
        self._url = parse_url(settings.url).copy_with(fragment=None)
        self._reads = False
        self.visit: Visit | None = None
        self.elapsed_seconds = 0.0
        self.expiry: Expiry | None = None
        self.steps: dict[str, float] = {}
        self.numbers: dict[str, float | None] = {}

    async def make(self) -> Failure | None:
        """Ask everything; what is wrong with the last answer, or why there is none."""
        try:
            async with asyncio.timeout_at(self._stopwatch.deadline):
                for request in self._settings.requests:
                    await self._take(request)
        except TimeoutError:
            return self._named(self._explain_timeout())
        except MissError as miss:
            return self._named(failure(miss.failure.reason, self.mask.over(str(miss))))
        return None

    async def _take(self, request: Request) -> None:
        began = self._stopwatch.elapsed_seconds
        self._request, self.visit, self._reads = request, None, False
        try:
            self._url = self._find_url(request)
            self.visit = visit = await self._browser.visit(self._question(request), request.expect)
            self.elapsed_seconds = self._stopwatch.elapsed_seconds
            self.expiry = min((one for one in (self.expiry, visit.expiry) if one is not None), default=None)
            self._reads = True
            await self._read(request, Reading(visit, self.mask))
        finally:
            if isinstance(request, Step):
                self.steps[request.name] = self._stopwatch.elapsed_seconds - began

    def _find_url(self, request: Request) -> httpx.URL:
        if not isinstance(request, Step):
            return self._url
        try:
            return parse_step_url(self._settings.url, request, self._captured)
        except ValueError as error:
            raise MissError(Reason.FORBIDDEN, f"what was captured leads nowhere: {error}") from None

    def _question(self, request: Request) -> Question:
        at_home = origin(self._url) == origin(parse_url(self._settings.url))
        besides = self._settings.headers if at_home else {}
        return Places(self._secrets, self._captured).question(request, self._url, besides=besides)

    async def _read(self, request: Request, reading: Reading) -> None:
        await reading.compare(request.expect)
        self.numbers.update(reading.numbers(request.values))
        for name, capture in request.capture.items() if isinstance(request, Step) else ():
            self._captured[name] = await reading.captured(name, capture)

    @property
    def mask(self) -> Mask:
        """Hides what was sent and captured so far."""
        chosen = [*filter(may_be_secret, self._captured.values()), *self._jar.secrets]
        return Mask(self._secrets.values(), whole=chosen)

    def _explain_timeout(self) -> Failure:
        if self._reads:
            where = shown(self.visit.url if self.visit else self._url)
            return failure(Reason.TIMEOUT, f"{where}: no time was left to search the page for its text")
        return self._stopwatch.explain_timeout(self.mask.over(shown(self._url)))

    def _named(self, failed: Failure) -> Failure:
        """*failed* with the step in which it did."""
        if not isinstance(self._request, Step):
            return failed
        return failure(failed.reason, f'step "{self._request.name}": {failed.evidence}')
