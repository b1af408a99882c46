"""Learning a device: what it is, which tables it has, what their rows are called and which columns they answer to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from netmon.collectors.snmp import columns as mib
from netmon.collectors.snmp.columns import Column, Role
from netmon.collectors.snmp.counters import Count
from netmon.collectors.snmp.interfaces import info_readings, name_rows
from netmon.collectors.snmp.rows import Row, Rows
from netmon.model.looks import Failure, Readings
from netmon.model.states import Reason
from netmon.snmp.ber import Value
from netmon.snmp.failures import NoAnswer
from netmon.snmp.pdu import Get
from netmon.snmp.security import MessageVersion
from netmon.snmp.session import SnmpSession
from netmon.snmp.text import clean_text
from netmon.snmp.walk import Index, walk

_MOST_STORAGES = 200
_MOST_PROCESSORS = 512
_FACT_BYTES = 255
_FACTS = {
    "sys_name": mib.SYS_NAME,
    "sys_descr": mib.SYS_DESCR,
    "sys_object_id": mib.SYS_OBJECT_ID,
    "location": mib.SYS_LOCATION,
    "contact": mib.SYS_CONTACT,
}
FACTS = tuple(_FACTS)

Choices = Sequence[tuple[Column, ...]]


@dataclass(slots=True, kw_only=True)
class Knowledge:
    """What is known of a device between two learnings.

    Attributes:
        landmarks: those of `columns.LANDMARKS` that it has.
        scalars: those of `columns.SCALARS` that it has.
        tables: rows of one shape each.
        interfaces: every interface, in the order of their indexes.
        complete: whether the table of interfaces was read to its end.
        finished: whether everything was learned that should be.
        flaws: what went wrong while it was learned.
        broken: where counters stood before the device began anew, or before it was not learned to the end.
    """

    facts: Mapping[str, str] = field(default_factory=dict)
    landmarks: tuple[str, ...] = mib.LANDMARKS
    scalars: tuple[Column, ...] = ()
    tables: list[Rows] = field(default_factory=list)
    interfaces: Sequence[Row] = ()
    info: Readings | None = None
    complete: bool = False
    finished: bool = True
    flaws: list[Failure] = field(default_factory=list)
    broken: dict[object, Count] = field(default_factory=dict)

    def memory(self) -> dict[object, Count]:
        """Where the counters stand, or stood."""
        return self.broken | {key: count for table in self.tables for key, count in table.memory().items()}

    def begin_anew(self) -> None:
        """The device restarted: nothing of its tables holds, but where its counters stood."""
        self.broken = {key: replace(count, broken=True) for key, count in self.memory().items()}
        self.tables = []


class Learner:
    """Learns one device, once; what goes wrong after the first answer is kept as a flaw."""

    def __init__(self, session: SnmpSession, most_interfaces: int, until: float) -> None:
        self._session = session
        self._most_interfaces = most_interfaces
        self._until = until
        self._known = Knowledge()

    async def learn(self, memory: Mapping[object, Count]) -> Knowledge:
        """What the device tells; *memory* is where its counters stood.

        Raises:
            NoAnswer: it does not answer at all.
        """
        self._known.facts = await self._facts()
        try:
            await self._learn_scalars()
            await self._learn_interfaces(memory)
            await self._learn_host(memory)
        except NoAnswer as failure:
            self._note_unfinished(failure)
        return self._known

    def _note_unfinished(self, failure: NoAnswer) -> None:
        self._known.finished = False
        self._known.flaws.append(Failure(Reason.PARTIAL, f"not learned to the end: {failure}"))

    async def _facts(self) -> dict[str, str]:
        values = await self._session.get(Get(tuple(_FACTS.values())), self._until)
        return {
            name: clean_text(value if isinstance(value, bytes) else str(value).encode(), _FACT_BYTES)
            for name, value in zip(_FACTS, values, strict=True)
            if value is not None
        }

    async def _learn_scalars(self) -> None:
        names = (*mib.LANDMARKS, *(column.oid for column in mib.SCALARS))
        values = dict(zip(names, await self._session.get(Get(names), self._until), strict=True))
        self._known.landmarks = tuple(name for name in mib.LANDMARKS if values[name] is not None)
        self._known.scalars = tuple(column for column in mib.SCALARS if values[column.oid] is not None)

    async def _learn_interfaces(self, memory: Mapping[object, Count]) -> None:
        flaws_before = len(self._known.flaws)
        names = await self._walk(mib.IF_NAME, self._most_interfaces)
        descriptions = await self._walk(mib.IF_DESCR, self._most_interfaces)
        complete = len(self._known.flaws) == flaws_before
        named = {index: name for index, name in _octets(names).items() if name}
        described = {index: name for index, name in _octets(descriptions).items() if index not in named}
        rows = name_rows("interface", dict(sorted((named | described).items())))
        self._known.interfaces, self._known.complete = rows, complete
        choices = await self._present(mib.INTERFACE_CHOICES)
        await self._shape([row for row in rows if row.index in named], choices, mib.IF_NAME, memory)
        await self._shape([row for row in rows if row.index not in named], choices, mib.IF_DESCR, memory)
        told = {
            "alias": await self._walk(mib.IF_ALIAS, self._most_interfaces),
            "description": descriptions,
            "mac": await self._walk(mib.IF_PHYS_ADDRESS, self._most_interfaces),
            "type": await self._walk(mib.IF_TYPE, self._most_interfaces),
        }
        self._known.info = info_readings(rows, told) if rows else None

    async def _learn_host(self, memory: Mapping[object, Count]) -> None:
        storages = _octets(await self._walk(mib.STORAGE_DESCR, _MOST_STORAGES))
        await self._shape(name_rows("storage", storages), mib.STORAGE_CHOICES, mib.STORAGE_DESCR, memory)
        processors = await self._walk(mib.PROCESSOR_LOAD, _MOST_PROCESSORS)
        rows = [Row(index, (("processor", str(place)),)) for place, index in enumerate(processors)]
        await self._shape(rows, mib.PROCESSOR_CHOICES, None, memory)

    async def _walk(self, column: str, limit: int) -> dict[Index, Value]:
        walked = await walk(self._session, column, limit, self._until)
        if walked.flaw is not None:
            self._known.flaws.append(walked.flaw)
        return walked.rows

    async def _present(self, choices: Choices) -> Choices:
        """The choices that the device has at all; version 1 knows no 64-bit counters and refuses name by name."""
        if self._session.version is not MessageVersion.V1:
            return choices
        present = []
        for choice in choices:
            kept = [column for column in choice if column.role is not Role.COUNTER64]
            found = [column for column in kept if (await walk(self._session, column.oid, 1, self._until)).rows]
            if found:
                present.append(tuple(found))
        return present

    async def _shape(
        self, rows: Sequence[Row], choices: Choices, proof: str | None, memory: Mapping[object, Count]
    ) -> None:
        """Ask every row for everything once, and keep for each what it answered to."""
        if not rows or not choices:
            return
        trial = Rows(rows, [column for choice in choices for column in choice], proof, {})
        trial.pack(self._session.most_names)
        told = await self._session.get_each(trial.gets, self._until)
        values = told.values
        if told.cut is not None:
            self._note_unfinished(told.cut)
        first = 1 if proof else 0
        shapes = [
            _best(choices, values[begin + first : begin + trial.width]) for begin in range(0, len(values), trial.width)
        ]
        common = Counter(shapes).most_common(1)[0][0] if shapes else tuple(choice[0] for choice in choices)
        shapes += [common] * (len(rows) - len(shapes))
        for shape in dict.fromkeys(shapes):
            alike = [row for row, its in zip(rows, shapes, strict=True) if its == shape]
            if shape:
                table = Rows(alike, shape, proof, memory)
                table.pack(self._session.most_names)
                self._known.tables.append(table)


def _octets(rows: Mapping[Index, Value]) -> dict[Index, bytes]:
    return {index: value for index, value in rows.items() if isinstance(value, bytes)}


def _best(choices: Choices, values: Sequence[Value | None]) -> tuple[Column, ...]:
    """Of each choice the first column with a value; a speed of zero is none where another column has one."""
    best = []
    place = 0
    for choice in choices:
        given = [
            (column, value)
            for column, value in zip(choice, values[place : place + len(choice)], strict=True)
            if value is not None
        ]
        place += len(choice)
        telling = [column for column, value in given if column.role is not Role.SPEED or value]
        if given:
            best.append(telling[0] if telling else given[0][0])
    return tuple(best)
