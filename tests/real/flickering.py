"""Targets that answer and fall silent by chance, as a process of its own: `python -m tests.real.flickering JSON`.

JSON holds the fields of `Flicker`. Agents and web servers are the lab's; real echoes to a silent device are dropped
by nftables, in the network namespace that the process runs in.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from netmon.kernel.clock import SystemClock
from netmon.lab.layout import LabDevice, LabEndpoint, Layout
from netmon.lab.running import Lab, open_lab
from netmon.lab.settings import LabSettings, PortShape, RoleShape

TICK = 0.25
READY = "the targets answer"

RULES = """
add table inet flickering
add set inet flickering silent { type ipv4_addr; }
add chain inet flickering input { type filter hook input priority 0; }
add rule inet flickering input ip daddr @silent drop
"""

SERVICE_FAULTS = ("dead", "error", "garbage", "refuse")
DEVICE_FAULTS = ("garbage", "wrong-id", "refuse")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flicker:
    """How many targets there are, and how often each changes between well and ill."""

    devices: int
    services: int
    seed: int
    changes_per_second: float = 24.0
    snmp_port: int = 1161
    http_port: int = 8080

    def address(self, number: int) -> str:
        """Of a device; services stand on them in turn."""
        return f"127.30.{number // 250}.{1 + number % 250}"

    def url(self, number: int) -> str:
        """Of a service."""
        return f"http://{self.address(number % self.devices)}:{self.http_port}/{number}"


def layout_of(flicker: Flicker) -> Layout:
    """The devices and pages that are played."""
    devices = tuple(
        LabDevice(
            name=f"d{number}",
            address=flicker.address(number),
            role="router",
            snmp_port=flicker.snmp_port,
            community="public",
        )
        for number in range(flicker.devices)
    )
    pages = tuple(
        LabEndpoint(service=f"s{number}", url=flicker.url(number), title=f"Trang {number}")
        for number in range(flicker.services)
    )
    return Layout(devices, endpoints=pages)


class Fate:
    """Makes targets ill and well again by chance."""

    def __init__(self, lab: Lab, flicker: Flicker) -> None:
        self._lab = lab
        self._flicker = flicker
        self._chance = random.Random(flicker.seed)
        self._ill: set[str] = set()
        self._silent: set[int] = set()

    async def strike(self) -> None:
        """Let about as many targets change as are due in one tick."""
        for _ in range(round(self._flicker.changes_per_second * TICK)):
            kind = self._chance.choice(("echo", "agent", "port", "page"))
            number = self._chance.randrange(self._flicker.services if kind == "page" else self._flicker.devices)
            if kind == "echo":
                self._silent ^= {number}
            elif kind == "page":
                await self._turn(f"service:s{number}", self._chance.choice(SERVICE_FAULTS))
            elif kind == "agent":
                await self._turn(f"device:d{number}", self._chance.choice(DEVICE_FAULTS))
            else:
                await self._turn(f"interface:d{number}/eth0", "cut")
        await self._drop()

    async def _turn(self, target: str, fault: str) -> None:
        if target in self._ill:
            self._ill.discard(target)
            await self._lab.mend(target)
        else:
            self._ill.add(target)
            await self._lab.break_(target, fault)

    async def _drop(self) -> None:
        silent = ", ".join(self._flicker.address(number) for number in sorted(self._silent))
        add = f"add element inet flickering silent {{ {silent} }}\n" if silent else ""
        await apply_rules(f"flush set inet flickering silent\n{add}")


async def apply_rules(rules: str) -> None:
    """Have nftables take *rules*, all at once."""
    process = await asyncio.create_subprocess_exec("nft", "-f", "-", stdin=asyncio.subprocess.PIPE)
    await process.communicate(rules.encode())
    assert process.returncode == 0


async def play(flicker: Flicker) -> None:
    """Play until killed."""
    settings = LabSettings(
        echo_host="127.30.255.254",
        roles={
            "router": RoleShape(
                description="a router",
                object_id="1.3.6.1.4.1.9.1.620",
                ports=(PortShape(name="eth0", speed="1 Gbps"), PortShape(name="eth1", speed="1 Gbps")),
            )
        },
    )
    await apply_rules(RULES)
    with tempfile.TemporaryDirectory() as folder:
        async with (
            asyncio.TaskGroup() as group,
            open_lab(layout_of(flicker), settings, clock=SystemClock(), folder=Path(folder), group=group) as lab,
        ):
            fate = Fate(lab, flicker)
            print(READY, flush=True)  # noqa: T201  whoever started us reads it
            while True:
                await asyncio.sleep(TICK)
                await fate.strike()


def as_json(flicker: Flicker) -> str:
    """*flicker* as the process takes it."""
    return json.dumps(asdict(flicker))


if __name__ == "__main__":
    asyncio.run(play(Flicker(**json.loads(sys.argv[1]))))
