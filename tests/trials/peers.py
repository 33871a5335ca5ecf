"""What single tests say of the same tables: GRIM and GRIMMER, P from its statistic, t from
means and SDs, and two packages that readers can install, scrutipy and statcheck.

Each takes the numbers at their word, as its users do: two-sided P, Student's or Welch's
t, a denominator that is the group.  None is told what the audit knows.
"""

from __future__ import annotations

import importlib.util
import itertools
import re
from collections.abc import Iterator
from importlib import metadata
from typing import Any

from scipy import stats

GROUPS = ("events", "others")
_MEAN = re.compile(r"(-?[\d.]+) ± ([\d.]+)")
PACKAGES = ("scrutipy", "statcheck")


def versions() -> dict[str, str | None]:
    """The installed versions of the packages; None where one is missing."""
    return {
        name: metadata.version(name) if importlib.util.find_spec(name) else None
        for name in PACKAGES
    }


def _sizes(tree: dict[str, Any], row: dict[str, Any]) -> list[int]:
    own = row.get("n", {})
    return [int(own.get(g["id"], g["n"])) for g in tree["groups"]]


def _rows(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for table in tree["tables"]:
        if table["kind"] == "two_group":
            yield from table["rows"]


def _half(text: str) -> float:
    return 0.5 * 10.0 ** -len(text.partition(".")[2])


def _means(row: dict[str, Any]) -> list[tuple[str, str]] | None:
    found = [_MEAN.fullmatch(row["values"][g]) for g in GROUPS]
    return [(m[1], m[2]) for m in found] if all(found) else None


def t_from_means(tree: dict[str, Any]) -> bool | None:
    """Whether some printed t is neither Student's nor Welch's for any corner of the box of
    printed means and SDs; None where no row prints what it needs."""
    asked = wrong = False
    for row in _rows(tree):
        if row["summary"] != "mean_sd" or "statistic" not in row or row.get("by_ranks"):
            continue
        if row.get("statistic_is") == "f":
            continue
        cells, sizes = _means(row), _sizes(tree, row)
        if cells is None or min(sizes) < 2:
            continue
        asked = True
        (m1, s1), (m2, s2) = cells
        ends = [
            (float(x) - _half(x), float(x) + _half(x)) for x in (m1, s1, m2, s2)
        ]  # fmt: skip
        low, high = abs(float(row["statistic"])) - _half(row["statistic"]), 0.0
        high = abs(float(row["statistic"])) + _half(row["statistic"])
        fits = False
        for equal in (True, False):
            found = [
                abs(float(stats.ttest_ind_from_stats(
                    a, max(b, 1e-9), sizes[0], c, max(d, 1e-9), sizes[1], equal_var=equal
                ).statistic))
                for a, b, c, d in itertools.product(*ends)
            ]  # fmt: skip
            least = 0.0 if abs(float(m1) - float(m2)) <= _half(m1) + _half(m2) else min(found)
            fits = fits or (least <= high + 1e-9 and low - 1e-9 <= max(found))
        wrong = wrong or not fits
    return wrong if asked else None


def _tests(tree: dict[str, Any]) -> Iterator[tuple[str, int, str, str]]:
    """Every row that prints t, z or chi-square beside a P: which, its degrees of freedom,
    the statistic and P."""
    for row in _rows(tree):
        if "statistic" not in row or "p" not in row or row["p"] == "NS":
            continue
        if row.get("statistic_is") == "z":
            yield "z", 0, row["statistic"], row["p"]
        elif row["summary"] == "mean_sd":
            kind = "F" if row.get("statistic_is") == "f" else "t"
            yield kind, sum(_sizes(tree, row)) - 2, row["statistic"], row["p"]
        elif row["summary"] in ("n_pct", "levels"):
            yield "chi2", len(row.get("levels", "ab")) - 1, row["statistic"], row["p"]


def p_from_statistic(tree: dict[str, Any]) -> bool | None:
    """Whether some printed P is not that of its t, z or chi-square (two-sided, Student's
    degrees of freedom) within both roundings; None where no row prints both."""
    asked = wrong = False
    for kind, df, statistic, p in _tests(tree):
        asked = True
        size, half = abs(float(statistic)), _half(statistic)
        tail = {
            "t": lambda x, df=df: 2 * stats.t.sf(x, df), "F": lambda x, df=df: stats.f.sf(x, 1, df), "z": lambda x: 2 * stats.norm.sf(x),
            "chi2": lambda x, df=df: stats.chi2.sf(x, df),
        }[kind]  # fmt: skip
        least, most = float(tail(size + half)), float(tail(max(size - half, 0)))
        sign, number = re.match(r"([<>]?)(.*)", p).groups()
        low, high = float(number) - _half(number), float(number) + _half(number)
        if sign:
            low, high = (0.0, float(number)) if sign == "<" else (float(number), 1.0)
        wrong = wrong or least > high + 1e-9 or most < low - 1e-9
    return wrong if asked else None


def _whole_rows(tree: dict[str, Any]) -> Iterator[tuple[str, str, int]]:
    steps = {v["id"] for v in tree["variables"] if "step" in v}
    for row in _rows(tree):
        if row["summary"] == "mean_sd" and row["variable"] in steps and (cells := _means(row)):
            for (mean, sd), n in zip(cells, _sizes(tree, row), strict=True):
                yield mean, sd, n


def scrutipy_says(tree: dict[str, Any]) -> bool | None:
    """scrutipy's GRIM, and its GRIMMER where the mean has decimals, on means of whole
    numbers; None where there are none or the package is missing."""
    if not importlib.util.find_spec("scrutipy"):
        return None
    import scrutipy

    # its Rust part stops at numbers without decimals, and its GRIMMER at negative means
    rows = [row for row in _whole_rows(tree) if "." in row[0]]
    if not rows:
        return None
    if any(not scrutipy.grim_scalar(m, n, rounding="up_or_down") for m, _, n in rows):
        return True
    rows = [row for row in rows if "." in row[1] and not row[0].startswith("-")]
    return bool(rows) and not all(scrutipy.grimmer(*(list(c) for c in zip(*rows, strict=True))))


def statcheck_says(tree: dict[str, Any]) -> bool | None:
    """statcheck's test of a reported result on the same tests; None where there are none or
    the package is missing.

    Its function is given the numbers: the part of version 0.0.7 that reads them from a text
    does not work with pandas 3.  A P of 0.000 is allowed, because programs print it.
    """
    if not importlib.util.find_spec("statcheck"):
        return None
    tests = list(_tests(tree))
    if not tests:
        return None
    from statcheck.error_test import error_test

    wrong = False
    for kind, df, statistic, p in tests:
        sign = p[0] if p[0] in "<>" else "="
        number = p.lstrip("<>")
        places = [len(text.partition(".")[2]) for text in (number, statistic)]
        wrong = wrong or bool(
            error_test(
                number, {"t": "t", "F": "F", "z": "Z", "chi2": "Chi2"}[kind], abs(float(statistic)),
                1 if kind == "F" else df, df, sign, "=", *places, two_tailed=True, alpha=0.05, pZeroError=False,
            )
        )  # fmt: skip
    return wrong


def answers(tree: dict[str, Any]) -> dict[str, bool | None]:
    """What each of them says: True for an error, False for none, None where it cannot be
    asked."""
    return {
        "p_from_statistic": p_from_statistic(tree),
        "t_from_means": t_from_means(tree),
        "scrutipy": scrutipy_says(tree),
        "statcheck": statcheck_says(tree),
    }
