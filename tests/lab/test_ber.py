"""BER: what is written is read again, and no bytes whatever bring the reader down."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmon.lab.ber import (
    MAX_ARC,
    MalformedError,
    Tag,
    decode,
    decode_integer,
    decode_oid,
    encode,
    encode_integer,
    encode_oid,
    oid_payload,
)

arcs = st.integers(0, MAX_ARC)
oids = st.tuples(st.integers(0, 1), st.integers(0, 39)).flatmap(
    lambda head: st.lists(arcs, max_size=20).map(lambda rest: (*head, *rest))
)


@given(st.binary(max_size=70_000), st.sampled_from(list(Tag)))
def test_a_payload_of_any_length_is_read_as_it_was_written(payload: bytes, tag: Tag) -> None:
    written = encode(tag, payload)

    found, start, stop = decode(written, 0, len(written))

    assert (found, written[start:stop], stop) == (tag, payload, len(written))


@given(st.integers(-(2**63), 2**64 - 1))
def test_an_integer_is_read_as_it_was_written_and_is_never_padded(value: int) -> None:
    written = encode_integer(value)

    assert decode_integer(written[2:]) == value
    if len(written) > 3:
        assert written[2:4] not in {b"\x00\x00", b"\xff\xff"}
        assert not (written[2] == 0 and written[3] < 0x80)
        assert not (written[2] == 0xFF and written[3] >= 0x80)


@given(oids)
def test_an_object_identifier_is_read_as_it_was_written(oid: tuple[int, ...]) -> None:
    assert decode_oid(oid_payload(oid)) == oid
    assert encode_oid(oid) == encode(Tag.OID, oid_payload(oid))


def test_the_first_arc_two_may_be_followed_by_more_than_39() -> None:
    assert decode_oid(oid_payload((2, 999, 3))) == (2, 999, 3)


@given(st.binary(max_size=40), st.integers(0, 45))
def test_garbage_is_refused_or_read_within_its_bounds(garbage: bytes, at: int) -> None:
    try:
        _, start, stop = decode(garbage, at, len(garbage))
    except MalformedError:
        return
    assert at < start <= stop <= len(garbage)


@given(st.binary(max_size=200))
def test_a_garbled_object_identifier_is_refused_or_written_the_same_way(garbage: bytes) -> None:
    try:
        oid = decode_oid(garbage)
    except MalformedError:
        return
    assert oid_payload(oid) == garbage


@pytest.mark.parametrize(
    ("message", "trouble"),
    [
        pytest.param(b"\x02", "cut short", id="no length"),
        pytest.param(b"\x30\x80\x00\x00", "indefinite", id="indefinite length"),
        pytest.param(b"\x30\x85\x00\x00\x00\x00\x01\x00", "too long", id="a length of five bytes"),
        pytest.param(b"\x30\x82\x01", "cut short", id="half a length"),
        pytest.param(b"\x04\x05abc", "longer than", id="more promised than there is"),
    ],
)
def test_a_lying_length_is_named(message: bytes, trouble: str) -> None:
    with pytest.raises(MalformedError, match=trouble):
        decode(message, 0, len(message))


@pytest.mark.parametrize("payload", [b"", b"\x00" * 10], ids=["nothing", "ten bytes"])
def test_an_integer_has_one_to_nine_bytes(payload: bytes) -> None:
    with pytest.raises(MalformedError, match="an integer of"):
        decode_integer(payload)


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x2b\x86", id="the last arc does not end"),
        pytest.param(b"\x2b\x80\x01", id="a padded arc"),
        pytest.param(b"\x2b\x90\x80\x80\x80\x00", id="an arc of 33 bits"),
        pytest.param(b"\x2b" + b"\x01" * 128, id="too many arcs"),
    ],
)
def test_an_object_identifier_that_breaks_the_rules_is_refused(payload: bytes) -> None:
    with pytest.raises(MalformedError):
        decode_oid(payload)
