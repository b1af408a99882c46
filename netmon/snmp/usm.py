"""Version 3 with the user-based security model: engines, windows of time, signed and encrypted messages (RFC 3414)."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field

from netmon.model.states import Reason
from netmon.snmp import ber
from netmon.snmp.ber import Malformed
from netmon.snmp.failures import NoAnswer
from netmon.snmp.keys import AuthProtocol, Privacy, PrivacyProtocol
from netmon.snmp.pdu import Get, Kind, Response
from netmon.snmp.security import MessageVersion, Remedy, Stray, message_version

_USM = 3
_LARGEST_MESSAGE = 65_507
_WINDOW_SECONDS = 150
_ENGINE_ID_BYTES = range(5, 33)
_AUTH, _PRIV, _REPORTABLE = 1, 2, 4

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


@dataclass(frozen=True, slots=True)
class _Message:
    """A version 3 message, taken apart."""

    number: int
    flags: int
    engine: bytes
    boots: int
    time: int
    user: bytes
    signature: tuple[int, int]
    salt: bytes
    data_at: int


@dataclass(slots=True)
class _Engine:
    """An agent that told who it is: its time, as it was *heard*, and the user's keys, which open nothing elsewhere."""

    id: bytes
    boots: int
    time: int
    heard: float
    auth_key: bytes = field(default=b"", repr=False)
    privacy: Privacy | None = None

    def time_at(self, now: float) -> int:
        return min(self.time + int(now - self.heard), 2**31 - 1)


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
        probe = Get(()).request.encode(number)
        return self._assemble(number, _REPORTABLE, _parameters(b"", 0, 0, b"", b"", b""), _scoped(b"", b"", probe))

    def seal(self, pdu: bytes, number: int, now: float) -> bytes:
        engine, auth = self._engine, self._user.auth
        if engine is None:
            raise NoAnswer(Reason.MALFORMED, "it has not told its engine id")
        time = engine.time_at(now)
        flags, salt, data = _REPORTABLE, b"", _scoped(engine.id, self._context, pdu)
        if engine.privacy is not None:
            flags |= _PRIV
            salt = self._next_salt(engine.privacy, engine.boots)
            data = ber.encode(ber.OCTET_STRING, engine.privacy.encrypt(data, salt, engine.boots, time))
        if auth is None:
            parameters = _parameters(engine.id, engine.boots, time, self._user.name, b"", salt)
            return self._assemble(number, flags, parameters, data)
        blank = bytes(auth.signature_bytes)
        parameters = _parameters(engine.id, engine.boots, time, self._user.name, blank, salt)
        message = self._assemble(number, flags | _AUTH, parameters, data)
        end = len(message) - len(data) - len(salt) - 2  # the signature stands before the salt, and that before the data
        return message[: end - len(blank)] + auth.sign(engine.auth_key, message) + message[end:]

    def unseal(self, datagram: bytes, number: int, now: float) -> bytes:
        message = _take_apart(datagram)
        if message.number != number:
            raise Stray("a message with another number")
        engine = self._engine if self._engine and message.engine == self._engine.id else None
        is_signed, is_encrypted = bool(message.flags & _AUTH), bool(message.flags & _PRIV)
        if engine and is_signed:
            self._verify(engine, datagram, message, now)
        pdu = _pdu_of(_decrypt(engine, datagram, message) if is_encrypted else datagram[message.data_at :])
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

    def _assemble(self, number: int, flags: int, parameters: bytes, data: bytes) -> bytes:
        header = (
            ber.encode_integer(number)
            + ber.encode_integer(_LARGEST_MESSAGE)
            + ber.encode(ber.OCTET_STRING, bytes((flags,)))
            + ber.encode_integer(_USM)
        )
        return ber.encode(
            ber.SEQUENCE,
            ber.encode_integer(self.version)
            + ber.encode(ber.SEQUENCE, header)
            + ber.encode(ber.OCTET_STRING, parameters)
            + data,
        )

    def _verify(self, engine: _Engine, datagram: bytes, message: _Message, now: float) -> None:
        auth = self._user.auth
        if auth is None:
            raise Stray("a signed answer to an unsigned question")
        begin, end = message.signature
        blank = datagram[:begin] + bytes(end - begin) + datagram[end:]
        if not hmac.compare_digest(auth.sign(engine.auth_key, blank), datagram[begin:end]):
            raise Malformed("an answer whose signature is wrong")
        behind = engine.time_at(now) - message.time
        if message.boots < engine.boots or (message.boots == engine.boots and behind > _WINDOW_SECONDS):
            raise Stray("an answer from before the window of time")
        engine.boots, engine.time, engine.heard = message.boots, message.time, now

    def _meet(self, message: _Message, now: float) -> _Engine:
        """Who the engine says it is; what a report says unsigned of its time is corrected by the first signed one."""
        if len(message.engine) not in _ENGINE_ID_BYTES:
            raise Malformed(f"a report whose engine id has {len(message.engine)} octets in place of 5 to 32")
        engine = _Engine(message.engine, message.boots, message.time, now)
        user = self._user
        if user.auth is not None:
            engine.auth_key = user.auth.localize(user.auth_master, engine.id)
            if user.privacy is not None:
                engine.privacy = Privacy.localized(user.privacy, user.auth, user.privacy_master, engine.id)
        return engine


def _decrypt(engine: _Engine | None, datagram: bytes, message: _Message) -> bytes:
    if engine is None or engine.privacy is None or len(message.salt) != 8 or not message.flags & _AUTH:
        raise Malformed("an encrypted message that nobody can read")
    secret, end = ber.octets(datagram, message.data_at)
    if end != len(datagram):
        raise Malformed("octets follow the encrypted part")
    try:
        return engine.privacy.decrypt(secret, message.salt, message.boots, message.time)
    except ValueError as error:
        raise Malformed("an encrypted part that is not made of whole blocks") from error


def _parameters(*fields: int | bytes) -> bytes:
    """Engine id, boots, time, user, signature and salt, as a message carries them."""
    return ber.encode(
        ber.SEQUENCE,
        b"".join(
            ber.encode_integer(value) if isinstance(value, int) else ber.encode(ber.OCTET_STRING, value)
            for value in fields
        ),
    )


def _scoped(engine: bytes, context: bytes, pdu: bytes) -> bytes:
    head = ber.encode(ber.OCTET_STRING, engine) + ber.encode(ber.OCTET_STRING, context)
    return ber.encode(ber.SEQUENCE, head + pdu)


def _pdu_of(scoped: bytes) -> bytes:
    begin, end = ber.element(scoped, 0, ber.SEQUENCE)
    _, at = ber.octets(scoped, begin)
    _, at = ber.octets(scoped, at)
    return scoped[at:end]


def _take_apart(data: bytes) -> _Message:
    version, at, _ = message_version(data)
    if version != MessageVersion.V3:
        raise Stray("a message of another version")
    header, header_end = ber.element(data, at, ber.SEQUENCE)
    number, at = ber.integer(data, header)
    _, at = ber.integer(data, at)
    flags, at = ber.octets(data, at)
    model, _ = ber.integer(data, at)
    if len(flags) != 1 or model != _USM:
        raise Malformed("a message of another security model")
    at, data_at = ber.element(data, header_end, ber.OCTET_STRING)
    at, _ = ber.element(data, at, ber.SEQUENCE)
    engine, at = ber.octets(data, at)
    boots, at = ber.integer(data, at)
    time, at = ber.integer(data, at)
    if not (0 <= boots < 2**31 and 0 <= time < 2**31):
        raise Malformed("an engine time that cannot be")
    user, at = ber.octets(data, at)
    signature = ber.element(data, at, ber.OCTET_STRING)
    salt, _ = ber.octets(data, signature[1])
    return _Message(number, flags[0], engine, boots, time, user, signature, salt, data_at)
