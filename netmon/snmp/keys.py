"""Keys of the user-based security model, and the protocols that they are for (RFC 3414, RFC 3826, RFC 7860)."""

from __future__ import annotations

import hashlib
from enum import StrEnum

_STRETCHED_BYTES = 2**20


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
