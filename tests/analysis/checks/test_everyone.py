"""The column of all patients: sums, means, SDs and medians that follow from the groups."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.findings import Verdict
from paper_writer import audit_tree, count_row, impossible, levels_row, mean_row, paper

V = Verdict
ALL = {"id": "all", "label": "All", "n": "45"}


def with_all(row: dict, cell) -> dict:
    if "levels" in row:
        for level, text in zip(row["levels"], cell, strict=True):
            level["values"]["all"] = text
        return row
    row["values"]["all"] = cell
    return row


def found(scratch, row, sizes=(20, 25), everyone=ALL, **more):
    tree = paper(sizes, [row], everyone=everyone)
    tree["tables"][0].update(more)
    return audit_tree(scratch, tree)


@pytest.mark.parametrize(
    ("n", "expected"), [("45", V.REPRODUCED), ("50", V.DEPENDS), ("44", V.IMPOSSIBLE)]
)
def test_the_groups_make_up_all_patients(scratch, n, expected):
    row = with_all(count_row("x", ("7", "6")), "13")
    assert found(scratch, row, everyone=ALL | {"n": n})["table1.all.groups"].verdict is expected


@pytest.mark.parametrize(
    ("cell", "n", "expected"),
    [
        ("13", "45", V.REPRODUCED),
        ("14", "45", V.IMPOSSIBLE),
        ("12", "45", V.IMPOSSIBLE),
        ("14", "50", V.DEPENDS),  # five patients are in neither group
        ("19", "50", V.IMPOSSIBLE),  # six more than the groups, of five
        ("12", "50", V.IMPOSSIBLE),
        ("14", None, V.DEPENDS),
        ("12", None, V.IMPOSSIBLE),
    ],
)
def test_counts_of_all(scratch, cell, n, expected):
    row = with_all(count_row("x", ("7", "6")), cell)
    everyone = {k: v for k, v in (ALL | {"n": n}).items() if v is not None}
    assert found(scratch, row, everyone=everyone)["table1.x.all.sum"].verdict is expected


def test_percentages_of_all_and_levels(scratch):
    rows = [("7 (35%)", "6 (24%)"), ("13 (65%)", "19 (76%)")]
    row = with_all(levels_row("x", rows), ("13 (28.9%)", "32 (71.1%)"))
    ledger = found(scratch, row)
    assert ledger["table1.x.l0.all.percentage"].verdict is V.REPRODUCED
    assert ledger["table1.x.all.levels"].verdict is V.REPRODUCED
    assert ledger["table1.x.l1.all.sum"].verdict is V.REPRODUCED
    row = with_all(levels_row("x", rows), ("13 (29.8%)", "32 (71.1%)"))
    assert found(scratch, row)["table1.x.l0.all.percentage"].verdict is V.IMPOSSIBLE
    unknown = {k: v for k, v in ALL.items() if k != "n"}
    finding = found(scratch, row, everyone=unknown)["table1.x.l0.all.percentage"]
    assert finding.verdict is V.NOT_CHECKABLE
    assert "not printed" in finding.by_hand


@pytest.mark.parametrize(
    ("percent_of", "cell", "expected"),
    [
        ("row", "7 (53.8%)", V.REPRODUCED),  # of 13
        ("row", "7 (35%)", V.DEPENDS),  # of the group, though the table says of the row
        ("row", "7 (15.6%)", V.DEPENDS),  # of all
        ("row", "7 (45%)", V.IMPOSSIBLE),
        ("all", "7 (15.6%)", V.REPRODUCED),
        ("all", "7 (35%)", V.DEPENDS),
        ("all", "7 (16.3%)", V.DEPENDS),  # of 43: two values are missing
        ("all", "7 (15.1%)", V.IMPOSSIBLE),
        ("group", "7 (53.8%)", V.DEPENDS),
    ],
)
def test_what_the_percentages_are_of(scratch, percent_of, cell, expected):
    row = count_row("x", (cell, "6"))
    finding = found(scratch, row, everyone=None, percent_of=percent_of)["table1.x.g0.percentage"]
    assert finding.verdict is expected
    if expected is V.DEPENDS and cell == "7 (35%)":
        assert "of the group 20, not of" in finding.assumptions[0]


def test_row_percentages_of_a_category_nobody_has(scratch):
    row = levels_row("x", [("0 (0%)", "0 (0%)"), ("20 (44.4%)", "25 (55.6%)")])
    assert not impossible(found(scratch, row, everyone=None, percent_of="row"))


@pytest.mark.parametrize(("n", "expected"), [("19", V.CONSISTENT), ("21", V.IMPOSSIBLE)])
def test_no_more_values_than_patients(scratch, n, expected):
    row = count_row("x", ("7", "6")) | {"n": {"g0": n}}
    assert found(scratch, row, everyone=None)["table1.x.g0.size"].verdict is expected


def test_counts_against_the_values_of_the_row(scratch):
    row = count_row("x", ("7 (36.8%)", "6 (24%)")) | {"n": {"g0": "19"}}
    assert found(scratch, row, everyone=None)["table1.x.g0.percentage"].verdict is V.REPRODUCED
    row = count_row("x", ("7", "6")) | {"n": {"g0": "6"}}
    assert found(scratch, row, everyone=None)["table1.x.g0.percentage"].verdict is V.IMPOSSIBLE
    rows = [("7", "6"), ("13", "19")]
    row = levels_row("x", rows) | {"n": {"g0": "19"}}
    assert found(scratch, row, everyone=None)["table1.x.g0.levels"].verdict is V.IMPOSSIBLE


# --- means and SDs -----------------------------------------------------------------------------

CELLS = ("60.0 ± 5.0", "66.0 ± 7.0")  # together 63.33 ± 6.83


@pytest.mark.parametrize(
    ("cell", "mean", "sd"),
    [
        ("63.3 ± 6.8", V.REPRODUCED, V.REPRODUCED),
        ("63.3 ± 6.9", V.REPRODUCED, V.CONSISTENT),
        ("63.33 ± 6.85", V.REPRODUCED, V.CONSISTENT),
        ("64.0 ± 6.9", V.DEPENDS, V.CONSISTENT),  # only if values are missing
        ("66.2 ± 6.9", V.IMPOSSIBLE, V.CONSISTENT),
        ("63.3 ± 6.0", V.REPRODUCED, V.DEPENDS),
        ("63.3 ± 12.0", V.REPRODUCED, V.IMPOSSIBLE),
        ("63.3 ± 1.0", V.REPRODUCED, V.DEPENDS),  # a standard error
        ("63.3 ± 3.0", V.REPRODUCED, V.IMPOSSIBLE),
    ],
)
def test_mean_and_sd_of_all(scratch, cell, mean, sd):
    ledger = found(scratch, with_all(mean_row("x", CELLS), cell))
    assert ledger["table1.x.all.mean_of_all"].verdict is mean
    assert ledger["table1.x.all.sd_of_all"].verdict is sd


def test_a_row_that_prints_its_sizes_leaves_nothing_missing(scratch):
    row = with_all(mean_row("x", CELLS), "64.0 ± 6.0")
    row["n"] = {"g0": "20", "g1": "25", "all": "45"}
    ledger = found(scratch, row)
    assert ledger["table1.x.all.mean_of_all"].verdict is V.IMPOSSIBLE
    assert ledger["table1.x.all.sd_of_all"].verdict is V.IMPOSSIBLE


def test_other_patients_leave_everything_open(scratch):
    ledger = found(scratch, with_all(mean_row("x", CELLS), "90 ± 1"), everyone=ALL | {"n": "60"})
    assert not impossible(ledger)
    assert "15 of all patients" in ledger["table1.x.all.mean_of_all"].assumptions[0]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("65 (58–71)", V.CONSISTENT),
        ("64 (57–70)", V.CONSISTENT),
        ("62 (57–70)", V.IMPOSSIBLE),
        ("68 (57–70)", V.IMPOSSIBLE),
        ("65 (52–71)", V.DEPENDS),  # quartiles are not proven
    ],
)
def test_median_of_all(scratch, cell, expected):
    row = mean_row("x", ("64 (57–70)", "66 (58–73)")) | {"summary": "median_iqr"}
    ledger = found(scratch, with_all(row, cell))
    assert ledger["table1.x.all.median_of_all"].verdict is expected


def test_medians_of_all_lie_between_those_of_the_groups():
    """The proof behind it, tried: the middle value, the mean of two, the lower of two."""
    rng = np.random.default_rng(8)
    for _ in range(400):
        groups = [
            rng.integers(0, 6, int(rng.integers(1, 7))) for _ in range(int(rng.integers(2, 4)))
        ]
        for method in ("linear", "inverted_cdf", "weibull", "median_unbiased"):
            medians = [np.quantile(x, 0.5, method=method) for x in groups]
            whole = np.quantile(np.concatenate(groups), 0.5, method=method)
            assert min(medians) - 1e-12 <= whole <= max(medians) + 1e-12


def test_bounds_of_the_sd_hold_whatever_is_missing(scratch):
    """Patients without a value, as many as you like: never impossible."""
    rng = np.random.default_rng(12)
    for _ in range(60):
        sizes = [int(rng.integers(2, 30)) for _ in range(int(rng.integers(2, 4)))]
        data = [
            rng.normal(i * rng.uniform(0, 3), rng.uniform(0.2, 3), int(rng.integers(2, n + 1)))
            for i, n in enumerate(sizes)
        ]
        cells = [f"{x.mean():.2f} ± {x.std(ddof=1):.2f}" for x in data]
        x = np.concatenate(data)
        row = with_all(mean_row("x", cells), f"{x.mean():.2f} ± {x.std(ddof=1):.2f}")
        ledger = found(scratch, row, sizes, everyone=ALL | {"n": str(sum(sizes))})
        assert not impossible({k: f for k, f in ledger.items() if k.endswith("_of_all")})


# --- one group ---------------------------------------------------------------------------------


def test_a_table_of_one_group(scratch):
    step = {"id": "m", "label": "M", "step": {"value": "1", "reason": "counted"}}
    rows = [
        count_row("x", ("7 (35%)",)), count_row("y", ("7 (36%)",)),
        levels_row("z", [("7",), ("14",)]),
        mean_row("m", ("3.45 ± 2.47",), p="0.3"),
    ]  # fmt: skip
    ledger = audit_tree(scratch, paper((18,), rows, variables=[step]))
    assert ledger["table1.x.g0.percentage"].verdict is V.IMPOSSIBLE  # 38.9 %
    assert ledger["table1.z.g0.levels"].verdict is V.IMPOSSIBLE
    assert ledger["table1.m.g0.whole_numbers"].verdict is V.IMPOSSIBLE
    finding = ledger["table1.m.test_not_checkable"]
    assert finding.verdict is V.NOT_CHECKABLE
    assert "one group" in finding.by_hand
