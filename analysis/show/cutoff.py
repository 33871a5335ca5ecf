"""A cut-off searched in the same patients: what the search can have added to a printed
sensitivity and specificity, how far the cut wanders, and what corrected P values are left.

From printed numbers: P values that hold whatever the patients were, and a cut that no outcome
chose.  From simulated cohorts that print the paper: optimism and intervals of the cut.  From
simulated studies of the paper's sizes: the real level of the test, and which correction is
nearest to a truth that is known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import optimize, special

from analysis.cohort import MARK, load_cohort
from analysis.estimate import (
    accuracy,
    cutoff,
    cutoff_simulation,
    maximally_selected,
    searched_level,
)
from analysis.estimate.accuracy import Table
from analysis.estimate.roc import percentiles
from analysis.paper import MeanRow, Paper, RocRow, RocTable
from analysis.printed import Interval, format_fixed, whole_values
from analysis.show.html import Html
from analysis.show.tables import paper_rows
from analysis.show.unreported import Quantity

if TYPE_CHECKING:
    from analysis.show.figures import Figure

RULES = {"youden": "largest Youden index", "closest": "closest to the corner"}
HALF = "Fixed beforehand: half of the patients"
YOUDEN = f"Searched: {RULES['youden']}"
SEED = 20230426
RESAMPLES = 500  # of each cohort
STUDIES = 10_000  # without any effect, for the level of the test
TRIED = 250  # studies in which the corrections are tried, with so many resamples each
TRIED_RESAMPLES = 100
TENTH = (0.1, 0.9)
COVERAGE = 0.95


def counts(paper: Paper, table: RocTable, row: RocRow) -> Table:
    """The patients behind a printed sensitivity and specificity, if every one was measured.

    ValueError where the two are not printed or leave more than one count open.
    """
    n1 = paper.group(table.positive).size
    n0 = paper.total_of(table) - n1
    found = []
    for share, n in ((row.sensitivity, n1), (row.specificity, n0)):
        fits = [] if share is None else whole_values(share.interval * Interval.point(n))
        if len(fits) != 1:
            raise ValueError(
                f"{table.id}.{row.id}: {len(fits)} counts of {n} print as its shares, one is needed"
            )
        found.append(fits[0])
    found_0, found_1 = found
    if 0 in (found_0, n1 - found_0, n0 - found_1, found_1):
        raise ValueError(f"{table.id}.{row.id}: one of its four counts is zero")
    return Table(found_0, n1 - found_0, n0 - found_1, found_1)


@dataclass(frozen=True, slots=True)
class Corrected:
    """P values of one cut, from its counts alone.

    `fixed`: χ² as if the cut had been fixed beforehand.  The others grant that it was searched:
    `bonferroni`, times all cuts that n patients can have; `smirnov`, the largest Youden index
    in either direction, large-sample; `miller`, the largest χ² over cuts that leave a tenth of
    the patients on each side, large-sample; `exact`, the largest χ² over all cuts, exact.

    `smirnov` and `exact` are ceilings whatever rule chose the cut and however many patients
    share a value: the best of all cuts is at least as good as this one, and ties only take cuts
    away.
    """

    chi_square: float
    youden: float
    fixed: float
    bonferroni: float
    smirnov: float
    miller: float
    exact: float


def corrected(found: Table) -> Corrected:
    """The P values of a printed 2×2 table with and without the search."""
    n1 = found.true_positive + found.false_negative
    n0 = found.true_negative + found.false_positive
    n = n1 + n0
    chi = float(_chi(found))
    youden = found.true_positive / n1 + found.true_negative / n0 - 1
    fixed = float(special.chdtrc(1, chi))
    return Corrected(
        chi, youden, fixed,
        min(fixed * (n - 1), 1.0),
        min(2 * math.exp(-2 * youden**2 * n1 * n0 / n), 1.0),
        maximally_selected.miller_siegmund(math.sqrt(chi * (n - 1) / n), TENTH),
        maximally_selected.exact(_every_cut(chi, n1, n)),
    )  # fmt: skip


def _chi(t: Table) -> np.ndarray:
    return cutoff.chi_square(
        np.array(t.true_positive), np.array(t.false_positive),
        t.true_positive + t.false_negative, t.true_negative + t.false_positive,
    )  # fmt: skip


def _every_cut(
    chi: float, n1: int, n: int, inner: tuple[float, float] = (0.0, 1.0)
) -> maximally_selected.Maximum:
    """A largest χ² over all cuts of n patients without ties."""
    below = np.arange(max(math.floor(inner[0] * n), 1), min(math.floor(inner[1] * n), n - 1) + 1)
    statistic = math.sqrt(chi * (n - 1) / n)
    return maximally_selected.Maximum(statistic, chi, np.empty(0), below, n1, n, inner)


@dataclass(frozen=True, slots=True)
class Population:
    """Two groups, each normal or lognormal: `means` and `sds` of the marker or of its log, the
    positive group first."""

    label: str
    means: tuple[float, float]
    sds: tuple[float, float]
    log: bool = False

    def sampler(self, group: int) -> cutoff_simulation.Sampler:
        """Draws values of the positive (0) or the negative (1) group."""
        mean, sd = self.means[group], self.sds[group]

        def draw(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
            values = rng.normal(mean, sd, shape)
            return np.exp(values) if self.log else values

        return draw

    @property
    def auc(self) -> float:
        """Area of the whole population."""
        return float(special.ndtr((self.means[0] - self.means[1]) / math.hypot(*self.sds)))

    def youden(self, cut: float | np.ndarray) -> np.ndarray:
        """J of a cut in the whole population."""
        at = np.log(cut) if self.log else np.asarray(cut)
        one, zero = ((m - at) / s for m, s in zip(self.means, self.sds, strict=True))
        return special.ndtr(one) - special.ndtr(zero)

    @property
    def best(self) -> float:
        """The largest J that any cut has in the population."""
        low, high = min(self.means), max(self.means)
        grid = np.linspace(low, high + 1e-9, 4001)
        return float(np.abs(self.youden(np.exp(grid) if self.log else grid)).max())


@dataclass(frozen=True, slots=True)
class Trial:
    """Mean J over simulated studies: in the study, corrected by the bootstrap, in patients that
    the resamples left out, and in the population."""

    population: Population
    apparent: float
    corrected: float
    outside: float
    true: float


class Searched:
    """What a chapter shows of one printed cut, by the id of its row (``table2.marker``)."""

    def __init__(self, paper: Paper, row: str, patients: pd.DataFrame | None = None):
        self.paper, self.id = paper, row
        rows = {f"{t.id}.{r.id}": (t, r) for t in paper.tables_of("roc") for r in t.rows}
        if row not in rows:
            raise ValueError(f"{row} is no row of a ROC table, there are {', '.join(rows)}")
        self.rows = {k: v for k, v in rows.items() if v[1].sensitivity and v[1].specificity}
        self.table, self.row = rows[row]
        if self.row.threshold is None:
            raise ValueError(f"{row} prints no cut-off")
        self.counts = counts(paper, self.table, self.row)
        self._patients = patients

    # --- patients ------------------------------------------------------------------------

    @cached_property
    def cohorts(self) -> list[pd.DataFrame]:
        """The simulated cohorts; ValueError where none stand by the record."""
        patients = self._patients
        if patients is None:
            if self.paper.folder is None:
                raise ValueError("the record was read from no folder, so no cohorts stand by it")
            patients = load_cohort(self.paper.folder / "cohorts.parquet")
        return [own for _, own in patients.groupby("cohort")]

    def values(self, own: pd.DataFrame, row: str | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The marker in the positive and in the negative group of a cohort."""
        table, roc_row = self.rows[row or self.id]
        positive = (own["group"] == table.positive).to_numpy()
        marker = own[roc_row.variable].to_numpy(float)
        return marker[positive], marker[~positive]

    @cached_property
    def searches(self) -> dict[str, list[cutoff.Searches]]:
        """By rule: the search repeated in resamples of each cohort in which the rule itself
        finds the printed cut."""
        found: dict[str, list[cutoff.Searches]] = {}
        for rule in RULES:
            rng = np.random.default_rng(SEED)
            kept = []
            for own in self.cohorts:
                how = cutoff.Rule(rule, direction=self.row.direction)  # type: ignore[arg-type]
                if self._prints(cutoff.search(*self.values(own), how)):
                    kept.append(cutoff.bootstrap(*self.values(own), how, rng, RESAMPLES))
            if not kept:
                raise ValueError(f"in no cohort is the printed cut the one {RULES[rule]}")
            found[rule] = kept
        return found

    def _prints(self, found: cutoff.Cuts) -> bool:
        row = self.row
        assert row.threshold
        assert row.sensitivity
        assert row.specificity
        return (
            row.threshold.shows(float(found.cuts[0]))
            and row.sensitivity.shows(float(found.sensitivity[0]))
            and row.specificity.shows(float(found.specificity[0]))
        )

    def intervals(self, rule: str) -> list[tuple[float, float]]:
        """Percentile intervals of the cuts that resamples find, by cohort, from the lowest lower end."""
        return sorted(s.cut_interval(COVERAGE) for s in self.searches[rule])

    def _gains(self, rule: str, part: str) -> list[cutoff.Gain]:
        return [getattr(s, part) for s in self.searches[rule]]

    @property
    def apparent(self) -> cutoff.Gain:
        """J, sensitivity and specificity of the printed counts."""
        return _gain(self.counts)

    # --- a cut that no outcome chose -----------------------------------------------------

    def halves(self) -> list[Table]:
        """All 2×2 tables that a cut at the median can have, given the printed counts: it calls
        half of the patients positive, and of those between the cuts any may have the event.
        No two patients may share the value at the median."""
        t = self.counts
        moved = t.true_positive + t.false_positive - sum(self.sizes) // 2
        sign = 1 if moved >= 0 else -1
        lost, gained = (t.true_positive, t.false_positive) if moved >= 0 else (
            t.false_negative, t.true_negative)  # fmt: skip
        found = []
        for k in range(abs(moved) + 1):
            if k <= lost and abs(moved) - k <= gained:
                tp, fp = sign * k, sign * (abs(moved) - k)
                found.append(
                    Table(t.true_positive - tp, t.false_negative + tp,
                          t.false_positive - fp, t.true_negative + fp)
                )  # fmt: skip
        return found

    def at(self, cut: float) -> list[cutoff.Gain]:
        """J, sensitivity and specificity at one cut in every cohort."""
        return [self._at(own, cut) for own in self.cohorts]

    def at_median(self) -> list[cutoff.Gain]:
        """The same at the median of all patients of each cohort."""
        return [self._at(own, float(own[self.row.variable].median())) for own in self.cohorts]

    def _at(self, own: pd.DataFrame, cut: float) -> cutoff.Gain:
        return _gain(accuracy.table(*self.values(own), cut, direction=self.row.direction))

    # --- studies of the paper's sizes ----------------------------------------------------

    @property
    def sizes(self) -> tuple[int, int]:
        """Patients of the positive and of the negative group."""
        n1 = self.paper.group(self.table.positive).size
        return n1, self.paper.total_of(self.table) - n1

    @cached_property
    def populations(self) -> tuple[Population, Population, Population]:
        """No effect; the printed area with equal spread of logs; the printed means and SDs."""
        cells = self._cells()
        mean, sd = (float(c) for c in cells[1])
        spread = math.sqrt(math.log1p((sd / mean) ** 2))
        centre = math.log(mean) - spread**2 / 2
        shift = math.sqrt(2) * float(special.ndtri(float(self.row.auc.value))) * spread
        shift = shift if self.row.direction == "higher" else -shift
        means, sds = zip(*((float(m), float(s)) for m, s in cells), strict=True)
        return (
            Population("No effect", (centre, centre), (spread, spread), log=True),
            Population("The printed area, equal spreads", (centre + shift, centre),
                       (spread, spread), log=True),
            Population("The printed means and standard deviations, normal", means, sds),
        )  # fmt: skip

    def _cells(self) -> list[tuple[Fraction, Fraction]]:
        for table in self.paper.tables_of("two_group"):
            for row in table.rows:
                if isinstance(row, MeanRow) and row.variable == self.row.variable:
                    first = [self.table.positive]
                    own = self.paper.groups_of(self.table)
                    rest = [g.id for g in own if g.id not in first]
                    cells = [row.values[g] for g in (*first, *rest)]
                    return [(c.mean.value, c.sd.value) for c in cells]
        raise ValueError(f"no table prints means of {self.row.variable}")

    @cached_property
    def trials(self) -> list[Trial]:
        """The corrections tried where the truth is known, for the largest Youden index."""
        found = []
        for population in self.populations:
            rng = np.random.default_rng(SEED)
            told = []
            for _ in range(TRIED):
                groups = [population.sampler(i)(rng, (1, n))[0] for i, n in enumerate(self.sizes)]
                rule = cutoff.Rule("youden", direction=self.row.direction)
                s = cutoff.bootstrap(*groups, rule, rng, TRIED_RESAMPLES)
                true = self._sign * float(population.youden(float(s.found.cuts[0])))
                told.append(
                    (s.apparent.youden, s.corrected.youden, s.outside.youden, true)
                )  # fmt: skip
            found.append(Trial(population, *np.mean(told, axis=0).tolist()))
        return found

    @property
    def _sign(self) -> int:
        return 1 if self.row.direction == "higher" else -1

    @cached_property
    def levels(self) -> dict[str, accuracy.Share]:
        """How often a test at the paper's level is passed by a marker that tells nothing, by
        how the cut is found."""
        alpha, (n1, n0) = float(self.paper.alpha), self.sizes
        bar, n = float(special.chdtri(1, alpha)), n1 + n0
        at_half = maximally_selected.Maximum(
            math.sqrt(bar), bar, np.empty(0), np.array([n // 2]), n1, n, (0.0, 1.0)
        )
        found = {
            HALF: _sure(maximally_selected.exact(at_half)),
            YOUDEN: _sure(searched_level.youden_level(n1, n0, alpha)),
        }
        none = self.populations[0]
        closest = cutoff_simulation.simulate(
            none.sampler(0), none.sampler(1), (n1, n0),
            cutoff.Rule("closest", direction=self.row.direction),
            np.random.default_rng(SEED), STUDIES, reference=1000,
        )  # fmt: skip
        found[f"Searched: {RULES['closest']}"] = closest.rejected(alpha)
        for inner, name in (
            (TENTH, "a tenth of the patients on each side"),
            ((0.0, 1.0), "all cuts"),
        ):
            p = maximally_selected.exact(_every_cut(bar, n1, n, inner))
            found[f"Searched: smallest P, {name}"] = _sure(p)
        return dict(sorted(found.items(), key=lambda item: item[1].value))

    @cached_property
    def needed(self) -> float:
        """The P as if fixed that the best of all cuts must show to be significant."""
        alpha, (n1, n0) = float(self.paper.alpha), self.sizes

        def gap(chi: float) -> float:
            return maximally_selected.exact(_every_cut(chi, n1, n1 + n0)) - alpha

        chi = float(optimize.brentq(gap, float(special.chdtri(1, alpha)), 60.0, xtol=1e-3))
        return float(special.chdtrc(1, chi))

    def found_cuts(self, rule: str, population: int = 1) -> tuple[float, float]:
        """Where most studies of a population put their cut."""
        one = self.populations[population]
        studies = cutoff_simulation.simulate(
            one.sampler(0), one.sampler(1), self.sizes,
            cutoff.Rule(rule, direction=self.row.direction),  # type: ignore[arg-type]
            np.random.default_rng(SEED), STUDIES // 4, reference=1000,
        )  # fmt: skip
        low, high = percentiles(studies.cuts, COVERAGE)
        return low, high

    # --- P values ------------------------------------------------------------------------

    @cached_property
    def p_values(self) -> dict[str, Corrected]:
        """P values of every printed cut, by row."""
        found = {}
        for id, place in self.rows.items():
            try:
                found[id] = corrected(counts(self.paper, *place))
            except ValueError:
                continue  # its counts are open
        return found

    @property
    def open_rows(self) -> list[str]:
        """Rows significant as if fixed, whose exact ceiling does not prove it of a search."""
        alpha = float(self.paper.alpha)
        return [id for id, p in self.p_values.items() if p.fixed < alpha <= p.exact]

    @cached_property
    def cohort_p(self) -> dict[str, list[float]]:
        """By open row, in every cohort: the exact P of the largest χ² over all cuts."""
        return {
            id: [
                maximally_selected.exact(
                    maximally_selected.maximum(*self.values(own, id), inner=(0.0, 1.0))
                )
                for own in self.cohorts
            ]
            for id in self.open_rows
        }

    def adjusted(self) -> tuple[float, float]:
        """P of the row of a regression that stands on this cut: as printed (from its Wald
        statistic), and with that statistic read as the largest over cuts that leave a tenth on
        each side.  ValueError if no row does."""
        for table in self.paper.tables_of("regression"):
            for row in table.rows:
                if row.cut == self.id and row.wald is not None:
                    wald = float(row.wald.value)
                    p = maximally_selected.miller_siegmund(math.sqrt(wald), TENTH)
                    return float(special.chdtrc(1, wald)), p
        raise ValueError(f"no regression has a row at the cut {self.id}")

    # --- what is shown -------------------------------------------------------------------

    def index_sheet(self) -> Html:
        """The P of the printed cut, corrected in several ways."""
        p = self.p_values[self.id]
        rows = [
            ("None: the cut was fixed beforehand", p.fixed, "Pearson’s χ² of the counts"),
            ("Every cut tried", p.bonferroni, "The same times all cuts (Bonferroni)"),
            ("Largest Youden index", p.smirnov, "Smirnov, for many patients"),
            (
                "Smallest P, a tenth of the patients on each side",
                p.miller,
                "Miller and Siegmund, for many patients",
            ),
            ("Smallest P, all cuts", p.exact, "Exact, all orders of the patients"),
        ]
        return paper_rows(
            [
                {"Search granted": a, "P": p_text(b, round if i == 0 else math.ceil), "How": c}
                for i, (a, b, c) in enumerate(rows)
            ],
            label="The P value of the printed cut, corrected for a search",
        )

    def markers_sheet(self) -> Html:
        """The P of every printed cut, and what is known of it after a search."""
        rows = [
            {
                "Marker": self.paper.variable(row.variable).label,
                "Cut as if fixed": p_text(self.p_values[id].fixed),
                "Cut searched: at most": p_text(self.p_values[id].exact, math.ceil),
                "Survives the search": self._status(id),
                "P of area": row.p.text if row.p else None,
            }
            for id, row in ((id, self.rows[id][1]) for id in self.p_values)
        ]
        return paper_rows(rows, label=f"P values of every printed cut; cohorts {MARK}")

    def _status(self, id: str) -> str:
        if id in self.open_rows:
            kept = sum(v < float(self.paper.alpha) for v in self.cohort_p[id])
            return f"open, in {kept} of {len(self.cohorts)} cohorts"
        proved = self.p_values[id].exact < float(self.paper.alpha)
        return "yes, proved" if proved else "not before it either"

    def _names(self, rows: Iterable[str]) -> str:
        return _listed([self.paper.variable(self.rows[id][1].variable).label for id in rows])

    def levels_sheet(self) -> Html:
        """The real level of the test."""
        rows = []
        for name, s in self.levels.items():
            error = f"{_percent(s.low, 1)} to {_percent(s.high, 1)}"
            how = "exact" if s.low == s.high else error
            rows.append(
                {
                    "How the cut is found": name,
                    "Significant without any effect": f"{_percent(s.value)} ({how})",
                }
            )
        return paper_rows(
            rows, label=f"How often a marker that tells nothing is significant, {MARK}"
        )

    def worth_sheet(self) -> Html:
        """Printed values, and what is left of them after either correction."""
        rows = []
        names = {"sensitivity": "Sensitivity", "specificity": "Specificity",
                 "youden": "Youden index"}  # fmt: skip
        for rule, how in RULES.items():
            for part, name in names.items():
                rows.append(
                    {
                        "Quantity and rule": f"{name}; {how}",
                        "Printed": format_fixed(getattr(self.apparent, part), 3),
                        "Optimism taken off": self._range(rule, "corrected", part),
                        "In patients left out": self._range(rule, "outside", part),
                    }
                )
            ratios = [
                _sampled([odds_ratio(g) for g in self._gains(rule, kind)], 1)
                for kind in ("corrected", "outside")
            ]
            rows.append(
                {
                    "Quantity and rule": f"Odds ratio; {how}",
                    "Printed": format_fixed(odds_ratio(self.apparent), 1),
                    "Optimism taken off": ratios[0], "In patients left out": ratios[1],
                }
            )  # fmt: skip
        return paper_rows(rows, label=f"What the cut is worth in other patients, {MARK}")

    def _range(self, rule: str, kind: str, part: str) -> str:
        return _sampled([getattr(g, part) for g in self._gains(rule, kind)], 3)

    def trials_sheet(self) -> Html:
        """Corrections beside the truth."""
        rows = [
            {
                "Population": t.population.label, "Study": format_fixed(t.apparent, 3),
                "Optimism off": format_fixed(t.corrected, 3),
                "Left out": format_fixed(t.outside, 3),
                "True": format_fixed(t.true, 3),
            }
            for t in self.trials
        ]  # fmt: skip
        return paper_rows(rows, label=f"Youden index of searched cuts, {MARK}")

    def fixed_sheet(self, published: float) -> Html:
        """Cuts that were not searched here, beside the printed one."""
        printed = _parts([format_fixed(v, 3) for v in _three(self.apparent)])
        halves = [_gain(t) for t in self.halves()]
        rows = [
            {"Cut": f"{self._cut_text}, printed", **printed},
            {"Cut": "Median, proved", **_spans(halves, _exact)},
            {"Cut": f"Median, {MARK}", **_spans(self.at_median())},
            {"Cut": f"{published:g}, published; {MARK}", **_spans(self.at(published))},
        ]
        return paper_rows(rows, label=f"Cuts that no outcome of these patients chose; {MARK}")

    @property
    def _cut_text(self) -> str:
        assert self.row.threshold is not None
        return self.row.threshold.text

    def worth_plot(self, key: str) -> Figure:
        """The Youden index after either correction, and at the median."""
        from analysis.show import figures

        printed = format_fixed(self.apparent.youden, 3)
        kinds = {"corrected": "optimism taken off", "outside": "in patients left out"}
        rows: list[dict[str, Any]] = []
        for rule, how in RULES.items():
            for kind, words in kinds.items():
                points = [g.youden for g in self._gains(rule, kind)]
                rows.append(
                    {"label": f"{how[:1].upper()}{how[1:]}, {words}", "points": points,
                     "shown": _sampled(points, 3), "printed": printed, "proved": None}
                )  # fmt: skip
        points = [g.youden for g in self.at_median()]
        halves = [_gain(t).youden for t in self.halves()]
        proved = Interval.outward(min(halves), max(halves), 0)
        rows.append(
            {"label": "Median, no search", "points": points, "shown": _sampled(points, 3),
             "printed": printed, "proved": proved}
        )  # fmt: skip
        return figures.range_plot(
            rows, key=key, ticks=[0.3, 0.35, 0.4, 0.45, 0.5], across="Youden index",
            title="What a searched cut is worth in other patients", note=MARK,
        )  # fmt: skip

    def cuts_plot(self, key: str, published: float) -> Figure:
        """Where resamples of each cohort find their cut."""
        blocks = [(how, self.intervals(rule)) for rule, how in RULES.items()]
        assert self.row.threshold is not None
        return cuts_plot(
            blocks, key=key, printed=(self._cut_text, float(self.row.threshold.value)),
            published=published, quantity=self.paper.variable(self.row.variable).label, note=MARK,
        )  # fmt: skip

    def told_of_counts(self) -> dict[str, str]:
        """For the prose: what the printed counts alone say, without any cohort."""
        t, p = self.counts, self.p_values[self.id]
        (n1, n0), halves = self.sizes, self.halves()
        total, called = n1 + n0, t.true_positive + t.false_positive
        return {
            "tp": f"{t.true_positive}", "fp": f"{t.false_positive}", "called": f"{called}",
            "half": f"{total // 2}", "total": f"{total}", "moved": f"{abs(called - total // 2)}",
            "n1": f"{n1}", "n0": f"{n0}",
            "level": _percent(float(self.paper.alpha)),
            "coverage": _percent(COVERAGE),
            "j": format_fixed(self.apparent.youden, 3),
            "median_j": _exact([_gain(h).youden for h in halves], 3),
            "median_p": p_text(max(float(special.chdtrc(1, _chi(h))) for h in halves), math.ceil),
            "p_fixed": p_text(p.fixed),
            "p_highest": p_text(max(p.bonferroni, p.smirnov, p.miller, p.exact), math.ceil),
            "p_ceiling": p_text(p.exact, math.ceil),
            "se_ci": _ends(t.sensitivity(COVERAGE)),
            "sp_ci": _ends(t.specificity(COVERAGE)),
            "or": format_fixed(odds_ratio(self.apparent), 2),
            "chi_hand": self.chi_by_hand(), "bonferroni_hand": self.bonferroni_by_hand(),
            "smirnov_hand": self.smirnov_by_hand(), "median_hand": self.median_by_hand(),
            "one_hand": self.one_point_by_hand(),
        }  # fmt: skip

    def told(self, published: float) -> dict[str, str]:
        """For the prose."""
        best = self.populations[1].best
        naive, granted = self.adjusted()
        none, area, _ = self.trials
        told = self.told_of_counts() | {
            "cohorts": f"{len(self.cohorts)}", "resamples": f"{RESAMPLES}",
            "tried": f"{TRIED}", "studies": f"{STUDIES:,}".replace(",", "\u202f"),
            "j_loss": _sampled(self._loss(), 3),
            "area_loss": _sampled([v / 2 for v in self._loss()], 3),
            "published": f"{published:g}",
            "published_se": _sampled([g.sensitivity for g in self.at(published)], 2),
            "published_sp": _sampled([g.specificity for g in self.at(published)], 2),
            "wald_p": p_text(naive), "wald_granted": p_text(granted),
            "none_corrected": format_fixed(none.corrected, 3),
            "area_apparent": format_fixed(area.apparent, 3),
            "area_cost": format_fixed(
                float(self.row.auc.value) - (self.apparent.youden + 1) / 2, 2
            ),
            "smooth_best": format_fixed(best, 3),
            "needed": format_fixed(self.needed, 4),
        }  # fmt: skip
        for rule in RULES:
            told |= {
                f"{rule}_n": f"{len(self.searches[rule])}",
                f"{rule}_out": self._range(rule, "outside", "youden"),
                f"{rule}_or": _sampled([odds_ratio(g) for g in self._gains(rule, "outside")], 1),
                f"{rule}_low": _sampled([a for a, _ in self.intervals(rule)], 0),
                f"{rule}_high": _sampled([b for _, b in self.intervals(rule)], 0),
                f"{rule}_design": "{:.0f} to {:.0f}".format(*self.found_cuts(rule)),
            }
        searched = [s.value for name, s in self.levels.items() if name.startswith("Searched")]
        told |= {"size_least": _percent(min(searched)), "size_most": _percent(max(searched))}
        alpha, seen = float(self.paper.alpha), self.cohort_p
        told |= {
            "survive": self._names(id for id, p in self.p_values.items() if p.exact < alpha),
            "open": self._names(seen),
            "open_kept": _listed([f"{sum(v < alpha for v in ps)}" for ps in seen.values()]),
        }
        return told

    def _loss(self) -> list[float]:
        """What J loses in patients left out, over rules and cohorts."""
        return [
            self.apparent.youden - g.youden for rule in RULES for g in self._gains(rule, "outside")
        ]

    # --- by hand -------------------------------------------------------------------------

    def chi_by_hand(self) -> str:
        """Pearson's χ² of the printed cut as a line."""
        t, (n1, n0) = self.counts, self.sizes
        called = t.true_positive + t.false_positive
        return (
            f"{n1 + n0} × ({t.true_positive} × {t.true_negative} − {t.false_negative} × "
            f"{t.false_positive})² / ({n1} × {n0} × {called} × {n1 + n0 - called}) = "
            f"{format_fixed(self.p_values[self.id].chi_square, 1)}"
        )

    def bonferroni_by_hand(self) -> str:
        """All cuts times the P of one."""
        p, n = self.p_values[self.id], sum(self.sizes)
        return f"({n} − 1) × {p_text(p.fixed)} = {p_text(p.bonferroni)}"

    def smirnov_by_hand(self) -> str:
        """The P of the largest Youden index as a line."""
        p, (n1, n0) = self.p_values[self.id], self.sizes
        t, j = self.counts, format_fixed(p.youden, 4)
        return (
            f"J = {t.true_positive}/{n1} + {t.true_negative}/{n0} − 1 = {j}; "
            f"2 × exp(−2 × {j}² × {n1} × {n0} / {n1 + n0}) = {p_text(p.smirnov)}"
        )

    def one_point_by_hand(self) -> str:
        """The area under the curve of the one cut."""
        assert self.row.sensitivity
        assert self.row.specificity
        value = format_fixed((self.apparent.youden + 1) / 2, 2)
        return f"({self.row.sensitivity.text} + {self.row.specificity.text}) / 2 = {value}"

    def median_by_hand(self) -> str:
        """The tables that a median split can have, as a line."""
        (n1, n0), tables = self.sizes, self.halves()
        lines = [
            f"{t.true_positive}/{n1} + {t.true_negative}/{n0} − 1 = "
            f"{format_fixed(_gain(t).youden, 3)}"
            for t in tables
        ]
        return "; ".join(lines)


def odds_ratio(gain: cutoff.Gain) -> float:
    """The odds ratio of a pair of sensitivity and specificity."""
    return (gain.sensitivity * gain.specificity) / ((1 - gain.sensitivity) * (1 - gain.specificity))


def p_text(p: float, way: Callable[[float], int] = round) -> str:
    """A P value with two significant digits, small ones as powers of ten; `way` rounds it:
    ``math.ceil`` for what is proved to be at most P."""
    from analysis.show.figures import _superscript

    if not 0 < p <= 1:
        return format_fixed(p, 0)
    power = math.floor(math.log10(p))
    digits = way(float(f"{p / 10.0 ** (power - 1):.9f}"))
    if digits == 100:
        digits, power = 10, power + 1
    if power >= -4:
        return format_fixed(Fraction(digits) * Fraction(10) ** (power - 1), 1 - power)
    tens = _superscript(f"10^−{abs(power)}")
    return f"{digits // 10}.{digits % 10}\u00a0×\u00a0{tens}"


def _gain(t: Table) -> cutoff.Gain:
    one = t.true_positive / (t.true_positive + t.false_negative)
    two = t.true_negative / (t.true_negative + t.false_positive)
    return cutoff.Gain(one + two - 1, one, two)


def _three(gain: cutoff.Gain) -> tuple[float, float, float]:
    return gain.sensitivity, gain.specificity, gain.youden


def _parts(texts: Iterable[str]) -> dict[str, str]:
    return dict(zip(("Sensitivity", "Specificity", "Youden index"), texts, strict=True))


def _spans(
    gains: list[cutoff.Gain], words: Callable[[Iterable[float], int], str] | None = None
) -> dict[str, str]:
    columns = zip(*map(_three, gains), strict=True)
    return _parts((words or _sampled)(column, 3) for column in columns)


def _exact(values: Iterable[float], decimals: int) -> str:
    """A range of which both ends are known exactly."""
    values = list(values)
    ends = [format_fixed(end(values), decimals) for end in (min, max)]
    return " to ".join(dict.fromkeys(ends))


def _sampled(values: Iterable[float], decimals: int) -> str:
    return Quantity("", "", tuple(values), decimals, "").sampled


def _percent(share: float, decimals: int = 0) -> str:
    return f"{format_fixed(100 * share, decimals)}%"


def _ends(share: accuracy.Share) -> str:
    return f"{format_fixed(share.low, 2)} to {format_fixed(share.high, 2)}"


def _sure(value: float) -> accuracy.Share:
    return accuracy.Share(value, value, value, 1.0)


def _listed(names: list[str]) -> str:
    names = [name[:1].lower() + name[1:] for name in names] or ["none"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def cuts_plot(
    blocks: Iterable[tuple[str, list[tuple[float, float]]]], *, key: str,
    printed: tuple[str, float], published: float, quantity: str, note: str,
) -> Figure:  # fmt: skip
    """Intervals of a cut, one line a cohort, in blocks with a name each, over one scale."""
    from analysis.show import figures
    from analysis.show.drawing import WIDTH, Sheet, check_key
    from analysis.show.palette import INK, ORANGE, PURPLE

    blocks = list(blocks)
    check_key(key)
    ends = [e for _, some in blocks for pair in some for e in pair]
    ticks = figures._ticks(math.floor(min(*ends, published) / 50) * 50, max(ends))
    sheet, left, right, y = Sheet(), 14.0, WIDTH - 14.0, 14.0

    def x(value: float) -> float:
        return left + (right - left) * (value - ticks[0]) / (ticks[-1] - ticks[0])

    told, data, spans = [], [], []
    for name, some in blocks:
        low, high = (_sampled(column, 0) for column in zip(*some, strict=True))
        title = f"{name[:1].upper()}{name[1:]}"
        y = figures._heading(sheet, y, title, f"{len(some)} cohorts") + 12
        spans.append((y - 4, y + 7 * (len(some) - 1) + 4))
        for a, b in some:
            sheet.line([x(a), x(b)], [y, y], ORANGE, 2.4)
            y += 7
        y += 16
        told.append(f"{title}, {len(some)} cohorts: lower ends {low}, upper ends {high}")
        data.append({"Rule": title, "Cohorts": f"{len(some)}", "Lower ends": low,
                     "Upper ends": high})  # fmt: skip
    for top, bottom in spans:
        sheet.line([x(printed[1])] * 2, [top, bottom], INK, 1.4)
        sheet.line([x(published)] * 2, [top, bottom], PURPLE, 1.4, (3, 2))
    y = sheet.scale(y - 8, [(x(t), f"{t:g}") for t in ticks], f"cut-off of the {quantity.lower()}")
    y = figures._legend(
        sheet, y + 14,
        [(lambda a, b: sheet.line([a - 10, a + 10], [b, b], ORANGE, 2.4),
          f"{_percent(COVERAGE)} of the cuts found in resamples of one cohort ({note})"),
         (lambda a, b: sheet.line([a, a], [b - 6, b + 6], INK, 1.4), f"printed, {printed[0]}"),
         (lambda a, b: sheet.line([a, a], [b - 6, b + 6], PURPLE, 1.4, (3, 2)),
          f"published earlier, {published:g}")],
    )  # fmt: skip
    title = "Where the same search puts its cut in resamples"
    alt = (
        f"Intervals of the cut-off, {note}. {figures._sentences(told)} "
        f"Printed {printed[0]}, published earlier {published:g}."
    )
    return figures.Figure(sheet.svg(y, key, title, alt), alt, data, title)
