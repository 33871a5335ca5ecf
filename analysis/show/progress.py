"""A bar for long searches on the terminal: done, rate and the time that is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


def cohort_progress(count: int):
    """:func:`progress_of` simulated cohorts."""
    return progress_of("Simulated cohorts", count)


@contextmanager
def progress_of(what: str, count: int) -> Iterator[Callable[[int, int], None]]:
    """A function that is told how many of `count` pieces are done; it draws on stderr, and
    only where that is a terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task) -> Text:
            return Text(f"{60 * task.speed:.1f}/min" if task.speed else "–/min")

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(
        *columns, console=console, disable=not console.is_terminal, speed_estimate_period=600
    ) as bar:
        task = bar.add_task(what, total=count)
        yield lambda done, total: bar.update(task, completed=done, total=total)
