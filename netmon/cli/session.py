"""The session: what every command is given, and how the foreseeable is told without a traceback."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from netmon.app import ListenError, StartError, control_path, lab_settings, load_files
from netmon.cli.exits import Exit, Stop
from netmon.cli.first_time import NOT_YET, has_never_run
from netmon.cli.mistakes import tell_mistakes
from netmon.cli.refusals import is_nobody, refusal
from netmon.cli.screen import Screen, error_screen
from netmon.cli.times import LocalTime
from netmon.cli.words import Words
from netmon.config.loading import Loaded
from netmon.config.settings import Configuration
from netmon.engine.control import ControlError, ask
from netmon.kernel.clock import Clock
from netmon.kernel.problems import Mistakes, Problem, in_order
from netmon.kernel.secrets import SecretError
from netmon.ports import StoreEmptyError, StoreError

Answer = TypeVar("Answer")

_OUT_OF_REACH = (StoreError, SecretError, StartError, ListenError)


@dataclass(frozen=True, slots=True)
class Session:
    """One call of a command: the configuration that it is about, and the language that it speaks."""

    config: Path
    words: Words
    screen: Screen
    clock: Clock

    def load(self) -> Loaded:
        """What the files say, mistakes included; told on standard error where there is no configuration at all."""
        if not self.config.exists():
            raise Stop(
                self.words.say(
                    "there is no {path}: go to the directory of your configuration, or name it with --config",
                    path=self.config,
                ),
                Exit.WRONG,
            )
        return load_files(self.config)

    def settings(self, loaded: Loaded) -> Configuration:
        """The settings of *loaded*; an inventory with mistakes does not stand in their way."""
        if loaded.settings is None:
            raise self.refusal(loaded.problems)
        return loaded.settings

    def problems(self, loaded: Loaded) -> tuple[Problem, ...]:
        """Every mistake in every file, the lab's included."""
        found = list(loaded.problems)
        if loaded.settings is not None:
            try:
                lab_settings(loaded.settings)
            except Mistakes as mistakes:
                found.extend(mistakes.problems)
        return in_order(found)

    def refusal(self, problems: Iterable[Problem]) -> Stop:
        """The end of a command that cannot go on with such files."""
        found = in_order(problems)
        tell_mistakes(error_screen(), self.words, found)
        said = self.words.say("{path} and its inventory must be mended first", path=self.config.name)
        return Stop(said, Exit.WRONG, found)

    def local(self, loaded: Loaded) -> LocalTime:
        """The organisation's time; UTC where its zone cannot be read."""
        organization = loaded.inventory.organization
        return LocalTime(ZoneInfo(organization.zone if organization else "UTC"), self.clock.now())

    def require_first_run(self, settings: Configuration) -> None:
        """End the command where netmon has not run yet: what is asked for does not exist."""
        if has_never_run(settings):
            raise Stop(self.words.say(NOT_YET), Exit.OUT_OF_REACH)

    def ask(self, settings: Configuration, verb: str, **arguments: object) -> dict[str, Any]:
        """Ask the running netmon."""
        self.require_first_run(settings)
        path = control_path(settings)
        try:
            return asyncio.run(ask(path, verb, **arguments))
        except ControlError as error:
            # it has a cause where nobody answered, and none where the running netmon itself said no
            code = Exit.OUT_OF_REACH if isinstance(error.__cause__, OSError) else Exit.ATTENTION
            raise Stop(refusal(error, path, self.words), code) from error

    def is_running(self, settings: Configuration) -> bool:
        """Whether a netmon serves the control socket, for us or for another user."""
        try:
            asyncio.run(ask(control_path(settings), "about"))
        except ControlError as error:
            return not is_nobody(error)
        return True

    def run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """Do *work*; what can be foreseen to go wrong ends the command with words."""
        try:
            return asyncio.run(work)
        except* StoreEmptyError as group:
            raise Stop(self.words.say(NOT_YET), Exit.OUT_OF_REACH) from group
        except* _OUT_OF_REACH as group:
            raise Stop(str(_first(group)), Exit.OUT_OF_REACH) from group
        except* Mistakes as group:
            mistakes = _first(group)
            raise self.refusal(mistakes.problems if isinstance(mistakes, Mistakes) else ()) from group
        raise AssertionError("either there is an answer or an error")


def _first(group: BaseExceptionGroup[Any]) -> BaseException:
    """The first single error in *group*, however deep."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
