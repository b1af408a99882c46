"""How a look at a mail server goes, whatever it speaks: connect, TLS, the greeting, the rest, a goodbye."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from netmon.collectors.conversation import Conversation, Proof
from netmon.collectors.dialing import Dialer
from netmon.collectors.endpoint import Endpoint
from netmon.collectors.mail import Login, MailSettings, Security
from netmon.collectors.mask import Mask
from netmon.collectors.miss import MissError, failure
from netmon.collectors.phases import Phase, Stopwatch
from netmon.collectors.trust import TrustStore
from netmon.kernel.secrets import SecretError
from netmon.model.looks import Failure, Labels, Number, Outcome, Readings
from netmon.model.moments import SECOND, Duration, Moment, rfc3339
from netmon.model.quantities import format_duration
from netmon.model.states import Reason
from netmon.ports import Ground

_ONE_ROW: Sequence[Labels] = ((),)
_FAREWELL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Terms:
    """What a conversation has to come to.

    Attributes:
        proof: how the server must prove itself after STARTTLS; ``None`` where nothing is left to prove.
        login: who logs in, if anybody.
    """

    proof: Proof | None
    login: Login | None


class Dialogue(Protocol):
    """What one kind says and hears; the bad news is a `MissError`."""

    async def greet(self, talk: Conversation) -> None:
        """Hear the greeting."""

    async def converse(self, talk: Conversation, terms: Terms) -> Mapping[str, Number]:
        """Say everything else; the numbers that came up, by their families."""

    async def part(self, talk: Conversation) -> None:
        """Say goodbye, and hear it."""


@dataclass(frozen=True, slots=True)
class Families:
    """The metrics that every kind has, by its own names."""

    duration: str
    greeting: str
    expiry: str

    def described(self) -> Mapping[str, str]:
        """Their help."""
        return {
            self.duration: "Time from asking to the end of the last answer.",
            self.greeting: "Time from the open connection, or the end of its TLS handshake, to the greeting.",
            self.expiry: "When the server's certificate ends, in seconds since 1970.",
        }


class MailDesk:
    """Holds what all checks of a kind share: the way to their servers, whom they believe, and the secrets."""

    def __init__(self, ground: Ground, families: Families) -> None:
        self.families = families
        self.now: Callable[[], Moment] = ground.clock.now
        self.dialer = Dialer(ground.networks)
        self.trust = TrustStore(ground.directory)
        self._secret: Callable[[str], str] = ground.secret
        self._key = secrets.token_bytes(hashlib.sha256().digest_size)

    def login(self, settings: MailSettings) -> Login | None:
        """Who logs in, if anybody.

        Raises:
            SecretError: the password is not to be had, or cannot be sent.
        """
        if settings.user is None or settings.password is None:
            return None
        password = self._secret(settings.password)
        if "\0" in password:
            raise SecretError(f'the password of "{settings.user}" cannot be sent: it holds a NUL')
        return Login(settings.user, password)

    def fingerprint(self, settings: MailSettings) -> str:
        """A text that changes with the password, and tells nothing of it; raises SecretError like `login`."""
        login = self.login(settings)
        return "" if login is None else hmac.new(self._key, login.password.encode(), hashlib.sha256).hexdigest()


class MailCollector:
    """Holds one conversation for every look, over a connection of its own; a new password counts at once."""

    def __init__(self, desk: MailDesk, endpoint: Endpoint, settings: MailSettings, dialogue: Dialogue) -> None:
        self._desk = desk
        self._endpoint = endpoint
        self._settings = settings
        self._dialogue = dialogue

    async def look(self, timeout: Duration) -> Outcome:
        """One conversation within *timeout* in all.

        Raises:
            CannotTellError, SecretError: the authorities or the password cannot be had: a mistake of ours.
        """
        proof, login = self._proof(), self._desk.login(self._settings)
        stopwatch = Stopwatch(timeout)
        with contextlib.ExitStack() as at_the_end:
            try:
                async with asyncio.timeout_at(stopwatch.deadline):
                    talk = await self._begin(stopwatch, Mask(login.secrets if login else ()))
                    at_the_end.callback(talk.close)
                    outcome = await self._converse(talk, stopwatch, proof, login)
            except TimeoutError:
                return Outcome(took=timeout, failure=stopwatch.explain_timeout(str(self._endpoint)))
            except MissError as miss:
                return Outcome(took=stopwatch.took, failure=miss.failure)
            await self._part(talk, stopwatch)
        return outcome

    def _proof(self) -> Proof | None:
        if self._settings.security is Security.NONE:
            return None
        name = self._settings.server_name or self._endpoint.host
        return Proof(self._desk.trust.context(self._settings.trust), name.removesuffix("."))

    async def _begin(self, stopwatch: Stopwatch, mask: Mask) -> Conversation:
        opened, _ = await self._desk.dialer.dial(self._endpoint, stopwatch)
        return Conversation(opened, stopwatch, str(self._endpoint), mask)

    async def _converse(
        self, talk: Conversation, stopwatch: Stopwatch, proof: Proof | None, login: Login | None
    ) -> Outcome:
        if proof is not None and self._settings.security is Security.TLS:
            await talk.secure(proof)
            proof = None
        await self._dialogue.greet(talk)
        stopwatch.enter(Phase.PROCESSING)  # adds up the wait for the greeting
        numbers = {self._desk.families.greeting: stopwatch.seconds[Phase.PROCESSING]}
        return self._read(talk, stopwatch, numbers | dict(await self._dialogue.converse(talk, Terms(proof, login))))

    def _read(self, talk: Conversation, stopwatch: Stopwatch, numbers: Mapping[str, Number]) -> Outcome:
        families = self._desk.families
        columns: dict[str, tuple[Number]] = {families.duration: (stopwatch.elapsed_seconds,)}
        if talk.expiry is not None:
            columns[families.expiry] = (talk.expiry / SECOND,)
        columns |= {name: (number,) for name, number in numbers.items()}
        return Outcome(took=stopwatch.took, flaw=self._find_flaw(talk), readings=(Readings(_ONE_ROW, columns),))

    def _find_flaw(self, talk: Conversation) -> Failure | None:
        if talk.flaw is not None or talk.expiry is None:
            return talk.flaw
        left = Duration(talk.expiry - self._desk.now())
        if left >= self._settings.certificate_warning:
            return None
        evidence = f"{talk.where}: the certificate ends at {rfc3339(talk.expiry)}, in {format_duration(left)}"
        return failure(Reason.CERTIFICATE_EXPIRES_SOON, evidence)

    async def _part(self, talk: Conversation, stopwatch: Stopwatch) -> None:
        """Say goodbye, lest the server log a lost connection; one that says nothing to it has answered all the same."""
        until = min(stopwatch.deadline, asyncio.get_running_loop().time() + _FAREWELL_SECONDS)
        with contextlib.suppress(MissError, TimeoutError):
            async with asyncio.timeout_at(until):
                await self._dialogue.part(talk)
