"""Time two ways of doing one thing, in turns, so that both meet the same machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Pair:
    """Median seconds of ours and of the peer, and what was compared."""

    task: str
    peer: str
    ours: float
    theirs: float | None

    @property
    def ratio(self) -> float | None:
        """Peer over ours: how many times faster ours is."""
        return self.theirs / self.ours if self.theirs else None


def seconds(work: Callable[[], object], repeats: int) -> list[float]:
    """Wall-clock seconds of each of `repeats` runs."""
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return found


def compare(
    task: str, ours: Callable[[], object], peer: str = "", theirs: Callable[[], object] | None = None,
    repeats: int = 5,
) -> Pair:  # fmt: skip
    """Run both once to warm up, then in turns; medians."""
    ours()
    if theirs is not None:
        theirs()
    mine, other = [], []
    for _ in range(repeats):
        mine += seconds(ours, 1)
        if theirs is not None:
            other += seconds(theirs, 1)
    return Pair(task, peer, statistics.median(mine), statistics.median(other) if other else None)
