"""Many logistic fits, optimism, and Table 1, beside what a user would run instead."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.timing import Pair, compare

# medians inside R, without its start
_R_REFITS = """
d <- as.matrix(read.csv("%s", header = FALSE)); x <- cbind(1, d[1:16, 1:4])
sets <- d[-(1:16), ]; n <- sets[, 1:16]; y <- sets[, 17:32]
once <- function() for (i in seq_len(nrow(n))) {
  has <- n[i, ] > 0
  glm.fit(x[has, ], y[i, has] / n[i, has], weights = n[i, has], family = binomial())
}
once()
cat(median(sapply(1:3, function(i) system.time(once())[["elapsed"]])))
"""
_R_VALIDATE = """
suppressPackageStartupMessages(library(rms))
d <- read.csv("%s", header = FALSE)
f <- lrm(V1 ~ V2 + V3 + V4 + V5, d, x = TRUE, y = TRUE)
cat(system.time(capture.output(validate(f, B = 200)))[["elapsed"]])
"""


def _seconds_in_r(script: str, numbers: np.ndarray) -> float | None:
    """What the script says it took; None without R or a package that it wants."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.csv"
        np.savetxt(data, numbers, delimiter=",", fmt="%.10g")
        done = subprocess.run(
            ["Rscript", "-e", script % data.as_posix()], capture_output=True, text=True, check=False
        )
    return float(done.stdout) if done.returncode == 0 else None


def logistic() -> Iterator[Pair]:
    """Refits of four yes-or-no predictors, optimism of a model, Table 1 of fourteen rows."""
    yield from _refits()
    yield from _optimism()
    yield from _table1()


def _refits() -> Iterator[Pair]:
    import statsmodels.api as sm

    from analysis.estimate import batched

    rng = np.random.default_rng(1)
    patterns = np.array(list(product((0.0, 1.0), repeat=4)))
    totals = rng.multinomial(300, rng.dirichlet(np.full(16, 4)), 1000)
    events = rng.binomial(totals, 1 / (1 + np.exp(0.8 - patterns @ [0.5, 1.0, -0.3, 0.7])))
    design = sm.add_constant(patterns)

    def peer() -> None:
        for y, n in zip(events, totals, strict=True):
            some = n > 0
            counts = np.column_stack([y[some], n[some] - y[some]])
            sm.GLM(counts, design[some], sm.families.Binomial()).fit()

    task = "1,000 refits of four yes-or-no predictors, with covariances"
    pair = compare(
        task, lambda: batched.refit(patterns, events, totals), "statsmodels GLM, in a loop", peer,
        repeats=3,
    )  # fmt: skip
    yield pair
    wide = np.zeros((1016, 32))
    wide[:16, :4], wide[16:, :16], wide[16:, 16:] = patterns, totals, events
    seconds = _seconds_in_r(_R_REFITS, wide)
    if seconds is not None:
        yield Pair(task, "R glm.fit, in a loop", pair.ours, seconds)


def _optimism() -> Iterator[Pair]:
    from analysis.estimate.optimism import draw, optimism

    rng = np.random.default_rng(2)
    x = rng.normal(size=(300, 4))
    y = (rng.uniform(size=300) < 1 / (1 + np.exp(-x[:, 0] + 0.5))).astype(float)
    task = "optimism of four predictors, 300 patients, 200 resamples"
    pair = compare(task, lambda: optimism(y, x, draw(300, 200, np.random.default_rng(3)), "refuse"))
    seconds = _seconds_in_r(_R_VALIDATE, np.column_stack([y, x]))
    yield Pair(task, "R rms::validate" if seconds else "", pair.ours, seconds)


def _table1() -> Iterator[Pair]:
    import pandas as pd

    from analysis.estimate.group_comparison import Categorical, Continuous, table1

    rng = np.random.default_rng(4)
    values, words = [f"v{i}" for i in range(7)], [f"c{i}" for i in range(7)]
    frame = pd.DataFrame({"group": rng.permutation(np.repeat(["a", "b"], [112, 160]))})
    frame[values] = rng.lognormal(3, 0.5, (272, 7))
    frame[words] = rng.choice(["low", "middle", "high"], (272, 7))
    rows = [Continuous(v, v, "mean_sd", "student") for v in values]
    rows += [Categorical(c, c, ("low", "middle", "high"), "pearson") for c in words]

    def ours() -> object:
        return table1(frame, "group", ("a", "b"), rows)

    task = "Table 1: 272 patients, 14 variables, tests and differences"
    if importlib.util.find_spec("tableone") is None:
        yield compare(task, ours)
        return
    from tableone import TableOne

    yield compare(
        task, ours, "tableone",
        lambda: TableOne(frame, categorical=words, groupby="group", pval=True, smd=True),
    )  # fmt: skip
