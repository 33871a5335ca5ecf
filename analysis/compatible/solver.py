"""One small linear programme after another, by HiGHS without a wrapper.

The study of one table solves tens of thousands of programmes with some fifty columns.
scipy's `linprog` checks and copies for longer than HiGHS solves such a one (measured: 2.1 ms
against 0.5 ms), so HiGHS is called through its own package, highspy.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
_own = threading.local()


@dataclass(frozen=True, slots=True)
class Optimum:
    """The least value and where it is attained, shape (n,)."""

    value: float
    x: Floats


def least(
    cost: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    *,
    equal: tuple[ArrayLike, ArrayLike] | None = None,
    upper: tuple[ArrayLike, ArrayLike] | None = None,
) -> Optimum | None:
    """The least ``cost·x`` over ``low <= x <= high``; None if nothing fits or no end is in sight.

    `cost`, `low`, `high`: shape (n,), the bounds may be infinite; `equal`: matrix (m, n) and
    right side (m,) of ``A x = b``, `upper` those of ``A x <= b``.  Every call starts anew, so
    an answer does not depend on the programmes before it.
    """
    matrices, bottoms, tops = [], [], []
    for given, is_equal in ((equal, True), (upper, False)):
        if given is None:
            continue
        matrix, right = np.asarray(given[0], dtype=float), np.asarray(given[1], dtype=float)
        matrices.append(matrix)
        tops.append(right)
        bottoms.append(right if is_equal else np.full(len(right), -np.inf))
    by_column = np.vstack(matrices).T
    columns, rows = np.nonzero(by_column)
    n = len(by_column)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = n, by_column.shape[1]
    model.col_cost_ = np.asarray(cost, dtype=float)
    model.col_lower_, model.col_upper_ = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    model.row_lower_, model.row_upper_ = np.concatenate(bottoms), np.concatenate(tops)
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.searchsorted(columns, np.arange(n + 1)).astype(np.int32)
    model.a_matrix_.index_ = rows.astype(np.int32)
    model.a_matrix_.value_ = by_column[columns, rows]
    highs = _solver()
    highs.clearSolver()
    highs.passModel(model)
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    # HiGHS may leave a bound by its tolerance, and a square root of −1e-9 patients is no number
    x = np.clip(np.array(highs.getSolution().col_value), low, high)
    return Optimum(highs.getInfo().objective_function_value, x)


class _Quiet(highspy.Highs):
    def enableCallbacks(self) -> None:  # noqa: N802
        # called while a solver is made; it prints a greeting unless silenced before
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()


def quiet() -> highspy.Highs:
    """A new solver with one thread that prints nothing."""
    highs = _Quiet()
    highs.setOptionValue("threads", 1)
    return highs


def _solver() -> highspy.Highs:
    """One solver a thread: making one takes longer than many a programme."""
    if not hasattr(_own, "highs"):
        _own.highs = quiet()
        _own.highs.setOptionValue("presolve", "off")  # takes longer than these programmes
        _own.highs.setOptionValue("solver", "simplex")  # a vertex, not a middle
    return _own.highs
