"""Simulated cohorts print as the paper does, by routes that we did not write."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score, roc_curve

from analysis.cohort import COLUMN, CohortError, load_cohort, require_mark, write_cohort
from analysis.compatible import ensemble, search, statistics
from analysis.compatible.constraints import NotCoveredError, constraints
from analysis.compatible.reprint import misses
from analysis.compatible.spread import distances, effective_spread
from analysis.paper import MeanRow, load_paper
from tests.analysis.ledgers import PAPER, ROOT


@pytest.fixture(scope="module")
def wanted():
    return constraints(load_paper(PAPER))


@pytest.fixture(scope="module")
def patients(wanted):
    return search.find(wanted, seed=1, index=11).patients


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


def test_the_standard_error_is_that_of_hanley_and_mcneil_counted_pair_by_pair():
    rng = np.random.default_rng(3)
    x, y = rng.normal(1, 1, 9), rng.normal(0, 1, 11)
    auc = (x[:, None] > y).mean()
    q1 = np.mean([(a > c) and (b > c) for a in x for b in x for c in y])
    q2 = np.mean([(a > c) and (a > d) for a in x for c in y for d in y])
    variance = auc * (1 - auc) + 8 * (q1 - auc**2) + 10 * (q2 - auc**2)
    assert statistics.area(x, y).se == pytest.approx(np.sqrt(variance / 99))


def small():
    """Simulated patients of no paper."""
    return pd.DataFrame({COLUMN: [True, True], "group": ["a", "b"], "x": [1.0, 2.0]})


def test_the_mark_is_not_dropped_silently(tmp_path):
    with pytest.raises(CohortError):
        write_cohort(small().drop(columns=COLUMN), tmp_path / "a.parquet")
    with pytest.raises(CohortError):
        require_mark(small().assign(**{COLUMN: [True, False]}))
    small().to_parquet(tmp_path / "b.parquet")
    with pytest.raises(CohortError, match="metadata"):
        load_cohort(tmp_path / "b.parquet")
    write_cohort(small(), tmp_path / "c.parquet")
    assert load_cohort(tmp_path / "c.parquet").equals(small())


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    write_cohort(small(), path)
    before = path.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError):
        write_cohort(small().assign(x=3.0), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.parquet"]


def test_an_interrupted_run_goes_on_to_the_same_bytes(wanted, patients, tmp_path, monkeypatch):
    def found(constraints, seed, index):
        rng = np.random.default_rng(index)
        return search.Found(patients.assign(age=rng.permutation(patients["age"])), 1, ())

    monkeypatch.setattr(search, "find", found)
    whole, broken = tmp_path / "whole.parquet", tmp_path / "broken.parquet"
    ensemble.make(wanted, 4, 1, whole)

    def stop(done, count):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ensemble.make(wanted, 4, 1, broken, progress=stop)
    assert not broken.exists()
    seen = []
    ensemble.make(wanted, 4, 1, broken, progress=lambda done, count: seen.append(done))
    assert seen[0] == 2
    assert broken.read_bytes() == whole.read_bytes()
    assert ensemble.beside_of(broken).read_text() == ensemble.beside_of(whole).read_text()
    assert not any(path.suffix == ".work" for path in tmp_path.iterdir())


def test_two_processes_give_the_same_bytes(wanted, tmp_path, monkeypatch):
    one, two = tmp_path / "one.parquet", tmp_path / "two.parquet"
    ensemble.make(wanted, 2, 3, one, jobs=1)
    ensemble.make(wanted, 2, 3, two, jobs=2)
    assert one.read_bytes() == two.read_bytes()
    told = json.loads(ensemble.beside_of(one).read_text())
    assert told["note"] == "simulated: no patients"
    assert load_cohort(one).groupby("cohort").size().tolist() == [wanted.paper.total] * 2


@pytest.mark.slow
def test_a_cluster_gives_the_same_bytes_even_if_a_worker_dies(wanted, tmp_path):
    distributed = pytest.importorskip("distributed")
    local, remote = tmp_path / "local.parquet", tmp_path / "remote.parquet"
    ensemble.make(wanted, 4, 3, local, jobs=2)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as cluster:

        def kill(done, count):
            if done == 1:
                next(iter(cluster.workers.values())).process.process.kill()

        ensemble.make(wanted, 4, 3, remote, scheduler=cluster.scheduler_address, progress=kill)
    assert remote.read_bytes() == local.read_bytes()


def test_effective_spread_of_known_directions():
    line = np.outer(np.arange(5.0), [1.0, 2.0])
    assert effective_spread(line) == pytest.approx(1)
    assert effective_spread(np.vstack([np.eye(3), -np.eye(3)])) == pytest.approx(3)
    assert distances(np.array([[0.0, 0.0], [3.0, 4.0]])) == pytest.approx([np.sqrt(12.5)])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--count", "0"], "--count"),
        (["--out", "cohorts.csv"], ".parquet"),
        (["--out", "no/such/folder/a.parquet"], "does not exist"),
        (["--scheduler", "tcp://127.0.0.1:1"], "tcp://127.0.0.1:1"),
    ],
)
def test_bad_input_is_answered_in_one_sentence(arguments, words, tmp_path):
    out = [] if "--out" in arguments else ["--out", str(tmp_path / "a.parquet")]
    command = [sys.executable, "-m", "analysis", "cohorts", str(PAPER), *out, *arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert result.returncode == 2
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert words in result.stderr


def test_a_paper_without_two_groups_is_not_covered(wanted):
    bare = wanted.paper.model_copy(update={"tables": []})
    with pytest.raises(NotCoveredError, match="two_group"):
        constraints(bare)
