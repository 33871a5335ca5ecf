"""What the chapter on sample size shows, against formulas worked out here and a record changed."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from analysis.cohort import load_cohort
from analysis.estimate import logistic
from analysis.paper import load_paper
from analysis.printed import parse_p
from analysis.show.book import chapter, paper_file
from analysis.show.sample_size import SampleSize, differs
from tests.analysis.show.pages import ids, read

WISH, MOST = "methods.events_per_variable", "methods.planned_variables.high"


@pytest.fixture(scope="module")
def found():
    return chapter("sample_size").sample_size("table2.sii", wish=WISH, most=MOST)


def changed(tmp_path: Path, old: str, new: str, marker: str = "table2.sii") -> SampleSize:
    text = paper_file().read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "paper.yaml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return SampleSize(load_paper(file), marker, WISH, MOST)


def rows_of(html: str) -> list[list[str]]:
    return [
        [cell.text.strip() for cell in row.children if not isinstance(cell, str)]
        for body in read(html).all("tbody")
        for row in body.all("tr")
    ]


def test_candidates_are_the_rows_of_the_record(found):
    record = yaml.safe_load(paper_file().read_text(encoding="utf-8"))
    tables = {table["id"]: table for table in record["tables"]}
    rows = tables["table1"]["rows"]
    assert len(found.compared) == len(rows)
    parameters = sum(len(row.get("levels", [1, 2])) - 1 for row in rows)
    small = [r for r in rows if r["p"].startswith("<") or float(r["p"]) < 0.05]
    cuts = sum(len(tables[name]["rows"]) for name in ("table2", "table3"))
    counted = {key: way.parameters for key, way in found.counted.items()}
    assert counted == {
        "final": len(tables["table4"]["rows"]), "different": len(small), "planned": 10,
        "all": parameters, "cuts": parameters + cuts,
    }  # fmt: skip
    assert list(counted.values()) == sorted(counted.values())


def test_shrinkage_solves_its_equation(found):
    share = 112 / 272
    largest = 1 - (share**share * (1 - share) ** (1 - share)) ** 2
    for r2 in (found.from_auc, 0.15 * largest):
        for p in (4, 10, 16, 21):
            s = float(found.shrinkage(p, r2))
            assert abs(p / ((s - 1) * math.log(1 - r2 / s)) - 272) < 272 * 0.06  # two decimals
    assert found.unknown == pytest.approx(0.15 * largest)


def test_criteria_by_formula(found):
    told, share, r2 = found.told(), 112 / 272, found.from_auc
    little = math.ceil(16 / ((0.9 - 1) * math.log(1 - r2 / 0.9)))
    error = math.exp(
        (-0.508 + 0.259 * math.log(share) + 0.504 * math.log(16) - math.log(0.05)) / 0.544
    )
    overall = math.ceil((1.959964 / 0.05) ** 2 * share * (1 - share))
    assert told["all.little"] == str(little)
    assert told["all.needed"] == str(max(little, math.ceil(error), overall))
    assert told["overall"] == str(overall)
    assert told["all.rule"] == str(math.ceil(16 * 10 / share))
    assert told["margin"] == f"{196 * math.sqrt(share * (1 - share) / 272):.1f}"
    assert (told["planned.events"], told["final.events"]) == ("112 / 10 = 11.2", "112 / 4 = 28.0")


def test_the_sentences_on_what_is_met(found):
    told = found.told()
    assert [told[f"{way}.met"] for way in ("final", "planned", "all")] == [
        "3 of 3", "1 of 3", "0 of 3",
    ]  # fmt: skip
    assert (
        found.by_rule(found.most) <= found.patients < found.by_rule(int(told["carried_rule"]) + 1)
    )
    assert found.criteria(int(told["carried"]), found.from_auc).shrinkage <= found.patients
    assert found.criteria(int(told["carried"]) + 1, found.from_auc).shrinkage > found.patients


def test_the_line_by_hand_can_be_checked_from_its_own_digits(found):
    line = found.told()["shrinkage_hand"]
    match = re.fullmatch(
        r"\(1 − ([\d.]+)\) × −ln\(1 − ([\d.]+) / [\d.]+\) = ([\d.]+); (\d+) / [\d.]+ = ([\d.]+), "
        r"so (\d+) patients",
        line,
    )
    assert match
    s, r2, each, p, ratio, wanted = (float(x) for x in match.groups())
    assert -(1 - s) * math.log(1 - r2 / s) == pytest.approx(each, abs=2e-5)
    assert p / each == pytest.approx(ratio, abs=0.2)
    assert math.ceil(ratio) == wanted


def test_expected_errors_of_areas(found):
    shown = {row[0]: row for row in rows_of(found.areas_sheet().html)}
    for name, positive in (("Platelet count", 112), ("Lymphocyte ratio", 160)):
        a, n, m = float(shown[name][1]), positive, 272 - positive
        q1, q2 = a / (2 - a), 2 * a * a / (1 + a)
        variance = (a * (1 - a) + (n - 1) * (q1 - a * a) + (m - 1) * (q2 - a * a)) / (n * m)
        assert shown[name][3] == f"{math.sqrt(variance):.3f}"


def test_a_smaller_area_asks_for_more_and_a_silent_row_says_so(found, tmp_path):
    lower = changed(tmp_path, 'auc: "0.795"', 'auc: "0.650"')
    assert int(lower.told()["all.little"]) > int(found.told()["all.little"])
    assert lower.told()["final.met"] == "2 of 3"
    limits = '        ci: "0.619–0.745"\n        se: "0.032"\n'
    silent = changed(tmp_path, limits, "", "table2.neutrophils")
    assert silent.told()["auc_error"] == silent.told()["auc_reach"] == "not printed"
    assert "not printed" not in found.told().values()


def test_a_category_of_three_levels_is_two_parameters(found, tmp_path):
    old = '          - {id: b, label: Grade B, values: {recurrence: "14 (12.50%)", control: "20 (12.50%)"}}\n'
    new = (
        '          - {id: b, label: Grade B, values: {recurrence: "10 (8.93%)", control: "15 (9.38%)"}}\n'
        '          - {id: c, label: Grade C, values: {recurrence: "4 (3.57%)", control: "5 (3.12%)"}}\n'
    )
    more = changed(tmp_path, old, new)
    assert more.counted["all"].parameters == found.counted["all"].parameters + 1


def test_what_the_index_explains_at_its_cut_is_that_of_a_logistic_model(found, tmp_path):
    state = np.repeat([1.0, 0.0, 1.0, 0.0], [86, 52, 26, 108])
    above = np.repeat([1.0, 1.0, 0.0, 0.0], [86, 52, 26, 108])
    alone = logistic.fit(state, above).log_likelihood
    nothing = 112 * math.log(112 / 272) + 160 * math.log(160 / 272)
    assert found.at_cut == pytest.approx(1 - math.exp(-2 * (alone - nothing) / 272))
    silent = changed(tmp_path, "        cut: table2.sii\n", "")
    assert silent.told()["explained_cut"] == "an unknown share"


def test_the_area_gives_nearly_what_simulated_patients_give(found):
    # normal with one spread is assumed; the cohorts print the tables and are not normal
    patients = load_cohort(found.paper.folder / "cohorts.parquet")
    for _, own in list(patients.groupby("cohort"))[:3]:
        state = (own["group"] == "recurrence").to_numpy(float)
        best = logistic.fit(state, own["sii"].to_numpy(float)).log_likelihood
        nothing = 112 * math.log(112 / 272) + 160 * math.log(160 / 272)
        assert 1 - math.exp(-2 * (best - nothing) / 272) == pytest.approx(found.from_auc, abs=0.03)


def test_a_marker_that_is_no_row_is_refused(found):
    for name in ("table2.nobody", "table1.sii", "table4.sii"):
        with pytest.raises(ValueError, match="no row of a ROC table"):
            SampleSize(found.paper, name, WISH, MOST)


def test_significant_as_printed():
    alpha = parse_p("0.05").value
    assert [differs(parse_p(p), alpha) for p in ("0.049", "0.05", "<0.001", "<0.05", "0.5")] == [
        True, False, True, True, False,
    ]  # fmt: skip
    assert not differs(None, alpha)


def test_the_plot_says_what_it_shows(found):
    plot = found.plot("needed")
    told = found.told()
    assert f"{told['all.little']} for 16" in plot.alt
    assert f"{told['all.rule']} for 16" in plot.alt
    assert "272 patients" in plot.alt
    assert plot.svg == found.plot("needed").svg
    names = ids(read(plot.svg))
    assert len(set(names)) == len(names)
    assert len(plot.data) >= 21
