"""The whole lab on loopback: it starts, follows what is broken and mended, and leaves nothing open."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from netmon.kernel.clock import SystemClock
from netmon.lab.certificates import Authority
from netmon.lab.faults import FaultKind, LabError, TargetKind
from netmon.lab.layout import Layout
from netmon.lab.message import Pdu
from netmon.lab.running import Lab, open_lab
from netmon.lab.settings import LabSettings
from netmon.model.moments import DAY, Duration, Moment, later

SYS_NAME = (1, 3, 6, 1, 2, 1, 1, 5, 0)
HOST = "127.20.254.11"


@pytest.fixture
def played(layout: Layout, free_port: int) -> Layout:
    return Layout(tuple(replace(device, snmp_port=free_port) for device in layout.devices), layout.links)


@pytest.fixture
def quick(settings: LabSettings, free_port: int) -> LabSettings:
    return settings.model_copy(update={"echo_port": free_port, "media": {}})


@pytest.fixture
async def lab(played: Layout, quick: LabSettings, tmp_path: Path) -> AsyncIterator[Lab]:
    async with (
        asyncio.timeout(30),
        asyncio.TaskGroup() as group,
        open_lab(played, quick, clock=SystemClock(), folder=tmp_path / "lab", group=group) as lab,
    ):
        yield lab


@pytest.fixture
def client(free_port: int):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setblocking(False)
        client.connect((HOST, free_port))
        yield client


async def answer(client: socket.socket) -> bytes:
    return await asyncio.get_running_loop().sock_recv(client, 65_535)


async def test_an_agent_answers_from_the_address_that_was_asked(lab: Lab, client: socket.socket, manager) -> None:
    client.send(manager.ask(Pdu.GET, SYS_NAME))

    assert manager.read(await answer(client)).values == [b"office-gw"]


async def test_an_agent_that_refuses_has_its_port_closed_until_it_is_mended(
    lab: Lab, client: socket.socket, manager
) -> None:
    await lab.break_("office-gw", "refuse")
    client.send(manager.ask(Pdu.GET, SYS_NAME))
    with pytest.raises(ConnectionRefusedError):
        await answer(client)

    await lab.mend("office-gw")
    client.send(manager.ask(Pdu.GET, SYS_NAME))
    assert manager.read(await answer(client)).values == [b"office-gw"]


async def test_a_slow_agent_answers_one_question_late_and_the_next_is_told_apart(
    lab: Lab, client: socket.socket, manager
) -> None:
    await lab.break_("office-gw", "slow", {"delay": "50ms"})
    client.send(manager.ask(Pdu.GET, SYS_NAME, number=1))
    await lab.mend("all")
    client.send(manager.ask(Pdu.GET, SYS_NAME, number=2))

    assert {manager.read(await answer(client)).number for _ in range(2)} == {1, 2}


async def test_what_is_broken_is_listed_until_it_is_mended(lab: Lab) -> None:
    await lab.break_("office-radio", "cut")
    await lab.break_("office-sw", "flapping", {"period": "10s"})

    assert [(fault.on, fault.target, fault.kind) for fault in lab.list()] == [
        (TargetKind.LINK, "office-radio", FaultKind.CUT),
        (TargetKind.DEVICE, "office-sw", FaultKind.FLAPPING),
    ]
    with pytest.raises(LabError):
        await lab.break_("office-sw", "expiring")
    assert len(await lab.mend("all")) == 2
    assert lab.list() == ()


async def test_a_lab_that_stops_leaves_its_addresses_free_and_nothing_waiting(
    played: Layout, quick: LabSettings, tmp_path: Path, client: socket.socket, manager
) -> None:
    for _ in range(2):
        async with (
            asyncio.TaskGroup() as group,
            open_lab(played, quick, clock=SystemClock(), folder=tmp_path, group=group) as lab,
        ):
            await lab.break_("office-gw", "late")
            client.send(manager.ask(Pdu.GET, SYS_NAME))
            await asyncio.sleep(0)


async def test_an_address_that_is_taken_is_told(played: Layout, quick: LabSettings, tmp_path: Path, lab: Lab) -> None:
    group = asyncio.TaskGroup()
    async with group:
        with pytest.raises(OSError, match="in use"):
            async with open_lab(played, quick, clock=SystemClock(), folder=tmp_path, group=group):
                pass


def test_the_authority_is_kept_while_it_is_fresh_and_replaced_before_it_ends(tmp_path: Path, noon: Moment) -> None:
    folder = tmp_path / "lab"
    path = Authority(folder, noon).path
    first = path.read_bytes()

    assert Authority(folder, later(noon, Duration(8 * 365 * DAY))).path.read_bytes() == first
    assert Authority(folder, later(noon, Duration(9 * 365 * DAY + 30 * DAY))).path.read_bytes() != first
    (folder / "ca.key").write_text("no key")
    assert Authority(folder, noon).path.read_bytes() != first
    assert {each.stat().st_mode & 0o077 for each in folder.glob("*.key")} == {0}
    assert folder.stat().st_mode & 0o077 == 0
