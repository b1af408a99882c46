"""A log-in in steps through a real nginx: its form, its cookie and its JSON, before an application of our own."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from netmon.collectors.http import KIND
from netmon.kernel.clock import SystemClock
from netmon.model.looks import Outcome
from netmon.model.moments import SECOND, Duration
from netmon.model.states import Reason
from tests.collectors.makers import check, ground
from tests.real.conftest import needs
from tests.real.daemon import free_port

pytestmark = [pytest.mark.real, needs("nginx")]

PASSWORD = "mật khẩu & 100% dài"
SESSION = "phien-3f9c2a77"
CSRF = "a1&b2"
CONFIG = """\
daemon off; master_process off; pid {folder}/pid; error_log stderr notice;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{
    listen 127.0.0.1:{port};
    location = / {{ return 302 /login; }}
    location = /login {{ proxy_pass http://127.0.0.1:{behind}; }}
    location /api/ {{
      if ($cookie_sid != "{session}") {{ return 401 "log in first"; }}
      default_type application/json;
      return 200 '{{"user": {{"name": "netmon"}}, "cases": {{"open": 17}}}}';
    }}
  }}
}}
"""


async def application(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Shows a form with a token; whoever sends it back with the right password gets a session and is led on."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next((int(line[15:]) for line in head.split("\r\n") if line.lower().startswith("content-length:")), 0)
    sent = parse_qs((await reader.readexactly(length)).decode())
    if not head.startswith("POST"):
        form = f'<html><input name="csrf" value="{CSRF.replace("&", "&amp;")}"></html>'.encode()
        said = f"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(form)}\r\n\r\n".encode() + form
    elif (sent["csrf"], sent["password"]) == ([CSRF], [PASSWORD]):
        said = f"HTTP/1.0 303 See Other\r\nSet-Cookie: sid={SESSION}; Path=/\r\nLocation: /api/me\r\n\r\n".encode()
    else:
        said = f"HTTP/1.0 200 OK\r\n\r\nSai mật khẩu: {sent['password'][0]}".encode()
    writer.write(said)
    await writer.drain()
    writer.close()


@asynccontextmanager
async def portal(folder: Path) -> AsyncIterator[int]:
    """The port of nginx with the application behind it."""
    async with await asyncio.start_server(application, "127.0.0.1", 0) as server:
        port, behind = free_port(), server.sockets[0].getsockname()[1]
        config = folder / "nginx.conf"
        config.write_text(CONFIG.format(folder=folder, port=port, behind=behind, session=SESSION))
        command = ["nginx", "-c", str(config), "-e", "stderr"]
        process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
        try:
            assert process.stderr is not None
            async with asyncio.timeout(30):
                while b"using the" not in (said := await process.stderr.readline()):
                    assert said, "nginx ended instead of starting"
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            await process.communicate()


async def look(port: int, password: str) -> Outcome:
    steps: list[dict[str, Any]] = [
        {"name": "form", "capture": {"csrf": {"regex": 'name="csrf" value="([^"]+)"'}}},
        {
            "name": "login",
            "url": "login",
            "method": "POST",
            "form": {"user": "netmon", "password": "env:PORTAL", "csrf": "${csrf}"},
            "expect": {"json": {"/user/name": "netmon"}},
        },
        {
            "name": "cases",
            "url": "api/cases",
            "expect": {"json": {"/cases/open": {"below": 100}}},
            "values": {"open": "/cases/open"},
        },
    ]
    async with KIND.open(ground(clock=SystemClock(), secrets={"env:PORTAL": password})) as questions:
        spec = check("http", "127.0.0.1", {"url": f"http://127.0.0.1:{port}/", "steps": steps})
        return await questions.collector(spec, ()).look(Duration(20 * SECOND))


async def test_a_log_in_is_up_with_the_right_password_and_names_its_step_with_another(tmp_path: Path) -> None:
    async with portal(tmp_path) as port:
        good = await look(port, PASSWORD)
        bad = await look(port, "sai-mat-khau")

    assert good.failure is None
    tables = {name: table for table in good.readings for name in table.columns}
    steps = tables["netmon_http_step_duration_seconds"].labels
    assert [dict(row)["step"] for row in steps] == ["form", "login", "cases"]
    assert tables["netmon_http_value"].columns == {"netmon_http_value": (17.0,)}
    assert bad.failure is not None
    assert bad.failure.reason is Reason.MALFORMED
    assert bad.failure.evidence == (
        f'step "login": http://127.0.0.1:{port}/login: the answer is no JSON (Expecting value in line 1, column 1); '
        'it begins "Sai mật khẩu: ***"'
    )
