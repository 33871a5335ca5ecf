"""``python -m benchmarks``: ours and the peer's medians, and the ratio of the two."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.logistic import logistic
from benchmarks.timing import Pair, compare

ROOT = Path(__file__).resolve().parents[1]
PAPER = ROOT / "data" / "yu2023" / "paper.yaml"


def whole_audit() -> Iterator[Pair]:
    """The whole paper, in process and as a command."""
    from analysis.audit import audit
    from analysis.paper import load_paper

    yield compare("load the paper", lambda: load_paper(PAPER))
    paper = load_paper(PAPER)
    yield compare(f"audit {len(paper.numbers)} numbers, after import", lambda: audit(paper))
    command = [sys.executable, "-m", "analysis", "audit", str(PAPER)]
    pandas = [sys.executable, "-c", "import pandas, scipy.stats"]
    yield compare(
        "the whole command",
        lambda: subprocess.run(command, cwd=ROOT, capture_output=True, check=True),
        "importing pandas and scipy.stats alone",
        lambda: subprocess.run(pandas, check=True),
        repeats=3,
    )


def granularity() -> Iterator[Pair]:
    """Means and SDs of whole numbers, against scrutipy."""
    import scrutipy

    from analysis.checks.granularity import grim, grimmer
    from analysis.printed import parse_number

    rng = np.random.default_rng(1)
    rows = []
    for _ in range(500):
        n = int(rng.integers(10, 90))
        data = rng.integers(1, 8, n)
        rows.append((f"{data.mean():.2f}", f"{data.std(ddof=1):.2f}", n))
    yield compare(
        "GRIM, 500 rows",
        lambda: [bool(grim(parse_number(m), n)) for m, _, n in rows],
        "scrutipy",
        lambda: [scrutipy.grim_scalar(m, n) for m, _, n in rows],
    )
    yield compare(
        "GRIMMER, 500 rows",
        lambda: [grimmer(parse_number(m), parse_number(s), n) for m, s, n in rows],
        "scrutipy",
        lambda: scrutipy.grimmer(*(list(column) for column in zip(*rows, strict=True))),
    )


def two_samples() -> Iterator[Pair]:
    """t over a box of roundings and Fisher's test, against scipy."""
    from scipy import stats

    from analysis.checks.two_samples import fisher_p, student_t
    from analysis.printed import parse_number

    cells = [parse_number(x) for x in ("54.96", "10.22", "56.31", "10.37")]
    boxes = [c.interval for c in cells]
    ends = [(float(b.low), float(b.high)) for b in boxes]

    def corners() -> list[float]:
        return [
            stats.ttest_ind_from_stats(m1, s1, 112, m2, s2, 160).statistic
            for m1, s1, m2, s2 in product(*ends)
        ]

    yield compare(
        "t over one box of roundings (exact; the peer tries its corners)",
        lambda: student_t(112, boxes[0], boxes[1], 160, boxes[2], boxes[3]),
        "scipy.stats at the 16 corners",
        corners,
    )
    table = ((12, 7), (100, 153))
    yield compare(
        "Fisher's exact test of one table",
        lambda: fisher_p(table),
        "scipy.stats.fisher_exact",
        lambda: stats.fisher_exact(table),
    )


def adjusted() -> Iterator[Pair]:
    """Holm and Benjamini–Hochberg, against statsmodels."""
    from statsmodels.stats.multitest import multipletests

    from analysis.checks.two_samples import benjamini_hochberg, holm

    p = list(np.random.default_rng(2).uniform(size=16))
    yield compare(
        "Holm and Benjamini–Hochberg of 16 P values",
        lambda: (holm(p), benjamini_hochberg(p)),
        "statsmodels multipletests",
        lambda: (multipletests(p, method="holm"), multipletests(p, method="fdr_bh")),
    )


def one_variable() -> Iterator[Pair]:
    """Data of one variable from its mean and SD (SPRITE, n = 160), against pysprite; the share
    of valid samples of each is told with it."""
    from pysprite import Sprite

    from analysis.compatible import marginal
    from analysis.printed import Interval, parse_mean_sd

    n = 160
    for told, text, low, high, count in (
        ("a scale of 1 to 7", "3.82 ± 1.47", 1, 7, 100),
        ("whole numbers to 300", "121.30 ± 38.62", 0, 300, 5),
    ):
        cell = parse_mean_sd(text)
        mean, sd = float(cell.mean.value), float(cell.sd.value)
        grid = marginal.Grid.of(cell, n, 1.0, Interval(low, high))

        def ours(grid=grid, count=count):
            return marginal.samples(grid, count, np.random.default_rng(3))

        def theirs(mean=mean, sd=sd, low=low, high=high, count=count):
            sprite = Sprite(n, mean, sd, 2, 2, low, high)
            # each from a random start; its own default gives up after 100,000 moves in all
            return sprite.find_possible_distributions(count, "random", max_iter=10**7)[1]

        def valid(samples, cell=cell):
            good = [
                cell.mean.shows(float(np.mean(x))) and cell.sd.shows(float(np.std(x, ddof=1)))
                for x in samples
            ]
            return f"{100 * np.mean(good):.0f} % valid"

        yield compare(
            f"SPRITE, {count} samples of {told}: {valid(ours())}",
            ours,
            f"pysprite: {valid(theirs())}",
            theirs,
            repeats=3,
        )


def across() -> Iterator[Pair]:
    """The proofs across tables, and one whole cohort: no other tool makes either."""
    from analysis import certify
    from analysis.compatible import search
    from analysis.compatible.constraints import constraints
    from analysis.paper import load_paper

    paper = load_paper(PAPER)
    yield compare("verify all stored certificates", lambda: certify.check(paper), repeats=3)
    yield compare(
        "one cohort of simulated patients",
        lambda: search.find(constraints(paper), 1, 0),
        repeats=3,
    )


def book() -> Iterator[Pair]:
    """The whole book: nothing changed, output removed, a fresh clone with empty caches."""

    def make(folder: Path, environment: dict[str, str]) -> None:
        subprocess.run(
            ["make", "book"], cwd=folder, env=environment, check=True, capture_output=True
        )

    make(ROOT, dict(os.environ))
    start = time.perf_counter()
    make(ROOT, dict(os.environ))
    yield Pair("make book, nothing changed", "", time.perf_counter() - start, None)
    shutil.rmtree(ROOT / "_build")
    start = time.perf_counter()
    make(ROOT, dict(os.environ))
    yield Pair("make book, output removed, chapters cached", "", time.perf_counter() - start, None)
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        caches = {
            name: str(Path(folder) / name)
            for name in ("UV_CACHE_DIR", "PIP_CACHE_DIR", "XDG_CACHE_HOME")
        }
        start = time.perf_counter()
        make(clone, dict(os.environ) | caches)
        seconds = time.perf_counter() - start
        yield Pair("make book, fresh clone, empty caches", "", seconds, None)


def _seconds(value: float) -> str:
    for unit, scale in (("s", 1), ("ms", 1e3), ("µs", 1e6)):
        if value * scale >= 1 or unit == "µs":
            return f"{value * scale:.3g} {unit}"
    raise AssertionError


def main() -> None:
    """Print every pair as it is measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--book", action="store_true", help="measure the building of the book too")
    groups = [whole_audit, granularity, two_samples, adjusted, one_variable, across]
    groups += [logistic]
    groups += [book] if parser.parse_args().book else []
    print(f"{'task':64} {'ours':>9} {'peer':>9} {'peer/ours':>10}  peer")
    for group in groups:
        for pair in group():
            theirs = _seconds(pair.theirs) if pair.theirs else "–"
            ratio = f"{pair.ratio:.2g}×" if pair.ratio else "–"
            print(
                f"{pair.task:64} {_seconds(pair.ours):>9} {theirs:>9} {ratio:>10}  {pair.peer}",
                flush=True,
            )


if __name__ == "__main__":
    main()
