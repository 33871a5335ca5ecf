"""The index against its parts: from printed areas, and in cohorts that print them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import optimize, stats

from analysis.cohort import load_cohort
from analysis.paper import load_paper
from analysis.show.added_value import AddedValue
from analysis.show.book import paper_file

KNOWN = ("size", "lesions", "thrombus", "invasion", "capsule", "afp")
FILE = paper_file()


@pytest.fixture(scope="module")
def found():
    return AddedValue(load_paper(FILE), KNOWN)


@pytest.fixture(scope="module")
def patients():
    return load_cohort(FILE.parent / "cohorts.parquet")


def changed(tmp_path: Path, patients, *swaps: tuple[str, str]) -> AddedValue:
    """The same with other words in the record."""
    text = FILE.read_text(encoding="utf-8")
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new)
    file = tmp_path / "paper.yaml"
    file.write_text(text, encoding="utf-8")
    return AddedValue(load_paper(file), KNOWN, patients)


def z(rival, r: float) -> float:
    a, b = (float(e.value) for e in rival.errors)
    return float(rival.value) / math.sqrt(a * a + b * b - 2 * r * a * b)


def delong(x1, x0, y1, y0) -> tuple[float, float, float]:
    """Difference, its error and the correlation of two areas, pair by pair."""

    def kernel(a, b):
        return (a[:, None] > b) + 0.5 * (a[:, None] == b)

    one, two = kernel(x1, x0), kernel(y1, y0)
    cases = np.cov(one.mean(axis=1), two.mean(axis=1)) / len(x1)
    controls = np.cov(one.mean(axis=0), two.mean(axis=0)) / len(x0)
    c = cases + controls
    error = math.sqrt(c[0, 0] + c[1, 1] - 2 * c[0, 1])
    return one.mean() - two.mean(), error, c[0, 1] / math.sqrt(c[0, 0] * c[1, 1])


def test_the_best_part_stands_first_and_lymphocytes_are_turned(found):
    assert [r.id for r in found.rivals] == ["lymphocytes", "neutrophils", "platelets"]
    assert [float(r.value) for r in found.rivals] == pytest.approx([0.073, 0.113, 0.163])
    assert found.rival("lymphocytes").shown == "0.722"


def test_the_needed_correlation_makes_z_just_the_quantile(found):
    quantile = stats.norm.ppf(0.975)
    for name in ("lymphocytes", "neutrophils"):
        rival = found.rival(name)
        root = optimize.brentq(lambda r, rival=rival: z(rival, r) - quantile, -1, 1)
        assert float(rival.needed) == pytest.approx(root, abs=1e-9)
        assert rival.lower(root) == pytest.approx(0, abs=1e-9)
    assert z(found.rival("platelets"), -1) > quantile


def test_no_rounding_needs_more_than_is_said(found):
    rng = np.random.default_rng(3)
    quantile = stats.norm.ppf(0.975)
    for rival in found.rivals:
        worst = float(rival.needed_at_most)
        box = [rival.difference, *(e.interval for e in rival.errors)]
        d, a, b = (rng.uniform(float(i.low), float(i.high), 20_000) for i in box)
        needed = (a**2 + b**2 - (d / quantile) ** 2) / (2 * a * b)
        assert needed.max() <= worst + 1e-12
        assert needed.max() > worst - 0.05  # the bound is not idle
        assert worst > float(rival.needed)


def test_verdicts_from_the_printed_areas(found):
    told = found.told()
    assert told["platelets_verdict"] == "always"
    assert told["neutrophils_verdict"] == "from −0.81 on"
    assert told["lymphocytes_verdict"] == "from 0.21 on"
    assert found.first
    assert told["first"] == "the largest"


def test_verdicts_flip_with_the_printed_numbers(tmp_path, patients):
    other = changed(
        tmp_path, patients, ('auc: "0.722"', 'auc: "0.795"'), ('auc: "0.682"', 'auc: "0.550"')
    )
    assert other.rival("lymphocytes").verdict == "never"
    assert other.rival("neutrophils").verdict == "always"
    assert not other.first
    assert other.told()["first"] == "not surely the largest"


def test_lines_by_hand(found):
    assert found.by_hand("lymphocytes").startswith("(0.795 − 0.722) / √(0.027² + 0.030²) = 1.81")
    assert found.worst_by_hand("platelets") == "(0.795 − 0.632) / (0.027 + 0.034) = 2.67"
    line = found.needed_by_hand("lymphocytes")
    assert line == (
        "(0.027² + 0.030² − (0.073 / 1.96)²) / (2 × 0.027 × 0.030) = 0.15; "
        "at most 0.21 with the roundings"
    )


def test_paired_tests_are_delongs(found, patients):
    for cohort in (0, 7):
        own = patients[patients["cohort"] == cohort]
        case = (own["group"] == "recurrence").to_numpy()
        index = own["sii"].to_numpy(float)
        row = found.estimates.iloc[cohort]
        nlr = (own["neutrophils"] / own["lymphocytes"]).to_numpy(float)
        plr = (own["platelets"] / own["lymphocytes"]).to_numpy(float)
        both = (own["platelets"] * own["neutrophils"]).to_numpy(float)
        others = {
            "lymphocytes": -own["lymphocytes"].to_numpy(float),
            "platelets": own["platelets"].to_numpy(float),
            "without.platelets": nlr, "without.neutrophils": plr, "without.lymphocytes": both,
        }  # fmt: skip
        for name, values in others.items():
            value, error, r = delong(index[case], index[~case], values[case], values[~case])
            assert row[f"{name}.difference"] == pytest.approx(value, abs=1e-12)
            assert row[f"{name}.p"] == pytest.approx(2 * stats.norm.sf(abs(value / error)))
            assert row[f"{name}.low"] == pytest.approx(value - 1.959964 * error, abs=1e-7)
            assert row[f"{name}.r"] == pytest.approx(r, abs=1e-10)


def test_models_beside_the_known_features_agree_with_statsmodels(found, patients):
    own = patients[patients["cohort"] == 5]
    y = (own["group"] == "recurrence").to_numpy(float)
    known = np.column_stack(
        [own["size"], own["lesions"] == "several", own["thrombus"] == "yes",
         own["invasion"] == "yes", own["capsule"] == "present", own["afp"]]
    ).astype(float)  # fmt: skip

    def model(*more):
        x = sm.add_constant(np.column_stack([known, *more]))
        return sm.GLM(y, x / x.max(axis=0), family=sm.families.Binomial()).fit()

    def area(fit):
        p = np.asarray(fit.fittedvalues)
        u = stats.mannwhitneyu(p[y == 1], p[y == 0]).statistic
        return u / ((y == 1).sum() * (y == 0).sum())

    index = own["sii"].to_numpy(float)
    parts = own[["platelets", "neutrophils", "lymphocytes"]].to_numpy(float)
    base, both, of_parts, whole = model(), model(index), model(parts), model(parts, index)
    row = found.estimates.iloc[5]
    assert row["known.area"] == pytest.approx(area(base), abs=1e-9)
    assert row["gain"] == pytest.approx(area(both) - area(base), abs=1e-9)
    assert row["gain_of_parts"] == pytest.approx(area(of_parts) - area(base), abs=1e-9)
    assert row["both.p"] == pytest.approx(stats.chi2.sf(base.deviance - both.deviance, 1), rel=1e-6)
    p = stats.chi2.sf(of_parts.deviance - whole.deviance, 1)
    assert row["over_parts.p"] == pytest.approx(p, rel=1e-6)


def test_what_the_chapter_says_of_the_cohorts(found):
    told = found.told()
    everyone = told["cohorts"]
    for name in ("platelets", "neutrophils", "lymphocytes"):
        assert told[f"{name}_significant"] == told[f"{name}_holds"] == everyone
        # the cohorts lie where the printed numbers make the difference significant
        assert found.estimates[f"{name}.r"].min() > float(found.rival(name).needed_at_most)
    # the neutrophils could be left out, the others not
    assert told["without_neutrophils_surely"] == "0"
    assert told["without_platelets_better"] == told["without_lymphocytes_better"] == everyone
    assert told["both_significant"] == everyone
    # the gain runs from useful to very large
    low, high = (float(t) for t in told["gain"].split(" to "))
    assert 0.1 < low < high - 0.1


def test_no_cohort_breaks_a_proof(found):
    for name in found.parts:
        proved = found._proved(name)
        assert all(v in proved for v in found.estimates[f"without.{name}.area"])


def test_features_counted_by_hand(found):
    hand = found.none_of("table1.lesions.several", "table1.thrombus", "table1.invasion")
    assert hand == "112 − (22 + 10 + 12) = 68"
    with pytest.raises(ValueError, match="cover every patient"):
        found.none_of("table1.capsule.present", "table1.thrombus")
    with pytest.raises(ValueError, match="is no count"):
        found.none_of("table1.age")


def test_sheets_and_plot_say_that_there_are_no_patients(found):
    for sheet in (found.sampled_sheet(), found.without_sheet(), found.known_sheet()):
        assert "simulated: no patients" in sheet._repr_html_()
    plot = found.limits_plot("limits")
    assert "simulated: no patients" in plot.alt
    assert "simulated: no patients" in plot.svg
    assert (
        "Against platelet count: from 0.043 at −1 to 0.149 at 1, above zero everywhere" in plot.alt
    )
    assert (
        "Against lymphocyte ratio: from −0.039 at −1 to 0.067 at 1, above zero from 0.15 on"
        in plot.alt
    )


def test_what_cannot_be_asked_is_refused(patients):
    paper = load_paper(FILE)
    with pytest.raises(ValueError, match="no treatment"):
        AddedValue(paper, ("treatment",), patients)
    with pytest.raises(ValueError, match="platelets is the index or a part"):
        AddedValue(paper, ("platelets",), patients)
    odd = patients[patients["cohort"] == 0].assign(capsule="same")
    with pytest.raises(ValueError, match="capsule has 1 levels"):
        _ = AddedValue(paper, ("capsule",), odd).estimates


def test_a_part_without_an_error_in_print_is_no_rival(tmp_path, patients):
    other = changed(tmp_path, patients, ('        se: "0.034"\n        p: "0.000"\n', ""))
    assert [r.id for r in other.rivals] == ["lymphocytes", "neutrophils"]
