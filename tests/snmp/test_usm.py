"""Version 3 without a network: engines, windows of time, refusals, and messages that must not be believed."""

from __future__ import annotations

import pytest

from netmon.model.states import Reason
from netmon.snmp import ber
from netmon.snmp.ber import Malformed
from netmon.snmp.failures import NoAnswer
from netmon.snmp.keys import AuthProtocol, PrivacyProtocol
from netmon.snmp.pdu import Get, Kind, decode_response
from netmon.snmp.security import Remedy, Stray
from netmon.snmp.usm import User, UserSecurity

ENGINE = bytes.fromhex("80001f8804746573742d")
SHA = AuthProtocol.SHA256
USER = User(b"netmon", SHA, SHA.stretch(b"authpass123"), PrivacyProtocol.AES128, SHA.stretch(b"privpass123"))
SIGNING = User(USER.name, USER.auth, USER.auth_master)
OPEN = User(USER.name)
STATS = "1.3.6.1.6.3.15.1.1."


def report(number: int, name: str, boots: int = 1, time: int = 100, engine: bytes = ENGINE) -> bytes:
    """An unsigned report, as an agent sends it to whoever it cannot serve."""
    counted = ber.encode(ber.SEQUENCE, ber.encode_oid(name) + ber.encode(ber.COUNTER32, b"\x01"))
    zero = ber.encode_integer(0)
    pdu = ber.encode(Kind.REPORT, ber.encode_integer(number) + zero + zero + ber.encode(ber.SEQUENCE, counted))
    empty = ber.encode(ber.OCTET_STRING, b"")
    parameters = ber.encode(
        ber.SEQUENCE,
        ber.encode(ber.OCTET_STRING, engine) + ber.encode_integer(boots) + ber.encode_integer(time) + empty * 3,
    )
    header = ber.encode_integer(number) + ber.encode_integer(65_507) + ber.encode(ber.OCTET_STRING, b"\x00")
    scoped = ber.encode(ber.SEQUENCE, ber.encode(ber.OCTET_STRING, engine) + empty + pdu)
    return ber.encode(
        ber.SEQUENCE,
        ber.encode_integer(3)
        + ber.encode(ber.SEQUENCE, header + ber.encode_integer(3))
        + ber.encode(ber.OCTET_STRING, parameters)
        + scoped,
    )


def forged(number: int, flags: int, engine: bytes = b"", user: bytes = USER.name, signature: bytes = b"") -> bytes:
    """A response in the clear, as somebody without a key can make it."""
    empty = ber.encode(ber.OCTET_STRING, b"")
    fields = ber.encode(ber.OCTET_STRING, engine) + ber.encode_integer(1) + ber.encode_integer(100)
    named = ber.encode(ber.OCTET_STRING, user) + ber.encode(ber.OCTET_STRING, signature) + empty
    header = ber.encode_integer(number) + ber.encode_integer(65_507) + ber.encode(ber.OCTET_STRING, bytes((flags,)))
    return ber.encode(
        ber.SEQUENCE,
        ber.encode_integer(3)
        + ber.encode(ber.SEQUENCE, header + ber.encode_integer(3))
        + ber.encode(ber.OCTET_STRING, ber.encode(ber.SEQUENCE, fields + named))
        + ber.encode(ber.SEQUENCE, ber.encode(ber.OCTET_STRING, engine) + empty + response(number)),
    )


def response(number: int) -> bytes:
    zero = ber.encode_integer(0)
    return ber.encode(Kind.RESPONSE, ber.encode_integer(number) + zero + zero + ber.encode(ber.SEQUENCE, b""))


def introduced(user: User = USER, boots: int = 1, time: int = 100) -> UserSecurity:
    """The user after the agent has told who it is, at second 0."""
    security = UserSecurity(user, b"")
    assert security.greeting(7)
    security.unseal(report(7, f"{STATS}4.0", boots, time), 7, 0.0)
    assert security.greeting(8) is None
    return security


def test_a_sealed_message_is_opened_by_the_same_keys_and_hides_what_it_holds() -> None:
    agent, poller = introduced(), introduced()

    sealed = agent.seal(response(9), 9, 0.0)

    assert poller.unseal(sealed, 9, 0.0) == response(9)
    assert response(9) not in sealed


@pytest.mark.parametrize("at", range(0, 120, 7))
def test_a_message_that_was_touched_is_not_believed(at: int) -> None:
    sealed = bytearray(introduced().seal(response(9), 9, 0.0))
    sealed[at % len(sealed)] ^= 0x10

    with pytest.raises((Malformed, Stray)):
        introduced().unseal(bytes(sealed), 9, 0.0)


def test_an_answer_to_another_question_is_a_stray() -> None:
    with pytest.raises(Stray, match="another number"):
        introduced().unseal(introduced().seal(response(9), 9, 0.0), 10, 0.0)


def test_an_unsigned_answer_to_a_signed_question_is_a_stray() -> None:
    unsigned = introduced(OPEN)

    with pytest.raises(Stray, match="less security"):
        introduced().unseal(unsigned.seal(response(9), 9, 0.0), 9, 0.0)


@pytest.mark.parametrize("user", [USER, SIGNING, OPEN], ids=["signed and encrypted", "signed", "neither"])
@pytest.mark.parametrize("flags", [0, 1], ids=["unsigned", "said to be signed"])
@pytest.mark.parametrize("signature", [b"", bytes(24)], ids=["no signature", "a blank signature"])
def test_nothing_but_a_report_is_believed_before_the_engine_is_known(user: User, flags: int, signature: bytes) -> None:
    security = UserSecurity(user, b"")

    with pytest.raises(Stray, match="another engine"):
        security.unseal(forged(9, flags, signature=signature), 9, 0.0)


@pytest.mark.parametrize("user", [USER, SIGNING, OPEN], ids=["signed and encrypted", "signed", "neither"])
def test_nothing_but_a_greeting_leaves_before_the_engine_is_known(user: User) -> None:
    security = UserSecurity(user, b"")
    question = Get(("1.3.6.1.2.1.1.3.0",)).request.encode(9)

    assert user.name not in (security.greeting(7) or b"")
    with pytest.raises(NoAnswer) as refused:
        security.seal(question, 9, 0.0)

    assert refused.value.failure.reason is Reason.MALFORMED


@pytest.mark.parametrize("engine", [b"", b"four", bytes(33)], ids=["none", "too short", "too long"])
def test_an_engine_id_that_cannot_be_is_not_taken(engine: bytes) -> None:
    security = UserSecurity(USER, b"")

    with pytest.raises(Malformed, match=rf"has {len(engine)} octets in place of 5 to 32"):
        security.unseal(report(7, f"{STATS}4.0", engine=engine), 7, 0.0)

    assert security.greeting(8)


def test_an_answer_that_was_signed_but_not_encrypted_is_a_stray() -> None:
    readable = introduced(SIGNING).seal(response(9), 9, 0.0)

    assert introduced(SIGNING).unseal(readable, 9, 0.0) == response(9)
    with pytest.raises(Stray, match="less security"):
        introduced().unseal(readable, 9, 0.0)


@pytest.mark.parametrize("signature", [b"", bytes(24)], ids=["no signature", "a blank signature"])
def test_a_signature_that_anybody_could_make_is_wrong(signature: bytes) -> None:
    with pytest.raises(Malformed, match="signature is wrong"):
        introduced(SIGNING).unseal(forged(9, 1, ENGINE, signature=signature), 9, 0.0)


def test_an_answer_to_another_user_is_a_stray() -> None:
    with pytest.raises(Stray, match="another engine or user"):
        introduced(OPEN).unseal(forged(9, 0, ENGINE, user=b"another"), 9, 0.0)


def test_what_another_engine_encrypted_is_not_decrypted() -> None:
    other = UserSecurity(USER, b"")
    other.unseal(report(7, f"{STATS}4.0", engine=b"another engine"), 7, 0.0)

    with pytest.raises(Malformed, match="nobody can read"):
        introduced().unseal(other.seal(response(9), 9, 0.0), 9, 0.0)


def test_a_user_cannot_encrypt_without_signing() -> None:
    with pytest.raises(ValueError, match="privacy wants auth"):
        User(b"netmon", privacy=PrivacyProtocol.AES128)


def test_who_is_forgotten_must_introduce_itself_again() -> None:
    security = introduced()
    sealed = introduced().seal(response(9), 9, 0.0)

    security.forget()

    assert security.greeting(8)
    with pytest.raises((Malformed, Stray)):
        security.unseal(sealed, 9, 0.0)


def test_an_answer_of_another_engine_is_a_stray() -> None:
    other = UserSecurity(USER, b"")
    other.unseal(report(7, f"{STATS}4.0", engine=b"another engine"), 7, 0.0)

    with pytest.raises((Malformed, Stray)):
        introduced().unseal(other.seal(response(9), 9, 0.0), 9, 0.0)


def test_an_answer_from_before_the_window_is_a_replay() -> None:
    old = introduced(time=100).seal(response(9), 9, 0.0)

    with pytest.raises(Stray, match="window of time"):
        introduced(time=1_000).unseal(old, 9, 0.0)


def test_an_agent_that_restarted_is_followed() -> None:
    poller = introduced(boots=1, time=5_000)

    assert poller.unseal(introduced(boots=2, time=3).seal(response(9), 9, 0.0), 9, 0.0) == response(9)
    assert introduced(boots=2, time=3).unseal(poller.seal(response(10), 10, 1.0), 10, 1.0) == response(10)


def test_an_engine_is_not_taken_from_a_stray_report() -> None:
    security = UserSecurity(USER, b"")

    with pytest.raises(Stray):
        security.unseal(report(6, f"{STATS}4.0"), 7, 0.0)

    assert security.greeting(8)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        pytest.param("2.0", Remedy.ASK_AGAIN, id="not in the window of time"),
        pytest.param("4.0", Remedy.DISCOVER, id="unknown engine"),
    ],
)
def test_what_can_be_mended_is_mended(name: str, remedy: Remedy) -> None:
    security = introduced()

    pdu = security.unseal(report(9, f"{STATS}{name}"), 9, 0.0)

    assert security.remedy(decode_response(pdu)) is remedy


@pytest.mark.parametrize(
    ("name", "evidence"),
    [
        ("1.0", "it does not offer this user this level of security"),
        ("3.0", "it does not know the user"),
        ("5.0", "it finds the signature wrong: the authentication key or protocol differs"),
        ("6.0", "it cannot decrypt: the privacy key or protocol differs"),
    ],
)
def test_a_refusal_is_told_precisely(name: str, evidence: str) -> None:
    security = introduced()

    with pytest.raises(NoAnswer) as refused:
        security.remedy(decode_response(security.unseal(report(9, f"{STATS}{name}"), 9, 0.0)))

    assert refused.value.failure.reason is Reason.UNAUTHORIZED
    assert refused.value.failure.evidence == evidence


def test_no_salt_comes_twice() -> None:
    security = introduced()
    question = Get(("1.3.6.1.2.1.1.3.0",)).request.encode(0x40000001)

    assert len({security.seal(question, 9, 0.0) for _ in range(100)}) == 100


def test_keys_are_not_shown() -> None:
    assert USER.auth_master.hex() not in repr(USER)
    assert "master" not in repr(USER)
