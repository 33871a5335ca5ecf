"""What the chapter on real patients shows, held against other software and plain counting."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from lifelines import KaplanMeierFitter
from scipy import stats
from sklearn.metrics import roc_auc_score
from statsmodels.duration.hazard_regression import PHReg

from analysis.estimate import maximally_selected
from analysis.estimate.roc import EstimateError
from analysis.real import Patients
from analysis.show.book import chapter
from analysis.show.real_patients import RealPatients, _moved, _small

FILE = Path(__file__).parents[3] / "data/li2014/patients.yaml"
MARK = "real patients: Li et al. 2014"


def study(patients=None, marker="peritumoral", horizon=60, part="neutrophils", **more):
    return RealPatients(patients or Patients.read(FILE), marker, horizon, part, **more)


@pytest.fixture(scope="module")
def real():
    return study()


@pytest.fixture(scope="module")
def models(real):
    return real.models("ast", "afp", "size", "invasion", "multiplicity", resamples=200)


def with_columns(**columns):
    """The same patients with other values; `_direction` turns the marker."""
    patients = Patients.read(FILE)
    direction = columns.pop("_direction", None)
    description = patients.description
    if direction:
        turned = [
            c.model_copy(update={"direction": direction}) if c.id == "peritumoral" else c
            for c in description.columns
        ]
        description = description.model_copy(update={"columns": turned})
    return replace(patients, description=description, table=patients.table.assign(**columns))


def risk_by(time, event, horizon):
    km = KaplanMeierFitter().fit(time, event)
    return 1 - float(km.survival_function_at_times(horizon).iloc[0])


# --- what the article prints ---------------------------------------------------------------


def test_the_printed_rates_come_out_of_other_software(real):
    raw = Patients.read(FILE).table
    for found in real.reproduced:
        x, middle = raw[found.variable], raw[found.variable].median()
        high = x >= middle if found.side == "high" else x > middle
        rates = [risk_by(raw.time[g], raw.event[g], 60) for g in (~high, high)]
        assert [f"{100 * r:.1f}" for r in rates] == list(found.printed) == list(found.computed)
    assert real.told_again()["rates_same"] == "all"


def test_only_one_place_of_the_patient_at_the_median_gives_the_printed_rates(real):
    for found in real.reproduced:
        other = {"low": "high", "high": "low"}[found.side]
        again = real._rates(found.variable, other, found.printed, 60)
        assert not again.same
        assert real.half(found.variable, "high").sum() - real.half(found.variable, "low").sum() == 1


def test_rates_that_do_not_come_out_are_not_called_the_same():
    patients = Patients.read(FILE)
    printed = patients.description.printed
    wrong = [r.model_copy(update={"low": "53.2"}) for r in printed.rates]
    description = patients.description.model_copy(
        update={"printed": printed.model_copy(update={"rates": wrong})}
    )
    found = study(replace(patients, description=description))
    assert found.told_again()["rates_same"] == "one"
    assert found.high.sum() == found.half("peritumoral", "low").sum()
    assert "53.2%" in repr(found.reproduced_sheet())


# --- the shortcuts -------------------------------------------------------------------------


def test_shares_and_risks(real):
    t, d = real.t, real.d
    told = real.time_ignored() | real.lost_left_out()
    with_event, free = ((d == 1) & (t <= 60)).sum(), (t >= 60).sum() - ((d == 1) & (t == 60)).sum()
    assert (told["with_event"], told["free"]) == (str(with_event), str(free))
    assert int(told["lost"]) == len(t) - with_event - free == real.lost.sum()
    assert told["share_all"] == f"{100 * with_event / len(t):.1f}%"
    assert told["share_known"] == f"{100 * with_event / (with_event + free):.1f}%"
    assert told["most"] == f"{100 * (1 - free / len(t)):.1f}%"
    assert told["risk"] == f"{100 * risk_by(t, d, 60):.1f}%"
    kept_low = (~real.lost) & ~real.speaking_half
    assert told["low_known"] == f"{100 * d[kept_low].mean():.1f}%"
    assert told["known_hand"].endswith(told["share_known"])


def test_areas(real):
    told = real.time_ignored()
    for key, who in (("area_part", real.in_part), ("area_rest", ~real.in_part)):
        assert told[key] == f"{roc_auc_score(real.d[who], real.marker[who]):.2f}"
    assert told["area"] == f"{roc_auc_score(real.d, real.marker):.2f}"
    # weighted for censoring, pair by pair
    t, d, x = real.t, real.d, real.marker
    staying = KaplanMeierFitter().fit(t, d == 0)
    before = lambda s: float(staying.survival_function_at_times(s - 1e-9).iloc[0])  # noqa: E731
    cases, controls = np.flatnonzero((d == 1) & (t <= 60)), np.flatnonzero((d == 0) & (t >= 60))
    wins = weights = 0.0
    for i in cases:
        # an event comes before a censoring of the same month
        w = 1 / before(t[i])
        wins += w * ((x[i] > x[controls]).mean() + (x[i] == x[controls]).mean() / 2)
        weights += w
    assert told["area_at"].startswith(f"{wins / weights:.2f} (")
    low, high = map(float, re.findall(r"[\d.]+", told["area_at"])[1:])
    assert low < wins / weights < high


def test_hazard_ratios(real, models):
    def phreg(x):
        found = PHReg(real.t, np.asarray(x, dtype=float), status=real.d, ties="efron").fit()
        return np.exp(found.params), np.exp(found.conf_int())

    for with_part in (False, True):
        x = [np.log2(real.marker)] + [real.in_part] * with_part
        ratios, ends = phreg(np.column_stack(x))
        assert real._per_doubling(with_part) == pytest.approx((ratios[0], *ends[0]), rel=1e-6)
    ratios, ends = phreg(models.predictors)
    assert models.cox.ratios == pytest.approx(ratios, rel=1e-6)
    assert models.cox.high == pytest.approx(ends[:, 1], rel=1e-6)


def test_numbers_and_halves_by_other_software(real):
    def chi2(x):
        found = PHReg(real.t, np.asarray(x, dtype=float), status=real.d, ties="efron").fit()
        return 2 * (found.llf - found.model.loglike(np.zeros(len(found.params))))

    raw = real.patients.table
    middle = raw[["age", "peritumoral", "intratumoral", "distant"]].median()
    halves = np.column_stack(
        [raw.age > middle.age, raw.peritumoral > middle.peritumoral,
         raw.intratumoral >= middle.intratumoral, raw.distant > middle.distant]
    )  # fmt: skip
    densities = np.log2(1 + raw[["peritumoral", "intratumoral", "distant"]])
    sheet = [line.split(" | ") for line in repr(real.versions_sheet()).splitlines()[1:]]
    wanted = [
        np.log2(raw[["peritumoral"]]), real.high[:, None], real.above[:, None],
        np.column_stack([raw.age, densities]), halves,
    ]  # fmt: skip
    for line, x in zip(sheet, wanted, strict=True):
        assert line[2] == f"{chi2(x):.1f} ({x.shape[1]})"
    told = real.halved()
    assert told["risks_halves"] == str(len({tuple(row) for row in halves.tolist()}))
    assert told["area_halves"] == f"{roc_auc_score(real.d, real.high):.2f}"


def test_the_best_cut_by_trying_every_cut(real):
    x, d = real.marker, real.d == 1
    middles = [(a + b) / 2 for a, b in pairwise(np.unique(x))]
    youden = [(x[d] >= c).mean() + (x[~d] < c).mean() - 1 for c in middles]
    best = middles[int(np.argmax(youden))]
    assert real.cut()["cut"] == f"{best:.0f}"
    assert real.same_patients()["youden_hand"].endswith(f"= {max(youden):.3f}")
    tables = [
        [[(x[d] >= c).sum(), (x[d] < c).sum()], [(x[~d] >= c).sum(), (x[~d] < c).sum()]]
        for c in middles
    ]
    inner = [t for t in tables if 22 <= t[0][1] + t[1][1] <= 204]
    assert real.cut()["cuts_tried"] == str(len(inner))
    p = [stats.chi2_contingency(t, correction=False).pvalue for t in inner]
    assert real.cut()["p_naive"] == _small(min(p))


def test_the_corrected_p_by_shuffling_patients(real):
    rng = np.random.default_rng(5)
    order = np.argsort(real.marker)
    below = np.arange(1, 227)[21:204]

    def best(events):
        low = np.cumsum(events[order])[below - 1]
        n1 = events.sum()
        gap = (low * (227 - below) - (n1 - low) * below) ** 2
        return (gap * 227 / (below * (227 - below) * n1 * (227 - n1))).max()

    seen, events = best(real.d), real.d.copy()
    larger = sum(best(rng.permutation(events)) >= seen - 1e-9 for _ in range(20_000))
    told = float(real.cut()["p_fair"])
    assert larger / 20_000 == pytest.approx(told, abs=4 * np.sqrt(told / 20_000) + 5e-5)


def test_the_shown_p_values_divide_to_the_shown_factor(real):
    cut = real.cut()
    shown = float(cut["p_fair"]) / float(cut["p_naive"])
    # two digits each: at most half a unit in ten off
    assert float(cut["p_times"]) == pytest.approx(shown, rel=0.05)


def test_ratios_by_counting(real):
    high = real.speaking_half
    a, b = real.d[high], real.d[~high]
    odds = (a.sum() / (len(a) - a.sum())) / (b.sum() / (len(b) - b.sum()))
    told = real.ratio()
    assert told["odds"] == f"{odds:.2f}"
    assert told["risk_ratio"] == f"{a.mean() / b.mean():.2f}"
    assert told["odds_ratio"].startswith(
        f"{stats.contingency.odds_ratio(np.array([[int(a.sum()), int(len(a) - a.sum())], [int(b.sum()), int(len(b) - b.sum())]]), kind='sample').statistic:.2f} ("
    )
    km = [risk_by(real.t[g], real.d[g], 60) for g in (high, ~high)]
    assert told["km_ratio"] == f"{km[0] / km[1]:.2f}"
    assert told["told_risk"] == f"{100 * odds * b.mean():.1f}%"


# --- words turn with the data ----------------------------------------------------------------


def test_a_marker_that_speaks_by_low_values_gives_the_same_answers():
    x = Patients.read(FILE).values("peritumoral")
    turned = study(with_columns(peritumoral=1 / x, _direction="lower"))
    as_is = study()
    assert turned.who()["direction"] == "lower values"
    for n in ("time_ignored", "same_patients", "ratio"):
        mine, theirs = getattr(turned, n)(), getattr(as_is, n)()
        # the patient at the median changes halves
        for key in set(mine) & {"area", "area_part", "per_doubling", "youden", "sensitivity"}:
            assert mine[key] == theirs[key], key
    assert turned.cut()["p_naive"] == as_is.cut()["p_naive"]


def test_a_marker_of_noise_is_not_spoken_for():
    noise = np.random.default_rng(11).permutation(Patients.read(FILE).values("peritumoral"))
    found = study(with_columns(peritumoral=noise))
    assert found.cut()["p_verdict"] == "is not below"
    assert float(found.same_patients()["youden_outside"]) < 0.1
    assert found.told_again()["rates_same"] != "all"
    low, high = re.findall(r"\((.*) to (.*)\)", found.time_ignored()["per_doubling"])[0]
    assert float(low) < 1 < float(high)


def test_nobody_lost_nothing_moves():
    patients = Patients.read(FILE)
    found = study(with_columns(time=np.where(patients.event == 0, 90.0, patients.time)))
    told = found.time_ignored() | found.lost_left_out()
    assert told["lost"] == "0"
    assert told["share_all"] == told["share_known"] == told["risk"] == told["most"]
    assert repr(found.summary()).splitlines()[1].endswith("the same")


def test_deaths_are_told():
    patients = Patients.read(FILE)
    assert study().who()["died_free"] == "nobody"
    dead = patients.table.death.where(patients.table.event == 1, 1.0)
    assert study(with_columns(death=dead)).who()["died_free"] == "84 patients"


def test_small_numbers():
    assert [_small(p) for p in (0.0317, 0.001, 0.000234, 8.54e-6, 1e-12)] == [
        "0.032", "0.001", "0.00023", "0.0000085", "under 0.000000001",
    ]  # fmt: skip
    assert [_moved(a, 1) for a in (0, 1, 2)] == ["lower", "the same", "higher"]


def test_horizons_in_words():
    assert study().years == "five years"
    assert study(horizon=12).years == "one year"
    assert study(horizon=18).years == "18 months"


# --- what cannot be done ---------------------------------------------------------------------


def test_what_is_missing_is_refused():
    with pytest.raises(ValueError, match="direction is stated beforehand"):
        study(marker="age")
    with pytest.raises(ValueError, match="direction is stated beforehand"):
        study(marker="afp")
    gaps = Patients.read(FILE).values("peritumoral").copy()
    gaps[3] = np.nan
    with pytest.raises(ValueError, match="every patient needs a value"):
        study(with_columns(peritumoral=gaps))
    with pytest.raises(ValueError, match="a part of the patients"):
        study(part="age")
    with pytest.raises(ValueError, match="above zero"):
        study(marker="intratumoral").time_ignored()
    with pytest.raises(EstimateError, match="finite value"):
        study().models("neutrophils")


def test_a_horizon_that_nobody_reaches_is_refused():
    with pytest.raises(EstimateError, match="before the horizon"):
        study(horizon=120).time_ignored()


# --- sheets and plots ------------------------------------------------------------------------


def test_sheets_and_plots_say_that_the_patients_are_real(real, models):
    sheets = (
        real.table_one(), real.reproduced_sheet(), real.parts_sheet(36), real.versions_sheet(),
        real.models_sheet(models), real.summary(),
    )  # fmt: skip
    for sheet in sheets:
        assert MARK in sheet._repr_html_()
    for plot in (real.risk_figure("a"), real.roc_figure("b"), real.calibration_figure(models, "c")):
        assert MARK in plot.svg
        assert MARK[1:] in plot.alt
        assert "simulated" not in plot.svg + plot.alt
        assert plot.data


def test_table_one_counts_everybody(real):
    text = repr(real.table_one()).splitlines()
    assert text[0] == "Variable | Recurrence (n = 143) | No recurrence (n = 84) | P | SMD | Missing"
    afp = next(line for line in text if line.startswith("Alpha-fetoprotein: class 2"))
    x, d = real.patients.values("afp") == 2, real.d == 1
    assert f"| {(x & d).sum()} ({100 * x[d].mean():.1f}) | {(x & ~d).sum()} (" in afp
    assert text[-1].startswith("Neutrophils")
    assert text[-1].endswith("| 78 / 48")
    assert len(text) == 1 + len(real.patients.description.columns)


def test_nobody_followed_stands_where_no_area_can(real):
    rows = [line.split(" | ") for line in repr(real.parts_sheet(36)).splitlines()]
    assert rows[-1][1] == "nobody followed"
    assert [int(n) for n in rows[1][1:]] == [101, 126, 227]


def test_the_risk_plot_ends_at_the_printed_rates(real):
    plot = real.risk_figure("a")
    ends = [row["Risk"] for row in plot.data if row["months"] == "60"]
    assert [f"{100 * float(r):.1f}" for r in ends] == ["53.1", "77.7"]
    starts = [row["At risk"] for row in plot.data if row["months"] == "0"]
    assert starts == [114, 113]


def test_the_same_seed_gives_the_same_numbers(real):
    again = study()
    assert again.cut() == real.cut()
    assert again.same_patients() == real.same_patients()
    assert study(seed=1).cut()["cut"] == real.cut()["cut"]


def test_what_the_prose_takes_for_granted_holds(real, models):
    """The sentences of the chapter that are words, not numbers."""
    time, out, cut = real.time_ignored(), real.lost_left_out(), real.cut()
    number = lambda text: float(re.match(r"[\d.]+", text)[0])  # noqa: E731
    assert number(time["share_all"]) < number(time["risk"]) < number(out["share_known"])
    assert number(time["area_part"]) > number(time["area_rest"])
    assert np.median(real.marker[real.in_part]) < np.median(real.marker[~real.in_part])
    assert cut["p_verdict"] == "stays far below"
    # one cut is meant: the largest Youden index, and the smallest P
    best = maximally_selected.maximum(*real._sides(real.marker))
    assert real.searches.found.cuts.tolist() == best.cuts.tolist()
    assert int(time["lost_in_part"]) > int(time["lost"]) / 2
    told = real.ratio()
    assert told["told_verdict"] == "more than everybody"
    assert float(re.search(r"\(([\d.]+)", told["risk_ratio_ci"])[1]) > 1
    assert float(re.search(r"\(([\d.]+)", time["per_doubling_part"])[1]) > 1
    model = real.model(models, 12)
    assert float(re.search(r"\(([\d.]+)", model["model_hazard"])[1]) > 1
    assert model["ph_verdict"] == "changes with time"
    assert float(model["model_area_fair"]) < float(model["model_area"])
    assert float(model["slope"]) < 1
    assert real.who()["part_followed"] == "nobody"


def test_the_chapter_finds_its_patients():
    here = chapter("real_patients")
    found = here.real("li2014", "peritumoral", 60, "neutrophils")
    assert found.mark == MARK
    with pytest.raises(Exception, match="no such file"):
        here.real("nobody2000", "peritumoral", 60, "neutrophils")
