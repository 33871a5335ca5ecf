"""Print data as a paper would, and write the paper file that records it."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import scipy.stats
import yaml

from analysis.exam.printing import roc_estimates
from analysis.findings import Finding, Verdict
from analysis.paper import Paper, load_paper

# what the methods of made-up papers say: a row of means that fits no t was not compared by ranks
TESTS = {"continuous": "Student's t test", "categorical": "chi-square test"}

_EXACT = Context(prec=80)
ROUNDINGS = (ROUND_HALF_UP, ROUND_HALF_EVEN)


def decimal(value: Fraction | Decimal | float) -> Decimal:
    """A number with 80 digits; floats exactly."""
    if isinstance(value, Fraction):
        return _EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))
    return value if isinstance(value, Decimal) else Decimal(float(value))


def root(value: Fraction) -> Decimal:
    return _EXACT.sqrt(decimal(value))


def show(value: Fraction | Decimal | float, decimals: int, rounding: str = ROUND_HALF_UP) -> str:
    """`value` with `decimals` decimals, as a program prints it."""
    unit = Decimal(1).scaleb(-decimals)
    return f"{decimal(value).quantize(unit, rounding=rounding, context=_EXACT):f}"


def show_p(p: float, decimals: int = 3, style: str = "plain") -> str:
    if style == "ns" and p >= 0.05:
        return "NS"
    if style == "limits" and p >= 0.05:
        return ">0.05"
    if style == "limits" and p < 0.05:
        return "<0.01" if p < 0.01 else "<0.05"
    if style != "zero" and p < 10.0**-decimals:
        return f"<{Decimal(1).scaleb(-decimals):f}"
    return show(p, decimals)


def exact_mean(data: Sequence[Any]) -> Fraction:
    return sum(map(Fraction, data), Fraction(0)) / len(data)


def exact_variance(data: Sequence[Any]) -> Fraction:
    m = exact_mean(data)
    return sum(((Fraction(x) - m) ** 2 for x in data), Fraction(0)) / (len(data) - 1)


def exact_student2(a: Sequence[Any], b: Sequence[Any]) -> Fraction | None:
    """Student's t², exact; None where both SDs are zero."""
    n1, n2 = len(a), len(b)
    pooled = ((n1 - 1) * exact_variance(a) + (n2 - 1) * exact_variance(b)) / (n1 + n2 - 2)
    return (
        (exact_mean(a) - exact_mean(b)) ** 2 / (pooled * Fraction(n1 + n2, n1 * n2))
        if pooled
        else None
    )


def exact_welch2(a: Sequence[Any], b: Sequence[Any]) -> tuple[Fraction, Fraction] | None:
    """Welch's t² and its degrees of freedom, exact."""
    v, w = exact_variance(a) / len(a), exact_variance(b) / len(b)
    if not v + w:
        return None
    df = (v + w) ** 2 / (v**2 / (len(a) - 1) + w**2 / (len(b) - 1))
    return (exact_mean(a) - exact_mean(b)) ** 2 / (v + w), df


def paper(sizes: Sequence[int], rows: list[dict], **more: Any) -> dict:
    """The tree of a paper file with one two-group table; `variables` are made from rows."""
    groups = [
        {"id": f"g{i}", "label": f"Group {i}", "n": str(n), "event": i == 0}
        for i, n in enumerate(sizes)
    ]
    given = {v["id"]: v for v in more.pop("variables", [])}
    names = dict.fromkeys([*given, *(row["variable"] for row in rows)])
    return {
        "schema": "1",
        "paper": {"key": "made_up", "label": "Made up", "tests": dict(TESTS)},
        "groups": groups,
        "variables": [given.get(name, {"id": name, "label": name}) for name in names],
        "tables": [{"id": "table1", "kind": "two_group", "title": "Made up", "rows": rows}],
    } | more


def mean_row(name: str, cells: Sequence[str], **more: str) -> dict:
    values = {f"g{i}": cell for i, cell in enumerate(cells)}
    return {"id": name, "variable": name, "summary": "mean_sd", "values": values} | more


def count_row(name: str, cells: Sequence[str], **more: str) -> dict:
    return mean_row(name, cells, **more) | {"summary": "n_pct"}


def levels_row(name: str, levels: Sequence[Sequence[str]], **more: str) -> dict:
    listed = [
        {"id": f"l{i}", "label": f"L{i}", "values": {f"g{j}": c for j, c in enumerate(cells)}}
        for i, cells in enumerate(levels)
    ]
    return {"id": name, "variable": name, "summary": "levels", "levels": listed} | more


class _Plain(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):
    """Writes a repeated part out twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def load(file: Path, tree: dict) -> Paper:
    file.write_text(
        yaml.dump(tree, Dumper=_Plain, allow_unicode=True, sort_keys=False), encoding="utf-8"
    )
    return load_paper(file)


def run(paper: Paper, modules: Iterable[str] = ("text", "two_group")) -> dict[str, Finding]:
    """The findings of some check modules by their id; ids must be unique."""
    found: dict[str, Finding] = {}
    for name in modules:
        for check in importlib.import_module(f"analysis.checks.{name}").CHECKS:
            for finding in check(paper):
                assert finding.id not in found, finding.id
                found[finding.id] = finding
    return found


def audit_tree(file: Path, tree: dict) -> dict[str, Finding]:
    return run(load(file, tree))


def impossible(findings: dict[str, Finding]) -> list[str]:
    return [id for id, f in findings.items() if f.verdict is Verdict.IMPOSSIBLE]


def finite(value: float) -> bool:
    return math.isfinite(value)


# --- rows of ROC and regression tables -------------------------------------------------

_Z = scipy.stats.norm.ppf(0.975)


def regression_cells(
    b: float, se: float, small_p: str = "0.000", places: int = 3, rounding: str = ROUND_HALF_EVEN
) -> tuple[dict[str, str], str]:
    """One row as SPSS prints it, every number rounded once; its interval apart."""
    wald = (b / se) ** 2
    p = float(scipy.stats.chi2.sf(wald, 1))
    shown = {"b": b, "se": se, "wald": wald, "p": p, "ratio": math.exp(b)}
    cells = {k: show(v, 3 if k == "p" else places, rounding) for k, v in shown.items()}
    if p < 0.0005:
        cells["p"] = small_p
    ends = (show(math.exp(b + side * _Z * se), places, rounding) for side in (-1, 1))
    return cells, "–".join(ends)


def roc_cells(
    positive: np.ndarray,
    negative: np.ndarray,
    cut: Fraction,
    right1: int,
    right0: int,
    *,
    spss_se: bool = True,
    decimals: int = 3,
    rounding: str = ROUND_HALF_UP,
    places: int = 2,
) -> dict[str, str]:
    """A row of a ROC table; `right1` and `right0` patients are called right at the cut,
    which is printed with `places` decimals."""
    n1, n0 = len(positive), len(negative)
    auc, delong, hanley = roc_estimates(positive, negative)
    se = hanley if spss_se else delong
    null = math.sqrt((n1 + n0 + 1) / (12 * n1 * n0))
    low, high = max(auc - _Z * se, 0), min(auc + _Z * se, 1)
    return {
        "auc": show(auc, decimals, rounding),
        "ci": f"{show(low, decimals, rounding)}–{show(high, decimals, rounding)}",
        "se": show(se, decimals, rounding),
        "p": show(2 * scipy.stats.norm.sf(abs(auc - 0.5) / null), 3, rounding),
        "threshold": show(cut, places, rounding),
        "sensitivity": show(Fraction(right1, n1), decimals, rounding),
        "specificity": show(Fraction(right0, n0), decimals, rounding),
    }
