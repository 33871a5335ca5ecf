"""A witness for a derived variable: patients whose parts and index print as the table does.

The search moves every patient's parts as little as possible (Gauss–Newton, minimum norm)
until all means and SDs print as they should.  What it returns was checked; that it
returns nothing proves nothing.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy import special

from analysis.formula import evaluate
from analysis.printed import Interval, MeanSD

_STEPS = 60
_COMPLEX_STEP = 1e-30
# irrational strides of a Kronecker sequence: evenly spread and the same in every run
_STRIDES = tuple(math.sqrt(p) % 1 for p in (2, 3, 5, 7, 11, 13, 17, 19))


@dataclass(frozen=True, slots=True)
class Witness:
    """Values of each part (name → array of n patients), the index, and the correlations
    between parts in this one witness."""

    parts: dict[str, np.ndarray]
    index: np.ndarray
    correlations: dict[str, float]


def at_means(formula: str, means: Mapping[str, Fraction]) -> Fraction | float:
    """The formula at the printed means; infinite if it divides by zero there."""
    try:
        return evaluate(ast.parse(formula, mode="eval").body, means)
    except ZeroDivisionError:
        return math.inf


def search(
    formula: str,
    index: str,
    parts: Sequence[str],
    cells: Mapping[str, MeanSD],
    limits: Mapping[str, Interval],
    constraints: Sequence[str],
    n: int,
) -> Witness | None:
    """Values of `parts` for `n` patients, or None if the search found none.

    `cells` holds the printed mean and SD of each part and of `index`; `limits` bounds
    each; `constraints` are inequalities such as ``a + b <= 1`` that hold in each patient
    (those that name other variables are left out).
    """
    if n < 2:
        return None
    body = ast.parse(formula, mode="eval").body
    gaps = [gap for text in constraints if (gap := _gap(text, set(parts)))]
    x = _start(parts, cells, limits, n)
    low, high = (_edges(parts, limits, side, cells) for side in ("low", "high"))
    x = np.clip(x, low, high)
    with np.errstate(all="ignore"):
        for _ in range(_STEPS):
            values, gradient = _with_gradient(body, parts, x)
            if not np.isfinite(values).all():
                return None
            residual, rows = _moments(parts, index, cells, x, values, gradient)
            violated = [_violations(gap, parts, x) for gap in gaps]
            if _prints(parts, index, cells, x, values) and not any(v.any() for v, _, _ in violated):
                inside = (values >= float(limits[index].low)) & (
                    values <= float(limits[index].high)
                )
                return _witness(parts, x, values) if inside.all() else None
            for bad, amount, slope in violated:
                extra = np.zeros((int(bad.sum()), len(parts), n))
                extra[np.arange(len(extra)), :, np.flatnonzero(bad)] = slope[:, bad].T
                residual = np.concatenate([residual, amount[bad] + 1e-3])
                rows = np.concatenate([rows, extra])
            x = np.clip(_step(x, residual, rows, cells, parts), low, high)
    return None


def _start(
    parts: Sequence[str], cells: Mapping[str, MeanSD], limits: Mapping[str, Interval], n: int
) -> np.ndarray:
    i = np.arange(n) + 0.5
    x = np.empty((len(parts), n))
    for j, name in enumerate(parts):
        z = special.ndtri((i * _STRIDES[j % len(_STRIDES)]) % 1)
        mean, sd = float(cells[name].mean), float(cells[name].sd)
        if limits[name].low == 0 and mean > 0 and math.isinf(limits[name].high):
            # skewed to the right, as positive measurements are
            spread = math.sqrt(math.log1p((sd / mean) ** 2))
            x[j] = mean * np.exp(spread * z - spread**2 / 2)
        else:
            x[j] = mean + sd * z
    return x


def _edges(
    parts: Sequence[str], limits: Mapping[str, Interval], side: str, cells: Mapping[str, MeanSD]
) -> np.ndarray:
    """Limits as a column; a hair inside, so that a share stays positive under a division."""
    sign = 1 if side == "low" else -1
    return np.array(
        [
            [float(getattr(limits[name], side)) + sign * 0.02 * float(cells[name].sd)]
            for name in parts
        ]
    )


def _with_gradient(
    body: ast.expr, parts: Sequence[str], x: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The index of each patient and its derivative by each part (complex step)."""
    values = np.broadcast_to(evaluate(body, dict(zip(parts, x, strict=True))), x.shape[1:])
    gradient = np.empty_like(x)
    for j in range(len(parts)):
        shifted = x.astype(complex)
        shifted[j] += 1j * _COMPLEX_STEP
        gradient[j] = (
            np.imag(evaluate(body, dict(zip(parts, shifted, strict=True)))) / _COMPLEX_STEP
        )
    return values, gradient


def _moments(
    parts: Sequence[str], index: str, cells: Mapping[str, MeanSD], x: np.ndarray,
    values: np.ndarray, gradient: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Residuals of all means and SDs, and their derivatives (rows × parts × patients)."""
    k, n = x.shape
    residual, rows = [], []
    for j, name in enumerate((*parts, index)):
        data = values if j == k else x[j]
        slope = gradient if j == k else np.eye(k)[j][:, None] * np.ones(n)
        mean, sd = data.mean(), data.std(ddof=1)
        residual += [mean - float(cells[name].mean), sd - float(cells[name].sd)]
        rows += [slope / n, slope * (data - mean) / ((n - 1) * max(sd, 1e-12))]
    return np.array(residual), np.array(rows)


def _step(
    x: np.ndarray,
    residual: np.ndarray,
    rows: np.ndarray,
    cells: Mapping[str, MeanSD],
    parts: Sequence[str],
) -> np.ndarray:
    """The smallest move, in units of each part's SD, that cancels the residuals to first order."""
    scale = np.array([[max(float(cells[name].sd), 1e-9)] for name in parts])
    jacobian = (rows * scale).reshape(len(rows), -1)
    norms = np.linalg.norm(jacobian, axis=1)
    norms[norms == 0] = 1
    jacobian, residual = jacobian / norms[:, None], residual / norms
    # einsum instead of @: threads of BLAS cost more than such a small product
    gram = np.einsum("ik,jk->ij", jacobian, jacobian)
    gram[np.diag_indices_from(gram)] += 1e-10
    move = jacobian.T @ np.linalg.solve(gram, residual)
    return x - np.clip(move.reshape(x.shape), -1, 1) * scale


def _gap(constraint: str, names: set[str]) -> ast.expr | None:
    """``a + b <= 1`` as ``a + b − 1`` (to be ≤ 0); None if it names other variables."""
    comparison = ast.parse(constraint, mode="eval").body
    assert isinstance(comparison, ast.Compare)
    left, right = comparison.left, comparison.comparators[0]
    if isinstance(comparison.ops[0], (ast.Gt, ast.GtE)):
        left, right = right, left
    used = {node.id for node in ast.walk(comparison) if isinstance(node, ast.Name)}
    return ast.BinOp(left, ast.Sub(), right) if used <= names else None


def _violations(
    gap: ast.expr, parts: Sequence[str], x: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    amount, slope = _with_gradient(gap, parts, x)
    return amount > 0, amount, slope


def _prints(
    parts: Sequence[str], index: str, cells: Mapping[str, MeanSD], x: np.ndarray, values: np.ndarray
) -> bool:
    """Whether every mean and SD prints as wanted, with four fifths of the rounding to spare."""
    for name, data in (*zip(parts, x, strict=True), (index, values)):
        cell = cells[name]
        for found, printed in ((data.mean(), cell.mean), (data.std(ddof=1), cell.sd)):
            if abs(found - float(printed)) > 0.2 * float(printed.half_unit):
                return False
    return True


def _witness(parts: Sequence[str], x: np.ndarray, values: np.ndarray) -> Witness:
    pairs = [(i, j) for i in range(len(parts)) for j in range(i)]
    with np.errstate(all="ignore"):
        correlations = {
            f"{parts[j]} and {parts[i]}": float(np.corrcoef(x[i], x[j])[0, 1]) for i, j in pairs
        }
    return Witness(dict(zip(parts, x, strict=True)), values, correlations)
