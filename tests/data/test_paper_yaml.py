"""What must hold for the record of Yu et al. 2023, computed here without the library's checks."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import scipy.stats

from analysis.audit import audit
from analysis.findings import Verdict
from analysis.paper import CountRow, LevelsRow, MeanRow, load_paper

ROOT = Path(__file__).resolve().parents[2]
PAPER = load_paper(ROOT / "data" / "yu2023" / "paper.yaml")
N1, N2 = 112, 160


@pytest.fixture(scope="module")
def ledger():
    return audit(PAPER)


def mine(ledger):
    """The findings of the text and of the table of two groups."""
    sections = {s.section for s in PAPER.text}
    return [f for f in ledger if f.table in {"table1", "groups", *sections}]


def test_how_many_numbers_there_are():
    """A change of the record must be meant: it changes this count."""
    assert len(PAPER.numbers) == 320
    assert PAPER.total == N1 + N2 == 272


def test_every_printed_number_has_a_finding(ledger):
    without = [id for id in PAPER.numbers if not ledger.about(id)]
    assert not without


def test_findings_speak_about_numbers_of_the_record(ledger):
    for finding in ledger:
        assert set(finding.numbers) <= set(PAPER.numbers), finding.id


def test_repeats_point_to_something():
    repeated = [n for n in PAPER.numbers.values() if n.repeats is not None]
    assert len(repeated) > 60
    for number in repeated:
        assert number.repeats in PAPER.numbers, number.id
        assert number.repeats != number.id


def test_repeats_do_not_go_in_circles():
    for number in PAPER.numbers.values():
        seen, here = set(), number
        while here.repeats is not None:
            assert here.id not in seen
            seen.add(here.id)
            here = PAPER.numbers[here.repeats]


def test_the_text_repeats_the_tables(ledger):
    found = [f for f in ledger if f.check == "text against tables"]
    assert len(found) > 60
    assert {f.verdict for f in found} <= {Verdict.REPRODUCED, Verdict.CONSISTENT}
    # "<0.001" for what the table prints as 0.000, and the reverse
    odd = {f.id for f in found if f.verdict is Verdict.CONSISTENT}
    assert odd == {
        "abstract.auc_p.repeats", "abstract.ratio_p.repeats",
        "results.auc_p.repeats", "results.ratio_p.repeats",
    }  # fmt: skip


def test_nothing_in_table_1_or_the_text_is_impossible(ledger):
    assert [f.id for f in mine(ledger) if f.verdict is Verdict.IMPOSSIBLE] == []


def test_percentages(ledger):
    found = [f for f in ledger if f.id.endswith(".percentage")]
    assert len(found) == sum(
        2 * (len(row.levels) if isinstance(row, LevelsRow) else 1)
        for row in PAPER.table("table1").rows
        if isinstance(row, LevelsRow | CountRow)
    )
    assert {f.verdict for f in found} == {Verdict.REPRODUCED}
    # 13/160 = 8.125 %, 7/160 = 4.375 %, 147/160 = 91.875 %: printed 8.12, 4.38 and 91.88
    ties = {
        f.id.removeprefix("table1.").removesuffix(".percentage") for f in found if f.values["tie"]
    }
    assert ties == {
        "lesions.one.control",
        "lesions.several.control",
        "thrombus.control",
        "invasion.control",
    }


# --- t, by scipy from the four corners of every row -------------------------------------------


def corners(row):
    """All t that scipy gives at the ends and in the middle of the roundings."""
    a, b = (row.values[g.id] for g in PAPER.groups)

    def ends(x):
        return [float(x.interval.low), float(x), float(x.interval.high)]

    for equal in (True, False):
        found = [
            abs(scipy.stats.ttest_ind_from_stats(m1, s1, N1, m2, s2, N2, equal_var=equal)[0])
            for m1 in ends(a.mean) for s1 in ends(a.sd) for m2 in ends(b.mean) for s2 in ends(b.sd)
        ]  # fmt: skip
        yield min(found), max(found)


def test_t_rows(ledger):
    """Student explains every t; the index rules Welch out, and no other row does."""
    ruled_out = []
    rows = [row for row in PAPER.table("table1").rows if isinstance(row, MeanRow)]
    assert len(rows) == 9
    for row in rows:
        student, welch = corners(row)
        t = float(row.statistic)
        assert student[0] - 5e-4 <= t <= student[1] + 5e-4, row.id
        if not welch[0] - 5e-4 <= t <= welch[1] + 5e-4:
            ruled_out.append(row.id)
        finding = ledger[f"table1.{row.id}.t_from_means"]
        assert finding.verdict in (Verdict.REPRODUCED, Verdict.CONSISTENT)
        assert finding.values["t_low"] == pytest.approx(student[0], rel=1e-6)
        assert finding.values["t_high"] == pytest.approx(student[1], rel=1e-6)
        assert finding.values["welch_low"] == pytest.approx(welch[0], rel=1e-6)
        assert finding.values["welch_high"] == pytest.approx(welch[1], rel=1e-6)
    convention = ledger["table1.t_convention"]
    assert convention.verdict is Verdict.REPRODUCED
    labels = [PAPER.variable(PAPER_ROWS[id].variable).label for id in ruled_out]
    against = next(v for k, v in convention.values["against"].items() if "Welch" in k)
    assert against == labels
    assert "Systemic immune-inflammation index" in against


PAPER_ROWS = {row.id: row for row in PAPER.table("table1").rows}


def test_p_of_t_rows(ledger):
    for row in PAPER.table("table1").rows:
        if not isinstance(row, MeanRow):
            continue
        t = float(row.statistic)
        low, high = (2 * scipy.stats.t.sf(t + d, N1 + N2 - 2) for d in (5e-4, -5e-4))
        if row.p.comparison == "<":
            assert high < 0.001
        else:
            assert low - 5e-4 <= float(row.p) <= high + 5e-4
        assert ledger[f"table1.{row.id}.p_from_t"].verdict is not Verdict.IMPOSSIBLE


# --- chi-square, by scipy -----------------------------------------------------------------------


def table_of(row):
    if isinstance(row, CountRow):
        one = [int(row.values[g.id].count.value) for g in PAPER.groups]
        return [one, [N1 - one[0], N2 - one[1]]]
    return [[int(level.values[g.id].count.value) for g in PAPER.groups] for level in row.levels]


def test_chi_square_rows(ledger):
    """Pearson explains every chi-square and every P; Yates and the likelihood ratio do not."""
    rows = [row for row in PAPER.table("table1").rows if not isinstance(row, MeanRow)]
    assert len(rows) == 7
    misses = {"yates": 0, "ratio": 0}
    for row in rows:
        table, printed = table_of(row), float(row.statistic)
        pearson = scipy.stats.chi2_contingency(table, correction=False)
        assert abs(pearson[0] - printed) <= 5e-4 + 1e-12, row.id
        assert abs(pearson[1] - float(row.p)) <= 5e-4 + 1e-12, row.id
        yates = scipy.stats.chi2_contingency(table, correction=True)[0]
        ratio = scipy.stats.chi2_contingency(table, correction=False, lambda_="log-likelihood")[0]
        misses["yates"] += abs(yates - printed) > 5e-4
        misses["ratio"] += abs(ratio - printed) > 5e-4
        assert ledger[f"table1.{row.id}.chi2_from_counts"].verdict is Verdict.REPRODUCED
        assert ledger[f"table1.{row.id}.p_from_counts"].verdict is Verdict.REPRODUCED
        assert ledger[f"table1.{row.id}.p_from_chi2"].verdict is not Verdict.IMPOSSIBLE
    assert misses["yates"] >= 5
    assert misses["ratio"] >= 3
    convention = ledger["table1.chi2_convention"]
    assert convention.verdict is Verdict.REPRODUCED
    assert convention.values["explains"] == ["Pearson's chi-square"]


def test_multiplicity_and_fragility(ledger):
    """Holm and Benjamini-Hochberg by hand over the 16 rows."""
    ps = []
    for row in PAPER.table("table1").rows:
        if isinstance(row, MeanRow):
            ps.append(2 * scipy.stats.t.sf(float(row.statistic), N1 + N2 - 2))
        else:
            ps.append(scipy.stats.chi2_contingency(table_of(row), correction=False)[1])
    ordered = sorted(ps)
    m = len(ps)
    kept = next((i for i, p in enumerate(ordered) if p * (m - i) >= 0.05), m)
    bh = max(i + 1 for i, p in enumerate(ordered) if p <= 0.05 * (i + 1) / m)
    values = ledger["table1.multiplicity"].values
    assert (values["nominal"], values["kept_holm"], values["kept_bh"]) == (
        sum(p < 0.05 for p in ps),
        kept,
        bh,
    )
    assert values["p"] == pytest.approx(ps, rel=1e-9)
    # vascular invasion: 12 of 112 against 7 of 160
    fragile = ledger["table1.invasion.fragility"]
    assert fragile.verdict is Verdict.DEPENDS
    table = [[12, 7], [100, 153]]
    assert fragile.values["alternatives"]["Fisher's exact test"] == pytest.approx(
        scipy.stats.fisher_exact(table)[1]
    )
    assert scipy.stats.fisher_exact(table)[1] > 0.05


def test_platelets_are_whole(ledger):
    for group, n, mean in (("recurrence", N1, 179.22), ("control", N2, 160.81)):
        assert ledger[f"table1.platelets.{group}.whole_numbers"].verdict is Verdict.CONSISTENT
        assert any(
            abs(total / n - mean) <= 0.005
            for total in range(math.floor(mean * n) - 2, math.ceil(mean * n) + 2)
        )


def test_dates_and_sizes(ledger):
    # 31 December 2017 + 5 years lies 5 days before 5 January 2023
    time = ledger["methods.follow_up_before_submission"]
    assert time.verdict is Verdict.REPRODUCED
    assert time.values["slack_low"] == 5
    for id in (
        "groups_make_the_total",
        "sample_size_rule",
        "sample_size_reached",
        "events_reached",
        "dates_in_order",
    ):
        assert ledger[f"methods.{id}"].verdict is Verdict.REPRODUCED


def test_nothing_of_this_paper_stands_in_the_library():
    for file in (ROOT / "analysis").rglob("*.py"):
        text = file.read_text(encoding="utf-8").lower()
        for word in ("yu2023", "yu et al", "405.08", "535.23"):
            assert word not in text, (file, word)
