"""How much the cohorts of an ensemble differ: ranges, distances and effective spread."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def correlations(patients: pd.DataFrame, variables: list[str]) -> pd.DataFrame:
    """Pearson's correlation of every pair within every group and cohort: one row a cohort,
    columns (group, first, second)."""
    rows = {}
    for cohort, own in patients.groupby("cohort"):
        row = {}
        for group, some in own.groupby("group"):
            matrix = np.corrcoef(some[variables].to_numpy(float), rowvar=False)
            for i, j in combinations(range(len(variables)), 2):
                row[(group, variables[i], variables[j])] = float(matrix[i, j])
        rows[cohort] = row
    return pd.DataFrame.from_dict(rows, orient="index").sort_index()


def distances(features: Floats) -> Floats:
    """Root mean square difference of every two rows of `features` (k, m): shape (k(k−1)/2,)."""
    i, j = np.triu_indices(len(features), 1)
    return np.sqrt(((features[i] - features[j]) ** 2).mean(axis=1))


def effective_spread(features: Floats) -> float:
    """In how many independent directions the rows differ: (Σλ)²/Σλ² of their covariance, the
    participation ratio; 0 if they do not differ."""
    centred = features - features.mean(axis=0)
    eigenvalues = np.linalg.svd(centred, compute_uv=False) ** 2
    total = float((eigenvalues**2).sum())
    return float(eigenvalues.sum() ** 2 / total) if total > 0 else 0.0


def spread(patients: pd.DataFrame, variables: list[str]) -> dict[str, object]:
    """Of the correlations that no table prints: the range of each, the distances between
    cohorts and the effective spread.  Sampled ranges are inner ranges."""
    if patients["cohort"].nunique() < 2 or len(variables) < 2:
        return {"correlations": [], "distances": {}, "effective_spread": 0.0}
    table = correlations(patients, variables)
    apart = distances(table.to_numpy())
    return {
        "correlations": [
            {
                "group": group, "variables": [one, two],
                "lowest": round(float(table[(group, one, two)].min()), 3),
                "highest": round(float(table[(group, one, two)].max()), 3),
            }
            for group, one, two in table.columns
        ],
        "distances": {
            "measure": "root mean square difference of correlations",
            "smallest": round(float(apart.min()), 4),
            "median": round(float(np.median(apart)), 4),
            "largest": round(float(apart.max()), 4),
        },
        "effective_spread": round(effective_spread(table.to_numpy()), 2),
    }  # fmt: skip
