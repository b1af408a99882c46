"""Messages on the wire: replies of every shape, read as the library reads them, and hostile ones, read no further."""

from __future__ import annotations

import struct
from contextlib import suppress
from itertools import pairwise
from random import Random

import dns.flags
import dns.message
import dns.name
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmon.collectors.dns.message import MOST_RECORDS, MalformedError, Question, Reply, make_question, read_reply
from netmon.collectors.dns.records import Record, parse_name, parse_record, read_content

NAME = b"\x05soyte\x07example\x02vn\x00"
HERE = b"\xc0\x0c"
"""A pointer to the name in the question."""

CONTENTS = {
    Record.A: "10.20.7.10",
    Record.AAAA: "2001:db8::1",
    Record.CAA: '0 issue "ca.example.vn"',
    Record.MX: "10 mail.example.vn.",
    Record.NS: "ns1.example.vn.",
    Record.PTR: "portal.example.vn.",
    Record.SOA: "ns1.example.vn. hostmaster.example.vn. 1 2 3 4 5",
    Record.SRV: "1 2 443 portal.example.vn.",
    Record.TXT: '"v=spf1 -all"',
    Record.CNAME: "www.example.vn.",
}


def question(record: Record = Record.A) -> Question:
    return make_question(parse_name("soyte.example.vn"), record)


def head(asked: Question, *, answers: int = 1, flags: int = 0x8180, questions: int = 1) -> bytes:
    """The head of a reply to *asked*, its question included."""
    return asked.wire[:2] + struct.pack("!5H", flags, questions, answers, 0, 0) + asked.wire[12 : asked.end]


def record(owner: bytes, content: bytes, kind: int = 1, *, length: int | None = None) -> bytes:
    return owner + struct.pack("!HHIH", kind, 1, 300, len(content) if length is None else length) + content


def contents(reply: Reply | None, kind: Record) -> list[str]:
    assert reply is not None
    return [read_content(kind, reply.wire, place) for place in reply.records]


@pytest.mark.parametrize(("kind", "content"), CONTENTS.items(), ids=lambda value: str(value))
def test_a_record_of_every_type_is_read_as_settings_write_it(kind: Record, content: str) -> None:
    asked = question(kind)
    answer = dns.message.make_response(dns.message.from_wire(asked.wire))
    answer.answer.append(dns.rrset.from_text("SOYTE.example.vn.", 300, "IN", kind.value, content))

    expected = parse_record(kind, content.strip('"') if kind is Record.TXT else content)
    assert contents(read_reply(asked, answer.to_wire()), kind) == [expected]


labels = st.binary(min_size=1, max_size=5)
names = st.lists(labels, min_size=1, max_size=6).map(lambda parts: dns.name.Name([*parts, b""]))


@given(owner=names, chain=st.lists(names, max_size=5), unrelated=names, shuffled=st.randoms())
def test_aliases_lead_where_the_library_says_that_they_lead(
    owner: dns.name.Name, chain: list[dns.name.Name], unrelated: dns.name.Name, shuffled: Random
) -> None:
    asked = make_question(owner, Record.NS)
    answer = dns.message.make_response(dns.message.from_wire(asked.wire))
    assert isinstance(answer, dns.message.QueryMessage)
    path = list(dict.fromkeys([owner, *chain]))
    for alias, target in pairwise(path):
        answer.answer.append(dns.rrset.from_text(alias, 300, "IN", "CNAME", target.to_text()))
    answer.answer.append(dns.rrset.from_text(path[-1], 300, "IN", "NS", "ns1.example.vn.", "ns2.example.vn."))
    if unrelated not in path:
        answer.answer.append(dns.rrset.from_text(unrelated, 300, "IN", "NS", "ns3.example.vn."))
    shuffled.shuffle(answer.answer)

    read = dns.message.from_wire(answer.to_wire())
    assert isinstance(read, dns.message.QueryMessage)
    found = read.resolve_chaining().answer

    assert found is not None
    assert sorted(contents(read_reply(asked, answer.to_wire()), Record.NS)) == sorted(one.to_text() for one in found)


@given(data=st.data())
def test_whatever_comes_is_a_reply_or_none_or_malformed_and_nothing_else(data: st.DataObject) -> None:
    asked = question(data.draw(st.sampled_from(list(Record))))
    start = head(asked, answers=data.draw(st.integers(0, 5)))
    piece = st.one_of(st.binary(max_size=20), st.sampled_from([HERE, record(HERE, HERE, 5), record(HERE, b"\1\2\3\4")]))
    wire = start + b"".join(data.draw(st.lists(piece, max_size=8)))
    cut = data.draw(st.integers(0, len(wire)))
    try:
        reply = read_reply(asked, wire[:cut] if data.draw(st.booleans()) else wire)
    except MalformedError:
        return
    if reply is None:
        return
    for place in reply.records:
        with suppress(ValueError):
            assert isinstance(read_content(asked.record, reply.wire, place), str)


@pytest.mark.parametrize(
    ("tail", "cause"),
    [
        pytest.param(b"", "end too early", id="no record"),
        pytest.param(record(HERE, b"\1\2", length=4), "end too early", id="half a record"),
        pytest.param(b"\x3fabc", "a name is none", id="a label beyond the end"),
        pytest.param(b"\x40abc", "a name is none", id="a label of no known sort"),
        pytest.param(b"\x01a" * 127 + b"\x01a\x00", "a name is none", id="a name that is too long"),
        pytest.param(b"\xc0\xff", "leads to itself or beyond", id="a name that leads forward"),
        pytest.param(b"\xc0\x22", "leads to itself or beyond", id="a name that leads to itself"),
        pytest.param(b"\xc0", "end too early", id="half a pointer"),
    ],
)
def test_a_reply_that_is_damaged_says_how(tail: bytes, cause: str) -> None:
    asked = question()
    assert len(head(asked)) == 0x22
    with pytest.raises(MalformedError, match=cause):
        read_reply(asked, head(asked) + tail)


def test_a_name_that_is_put_together_of_pointers_alone_is_not_followed_for_ever() -> None:
    asked = question()
    first = record(HERE, b"".join(struct.pack("!H", 0xC000 | at) for at in (0x0C, *range(0x2E, 0x2E + 400, 2))))
    last = struct.pack("!H", 0xC000 | (0x2E + 400))
    with pytest.raises(MalformedError, match="too many parts"):
        read_reply(asked, head(asked, answers=2) + first + record(last, b"\1\2\3\4"))


def test_more_records_than_anybody_needs_are_not_read() -> None:
    asked = question()
    whole = head(asked, answers=MOST_RECORDS) + record(HERE, b"\1\2\3\4") * MOST_RECORDS
    assert len(contents(read_reply(asked, whole), Record.A)) == MOST_RECORDS
    with pytest.raises(MalformedError, match=f"{MOST_RECORDS + 1} records, at most {MOST_RECORDS} are read"):
        read_reply(asked, head(asked, answers=MOST_RECORDS + 1) + record(HERE, b"\1\2\3\4") * (MOST_RECORDS + 1))


@pytest.mark.parametrize(
    ("wire", "what"),
    [
        pytest.param(lambda asked: head(asked, flags=0x0180), "none", id="a question is no reply"),
        pytest.param(lambda asked: head(asked, flags=0xA980), "none", id="an update is no reply"),
        pytest.param(lambda asked: head(asked, questions=2), "none", id="two questions"),
        pytest.param(lambda asked: head(asked, questions=0, answers=0), "none", id="no question"),
        pytest.param(lambda asked: b"\x00\x00" + head(asked)[2:], "none", id="another id"),
        pytest.param(lambda asked: head(asked)[:12] + NAME + b"\0\x1c\0\1", "none", id="another type"),
        pytest.param(
            lambda asked: head(asked, questions=0, answers=0, flags=0x8181)[:12],
            "reply",
            id="an error without question",
        ),
        pytest.param(lambda asked: head(asked, flags=0x8380), "reply", id="a truncated one, whatever follows"),
        pytest.param(lambda asked: head(asked, answers=0).replace(b"soyte", b"SOyTe"), "reply", id="in another case"),
    ],
)
def test_only_a_reply_to_the_question_is_one(wire: object, what: str) -> None:
    asked = question()
    asked = Question(b"\x12\x34" + asked.wire[2:], asked.end, asked.record)
    found = read_reply(asked, wire(asked))  # type: ignore[operator]
    assert ("none" if found is None else "reply") == what
