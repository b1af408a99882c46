"""Real chrony on free ports of loopback, which leaves the clock of this machine alone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.real.daemon import free_port

_CONFIG = """\
port {port}
bindaddress 127.0.0.1
cmdport 0
bindcmdaddress /
pidfile {folder}/chrony-{port}.pid
{rest}
"""


@asynccontextmanager
async def chrony(folder: Path, *rest: str) -> AsyncIterator[int]:
    """chronyd with *rest* in its configuration, and the port at which it gives the time."""
    if os.geteuid() != 0:
        pytest.skip("chronyd starts as root only")
    port = free_port()
    config = folder / f"chrony-{port}.conf"
    config.write_text(_CONFIG.format(port=port, folder=folder, rest="\n".join(rest)))
    process = await asyncio.create_subprocess_exec(
        "chronyd", "-d", "-x", "-u", "root", "-f", str(config), stderr=asyncio.subprocess.PIPE
    )
    try:
        assert process.stderr is not None
        said = b""
        async with asyncio.timeout(30):
            while b"Disabled control of system clock" not in said:
                line = await process.stderr.readline()
                said += line
                assert line, f"chronyd ended instead of starting: {said.decode()}"
        yield port
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()
