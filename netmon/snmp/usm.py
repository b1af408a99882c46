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
    """A user and the master keys, stretched once for all engines."""

    name: bytes
    auth: AuthProtocol | None = None
    auth_master: bytes = field(default=b"", repr=False)
    privacy: PrivacyProtocol | None = None
    privacy_master: bytes = field(default=b"", repr=False)


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


class UserSecurity:
    """The user at one agent: its engine is discovered, its time is followed, its keys are localized once."""

    version = MessageVersion.V3

    def __init__(self, user: User, context: bytes) -> None:
        self._user = user
        self._context = context
        self._engine = b""
        self._boots = 0
        self._time = 0
        self._heard = 0.0
        self._auth_key = b""
        self._privacy: Privacy | None = None
        self._salt = secrets.randbits(64)

    @property
    def silence(self) -> str:
        """What silence may mean besides a dead target."""
        if not self._engine:
            return "it did not even tell its engine id"
        return "it told its engine id; some agents are silent on a wrong privacy key"

    def greeting(self, number: int) -> bytes | None:
        if self._engine:
            return None
        probe = Get(()).request.encode(number)
        return self._assemble(number, _REPORTABLE, self._parameters(b"", 0, 0, b""), _scoped(b"", b"", probe))

    def seal(self, pdu: bytes, number: int, now: float) -> bytes:
        time = self._engine_time(now)
        plain = _scoped(self._engine, self._context, pdu)
        flags, salt, data = _REPORTABLE, b"", plain
        if self._privacy:
            self._salt = self._salt + 1 & 2**64 - 1
            salt = self._salt.to_bytes(8, "big")
            if self._privacy.protocol is PrivacyProtocol.DES:
                salt = (self._boots & 2**32 - 1).to_bytes(4, "big") + salt[4:]
            flags |= _PRIV
            data = ber.encode(ber.OCTET_STRING, self._privacy.encrypt(plain, salt, self._boots, time))
        if self._user.auth is None:
            return self._assemble(number, flags, self._parameters(self._user.name, self._boots, time, salt), data)
        flags |= _AUTH
        message = self._assemble(number, flags, self._parameters(self._user.name, self._boots, time, salt), data)
        end = len(message) - len(data) - len(salt) - 2  # the signature stands before the salt, and that before the data
        signature = self._user.auth.sign(self._auth_key, message)
        return message[: end - len(signature)] + signature + message[end:]

    def unseal(self, datagram: bytes, number: int, now: float) -> bytes:
        message = _take_apart(datagram)
        if message.number != number:
            raise Stray("a message with another number")
        signed = bool(message.flags & _AUTH)
        if self._engine and message.engine == self._engine and signed:
            self._verify(datagram, message, now)
        encrypted = bool(message.flags & _PRIV)
        pdu = _pdu_of(self._decrypt(datagram, message) if encrypted else datagram[message.data_at :])
        if not pdu:
            raise Malformed("a message without a PDU")
        if pdu[0] == Kind.REPORT:
            self._learn_engine(message, now)
        elif message.engine != self._engine or message.user != self._user.name:
            raise Stray("a message of another engine or user")
        elif (self._user.auth is not None and not signed) or (self._privacy and not encrypted):
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
        self._engine = b""

    def _engine_time(self, now: float) -> int:
        return min(self._time + int(now - self._heard), 2**31 - 1) if self._engine else 0

    def _parameters(self, user: bytes, boots: int, time: int, salt: bytes) -> bytes:
        signature = bytes(self._user.auth.signature_bytes) if self._user.auth and user else b""
        fields = (self._engine, boots, time, user, signature, salt)
        return ber.encode(
            ber.SEQUENCE,
            b"".join(
                ber.encode_integer(value) if isinstance(value, int) else ber.encode(ber.OCTET_STRING, value)
                for value in fields
            ),
        )

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

    def _verify(self, datagram: bytes, message: _Message, now: float) -> None:
        auth = self._user.auth
        if auth is None:
            raise Stray("a signed answer to an unsigned question")
        begin, end = message.signature
        blank = datagram[:begin] + bytes(end - begin) + datagram[end:]
        if not hmac.compare_digest(auth.sign(self._auth_key, blank), datagram[begin:end]):
            raise Malformed("an answer whose signature is wrong")
        behind = self._engine_time(now) - message.time
        if message.boots < self._boots or (message.boots == self._boots and behind > _WINDOW_SECONDS):
            raise Stray("an answer from before the window of time")
        self._boots, self._time, self._heard = message.boots, message.time, now

    def _decrypt(self, datagram: bytes, message: _Message) -> bytes:
        if self._privacy is None or len(message.salt) != 8 or not message.flags & _AUTH:
            raise Malformed("an encrypted message that nobody can read")
        secret, end = ber.octets(datagram, message.data_at)
        if end != len(datagram):
            raise Malformed("octets follow the encrypted part")
        try:
            return self._privacy.decrypt(secret, message.salt, message.boots, message.time)
        except ValueError as error:
            raise Malformed("an encrypted part that is not made of whole blocks") from error

    def _learn_engine(self, message: _Message, now: float) -> None:
        """Take over who the engine is; what a report says unsigned is corrected by the first signed one."""
        if self._engine or not 5 <= len(message.engine) <= 32:
            return
        self._engine = message.engine
        self._boots, self._time, self._heard = message.boots, message.time, now
        if self._user.auth:
            self._auth_key = self._user.auth.localize(self._user.auth_master, self._engine)
            if self._user.privacy:
                self._privacy = Privacy.localized(
                    self._user.privacy, self._user.auth, self._user.privacy_master, self._engine
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
