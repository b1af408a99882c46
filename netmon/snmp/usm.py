"""Version 3 with the user-based security model: engines, windows of time, signed and encrypted messages (RFC 3414)."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field

from netmon.model.states import Reason
from netmon.snmp import ber
from netmon.snmp.ber import Malformed
from netmon.snmp.ciphers import Privacy, Signer
from netmon.snmp.failures import NoAnswer
from netmon.snmp.frames import (
    AUTH,
    PRIV,
    REPORTABLE,
    SALT_BYTES,
    Message,
    Mould,
    header,
    mould_of,
    parameters,
    pdu_of,
    scope,
    take_apart,
)
from netmon.snmp.keys import AuthProtocol, PrivacyProtocol
from netmon.snmp.pdu import Get, Kind, Response
from netmon.snmp.security import MessageVersion, Remedy, Stray

_WINDOW_SECONDS = 150
_ENGINE_ID_BYTES = range(5, 33)
_UNSIGNED = (0, 0)

_PROBE = Get(()).request
_STATS = "1.3.6.1.6.3.15.1.1."
_NOT_IN_TIME_WINDOW = f"{_STATS}2.0"
_UNKNOWN_ENGINE = f"{_STATS}4.0"
_REFUSALS = {
    f"{_STATS}1.0": "it does not offer this user this level of security",
    f"{_STATS}3.0": "it does not know the user",
    f"{_STATS}5.0": "it finds the signature wrong: the authentication key or protocol differs",
    f"{_STATS}6.0": "it cannot decrypt: the privacy key or protocol differs",
}


@dataclass(frozen=True, slots=True)
class User:
    """A user and the master keys, stretched once for all engines; what is encrypted is signed too."""

    name: bytes
    auth: AuthProtocol | None = None
    auth_master: bytes = field(default=b"", repr=False)
    privacy: PrivacyProtocol | None = None
    privacy_master: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if self.privacy is not None and self.auth is None:
            raise ValueError("privacy wants auth as well")


@dataclass(slots=True)
class _Engine:
    """An agent that told who it is: its time, as it was *heard*, and the user's keys, which open nothing elsewhere.

    Attributes:
        scope: what stands before every PDU.
        sizes: how many octets signature and salt have.
        front: the boots and time that were sent last, and the security parameters that tell them.
        mould: of its last encrypted answer.
    """

    id: bytes
    boots: int
    time: int
    heard: float
    scope: bytes
    signer: Signer | None = field(default=None, repr=False)
    privacy: Privacy | None = field(default=None, repr=False)
    sizes: tuple[int, int] = _UNSIGNED
    front: tuple[int, int, bytes] = (-1, -1, b"")
    mould: Mould | None = field(default=None, repr=False)

    def time_at(self, now: float) -> int:
        return min(self.time + int(now - self.heard), 2**31 - 1)

    def parameters(self, time: int, user: bytes) -> bytes:
        """The security parameters up to the signature; most messages leave in the second of the one before."""
        if self.front[:2] != (self.boots, time):
            self.front = self.boots, time, parameters(self.id, self.boots, time, user, self.sizes)
        return self.front[2]


class UserSecurity:
    """The user at one agent: its engine is discovered, its time is followed, its keys are localized once.

    Nothing but a greeting leaves, and nothing but a report is believed, before the engine is known; from then on
    both are signed and encrypted as the user wants it.
    """

    version = MessageVersion.V3

    def __init__(self, user: User, context: bytes) -> None:
        self._user = user
        self._context = context
        self._engine: _Engine | None = None
        self._salt = secrets.randbits(64)

    @property
    def silence(self) -> str:
        """What silence may mean besides a dead target."""
        if self._engine is None:
            return "it did not even tell its engine id"
        return "it told its engine id; some agents are silent on a wrong privacy key"

    def greeting(self, number: int) -> bytes | None:
        if self._engine is not None:
            return None
        front = header(number, REPORTABLE) + parameters(b"", 0, 0, b"", _UNSIGNED) + ber.head(ber.OCTET_STRING, 0)
        return ber.encode(ber.SEQUENCE, front + ber.encode(ber.SEQUENCE, scope(b"", b"") + _PROBE.encode(number)))

    def seal(self, pdu: bytes, number: int, now: float) -> bytes:
        engine = self._engine
        if engine is None:
            raise NoAnswer(Reason.MALFORMED, "it has not told its engine id")
        time = engine.time_at(now)
        flags = REPORTABLE
        rest = ber.head(ber.SEQUENCE, len(engine.scope) + len(pdu)) + engine.scope + pdu
        if engine.privacy is not None:
            flags |= PRIV
            salt = self._next_salt(engine.privacy, engine.boots)
            secret = engine.privacy.encrypt(rest, salt, engine.boots, time)
            rest = salt + ber.head(ber.OCTET_STRING, len(secret)) + secret
        rest = ber.head(ber.OCTET_STRING, engine.sizes[1]) + rest
        if engine.signer is not None:
            flags |= AUTH
        front = header(number, flags) + engine.parameters(time, self._user.name)
        front = ber.head(ber.SEQUENCE, len(front) + engine.sizes[0] + len(rest)) + front
        return front + rest if engine.signer is None else front + engine.signer.sign(front, rest) + rest

    def unseal(self, datagram: bytes, number: int, now: float) -> bytes:
        mould = self._engine.mould if self._engine else None
        read = mould.read(datagram, number) if mould else None
        message = read or take_apart(datagram)
        if message.number != number:
            raise Stray("a message with another number")
        engine = self._engine if self._engine and message.engine == self._engine.id else None
        is_signed, is_encrypted = bool(message.flags & AUTH), bool(message.flags & PRIV)
        if engine and is_signed:
            self._verify(engine, datagram, message, now)
        scoped = _decrypt(engine, datagram, message) if is_encrypted else datagram[message.data_at :]
        pdu = pdu_of(scoped, engine.scope if engine else b"")
        if engine and is_encrypted and read is None:
            engine.mould = mould_of(datagram, message)
        if not pdu:
            raise Malformed("a message without a PDU")
        if pdu[0] == Kind.REPORT:
            if self._engine is None:
                self._engine = self._meet(message, now)
        elif engine is None or message.user != self._user.name:
            raise Stray("a message of another engine or user")
        elif (self._user.auth and not is_signed) or (self._user.privacy and not is_encrypted):
            raise Stray("an answer with less security than the question")
        return pdu

    def remedy(self, report: Response) -> Remedy:
        names = [ber.decode_oid(name) for name, _, _ in ber.varbinds(report.payload)]
        name = names[0] if names else ""
        if name == _UNKNOWN_ENGINE:
            return Remedy.DISCOVER
        if name == _NOT_IN_TIME_WINDOW:
            return Remedy.ASK_AGAIN
        if name in _REFUSALS:
            raise NoAnswer(Reason.UNAUTHORIZED, _REFUSALS[name])
        raise NoAnswer(Reason.UNEXPECTED, f"it sent the report {name or 'without a name'} in place of an answer")

    def forget(self) -> None:
        self._engine = None

    def _next_salt(self, privacy: Privacy, boots: int) -> bytes:
        self._salt = self._salt + 1 & 2**64 - 1
        salt = self._salt.to_bytes(8, "big")
        return boots.to_bytes(4, "big") + salt[4:] if privacy.protocol is PrivacyProtocol.DES else salt

    def _verify(self, engine: _Engine, datagram: bytes, message: Message, now: float) -> None:
        if engine.signer is None:
            raise Stray("a signed answer to an unsigned question")
        begin, end = message.signature
        if not hmac.compare_digest(engine.signer.sign(datagram[:begin], datagram[end:]), datagram[begin:end]):
            raise Malformed("an answer whose signature is wrong")
        behind = engine.time_at(now) - message.time
        if message.boots < engine.boots or (message.boots == engine.boots and behind > _WINDOW_SECONDS):
            raise Stray("an answer from before the window of time")
        engine.boots, engine.time, engine.heard = message.boots, message.time, now

    def _meet(self, message: Message, now: float) -> _Engine:
        """Who the engine says it is; what a report says unsigned of its time is corrected by the first signed one."""
        if len(message.engine) not in _ENGINE_ID_BYTES:
            raise Malformed(f"a report whose engine id has {len(message.engine)} octets in place of 5 to 32")
        engine = _Engine(message.engine, message.boots, message.time, now, scope(message.engine, self._context))
        user = self._user
        if user.auth is not None:
            engine.signer = Signer(user.auth, user.auth.localize(user.auth_master, engine.id))
            engine.sizes = user.auth.signature_bytes, 0
            if user.privacy is not None:
                engine.privacy = Privacy.localized(user.privacy, user.auth, user.privacy_master, engine.id)
                engine.sizes = user.auth.signature_bytes, SALT_BYTES
        return engine


def _decrypt(engine: _Engine | None, datagram: bytes, message: Message) -> bytes:
    if engine is None or engine.privacy is None or len(message.salt) != SALT_BYTES or not message.flags & AUTH:
        raise Malformed("an encrypted message that nobody can read")
    secret, end = ber.octets(datagram, message.data_at)
    if end != len(datagram):
        raise Malformed("octets follow the encrypted part")
    try:
        return engine.privacy.decrypt(secret, message.salt, message.boots, message.time)
    except ValueError as error:
        raise Malformed("an encrypted part that is not made of whole blocks") from error
