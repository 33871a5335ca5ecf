"""Honest tables that compare groups, printed by scipy and statsmodels in many ways.

:func:`honest_paper` draws patients, prints what a paper would print of them, and gives the
tree of the record.  Nothing in it is wrong: no check may call any of it impossible.
"""

from __future__ import annotations

import math
import warnings
from decimal import ROUND_DOWN
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.stats
from statsmodels.stats.contingency_tables import Table
from statsmodels.stats.oneway import anova_oneway

from paper_writer import ROUNDINGS, show, show_p

QUANTILES = (
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf",
    "hazen", "weibull", "linear", "median_unbiased", "normal_unbiased",
)  # fmt: skip


class _Paper:
    """One paper while it is drawn: its groups, its habits of printing, its rows."""

    def __init__(self, rng: np.random.Generator):
        self.rng = rng
        self.k = int(rng.choice([1, 2, 2, 2, 3, 3, 4]))
        top = int(rng.choice([6, 25, 80, 200]))
        self.sizes = [int(rng.integers(2, top + 1)) for _ in range(self.k)]
        self.everyone = bool(rng.random() < 0.5)
        # patients who are in none of the groups, where the paper shows two of three
        self.rest = int(rng.integers(1, 30)) if self.everyone and rng.random() < 0.2 else 0
        self.percent_of = str(rng.choice(["group", "group", "row", "all"]))
        self.rounding = ROUNDINGS[int(rng.integers(2))]
        self.decimals = int(rng.integers(0, 4))
        # how this paper prints: SDs with the divisor n, standard errors, figures cut off
        self.ddof = int(rng.random() < 0.9)
        self.errors = self.ddof == 1 and bool(rng.random() < 0.05)
        self.cuts = bool(rng.random() < 0.08)
        if self.cuts:
            self.rounding = ROUND_DOWN
        self.silent = bool(rng.random() < 0.4)
        self.rows: list[dict[str, Any]] = []
        self.variables: list[dict[str, Any]] = []

    def coin(self, share: float = 0.5) -> bool:
        return bool(self.rng.random() < share)

    def pick(self, *words: Any) -> Any:
        return words[int(self.rng.integers(len(words)))]

    def show(self, value: float, decimals: int | None = None) -> str:
        text = show(float(value), self.decimals if decimals is None else decimals, self.rounding)
        return text.replace("-", "−") if self.coin(0.1) else text

    def p(self, value: float) -> str:
        value, decimals = float(min(max(value, 0), 1)), int(self.rng.integers(2, 5))
        if self.cuts:
            return show(value, decimals, ROUND_DOWN)
        return show_p(value, decimals, self.pick("plain", "zero", "ns", "limits"))

    def statistic(self, value: float) -> str:
        return self.show(value, int(self.rng.integers(1, 5)))

    def known(self) -> tuple[list[int], dict[str, Any]]:
        """How many patients of each group have a value, and the row's `n` that says so."""
        if self.coin(0.7):
            return list(self.sizes), {}
        known = [int(self.rng.integers(max(2, n // 2), n + 1)) for n in self.sizes]
        n = {f"g{i}": str(m) for i, m in enumerate(known)}
        if self.everyone and not self.rest:
            n["all"] = str(sum(known))
        return known, {"n": n}

    def data(self, sizes: list[int]) -> list[np.ndarray]:
        rng, shift = self.rng, float(self.pick(0.0, 0.2, 1.0))
        kind = self.pick("normal", "skewed", "whole", "few", "unequal", "equal")
        scale = float(self.pick(0.01, 1.0, 30.0))
        found = []
        for i, n in enumerate(sizes):
            found.append({
                "normal": lambda i=i, n=n: rng.normal(5 + i * shift, 1, n) * scale,
                "skewed": lambda i=i, n=n: rng.lognormal(1 + i * shift / 2, 0.8, n) * scale,
                "whole": lambda i=i, n=n: rng.poisson(4 + i * shift, n).astype(float),
                "few": lambda n=n: rng.integers(0, 2, n).astype(float),
                "unequal": lambda i=i, n=n: rng.normal(5 + i * shift, 0.5 + 2 * i, n) * scale,
                "equal": lambda n=n: np.full(n, 3.0),
            }[kind]())  # fmt: skip
        self.whole = kind in ("whole", "few")
        return found

    def others(self, data: list[np.ndarray]) -> np.ndarray:
        """All patients: those of the groups, and those in none of them."""
        more = self.rng.choice(np.concatenate(data), self.rest)  # like the others
        return np.concatenate([*data, more])

    def variable(self, whole: bool, data: list[np.ndarray] | None = None) -> str:
        name = f"v{len(self.variables)}"
        variable: dict[str, Any] = {"id": name, "label": name.upper()}
        if whole and self.coin():
            variable["step"] = {"value": "1", "reason": "counted"}
        if data is not None and self.coin():
            low, high = math.floor(min(map(min, data))), math.ceil(max(map(max, data)))
            variable["lower"] = {"value": str(low), "reason": "known"}
            variable["upper"] = {"value": str(high), "reason": "known"}
        self.variables.append(variable)
        return name

    def tested(self, row: dict, statistic: float | None, p: float | None, **said: str) -> None:
        """Print statistic, P, both or neither, and perhaps what the paper says of them."""
        if statistic is not None and math.isfinite(statistic) and self.coin(0.8):
            row["statistic"] = self.statistic(statistic)
        if p is not None and math.isfinite(p) and self.coin(0.8):
            row["p"] = self.p(p)
        row.update(said)
        self.rows.append(row)


def _mann_whitney(draw: _Paper, a: np.ndarray, b: np.ndarray) -> tuple[float, float, str]:
    """Statistic, P and kind (z, u or w) of a Mann–Whitney test, as one program or another."""
    corrected = draw.coin()
    exact = len({*a, *b}) == len(a) + len(b) and len(a) * len(b) <= 1000 and draw.coin()
    with np.errstate(all="ignore"):
        found = scipy.stats.mannwhitneyu(
            a, b, use_continuity=corrected, method="exact" if exact else "asymptotic"
        )
        n1, n2 = len(a), len(b)
        ranks = scipy.stats.rankdata(np.concatenate([a, b]))
        ties = np.unique(ranks, return_counts=True)[1]
        n = n1 + n2
        sigma = math.sqrt(n1 * n2 / 12 * ((n + 1) - (ties**3 - ties).sum() / (n * (n - 1))))
    u = float(found.statistic)
    away = u - n1 * n2 / 2
    if corrected and not exact:
        away = math.copysign(max(abs(away) - 0.5, 0), away)
    z = away / sigma if sigma else math.nan
    kind = draw.pick("z", "u", "w")
    if kind == "u":
        u = draw.pick(u, n1 * n2 - u)
    value = {"z": draw.pick(z, -abs(z)), "u": u, "w": float(ranks[:n1].sum())}[kind]
    return value, float(found.pvalue), kind


def _rank_test(draw: _Paper, data: list[np.ndarray]) -> tuple[float, float, str]:
    if len(data) == 2 and draw.coin(0.8):
        return _mann_whitney(draw, *data)
    if len({x for d in data for x in d}) == 1:
        return math.nan, math.nan, "h"
    h, p = scipy.stats.kruskal(*data)
    return float(h), float(p), "h"


def _mean_test(draw: _Paper, data: list[np.ndarray]) -> tuple[float, float, str]:
    """Statistic, P and the name of the test that was made."""
    with np.errstate(all="ignore"):
        if len(data) == 2:
            name = draw.pick("t", "welch", "anova")
            if name == "anova":
                f, p = scipy.stats.f_oneway(*data)
                return float(f), float(p), name
            t, p = scipy.stats.ttest_ind(*data, equal_var=name == "t")
            return float(t) * draw.pick(1, -1), float(p), name
        name = draw.pick("anova", "anova", "welch")
        if any(x.std() == 0 for x in data):
            return math.nan, math.nan, name
        kind = "equal" if name == "anova" else "unequal"
        found = anova_oneway(data, use_var=kind)
        return float(found.statistic), float(found.pvalue), name


def _values_row(draw: _Paper, summary: str) -> None:
    sizes, n = draw.known()
    data = draw.data(sizes)
    everyone = draw.others(data)
    row: dict[str, Any] = {"summary": summary, "variable": draw.variable(draw.whole, [everyone])}
    columns = {f"g{i}": d for i, d in enumerate(data)}
    if draw.everyone:
        columns["all"] = everyone
    method, middle = draw.pick(*QUANTILES), draw.pick("linear", "linear", "inverted_cdf")
    sd_decimals = draw.pick(draw.decimals, draw.decimals + 1)

    def cell(x: np.ndarray) -> str:
        if summary == "mean_sd":
            spread = x.std(ddof=draw.ddof) / (math.sqrt(len(x)) if draw.errors else 1)
            return f"{draw.show(x.mean())} ± {draw.show(spread, sd_decimals)}"
        q1, q3 = (np.quantile(x, q, method=method) for q in (0.25, 0.75))
        median = np.quantile(x, 0.5, method=middle)
        q1, q3 = min(q1, median), max(q3, median)  # of few values
        return f"{draw.show(median)} ({draw.show(q1)}; {draw.show(q3)})"

    row["values"] = {name: cell(x) for name, x in columns.items()}
    row |= n
    if len(data) == 1:
        return draw.tested(row, 1.23, 0.4)
    said: dict[str, str] = {}
    if draw.coin(0.1):  # a test that these numbers do not decide
        return draw.tested(row, 3.21, 0.17, test=draw.pick("paired_t", "wilcoxon", "other"))
    by_ranks = summary == "median_iqr" or draw.coin(0.3)
    if by_ranks:
        statistic, p, kind = _rank_test(draw, data)
        test = "mann_whitney" if kind != "h" else "kruskal_wallis"
        # a row of means says so, unless the methods leave it open
        if (summary == "mean_sd" and not draw.silent) or draw.coin():
            said["test"] = test
        if kind != "w" and draw.coin():
            said["statistic_is"] = kind
    else:
        statistic, p, test = _mean_test(draw, data)
        if draw.coin() or (test == "anova" and len(data) == 2):
            said["test"] = test
        elif draw.coin(0.2) and test != "anova":
            said["test"] = (
                draw.pick("t", "welch") if len(data) == 2 else draw.pick("anova", "welch")
            )
        if draw.coin(0.2):
            said["statistic_is"] = "t" if len(data) == 2 and test != "anova" else "f"
    draw.tested(row, statistic, p, **said)
    return None


def _count_test(
    draw: _Paper, table: np.ndarray, full: list[list[int]]
) -> tuple[float | None, float | None, dict[str, str]]:
    """Statistic, P and what the row says, of a table of categories by groups."""
    table = table[table.any(1)][:, table.any(0)]
    said: dict[str, str] = {}
    if min(table.shape) < 2 or table.shape[1] < len(full[0]):
        return None, None, said
    two = table.shape == (2, 2)
    names = ["chi_square", "likelihood_ratio", *(["yates", "fisher", "z"] if two else [])]
    names += ["fisher"] if min(table.shape) == 2 and table.sum() < 60 else []
    names += ["kruskal_wallis", "trend"] if table.shape[0] == len(full) and not two else []
    names += ["simulated"] if not two else []
    name = draw.pick(*names)
    if name == "fisher":
        p = scipy.stats.fisher_exact(table).pvalue if two else _fisher_by_hand(table)
        chi2 = scipy.stats.chi2_contingency(table, correction=False).statistic
        statistic = chi2 if draw.coin() else None
    elif name == "kruskal_wallis":
        columns = [np.repeat(np.arange(len(table)), column) for column in table.T]
        statistic, p = scipy.stats.kruskal(*columns)
    elif name == "trend":
        found = Table(table.astype(float), shift_zeros=False).test_ordinal_association()
        statistic, p = found.zscore**2, found.pvalue
    elif name == "simulated":
        statistic, p, *_ = scipy.stats.chi2_contingency(table, correction=False)
        draws = int(draw.rng.binomial(2000, p))
        p = (draws + 1) / 2001
        said = {}
    elif name == "z":
        chi2, p, *_ = scipy.stats.chi2_contingency(table, correction=False)
        statistic = math.sqrt(chi2) * draw.pick(1, -1)
        said["statistic_is"] = "z"
    else:
        statistic, p, *_ = scipy.stats.chi2_contingency(
            table, correction=name == "yates",
            lambda_="log-likelihood" if name == "likelihood_ratio" else None,
        )  # fmt: skip
    if name in ("fisher", "chi_square", "likelihood_ratio", "yates", "kruskal_wallis", "trend"):
        if draw.coin():
            said["test"] = name
        elif draw.coin(0.2):  # the methods of the row are not those that were used
            said["test"] = draw.pick("chi_square", "fisher", "t", "mcnemar")
    return statistic, p, said


def _fisher_by_hand(table: np.ndarray) -> float:
    """Fisher's P for two columns or two rows: every table with these margins, one by one."""
    table = table if table.shape[1] == 2 else table.T
    rows, first = table.sum(1), int(table[:, 0].sum())

    def log_choose(n: int, k: int) -> float:
        return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)

    sums = {0: [0.0]}
    for n in rows:
        following: dict[int, list[float]] = {}
        for done, logs in sums.items():
            for k in range(int(n) + 1):
                if done + k <= first:
                    add = log_choose(int(n), k)
                    following.setdefault(done + k, []).extend(x + add for x in logs)
        sums = following
        if sum(map(len, sums.values())) > 50_000:
            return math.nan
    logs = np.array(sums[first])
    seen = sum(log_choose(int(n), int(k)) for n, k in zip(rows, table[:, 0], strict=True))
    weights = np.exp(logs - logs.max())
    return float(weights[logs <= seen + 1e-7].sum() / weights.sum())


def _counts_row(draw: _Paper) -> None:
    rng = draw.rng
    one_category = draw.coin(0.4)
    levels = 2 if one_category else int(rng.integers(2, 5))
    known, n = draw.known()
    shares = rng.dirichlet(np.full(levels, draw.pick(0.4, 1.0, 5.0)))
    counts = np.array([rng.multinomial(m, shares) for m in known]).T
    rest = rng.multinomial(draw.rest, shares)
    hidden = bool(n) and draw.coin() and not one_category
    if hidden:  # the table does not say that values are missing; the categories show it
        n = {}
    unknown = False
    listed = [list(map(int, line)) for line in counts]
    if hidden and draw.coin():  # it says so by one more category
        unknown = True
        listed.append([s - m for s, m in zip(draw.sizes, known, strict=True)])
        rest = np.append(rest, 0)
    of_known = unknown and draw.coin()
    cut = draw.coin(0.1)

    def cell(i: int, j: int | None) -> str:
        line = listed[i]
        k = line[j] if j is not None else sum(line) + int(rest[i])
        totals = draw.sizes if unknown and not of_known else known
        base = totals[j] if j is not None else sum(totals) + draw.rest
        if j is not None and draw.percent_of != "group":
            base = sum(line) if draw.percent_of == "row" else sum(totals)
        if of_known and i == len(listed) - 1:
            return str(k)
        if not base or draw.coin(0.1):
            return str(k)
        share = Fraction(100 * k, base)
        decimals = draw.decimals
        if cut:
            share = Fraction(math.floor(share * 10**decimals), 10**decimals)
        return f"{k} ({show(share, decimals, draw.rounding)}{draw.pick('%', '')})"

    def cells(i: int) -> dict[str, str]:
        found = {f"g{j}": cell(i, j) for j in range(draw.k)}
        return found | ({"all": cell(i, None)} if draw.everyone else {})

    row: dict[str, Any] = {"variable": draw.variable(False)} | n
    if one_category:
        row |= {"summary": "n_pct", "values": cells(0)}
    else:
        names = [f"L{i}" for i in range(levels)] + ["Unknown"]
        row |= {"summary": "levels", "levels": [
            {"id": f"l{i}", "label": names[i], "values": cells(i)} for i in range(len(listed))
        ]}  # fmt: skip
    if draw.k == 1:
        return draw.tested(row, 1.0, 0.3)
    if not one_category and draw.coin(0.1):
        return _several_row(draw, row, levels)
    # a test without the unknown values, or with them
    tested = np.array(listed if unknown and draw.coin() else counts)
    statistic, p, said = _count_test(draw, tested, listed)
    return draw.tested(row, statistic, p, **said)


def _several_row(draw: _Paper, row: dict[str, Any], levels: int) -> None:
    """Categories that do not exclude each other (drugs taken), or items of which a patient
    has several (tumours), each with its percentage; each compared in a test of its own."""
    rng = draw.rng
    row.pop("n", None)
    shares = rng.uniform(0.3, 1, levels)
    counts = np.array([rng.binomial(draw.sizes, share) for share in shares])
    rest = rng.binomial(draw.rest, shares)
    of_items = draw.coin()
    decimals = max(draw.decimals, 1)

    def cell(i: int, j: int | None) -> str:
        column = counts[:, j] if j is not None else counts.sum(1) + rest
        n = draw.sizes[j] if j is not None else sum(draw.sizes) + draw.rest
        base = int(column.sum()) if of_items else n
        share = show(Fraction(100 * int(column[i]), base), decimals, draw.rounding) if base else "0"
        return f"{int(column[i])} ({share})"

    for i, level in enumerate(row["levels"][:levels]):
        level["label"] = f"Drug {i}"
        level["values"] = {f"g{j}": cell(i, j) for j in range(draw.k)}
        if draw.everyone:
            level["values"]["all"] = cell(i, None)
    del row["levels"][levels:]
    if not (counts.sum(0) > draw.sizes).any():
        return None  # nothing shows that the categories overlap
    of_whole = draw.percent_of == "group"
    draw.tested(row, 0.123, 0.456) if of_whole else None
    return None


def honest_paper(rng: np.random.Generator, rows: int = 6) -> dict[str, Any]:
    """The tree of a record of an honest paper with one table of so many rows."""
    draw = _Paper(rng)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # groups without spread, empty cells
        for _ in range(rows):
            kind = draw.pick("mean_sd", "median_iqr", "counts", "counts")
            _counts_row(draw) if kind == "counts" else _values_row(draw, kind)
    for i, row in enumerate(draw.rows):
        row["id"] = f"r{i}"
    methods = {"continuous": draw.pick("t test or ANOVA", "Student's t test")}
    if draw.silent:
        methods = draw.pick({}, {"continuous": "t test or Mann–Whitney U test, as appropriate"})
    tree: dict[str, Any] = {
        "schema": "1",
        "paper": {"key": "honest", "label": "Honest", "tests": methods},
        "groups": [
            {"id": f"g{i}", "label": f"Group {i}", "n": str(n)} for i, n in enumerate(draw.sizes)
        ],
        "variables": draw.variables,
        "tables": [{
            "id": "table1", "kind": "two_group", "title": "Honest", "percent_of": draw.percent_of,
            "rows": draw.rows,
        }],
    }  # fmt: skip
    if draw.everyone:
        tree["everyone"] = {"id": "all", "label": "All", "n": str(sum(draw.sizes) + draw.rest)}
    return tree
