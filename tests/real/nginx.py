"""A real nginx on free ports of loopback: plain, and with certificates."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

_MAIN = """\
daemon off; master_process off; pid {folder}/pid; error_log stderr notice;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{plain}; location / {{ return 200 "xin chao"; }} }}
{servers}
}}
"""
_SECURE = """\
  server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {pem}; ssl_certificate_key {pem}; ssl_protocols {protocols}; }}
"""


@dataclass(frozen=True)
class Nginx:
    """A running nginx, its plain port, and a port for each of its certificates, in their order."""

    process: asyncio.subprocess.Process
    plain: int
    secure: Sequence[int]

    async def end(self) -> None:
        """Stop it and wait until it is gone."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        await self.process.communicate()


@asynccontextmanager
async def nginx(folder: Path, *certificates: tuple[Path, str]) -> AsyncIterator[Nginx]:
    """nginx with a plain port and one for each of *certificates*: a file with key and chain, and the protocols."""
    plain, *secure = _free_ports(1 + len(certificates))
    servers = "".join(
        _SECURE.format(port=port, pem=pem, protocols=protocols)
        for port, (pem, protocols) in zip(secure, certificates, strict=True)
    )
    config = folder / "nginx.conf"
    config.write_text(_MAIN.format(folder=folder, plain=plain, servers=servers))
    process = await asyncio.create_subprocess_exec(
        "nginx", "-c", str(config), "-e", "stderr", stderr=asyncio.subprocess.PIPE
    )
    running = Nginx(process, plain, secure)
    try:
        assert process.stderr is not None
        said = b""
        async with asyncio.timeout(30):
            while b"using the" not in said:
                said = await process.stderr.readline()
                assert said, "nginx ended instead of starting"
        yield running
    finally:
        await running.end()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
