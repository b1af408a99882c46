"""Version 3 messages told by the mould of the one before: the same as taking them apart, whatever came."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from netmon.snmp import ber
from netmon.snmp.ber import Malformed
from netmon.snmp.frames import AUTH, PRIV, header, mould_of, parameters, take_apart
from netmon.snmp.security import Stray

ENGINE = bytes.fromhex("80001f8804746573742d")
NUMBER = 0x41234567


def message(
    number: int = NUMBER, time: int = 70_000, *, boots: int = 3, user: bytes = b"netmon", flags: int = AUTH | PRIV
) -> bytes:
    """A message with a signature, a salt and 300 octets that nobody can read."""
    rest = ber.encode(ber.OCTET_STRING, b"saltsalt") + ber.encode(ber.OCTET_STRING, b"\x5a" * 300)
    front = header(number, flags) + parameters(ENGINE, boots, time, user, (24, 8))
    return ber.encode(ber.SEQUENCE, front + b"\xa5" * 24 + rest)


GOOD = message()
MOULD = mould_of(GOOD, take_apart(GOOD))


def test_the_next_answer_is_told_by_comparing() -> None:
    following = message(NUMBER + 1, 70_060)

    assert MOULD.read(following, NUMBER + 1) == take_apart(following)


def test_another_number_boots_user_or_level_is_not_told() -> None:
    for other in (message(NUMBER + 1), message(boots=4), message(user=b"nobody"), message(flags=AUTH)):
        assert MOULD.read(other, NUMBER) is None


def test_what_has_another_form_makes_no_mould() -> None:
    short = message(number=9)

    assert mould_of(short, take_apart(short)) is None


@given(st.data())
def test_a_damaged_message_is_never_told_otherwise_than_it_is_taken_apart(data: st.DataObject) -> None:
    damaged = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, 150))] = data.draw(st.integers(0, 255))
    damaged = damaged[: data.draw(st.sampled_from([len(GOOD), len(GOOD), len(GOOD) - 1, 20]))]

    told = MOULD.read(bytes(damaged), NUMBER)

    if told is not None:
        assert told == take_apart(bytes(damaged))


@given(st.binary(max_size=200))
def test_no_octets_break_the_telling(data: bytes) -> None:
    assert MOULD.read(data, NUMBER) is None
    try:
        take_apart(data)
    except (Malformed, Stray):
        return
