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

from benchmarks.cohort import cohort
from benchmarks.logistic import logistic
from benchmarks.site import measure
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


# what R is timed with: medians of runs inside one R, without its start
R_TIMES = """
suppressMessages({library(pROC); library(maxstat)})
small <- read.csv("small.csv"); large <- read.csv("large.csv")
median_of <- function(times, work) median(sapply(seq_len(times), function(i) {
  start <- Sys.time(); work(); as.numeric(Sys.time() - start, units = "secs") }))
delong <- function(d) ci.auc(roc(d$y, d$x, levels = 0:1, direction = "<", quiet = TRUE))
invisible(delong(small))
cat("delong", median_of(50, function() delong(small)), "\n")
cat("delong_large", median_of(3, function() delong(large)), "\n")
r <- roc(small$y, small$x, levels = 0:1, direction = "<", quiet = TRUE)
cat("bootstrap", median_of(1, function()
  ci.auc(r, method = "bootstrap", boot.n = 10000, progress = "none")), "\n")
cat("maxstat", median_of(1, function() maxstat.test(
  y ~ x, data = small, smethod = "Data", pmethod = "condMC", B = 10000)), "\n")
if (requireNamespace("cutpointr", quietly = TRUE)) {
  suppressMessages(library(cutpointr))
  cat("cutpointr", median_of(1, function() suppressMessages(cutpointr(
    small, x, y, pos_class = 1, neg_class = 0, direction = ">=", method = maximize_metric,
    metric = youden, boot_runs = 1000, boot_stratify = TRUE, use_midpoints = TRUE,
    silent = TRUE))), "\n")
}
"""


def r_times(small: tuple[np.ndarray, np.ndarray], large: tuple[np.ndarray, np.ndarray]):
    """Seconds of R by name, and why a name is missing."""
    if shutil.which("Rscript") is None:
        return {}, "there is no Rscript"
    with tempfile.TemporaryDirectory() as folder:
        for name, (x, y) in (("small", small), ("large", large)):
            state = np.repeat([1, 0], [x.size, y.size])
            rows = np.column_stack([state, np.concatenate([x, y])])
            np.savetxt(Path(folder) / f"{name}.csv", rows, "%.17g", ",", header="y,x", comments="")
        (Path(folder) / "times.R").write_text(R_TIMES, encoding="utf-8")
        ran = subprocess.run(["Rscript", "times.R"], cwd=folder, capture_output=True, text=True)
    told = dict(line.split() for line in ran.stdout.splitlines())
    return {name: float(t) for name, t in told.items()}, "R lacks a package" if ran.returncode or (
        "cutpointr" not in told
    ) else ""  # fmt: skip


def estimate() -> Iterator[Pair]:
    """Areas, their bootstrap and searched cuts of 112 and 160 patients, against R's pROC,
    maxstat and cutpointr, a scikit-learn loop and confidenceinterval, where they are there."""
    from dataclasses import replace
    from importlib.util import find_spec

    from sklearn.metrics import roc_curve

    from analysis.estimate import cutoff, cutoff_simulation, maximally_selected, roc

    rng = np.random.default_rng(4)
    x, y = rng.normal(0.5, 1, 112), rng.normal(0, 1, 160)
    many = rng.normal(0.5, 1, 500_000), rng.normal(0, 1, 500_000)
    theirs, missing = r_times((x, y), many)

    def with_r(pair: Pair, name: str, peer: str) -> Pair:
        told = peer if name in theirs else f"{peer}: left out, {missing}"
        return replace(pair, peer=told, theirs=theirs.get(name))

    small = compare(
        "DeLong's area and interval, 272 patients", lambda: roc.area(x, y).interval(), repeats=500
    )
    yield with_r(small, "delong", "pROC")
    large = compare("DeLong's area and interval, 10^6 patients", lambda: roc.area(*many).interval())
    yield with_r(large, "delong_large", "pROC")

    task = "stratified bootstrap of the area, 10,000 resamples"
    ours = compare(task, lambda: roc.percentiles(roc.bootstrap(x, y, rng)), repeats=9)
    yield with_r(ours, "bootstrap", "pROC")
    state, values = np.repeat([1, 0], [x.size, y.size]), np.concatenate([x, y])
    if find_spec("confidenceinterval"):
        from confidenceinterval import roc_auc_score

        start = time.perf_counter()
        roc_auc_score(state, values, method="bootstrap_percentile", n_resamples=10_000)
        peer, other = "confidenceinterval (not stratified)", time.perf_counter() - start
        yield replace(ours, peer=peer, theirs=other)
    else:
        yield replace(ours, peer="confidenceinterval: left out, not installed", theirs=None)

    def loop() -> float:
        gains = []
        for _ in range(1000):
            a, b = rng.choice(x, x.size), rng.choice(y, y.size)
            fpr, tpr, thresholds = roc_curve(state, np.concatenate([a, b]))
            best = (tpr - fpr).argmax()
            original = (x >= thresholds[best]).mean() - (y >= thresholds[best]).mean()
            gains.append(tpr[best] - fpr[best] - original)
        return float(np.mean(gains))

    searched = compare(
        "Youden's cut and its optimism, 1,000 stratified resamples",
        lambda: cutoff.bootstrap(x, y, cutoff.Rule(), rng).optimism,
        "scikit-learn's curve in a loop",
        loop,
    )
    yield searched
    yield with_r(searched, "cutpointr", "cutpointr (resamples alone)")

    found = maximally_selected.maximum(x, y)
    exact = compare(
        "P of the maximally selected statistic, exact",
        lambda: maximally_selected.exact(found),
        repeats=9,
    )
    yield with_r(exact, "maxstat", "maxstat, 10,000 random orders")
    yield compare(
        "10,000 studies of 272 drawn, searched and tested",
        lambda: cutoff_simulation.simulate(values, values, (112, 160), cutoff.Rule(), rng, 10_000),
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
    parser.add_argument(
        "--site", action="store_true", help="measure the built pages in a browser, nothing else"
    )
    options = parser.parse_args()
    if options.site:
        measure()
        return
    groups = [
        whole_audit,
        granularity,
        two_samples,
        adjusted,
        one_variable,
        across,
        estimate,
        logistic,
        cohort,
    ]
    groups += [book] if options.book else []
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
