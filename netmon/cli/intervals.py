"""The history of one entity as stretches of time: what was believed, cut by the time in which nobody looked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from netmon.model.looks import Failure
from netmon.model.moments import Duration, Moment, Span
from netmon.model.states import State
from netmon.ports import Interval
from netmon.store.reading import Life


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Time in which one thing was believed.

    Attributes:
        state: ``None`` where nobody looked: unmonitored.
        is_open: whether it still goes on.
    """

    span: Span
    state: State | None
    failure: Failure | None = None
    is_open: bool = False

    @property
    def length(self) -> Duration:
        """How long it lasted, within what was asked for."""
        return self.span.length


def unwatched(lives: Sequence[Life], span: Span, *, is_running: bool) -> tuple[Span, ...]:
    """Where in *span* nobody looked: before the first life, from each last beat to the next life, and since the last.

    *lives* are those of one poller, in order.
    """
    gaps, ended = [], span.since
    for life in lives:
        if life.began > ended:
            gaps.append((ended, life.began))
        ended = max(ended, life.last_beat)
    if not is_running:
        gaps.append((ended, span.until))
    return tuple(_within(gaps, span))


def stretches(intervals: Iterable[Interval], gaps: Sequence[Span], span: Span, now: Moment) -> tuple[Stretch, ...]:
    """*span* cut by the *intervals* of an entity and the *gaps* in which nobody looked.

    Time before the first interval, and between two, was not looked at either.
    """
    found, reached = [], span.since
    for interval in intervals:
        until = span.until if interval.until is None else interval.until
        for own in _within([(interval.status.since, until)], Span(reached, span.until)):
            if own.since > reached:
                found.append(Stretch(span=Span(reached, own.since), state=None))
            found.extend(_cut(own, interval, gaps))
            reached = own.until
    if reached < span.until:
        found.append(Stretch(span=Span(reached, span.until), state=None))
    joined = tuple(_joined(found))
    if joined and span.until >= now:
        last = joined[-1]
        joined = (*joined[:-1], Stretch(span=last.span, state=last.state, failure=last.failure, is_open=True))
    return joined


def _cut(own: Span, interval: Interval, gaps: Sequence[Span]) -> Iterator[Stretch]:
    at = own.since
    for gap in _within([(gap.since, gap.until) for gap in gaps], own):
        if gap.since > at:
            yield Stretch(span=Span(at, gap.since), state=interval.status.state, failure=interval.status.failure)
        yield Stretch(span=gap, state=None)
        at = gap.until
    if at < own.until:
        yield Stretch(span=Span(at, own.until), state=interval.status.state, failure=interval.status.failure)


def _within(spans: Iterable[tuple[Moment, Moment]], bounds: Span) -> Iterator[Span]:
    for since, until in spans:
        first, last = max(since, bounds.since), min(until, bounds.until)
        if first < last:
            yield Span(first, last)


def _joined(found: Iterable[Stretch]) -> Iterator[Stretch]:
    """Neighbours in which nobody looked are one."""
    waiting: Stretch | None = None
    for stretch in found:
        if waiting is not None and waiting.state is None is stretch.state:
            waiting = Stretch(span=Span(waiting.span.since, stretch.span.until), state=None)
            continue
        if waiting is not None:
            yield waiting
        waiting = stretch
    if waiting is not None:
        yield waiting
