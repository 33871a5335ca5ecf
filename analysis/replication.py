"""A paper's numbers held against its own patients: each printed number beside the recomputed one.

Every usual way to compute a number is tried, the one that the paper names or that its tables
agree on first; the answer says which one gives the printed digits.  A number that cannot be
recomputed says why.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.checks import roc as roc_checks
from analysis.checks import two_group
from analysis.compatible import statistics
from analysis.compatible.reprint import chosen_cut, shows
from analysis.estimate import accuracy, group_comparison
from analysis.estimate.roc import EstimateError, normal_quantile
from analysis.paper import (
    CountRow,
    LevelsRow,
    MeanRow,
    MedianRow,
    Paper,
    RocRow,
    RocTable,
    TwoGroupTable,
)
from analysis.patients_file import Patients
from analysis.printed import Printed
from analysis.replication_models import regression
from analysis.study import GROUP, OUTCOME, code_of
from analysis.study_table import classes

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
SAME, OTHER, DIFFERS, NOT = (
    "same digits", "same digits by another convention", "differs", "not recomputable",
)  # fmt: skip
Word = Literal["same digits", "same digits by another convention", "differs", "not recomputable"]
_SKIPPED = ("category", "confidence level")
# quartiles as the usual programs compute them (Hyndman and Fan 1996)
_QUARTILES = {
    "R's type 7": "linear", "type 6, SPSS": "weibull", "type 2, SAS": "averaged_inverted_cdf",
    "type 5": "hazen", "Tukey's hinges": "hinges",
}  # fmt: skip


class NotRecomputableError(ValueError):
    """The patients do not hold what a number needs; the message says what."""


@dataclass(frozen=True, slots=True)
class Way:
    """A convention and the number that it gives."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Line:
    """One printed number: its `id`, `table`, what it is `about` and its `role`, the `printed` text,
    the recomputed `value` by `convention` (None without one), the verdict and, if it differs or is
    not recomputable, `why`."""

    id: str
    table: str
    about: str
    role: str
    printed: Printed
    value: float | None
    convention: str
    verdict: Word
    why: str = ""

    @property
    def difference(self) -> float:
        """The recomputed minus the printed number; NaN without one."""
        return math.nan if self.value is None else self.value - float(self.printed.value)


def replicate(patients: Patients, paper: Paper) -> list[Line]:
    """Every printed number of groups, two-group, ROC and regression tables, in the order of the
    record."""
    from analysis.audit import audit

    source = Source(patients, paper)
    ledger = audit(paper)
    ways: dict[str, list[Way]] = {}
    reasons: dict[str, str] = {}

    def gather(prefix: str, work: Callable[[], Iterable[tuple[str, list[Way]]]]) -> None:
        try:
            ways.update(work())
        except (NotRecomputableError, EstimateError) as error:
            reasons[prefix] = str(error)

    for group in [*paper.groups, *([paper.everyone] if paper.everyone else [])]:
        id = f"groups.{group.id}"
        gather(id, lambda i=id, g=group.id: [(i, [Way("count", float(source.group(g).sum()))])])
    for table in paper.tables:
        if isinstance(table, TwoGroupTable):
            preferred = _preferred(ledger, table.id)
            for row in table.rows:
                gather(
                    f"{table.id}.{row.id}",
                    lambda t=table, r=row, q=preferred: _two_group(source, t, r, q),
                )
        elif isinstance(table, RocTable):
            null = _null(ledger, table.id)
            for roc_row in table.rows:
                gather(
                    f"{table.id}.{roc_row.id}",
                    lambda t=table, r=roc_row, n=null: _roc(source, t, r, n),
                )
        else:
            found, why = regression(source, table)
            ways |= {id: [Way(*pair) for pair in pairs] for id, pairs in found.items()}
            reasons |= why
    return [
        _line(number, ways, reasons)
        for number in paper.numbers.values()
        if _is_ours(number.id, paper) and isinstance(number.value, Printed)
        and number.role not in _SKIPPED and not _is_heading(number, paper)
    ]  # fmt: skip


def _is_ours(id: str, paper: Paper) -> bool:
    part = id.partition(".")[0]
    return part == "groups" or part in {t.id for t in paper.tables}


def _is_heading(number: Any, paper: Paper) -> bool:
    """Whether a threshold only says how a predictor of a regression was made."""
    own = {t.id for t in paper.tables_of("regression")}
    return number.role == "threshold" and number.id.partition(".")[0] in own


def _line(number: Any, ways: dict[str, list[Way]], reasons: dict[str, str]) -> Line:
    table = number.id.partition(".")[0]
    common = (number.id, table, number.about, number.role, number.value)
    tried = [way for way in ways.get(number.id, []) if not math.isnan(way.value)]
    if not tried:
        prefix = max(
            (p for p in reasons if f"{number.id}.".startswith(f"{p}.")), key=len, default=""
        )
        why = reasons.get(prefix, "no usual way to compute it is known here.")
        return Line(*common, None, "", NOT, why)
    for i, way in enumerate(tried):
        if shows(number.value, way.value):
            # several names of the first value are the first convention
            first = i == 0 or way.value == tried[0].value
            return Line(*common, way.value, way.name, SAME if first else OTHER)
    printed = float(number.value.value)
    first, nearest = tried[0], min(tried, key=lambda way: abs(way.value - printed))
    why = f"differs by {first.value - printed:.3g}"
    if nearest.value != first.value:
        why += f"; the nearest of {len(tried)} ways, {nearest.name}, gives {nearest.value:.5g}"
    return Line(*common, first.value, first.name, DIFFERS, why)


# --- the patients ---------------------------------------------------------------------------


class Source:
    """The patients under the names of the paper."""

    def __init__(self, patients: Patients, paper: Paper):
        self.patients, self.paper, self.study = patients, paper, patients.study
        self.outcome = patients.values(OUTCOME)

    def group(self, id: str) -> Bools:
        """Patients of one of the paper's groups, shape (n,)."""
        paper, everyone = self.paper, self.paper.everyone
        if everyone is not None and id == everyone.id:
            found = [self.group(g.id) for g in paper.groups]
            return np.any(found, axis=0) if found else np.ones(len(self.outcome), dtype=bool)
        group = paper.group(id)
        events = [g for g in paper.groups if g.event]
        if len(paper.groups) == 2 and len(events) == 1:
            return self.outcome == (1.0 if group.event else 0.0)
        if self.study.groups is not None:
            for level in self.study.groups.levels:
                if _alike(level.value, group.id) or _alike(level.label, group.label):
                    column = self.patients.table[GROUP].astype("str")
                    return (column == level.label).to_numpy()
        raise NotRecomputableError(
            f'which patients are the group "{group.label}" is not said: under [groups] a level '
            f'with the value "{group.id}" is needed.'
        )

    def id_of(self, variable: str) -> str:
        """The id here of one of the paper's variables."""
        id = self.study.against.variables.get(variable, variable)
        if id in self.patients.table.columns and id not in (OUTCOME, GROUP):
            return id
        raise NotRecomputableError(
            f'the patients have no variable "{variable}"; if it has another id here, say so under '
            "[against.variables]."
        )

    def numbers(self, variable: str) -> Floats:
        """The values of a continuous variable, NaN where missing."""
        id = self.id_of(variable)
        own = self.study.variable(id)
        if own is not None and own.kind != "continuous":
            raise NotRecomputableError(f'"{variable}" is {own.kind} here, numbers are needed.')
        return self.patients.values(id)

    def has_level(self, variable: str, level: str, label: str, place: int, of: int) -> Bools:
        """Who has one level of a variable, shape (n,); `place` of `of` levels in the paper."""
        id = self.id_of(variable)
        own = self.study.variable(id)
        if own is not None and own.kind == "continuous":
            if own.cuts and len(own.cuts) + 1 == of:
                return classes(self.patients.values(id), own).codes == place
            raise NotRecomputableError(
                f'"{variable}" is continuous here; with {of - 1} cuts it would have {of} classes.'
            )
        if own is None:
            raise NotRecomputableError(f'"{variable}" is the marker here, levels are needed.')
        asked = self.study.against.levels.get(f"{variable}.{level}")
        for one in own.levels:
            if one.value == asked if asked is not None else (
                _alike(one.value, level) or _alike(one.label, label)
            ):  # fmt: skip
                return (self.patients.table[id].astype("str") == one.label).to_numpy()
        raise NotRecomputableError(
            f'which value means "{label}" is not said: under [against.levels] write '
            f'"{variable}.{level}" = value.'
        )

    def counted(self, variable: str) -> Bools:
        """Who is counted in a row of one count, shape (n,): the value that [against.levels] names
        for the variable, or ``yes``, or 1."""
        own = self.study.variable(self.id_of(variable))
        asked = self.study.against.levels.get(variable)
        if own is not None and own.kind != "continuous":
            for one in own.levels:
                known = asked or next(
                    (v.value for v in own.levels if v.value.lower() in ("yes", "1", "true")), None
                )
                if one.value == known:
                    column = self.patients.table[own.id].astype("str")
                    return (column == one.label).to_numpy()
        raise NotRecomputableError(
            f'which value of "{variable}" is counted is not said: under [against.levels] write '
            f"{variable} = value."
        )

    def known(self, variable: str) -> Bools:
        """Who has a value, shape (n,)."""
        return self.patients.table[self.id_of(variable)].notna().to_numpy()


def _alike(one: str, other: str) -> bool:
    return code_of(one).casefold() == code_of(other).casefold()


# --- two-group tables -----------------------------------------------------------------------


def _preferred(ledger: Any, table: str) -> set[str]:
    """The conventions that explain a whole table, as the audit found them."""
    named: set[str] = set()
    for check in ("t_convention", "chi2_convention"):
        if (id := f"{table}.{check}") in ledger:
            named |= set(ledger[id].values.get("explains", ()))
    return named


def _first(ways: list[Way], preferred: set[str]) -> list[Way]:
    return sorted(ways, key=lambda way: not any(way.name.startswith(name) for name in preferred))


def _two_group(
    source: Source, table: TwoGroupTable, row: Any, preferred: set[str]
) -> Iterator[tuple[str, list[Way]]]:
    place = f"{table.id}.{row.id}"
    known = source.known(row.variable)
    for id in row.n or {}:
        yield f"{place}.n.{id}", [Way("count", float((source.group(id) & known).sum()))]
    if row.test is not None:
        preferred = preferred | _DECLARED.get(row.test, set())
    if isinstance(row, MeanRow | MedianRow):
        yield from _values(source, table, row, place, preferred)
    else:
        yield from _levels(source, table, row, place, preferred)


_DECLARED = {
    "t": {two_group.STUDENT}, "welch": {two_group.WELCH}, "mann_whitney": {"Mann–Whitney"},
    "anova": {"analysis of variance"}, "kruskal_wallis": {"Kruskal–Wallis"},
    "chi_square": {two_group.PEARSON}, "yates": {two_group.YATES},
    "likelihood_ratio": {two_group.LIKELIHOOD}, "fisher": {"Fisher"},
}  # fmt: skip


def _values(
    source: Source, table: TwoGroupTable, row: MeanRow | MedianRow, place: str, preferred: set[str]
) -> Iterator[tuple[str, list[Way]]]:
    values = source.numbers(row.variable)
    samples = []
    for id in row.values:
        x = values[source.group(id) & ~np.isnan(values)]
        if not len(x):
            raise NotRecomputableError(f'nobody of "{source.paper.label_of(id)}" has a value.')
        if isinstance(row, MeanRow):
            yield f"{place}.{id}.mean", [Way("mean", math.fsum(x) / len(x))]
            if len(x) > 1:
                yield (
                    f"{place}.{id}.sd",
                    [Way("n − 1", float(x.std(ddof=1))), Way("n", float(x.std()))],
                )
        else:
            yield f"{place}.{id}.median", [Way("median", float(np.median(x)))]
            for part, share in (("q1", 0.25), ("q3", 0.75)):
                yield (
                    f"{place}.{id}.{part}",
                    [Way(name, _quartile(x, share, m)) for name, m in _QUARTILES.items()],
                )
    for group in source.paper.groups_of(table):
        x = values[source.group(group.id) & ~np.isnan(values)]
        samples.append(x)
    if isinstance(row, MedianRow) or row.by_ranks:
        preferred = {*preferred, "Mann–Whitney", "Kruskal–Wallis"}
    # the sign only tells which group the program named first: that of the printed number is taken
    sign = -1.0 if row.statistic is not None and row.statistic.value < 0 else 1.0
    tests = [(name, sign * abs(s) if signed else s, p) for name, s, p, signed in _tests(samples)]
    yield f"{place}.statistic", _first([Way(n, s) for n, s, _ in tests], preferred)
    ps = [Way(n, p) for n, _, p in tests]
    ps += [Way(f"{w.name}, one-sided", w.value / 2) for w in ps]
    yield f"{place}.p", _first(ps, preferred)


def _quartile(x: Floats, share: float, method: str) -> float:
    if method != "hinges":
        return float(np.quantile(x, share, method=method))
    ordered, half = np.sort(x), (len(x) + 1) // 2
    return float(np.median(ordered[:half] if share < 0.5 else ordered[len(x) - half :]))


def _tests(samples: list[Floats]) -> Iterator[tuple[str, float, float, bool]]:
    """Names, statistics and P of the usual tests, and whether the statistic has a sign that
    depends on the order of the groups."""
    if len(samples) < 2 or min(len(x) for x in samples) < 2:
        return
    if len(samples) == 2:
        for name, test in (
            (two_group.STUDENT, statistics.student), (two_group.WELCH, statistics.welch),
        ):  # fmt: skip
            yield (name, *test(*samples), True)
        yield from _rank_tests(*samples)
    for kind in ("anova", "kruskal-wallis"):
        try:
            found = group_comparison.compare_many(samples, kind)
        except EstimateError:
            continue
        yield found.name, found.statistic, found.p, False


def _rank_tests(a: Floats, b: Floats) -> Iterator[tuple[str, float, float, bool]]:
    from scipy import special

    for continuity in (False, True):
        try:
            found = group_comparison.mann_whitney(a, b, continuity=continuity)
        except EstimateError:
            return
        words = "with" if continuity else "without"
        z = float(-special.ndtri(found.p / 2)) if found.p > 0 else math.inf
        yield f"Mann–Whitney, {words} continuity correction, Z", z, found.p, True
        if not continuity:
            n1, n2, u = len(a), len(b), found.statistic
            for name, value in (
                ("U", u), ("U of the other group", n1 * n2 - u),
                ("rank sum W", u + n1 * (n1 + 1) / 2),
                ("rank sum W of the other group", n1 * n2 - u + n2 * (n2 + 1) / 2),
            ):  # fmt: skip
                yield f"Mann–Whitney, {name}", value, found.p, False


def _levels(
    source: Source, table: TwoGroupTable, row: CountRow | LevelsRow, place: str, preferred: set[str]
) -> Iterator[tuple[str, list[Way]]]:
    known = source.known(row.variable)
    if isinstance(row, LevelsRow):
        members = [
            source.has_level(row.variable, level.id, level.label, i, len(row.levels))
            for i, level in enumerate(row.levels)
        ]
        lines = [
            (f"{place}.{level.id}", inside, level.values)
            for level, inside in zip(row.levels, members, strict=True)
        ]
    else:
        inside = source.counted(row.variable)
        members = [inside, known & ~inside]
        lines = [(place, inside, row.values)]
    masks = {id: source.group(id) for _, _, cells in lines for id in cells}
    groups = [source.group(g.id) for g in source.paper.groups_of(table)]
    inside_table = np.any(groups, axis=0)
    for prefix, inside, cells in lines:
        for id in cells:
            count = int((inside & masks[id]).sum())
            yield f"{prefix}.{id}.count", [Way("count", float(count))]
            of = {
                "group": ("of the group's patients with a value", int((known & masks[id]).sum())),
                "whole": ("of all patients of the group", int(masks[id].sum())),
                "row": ("of the row", int((inside & inside_table).sum())),
                "all": ("of all patients", int((known & inside_table).sum())),
            }
            first = of.pop(table.percent_of)
            yield (
                f"{prefix}.{id}.percent",
                [Way(name, 100 * count / n) for name, n in (first, *of.values()) if n],
            )
    counts = np.array([[int((inside & g).sum()) for g in groups] for inside in members])
    filled = counts[counts.any(axis=1)]
    if len(filled) < 2 or filled.shape[1] < 2 or not filled.any(axis=0).all():
        return
    tests = [
        (two_group.PEARSON, *statistics.pearson(filled)),
        (two_group.LIKELIHOOD, *statistics.likelihood_ratio(filled)),
    ]
    if filled.shape == (2, 2):
        tests.insert(1, (two_group.YATES, *statistics.yates(filled)))
    yield f"{place}.statistic", _first([Way(n, s) for n, s, _ in tests], preferred)
    ps = [Way(n, p) for n, _, p in tests]
    if filled.sum() <= 2000:
        ps.append(Way("Fisher's exact test", group_comparison.count_test(filled, "fisher").p))
    ps += [Way(f"{w.name}, one-sided", w.value / 2) for w in ps]
    yield f"{place}.p", _first(ps, preferred)


# --- ROC tables -----------------------------------------------------------------------------


def _null(ledger: Any, table: str) -> bool:
    """Whether the P values of the table follow from the error that no difference would give."""
    id = f"{table}.p_convention"
    kept = list(ledger[id].values.get("kept", ())) if id in ledger else []
    return kept != [roc_checks.PRINTED_SE]


def _roc(
    source: Source, table: RocTable, row: RocRow, null: bool
) -> Iterator[tuple[str, list[Way]]]:
    place = f"{table.id}.{row.id}"
    values = source.numbers(row.variable)
    there = ~np.isnan(values)
    inside = source.group(table.positive)
    others = [source.group(g.id) for g in source.paper.groups_of(table) if g.id != table.positive]
    outside = np.any(others, axis=0) if others else ~inside
    sign = 1.0 if row.direction == "higher" else -1.0
    positive, negative = sign * values[there & inside], sign * values[there & outside]
    if min(len(positive), len(negative)) < 2:
        raise NotRecomputableError("fewer than two patients of a group have a value.")
    area = statistics.area(positive, negative)
    auc, n1, n0 = area.auc, len(positive), len(negative)
    yield f"{place}.auc", [Way("ties one half", auc), Way("the other direction", 1 - auc)]
    errors = {
        "Hanley and McNeil, counted": area.se, "DeLong": area.se_delong,
        "Hanley and McNeil, exponential": _exponential(auc, n1, n0),
        "if the groups do not differ": math.sqrt((n1 + n0 + 1) / (12 * n1 * n0)),
    }  # fmt: skip
    yield f"{place}.se", [Way(name, se) for name, se in errors.items()]
    ps = [Way("area without a difference", statistics.null_p(auc, n1, n0))]
    wald = [Way(f"SE of {name}", statistics.wald_p(auc, se)) for name, se in errors.items()]
    yield f"{place}.p", [*ps, *wald] if null else [*wald, *ps]
    level = float(table.confidence.value) / 100 if table.confidence else 0.95
    z = normal_quantile(level)
    low, high = [], []
    for name, se in errors.items():
        low.append(Way(f"area − z·SE, {name}", auc - z * se))
        high.append(Way(f"area + z·SE, {name}", auc + z * se))
        if 0 < auc < 1:
            odds, half = math.log(auc / (1 - auc)), z * se / (auc * (1 - auc))
            low.append(Way(f"logit scale, {name}", 1 / (1 + math.exp(half - odds))))
            high.append(Way(f"logit scale, {name}", 1 / (1 + math.exp(-half - odds))))
    yield f"{place}.ci.low", [*low, Way("cut at 0", 0.0)] if low[0].value < 0 else low
    yield f"{place}.ci.high", [*high, Way("cut at 1", 1.0)] if high[0].value > 1 else high
    for prefix, cell in [(place, row), *((f"{place}.{cut.id}", cut) for cut in row.cuts)]:
        yield from _at_cut(table, row, cell, prefix, positive, negative)


def _exponential(auc: float, n1: int, n0: int) -> float:
    """Hanley and McNeil's (1982) error with Q1 = A/(2 − A) and Q2 = 2A²/(1 + A)."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (n1 - 1) * (q1 - auc**2) + (n0 - 1) * (q2 - auc**2)
    return math.sqrt(max(variance, 0) / (n1 * n0))


def _at_cut(
    table: RocTable, row: RocRow, cell: Any, prefix: str, positive: Floats, negative: Floats
) -> Iterator[tuple[str, list[Way]]]:
    """The cut that prints most of what is printed at it, or has the largest Youden index among
    several such."""
    if all(getattr(cell, c) is None for c in ("threshold", "sensitivity", "specificity")):
        return
    asked = SimpleNamespace(
        direction=row.direction, threshold=cell.threshold, sensitivity=cell.sensitivity,
        specificity=cell.specificity,
    )  # fmt: skip
    cut = chosen_cut(table, asked, positive, negative)  # type: ignore[arg-type]
    if cut is None:
        raise NotRecomputableError("the marker is constant, so that no cut parts the patients.")
    sign = 1.0 if row.direction == "higher" else -1.0
    n1, n0 = len(positive), len(negative)
    seen = np.unique(np.concatenate([positive, negative]))
    i = int(np.searchsorted(seen, cut.value))
    best = (
        "largest Youden index"
        if cut.gap <= 1e-12
        else f"Youden index {cut.gap:.3f} under the largest"
    )
    yield (
        f"{prefix}.threshold",
        [Way(f"midpoint, {best}", sign * cut.value), Way("observed value", sign * float(seen[i])),
         Way("observed value below", sign * float(seen[i - 1]))],
    )  # fmt: skip
    counts = accuracy.Table(cut.hits, n1 - cut.hits, n0 - cut.correct, cut.correct)
    se, sp = cut.hits / n1, cut.correct / n0
    called = counts.true_positive + counts.false_positive
    spared = counts.true_negative + counts.false_negative
    found = {
        "sensitivity": se, "specificity": sp, "youden": se + sp - 1,
        "ppv": counts.true_positive / called if called else math.nan,
        "npv": counts.true_negative / spared if spared else math.nan,
        "accuracy": (counts.true_positive + counts.true_negative) / (n1 + n0),
        "lr_positive": se / (1 - sp) if sp < 1 else math.inf,
        "lr_negative": (1 - se) / sp if sp else math.inf,
    }  # fmt: skip
    for name, value in found.items():
        yield f"{prefix}.{name}", [Way(f"at {sign * cut.value:.6g}, {best}", value)]
