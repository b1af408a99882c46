"""Keys and ciphers of the user-based security model (RFC 3414, RFC 3826, RFC 7860)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

_STRETCHED_BYTES = 2**20
_DES_BLOCK = 8


class AuthProtocol(StrEnum):
    """How messages are signed."""

    MD5 = "md5"
    SHA1 = "sha1"
    SHA224 = "sha224"
    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"

    @property
    def signature_bytes(self) -> int:
        """How much of the digest travels with a message."""
        return {"md5": 12, "sha1": 12, "sha224": 16, "sha256": 24, "sha384": 32, "sha512": 48}[self.value]

    def sign(self, key: bytes, message: bytes) -> bytes:
        """The signature of *message* under the localized *key*."""
        return hmac.digest(key, message, self.value)[: self.signature_bytes]

    def stretch(self, password: bytes) -> bytes:
        """The master key of *password*: the digest of a mebibyte of repetitions (RFC 3414 A.2); about 2 ms."""
        repetitions = -(-_STRETCHED_BYTES // len(password))
        return hashlib.new(self.value, (password * repetitions)[:_STRETCHED_BYTES]).digest()

    def localize(self, master: bytes, engine: bytes) -> bytes:
        """The key of one *engine*, so that a stolen one opens no other."""
        return hashlib.new(self.value, master + engine + master).digest()


class PrivacyProtocol(StrEnum):
    """How messages are encrypted.

    The digests of MD5 and SHA-1 are too short for AES-192 and AES-256. Most agents lengthen them as
    draft-blumenthal-aes-usm says; Cisco's and some others as draft-reeder-snmpv3-usm-3desede does.
    """

    DES = "des"
    AES128 = "aes128"
    AES192 = "aes192"
    AES256 = "aes256"
    AES192_CISCO = "aes192-cisco"
    AES256_CISCO = "aes256-cisco"

    @property
    def key_bytes(self) -> int:
        """How long a key is; the second half of a DES key is its initial vector."""
        return {"192": 24, "256": 32}.get(self.value.removesuffix("-cisco")[3:], 16)


@dataclass(frozen=True, slots=True)
class Privacy:
    """A cipher with the key of one engine."""

    protocol: PrivacyProtocol
    key: bytes = field(repr=False)

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
        if self.protocol is PrivacyProtocol.DES:
            plain += bytes(-len(plain) % _DES_BLOCK)
        encryptor = self._cipher(salt, engine_boots, engine_time).encryptor()
        return encryptor.update(plain) + encryptor.finalize()

    def decrypt(self, secret: bytes, salt: bytes, engine_boots: int, engine_time: int) -> bytes:
        """What *secret* held, with whatever padding it had.

        Raises:
            ValueError: it is not made of whole blocks.
        """
        decryptor = self._cipher(salt, engine_boots, engine_time).decryptor()
        return decryptor.update(secret) + decryptor.finalize()

    def _cipher(self, salt: bytes, engine_boots: int, engine_time: int) -> Cipher[CBC] | Cipher[CFB]:
        if self.protocol is PrivacyProtocol.DES:
            vector = bytes(a ^ b for a, b in zip(self.key[_DES_BLOCK:], salt, strict=True))
            return Cipher(TripleDES(self.key[:_DES_BLOCK] * 3), CBC(vector))
        vector = engine_boots.to_bytes(4, "big") + engine_time.to_bytes(4, "big") + salt
        return Cipher(AES(self.key), CFB(vector))
