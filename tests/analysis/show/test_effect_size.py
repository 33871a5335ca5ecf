"""The chapter on the size of the effect against statsmodels and arithmetic of its own."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from statsmodels.stats.contingency_tables import Table2x2
from statsmodels.stats.proportion import confint_proportions_2indep

from analysis.certify import StudyError
from analysis.paper import load_paper
from analysis.show.book import chapter, paper_file
from analysis.show.effect_size import EffectSize, hundreds, ratio_groups


@pytest.fixture(scope="module")
def found():
    return chapter("effect_size").effect_size("table4", "sii")


@pytest.fixture
def changed(tmp_path: Path):
    """The record with some of its text changed, beside no cohorts."""

    def load(change):
        record = yaml.safe_load(paper_file().read_text(encoding="utf-8"))
        tables = {t["id"]: t for t in record["tables"]}
        change({f"{t}.{r['id']}": r for t, table in tables.items() for r in table["rows"]})
        file = tmp_path / "paper.yaml"
        file.write_text(yaml.safe_dump(record, allow_unicode=True), encoding="utf-8")
        return load_paper(file)

    return load


def test_measures_are_those_of_statsmodels(found):
    table = Table2x2(np.array([[86, 52], [26, 108]]))
    for ours, theirs, limits in (
        (found.risk_ratio, table.riskratio, table.riskratio_confint()),
        (found.odds_ratio, table.oddsratio, table.oddsratio_confint()),
    ):
        assert (ours.value, ours.low, ours.high) == pytest.approx((theirs, *limits))
    limits = confint_proportions_2indep(86, 138, 26, 134, method="newcomb", compare="diff")
    assert (found.difference.low, found.difference.high) == pytest.approx(limits)
    assert found.difference.value == pytest.approx(86 / 138 - 26 / 134)


def test_lines_by_hand_are_true(found):
    for line, decimals in (
        (found.ratio_by_hand(), 2),
        (found.odds_by_hand(), 2),
        (found.converted_by_hand(), 2),
        (found.needed_by_hand(), 1),
    ):
        left, right = line.replace("−", "-").replace("×", "*").split(" = ")
        assert round(eval(left), decimals) == float(right)  # our own line


def test_a_printed_odds_ratio_is_converted_exactly_for_one_table(found):
    base = 26 / 134
    odds = 3.164 * base / (1 - base)
    assert found.converted.value == pytest.approx(odds / (1 + odds) / base)
    told = found.told()
    assert told["per_if_odds"] == f"{100 * odds / (1 + odds):.0f}"
    assert told["per_if_risk"] == f"{100 * 3.164 * base:.0f}"
    assert int(told["per_gap"]) == int(told["per_if_risk"]) - int(told["per_if_odds"])
    assert told["per_of_all"] == f"{100 * 3.164 * 112 / 272:.0f}"
    # the crude odds ratio converts to the crude risk ratio
    assert found._converted(found.odds_ratio.value) == pytest.approx(found.risk_ratio.value)


def test_words_say_which_ratio_is_nearer(found, changed):
    told = found.told()
    assert (told["nearer"], told["inside"], told["odds_inside"]) == (
        "risk ratio", "inside", "outside",
    )  # fmt: skip

    def as_odds(rows):
        rows["table4.sii"] |= {"b": "1.93", "ratio": "6.89", "ci": "4.0–11.9"}

    other = EffectSize(changed(as_odds), "table4", "sii").told()
    assert (other["nearer"], other["inside"], other["odds_inside"]) == (
        "odds ratio", "outside", "inside",
    )  # fmt: skip


def test_a_feature_that_protects_is_told_the_right_way_round(changed):
    def swap(rows):
        rows["table2.sii"] |= {"sensitivity": "0.232", "specificity": "0.325"}

    own = EffectSize(changed(swap), "table4", "sii")
    assert own.counts.numbers == (26, 134, 86, 138)
    assert own.risk_ratio.value < 1
    assert own.told()["needed"] == "2.3 fewer"
    assert own.told()["needed_range"] == "1.9 to 3.2"


def test_no_difference_has_no_finite_number(changed):
    def level(rows):
        rows["table2.sii"] |= {"sensitivity": "0.500", "specificity": "0.500"}

    told = EffectSize(changed(level), "table4", "sii").told()
    assert told["needed"] == "∞"
    assert "∞" in told["needed_range"]


def test_if_others_are_a_sample_only_the_odds_ratio_stays(found):
    lines = [line.split(" | ") for line in found.sampling_sheet().text.splitlines()[1:]]
    assert len({line[4] for line in lines}) == 1
    ratios = [float(line[3]) for line in lines]
    assert ratios == sorted(ratios)
    # the rarer the event, the nearer the risk ratio comes to the odds ratio
    assert ratios[-1] < float(lines[0][4]) < 1.2 * ratios[-1]
    assert float(lines[1][3]) == pytest.approx((86 / 190) / (26 / 242), abs=0.005)


def test_the_baseline_sheet_names_what_is_no_risk(found):
    text = found.baseline_sheet().text
    for line in text.splitlines()[1:]:
        base, odds, ratio, risk = line.split(" | ")
        p = float(base.split()[0]) / 100 if "counted" not in base else 26 / 134
        assert float(odds) == pytest.approx(100 * p * 3.164 / (1 - p + p * 3.164), abs=0.5)
        assert float(ratio) == pytest.approx(3.164 / (1 - p + p * 3.164), abs=0.005)
        assert ("no risk" in risk) == (3.164 * p > 1)


def test_every_feature_is_there_and_unknown_counts_say_so(found):
    text = found.features_sheet().text
    assert "22/35 and 90/237" in text
    assert "12/19 and 100/253" in text
    assert re.search(r"Albumin under 35 g/L \| 1.440 \(0.801 to 2.588\) \| not printed", text)


def test_cohorts_keep_to_the_ceiling_and_to_their_own_counts(found):
    own = found.cohorts
    assert (own["converted"] >= own["averaged"]).all()
    assert found.sampled()["ceiling_held"] == f"{len(own)}"
    assert (own["odds"] > own["converted"]).all()
    # of a Poisson fit with more features: never under the floor of the crude table
    assert (own["error"] > math.sqrt(1 / 86 + 1 / 26) - 1e-9).all()
    assert (own["risk.sii"] == own["risk"]).all()
    assert (own["odds.sii"] == own["odds"]).all()
    low, high = (float(x) for x in found.sampled()["risk_sampled"].split(" to "))
    assert own["risk"].min() <= low <= high <= own["risk"].max()


def test_features_out_of_reach_are_named(found):
    told, own = found.sampled(), found.cohorts
    for link in ("risk", "odds"):
        for row in found.table.rows:
            v = own[f"{link}.{row.id}"]
            out = not v.min() - 5e-4 <= float(row.ratio) <= v.max() + 5e-4
            assert out == (row.label.lower() in told[f"missed_{link}"].lower())


def test_the_reading_that_is_left_has_the_risks_of_its_coefficients(found):
    b, constant = (0.829, 0.935, 0.365, 1.152), -5.310
    none = math.exp(constant + sum(b))
    assert found.fitted == pytest.approx((none, none * math.exp(1.152), none * math.exp(sum(b))))


def test_without_stored_proofs_no_reading_is_told(changed):
    with pytest.raises(StudyError, match="there is no such file"):
        EffectSize(changed(lambda rows: None), "table4", "sii").model()


def test_what_cannot_be_shown_is_refused(changed):
    paper = chapter("effect_size").paper
    with pytest.raises(ValueError, match="no row"):
        EffectSize(paper, "table4", "age")
    with pytest.raises(ValueError, match="not exact"):
        EffectSize(paper, "table4", "albumin")
    with pytest.raises(ValueError, match="prints no ratio"):
        EffectSize(changed(lambda rows: rows["table4.lesions"].pop("ci")), "table4", "lesions")
    with pytest.raises(ValueError, match="one of them is zero"):
        EffectSize(
            changed(lambda rows: rows["table2.sii"].update(sensitivity="1.000")), "table4", "sii"
        )


def test_plots_say_what_they_draw(found):
    plot = found.ratios_plot("r")
    assert "Risk ratios, from the counts: 3.21 (2.22 to 4.64)." in plot.alt
    assert "Odds ratios, printed, if the model was logistic: 3.164 (1.878 to 5.329)." in plot.alt
    assert "simulated: no patients" in plot.svg
    people = found.hundred_plot("h", "Above", "Not above")
    assert "Not above, counted: 19 of 100. Above, counted: 62 of 100." in people.alt
    # one mark a patient, and two in the legend
    assert people.svg.count("<use ") == 4 * 100 + 2
    assert found.hundred_plot("h", "Above", "Not above").svg == people.svg


def test_a_share_outside_zero_and_one_is_not_drawn():
    with pytest.raises(ValueError, match="no share"):
        hundreds([("too many", 1.3)], key="h", title="t", event="E")


def test_ratios_below_one_are_drawn_on_the_scale():
    from analysis.estimate.effect import Estimate

    rows = [("Risk ratios", [("low", "computed", Estimate(0.4, 0.15, 1.2), None)])]
    plot = ratio_groups(rows, key="k", title="t")
    assert ">0.1<" in plot.svg
    assert "low: 0.40 (0.15 to 1.20)" in plot.alt
