"""What tests of the SNMP client share: an agent of their own, and sessions that are closed."""

from __future__ import annotations

import asyncio
import importlib.util
import ipaddress
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from netmon.snmp.credential import Credential
from netmon.snmp.security import MessageVersion
from netmon.snmp.session import SnmpSession
from netmon.snmp.sockets import Sockets
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


async def find_literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(host)


@pytest.fixture
async def sockets() -> AsyncIterator[Sockets]:
    shared = Sockets(find_literal)
    yield shared
    shared.close()
    assert shared.open_count == 0


@pytest.fixture
def session_to(sockets) -> Callable[..., SnmpSession]:
    def open_session(port: int, version: int = 2, host: str = "127.0.0.1") -> SnmpSession:
        return SnmpSession(Target(host, port), PUBLIC if version == 2 else PUBLIC_V1, sockets=sockets)

    return open_session


@pytest.fixture
def within() -> Callable[[float], float]:
    """A deadline, so many seconds from now."""
    return lambda seconds: asyncio.get_running_loop().time() + seconds
