"""A small SNMP agent for tests: a table of values on a loopback port, which can be told to misbehave."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable

from netmon.snmp import ber
from netmon.snmp.pdu import ErrorStatus, Kind

Oid = tuple[int, ...]


def numbers(dotted: str) -> Oid:
    return tuple(map(int, dotted.split(".")))


class Agent(asyncio.DatagramProtocol):
    """Answers versions 1 and 2c from `values`.

    Attributes:
        values: name to encoded value.
        misbehave: what leaves in place of an answer; ``None`` where nothing is wrong.
        most_names: a longer answer is too big.
        most_in_bulk: how many values a GETBULK brings at most.
        asked: the kind and the names of every question.
    """

    def __init__(self) -> None:
        self.values: dict[Oid, bytes] = {}
        self.misbehave: Callable[[bytes], list[bytes]] | None = None
        self.before_answer: Callable[[], None] = lambda: None
        self.community = b"public"
        self.most_names = 1_000
        self.most_in_bulk = 10_000
        self.asked: list[tuple[int, list[Oid]]] = []
        self.port = 0
        self._transport: asyncio.DatagramTransport | None = None

    def put(self, oid: str, value: int | str | bytes, tag: int | None = None) -> None:
        if isinstance(value, int):
            content = value.to_bytes(value.bit_length() // 8 + 1, "big", signed=value < 0)
            self.values[numbers(oid)] = ber.encode(tag or ber.INTEGER, content)
        else:
            content = value.encode() if isinstance(value, str) else value
            self.values[numbers(oid)] = ber.encode(tag or ber.OCTET_STRING, content)

    def drop(self, prefix: str) -> None:
        begin = numbers(prefix)
        self.values = {name: value for name, value in self.values.items() if name[: len(begin)] != begin}

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self._transport is not None
        self.before_answer()
        reply = self._answer(data)
        if reply is not None:
            for datagram in self.misbehave(reply) if self.misbehave else [reply]:
                self._transport.sendto(datagram, addr)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _answer(self, data: bytes) -> bytes | None:
        at, _ = ber.element(data, 0, ber.SEQUENCE)
        version, at = ber.integer(data, at)
        community, at = ber.octets(data, at)
        if community != self.community:
            return None
        kind, begin, _ = ber.any_element(data, at)
        number, at = ber.integer(data, begin)
        _, at = ber.integer(data, at)
        repetitions, at = ber.integer(data, at)
        begin, end = ber.element(data, at, ber.SEQUENCE)
        names = [ber.decode_oid(name) for name, _, _ in ber.varbinds(data[begin:end])]
        oids = [numbers(name) for name in names]
        self.asked.append((kind, oids))
        status, index, found = self._find(kind, oids, repetitions, version)
        payload = b"".join(ber.encode(ber.SEQUENCE, ber.encode_oid(".".join(map(str, o))) + v) for o, v in found)
        body = (
            ber.encode_integer(number)
            + ber.encode_integer(status)
            + ber.encode_integer(index)
            + ber.encode(ber.SEQUENCE, payload)
        )
        head = ber.encode_integer(version) + ber.encode(ber.OCTET_STRING, community)
        return ber.encode(ber.SEQUENCE, head + ber.encode(Kind.RESPONSE, body))

    def _find(
        self, kind: int, oids: list[Oid], repetitions: int, version: int
    ) -> tuple[int, int, list[tuple[Oid, bytes]]]:
        null = ber.encode(ber.NULL, b"")
        if kind == Kind.GET:
            found = [(oid, self.values.get(oid)) for oid in oids]
            missing = next((place for place, (_, value) in enumerate(found) if value is None), None)
            if version == 0 and missing is not None:
                return ErrorStatus.NO_SUCH_NAME, missing + 1, [(oid, null) for oid in oids]
            answer = [(oid, value or ber.encode(ber.NO_SUCH_INSTANCE, b"")) for oid, value in found]
        elif kind == Kind.GET_BULK and len(oids) > 1:
            answer = self._repeat(oids, repetitions)[: self.most_in_bulk]
        else:
            follow = sorted(oid for oid in self.values if oid > oids[0])[: repetitions if kind == Kind.GET_BULK else 1]
            if version == 0 and not follow:
                return ErrorStatus.NO_SUCH_NAME, 1, [(oids[0], null)]
            answer = [(oid, self.values[oid]) for oid in follow]
            if not answer:
                answer = [(oids[0], ber.encode(ber.END_OF_MIB_VIEW, b""))]
        if len(answer) > self.most_names:
            return ErrorStatus.TOO_BIG, 0, []
        return 0, 0, answer

    def _repeat(self, oids: list[Oid], repetitions: int) -> list[tuple[Oid, bytes]]:
        """What follows each of *oids*, row by row (RFC 3416 section 4.2.3)."""
        ordered = sorted(self.values)
        answer: list[tuple[Oid, bytes]] = []
        last = list(oids)
        for _ in range(repetitions):
            for place, oid in enumerate(last):
                found = bisect_right(ordered, oid)
                if found < len(ordered):
                    last[place] = ordered[found]
                    answer.append((last[place], self.values[last[place]]))
                else:
                    answer.append((oid, ber.encode(ber.END_OF_MIB_VIEW, b"")))
        return answer


async def start_agent() -> Agent:
    loop = asyncio.get_running_loop()
    transport, agent = await loop.create_datagram_endpoint(Agent, local_addr=("127.0.0.1", 0))
    agent.port = transport.get_extra_info("sockname")[1]
    return agent
