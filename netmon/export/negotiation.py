"""Content negotiation: which syntax and which encoding a scraper takes (RFC 9110, 12.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netmon.export.syntax import Syntax

_OPENMETRICS_VERSIONS = {None, "1.0.0"}
_TEXT_VERSIONS = {None, "0.0.4"}


def choose_syntax(accept: str) -> Syntax:
    """The syntax that *accept* likes best; text where it likes both alike or says nothing that we speak."""
    wish = {Syntax.TEXT: 0.0, Syntax.OPENMETRICS: 0.0}
    exactness = dict.fromkeys(wish, 0)
    for media, parameters, quality in _ranges(accept):
        for syntax, precision in _matches(media, parameters.get("version")):
            if precision >= exactness[syntax]:
                tie = precision == exactness[syntax]
                wish[syntax] = max(wish[syntax], quality) if tie else quality
                exactness[syntax] = precision
    return Syntax.OPENMETRICS if wish[Syntax.OPENMETRICS] > wish[Syntax.TEXT] else Syntax.TEXT


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether *accept_encoding* takes gzip, by name or by ``*``."""
    qualities = {coding: quality for coding, _, quality in _ranges(accept_encoding)}
    return qualities.get("gzip", qualities.get("*", 0.0)) > 0


def _matches(media: str, version: str | None) -> Iterator[tuple[Syntax, int]]:
    """The syntaxes that a range means, and how exactly it means them."""
    if media == "application/openmetrics-text" and version in _OPENMETRICS_VERSIONS:
        yield Syntax.OPENMETRICS, 3
    elif media == "text/plain" and version in _TEXT_VERSIONS:
        yield Syntax.TEXT, 3
    elif media == "text/*":
        yield Syntax.TEXT, 2
    elif media == "application/*":
        yield Syntax.OPENMETRICS, 2
    elif media == "*/*":
        yield Syntax.TEXT, 1
        yield Syntax.OPENMETRICS, 1


def _ranges(header: str) -> Iterator[tuple[str, Mapping[str, str], float]]:
    for part in header.lower().split(","):
        media, *rest = (piece.strip() for piece in part.split(";"))
        parameters = dict(_parameter(piece) for piece in rest)
        if media:
            yield media, parameters, _quality(parameters.get("q", "1"))


def _parameter(piece: str) -> tuple[str, str]:
    name, _, value = piece.partition("=")
    return name.strip(), value.strip().strip('"')


def _quality(text: str) -> float:
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0.0 <= quality <= 1.0 else 0.0
