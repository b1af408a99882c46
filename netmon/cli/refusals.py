"""What the control socket refuses, in the words of whoever asked: nobody answers, or the running netmon says no."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from netmon.cli.words import Words, marked
from netmon.engine.control import PATIENCE_SECONDS, ControlError

_SAID = (
    marked("this netmon watches in earnest: there is no lab (no `lab:` in config.yaml)"),
    marked('the lab has no "{name}" - did you mean "{near}"?'),
    marked('the lab has no "{name}"'),
    marked("netmon closed {path} without an answer; its log says why"),
    marked('"{fault}" is for {kinds}, and {target} is none'),
    marked('"{fault}" does not take "{option}"; it takes {options}'),
    marked("the files now make plan {plan}, not {expected}: look at `netmon plan` again; the running plan is kept"),
)
"""What a running netmon often says, in its English; what is not here is told as it came."""


def is_nobody(error: ControlError) -> bool:
    """Whether there is no netmon that could have answered."""
    return isinstance(error.__cause__, FileNotFoundError | ConnectionRefusedError)


def refusal(error: ControlError, path: Path, words: Words) -> str:
    """Why what was asked at the socket *path* was not done."""
    if is_nobody(error):
        return words.say("no netmon is running here ({path}): start it with `netmon run`", path=path)
    match error.__cause__:
        case PermissionError():
            return words.say("{path} belongs to another user: ask as the user that runs netmon", path=path)
        case TimeoutError():
            patience = f"{PATIENCE_SECONDS:g}"
            return words.say("netmon did not answer on {path} within {patience} s", path=path, patience=patience)
    for said in _SAID:
        if match := _pattern(said).fullmatch(str(error)):
            either = f" {words.say('or')} "
            return words.say(said, **{name: value.replace(" or ", either) for name, value in match.groupdict().items()})
    return str(error)


@cache
def _pattern(said: str) -> re.Pattern[str]:
    """What *said* looks like with values in its braces."""
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(said)), re.DOTALL)
