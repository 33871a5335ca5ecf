"""Checks of ROC tables: honest tables are never accused, planted errors are."""

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.checks import roc
from analysis.findings import Finding, Ledger, Verdict
from analysis.paper import load_paper
from analysis.printed import format_fixed
from paper_writer import roc_cells

ORACLE = yaml.safe_load((Path(__file__).parents[2] / "oracles/proc_asah.yaml").read_text())

Row = dict[str, str]


def paper_file(
    folder: Path,
    rows: list[Row],
    n1: int = 112,
    n0: int = 160,
    software: str = "SPSS",
    positive: str = "event",
    summaries: dict[str, tuple[str, str]] | None = None,
    step: str | None = None,
) -> Path:
    """A paper with one ROC table of `rows`, and `summaries` (event, control) by variable."""
    names = sorted({row.get("variable", row["id"]) for row in rows})
    tree = {
        "schema": "1",
        "paper": {"key": "made_up", "label": "Made up", "software": software},
        "groups": [
            {"id": "event", "label": "Event", "n": str(n1), "event": "true"},
            {"id": "control", "label": "Control", "n": str(n0)},
        ],
        "variables": [
            {"id": name, "label": name.capitalize()}
            | ({"step": {"value": step, "reason": "whole numbers"}} if step else {})
            for name in names
        ],
        "tables": [
            {
                "id": "table2",
                "kind": "roc",
                "title": "Areas",
                "positive": positive,
                "confidence": "95%",
                "rows": [{"variable": row["id"], **row} for row in rows],
            }
        ],
    }
    if summaries:
        tree["tables"].append(
            {
                "id": "table1",
                "kind": "two_group",
                "title": "Groups",
                "rows": [
                    {
                        "id": name,
                        "variable": name,
                        "summary": "mean_sd",
                        "values": {"event": cells[0], "control": cells[1]},
                    }
                    for name, cells in summaries.items()
                ],
            }
        )
    file = folder / "paper.yaml"
    file.write_text(yaml.safe_dump(tree, allow_unicode=True), encoding="utf-8")
    return file


def audit(folder: Path, rows: list[Row], **options: object) -> Ledger:
    paper = load_paper(paper_file(folder, rows, **options))
    findings = [finding for check in roc.CHECKS for finding in check(paper)]
    for finding in findings:
        assert set(finding.numbers) <= set(paper.numbers)
        assert finding.by_hand
        assert finding.assumptions
        assert finding.attainable
        assert "nan" not in f"{finding.by_hand} {finding.attainable}"
    return Ledger(findings)


def impossible(ledger: Ledger) -> list[str]:
    return [finding.id for finding in ledger if finding.verdict == Verdict.IMPOSSIBLE]


# --- what an honest paper prints -------------------------------------------------------


def printed(value: float | Fraction, decimals: int = 3) -> str:
    return format_fixed(value, decimals).replace("−", "-")


def picked_cut(
    positive: np.ndarray, negative: np.ndarray, criterion: str
) -> tuple[Fraction, int, int]:
    """The cut of a criterion among the midpoints, with the counts called right on each side."""
    values = np.unique(np.r_[positive, negative])
    cuts = [values[0] - 1, *((values[1:] + values[:-1]) / 2), values[-1] + 1]
    n1, n0 = len(positive), len(negative)
    table = [(c, int((positive > c).sum()), int((negative < c).sum())) for c in cuts]
    score = {
        "youden": lambda k1, k0: Fraction(k1, n1) + Fraction(k0, n0),
        "closest": lambda k1, k0: -((1 - Fraction(k1, n1)) ** 2) - (1 - Fraction(k0, n0)) ** 2,
        "product": lambda k1, k0: Fraction(k1 * k0, n1 * n0),
        "accuracy": lambda k1, k0: Fraction(k1 + k0),
        "equality": lambda k1, k0: -abs(Fraction(k1, n1) - Fraction(k0, n0)),
    }[criterion]
    c, k1, k0 = max(table, key=lambda item: score(item[1], item[2]))
    return Fraction(c), k1, k0


def honest_row(
    positive: np.ndarray, negative: np.ndarray, criterion: str, spss_se: bool, decimals: int
) -> Row:
    cut, k1, k0 = picked_cut(positive, negative, criterion)
    cells = roc_cells(positive, negative, cut, k1, k0, spss_se=spss_se, decimals=decimals)
    return {"id": "marker"} | cells


CRITERIA = ("youden", "closest", "product", "accuracy", "equality")


@settings(
    max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    seed=st.integers(0, 2**32 - 1),
    ties=st.sampled_from(["none", "some", "many"]),
    criterion=st.sampled_from(CRITERIA),
    spss_se=st.booleans(),
    decimals=st.integers(2, 4),
)
def test_honest_tables_are_never_accused(
    tmp_path: Path, seed: int, ties: str, criterion: str, spss_se: bool, decimals: int
):
    rng = np.random.default_rng(seed)
    n1, n0 = (int(n) for n in rng.integers(2, 60, 2))
    shift = rng.choice([0, 0.3, 1, 4])
    positive = rng.lognormal(shift, 0.8, n1) if rng.random() < 0.5 else rng.normal(shift, 1.5, n1)
    negative = rng.normal(0, 1, n0)
    if ties != "none":
        step = {"some": 10, "many": 1}[ties]
        positive, negative = np.round(positive * step) / step, np.round(negative * step) / step
    row = honest_row(positive, negative, criterion, spss_se, decimals)
    cells = tuple(
        f"{printed(values.mean(), 2)} ± {printed(values.std(ddof=1), 2)}"
        for values in (positive, negative)
    )
    ledger = audit(tmp_path, [row], n1=n1, n0=n0, summaries={"marker": cells})
    assert not impossible(ledger), (row, n1, n0)
    # the P of SPSS fits its own convention
    assert ledger["table2.marker.p"].verdict in (Verdict.REPRODUCED, Verdict.CONSISTENT)
    status = ledger["table2.marker.criterion"].values[criterion]["status"]
    assert status != roc.EXCLUDED
    if ties == "none":
        assert status == roc.ALLOWED
        assert ledger["table2.marker.se"].verdict == Verdict.CONSISTENT
    if criterion == "youden":
        assert ledger["table2.marker.criterion"].verdict == Verdict.CONSISTENT


@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(seed=st.integers(0, 2**32 - 1), low_is_positive=st.booleans())
def test_the_positive_group_may_be_the_control_and_low_values_positive(
    tmp_path: Path, seed: int, low_is_positive: bool
):
    rng = np.random.default_rng(seed)
    event, control = np.round(rng.normal(0, 1, 30), 1), np.round(rng.normal(0.8, 1, 40), 1)
    sign = -1 if low_is_positive else 1
    positive, negative = (event, control) if low_is_positive else (control, event)
    row = honest_row(sign * positive, sign * negative, "youden", True, 3)
    row["threshold"] = printed(sign * Fraction(row["threshold"]), 2)
    row["direction"] = "lower" if low_is_positive else "higher"
    cells = tuple(f"{printed(v.mean(), 2)} ± {printed(v.std(ddof=1), 2)}" for v in (event, control))
    ledger = audit(
        tmp_path, [row], n1=30, n0=40, summaries={"marker": cells},
        positive="event" if low_is_positive else "control",
    )  # fmt: skip
    assert not impossible(ledger)
    assert all(f.verdict == Verdict.CONSISTENT for f in ledger.only(check="share beyond the cut"))


@pytest.mark.parametrize("marker", ORACLE["markers"])
@pytest.mark.parametrize("rule", ["youden", "closest"])
def test_tables_from_pROC(tmp_path: Path, marker: str, rule: str):
    """AUC, DeLong's SE and interval, and both cuts as pROC gives them for real patients."""
    n1, n0, found = ORACLE["n1"], ORACLE["n0"], ORACLE["markers"][marker]
    z = abs(found["auc"] - 0.5) / math.sqrt((n1 + n0 + 1) / (12 * n1 * n0))
    row = {
        "id": marker,
        "auc": printed(found["auc"]),
        "se": printed(math.sqrt(found["variance"])),
        "ci": f"{printed(found['low'])}–{printed(found['high'])}",
        "p": printed(2 * stats.norm.sf(z)),
        "threshold": printed(found[f"{rule}_cut"]),
        "sensitivity": printed(Fraction(round(found[f"{rule}_tp"]), n1)),
        "specificity": printed(Fraction(round(found[f"{rule}_tn"]), n0)),
    }
    cells = tuple(f"{printed(found[f'm{g}'])} ± {printed(found[f's{g}'])}" for g in (1, 0))
    ledger = audit(tmp_path, [row], n1=n1, n0=n0, summaries={marker: cells})
    assert not impossible(ledger)
    assert ledger[f"table2.{marker}.criterion"].values[rule]["status"] != roc.EXCLUDED
    assert ledger[f"table2.{marker}.p"].verdict == Verdict.REPRODUCED
    assert round(found[f"{rule}_tp"]) in ledger[f"table2.{marker}.sensitivity"].values["counts"]
    assert found["auc"] == pytest.approx(
        sum(ledger[f"table2.{marker}.ci"].values["auc"]) / 2, abs=6e-4
    )


# --- single checks ---------------------------------------------------------------------

FULL: Row = {
    "id": "index", "auc": "0.795", "ci": "0.742–0.848", "se": "0.027", "p": "0.000",
    "threshold": "405.08", "sensitivity": "0.768", "specificity": "0.675",
}  # fmt: skip


def one(folder: Path, what: str, **cells: str | None) -> Finding:
    row = {key: value for key, value in (FULL | cells).items() if value is not None}
    return audit(folder, [row])[f"table2.index.{what}"]


def test_counts(tmp_path: Path):
    assert one(tmp_path, "sensitivity").values["counts"] == [86]
    assert one(tmp_path, "sensitivity", sensitivity="0.77").values["counts"] == [86]
    missing = one(tmp_path, "sensitivity", sensitivity="0.765")
    assert missing.verdict == Verdict.IMPOSSIBLE
    assert "85/112 = 0.75893; 86/112 = 0.76786" in missing.by_hand
    assert "left out" in missing.note


def test_a_count_that_fits_by_a_tie_says_which_way(tmp_path: Path):
    up = one(tmp_path, "specificity", specificity="0.513")  # 82/160 = 0.5125
    down = one(tmp_path, "specificity", specificity="0.512")
    assert up.verdict == down.verdict == Verdict.REPRODUCED
    assert "rounded up" in up.note
    assert "rounded down" in down.note
    assert not one(tmp_path, "specificity").note


def test_limits(tmp_path: Path):
    assert one(tmp_path, "ci").verdict == Verdict.REPRODUCED
    # 0.632 + 1.96·0.034 = 0.6986, but 0.6325 + 1.96·0.0344 = 0.6999
    wide = one(tmp_path, "ci", auc="0.632", se="0.034", ci="0.565–0.700")
    assert wide.verdict == Verdict.CONSISTENT
    too_wide = {"auc": "0.632", "se": "0.034", "ci": "0.564–0.701"}
    assert one(tmp_path, "ci", **too_wide).verdict == Verdict.IMPOSSIBLE


def test_each_limit_fits_alone_but_not_both(tmp_path: Path):
    # the lower limit wants an SE of 0.0304, the upper one an SE of 0.0296
    cells = {"auc": "0.800", "se": "0.030", "ci": "0.740–0.857"}
    assert one(tmp_path, "ci_low", **cells).verdict != Verdict.IMPOSSIBLE
    assert one(tmp_path, "ci_high", **cells).verdict != Verdict.IMPOSSIBLE
    assert one(tmp_path, "ci", **cells).verdict == Verdict.IMPOSSIBLE


def test_a_limit_cut_off_at_one(tmp_path: Path):
    cells = {"auc": "0.970", "se": "0.020", "ci": "0.931–1.000"}
    assert one(tmp_path, "ci", **cells).verdict == Verdict.DEPENDS
    assert "cut off" in one(tmp_path, "ci_high", **cells).note


def test_without_an_SE_an_asymmetric_interval_depends_on_its_kind(tmp_path: Path):
    assert one(tmp_path, "ci", se=None).verdict == Verdict.CONSISTENT
    for ci in ("0.742–0.858", "0.801–0.848"):  # the second leaves the AUC out
        found = one(tmp_path, "ci", se=None, ci=ci)
        assert found.verdict == Verdict.DEPENDS
        assert "logit" in found.note
        assert ("outside its interval" in found.note) == (ci == "0.801–0.848")


def test_other_software_may_use_another_interval(tmp_path: Path):
    row = FULL | {"ci": "0.735–0.843"}
    assert "table2.index.ci" in impossible(audit(tmp_path, [row]))
    assert audit(tmp_path, [row], software="R")["table2.index.ci"].verdict == Verdict.DEPENDS


def test_P_from_the_null_SE(tmp_path: Path):
    cells = {"auc": "0.587", "se": "0.034", "ci": "0.519–0.654",
             "sensitivity": "0.643", "specificity": "0.513"}  # fmt: skip
    null = one(tmp_path, "p", p="0.015", **cells)
    assert null.verdict == Verdict.REPRODUCED
    assert "√((112 + 160 + 1)/(12 × 112 × 160)) = 2.442; P = 0.0146" in null.by_hand
    estimated = one(tmp_path, "p", p="0.011", **cells)
    assert estimated.verdict == Verdict.DEPENDS
    assert "printed SE" in estimated.note
    assert one(tmp_path, "p", p="0.051", **cells).verdict == Verdict.IMPOSSIBLE
    # smaller than ties on either side of the printed cut can make it
    assert one(tmp_path, "p", p="0.001", **cells).verdict == Verdict.IMPOSSIBLE
    tied = one(tmp_path, "p", p="0.006", **cells)
    assert tied.verdict == Verdict.DEPENDS
    assert "share" in tied.note


def test_other_software_may_mean_either_SE(tmp_path: Path):
    row = FULL | {"auc": "0.587", "se": "0.034", "ci": "0.519–0.654", "p": "0.015"}
    found = audit(tmp_path, [row], software="R")["table2.index.p"]
    assert found.verdict == Verdict.DEPENDS
    assert "null SE" in found.note
    both = audit(tmp_path, [FULL], software="R")["table2.index.p"]
    assert both.verdict == Verdict.REPRODUCED


def test_P_of_zero_is_a_small_P(tmp_path: Path):
    assert one(tmp_path, "p", p="0.000").verdict == Verdict.REPRODUCED
    assert "half a unit" in one(tmp_path, "p", p="0.000").note
    assert one(tmp_path, "p", p="<0.001").verdict == Verdict.REPRODUCED
    assert one(tmp_path, "p", p="NS").verdict == Verdict.IMPOSSIBLE


def test_P_with_an_SE_printed_as_zero(tmp_path: Path):
    assert one(tmp_path, "p", auc="1.000", se="0.000", ci="1.000–1.000", sensitivity="1.000",
               specificity="1.000").verdict == Verdict.REPRODUCED  # fmt: skip


def test_one_convention_for_the_table(tmp_path: Path):
    weak = FULL | {"id": "weak", "auc": "0.587", "se": "0.034", "ci": "0.519–0.654", "p": "0.015"}
    ledger = audit(tmp_path, [FULL, weak])
    assert ledger["table2.p_convention"].values["kept"] == ["null SE"]
    assert ledger["table2.p_convention"].values["excluded"]["printed SE"] == ["table2.weak"]
    assert ledger["table2.p_convention"].verdict == Verdict.CONSISTENT
    estimated = audit(tmp_path, [FULL, weak | {"p": "0.011"}])["table2.p_convention"]
    assert estimated.values["kept"] == ["printed SE"]
    assert estimated.verdict == Verdict.DEPENDS


def test_the_size_of_the_SE(tmp_path: Path):
    assert one(tmp_path, "se").verdict == Verdict.CONSISTENT
    assert one(tmp_path, "se", se="0.072").verdict == Verdict.IMPOSSIBLE
    small = one(tmp_path, "se", se="0.020")
    assert small.verdict == Verdict.DEPENDS
    assert "share" in small.note


def test_the_point_bounds_the_area(tmp_path: Path):
    assert one(tmp_path, "point", auc="0.975").verdict == Verdict.IMPOSSIBLE
    turned = one(tmp_path, "point", auc="0.205", sensitivity="0.768", specificity="0.675")
    assert turned.verdict == Verdict.DEPENDS
    assert "other way round" in turned.note


def test_Youden_excluded_by_exact_arithmetic(tmp_path: Path):
    cells = {"auc": "0.682", "sensitivity": "0.518", "specificity": "0.681"}
    found = one(tmp_path, "criterion", **cells)
    assert found.verdict == Verdict.DEPENDS
    assert found.values["youden"]["status"] == roc.EXCLUDED
    assert found.values["closest"]["status"] == roc.ALLOWED
    j = Fraction(58, 112) + Fraction(109, 160) - 1
    assert 1 - (1 - j) ** 2 / 2 < Fraction(6815, 10000)
    assert "= 0.6793 < 0.6815" in found.by_hand
    assert one(tmp_path, "criterion", **(cells | {"auc": "0.679"})).verdict == Verdict.CONSISTENT


def test_between_the_bounds_only_ties_save_a_criterion(tmp_path: Path):
    # both one half: r² = ½, so 1 − π/8 = 0.607 without ties, 1 − ½·√½ = 0.646 with
    cells = {"sensitivity": "0.500", "specificity": "0.500", "ci": None, "se": None}
    statuses = [
        one(tmp_path, "criterion", auc=auc, **cells).values["closest"]["status"]
        for auc in ("0.600", "0.630", "0.660")
    ]
    assert statuses == [roc.ALLOWED, roc.TIES, roc.EXCLUDED]


def test_Cantelli_across_tables(tmp_path: Path):
    far = {"index": ("535.23 ± 17.05", "357.84 ± 120.21")}
    ledger = audit(tmp_path, [FULL], summaries=far)
    assert impossible(ledger) == ["table2.index.beyond.event"]
    assert ledger["table2.index.beyond.control"].verdict == Verdict.CONSISTENT
    # the group means printed the wrong way round
    swapped = {"index": ("357.84 ± 20.05", "535.23 ± 20.21")}
    other = audit(tmp_path, [FULL | {"sensitivity": "0.991"}], summaries=swapped)
    assert other["table2.index.beyond.event"].verdict == Verdict.DEPENDS


def test_threshold_and_step(tmp_path: Path):
    def verdict(cut: str) -> Verdict:
        ledger = audit(tmp_path, [FULL | {"threshold": cut}], step="1")
        return ledger["table2.index.threshold"].verdict

    assert verdict("161.50") == verdict("161.5") == verdict("161") == Verdict.CONSISTENT
    assert verdict("161.30") == Verdict.DEPENDS


def test_a_row_with_an_AUC_alone_is_left_in_peace(tmp_path: Path):
    assert not list(audit(tmp_path, [{"id": "index", "auc": "0.795"}]))


@pytest.mark.parametrize("column", ["ci", "se", "p", "threshold", "sensitivity", "specificity"])
@pytest.mark.parametrize("software", ["SPSS", "R"])
def test_any_column_may_be_missing(tmp_path: Path, column: str, software: str):
    row = {key: value for key, value in FULL.items() if key != column}
    assert not impossible(audit(tmp_path, [row], software=software))


# --- planted errors --------------------------------------------------------------------


def test_changed_digits_are_often_caught(tmp_path: Path):
    """Every single digit of every cell changed to every other: most are impossible."""
    caught: dict[str, list[bool]] = {}
    for column in ("auc", "ci", "se", "sensitivity", "specificity"):
        for place, digit in enumerate(FULL[column]):
            if not digit.isdigit() or (place == 0 or FULL[column][place - 1] == "–"):
                continue
            for other in "0123456789":
                if other == digit:
                    continue
                cell = FULL[column][:place] + other + FULL[column][place + 1 :]
                low, _, high = cell.partition("–")
                if high and low > high:
                    continue
                ledger = audit(tmp_path, [FULL | {column: cell}])
                caught.setdefault(column, []).append(bool(impossible(ledger)))
    shares = {column: sum(found) / len(found) for column, found in caught.items()}
    assert shares["ci"] > 0.8
    assert shares["auc"] > 0.9
    assert shares["se"] > 0.9
    assert shares["sensitivity"] > 0.7
    assert shares["specificity"] > 0.6


def test_the_same_rows_in_the_wrong_groups(tmp_path: Path):
    """Sensitivity and specificity of the other group's size are seldom whole patients."""
    ledger = audit(tmp_path, [FULL], positive="control")
    assert set(impossible(ledger)) == {"table2.index.sensitivity", "table2.index.specificity"}
