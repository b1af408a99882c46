"""BER: what is encoded is decoded again, and what is not BER is refused by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmon.snmp import ber
from netmon.snmp.ber import Malformed

SUB_IDENTIFIERS = st.lists(st.integers(0, 2**32 - 1), max_size=40)


@given(st.integers(-(2**63), 2**63 - 1))
def test_an_integer_comes_back(value: int) -> None:
    assert ber.integer(ber.encode_integer(value), 0)[0] == value


@given(st.integers(0, 2), st.integers(0, 39), SUB_IDENTIFIERS)
def test_an_object_identifier_comes_back(first: int, second: int, rest: list[int]) -> None:
    dotted = ".".join(map(str, (first, second, *rest)))

    encoded = ber.encode_oid(dotted)

    assert ber.decode_oid(encoded[ber.any_element(encoded, 0)[1] :]) == dotted


@given(st.binary(max_size=70_000))
def test_content_of_any_size_comes_back(content: bytes) -> None:
    encoded = ber.encode(ber.OCTET_STRING, content)

    assert ber.octets(encoded, 0) == (content, len(encoded))


@pytest.mark.parametrize("dotted", ["", "1", "3.1", "1.40.1", "1.3.x", "1.3.-6"])
def test_what_is_no_object_identifier_is_not_encoded(dotted: str) -> None:
    with pytest.raises(ValueError, match=r"object identifier|invalid literal"):
        ber.encode_oid(dotted)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"", "it ends after 0 octets", id="nothing"),
        pytest.param(b"\x30", "it ends after 1 octets", id="a tag alone"),
        pytest.param(b"\x30\x05\x02\x01", "claims 5 octets, and 2 are left", id="cut off"),
        pytest.param(b"\x30\x80\x02\x01\x01\x00\x00", "no definite length", id="an indefinite length"),
        pytest.param(b"\x30\x85\x01\x00\x00\x00\x00", "no definite length", id="a length of five octets"),
        pytest.param(b"\x30\x84\xff\xff\xff\xff", "claims 4294967295 octets", id="a length of 4 GiB"),
        pytest.param(b"\x04\x00", "has tag 0x04 in place of 0x30", id="another tag"),
    ],
)
def test_a_bad_element_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        ber.element(data, 0, ber.SEQUENCE)


@pytest.mark.parametrize(
    ("tag", "content", "value"),
    [
        pytest.param(ber.INTEGER, b"\xff", -1, id="a negative integer"),
        pytest.param(ber.GAUGE32, b"\xff\xff\xff\xff", 2**32 - 1, id="a gauge without its leading zero"),
        pytest.param(ber.COUNTER64, b"\x00" + b"\xff" * 8, 2**64 - 1, id="the largest counter"),
        pytest.param(ber.OCTET_STRING, b"\x00\xff", b"\x00\xff", id="octets"),
        pytest.param(ber.OBJECT_IDENTIFIER, b"\x2b\x06\x01", "1.3.6.1", id="an object identifier"),
        pytest.param(ber.NO_SUCH_INSTANCE, b"", None, id="no such instance"),
        pytest.param(ber.NULL, b"", None, id="null"),
    ],
)
def test_values_mean_what_the_standard_says(tag: int, content: bytes, value: object) -> None:
    assert ber.decode_value(tag, content) == value


@pytest.mark.parametrize(
    ("tag", "content"),
    [
        pytest.param(ber.COUNTER32, b"", id="an empty counter"),
        pytest.param(ber.COUNTER64, b"\x01" + b"\x00" * 8, id="65 bits"),
        pytest.param(ber.COUNTER64, b"\x00" * 30, id="thirty octets"),
        pytest.param(ber.OBJECT_IDENTIFIER, b"\x2b\x86", id="an identifier that ends in a number"),
        pytest.param(ber.OBJECT_IDENTIFIER, b"\x2b" + b"\xff" * 9 + b"\x7f", id="a number beyond 32 bits"),
        pytest.param(ber.OBJECT_IDENTIFIER, b"\x2b" * 200, id="two hundred numbers"),
        pytest.param(0x99, b"", id="an unknown tag"),
    ],
)
def test_values_that_cannot_be_are_refused(tag: int, content: bytes) -> None:
    with pytest.raises(Malformed):
        ber.decode_value(tag, content)


@given(st.binary(max_size=200))
def test_no_octets_break_the_reading_of_varbinds(payload: bytes) -> None:
    try:
        for _, tag, content in ber.varbinds(payload):
            ber.decode_value(tag, content)
    except Malformed:
        return
    assert payload == b"" or payload[0] == ber.SEQUENCE
