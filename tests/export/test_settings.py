"""Where to listen."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from netmon.export.settings import ExportSettings


@pytest.mark.parametrize(
    ("listen", "address"),
    [("127.0.0.1:9780", ("127.0.0.1", 9780)), ("[::1]:9780", ("::1", 9780)), ("localhost:0", ("localhost", 0))],
)
def test_an_address_and_a_port_are_read(listen: str, address: tuple[str, int]) -> None:
    assert ExportSettings(listen=listen).address == address


@pytest.mark.parametrize(
    "listen", ["127.0.0.1", "9780", "127.0.0.1:http", "127.0.0.1:65536", "::1:9780", "", "[]:1", ":9780"]
)
def test_anything_else_is_refused_with_a_way_out(listen: str) -> None:
    with pytest.raises(ValidationError, match=r"write .*9780"):
        ExportSettings(listen=listen)


def test_netmon_listens_on_loopback_unless_told_otherwise() -> None:
    assert ExportSettings().address == ("127.0.0.1", 9780)
