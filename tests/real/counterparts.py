"""Real servers of every kind that the lab does not play, in one process: python -m tests.real.counterparts FOLDER

They run until SIGTERM, in whatever network namespace the process is in. FOLDER is that of a netmon's configuration:
the certificates, a plug-in and, once everything runs, the site with a check for each server are put there.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from netmon.kernel.clock import SystemClock
from netmon.model.moments import to_datetime
from tests.collectors.authority import Authority
from tests.real.mail_servers import PASSWORD, USER, dovecot, postfix
from tests.real.name_servers import SIGNED, ZONE, name_servers
from tests.real.nginx import nginx
from tests.real.time_servers import chrony

PROGRAMS = (
    "chronyd",
    "dnsmasq",
    "dnssec-signzone",
    "dovecot",
    "named",
    "nginx",
    "postfix",
    "prometheus-node-exporter",
)
MACHINE, SERVICE, JOB = "ttth-that", "dich-vu-that", "nightly"
TOKEN = "mat-khau-cua-ban-sao-luu"
SECRETS = {"JOB_TOKEN": TOKEN, "MAIL_PASSWORD": PASSWORD}
"""What the environment of that netmon must hold."""

SITE, PLUGINS = Path("inventory", "sites", "that.yaml"), "plugins"
EXPORTER_PORT = 9100
"""The one at which prometheus.yml looks for node_exporter."""

_HOST, _NAME = "127.0.0.1", "may.example.vn"
_PAGE = b'{"status": "UP", "queue": {"length": 3}}'
_PLUGIN = "#!/bin/sh\necho 'OK - 4 jobs | jobs=4 disk=40%;80;90'\n"
_OFTEN = {"interval": "10s"}


async def play(folder: Path) -> None:
    """Run them all until SIGTERM."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    authority = Authority(folder, to_datetime(SystemClock().now()))
    pem = authority.server_file(_NAME)
    _write_plugin(folder / PLUGINS)
    async with AsyncExitStack() as stack:
        secure = {"trust": str(authority.bundle), "server_name": _NAME}
        mail = await stack.enter_async_context(dovecot(pem))
        relay = await stack.enter_async_context(postfix(pem))
        web = await stack.enter_async_context(nginx(_open_room(folder, "web"), (pem, "TLSv1.2 TLSv1.3")))
        names = await stack.enter_async_context(name_servers(_open_room(folder, "names")))
        time = await stack.enter_async_context(chrony(folder, f"allow {_HOST}", "local stratum 3"))
        pages = await stack.enter_async_context(await asyncio.start_server(_show_page, _HOST, 0))
        await stack.enter_async_context(_exporter())
        page = f"http://{_HOST}:{pages.sockets[0].getsockname()[1]}/health"
        steps = [{"name": "health", "expect": {"json": {"/status": "UP"}}, "values": {"queue": "/queue/length"}}]
        account = {"user": USER, "password": "env:MAIL_PASSWORD"}
        dns = {"query": f"portal.{ZONE}", "expect": ["10.20.0.23"], "servers": [SIGNED], "port": names.port}
        checks = [
            {"http": {"url": page, "steps": steps}},
            {"tcp": {"host": _HOST, "port": web.plain}},
            {"tls": {"host": _HOST, "port": web.secure[0], **secure}},
            {"smtp": {"host": _HOST, "port": relay.clear, **secure}},
            {"imap": {"host": _HOST, "port": mail.secure, "security": "tls", **account, **secure}},
            {"dns": dns},
            {"ntp": {"host": _HOST, "port": time}},
        ]
        _write_site(folder / SITE, {"port": web.secure[0], **secure}, checks)
        await stopped.wait()


def _open_room(folder: Path, name: str) -> Path:
    """A folder for one server alone: nginx gives its own away to its user."""
    room = folder / name
    room.mkdir()
    return room


def _write_plugin(folder: Path) -> None:
    folder.mkdir()
    plugin = folder / "check_jobs"
    plugin.write_text(_PLUGIN)
    plugin.chmod(0o755)


def _write_site(path: Path, tls: dict[str, Any], checks: list[dict[str, Any]]) -> None:
    machine = {
        "prometheus": {"port": EXPORTER_PORT, "max_used": 1, "max_files_used": 1, **_OFTEN},
        "plugin": {"program": "check_jobs", **_OFTEN},
        "heartbeat": {"name": JOB, "token": "env:JOB_TOKEN", "period": "1d"},
        "tls": tls,
    }
    site = {
        "site": {"id": "that", "department": "van-phong-ubnd-tinh"},
        "devices": [{"name": MACHINE, "role": "server", "address": _HOST, "checks": machine}],
        "services": [{"id": SERVICE, "kind": "mail", "name": "Dịch vụ thật", "checks": checks}],
    }
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(site, ensure_ascii=False), encoding="utf-8")
    draft.replace(path)


@asynccontextmanager
async def _exporter() -> AsyncIterator[None]:
    """node_exporter; the context begins when it listens."""
    process = await asyncio.create_subprocess_exec(
        "prometheus-node-exporter", f"--web.listen-address={_HOST}:{EXPORTER_PORT}", stderr=asyncio.subprocess.PIPE
    )
    try:
        assert process.stderr is not None
        said = b""
        async with asyncio.timeout(30):
            while b"Listening on" not in said:
                said = await process.stderr.readline()
                assert said, "node_exporter ended instead of starting"
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def _show_page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(_PAGE)}\r\n\r\n"
    writer.write(head.encode() + _PAGE)
    await writer.drain()
    writer.close()


if __name__ == "__main__":
    asyncio.run(play(Path(sys.argv[1])))
