"""Keys: the standard's own examples, and ciphers that undo themselves."""

from __future__ import annotations

import pytest

from netmon.snmp.ciphers import Privacy
from netmon.snmp.keys import AuthProtocol, PrivacyProtocol

ENGINE = bytes.fromhex("000000000000000000000002")


@pytest.mark.parametrize(
    ("protocol", "master", "localized"),
    [
        pytest.param(
            AuthProtocol.MD5,
            "9faf3283884e92834ebc9847d8edd963",
            "526f5eed9fcce26f8964c2930787d82b",
            id="RFC 3414 A.3.1",
        ),
        pytest.param(
            AuthProtocol.SHA1,
            "9fb5cc0381497b3793528939ff788d5d79145211",
            "6695febc9288e36282235fc7151f128497b38f3f",
            id="RFC 3414 A.3.2",
        ),
    ],
)
def test_keys_are_those_of_the_standard(protocol: AuthProtocol, master: str, localized: str) -> None:
    stretched = protocol.stretch(b"maplesyrup")

    assert stretched.hex() == master
    assert protocol.localize(stretched, ENGINE).hex() == localized


@pytest.mark.parametrize("protocol", PrivacyProtocol)
@pytest.mark.parametrize("auth", AuthProtocol)
def test_what_is_encrypted_is_decrypted(protocol: PrivacyProtocol, auth: AuthProtocol) -> None:
    privacy = Privacy.localized(protocol, auth, auth.stretch(b"privpass123"), ENGINE)
    salt = bytes(range(8))

    secret = privacy.encrypt(b"an odd number of octets", salt, 3, 1_000)

    assert privacy.decrypt(secret, salt, 3, 1_000).startswith(b"an odd number of octets")
    assert b"octets" not in secret
    assert len(privacy.key) == protocol.key_bytes
    assert privacy.key.hex() not in repr(privacy)


def test_the_two_ways_to_lengthen_a_key_differ() -> None:
    master = AuthProtocol.SHA1.stretch(b"privpass123")

    keys = {
        Privacy.localized(protocol, AuthProtocol.SHA1, master, ENGINE).key
        for protocol in (PrivacyProtocol.AES256, PrivacyProtocol.AES256_CISCO)
    }

    assert len(keys) == 2
