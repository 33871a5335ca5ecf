"""The writer of regression papers: what it prints is what was fitted, and nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import yaml
from scipy import stats

import regression_papers as rp
from analysis import audit
from analysis.checks.margins import margin_of
from analysis.findings import Verdict
from paper_writer import show

CODINGS = ("0/1", "1/2", "-1/1", "mixed")
thorough = pytest.mark.thorough


def some(values, every):
    """All values as parameters; of these only every so many-th in the usual run."""
    return [
        pytest.param(v, marks=[] if i % every == 0 else [thorough]) for i, v in enumerate(values)
    ]


@pytest.fixture(scope="module")
def r_fits(root):
    return yaml.safe_load((root / "tests/oracles/regression_papers.yaml").read_text())


def coding_of(name, rng, k):
    return rp.random_coding(rng, k) if name == "mixed" else name


def impossible(record, file):
    ledger = audit.audit(record.load(file))
    return {f.id: f for f in ledger if f.verdict is Verdict.IMPOSSIBLE}


# --- cases -----------------------------------------------------------------------------


def test_real_cases_are_many_and_none_stands_twice():
    seen = {case.frame.to_numpy().tobytes() for case in rp.cases()}
    assert len(seen) == len(rp.NAMES) >= 20
    for case in rp.cases():
        assert 3 <= len(case.predictors) <= 5, case.name
        assert set(np.unique(case.frame)) == {0, 1}
        for a, b in case.counts.values():
            assert min(a, b, case.events - a, case.n - case.events - b) >= rp.SMALLEST_CELL
        for name, marker in case.markers.items():
            assert (marker.positive == case.frame[name]).all(), (case.name, name)


def test_simulated_cases_repeat_themselves_and_vary():
    first, second = (
        [rp.simulated_case(rng) for _ in range(20)]
        for rng in (np.random.default_rng(1), np.random.default_rng(1))
    )
    for a, b in zip(first, second, strict=True):
        assert a.frame.equals(b.frame)
        assert 60 <= a.n <= 800
        assert 3 <= len(a.predictors) <= 5
    assert len({a.n for a in first}) > 10
    fixed = rp.simulated_case(np.random.default_rng(2), n=150, k=4)
    assert (fixed.n, len(fixed.predictors)) == (150, 4)


# --- what is printed -------------------------------------------------------------------


@pytest.mark.parametrize("name", rp.NAMES)
def test_the_printed_numbers_are_those_of_another_fit(name, tmp_path):
    """Newton's method on the likelihood instead of reweighted least squares."""
    case = rp.case(name)
    record = rp.print_regression(case, coding="1/2")
    again = sm.Logit(case.frame.y, sm.add_constant(case.frame[case.predictors] + 1)).fit(disp=0)
    low, high = np.exp(again.conf_int()).to_numpy().T
    paper = record.load(tmp_path / "paper.yaml")
    table = paper.table("table3")
    for j, row in enumerate([table.constant, *table.rows]):
        b, se = again.params.iloc[j], again.bse.iloc[j]
        shown = {"b": b, "se": se, "wald": (b / se) ** 2, "ratio": np.exp(b)}
        for column, value in shown.items():
            assert float(getattr(row, column).value) == pytest.approx(value, abs=5.1e-4), column
        assert float(row.p.value) == pytest.approx(again.pvalues.iloc[j], abs=5.1e-4)
        if j:
            assert float(row.ci.low.value) == pytest.approx(low[j], abs=5.1e-4)
            assert float(row.ci.high.value) == pytest.approx(high[j], abs=5.1e-4)


@pytest.mark.parametrize("name", ["MASS::Pima.te", "MASS::Melanoma"])
@pytest.mark.parametrize("link", rp.LINKS)
@pytest.mark.parametrize("coding", ["0/1", "1/2"])
def test_tables_of_r(r_fits, name, link, coding):
    case, answer = rp.case(name), r_fits[name]
    record = rp.print_regression(case, link=link, coding=coding)
    assert (case.n, case.events) == (answer["n"], answer["events"])
    pairs = {**record.numbers.coefficients, "constant": record.numbers.constant}
    for row, (b, se) in pairs.items():
        found = answer[f"{link} {coding}"][row]
        assert b == pytest.approx(found["b"], abs=2e-6)
        assert se == pytest.approx(found["se"], abs=2e-6)
        if row != "constant":
            assert rp.cell(record, f"table3.{row}.b") == show(found["b"], 3)
    for row, found in answer["counts"].items():
        assert case.counts[row] == (found["events"], found["others"])
        assert rp.cell(record, f"table1.{row}.statistic") == show(found["chi2"], 3)
    assert rp.cell(record, "table2.marker.auc") == show(answer["auc"], 3)


@pytest.mark.parametrize("margins", rp.MARGINS)
def test_margins_are_printed_as_asked(margins, tmp_path):
    for name in ("MASS::Pima.te", "survival::gbsg", "medicaldata::licorice_gargle"):
        case = rp.case(name)
        record = rp.print_regression(case, margins=margins)
        paper = record.load(tmp_path / "paper.yaml")
        table = paper.table("table3")
        links = {row.id: rp.link_of(record, row.id) for row in table.rows}
        for row in table.rows:
            margin, (a, b) = margin_of(paper, table, row), case.counts[row.id]
            assert a in margin.events
            assert b in margin.others
            if links[row.id] in ("counts", "cut"):
                assert margin.events.is_point, row.id
            if links[row.id] == "nothing":
                assert margin.total.high == case.n
        expected = {"counts": 0, "cut": 1, "mixed": 1, "some unknown": 1}[margins]
        assert list(links.values()).count("cut") == expected
        assert list(links.values()).count("mean") == (margins == "mixed")
        assert list(links.values()).count("nothing") == (margins == "some unknown")


def test_a_hidden_covariate_changes_the_model_and_leaves_no_row():
    case = rp.case("survival::pbc")
    plain, more = (rp.print_regression(case, extra_covariates=e) for e in (0, 2))
    assert [r["id"] for r in more.tree["tables"][-1]["rows"]] == case.predictors
    assert more.numbers.coefficients["hepato"] != plain.numbers.coefficients["hepato"]
    with pytest.raises(rp.NoFitError, match="covariates"):
        rp.print_regression(case, extra_covariates=3)


def test_ties_are_rounded_as_asked():
    """Shares are exact, so 25.625 % is a tie; an estimate never is one."""
    y = np.arange(320) % 2
    frame = {"y": y, "tie": np.arange(320) < 82, "x1": y ^ (np.arange(320) % 3 == 0)}
    case = rp.RegressionCase("ties", "made up", pd.DataFrame(frame).astype(int))
    up, even = (rp.print_regression(case, rounding=r) for r in ("half_up", "half_even"))
    assert rp.cell(up, "table1.tie.g0") == "41 (25.63%)"
    assert rp.cell(even, "table1.tie.g0") == "41 (25.62%)"
    assert rp.cell(up, "table3.tie.b") == rp.cell(even, "table3.tie.b")


# --- honest papers ---------------------------------------------------------------------


@pytest.mark.parametrize("name", some(rp.NAMES, 3))
def test_no_honest_paper_is_accused(name, tmp_path):
    case, rng = rp.case(name), np.random.default_rng(7)
    margins = rp.MARGINS if case.roc else ("counts",)
    for link in ("logit", "log"):
        for coding in rng.choice(CODINGS, 2, replace=False):
            record = rp.print_regression(
                case, coding=coding_of(coding, rng, len(case.predictors)), link=link,
                margins=str(rng.choice(margins)), rounding=str(rng.choice(["half_up", "half_even"])),
                named=bool(rng.random() < 0.5), small_p=str(rng.choice(["0.000", "<0.001"])),
            )  # fmt: skip
            assert not impossible(record, tmp_path / "paper.yaml"), record.style


@pytest.mark.parametrize("seed", some([11, 12, 13, 14], 4))
def test_no_simulated_paper_is_accused(seed, tmp_path):
    rng = np.random.default_rng(seed)
    for _ in range(20):
        case = rp.simulated_case(rng)
        record = rp.print_regression(
            case, coding=coding_of(str(rng.choice(CODINGS)), rng, len(case.predictors)),
            link=str(rng.choice(["logit", "log"])), margins=str(rng.choice(rp.MARGINS)),
            decimals=int(rng.integers(2, 5)), robust=bool(rng.random() < 0.2),
        )  # fmt: skip
        assert not impossible(record, tmp_path / "paper.yaml"), record.style


@pytest.mark.parametrize("first", some([0, 6], 2))
def test_outside_its_assumptions_only_the_constant_is_doubted(first, tmp_path):
    """Codes 2 and 3, covariates that no table lists, links that are not canonical: the
    check of the constant assumes them away and says so; no other check minds them."""
    rng = np.random.default_rng(13)
    for name in rp.NAMES[first::12]:
        case = rp.case(name)
        for link in rp.LINKS:
            try:
                record = rp.print_regression(
                    case, link=link, coding=rp.random_coding(rng, len(case.predictors), tuple(rp.CODES)),
                    extra_covariates=int(rng.integers(case.unlisted.shape[1] + 1)),
                )  # fmt: skip
            except rp.NoFitError:
                assert link == "log-binomial"
                continue
            found = impossible(record, tmp_path / "paper.yaml")
            assert set(found) <= {"table3.constant_coding"}, record.style
            for finding in found.values():
                assert "only the listed predictors" in finding.attainable
                assert "codes 0/1, 1/2 or −1/1" in finding.attainable


# --- planted errors --------------------------------------------------------------------

# What each kind of error may change: the number itself, and what is printed from it.
TOUCHED = {
    "digit": ("b", "wald", "p", "ratio", "ci"), "sign": ("b", "ratio", "ci"),
    "crude": ("b", "se", "wald", "p", "ratio", "ci"), "swap": ("b", "se", "wald", "p", "ratio", "ci"),
    "se": ("se", "wald", "p", "ci"), "constant": ("b", "se", "wald", "p", "ratio"),
    "margin": ("values", "statistic", "p"), "sensitivity": ("sensitivity",), "specificity": ("specificity",),
}  # fmt: skip


def differences(before, after):
    """The cells of two records that differ, as (table, row, column)."""
    for old, new in zip(before.tree["tables"], after.tree["tables"], strict=True):
        rows = [*zip(old["rows"], new["rows"], strict=True)]
        if "constant" in old:
            rows.append(
                ({"id": "constant"} | old["constant"], {"id": "constant"} | new["constant"])
            )
        for a, b in rows:
            yield from ((old["id"], a["id"], c) for c in a if a[c] != b[c])


@pytest.mark.parametrize("kind", rp.KINDS)
def test_one_error_and_no_second_one(kind, tmp_path):
    rng = np.random.default_rng(rp.KINDS.index(kind))
    for name in ("MASS::birthwt", "survival::pbc", "rpart::stagec", "MASS::Pima.te"):
        record = rp.print_regression(rp.case(name), margins="cut")
        for _ in range(5):
            wrong, planted = rp.plant(record, kind, rng)
            table, row, _ = planted.number.split(".")
            changed = set(differences(record, wrong))
            assert {(t, r) for t, r, _ in changed} == {(table, row)}
            assert {c for *_, c in changed} <= set(TOUCHED[kind])
            assert (planted.before, planted.after) == (
                rp.cell(record, planted.number),
                rp.cell(wrong, planted.number),
            )
            assert planted.before != planted.after
            assert wrong.load(tmp_path / "paper.yaml").numbers
            if kind == "digit":
                assert float(planted.after) - float(planted.before) == pytest.approx(planted.by)
                assert sum(a != b for a, b in zip(planted.before, planted.after, strict=True)) == 1
            if kind == "margin":
                low, high = (int(t.split()[0]) for t in (planted.before, planted.after))
                assert high - low == planted.by


@pytest.mark.parametrize("kind", some(["digit", "sign", "crude", "swap", "se", "margin"], 3))
def test_the_row_itself_does_not_give_the_error_away(kind, tmp_path):
    rng = np.random.default_rng(23)
    for name in rp.NAMES[::4]:
        wrong, planted = rp.plant(rp.print_regression(rp.case(name)), kind, rng)
        found = impossible(wrong, tmp_path / "paper.yaml")
        assert set(found) <= {"table3.constant_coding"}, planted


def test_the_size_of_an_error_can_be_asked_for():
    rng = np.random.default_rng(29)
    record = rp.print_regression(rp.case("MASS::Pima.te"), margins="cut")
    for kind, size in (("margin", 3), ("sensitivity", 2), ("specificity", 4)):
        _, planted = rp.plant(record, kind, rng, size)
        assert abs(planted.by) == size
    wrong, planted = rp.plant(record, "se", rng, 0.5)
    name = planted.number.split(".")[1]
    b, se = record.numbers.coefficients[name]
    assert wrong.numbers.coefficients[name] == (b, se / 2)
    wald = float(rp.cell(wrong, f"table3.{name}.wald"))
    assert wald == pytest.approx(4 * (b / se) ** 2, abs=6e-4)
    assert float(rp.cell(wrong, f"table3.{name}.p")) == pytest.approx(
        2 * stats.norm.sf(2 * abs(b / se)), abs=6e-4
    )


def test_what_a_record_has_no_place_for_is_refused():
    record = rp.print_regression(rp.case("survival::myeloid"))
    assert "sensitivity" not in rp.kinds_for(record)
    with pytest.raises(ValueError, match="no place"):
        rp.plant(record, "sensitivity", np.random.default_rng(1))
    with pytest.raises(ValueError, match="no such style"):
        rp.print_regression(rp.case("survival::myeloid"), margins="none")


@pytest.mark.parametrize("link", ["probit", "cloglog", "log-binomial"])
def test_a_named_link_that_need_not_add_up_is_not_accused(link: str, tmp_path):
    case = rp.case("AER::SwissLabor")  # a log-binomial fit exists
    record = rp.print_regression(case, link=link, coding="1/2", named=True)
    assert impossible(record, tmp_path / "paper.yaml") == {}
