"""PDUs: the fast reading of an answer and the general one agree, whatever an agent sends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmon.snmp import ber
from netmon.snmp.ber import Malformed
from netmon.snmp.pdu import Get, Kind, decode_response, fresh_request_id, share

NAMES = ("1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.31.1.1.1.6.300")


def varbind(name: str, tag: int, content: bytes) -> bytes:
    return ber.encode(ber.SEQUENCE, ber.encode_oid(name) + ber.encode(tag, content))


def long_form(encoded: bytes) -> bytes:
    """The same element with its length in two octets more than it needs."""
    return encoded[:1] + b"\x82" + len(encoded[2:]).to_bytes(2, "big") + encoded[2:]


ANSWER = [
    varbind(NAMES[0], 0x43, b"\x2a"),
    varbind(NAMES[1], 0x04, b"gw1"),
    varbind(NAMES[2], 0x46, b"\x00" + b"\xff" * 8),
]


@pytest.mark.parametrize(
    ("payload", "values"),
    [
        pytest.param(b"".join(ANSWER), [42, b"gw1", 2**64 - 1], id="in order"),
        pytest.param(b"".join(reversed(ANSWER)), [42, b"gw1", 2**64 - 1], id="in another order"),
        pytest.param(b"".join(map(long_form, ANSWER)), [42, b"gw1", 2**64 - 1], id="with long lengths"),
        pytest.param(ANSWER[0], [42, None, None], id="one of three"),
        pytest.param(b"", [None, None, None], id="nothing"),
        pytest.param(b"".join([*ANSWER, ANSWER[0]]), [42, b"gw1", 2**64 - 1], id="one twice"),
        pytest.param(varbind(NAMES[0], 0x02, b"\xff") + b"".join(ANSWER[1:]), [-1, b"gw1", 2**64 - 1], id="negative"),
        pytest.param(varbind(NAMES[0], 0x81, b"") + b"".join(ANSWER[1:]), [None, b"gw1", 2**64 - 1], id="no instance"),
    ],
)
def test_an_answer_is_read_by_name(payload: bytes, values: list[object]) -> None:
    assert Get(NAMES).decode(payload) == values


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"\x30\x00", id="an empty varbind"),
        pytest.param(ANSWER[0][:-1], id="cut off"),
        pytest.param(varbind(NAMES[0], 0x41, b"") + b"".join(ANSWER[1:]), id="a number without octets"),
        pytest.param(b"\xff" * 40, id="garbage"),
    ],
)
def test_an_answer_that_is_none_is_refused(payload: bytes) -> None:
    with pytest.raises(Malformed):
        Get(NAMES).decode(payload)


@given(st.data())
def test_a_damaged_answer_is_read_or_refused(data: st.DataObject) -> None:
    payload = bytearray(b"".join(ANSWER))
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    try:
        values = Get(NAMES).decode(bytes(payload))
    except Malformed:
        return
    assert len(values) == len(NAMES)


@given(st.binary(max_size=120))
def test_no_octets_break_the_reading_of_a_response(data: bytes) -> None:
    try:
        response = decode_response(data)
    except Malformed:
        return
    assert response.kind in (Kind.RESPONSE, Kind.REPORT)


@given(
    st.integers(0x40000000, 2**31 - 1), st.sampled_from([40, 200, 300, 1_400]), st.integers(0, 30), st.integers(0, 255)
)
def test_the_quick_reading_of_a_response_believes_nothing_that_the_strict_one_refuses(
    number: int, size: int, at: int, octet: int
) -> None:
    payload = varbind(NAMES[1], 0x04, bytes(size))
    zero = ber.encode_integer(0)
    body = ber.encode_integer(number) + zero + zero + ber.encode(ber.SEQUENCE, payload)
    good = ber.encode(Kind.RESPONSE, body)
    assert decode_response(good) == (Kind.RESPONSE, number, 0, 0, payload)

    damaged = good[:at] + bytes((octet,)) + good[at + 1 :]
    try:
        response = decode_response(damaged)
    except Malformed:
        return
    assert damaged.endswith(response.payload)
    assert len(response.payload) <= len(payload) + 4


def test_a_question_comes_apart_without_losing_a_name() -> None:
    question = Get(NAMES)

    assert [half.request for half in question.halves()] == [Get(NAMES[:1]).request, Get(NAMES[1:]).request]
    assert question.without(1).request == Get((NAMES[0], NAMES[2])).request


def test_devices_that_are_asked_for_the_same_names_share_the_question() -> None:
    question = share(Get(NAMES))

    assert share(Get(NAMES)) is question
    assert share(Get(NAMES[1:])) is not question


def test_request_ids_take_four_octets_and_do_not_repeat() -> None:
    drawn = {fresh_request_id() for _ in range(1_000)}

    assert len(drawn) > 990
    assert all(len(ber.encode_integer(number)) == 6 for number in drawn)
