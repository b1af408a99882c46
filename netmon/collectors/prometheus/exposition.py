"""Reads an exposition: every line is looked at, but only those of wanted names are read by prometheus-client."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from netmon.collectors.miss import MissError, excerpt
from netmon.model.states import Reason

Sample = tuple[Mapping[str, str], float]
"""Labels and value."""

Samples = Mapping[str, Sequence[Sample]]
"""What was said, by the names in the sample lines."""

_READ_OPENMETRICS: Callable[[str], Iterable[Metric]] = read_openmetrics
_READ_TEXT: Callable[[str], Iterable[Metric]] = read_text

_LONGEST_LINE = 64 * 2**10
_LONGEST_WANTED_LINE = 4 * 2**10
_MOST_WANTED = 20_000
_LINES_IN_A_GO = 2_000
_WANTED_IN_A_GO = 25
_WANTED_BYTES_IN_A_GO = 8 * 2**10
_END = b"# EOF"
_OPENMETRICS = "application/openmetrics-text"

_NAME = re.compile(rb'([a-zA-Z_:][a-zA-Z0-9_:]*)(?=[{ \t])|\{ *"')
_TYPE = re.compile(rb"# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) ")


@dataclass(slots=True)
class Exposition:
    """What an exporter said: how many samples in all, and those that were wanted."""

    count: int = 0
    samples: dict[str, list[Sample]] = field(default_factory=dict)


@dataclass(slots=True)
class _Chosen:
    """The lines of wanted names in their order, each with the line that tells its type, where there is one."""

    lines: list[tuple[bytes, bytes]] = field(default_factory=list)
    count: int = 0


async def read_exposition(body: bytearray, content_type: str, wanted: Collection[str], *, where: str) -> Exposition:
    """The samples of *wanted* names in *body*; others are counted.

    Raises:
        MissError: it is no exposition, is cut off, or has more of them than any machine.
    """
    is_openmetrics = content_type.strip().lower().startswith(_OPENMETRICS)
    chosen = await _choose(body, frozenset(name.encode() for name in wanted), where)
    if is_openmetrics and not body.rstrip(b"\r\n").endswith(_END):
        raise MissError(Reason.CUT_OFF, f"{where}: the exposition has no end mark (# EOF)")
    if not chosen.count:
        raise MissError(Reason.MALFORMED, f"{where}: no sample in {len(body)} bytes")
    found = Exposition(chosen.count)
    for type_line, lines in _pieces(chosen.lines):
        for family in _parse(type_line, lines, where, is_openmetrics=is_openmetrics):
            for sample in family.samples:
                found.samples.setdefault(sample.name, []).append((sample.labels, float(sample.value)))
        await asyncio.sleep(0)
    return found


async def _choose(body: bytearray, wanted: frozenset[bytes], where: str) -> _Chosen:
    chosen = _Chosen()
    type_line = b""
    for number, line in enumerate(_lines(body, where), 1):
        if number % _LINES_IN_A_GO == 0:
            await asyncio.sleep(0)
        if line.startswith(b"#") or not line:
            if said := _TYPE.match(line):
                is_wanted = said[1] in wanted or said[1] + b"_total" in wanted
                type_line = line if is_wanted and len(line) <= _LONGEST_WANTED_LINE else b""
            continue
        name = _NAME.match(line)
        if name is None:
            quoted = excerpt(line[:200].decode("utf-8", "replace"))
            raise MissError(Reason.MALFORMED, f'{where}: line {number} is no sample: "{quoted}"')
        chosen.count += 1
        if name[1] not in wanted:
            continue
        if len(line) > _LONGEST_WANTED_LINE or len(chosen.lines) >= _MOST_WANTED:
            evidence = f"{where}: more than {_MOST_WANTED} samples of a kind, or one longer than 4 KiB (line {number})"
            raise MissError(Reason.TOO_LARGE, evidence)
        chosen.lines.append((type_line, line))
    return chosen


def _lines(body: bytearray, where: str) -> Iterator[bytes]:
    begin = 0
    while begin < len(body):
        end = body.find(b"\n", begin)
        end = len(body) if end < 0 else end
        if end - begin > _LONGEST_LINE:
            raise MissError(Reason.MALFORMED, f"{where}: a line of more than {_LONGEST_LINE} bytes")
        yield bytes(body[begin:end]).strip()
        begin = end + 1


def _pieces(lines: Sequence[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, list[bytes]]]:
    """A few lines at a time, of one type each, so that others have their turn between them."""
    piece: list[bytes] = []
    of_type = b""
    length = 0
    for type_line, line in lines:
        is_full = len(piece) >= _WANTED_IN_A_GO or length >= _WANTED_BYTES_IN_A_GO
        if piece and (type_line != of_type or is_full):
            yield of_type, piece
            piece, length = [], 0
        of_type = type_line
        length += len(line)
        piece.append(line)
    if piece:
        yield of_type, piece


def _parse(type_line: bytes, lines: Iterable[bytes], where: str, *, is_openmetrics: bool) -> list[Metric]:
    try:
        text = b"".join(b"%s\n" % line for line in (type_line, *lines) if line).decode()
        return list(_READ_OPENMETRICS(f"{text}# EOF\n") if is_openmetrics else _READ_TEXT(text))
    except (ValueError, IndexError) as error:  # the parser fails with an IndexError on some broken lines
        said = excerpt(str(error)) or "a broken line"
        raise MissError(Reason.MALFORMED, f"{where}: the exposition cannot be read ({said})") from error
