"""URLs that may be asked for, and how evidence shows them."""

from __future__ import annotations

from urllib.parse import unquote

import httpx

LONGEST_URL = 2_048
_LONGEST_PATH = 80

Origin = tuple[str, str, int | None]


def parse_url(text: str) -> httpx.URL:
    """The URL that *text* is.

    Raises:
        ValueError: it is none that may be asked; the message says why, and never holds a password.
    """
    if len(text) > LONGEST_URL:
        raise ValueError(f"a URL has at most {LONGEST_URL} characters")
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise ValueError(f"this is no URL: {error}") from None
    if url.userinfo:
        raise ValueError("a URL must not carry a user or a password; use headers with a reference to a secret")
    if url.scheme not in ("http", "https"):
        raise ValueError(f'the scheme is "{url.scheme}"; http and https can be asked')
    if not url.host or "%" in url.host:
        raise ValueError("the URL names no host")
    if url.port is not None and not 0 < url.port < 65_536:
        raise ValueError(f"{url.port} is no port")
    return url


def shown(url: httpx.URL) -> str:
    """*url* as evidence may show it: its query is left out, for that is where tokens stand."""
    query = "?…" if url.query else ""
    return f"{url.scheme}://{url.netloc.decode('ascii')}{_shown_path(url)}{query}"


def _shown_path(url: httpx.URL) -> str:
    """The path, cut between two names where it is long: a cut within one would hide a secret in it from its mask."""
    if len(url.path) <= _LONGEST_PATH:
        return url.path
    kept = ""
    for name in url.raw_path.partition(b"?")[0].decode("ascii").split("/")[1:]:
        if len(longer := f"{kept}/{unquote(name)}") > _LONGEST_PATH:
            break
        kept = longer
    return f"{kept}/…"


def origin(url: httpx.URL) -> Origin:
    """Who answers for *url*: what is meant for one origin goes to no other."""
    return url.scheme, url.host, url.port
