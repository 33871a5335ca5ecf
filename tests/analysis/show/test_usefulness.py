"""The chapter on usefulness against patients counted one by one, and statsmodels."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from statsmodels.stats.proportion import proportion_confint

from analysis.estimate import usefulness as estimate
from analysis.paper import load_paper
from analysis.show.book import chapter, paper_file
from analysis.show.usefulness import Usefulness, rates, treatment

STATE = np.repeat([1, 1, 0, 0], [86, 26, 52, 108])
POSITIVE = np.repeat([1, 0, 1, 0], [86, 26, 52, 108])


@pytest.fixture(scope="module")
def rule():
    return chapter("usefulness").usefulness("table2.sii")


@pytest.fixture
def with_pair(tmp_path: Path):
    """The rule on a record with another sensitivity and specificity."""

    def load(sensitivity, specificity):
        record = yaml.safe_load(paper_file().read_text(encoding="utf-8"))
        table = next(t for t in record["tables"] if t["id"] == "table2")
        table["rows"][0] |= {"sensitivity": sensitivity, "specificity": specificity}
        file = tmp_path / "paper.yaml"
        file.write_text(yaml.safe_dump(record, allow_unicode=True), encoding="utf-8")
        return Usefulness(load_paper(file), "table2.sii")

    return load


def brute(threshold: float, treated: np.ndarray) -> float:
    """Net benefit, patient by patient."""
    worth = np.where(STATE == 1, 1.0, -threshold / (1 - threshold))
    return float((worth * treated).mean())


def test_counts_are_those_of_the_printed_shares(rule):
    c = rule.counts
    assert (c.true_positive, c.false_negative, c.false_positive, c.true_negative) == (
        86, 26, 52, 108,
    )  # fmt: skip


def test_predictive_values_and_limits(rule):
    now = rule.here
    for found, n, of in ((now.positive, 86, 138), (now.negative, 108, 134)):
        low, high = proportion_confint(n, of, method="wilson")
        assert (found.value, found.low, found.high) == pytest.approx((n / of, low, high))
    told = rule.told()
    assert (told["ppv"], told["npv"]) == ("62%", "81%")
    assert (told["per_positive"], told["per_negative"]) == ("62", "19")


def test_at_another_rate_it_is_bayes(rule):
    for rate in (0.05, 0.2, 0.5):
        found = rule.at(rate)
        positive = rate * 86 / 112 + (1 - rate) * 52 / 160
        assert found.positive.value == pytest.approx(rate * 86 / 112 / positive)
        assert found.negative.value == pytest.approx((1 - rate) * 108 / 160 / (1 - positive))
    hand = rule.elsewhere_by_hand(0.2)
    right, wrong, value = re.search(r"; (\d+) / \(\d+ \+ (\d+)\) = (\d+)%", hand).groups()
    assert (int(right), int(wrong)) == (round(200 * 86 / 112), round(800 * 52 / 160))
    assert int(value) == round(100 * int(right) / (int(right) + int(wrong)))


def test_net_benefit_patient_by_patient(rule):
    for line in rule.thresholds_sheet([0.1, 0.25, 0.4, 0.6]).text.splitlines()[1:]:
        cells = [c.replace("−", "-") for c in line.split(" | ")]
        t = float(cells[0].rstrip("%")) / 100
        own, everybody = brute(t, POSITIVE), brute(t, np.ones(272))
        assert float(cells[1]) == pytest.approx(own, abs=5e-4)
        assert float(cells[2]) == pytest.approx(everybody, abs=5e-4)
        gain = own - max(everybody, 0)
        assert float(cells[3].split()[0]) == pytest.approx(gain, abs=5e-4)
        assert cells[4] == ("–" if gain <= 0 else f"{int(np.ceil(1 / gain))}")


def test_limits_of_the_gain_are_those_of_a_bootstrap(rule):
    rng = np.random.default_rng(5)
    drawn = rng.integers(0, 272, (4000, 272))
    for t in (0.25, 0.5):
        w = t / (1 - t)
        other = np.ones(272) if brute(t, np.ones(272)) > 0 else np.zeros(272)
        worth = np.where(STATE == 1, 1.0, -w) * (POSITIVE - other)
        low, high = np.quantile(worth[drawn].mean(axis=1), [0.025, 0.975])
        gain = rule.gain(t)
        assert (gain.low, gain.high) == pytest.approx((low, high), abs=0.006)


def test_the_useful_range_is_where_the_rule_beats_both(rule):
    ends = rule.useful.low.value, rule.useful.high.value
    assert ends == pytest.approx((26 / 134, 86 / 138))
    for t in np.linspace(0.01, 0.95, 95):
        best = brute(t, POSITIVE) > max(brute(t, np.ones(272)), 0) + 1e-12
        assert best == (ends[0] < t < ends[1])


def test_lines_by_hand_are_true(rule):
    lines = [*rule.values_by_hand(), *(x.split(" ", 1)[1] for x in rule.range_by_hand())]
    lines += [treatment(0.05, 0.25)["treatment_hand"]]
    for line in lines:
        left, right = line.split(" = ")
        assert f"{100 * eval(left):.0f}%" == right  # our own line
    for line in (rule.benefit_by_hand(0.25), rule.all_by_hand(0.25)):
        left, right = line.replace("−", "-").replace("×", "*").split(" = ")
        assert round(eval(left), 3) == float(right)


@pytest.mark.parametrize(
    ("threshold", "best"),
    [(0.1, "treating everybody"), (0.25, "the rule"), (0.7, "treating nobody")],
)
def test_the_best_choice_changes_with_the_threshold(rule, threshold, best):
    assert rule.told_benefit(threshold)["best"] == best


def test_a_rule_that_tells_nothing_is_never_useful(with_pair):
    coin = with_pair("0.500", "0.500")
    assert not coin.useful.exists
    assert coin.told()["sure"] == "nowhere"
    assert "In no range of thresholds does the rule beat both." in coin.decision_plot("d").alt
    assert coin.gain(0.3).value < 0


def test_the_corrected_pair_is_worse_at_every_shown_threshold(rule):
    printed = rule.counts.sensitivity + rule.counts.specificity
    for pairs in rule.outside.values():
        assert all(0.9 * printed < p.sensitivity + p.specificity < printed for p in pairs)
        for t in (0.3, 0.4, 0.5):
            gains = [rule._gain_of(p, t) for p in pairs]
            assert all(0 < g < rule.gain(t).value for g in gains)
    told = rule.told_corrected()
    low = [1 - rule._values(g)[1] for pairs in rule.outside.values() for g in pairs]
    ends = [float(x.rstrip("%")) / 100 for x in told["corrected_low"].split(" to ")]
    assert min(low) <= ends[0] < min(low) + 0.01
    assert max(low) - 0.01 < ends[1] <= max(low)
    assert told["youden_cohorts"] == f"{len(rule.outside['youden'])}"
    assert "simulated: no patients" in rule.corrected_sheet([0.3])._repr_html_()


def test_the_gain_of_a_pair_is_net_benefit(rule):
    from analysis.estimate.cutoff import Gain

    c = rule.counts
    pair = Gain(c.sensitivity + c.specificity - 1, c.sensitivity, c.specificity)
    for t in (0.1, 0.3, 0.6):
        found = estimate.net_benefit(c, [t])
        assert rule._gain_of(pair, t) == pytest.approx(float(found.over_best_default[0]))


def test_sheets_hold_these_patients_among_the_rates(rule):
    text = rule.rates_sheet(rates({"b": "50%", "a": "20%"})).text.splitlines()[1:]
    assert [line.split(" | ")[0] for line in text] == ["20%, a", "41%, these patients", "50%, b"]
    assert text[1].endswith("19% to 62%")
    assert "62% (54% to 70%)" in text[1]


def test_plots_say_what_they_draw(rule):
    plot = rule.decision_plot("d")
    assert "The rule is best between thresholds of 19% and 62%" in plot.alt
    assert plot.svg == rule.decision_plot("d").svg
    at_30 = next(r for r in plot.data if "30%" in r.values())
    assert at_30["The rule"].startswith(f"{brute(0.3, POSITIVE):.3f} (")
    values = rule.values_plot("v", [(0.2, "elsewhere")])
    assert "At 20%, 37% of the positive have the event and 92% of the negative do not." in (
        values.alt
    )
    assert "At 41%, 62% of the positive" in values.alt


def test_what_cannot_be_shown_is_refused(with_pair):
    paper = chapter("usefulness").paper
    with pytest.raises(ValueError, match="no row of a ROC table"):
        Usefulness(paper, "table2.age")
    with pytest.raises(ValueError, match="without the event"):
        Usefulness(paper, "table3.albumin")
    with pytest.raises(ValueError, match="counts print like 0"):
        with_pair("0.8", "0.675")
    with pytest.raises(ValueError, match="prevent more than it harms"):
        treatment(0.3, 0.25)
    with pytest.raises(ValueError, match="between zero and one"):
        rates({"nobody": "0%"})


def test_a_search_that_finds_another_cut_is_refused(with_pair):
    from analysis.cohort import load_cohort

    patients = load_cohort(paper_file().parent / "cohorts.parquet")
    other = with_pair("0.500", "0.675")
    with pytest.raises(ValueError, match="in no cohort"):
        _ = Usefulness(other.paper, "table2.sii", patients).outside
