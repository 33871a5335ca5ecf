"""What the chapter of unprinted quantities shows, and that no cohort breaks a proof."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.show.book import chapter
from analysis.show.unreported import factors


@pytest.fixture(scope="module")
def found():
    return chapter("unreported").unreported("neutrophils", "lymphocytes")


def test_no_cohort_breaks_a_bound(found):
    proved = [q for q in (*found.quantities, *found.correlations) if q.proved is not None]
    assert len(proved) == 5
    for q in proved:
        low, high = float(q.proved.low) - 1e-9, float(q.proved.high) + 1e-9
        assert low <= min(q.values), q.key
        assert max(q.values) <= high, q.key
    assert all(v in found.index_area for v in found.estimates["area_index"])


def test_the_counts_are_those_of_the_cut_and_give_the_crude_ratio_of_every_cohort(found):
    assert found.counts == (86, 26, 52, 108)
    assert found.estimates["crude"].to_numpy() == pytest.approx(86 * 108 / (26 * 52), rel=1e-8)


def test_the_printed_areas_speak_for_the_event(found):
    assert float(found.area("lymphocytes", False).low) == pytest.approx(0.7215)
    assert float(found.area("lymphocytes").high) == pytest.approx(0.2785)
    assert float(found.area("neutrophils").low) == pytest.approx(0.6815)
    assert float(found.ratio_area.low) == pytest.approx(0.403)


def test_the_index_prints_its_area_in_every_cohort(found):
    printed = found.paper.number("table2.sii.auc")
    assert all(printed.shows(float(v)) for v in found.estimates["area_index"])


def test_features_have_the_counts_of_the_tables(found):
    rows = {row.id: row for row in found._regression.rows}
    own = found.cohorts[0]
    assert found._feature(rows["lesions"], own).sum() == 35
    assert found._feature(rows["invasion"], own).sum() == 19
    assert found._feature(rows["sii"], own).sum() == 138
    assert found._feature(rows["albumin"], own).sum() == (own["albumin"] < 35).sum()


def test_a_model_of_the_index_is_calibrated_in_the_large(found):
    assert np.abs(found.estimates["large"]).max() < 1e-9
    assert found.told()["in_the_large"] == "the same"


def test_sheets_and_plots_say_that_there_are_no_patients(found):
    for shown in (found.summary(), found.correlation_sheet()):
        assert "simulated: no patients" in shown._repr_html_()
    for plot in (found.areas_plot("a"), found.correlations_plot("b")):
        assert "simulated: no patients" in plot.alt
        assert "simulated: no patients" in plot.svg


def test_ranges_are_rounded_inward_and_proofs_outward(found):
    q = next(q for q in found.quantities if q.key == "area_ratio")
    low, high = (float(t) for t in q.sampled.split(" to "))
    assert min(q.values) <= low <= high <= max(q.values)
    assert q.proof == "at least 0.403"
    q = next(q for q in found.quantities if q.key == "ratio_loss")
    low, high = (float(t.replace("−", "-")) for t in q.proof.split(" to "))
    assert low <= float(q.proved.low)
    assert high >= float(q.proved.high)
    proofs = {q.proof for q in found.correlations}
    assert proofs == {"nothing", "at most −0.12", "at most 0.16"}


def test_lines_by_hand(found):
    assert found.ratio_by_hand().startswith("0.682 + 0.722 − 1 = 0.404")
    assert found.crude_by_hand() == "86 × 108 / (26 × 52) = 6.87"
    assert found.link_by_hand("recurrence").startswith("(39.52 × 0.08 + (179.22 × 0.70 − ")


def test_factors_of_a_formula():
    assert factors("a * b / c") == (["a", "b"], ["c"])
    assert factors("a / (b / c)") == (["a", "c"], ["b"])
    for wrong in ("a + b", "a * 2", "a * b / a"):
        with pytest.raises(ValueError, match="a"):
            factors(wrong)


def test_a_ratio_of_no_parts_is_refused():
    with pytest.raises(ValueError, match="albumin is no part"):
        chapter("unreported").unreported("albumin", "lymphocytes")
