"""The two-by-two table behind a cut-off: honest columns are never accused, planted errors are."""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_DOWN
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from roc_papers import findings, impossible
from sklearn.metrics import class_likelihood_ratios, confusion_matrix, precision_score

from analysis.checks import roc_two_by_two as table
from analysis.findings import Verdict
from analysis.printed import Interval, parse_share
from paper_writer import ROUNDINGS, show

COLUMNS = (*table.SHARES, *table.DERIVED)


def share_text(value: Fraction, decimals: int, rounding: str, percent: bool) -> str:
    if percent:
        return show(100 * value, max(decimals - 2, 0), rounding) + "%"
    return show(value, decimals, rounding)


def columns(k1: int, k0: int, n1: int, n0: int, style: dict) -> dict[str, str]:
    """All columns of a cut-off as a paper prints them; those that are not defined stay away."""
    se, sp = Fraction(k1, n1), Fraction(k0, n0)
    texts = {
        c: share_text(v, style["decimals"], style["rounding"], style["percent"])
        for c, v in (("sensitivity", se), ("specificity", sp))
    }
    if style.get("by_hand"):  # a calculator fed with the rounded shares
        se, sp = (parse_share(texts[c]).value for c in table.SHARES)
    prevalence = style.get("prevalence", Fraction(n1, n1 + n0))
    positives, negatives = prevalence * 10**6, (1 - prevalence) * 10**6
    for c in table.DERIVED:
        value = table.measure(c, se, sp, positives, negatives)
        if value is None or value < 0:
            continue
        if c.startswith("lr"):
            texts[c] = show(value, style["ratio_decimals"], style["rounding"])
        else:
            texts[c] = share_text(value, style["decimals"], style["rounding"], style["percent"])
    return texts


def random_style(rng: np.random.Generator) -> dict:
    style = {
        "decimals": int(rng.integers(2, 5)),
        "ratio_decimals": int(rng.integers(1, 4)),
        "rounding": str(rng.choice(ROUNDINGS)),
        "percent": bool(rng.random() < 0.5),
    }
    kind = rng.choice(["counts", "by_hand", "prevalence", "dropped"], p=[0.55, 0.2, 0.15, 0.1])
    if kind == "by_hand":
        style["by_hand"] = True
    if kind == "prevalence":
        style["prevalence"] = Fraction(int(rng.integers(1, 60)), 100)
    if kind == "dropped":
        style["rounding"] = ROUND_DOWN
    return style


def random_row(rng: np.random.Generator, id: str, n1: int, n0: int, style: dict) -> dict:
    k1, k0 = (int(rng.integers(0, n + 1)) for n in (n1, n0))
    cells = columns(k1, k0, n1, n0, style)
    kept = [c for c in cells if c in table.SHARES or rng.random() < 0.7]
    if rng.random() < 0.15:
        kept.remove(str(rng.choice(table.SHARES)))
    return {"id": id} | {c: cells[c] for c in kept}


@pytest.mark.parametrize("seed", range(10))
def test_honest_columns_are_never_accused(tmp_path: Path, seed: int):
    rng = np.random.default_rng([seed, 31])
    for _ in range(2):
        n1, n0 = (int(n) for n in rng.integers(2, 250, 2))
        style = random_style(rng)
        rows = [random_row(rng, f"m{i}", n1, n0, style) for i in range(12)]
        found = findings(tmp_path, rows, n1, n0)
        assert not impossible(found), (impossible(found)[0], rows, n1, n0, style)
        if style.keys() & {"by_hand", "prevalence"} or style["rounding"] == ROUND_DOWN:
            continue
        verdicts = {
            f.verdict for f in found.values()
            if f.check in ("measures of a cut-off", "one table behind a cut-off")
        }  # fmt: skip
        assert verdicts <= {Verdict.REPRODUCED, Verdict.CONSISTENT}


def test_measures_are_those_of_scikit_learn():
    truth = np.repeat([1, 0], [40, 60])
    called = np.r_[np.repeat([1, 0], [31, 9]), np.repeat([0, 1], [45, 15])]
    tn, _fp, _fn, tp = confusion_matrix(truth, called).ravel()
    positive, negative = class_likelihood_ratios(truth, called)
    expected = {
        "ppv": precision_score(truth, called),
        "npv": precision_score(truth, called, pos_label=0),
        "accuracy": (tp + tn) / 100,
        "lr_positive": positive,
        "lr_negative": negative,
        "youden": tp / 40 + tn / 60 - 1,
    }
    for column, value in expected.items():
        got = table.measure(column, Fraction(int(tp), 40), Fraction(int(tn), 60), 40, 60)
        assert float(got) == pytest.approx(value)


@pytest.mark.parametrize("seed", range(60))
def test_the_tables_are_those_of_trying_all(seed: int):
    rng = np.random.default_rng([seed, 77])
    n1, n0 = (int(n) for n in rng.integers(1, 15, 2))
    conditions = {}
    for column in rng.choice(COLUMNS, int(rng.integers(1, 5)), replace=False):
        low = Fraction(int(rng.integers(-20, 100)), 100) * (3 if column.startswith("lr") else 1)
        conditions[str(column)] = Interval(low, low + Fraction(int(rng.integers(0, 40)), 100))
    expected = []
    for k1 in range(n1 + 1):
        for k0 in range(n0 + 1):
            values = {
                c: table.measure(c, Fraction(k1, n1), Fraction(k0, n0), n1, n0) for c in conditions
            }
            # 0/0 satisfies everything, x/0 is infinite and satisfies nothing bounded
            zero = {"lr_positive": (0, n0), "lr_negative": (n1, 0)}
            if all(
                v in conditions[c]
                if v is not None
                else (not c.startswith("lr") or zero[c] == (k1, k0))
                for c, v in values.items()
            ):
                expected.append((k1, k0))
    found = table.tables(conditions, n1, n0, most=1000)
    assert found.is_all
    assert list(found.found) == expected
    assert found.any_real or not expected


def test_a_prevalence_is_the_one_that_was_used():
    """Bayes by hand: sensitivity 0.9, specificity 0.8, prevalence 0.1."""
    se, sp = Interval.point(Fraction(9, 10)), Interval.point(Fraction(8, 10))
    ppv = Fraction(9, 100) / (Fraction(9, 100) + Fraction(18, 100))
    npv = Fraction(72, 100) / (Fraction(72, 100) + Fraction(1, 100))
    accuracy = Fraction(9, 100) + Fraction(72, 100)
    for column, value in (("ppv", ppv), ("npv", npv), ("accuracy", accuracy)):
        found = table.prevalences(column, Interval.point(value), se, sp)
        assert found == Interval.point(Fraction(1, 10))
    assert table.prevalences("accuracy", Interval.point(Fraction(95, 100)), se, sp) is None


FULL = {
    "id": "index", "threshold": "405.08", "sensitivity": "76.8%", "specificity": "67.5%",
    "youden": "0.443", "ppv": "62.3%", "npv": "80.6%", "accuracy": "71.3%",
    "lr_positive": "2.36", "lr_negative": "0.34",
}  # fmt: skip


def test_a_whole_row_has_one_table(tmp_path: Path):
    found = findings(tmp_path, [FULL], 112, 160)
    assert found["table2.index.two_by_two"].values["tables"] == [(86, 108)]
    checked = [f for f in found.values() if f.check == "measures of a cut-off"]
    assert {f.verdict for f in checked} == {Verdict.REPRODUCED}
    assert len(checked) == 6
    assert found["table2.index.ppv"].by_hand == "86/(86 + 52) = 0.62319"


@pytest.mark.parametrize(
    ("column", "cell", "verdict", "words"),
    [
        ("youden", "44.3%", Verdict.REPRODUCED, ""),
        ("youden", "0.453", Verdict.IMPOSSIBLE, ""),
        ("ppv", "70.3%", Verdict.DEPENDS, "a prevalence of"),
        ("accuracy", "70.0%", Verdict.DEPENDS, "a prevalence of"),
        ("accuracy", "81.3%", Verdict.IMPOSSIBLE, ""),
        ("lr_positive", "2.63", Verdict.IMPOSSIBLE, ""),
        ("lr_positive", "2.42", Verdict.IMPOSSIBLE, ""),
        ("lr_positive", "2.91", Verdict.DEPENDS, "the other group is called positive"),
        ("lr_negative", "0.43", Verdict.IMPOSSIBLE, ""),
    ],
)
def test_one_changed_measure(tmp_path: Path, column, cell, verdict, words):
    found = findings(tmp_path, [FULL | {column: cell}], 112, 160)
    finding = found[f"table2.index.{column}"]
    assert finding.verdict is verdict
    assert words in finding.note
    if verdict is not Verdict.REPRODUCED:
        # with all the other columns at hand no prevalence and no rounding explains it
        assert found["table2.index.two_by_two"].verdict is Verdict.IMPOSSIBLE


def test_predictive_values_of_another_prevalence_together(tmp_path: Path):
    cells = columns(86, 108, 112, 160, {
        "decimals": 3, "ratio_decimals": 2, "rounding": ROUNDINGS[0], "percent": False,
        "prevalence": Fraction(1, 5),
    })  # fmt: skip
    found = findings(tmp_path, [{"id": "index"} | cells], 112, 160)
    joint = found["table2.index.two_by_two"]
    assert joint.verdict is Verdict.DEPENDS
    assert "a prevalence of 0.19" in joint.note


def test_predictive_values_that_changed_places(tmp_path: Path):
    cells = {"ppv": FULL["npv"], "npv": FULL["ppv"]}
    joint = findings(tmp_path, [FULL | cells], 112, 160)["table2.index.two_by_two"]
    assert joint.verdict is Verdict.DEPENDS
    assert "changed places" in joint.note


def test_a_ratio_over_zero_is_no_contradiction(tmp_path: Path):
    row = {"id": "m", "sensitivity": "0.50", "specificity": "1.00", "lr_positive": "99.9"}
    found = findings(tmp_path, [row], 20, 30)
    assert not impossible(found)
    assert "division by zero" in found["table2.m.lr_positive"].note
    half = row | {"lr_positive": "31.00"}  # (10.5/21)/(0.5/31), each count plus one half
    assert (
        "one half"
        not in findings(tmp_path, [half | {"specificity": "0.97"}], 20, 30)[
            "table2.m.lr_positive"
        ].note
    )


def test_groups_of_any_size_are_decided_in_a_moment(tmp_path: Path):
    found = findings(tmp_path, [FULL], 400_000_000, 600_000_000)
    assert found["table2.index.lr_positive"].verdict is Verdict.CONSISTENT
    joint = found["table2.index.two_by_two"]
    assert joint.verdict is Verdict.DEPENDS
    assert "a prevalence of 0.41" in joint.note  # 112/272
    # no count of three prints as 0.5, and half a billion as the other one
    found = findings(tmp_path, [FULL | {"sensitivity": "0.50", "auc": "0.7"}], 3, 10**9)
    assert found["table2.index.sensitivity"].verdict is Verdict.IMPOSSIBLE


def test_patients_without_a_value_are_left_out(tmp_path: Path):
    """Denominators printed elsewhere for the same variable are those of the ROC row."""
    counted = {
        "id": "table1", "kind": "two_group", "title": "t",
        "rows": [{
            "id": "index", "variable": "index", "summary": "mean_sd",
            "n": {"event": "112", "control": "160"},
            "values": {"event": "3 ± 1", "control": "2 ± 1"},
        }],
    }  # fmt: skip
    row = {column: cell for column, cell in FULL.items() if column != "threshold"}
    found = findings(tmp_path, [row], 120, 170, tables=[counted])
    assert found["table2.index.sensitivity"].values == {"counts": [86], "n": 112}
    assert not impossible(found)
    alone = findings(tmp_path, [row], 120, 170)
    assert alone["table2.index.sensitivity"].verdict is Verdict.IMPOSSIBLE


# --- several cut-offs ------------------------------------------------------------------


def cut(id: str, threshold: str, se: str, sp: str) -> dict:
    return {"id": id, "threshold": threshold, "sensitivity": se, "specificity": sp}


@pytest.mark.parametrize("seed", range(8))
def test_cuts_of_one_honest_marker(tmp_path: Path, seed: int):
    rng = np.random.default_rng([seed, 5])
    rows, n1, n0 = [], 40, 70
    for i in range(6):
        positive, negative = np.round(rng.normal(1, 1, n1), 1), np.round(rng.normal(0, 1, n0), 1)
        sign = -1 if i % 2 else 1
        auc = ((positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)).mean()
        places = int(rng.integers(2, 4))
        cuts = [
            cut(f"c{j}", f"{sign * c:.2f}", show(Fraction(int((positive > c).sum()), n1), places),
                show(Fraction(int((negative <= c).sum()), n0), places))
            for j, c in enumerate(rng.choice(np.arange(-5, 15) / 10 + 0.05, 3, replace=False))
        ]  # fmt: skip
        first = {k: v for k, v in cuts[0].items() if k != "id"}
        rows.append(
            {"id": f"m{i}", "direction": "lower" if sign < 0 else "higher", "auc": show(auc, 3)}
            | first | {"cuts": cuts[1:]}
        )  # fmt: skip
    found = findings(tmp_path, rows, n1, n0)
    assert not impossible(found)
    assert Counter(f.check for f in found.values())["order of cut-offs"] == 6
    assert {f.verdict for f in found.values() if f.check == "order of cut-offs"} == {
        Verdict.CONSISTENT
    }
    assert found["table2.m0.c1.point"].numbers == (
        "table2.m0.auc", "table2.m0.c1.sensitivity", "table2.m0.c1.specificity",
    )  # fmt: skip


TWO = {"id": "m", "auc": "0.800", "threshold": "5.0", "sensitivity": "0.80", "specificity": "0.70"}


def test_a_cut_off_that_is_better_in_both_is_no_cut_of_the_same_curve(tmp_path: Path):
    row = TWO | {"cuts": [cut("b", "7.0", "0.90", "0.85")]}
    found = findings(tmp_path, [row], 100, 100)["table2.m.cuts"]
    assert found.verdict is Verdict.IMPOSSIBLE
    row = TWO | {"cuts": [cut("b", "7.0", "0.75", "0.85")]}
    assert findings(tmp_path, [row], 100, 100)["table2.m.cuts"].verdict is Verdict.CONSISTENT
    row = TWO | {"cuts": [cut("b", "7.0", "0.90", "0.60")]}
    against = findings(tmp_path, [row], 100, 100)["table2.m.cuts"]
    assert against.verdict is Verdict.DEPENDS
    assert "lower values" in against.note


def test_two_points_bound_the_area_more_than_each_alone(tmp_path: Path):
    row = TWO | {"auc": "0.620", "cuts": [cut("b", "9.0", "0.50", "0.95")]}
    found = findings(tmp_path, [row], 100, 100)
    assert found["table2.m.point"].verdict is Verdict.CONSISTENT
    assert found["table2.m.b.point"].verdict is Verdict.CONSISTENT
    joint = found["table2.m.points"]
    assert joint.verdict is Verdict.IMPOSSIBLE
    # rectangles 0.95 × 0.50 and 0.70 × 0.30 above it
    assert joint.values["low"] == pytest.approx(0.95 * 0.5 + 0.7 * 0.3)


def test_an_area_under_one_half_is_told(tmp_path: Path):
    found = findings(tmp_path, [{"id": "m", "auc": "0.310"}], 30, 40)
    assert found["table2.m.direction"].verdict is Verdict.DEPENDS
    assert "table2.m.direction" not in findings(tmp_path, [{"id": "m", "auc": "0.5"}], 30, 40)
