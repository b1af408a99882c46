"""What tests of the snmp check share: an agent that is a switch, and collectors that look at it."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from netmon.collectors.snmp import KIND
from netmon.kernel.clock import FakeClock
from netmon.model.ids import CheckId, EntityId
from netmon.model.plan import POLLED_RULE, CheckSpec
from netmon.ports import Collector, Ground

_SPEC = importlib.util.spec_from_file_location("snmp_agent", Path(__file__).parents[2] / "snmp" / "agent.py")
_AGENT = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_AGENT)

IF = "1.3.6.1.2.1.2.2.1"
IFX = "1.3.6.1.2.1.31.1.1.1"
COUNTER32, GAUGE32, TICKS, COUNTER64 = 0x41, 0x42, 0x43, 0x46
_COLUMNS = {(*map(int, table.split(".")), column) for table in (IF, IFX) for column in range(23)}


def add_interface(agent, index: int, name: str, *, wide: bool = True, oper: int = 1, admin: int = 1) -> None:
    """An interface with ``1000 * index + column`` in every counter."""
    agent.put(f"{IF}.2.{index}", f"{name} description")
    agent.put(f"{IF}.3.{index}", 6)
    agent.put(f"{IF}.4.{index}", 1_500)
    agent.put(f"{IF}.5.{index}", 1_000_000_000, GAUGE32)
    agent.put(f"{IF}.6.{index}", bytes((2, 0, 0, 0, 0, index)))
    agent.put(f"{IF}.7.{index}", admin)
    agent.put(f"{IF}.8.{index}", oper)
    agent.put(f"{IF}.9.{index}", 500, TICKS)
    for column in (10, 11, 13, 14, 15, 16, 17, 19, 20):
        agent.put(f"{IF}.{column}.{index}", 1_000 * index + column, COUNTER32)
    agent.put(f"{IFX}.1.{index}", name)
    agent.put(f"{IFX}.18.{index}", f"to {name}")
    agent.put(f"{IFX}.15.{index}", 1_000, GAUGE32)
    if wide:
        for column in range(6, 14):
            agent.put(f"{IFX}.{column}.{index}", 2**40 + 1_000 * index + column, COUNTER64)


def move_interface(agent, index: int, to: int) -> None:
    """Give an interface, with all that is told of it, the index *to*."""
    for name in [name for name in agent.values if name[:-1] in _COLUMNS and name[-1] == index]:
        agent.values[(*name[:-1], to)] = agent.values.pop(name)


def remove_interface(agent, index: int) -> None:
    for name in [name for name in agent.values if name[:-1] in _COLUMNS and name[-1] == index]:
        del agent.values[name]


@pytest.fixture
async def switch() -> AsyncIterator[object]:
    """An agent with two interfaces, up for 42 s."""
    agent = await _AGENT.start_agent()
    agent.put("1.3.6.1.2.1.1.1.0", "A switch\x00")
    agent.put("1.3.6.1.2.1.1.2.0", b"\x2b\x06\x01\x04\x01", 0x06)
    agent.put("1.3.6.1.2.1.1.3.0", 4_200, TICKS)
    agent.put("1.3.6.1.2.1.1.5.0", "sw1")
    agent.put("1.3.6.1.2.1.2.1.0", 2)
    add_interface(agent, 1, "Gi0/1")
    add_interface(agent, 2, "Gi0/2")
    yield agent
    agent.close()
    await asyncio.sleep(0)  # the transport closes in the next turn of the loop


@pytest.fixture
async def collector_of() -> AsyncIterator[Callable[..., Collector]]:
    ground = Ground(
        clock=FakeClock(),
        secret=lambda reference: reference.removeprefix("literal:"),
        credential=lambda name: {"version": name, "community": "literal:public"},
    )
    async with AsyncExitStack() as stack:
        questions = await stack.enter_async_context(KIND.open(ground))

        def build(agent, watched: tuple[str, ...] = (), version: str = "2c", **settings: object) -> Collector:
            check = CheckSpec(
                id=CheckId("check:device:sw1/snmp"),
                subject=EntityId("device:sw1"),
                kind="snmp",
                name=None,
                address="127.0.0.1",
                rule=POLLED_RULE,
                settings={"credential": version, "port": agent.port} | settings,
            )
            return questions.collector(check, watched)

        yield build


@pytest.fixture
def interface() -> Callable[..., None]:
    return add_interface


@pytest.fixture
def move() -> Callable[..., None]:
    return move_interface


@pytest.fixture
def remove() -> Callable[..., None]:
    return remove_interface
