"""Reading along names and by form: the short ways agree with the general one on whatever an agent sends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmon.snmp import ber
from netmon.snmp.along import Names
from netmon.snmp.ber import Malformed, Value
from netmon.snmp.form import Form

NAMES = [
    f"1.3.6.1.2.1.{table}.{column}.{row}" for row in (1, 300) for table in ("2.2.1", "31.1.1.1") for column in (8, 19)
]
ENCODED = [ber.encode_oid(name) for name in NAMES]

numbers = st.tuples(
    st.sampled_from([ber.COUNTER32, ber.GAUGE32, ber.TIME_TICKS, ber.COUNTER64, ber.INTEGER]),
    st.one_of(
        st.binary(min_size=1, max_size=9),
        st.integers(0, 2**64 - 1).map(lambda n: n.to_bytes(n.bit_length() // 8 + 1, "big")),
    ),
)
others = st.one_of(
    st.tuples(st.just(ber.OCTET_STRING), st.binary(max_size=40)),
    st.tuples(st.sampled_from(sorted(ber.ABSENT)), st.just(b"")),
    st.just((ber.OBJECT_IDENTIFIER, b"\x2b\x06\x01")),
)
contents = st.lists(st.one_of(numbers, numbers, others), min_size=len(NAMES), max_size=len(NAMES))


def payload_of(held: list[tuple[int, bytes]]) -> bytes:
    return b"".join(ber.encode(ber.SEQUENCE, name + ber.encode(*one)) for name, one in zip(ENCODED, held, strict=True))


def read_in_general(payload: bytes) -> list[Value | None]:
    """The values of *payload*, whose names must be ours, one by one."""
    found = list(ber.varbinds(payload))
    assert [ber.encode(ber.OBJECT_IDENTIFIER, name) for name, _, _ in found] == ENCODED
    return [ber.decode_value(tag, content) for _, tag, content in found]


def form_of(payload: bytes) -> Form | None:
    try:
        values, end = Names(ENCODED).read(payload)
    except Malformed:
        return None
    return Form(payload, values) if end == len(payload) and len(values) == len(NAMES) else None


def damaged(payload: bytes, data: st.DataObject) -> bytes:
    changed = bytearray(payload)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    return bytes(changed[: data.draw(st.one_of(st.just(len(payload)), st.integers(0, len(payload))))])


@given(contents)
def test_an_answer_in_order_is_read_along_its_names(held: list[tuple[int, bytes]]) -> None:
    payload = payload_of(held)
    try:
        expected = read_in_general(payload)
    except Malformed:
        with pytest.raises(Malformed):
            Names(ENCODED).read(payload)
        return
    assert Names(ENCODED).read(payload) == (expected, len(payload))


@given(contents, st.data())
def test_a_damaged_answer_read_along_its_names_to_the_end_is_read_as_in_general(
    held: list[tuple[int, bytes]], data: st.DataObject
) -> None:
    payload = damaged(payload_of(held), data)
    try:
        values, end = Names(ENCODED).read(payload)
    except Malformed:
        return
    if end == len(payload) and len(values) == len(NAMES):
        assert values == read_in_general(payload)
    if end:
        assert values == read_in_general_up_to(payload, len(values))


def read_in_general_up_to(payload: bytes, count: int) -> list[Value | None]:
    """The first *count* values, whatever stands behind them."""
    found = ber.varbinds(payload)
    return [ber.decode_value(tag, content) for _, (_, tag, content) in zip(range(count), found, strict=False)]


@given(contents, st.data())
def test_an_answer_of_the_same_form_is_read_as_in_general(held: list[tuple[int, bytes]], data: st.DataObject) -> None:
    form = form_of(payload_of(held))
    if form is None:
        return
    later = payload_of(
        [
            (tag, data.draw(st.binary(min_size=len(content), max_size=len(content))))
            if tag in ber.UNSIGNED or tag == ber.INTEGER
            else (tag, content)
            for tag, content in held
        ]
    )

    values = form.read(later)

    if values is not None:
        assert values == read_in_general(later)


def test_numbers_that_keep_their_length_keep_the_form() -> None:
    held = [(ber.COUNTER64, bytes([1] * size)) for size in range(1, 9)]
    later = [(ber.COUNTER64, bytes([7] * size)) for size in range(1, 9)]

    form = form_of(payload_of(held))

    assert form.read(payload_of(held)) == read_in_general(payload_of(held))
    assert form.read(payload_of(later)) == [int.from_bytes(content, "big") for _, content in later]


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param((ber.COUNTER32, b"\x01\x00"), id="longer"),
        pytest.param((ber.GAUGE32, b"\x05"), id="of another type"),
        pytest.param((ber.NO_SUCH_INSTANCE, b""), id="missing"),
    ],
)
def test_a_value_of_another_kind_is_another_form(changed: tuple[int, bytes]) -> None:
    held = [(ber.COUNTER32, b"\x05")] * len(NAMES)
    form = form_of(payload_of(held))

    assert form.read(payload_of([*held[:-1], changed])) is None


def test_an_integer_that_turns_negative_is_another_form() -> None:
    held = [(ber.INTEGER, b"\x05")] * len(NAMES)

    assert form_of(payload_of(held)).read(payload_of([*held[:-1], (ber.INTEGER, b"\x85")])) is None


@given(contents, st.data())
def test_a_damaged_answer_is_never_read_by_its_form_otherwise_than_in_general(
    held: list[tuple[int, bytes]], data: st.DataObject
) -> None:
    form = form_of(payload_of(held))
    if form is None:
        return
    payload = damaged(payload_of(held), data)

    values = form.read(payload)

    if values is not None:
        assert values == read_in_general(payload)
