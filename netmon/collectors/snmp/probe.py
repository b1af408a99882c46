"""The snmp probe: learn a device once, then ask for its numbers, and learn it anew when it is no longer the same."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from netmon.collectors.snmp import columns as mib
from netmon.collectors.snmp.interfaces import find_states, missing
from netmon.collectors.snmp.learn import Knowledge, Learner
from netmon.collectors.snmp.rows import Rows
from netmon.collectors.snmp.settings import SnmpSettings
from netmon.collectors.snmp.uptime import Uptime, first_uptime, next_uptime
from netmon.model.looks import Failure, Finding, Number, Outcome, Readings
from netmon.model.moments import Duration, in_seconds, seconds
from netmon.model.states import Reason
from netmon.snmp.ber import Value
from netmon.snmp.failures import NoAnswer
from netmon.snmp.pdu import Get
from netmon.snmp.session import SnmpSession

UPTIME = "netmon_device_uptime_seconds"

_SCALAR_LABELS = ((),)
_MISSING_PATIENCE_SECONDS = 600.0


@dataclass(slots=True)
class _Answer:
    """What one round of questions brought.

    Attributes:
        strangers: how many rows are not those that were learned.
        cut: what ended the round before its end.
        missing: whether an instance that was there is not.
    """

    readings: list[Readings] = field(default_factory=list)
    strangers: int = 0
    cut: NoAnswer | None = None
    missing: bool = False


class SnmpCollector:
    """Looks at one device by SNMP."""

    def __init__(self, session: SnmpSession, settings: SnmpSettings, watched: Sequence[str]) -> None:
        self._session = session
        self._settings = settings
        self._watched = watched
        self._known = Knowledge()
        self._learned_at: float | None = None
        self._scalars = Get(self._known.landmarks)
        self._tables_said: tuple[Value | None, ...] | None = None
        self._uptime: Uptime | None = None
        self._most_names = session.most_names
        self._changed = False
        self._missing = False

    async def look(self, timeout: Duration) -> Outcome:
        """Ask for everything that was learned; learn first where that is due."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        until = began + in_seconds(timeout)
        try:
            answer = await self._ask_or_learn(until)
        except NoAnswer as failure:
            return Outcome(took=seconds(loop.time() - began), failure=failure.failure)
        return Outcome(
            took=seconds(loop.time() - began),
            flaw=self._flaw(answer),
            findings=self._findings(answer),
            readings=tuple(answer.readings),
            facts=self._known.facts,
        )

    async def _ask_or_learn(self, until: float) -> _Answer:
        """Ask what tells whether the device is the same, learn where that or the calendar wants it, ask for the rest.

        Raises:
            NoAnswer: not even the first question was answered.
        """
        scalars: Readings | None = await self._ask_scalars(until)
        if self._learning_is_due():
            await self._learn(until)
            scalars = None
        answer = await self._ask(scalars, until)
        if answer.strangers and answer.cut is None:
            await self._learn(until)
            answer = await self._ask(None, until)
        if answer.strangers:
            self._changed = True
        return answer

    def _learning_is_due(self) -> bool:
        if self._learned_at is None or self._changed:
            return True
        age = asyncio.get_running_loop().time() - self._learned_at
        return age >= in_seconds(self._settings.relearn) or (self._missing and age >= _MISSING_PATIENCE_SECONDS)

    async def _learn(self, until: float) -> None:
        self._learned_at = None
        learner = Learner(self._session, self._settings.max_interfaces, until)
        memory = self._known.memory()
        self._known = await learner.learn(memory)
        if not self._known.finished:  # the tables that are missing go on from there when they are learned
            self._known.broken = memory
        self._scalars = Get((*self._known.landmarks, *(column.oid for column in self._known.scalars)))
        self._most_names = self._session.most_names
        self._changed = False
        self._missing = not self._known.finished
        if self._known.finished or self._known.tables:
            self._learned_at = asyncio.get_running_loop().time()

    async def _ask(self, scalars: Readings | None, until: float) -> _Answer:
        """The scalars, unless they are at hand, then the tables; what was had is kept."""
        self._repack_if_too_big()
        answer = _Answer()
        try:
            answer.readings.append(scalars or await self._ask_scalars(until))
            for table in self._known.tables:
                answer.readings.append(await self._ask_table(table, answer, until))
                if answer.cut is not None:
                    break
        except NoAnswer as failure:
            answer.cut = failure
        if self._known.info is not None:
            answer.readings.append(self._known.info)
        self._missing = self._missing or answer.missing
        return answer

    async def _ask_scalars(self, until: float) -> Readings:
        """The scalars, in one question with the landmarks."""
        values = await self._session.get(self._scalars, until)
        landmarks = dict(zip(self._known.landmarks, values, strict=False))
        self._note_landmarks(landmarks, asyncio.get_running_loop().time())
        columns: dict[str, Sequence[Number | None]] = {}
        if self._uptime is not None:
            columns[UPTIME] = (self._uptime.seconds,)
        for column, value in zip(self._known.scalars, values[len(landmarks) :], strict=True):
            if isinstance(value, int) and column.metric:
                columns[column.metric] = (column.convert(value) if column.convert else value,)
        return Readings(_SCALAR_LABELS, columns)

    async def _ask_table(self, table: Rows, answer: _Answer, until: float) -> Readings:
        stretched = await self._session.get_stretches(table.stretches, until)
        values = stretched.values
        told = await self._session.get_each(table.left_over(values), until)
        if stretched.cut is not None and told.cut is None:  # an agent, or a way to it, that loses large answers alone
            self._session.takes_stretches = False
        answer.cut = told.cut
        values += told.values
        answer.strangers += table.drop_strangers(values)
        answer.missing = answer.missing or None in values
        values += [None] * (len(table) * table.width - len(values))
        return table.read(values, asyncio.get_running_loop().time())

    def _note_landmarks(self, said: Mapping[str, Value | None], at: float) -> None:
        """Follow the uptime, and see whether the device must be learned anew."""
        ticks, engine = said.get(mib.SYS_UPTIME), said.get(mib.ENGINE_TIME)
        restarted = False
        if isinstance(ticks, int):
            if self._uptime is None:
                self._uptime = first_uptime(ticks, at, engine if isinstance(engine, int) else None)
            else:
                self._uptime, restarted = next_uptime(self._uptime, ticks, at)
        if restarted:  # its counters began anew with it
            self._known.begin_anew()
        tables = said.get(mib.IF_NUMBER), said.get(mib.IF_TABLE_LAST_CHANGE)
        self._changed = self._changed or restarted or tables != (self._tables_said or tables)
        self._tables_said = tables

    def _repack_if_too_big(self) -> None:
        if self._session.most_names == self._most_names:
            return
        self._most_names = self._session.most_names
        for table in self._known.tables:
            table.pack(self._most_names)

    def _flaw(self, answer: _Answer) -> Failure | None:
        if answer.cut is not None:
            reason = answer.cut.failure.reason
            return Failure(Reason.PARTIAL, f"part of the answer is missing ({reason.value}: {answer.cut})")
        if answer.strangers:
            return Failure(Reason.PARTIAL, f"{answer.strangers} rows are not what they were a moment ago")
        odd = sum(table.odd for table in self._known.tables)
        if odd:
            return Failure(Reason.PARTIAL, f"{odd} values that should be numbers are not")
        return self._known.flaws[0] if self._known.flaws else None

    def _findings(self, answer: _Answer) -> tuple[Finding, ...]:
        found = find_states(self._watched, answer.readings)
        return found + missing(self._watched, self._known.interfaces) if self._known.complete else found
