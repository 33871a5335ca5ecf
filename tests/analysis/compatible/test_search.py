"""Simulated cohorts print as the paper does, by routes that we did not write."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score, roc_curve

from analysis.compatible import search
from analysis.compatible.constraints import NotCoveredError, constraints
from analysis.compatible.reprint import misses
from analysis.paper import MeanRow


def test_means_and_t_print_by_scipy(wanted, patients):
    paper = wanted.paper
    split = [patients[patients["group"] == group.id] for group in paper.groups]
    seen = 0
    for table in paper.tables_of("two_group"):
        for row in table.rows:
            if not isinstance(row, MeanRow):
                continue
            a, b = (own[row.variable].to_numpy() for own in split)
            for group, values in zip(paper.groups, (a, b), strict=True):
                cell = row.values[group.id]
                assert f"{np.mean(values):.{cell.mean.decimals}f}" == cell.mean.text.strip()
                assert f"{stats.tstd(values):.{cell.sd.decimals}f}" == cell.sd.text.strip()
            found = stats.ttest_ind(a, b)
            if f"{table.id}.{row.id}.statistic" in wanted.targets:
                assert (
                    f"{abs(found.statistic):.{row.statistic.decimals}f}"
                    == row.statistic.text.strip()
                )
            seen += 1
    assert seen == len(wanted.mean_rows)


def test_areas_and_cuts_print_by_scikit_learn(wanted, patients):
    assert wanted.roc_rows
    for table, row in wanted.roc_rows.values():
        state = (patients["group"] == table.positive).to_numpy()
        sign = 1 if row.direction == "higher" else -1
        marker = patients[row.variable].to_numpy()
        assert f"{roc_auc_score(state, sign * marker):.3f}" == row.auc.text.strip()
        missed, hit, values = roc_curve(state, sign * marker, drop_intermediate=False)
        middles = sign * (values[1:-1] + values[2:]) / 2
        # half a unit either way: a tie may be rounded up or to even
        near = [
            np.abs(found - float(number.value)) <= float(number.half_unit) + 1e-9
            for number, found in (
                (row.threshold, middles),
                (row.sensitivity, hit[1:-1]),
                (row.specificity, 1 - missed[1:-1]),
            )
        ]
        assert np.logical_and.reduce(near).any()


def test_the_index_is_made_of_its_parts(wanted, patients):
    for variable in wanted.paper.variables:
        if variable.formula:
            assert np.allclose(patients.eval(variable.formula), patients[variable.id], rtol=1e-12)


def test_nothing_is_missed_and_one_digit_more_is(wanted, patients):
    assert misses(patients, wanted) == []
    name = next(iter(wanted.mean_rows))
    wrong = patients.copy()
    wrong[name] += 0.01
    assert any(f".{name}." in miss.id for miss in misses(wrong, wanted))


def test_parts_with_steps_only_are_exchanged_until_their_ratio_prints(small):
    paper = small.paper
    assert all(paper.variable(part).step is not None for part in ("cells", "days"))
    patients = search.find(small, seed=1, index=0).patients
    for part in ("cells", "days"):
        assert (patients[part] == patients[part].round()).all()
    assert [miss for miss in misses(patients, small) if "ratio" in miss.id] == []


def test_a_paper_without_two_groups_is_not_covered(wanted):
    bare = wanted.paper.model_copy(update={"tables": []})
    with pytest.raises(NotCoveredError, match="two_group"):
        constraints(bare)
