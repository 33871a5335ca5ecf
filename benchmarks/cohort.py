"""Patients in a file, analysed whole, beside what a user would write instead."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks.timing import Pair, compare

STUDY = """
[file]
id = "patient"
[outcome]
column = "event"
event = 1
[time]
column = "months"
unit = "months"
[marker]
column = "marker"
direction = "higher"
[[variables]]
id = "age"
kind = "continuous"
[[variables]]
id = "stage"
kind = "categorical"
levels = ["I", "II", "III"]
[[variables]]
id = "sex"
kind = "categorical"
levels = ["f", "m"]
"""


def write(folder: Path, n: int) -> tuple[Path, Path]:
    """Simulated patients as CSV, and the study."""
    import pandas as pd

    rng = np.random.default_rng(1)
    marker = np.exp(rng.normal(0, 0.8, n)).round(3)
    stage = rng.choice(["I", "II", "III"], n)
    speed = np.exp(-4 + 0.5 * np.log(marker + 0.01) + 0.4 * (stage == "III"))
    event, last = rng.exponential(1 / speed), rng.uniform(12, 72, n)
    table = {
        "patient": np.arange(n), "age": rng.normal(60, 10, n).round(1), "sex": rng.choice(["f", "m"], n),
        "stage": stage, "marker": marker, "months": np.minimum(event, last).round(1),
        "event": (event <= last).astype(int),
    }  # fmt: skip
    pd.DataFrame(table).to_csv(folder / "patients.csv", index=False)
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return folder / "patients.csv", folder / "study.toml"


def ours(patients: Path, study: Path) -> object:
    """Everything that the command computes, its tables included."""
    from analysis.patients_file import load_patients
    from analysis.show.study_tables import parts
    from analysis.study import read_study
    from analysis.study_results import analyse

    return parts(analyse(load_patients(patients, read_study(study))))


def usual(patients: Path, cut_resamples: int) -> object:
    """tableone, scikit-learn and statsmodels: Table 1, the area with its cut and the optimism of
    that cut, two logistic models, and lifelines for two Cox models.  No checks of the file, no
    DeLong interval, no corrected P, no calibration and no decision curve."""
    import pandas as pd
    import statsmodels.api as sm
    from lifelines import CoxPHFitter
    from sklearn.metrics import roc_auc_score, roc_curve
    from tableone import TableOne

    table = pd.read_csv(patients)
    one = TableOne(
        table, columns=["age", "sex", "stage", "marker"], categorical=["sex", "stage"],
        nonnormal=["marker"], groupby="event", pval=True, smd=True,
    )  # fmt: skip
    y, x = table["event"].to_numpy(), table["marker"].to_numpy()
    areas = [roc_auc_score(y, x)]
    rng = np.random.default_rng(1)
    for _ in range(cut_resamples):
        again = rng.integers(0, len(y), len(y))
        fpr, tpr, cuts = roc_curve(y[again], x[again])
        cut = cuts[(tpr - fpr).argmax()]
        areas.append((tpr - fpr).max() - (x[y == 1] >= cut).mean() + (x[y == 0] >= cut).mean())
    dummies = pd.get_dummies(table[["stage", "sex"]], drop_first=True, dtype=float)
    full = pd.concat([table[["marker", "age"]], dummies], axis=1)
    fits = [
        sm.Logit(y, sm.add_constant(design)).fit(disp=0) for design in (table[["marker"]], full)
    ]
    for design in (table[["marker"]], full):
        cox = pd.concat([design, table[["months", "event"]]], axis=1)
        fits.append(CoxPHFitter().fit(cox, "months", "event"))
    return one, areas, fits


def cohort() -> Iterator[Pair]:
    """Files of patients, from the CSV to every table; the largest without the peer, which needs
    many minutes for it."""
    peer = "tableone, scikit-learn, statsmodels, lifelines"
    without = "" if find_spec("tableone") else "left out, tableone is not installed"
    # our own bound of the search for a cut: as many resamples for both
    for n, resamples, repeats in ((1_000, 1_000, 3), (100_000, 100, 1), (1_000_000, 0, 1)):
        with tempfile.TemporaryDirectory() as folder:
            patients, study = write(Path(folder), n)
            alone = without or not resamples
            yield compare(
                f"a study of {n:,} patients, from the CSV to every table",
                lambda p=patients, s=study: ours(p, s), without or (peer if resamples else ""),
                None if alone else lambda p=patients, r=resamples: usual(p, r), repeats=repeats,
            )  # fmt: skip
