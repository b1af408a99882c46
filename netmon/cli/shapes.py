"""The shapes of what ``--json`` prints, for the reference page; tests compare them with real answers."""

from __future__ import annotations

from collections.abc import Mapping

_EVENTS = """
Events as JSON lines on standard error, as in a pipe: `{"event": NAME, "level": LEVEL, "timestamp": RFC 3339, ...}`.
Standard output stays empty, but for the object of a failure.
"""

_STATUS = """
| key | holds |
| --- | --- |
| `at`, `known_at` | now, and the last beat of the poller (`null`: it never looked) |
| `running` | whether that beat is so young that netmon is still at it |
| `poller`, `plan` | the poller's id; `{version, hash}` of the plan in force, or `null` |
| `counts` | for `devices`, `services`, `interfaces`: how many are in each state, and `not_looked_at` |
| `entities` | those that are not up, worst first; all of them with `--all` or with an ENTITY |

An entity: `id`, `state` (`null`: not looked at yet), `since`, `reason`, `evidence` (with which it came into its state),
`troubles` (its checks that are not up now: `check`, `state`, `since`, `reason`, `evidence`), `title` by language,
`role`, `department`, `site`, `tier`, `lab`, `link` (of an interface that ends one), `takes` (`devices`, `services`,
`sites` that it takes with it as far as known), `behind` (the causes that it stands behind).
"""

_HISTORY = """
`{entity, lab, from, to, intervals}`; `lab`: whether the lab plays it; an interval: `since`, `until` (`null`: it goes
on), `seconds`, `state` (a state, or `unmonitored`), `reason`, `evidence`.
"""

_POLL = """
`{entity, lab, checks}`; a check: `check`, `address`, `at`, `seconds`, `verdict` (`answered`, `slow`, `degraded`,
`missed`), `reason`, `evidence`, `facts`, `interfaces` (state by name), `readings` (rows of `{labels, values}`).
"""

_HEARTBEAT = """
`{jobs}`; a job: `check`, `url` (without its token), `expected_since`, `started` (of a run that has not ended), `ended`
and `succeeded` (the last report of an end, and the last good one): `at`, `signal`, `seconds`, `bytes`, `code` and
`message`.
"""

_CHECK = """
`{ok, problems, plan}`; a problem: `file`, `line`, `column`, `path`, `cause`, `hint`; the plan (`null` with a problem):
`hash`, the numbers of `departments`, `sites`, `links`, of `devices` and `services` that are looked at, of watched
`interfaces` and of `checks` by kind, and the names of the `canaries`.
"""

_PLAN = """
`{in_force, hash, difference}`; `in_force` is `{version, hash}` or `null`; the difference: `new_subjects`,
`gone_subjects`, `new_checks`, `gone_checks` (lists of ids), `changed_subjects`, `changed_checks` (by id a list of
`{what, before, after}`; durations are microseconds).
"""

_RELOAD = """
`{version, plan, difference, for_restart}`, the difference as in `plan`, `for_restart` the keys of `config.yaml` that
change only at the next start; with mistakes in the files `{problems, plan}`, the problems as in `check` and `plan` the
hash that is kept (exit code 2).
"""

_HOUSEKEEPING = (
    "`{tables, was_at_work}`; each table `{name, table, rows, oldest, keep_since, rows_to_go, size_bytes, "
    "bytes_to_go}`: `name` is its setting in `store.retention`, `keep_since` from where on its rows stay (null: for "
    "ever), `bytes_to_go` an estimate."
)

_BACKUP = """
`{file, size_bytes, created, revision, tables, verified}`: `tables` are rows by table, `verified` says that the file was
read back.
"""

_RESTORE = """
`{file, created, revision, tables, restored, replaced, stood_aside}`, the first four of the archive; `restored` is
`false` in a dry run, `replaced` the file that holds what made way (or `null`), `stood_aside` whether a running netmon
did.
"""

_FAULT = "A fault: `target`, `fault`, `since`, `until` (`null`: until it is mended), `options`."

_DOCTOR = """
`{health, findings}`; health is `well`, `warning` or `broken`; a finding: `about` (a fixed name), `health` (`unknown` as
well, which makes the whole no worse), `what`, `why`, `mend`.
"""

SHAPES: Mapping[str, str] = {
    "run": _EVENTS,
    "status": _STATUS,
    "history": _HISTORY,
    "poll": _POLL,
    "heartbeat": _HEARTBEAT,
    "check": _CHECK,
    "plan": _PLAN,
    "reload": _RELOAD,
    "housekeeping": _HOUSEKEEPING,
    "init": "`{directory, written, files}`: the text of each file by its path; `written` is false in a dry run.",
    "backup": _BACKUP,
    "restore": _RESTORE,
    "schema": "The schema, or the three of them by name.",
    "lab break": f"`{{broken}}`. {_FAULT}",
    "lab mend": "`{mended}`: a list of faults.",
    "lab list": "`{faults}`: a list of faults, oldest first.",
    "doctor": _DOCTOR,
}
"""By command."""
