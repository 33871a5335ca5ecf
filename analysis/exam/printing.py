"""Tables as SPSS, R and Stata would print them from patients, and the record of that paper.

Every number comes from scipy, statsmodels or scikit-learn, never from the checks that will
read it.  What an author could slip into by mistake (a standard error for an SD, the
coefficient of another model, a cut from other patients, …) is kept beside, for
:mod:`analysis.exam.planting`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
from scipy import optimize, stats

from analysis.exam.patients import Patients

Change = tuple[tuple, str | None]  # a place and what stands there instead (None: nothing)

PROGRAMS = {
    "SPSS": ("SPSS 25.0", "SPSS 20.0", "IBM SPSS Statistics 22"),
    "R": ("R 4.2.2", "R version 3.6.1"),
    "Stata": ("Stata 16", "Stata/SE 14.2"),
    "": (None,),
}
Z = stats.norm.ppf(0.975)


class NoFitError(ValueError):
    """A model has no maximum inside, so that a program would print no sensible row."""


@dataclass(frozen=True)
class Style:
    """How one paper prints: drawn once, kept in all its tables."""

    program: str
    software: str | None
    rounding: str
    exact_binary: bool  # a program that rounds the stored double, not its decimal text
    small_p: str  # "zero" (0.000) or "less" (<0.001)
    p_decimals: int
    p_words: str  # "numbers", "ns" or "limits"
    percent_decimals: int
    percent_of: str
    percent_cut: bool
    continuous: str  # "student", "welch" or "levene"
    categorical: str  # "pearson", "yates", "ratio", "fisher" or "mixed"
    statistics: bool  # whether t and chi-square are printed
    statistic_decimals: int
    statistic_sign: str  # t "signed", its "size", or its "square" (F of an analysis of variance)
    quantile: str
    share_decimals: int
    auc_decimals: int
    auc_se: str  # "hanley" or "delong"
    auc_ci: str  # "wald", "logit" or "none"
    auc_p: str  # "null", "estimated" or "ranks"
    coding: str
    model_decimals: int
    missing: str  # "complete" or "rows"
    careless: str = ""  # "twice": rounded to one digit more first; "cut": cut off, not rounded

    def number(self, value: float, decimals: int) -> str:
        """A number as the program prints it."""
        exact = Decimal(float(value)) if self.exact_binary else Decimal(f"{value:.15g}")
        unit = Decimal(1).scaleb(-decimals)
        if self.careless == "twice":
            exact = exact.quantize(unit.scaleb(-1), rounding=self.rounding)
        rounding = ROUND_DOWN if self.careless == "cut" else self.rounding
        text = f"{exact.quantize(unit, rounding=rounding):f}"
        # no program prints a negative zero
        return text.lstrip("-") if float(text) == 0 else text

    def p(self, value: float) -> str:
        if self.p_words == "ns" and value >= 0.05:
            return "NS"
        if self.p_words == "limits":
            if value >= 0.05:
                return ">0.05"
            return "<0.01" if value < 0.01 else "<0.05"
        if self.small_p == "less" and value < 10.0**-self.p_decimals:
            return f"<{Decimal(1).scaleb(-self.p_decimals):f}"
        return self.number(value, self.p_decimals)


def style(rng: np.random.Generator) -> Style:
    """A style, drawn; the habits of a program go together."""
    program = str(rng.choice(list(PROGRAMS), p=(0.45, 0.25, 0.15, 0.15)))
    spss, r = program == "SPSS", program == "R"

    def pick(*options: Any, p: tuple[float, ...] | None = None) -> Any:
        return options[int(rng.choice(len(options), p=p))]

    return Style(
        program=program, software=pick(*PROGRAMS[program]),
        rounding=ROUND_HALF_EVEN if r else pick(ROUND_HALF_UP, ROUND_HALF_EVEN, p=(0.8, 0.2)),
        exact_binary=r or bool(rng.random() < 0.3),
        small_p=pick("zero", "less", p=(0.5, 0.5) if spss else (0.1, 0.9)),
        p_decimals=pick(2, 3, 4, p=(0.15, 0.75, 0.1)),
        p_words=pick("numbers", "ns", "limits", p=(0.88, 0.06, 0.06)),
        percent_decimals=pick(0, 1, 2, p=(0.2, 0.5, 0.3)),
        percent_of=pick("group", "row", "all", p=(0.85, 0.1, 0.05)),
        percent_cut=bool(rng.random() < 0.03),
        continuous="levene" if spss and rng.random() < 0.4 else pick("student", "welch", p=(0.4, 0.6) if r else (0.8, 0.2)),
        categorical=pick("pearson", "yates", "ratio", "fisher", "mixed", p=(0.1, 0.4, 0.0, 0.2, 0.3) if r else (0.45, 0.1, 0.05, 0.1, 0.3)),
        statistics=bool(rng.random() < (0.6 if spss else 0.35)),
        statistic_decimals=pick(2, 3, p=(0.5, 0.5)),
        statistic_sign=pick("signed", "size", "square", p=(0.6, 0.33, 0.07)),
        quantile=str(rng.choice(["weibull", "linear", "hazen", "median_unbiased", "inverted_cdf", "averaged_inverted_cdf"])),
        share_decimals=pick(2, 3, 4, p=(0.3, 0.5, 0.2)),  # 77%, 76.8% and 76.79% are 0.77, …
        auc_decimals=pick(2, 3, p=(0.25, 0.75)),
        auc_se="hanley" if spss else "delong",
        auc_ci=pick("wald", "none", p=(0.9, 0.1)) if spss else pick("wald", "logit", "none", p=(0.7, 0.2, 0.1)),
        auc_p="null" if spss else pick("null", "estimated", "ranks"),
        coding=pick("0/1", "1/2", p=(0.7, 0.3)), model_decimals=pick(2, 3, 4, p=(0.25, 0.65, 0.1)),
        missing=pick("complete", "rows", p=(0.4, 0.6)),
    )  # fmt: skip


@dataclass
class Printed:
    """A paper: the tree of its record, and what could stand in its cells by mistake: under
    each kind of error a list of changes that belong together."""

    tree: dict[str, Any]
    style: Style | None  # None where the record of a published paper is the source
    source: str
    patients: int
    slips: dict[str, list[list[Change]]] = field(default_factory=dict)

    def slip(self, kind: str, *changes: Change) -> None:
        self.slips.setdefault(kind, []).append(list(changes))


# --- two groups ------------------------------------------------------------------------

GROUPS = ("events", "others")


def _decimals(values: np.ndarray, rng: np.random.Generator) -> int:
    """Decimals that an author gives to this variable: two or three digits of its SD."""
    sd = float(np.std(values)) or 1.0
    return int(np.clip(1 - math.floor(math.log10(sd)) + rng.integers(-1, 2), 0, 4))


def t_test(a: np.ndarray, b: np.ndarray, kind: str) -> tuple[float, float]:
    """t and P; under "levene" the row of SPSS's output that Levene's test points to."""
    equal = kind == "student"
    if kind == "levene":
        equal = stats.levene(a, b, center="mean").pvalue >= 0.05
    found = stats.ttest_ind(a, b, equal_var=equal)
    return float(found.statistic), float(found.pvalue)


def count_test(counts: np.ndarray, kind: str) -> tuple[str, float | None, float]:
    """The test of a table of counts: its name, chi-square (None for Fisher) and P."""
    if kind == "mixed":  # Fisher's where a cell expects fewer than five
        kind = "fisher" if stats.contingency.expected_freq(counts).min() < 5 else "pearson"
    if kind == "fisher" and counts.shape == (2, 2):
        return "fisher", None, float(stats.fisher_exact(counts).pvalue)
    found = stats.chi2_contingency(
        counts, correction=kind == "yates" and counts.shape == (2, 2),
        lambda_="log-likelihood" if kind == "ratio" else "pearson",
    )  # fmt: skip
    name = {"ratio": "likelihood_ratio", "yates": "yates"}.get(kind, "chi_square")
    name = "chi_square" if name == "yates" and counts.shape != (2, 2) else name
    return name, float(found.statistic), float(found.pvalue)


def percentage(style: Style, count: int, of: int) -> str:
    value = 100 * count / of
    if style.percent_cut:
        scale = 10**style.percent_decimals
        return f"{math.floor(100 * count * scale / of) / scale:.{style.percent_decimals}f}"
    return style.number(value, style.percent_decimals)


class _Rows:
    """The rows of a table of two groups, with what they could be by mistake."""

    def __init__(self, printed: Printed, people: Patients, rng: np.random.Generator):
        self.printed, self.people, self.rng, self.style = printed, people, rng, printed.style
        self.rows: list[dict[str, Any]] = []
        self.variables: list[dict[str, Any]] = []

    def halves(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        known = np.isfinite(values)
        event = self.people.event.astype(bool)
        return values[known & event], values[known & ~event]

    def place(self, *more: str) -> tuple:
        return ("tables", 0, "rows", len(self.rows), *more)

    def row(self, name: str, summary: str, values: np.ndarray) -> dict[str, Any]:
        row: dict[str, Any] = {"id": name, "variable": name, "summary": summary}
        if not np.isfinite(values).all():
            row["n"] = {
                g: str(len(x)) for g, x in zip(GROUPS, self.halves(values), strict=True)
            }  # fmt: skip
        return row

    def variable(self, name: str, values: np.ndarray | None = None) -> None:
        told: dict[str, Any] = {"id": name, "label": name.removeprefix("v_").replace("_", " ")}
        if values is not None:
            known = values[np.isfinite(values)]
            if np.all(known == np.round(known)):
                told["step"] = {"value": "1", "reason": "recorded in whole numbers"}
            if known.min() >= 0:
                told["lower"] = {"value": "0", "reason": "no value is below zero"}
        self.variables.append(told)

    def means(self, name: str, values: np.ndarray) -> None:
        s, rng = self.style, self.rng
        a, b = self.halves(values)
        if min(np.ptp(a), np.ptp(b)) == 0:
            return
        d = _decimals(values[np.isfinite(values)], rng)
        sd_d = min(d + int(rng.random() < 0.1), 5)

        def cell(x: np.ndarray, spread: float) -> str:
            return f"{s.number(x.mean(), d)} ± {s.number(spread, sd_d)}"

        sds = [x.std(ddof=1) for x in (a, b)]
        errors = [sd / math.sqrt(len(x)) for sd, x in zip(sds, (a, b), strict=True)]
        cells = [cell(x, sd) for x, sd in zip((a, b), sds, strict=True)]
        row = self.row(name, "mean_sd", values)
        row["values"] = dict(zip(GROUPS, cells, strict=True))
        by_ranks = rng.random() < 0.08
        if by_ranks:
            row["by_ranks"] = True
            p = stats.mannwhitneyu(
                a, b, method="asymptotic", use_continuity=s.program == "R"
            ).pvalue
        else:
            t, p = t_test(a, b, s.continuous)
            if s.statistics:
                t = {"signed": t, "size": abs(t), "square": t * t}[s.statistic_sign]
                row["statistic"] = s.number(t, s.statistic_decimals)
                if s.statistic_sign == "square":
                    row["statistic_is"] = "f"
        row["p"] = s.p(p)
        place = self.place
        of_errors = [cell(x, e) for x, e in zip((a, b), errors, strict=True)]
        slip = self.printed.slip
        slip(
            "se_for_sd", *((place("values", g), c) for g, c in zip(GROUPS, of_errors, strict=True))
        )
        g = int(rng.integers(2))
        slip("se_for_sd_once", (place("values", GROUPS[g]), of_errors[g]))
        # the two means change places, their SDs do not
        slip("means_swapped", *(
            (place("values", GROUPS[i]), cell((b, a)[i], sds[i])) for i in (0, 1)
        ))  # fmt: skip
        if not by_ranks:
            other = rng.permutation(self.people.event)  # a row of other patients, whole
            known = np.isfinite(values)
            x, y = values[known & (other == 1)], values[known & (other == 0)]
            if len(x) == len(a) and min(np.ptp(x), np.ptp(y)) > 0:
                t2, p2 = t_test(x, y, s.continuous)
                changes = [
                    (place("values", GROUPS[i]), cell(z, z.std(ddof=1)))
                    for i, z in enumerate((x, y))
                ]
                changes.append((place("p"), s.p(p2)))
                if "statistic" in row:
                    t2 = {"signed": t2, "size": abs(t2), "square": t2 * t2}[s.statistic_sign]
                    changes.append((place("statistic"), s.number(t2, s.statistic_decimals)))
                slip("whole_row", *changes)
        self.variable(name, values)
        self.rows.append(row)

    def medians(self, name: str, values: np.ndarray) -> None:
        s, rng = self.style, self.rng
        a, b = self.halves(values)
        d = _decimals(values[np.isfinite(values)], rng)

        def cell(x: np.ndarray) -> str:
            low, mid, high = np.quantile(x, (0.25, 0.5, 0.75), method=s.quantile)
            mid = np.median(x)
            return f"{s.number(mid, d)} ({s.number(low, d)}–{s.number(high, d)})"

        row = self.row(name, "median_iqr", values)
        row["values"] = dict(zip(GROUPS, (cell(a), cell(b)), strict=True))
        row["test"] = "mann_whitney"
        found = stats.mannwhitneyu(a, b, method="asymptotic", use_continuity=s.program == "R")
        p = float(found.pvalue)
        if s.statistics and rng.random() < 0.7:
            row |= {
                "statistic_is": "z",
                "statistic": s.number(-stats.norm.isf(p / 2), s.statistic_decimals),
            }
        row["p"] = s.p(p)
        self.variable(name, values)
        self.rows.append(row)

    def categories(self, name: str, values: np.ndarray) -> None:
        s, rng = self.style, self.rng
        halves = self.halves(values)
        kinds = np.unique(values[np.isfinite(values)])
        if len(kinds) < 2:
            return
        counts = np.array([[int((x == k).sum()) for x in halves] for k in kinds])
        if (counts.sum(1) == 0).any() or (counts.sum(0) == 0).any():
            return
        sizes, total = counts.sum(0), int(counts.sum())

        def cell(k: int, g: int, of: int | None = None) -> str:
            whole = {"group": int(sizes[g]), "row": int(counts[k].sum()), "all": total}[
                s.percent_of
            ]
            return f"{counts[k, g]} ({percentage(s, int(counts[k, g]), of or whole)}%)"

        one = len(kinds) == 2 and rng.random() < 0.6
        row = self.row(name, "n_pct" if one else "levels", values)
        places = []
        if one:
            row["values"] = {g: cell(1, i) for i, g in enumerate(GROUPS)}
            places = [(self.place("values", g), 1, i) for i, g in enumerate(GROUPS)]
        else:
            row["levels"] = [
                {"id": f"l{k}", "label": f"level {k}", "values": {g: cell(k, i) for i, g in enumerate(GROUPS)}}
                for k in range(len(kinds))
            ]  # fmt: skip
            places = [
                (self.place("levels", k, "values", g), k, i)
                for k in range(len(kinds)) for i, g in enumerate(GROUPS)
            ]  # fmt: skip
        bare = s.percent_of == "group" and rng.random() < 0.05  # counts without percentages
        if bare:
            for where, k, g in places:
                values_of = row["levels"][where[-3]]["values"] if "levels" in row else row["values"]
                values_of[GROUPS[g]] = str(counts[k, g])
        test, chi2, p = count_test(counts, s.categorical)
        if rng.random() < 0.3:
            row["test"] = test
        if chi2 is not None and s.statistics:
            row["statistic"] = s.number(chi2, s.statistic_decimals)
            if rng.random() < 0.3:
                row["statistic_is"] = "chi2"
        row["p"] = s.p(p)
        where, k, g = places[int(rng.integers(len(places)))]
        if not bare and s.percent_of == "group" and counts[k, g] <= sizes[1 - g]:
            self.printed.slip("denominator", (where, cell(k, g, int(sizes[1 - g]))))
        # a count that is wrong, with the percentage that belongs to it
        moved = int(counts[k, g] + rng.choice([-3, -2, -1, 1, 2, 3]))
        if not bare and s.percent_of == "group" and 0 <= moved <= sizes[g]:
            wrong = f"{moved} ({percentage(s, moved, int(sizes[g]))}%)"
            self.printed.slip("count", (where, wrong))
        self.variable(name)
        self.rows.append(row)


def two_groups(printed: Printed, people: Patients, rng: np.random.Generator, most: int) -> None:
    """The first table of a paper."""
    made = _Rows(printed, people, rng)
    names = [*people.numbers, *people.codes]
    for name in (names[i] for i in rng.permutation(len(names))):
        if len(made.rows) == most:
            break
        values = people.numbers.get(name, people.codes.get(name))
        if min(len(x) for x in made.halves(values)) < 8:
            continue
        if name in people.codes:
            made.categories(name, values)
        elif rng.random() < 0.25:
            made.medians(name, values)
        else:
            made.means(name, values)
    if made.rows:
        table = {"id": "table1", "kind": "two_group", "title": "Two groups", "rows": made.rows}
        if printed.style.percent_of != "group":
            table["percent_of"] = printed.style.percent_of
        printed.tree["variables"] += made.variables
        printed.tree["tables"].append(table)
        n1, n0 = (int((people.event == e).sum()) for e in (1, 0))
        if n1 != n0:
            printed.slip(
                "groups_swapped", (("groups", 0, "n"), str(n0)), (("groups", 1, "n"), str(n1))
            )


# --- ROC -------------------------------------------------------------------------------


def roc_estimates(positive: np.ndarray, negative: np.ndarray) -> tuple[float, float, float]:
    """AUC, DeLong's SE, and Hanley and McNeil's with counted Q1 and Q2 (as SPSS)."""
    n1, n0 = len(positive), len(negative)
    wins = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    auc, v, u = wins.mean(), wins.mean(1), wins.mean(0)
    delong = math.sqrt(v.var(ddof=1) / n1 + u.var(ddof=1) / n0)
    below, equal0 = (positive[:, None] > negative).sum(1), (positive[:, None] == negative).sum(1)
    above, equal1 = (positive[:, None] > negative).sum(0), (positive[:, None] == negative).sum(0)
    q2 = np.mean(below**2 + below * equal0 + equal0**2 / 3) / n0**2
    q1 = np.mean(above**2 + above * equal1 + equal1**2 / 3) / n1**2
    total = auc * (1 - auc) + (n1 - 1) * (q1 - auc**2) + (n0 - 1) * (q2 - auc**2)
    return float(auc), delong, math.sqrt(max(total, 0) / (n1 * n0))


@dataclass(frozen=True)
class Cut:
    """A cut with the largest Youden index, and whom it calls positive."""

    value: float
    higher: bool
    right1: int
    right0: int

    def positive(self, values: np.ndarray) -> np.ndarray:
        return (values > self.value if self.higher else values < self.value).astype(int)


def best_cut(values: np.ndarray, y: np.ndarray, higher: bool) -> Cut:
    """The midpoint of two observed values with the largest Youden index."""
    levels = np.unique(values)
    cuts = (levels[1:] + levels[:-1]) / 2
    side = 1 if higher else -1
    a, b = np.sort(side * values[y == 1]), np.sort(side * values[y == 0])
    right1 = len(a) - np.searchsorted(a, side * cuts, side="right")
    right0 = np.searchsorted(b, side * cuts, side="right")
    best = int(np.argmax(right1 / len(a) + right0 / len(b)))
    return Cut(float(cuts[best]), higher, int(right1[best]), int(right0[best]))


def roc_table(printed: Printed, people: Patients, rng: np.random.Generator, most: int) -> list[str]:
    """A table of areas under the curve; returns the markers in it."""
    from sklearn.metrics import roc_auc_score

    s, y = printed.style, people.event
    names = [n for n, v in people.numbers.items() if np.isfinite(v).all() and len(np.unique(v)) > 4]
    rows, t = [], len(printed.tree["tables"])
    columns = {c: rng.random() < share for c, share in (
        ("se", 0.7), ("p", 0.8), ("threshold", 0.9), ("points", 0.92), ("youden", 0.35),
        ("ppv", 0.3), ("accuracy", 0.2), ("ratios", 0.15),
    )}  # fmt: skip

    def share(value: float) -> str:
        return s.number(value, s.share_decimals)

    for name in (names[i] for i in rng.permutation(len(names))[:most]):
        values = people.numbers[name]
        area = roc_auc_score(y, values)
        higher = area >= 0.5
        signed = values if higher else -values
        a, b = signed[y == 1], signed[y == 0]
        auc, delong, hanley = roc_estimates(a, b)
        assert abs(auc - max(area, 1 - area)) < 1e-9
        se = hanley if s.auc_se == "hanley" else delong
        if se == 0 or auc == 1:
            continue
        d, place = s.auc_decimals, ("tables", t, "rows", len(rows))
        row: dict[str, Any] = {"id": name, "variable": name}
        if not higher:
            row["direction"] = "lower"
        row["auc"] = s.number(auc, d)
        if s.auc_ci != "none":
            low, high = max(auc - Z * se, 0), min(auc + Z * se, 1)
            if s.auc_ci == "logit":
                logit, width = math.log(auc / (1 - auc)), Z * se / (auc * (1 - auc))
                low, high = (1 / (1 + math.exp(-logit - side * width)) for side in (-1, 1))
            row["ci"] = f"{s.number(low, d)}–{s.number(high, d)}"
        if columns["se"]:
            row["se"] = s.number(se, 3)
        if columns["p"]:
            n1, n0 = len(a), len(b)
            null = math.sqrt((n1 + n0 + 1) / (12 * n1 * n0))
            if s.auc_p == "ranks":
                p = stats.mannwhitneyu(a, b).pvalue
            else:
                p = 2 * stats.norm.sf(abs(auc - 0.5) / (null if s.auc_p == "null" else se))
            row["p"] = s.p(float(p))
        cut, places = best_cut(values, y, higher), _decimals(values, rng) + 1

        def at(cut: Cut, y: np.ndarray, places: int = places) -> dict[str, str]:
            n1, n0 = int(y.sum()), int((1 - y).sum())
            sens, spec = cut.right1 / n1, cut.right0 / n0
            told: dict[str, str] = {}
            if columns["threshold"]:
                told["threshold"] = s.number(cut.value, places)
            if columns["points"]:
                told |= {"sensitivity": share(sens), "specificity": share(spec)}
            if columns["youden"]:
                told["youden"] = s.number(sens + spec - 1, s.share_decimals)
            fp, fn = n0 - cut.right0, n1 - cut.right1
            if columns["ppv"] and cut.right1 + fp and cut.right0 + fn:
                told["ppv"] = share(cut.right1 / (cut.right1 + fp))
                told["npv"] = share(cut.right0 / (cut.right0 + fn))
            if columns["accuracy"]:
                told["accuracy"] = share((cut.right1 + cut.right0) / (n1 + n0))
            if columns["ratios"] and fp and cut.right0:
                told["lr_positive"] = s.number(sens / (1 - spec), 2)
                told["lr_negative"] = s.number((1 - sens) / spec, 2)
            return told

        row |= at(cut, y)
        # the cut and its point from other patients: a random half of these
        half = np.sort(rng.permutation(len(y))[: len(y) // 2])
        if 5 < y[half].sum() < len(half) - 5 and np.ptp(values[half]) > 0:
            other = at(best_cut(values[half], y[half], higher), y[half])
            if set(other) == set(at(cut, y)):
                printed.slip("cut", *(((*place, c), text) for c, text in other.items()))
        if "ci" in row:
            wide = math.sqrt(len(y))
            low, high = max(auc - Z * se * wide, 0), min(auc + Z * se * wide, 1)
            printed.slip("sd_for_se", ((*place, "ci"), f"{s.number(low, d)}–{s.number(high, d)}"))
        if not any(v["id"] == name for v in printed.tree["variables"]):
            printed.tree["variables"].append({"id": name, "label": name})
        rows.append(row)
    if rows:
        table: dict[str, Any] = {
            "id": "table2",
            "kind": "roc",
            "title": "ROC",
            "positive": GROUPS[0],
        }
        if s.auc_ci != "none" and rng.random() < 0.7:
            table["confidence"] = "95%"
        printed.tree["tables"].append(table | {"rows": rows})
    return [row["id"] for row in rows]


# --- regression ------------------------------------------------------------------------


@dataclass(frozen=True)
class Fit:
    """A fitted model: estimates and errors by predictor (the constant last), the log
    likelihood, and profile limits where they were asked for."""

    b: np.ndarray
    se: np.ndarray
    loglik: float


def logistic(x: np.ndarray, y: np.ndarray) -> Fit:
    """A logistic fit with a constant."""
    import statsmodels.api as sm

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            design = np.column_stack([x, np.ones(len(y))])
            # the mean of the predictors far from zero makes the equations ill to solve
            found = sm.Logit(y, design).fit(disp=0, method="newton", maxiter=60, tol=1e-12)
            b, se = np.asarray(found.params), np.asarray(found.bse)
        except Exception as error:  # a perfect separation, a singular matrix
            raise NoFitError(str(error)) from None
    spread = np.append(x.std(0), 1)
    if (
        not np.isfinite(se).all()
        or (np.abs(b[:-1]) * spread[:-1] > 6).any()
        or (se * spread > 20).any()
    ):
        raise NoFitError("the fit has no maximum inside")
    return Fit(b, se, float(found.llf))


def cox(x: np.ndarray, time: np.ndarray, y: np.ndarray, ties: str) -> Fit:
    """A proportional-hazards fit."""
    import statsmodels.api as sm

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = sm.PHReg(time, x, status=y, ties=ties).fit(disp=0)
        except Exception as error:
            raise NoFitError(str(error)) from None
    b, se = np.asarray(found.params), np.asarray(found.bse)
    if not np.isfinite(se).all() or (np.abs(b) * x.std(0) > 6).any() or (se * x.std(0) > 20).any():
        raise NoFitError("the fit has no maximum inside")
    return Fit(b, se, float(found.llf))


def profile(x: np.ndarray, y: np.ndarray, j: int, fit: Fit) -> tuple[float, float]:
    """Profile-likelihood limits of coefficient `j`, as R's ``confint`` gives them."""
    import statsmodels.api as sm

    rest = np.column_stack([np.delete(x, j, axis=1), np.ones(len(y))])

    def lack(b: float) -> float:
        model = sm.GLM(y, rest, family=sm.families.Binomial(), offset=b * x[:, j])
        return 2 * (fit.loglik - model.fit().llf) - stats.chi2.ppf(0.95, 1)

    ends = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for side in (-1, 1):
            near, far = fit.b[j], fit.b[j] + side * 4 * fit.se[j]
            try:
                ends.append(optimize.brentq(lack, near, far, xtol=1e-8 * max(fit.se[j], 1e-6)))
            except ValueError as error:
                raise NoFitError(str(error)) from None
    return ends[0], ends[1]


def regression_table(
    printed: Printed, people: Patients, rng: np.random.Generator, most: int, markers: list[str]
) -> None:
    """One table of coefficients, or an univariable one and a multivariable one."""
    s, tree = printed.style, printed.tree
    people_ = people.take(np.flatnonzero(people.complete))
    if len(people_) < len(people):
        return  # the model would be about fewer patients than the groups
    y = people.event
    use_cox = people.time is not None and rng.random() < 0.6
    columns: list[tuple[str, np.ndarray, dict[str, Any]]] = []
    names = [*people.numbers, *people.codes]
    shown = {
        row["id"]: row
        for table in tree["tables"][:1]
        for row in table["rows"]
        if table["kind"] == "two_group"
    }
    low = 0 if s.coding == "0/1" else 1
    for name in (names[i] for i in rng.permutation(len(names))):
        if len(columns) == most:
            break
        more: dict[str, Any] = {}
        if name in people.codes:
            x = people.codes[name]
            if len(np.unique(x)) != 2:
                continue
            x = x + low
            if shown.get(name, {}).get("summary") == "n_pct":
                more = {"margin": f"table1.{name}"}
            cells = [int(((x == x.max()) == c)[y == e].sum()) for c in (0, 1) for e in (0, 1)]
            if min(cells) < 3:
                continue
        elif rng.random() < 0.4:
            cut = best_cut(people.numbers[name], y, True)
            x = cut.positive(people.numbers[name]).astype(float) + low
            if min(np.bincount(x.astype(int) - low, minlength=2)) < 8:
                continue
        else:
            x = people.numbers[name]
            if np.ptp(x) == 0:
                continue
        columns.append((name, x, more))
    if not columns:
        return
    x = np.column_stack([c[1] for c in columns])
    ties = str(rng.choice(["breslow", "efron"]))

    def fit(columns: np.ndarray) -> Fit:
        return cox(columns, people.time, y, ties) if use_cox else logistic(columns, y)

    try:
        if np.linalg.matrix_rank(np.column_stack([x, np.ones(len(y))])) <= x.shape[1]:
            raise NoFitError("collinear")
        whole = fit(x)
        alone = [fit(x[:, [j]]) for j in range(x.shape[1])]
    except NoFitError:
        return
    wald = s.program == "SPSS" or rng.random() < 0.3
    has_b = wald or rng.random() < 0.7
    likelihood_p = s.program in ("R", "") and not use_cox and not wald and rng.random() < 0.15
    profiled = (
        s.program in ("R", "") and not use_cox and not wald and rng.random() < 0.15 and len(y) < 250
    )
    d = s.model_decimals
    ratio_d = d if wald else int(rng.choice([2, 3]))

    def cells(
        b: float, se: float, p: float | None = None, limits: tuple | None = None
    ) -> dict[str, str]:
        z2 = (b / se) ** 2
        told = {}
        if has_b:
            told |= {"b": s.number(b, d), "se": s.number(se, d)}
        if wald:
            told["wald"] = s.number(z2, d)
        told["p"] = s.p(float(stats.chi2.sf(z2, 1)) if p is None else p)
        if abs(b) < 12:
            ends = limits or (b - Z * se, b + Z * se)
            if max(map(abs, ends)) < 14:
                told["ratio"] = s.number(math.exp(b), ratio_d)
                told["ci"] = "–".join(s.number(math.exp(e), ratio_d) for e in ends)
        return told

    def table(kind: str, number: str) -> None:
        t = len(tree["tables"])
        rows = []
        for j, (name, _, more) in enumerate(columns):
            mine, index = (alone[j], 0) if kind == "univariable" else (whole, j)
            b, se = float(mine.b[index]), float(mine.se[index])
            p, limits = None, None
            try:
                inside = x[:, [j]] if kind == "univariable" else x
                if likelihood_p:
                    rest = np.delete(inside, index, axis=1)
                    null = logistic(rest, y).loglik
                    p = float(stats.chi2.sf(max(2 * (mine.loglik - null), 0), 1))
                if profiled:
                    limits = profile(inside, y, index, mine)
            except NoFitError:
                limits = None
            row = {"id": name, "label": name} | more | cells(b, se, p, limits)
            other, o = (whole, j) if kind == "univariable" else (alone[j], 0)
            place = ("tables", t, "rows", len(rows))
            row_of = cells(float(other.b[o]), float(other.se[o]))
            if len(columns) > 1 and has_b:
                printed.slip("coefficient", ((*place, "b"), row_of["b"]))
                if set(row_of) == set(cells(b, se)):
                    printed.slip(
                        "row_of_other_model", *(((*place, c), v) for c, v in row_of.items())
                    )
            if has_b:
                printed.slip("sd_for_se", ((*place, "se"), s.number(se * math.sqrt(len(y)), d)))
                if b < 0 and float(row["b"]) != 0:
                    printed.slip("sign", ((*place, "b"), row["b"].lstrip("-")))
            rows.append(row)
        made: dict[str, Any] = {
            "id": f"table{number}", "kind": "regression", "title": "Model", "analysis": kind,
            "model": "cox" if use_cox else "logistic",
            "effect_label": "HR" if use_cox else str(rng.choice(["OR", "Exp(B)"])),
        }  # fmt: skip
        if not use_cox:
            made["event"] = GROUPS[0]
        if rng.random() < 0.6:
            made["confidence"] = "95%"
        made["rows"] = rows
        if kind == "multivariable" and not use_cox and has_b and rng.random() < 0.7:
            b, se = float(whole.b[-1]), float(whole.se[-1])
            told = cells(b, se)
            told.pop("ci", None)
            made["constant"] = told
        tree["tables"].append(made)

    both = len(columns) > 1 and rng.random() < 0.3
    if both:
        table("univariable", "3")
    table("multivariable", "4")
    tree["paper"]["tests"]["model"] = "Cox regression" if use_cox else "logistic regression"


# --- the paper -------------------------------------------------------------------------


def _statements(printed: Printed, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Numbers of the tables that the abstract repeats."""
    for table in printed.tree["tables"]:
        for row in table["rows"]:
            for column, kind in (
                ("auc", "share"),
                ("sensitivity", "share"),
                ("ratio", "number"),
                ("p", "p"),
            ):
                if column in row and rng.random() < 0.25:
                    if column == "p" and row[column] == "NS":
                        continue
                    yield {
                        "kind": kind, "printed": row[column], "about": f"{column} of {row['id']}",
                        "repeats": f"{table['id']}.{row['id']}.{column}",
                    }  # fmt: skip


def paper(people: Patients, rng: np.random.Generator, careless: str = "") -> Printed | None:
    """One honest paper about these patients; None if they give no table.

    `careless` ("twice" or "cut") rounds every number as honest programs do not.
    """
    s = replace(style(rng), careless=careless)
    if s.missing == "complete":
        people = people.take(np.flatnonzero(people.complete))
    n1, n0 = (int((people.event == e).sum()) for e in (1, 0))
    if min(n1, n0) < 8:
        return None
    tree: dict[str, Any] = {
        "schema": "1",
        "paper": {"key": "made_up", "label": "Made up", "tests": {}},
        "groups": [
            {"id": GROUPS[0], "label": "With the event", "n": str(n1), "event": True},
            {"id": GROUPS[1], "label": "Without it", "n": str(n0)},
        ],
        "variables": [], "tables": [],
    }  # fmt: skip
    if s.software is not None:
        tree["paper"]["software"] = s.software
    if rng.random() < 0.5:
        tree["paper"]["tests"] |= {"continuous": "t test", "categorical": "chi-square test"}
    printed = Printed(tree, s, people.name, len(people))
    wanted = [rng.random() < share for share in (0.85, 0.45, 0.45)]
    if wanted[0] or not any(wanted[1:]):
        two_groups(printed, people, rng, int(rng.integers(1, 6)))
    markers = roc_table(printed, people, rng, int(rng.integers(1, 3))) if wanted[1] else []
    if wanted[2]:
        regression_table(printed, people, rng, int(rng.integers(1, 4)), markers)
    if not tree["tables"]:
        return None
    known = {v["id"] for v in tree["variables"]}
    assert all(
        r.get("variable") in known
        for t in tree["tables"]
        if t["kind"] != "regression"
        for r in t["rows"]
    )
    if rng.random() < 0.4:
        told = [{"id": f"s{i}"} | st for i, st in enumerate(_statements(printed, rng))]
        if told:
            tree["text"] = [{"section": "abstract", "place": "Abstract", "statements": told}]
    return printed
