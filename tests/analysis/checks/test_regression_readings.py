"""Rows as other programs and authors print them: never called impossible; planted errors are."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import yaml
from lifelines import CoxPHFitter
from lifelines.datasets import load_rossi
from scipy import stats

from analysis.checks import regression
from analysis.checks.coefficient import Convention, PrintedRow
from analysis.checks.regression_readings import other_reading
from analysis.findings import Finding, Verdict
from analysis.paper import load_paper
from analysis.printed import parse_number, parse_p
from paper_writer import show, show_p

Z = stats.norm.ppf(0.975)


def findings(folder: Path, rows: list[dict], **table: str) -> dict[str, Finding]:
    """The findings of a paper with one regression table and no counts."""
    paper = {"key": "trial", "label": "trial"} | table.pop("paper", {})
    tree = {
        "schema": "1",
        "paper": paper,
        "groups": [],
        "tables": [
            {
                "id": "table2", "kind": "regression", "title": "t", "effect_label": "HR",
                "model": "cox", "rows": [{"label": row["id"]} | row for row in rows],
            }
            | table,
        ],
    }  # fmt: skip
    file = folder / "paper.yaml"
    file.write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), encoding="utf-8")
    loaded = load_paper(file)
    found = [f for check in regression.CHECKS for f in check(loaded)]
    assert len({f.id for f in found}) == len(found)
    return {f.id: f for f in found}


def impossible(found: dict[str, Finding]) -> list[str]:
    return [id for id, f in found.items() if f.verdict is Verdict.IMPOSSIBLE]


# --- one row in every way it may be printed --------------------------------------------

WAYS = (
    "wald", "z_in_wald", "one_sided", "per_units", "effect_codes", "level_90", "round_z",
    "other_p", "by_hand", "profile", "percent_ratio_only",
)  # fmt: skip


def honest(rng: np.random.Generator, way: str) -> dict[str, str]:
    """The cells of an estimate printed in a way that some program or author uses."""
    b = float(rng.normal(0, rng.choice([0.02, 0.5, 2, 6])))
    se = float(abs(b) / rng.uniform(0.05, 6) if rng.random() < 0.8 else rng.uniform(0.001, 400))
    places, b_places = int(rng.integers(1, 4)), int(rng.integers(2, 5))
    rounding = ROUND_HALF_UP if rng.random() < 0.5 else ROUND_HALF_EVEN
    z = 1.96 if way == "round_z" else stats.norm.ppf(0.95) if way == "level_90" else Z
    p = float(2 * stats.norm.sf(abs(b) / se))
    wald, units = (b / se) ** 2, 1
    if way == "other_p":  # likelihood ratio, log-rank, t: near Wald's or not
        p = min(1.0, p * float(rng.uniform(0.3, 2)))
    if way == "one_sided":
        p /= 2
    if way == "z_in_wald":
        wald = abs(b) / se
    if way == "per_units":
        units = int(rng.choice([5, 10, 100]))
    if way == "effect_codes":
        units = 2
    if way == "by_hand":  # from numbers that were rounded before
        b, se = (float(show(x, b_places, rounding)) for x in (b, se))
        if se == 0:
            se = 10.0**-b_places
        wald = (b / se) ** 2
        p = float(2 * stats.norm.sf(abs(b) / se))
    low, high = ((b + side * z * se) * units for side in (-1, 1))
    if way == "profile":
        low, high = low - abs(rng.normal(0, 0.1)) * se, high + abs(rng.normal(0, 0.1)) * se
    if max(abs(low), abs(high), abs(b * units)) > 600:
        return honest(rng, way)

    def ratio(x: float) -> str:
        value = math.exp(x)
        if value > 999.999:
            return ">999.9"
        if value < 0.001:
            return "<0.001"
        return show(value, places, rounding)

    style = str(rng.choice(["plain", "zero", "limits"]))
    cells = {
        "b": show(b, b_places, rounding), "se": show(se, b_places, rounding),
        "wald": show(wald, b_places, rounding), "p": show_p(p, int(rng.integers(2, 5)), style),
        "ratio": ratio(b * units), "ci": f"{ratio(low)} – {ratio(high)}",
    }  # fmt: skip
    if way == "profile" or way == "other_p":
        del cells["wald"]
    if way == "percent_ratio_only" or rng.random() < 0.4:
        for column in ("b", "se", "wald"):
            cells.pop(column, None)
    for column in list(cells):
        if rng.random() < 0.1:
            del cells[column]
    return cells


@pytest.mark.parametrize("way", WAYS)
def test_honest_rows_are_never_accused(tmp_path: Path, way: str):
    rng = np.random.default_rng([WAYS.index(way), 8])
    rows = [{"id": f"x{i}"} | honest(rng, way) for i in range(30)]
    rows = [row for row in rows if len(row) > 1]
    model = str(rng.choice(["cox", "logistic"]))
    groups = [
        [r for r in rows if "wald" in r],  # a Wald column says what P is
        [r for r in rows if "wald" not in r],
    ]
    for group in groups:
        if group:
            kind = "univariable" if way in ("other_p", "profile") else "multivariable"
            found = findings(tmp_path, group, model=model, analysis=kind)
            assert not impossible(found), (impossible(found), group)


def test_the_usual_way_needs_no_other_reading(tmp_path: Path):
    """Rows printed once from one fit are consistent or reproduced, not only under a condition."""
    rng = np.random.default_rng(3)
    rows = [{"id": f"x{i}"} | honest(rng, "wald") for i in range(80)]
    found = findings(tmp_path, [r for r in rows if len(r) > 2])
    verdicts = {f.verdict for f in found.values() if f.check == "columns of a regression row"}
    assert verdicts <= {Verdict.REPRODUCED, Verdict.CONSISTENT}


def test_a_cox_table_of_lifelines(tmp_path: Path):
    """Allison's recidivism data (rossi): the whole summary as lifelines gives it."""
    fit = CoxPHFitter().fit(load_rossi(), "week", "arrest")
    rows = []
    for name, line in fit.summary.iterrows():
        low, high = (math.exp(line[f"coef {side} 95%"]) for side in ("lower", "upper"))
        rows.append({
            "id": str(name), "b": show(line["coef"], 3), "se": show(line["se(coef)"], 3),
            "p": show_p(line["p"]), "ratio": show(line["exp(coef)"], 3),
            "ci": f"{show(low, 3)}–{show(high, 3)}",
        })  # fmt: skip
    found = findings(tmp_path, rows)
    assert len(rows) == 7
    verdicts = {f.verdict for f in found.values() if f.check == "columns of a regression row"}
    assert verdicts <= {Verdict.REPRODUCED, Verdict.CONSISTENT}
    names = [f for f in found.values() if f.check == "name of the ratio"]
    assert {f.verdict for f in names} == {Verdict.CONSISTENT}
    called = findings(tmp_path, rows, effect_label="OR")["table2.age.ratio_is_exp_b"]
    assert called.verdict is Verdict.DEPENDS
    assert "hazard ratio" in called.note


# --- each reading by its name ----------------------------------------------------------


def reading(wald_type: bool = True, level_is_printed: bool = True, **cells: str) -> str:
    columns = {
        c.replace("_", "."): (parse_p if c == "p" else parse_number)(t) for c, t in cells.items()
    }
    row = PrintedRow(columns, Fraction(19, 20))
    assert row.region().is_empty
    return other_reading(row, wald_type, level_is_printed)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"b": "0.460", "se": "0.143", "wald": "3.217"}, "not its square"),
        ({"b": "0.460", "se": "0.230", "p": "0.023"}, "one-sided"),
        ({"b": "0.021", "ratio": "1.234", "ci_low": "1.071", "ci_high": "1.421"}, "10 units"),
        ({"b": "0.350", "se": "0.100", "ratio": "2.014"}, "codes −1 and 1"),
        ({"wald": "7.900", "p": "0.048"}, "3 degrees of freedom"),
        ({"b": "-0.460", "ratio": "1.584"}, "the other category"),
        (
            {"b": "-0.460", "se": "0.143", "ratio": "1.584", "ci_low": "1.197", "ci_high": "2.097"},
            "the other category",
        ),
        (
            {"b": "0.46", "se": "0.14", "ratio": "1.592", "ci_low": "1.204", "ci_high": "2.084"},
            "from rounded numbers",
        ),
    ],
)
def test_a_reading_is_named(cells, words):
    assert words in reading(**cells)


def test_a_level_that_is_not_printed_may_be_another_one():
    cells = {"b": "0.500", "se": "0.100", "ci_low": "1.399", "ci_high": "1.943"}
    assert "90 %" in reading(level_is_printed=False, **cells)
    assert reading(**cells) == ""


@pytest.mark.parametrize(
    "cells",
    [
        {"b": "0.460", "ratio": "1.858"},
        {"b": "-0.460", "ratio": "1.384"},
        {"b": "-0.460", "se": "0.143", "ratio": "1.584", "ci_low": "1.197", "ci_high": "2.298"},
        {"ratio": "2.50", "ci_low": "1.10", "ci_high": "2.40"},  # outside its limits
        {"ratio": "1.58", "ci_low": "1.20", "ci_high": "2.90"},
        {"b": "0.460", "se": "0.143", "wald": "13.027"},
    ],
)
def test_no_reading_explains_these(cells):
    assert reading(**cells) == ""


def test_units_scale_ratio_and_limits_alone():
    text = {"b": "0.021", "se": "0.007", "ratio": "1.234", "ci.low": "1.075", "ci.high": "1.415"}
    row = {c: parse_number(t) for c, t in text.items()}
    assert PrintedRow(row, Fraction(19, 20)).region().is_empty
    region = PrintedRow(row, Fraction(19, 20), Convention(units=Fraction(10))).region()
    assert not region.is_empty
    assert region.values(1, 0).low >= Fraction("0.0205")


# --- coarse rows -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "cells",
    [
        {"ratio": "1.00", "ci": "1.00–1.00", "p": "0.03"},
        {"ratio": "1.00", "ci": "1.00–1.00", "p": "<0.001"},
        {"ratio": "0.00", "ci": "0.00–0.00", "p": "0.000"},
        {"ratio": "0.0", "ci": "0.0–12.3", "p": "0.9"},
        {"ratio": "999.9", "ci": "0.0–>999.9", "p": "0.98"},
        {"ratio": "3.2", "ci": "1.0–10.1", "p": "0.049"},
        {"ratio": "1.1", "ci": "1.0–1.2", "p": "0.2"},
        {"ratio": "0.65", "ci": "0.88–0.48", "p": "0.005"},
        {"b": "19.6", "se": "11512.4", "ratio": "324567012.3", "ci": "0.000–1.2e20", "p": "0.999"},
        {"b": "0.00", "se": "0.00", "wald": "8.41", "ratio": "1.00", "p": "0.004"},
    ],
)
def test_coarse_rows_are_not_accused(tmp_path: Path, cells):
    for analysis in ("univariable", "multivariable"):
        found = findings(tmp_path, [{"id": "x"} | cells], analysis=analysis, model="logistic")
        assert not impossible(found), found


def test_a_ratio_outside_its_interval_is_impossible(tmp_path: Path):
    found = findings(tmp_path, [{"id": "x", "ratio": "2.50", "ci": "1.10–2.40", "p": "0.02"}])
    assert "table2.x.row" in impossible(found)


def test_planted_errors_are_still_found(tmp_path: Path):
    """One digit of B, ratio or a limit changed in rows with all columns: most are impossible."""
    rng, rows = np.random.default_rng(6), []
    for i in range(40):
        b, se = float(rng.normal(0, 1)), float(rng.uniform(0.1, 0.6))
        low, high = (math.exp(b + side * Z * se) for side in (-1, 1))
        cells = {
            "b": show(b, 3), "se": show(se, 3), "wald": show((b / se) ** 2, 3),
            "ratio": show(math.exp(b), 3), "ci": f"{show(low, 3)}–{show(high, 3)}",
        }  # fmt: skip
        column = str(rng.choice(["b", "se", "wald", "ratio"]))
        place = cells[column].index(".") + int(rng.integers(1, 3))
        digit = str((int(cells[column][place]) + int(rng.integers(1, 10))) % 10)
        cells[column] = cells[column][:place] + digit + cells[column][place + 1 :]
        rows.append({"id": f"x{i}"} | cells)
    found = findings(tmp_path, rows)
    share = sum(found[f"table2.x{i}.row"].verdict is Verdict.IMPOSSIBLE for i in range(40)) / 40
    assert share > 0.85


def test_numbers_that_no_program_prints_end_in_a_sentence(tmp_path: Path):
    found = findings(tmp_path, [{"id": "x", "se": "1e-90", "ratio": "2.5", "ci": "1–1"}])
    assert all(f.by_hand for f in found.values())
