"""Who listens at an address."""

from __future__ import annotations

import os
import socket

from netmon.cli.occupants import occupant


def test_a_program_that_listens_is_named_with_its_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        found = occupant(listening.getsockname()[1])

    assert found is not None
    assert found.endswith(f"(process {os.getpid()})")


def test_a_free_port_has_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    assert occupant(port) is None
