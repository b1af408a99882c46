"""What is kept, as rows: each maker stands beside the statement whose values it gives."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from netmon.model.ids import CheckId
from netmon.model.log import Looked, Run
from netmon.model.looks import Failure, Finding, Look, Occasion
from netmon.model.moments import Duration, Moment
from netmon.model.states import Reason, State, Verdict
from netmon.ports import Latest
from netmon.store.insertion import Insertion, Row

ADD_LOOK = Insertion(
    table="looks",
    columns=(
        "life", "sequence", "check_id", "plan", "at", "took", "known",
        "verdict", "reason", "evidence", "occasion", "opener", "findings",
    ),
    key=("life", "sequence"),
)  # fmt: skip


def look_row(looked: Looked, life: int) -> Row:
    """The values of `ADD_LOOK`."""
    look = looked.look
    return (life, looked.sequence, look.check, looked.plan, look.at, look.took, look.known, *_told(look))


ADD_RUN = Insertion(
    table="runs",
    columns=("check_id", "life", "first", "count", "interval", "plan", "verdict", "reason", "findings"),
    key=("check_id", "life", "first"),
    again="DO UPDATE SET count = excluded.count WHERE excluded.count > runs.count",
    newer="count",
)


def run_row(run: Run, life: int) -> Row:
    """The values of `ADD_RUN`."""
    reason = None if run.reason is None else run.reason.value
    return (
        run.check, life, run.first, run.count, run.interval, run.plan, run.verdict.value, reason,
        findings_text(run.findings),
    )  # fmt: skip


ADD_LAST_LOOK = Insertion(
    table="last_looks",
    columns=("poller", "check_id", "looked_at", "answered_at"),
    key=("poller", "check_id"),
    again="""DO UPDATE SET
    looked_at = CASE WHEN excluded.looked_at > last_looks.looked_at
                     THEN excluded.looked_at ELSE last_looks.looked_at END,
    answered_at = CASE WHEN last_looks.answered_at IS NULL OR excluded.answered_at > last_looks.answered_at
                       THEN excluded.answered_at ELSE last_looks.answered_at END""",
)


def last_look_rows(looks: Iterable[Looked], runs: Iterable[Run], poller: str) -> list[Row]:
    """The values of `ADD_LAST_LOOK`: drawn from the rows that are kept beside them, and from nothing else."""
    looked: dict[CheckId, Moment] = {}
    answered: dict[CheckId, Moment] = {}
    for entry in looks:
        _advance(looked, entry.look.check, entry.look.at)
        if entry.look.verdict is not Verdict.MISSED:
            _advance(answered, entry.look.check, entry.look.at)
    for run in runs:
        _advance(looked, run.check, run.last)
        if run.verdict is not Verdict.MISSED:
            _advance(answered, run.check, run.last)
    return [(poller, check, at, answered.get(check)) for check, at in looked.items()]


ADD_LATEST = Insertion(
    table="latest",
    columns=(
        "check_id", "at", "took", "verdict", "reason", "evidence",
        "occasion", "opener", "findings", "scalars", "facts",
    ),
    key=("check_id",),
    again="""DO UPDATE SET
    at = excluded.at, took = excluded.took, verdict = excluded.verdict, reason = excluded.reason,
    evidence = excluded.evidence, occasion = excluded.occasion, opener = excluded.opener,
    findings = excluded.findings, scalars = excluded.scalars, facts = excluded.facts
    WHERE excluded.at >= latest.at""",
    newer="at",
)  # fmt: skip


def latest_row(latest: Latest) -> Row:
    """The values of `ADD_LATEST`."""
    look = latest.look
    return (look.check, look.at, look.took, *_told(look), json_text(latest.values), json_text(latest.facts))


def look_of(row: Any) -> Look:
    """The look of a row of ``looks`` or ``latest``."""
    return Look(
        check=row.check_id,
        at=row.at,
        took=row.took,
        verdict=Verdict(row.verdict),
        occasion=Occasion(row.occasion),
        opener=row.opener,
        failure=failure_of(row.reason, row.evidence),
        findings=findings_of(row.findings),
    )


def run_of(row: Any) -> Run:
    """The run of a row of ``runs``."""
    return Run(
        check=row.check_id,
        plan=row.plan,
        first=row.first,
        count=row.count,
        interval=Duration(row.interval),
        verdict=Verdict(row.verdict),
        reason=None if row.reason is None else Reason(row.reason),
        findings=findings_of(row.findings),
    )


def latest_of(row: Any) -> Latest:
    """What a row of ``latest`` holds."""
    return Latest(look=look_of(row), values=json.loads(row.scalars), facts=json.loads(row.facts))


def failure_of(reason: str | None, evidence: str | None) -> Failure | None:
    """The failure that two columns hold."""
    return None if reason is None else Failure(Reason(reason), evidence or "")


def findings_text(findings: Sequence[Finding]) -> str | None:
    """*findings* as JSON: an array of interface, state, reason and evidence for each."""
    if not findings:
        return None
    rows = [
        [found.interface, found.state.value]
        + ([found.failure.reason.value, found.failure.evidence] if found.failure else [])
        for found in findings
    ]
    return json_text(rows)


def findings_of(text: str | None) -> tuple[Finding, ...]:
    """What `findings_text` wrote."""
    if text is None:
        return ()
    return tuple(
        Finding(interface, State(state), Failure(Reason(why[0]), why[1]) if why else None)
        for interface, state, *why in json.loads(text)
    )


def json_text(value: Mapping[str, object] | Sequence[object]) -> str:
    """*value* as compact JSON in ASCII."""
    return json.dumps(value, separators=(",", ":"))


def plain(text: str) -> str:
    """*text* without what no database takes: NUL, and surrogates that stand for undecodable bytes."""
    if text.isascii():
        return text.replace("\0", "\ufffd") if "\0" in text else text
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")


def _told(look: Look) -> Row:
    failure = look.failure
    return (
        look.verdict.value,
        None if failure is None else failure.reason.value,
        None if failure is None else plain(failure.evidence),
        look.occasion.value,
        look.opener,
        findings_text(look.findings),
    )


def _advance(moments: dict[CheckId, Moment], check: CheckId, at: Moment) -> None:
    if at > moments.get(check, -1):
        moments[check] = at
