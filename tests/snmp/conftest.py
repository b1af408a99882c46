"""What tests of the SNMP client share: an agent of their own, and sessions that are closed."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from netmon.snmp.credential import Credential
from netmon.snmp.security import MessageVersion
from netmon.snmp.session import SnmpSession
from netmon.snmp.wire import Target

_SPEC = importlib.util.spec_from_file_location("snmp_agent", Path(__file__).with_name("agent.py"))
_AGENT = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_AGENT)

PUBLIC = Credential(MessageVersion.V2C, community=SecretStr("public"))
PUBLIC_V1 = Credential(MessageVersion.V1, community=SecretStr("public"))


@pytest.fixture
async def agent() -> AsyncIterator[object]:
    started = await _AGENT.start_agent()
    started.put("1.3.6.1.2.1.1.3.0", 4_200, 0x43)
    started.put("1.3.6.1.2.1.1.5.0", "gw1")
    yield started
    started.close()
    await asyncio.sleep(0)  # the transport closes in the next turn of the loop


@pytest.fixture
async def session_to() -> AsyncIterator[Callable[..., SnmpSession]]:
    sessions: list[SnmpSession] = []

    def open_session(port: int, version: int = 2, host: str = "127.0.0.1") -> SnmpSession:
        sessions.append(SnmpSession(Target(host, port), PUBLIC if version == 2 else PUBLIC_V1))
        return sessions[-1]

    yield open_session
    for session in sessions:
        session.close()


@pytest.fixture
def within() -> Callable[[float], float]:
    """A deadline, so many seconds from now."""
    return lambda seconds: asyncio.get_running_loop().time() + seconds
