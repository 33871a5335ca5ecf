"""A bar for long searches on the terminal: done, rate and the time that is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def cohort_progress(count: int) -> Iterator[Callable[[int, int], None]]:
    """A function that is told how many of `count` cohorts are done; it draws on stderr, and
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
        task = bar.add_task("Simulated cohorts", total=count)
        yield lambda done, total: bar.update(task, completed=done, total=total)
