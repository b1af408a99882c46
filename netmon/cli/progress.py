"""How far long work is: a bar in a terminal, nothing in a pipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from netmon.cli.screen import error_screen


@contextmanager
def bar(title: str, total: int) -> Iterator[Callable[[str, int], None]]:
    """Show how much of *total* is done; what is given is told what is being done, and how much more of it is."""
    screen = error_screen()
    if not screen.is_terminal:
        yield lambda _, __: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=30), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen.console, transient=True) as progress:
        task = progress.add_task(title, total=total)

        def tell(what: str, more: int) -> None:
            progress.update(task, advance=more, description=f"{title}: {what}")

        yield tell
