"""What the reports of a job come to at a moment; pure, so that every case can be told in a table."""

from __future__ import annotations

from netmon.collectors.heartbeat.settings import HeartbeatSettings
from netmon.collectors.miss import failure
from netmon.model.heartbeats import Heartbeat, Signal, Vigil
from netmon.model.looks import Failure
from netmon.model.moments import MINUTE, Duration, Moment, rfc3339
from netmon.model.quantities import format_duration
from netmon.model.states import Reason

_MOST_AHEAD = Duration(5 * MINUTE)
"""A report that is dated so much later than now came while the clock was wrong."""


def find_failure(vigil: Vigil | None, settings: HeartbeatSettings, now: Moment) -> Failure | None:
    """Why the job cannot be called all right at *now*.

    One that never reported is `AWAITED` until its first report is overdue: nothing is known of it either way.
    """
    if vigil is None:
        return failure(Reason.AWAITED, "netmon has not listened for this job yet")
    overrun = _find_overrun(vigil, settings, now)
    if overrun is not None:
        return overrun
    if vigil.ended is not None and vigil.ended.signal is Signal.FAIL:
        return failure(Reason.FAILED, _told(vigil.ended))
    last = vigil.succeeded
    if last is not None and last.at - now > _MOST_AHEAD:
        return failure(Reason.AWAITED, f"the last good report is dated {rfc3339(last.at)}, which is yet to come")
    due = Moment((last.at if last else vigil.since) + settings.patience)
    if now <= due:
        return None if last else failure(Reason.AWAITED, f"no report yet; the first is overdue at {rfc3339(due)}")
    ago = format_duration(Duration(now - due))
    if last is None:
        return failure(Reason.OVERDUE, f"no report since {rfc3339(vigil.since)}; overdue for {ago}")
    return failure(Reason.OVERDUE, f"the last good report came at {rfc3339(last.at)}; overdue for {ago}")


def find_flaw(last: Heartbeat, settings: HeartbeatSettings) -> Failure | None:
    """What is not as it should be in the *last* run that went well."""
    if settings.max_duration is not None and last.took is not None and last.took > settings.max_duration:
        took, most = format_duration(last.took), format_duration(settings.max_duration)
        return failure(Reason.UNEXPECTED, f"{_named(last)} took {took}, expected at most {most}")
    if settings.min_size is not None and (last.size_bytes is None or last.size_bytes < settings.min_size):
        made = "did not tell its size" if last.size_bytes is None else f"made {last.size_bytes:,} bytes"
        expected = f"expected at least {settings.min_size:,}"
        return failure(Reason.UNEXPECTED, f"{_named(last)} {made}, {expected}")
    return None


def _find_overrun(vigil: Vigil, settings: HeartbeatSettings, now: Moment) -> Failure | None:
    if vigil.started is None or settings.max_duration is None or now - vigil.started <= settings.max_duration:
        return None
    most = format_duration(settings.max_duration)
    return failure(Reason.OVERDUE, f"the run that began at {rfc3339(vigil.started)} has not ended within {most}")


def _named(beat: Heartbeat) -> str:
    return f"the run that ended at {rfc3339(beat.at)}"


def _told(beat: Heartbeat) -> str:
    code = f" with exit code {beat.code}" if beat.code is not None else ""
    said = f': "{beat.message}"' if beat.message else ""
    return f"the job reported at {rfc3339(beat.at)} that it failed{code}{said}"
