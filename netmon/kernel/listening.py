"""Addresses to listen on, as people write them: a host and a port."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema


def split_listen(listen: str) -> tuple[str, int]:
    """The host and the port of *listen*.

    Raises:
        ValueError: it does not say both; the message says what to write.
    """
    host, _, port = listen.rpartition(":")
    if not host.strip("[]") or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise ValueError(f'"{listen}" is not an address and a port; write 127.0.0.1:9780 or "[::1]:9780"')
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise ValueError(f'"{listen}" is ambiguous; write an IPv6 address in brackets: "[::1]:9780"')
    return host.strip("[]"), int(port)


def _listen(text: str) -> str:
    split_listen(text)
    return text


ListenText = Annotated[
    str,
    AfterValidator(_listen),
    WithJsonSchema({"type": "string", "pattern": r"^.*:\d{1,5}$", "examples": ["127.0.0.1:9780"]}),
]
"""An address and a port to listen on, such as ``127.0.0.1:9780`` or ``[::1]:9780``."""
