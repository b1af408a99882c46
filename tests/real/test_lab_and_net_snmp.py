"""net-snmp's own tools read the lab's agents: v1, v2c and v3, GET, GETNEXT and GETBULK, right and wrong secrets."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from netmon.kernel.clock import SystemClock
from netmon.lab.layout import LabDevice, Layout
from netmon.lab.running import Lab, open_lab
from netmon.lab.settings import LabSettings, PortShape, RoleShape, SecureAgents

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("snmpbulkwalk") is None, reason="net-snmp's tools are missing; apt install snmp"),
]

HOST = "127.20.253.1"
IF_NAME, IF_HC_IN_OCTETS = "1.3.6.1.2.1.31.1.1.1.1", "1.3.6.1.2.1.31.1.1.1.6"
SYS_NAME = "1.3.6.1.2.1.1.5.0"
V3 = (
    "-v3",
    "-l",
    "authPriv",
    "-u",
    "netmon",
    "-a",
    "SHA-256",
    "-A",
    "a-long-auth",
    "-x",
    "AES",
    "-X",
    "a-long-privacy",
)


@dataclass(frozen=True)
class Tools:
    """net-snmp's commands, asking one agent."""

    port: int
    lab: Lab

    async def run(self, command: str, *arguments: str, credential: tuple[str, ...] = ("-v2c", "-c", "public")) -> str:
        process = await asyncio.create_subprocess_exec(
            command, *credential, "-Oqn", "-t", "2", "-r", "0", f"{HOST}:{self.port}", *arguments,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env={"PATH": "/usr/bin", "MIBS": ""},
        )  # fmt: skip
        output, _ = await process.communicate()
        return output.decode()


@pytest.fixture
async def tools(tmp_path: Path) -> AsyncIterator[Tools]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    device = LabDevice(name="gw", address=HOST, role="router", snmp_port=port, community="public")
    settings = LabSettings(
        echo_port=port,
        roles={
            "router": RoleShape(
                description="a router",
                object_id="1.3.6.1.4.1.9.1.620",
                ports=(PortShape(name="Gi0/{}", count=40, speed="1 Gbps"),),
            )
        },
        secure=SecureAgents(
            user="netmon", auth="literal:a-long-auth", privacy="literal:a-long-privacy", devices=("gw",)
        ),
    )
    async with (
        asyncio.timeout(60),
        asyncio.TaskGroup() as group,
        open_lab(Layout((device,)), settings, clock=SystemClock(), folder=tmp_path, group=group) as lab,
    ):
        yield Tools(port, lab)


@pytest.mark.parametrize(
    ("command", "credential"),
    [
        pytest.param("snmpwalk", ("-v1", "-c", "public"), id="v1"),
        pytest.param("snmpbulkwalk", ("-v2c", "-c", "public"), id="v2c"),
        pytest.param("snmpbulkwalk", V3, id="v3"),
    ],
)
async def test_a_walk_reads_every_name(tools: Tools, command: str, credential: tuple[str, ...]) -> None:
    lines = (await tools.run(command, IF_NAME, credential=credential)).splitlines()

    assert lines == [f'.{IF_NAME}.{index} "Gi0/{index - 1}"' for index in range(1, 41)]


async def test_all_versions_walk_the_same_objects_but_for_64_bit_counters_in_v1(tools: Tools) -> None:
    async def walk(command: str, credential: tuple[str, ...]) -> list[str]:
        lines = (await tools.run(command, "1.3", credential=credential)).splitlines()
        return [line.split(" ")[0] for line in lines if line.startswith(".1.") and "No more variables" not in line]

    whole = await walk("snmpbulkwalk", ("-v2c", "-c", "public"))
    secure = await walk("snmpbulkwalk", V3)
    old = await walk("snmpwalk", ("-v1", "-c", "public"))

    assert secure == whole
    assert old == [name for name in whole if not 6 <= _column_of_if_x_table(name) <= 13]


def _column_of_if_x_table(name: str) -> int:
    table, _, rest = name.rpartition("1.3.6.1.2.1.31.1.1.1.")
    return int(rest.split(".")[0]) if table == "." else 0


async def test_counters_of_two_polls_grow(tools: Tools) -> None:
    first, second = [
        int((await tools.run("snmpget", f"{IF_HC_IN_OCTETS}.1")).split()[-1]),
        int((await tools.run("snmpget", f"{IF_HC_IN_OCTETS}.1")).split()[-1]),
    ]

    assert first < second < first + 10 * 125_000_000


async def test_nothing_can_be_set(tools: Tools) -> None:
    assert "notWritable" in await tools.run("snmpset", SYS_NAME, "s", "x")
    assert "noSuchName" in await tools.run("snmpset", SYS_NAME, "s", "x", credential=("-v1", "-c", "public"))
    assert "notWritable" in await tools.run("snmpset", SYS_NAME, "s", "x", credential=V3)


async def test_a_wrong_community_is_met_with_silence_and_a_wrong_key_with_a_report(tools: Tools) -> None:
    wrong_key = tuple("another-auth" if word == "a-long-auth" else word for word in V3)

    assert "Timeout" in await tools.run("snmpget", SYS_NAME, credential=("-v2c", "-c", "private"))
    assert "Authentication failure" in await tools.run("snmpget", SYS_NAME, credential=wrong_key)


async def test_a_walk_that_turns_back_is_noticed(tools: Tools) -> None:
    await tools.lab.break_("gw", "non-increasing")

    assert "OID not increasing" in await tools.run("snmpbulkwalk", IF_NAME)


async def test_garbage_and_wrong_ids_are_no_answers(tools: Tools) -> None:
    for fault in ("garbage", "wrong-id", "dead"):
        await tools.lab.break_("gw", fault)
        assert "Timeout" in await tools.run("snmpget", SYS_NAME)
        await tools.lab.mend("gw")
    assert '"gw"' in await tools.run("snmpget", SYS_NAME)
