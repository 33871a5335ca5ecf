"""The chapter on the searched cut: every number against another way to it."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from analysis.cohort import MARK, load_cohort
from analysis.estimate import cutoff
from analysis.estimate.accuracy import Table
from analysis.paper import load_paper
from analysis.show.book import chapter, paper_file
from analysis.show.cutoff import RULES, Population, Searched, corrected, counts, p_text

INDEX = "table2.sii"


@pytest.fixture(scope="module")
def paper():
    return load_paper(paper_file())


@pytest.fixture(scope="module")
def found(paper):
    return Searched(paper, INDEX)


@pytest.fixture(scope="module")
def told(found):
    return found.told(330)


def rewritten(tmp_path: Path, *changes: tuple[str, str]):
    """The paper with other printed numbers, read from a folder without cohorts."""
    text = paper_file().read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file = tmp_path / "paper.yaml"
    file.write_text(text, encoding="utf-8")
    return load_paper(file)


def largest_chi(states: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """The largest χ² over `cuts` (patients under them) of rows of sorted states."""
    n, n1 = states.shape[1], states.sum(axis=1, keepdims=True)
    under = np.cumsum(states, axis=1)[:, cuts - 1]
    expected = n1 * cuts / n
    spread = n1 * (n - n1) * cuts * (n - cuts) / n**3
    return ((under - expected) ** 2 / spread).max(axis=1)


def orders(n1: int, n: int, rows: int, seed: int = 1) -> np.ndarray:
    state = np.broadcast_to(np.arange(n) < n1, (rows, n))
    return np.random.default_rng(seed).permuted(state, axis=1)


# --- printed numbers ---------------------------------------------------------------------


def test_counts_and_chi_square_are_those_of_the_printed_shares(paper, found):
    assert found.counts == Table(86, 26, 52, 108)
    for table, row in found.rows.values():
        t = counts(paper, table, row)
        positive = paper.group(table.positive).size
        assert row.sensitivity.shows(t.true_positive / positive)
        assert row.specificity.shows(t.true_negative / (paper.total - positive))
        p = corrected(t)
        lines = [[t.true_positive, t.false_negative], [t.false_positive, t.true_negative]]
        chi, value, _, _ = stats.chi2_contingency(lines, correction=False)
        assert p.chi_square == pytest.approx(chi, rel=1e-12)
        assert p.fixed == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize("row", ["table2.platelets", "table3.albumin"])
def test_the_exact_ceiling_is_the_share_of_orders_and_ties_lower_it(found, row):
    p, rows = found.p_values[row], 20_000
    n1, n = found.rows[row][0].positive, 272
    n1 = found.paper.group(n1).size
    states = orders(n1, n, rows)
    every = (largest_chi(states, np.arange(1, n)) >= p.chi_square * (1 - 1e-9)).mean()
    assert every == pytest.approx(p.exact, abs=4 * math.sqrt(p.exact / rows))
    tied = (largest_chi(states, np.arange(3, n, 7)) >= p.chi_square * (1 - 1e-9)).mean()
    assert tied <= every


def test_smirnov_is_a_little_above_the_exact_test_of_the_same_distance(found):
    for row in found.rows:
        table, roc_row = found.rows[row]
        t = counts(found.paper, table, roc_row)
        # evenly mixed on both sides of the cut, in every step the negative patient first
        places = [
            (np.arange(k) + late) / k - under
            for k, late, under in (
                (t.true_positive, 0, 0), (t.false_negative, 0, 1),
                (t.false_positive, 1, 0), (t.true_negative, 0.999, 1),
            )
        ]  # fmt: skip
        one, two = np.concatenate(places[:2]), np.concatenate(places[2:])
        test = stats.ks_2samp(one, two, method="exact")
        p = found.p_values[row]
        assert test.statistic == pytest.approx(p.youden, abs=1e-12)
        # the large-sample form lies above the exact one, most so far out in the tail
        assert test.pvalue <= p.smirnov <= (1.6 if p.smirnov > 1e-6 else 4) * test.pvalue


def test_no_ceiling_is_broken_by_a_cohort(found):
    for row in found.rows:
        for own in found.cohorts[:6]:
            x, y = found.values(own, row)
            values = np.concatenate([x, y])
            order = np.argsort(values, kind="stable")
            state = (np.arange(values.size) < x.size)[order][None, :]
            cuts = np.flatnonzero(np.diff(values[order])) + 1
            assert largest_chi(state, cuts)[0] >= found.p_values[row].chi_square * (1 - 1e-9)


def test_the_wald_statistic_read_as_the_largest(found):
    naive, granted = found.adjusted()
    b, low, high = math.sqrt(18.751), 0.1, 0.9
    spread = math.log(high * (1 - low) / ((1 - high) * low))
    assert naive == pytest.approx(stats.chi2.sf(18.751, 1))
    assert granted == pytest.approx(stats.norm.pdf(b) * (4 / b + (b - 1 / b) * spread))
    with pytest.raises(ValueError, match="no regression has a row"):
        Searched(found.paper, "table2.platelets").adjusted()


# --- the median --------------------------------------------------------------------------


def at_half(states: np.ndarray) -> Table:
    """The 2×2 table if the upper half of patients, sorted from high to low, is positive."""
    half = states.size // 2
    tp, n1 = int(states[:half].sum()), int(states.sum())
    return Table(tp, n1 - tp, half - tp, states.size - half - n1 + tp)


@pytest.mark.parametrize(
    "table", [Table(86, 26, 52, 108), Table(40, 72, 93, 67), Table(1, 111, 136, 24)]
)
def test_the_tables_of_a_median_split_are_all_that_an_order_can_give(found, table):
    own = Searched(found.paper, INDEX)
    own.counts = table
    rng = np.random.default_rng(2)
    seen = set()
    for _ in range(3000):
        upper = rng.permutation(
            np.repeat([1, 0], [table.true_positive, table.false_positive])
        )  # fmt: skip
        lower = rng.permutation(np.repeat([1, 0], [table.false_negative, table.true_negative]))
        seen.add(at_half(np.concatenate([upper, lower])))
    assert seen <= set(own.halves())
    if table.true_positive > 1:
        assert seen == set(own.halves())


def test_every_cohort_splits_at_the_median_as_proved(found, told):
    youden = [t.sensitivity().value + t.specificity().value - 1 for t in found.halves()]
    assert told["median_j"] == f"{min(youden):.3f} to {max(youden):.3f}"
    worst = max(
        stats.chi2_contingency(
            [[t.true_positive, t.false_negative], [t.false_positive, t.true_negative]],
            correction=False,
        ).pvalue
        for t in found.halves()
    )
    digits, power = told["median_p"].split("\u00a0×\u00a010⁻")
    shown = float(digits) * 10.0 ** -int(power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")))
    assert worst <= shown < 1.03 * worst  # "at most": rounded upward
    for own, gain in zip(found.cohorts, found.at_median(), strict=True):
        upper = own["sii"] >= np.median(own["sii"])
        event = own["group"] == "recurrence"
        assert upper.sum() == 136
        assert gain.sensitivity == pytest.approx((upper & event).sum() / 112)
        assert any(gain.youden == pytest.approx(j) for j in youden)


def test_a_published_cut_is_counted_in_every_cohort(found):
    for own, gain in zip(found.cohorts, found.at(330), strict=True):
        event = own["group"] == "recurrence"
        assert gain.specificity == pytest.approx((own["sii"] < 330)[~event].mean())


# --- optimism ----------------------------------------------------------------------------


def test_a_rule_is_tried_where_it_finds_the_printed_cut(found):
    kept = dict.fromkeys(RULES, 0)
    for own in found.cohorts:
        x, y = found.values(own)
        values = np.unique(np.concatenate([x, y]))
        cuts = (values[1:] + values[:-1]) / 2
        one = (x[:, None] > cuts).mean(axis=0)
        two = (y[:, None] < cuts).mean(axis=0)
        score = {"youden": one + two, "closest": -np.hypot(1 - one, 1 - two)}
        for rule, s in score.items():
            best = int((s > s.max() - 1e-12).argmax())
            kept[rule] += (round(cuts[best], 2), round(one[best], 3)) == (405.08, 0.768)
    assert {rule: len(some) for rule, some in found.searches.items()} == kept
    assert 0 < kept["closest"] < kept["youden"] < len(found.cohorts)


def test_left_out_patients_agree_with_a_bootstrap_written_out(found):
    own = next(
        own
        for own in found.cohorts
        if found._prints(cutoff.search(*found.values(own), cutoff.Rule("youden")))
    )
    x, y = found.values(own)
    rng, told = np.random.default_rng(7), []
    for _ in range(400):
        i, j = rng.integers(0, x.size, x.size), rng.integers(0, y.size, y.size)
        values = np.unique(np.concatenate([x[i], y[j]]))
        cuts = (values[1:] + values[:-1]) / 2
        youden = (x[i][:, None] > cuts).mean(axis=0) - (y[j][:, None] > cuts).mean(axis=0)
        cut = cuts[youden.argmax()]
        left1, left0 = np.delete(x, np.unique(i)), np.delete(y, np.unique(j))
        fair = (x > cut).mean() - (y > cut).mean()
        told.append((youden.max() - fair, (left1 > cut).mean() - (left0 > cut).mean()))
    optimism, outside = np.mean(told, axis=0)
    ours = found.searches["youden"][0]
    assert ours.apparent.youden == pytest.approx(found.apparent.youden)
    assert ours.optimism.youden == pytest.approx(optimism, abs=0.007)
    assert ours.outside.youden == pytest.approx(outside, abs=0.015)


def test_every_correction_lowers_and_the_prose_tells_its_range(found, told):
    for rule in RULES:
        for s in found.searches[rule]:
            assert s.outside.youden < s.corrected.youden < s.apparent.youden
        low, high = map(float, told[f"{rule}_out"].split(" to "))
        values = [s.outside.youden for s in found.searches[rule]]
        assert min(values) <= low <= high <= max(values)
    low, high = map(float, told["j_loss"].split(" to "))
    assert 0 < low < high < 0.1


def test_a_population_knows_its_area_and_its_best_cut(found):
    none, area, normal = found.populations
    assert none.auc == 0.5
    assert none.best == 0
    assert area.auc == pytest.approx(0.795)
    d = math.sqrt(2) * stats.norm.ppf(0.795)
    assert area.best == pytest.approx(2 * stats.norm.cdf(d / 2) - 1, abs=1e-6)
    assert normal.means == (535.23, 357.84)
    rng = np.random.default_rng(3)
    for population in (area, normal):
        x, y = (population.sampler(i)(rng, (1, 100_000))[0] for i in (0, 1))
        assert (x > y).mean() == pytest.approx(population.auc, abs=0.006)
        assert population.youden(405.08) == pytest.approx(
            (x > 405.08).mean() - (y > 405.08).mean(), abs=0.008
        )
    x = area.sampler(1)(rng, (1, 100_000))[0]
    assert x.mean() == pytest.approx(357.84, rel=0.01)
    assert x.std() == pytest.approx(120.21, rel=0.02)


def test_left_out_patients_come_closest_to_the_truth(found):
    for trial in found.trials:
        assert abs(trial.outside - trial.true) < abs(trial.corrected - trial.true)
        assert trial.true < trial.corrected < trial.apparent
        assert trial.true <= trial.population.best + 1e-9


# --- the level of the test ---------------------------------------------------------------


def test_the_levels_against_orders_of_the_patients(found):
    levels, rows = found.levels, 4000
    bar = stats.chi2.isf(0.05, 1)
    states = orders(112, 272, rows, seed=5)
    error = 4 * math.sqrt(0.25 / rows)
    for name, cuts in {
        "Searched: smallest P, all cuts": np.arange(1, 272),
        "Searched: smallest P, a tenth of the patients on each side": np.arange(27, 245),
        "Fixed beforehand: half of the patients": np.array([136]),
    }.items():
        share = (largest_chi(states, cuts) >= bar).mean()
        assert levels[name].value == pytest.approx(share, abs=error)
    k = np.arange(113)
    gap = (k - 56) ** 2 / (112 * 160 * 136 * 136 / 272**3)
    exact = stats.hypergeom(272, 112, 136).pmf(k)[gap >= bar].sum()
    assert levels["Fixed beforehand: half of the patients"].value == pytest.approx(exact)

    # from high to low: true and false positives over each cut
    tp, fp = np.cumsum(states, axis=1)[:, :-1], np.cumsum(~states, axis=1)[:, :-1]
    row = np.arange(rows)
    scores = {
        "youden": tp / 112 - fp / 160,
        "closest": -np.hypot(1 - tp / 112, fp / 160),
    }
    for rule, score in scores.items():
        at = score.argmax(axis=1)
        called = at + 1
        chi = (tp[row, at] - 112 * called / 272) ** 2 / (
            112 * 160 * called * (272 - called) / 272**3
        )
        share = (chi >= bar).mean()
        assert levels[f"Searched: {RULES[rule]}"].value == pytest.approx(share, abs=error)


def test_the_needed_p_keeps_the_level(found):
    states = orders(112, 272, 10_000, seed=6)
    bar = stats.chi2.isf(found.needed, 1)
    share = (largest_chi(states, np.arange(1, 272)) >= bar).mean()
    assert share == pytest.approx(0.05, abs=0.009)


# --- words -------------------------------------------------------------------------------


def test_words_flip_with_the_printed_numbers(tmp_path, paper, found):
    assert found.told(330)["open"] == "albumin"
    other = rewritten(
        tmp_path,
        ('sensitivity: "0.643"\n        specificity: "0.550"',
         'sensitivity: "0.616"\n        specificity: "0.550"'),
        ('sensitivity: "0.513"\n        specificity: "0.643"',
         'sensitivity: "0.400"\n        specificity: "0.643"'),
    )  # fmt: skip
    patients = load_cohort(paper.folder / "cohorts.parquet")
    own = Searched(other, INDEX, patients)
    assert own.open_rows == ["table2.platelets"]
    assert own._status("table2.platelets") == "open, in 24 of 24 cohorts"
    assert own._status("table3.albumin") == "not before it either"
    assert own._status(INDEX) == "yes, proved"


def test_missing_and_wrong_input_is_stated(tmp_path, paper, found):
    with pytest.raises(ValueError, match=r"table9\.x is no row of a ROC table"):
        Searched(paper, "table9.x")
    nowhere = paper.model_copy()
    nowhere._folder = None
    with pytest.raises(ValueError, match="no folder"):
        _ = Searched(nowhere, INDEX).cohorts
    table, row = found.rows[INDEX]
    bare = row.model_copy(update={"sensitivity": None})
    with pytest.raises(ValueError, match=r"table2\.sii: 0 counts of 112"):
        counts(paper, table, bare)
    patients = load_cohort(paper.folder / "cohorts.parquet")
    moved = rewritten(tmp_path, ('threshold: "405.08"\n', 'threshold: "300.08"\n'))
    with pytest.raises(ValueError, match="in no cohort is the printed cut the one"):
        _ = Searched(moved, INDEX, patients).searches


def test_sheets_and_plots_of_simulated_patients_say_so(found):
    for sheet in (
        found.worth_sheet(), found.trials_sheet(), found.fixed_sheet(330), found.markers_sheet(),
    ):  # fmt: skip
        assert MARK in sheet._repr_html_()
    for plot in (found.worth_plot("a"), found.cuts_plot("b", 330)):
        assert MARK in plot.alt
        assert MARK in plot.svg
    assert "exact" in str(found.levels_sheet())


def test_the_plot_tells_the_intervals(found):
    alt = found.cuts_plot("c", 330).alt
    for rule in RULES:
        lows, highs = zip(*found.intervals(rule), strict=True)
        assert f"lower ends {math.ceil(min(lows))} to {math.floor(max(lows))}" in alt
        assert f"upper ends {math.ceil(min(highs))} to {math.floor(max(highs))}" in alt


def test_p_values_as_text():
    assert p_text(0.2183) == "0.22"
    assert p_text(0.04401) == "0.044"
    assert p_text(0.04401, math.ceil) == "0.045"
    assert p_text(0.00999) == "0.010"
    assert p_text(0.00097) == "0.00097"
    assert p_text(6.48e-13) == "6.5\u00a0×\u00a010⁻¹³"
    assert p_text(9.96e-6) == "1.0\u00a0×\u00a010⁻⁵"
    assert p_text(1.0) == "1.0"
    assert p_text(0.0) == "0"
    assert p_text(0.05, math.ceil) == "0.050"


def test_a_low_marker_is_searched_downward():
    falling = Population("low", (1.0, 2.0), (1.0, 1.0))
    assert falling.auc < 0.5
    assert falling.best == pytest.approx(2 * stats.norm.cdf(0.5) - 1, abs=1e-6)


def test_the_chapter_reaches_it():
    assert chapter("cutoff").searched(INDEX).id == INDEX
