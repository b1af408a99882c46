"""Echoes on the wire, byte by byte."""

from __future__ import annotations

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmon.collectors.icmp.packets import (
    IPV4,
    IPV6,
    Family,
    Quote,
    build_echo,
    explain_trouble,
    parse_quote,
    parse_reply,
    parse_sequence,
)
from netmon.model.looks import Failure
from netmon.model.states import Reason

tokens = st.integers(0, 2**64 - 1)
identifiers = st.integers(0, 2**16 - 1)
sizes = st.integers(16, 1_400)


def internet_checksum(data: bytes) -> int:
    """RFC 1071, word by word."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def ipv4_header(destination: str, protocol: int = 1, options: bytes = b"") -> bytes:
    words = 5 + len(options) // 4
    head = struct.pack("!BBHHHBBH", 0x40 | words, 0, 0, 0, 0, 64, protocol, 0)
    return head + socket.inet_aton("192.0.2.1") + socket.inet_aton(destination) + options


def ipv6_header(destination: str) -> bytes:
    head = struct.pack("!IHBB", 6 << 28, 0, 58, 64)
    return head + socket.inet_pton(socket.AF_INET6, "2001:db8::1") + socket.inet_pton(socket.AF_INET6, destination)


@given(identifiers, tokens, sizes)
def test_the_checksum_of_an_ipv4_echo_is_right(identifier: int, token: int, size: int) -> None:
    assert internet_checksum(build_echo(IPV4, identifier, token, size)) == 0xFFFF


@given(identifiers, tokens, sizes)
def test_what_comes_back_unchanged_is_whole(identifier: int, token: int, size: int) -> None:
    request = build_echo(IPV6, identifier, token, size)
    assert len(request) == 8 + size
    assert parse_reply(bytes([129]) + request[1:], 0) == (129, identifier, token, True)


@given(tokens, sizes, st.data())
def test_a_damaged_payload_is_not_whole(token: int, size: int, data: st.DataObject) -> None:
    message = bytearray(build_echo(IPV4, 7, token, size))
    place = data.draw(st.integers(16, len(message) - 1))
    message[place] ^= data.draw(st.integers(1, 255))
    parsed = parse_reply(bytes(message), 0)
    assert parsed is not None
    assert not parsed[3]


@given(tokens, sizes, st.data())
def test_a_payload_that_was_cut_is_not_whole(token: int, size: int, data: st.DataObject) -> None:
    message = build_echo(IPV4, 7, token, size)
    parsed = parse_reply(message[: data.draw(st.integers(0, len(message) - 1))], 0)
    assert parsed is None or not parsed[3]


@given(st.binary(max_size=200), st.integers(0, 60))
def test_no_bytes_whatever_do_harm(message: bytes, start: int) -> None:
    for family in (IPV4, IPV6):
        parse_reply(message, start)
        parse_quote(family, message, start)
        parse_sequence(family, message)


@pytest.mark.parametrize("kept", [8, 64], ids=["as little as RFC 792 demands", "all of it"])
@pytest.mark.parametrize("options", [b"", b"\x01" * 8], ids=["plain header", "header with options"])
def test_an_error_over_ipv4_says_which_echo_it_is_about(kept: int, options: bytes) -> None:
    echo = build_echo(IPV4, 513, 0xABCD, 56)[:kept]
    error = (
        ipv4_header("192.0.2.1") + bytes([3, 13, 0, 0, 0, 0, 0, 0]) + ipv4_header("10.9.8.7", options=options) + echo
    )
    assert parse_quote(IPV4, error, 20) == Quote("10.9.8.7", 513, 0xABCD)


def test_an_error_over_ipv6_says_which_echo_it_is_about() -> None:
    error = bytes([1, 3, 0, 0, 0, 0, 0, 0]) + ipv6_header("2001:db8::9") + build_echo(IPV6, 513, 0xABCD, 56)
    assert parse_quote(IPV6, error, 0) == Quote("2001:db8::9", 513, 0xABCD)


def test_an_error_about_something_else_is_about_no_echo() -> None:
    head = bytes([3, 3, 0, 0, 0, 0, 0, 0])
    assert parse_quote(IPV4, head + ipv4_header("10.9.8.7", protocol=17) + bytes(8), 0) is None
    assert parse_quote(IPV4, head + ipv4_header("10.9.8.7") + bytes([0]) + bytes(7), 0) is None


@pytest.mark.parametrize(
    ("family", "kind", "code", "meaning"),
    [
        (IPV4, 3, 1, "host unreachable"),
        (IPV4, 3, 13, "administratively prohibited"),
        (IPV4, 3, 99, "destination unreachable"),
        (IPV4, 11, 0, "time to live exceeded, perhaps a routing loop"),
        (IPV6, 1, 0, "no route to the destination"),
        (IPV6, 3, 0, "hop limit exceeded, perhaps a routing loop"),
    ],
)
def test_an_error_is_explained(family: Family, kind: int, code: int, meaning: str) -> None:
    expected = Failure(Reason.UNREACHABLE, f"10.0.0.1 reports: {meaning}")
    assert explain_trouble(family, kind, code, "10.0.0.1") == expected


def test_a_redirect_is_no_trouble() -> None:
    assert explain_trouble(IPV4, 5, 1, "10.0.0.1") is None
