"""A made-up study for the search: drawn patients, printed as a small paper."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pandas as pd

from tests.analysis import paper_writer as writer

SIZES = (60, 70)
_MEASURED = ("days", "cells", "enzyme", "ratio")


def drawn(seed: int) -> pd.DataFrame:
    """Patients of two groups, g0 with the event: two whole counts, their ratio, a laboratory
    value that is low in g0, and two categories."""
    rng = np.random.default_rng(seed)
    frames = []
    for g, n in enumerate(SIZES):
        cells = rng.integers(40, 90, n) + (15 if g == 0 else 0)
        days = rng.integers(20, 40, n)
        frames.append(
            pd.DataFrame(
                {
                    "group": f"g{g}",
                    "days": days,
                    "cells": cells,
                    "enzyme": [
                        Fraction(int(v), 10) for v in rng.normal(400 - 40 * (g == 0), 50, n)
                    ],
                    "ratio": [Fraction(int(c), int(d)) for c, d in zip(cells, days, strict=True)],
                    "smoker": rng.random(n) < 0.4,
                    "stage": rng.integers(3, size=n),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def tree(seed: int = 1) -> dict:
    """The paper of :func:`drawn` patients: a table of two groups and a ROC table of the ratio
    (high in g0) and the laboratory value (low in g0), cut where the Youden index is largest."""
    patients = drawn(seed)
    split = [patients[patients["group"] == f"g{g}"] for g in (0, 1)]
    rows = [_means(name, [own[name].tolist() for own in split]) for name in _MEASURED]
    yes = [int(own["smoker"].sum()) for own in split]
    rows.append(writer.count_row("smoker", [_share(k, n) for k, n in zip(yes, SIZES, strict=True)]))
    levels = [
        [_share(int((own["stage"] == level).sum()), len(own)) for own in split]
        for level in range(3)
    ]
    rows.append(writer.levels_row("stage", levels))
    whole = {"value": "1", "reason": "counted"}
    zero = {"value": "0", "reason": "an amount"}
    one = {"value": "1", "reason": "treated for a day at least"}
    variables = [
        {"id": "days", "label": "Days", "lower": one, "step": whole},
        {"id": "cells", "label": "Cells", "lower": zero, "step": whole},
        {"id": "enzyme", "label": "Enzyme", "lower": zero},
        {"id": "ratio", "label": "Ratio", "lower": zero, "formula": "cells / days"},
    ]
    made = writer.paper(SIZES, rows, variables=variables)
    made["tables"].append(
        {
            "id": "table2", "kind": "roc", "title": "Areas", "positive": "g0", "confidence": "95%",
            "rows": [_area("ratio", "higher", split), _area("enzyme", "lower", split)],
        }
    )  # fmt: skip
    return made


def quick_tree() -> dict:
    """The same paper with one measured row: a cohort of it takes a fraction of a second."""
    made, kept = tree(), ("enzyme", "smoker", "stage")
    for table in made["tables"]:
        table["rows"] = [row for row in table["rows"] if row["id"] in kept]
    made["variables"] = [v for v in made["variables"] if v["id"] in kept]
    return made


def _share(k: int, n: int) -> str:
    return f"{k} ({writer.show(Fraction(100 * k, n), 1)}%)"


def _means(name: str, groups: list[list]) -> dict:
    cells = [
        f"{writer.show(writer.exact_mean(own), 1)} ± "
        f"{writer.show(writer.root(writer.exact_variance(own)), 1)}"
        for own in groups
    ]
    t = writer.root(writer.exact_student2(*groups) or Fraction(0))
    return writer.mean_row(name, cells, statistic=writer.show(t, 2))


def _area(name: str, direction: str, split: list[pd.DataFrame]) -> dict:
    sign = 1 if direction == "higher" else -1
    positive, negative = (np.array([sign * Fraction(v) for v in own[name]]) for own in split)
    values = sorted({*positive, *negative})
    cuts = [(a + b) / 2 for a, b in pairwise(values)]
    hits = [(int((positive > cut).sum()), int((negative < cut).sum())) for cut in cuts]
    youden = [a * SIZES[1] + b * SIZES[0] for a, b in hits]
    i = int(np.argmax(youden))
    cells = writer.roc_cells(
        positive.astype(float), negative.astype(float), sign * cuts[i], *hits[i]
    )
    return {"id": name, "variable": name, "direction": direction} | cells
