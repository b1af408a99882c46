"""What a machine says of itself, translated into netmon's words, whichever exporter said it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from netmon.collectors.labels import label_text
from netmon.collectors.prometheus.dialects import DIALECTS, Dialect, Names, Table
from netmon.collectors.prometheus.exposition import Sample, Samples
from netmon.model.looks import Number

MOST_ROWS = 1_000

_ROWS_IN_A_GO = 500

_Rows = dict[str, dict[str, Number]]

_NO_VOLUME = "HarddiskVolume"  # a partition of Windows without a letter: recovery, boot; small, and full by design
_IMAGES = frozenset({"squashfs", "iso9660", "udf", "cdfs", "erofs", "cramfs", "romfs"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSystem:
    """One file system; what the exporter did not say is ``None``.

    Attributes:
        name: where it is mounted.
        is_image: it cannot be written to, and is full by design.
    """

    name: str
    size: Number | None
    available: Number | None
    used_ratio: float | None
    files: Number | None
    files_free: Number | None
    is_image: bool

    @property
    def files_used_ratio(self) -> float | None:
        """Share of its files that are in use; ``None`` where it has no fixed number of them."""
        if not self.files or self.files_free is None:
            return None
        return 1 - self.files_free / self.files


@dataclass(frozen=True, slots=True)
class ProcessorTime:
    """Seconds that the processors spent since the machine started, in all and idle."""

    total: float
    idle: float

    def busy_since(self, before: ProcessorTime | None) -> float | None:
        """Share that was not idle since *before*; ``None`` where no time has passed, or the machine restarted."""
        if before is None or self.total <= before.total or self.idle < before.idle:
            return None
        return min(1.0, max(0.0, 1 - (self.idle - before.idle) / (self.total - before.total)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A machine, as one scrape shows it.

    Attributes:
        scalars: numbers by netmon's families.
        pulse: a number that is another at every scrape, as long as it is the machine that speaks; its own clock, or
            else its processors' time.
        modes: seconds that the processors spent in each mode, all that were told.
        interfaces: a column for each family, a row for each of *interface_names*.
        failed: the parts of the exporter that did not work this time.
        broken: the file systems that could not be asked.
        cut: what has more than `MOST_ROWS` rows.
    """

    dialect: Dialect
    scalars: Mapping[str, Number]
    uptime: float | None
    pulse: float | None
    processors: int
    processor_time: ProcessorTime | None
    modes: Mapping[str, float]
    filesystems: Sequence[FileSystem]
    interface_names: Sequence[str]
    interfaces: Mapping[str, Sequence[Number | None]]
    facts: Mapping[str, str]
    failed: Sequence[str] = field(default=())
    broken: Sequence[str] = field(default=())
    cut: Sequence[str] = field(default=())


def recognize(samples: Samples) -> Dialect | None:
    """The exporter that says such things."""
    return next((one for one in DIALECTS if not one.names.isdisjoint(samples)), None)


async def translate(samples: Samples, dialect: Dialect, *, now_seconds: float, ignore: Sequence[str]) -> Host:
    """What *samples* say in *dialect*; others have their turn meanwhile, however many there are.

    Args:
        now_seconds: the time, for an exporter that does not tell its own.
        ignore: patterns of the file systems that are left out.
    """
    processors = dialect.processors
    times = [
        (labels, value) for labels, value in samples.get(processors.time, ()) if math.isfinite(value) and value >= 0
    ]
    kept = await _drop_ignored(await _rows(samples, dialect.filesystems, dialect), ignore)
    broken = sorted(name for name, row in kept.items() if row.get("broken"))
    interfaces = await _rows(samples, dialect.interfaces, dialect)
    names = list(interfaces)[:MOST_ROWS]
    images = _images(samples, dialect)
    processor_time = _processor_time(times, dialect)
    return Host(
        dialect=dialect,
        scalars=_scalars(samples, dialect),
        uptime=_uptime(samples, dialect, now_seconds),
        pulse=_own_clock(samples, dialect) or (processor_time.total if processor_time else None),
        processors=len({labels.get(processors.label) for labels, _ in times}),
        processor_time=processor_time,
        modes=_modes(times),
        filesystems=[
            _filesystem(name, row, is_image=bool(row.get("readonly")) or name in images)
            for name, row in list(kept.items())[:MOST_ROWS]
            if row.get("size") and name not in broken
        ],
        interface_names=names,
        interfaces={
            family: [interfaces[name].get(family) for name in names]
            for family in dialect.interfaces.columns
            if any(family in interfaces[name] for name in names)
        },
        facts=_facts(samples, dialect),
        failed=_failed(samples, dialect),
        broken=broken,
        cut=[what for what, rows in (("file systems", kept), ("interfaces", interfaces)) if len(rows) > MOST_ROWS],
    )


def _number(value: float) -> Number | None:
    """*value* as a count or a size; ``None`` where it is none (exporters say -1, or NaN, of what they do not know)."""
    if not math.isfinite(value) or value < 0:
        return None
    return int(value) if value.is_integer() else value


def _first(samples: Samples, names: Names) -> tuple[str, Sequence[Sample]]:
    return next(((name, samples[name]) for name in names if name in samples), ("", ()))


def _scalars(samples: Samples, dialect: Dialect) -> dict[str, Number]:
    found: dict[str, Number] = {}
    for family, names in dialect.scalars.items():
        _, rows = _first(samples, names)
        if rows and (value := _number(sum(value for _, value in rows))) is not None:
            found[family] = value
    return found


def _uptime(samples: Samples, dialect: Dialect, now_seconds: float) -> float | None:
    _, booted = _first(samples, dialect.boot)
    if not booted:
        return None
    told = _own_clock(samples, dialect)
    up = (now_seconds if told is None else told) - booted[0][1]
    return up if math.isfinite(up) and up >= 0 else None


def _own_clock(samples: Samples, dialect: Dialect) -> float | None:
    _, told = _first(samples, dialect.now)
    return told[0][1] if told else None


def _processor_time(times: Sequence[Sample], dialect: Dialect) -> ProcessorTime | None:
    processors = dialect.processors
    counted = [(labels.get("mode"), value) for labels, value in times if labels.get("mode") in processors.modes]
    if not counted:
        return None
    idle = math.fsum(value for mode, value in counted if mode in processors.idle)
    return ProcessorTime(total=math.fsum(value for _, value in counted), idle=idle)


def _modes(times: Iterable[Sample]) -> dict[str, float]:
    found: dict[str, float] = {}
    for labels, value in times:
        mode = label_text(labels.get("mode", ""))
        if mode in found or len(found) < MOST_ROWS:
            found[mode] = found.get(mode, 0.0) + value
    return found


async def _rows(samples: Samples, table: Table, dialect: Dialect) -> _Rows:
    """The rows of *table* by their names; of two with one name the first counts."""
    found: _Rows = {}
    for column, names in table.columns.items():
        told, rows = _first(samples, names)
        for count, (labels, value) in enumerate(rows, 1):
            if count % _ROWS_IN_A_GO == 0:
                await asyncio.sleep(0)
            if (number := _number(value * dialect.scales.get(told, 1))) is not None:
                found.setdefault(label_text(labels.get(table.label, "")), {}).setdefault(column, number)
    return found


def _filesystem(name: str, row: Mapping[str, Number], *, is_image: bool) -> FileSystem:
    size, free = row.get("size"), row.get("free")
    available = row.get("available", free)
    used_ratio = None
    if size is not None and free is not None and available is not None and size - free + available > 0:
        used_ratio = min(1.0, max(0.0, (size - free) / (size - free + available)))
    return FileSystem(
        name=name,
        size=size,
        available=available,
        used_ratio=used_ratio,
        files=row.get("files"),
        files_free=row.get("files_free"),
        is_image=is_image,
    )


def _images(samples: Samples, dialect: Dialect) -> frozenset[str]:
    """The file systems whose type says that they are images."""
    _, rows = _first(samples, dialect.filesystems.columns["size"])
    label = dialect.filesystems.label
    return frozenset(label_text(labels.get(label, "")) for labels, _ in rows if labels.get("fstype", "") in _IMAGES)


async def _drop_ignored(rows: _Rows, ignore: Sequence[str]) -> _Rows:
    kept: _Rows = {}
    tried = 0
    for name, row in rows.items():
        if not _is_ignored(name, ignore):
            kept[name] = row
        tried += 1 + len(ignore)
        if tried >= _ROWS_IN_A_GO:
            tried = 0
            await asyncio.sleep(0)
    return kept


def _is_ignored(name: str, ignore: Sequence[str]) -> bool:
    return name.startswith(_NO_VOLUME) or any(fnmatchcase(name, pattern) for pattern in ignore)


def _facts(samples: Samples, dialect: Dialect) -> dict[str, str]:
    facts: dict[str, str] = {}
    for fact, places in dialect.facts.items():
        told = (labels[label] for family, label in places for labels, _ in samples.get(family, ()) if labels.get(label))
        if (text := next(told, None)) is not None:
            facts[fact] = label_text(text)
    return facts


def _failed(samples: Samples, dialect: Dialect) -> list[str]:
    rows = samples.get(dialect.success, ())
    return sorted({labels.get("collector", "") for labels, value in rows if not value} & dialect.collectors)
