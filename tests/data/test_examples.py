"""The records of other papers against answers that scipy gives, not the checks."""

from __future__ import annotations

from pathlib import Path

import pytest
from scipy import stats

from analysis.audit import audit
from analysis.findings import Verdict
from analysis.paper import LevelsRow, MeanRow, load_paper
from analysis.show.examples import Examples

FOLDER = Path(__file__).parents[2] / "data/examples"


@pytest.fixture(scope="module")
def examples() -> Examples:
    return Examples(FOLDER)


def counts(paper, row) -> list[list[int]]:
    table = next(t for t in paper.tables if row in t.rows)
    groups = [g.id for g in paper.groups_of(table)]
    return [[int(level.values[g].count.value) for g in groups] for level in row.levels]


def impossible(one) -> set[str]:
    return {f.id for f in one.of(Verdict.IMPOSSIBLE)}


def test_every_p_of_the_retracted_paper_is_fishers(examples):
    """None of its numbers contradicts another: what a clean audit does not mean."""
    one = examples.papers["gao2017"]
    rows = [row for table in one.paper.tables for row in table.rows]
    assert len(rows) == 28
    for row in rows:
        p = stats.fisher_exact(counts(one.paper, row)).pvalue
        assert float(row.p.value) == pytest.approx(p, abs=0.0005001), row.id
    assert one.paper.paper.notice == "retracted"
    assert not impossible(one)


def test_the_clean_paper_adds_up(examples):
    one = examples.papers["wjgs2025"]
    for table in one.paper.tables:
        for row in table.rows:
            if isinstance(row, LevelsRow):
                chi2, p, _, _ = stats.chi2_contingency(counts(one.paper, row), correction=False)
                assert float(row.statistic.value) == pytest.approx(chi2, abs=0.0005001), row.id
                assert float(row.p.value) == pytest.approx(p, abs=0.0005001), row.id
    assert not impossible(one)
    # the one t that fits Welch only
    blood = next(r for r in one.paper.table("table2").rows if r.id == "blood_loss")
    assert isinstance(blood, MeanRow)
    n = [g.size for g in one.paper.groups]
    (m1, s1), (m2, s2) = ((float(c.mean.value), float(c.sd.value)) for c in blood.values.values())
    t = stats.ttest_ind_from_stats(m1, s1, n[0], m2, s2, n[1], equal_var=False).statistic
    assert abs(t) == pytest.approx(float(blood.statistic.value), abs=0.0005001)


def test_one_p_does_not_belong_to_its_chi_square(examples):
    one = examples.papers["wjgo2026"]
    row = next(r for r in one.paper.table("table1").rows if r.id == "histological_subtype")
    table = counts(one.paper, row)
    chi2, p, _, _ = stats.chi2_contingency(table, correction=False)
    assert chi2 == pytest.approx(float(row.statistic.value), abs=0.0005)
    printed = float(row.p.value)
    others = [p, stats.chi2_contingency(table)[1], stats.fisher_exact(table).pvalue]
    others.append(stats.chi2_contingency(table, correction=False, lambda_="log-likelihood")[1])
    assert min(abs(printed - other) for other in others) > 0.04
    assert {i for i in impossible(one) if i.startswith("table1")} == {
        "table1.histological_subtype.p_from_chi2",
        "table1.histological_subtype.p_from_counts",
    }


def test_one_percentage_of_a_row_does_not_belong_to_its_count(examples):
    one = examples.papers["wjh2026"]
    table = one.paper.table("table1")
    wrong = set()
    for row in table.rows:
        levels = getattr(row, "levels", [row])
        for level in levels:
            if not hasattr(next(iter(level.values.values())), "count"):
                continue
            cells = {g.id: level.values[g.id] for g in one.paper.groups}
            total = sum(int(c.count.value) for c in cells.values())
            for group, cell in cells.items():
                if abs(100 * int(cell.count.value) / total - float(cell.percent.value)) > 0.5:
                    wrong.add(f"table1.{row.id}.{level.id}.{group}.percentage")
    # a share that is just a tie (64.5 for 65) is allowed; this one is thirty percent off
    assert "table1.aetiology.masld_alcohol.none.percentage" in wrong
    # and one share of the cohort: 50 of 235 is 21.3%, printed is 22%
    assert impossible(one) == {
        "table1.aetiology.masld_alcohol.none.percentage",
        "table1.nodule_size.n5_10_cm.all.percentage",
    }
    assert round(100 * 50 / 235) == 21


def test_one_other_digit_mends_each_impossible_number(examples, tmp_path):
    """What the chapter says: one changed digit is enough for every impossible finding."""
    slips = {
        "wjgo2026": [('p: "0.772"', 'p: "0.722"')],
        "wjh2026": [("45 (34%)", "45 (64%)"), ("50 (22%)", "50 (21%)")],
    }
    assert {key for key, one in examples.papers.items() if impossible(one)} == slips.keys()
    for key, changes in slips.items():
        text = (FOLDER / key / "paper.yaml").read_text(encoding="utf-8")
        for printed, mended in changes:
            assert text.count(printed) == 1
            assert sum(a != b for a, b in zip(printed, mended, strict=True)) == 1
            text = text.replace(printed, mended)
        file = tmp_path / f"{key}.yaml"
        file.write_text(text, encoding="utf-8")
        assert not [f for f in audit(load_paper(file)) if f.verdict is Verdict.IMPOSSIBLE]


def test_an_impossible_finding_stands_beside_its_assumptions(examples):
    sheet = repr(examples.findings("impossible"))
    for one in examples.papers.values():
        for finding in one.of(Verdict.IMPOSSIBLE):
            assert finding.assumptions
            assert all(words in sheet for words in finding.assumptions)


def test_every_number_of_every_example_has_a_finding(examples):
    for one in examples.papers.values():
        covered = {number for finding in one.ledger for number in finding.numbers}
        assert set(one.paper.numbers) <= covered


def test_a_paper_with_an_impossible_number_is_not_called_clean(examples):
    with pytest.raises(ValueError, match="wjgo2026 has impossible numbers"):
        examples.clean("wjgo2026", "gao2017")
    with pytest.raises(ValueError, match="carries no notice"):
        examples.clean("gao2017", "wjgs2025")


def test_the_sheets_hold_every_paper(examples):
    for sheet in (examples.shapes(), examples.verdicts()):
        for one in examples.papers.values():
            assert one.label in repr(sheet)
    told = examples.told()
    assert told["n_papers"] == str(len(list(FOLDER.glob("*/paper.yaml"))))
    assert int(told["wjgo2026.impossible"]) == len(impossible(examples.papers["wjgo2026"]))
