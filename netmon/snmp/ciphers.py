"""Signing and encrypting for one engine: keyed once, used for every message (RFC 2104, RFC 3414, RFC 3826)."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB

from netmon.snmp.keys import AuthProtocol, PrivacyProtocol

_INNER, _OUTER = 0x36, 0x5C
_AES_BLOCK, _DES_BLOCK = 16, 8


class Signer:
    """Signs with the localized *key*; the keyed beginnings of both digests are computed once."""

    __slots__ = ("_bytes", "_inner", "_outer", "blank")

    def __init__(self, protocol: AuthProtocol, key: bytes) -> None:
        digest = protocol.value
        block = hashlib.new(digest).block_size  # no key that a digest localized is longer
        self._inner = hashlib.new(digest, bytes(octet ^ _INNER for octet in key.ljust(block, b"\x00")))
        self._outer = hashlib.new(digest, bytes(octet ^ _OUTER for octet in key.ljust(block, b"\x00")))
        self._bytes = protocol.signature_bytes
        self.blank = bytes(self._bytes)

    def sign(self, before: bytes, after: bytes) -> bytes:
        """The signature of the message that has *before* it and *after* it; its own place counts as zeros."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(before + self.blank + after)
        outer.update(inner.digest())
        return outer.digest()[: self._bytes]


class Privacy:
    """A cipher with the key of one engine."""

    __slots__ = ("_feedback", "key", "protocol")

    def __init__(self, protocol: PrivacyProtocol, key: bytes) -> None:
        self.protocol = protocol
        self.key = key
        self._feedback = None if protocol is PrivacyProtocol.DES else _Feedback(key)

    @classmethod
    def localized(cls, protocol: PrivacyProtocol, auth: AuthProtocol, master: bytes, engine: bytes) -> Privacy:
        """The cipher for *engine*; *master* was stretched by *auth*, as the standard wants it."""
        key = auth.localize(master, engine)
        while len(key) < protocol.key_bytes:
            if protocol.value.endswith("cisco"):
                key += auth.localize(auth.stretch(key), engine)
            else:
                key += hashlib.new(auth.value, key).digest()
        return cls(protocol, key[: protocol.key_bytes])

    def encrypt(self, plain: bytes, salt: bytes, engine_boots: int, engine_time: int) -> bytes:
        """*plain* encrypted; the eight octets of *salt* travel with it and must never come again."""
        if self._feedback is not None:
            return self._feedback.encrypt(plain, _vector(salt, engine_boots, engine_time))
        encryptor = self._des(salt).encryptor()
        return encryptor.update(plain + bytes(-len(plain) % _DES_BLOCK)) + encryptor.finalize()

    def decrypt(self, secret: bytes, salt: bytes, engine_boots: int, engine_time: int) -> bytes:
        """What *secret* held, with whatever padding it had.

        Raises:
            ValueError: it is not made of whole blocks.
        """
        if self._feedback is not None:
            return self._feedback.decrypt(secret, _vector(salt, engine_boots, engine_time))
        decryptor = self._des(salt).decryptor()
        return decryptor.update(secret) + decryptor.finalize()

    def _des(self, salt: bytes) -> Cipher[CBC]:
        vector = bytes(a ^ b for a, b in zip(self.key[_DES_BLOCK:], salt, strict=True))
        return Cipher(TripleDES(self.key[:_DES_BLOCK] * 3), CBC(vector))


class _Feedback:
    """AES in cipher feedback mode: every message has a vector of its own, and all share two contexts of OpenSSL.

    To make a context costs more than to encrypt a message. In this mode the next block depends on nothing but the
    last encrypted one, so a context that has just let the vector pass as an encrypted block stands where a new
    one would begin.
    """

    __slots__ = ("_block", "_decryptor", "_encryptor", "_last")

    def __init__(self, key: bytes) -> None:
        self._last = bytes(_AES_BLOCK)
        self._encryptor = Cipher(AES(key), CFB(self._last)).encryptor()
        self._decryptor = Cipher(AES(key), CFB(self._last)).decryptor()
        self._block = Cipher(AES(key), ECB()).encryptor()  # noqa: S305  a single block, to know what the next is mixed with

    def encrypt(self, plain: bytes, vector: bytes) -> bytes:
        mixed = int.from_bytes(self._block.update(self._last), "big") ^ int.from_bytes(vector, "big")
        padded = plain + bytes(-len(plain) % _AES_BLOCK)
        passed = self._encryptor.update(mixed.to_bytes(_AES_BLOCK, "big") + padded)
        self._last = passed[-_AES_BLOCK:]
        return passed[_AES_BLOCK : _AES_BLOCK + len(plain)]

    def decrypt(self, secret: bytes, vector: bytes) -> bytes:
        passed = self._decryptor.update(vector + secret + bytes(-len(secret) % _AES_BLOCK))
        return passed[_AES_BLOCK : _AES_BLOCK + len(secret)]


def _vector(salt: bytes, engine_boots: int, engine_time: int) -> bytes:
    return (engine_boots << 32 | engine_time).to_bytes(8, "big") + salt
