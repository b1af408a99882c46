"""The sockets of all sessions: none is forgotten, whoever opened it and whatever became of that."""

from __future__ import annotations

import asyncio
import gc

import pytest

from netmon.model.looks import Failure
from netmon.model.states import Reason
from netmon.snmp.failures import NoAnswer
from netmon.snmp.pdu import Get
from netmon.snmp.sockets import Sockets

QUESTION = Get(("1.3.6.1.2.1.1.5.0",))


class Holder:
    """Has a socket, was used at `used`, and tells when it is closed."""

    def __init__(self, sockets: Sockets, used: float) -> None:
        self.closed = asyncio.Event()
        self._sockets = sockets
        self._used = used
        sockets.watch(self)

    def was_idle_since(self, moment: float) -> bool:
        return self._used < moment

    def close(self) -> None:
        self.closed.set()
        self._sockets.forget(self)


async def nowhere(host: str):
    raise AssertionError(host)


async def test_only_what_was_idle_for_long_is_given_back() -> None:
    now = asyncio.get_running_loop().time()
    sockets = Sockets(nowhere, idle_seconds=0.001)
    idle, busy = Holder(sockets, now - 60), Holder(sockets, now + 3_600)

    await asyncio.wait_for(idle.closed.wait(), 5)

    assert sockets.open_count == 1
    sockets.close()
    assert busy.closed.is_set()
    assert sockets.open_count == 0


async def test_what_comes_after_all_were_given_back_is_swept_too() -> None:
    now = asyncio.get_running_loop().time()
    sockets = Sockets(nowhere, idle_seconds=0.001)

    for _ in range(2):
        await asyncio.wait_for(Holder(sockets, now - 60).closed.wait(), 5)

    assert sockets.open_count == 0


async def test_nothing_opens_after_the_end(agent, sockets, session_to, within) -> None:
    session = session_to(agent.port)
    await session.get(QUESTION, within(5))

    sockets.close()

    with pytest.raises(NoAnswer) as refused:
        await session.get(QUESTION, within(5))
    assert refused.value.failure == Failure(Reason.CUT_OFF, "nothing is asked any more")
    assert (sockets.open_count, len(agent.asked)) == (0, 1)


async def test_the_end_tells_whoever_waits(agent, sockets, session_to, within) -> None:
    agent.misbehave = lambda reply: []
    agent.before_answer = sockets.close

    with pytest.raises(NoAnswer, match="closed before an answer came"):
        await session_to(agent.port).get(QUESTION, within(60))


async def test_the_socket_of_a_session_that_is_gone_is_still_known(agent, sockets, session_to, within) -> None:
    session = session_to(agent.port)
    await session.get(QUESTION, within(5))

    del session
    gc.collect()

    assert sockets.open_count == 1


async def test_a_socket_is_idle_only_while_nothing_is_waited_for(agent, session_to, within) -> None:
    session, seen = session_to(agent.port), []
    agent.before_answer = lambda: seen.append(session._wire.was_idle_since(within(3_600)))

    await session.get(QUESTION, within(5))

    assert seen == [False]
    assert session._wire.was_idle_since(within(3_600))
    assert not session._wire.was_idle_since(within(-3_600))


async def test_a_socket_that_leads_nowhere_is_not_kept(sockets, session_to, within) -> None:
    with pytest.raises(NoAnswer) as lost:
        await session_to(161, host="255.255.255.255").get(QUESTION, within(5))

    assert lost.value.failure.reason is Reason.UNREACHABLE
    assert sockets.open_count == 0
