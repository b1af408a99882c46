"""Real name servers on loopback, at one port of three addresses: BIND with a signed zone, dnsmasq that validates what
BIND says, and dnsmasq that lies."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

ZONE = "example.vn"
_ROOT_ANCHOR = ".,20326,8,2,E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
"""The real one: dnsmasq does not start without any, though it never asks the root here."""
SIGNED, VALIDATING, LYING = "127.0.0.1", "127.0.0.2", "127.0.0.3"

_RECORDS = """\
$TTL 300
@       IN SOA ns hostmaster 2026112101 3600 900 604800 300
@       IN NS  ns
@       IN MX  10 mail
@       IN TXT "v=spf1 mx -all"
ns      IN A   127.0.0.1
mail    IN A   10.20.0.22
portal  IN A   10.20.0.23
www     IN CNAME portal
"""
_NAMED = """\
options {{
  directory "{folder}"; pid-file none; session-keyfile none; recursion no; dnssec-validation no;
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; managed-keys-directory "{folder}";
}};
controls {{ }};
zone "{zone}" {{ type primary; file "zone.signed"; }};
"""


@dataclass(frozen=True)
class NameServers:
    """The running servers by their addresses, and the port of all of them."""

    port: int
    processes: Mapping[str, asyncio.subprocess.Process]

    async def end(self, address: str) -> None:
        """Stop the one at *address* and wait until it is gone."""
        process = self.processes[address]
        if process.returncode is None:
            process.terminate()
        await process.communicate()


@asynccontextmanager
async def name_servers(folder: Path) -> AsyncIterator[NameServers]:
    """All three, as long as the context is open."""
    anchor = _sign_zone(folder)
    port = _free_port()
    (folder / "named.conf").write_text(_NAMED.format(folder=folder, port=port, zone=ZONE))
    dnsmasq = ("dnsmasq", "--no-daemon", "--conf-file=/dev/null", f"--port={port}", "--bind-interfaces", "--no-resolv",
               "--no-hosts", "--log-facility=-", "--user=root", "--pid-file=")  # fmt: skip
    forward = (
        f"--server=/{ZONE}/{SIGNED}#{port}",
        "--dnssec",
        f"--trust-anchor={anchor}",
        f"--trust-anchor={_ROOT_ANCHOR}",
    )
    commands = {
        SIGNED: ("named", "-g", "-c", str(folder / "named.conf")),
        VALIDATING: (*dnsmasq, f"--listen-address={VALIDATING}", *forward),
        LYING: (*dnsmasq, f"--listen-address={LYING}", f"--host-record=portal.{ZONE},203.0.113.9"),
    }
    async with AsyncExitStack() as stack:
        processes: dict[str, asyncio.subprocess.Process] = {}
        running = NameServers(port, processes)
        for address, command in commands.items():
            processes[address] = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
            stack.push_async_callback(running.end, address)
            await _await_start(processes[address], command[0])
        yield running


async def _await_start(process: asyncio.subprocess.Process, name: str) -> None:
    """Return when the server says that it runs."""
    assert process.stderr is not None
    heard = b""
    async with asyncio.timeout(60):
        while True:
            line = await process.stderr.readline()
            heard += line
            assert line, f"{name} ended instead of starting: {heard.decode()}"
            if line.rstrip().endswith(b" running") or b": started, version" in line:
                return


def _sign_zone(folder: Path) -> str:
    """Write and sign the zone; its trust anchor, as dnsmasq wants it."""
    zone = folder / "zone"
    zone.write_text(_RECORDS)
    for flags in ((), ("-f", "KSK")):
        _run(folder, "dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", *flags, ZONE)
    _run(folder, "dnssec-signzone", "-q", "-S", "-o", ZONE, "-f", "zone.signed", "zone")
    *_, tag, algorithm, digest_type, digest = (folder / f"dsset-{ZONE}.").read_text().split(maxsplit=6)
    return ",".join((ZONE, tag, algorithm, digest_type, "".join(digest.split())))


def _run(folder: Path, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])
