"""Version 3 against somebody on the way who has no key: nothing of ours is read, and nothing of theirs is believed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from netmon.model.states import Reason
from netmon.snmp import ber
from netmon.snmp.credential import Credential
from netmon.snmp.failures import NoAnswer
from netmon.snmp.keys import AuthProtocol, PrivacyProtocol
from netmon.snmp.pdu import Get, Kind
from netmon.snmp.security import MessageVersion
from netmon.snmp.session import SnmpSession
from netmon.snmp.usm import User
from netmon.snmp.wire import Target

SHA = AuthProtocol.SHA256
USERS = {
    "signed and encrypted": User(b"netmon", SHA, SHA.stretch(b"signing phrase"), PrivacyProtocol.AES128, bytes(32)),
    "signed": User(b"netmon", SHA, SHA.stretch(b"signing phrase")),
}
SYS_NAME = "1.3.6.1.2.1.1.5.0"
QUESTION = Get((SYS_NAME,))
NAME = ber.encode_oid(SYS_NAME)
UNKNOWN_ENGINE = ber.encode_oid("1.3.6.1.6.3.15.1.1.4.0")
AUTH = 1


def empty(tag: int = ber.OCTET_STRING) -> bytes:
    return ber.encode(tag, b"")


class Impostor(asyncio.DatagramProtocol):
    """Forges an answer, signed with nothing, to whatever it hears, then reports the engine id `engine`.

    Attributes:
        heard: what came, whole.
    """

    def __init__(self) -> None:
        self.engine = b""
        self.heard: list[bytes] = []
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.heard.append(data)
        at, _ = ber.element(data, 0, ber.SEQUENCE)
        _, at = ber.integer(data, at)
        number, _ = ber.integer(data, ber.element(data, at, ber.SEQUENCE)[0])
        for signature in (b"", bytes(24)):
            self.transport.sendto(self._message(number, AUTH, signature, Kind.RESPONSE, NAME), addr)
        self.transport.sendto(self._message(number, 0, b"", Kind.REPORT, UNKNOWN_ENGINE), addr)

    def _message(self, number: int, flags: int, signature: bytes, kind: Kind, name: bytes) -> bytes:
        varbind = ber.encode(ber.SEQUENCE, name + ber.encode(ber.OCTET_STRING, b"forged"))
        zero = ber.encode_integer(0)
        pdu = ber.encode(kind, ber.encode_integer(number) + zero + zero + ber.encode(ber.SEQUENCE, varbind))
        header = ber.encode_integer(number) + ber.encode_integer(65_507) + ber.encode(ber.OCTET_STRING, bytes((flags,)))
        engine = ber.encode(ber.OCTET_STRING, self.engine)
        user = ber.encode(ber.OCTET_STRING, b"netmon")
        parameters = engine + zero + zero + user + ber.encode(ber.OCTET_STRING, signature) + empty()
        return ber.encode(
            ber.SEQUENCE,
            ber.encode_integer(MessageVersion.V3)
            + ber.encode(ber.SEQUENCE, header + ber.encode_integer(3))
            + ber.encode(ber.OCTET_STRING, ber.encode(ber.SEQUENCE, parameters))
            + ber.encode(ber.SEQUENCE, engine + empty() + pdu),
        )


@pytest.fixture
async def impostor() -> AsyncIterator[Impostor]:
    transport, impostor = await asyncio.get_running_loop().create_datagram_endpoint(
        Impostor, local_addr=("127.0.0.1", 0)
    )
    yield impostor
    transport.close()
    await asyncio.sleep(0)  # the transport closes in the next turn of the loop


@pytest.fixture(params=USERS.values(), ids=USERS.keys())
def session(request, impostor, sockets) -> SnmpSession:
    port = impostor.transport.get_extra_info("sockname")[1]
    return SnmpSession(Target("127.0.0.1", port), Credential(MessageVersion.V3, user=request.param), sockets=sockets)


@pytest.mark.parametrize("engine", [b"", b"four"], ids=["no engine id", "an engine id that cannot be"])
async def test_an_agent_that_hides_its_engine_is_asked_nothing(
    impostor: Impostor, session: SnmpSession, within: Callable[[float], float], engine: bytes
) -> None:
    impostor.engine = engine

    with pytest.raises(NoAnswer) as refused:
        await session.get(QUESTION, within(0.05))

    assert refused.value.failure.reason is Reason.MALFORMED
    assert f"engine id has {len(engine)} octets" in refused.value.failure.evidence
    assert impostor.heard
    assert not [datagram for datagram in impostor.heard if NAME in datagram or b"netmon" in datagram]


async def test_an_agent_without_the_key_is_not_believed(
    impostor: Impostor, session: SnmpSession, within: Callable[[float], float]
) -> None:
    impostor.engine = b"a fine engine id"

    with pytest.raises(NoAnswer) as refused:
        await session.get(QUESTION, within(1))

    assert refused.value.failure.reason is Reason.UNAUTHORIZED
    questions = [datagram for datagram in impostor.heard if b"netmon" in datagram]
    hides = session.credential.user.privacy is not None
    assert [NAME in question for question in questions] == [not hides] * len(questions)
    assert questions
