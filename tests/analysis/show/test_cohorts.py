"""The chapter of the simulated cohorts: what it prints, counts and draws."""

import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from analysis.audit import audit
from analysis.checks import roc_bounds
from analysis.cohort import MARK, CohortError
from analysis.paper import load_paper
from analysis.printed import parse_number
from analysis.show.book import Chapter
from analysis.show.cohorts import Cohorts, as_printed, lines
from tests.analysis.show.pages import ids, read

FOLDER = Path(__file__).parents[3] / "data" / "yu2023"


@pytest.fixture(scope="module")
def made() -> Cohorts:
    paper = load_paper(FOLDER / "paper.yaml")
    return Chapter("cohorts", paper, audit(paper)).cohorts()


@pytest.mark.parametrize(
    ("value", "printed", "text"),
    [
        (54.9587, "54.96", "54.96"),
        (59.82142857142857, "59.82%", "59.82%"),
        (0.5125, "0.513", "0.513"),  # half-way: either way prints
        (0.5125, "0.512", "0.512"),
        (1e-9, "<0.001", "<0.001"),
        (-2.345, "-2.35", "-2.35"),
        (0.52, "0.513", "0.520 (missed)"),
        (0.002, "<0.001", "0.002 (missed)"),
    ],
)
def test_a_number_is_rounded_as_printed_or_marked(value, printed, text):
    assert as_printed(value, parse_number(printed)) == text


def test_every_target_stands_in_one_line_of_a_sheet(made):
    told = [
        id
        for t in ("table1", "table2", "table3")
        for line in lines(made.paper, t)
        for id in line.ids
    ]
    assert len(told) == len(set(told))
    assert set(made.constraints.targets) <= set(told)


def test_a_regression_table_has_no_lines(made):
    with pytest.raises(ValueError, match="no cohort prints it"):
        lines(made.paper, "table4")


def test_the_committed_cohorts_print_all_numbers(made):
    counted = made.counted()
    assert counted["alike"] == counted["cohorts"] == str(len(made.own))
    assert counted["missed"] == "none"
    for table in ("table1", "table2", "table3"):
        shown = made.table(table)
        assert MARK in shown.html
        assert "missed" not in shown.text
        assert f"{len(made.own)} of {len(made.own)}" in shown.text


def test_a_missed_number_shows_and_counts(made):
    other = Cohorts(made.paper, made.ledger)
    first = other.own[0].copy()
    first.loc[first.index[0], "bmi"] += 5
    other.own[0] = first
    line = next(
        row
        for row in other.table("table1").text.splitlines()
        if row.startswith("Body mass index | cohort")
    )
    assert "(missed)" in line
    assert line.endswith(f"{len(made.own) - 1} of {len(made.own)}")
    assert other.counted()["alike"] == str(len(made.own) - 1)


def test_every_curve_runs_inside_the_proven_band(made):
    for table in made.paper.tables_of("roc"):
        for row in table.rows:
            groups = {g.id: g.size for g in made.paper.groups}
            n1 = groups[table.positive]
            n0 = sum(groups.values()) - n1
            counts = [
                [c for c in range(n + 1) if p.shows(Fraction(c, n))]
                for p, n in ((row.sensitivity, n1), (row.specificity, n0))
            ]
            for across, up in made.curves(table.id)[row.variable]:
                bands = [
                    roc_bounds.roc_band(row.auc.interval, a / n1, b / n0, list(across))
                    for a in counts[0]
                    for b in counts[1]
                ]
                low = np.min([b[0] for b in bands], axis=0)
                high = np.max([b[1] for b in bands], axis=0)
                assert across[0] == up[0] == 0
                assert across[-1] == up[-1] == 1
                assert all(np.diff(across) >= 0)
                assert all(np.diff(up) >= 0)
                # at a step several sensitivities share one false-positive share
                top = [max(u for f, u in zip(across, up, strict=True) if f <= x) for x in across]
                assert (np.array(top) <= high + 1e-9).all()
                assert (np.array(top) >= low - 1e-9).all()


def test_a_curve_keeps_its_area(made):
    table = made.paper.table("table2")
    for row in table.rows:
        for across, up in made.curves("table2")[row.variable]:
            assert row.auc.shows(float(np.trapezoid(up, across)))


def test_plots_say_that_nobody_is_in_them(made):
    for figure in (made.shapes_plot("a"), made.pairs_plot("b"), made.roc_plot("c", "table3")):
        assert MARK in figure.title
        assert MARK in figure.svg
        page = read(figure._repr_html_())
        assert len(ids(page)) == len(set(ids(page)))
        assert figure.data


def test_histograms_count_every_patient(made):
    data = made.shapes_plot("a").data
    for group in made.paper.groups:
        assert sum(row[group.label] for row in data) == 3 * group.size


def test_widths_can_be_redone_by_hand(made):
    rows = [line.split(" | ") for line in made.ranges().text.splitlines()[1:]]
    numbers = [[Fraction(x.replace("−", "-")) for x in row[2:]] for row in rows]
    assert all(high - low == width for low, high, width in numbers)
    assert [n[2] for n in numbers] == sorted((n[2] for n in numbers), reverse=True)


def test_without_cohorts_the_message_names_the_file(tmp_path):
    shutil.copy(FOLDER / "paper.yaml", tmp_path)
    paper = load_paper(tmp_path / "paper.yaml")
    with pytest.raises(CohortError, match=r"cohorts\.parquet: there is no such file"):
        Cohorts(paper, audit(paper))
