"""Patients left out, losses at stated rates, paces with one table of counts."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from lifelines import KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time

from analysis.estimate import survival
from analysis.paper import load_paper
from analysis.show.book import paper_file
from analysis.show.follow_up import Counts, FollowUp, event_rate, mean_time

MARKER, TIMELINE = "table2.sii", "methods.follow_up_before_submission"
Z = 1.959963984540054
RATES = [(0, 0), (0.02, 0.02), (0.05, 0.05), (0.1, 0.1), (0.1, 0), (0, 0.1), (0.03, 0.08)]
STORIES = {"same": (1, 1), "early": (0.5, 2), "late": (2, 0.5)}


@pytest.fixture(scope="module")
def found():
    return FollowUp(load_paper(paper_file()), MARKER, TIMELINE)


def changed(tmp_path: Path, *swaps: tuple[str, str]) -> Path:
    text = paper_file().read_text(encoding="utf-8")
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "paper.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "paper.yaml"


def wilson(count: int, n: int) -> tuple[float, float]:
    p = count / n
    middle, half = p + Z**2 / (2 * n), Z * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    return (middle - half) / (1 + Z**2 / n), (middle + half) / (1 + Z**2 / n)


def test_counts_behind_the_marker(found):
    assert found.counts == Counts(86, 52, 26, 108)
    assert (found.counts.events, found.counts.free, found.counts.patients) == (112, 160, 272)
    # the lymphocytes speak for the other state: above their cut are those without
    other = FollowUp(load_paper(paper_file()), "table3.lymphocytes", TIMELINE).counts
    assert other == Counts(44, 107, 68, 53)


def test_dates(found):
    day = (date(2023, 1, 5) - date(2021, 1, 31)).days, (date(2023, 1, 5) - date(2021, 1, 1)).days
    low, high = (int(t) for t in found.longest("methods.first_admission").split(" to "))
    assert low <= day[0] / 30.4375 < low + 1
    assert high - 1 < day[1] / 30.4375 <= high
    assert found.late("methods.first_admission", 0)[0] == "0"
    # October 7 to December 31, 2017: a fifth visit three months later comes after the submission
    count, line = found.late("methods.first_admission", 3)
    assert abs(int(count) - 272 * 86 / 731) < 1
    assert line.startswith("272 × ")
    assert int(found.late("methods.first_admission", 600)[0]) == 272


def test_dates_flip_with_the_record(tmp_path):
    file = changed(tmp_path, ('printed: "Jan 05, 2023"', 'printed: "Jun 05, 2022"'),
                   ('printed: "Apr 14, 2023"', 'printed: "Jul 14, 2022"'))  # fmt: skip
    early = FollowUp(load_paper(file), MARKER, TIMELINE)
    assert int(early.late("methods.first_admission", 0)[0]) > 50


def test_tipping_points_are_the_smallest_numbers_that_do(found):
    low, high = wilson(112, 272)
    tip = found.tip("Share with the event", "all had")
    assert (112 + tip.patients) / (272 + tip.patients) > high
    assert (112 + tip.patients - 1) / (272 + tip.patients - 1) <= high
    tip = found.tip("Share with the event", "none")
    assert 112 / (272 + tip.patients) < low <= 112 / (272 + tip.patients - 1)
    tip = found.tip("Sensitivity", "all had it, below")
    assert 86 / (112 + tip.patients) < wilson(86, 112)[0] <= 86 / (112 + tip.patients - 1)
    tip = found.tip("Specificity", "none had it, above")
    assert 108 / (160 + tip.patients) < wilson(108, 160)[0] <= 108 / (160 + tip.patients - 1)
    # as the chapter says
    others = [t.patients for t in found.tips if t.what != "Sensitivity"]
    assert found.tip("Sensitivity", "all had it, below").patients < min(others)


def test_the_odds_ratio_tips_where_the_worst_split_first_reaches_one(found):
    def worst(lost: int) -> float:
        limits = []
        for x in range(lost + 1):
            a, b, c, d = 86, 52 + lost - x, 26 + x, 108
            se = math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
            limits.append(math.log(a * d / (b * c)) - Z * se)
        return min(limits)

    tip = found.tip("Odds ratio", "each")
    assert worst(tip.patients) <= 0 < worst(tip.patients - 1)
    assert tip.by_hand.startswith("86 × 108 / ((26 + ")
    assert found.share_of(tip.patients) == "29%"


def test_how_many_reach_the_expected_share(found):
    n, line = found.all_had_it("methods.assumed_rate")
    n = int(n)
    assert (112 + n) / (272 + n) >= 0.5 > (112 + n - 1) / (272 + n - 1)
    assert line == "(112 + 48) / (272 + 48) = 50%"


def test_a_share_that_is_reached_already_is_refused(tmp_path):
    file = changed(tmp_path, ('printed: "50%"', 'printed: "40%"'))
    with pytest.raises(ValueError, match="reached already"):
        FollowUp(load_paper(file), MARKER, TIMELINE).all_had_it("methods.assumed_rate")


def test_extremes_enclose_every_fate_of_those_left_out(found):
    row = found.extremes_sheet(0.1).text.splitlines()[1].split(" | ")
    share, sensitivity, specificity = (tuple(map(float, t.split(" to "))) for t in row[1:])
    assert row[0].startswith("27 (10%")
    reached = [set(), set(), set()]
    for above in range(28):
        for ill_above in (0, above):
            for ill_below in (0, 27 - above):
                a, c = 86 + ill_above, 26 + ill_below
                b, d = 52 + above - ill_above, 108 + 27 - above - ill_below
                values = ((a + c) / 299, a / (a + c), d / (b + d))
                for ends, value, seen in zip(
                    (share, sensitivity, specificity), values, reached, strict=True
                ):
                    assert ends[0] - 5e-4 <= value <= ends[1] + 5e-4
                    seen.add(value)
    for ends, seen in zip((share, sensitivity, specificity), reached, strict=True):
        assert (min(seen), max(seen)) == pytest.approx(ends, abs=5e-4)


@pytest.mark.parametrize("rates", RATES)
def test_those_left_have_the_printed_counts_and_all_have_the_true_risk(found, rates):
    p = found.losing(*rates)
    h = found.horizon
    known = p.event | (p.time >= h)
    assert [int((known & p.event & p.above).sum()), int((known & ~p.event & p.above).sum())] == [
        86,
        52,
    ]
    assert [int((known & p.event & ~p.above).sum()), int((known & ~p.event & ~p.above).sum())] == [
        26,
        108,
    ]
    # the truth in closed form: nobody's times are needed
    risks, sizes = [], []
    for side, (events, free) in zip((p.above, ~p.above), ((86, 52), (26, 108)), strict=True):
        n = int(side.sum())
        lost = n - events - free
        risks.append(1 - (free / n) ** (events / (events + lost)))
        sizes.append(n)
    loss = found.loss(*rates)
    hits, missed = (r * n for r, n in zip(risks, sizes, strict=True))
    assert loss.lost == sum(sizes) - 272
    assert loss.share == pytest.approx(112 / 272)
    assert loss.risk == pytest.approx((hits + missed) / sum(sizes), abs=2e-3)
    assert loss.true.sensitivity == pytest.approx(hits / (hits + missed), abs=2e-3)
    correct = sizes[1] - missed
    assert loss.true.specificity == pytest.approx(correct / (sum(sizes) - hits - missed), abs=2e-3)


def test_the_curve_is_that_of_lifelines(found):
    p = found.losing(0.05, 0.1)
    fit = KaplanMeierFitter().fit(p.time[p.above], p.event[p.above])
    ours = survival.rule_at(p.time, p.event, p.above, found.horizon).positive.risk
    assert ours == pytest.approx(1 - float(fit.predict(found.horizon)), abs=1e-12)


def test_patients_drawn_at_these_rates_bear_the_example_out(found):
    """The same rates with chance: what is left looks like the printed counts."""
    rng, n, loss = np.random.default_rng(11), 400_000, 0.1
    for events, free in found.counts.sides:
        rate = event_rate(events, free, loss, 5.0)
        time, leave = rng.exponential(1 / rate, n), rng.exponential(1 / loss, n)
        seen = (time <= 5) & (time <= leave)
        stayed = (time > 5) & (leave > 5)
        assert seen.sum() / (seen.sum() + stayed.sum()) == pytest.approx(
            events / (events + free), abs=4e-3
        )
        assert (time <= 5).mean() < events / (events + free) - 0.02


def test_without_losses_the_rate_is_that_of_the_share():
    assert event_rate(86, 52, 0, 5) == pytest.approx(math.log(138 / 52) / 5)
    with pytest.raises(ValueError, match="zero or more"):
        event_rate(86, 52, -0.1, 5)


def test_even_losses_move_the_share_and_uneven_ones_the_accuracy(found):
    even, low, high = found.loss(0.05, 0.05), found.loss(0, 0.1), found.loss(0.1, 0)
    assert even.share - even.risk > 0.03
    assert abs(even.true.sensitivity - even.shown.sensitivity) < 0.005
    assert abs(even.true.specificity - even.shown.specificity) < 0.005
    assert low.true.sensitivity < low.shown.sensitivity - 0.04
    assert high.true.sensitivity > high.shown.sensitivity + 0.03
    # weights that take one rate of loss for all miss it
    assert low.one_curve.sensitivity - low.true.sensitivity > 0.03
    told = found.told_loss("low", 0, 0.1)
    assert told["low_below"] == "10%"
    assert told["low_above"] == "0%"
    assert told["low_sensitivity"] == f"{low.true.sensitivity:.3f}"


def test_the_line_by_hand_is_the_closed_form(found):
    line = found.losing_by_hand(0.05)
    assert line.startswith("1 − (52 / 162)^(86 / (86 + 24)) = 0.589")
    risk = 1 - (52 / 162) ** (86 / 110)
    assert risk == pytest.approx(0.589, abs=5e-4)
    assert line.endswith("86 / 138 = 0.623")


@pytest.mark.parametrize("shapes", STORIES.values(), ids=STORIES)
def test_every_pace_ends_in_the_same_counts(found, shapes):
    p = found.pacing(*shapes)
    assert len(p.time) == 272
    assert int(p.event.sum()) == 112
    assert int((p.event & p.above).sum()) == 86
    assert (p.time[p.event] <= 5).all()
    pace = found.pace(*shapes)
    ends = [float(1 - c.survival_at(5)) for c in pace.curves]
    assert ends == pytest.approx([86 / 138, 26 / 134])
    # Weibull curves through the printed share
    for curve, share, shape in zip(pace.curves, (52 / 138, 108 / 134), shapes, strict=True):
        for t in (0.7, 2.5, 4.0):
            assert float(curve.survival_at(t)) == pytest.approx(
                share ** ((t / 5) ** shape), abs=5e-3
            )


def test_paces_differ_as_the_chapter_says(found):
    told = found.told_pace(STORIES)
    assert float(told["most_years"]) > 2 * float(told["least_years"])
    crossing = 5 * (math.log(134 / 108) / math.log(138 / 52)) ** (1 / 1.5)
    assert float(told["better_until"]) == pytest.approx(crossing, abs=0.1)
    assert found.pace(1, 1).leads == 0
    assert told["half_time"] == "2.5"


def test_mean_time_is_that_of_lifelines(found):
    p = found.pacing(0.5, 2)
    t, d = p.time[p.above], p.event[p.above]
    theirs = restricted_mean_survival_time(KaplanMeierFitter().fit(t, d), t=5)
    assert mean_time(survival.kaplan_meier(t, d), 5.0) == pytest.approx(float(theirs), abs=1e-9)
    with pytest.raises(ValueError, match="before the horizon"):
        mean_time(survival.kaplan_meier(t, d), 6.0)


def test_the_hazard_ratio_of_the_counts_is_that_of_cox_whatever_the_pace(found):
    assert found.ratio_by_hand() == "ln(138 / 52) / ln(134 / 108) = 4.52"
    for shape in (0.5, 1, 2):
        p = found.pacing(shape, shape)
        ratio = survival.cox(p.time, p.event, p.above.astype(float)).ratios[0]
        assert ratio == pytest.approx(found.proportional_ratio, rel=0.03)


def test_sheets_and_plots_of_made_up_patients_say_so(found):
    for shown in (found.losing_sheet(*RATES), found.pacing_sheet(STORIES)):
        assert "simulated: no patients" in shown._repr_html_()
    plot = found.pacing_plot("pace", STORIES)
    assert plot.svg.count("simulated: no patients") >= 3
    assert "above the cut 1.00 at the start, 0.83 at 1" in plot.alt
    # what needs no simulated patient does not say so
    assert "simulated" not in found.tips_sheet().text
    assert "from 0.412 at 0 to 0.301 at 100" in found.share_plot("share", 100).alt


def test_what_is_missing_is_said(tmp_path):
    paper = load_paper(paper_file())
    with pytest.raises(ValueError, match="is no marker"):
        FollowUp(paper, "table2.nobody", TIMELINE)
    with pytest.raises(ValueError, match="is no timeline"):
        FollowUp(paper, MARKER, "methods.dates_in_order")
    file = changed(tmp_path, ('specificity: "0.675"', 'specificity: "0.68"'))
    with pytest.raises(ValueError, match="is not one count"):
        FollowUp(load_paper(file), MARKER, TIMELINE)
