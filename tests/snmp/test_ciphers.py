"""Signing and encrypting with what is kept between messages gives what the standard's one-shot functions give."""

from __future__ import annotations

import hmac

import pytest
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from hypothesis import given
from hypothesis import strategies as st

from netmon.snmp.ciphers import Privacy, Signer
from netmon.snmp.keys import AuthProtocol, PrivacyProtocol

AES_PROTOCOLS = [protocol for protocol in PrivacyProtocol if protocol is not PrivacyProtocol.DES]
SIZES = st.one_of(st.integers(0, 70), st.sampled_from([1_400, 8_000]))


@pytest.mark.parametrize("protocol", AuthProtocol)
@given(before=st.binary(max_size=200), after=st.binary(max_size=200))
def test_a_signature_is_the_hmac_of_the_message_with_a_blank_one(
    protocol: AuthProtocol, before: bytes, after: bytes
) -> None:
    key = protocol.localize(protocol.stretch(b"authpass123"), b"an engine")
    blank = bytes(protocol.signature_bytes)

    expected = hmac.digest(key, before + blank + after, protocol.value)[: protocol.signature_bytes]

    signer = Signer(protocol, key)
    assert signer.sign(before, after) == expected
    assert signer.sign(before, after) == expected


@pytest.mark.parametrize("protocol", AES_PROTOCOLS)
@given(messages=st.lists(st.tuples(SIZES, st.binary(min_size=8, max_size=8), st.booleans()), min_size=1, max_size=8))
def test_every_message_is_encrypted_as_if_it_were_the_first(
    protocol: PrivacyProtocol, messages: list[tuple[int, bytes, bool]]
) -> None:
    key = bytes(range(protocol.key_bytes))
    privacy = Privacy(protocol, key)

    for size, salt, is_sent in messages:
        plain = (salt * (size // 8 + 1))[:size]
        alone = Cipher(AES(key), CFB((3).to_bytes(4, "big") + (1_000).to_bytes(4, "big") + salt)).encryptor()
        secret = alone.update(plain) + alone.finalize()
        if is_sent:
            assert privacy.encrypt(plain, salt, 3, 1_000) == secret
        else:
            assert privacy.decrypt(secret, salt, 3, 1_000) == plain


def test_des_refuses_what_is_not_made_of_whole_blocks() -> None:
    with pytest.raises(ValueError, match="block length"):
        Privacy(PrivacyProtocol.DES, bytes(16)).decrypt(bytes(9), bytes(8), 1, 1)
