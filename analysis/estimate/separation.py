"""Whether a sum of predictors tells two states apart, so that no logistic fit is finite."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

Floats = NDArray[np.float64]


def separated(state: Floats, design: Floats) -> bool:
    """Whether some b ≠ 0 has design·b ≥ 0 for all with the state and ≤ 0 for all without,
    not all zero: complete or quasi-complete separation (Albert and Anderson 1984), decided by a
    linear programme (Konis 2007).

    `state`: shape (n,), zero or one; `design`: shape (n, k + 1), a constant included, columns
    of like size.
    """
    signed = (2 * state - 1)[:, None] * design
    answer = optimize.linprog(
        -signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(state)), bounds=(-1, 1),
        method="highs",
    )  # fmt: skip
    return bool(-answer.fun > 1e-7 * len(state))
